package clv

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// By mpmath 1.2.1: the closed form with a 2F1 at 160 digits, and at whole a,
// where that is singular, quad at 30 digits.
func TestBetaMeanAgainstTheClosedForm(t *testing.T) {
	for _, c := range []struct{ a, b, r, tau, want float64 }{
		{0.793, 4.426, 2.243, 0.9, 1.685434973942723898},
		{0.793, 2.426, 0.243, 11.78, 1.4459955626846179968},
		{0.999999, 3003.1, 3000.3, 0.1642, 456.17885788968319175},
		{1.000001, 2.43, 0.243, 8.84, 1.085174979115120339},
		{0.01, 0.51, 3.1, 1.3, 3.9415532464515451766},
		{1e-06, 2.43, 30.2, 25.7, 776.13610635819400531},
		{1e-06, 1e-06, 0.243, 1e9, 121497562.67105032915},
		{1.7, 1000000.7, 30.2, 1e9, 1427507.9152189615718},
		{45.1, 1e-06, 3.1, 0.001, 0.0030936557871884623534},
		{200000.3, 41.7, 3000.3, 1.3, 1.0002085007297525542},
		{7.3, 10.3, 30.2, 1.3, 2.6340559770002356562},
		{0.3, 0.01, 0.001, 1e9, 107.5021134746976621},
		{2.0000001, 3003.1, 254.3, 0.21, 52.467012039856389924},
		{1003.7, 1000000.7, 0.243, 10000, 440.99691197855355398},
		{1, 2.426, 0.243, 8.8358, 1.0843001095777041418},
		{1, 302.426, 300.243, 0.19, 52.259164322731237387},
		{1, 1, 1, 1, 0.69314718055994530942}, // ln 2
		{2, 5, 3, 7, 4.5184645350061456599},
	} {
		got := betaMean(c.a, c.b, c.r, c.tau)
		assert.LessOrEqual(t, math.Abs(got-c.want), 1e-12*c.want, "%+v: got %v", c, got)
	}
}

// With r = 1 and b = 1 the integrand is elementary at whole a:
// E = a tau Int p^(a-1) / (1+tau p) dp.
func TestBetaMeanElementary(t *testing.T) {
	for _, tau := range []float64{1e-3, 0.5, 1, 20, 1e6} {
		l := math.Log1p(tau)
		assert.InEpsilon(t, l, betaMean(1, 1, 1, tau), 1e-12)
		assert.InEpsilon(t, tau*2/(1+tau), betaMean(1, 1, 2, tau)+tau*2/(1+tau)-(l+tau/(1+tau)), 1e-11)
		if tau > 0.1 { // the closed form cancels below
			assert.InEpsilon(t, 2*(1-l/tau), betaMean(2, 1, 1, tau), 1e-12)
		}
	}
}

// The result is a mean of a function that falls from r tau at p = 0 to
// 1-(1+tau)^-r at p = 1, and it must not show the seams between its methods.
func TestBetaMeanIsBoundedAndMonotone(t *testing.T) {
	for _, b := range []float64{1e-9, 0.5, 3, 1000, 1e13} {
		for _, r := range []float64{1e-6, 0.3, 40, 1e7} {
			for _, tau := range []float64{1e-12, 0.1, 30, 1e11} {
				before := math.Inf(1)
				for e := -20.0; e <= 20; e += 0.25 {
					got := betaMean(math.Pow(10, e), b, r, tau)
					assert.LessOrEqual(t, got, r*tau*(1+1e-12))
					assert.GreaterOrEqual(t, got, -math.Expm1(-r*math.Log1p(tau))*(1-1e-12))
					assert.LessOrEqual(t, got, before*(1+2e-12), "a=%v b=%v r=%v tau=%v", math.Pow(10, e), b, r, tau)
					before = got
				}
			}
		}
	}
}

func FuzzBetaMean(f *testing.F) {
	f.Add(0.793, 2.426, 0.243, 11.78)
	f.Add(5e-324, math.MaxFloat64, math.MaxFloat64, 5e-324)
	f.Add(math.MaxFloat64, math.MaxFloat64, 1.0, math.MaxFloat64)
	f.Add(math.MaxFloat64, 5e-324, 5e-324, math.Inf(1))
	f.Add(1.0, math.MaxFloat64, 1e300, 1e-10)
	f.Fuzz(func(t *testing.T, a, b, r, tau float64) {
		if !positive(a) || !positive(b) || !positive(r) || !(tau >= 0) {
			return // outside the domain
		}
		got := betaMean(a, b, r, tau)
		if math.IsNaN(got) || got < 0 {
			t.Fatalf("betaMean(%v, %v, %v, %v) = %v", a, b, r, tau, got)
		}
	})
}
