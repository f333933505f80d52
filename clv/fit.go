package clv

import (
	"fmt"
	"math"
	"slices"

	"github.com/keyaccount/keyaccount"
)

// FitOptions tunes a fit. The zero value and nil are the defaults.
type FitOptions struct {
	// MaxIterations bounds the Newton steps tried. Defaults to 100, with a prior
	// to 1000: data far from what it expects take many steps.
	MaxIterations int
	// Prior is believed before the data are seen. With one of every coordinate,
	// such as [WeakPrior], no table with an account in it is too small. Defaults
	// to none: maximum likelihood.
	Prior Prior
}

func (o *FitOptions) maxIterations() int {
	switch {
	case o != nil && o.MaxIterations > 0:
		return o.MaxIterations
	case len(o.prior()) > 0:
		return 1000
	default:
		return 100
	}
}

func (o *FitOptions) prior() Prior {
	if o == nil {
		return nil
	}
	return o.Prior
}

// Diagnostics says how a fit went and how well it knows its parameters.
type Diagnostics struct {
	// Estimates are the parameters with their standard errors, from the
	// observed information (the inverse of the negative Hessian at the maximum).
	Estimates []Parameter `json:"-"`
	// Coordinates are unbounded functions of the parameters in which the fit
	// searched, and in which its error is close to normal: logs of means and
	// shapes, logit of a mean probability.
	Coordinates []Parameter `json:"coordinates"`
	// Covariance is that of the coordinates, row by row.
	Covariance [][]float64 `json:"covariance"`
	// LogLik is the log-likelihood, what the method LogLikelihood returns for the
	// table.
	LogLik float64 `json:"log_likelihood"`
	// LogPrior is the log-density of the prior at the mode; 0 without one.
	LogPrior float64 `json:"log_prior,omitempty"`
	// AIC and BIC are the Akaike and Bayes information criteria; smaller is
	// better. BIC counts accounts.
	AIC float64 `json:"aic"`
	BIC float64 `json:"bic"`
	// N is the number of accounts.
	N int64 `json:"n"`
	// Data identifies the table: equal tables have equal names.
	Data string `json:"data"`
	// Iterations is the number of Newton steps tried.
	Iterations int `json:"iterations"`
	// GradNorm is the largest absolute derivative of what was maximised in a
	// coordinate, at the maximum.
	GradNorm float64 `json:"grad_norm"`
	// Condition is the condition number of the observed information, scaled to
	// a unit diagonal: 1 where the data tell every coordinate apart, large where
	// some combination is hardly known.
	Condition float64 `json:"condition"`
	// Status says whether the parameters can be relied on.
	Status Status `json:"status"`
}

// Report returns the diagnostics themselves: what fits have in common.
func (d *Diagnostics) Report() *Diagnostics { return d }

// StdErr returns the standard error of a parameter by its name, such as
// "alpha"; 0 for a name that the model has not.
func (d *Diagnostics) StdErr(name string) float64 {
	for _, p := range d.Estimates {
		if p.Name == name {
			return p.StdErr
		}
	}
	return 0
}

// likelihood is data laid out for one model, for repeated evaluation at
// parameters.
type likelihood interface {
	at(parameters []float64) derivatives
}

// search is all that the code common to all models must know to fit one.
type search struct {
	parameters []string
	chart      chart
	start      []float64 // parameters from which to search
	data       likelihood
	n          int64  // accounts
	digest     string // of the data
}

// run finds the mode and says how well it is known.
func (s search) run(opts *FitOptions) (p []float64, d Diagnostics, err error) {
	names := s.chart.names()
	prior, err := opts.prior().on(names)
	if err != nil {
		return nil, d, err
	}
	objective := func(at []float64) evaluation {
		p := s.chart.parameters(at)
		e := s.chart.pull(at, p, s.data.at(p))
		addPrior(prior, at, &e)
		return e
	}
	start, err := s.begin(objective, prior)
	if err != nil {
		return nil, d, err
	}
	best, err := newton(objective, start, prior, names, opts.maxIterations())
	if err != nil {
		return nil, d, err
	}
	p = s.chart.parameters(best.at)
	d = diagnose(best, names, prior, s.data.at(p).value, s.n, s.digest)
	d.estimate(s.chart, s.parameters)
	return p, d, nil
}

// diagnose says how a search ended and how well its coordinates are known.
func diagnose(best optimum, names []string, prior []Normal, logLik float64, n int64, digest string) Diagnostics {
	k := float64(len(names))
	flat := newEvaluation(len(names))
	d := Diagnostics{
		Covariance: best.covariance,
		LogLik:     logLik,
		LogPrior:   addPrior(prior, best.at, &flat),
		AIC:        2*k - 2*logLik,
		BIC:        k*math.Log(float64(n)) - 2*logLik,
		N:          n,
		Data:       digest,
		Iterations: best.iterations,
		GradNorm:   norm(best.gradient),
		Condition:  best.condition,
	}
	for i, name := range names {
		d.Coordinates = append(d.Coordinates, Parameter{
			Name: name, Value: best.at[i], StdErr: math.Sqrt(best.covariance[i][i]),
		})
	}
	return d
}

// estimate adds the parameters of a chart, which is that of the first
// coordinates, with their standard errors, and judges them.
func (d *Diagnostics) estimate(c chart, parameters []string) {
	at := values(d.Coordinates)[:len(parameters)]
	p, l := c.parameters(at), c.linear(at)
	relative := make([]float64, len(p))
	for i := range p {
		// To first order the variance of ln p is that of the Jacobian's row.
		var v float64
		for j := range p {
			for m := range p {
				v += l.jacobian[i][j] * d.Covariance[j][m] * l.jacobian[i][m]
			}
		}
		relative[i] = math.Sqrt(max(v, 0))
		d.Estimates = append(d.Estimates, Parameter{Name: parameters[i], Value: p[i], StdErr: p[i] * relative[i]})
	}
	d.Status = statusOf(relative)
}

// begin returns the coordinates from which to search: those of the start, or
// those that the prior expects where they are better.
func (s search) begin(objective func(at []float64) evaluation, prior []Normal) ([]float64, error) {
	start := s.chart.from(s.start)
	expected := slices.Clone(start)
	for i, n := range prior {
		if n.SD > 0 {
			expected[i] = n.Mean
		}
		if math.IsInf(expected[i], 0) {
			return nil, fmt.Errorf("%w: the table says nothing of %s, and neither does the prior", ErrTooFewData, s.chart.names()[i])
		}
	}
	e := objective(expected)
	if o := objective(start); !e.finite() || o.finite() && o.value >= e.value {
		return start, nil
	}
	return expected, nil
}

// enough is enoughRepeats without a prior; with one any account will do, if the
// prior says what the table cannot.
func (o *FitOptions) enough(table *Counts, repeats float64) error {
	if table.N() > 0 && len(o.prior()) > 0 {
		return nil
	}
	return enoughRepeats(table, repeats)
}

// enoughRepeats refuses a table from which no flow of orders can be learnt.
func enoughRepeats(table *Counts, repeats float64) error {
	switch {
	case table.N() == 0:
		return fmt.Errorf("%w: the table is empty", ErrTooFewData)
	case repeats == 0:
		return fmt.Errorf("%w: none of %d accounts has a repeat purchase", ErrTooFewData, table.N())
	}
	return nil
}

// logLikelihood is the method of that name of every model.
func logLikelihood(m interface {
	Model
	TimeUnit() Unit
}, data likelihood, table *Counts,
) (float64, error) {
	if err := m.Validate(); err != nil {
		return 0, err
	}
	if table.N() > 0 && table.Unit() != m.TimeUnit() {
		return 0, unitMismatch(table.Unit(), m.TimeUnit())
	}
	ll := data.at(values(m.Parameters())).value
	if math.IsNaN(ll) || math.IsInf(ll, 0) {
		return 0, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "LogLikelihood",
			Reason: "the log-likelihood of this table is beyond the range of a float64",
		}
	}
	return ll, nil
}

func values(ps []Parameter) []float64 {
	v := make([]float64, len(ps))
	for i, p := range ps {
		v[i] = p.Value
	}
	return v
}
