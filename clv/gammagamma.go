package clv

import (
	"errors"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/keyaccount/keyaccount"
)

// GammaGamma is the gamma-gamma model of spend (Fader, Hardie and Lee 2005;
// Fader and Hardie 2013).
//
// The amounts of an account scatter around its own mean spend, which does not
// depend on how often it orders ([CorrelateSpend] tells):
//
//	z  ~ Gamma(P, nu)     mean P/nu, the coefficient of variation 1/sqrt(P)
//	nu ~ Gamma(Q, Gamma)  so that the mean spend of accounts is P Gamma/(Q-1)
//
// Amounts must be positive. A GammaGamma is a plain value, safe for concurrent
// use.
type GammaGamma struct {
	// P is the shape of the amounts of one account.
	P float64
	// Q is the shape of the rates nu, above 1: under it spend has no mean.
	Q float64
	// Gamma is their scale, in money.
	Gamma float64
}

// Name returns "Gamma-Gamma".
func (GammaGamma) Name() string { return "Gamma-Gamma" }

// Parameters returns p, q and gamma.
func (m GammaGamma) Parameters() []Parameter {
	return []Parameter{{Name: "p", Value: m.P}, {Name: "q", Value: m.Q}, {Name: "gamma", Value: m.Gamma}}
}

// Validate reports every parameter that is not finite and positive, and a Q
// that is not above 1, each as an [*keyaccount.InputError].
func (m GammaGamma) Validate() error {
	err := positives(m.Parameters())
	if m.Q > 0 && m.Q <= 1 {
		err = errors.Join(err, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "q", Value: formatFloat(m.Q),
			Reason: "with q of 1 or less the mean spend is infinite",
		})
	}
	return err
}

// ExpectedSpend returns the mean of an order yet to come, E(M | x, z): the
// account's own mean z, weighted by P x, with that of all accounts, weighted by
// Q-1 (Fader and Hardie 2013, equation 5). It lies between the two.
//
// It is 0 for a model or a history that Validate refuses, and for a mean that
// is not positive: this model knows none.
func (m GammaGamma) ExpectedSpend(s SpendHistory) float64 {
	if !m.usable() || !gammaSpend(s) {
		return 0
	}
	px := m.P * float64(s.Orders)
	own := px / (px + (m.Q - 1))
	if math.IsNaN(own) { // both are beyond a float64
		own = 1
	}
	return withinFloat(own*s.Mean + (1-own)*withinFloat(m.P/(m.Q-1)*m.Gamma))
}

// SpendVariance returns the variance of the account's mean spend given its
// history: P/nu, with nu ~ Gamma(P x+Q, Gamma+x z), is an inverse gamma. Where
// P x+Q <= 2 there is none ([ErrNoVariance]).
func (m GammaGamma) SpendVariance(s SpendHistory) (float64, error) {
	if err := errors.Join(m.Validate(), s.Validate()); err != nil {
		return 0, err
	}
	shape := min(m.P*float64(s.Orders)+m.Q, extreme)
	if !(shape > 2) {
		return 0, ErrNoVariance
	}
	mean := m.ExpectedSpend(s)
	return withinFloat(mean * (mean / (shape - 2))), nil
}

// DrawSpend draws the account's mean spend from what is known of it.
func (m GammaGamma) DrawSpend(s SpendHistory, r *rand.Rand) float64 {
	if !m.usable() || !gammaSpend(s) {
		return 0
	}
	return withinFloat(m.scale(s, r) * m.P)
}

// DrawAmounts draws the amounts of the account's next n orders.
func (m GammaGamma) DrawAmounts(s SpendHistory, n int, r *rand.Rand) []float64 {
	if !m.usable() || !gammaSpend(s) {
		return drawn(n, func() float64 { return 0 })
	}
	scale := m.scale(s, r)
	one := distuv.Gamma{Alpha: m.P, Beta: 1, Src: r}
	return drawn(n, func() float64 { return scale * one.Rand() })
}

// scale draws 1/nu. Its shape is above 1, where gamma draws are above 0.
func (m GammaGamma) scale(s SpendHistory, r *rand.Rand) float64 {
	x := float64(s.Orders)
	shape := min(m.P*x+m.Q, extreme)
	return withinFloat((m.Gamma/shape + x/shape*s.Mean) / (distuv.Gamma{Alpha: shape, Beta: 1, Src: r}.Rand() / shape))
}

// LogLikelihood returns the log-likelihood of the model for a counted table: the
// sum over its accounts of the log-density of their mean spend z given x
// (Fader and Hardie 2013, equation 1a). It is one of means, not of single
// amounts, and so is not comparable with that of another kind of model. An
// empty table has 0.
//
// It fails for a model that Validate refuses, for a row whose mean is not
// positive, and with a kind [keyaccount.ErrOutOfRange] where the value is
// beyond the range of a float64.
func (m GammaGamma) LogLikelihood(table *SpendCounts) (float64, error) {
	data, err := newGammaGammaTable(table.sorted())
	if err != nil {
		return 0, err
	}
	return unitless(m, data)
}

func (m GammaGamma) usable() bool {
	return positive(m.P) && m.Q > 1 && positive(m.Q) && positive(m.Gamma)
}

// Accepts refuses a history whose mean is not positive.
func (GammaGamma) Accepts(s SpendHistory) error {
	if gammaSpend(s) {
		return nil
	}
	return badHistory("Mean", formatFloat(s.Mean), "gamma-gamma spend needs a positive mean; without a history the account is valued as a newcomer")
}

// gammaSpend says whether amounts of this history can be gamma.
func gammaSpend(s SpendHistory) bool {
	return s.problem() == nil && (s.Orders == 0 || s.Mean > 0)
}
