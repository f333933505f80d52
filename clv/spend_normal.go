package clv

import (
	"errors"
	"math"
	"math/rand/v2"

	"github.com/keyaccount/keyaccount"
)

// NormalSpend is the model for money that can be negative: margins, and months
// in which returns and credits exceed sales. It is a normal distribution in two
// levels of the amounts themselves (a one-way random-effects model: Searle,
// Casella and McCulloch 1992, chapter 3).
//
//	z  ~ N(mu, Sigma^2)    the amounts of one account
//	mu ~ N(Mean, Tau^2)    accounts
//
// For an account that is billed every period, take each period as an order and
// its net revenue or margin as the amount. Its tails are light: where amounts
// are positive and few of them huge, take [LogNormal]. A NormalSpend is a plain
// value, safe for concurrent use.
type NormalSpend struct {
	// Mean is the mean amount of all accounts, in money; it may be negative.
	Mean float64
	// Tau is how much accounts differ: the standard deviation of their means.
	Tau float64
	// Sigma is that of the amounts of one account around its own mean.
	Sigma float64
}

// Name returns "normal".
func (NormalSpend) Name() string { return "normal" }

// Parameters returns mean, tau and sigma.
func (m NormalSpend) Parameters() []Parameter {
	return []Parameter{{Name: "mean", Value: m.Mean}, {Name: "tau", Value: m.Tau}, {Name: "sigma", Value: m.Sigma}}
}

// Validate reports a mean that is not finite and every other parameter that is
// not finite and positive, each as an [*keyaccount.InputError].
func (m NormalSpend) Validate() error {
	err := positives(m.Parameters()[iTau:])
	if !isFinite(m.Mean) {
		err = errors.Join(&keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "mean", Value: formatFloat(m.Mean), Reason: "a parameter must be finite",
		}, err)
	}
	return err
}

// Accepts refuses what [SpendHistory.Validate] does.
func (NormalSpend) Accepts(s SpendHistory) error { return s.Validate() }

// ExpectedSpend returns the mean of an order yet to come: between the account's
// own mean and that of all accounts, nearer to its own the more orders it has.
// It is negative for an account that loses money, and 0 for a model or a
// history that Validate refuses.
func (m NormalSpend) ExpectedSpend(s SpendHistory) float64 {
	mean, _, _ := m.given(s)
	return mean
}

// SpendVariance returns the variance of the account's mean spend given its
// history.
func (m NormalSpend) SpendVariance(s SpendHistory) (float64, error) {
	if err := errors.Join(m.Validate(), s.Validate()); err != nil {
		return 0, err
	}
	_, v, _ := m.given(s)
	return v, nil
}

// DrawSpend draws the account's mean spend from what is known of it.
func (m NormalSpend) DrawSpend(s SpendHistory, r *rand.Rand) float64 {
	mean, v, _ := m.given(s)
	return withinFloat(mean + math.Sqrt(v)*r.NormFloat64())
}

// DrawAmounts draws the amounts of the account's next n orders.
func (m NormalSpend) DrawAmounts(s SpendHistory, n int, r *rand.Rand) []float64 {
	mean, v, ok := m.given(s)
	if !ok {
		return drawn(n, func() float64 { return 0 })
	}
	mean += math.Sqrt(v) * r.NormFloat64()
	sigma := math.Sqrt(square(m.Sigma))
	return drawn(n, func() float64 { return mean + sigma*r.NormFloat64() })
}

// LogLikelihood returns the log-likelihood of the model for a counted table: the
// sum of the log-densities of all single amounts. An empty table has 0.
//
// It fails for a model that Validate refuses, for a row whose Spread is not
// known, and with a kind [keyaccount.ErrOutOfRange] where the value is beyond
// the range of a float64.
func (m NormalSpend) LogLikelihood(table *SpendCounts) (float64, error) {
	t, err := newLevelsTable(table.sorted(), amountsOf)
	if err != nil {
		return 0, err
	}
	return unitless(m, plainLevels{t})
}

// plainLevels evaluates in mu itself.
type plainLevels struct{ *levelsTable }

func (t plainLevels) at(p []float64) derivatives {
	return t.atLevels(levels{p[iMu], p[iTau], p[iSigma]})
}

// given returns mean and variance of the account's mean spend.
func (m NormalSpend) given(s SpendHistory) (mean, v float64, ok bool) {
	if !isFinite(m.Mean) || !positive(m.Tau) || !positive(m.Sigma) || s.problem() != nil {
		return 0, 0, false
	}
	mean, v = levels{m.Mean, m.Tau, m.Sigma}.given(s.Orders, s.Mean)
	return mean, v, true
}

// amountsOf returns mean and sum of squares of the amounts.
func amountsOf(s SpendHistory) (mean, spread float64, err error) {
	if s.explicit().Detail == MeanOnly {
		err = &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Spread", Reason: "normal spend needs to know how much the amounts differ",
		}
	}
	return s.Mean, s.Spread, err
}
