package risk

import (
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// Concentration says how unevenly an amount is spread over accounts. Every
// index but NormalisedHHI counts only the accounts with a positive amount.
//
// One account alone has HHI 1, Effective 1, Gini 0, both Theils 0, Entropy 0
// and HallTideman 1: nothing here is ever NaN or infinite.
type Concentration struct {
	// N is the number of accounts with a positive amount, n below.
	N int `json:"n"`
	// NonPositive is the number of accounts with a zero or negative amount.
	NonPositive int `json:"non_positive"`
	// Total is the sum of the positive amounts, in their unit.
	Total float64 `json:"total"`
	// Largest is the share of the largest account, in (0, 1].
	Largest float64 `json:"largest"`
	// HHI is the sum of the squared shares, in [1/n, 1].
	HHI float64 `json:"hhi"`
	// NormalisedHHI is (HHI - 1/n) / (1 - 1/n), in [0, 1]: 0 when all are
	// equal, whatever their number. For n = 1, where the formula is 0/0, it
	// is 1: one account is full dependency.
	NormalisedHHI float64 `json:"normalised_hhi"`
	// Effective is 1/HHI, in [1, n]: the number of equal accounts that would
	// be as concentrated.
	Effective float64 `json:"effective"`
	// Gini is the population Gini coefficient, in [0, 1 - 1/n].
	Gini float64 `json:"gini"`
	// TheilT is Theil's first index, Σ p ln(n p), in [0, ln n].
	TheilT float64 `json:"theil_t"`
	// TheilL is Theil's second index, the mean logarithmic deviation
	// -(1/n) Σ ln(n p), at least 0.
	TheilL float64 `json:"theil_l"`
	// Entropy is Shannon's -Σ p ln p in nats, in [0, ln n]; e to this power
	// is another effective number.
	Entropy float64 `json:"entropy"`
	// HallTideman is 1 / (2 Σ i p_i - 1) with i the rank from the largest, in
	// [1/n, 1]. It gives the many small accounts more say than HHI.
	HallTideman float64 `json:"hall_tideman"`
	// Cumulative holds at index k-1 the share of the k largest accounts: the
	// ABC curve. It ends at 1.
	Cumulative []float64 `json:"cumulative,omitempty"`
}

// CR returns the concentration ratio: the share of the k largest accounts. It
// is 0 for k < 1 and 1 for k of N or more.
func (c Concentration) CR(k int) float64 {
	switch {
	case k < 1 || len(c.Cumulative) == 0:
		return 0
	case k >= len(c.Cumulative):
		return 1
	}
	return c.Cumulative[k-1]
}

// Concentrate measures how much depends on how few. The amounts may be
// revenue, margin, receivables or shares of them, in any one unit.
//
// An amount of zero or less carries no dependency: it is counted in
// NonPositive and left out of everything else, so that revenue net of returns
// can be passed as it is. The order of the amounts does not matter, to the
// last bit. A pass and a sort: O(n log n).
//
// Errors are [*keyaccount.InputError]: an amount that is not finite
// (ErrMalformed), no positive amount (ErrMissing), or a total too large for a
// float64 (ErrOutOfRange).
func Concentrate[T Amount](amounts []T) (Concentration, error) {
	kept, total, err := positive(amounts)
	if err != nil {
		return Concentration{}, err
	}
	c := Concentration{
		N:           len(kept),
		NonPositive: len(amounts) - len(kept),
		Total:       total,
		HHI:         hhiOf(kept, total),
		Cumulative:  kept, // each amount gives way to its cumulative share below
	}
	n := float64(c.N)
	var running, spread, ranks, entropy, theilT, theilL compensated
	top := 0.0
	for i, x := range kept {
		p := x / total
		rank := float64(i + 1)
		// Written without the subtraction of (n+1)/n that costs digits.
		spread.add((n + 1 - 2*rank) * p)
		ranks.add(rank * p)

		ln, lnRel := math.Log(p), math.Log(p*n)
		if p < 0x1p-1000 { // p lost digits, or all of them, to underflow
			// math.Log is wrong for subnormal numbers on amd64 (Go 1.26).
			ln = math.Log(x*0x1p64) - 64*math.Ln2 - math.Log(total)
			lnRel = ln + math.Log(n)
		}
		entropy.add(-p * ln)
		theilT.add(p * lnRel)
		theilL.add(-lnRel / n)

		running.add(x)
		top = clamp(running.value()/total, top, 1)
		c.Cumulative[i] = top
	}
	c.Cumulative[c.N-1] = 1
	c.Largest = c.Cumulative[0]
	c.NormalisedHHI = 1
	if c.N > 1 {
		c.NormalisedHHI = clamp((c.HHI-1/n)/(1-1/n), 0, 1)
	}
	c.Effective = clamp(1/c.HHI, 1, n)
	c.Gini = clamp(spread.value()/n, 0, 1-1/n)
	c.TheilT = clamp(theilT.value(), 0, math.Log(n))
	c.TheilL = max(theilL.value(), 0)
	c.Entropy = clamp(entropy.value(), 0, math.Log(n))
	c.HallTideman = clamp(1/(2*ranks.value()-1), 1/n, 1)
	return c, nil
}

// positive returns the amounts above zero, largest first, and their total.
func positive[T Amount](amounts []T) (kept []float64, total float64, err error) {
	kept = make([]float64, 0, len(amounts))
	for i, v := range amounts {
		x := float64(v)
		if !isFinite(x) {
			return nil, 0, &keyaccount.InputError{
				Kind: keyaccount.ErrMalformed, Field: "Amount", Row: i + 1,
				Value: strconv.FormatFloat(x, 'g', -1, 64), Reason: "an amount must be a finite number",
			}
		}
		if x > 0 {
			kept = append(kept, x)
		}
	}
	if len(kept) == 0 {
		return nil, 0, &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Amount",
			Reason: "concentration needs at least one positive amount",
		}
	}
	slices.Sort(kept)
	slices.Reverse(kept)
	var sum compensated
	for _, x := range kept {
		sum.add(x)
	}
	total = sum.value()
	if !isFinite(total) {
		return nil, 0, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Amount", Value: "+Inf",
			Reason: "the total of the amounts does not fit a float64; divide them by a common factor",
		}
	}
	return kept, total, nil
}
