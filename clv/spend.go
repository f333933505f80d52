package clv

import (
	"errors"
	"math"
	"math/rand/v2"

	"github.com/keyaccount/keyaccount"
)

// Moments that spend does not have, for errors.Is.
var (
	// ErrNoMean: amounts are so unequal that the model which fits them best has
	// no mean spend (Gamma-Gamma with q <= 1). [LogNormal] has one for any data.
	ErrNoMean = errors.New("clv: the fitted spend has no mean")
	// ErrNoVariance: the question is for a variance that is infinite.
	ErrNoVariance = errors.New("clv: spend has no variance")
)

// Spend is a model of what an order of an account is worth: [GammaGamma],
// [LogNormal], [NormalSpend], or a host's own, such as a price in a contract.
// Each account has a mean spend of its own, of which the [SpendHistory] tells
// something; the zero SpendHistory is a newcomer of whom nothing is known.
//
// A model or a history that its Validate refuses gives 0, and draws of 0.
// Answers are finite: what is beyond a float64 is its largest or smallest value.
type Spend interface {
	// ExpectedSpend is the mean of an order yet to come.
	ExpectedSpend(s SpendHistory) float64
	// DrawSpend draws the account's mean spend from what is known of it.
	DrawSpend(s SpendHistory, r *rand.Rand) float64
	// DrawAmounts draws the amounts of its next n orders, which share one mean
	// spend: at most MaxOrders, and none for a negative n.
	DrawAmounts(s SpendHistory, n int, r *rand.Rand) []float64
}

// SpendModel is a [Spend] with parameters, which a table can be held against.
type SpendModel interface {
	Spend
	Model
	// LogLikelihood is that of a counted table.
	LogLikelihood(table *SpendCounts) (float64, error)
	// Accepts says why the model knows nothing of an account with this history;
	// nil where it does. A newcomer, the zero SpendHistory, is known to all.
	Accepts(s SpendHistory) error
	// SpendVariance is the variance of the account's mean spend, given what is
	// known of it: how uncertain ExpectedSpend is under the model, not how much
	// single orders differ.
	SpendVariance(s SpendHistory) (float64, error)
}

// FittedSpend is a [SpendModel] that was fitted here, and so knows how
// uncertain its parameters are.
type FittedSpend interface {
	SpendModel
	// Report is how the fit went.
	Report() *Diagnostics
	// at is the model with other coordinates; see Diagnostics.Coordinates.
	at(coordinates []float64) SpendModel
}

// unitless is the method LogLikelihood of the models without a unit of time.
func unitless(m Model, data likelihood) (float64, error) {
	if err := m.Validate(); err != nil {
		return 0, err
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

// drawn makes n amounts, within the bounds of DrawAmounts.
func drawn(n int, amount func() float64) []float64 {
	out := make([]float64, min(max(n, 0), MaxOrders))
	for i := range out {
		out[i] = withinFloat(amount())
	}
	return out
}

// withinFloat takes what is beyond a float64 to its end.
func withinFloat(v float64) float64 { return min(max(v, -math.MaxFloat64), math.MaxFloat64) }

func isFinite(v float64) bool { return math.Abs(v) <= math.MaxFloat64 }
