package clv

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"

	"github.com/keyaccount/keyaccount"
)

// OrderIncome is what an account brings by orders that no contract promises.
type OrderIncome struct {
	// Flow says how it orders and when it leaves. A [Fitted] flow brings the
	// uncertainty of its parameters into intervals.
	Flow OrderFlow
	// Spend says what an order is worth; a [FittedSpend] brings its uncertainty.
	Spend Spend
	// History and Spent are what is known of the account at AsOf.
	History History
	Spent   SpendHistory
}

func (o *OrderIncome) validate() error {
	switch {
	case absent(o.Flow):
		return missing("Flow", "orders need a model of their flow")
	case absent(o.Spend):
		return missing("Spend", "orders need a model of what they are worth")
	}
	err := errors.Join(o.Flow.Validate(), o.History.Validate(), o.Spent.Validate())
	if m, ok := o.Spend.(Model); ok {
		err = errors.Join(err, m.Validate())
	}
	// No answer of 0 to a question that is refused may become money.
	if m, ok := o.Spend.(SpendModel); ok && err == nil {
		err = m.Accepts(o.Spent)
	}
	return err
}

// absent reports no model, also where the pointer to one is nil: what is left
// of a fit whose error was passed over.
func absent(m any) bool {
	v := reflect.ValueOf(m)
	return m == nil || v.Kind() == reflect.Pointer && v.IsNil()
}

func missing(field, reason string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: field, Reason: reason}
}

// expected returns the expected present value by part, service left out.
func (o *OrderIncome) expected(e *Economics, t *terms) (p parts) {
	var orders float64
	if math.IsInf(t.span, 1) {
		orders = o.Flow.Discounted(o.History, e.Rate)
	} else {
		orders = o.Flow.DiscountedUntil(o.History, t.span, e.Rate)
	}
	t.sale(&p, orders, o.Spend.ExpectedSpend(o.Spent))
	if t.retention != 0 {
		t.years(t.farthest(), func(at float64) {
			p[retentionCost] -= t.retention * t.discount(at) * o.Flow.ProbAliveAfter(o.History, at)
		})
	}
	return p
}

// tenure is how long the account goes on ordering.
func (o *OrderIncome) tenure() tenure {
	perYear := Year.Days() / o.Flow.TimeUnit().Days()
	return tenure{after: func(s float64) float64 { return o.Flow.ProbAliveAfter(o.History, s*perYear) }}
}

// worthless is the present value of a unit of money at which the simulation of
// an infinite horizon stops; what the account is expected to bring from then
// on, if it is still active, is added.
const worthless = 0.01

// orderFutures simulates one account.
type orderFutures struct {
	*OrderIncome
	terms      terms   // to the horizon, or the cut
	beyond     float64 // expected value beyond the cut of an account active at it
	alsoServed float64 // expected present time of service then, in years
}

func (o *OrderIncome) futures(e *Economics) orderFutures {
	f := orderFutures{OrderIncome: o, terms: e.terms(o.Flow.TimeUnit())}
	if !math.IsInf(f.terms.span, 1) {
		return f
	}
	whole := o.expected(e, &f.terms)
	f.terms.span = -math.Log(worthless) / f.terms.delta
	active := o.Flow.ProbAliveAfter(o.History, f.terms.span)
	if active == 0 {
		return f
	}
	near := o.expected(e, &f.terms)
	f.beyond = (whole.total() - near.total()) / active
	if e.ServiceCost.Sign() != 0 {
		years := e.terms(Year)
		all := years.serviceTime([]tenure{o.tenure()})
		years.span = f.terms.span / f.terms.year
		f.alsoServed = (all - years.serviceTime([]tenure{o.tenure()})) / active
	}
	return f
}

// draw returns the value of one future, service left out, and the present time
// of service in years.
func (f *orderFutures) draw(flow OrderFlow, spend Spend, r *rand.Rand) (value, served float64, err error) {
	t := &f.terms
	orders, active := flow.Future(f.History, t.span, r)
	if len(orders) == MaxOrders {
		return 0, 0, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Horizon",
			Reason: "too many orders may come to be simulated, give a nearer horizon",
		}
	}
	var p parts
	for i, amount := range spend.DrawAmounts(f.Spent, len(orders), r) {
		t.sale(&p, t.discount(orders[i]), amount)
	}
	if t.retention != 0 {
		t.years(active, func(at float64) { p[retentionCost] -= t.retention * t.discount(at) })
	}
	value, served = p.total(), t.annuity(active)/t.year
	if active >= t.span {
		value, served = value+f.beyond, served+f.alsoServed
	}
	return value, served, nil
}
