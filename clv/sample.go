package clv

import (
	"math"
	"math/rand/v2"
)

// From this shape on a gamma draw is normal to the last digit that matters.
const normalShape = 1e16

// logGamma draws the log of a Gamma(shape, 1) variate (Marsaglia and Tsang
// 2000). It is the log because a small shape has draws below the smallest
// float64.
func logGamma(shape float64, r *rand.Rand) float64 {
	shape = bounded(shape)
	switch {
	case shape >= normalShape:
		return math.Log(shape) + r.NormFloat64()/math.Sqrt(shape)
	case shape < 1: // a Gamma(shape) is a Gamma(shape+1) times U^(1/shape)
		return logGamma(shape+1, r) + math.Log(1-r.Float64())/shape
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		z := r.NormFloat64()
		y := c * z
		if y <= -1 {
			continue
		}
		l := math.Log1p(y)
		// The paper's ln U < z^2/2 + d - dv + d ln v with v = (1+y)^3, where
		// d may be large and must not be subtracted from itself.
		if math.Log(1-r.Float64()) < z*z/2+d*(3*(l-y)-y*y*(3+y)) {
			return math.Log(d) + 3*l
		}
	}
}

// drawBeta draws from a Beta(a, b), as a share of one of two gamma variates.
func drawBeta(a, b float64, r *rand.Rand) float64 {
	x := logGamma(a, r)
	return logistic(x - logGamma(b, r))
}
