package clv

import (
	"math"
	"math/rand/v2"
)

// BdW is the beta-discrete-Weibull model of contracts (Fader, Hardie, Liu,
// Davin and Steenburgh 2018): an [SBG] in which a contract's own risk of being
// lost changes with time.
//
//	S(t | theta) = (1-theta)^(t^C),  theta ~ Beta(A, B)
//	S(t)         = B(A, B+t^C) / B(A, B)
//
// With C above 1 the risk of each contract rises from renewal to renewal, under
// 1 it falls, and 1 is the SBG. A BdW is a plain value, safe for concurrent use.
type BdW struct {
	// A and B are the parameters of the probability of being lost at the first
	// renewal; gamma and delta in the paper.
	A float64
	B float64
	// C is the shape of the duration.
	C float64
	// Months is the number of months from one renewal to the next. Defaults to
	// 12.
	Months int
}

// Name returns "BdW".
func (BdW) Name() string { return "BdW" }

// Interval returns the Months, 12 where they are not set.
func (m BdW) Interval() int { return interval(m.Months) }

// Parameters returns a, b and c.
func (m BdW) Parameters() []Parameter {
	return []Parameter{{Name: "a", Value: m.A}, {Name: "b", Value: m.B}, {Name: "c", Value: m.C}}
}

// Validate reports every parameter that is not finite and positive, and Months
// outside 0 to 1200, each as an [*keyaccount.InputError].
func (m BdW) Validate() error { return validContract(m.Months, m.Parameters()) }

// Survival returns S(k+t)/S(k), the probability that a contract which survived
// k renewals survives the next t.
func (m BdW) Survival(c ContractHistory, t int) float64 { return m.from(c).survival(t) }

// ExpectedRenewals returns how many of the next n renewals it will survive.
func (m BdW) ExpectedRenewals(c ContractHistory, n int) float64 { return m.from(c).expectedRenewals(n) }

// LossDistribution returns the probabilities of being lost at the next
// renewal, at the one after, and so on.
func (m BdW) LossDistribution(c ContractHistory, most int) []float64 {
	return m.from(c).lossDistribution(most)
}

// DERL returns the discounted expected residual lifetime just before the next
// renewal. For C above 20 its relative error can exceed 1e-9.
func (m BdW) DERL(c ContractHistory, rate Rate) float64 { return m.from(c).derl(rate.force(m.Months)) }

// DEL returns the discounted expected lifetime of a new contract.
func (m BdW) DEL(rate Rate) float64 { return del(m, rate) }

// DrawRenewals draws how many of its next most renewals a contract survives.
func (m BdW) DrawRenewals(c ContractHistory, most int, r *rand.Rand) int {
	return m.from(c).drawRenewals(most, r)
}

// LogLikelihood returns the log-likelihood of the model for a counted table. An
// empty table has 0.
//
// It fails for a model that Validate refuses, for a table with another interval
// ([keyaccount.ErrMismatch]), and with a kind [keyaccount.ErrOutOfRange] where
// the value is beyond the range of a float64.
func (m BdW) LogLikelihood(table *ContractCounts) (float64, error) {
	return contractLikelihood(m, newContractTable(table), table)
}

// from returns the survival from now on.
func (m BdW) from(c ContractHistory) fromNow {
	if c.Lost || c.problem() != nil || !positive(m.A) || !positive(m.B) || !positive(m.C) || !validMonths(m.Months) {
		return lost
	}
	k := float64(c.Renewals)
	if k == 0 {
		return func(t float64) float64 { return logSurvival(m.A, m.B, min(math.Pow(t, m.C), extreme)) }
	}
	past := min(math.Pow(k, m.C), extreme)
	return func(t float64) float64 {
		// (k+t)^c - k^c, without subtracting.
		return logSurvival(m.A, m.B+past, min(past*math.Expm1(m.C*math.Log1p(t/k)), extreme))
	}
}
