package clv

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// How the sums over renewals are cut: so many terms one by one, then so many
// nodes for each doubling of time; what is left out is below a share of the
// sum.
const (
	plainTerms = 128
	panelNodes = 32
	leftOut    = 1e-17
	vanished   = 750 // e^-750 is 0
)

// sum returns the sum over t = 1..n of e^(log(t) - force (t-1)), n possibly
// infinite if force is above 0.
//
// Terms fall, so that those after any of them are bounded by it, and the sum
// ends where that bound is negligible. A tail that is longer than plainTerms is
// smooth on the scale of single terms: it is an integral, with the terms of the
// Euler-Maclaurin formula for midpoints at its ends (DLMF 2.10), and that
// integral runs in the logarithm of time, as the tail may fall like a power.
func (log fromNow) sum(n, force float64) float64 {
	term := func(t float64) float64 { return math.Exp(log(t) - force*(t-1)) }
	if force > 0 {
		n = min(n, plainTerms+vanished/max(force, 1/extreme))
	}
	longest := min(n, -1/math.Expm1(-force)) // terms of one size that the rest can amount to
	var sum float64
	for t := 1.0; t <= min(n, plainTerms); t++ {
		last := term(t)
		sum += last
		if last*longest <= leftOut*sum {
			return sum
		}
	}
	if n <= plainTerms {
		return sum
	}
	sum += edge(term, plainTerms+1) - edge(term, n+1)
	var nodes, weights [panelNodes]float64
	quad.Legendre{}.FixedLocations(nodes[:], weights[:], 0, 1)
	for low := plainTerms + 0.5; low < n+0.5; {
		high := min(2*low, n+0.5)
		span := math.Log(high / low)
		for i, x := range nodes {
			t := low * math.Exp(x*span)
			sum += weights[i] * span * t * term(t)
		}
		if term(high)*longest <= leftOut*sum {
			break
		}
		low = high
	}
	return sum
}

// edge is what a sum that begins with the term at t has more than the integral
// from t - 1/2: there, 1/24 of the first derivative less 7/5760 of the third.
// The difference of two terms is the first and 1/24 of the third.
func edge(g func(t float64) float64, t float64) float64 {
	a, b, c, d := g(t+1), g(t), g(t-1), g(t-2)
	return (b-c)/24 - 17*(a-3*b+3*c-d)/5760
}
