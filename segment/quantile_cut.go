package segment

import (
	"math"
	"strconv"

	"github.com/shopspring/decimal"
)

// Cut separates two neighbouring bins: a value is beyond it when it is greater
// than Value, or equal to it where OrEqual is set.
type Cut[T int | decimal.Decimal] struct {
	Value T `json:"value"`
	// Over, when it is greater than 1, divides Value: the cut is the fraction
	// Value/Over, which has no finite decimals. Only on cuts of money.
	Over int `json:"over,omitempty"`
	// OrEqual puts a value equal to the cut beyond it.
	OrEqual bool `json:"or_equal,omitempty"`
}

// maxOver is the greatest denominator of a cut: that of [Type9].
const maxOver = 8 * MaxBins

// cutCount is the cut at a spot between two counts. It is rounded down, which
// changes no comparison of whole numbers: x exceeds 14.2 exactly when it
// exceeds 14. No product can overflow.
func cutCount(lo, hi int, s spot, plusOne bool) Cut[int] {
	d := hi - lo
	part := d % s.den * s.num
	c := Cut[int]{Value: lo + d/s.den*s.num + part/s.den, OrEqual: s.orEqual}
	if plusOne && c.Value < math.MaxInt {
		// x is at least 14.2+1 exactly when it exceeds 14+1.
		c.Value, c.OrEqual = c.Value+1, part%s.den == 0
	}
	return c
}

// cutMoney is the cut at a spot between two amounts. It is exact: a finite
// decimal where there is one, else a fraction.
func cutMoney(lo, hi decimal.Decimal, s spot, plusOne bool) Cut[decimal.Decimal] {
	c := betweenMoney(lo, hi, s.num, s.den)
	c.OrEqual = s.orEqual
	if plusOne {
		c.Value, c.OrEqual = c.Value.Add(decimal.NewFromInt(int64(max(c.Over, 1)))), true
	}
	return c
}

func betweenMoney(lo, hi decimal.Decimal, num, den int) Cut[decimal.Decimal] {
	step := hi.Sub(lo)
	if step.Sign() == 0 || num == 0 {
		return Cut[decimal.Decimal]{Value: lo}
	}
	g := gcd(num, den)
	num, den = num/g, den/g
	// den divides a power of ten exactly when it has no prime factor but 2
	// and 5; it is at most maxOver, so the ninth power is enough.
	for places, ten := int32(0), 1; places <= 9; places, ten = places+1, ten*10 {
		if ten%den == 0 {
			return Cut[decimal.Decimal]{Value: lo.Add(step.Mul(decimal.New(int64(num*(ten/den)), -places)))}
		}
	}
	return Cut[decimal.Decimal]{
		Value: lo.Mul(decimal.NewFromInt(int64(den))).Add(step.Mul(decimal.NewFromInt(int64(num)))), Over: den,
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// beyond counts the cuts that x is beyond; the cuts ascend.
func beyond[T int | decimal.Decimal](x T, cuts []Cut[T], compare func(x T, c *Cut[T]) int) int {
	for i := range cuts {
		if c := compare(x, &cuts[i]); c < 0 || c == 0 && !cuts[i].OrEqual {
			return i
		}
	}
	return len(cuts)
}

func binsRange() string { return "there can be 2 to " + strconv.Itoa(MaxBins) + " bins" }
