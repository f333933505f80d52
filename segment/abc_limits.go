package segment

import (
	"math/big"
	"sort"

	"github.com/shopspring/decimal"
)

// ABCLimits are limits of the classes that the curve itself sets (Ultsch and
// Lötsch 2015). The ABC curve leads from (0, 0) to (1, 1): its effort is the
// share of the accounts, its yield the share of the total that as many of the
// greatest hold. Only accounts with a positive net are on it.
//
// The points are sought among the ends of groups of equal nets, where the
// curve bends; the R package ABCanalysis seeks them on a spline through the
// curve and may differ by an account.
type ABCLimits struct {
	// Pareto is the point nearest to (0, 1), all yield for no effort.
	Pareto ABCPoint `json:"pareto"`
	// BreakEven is the last point before the slope of the curve falls below 1:
	// up to there an account holds at least an average share.
	BreakEven ABCPoint `json:"break_even"`
	// Submarginal is the point nearest to (x, 1), where x is the effort of
	// Pareto or BreakEven, whichever is greater: what comes after it hardly
	// adds anything.
	Submarginal ABCPoint `json:"submarginal"`
	// A is where class A ends, the first of Pareto and BreakEven; B is where
	// class B ends, at Submarginal.
	A ABCPoint `json:"a"`
	B ABCPoint `json:"b"`
}

// ABCPoint is a point of the ABC curve.
type ABCPoint struct {
	// Accounts is how many of the greatest the point includes, Least the net
	// of the last of them.
	Accounts int             `json:"accounts"`
	Least    decimal.Decimal `json:"least"`
	// Effort and Yield are the coordinates, from 0 to 1.
	Effort float64 `json:"effort"`
	Yield  float64 `json:"yield"`
}

// limits finds the points; there is a positive net.
func (r *ranking) limits() *ABCLimits {
	n := big.NewInt(int64(r.positive))
	total := r.total.big()
	evens := sort.Search(r.valued, func(i int) bool {
		own := new(big.Int).Mul(r.units.big(r.first(i)), n)
		return own.Cmp(total) < 0
	})
	pareto, even := r.nearestTo(0), max(evens-1, 0)
	last := r.nearestTo(r.ends[max(pareto, even)])
	out := &ABCLimits{Pareto: r.point(pareto), BreakEven: r.point(even), Submarginal: r.point(last)}
	out.A, out.B = r.point(min(pareto, even)), out.Submarginal
	return out
}

// nearestTo returns the first group whose end is nearest to the point (x, 1)
// with x being so many accounts. The curve is concave, hence the square of the
// distance convex along it: once it grows, it grows for good. In units of
// 1/(accounts * total) it is a whole number, and the comparison exact.
func (r *ranking) nearestTo(accounts int) int {
	n, total := big.NewInt(int64(r.positive)), r.total.big()
	square := func(i int) *big.Int {
		x := big.NewInt(int64(r.ends[i] - accounts))
		y := new(big.Int).Sub(total, r.held[i].big())
		x.Mul(x, total)
		y.Mul(y, n)
		return x.Add(x.Mul(x, x), y.Mul(y, y))
	}
	return sort.Search(r.valued-1, func(i int) bool { return square(i+1).Cmp(square(i)) >= 0 })
}

func (r *ranking) point(group int) ABCPoint {
	return ABCPoint{
		Accounts: r.ends[group], Least: r.accounts[r.first(group)].Net,
		Effort: float64(r.ends[group]) / float64(r.positive), Yield: r.held[group].over(r.total),
	}
}
