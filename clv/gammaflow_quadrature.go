package clv

import "math"

// powers is the integrand of every integral of the gamma-gamma family, in the
// logarithm of time:
//
//	exp(k u) ((alpha+y)/(alpha+from))^-shape ((beta+y)/(beta+from))^-leave exp(-z (y-from)) du
//	y + shift = (shift + from) e^u
//
// All that 2F1 and Tricomi's U are used for in the papers is such an integral
// of a positive function. With shift = min(alpha, beta), or 0, the integrand is
// analytic in the strip |Im u| < pi, and for z >= 0 its logarithm is concave:
// its slope is steepest at an end of any interval, so that panels can be laid
// whose error is known before they are summed.
type powers struct {
	k, shape, leave, z float64
	alpha, beta        float64
	shift, from        float64

	// Of the last node: y - from, ln (alpha+y)/(alpha+from), and that of beta.
	rise, logAlpha, logBeta float64
}

// log returns the logarithm of the integrand, which is 0 at u = 0.
func (f *powers) log(u float64) float64 {
	f.rise = (f.shift + f.from) * expm1(u)
	f.logAlpha, f.logBeta = u, u
	if f.alpha != f.shift {
		f.logAlpha = f.growth(f.alpha, u)
	}
	if f.beta != f.shift {
		f.logBeta = f.growth(f.beta, u)
	}
	log := f.k*u - f.shape*f.logAlpha - f.leave*f.logBeta
	if f.z != 0 {
		log -= f.z * f.rise
	}
	return log
}

// expm1 is math.Expm1, faster where e^u - 1 does not cancel.
func expm1(u float64) float64 {
	if math.Abs(u) < 0.5 {
		return math.Expm1(u)
	}
	return math.Exp(u) - 1
}

// growth returns ln((a+y)/(a+from)).
func (f *powers) growth(a, u float64) float64 {
	if d := f.rise / (a + f.from); d > -0.5 {
		return math.Log1p(d)
	}
	return math.Log((a - f.shift + (f.shift+f.from)*math.Exp(u)) / (a + f.from))
}

// slope returns the derivative of log, also at infinite u.
func (f *powers) slope(u float64) float64 {
	y := (f.shift + f.from) * math.Exp(u) // + shift
	slope := f.k - f.shape/(1+(f.alpha-f.shift)/y) - f.leave/(1+(f.beta-f.shift)/y)
	if f.z != 0 {
		slope -= f.z * y
	}
	return slope
}

// legendreRule is a Gauss-Legendre rule, and up to which panels its relative error is below 1e-12, and mostly
// at 1e-15. These are 2 half wide; on them the logarithm of the integrand
// changes by 2 steep, or bends like that of exp(-x^2/2) from -bend to bend.
type legendreRule struct {
	half, steep, bend float64
	nodes             []node
}

// fails says whether the rule is too coarse for a panel with these slopes at its
// ends. It is false for NaN, lest a search for a panel does not end.
func (l *legendreRule) fails(width, from, to float64) bool {
	half, steep := width/2, (math.Abs(from)+math.Abs(to))/2
	return half > l.half || half*steep > l.steep || half*math.Abs(to-from) > 2*l.bend*l.bend
}

var legendreRules = [...]legendreRule{
	{0.1, 0.1, 0.07, legendre4[:]},
	{0.6, 1.2, 0.7, legendre8[:]},
	{1.5, 6, 2.6, legendre16[:]},
	{2.5, 14, 4, legendre24[:]},
}

// The integral stops where the rest is below a rounding error of the sum, or the
// integrand is an exponential up to one; and at a number and a width of panels
// that only parameters beyond all reason need.
const (
	restOfSum = 1e-17
	straight  = 1e-14
	maxPanels = 2000
	narrowest = 1e-150
)

// integrate returns the integral over u from 0 to to, which may be negative:
// the result is positive all the same. For each node it calls visit, if there
// is one, with the node's share of the integral.
func (f *powers) integrate(to float64, visit func(share float64)) float64 {
	if to == 0 {
		return 0
	}
	var sum, at float64
	direction, end := math.Copysign(1, to), f.slope(to)
	steep := f.slope(0)
	for range maxPanels {
		width, next := f.panel(at, steep, direction, math.Abs(to-at))
		sum += f.addPanel(at, direction*width, steep, next, visit)
		at += direction * width
		steep = next
		left := math.Abs(to - at)
		if left <= 0 || width < narrowest {
			break
		}
		if direction*steep >= 0 || direction*end > 0 {
			continue // it rises, or will
		}
		// From here the integrand falls, at least as fast as at the flatter end.
		value := math.Exp(f.log(at))
		if value*min(left, 1/min(math.Abs(steep), math.Abs(end))) <= restOfSum*sum {
			break
		}
		if visit == nil && math.Abs(steep-end) <= straight*math.Abs(steep) {
			return sum - value*math.Expm1(-math.Abs(steep)*left)/math.Abs(steep)
		}
	}
	return sum
}

// panel returns the width of the next panel and the slope at its end.
func (f *powers) panel(at, steep, direction, left float64) (width, next float64) {
	last := &legendreRules[len(legendreRules)-1]
	width = min(left, 2*last.half)
	if math.Abs(steep)*width > 2*last.steep {
		width = 2 * last.steep / math.Abs(steep)
	}
	for {
		next = f.slope(at + direction*width)
		if width < narrowest || !last.fails(width, steep, next) {
			return width, next
		}
		width *= 0.75
	}
}

func (f *powers) addPanel(at, width, steep, next float64, visit func(share float64)) (sum float64) {
	half := width / 2
	scale := math.Abs(half)
	rule := &legendreRules[0]
	for i := 1; i < len(legendreRules) && rule.fails(2*scale, steep, next); i++ {
		rule = &legendreRules[i]
	}
	for _, n := range rule.nodes {
		for _, u := range [...]float64{at + half*(1-n.at), at + half*(1+n.at)} {
			share := scale * n.weight * math.Exp(f.log(u))
			sum += share
			if visit != nil {
				visit(share)
			}
		}
	}
	return sum
}
