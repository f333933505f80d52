package clv

import (
	"errors"
	"math"
	"math/rand/v2"

	"github.com/keyaccount/keyaccount"
)

// LogNormal is the model of spend for a few huge accounts among many small
// ones: a normal distribution in two levels of the logarithms of the amounts
// (a one-way random-effects model: Searle, Casella and McCulloch 1992, chapter
// 3).
//
//	ln z ~ N(mu, Sigma^2)           the amounts of one account
//	mu   ~ N(ln Median, Tau^2)      accounts
//
// Its tail is heavier than that of [GammaGamma], and its mean always finite.
// Amounts must be positive. A LogNormal is a plain value, safe for concurrent
// use.
type LogNormal struct {
	// Median is that of the accounts' median amounts, in money.
	Median float64
	// Tau is how much accounts differ: the standard deviation of the logarithms
	// of their medians.
	Tau float64
	// Sigma is how much the orders of one account differ, likewise.
	Sigma float64
}

// Name returns "log-normal".
func (LogNormal) Name() string { return "log-normal" }

// Parameters returns median, tau and sigma.
func (m LogNormal) Parameters() []Parameter {
	return []Parameter{{Name: "median", Value: m.Median}, {Name: "tau", Value: m.Tau}, {Name: "sigma", Value: m.Sigma}}
}

// Validate reports every parameter that is not finite and positive, each as an
// [*keyaccount.InputError].
func (m LogNormal) Validate() error { return positives(m.Parameters()) }

// ExpectedSpend returns the mean of an order yet to come: e^(M + V/2 + Sigma^2/2),
// where M and V are mean and variance of the logarithm of the account's median
// given its history. As Sigma enters it, it can lie above the mean of all
// amounts seen.
//
// It is 0 for a model or a history that Validate refuses, and where the
// logarithms are not known.
func (m LogNormal) ExpectedSpend(s SpendHistory) float64 {
	log, v, ok := m.given(s)
	if !ok {
		return 0
	}
	return withinFloat(math.Exp(log + v/2 + square(m.Sigma)/2))
}

// SpendVariance returns the variance of the account's mean spend given its
// history: the mean squared, times e^V - 1. It fails for a history whose
// logarithms are not known.
func (m LogNormal) SpendVariance(s SpendHistory) (float64, error) {
	if err := errors.Join(m.Validate(), s.Validate()); err != nil {
		return 0, err
	}
	log, v, ok := m.given(s)
	if !ok {
		return 0, logsMissing(s)
	}
	if v == 0 {
		return 0, nil
	}
	spread := v + math.Log(-math.Expm1(-v)) // ln(e^v - 1)
	return withinFloat(math.Exp(2*log + v + square(m.Sigma) + spread)), nil
}

// DrawSpend draws the account's mean spend from what is known of it.
func (m LogNormal) DrawSpend(s SpendHistory, r *rand.Rand) float64 {
	log, v, ok := m.given(s)
	if !ok {
		return 0
	}
	return withinFloat(math.Exp(log + math.Sqrt(v)*r.NormFloat64() + square(m.Sigma)/2))
}

// DrawAmounts draws the amounts of the account's next n orders.
func (m LogNormal) DrawAmounts(s SpendHistory, n int, r *rand.Rand) []float64 {
	log, v, ok := m.given(s)
	if !ok {
		return drawn(n, func() float64 { return 0 })
	}
	log += math.Sqrt(v) * r.NormFloat64()
	sigma := math.Sqrt(square(m.Sigma))
	return drawn(n, func() float64 { return math.Exp(log + sigma*r.NormFloat64()) })
}

// LogLikelihood returns the log-likelihood of the model for a counted table: the
// sum of the log-densities of all single amounts. An empty table has 0.
//
// It fails for a model that Validate refuses, for a row whose logarithms are
// not known, and with a kind [keyaccount.ErrOutOfRange] where the value is
// beyond the range of a float64.
func (m LogNormal) LogLikelihood(table *SpendCounts) (float64, error) {
	data, err := newLogNormalTable(table.sorted())
	if err != nil {
		return 0, err
	}
	return unitless(m, data)
}

// given returns mean and variance of the logarithm of the account's median.
func (m LogNormal) given(s SpendHistory) (log, v float64, ok bool) {
	if !positive(m.Median) || !positive(m.Tau) || !positive(m.Sigma) || s.problem() != nil || logsMissing(s) != nil {
		return 0, 0, false
	}
	s = s.explicit()
	log, v = levels{math.Log(m.Median), m.Tau, m.Sigma}.given(s.Orders, s.LogMean)
	return log, v, true
}

// Accepts refuses a history without the logarithms of its amounts.
func (LogNormal) Accepts(s SpendHistory) error { return errors.Join(s.Validate(), logsMissing(s)) }

// logsMissing says what is wrong with a history without logarithms.
func logsMissing(s SpendHistory) error {
	if s = s.explicit(); s.Detail == WithLogs || s.Orders == 0 {
		return nil
	}
	if s.Detail == MeanOnly {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "LogMean", Reason: "log-normal spend needs the logarithms of the amounts",
		}
	}
	return badHistory("Mean", formatFloat(s.Mean), "an amount is not positive and has no logarithm; NormalSpend takes any")
}

// newLogNormalTable lays out the logarithms. The density of an amount is that of
// its logarithm divided by the amount.
func newLogNormalTable(rows []countedSpend) (*levelsTable, error) {
	t, err := newLevelsTable(rows, func(s SpendHistory) (mean, spread float64, err error) {
		return s.LogMean, s.LogSpread, logsMissing(s)
	})
	if err != nil {
		return nil, err
	}
	for _, g := range t.groups {
		t.shift -= g.k * g.n * g.mean
	}
	return t, nil
}
