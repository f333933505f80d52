package special

import "math"

// halfLog2Pi is ln(2 pi) / 2.
const halfLog2Pi = 0.918938533204672741780329736405617639861

// asymptotic is where the series in Bernoulli numbers below have all the
// digits of a float64; arguments under it are lifted by the recurrence.
const asymptotic = 12

// stirling returns ln Gamma(x) - (x-1/2) ln x + x - ln(2 pi)/2 for x >= 10
// (DLMF 5.11.1).
func stirling(x float64) float64 {
	u := 1 / x
	w := u * u
	return u * (1.0/12 + w*(-1.0/360+w*(1.0/1260+w*(-1.0/1680+w*(1.0/1188+w*(-691.0/360360+w*(1.0/156)))))))
}

// LogBeta returns ln B(a, b) for a, b > 0, without the cancellation of
// ln Gamma(a) + ln Gamma(b) - ln Gamma(a+b).
func LogBeta(a, b float64) float64 {
	p, q := min(a, b), max(a, b)
	switch {
	case q < 10:
		return lgamma(p) + lgamma(q) - lgamma(p+q)
	case p < 10:
		return lgamma(p) - LogRising(q, p)
	}
	s := p / (p + q)
	return (stirling(p) + stirling(q) - stirling(p+q)) + halfLog2Pi - 0.5*math.Log(q) +
		(p-0.5)*math.Log(s) + q*math.Log1p(-s)
}

// LogRising returns ln Gamma(z+n) - ln Gamma(z), the log of the rising
// factorial z(z+1)...(z+n-1), for z > 0 and n >= 0, not necessarily whole.
func LogRising(z, n float64) float64 {
	var low float64
	for ; z < asymptotic; z++ {
		low += math.Log1p(n / z)
	}
	return (z-0.5)*math.Log1p(n/z) + n*(math.Log(z+n)-1) + (stirling(z+n) - stirling(z)) - low
}

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// LogBetaDelta returns ln B(a, b+n) - ln B(a, b) for a, b > 0 and n >= 0, not
// necessarily whole: the log of a beta-mixed survival. It cancels neither where
// a is far above n nor where n is far above a.
func LogBetaDelta(a, b, n float64) float64 {
	var low float64
	for ; b < asymptotic; b++ {
		low += math.Log1p(a/(b+n)) - math.Log1p(a/b)
	}
	// What the logarithms of Stirling's formula leave when their arguments are
	// paired and its linear terms cancel; e^pair = b (a+b+n) / ((a+b) (b+n)).
	own := math.Log1p(a / (b + n))
	pair := math.Log(b/(a+b)) + own
	if u := a / (a + b) * (n / (b + n)); u < 0.5 {
		pair = math.Log1p(-u)
	}
	rest := (stirling(b+n) - stirling(a+b+n)) - (stirling(b) - stirling(a+b))
	return rest + low - (b-0.5)*pair - n*own - a*math.Log1p(n/(a+b))
}
