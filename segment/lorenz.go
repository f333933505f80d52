package segment

import (
	"math"
	"math/big"
	"slices"
	"sort"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// LorenzCurve says how unequally a total is spread over accounts (Lorenz 1905).
type LorenzCurve struct {
	// Accounts is how many amounts are on the curve: all that are not
	// negative. Zero is how many of these are zero, Negative how many were
	// left out.
	Accounts int `json:"accounts"`
	Zero     int `json:"zero"`
	Negative int `json:"negative"`
	// Total is the sum of the amounts on the curve.
	Total decimal.Decimal `json:"total"`
	// Gini is twice the area between the curve and the diagonal: 0 where all
	// amounts are equal, (n-1)/n where one of n accounts holds everything
	// (Gini 1912; of the accounts as they are, not corrected for a sample).
	Gini float64 `json:"gini"`
	// Points lead from (0, 0) to (1, 1), one for each distinct amount, the
	// smallest first.
	Points []LorenzPoint `json:"points"`
}

// LorenzPoint says that the share Accounts of the accounts, those with the
// smallest amounts, hold the share Amount of the total.
type LorenzPoint struct {
	Accounts float64 `json:"accounts"`
	Amount   float64 `json:"amount"`
}

// Lorenz returns the curve of amounts such as nets, gross amounts or margins:
//
//	Gini = Σ (2i - n - 1) x_i / (n Σ x_i),  x_1 ≤ … ≤ x_n
//
// computed in whole numbers, so that the order of the amounts and their unit
// do not matter, and the result is the nearest float64. A negative amount has
// no place among shares of a total; it is counted and left out. Lorenz
// refuses, as a [*keyaccount.InputError], amounts outside the range of money
// ([keyaccount.ErrOutOfRange]) and those of which none is positive
// ([keyaccount.ErrMissing]).
func Lorenz(amounts []decimal.Decimal) (*LorenzCurve, error) {
	out := &LorenzCurve{}
	kept := make([]decimal.Decimal, 0, len(amounts))
	for i, v := range amounts {
		switch {
		case !exact.InRange(v):
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: "amounts", Row: i + 1, Value: exact.Text(v),
				Reason: "too many decimal places, or too high a power of ten, to be money",
			}
		case v.Sign() < 0:
			out.Negative++
			continue
		case v.Sign() == 0:
			out.Zero++
		}
		kept = append(kept, v)
	}
	out.Accounts = len(kept)
	if out.Zero == len(kept) {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "amounts", Reason: "no amount is positive"}
	}
	u := unitsOf(len(kept), func(i int) decimal.Decimal { return kept[i] })
	slices.Sort(u.small)
	slices.SortFunc(u.wide, (*big.Int).Cmp)
	ends := runsOf(u.len(), func(i, j int) bool { return u.compare(i, j) == 0 })

	var total unitSum
	held := make([]unitSum, len(ends))
	spread, term := new(big.Int), new(big.Int)
	from := 0
	for i, to := range ends {
		total = total.plus(&u, from, to-from)
		held[i] = total
		// The sum of 2i - n - 1 over the places from+1 to to.
		term.Mul(u.big(from), big.NewInt(int64(to-from)))
		spread.Add(spread, term.Mul(term, big.NewInt(int64(from+to-len(kept)))))
		from = to
	}
	out.Total = total.decimal(u.places)
	out.Gini = nearest(spread, new(big.Int).Mul(total.big(), big.NewInt(int64(len(kept)))))
	out.Points = make([]LorenzPoint, 1, len(ends)+1)
	for i, to := range ends {
		out.Points = append(out.Points, LorenzPoint{Accounts: float64(to) / float64(len(kept)), Amount: held[i].over(total)})
	}
	return out, nil
}

// TopShare returns what share of the total the given share of the accounts
// holds, those with the greatest amounts: 0.736 for TopShare(0.2) where the
// top 20 % hold 73.6 %. Within a group of equal amounts, and where the share
// is none of whole accounts, the curve is straight. A share below 0, or NaN,
// counts as 0, one above 1 as 1.
func (c *LorenzCurve) TopShare(share float64) float64 {
	if math.IsNaN(share) || share <= 0 || len(c.Points) < 2 {
		return 0
	}
	x := 1 - min(share, 1)
	i := sort.Search(len(c.Points)-1, func(i int) bool { return c.Points[i].Accounts >= x })
	if i == 0 { // x is 0
		return 1
	}
	a, b := c.Points[i-1], c.Points[i]
	y := a.Amount + (b.Amount-a.Amount)*((x-a.Accounts)/(b.Accounts-a.Accounts))
	return min(max(1-y, 0), 1)
}
