package clv

import (
	"math"
	"slices"

	"github.com/keyaccount/keyaccount"
)

// CovariateModel is a model that takes covariates: [BGNBD].
type CovariateModel[M any] interface {
	Model
	TimeUnit() Unit
	family() family[M]
}

// family is what [FitCovariates] must know of a model.
type family[M any] struct {
	parameters []string
	chart      chart
	// leaving is the coordinate that the covariates of leaving move; those of the
	// rate move the first.
	leaving int
	lay     func(table *Counts) likelihood
	fit     func(table *Counts, opts *FitOptions) (*Diagnostics, error)
	of      func(p []float64, u Unit) M
}

// CovariateFit is a model whose rate of ordering and mean probability of
// leaving differ by what else is known of an account, z:
//
//	ln(r/alpha)     + Rate z      the mean rate is multiplied by e^(Rate z)
//	logit(a/(a+b))  + Dropout z   the odds of leaving by e^(Dropout z)
//
// with the shape r and the precision a+b common to all. To scale a and b by the
// same factor instead, as CLVTools does, hardly moves the mean, and its
// coefficients are not identified.
//
// Centre the covariates where Base shall mean a typical account; the
// coefficients and the models of accounts do not depend on it.
type CovariateFit[M CovariateModel[M]] struct {
	// Base is the model of an account whose covariates are all 0.
	Base M
	// Covariates are the names, in the order in which With takes the values.
	Covariates []string
	// Rate are the coefficients of the order rate.
	Rate []Coefficient
	// Dropout are those of the mean probability, or rate, of leaving.
	Dropout []Coefficient
	// Ratio compares with the same model without covariates; nil with a prior,
	// under which the fit is not a maximum of the likelihood, and without any
	// coefficient.
	Ratio *RatioTest
	// Diagnostics have the coefficients after the parameters of Base, named as in
	// a Prior: "rate(size)", "dropout(size)". The Status is that of Base.
	Diagnostics
}

// Coefficient says what one unit more of a covariate does.
type Coefficient struct {
	Covariate string
	// Value is the difference in the log of the mean rate, or in the log of the
	// odds of leaving.
	Value float64
	// StdErr is its standard error.
	StdErr float64
}

// Z returns the value in standard errors: beyond 2 from 0 it is hardly chance.
func (c Coefficient) Z() float64 { return c.Value / c.StdErr }

// RatioTest is a likelihood-ratio test.
type RatioTest struct {
	// Statistic is twice the gain in log-likelihood.
	Statistic float64 `json:"statistic"`
	// DegreesOfFreedom is the number of coefficients.
	DegreesOfFreedom int `json:"degrees_of_freedom"`
	// P is the probability of such a gain, or a greater, when no covariate
	// matters.
	P float64 `json:"p"`
}

// With returns the model of the accounts with these covariates, which are
// in the order of the names. It refuses a wrong number of values, one that is
// not finite, and those for which the model's parameters are beyond the range
// of a float64.
func (f *CovariateFit[M]) With(covariates ...float64) (M, error) {
	var none M
	z, bad := checkValues(f.Covariates, covariates)
	if bad != nil {
		return none, bad
	}
	fam := f.Base.family()
	at := fam.chart.from(values(f.Base.Parameters()))
	for _, effect := range []struct {
		coefficients []Coefficient
		on           int
	}{{f.Rate, 0}, {f.Dropout, fam.leaving}} {
		for _, c := range effect.coefficients {
			if i := slices.Index(f.Covariates, c.Covariate); i >= 0 {
				at[effect.on] += c.Value * z[i]
			}
		}
		if math.IsNaN(at[effect.on]) {
			return none, badCovariate(keyaccount.ErrOutOfRange, "", "with these values the model is beyond the range of a float64")
		}
	}
	m := fam.of(fam.chart.parameters(at), f.Base.TimeUnit())
	if err := m.Validate(); err != nil {
		return none, err
	}
	return m, nil
}
