package clv

import (
	"errors"
	"math"
	"math/rand/v2"
)

// ParetoNBD is the Pareto/NBD model of Schmittlein, Morrison and Colombo (1987).
//
// An active account orders at its own constant rate lambda, and leaves for good
// after a lifetime with its own constant rate mu, whether it orders or not:
//
//	lambda ~ Gamma(R, Alpha)  mean R/Alpha orders per unit of time
//	mu     ~ Gamma(S, Beta)   mean S/Beta
//
// So an account that never came back can have left, and the longer it is silent
// the more likely it has.
//
// A ParetoNBD is a plain value: use it with parameters from [FitParetoNBD], a
// file or another tool. It is safe for concurrent use. A model or a history
// that its Validate refuses gives 0 or nil; no result is NaN or infinite.
type ParetoNBD struct {
	// R is the shape of the order rates; small when they differ much.
	R float64
	// Alpha is their scale, in the unit of time of the histories.
	Alpha float64
	// S is the shape of the rates of leaving; small when they differ much.
	S float64
	// Beta is their scale, in the unit of time of the histories.
	Beta float64
	// Unit is the unit of time of Alpha, of Beta and of the histories. Defaults
	// to Week.
	Unit Unit
}

// Name returns "Pareto/NBD".
func (ParetoNBD) Name() string { return "Pareto/NBD" }

// TimeUnit returns the Unit.
func (m ParetoNBD) TimeUnit() Unit { return m.Unit }

// Parameters returns r, alpha, s and beta.
func (m ParetoNBD) Parameters() []Parameter {
	return []Parameter{{Name: "r", Value: m.R}, {Name: "alpha", Value: m.Alpha}, {Name: "s", Value: m.S}, {Name: "beta", Value: m.Beta}}
}

// Validate reports every parameter that is not finite and positive, each as an
// [*keyaccount.InputError].
func (m ParetoNBD) Validate() error {
	return errors.Join(m.Unit.Validate(), positives(m.Parameters()))
}

// ProbAlive returns the probability that an account with this history has not
// left by the end of it (Schmittlein, Morrison and Colombo 1987, whose cases
// alpha < beta, = and > are one integral). The relative error is below 1e-9, also where 2F1
// overflows.
func (m ParetoNBD) ProbAlive(h History) float64 {
	if !m.usable() || !h.usable() {
		return 0
	}
	return 1 / (1 + math.Exp(m.flow().logOddsLeft(h)))
}

// ProbAliveAfter returns the probability, given what is known at the end of
// the history, that the account will not have left t units of time later. A
// time that is not finite and at least 0 gives 0.
func (m ParetoNBD) ProbAliveAfter(h History, t float64) float64 {
	if !(t >= 0 && t <= math.MaxFloat64) {
		return 0
	}
	alive, f := m.active(h)
	if alive == 0 {
		return 0
	}
	return alive * f.survival(t)
}

// ExpectedOrders returns how many orders an account with this history will
// place in the next t units of time, E(Y(t) | x, t_x, T) (Schmittlein, Morrison
// and Colombo 1987). It is continuous where S = 1. A time that is
// not finite and positive gives 0.
func (m ParetoNBD) ExpectedOrders(h History, t float64) float64 {
	return m.DiscountedUntil(h, t, Rate{})
}

// OrderDistribution returns the probabilities of 0, 1, ..., most orders in the
// next t units of time; what is missing to 1 is that of more. It is nil for a
// most that is negative or above [MaxOrders], and all 0 for a time that is not
// finite and at least 0.
func (m ParetoNBD) OrderDistribution(h History, t float64, most int) []float64 {
	if most < 0 || most > MaxOrders {
		return nil
	}
	if !m.usable() || !h.usable() || !isSpan(t) {
		return make([]float64, most+1)
	}
	if t == 0 {
		p := make([]float64, most+1)
		p[0] = 1
		return p
	}
	odds := math.Exp(m.flow().logOddsLeft(h))
	alive, left := 1/(1+odds), 1/(1+1/odds)
	p := m.flow().after(h).orders(t, most)
	for n := range p {
		p[n] *= alive
	}
	p[0] = min(1, p[0]+left)
	return p
}

// Discounted returns the present value of one unit of money for each order to
// come, without an end (the discounted expected residual transactions of Fader,
// Hardie and Lee 2005). The annual rate must be above 0; another gives 0.
func (m ParetoNBD) Discounted(h History, rate Rate) float64 {
	delta := rate.PerUnit(m.Unit)
	if !(delta > 0) {
		return 0
	}
	alive, f := m.active(h)
	if alive == 0 {
		return 0
	}
	return alive * f.discounted(math.Inf(1), delta)
}

// DiscountedUntil is [ParetoNBD.Discounted] of the orders in the next t units of
// time only, at a rate that may be 0 or, down to -1, negative. A time that is
// not finite and positive gives 0, as does a rate that its Validate refuses.
func (m ParetoNBD) DiscountedUntil(h History, t float64, rate Rate) float64 {
	delta := rate.PerUnit(m.Unit)
	if math.IsNaN(delta) || !positive(t) {
		return 0
	}
	alive, f := m.active(h)
	if alive == 0 {
		return 0
	}
	return alive * f.discounted(t, delta)
}

// Future draws the times of an account's orders in the next t units of time,
// counted from the end of its history: none if it is drawn to have left, and at
// most [MaxOrders]; and for how much of the time it stays. It is nil for a time
// that is not finite and positive.
func (m ParetoNBD) Future(h History, t float64, r *rand.Rand) (orders []float64, active float64) {
	if !positive(t) {
		return nil, 0
	}
	alive, f := m.active(h)
	if alive == 0 || r.Float64() >= alive {
		return nil, 0
	}
	return f.future(t, r)
}

// LogLikelihood returns the log-likelihood of the model for a counted table,
// the sum over its accounts of ln L(r, alpha, s, beta | x, t_x, T), with times as
// they stand in the table: it can be compared across models and tools, and an
// AIC can be made of it. An empty table has 0.
//
// It fails for a model that Validate refuses, for a table in another unit
// ([keyaccount.ErrMismatch]), and with a kind [keyaccount.ErrOutOfRange] where
// the value is beyond the range of a float64.
func (m ParetoNBD) LogLikelihood(table *Counts) (float64, error) {
	return logLikelihood(m, newParetoNBDTable(table), table)
}

// active returns the probability that the account is active, and what its flow
// of orders is if so; 0 for what cannot be scored.
func (m ParetoNBD) active(h History) (alive float64, f gammaFlow) {
	alive = m.ProbAlive(h)
	if alive == 0 {
		return 0, f
	}
	return alive, m.flow().after(h)
}

// flow is that of a new account.
func (m ParetoNBD) flow() gammaFlow {
	return gammaFlow{within(m.R, farthest), within(m.Alpha, farthest), within(m.S, farthest), within(m.Beta, farthest)}
}

func (m ParetoNBD) usable() bool {
	return positive(m.R) && positive(m.Alpha) && positive(m.S) && positive(m.Beta) && m.Unit.valid()
}
