package segment

import (
	"cmp"
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"
)

// units are amounts as whole multiples of 10^-places: int64 where all of them
// fit, which is nearly always and many times faster, else big integers.
type units struct {
	places int32
	small  []int64
	wide   []*big.Int
}

// unitsOf converts n amounts, all of which are in the range of money.
func unitsOf(n int, at func(i int) decimal.Decimal) units {
	u := units{}
	for i := range n {
		u.places = max(u.places, -at(i).Exponent())
	}
	u.small = make([]int64, n)
	for i := range n {
		d := at(i)
		small, ok := smallUnits(d, u.places+d.Exponent())
		if !ok {
			return wideUnits(n, at, u.places)
		}
		u.small[i] = small
	}
	return u
}

func smallUnits(d decimal.Decimal, shift int32) (int64, bool) {
	if d.Sign() == 0 {
		return 0, true
	}
	if d.NumDigits()+int(shift) > 18 {
		return 0, false
	}
	ten, _ := powerOfTen(int(shift))
	return d.CoefficientInt64() * int64(ten), true
}

func wideUnits(n int, at func(i int) decimal.Decimal, places int32) units {
	u := units{places: places, wide: make([]*big.Int, n)}
	for i := range n {
		d := at(i)
		shift := big.NewInt(int64(places + d.Exponent()))
		u.wide[i] = shift.Mul(d.Coefficient(), shift.Exp(big.NewInt(10), shift, nil))
	}
	return u
}

func (u *units) len() int { return max(len(u.small), len(u.wide)) }

func (u *units) compare(i, j int) int {
	if u.wide != nil {
		return u.wide[i].Cmp(u.wide[j])
	}
	return cmp.Compare(u.small[i], u.small[j])
}

func (u *units) sign(i int) int {
	if u.wide != nil {
		return u.wide[i].Sign()
	}
	return cmp.Compare(u.small[i], 0)
}

// big returns the i-th amount; the caller does not write to it.
func (u *units) big(i int) *big.Int {
	if u.wide != nil {
		return u.wide[i]
	}
	return big.NewInt(u.small[i])
}

// unitSum is an exact sum of units. It is a plain value: wide is replaced and
// never written to.
type unitSum struct {
	small int64
	wide  *big.Int // the sum, once it outgrew an int64
}

// plus returns the sum and the i-th of the units, times over.
func (s unitSum) plus(u *units, i, times int) unitSum {
	if s.wide == nil && u.wide == nil {
		hi, lo := bits.Mul64(magnitude64(u.small[i]), uint64(times))
		if hi == 0 && lo <= 1<<62 {
			add := int64(lo)
			if u.small[i] < 0 {
				add = -add
			}
			if sum := s.small + add; (sum > s.small) == (add > 0) {
				return unitSum{small: sum}
			}
		}
	}
	add := new(big.Int).Mul(u.big(i), big.NewInt(int64(times)))
	return unitSum{wide: add.Add(add, s.big())}
}

func (s unitSum) big() *big.Int {
	if s.wide != nil {
		return s.wide
	}
	return big.NewInt(s.small)
}

func (s unitSum) compare(o unitSum) int {
	if s.wide == nil && o.wide == nil {
		return cmp.Compare(s.small, o.small)
	}
	return s.big().Cmp(o.big())
}

func (s unitSum) decimal(places int32) decimal.Decimal {
	if s.wide == nil {
		return decimal.New(s.small, -places)
	}
	return decimal.NewFromBigInt(s.wide, -places)
}

// over returns the float64 nearest to s/total, and 0 for a total of zero.
func (s unitSum) over(total unitSum) float64 {
	const exact = 1 << 53 // whole numbers up to here are float64s
	if s.wide == nil && total.wide == nil && magnitude64(s.small) <= exact && magnitude64(total.small) <= exact {
		if total.small == 0 {
			return 0
		}
		return float64(s.small) / float64(total.small)
	}
	return nearest(s.big(), total.big())
}

// nearest returns the float64 nearest to a/b, and 0 for a b of zero. It takes
// no detour over float64 amounts, of which 1e400 is infinite.
func nearest(a, b *big.Int) float64 {
	if b.Sign() == 0 {
		return 0
	}
	x, y := new(big.Float).SetInt(a), new(big.Float).SetInt(b)
	q, _ := new(big.Float).SetPrec(53).Quo(x, y).Float64()
	return q
}

func magnitude64(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}
