package clv

import "math"

// A fit searches, states its uncertainty and takes its priors in coordinates
// that are unbounded and separate how much from how different: a gamma
// distribution by the log of its mean and the log of its shape, a beta
// distribution by the logit of its mean and the log of its precision a+b, a
// lone parameter by its log.

// maxParameters is the most that a model has.
const maxParameters = 16

// block maps one or two consecutive coordinates to the logs of as many
// parameters.
type block struct {
	names []string // of the coordinates
	// logs returns the logs of the parameters, the Jacobian by [log][coordinate],
	// and the second derivative of each log in the first coordinate: the only
	// one that is not zero.
	logs func(at []float64) (logs [2]float64, jacobian [2][2]float64, bend [2]float64)
	// from is the inverse, of parameters.
	from func(p []float64) []float64
}

// gammaBlock is a Gamma(shape, rate), such as (r, alpha): mean shape/rate.
func gammaBlock(shape, rate string) block {
	return block{
		names: []string{"ln(" + shape + "/" + rate + ")", "ln(" + shape + ")"},
		logs: func(at []float64) (logs [2]float64, jacobian [2][2]float64, bend [2]float64) {
			return [2]float64{at[1], at[1] - at[0]}, [2][2]float64{{0, 1}, {-1, 1}}, bend
		},
		from: func(p []float64) []float64 {
			shape := math.Log(p[0])
			return []float64{shape - math.Log(p[1]), shape}
		},
	}
}

// betaBlock is a Beta(a, b): mean a/(a+b), precision a+b.
func betaBlock(a, b string) block {
	return block{
		names: []string{"logit(" + a + "/(" + a + "+" + b + "))", "ln(" + a + "+" + b + ")"},
		logs: func(at []float64) (logs [2]float64, jacobian [2][2]float64, bend [2]float64) {
			// ln phi = -ln(1+e^-u), ln(1-phi) = -ln(1+e^u)
			phi, rest := logistic(at[0]), logistic(-at[0])
			logs = [2]float64{at[1] - log1pExp(-at[0]), at[1] - log1pExp(at[0])}
			return logs, [2][2]float64{{rest, 1}, {-phi, 1}}, [2]float64{-phi * rest, -phi * rest}
		},
		from: func(p []float64) []float64 {
			return []float64{math.Log(p[0]) - math.Log(p[1]), math.Log(p[0] + p[1])}
		},
	}
}

// logBlock is a single parameter.
func logBlock(name string) block {
	return block{
		names: []string{"ln(" + name + ")"},
		logs: func(at []float64) (logs [2]float64, jacobian [2][2]float64, bend [2]float64) {
			return [2]float64{at[0]}, [2][2]float64{{1, 0}}, bend
		},
		from: func(p []float64) []float64 { return []float64{math.Log(p[0])} },
	}
}

func logistic(u float64) float64 { return 1 / (1 + math.Exp(-u)) }

// log1pExp returns ln(1 + e^u).
func log1pExp(u float64) float64 { return max(u, 0) + math.Log1p(math.Exp(-math.Abs(u))) }

// chart is the coordinates of a whole model: its blocks in the order of its
// parameters.
type chart []block

// coordinates are those that the fits of one model report, which a chart of
// logs cannot hold where a parameter may be negative.
type coordinates interface {
	names() []string
	// parameters returns the parameters at coordinates.
	parameters(at []float64) []float64
}

// effectsChart is a chart and, behind it, effects of covariates, which are their
// own coordinates.
type effectsChart struct {
	chart
	effects []string
}

func (c effectsChart) names() []string { return append(c.chart.names(), c.effects...) }

func (c effectsChart) parameters(at []float64) []float64 {
	own := len(at) - len(c.effects)
	return append(c.chart.parameters(at[:own]), at[own:]...)
}

func (c chart) names() []string {
	var names []string
	for _, b := range c {
		names = append(names, b.names...)
	}
	return names
}

// from returns the coordinates of parameters.
func (c chart) from(p []float64) []float64 {
	at := make([]float64, 0, len(p))
	for _, b := range c {
		at = append(at, b.from(p[len(at):])...)
	}
	return at
}

// parameters returns the parameters at coordinates.
func (c chart) parameters(at []float64) []float64 {
	p := make([]float64, 0, len(at))
	for _, b := range c {
		logs, _, _ := b.logs(at[len(p):])
		for i := range b.names {
			p = append(p, math.Exp(logs[i]))
		}
	}
	return p
}

// linear is the Jacobian of the logs of the parameters in the coordinates, and
// the bend of each log in the coordinate that bends it.
type linear struct {
	jacobian [maxParameters][maxParameters]float64
	bend     [maxParameters]float64
	bentIn   [maxParameters]int
}

func (c chart) linear(at []float64) (l linear) {
	base := 0
	for _, b := range c {
		_, jacobian, bend := b.logs(at[base:])
		for i := range b.names {
			for j := range b.names {
				l.jacobian[base+i][base+j] = jacobian[i][j]
			}
			l.bend[base+i], l.bentIn[base+i] = bend[i], base
		}
		base += len(b.names)
	}
	return l
}

// pull turns derivatives in the parameters into those in the coordinates.
func (c chart) pull(at, p []float64, d derivatives) evaluation {
	n := len(p)
	e := newEvaluation(n)
	e.value = d.value
	l := c.linear(at)
	var inLogs [maxParameters]float64
	var second [maxParameters][maxParameters]float64 // in logs
	for i := range n {
		inLogs[i] = p[i] * d.g[i]
		for j := range n {
			second[i][j] = p[i] * p[j] * d.h[min(i, j)][max(i, j)]
		}
		second[i][i] += inLogs[i]
	}
	for i := range n {
		for j := range n {
			e.gradient[j] += inLogs[i] * l.jacobian[i][j]
			for k := range n {
				for m := range n {
					e.hessian[j][m] += l.jacobian[i][j] * second[i][k] * l.jacobian[k][m]
				}
			}
		}
		e.hessian[l.bentIn[i]][l.bentIn[i]] += inLogs[i] * l.bend[i]
	}
	return e
}

// derivatives is a log-likelihood with its gradient and the upper triangle of
// its Hessian in the parameters themselves.
type derivatives struct {
	value float64
	g     [maxParameters]float64
	h     [maxParameters][maxParameters]float64
}
