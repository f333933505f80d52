package clv

import (
	"math"
	"math/rand/v2"

	"github.com/keyaccount/keyaccount"
)

// BGBB is the beta-geometric/beta-Bernoulli model of Fader, Hardie and Shang
// (2010), for orders that are possible at certain equally spaced opportunities
// only: a monthly tour, a yearly appeal.
//
// Before each opportunity an account leaves for good with its own probability
// theta; if it has not, it orders with its own probability p:
//
//	p     ~ Beta(Alpha, Beta)   mean Alpha/(Alpha+Beta)
//	theta ~ Beta(Gamma, Delta)  mean Gamma/(Gamma+Delta)
//
// A BGBB is a plain value: use it with parameters from [FitBGBB], a file or
// another tool. It is safe for concurrent use. A model or a history that its
// Validate refuses, and a number of opportunities ahead that is negative or
// above [MaxOpportunities], give 0 or nil; no result is NaN or infinite.
type BGBB struct {
	// Alpha and Beta are the parameters of the probability of ordering.
	Alpha float64
	Beta  float64
	// Gamma and Delta are the parameters of the probability of leaving.
	Gamma float64
	Delta float64
}

// Name returns "BG/BB".
func (BGBB) Name() string { return "BG/BB" }

// Parameters returns alpha, beta, gamma and delta.
func (m BGBB) Parameters() []Parameter {
	return []Parameter{
		{Name: "alpha", Value: m.Alpha},
		{Name: "beta", Value: m.Beta},
		{Name: "gamma", Value: m.Gamma},
		{Name: "delta", Value: m.Delta},
	}
}

// Validate reports every parameter that is not finite and positive, each as an
// [*keyaccount.InputError].
func (m BGBB) Validate() error { return positives(m.Parameters()) }

// ProbAlive returns the probability that an account with this history has not
// left by its last opportunity. What the paper prints is that it will not have
// left by the next: [BGBB.ProbAliveAfter] with 1.
func (m BGBB) ProbAlive(h DiscreteHistory) float64 { return m.ProbAliveAfter(h, 0) }

// ProbAliveAfter returns the probability, given what is known at the end of
// the history, that the account will be active at the n-th opportunity from
// now (Fader, Hardie and Shang 2010, equation A10).
func (m BGBB) ProbAliveAfter(h DiscreteHistory, n int) float64 {
	alive, f := m.active(h, n)
	if alive == 0 {
		return 0
	}
	return alive * f.survival(n)
}

// ExpectedOrders returns how many orders an account with this history will
// place at the next n opportunities (Fader, Hardie and Shang 2010, equation
// 13, as a sum).
func (m BGBB) ExpectedOrders(h DiscreteHistory, n int) float64 {
	return m.DiscountedUntil(h, n, Rate{}, 1)
}

// OrderDistribution returns the probabilities of 0, 1, ..., n orders at the next
// n opportunities, which sum to 1 (Fader, Hardie and Shang 2010, equation 7, for
// an account that is active).
func (m BGBB) OrderDistribution(h DiscreteHistory, n int) []float64 {
	if !m.usable() || h.problem() != nil || n < 0 || n > MaxOpportunities {
		return nil
	}
	alive, f := m.active(h, n)
	p := f.orders(n)
	for x := range p {
		p[x] *= alive
	}
	p[0] = min(1, p[0]+(1-alive))
	return p
}

// Discounted returns the present value of one unit of money for each order to
// come, without an end (the discounted expected residual transactions of Fader,
// Hardie and Shang 2010, equation 14). As opportunities have no date of their
// own, perYear says how many of them a year has: 12 for monthly ones. It, and
// the annual rate, must be finite and above 0; others give 0.
func (m BGBB) Discounted(h DiscreteHistory, rate Rate, perYear float64) float64 {
	delta := perOpportunity(rate, perYear)
	if !(delta > 0) {
		return 0
	}
	alive, f := m.active(h, 0)
	if alive == 0 {
		return 0
	}
	return withinFloat(alive * f.discountedForever(math.Expm1(delta)))
}

// DiscountedUntil is [BGBB.Discounted] of the orders at the next n opportunities
// only, at a rate that may be 0 or, down to -1, negative.
func (m BGBB) DiscountedUntil(h DiscreteHistory, n int, rate Rate, perYear float64) float64 {
	delta := perOpportunity(rate, perYear)
	if math.IsNaN(delta) {
		return 0
	}
	alive, f := m.active(h, n)
	if alive == 0 {
		return 0
	}
	return withinFloat(alive * f.discounted(n, math.Exp(-delta)))
}

// perOpportunity is the force of interest from one opportunity to the next, or
// NaN.
func perOpportunity(rate Rate, perYear float64) float64 {
	if !positive(perYear) {
		return math.NaN()
	}
	return rate.PerUnit(Year) / perYear
}

// Future draws at which of the next n opportunities, counted from 1, an account
// orders: none if it is drawn to have left.
func (m BGBB) Future(h DiscreteHistory, n int, r *rand.Rand) []int {
	alive, f := m.active(h, n)
	if r.Float64() >= alive {
		return nil
	}
	return f.future(n, r)
}

// LogLikelihood returns the log-likelihood of the model for a counted table,
// the sum over its accounts of ln L(alpha, beta, gamma, delta | x, t_x, n): as in
// the paper that of the sequences of orders, not of their numbers. An empty table has 0.
//
// It fails for a model that Validate refuses, and with a kind
// [keyaccount.ErrOutOfRange] where the value is beyond the range of a float64.
func (m BGBB) LogLikelihood(table *DiscreteCounts) (float64, error) {
	if err := m.Validate(); err != nil {
		return 0, err
	}
	ll := bgbbTable(table.sorted()).at(values(m.Parameters())).value
	if math.IsNaN(ll) || math.IsInf(ll, 0) {
		return 0, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "LogLikelihood",
			Reason: "the log-likelihood of this table is beyond the range of a float64",
		}
	}
	return ll, nil
}

// active returns the probability that the account is active, and what its flow
// of orders is if so; 0 for what cannot be scored n opportunities ahead.
func (m BGBB) active(h DiscreteHistory, n int) (alive float64, f discreteFlow) {
	if !m.usable() || h.problem() != nil || n < 0 || n > MaxOpportunities {
		return 0, f
	}
	f = discreteFlow{within(m.Alpha, farthest), within(m.Beta, farthest), within(m.Gamma, farthest), within(m.Delta, farthest)}
	return f.alive(h), f.after(h)
}

func (m BGBB) usable() bool {
	return positive(m.Alpha) && positive(m.Beta) && positive(m.Gamma) && positive(m.Delta)
}
