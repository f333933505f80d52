package clv

import (
	"errors"
	"math/rand/v2"
	"strconv"
)

// BGCNBD is the BG/CNBD-k model of Reutterer, Platzer and Schroeder (2021): as
// [BGNBD], but an account orders in a rhythm. Its orders are every K-th event
// of a process with its own constant rate lambda, so that the time between two
// of them is Erlang-K, with mean K/lambda and a coefficient of variation of
// 1/sqrt(K): 1 is no rhythm, and then the model is BG/NBD.
//
//	lambda ~ Gamma(R, Alpha)  mean R/Alpha/K orders per unit of time
//	p      ~ Beta(A, B)       mean A/(A+B)
//
// With a rhythm silence says more: an account that is overdue has likelier
// left, and one that has just ordered will not order at once. How far along it
// is to its next order is not seen; answers are exact means over that.
//
// A BGCNBD is a plain value: use it with parameters from [FitBGCNBD], a file or
// another tool. It is safe for concurrent use.
type BGCNBD struct {
	// K is the rhythm, from 1 to MaxRhythm.
	K int
	// R is the shape of the event rates; small when they differ much.
	R float64
	// Alpha is their scale, in the unit of time of the histories.
	Alpha float64
	// A and B are the parameters of the probability of leaving.
	A float64
	B float64
	// Unit is the unit of time of Alpha and of the histories. Defaults to Week.
	Unit Unit
}

// Name returns "BG/CNBD-" with K, such as "BG/CNBD-2".
func (m BGCNBD) Name() string { return bgcnbdName + strconv.Itoa(m.K) }

const bgcnbdName = "BG/CNBD-"

// TimeUnit returns the Unit.
func (m BGCNBD) TimeUnit() Unit { return m.Unit }

// Parameters returns r, alpha, a and b; K, which is no estimate, is in the Name.
func (m BGCNBD) Parameters() []Parameter {
	return []Parameter{{Name: "r", Value: m.R}, {Name: "alpha", Value: m.Alpha}, {Name: "a", Value: m.A}, {Name: "b", Value: m.B}}
}

// Validate reports every parameter that is not finite and positive, and a K that
// is no rhythm, each as an [*keyaccount.InputError].
func (m BGCNBD) Validate() error {
	return errors.Join(m.Unit.Validate(), checkRhythm(m.K), positives(m.Parameters()))
}

// ProbAlive returns the probability that an account with this history has not
// left by the end of it.
func (m BGCNBD) ProbAlive(h History) float64 { return m.outlook(h).standing }

// ProbAliveAfter returns the probability that an account with this history
// will not have left t units of time after the end of it.
func (m BGCNBD) ProbAliveAfter(h History, t float64) float64 { return m.outlook(h).aliveAfter(t) }

// ExpectedOrders returns how many orders an account with this history will
// place in the next t units of time. The relative error is below 1e-9; events
// beyond some hundred thousand are not counted.
func (m BGCNBD) ExpectedOrders(h History, t float64) float64 { return m.outlook(h).orders(t) }

// OrderDistribution returns the probabilities of 0, 1, ..., most orders in the
// next t units of time.
func (m BGCNBD) OrderDistribution(h History, t float64, most int) []float64 {
	return m.outlook(h).distribution(t, most)
}

// Discounted returns the present value of one unit of money for each order to
// come, DERT.
func (m BGCNBD) Discounted(h History, rate Rate) float64 {
	return m.outlook(h).discounted(rate, m.Unit)
}

// DiscountedUntil returns that of the orders in the next t units of time, DECT,
// within the limit of ExpectedOrders.
func (m BGCNBD) DiscountedUntil(h History, t float64, rate Rate) float64 {
	return m.outlook(h).discountedUntil(t, rate, m.Unit)
}

// Future draws the orders of an account with this history in the next t units
// of time: from its posterior, so that it may draw none because it has left.
func (m BGCNBD) Future(h History, t float64, r *rand.Rand) (orders []float64, active float64) {
	return m.outlook(h).future(t, r)
}

// LogLikelihood returns the log-likelihood of the model for a counted table.
// Where the table knows the times between orders ([Counts.LogGaps]), (K-1) times
// the sum of their logs is in it, and it can be compared with that of any other
// model; without, only with that of the same K. Errors are those of
// [BGNBD.LogLikelihood].
func (m BGCNBD) LogLikelihood(table *Counts) (float64, error) {
	return logLikelihood(m, layBGNBD(table, max(m.K, 1), false), table)
}

func (m BGCNBD) outlook(h History) (o outlook[rhythmFlow]) {
	base := BGNBD{R: m.R, Alpha: m.Alpha, A: m.A, B: m.B, Unit: m.Unit}
	if checkRhythm(m.K) != nil || !base.usable() || !h.usable() {
		return o
	}
	return rhythm(m.K, betaFlow{m.R, m.Alpha, m.A, m.B}, float64(h.Frequency), h.Frequency > 0, h)
}

func (m BGCNBD) rhythm() int { return m.K }
