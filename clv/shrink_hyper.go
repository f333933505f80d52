package clv

import (
	"fmt"
	"math"
)

// hyper is the distribution of coordinates between segments: independent
// normals, with what was believed of them before.
type hyper struct {
	names          []string
	mean, variance []float64
	believed       []Normal // of the mean; flat where the SD is 0
	spread         float64  // the mode of the Rayleigh prior of each standard deviation
}

func newHyper(pooled []Parameter, o SegmentOptions) (hyper, error) {
	h := hyper{spread: o.Spread}
	for _, c := range pooled {
		h.names = append(h.names, c.Name)
		h.mean = append(h.mean, c.Value)
		h.variance = append(h.variance, o.Spread*o.Spread)
	}
	var err error
	h.believed, err = o.Prior.on(h.names)
	return h, err
}

func (h hyper) prior() Prior {
	prior := make(Prior)
	for j, name := range h.names {
		prior[name] = Normal{Mean: h.mean[j], SD: math.Sqrt(h.variance[j])}
	}
	return prior
}

// from returns how far mean and variance are from those before, in units of the
// spread and relatively: the farthest coordinate.
func (h hyper) from(before hyper) float64 {
	var most float64
	for j, v := range h.variance {
		away := math.Abs(h.mean[j]-before.mean[j]) / math.Sqrt(v)
		most = max(most, away+math.Abs(math.Log(v/before.variance[j])))
	}
	return most
}

// normalTable is the likelihood of one segment's table, seen from the mode of
// its posterior: precision, which need not be positive definite, and that times
// the place of its maximum.
type normalTable struct {
	precision [][]float64
	pull      []float64
}

// see takes the prior h out of a posterior.
func (h hyper) see(d *Diagnostics) (normalTable, error) {
	n := len(h.names)
	t := normalTable{pull: make([]float64, n)}
	var ok bool
	if t.precision, _, ok = inverse(d.Covariance); !ok {
		return t, fmt.Errorf("%w: the covariance of a segment's fit is singular", ErrNotConverged)
	}
	for i := range n {
		for j, c := range d.Coordinates {
			t.pull[i] += t.precision[i][j] * c.Value
		}
		t.pull[i] -= h.mean[i] / h.variance[i]
		t.precision[i][i] -= 1 / h.variance[i]
	}
	return t, nil
}

// under returns the posterior of the segment with h as the prior, and the
// logarithm of the integral of likelihood times prior, but for a constant.
func (t normalTable) under(h hyper) (mode []float64, covariance [][]float64, marginal float64, ok bool) {
	n := len(t.pull)
	q := newEvaluation(n).hessian
	b := make([]float64, n)
	for i := range n {
		copy(q[i], t.precision[i])
		q[i][i] += 1 / h.variance[i]
		b[i] = t.pull[i] + h.mean[i]/h.variance[i]
		marginal -= (math.Log(h.variance[i]) + h.mean[i]*h.mean[i]/h.variance[i]) / 2
	}
	covariance, logDet, ok := inverse(q)
	if !ok {
		return nil, nil, 0, false
	}
	mode = make([]float64, n)
	for i := range n {
		mode[i] = dot(covariance[i], b)
	}
	return mode, covariance, marginal - logDet/2 + dot(mode, b)/2, true
}

// improve runs EM with the tables as seen from the present modes. Its fixed
// point is that of EM with new modes in each step, but reached in few rounds of
// fits. As EM is slow where segments say little, every third step starts from
// where the two before point to (Varadhan and Roland 2008, SqS3), if that is
// better. A table that has no maximum when seen from afar ends the search.
func (h hyper) improve(reports []*Diagnostics) (hyper, error) {
	tables := make([]normalTable, len(reports))
	for i, d := range reports {
		var err error
		if tables[i], err = h.see(d); err != nil {
			return h, err
		}
	}
	const settled = 1e-9
	for range 200 {
		one, _, ok := h.step(tables)
		if !ok || one.from(h) < settled {
			return h, nil
		}
		two, before, ok := one.step(tables)
		if !ok {
			return one, nil
		}
		next, after, ok := h.beyond(one, two).step(tables)
		if !(ok && after >= before) {
			next = two
		}
		h = next
	}
	return h, nil
}

// beyond returns where two steps from h point to, in means and logs of
// variances; between them where the second goes back on the first.
func (h hyper) beyond(one, two hyper) hyper {
	var step, bend float64
	each := func(f func(a, b, c float64, set *float64)) hyper {
		out := h
		out.mean, out.variance = make([]float64, len(h.mean)), make([]float64, len(h.mean))
		for j := range h.mean {
			f(h.mean[j], one.mean[j], two.mean[j], &out.mean[j])
			f(math.Log(h.variance[j]), math.Log(one.variance[j]), math.Log(two.variance[j]), &out.variance[j])
			out.variance[j] = math.Exp(out.variance[j])
		}
		return out
	}
	each(func(a, b, c float64, _ *float64) {
		step += (b - a) * (b - a)
		bend += (c - 2*b + a) * (c - 2*b + a)
	})
	if bend == 0 {
		return two
	}
	far := math.Sqrt(step / bend)
	out := each(func(a, b, c float64, set *float64) { *set = a + 2*far*(b-a) + far*far*(c-2*b+a) })
	for _, v := range out.variance {
		if !positive(v) {
			return two
		}
	}
	return out
}

// step is one step of EM: the posteriors under h, then mean and variance that
// are most likely with these. The value is what EM increases, at h.
func (h hyper) step(tables []normalTable) (next hyper, value float64, ok bool) {
	n := len(h.names)
	sum, square := make([]float64, n), make([]float64, n) // around the present mean
	for _, t := range tables {
		mode, covariance, marginal, ok := t.under(h)
		if !ok {
			return h, 0, false
		}
		value += marginal
		for j := range n {
			away := mode[j] - h.mean[j]
			sum[j] += away
			square[j] += away*away + covariance[j][j]
		}
	}
	next = h
	next.mean, next.variance = make([]float64, n), make([]float64, n)
	count := float64(len(tables))
	for j := range n {
		// The mean, given the variance; with a prior a little short of the average.
		information, pull := count/h.variance[j], sum[j]/h.variance[j]
		if b := h.believed[j]; b.SD > 0 {
			away := (b.Mean - h.mean[j]) / b.SD
			information += 1 / (b.SD * b.SD)
			pull += away / b.SD
			value -= away * away / 2
		}
		move := pull / information
		next.mean[j] = h.mean[j] + move
		// The variance v, given the mean, maximises
		//	-(count-1)/2 ln v - s/(2v) - v/(2 spread^2)
		// in which the 1 and the last term are from the Rayleigh prior of sqrt(v).
		s := square[j] - 2*move*sum[j] + count*move*move
		half := (count - 1) / 2
		next.variance[j] = s / (half + math.Sqrt(half*half+s/(h.spread*h.spread)))
		value += math.Log(h.variance[j])/2 - h.variance[j]/(2*h.spread*h.spread)
	}
	return next, value, true
}

// stdErr returns the standard errors of the mean, given the variance.
func (h hyper) stdErr(reports []*Diagnostics) ([]float64, error) {
	// A segment tells of the mean what it tells of itself, blurred by the
	// variance between segments: 1/v - covariance/v^2.
	n := len(h.names)
	information := newEvaluation(n).hessian
	for i := range n {
		if b := h.believed[i]; b.SD > 0 {
			information[i][i] = 1 / (b.SD * b.SD)
		}
		for _, d := range reports {
			information[i][i] += 1 / h.variance[i]
			for j := range n {
				information[i][j] -= d.Covariance[i][j] / h.variance[i] / h.variance[j]
			}
		}
	}
	covariance, _, ok := inverse(information)
	if !ok {
		return nil, fmt.Errorf("%w: the segments do not tell where the typical one is", ErrNotIdentified)
	}
	stdErr := make([]float64, n)
	for j := range n {
		stdErr[j] = math.Sqrt(covariance[j][j])
	}
	return stdErr, nil
}

// logMarginal adds up the integrals of likelihood times prior by Laplace's
// approximation.
func (h hyper) logMarginal(reports []*Diagnostics) (sum float64, err error) {
	for _, d := range reports {
		_, logDet, ok := inverse(d.Covariance)
		if !ok {
			return 0, fmt.Errorf("%w: the covariance of a segment's fit is singular", ErrNotConverged)
		}
		sum += d.LogLik + d.LogPrior + float64(len(h.names))/2*math.Log(2*math.Pi) + logDet/2
	}
	return sum, nil
}

// inverse returns that of a positive definite matrix, and the logarithm of the
// matrix's determinant.
func inverse(m [][]float64) (inverse [][]float64, logDet float64, ok bool) {
	n := len(m)
	negative := newEvaluation(n).hessian
	for i, row := range m {
		for j, v := range row {
			negative[i][j] = -v
		}
	}
	l, ok := cholesky(negative, make([]Normal, n), 0)
	if !ok {
		return nil, 0, false
	}
	for i := range n {
		logDet += 2 * math.Log(l.l[i][i]*l.scale[i])
	}
	return l.inverse(), logDet, true
}
