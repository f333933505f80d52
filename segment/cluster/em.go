package cluster

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// emChunk is how many rows are summed up before anything else is added.
const emChunk = 2048

// em is one run of the EM algorithm.
type em struct {
	*space

	o      *MixtureOptions
	k      int
	stat   int // figures of a chunk: log-likelihood, then per component
	per    int // weight, first and second moments about the present mean
	second int
	means  []float64
	cov    []float64
	weight []float64
	gs     []gaussian
	parts  []float64
	logLik float64
}

func newEM(s *space, l *lloyd, k int, o *MixtureOptions) *em {
	e := &em{space: s, o: o, k: k, means: slices.Clone(l.centres), weight: make([]float64, k), gs: make([]gaussian, k)}
	e.second = s.d
	if o.Covariance == Full {
		e.second = s.d * (s.d + 1) / 2
	}
	e.per = 1 + s.d + e.second
	e.stat = 1 + k*e.per
	e.cov = make([]float64, k*e.second)
	e.parts = make([]float64, chunkCount(s.n, emChunk)*e.stat)
	return e
}

// run starts from hard labels.
func (e *em) run(labels []int32) (iterations int, status Status, err error) {
	e.chunks(e.o.Workers, emChunk, func(c, lo, hi int) {
		part := e.part(c)
		diff := make([]float64, e.d)
		for i := lo; i < hi; i++ {
			a := int(labels[i])
			for j, v := range e.row(i) {
				diff[j] = v - e.means[a*e.d+j]
			}
			e.add(part, a, 1, diff)
		}
	})
	before := math.Inf(-1)
	for iterations = 0; ; iterations++ {
		if err := e.maximise(); err != nil {
			return iterations, "", err
		}
		if iterations == e.o.MaxIterations {
			return iterations, IterationLimit, nil
		}
		if err := e.expect(); err != nil {
			return iterations, "", err
		}
		if math.Abs(e.logLik-before) <= e.o.Tolerance*float64(e.n) {
			return iterations + 1, Converged, nil
		}
		before = e.logLik
	}
}

func (e *em) part(c int) []float64 {
	part := e.parts[c*e.stat : (c+1)*e.stat]
	clear(part)
	return part
}

// add counts a row to component c with responsibility r.
func (e *em) add(part []float64, c int, r float64, diff []float64) {
	at := part[1+c*e.per : 1+(c+1)*e.per]
	at[0] += r
	first, second := at[1:1+e.d], at[1+e.d:]
	if e.o.Covariance != Full {
		for j, v := range diff {
			first[j] += r * v
			second[j] += r * v * v
		}
		return
	}
	for i, v := range diff {
		rv := r * v
		first[i] += rv
		row := second[:i+1]
		for j, w := range diff[:i+1] {
			row[j] += rv * w
		}
		second = second[i+1:]
	}
}

// expect computes responsibilities and sums their moments up; nothing is kept
// by row.
func (e *em) expect() error {
	far := make([]bool, chunkCount(e.n, emChunk))
	e.chunks(e.o.Workers, emChunk, func(c, lo, hi int) {
		part := e.part(c)
		r, diffs := make([]float64, e.k), make([]float64, e.k*e.d)
		for i := lo; i < hi; i++ {
			row := e.row(i)
			for a := range e.gs {
				r[a] = e.gs[a].log(row, diffs[a*e.d:(a+1)*e.d])
			}
			l, ok := posterior(r)
			if !ok {
				far[c] = true
				return
			}
			part[0] += l
			for a, v := range r {
				if v > 0 {
					e.add(part, a, v, diffs[a*e.d:(a+1)*e.d])
				}
			}
		}
	})
	if slices.Contains(far, true) {
		return e.degenerate(0, "the components have shrunk so much that a row is out of reach of all")
	}
	e.logLik = 0
	for c := 0; c < len(e.parts); c += e.stat {
		e.logLik += e.parts[c]
	}
	return nil
}

// maximise takes the parameters from the moments.
func (e *em) maximise() error {
	total := make([]float64, e.stat)
	for c := 0; c < len(e.parts); c += e.stat {
		for i, v := range e.parts[c : c+e.stat] {
			total[i] += v
		}
	}
	need := 2.0
	if e.o.Covariance == Full {
		need = float64(e.d + 1)
	}
	reg := e.o.Regularisation
	for c := range e.k {
		at := total[1+c*e.per : 1+(c+1)*e.per]
		rows := at[0]
		// Sums of responsibilities round; four rows are four rows.
		if rows < need*(1-1e-9) {
			return e.degenerate(c, "has shrunk to "+strconv.FormatFloat(rows, 'f', 1, 64)+" rows, and its covariance needs "+number(need))
		}
		first, second := at[1:1+e.d], at[1+e.d:]
		mean, cov := e.means[c*e.d:(c+1)*e.d], e.cov[c*e.second:(c+1)*e.second]
		for j := range first {
			first[j] /= rows
			mean[j] += first[j]
		}
		e.covariance(cov, first, second, rows, reg)
		e.weight[c] = rows / float64(e.n)
		var ok bool
		if e.gs[c], ok = newGaussian(e.weight[c], mean, cov, e.o.Covariance != Full, 2*reg); !ok {
			return e.degenerate(c, "has no spread left in some direction: its rows are equal, a column depends on the others, or the columns need a logarithm")
		}
	}
	return nil
}

// covariance is the second moment less the square of the first, both about the
// mean before, so that little cancels.
func (e *em) covariance(cov, first, second []float64, rows, reg float64) {
	switch e.o.Covariance {
	case Diagonal, Spherical:
		for j, m := range first {
			cov[j] = second[j]/rows - m*m + reg
		}
		if e.o.Covariance == Spherical {
			mean := sum(cov) / float64(e.d)
			for j := range cov {
				cov[j] = mean
			}
		}
	default:
		at := 0
		for i, a := range first {
			for _, b := range first[:i+1] {
				cov[at] = second[at]/rows - a*b
				at++
			}
			cov[at-1] += reg
		}
	}
}

func (e *em) degenerate(c int, reason string) error {
	return &keyaccount.InputError{
		Kind: ErrDegenerate, Field: "k", Value: strconv.Itoa(e.k), Reason: "component " + strconv.Itoa(c+1) + " " + reason,
	}
}

// mixture takes the parameters out of the scaled space.
func (e *em) mixture(z *scaling, o *MixtureOptions) Mixture {
	m := Mixture{
		Schema: MixtureSchema, Version: MixtureVersion,
		Features: o.Features, Transform: o.Transform, Covariance: o.Covariance,
		Components: make([]Component, e.k),
	}
	for c := range m.Components {
		comp := Component{Weight: e.weight[c], Mean: make([]float64, e.d), Covariance: make([][]float64, e.d)}
		at := c * e.second
		for i := range e.d {
			comp.Mean[i] = flushed(z.mean[i] + z.scale[i]*e.means[c*e.d+i])
			comp.Covariance[i] = make([]float64, e.d)
			if o.Covariance != Full {
				comp.Covariance[i][i] = z.scale[i] * z.scale[i] * e.cov[at+i]
				continue
			}
			for j := 0; j <= i; j++ {
				v := z.scale[i] * z.scale[j] * e.cov[at]
				comp.Covariance[i][j], comp.Covariance[j][i] = v, v
				at++
			}
		}
		m.Components[c] = comp
	}
	if o.Start == nil {
		slices.SortStableFunc(m.Components, func(a, b Component) int {
			return cmp.Or(cmp.Compare(b.Weight, a.Weight), slices.Compare(a.Mean, b.Mean))
		})
	}
	return m
}
