package clv

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mathext"

	"github.com/keyaccount/keyaccount"
)

// CovariateOptions tunes [FitCovariates]. The zero value and nil are the
// defaults.
type CovariateOptions struct {
	// Rate names the covariates of the order rate; an empty list is none.
	// Defaults, as nil, to all.
	Rate []string
	// Dropout names the covariates of leaving; an empty list is none. Defaults,
	// as nil, to all.
	Dropout []string
	// Prior is believed before the data are seen, of the coordinates of the model
	// where all covariates are 0, and of coefficients by their names, such as
	// "rate(size)": a mean of 0 makes a ridge regression. Defaults to none.
	Prior Prior
	// MaxIterations is as in [FitOptions].
	MaxIterations int
}

// effect is a coefficient to be fitted.
type effect struct {
	covariate int
	on        int // the coordinate that it moves
	name      string
}

// FitCovariates fits a model with covariates, such as
//
//	FitCovariates[BGNBD](table, nil)
//
// by the same search as without, and with the same errors; [ErrNotIdentified]
// also for a covariate that is constant or a linear combination of others, or
// whose coefficient these accounts do not tell, by name. A coefficient with a
// prior is always identified.
func FitCovariates[M CovariateModel[M]](table *CovariateTable, opts *CovariateOptions) (*CovariateFit[M], error) {
	var o CovariateOptions
	if opts != nil {
		o = *opts
	}
	if table.N() == 0 {
		return nil, fmt.Errorf("%w: the table is empty", ErrTooFewData)
	}
	var m M
	fam := m.family()
	groups := table.sorted()
	effects, err := o.effects(table.Covariates(), fam.leaving)
	if err != nil {
		return nil, err
	}
	names := fam.chart.names()
	base := len(names)
	for _, e := range effects {
		names = append(names, e.name)
	}
	prior, err := o.Prior.on(names)
	if err != nil {
		return nil, err
	}
	data := layCovariates(fam.chart, fam.lay, effects, groups)
	if err := data.identified(prior[base:]); err != nil {
		return nil, err
	}
	options := FitOptions{MaxIterations: o.MaxIterations, Prior: make(Prior)}
	for i, n := range prior[:base] {
		if n.SD > 0 {
			options.Prior[names[i]] = n
		}
	}
	without, err := fam.fit(table.Counts(), &options)
	if err != nil {
		return nil, fmt.Errorf("without covariates: %w", err)
	}
	start := make([]float64, len(names))
	for i, c := range without.Coordinates {
		start[i] = c.Value
	}
	options.Prior = o.Prior
	best, err := newton(func(at []float64) evaluation {
		e := data.at(at)
		data.addPrior(prior, at, &e)
		return e
	}, start, data.scaled(prior), names, options.maxIterations())
	if err != nil {
		return nil, err
	}
	logLik := data.at(best.at).value
	if err := data.toHost(&best); err != nil {
		return nil, err
	}
	d := diagnose(best, names, prior, logLik, table.N(), table.digest())
	d.estimate(fam.chart, fam.parameters)
	d.Estimates = append(d.Estimates, d.Coordinates[base:]...)
	f := &CovariateFit[M]{
		Base:       fam.of(values(d.Estimates[:base]), table.Unit()),
		Covariates: table.Covariates(), Diagnostics: d,
	}
	if err := f.Base.Validate(); err != nil {
		return nil, err
	}
	f.Rate, f.Dropout = coefficients(f.Covariates, effects, d.Coordinates[base:])
	if len(o.Prior) == 0 && len(effects) > 0 {
		f.Ratio = ratioTest(d.LogLik, without.LogLik, len(effects))
	}
	return f, nil
}

// The two sides that covariates have.
const onRate, onDropout = "rate", "dropout"

func effectName(side, covariate string) string { return side + "(" + covariate + ")" }

// effects resolves the options against the names of the table.
func (o CovariateOptions) effects(names []string, leaving int) (effects []effect, err error) {
	for _, side := range []struct {
		chosen []string
		name   string
		on     int
	}{{o.Rate, onRate, 0}, {o.Dropout, onDropout, leaving}} {
		if side.chosen == nil {
			side.chosen = names
		}
		if err := checkCovariateNames(side.chosen); err != nil {
			return nil, err
		}
		for _, name := range side.chosen {
			i := slices.Index(names, name)
			if i < 0 {
				return nil, badCovariate(keyaccount.ErrMismatch, name, "the table has no covariate of this name")
			}
			effects = append(effects, effect{i, side.on, effectName(side.name, name)})
		}
	}
	return effects, nil
}

func coefficients(names []string, effects []effect, fitted []Parameter) (rate, leaving []Coefficient) {
	for i, e := range effects {
		c := Coefficient{Covariate: names[e.covariate], Value: fitted[i].Value, StdErr: fitted[i].StdErr}
		if e.on == 0 {
			rate = append(rate, c)
		} else {
			leaving = append(leaving, c)
		}
	}
	return rate, leaving
}

// ratioTest compares with chi squared (Wilks 1938).
func ratioTest(with, without float64, coefficients int) *RatioTest {
	statistic := max(0, 2*(with-without))
	return &RatioTest{statistic, coefficients, mathext.GammaIncRegComp(float64(coefficients)/2, statistic/2)}
}
