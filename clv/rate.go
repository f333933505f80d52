package clv

import (
	"math"

	"github.com/keyaccount/keyaccount"
)

// Rate is a rate of interest at which the future is discounted.
type Rate struct {
	// Annual is the rate for one year of 365.25 days, compounded once a year:
	// 0.08 makes 1.08 due in a year worth 1 now. Defaults to no discount, for
	// which an infinite horizon has no value.
	Annual float64 `json:"annual"`
}

// Validate refuses a rate that is not finite and above -1.
func (r Rate) Validate() error {
	if r.Annual > -1 && r.Annual <= math.MaxFloat64 {
		return nil
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Annual", Value: formatFloat(r.Annual),
		Reason: "an annual rate must be finite and above -1",
	}
}

// PerUnit returns the force of interest in one unit of time, delta: a payment
// after t units is worth e^(-delta t). It is ln(1+Annual) times the share of
// a year, so that weeks are never discounted as years; NaN for a rate or a unit
// that its Validate refuses.
func (r Rate) PerUnit(u Unit) float64 {
	if r.Validate() != nil || !u.valid() {
		return math.NaN()
	}
	return math.Log1p(r.Annual) * u.Days() / Year.Days()
}
