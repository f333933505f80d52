package clv

import (
	"math"
	"math/rand/v2"
)

// drawGamma draws from Gamma(shape, 1) (Marsaglia and Tsang 2000). A shape
// below 1 is lifted by 1 and taken back by a power of a uniform number.
func drawGamma(r *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return drawGamma(r, shape+1) * math.Exp(-r.ExpFloat64()/shape)
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		z := r.NormFloat64()
		v := 1 + c*z
		if v <= 0 {
			continue
		}
		v *= v * v
		if -r.ExpFloat64() < z*z/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// drawBeta draws from Beta(a, b). Where both gammas vanish, as they do for tiny
// shapes, it is 0 or 1 with the odds b to a.
func drawBeta(r *rand.Rand, a, b float64) float64 {
	x, y := drawGamma(r, a), drawGamma(r, b)
	if x+y > 0 {
		return x / (x + y)
	}
	if r.Float64()*(a+b) < a {
		return 1
	}
	return 0
}
