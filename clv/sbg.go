package clv

import (
	"errors"
	"math/rand/v2"
)

// SBG is the shifted beta-geometric model of contracts (Fader and Hardie 2007).
//
// At every renewal a contract is lost with its own probability theta:
//
//	theta ~ Beta(A, B)              mean A/(A+B)
//	S(t)  = B(A, B+t) / B(A, B)     survives t renewals
//
// Retention rises with the number of renewals survived, though no contract's
// does: those with a high theta are gone. An SBG is a plain value, safe for
// concurrent use.
type SBG struct {
	// A and B are the parameters of the probability of being lost.
	A float64
	B float64
	// Months is the number of months from one renewal to the next. Defaults to
	// 12.
	Months int
}

// Name returns "sBG".
func (SBG) Name() string { return "sBG" }

// Interval returns the Months, 12 where they are not set.
func (m SBG) Interval() int { return interval(m.Months) }

// Parameters returns a and b.
func (m SBG) Parameters() []Parameter {
	return []Parameter{{Name: "a", Value: m.A}, {Name: "b", Value: m.B}}
}

// Validate reports every parameter that is not finite and positive, and Months
// outside 0 to 1200, each as an [*keyaccount.InputError].
func (m SBG) Validate() error { return validContract(m.Months, m.Parameters()) }

func validContract(months int, parameters []Parameter) error {
	err := positives(parameters)
	if bad := checkMonths(months); bad != nil {
		err = errors.Join(bad, err)
	}
	return err
}

// Survival returns S(k+t)/S(k), the probability that a contract which survived
// k renewals survives the next t.
func (m SBG) Survival(c ContractHistory, t int) float64 { return m.from(c).survival(t) }

// ExpectedRenewals returns how many of the next n renewals it will survive.
func (m SBG) ExpectedRenewals(c ContractHistory, n int) float64 { return m.from(c).expectedRenewals(n) }

// LossDistribution returns the probabilities of being lost at the next
// renewal, at the one after, and so on.
func (m SBG) LossDistribution(c ContractHistory, most int) []float64 {
	return m.from(c).lossDistribution(most)
}

// DERL returns the discounted expected residual lifetime just before the next
// renewal (Fader and Hardie 2010, equation 6), whose 2F1 is a sum here.
func (m SBG) DERL(c ContractHistory, rate Rate) float64 { return m.from(c).derl(rate.force(m.Months)) }

// DEL returns the discounted expected lifetime of a new contract.
func (m SBG) DEL(rate Rate) float64 { return del(m, rate) }

// DrawRenewals draws how many of its next most renewals a contract survives.
func (m SBG) DrawRenewals(c ContractHistory, most int, r *rand.Rand) int {
	return m.from(c).drawRenewals(most, r)
}

// LogLikelihood returns the log-likelihood of the model for a counted table. An
// empty table has 0.
//
// It fails for a model that Validate refuses, for a table with another interval
// ([keyaccount.ErrMismatch]), and with a kind [keyaccount.ErrOutOfRange] where
// the value is beyond the range of a float64.
func (m SBG) LogLikelihood(table *ContractCounts) (float64, error) {
	return contractLikelihood(m, newContractTable(table), table)
}

// from returns the survival from now on.
func (m SBG) from(c ContractHistory) fromNow {
	if c.Lost || c.problem() != nil || !positive(m.A) || !positive(m.B) || !validMonths(m.Months) {
		return lost
	}
	b := m.B + float64(c.Renewals)
	return func(t float64) float64 { return logSurvival(m.A, b, t) }
}
