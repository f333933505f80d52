package clv

import (
	"errors"
	"math"
	"math/rand/v2"

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
	case o.Flow == nil:
		return missing("Flow", "orders need a model of their flow")
	case o.Spend == nil:
		return missing("Spend", "orders need a model of what they are worth")
	}
	err := errors.Join(o.Flow.Validate(), o.History.Validate(), o.Spent.Validate())
	if m, ok := o.Spend.(Model); ok {
		err = errors.Join(err, m.Validate())
	}
	return err
}

func missing(field, reason string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: field, Reason: reason}
}

// expected returns the expected present value by part.
func (o *OrderIncome) expected(e *Economics) (p parts) {
	t := e.terms(o.Flow.TimeUnit())
	t.sale(&p, o.discounted(o.History, e, &t), o.Spend.ExpectedSpend(o.Spent))
	alive := func(s float64) float64 { return o.Flow.ProbAliveAfter(o.History, s) }
	if t.service != 0 {
		p[serviceCost] -= t.service * t.activeTime(alive, max(o.History.Age, t.year))
	}
	if t.retention != 0 {
		t.years(t.farthest(), func(at float64) { p[retentionCost] -= t.retention * t.discount(at) * alive(at) })
	}
	return p
}

func (o *OrderIncome) discounted(h History, e *Economics, t *terms) float64 {
	if math.IsInf(t.span, 1) {
		return o.Flow.Discounted(h, e.Rate)
	}
	return o.Flow.DiscountedUntil(h, t.span, e.Rate)
}

// simulated adds the value of the account in each simulated future. The flows
// and the spends are those of the futures' parameters.
func (o *OrderIncome) simulated(e *Economics, flows []OrderFlow, spends []Spend, r *rand.Rand, totals []float64) {
	t := e.terms(o.Flow.TimeUnit())
	for i := range totals {
		totals[i] += o.future(&t, flows[i%len(flows)], spends[i%len(spends)], r)
	}
}

// worthless is the present value of a unit of money at which the simulation of
// an infinite horizon stops.
const worthless = 0.01

func (o *OrderIncome) future(t *terms, flow OrderFlow, spend Spend, r *rand.Rand) float64 {
	span := t.span
	if math.IsInf(span, 1) {
		span = -math.Log(worthless) / t.delta
	}
	orders, active := flow.Future(o.History, span, r)
	var p parts
	for i, amount := range spend.DrawAmounts(o.Spent, len(orders), r) {
		t.sale(&p, t.discount(orders[i]), amount)
	}
	p[serviceCost] -= t.service * t.annuity(active)
	if t.retention != 0 {
		t.years(active, func(at float64) { p[retentionCost] -= t.retention * t.discount(at) })
	}
	return p.total()
}
