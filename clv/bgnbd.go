package clv

import (
	"errors"
	"math"
	"math/rand/v2"
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
func (m BGNBD) ProbAlive(h History) float64 { return m.outlook(h).standing }

// ProbAliveAfter returns the probability that an account with this history
// will not have left t units of time after the end of it.
func (m BGNBD) ProbAliveAfter(h History, t float64) float64 { return m.outlook(h).aliveAfter(t) }

// ExpectedOrders returns how many orders an account with this history will
// place in the next t units of time, E(Y(t) | x, t_x, T). The relative error is
// below 1e-9, also where 2F1, in which the paper writes it, overflows.
func (m BGNBD) ExpectedOrders(h History, t float64) float64 { return m.outlook(h).orders(t) }

// OrderDistribution returns the probabilities of 0, 1, ..., most orders in the
// next t units of time.
func (m BGNBD) OrderDistribution(h History, t float64, most int) []float64 {
	return m.outlook(h).distribution(t, most)
}

// Discounted returns the present value of one unit of money for each order to
// come, DERT: P(alive) times the posterior mean of lambda / (lambda p + delta),
// delta being the force of interest. It is finite and smooth at any a.
func (m BGNBD) Discounted(h History, rate Rate) float64 { return m.outlook(h).discounted(rate, m.Unit) }

// DiscountedUntil returns that of the orders in the next t units of time, DECT.
func (m BGNBD) DiscountedUntil(h History, t float64, rate Rate) float64 {
	return m.outlook(h).discountedUntil(t, rate, m.Unit)
}

// Future draws the orders of an account with this history in the next t units
// of time: from its posterior, so that it may draw none because it has left.
func (m BGNBD) Future(h History, t float64, r *rand.Rand) (orders []float64, active float64) {
	return m.outlook(h).future(t, r)
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

// outlook is the posterior: given that the account is alive, its rate is
// ~ Gamma(r+x, alpha+T) and, as it stayed after each of x orders, its
// probability of leaving ~ Beta(a, b+x).
func (m BGNBD) outlook(h History) (o outlook[betaFlow]) {
	if !m.usable() || !h.usable() {
		return o
	}
	x := float64(h.Frequency)
	o.standing = 1
	if h.Frequency > 0 {
		o.standing = 1 / (1 + leftOdds(m.R+x, m.Alpha, m.A, m.B+(x-1), 0, h))
	}
	o.active = betaFlow{r: m.R + x, alpha: m.Alpha + h.Age, a: m.A, b: m.B + x}
	return o
}

// leftOdds returns the odds that an account with a gamma shape r+x, that stayed
// with odds stay : a, left right after its last order:
// a/stay ((alpha+T)/(alpha+t_x))^(r+x) e^-lnOpen. The power is taken as its
// inverse, which can underflow but not overflow. With lnOpen = 0, silence means
// that no event came; it is above 0 where some may have come, short of an order.
func leftOdds(shape, alpha, a, stay, lnOpen float64, h History) float64 {
	return a / (stay * math.Exp(lnOpen-shape*math.Log1p((h.Age-h.Recency)/(alpha+h.Recency))))
}
