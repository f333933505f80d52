package clv

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// evaluation is what is maximised, with its gradient and Hessian in the
// coordinates of a [chart].
type evaluation struct {
	value    float64
	gradient []float64
	hessian  [][]float64
}

func newEvaluation(n int) evaluation {
	e := evaluation{gradient: make([]float64, n), hessian: make([][]float64, n)}
	cells := make([]float64, n*n)
	for i := range n {
		e.hessian[i] = cells[i*n : (i+1)*n]
	}
	return e
}

func (e evaluation) finite() bool {
	ok := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	if !ok(e.value) {
		return false
	}
	for i, g := range e.gradient {
		if !ok(g) {
			return false
		}
		for _, h := range e.hessian[i] {
			if !ok(h) {
				return false
			}
		}
	}
	return true
}

// optimum is a maximum that newton found.
type optimum struct {
	at         []float64   // coordinates
	covariance [][]float64 // of these, from the observed information
	condition  float64     // of that information, scaled
	iterations int
	evaluation
}

// The limits of a Newton search in coordinates.
const (
	lastStep   = 1e-7 // the step after one this small is below rounding
	longest    = 2.0  // no step changes a mean or a shape by more than e^2
	runaway    = 16.0 // a mean or a shape e^16 from its start has no finite maximum
	flatPivot  = 1e-10
	flatStdErr = 10.0 // what is known to a factor e^10 is not known
	mostDamped = 1e6  // steps a millionth of Newton's that still do not gain
	enoughGain = 1e-4
	noise      = 1e-12 // of a log-likelihood, relative
	// Where the maximum is flat, rounding errors keep the steps above lastStep:
	// after so many that gain nothing there is nothing to gain.
	enoughStill = 6
	// A search that wanders to its last step without a slope is on a ridge.
	levelled = 1e-4
)

// newton maximises f from start by damped Newton steps: the information is
// increased along its diagonal until it is positive definite and the step is
// short enough and gains (Nocedal and Wright 2006, section 3.4).
//
// A coordinate that f holds by a prior, with an SD above 0, cannot run away,
// and is never taken to be less known than by that prior.
func newton(
	f func(at []float64) evaluation, start []float64, prior []Normal, names []string, maxIterations int,
) (optimum, error) {
	n := len(start)
	o := optimum{at: start, evaluation: f(start)}
	if !o.finite() {
		return o, fmt.Errorf("%w: the log-likelihood is not finite at the start", ErrNotConverged)
	}
	damp, still := 0.0, 0 // still: undamped steps in a row that gain nothing
	for o.iterations < maxIterations {
		if damp > mostDamped {
			return o, fmt.Errorf("%w: the log-likelihood is flat, its maximum cannot be located", ErrNotIdentified)
		}
		step, size, ok := o.step(prior, damp)
		if !ok || size > longest && more(damp) <= mostDamped {
			damp = more(damp)
			continue
		}
		shorten(step, size)
		o.iterations++
		next := make([]float64, n)
		for i := range next {
			next[i] = o.at[i] + step[i]
			if d := next[i] - start[i]; prior[i].SD == 0 && math.Abs(d) > runaway {
				return o, fmt.Errorf("%w: %s goes to %s without a maximum", ErrNotIdentified, names[i], limit(d))
			}
		}
		e := f(next)
		gain := dot(o.gradient, step) / 2
		settled := gain*(1+damp) < noise*(1+math.Abs(o.value))
		if !e.finite() || (!settled && e.value-o.value < enoughGain*gain) {
			damp = more(damp)
			continue
		}
		o.at, o.evaluation = next, e
		if damp > 0 || !settled {
			still = 0
		} else if still++; size < lastStep || still == enoughStill {
			return o.certify(prior, names)
		}
		damp = less(damp)
	}
	if norm(o.gradient) < levelled {
		return o, fmt.Errorf("%w: the log-likelihood is flat, its maximum cannot be located", ErrNotIdentified)
	}
	return o, fmt.Errorf("%w: after %d steps the gradient is still %.3g", ErrNotConverged, maxIterations, norm(o.gradient))
}

// shorten bounds a step where damping did not: on a slope so steep and straight
// that its curvature says nothing.
func shorten(step []float64, size float64) {
	if size > longest {
		for i := range step {
			step[i] *= longest / size
		}
	}
}

func more(damp float64) float64 { return max(4*damp, 1e-3) }

func less(damp float64) float64 {
	if damp < 1e-3 {
		return 0
	}
	return damp / 10
}

func limit(d float64) string {
	if d < 0 {
		return "minus infinity"
	}
	return "infinity"
}

// step solves (information + damp * its diagonal) step = gradient.
func (o optimum) step(prior []Normal, damp float64) (step []float64, size float64, ok bool) {
	l, ok := cholesky(o.hessian, prior, damp)
	if !ok {
		return nil, 0, false
	}
	step = l.solve(o.gradient)
	size = norm(step)
	return step, size, !math.IsNaN(size)
}

// certify checks that the observed information is positive definite, and not
// just by a rounding error, and derives the standard errors.
func (o optimum) certify(prior []Normal, names []string) (optimum, error) {
	l, ok := cholesky(o.hessian, prior, 0)
	if !ok || l.smallestPivot < flatPivot {
		return o, fmt.Errorf("%w: the log-likelihood is flat around its maximum: %s cannot be told from the coordinates before it",
			ErrNotIdentified, names[l.flattest])
	}
	o.covariance = l.inverse()
	for i := range o.at {
		if prior[i].SD == 0 && math.Sqrt(o.covariance[i][i]) > flatStdErr {
			return o, fmt.Errorf("%w: the log-likelihood hardly depends on %s", ErrNotIdentified, names[i])
		}
	}
	o.condition = l.condition()
	return o, nil
}

// factor is the Cholesky factor of a matrix scaled to a unit diagonal.
type factor struct {
	l             [][]float64
	scale         []float64
	smallestPivot float64
	flattest      int // where it is, or where there is none
}

// cholesky factors -(hessian) + damp * |its diagonal|, scaled. It reports
// false where that is not positive definite. A diagonal element that passes
// through zero on its way from concave to convex counts no less than the
// information in the prior.
func cholesky(hessian [][]float64, prior []Normal, damp float64) (factor, bool) {
	n := len(hessian)
	f := factor{l: make([][]float64, n), scale: make([]float64, n), smallestPivot: 1}
	for i := range n {
		f.scale[i] = math.Sqrt(math.Abs(hessian[i][i]))
		if sd := prior[i].SD; sd > 0 {
			f.scale[i] = max(f.scale[i], 1/sd)
		}
		if f.scale[i] == 0 {
			f.flattest = i
			return f, false
		}
	}
	for i := range n {
		f.l[i] = make([]float64, i+1)
		for j := range i + 1 {
			v := -hessian[i][j] / f.scale[i] / f.scale[j]
			if i == j {
				v += damp
			}
			v -= dot(f.l[i][:j], f.l[j][:j])
			if i > j {
				f.l[i][j] = v / f.l[j][j]
				continue
			}
			if v < f.smallestPivot || !(v > 0) {
				f.smallestPivot, f.flattest = v, i
			}
			if !(v > 0) {
				return f, false
			}
			f.l[i][i] = math.Sqrt(v)
		}
	}
	return f, true
}

// factorOf factors a covariance.
func factorOf(covariance [][]float64) (factor, bool) {
	negated := newEvaluation(len(covariance)).hessian
	for i, row := range covariance {
		for j, v := range row {
			negated[i][j] = -v
		}
	}
	return cholesky(negated, make([]Normal, len(covariance)), 0)
}

// condition returns the 2-norm condition number of the scaled matrix.
func (f factor) condition() float64 {
	n := len(f.l)
	l := mat.NewDense(n, n, nil)
	for i, row := range f.l {
		for j, v := range row {
			l.Set(i, j, v)
		}
	}
	c := mat.Cond(l, 2)
	return c * c
}

// solve returns the x of (l l^T) x = b, in the matrix's own scale.
func (f factor) solve(b []float64) []float64 {
	n := len(b)
	x := make([]float64, n)
	for i := range n {
		x[i] = (b[i]/f.scale[i] - dot(f.l[i][:i], x[:i])) / f.l[i][i]
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			x[i] -= f.l[k][i] * x[k]
		}
		x[i] /= f.l[i][i]
	}
	for i := range x {
		x[i] /= f.scale[i]
	}
	return x
}

// inverse returns that of the matrix, in its own scale.
func (f factor) inverse() [][]float64 {
	n := len(f.l)
	inverse := newEvaluation(n).hessian
	for i := range n {
		unit := make([]float64, n)
		unit[i] = 1
		for j, v := range f.solve(unit) {
			inverse[i][j] += v / 2 // the mean with its mirror: exactly symmetric
			inverse[j][i] += v / 2
		}
	}
	return inverse
}

func dot(a, b []float64) float64 {
	var s float64
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

// norm returns the largest absolute element; NaN if there is one.
func norm(v []float64) float64 {
	var m float64
	for _, x := range v {
		m = max(m, math.Abs(x))
	}
	return m
}
