package clv

import (
	"errors"
	"math"
	"math/rand/v2"

	"github.com/keyaccount/keyaccount"
)

// Model is what all models of this package have in common: they are plain
// values with named parameters.
type Model interface {
	// Name is what the literature calls the model, such as "BG/NBD".
	Name() string
	// Parameters are the values of the model in the order of its fields.
	Parameters() []Parameter
	// Validate reports every parameter that is out of range.
	Validate() error
}

// OrderFlow is a model of accounts that order without a contract and leave
// without a word: [MBGNBD], [BGNBD], [ParetoNBD] and their kin, or a host's
// own. All times are in TimeUnit, and all questions are put to the [History] of
// one account, at whose end, age T, it is now. The zero History is an account
// at its first order: with it, each answer is the unconditional one.
//
// A model or a history that its Validate refuses, and a span or a rate outside
// what is said below, give 0: answers are finite, probabilities within [0, 1].
type OrderFlow interface {
	Model
	// TimeUnit is the unit of histories, spans and rates.
	TimeUnit() Unit
	// LogLikelihood is that of a counted table, with times as they stand in it.
	LogLikelihood(table *Counts) (float64, error)

	// ProbAlive is the probability that the account has not left by T.
	ProbAlive(h History) float64
	// ProbAliveAfter is the probability, given what is known at T, that it will
	// not have left by T+t, for t >= 0.
	ProbAliveAfter(h History, t float64) float64
	// ExpectedOrders is the mean number of orders in (T, T+t], for t > 0.
	ExpectedOrders(h History, t float64) float64
	// OrderDistribution has the probabilities of 0, 1, ..., most orders in
	// (T, T+t]; what is missing to 1 is that of more. With t = 0 there are no
	// orders for certain. It is nil for a negative most, and for one above
	// MaxOrders; all 0 for a model or a history that is refused and for a t that
	// is not finite and at least 0.
	OrderDistribution(h History, t float64, most int) []float64
	// Discounted is the present value, at T, of one unit of money for each
	// order that is still to come (DERT), for an annual rate above 0.
	Discounted(h History, rate Rate) float64
	// DiscountedUntil is that of the orders in (T, T+t] (DECT), for an annual
	// rate above -1.
	DiscountedUntil(h History, t float64, rate Rate) float64
	// Future draws the times of the orders in (T, T+t], counted from T, in
	// rising order and at most MaxOrders of them; and for how much of t the
	// account is active, 0 where it is drawn to have left by T. What is refused
	// and a t that is not finite and positive give nil and 0.
	Future(h History, t float64, r *rand.Rand) (orders []float64, active float64)
}

// MaxOrders bounds the orders of one account that a distribution lists or a
// simulation draws.
const MaxOrders = 100_000

// Fitted is an [OrderFlow] that was fitted here, and so knows how uncertain its
// parameters are.
type Fitted interface {
	OrderFlow
	// Report is how the fit went.
	Report() *Diagnostics
	// at is the model with other coordinates; see Diagnostics.Coordinates.
	at(coordinates []float64) OrderFlow
}

// Parameter is one number of a model.
type Parameter struct {
	// Name is the parameter's in the literature, in lower case: "alpha".
	Name string `json:"name"`
	// Value is in the model's unit of time, where it has one.
	Value float64 `json:"value"`
	// StdErr is the standard error of a fitted parameter, else 0.
	StdErr float64 `json:"std_err,omitempty"`
}

// positives reports every parameter that is not finite and positive.
func positives(ps []Parameter) error {
	var errs []error
	for _, p := range ps {
		if !positive(p.Value) {
			errs = append(errs, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: p.Name, Value: formatFloat(p.Value),
				Reason: "a parameter must be finite and positive",
			})
		}
	}
	return errors.Join(errs...)
}

func positive(v float64) bool { return v > 0 && v <= math.MaxFloat64 }
