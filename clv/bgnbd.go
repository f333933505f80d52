package clv

import (
	"errors"
	"math"
)

// BGNBD is the beta-geometric/NBD model of Fader, Hardie and Lee (2005).
//
// An active account orders at its own constant rate lambda; after each repeat
// order it leaves for good with its own probability p:
//
//	lambda ~ Gamma(R, Alpha)  mean R/Alpha orders per unit of time
//	p      ~ Beta(A, B)       mean A/(A+B)
//
// As an account can leave only after a repeat order, one that has not made
// any yet is alive for certain, however long ago it first bought.
//
// A BGNBD is a plain value: use it with parameters from [FitBGNBD], a file or
// another tool. It is safe for concurrent use.
type BGNBD struct {
	// R is the shape of the order rates; small when they differ much.
	R float64
	// Alpha is their scale, in the unit of time of the histories.
	Alpha float64
	// A and B are the parameters of the probability of leaving.
	A float64
	B float64
	// Unit is the unit of time of Alpha and of the histories. Defaults to Week.
	Unit Unit
}

// Name returns "BG/NBD".
func (BGNBD) Name() string { return "BG/NBD" }

// TimeUnit returns the Unit.
func (m BGNBD) TimeUnit() Unit { return m.Unit }

// Parameters returns r, alpha, a and b.
func (m BGNBD) Parameters() []Parameter {
	return []Parameter{{Name: "r", Value: m.R}, {Name: "alpha", Value: m.Alpha}, {Name: "a", Value: m.A}, {Name: "b", Value: m.B}}
}

// Validate reports every parameter that is not finite and positive, each as an
// [*keyaccount.InputError].
func (m BGNBD) Validate() error {
	return errors.Join(m.Unit.Validate(), positives(m.Parameters()))
}

// ProbAlive returns the probability that an account with this history has not
// left by the end of it (Fader, Hardie and Lee 2008). It is 1 without a repeat
// order, whatever the age: a property of this model.
//
// A model or a history that its Validate refuses has the probability 0. The
// result is never NaN.
func (m BGNBD) ProbAlive(h History) float64 {
	if !m.usable() || !h.usable() {
		return 0
	}
	if h.Frequency == 0 {
		return 1
	}
	// The odds of having left are a/(b+x-1) ((alpha+T)/(alpha+t_x))^(r+x). The
	// power is taken as its inverse, which can underflow but not overflow.
	x := float64(h.Frequency)
	stay := (m.B + (x - 1)) * math.Exp(-(m.R+x)*math.Log1p((h.Age-h.Recency)/(m.Alpha+h.Recency)))
	return 1 / (1 + m.A/stay)
}

// ExpectedOrders returns how many orders an account with this history will
// place in the next t units of time, E(Y(t) | x, t_x, T): its probability of
// being alive, times what an active account with its posterior rate and
// probability of leaving would order. The relative error is below 1e-9, also
// where 2F1, in which the paper writes it, overflows.
//
// A time that is not finite and positive gives 0, as does a model or a history
// that its Validate refuses. The result is never NaN or infinite.
func (m BGNBD) ExpectedOrders(h History, t float64) float64 {
	alive := m.ProbAlive(h)
	if alive == 0 || !positive(t) {
		return 0
	}
	x := float64(h.Frequency)
	return alive * betaMean(m.A, m.B+x, m.R+x, t/(m.Alpha+h.Age))
}

// LogLikelihood returns the log-likelihood of the model for a counted table,
// the sum over its accounts of the log of L(r, alpha, a, b | x, t_x, T), with times
// as they stand in the table: it can be compared across models and tools, and
// an AIC can be made of it. An empty table has 0.
//
// It fails for a model that Validate refuses, for a table in another unit
// ([keyaccount.ErrMismatch]), and with a kind [keyaccount.ErrOutOfRange] where
// the value is beyond the range of a float64.
func (m BGNBD) LogLikelihood(table *Counts) (float64, error) {
	return logLikelihood(m, newBGNBDTable(table), table)
}

func (m BGNBD) usable() bool {
	return positive(m.R) && positive(m.Alpha) && positive(m.A) && positive(m.B) && m.Unit.valid()
}
