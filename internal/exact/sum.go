// Package exact adds decimals without rounding and, while they fit, without
// allocating.
package exact

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"
)

// MaxPlaces bounds how many decimal places, and how large a power of ten, a
// [Sum] accepts: 1e999999999 is a short text but a sum that never ends.
const MaxPlaces = 4096

// Sum is an exact sum of decimals: coef * 10^-places.
//
// The zero value is the empty sum. Any order of [Sum.Add] and [Sum.Merge] over
// the same values gives the same [Sum.Decimal], to the last digit and the last
// trailing zero: the result has as many places as the addend with the most.
// A Sum is a plain value: a copy is independent of the original.
type Sum struct {
	coef   int64
	places int32
	wide   *big.Int // the coefficient, once it outgrew an int64; replaced, never written to
}

// Add adds d. It reports false, and leaves the sum unchanged, when d has more
// than [MaxPlaces] places or is a multiple of a higher power of ten than that.
func (s *Sum) Add(d decimal.Decimal) bool {
	exp := d.Exponent()
	if s.wide == nil && exp == -s.places {
		// NumDigits of an int64 does not allocate; 18 digits always fit.
		if d.NumDigits() <= 18 {
			if sum, ok := addInt64(s.coef, d.CoefficientInt64()); ok {
				s.coef = sum
				return true
			}
		}
	}
	return s.addSlow(d, exp)
}

func (s *Sum) addSlow(d decimal.Decimal, exp int32) bool {
	if !InRange(d) {
		return false
	}
	if d.NumDigits() <= 18 {
		s.addScaled(d.CoefficientInt64(), nil, exp)
	} else {
		s.addScaled(0, d.Coefficient(), exp)
	}
	return true
}

// Merge adds the other sum, which is left unchanged.
func (s *Sum) Merge(o Sum) {
	s.addScaled(o.coef, o.wide, -o.places)
}

// Decimal returns the sum.
func (s Sum) Decimal() decimal.Decimal {
	if s.wide != nil {
		return decimal.NewFromBigInt(s.wide, -s.places)
	}
	return decimal.New(s.coef, -s.places)
}

// Sign returns -1, 0 or +1.
func (s Sum) Sign() int {
	if s.wide != nil {
		return s.wide.Sign()
	}
	return sign(s.coef)
}

// addScaled adds (wide, or coef when wide is nil) * 10^exp.
func (s *Sum) addScaled(coef int64, wide *big.Int, exp int32) {
	places := max(s.places, -exp) // never below 0: s.places starts there
	if s.wide == nil && wide == nil {
		a, okA := shiftInt64(s.coef, places-s.places)
		b, okB := shiftInt64(coef, places+exp)
		if okA && okB {
			if sum, ok := addInt64(a, b); ok {
				s.coef, s.places = sum, places
				return
			}
		}
	}
	a := shiftBig(s.coef, s.wide, places-s.places)
	b := shiftBig(coef, wide, places+exp)
	a.Add(a, b)
	s.places = places
	if a.IsInt64() {
		s.coef, s.wide = a.Int64(), nil
		return
	}
	s.coef, s.wide = 0, a
}

func addInt64(a, b int64) (int64, bool) {
	c := a + b
	return c, (c > a) == (b > 0)
}

// shiftInt64 returns v * 10^by.
func shiftInt64(v int64, by int32) (int64, bool) {
	if by == 0 || v == 0 {
		return v, true
	}
	if by >= int32(len(pow10)) {
		return 0, false
	}
	u := uint64(v)
	if v < 0 {
		u = -u
	}
	hi, lo := bits.Mul64(u, uint64(pow10[by]))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if v < 0 {
		return -int64(lo), true
	}
	return int64(lo), true
}

// shiftBig returns a new big.Int holding (wide, or coef when nil) * 10^by.
func shiftBig(coef int64, wide *big.Int, by int32) *big.Int {
	v := new(big.Int)
	if wide != nil {
		v.Set(wide)
	} else {
		v.SetInt64(coef)
	}
	if by > 0 {
		v.Mul(v, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(by)), nil))
	}
	return v
}

func sign(v int64) int {
	switch {
	case v < 0:
		return -1
	case v > 0:
		return 1
	}
	return 0
}

var pow10 = [...]int64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}
