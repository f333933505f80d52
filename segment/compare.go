package segment

import (
	"cmp"
	"math/bits"

	"github.com/shopspring/decimal"
)

// compareMoney orders two decimals exactly and, while both fit in an int64,
// without allocating.
func compareMoney(a, b decimal.Decimal) int { return compareTimes(a, 1, b) }

// compareTimes compares a * times with b exactly; times is at least 1.
func compareTimes(a decimal.Decimal, times int, b decimal.Decimal) int {
	sign := a.Sign()
	if s := b.Sign(); s != sign || s == 0 {
		return cmp.Compare(sign, s)
	}
	// 10^(mag-1) <= |x| < 10^mag. Numbers far apart are decided here, so that
	// an exponent of a billion is never written out.
	digitsA, digitsB := a.NumDigits(), b.NumDigits()
	magA, magB := digitsA+int(a.Exponent()), digitsB+int(b.Exponent())
	switch {
	case magB < magA:
		return sign
	case magA+maxTimesDigits < magB:
		return -sign
	}
	if digitsA <= 18 && digitsB <= 18 {
		if c, ok := compareSmall(a, uint64(times), b); ok {
			return sign * c
		}
	}
	if times > 1 {
		a = a.Mul(decimal.NewFromInt(int64(times)))
	}
	return a.Cmp(b)
}

// maxTimesDigits is how many digits an int has at the most.
const maxTimesDigits = 19

// compareSmall compares |a| * times with |b| in 128 bits, and reports false
// where they do not fit.
func compareSmall(a decimal.Decimal, times uint64, b decimal.Decimal) (int, bool) {
	over, ua := bits.Mul64(magnitude(a), times)
	ub := magnitude(b)
	if over != 0 {
		return 0, false
	}
	shift := int(a.Exponent()) - int(b.Exponent())
	up, okUp := powerOfTen(max(shift, 0))
	down, okDown := powerOfTen(max(-shift, 0))
	if !okUp || !okDown {
		return 0, false
	}
	hiA, loA := bits.Mul64(ua, up)
	hiB, loB := bits.Mul64(ub, down)
	if c := cmp.Compare(hiA, hiB); c != 0 {
		return c, true
	}
	return cmp.Compare(loA, loB), true
}

func magnitude(d decimal.Decimal) uint64 {
	c := d.CoefficientInt64()
	if c < 0 {
		return -uint64(c)
	}
	return uint64(c)
}

func powerOfTen(n int) (uint64, bool) {
	if n > 19 {
		return 0, false
	}
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p, true
}
