package clv

import (
	"fmt"
	"math"

	"github.com/keyaccount/keyaccount"
)

// covariateData is a table with covariates laid out for evaluation. It is
// searched in coordinates of its own, so that neither the unit nor the zero of a
// covariate matters: those of the model at the mean of all covariates, then the
// coefficients of covariates that are centred there and scaled into [-1, 1].
type covariateData struct {
	chart   chart
	effects []effect
	mean    []float64 // of each effect's covariate, in units of scale
	scale   [][2]float64
	groups  []covariateRows
}

// covariateRows is all accounts with the same covariates.
type covariateRows struct {
	n       float64
	weights []float64 // of each effect
	data    likelihood
}

// flatCovariate is what centring leaves of a constant, relative to its size.
const flatCovariate = 1e-9

func layCovariates(
	c chart, lay func(table *Counts) likelihood, effects []effect, groups []*accountGroup,
) covariateData {
	d := covariateData{chart: c, effects: effects, mean: make([]float64, len(effects)), scale: make([][2]float64, len(effects))}
	var all float64
	for _, g := range groups {
		n := float64(g.table.N())
		all += n
		d.groups = append(d.groups, covariateRows{n, make([]float64, len(effects)), lay(g.table)})
	}
	for i, e := range effects {
		var most, left float64
		for _, g := range groups {
			most = max(most, math.Abs(g.values[e.covariate]))
		}
		// The scale is a power of two, by which division does not round, in two
		// factors, of which the product may be beyond a float64.
		d.scale[i] = [2]float64{powerAbove(most), 1}
		for k, g := range groups {
			d.groups[k].weights[i] = g.values[e.covariate] / d.scale[i][0]
			d.mean[i] += d.groups[k].n / all * d.groups[k].weights[i]
		}
		for k := range groups {
			d.groups[k].weights[i] -= d.mean[i]
			left = max(left, math.Abs(d.groups[k].weights[i]))
		}
		if left > flatCovariate {
			d.scale[i][1] = powerAbove(left)
			d.mean[i] /= d.scale[i][1]
		}
		for k := range groups {
			if left > flatCovariate {
				d.groups[k].weights[i] /= d.scale[i][1]
			} else {
				d.groups[k].weights[i] = 0
			}
		}
	}
	return d
}

// powerAbove returns a power of two of at least v, but for the largest floats.
func powerAbove(v float64) float64 {
	_, exponent := math.Frexp(v)
	return math.Ldexp(1, min(exponent, 1023))
}

// identified refuses a covariate that a constant and the others on its side
// already say: what is left of it beside them, by Gram and Schmidt over the
// accounts, is rounding. One whose coefficient has a prior may stay.
func (d covariateData) identified(prior []Normal) error {
	column := func(value func(g covariateRows) float64) []float64 {
		v := make([]float64, len(d.groups))
		for i, g := range d.groups {
			v[i] = value(g) * math.Sqrt(g.n)
		}
		return v
	}
	one := column(func(covariateRows) float64 { return 1 })
	var basis [][]float64
	for i, e := range d.effects {
		if i == 0 || d.effects[i-1].on != e.on {
			basis = [][]float64{unitVector(one)}
		}
		if prior[i].SD > 0 {
			continue
		}
		rest := column(func(g covariateRows) float64 { return g.weights[i] })
		size := math.Sqrt(dot(rest, rest))
		if size == 0 {
			return fmt.Errorf("%w: in %s the covariate is constant", ErrNotIdentified, e.name)
		}
		for range 2 { // the second time for what rounding left
			for _, b := range basis {
				along := dot(rest, b)
				for k := range rest {
					rest[k] -= along * b[k]
				}
			}
		}
		if math.Sqrt(dot(rest, rest)) <= flatCovariate*size {
			return fmt.Errorf("%w: in %s the covariate is a linear combination of those before it", ErrNotIdentified, e.name)
		}
		basis = append(basis, unitVector(rest))
	}
	return nil
}

func unitVector(v []float64) []float64 {
	size := math.Sqrt(dot(v, v))
	out := make([]float64, len(v))
	for i := range v {
		out[i] = v[i] / size
	}
	return out
}

// at evaluates the log-likelihood. A coefficient moves a coordinate of the
// group's model by its weight, so that the chain rule is a sum.
func (d covariateData) at(at []float64) evaluation {
	e := newEvaluation(len(at))
	base := len(at) - len(d.effects)
	on, weight := make([]int, len(at)), make([]float64, len(at))
	for i := range base {
		on[i], weight[i] = i, 1
	}
	moved := make([]float64, base)
	for _, g := range d.groups {
		copy(moved, at)
		for i, f := range d.effects {
			on[base+i], weight[base+i] = f.on, g.weights[i]
			moved[f.on] += at[base+i] * g.weights[i]
		}
		p := d.chart.parameters(moved)
		own := d.chart.pull(moved, p, g.data.at(p))
		e.value += own.value
		for i := range at {
			e.gradient[i] += weight[i] * own.gradient[on[i]]
			for j := range at {
				e.hessian[i][j] += weight[i] * weight[j] * own.hessian[on[i]][on[j]]
			}
		}
	}
	return e
}

// host is the Jacobian of the host's coordinates, in which covariates are as
// given, in those of the search; it is constant.
func (d covariateData) host(n int) [][]float64 {
	m := newEvaluation(n).hessian
	base := n - len(d.effects)
	for i := range base {
		m[i][i] = 1
	}
	for i, e := range d.effects {
		m[base+i][base+i] = 1 / d.scale[i][0] / d.scale[i][1]
		m[e.on][base+i] = -d.mean[i]
	}
	return m
}

func multiply(m [][]float64, v []float64) []float64 {
	out := make([]float64, len(m))
	for i, row := range m {
		out[i] = dot(row, v)
	}
	return out
}

// addPrior adds the log-density of a prior of the host's coordinates.
func (d covariateData) addPrior(prior []Normal, at []float64, e *evaluation) {
	m := d.host(len(at))
	own := newEvaluation(len(at))
	addPrior(prior, multiply(m, at), &own)
	e.value += own.value
	for k := range at { // the prior's Hessian is diagonal
		for i := range at {
			e.gradient[i] += m[k][i] * own.gradient[k]
			for j := range at {
				e.hessian[i][j] += m[k][i] * own.hessian[k][k] * m[k][j]
			}
		}
	}
}

// scaled returns the prior with the coefficients in the units of the search.
func (d covariateData) scaled(prior []Normal) []Normal {
	out := append([]Normal{}, prior...)
	base := len(prior) - len(d.effects)
	for i, s := range d.scale {
		out[base+i].SD *= s[0] * s[1]
	}
	return out
}

// toHost turns what was found into the host's coordinates.
func (d covariateData) toHost(o *optimum) error {
	n := len(o.at)
	m := d.host(n)
	o.at = multiply(m, o.at)
	half := newEvaluation(n).hessian // m covariance
	for i := range n {
		for j := range n {
			half[i][j] = dot(m[i], o.covariance[j])
		}
	}
	o.covariance = newEvaluation(n).hessian
	for i := range n {
		for j := range i + 1 {
			o.covariance[i][j] = dot(half[i], m[j])
			o.covariance[j][i] = o.covariance[i][j]
		}
	}
	base := n - len(d.effects)
	for i, v := range o.at {
		if positive(o.covariance[i][i]) && math.Abs(v) <= math.MaxFloat64 {
			continue
		}
		field := "Covariates"
		if i >= base {
			field = d.effects[i-base].name
		}
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: field, Value: formatFloat(v),
			Reason: "covariates are so small or large that this is beyond the range of a float64",
		}
	}
	return nil
}
