package segment

import "math"

// chiSquareTail is the probability of x or more under the chi-square
// distribution of df >= 1 degrees of freedom. For whole df it is a finite sum
// of positive terms: with h = x/2, and k from 0 for an even, from 1/2 for an
// odd df, up to df/2 - 1,
//
//	Σ e^-h h^k / Γ(k+1)  (+ erfc(√h) for an odd df)
//
// Source: Abramowitz and Stegun, Handbook of Mathematical Functions (1964),
// 26.4.4 and 26.4.5.
func chiSquareTail(x float64, df int) float64 {
	if x <= 0 {
		return 1
	}
	h, k, p := x/2, 0.0, 0.0
	if df%2 == 1 {
		k, p = 0.5, math.Erfc(math.Sqrt(h))
	}
	for ; k < float64(df)/2; k++ {
		gamma, _ := math.Lgamma(k + 1)
		p += math.Exp(k*math.Log(h) - h - gamma)
	}
	return min(p, 1)
}
