package segment

import (
	"cmp"
	"strings"
	"time"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// state is what a Summary knows of one account.
type state struct {
	first, last instant // over lines that are no returns; unset while orders is 0
	activity    instant // over all lines; unset while lines is 0
	lines       int

	// A line without an order id is an order of its own and needs no set.
	looseOrders, looseReturns int
	named                     orderSet

	gross, returns exact.Sum
}

func (s *state) orders() int       { return s.looseOrders + s.named.sales }
func (s *state) returnOrders() int { return s.looseReturns + s.named.returns }

// add reports false, and changes nothing, when the amount cannot be summed.
func (s *state) add(tx keyaccount.Transaction, at instant) bool {
	if tx.IsReturn() {
		if !s.returns.Add(tx.Amount) {
			return false
		}
		if tx.Order == "" {
			s.looseReturns++
		} else {
			s.named.mark(tx.Order, onReturn)
		}
	} else {
		if !s.gross.Add(tx.Amount) {
			return false
		}
		s.span(at, at)
		if tx.Order == "" {
			s.looseOrders++
		} else {
			s.named.mark(tx.Order, onSale)
		}
	}
	if s.lines == 0 || s.activity.compare(at) < 0 {
		s.activity = at
	}
	s.lines++
	return true
}

// span widens first and last. It comes before the order is counted, since
// they are unset while there are no orders.
func (s *state) span(first, last instant) {
	if s.orders() == 0 {
		s.first, s.last = first, last
		return
	}
	if first.compare(s.first) < 0 {
		s.first = first
	}
	if last.compare(s.last) > 0 {
		s.last = last
	}
}

func (s *state) merge(o *state) {
	if o.orders() > 0 {
		s.span(o.first, o.last)
	}
	if s.lines == 0 || s.activity.compare(o.activity) < 0 {
		s.activity = o.activity
	}
	s.lines += o.lines
	s.looseOrders += o.looseOrders
	s.looseReturns += o.looseReturns
	for _, m := range o.named.list {
		s.named.markOwned(m.id, m.on)
	}
	s.gross.Merge(o.gross)
	s.returns.Merge(o.returns)
}

func (s *state) account(zone *time.Location, today int) Account {
	net := s.gross
	net.Merge(s.returns)
	a := Account{
		Lines: s.lines, Orders: s.orders(), ReturnOrders: s.returnOrders(),
		Gross: s.gross.Decimal(), Returns: s.returns.Decimal(), Net: net.Decimal(),
		LastActivity: s.activity.in(zone), DaysSinceLast: -1,
	}
	if a.HasOrders() {
		a.FirstOrder, a.LastOrder = s.first.in(zone), s.last.in(zone)
		a.DaysSinceLast = today - dayNumber(a.LastOrder)
	}
	return a
}

// On which kinds of line an order id stands.
const (
	onSale uint8 = 1 << iota
	onReturn
)

type orderMark struct {
	id string
	on uint8
}

// orderSet is the set of an account's order ids. Most accounts have few, which
// a scan finds faster than a map; the index comes when there are many.
type orderSet struct {
	list           []orderMark
	index          map[string]int
	latest         int // position found last: lines of one order come together
	sales, returns int // how many ids carry each mark
}

const scanUpTo = 16

// mark copies an id that it has to keep; see markOwned.
func (o *orderSet) mark(id string, on uint8) {
	i := o.position(id)
	if i < 0 {
		i = o.append(strings.Clone(id))
	}
	o.set(i, on)
}

// markOwned is mark for an id that is already a copy.
func (o *orderSet) markOwned(id string, on uint8) {
	i := o.position(id)
	if i < 0 {
		i = o.append(id)
	}
	o.set(i, on)
}

func (o *orderSet) set(i int, on uint8) {
	o.latest = i
	m := &o.list[i]
	added := on &^ m.on
	m.on |= on
	if added&onSale != 0 {
		o.sales++
	}
	if added&onReturn != 0 {
		o.returns++
	}
}

func (o *orderSet) position(id string) int {
	if o.latest < len(o.list) && o.list[o.latest].id == id {
		return o.latest
	}
	if o.index != nil {
		if i, ok := o.index[id]; ok {
			return i
		}
		return -1
	}
	for i := range o.list {
		if o.list[i].id == id {
			return i
		}
	}
	return -1
}

func (o *orderSet) append(id string) int {
	i := len(o.list)
	o.list = append(o.list, orderMark{id: id})
	if o.index != nil {
		o.index[id] = i
	} else if i >= scanUpTo {
		o.index = make(map[string]int, 2*len(o.list))
		for j, m := range o.list {
			o.index[m.id] = j
		}
	}
	return i
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
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}
