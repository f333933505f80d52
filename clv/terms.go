package clv

import (
	"math"
	"time"
)

// terms are the Economics in the unit of time of a model, as numbers.
type terms struct {
	span      float64 // to the horizon; infinite without one
	delta     float64 // force of interest
	year      float64 // length of a year
	received  float64 // what money due now is worth, coming later
	margin    float64
	order     float64 // cost of one
	retention float64 // cost of one campaign
}

func (e *Economics) terms(u Unit) terms {
	t := terms{
		span:      math.Inf(1),
		delta:     e.Rate.PerUnit(u),
		year:      Year.Days() / u.Days(),
		margin:    1,
		order:     e.OrderCost.InexactFloat64(),
		retention: e.RetentionCost.InexactFloat64(),
	}
	if !e.Horizon.IsZero() {
		t.span = days(e.AsOf, e.Horizon) / u.Days()
	}
	if e.Margin != 0 {
		t.margin = e.Margin
	}
	t.received = math.Exp(-t.delta * float64(e.PaymentDelay) / u.Days())
	return t
}

// days returns the calendar days between two dates, each in its own location.
func days(from, to time.Time) float64 {
	date := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return float64((date(to).Unix() - date(from).Unix()) / secondsPerDay) // a Duration ends after 292 years
}

// discount returns what money due after s is worth now.
func (t *terms) discount(s float64) float64 { return math.Exp(-t.delta * s) }

// annuity returns the present value of one unit of money paid continuously for
// a time of s: (1-e^(-delta s))/delta.
func (t *terms) annuity(s float64) float64 {
	if t.delta == 0 {
		return s
	}
	return -math.Expm1(-t.delta*s) / t.delta
}

// sale adds the parts of orders with this present number and mean value.
func (t *terms) sale(p *parts, orders, value float64) {
	p[revenue] += orders * value * t.received
	p[costOfGoods] -= orders * value * (1 - t.margin)
	p[orderCost] -= orders * t.order
}

// farthest is how far ahead an infinite horizon is looked at: what is due then
// is worth e^-40 of its amount.
func (t *terms) farthest() float64 {
	if t.delta > 0 {
		return min(t.span, 40/t.delta)
	}
	return t.span
}

// years calls yield with the time of each yearly campaign within s.
func (t *terms) years(s float64, yield func(at float64)) {
	for k := 1.0; k*t.year < s; k++ {
		yield(k * t.year)
	}
}
