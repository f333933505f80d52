package clv

import (
	"errors"
	"math/rand/v2"
	"strconv"
)

// MBGCNBD is the MBG/CNBD-k model of Reutterer, Platzer and Schroeder (2021): as
// [BGCNBD], but an account may also leave right after its first order. With K
// of 1 it is [MBGNBD].
//
//	lambda ~ Gamma(R, Alpha)  mean R/Alpha/K orders per unit of time
//	p      ~ Beta(A, B)       mean A/(A+B)
//
// An MBGCNBD is a plain value: use it with parameters from [FitMBGCNBD], a file or
// another tool. It is safe for concurrent use.
type MBGCNBD struct {
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

// Name returns "MBG/CNBD-" with K, such as "MBG/CNBD-2".
func (m MBGCNBD) Name() string { return mbgcnbdName + strconv.Itoa(m.K) }

const mbgcnbdName = "MBG/CNBD-"

// TimeUnit returns the Unit.
func (m MBGCNBD) TimeUnit() Unit { return m.Unit }

// Parameters returns r, alpha, a and b; K, which is no estimate, is in the Name.
func (m MBGCNBD) Parameters() []Parameter {
	return []Parameter{{Name: "r", Value: m.R}, {Name: "alpha", Value: m.Alpha}, {Name: "a", Value: m.A}, {Name: "b", Value: m.B}}
}

// Validate reports every parameter that is not finite and positive, and a K that
// is no rhythm, each as an [*keyaccount.InputError].
func (m MBGCNBD) Validate() error {
	return errors.Join(m.Unit.Validate(), checkRhythm(m.K), positives(m.Parameters()))
}

// ProbAlive returns the probability that an account with this history has not
// left by the end of it.
func (m MBGCNBD) ProbAlive(h History) float64 { return m.outlook(h).standing }

// ProbAliveAfter returns the probability that an account with this history
// will not have left t units of time after the end of it.
func (m MBGCNBD) ProbAliveAfter(h History, t float64) float64 { return m.outlook(h).aliveAfter(t) }

// ExpectedOrders returns how many orders an account with this history will
// place in the next t units of time. The relative error is below 1e-9; events
// beyond some hundred thousand are not counted.
func (m MBGCNBD) ExpectedOrders(h History, t float64) float64 { return m.outlook(h).orders(t) }

// OrderDistribution returns the probabilities of 0, 1, ..., most orders in the
// next t units of time.
func (m MBGCNBD) OrderDistribution(h History, t float64, most int) []float64 {
	return m.outlook(h).distribution(t, most)
}

// Discounted returns the present value of one unit of money for each order to
// come, DERT.
func (m MBGCNBD) Discounted(h History, rate Rate) float64 {
	return m.outlook(h).discounted(rate, m.Unit)
}

// DiscountedUntil returns that of the orders in the next t units of time, DECT,
// within the limit of ExpectedOrders.
func (m MBGCNBD) DiscountedUntil(h History, t float64, rate Rate) float64 {
	return m.outlook(h).discountedUntil(t, rate, m.Unit)
}

// Future draws the orders of an account with this history in the next t units
// of time: from its posterior, so that it may draw none because it has left.
func (m MBGCNBD) Future(h History, t float64, r *rand.Rand) (orders []float64, active float64) {
	return m.outlook(h).future(t, r)
}

// LogLikelihood returns the log-likelihood of the model for a counted table.
// Where the table knows the times between orders ([Counts.LogGaps]), (K-1) times
// the sum of their logs is in it, and it can be compared with that of any other
// model; without, only with that of the same K. Errors are those of
// [BGNBD.LogLikelihood].
func (m MBGCNBD) LogLikelihood(table *Counts) (float64, error) {
	return logLikelihood(m, layBGNBD(table, max(m.K, 1), true), table)
}

func (m MBGCNBD) outlook(h History) (o outlook[rhythmFlow]) {
	base := MBGNBD{R: m.R, Alpha: m.Alpha, A: m.A, B: m.B, Unit: m.Unit}
	if checkRhythm(m.K) != nil || !base.usable() || !h.usable() {
		return o
	}
	return rhythm(m.K, betaFlow{m.R, m.Alpha, m.A, m.B}, float64(h.Frequency)+1, true, h)
}

func (m MBGCNBD) rhythm() int { return m.K }
