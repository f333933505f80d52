package segment

import (
	"cmp"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// state is what a Summary knows of one account.
type state struct {
	totals
	first, last instant // over lines that are no returns; unset while there are no orders
	activity    instant // over all lines; unset while lines is 0
	more        *detail // nil unless the Summary collects more
}

// totals is what lines add up to: those of an account, or those that fall into
// one of its periods or categories.
type totals struct {
	lines int

	// A line without an order id is an order of its own and needs no set.
	looseOrders, looseReturns int
	named                     orderSet

	gross, returns exact.Sum

	// days are those with a line that is no return; nil unless collected.
	days map[int32]struct{}
}

func newState(c *collects) *state {
	s := new(state)
	if c.more() {
		s.more = new(detail)
	}
	return s
}

func (t *totals) orders() int       { return t.looseOrders + t.named.sales }
func (t *totals) returnOrders() int { return t.looseReturns + t.named.returns }

// add folds a line into a light state. It reports false, and changes nothing,
// when the amount cannot be summed.
func (s *state) add(tx *keyaccount.Transaction, at instant) bool {
	isReturn, known := tx.IsReturn(), s.known()
	if !s.count(tx.Order, tx.Amount, isReturn, 1, borrowed) {
		return false
	}
	s.see(at, isReturn, known)
	return true
}

// extent says which instants of a state are set.
type extent struct{ orders, lines bool }

func (s *state) known() extent { return extent{orders: s.orders() > 0, lines: s.lines > 0} }

// count adds n lines of one order, which have the amount together.
func (t *totals) count(order string, amount decimal.Decimal, isReturn bool, n int, from ownership) bool {
	if isReturn {
		if !t.returns.Add(amount) {
			return false
		}
		if order == "" {
			t.looseReturns += n
		} else {
			t.named.mark(order, onReturn, from)
		}
	} else {
		if !t.gross.Add(amount) {
			return false
		}
		if order == "" {
			t.looseOrders += n
		} else {
			t.named.mark(order, onSale, from)
		}
	}
	t.lines += n
	return true
}

// see widens first, last and activity by a line that has been counted; known
// is what was set before it was.
func (s *state) see(at instant, isReturn bool, known extent) {
	if !known.lines || s.activity.compare(at) < 0 {
		s.activity = at
	}
	if !isReturn {
		s.span(at, at, known)
	}
}

func (s *state) span(first, last instant, known extent) {
	if !known.orders || first.compare(s.first) < 0 {
		s.first = first
	}
	if !known.orders || last.compare(s.last) > 0 {
		s.last = last
	}
}

func (s *state) merge(o *state) {
	known := s.known()
	if o.orders() > 0 {
		s.span(o.first, o.last, known)
	}
	if !known.lines || s.activity.compare(o.activity) < 0 {
		s.activity = o.activity
	}
	s.totals.merge(&o.totals)
	if o.more != nil {
		s.more.merge(o.more)
	}
}

func (t *totals) merge(o *totals) {
	t.lines += o.lines
	t.looseOrders += o.looseOrders
	t.looseReturns += o.looseReturns
	for _, m := range o.named.list {
		t.named.mark(m.id, m.on, owned)
	}
	t.gross.Merge(o.gross)
	t.returns.Merge(o.returns)
	for d := range o.days {
		t.ordered(d)
	}
}

// ordered notes a day with an order.
func (t *totals) ordered(dayNo int32) {
	if t.days == nil {
		t.days = make(map[int32]struct{})
	}
	t.days[dayNo] = struct{}{}
}

// instant is a time.Time without its zone and its monotonic clock, so that
// equal instants are equal values.
type instant struct {
	sec  int64
	nsec int32
}

// The first second of year 1, which is the zero time, and the first second of
// year 9999: what lies between is written by RFC 3339 in every zone.
const (
	minSecond int64 = -62135596800
	endSecond int64 = 253370764800

	daySeconds = 24 * 60 * 60
)

func instantOf(t time.Time) (instant, bool) {
	at := instant{t.Unix(), int32(t.Nanosecond())}
	return at, at.inRange()
}

func (i instant) inRange() bool { return i.sec >= minSecond && i.sec < endSecond }

func (i instant) compare(o instant) int {
	if c := cmp.Compare(i.sec, o.sec); c != 0 {
		return c
	}
	return cmp.Compare(i.nsec, o.nsec)
}

func (i instant) in(zone *time.Location) time.Time {
	return time.Unix(i.sec, int64(i.nsec)).In(zone)
}

// dayNumber counts the calendar days of t's own zone, so that a day of 23 or
// 25 hours is one day.
func dayNumber(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / daySeconds)
}
