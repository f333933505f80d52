package clv

import "math"

// The accuracy of the rules below: where each tail is drawn together, the step
// of the trapezoidal rule (absolute, and relative to the width of the
// density), the share of a sum that is left out, and the width under which a
// density is a point. Each keeps the relative error below 1e-12.
const (
	tailShare  = 1e-6
	maxStep    = 0.28
	stepWidth  = 0.55
	negligible = 1e-16
	pointWidth = 1e-6
	extreme    = 1e290 // beyond 1/extreme..extreme, parameters act as if there
)

// bounded takes what is beyond 1/extreme..extreme to its ends.
func bounded(v float64) float64 { return within(v, extreme) }

func within(v, limit float64) float64 { return min(max(v, 1/limit), limit) }

// node is a point of a rule: a mean is the sum of weight * f(at).
type node struct{ at, weight float64 }

// nodesKept is how many nodes a rule has on the stack; it takes extreme
// parameters to need more.
const nodesKept = 320

// kernel says of a function f(p), convex and falling in p, what a rule must
// know to hold its mean.
type kernel struct {
	near, far float64 // f hardly bends for p below 1/near, nor for 1-p below 1/far
	depth     float64 // a bound to f(0) / E f
	step      float64 // the longest that resolves f
}

// betaRule appends the nodes for means over p ~ Beta(a, b).
//
// In u = ln(p/(1-p)) density and kernels are analytic in a strip around the
// real line and decay both ways, so the trapezoidal rule converges
// exponentially (Trefethen and Weideman 2014, section 5). The density's own sum
// is divided out, so that no normalising constant is needed and a mean lies
// between the least and the greatest value. A tail that decays slowly, because
// a or b is near zero, is a geometric series: it becomes one node at its mean.
func betaRule(nodes []node, a, b float64, k kernel) []node {
	width := math.Sqrt(1/a + 1/b)
	if width < pointWidth {
		return append(nodes, node{1 / (1 + b/a), 1})
	}
	d := logitDensity{a: a, b: b, sum: a + b, step: min(k.step, stepWidth*width)}
	// From the mode of the density in u, or from the nearer tail where the
	// mode lies inside it, outwards.
	left, right := max(1, d.sum, k.near)/tailShare, max(1, d.sum, k.far)/tailShare
	d.start = min(max(math.Log(a)-math.Log(b), -math.Log(left)), math.Log(right))
	z := math.Exp(d.start)
	d.p, d.q = z/(1+z), 1/(1+z)

	first := len(nodes)
	nodes = append(nodes, node{d.p, 1})
	nodes = d.addLeft(nodes, 1/left, k.depth)
	nodes = d.addRight(nodes, right)
	var sum float64
	for _, n := range nodes[first:] {
		sum += n.weight
	}
	for i := range nodes[first:] {
		nodes[first+i].weight /= sum
	}
	return nodes
}

// logitDensity is a beta density in u, relative to that at start.
type logitDensity struct {
	a, b, sum float64
	start     float64 // in u
	p, q      float64 // at start, p and 1-p
	step      float64
}

// walk is a position on one side of start. The exponentials of d = u - start
// are carried from node to node; expm1(d) in a form that does not cancel.
type walk struct {
	f           *logitDensity
	d, z        float64 // z = exp(u)
	step, ratio float64 // of d and z
	em1         float64 // expm1(d) if start <= 0, else expm1(-d)
	grow, grow1 float64 // of em1
}

func (f *logitDensity) walk(step float64) walk {
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

// log returns a ln p + b ln(1-p) relative to start. Of two equal forms it takes
// the one whose terms are small: a and b may be huge.
func (w *walk) log() float64 {
	f := w.f
	if f.start > 0 {
		return -f.b*w.d - f.sum*math.Log1p(f.q*w.em1)
	}
	return f.a*w.d - f.sum*math.Log1p(f.p*w.em1)
}

// addLeft adds the nodes below start, and those below z = until as one.
func (f *logitDensity) addLeft(nodes []node, until, depth float64) []node {
	enough := negligible / depth / (1 + 1/(f.a*f.step))
	w := f.walk(-f.step)
	for w.next(); w.z >= until; w.next() {
		density := math.Exp(w.log())
		nodes = append(nodes, node{w.z / (1 + w.z), density})
		if density < enough {
			return nodes
		}
	}
	// p^a (1-p)^b = z^a (1+z)^-sum
	lead := math.Exp(w.log() + f.sum*math.Log1p(w.z))
	g0, g1, g2 := geometric(f.a*f.step), geometric((f.a+1)*f.step), geometric((f.a+2)*f.step)
	mass, moment := g0-f.sum*w.z*g1, g1-f.sum*w.z*g2
	return append(nodes, node{w.z * moment / mass, lead * mass})
}

// addRight adds the nodes above start, and those above z = until as one.
func (f *logitDensity) addRight(nodes []node, until float64) []node {
	enough := negligible / (1 + 1/(f.b*f.step))
	w := f.walk(f.step)
	for w.next(); w.z <= until; w.next() {
		density := math.Exp(w.log())
		nodes = append(nodes, node{w.z / (1 + w.z), density})
		if density < enough {
			return nodes
		}
	}
	y := 1 / w.z
	lead := math.Exp(w.log() + f.sum*math.Log1p(y))
	g0, g1, g2 := geometric(f.b*f.step), geometric((f.b+1)*f.step), geometric((f.b+2)*f.step)
	mass, moment := g0-f.sum*y*g1, g1-f.sum*y*g2
	return append(nodes, node{1 - y*moment/mass, lead * mass})
}

// geometric returns 1 + e^-x + e^-2x + ...
func geometric(x float64) float64 { return -1 / math.Expm1(-x) }

// betaMean returns E[(1 - (1+p tau)^-r) / p] for p ~ Beta(a, b): how often an
// account that is active now will order in a time of tau = t/A, when it orders
// at a rate lambda ~ Gamma(r, A) and leaves after each order with probability
// p. All arguments are positive; the result may overflow to +Inf.
//
// The closed form has a 2F1 that overflows, cancels, and is singular at a = 1.
func betaMean(a, b, r, tau float64) float64 {
	a, b, r, tau = bounded(a), bounded(b), bounded(r), bounded(tau)
	atZero := min(r*tau, 1e10*extreme)
	value := func(p float64) float64 {
		if p*tau < 1/extreme {
			return atZero
		}
		return -math.Expm1(-r*math.Log1p(p*tau)) / p
	}
	var buf [nodesKept]node
	nodes := betaRule(buf[:0], a, b, kernel{
		near: max(atZero, tau), far: r, depth: atZero / value(1/(1+b/a)), step: maxStep,
	})
	var mean float64
	for _, n := range nodes {
		mean += n.weight * value(n.at)
	}
	return mean
}

// betaAlive returns E[(1+p tau)^-r], the chance that the account of betaMean
// will not have left.
func betaAlive(a, b, r, tau float64) float64 {
	a, b, r, tau = bounded(a), bounded(b), bounded(r), bounded(tau)
	var buf [nodesKept]node
	// Where r is large the mean may lie far out in the tail of the density, where
	// it is as narrow as that of a Beta(a, b+r); so it is followed to where it
	// vanishes.
	nodes := betaRule(buf[:0], a, b, kernel{
		near: max(min(r*tau, extreme), tau), far: r, depth: extreme,
		step: min(maxStep, max(stepWidth*math.Sqrt(1/a+1/(b+r)), pointWidth)),
	})
	var mean float64
	for _, n := range nodes {
		mean += n.weight * math.Exp(-r*math.Log1p(n.at*tau))
	}
	return mean
}

// The steps that resolve a gamma density in the log of its variate (it is tame
// for |Im| < pi/2 only), and 1/(lambda p + delta) with its poles at Im = pi,
// and where the left tail of the gamma is drawn together.
const (
	gammaStep  = 0.26
	gammaWidth = 0.55
	gammaTail  = 1e-5
	poleStep   = 0.32
	lnExtreme  = 667 // ln(extreme), rounded down
)

// gammaRule appends the nodes for means over l ~ Gamma(shape, 1), for a shape
// of 1 or more, of a function that hardly bends below 1/near, is at 0 at most
// depth times its mean, and rises no faster than l^rise: the trapezoidal rule in
// ln l, with the left tail drawn together as in betaRule.
func gammaRule(nodes []node, shape, near, depth, rise float64) []node {
	if shape*pointWidth*pointWidth > 1 {
		return append(nodes, node{shape, 1})
	}
	step := min(gammaStep, gammaWidth/math.Sqrt(shape))
	first := len(nodes)
	density := func(d float64) float64 { return math.Exp(-shape * (math.Expm1(d) - d)) } // relative to the mode
	sum := 1.0
	nodes = append(nodes, node{shape, 1})
	for d := step; ; d += step {
		w := density(d)
		if w*math.Exp(rise*d) < negligible {
			break
		}
		nodes = append(nodes, node{shape * math.Exp(d), w})
		sum += w
	}
	until := gammaTail / max(1, near)
	for d := -step; ; d -= step {
		l, w := shape*math.Exp(d), density(d)
		if l < until {
			// l^shape e^-l below
			g0, g1 := geometric(shape*step), geometric((shape+1)*step)
			nodes = append(nodes, node{l * g1 / g0, w * g0})
			sum += w * g0
			break
		}
		nodes = append(nodes, node{l, w})
		sum += w
		if w*depth < negligible {
			break
		}
	}
	for i := range nodes[first:] {
		nodes[first+i].weight /= sum
	}
	return nodes
}
