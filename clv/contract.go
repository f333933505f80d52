package clv

import (
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/special"
)

// ContractHistory is all that a model knows of a contract. The zero value is a
// new contract, whose first renewal is still to come.
type ContractHistory struct {
	// Renewals is how many renewals it survived.
	Renewals int `json:"renewals"`
	// Lost says that it was not renewed at the one after.
	Lost bool `json:"lost"`
}

// Validate refuses a number of renewals that is negative or above 2147483647.
func (c ContractHistory) Validate() error {
	if p := c.problem(); p != nil {
		return p
	}
	return nil
}

func (c ContractHistory) problem() *keyaccount.InputError {
	if c.Renewals < 0 || c.Renewals > maxFrequency {
		return badHistory("Renewals", strconv.Itoa(c.Renewals), "renewals must be between 0 and 2147483647")
	}
	return nil
}

// ContractModel is a model of contracts that are renewed, or not, at fixed
// intervals: [SBG], [BdW], or a host's own. Whether a contract is alive is known.
// Every question is put to its [ContractHistory] and answered given that: of a
// customer who renewed 5 times it is S(5+t)/S(5), not S(5+t). With the zero
// ContractHistory, each answer is that of a new contract.
//
// A model or a history that its Validate refuses, a lost contract, and a number
// or rate outside what is said below give 0. Answers are finite, probabilities
// within [0, 1].
type ContractModel interface {
	Model
	// Interval is the number of months from one renewal to the next.
	Interval() int
	// LogLikelihood is that of a counted table.
	LogLikelihood(table *ContractCounts) (float64, error)

	// Survival is the probability that the contract survives its next t
	// renewals, for t >= 0; with t = 1, the retention rate.
	Survival(c ContractHistory, t int) float64
	// ExpectedRenewals is the mean number of its next n renewals that it
	// survives, the sum of Survival over 1..n, for n > 0.
	ExpectedRenewals(c ContractHistory, n int) float64
	// LossDistribution has the probabilities that it is lost at the next
	// renewal, the one after, ..., at the last of most; what is missing to 1 is
	// that it survives them all. It is nil for most outside 1..MaxOrders.
	LossDistribution(c ContractHistory, most int) []float64
	// DERL is the discounted expected residual lifetime: the value, just before
	// the next renewal, of one unit of money at each renewal it survives, that
	// one included, for an annual rate above 0.
	DERL(c ContractHistory, rate Rate) float64
	// DEL is the discounted expected lifetime: the value of one unit of money at
	// the start of a new contract and at each renewal it survives.
	DEL(rate Rate) float64
	// DrawRenewals draws how many of its next most renewals it survives.
	DrawRenewals(c ContractHistory, most int, r *rand.Rand) int
}

// FittedContract is a [ContractModel] that was fitted here, and so knows how
// uncertain its parameters are.
type FittedContract interface {
	ContractModel
	// Report is how the fit went.
	Report() *Diagnostics
	// at is the model with other coordinates; see Diagnostics.Coordinates.
	at(coordinates []float64) ContractModel
}

// yearly is the interval of contracts of which none is said.
const yearly = 12

// maxInterval is that of a century.
const maxInterval = 1200

func validMonths(months int) bool { return months >= 0 && months <= maxInterval }

func interval(months int) int {
	if months == 0 {
		return yearly
	}
	return months
}

func checkMonths(months int) *keyaccount.InputError {
	if validMonths(months) {
		return nil
	}
	return badHistory("Months", strconv.Itoa(months), "a renewal interval has between 1 and 1200 months; 0 stands for 12")
}

// fromNow is ln S(k+t)/S(k) of a contract that survived k renewals: the log of
// its survival from now on. It falls from 0, for t of 0 to infinity.
type fromNow func(t float64) float64

func (log fromNow) survival(t int) float64 {
	if t < 0 {
		return 0
	}
	return math.Exp(log(float64(t)))
}

func (log fromNow) expectedRenewals(n int) float64 {
	if n <= 0 {
		return 0
	}
	return min(log.sum(float64(n), 0), float64(n))
}

func (log fromNow) lossDistribution(most int) []float64 {
	if most < 1 || most > MaxOrders {
		return nil
	}
	p := make([]float64, most)
	before := log(0) // ln of the survival so far
	if before < 0 {
		return p // lost already
	}
	for i := range p {
		next := log(float64(i + 1))
		p[i] = math.Exp(before) * -math.Expm1(min(next-before, 0))
		before = next
	}
	return p
}

// derl is the present value of the renewals survived, just before the next,
// where money loses the share 1 - e^-force between two renewals.
func (log fromNow) derl(force float64) float64 {
	if !positive(force) {
		return 0
	}
	return withinFloat(log.sum(math.Inf(1), force))
}

// drawRenewals inverts the survival: bisection finds the last t at which it is
// above a uniform number.
func (log fromNow) drawRenewals(most int, r *rand.Rand) int {
	u := math.Log(r.Float64())
	low, high := 0, max(most, 0)
	for low < high {
		mid := low + (high-low+1)/2
		if log(float64(mid)) > u {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low
}

// force is the force of interest from one renewal to the next; 0 for a rate
// that has no present value.
func (r Rate) force(months int) float64 {
	if !positive(r.Annual) {
		return 0
	}
	return math.Log1p(r.Annual) * float64(interval(months)) / yearly
}

// lost is the survival of a contract that is not under way.
func lost(float64) float64 { return math.Inf(-1) }

// farthestShape is where parameters act as if beyond it, or under its inverse: their
// ratio stays within a float64.
const farthestShape = 1e150

// logSurvival returns ln B(a, b+n)/B(a, b), 0 or less.
func logSurvival(a, b, n float64) float64 {
	a, b = within(a, farthestShape), max(b, 1/farthestShape)
	return min(special.LogBetaDelta(a, b, n), 0)
}

// del is one unit of money now, and the renewals after one interval.
func del(m ContractModel, rate Rate) float64 {
	next := m.DERL(ContractHistory{}, rate)
	if next == 0 && (m.Validate() != nil || !positive(rate.Annual)) {
		return 0
	}
	return withinFloat(1 + next*math.Exp(-rate.force(m.Interval())))
}
