package clv

import (
	"math"

	"github.com/keyaccount/keyaccount/internal/special"
)

// negativeBinomial returns the probabilities of 0, 1, ..., most events in a
// time of tau, at a rate ~ Gamma(r, 1), and that of more:
//
//	P(N=n) = (r)_n/n! tau^n / (1+tau)^(r+n)
//
// From the most likely of these numbers outwards each follows from its
// neighbour by a ratio, so that hundreds of events neither overflow nor sum up
// errors of logarithms.
func negativeBinomial(r, tau float64, most int) (p []float64, beyond float64) {
	p = make([]float64, most+1)
	ratio := tau / (1 + tau)
	pivot := int(min(max((r-1)*tau, 0), float64(most)))
	p[pivot] = math.Exp(lnNegativeBinomial(r, tau, float64(pivot)))
	for n := pivot; n < most; n++ {
		p[n+1] = p[n] * ratio * ((r + float64(n)) / float64(n+1))
	}
	for n := pivot; n > 0; n-- {
		p[n-1] = p[n] * float64(n) / (r + float64(n-1)) / ratio
	}
	top := float64(most + 1)
	if ratio*(top+r+2) < top+1 {
		next := p[most] * ratio * ((r + float64(most)) / top)
		return p, next * betaFraction(top, r, ratio)
	}
	// The tail is the larger part of what is not P(N=0).
	beyond = -math.Expm1(-r * math.Log1p(tau))
	for _, v := range p[1:] {
		beyond -= v
	}
	return p, max(beyond, 0)
}

func lnNegativeBinomial(r, tau, n float64) float64 {
	none := -r * math.Log1p(tau)
	if n == 0 {
		return none
	}
	return none - n*math.Log1p(1/tau) - special.LogBeta(r, n) - math.Log(n)
}

// fractionSteps bounds the continued fraction; it needs some times the root of
// its larger parameter.
const fractionSteps = 20_000

// betaFraction returns I_x(a, b) a B(a,b) / (x^a (1-x)^b), by the continued
// fraction of the incomplete beta function (DLMF 8.17.22, Lentz's method), for
// x < (a+1)/(a+b+2).
func betaFraction(a, b, x float64) float64 {
	c, d := 1.0, 1/guard(1-(a+b)*x/(a+1))
	f := d
	for m := 1.0; m <= fractionSteps; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / guard(1+even*d)
		c = guard(1 + even/c)
		f *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / guard(1+odd*d)
		c = guard(1 + odd/c)
		step := d * c
		f *= step
		if math.Abs(step-1) < 10*negligible {
			break
		}
	}
	return f
}

// guard keeps a denominator of Lentz's method from zero.
func guard(v float64) float64 {
	if math.Abs(v) < 1/extreme {
		return 1 / extreme
	}
	return v
}
