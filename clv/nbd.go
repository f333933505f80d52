package clv

import (
	"errors"
	"math"
	"math/rand/v2"
)

// NBD is the model of Ehrenberg (1959): every account orders at its own
// constant rate, and nobody ever leaves.
//
//	lambda ~ Gamma(R, Alpha)  mean R/Alpha orders per unit of time
//
// It is the measure for the models with departure, and the right one for an
// account base that cannot leave: what those models approach where a fit of
// theirs fails because nobody left.
//
// An NBD is a plain value: use it with parameters from [FitNBD], a file or
// another tool. It is safe for concurrent use.
type NBD struct {
	// R is the shape of the order rates; small when they differ much.
	R float64
	// Alpha is their scale, in the unit of time of the histories.
	Alpha float64
	// Unit is the unit of time of Alpha and of the histories. Defaults to Week.
	Unit Unit
}

// Name returns "NBD".
func (NBD) Name() string { return "NBD" }

// TimeUnit returns the Unit.
func (m NBD) TimeUnit() Unit { return m.Unit }

// Parameters returns r and alpha.
func (m NBD) Parameters() []Parameter {
	return []Parameter{{Name: "r", Value: m.R}, {Name: "alpha", Value: m.Alpha}}
}

// Validate reports every parameter that is not finite and positive, each as an
// [*keyaccount.InputError].
func (m NBD) Validate() error {
	return errors.Join(m.Unit.Validate(), positives(m.Parameters()))
}

// ProbAlive returns 1.
func (m NBD) ProbAlive(h History) float64 { return m.outlook(h).standing }

// ProbAliveAfter returns 1.
func (m NBD) ProbAliveAfter(h History, t float64) float64 { return m.outlook(h).aliveAfter(t) }

// ExpectedOrders returns the mean of the posterior rate, (r+x)/(alpha+T), times t.
func (m NBD) ExpectedOrders(h History, t float64) float64 { return m.outlook(h).orders(t) }

// OrderDistribution returns the probabilities of 0, 1, ..., most orders in the
// next t units of time: a negative binomial distribution.
func (m NBD) OrderDistribution(h History, t float64, most int) []float64 {
	return m.outlook(h).distribution(t, most)
}

// Discounted returns the present value of one unit of money for each order to
// come: a perpetuity of the mean rate.
func (m NBD) Discounted(h History, rate Rate) float64 { return m.outlook(h).discounted(rate, m.Unit) }

// DiscountedUntil returns that of the orders in the next t units of time.
func (m NBD) DiscountedUntil(h History, t float64, rate Rate) float64 {
	return m.outlook(h).discountedUntil(t, rate, m.Unit)
}

// Future draws the orders of an account with this history in the next t units
// of time.
func (m NBD) Future(h History, t float64, r *rand.Rand) (orders []float64, active float64) {
	return m.outlook(h).future(t, r)
}

// LogLikelihood returns the log-likelihood of the model for a counted table: of
// the times of the orders, as in [BGNBD.LogLikelihood], with which it can be
// compared. That of the numbers of orders alone, which other tools report for
// this model, differs by x ln T - ln x! for each account, whatever the
// parameters. Errors are as there.
func (m NBD) LogLikelihood(table *Counts) (float64, error) {
	return logLikelihood(m, newNBDTable(table), table)
}

func (m NBD) outlook(h History) (o outlook[gammaRate]) {
	if !positive(m.R) || !positive(m.Alpha) || !m.Unit.valid() || !h.usable() {
		return o
	}
	return outlook[gammaRate]{1, gammaRate{m.R + float64(h.Frequency), m.Alpha + h.Age}}
}

// gammaRate is an account that never leaves, with a rate ~ Gamma(r, alpha).
type gammaRate struct{ r, alpha float64 }

func (g gammaRate) mean() float64 { return min(g.r/g.alpha, extreme) }

func (g gammaRate) alive(float64) float64 { return 1 }

func (g gammaRate) orders(t float64) float64 { return min(g.mean()*t, math.MaxFloat64) }

func (g gammaRate) distribution(t float64, most int) []float64 {
	p, _ := negativeBinomial(bounded(g.r), bounded(t/g.alpha), most)
	return p
}

func (g gammaRate) discounted(delta float64) float64 { return min(g.mean()/delta, math.MaxFloat64) }

func (g gammaRate) discountedUntil(t, delta float64) float64 {
	return min(g.mean()*(t*fallingShare(delta*t)), math.MaxFloat64)
}

func (g gammaRate) draw(t float64, r *rand.Rand) ([]float64, float64) {
	lambda := math.Exp(logGamma(g.r, r) - math.Log(g.alpha))
	var out []float64
	for at := r.ExpFloat64() / lambda; at <= t && len(out) < MaxOrders; at += r.ExpFloat64() / lambda {
		out = append(out, at)
	}
	return out, t
}
