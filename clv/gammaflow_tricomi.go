package clv

import "math"

// tricomi1 returns U(1, 2-s, z) = Int_0^oo e^(-z v) (1+v)^-s dv for s, z > 0, by
// panels, or by a series where that is faster: for low rates, as rates are.
func tricomi1(s, z float64) float64 {
	if z <= 1 && s <= 50 {
		return tricomi1Series(s, z)
	}
	i := powers{k: 1, leave: s, z: z, alpha: 1, beta: 1, shift: 1}
	return i.integrate(math.Inf(1), nil)
}

// tricomi1Series is e^z z^-e Gamma(e, z), e = 1-s, with the incomplete gamma
// function as a difference that has no pole at e = 0 (DLMF 8.7.3, the first term
// of its sum taken to Gamma(e) = Gamma(1+e)/e):
//
//	e^z ((Gamma(1+e) z^-e - 1)/e - Sum_{k>=1} (-z)^k / (k! (e+k)))
//
// For e below -1/2, near the next poles, it comes from e+1 by parts.
func tricomi1Series(s, z float64) float64 {
	steps := math.Floor(max(s-0.5, 0))
	s -= steps
	e := 1 - s
	sum := logGammaSlope(e) - math.Log(z) // the limit at e = 0
	if e != 0 {
		sum = math.Expm1(e*sum) / e
	}
	term := 1.0
	for k := 1.0; math.Abs(term) > 1e-17*math.Abs(sum); k++ {
		term *= -z / k
		sum -= term / (e + k)
	}
	u := math.Exp(z) * sum
	for range int(steps) {
		u = (1 - z*u) / s
		s++
	}
	return u
}

// logGammaSlope returns ln Gamma(1+e) / e for -1/2 <= e <= 1 (DLMF 5.7.3 around
// 0, where 1+e has lost digits of e).
func logGammaSlope(e float64) float64 {
	if math.Abs(e) > 1e-3 {
		v, _ := math.Lgamma(1 + e)
		return v / e
	}
	const euler, zeta2, zeta3, zeta4, zeta5 = 0.577215664901532861, 1.64493406684822644, 1.2020569031595942854, 1.08232323371113819, 1.0369277551433699263
	return -euler + e*(zeta2/2-e*(zeta3/3-e*(zeta4/4-e*(zeta5/5))))
}
