package special

import (
	"math"
	"slices"
)

// The asymptotic series as polynomials in u = 1/x.
var (
	// psi(x) = ln x - psiSeries(u), DLMF 5.11.2.
	psiSeries = [...]float64{
		0, 1.0 / 2, 1.0 / 12, 0, -1.0 / 120, 0, 1.0 / 252, 0, -1.0 / 240, 0,
		1.0 / 132, 0, -691.0 / 32760, 0, 1.0 / 12,
	}
	// psi'(x) = psi1Series(u), DLMF 5.15.8.
	psi1Series = [...]float64{
		0, 1, 1.0 / 2, 1.0 / 6, 0, -1.0 / 30, 0, 1.0 / 42, 0, -1.0 / 30, 0,
		5.0 / 66, 0, -691.0 / 2730, 0, 7.0 / 6, 0, -3617.0 / 510,
	}
)

// The zero of digamma, rootHigh + rootLow, to 33 digits. The difference from
// it keeps its relative accuracy where digamma itself passes through zero.
const (
	rootHigh = 1.4616321449683622
	rootLow  = 9.5499954299656977e-17
)

// Digamma returns psi(x), the derivative of ln Gamma, for x > 0, to a relative
// 1e-14 everywhere, also around its zero at 1.4616.
func Digamma(x float64) float64 {
	if x > 1 && x < 2 {
		return DigammaDelta(rootHigh, (x-rootHigh)-rootLow)
	}
	var low float64
	for ; x < asymptotic; x++ {
		low += 1 / x
	}
	return math.Log(x) - polynomial(psiSeries[:], 1/x) - low
}

// Trigamma returns psi'(x), the second derivative of ln Gamma, for x > 0.
func Trigamma(x float64) float64 {
	var low float64
	for ; x < asymptotic; x++ {
		u := 1 / x
		low += u * u
	}
	return polynomial(psi1Series[:], 1/x) + low
}

// DigammaDelta returns psi(z+n) - psi(z) for z > 0 and z+n > 0: for a whole n,
// the sum of 1/(z+j) over j = 0..n-1.
func DigammaDelta(z, n float64) float64 {
	var low float64
	for ; z < asymptotic; z++ {
		low += n / z / (z + n)
	}
	u, v := 1/z, 1/(z+n)
	return math.Log1p(n*u) + n*u*v*slope(psiSeries[:], u, v) + low
}

// TrigammaDelta returns psi'(z+n) - psi'(z) for z > 0 and z+n > 0: for a whole
// n, minus the sum of 1/(z+j)^2 over j = 0..n-1.
func TrigammaDelta(z, n float64) float64 {
	var low float64
	for ; z < asymptotic; z++ {
		u, v := 1/z, 1/(z+n)
		low += n * u * v * (u + v)
	}
	u, v := 1/z, 1/(z+n)
	return -n*u*v*slope(psi1Series[:], u, v) - low
}

func polynomial(c []float64, u float64) float64 {
	var p float64
	for _, ci := range slices.Backward(c) {
		p = p*u + ci
	}
	return p
}

// slope returns (P(u) - P(v)) / (u - v) without subtracting (Horner's scheme
// for the divided difference).
func slope(c []float64, u, v float64) float64 {
	var p, d float64
	for _, ci := range slices.Backward(c) {
		d = d*v + p
		p = p*u + ci
	}
	return d
}
