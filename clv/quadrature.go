package clv

import "math"

// The accuracy of betaMean: where each tail passes into its series, the step
// of the trapezoidal rule (absolute, and relative to the width of the
// density), the share of a sum that is left out, and the width under which the
// density is a point. Each keeps the relative error below 1e-12.
const (
	leftTail   = 1e-4
	rightTail  = 1e-6
	maxStep    = 0.28
	stepWidth  = 0.55
	negligible = 1e-16
	pointWidth = 1e-6
	extreme    = 1e290 // beyond 1/extreme..extreme, parameters act as if there
)

// betaMean returns E[(1 - (1+p tau)^-r) / p] for p ~ Beta(a, b): how often an
// account that is active now will order in a time of tau = t/A, when it orders
// at a rate lambda ~ Gamma(r, A) and leaves after each order with probability
// p. All arguments are positive; the result may overflow to +Inf.
//
// The closed form has a 2F1 that overflows, cancels, and is singular at a = 1.
// In u = ln(p/(1-p)) the integrand is analytic in the strip |Im u| < pi and
// decays both ways, so the trapezoidal rule converges exponentially (Trefethen
// and Weideman 2014, section 5). The density's own sum is divided out, so that
// no normalising constant is needed and the result is a weighted mean: never
// negative, never above r tau. A tail that decays slowly, because a or b is
// near zero, is a geometric series.
func betaMean(a, b, r, tau float64) float64 {
	f := betaIntegrand{
		a: min(max(a, 1/extreme), extreme), b: min(max(b, 1/extreme), extreme),
		r: min(r, extreme), tau: min(tau, extreme),
	}
	width := math.Sqrt(1/f.a + 1/f.b)
	if width < pointWidth {
		return f.value(1 / (1 + f.b/f.a))
	}
	f.sum = f.a + f.b
	f.atZero = min(f.r*f.tau, 1e10*extreme)
	f.step = min(maxStep, stepWidth*width)

	// From the mode of the density in u, or from the nearer tail where the
	// mode lies inside it, outwards.
	left := max(1, f.sum, f.atZero, f.tau)
	right := max(1, f.sum, f.r)
	f.start = min(max(math.Log(f.a)-math.Log(f.b), math.Log(leftTail/left)), math.Log(right/rightTail))

	z := math.Exp(f.start)
	f.p, f.q = z/(1+z), 1/(1+z)
	den, num := 1.0, f.value(f.p)
	den, num = f.addLeft(den, num, leftTail/left)
	den, num = f.addRight(den, num, right/rightTail)
	return num / den
}

type betaIntegrand struct {
	a, b, sum, r, tau float64
	atZero            float64 // the value at p = 0
	start             float64 // in u; the density is 1 there
	p, q              float64 // at start, p and 1-p
	step              float64
}

// value returns (1 - (1+p tau)^-r) / p.
func (f *betaIntegrand) value(p float64) float64 {
	return -math.Expm1(-f.r*math.Log1p(p*f.tau)) / p
}

// walk is a position on one side of start. The exponentials of d = u - start
// are carried from node to node; expm1(d) in a form that does not cancel.
type walk struct {
	f           *betaIntegrand
	d, z        float64 // z = exp(u)
	step, ratio float64 // of d and z
	em1         float64 // expm1(d) if start <= 0, else expm1(-d)
	grow, grow1 float64 // of em1
}

func (f *betaIntegrand) walk(step float64) walk {
	w := walk{f: f, z: math.Exp(f.start), step: step, ratio: math.Exp(step)}
	if f.start > 0 {
		step = -step
	}
	w.grow, w.grow1 = math.Exp(step), math.Expm1(step)
	return w
}

func (w *walk) next() {
	w.d += w.step
	w.z *= w.ratio
	w.em1 = w.em1*w.grow + w.grow1
}

// logDensity returns a ln p + b ln(1-p) relative to start. Of two equal forms
// it takes the one whose terms are small: a and b may be huge.
func (w *walk) logDensity() float64 {
	f := w.f
	if f.start > 0 {
		return -f.b*w.d - f.sum*math.Log1p(f.q*w.em1)
	}
	return f.a*w.d - f.sum*math.Log1p(f.p*w.em1)
}

// addLeft adds the nodes below start, and those below z = until as a series.
func (f *betaIntegrand) addLeft(den, num, until float64) (float64, float64) {
	enough := negligible / (1 + 1/(f.a*f.step))
	w := f.walk(-f.step)
	for w.next(); w.z >= until; w.next() {
		density := math.Exp(w.logDensity())
		value := density * f.value(w.z/(1+w.z))
		den += density
		num += value
		if density < enough*den && value < enough*num {
			return den, num
		}
	}
	// p^a (1-p)^b = z^a (1+z)^-s, and the value is
	// r tau (1 - (r+1) tau p / 2 + (r+1)(r+2) (tau p)^2 / 6 - ...).
	sz, tz := f.sum*w.z, (f.r+1)*w.z*f.tau/2
	sz2, tz2 := sz*(sz+w.z)/2, tz*((f.r+2)*w.z*f.tau)/3
	g0, g1, g2 := geometric(f.a*f.step), geometric((f.a+1)*f.step), geometric((f.a+2)*f.step)
	lead := math.Exp(w.logDensity() + f.sum*math.Log1p(w.z))
	den += lead * (g0 - sz*g1 + sz2*g2)
	num += lead * (g0 - (sz+tz)*g1 + (sz2+sz*tz+tz*w.z+tz2)*g2) * f.atZero
	return den, num
}

// addRight adds the nodes above start, and those above z = until as a series
// in y = 1/z.
func (f *betaIntegrand) addRight(den, num, until float64) (float64, float64) {
	enough := negligible / (1 + 1/(f.b*f.step))
	w := f.walk(f.step)
	for w.next(); w.z <= until; w.next() {
		density := math.Exp(w.logDensity())
		den += density
		num += density * f.value(w.z/(1+w.z))
		if density < enough*den {
			return den, num
		}
	}
	y, value := 1/w.z, f.value(1)
	slope := f.r*(f.tau/(1+f.tau))*(1-value) - value // of the value, at p = 1
	g0, g1 := geometric(f.b*f.step), geometric((f.b+1)*f.step)
	lead := math.Exp(w.logDensity() + f.sum*math.Log1p(y))
	den += lead * (g0 - f.sum*y*g1)
	num += lead * (value*g0 - (f.sum*value+slope)*y*g1)
	return den, num
}

// geometric returns 1 + e^-x + e^-2x + ...
func geometric(x float64) float64 { return -1 / math.Expm1(-x) }
