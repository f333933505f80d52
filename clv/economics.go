package clv

import (
	"errors"
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// Economics says how orders and contracts become money. All amounts are in one
// currency.
type Economics struct {
	// AsOf is the day at whose end the account stands, that of its [History]; all
	// value is discounted to it. It is required.
	AsOf time.Time
	// Horizon is the last day of which value is counted. Defaults
	// to none: the whole life of the account, for which the Rate must be 0.001 or
	// more, lest a value consist of what comes in thousands of years.
	Horizon time.Time
	// Rate discounts what comes later. Defaults to no discount.
	Rate Rate
	// Margin is the share of revenue that is left after the cost of what is
	// sold, at most 1; a loss is negative. Defaults to 1: value is revenue. An
	// account without any margin is worth its costs, which need no model.
	Margin float64
	// ServiceCost is what it costs to serve the account for a year of 365.25
	// days, as long as it orders or has a contract. Defaults to nothing.
	ServiceCost decimal.Decimal
	// OrderCost is the cost of handling one order or one contract payment.
	// Defaults to nothing.
	OrderCost decimal.Decimal
	// RetentionCost is spent once a year on an account that still orders then,
	// first after a year, and on each renewal of a contract, won or lost.
	// Defaults to nothing.
	RetentionCost decimal.Decimal
	// PaymentDelay is how many days after an order or a due date the money
	// comes; the costs do not wait. Defaults to none.
	PaymentDelay int
	// Rounding is how amounts of the result are rounded to RoundTo. Defaults to
	// keyaccount.HalfEven.
	Rounding keyaccount.Rounding
	// RoundTo is the smallest amount of the result, such as 0.05 or 1000.
	// Defaults to 0.01.
	RoundTo decimal.Decimal
	// Level is the probability that an interval covers. Defaults to 0.9.
	Level float64
	// Draws is the number of simulated futures behind an interval: enough that 5
	// lie beyond each end of it. Defaults to 400, or to as many as Level asks for.
	Draws int
	// Seed starts the simulation: the same seed gives the same bits. Defaults to
	// 0, a seed like any other.
	Seed uint64
}

// Validate reports every field that cannot be so, as an
// [*keyaccount.InputError].
func (e Economics) Validate() error {
	var errs []error
	fault := func(kind error, field, value, reason string) {
		errs = append(errs, &keyaccount.InputError{Kind: kind, Field: field, Value: value, Reason: reason})
	}
	if e.AsOf.IsZero() {
		fault(keyaccount.ErrMissing, "AsOf", "", "value is that of a day")
	}
	if err := e.Rate.Validate(); err != nil {
		errs = append(errs, err)
	}
	switch {
	case e.Horizon.IsZero() && !(e.Rate.Annual >= leastEndless):
		fault(keyaccount.ErrMissing, "Horizon", "", "without a horizon there must be a rate of 0.001 or more")
	case !e.Horizon.IsZero() && days(e.AsOf, e.Horizon) <= 0:
		fault(keyaccount.ErrOutOfRange, "Horizon", e.Horizon.Format(time.DateOnly), "the horizon must lie after AsOf")
	}
	if math.IsNaN(e.Margin) || math.IsInf(e.Margin, 0) || e.Margin > 1 {
		fault(keyaccount.ErrOutOfRange, "Margin", formatFloat(e.Margin), "a margin is a share of revenue, at most 1")
	}
	for _, c := range [...]struct {
		field string
		cost  decimal.Decimal
	}{{"ServiceCost", e.ServiceCost}, {"OrderCost", e.OrderCost}, {"RetentionCost", e.RetentionCost}} {
		if c.cost.Sign() < 0 || !exact.InRange(c.cost) || math.IsInf(c.cost.InexactFloat64(), 0) {
			fault(keyaccount.ErrOutOfRange, c.field, exact.Text(c.cost), "a cost is not negative")
		}
	}
	if e.PaymentDelay < 0 || e.PaymentDelay > maxDelay {
		fault(keyaccount.ErrOutOfRange, "PaymentDelay", formatFloat(float64(e.PaymentDelay)), "a delay lies between 0 and 36525 days")
	}
	if err := e.Rounding.Validate(); err != nil {
		errs = append(errs, err)
	}
	if e.RoundTo.Sign() < 0 || !exact.InRange(e.RoundTo) {
		fault(keyaccount.ErrOutOfRange, "RoundTo", exact.Text(e.RoundTo), "the smallest amount is positive")
	}
	if e.Level != 0 && !(e.Level > 0 && e.Level < 1) {
		fault(keyaccount.ErrOutOfRange, "Level", formatFloat(e.Level), "a level lies between 0 and 1")
	}
	if e.Draws < 0 || e.Draws > maxDraws {
		fault(keyaccount.ErrOutOfRange, "Draws", formatFloat(float64(e.Draws)), "draws are at most 1000000")
	} else if float64(e.draws())*(1-e.level()) < 2*beyondEnds-1e-6 || e.draws() > maxDraws {
		fault(keyaccount.ErrOutOfRange, "Draws", formatFloat(float64(e.Draws)), "an interval of this level needs more draws, up to 1000000")
	}
	return errors.Join(errs...)
}

const (
	maxDelay = 36525
	maxDraws = 1_000_000

	leastEndless = 0.001
)
