package segment

import saved "github.com/keyaccount/keyaccount/internal/state"

// decoder reads the parts of a state.
type decoder struct{ saved.Reader }

func (d *decoder) count() int { return int(d.AtMost(maxCount)) }

func (d *decoder) instant() instant {
	sec := d.Varint()
	nsec := d.Uvarint()
	i := instant{sec, int32(nsec)}
	if nsec >= 1e9 || !i.inRange() || i == (instant{sec: minSecond}) {
		d.Fail("an instant is out of range")
	}
	return i
}

// dayNo reads the number of a day or of a period.
func (d *decoder) dayNo() int32 { return d.Day(firstDayNo, lastDayNo) }

// The days of the instants that are in range, in any zone.
const (
	firstDayNo = int32(minSecond/daySeconds) - 2
	lastDayNo  = int32(endSecond/daySeconds) + 2
)

func (d *decoder) collects() (c collects) {
	grain, flags := d.Uvarint(), d.Uvarint()
	if grain >= uint64(len(grainNames)) || flags >= collectsEnd {
		d.Fail("what is collected is of an unknown kind")
		return c
	}
	return collects{
		grain: Grain(grain), days: flags&collectsDays != 0, lines: flags&collectsLines != 0, category: d.Text(),
	}
}

// state reads what state.append wrote, and refuses what no lines can add up
// to.
func (d *decoder) state(in *Summary) *state {
	c := &in.collect
	if c.lines {
		return d.ledger(in)
	}
	s := newState(c)
	s.totals = d.totals(c)
	s.activity = d.instant()
	if s.orders() > 0 {
		s.first, s.last = d.instant(), d.instant()
	}
	if c.grain != NoPeriods {
		s.more.periods = readParts(d, c, d.dayNo)
	}
	if c.category != "" {
		s.more.categories = readParts(d, c, d.Text)
	}
	if reason := s.impossible(c, in.zone()); d.Err() == nil && reason != "" {
		d.Fail(reason)
	}
	return s
}

// stateV1 reads a state of version 1, which was light and stood in another
// order.
func (d *decoder) stateV1(in *Summary) *state {
	s := new(state)
	s.lines, s.looseOrders, s.looseReturns = d.count(), d.count(), d.count()
	s.named = d.marks()
	s.activity = d.instant()
	if s.orders() > 0 {
		s.first, s.last = d.instant(), d.instant()
	}
	s.gross, s.returns = d.Sum(), d.Sum()
	if reason := s.impossible(&in.collect, in.zone()); d.Err() == nil && reason != "" {
		d.Fail(reason)
	}
	return s
}

func (d *decoder) totals(c *collects) (t totals) {
	t.lines, t.looseOrders, t.looseReturns = d.count(), d.count(), d.count()
	t.named = d.marks()
	t.gross, t.returns = d.Sum(), d.Sum()
	if c.days {
		before := firstDayNo - 1
		for range d.Length() {
			dayNo := d.dayNo()
			if dayNo <= before {
				d.Fail("the days are not in order")
			}
			if d.Err() != nil {
				break
			}
			before = dayNo
			t.ordered(dayNo)
		}
	}
	return t
}

func (d *decoder) marks() (o orderSet) {
	before := ""
	for range d.Length() {
		id := d.Text()
		on := d.Mark(onSale | onReturn)
		if id <= before || on == 0 {
			d.Fail("the orders are not in order, or are of no kind")
		}
		if d.Err() != nil {
			break
		}
		before = id
		o.mark(id, on, owned)
	}
	return o
}

func readParts[K int32 | string](d *decoder, c *collects, key func() K) map[K]*totals {
	parts := make(map[K]*totals)
	var before K
	for i := range d.Length() {
		k := key()
		t := d.totals(c)
		if i > 0 && k <= before {
			d.Fail("the periods or the categories are not in order")
		}
		if d.Err() != nil {
			break
		}
		before = k
		parts[k] = &t
	}
	return parts
}

// ledger reads the lines and folds them.
func (d *decoder) ledger(in *Summary) *state {
	s := newState(&in.collect)
	var before lineKey
	for i := range d.Length() {
		e := entry{at: d.instant(), order: d.Text(), product: d.Text(), category: d.Text()}
		amount := d.Sum()
		e.isReturn = d.Bool()
		n := d.count()
		if d.Err() != nil {
			break
		}
		e.amount, e.dated = amount.Decimal(), e.at
		k := e.key()
		if i > 0 && compareLines(before, k) >= 0 {
			d.Fail("the lines are not in order")
			break
		}
		before = k
		if reason := s.replay(e, n, in); reason != "" {
			d.Fail(reason)
			break
		}
	}
	if d.Err() == nil && s.lines == 0 {
		d.Fail("there is an account without lines")
	}
	return s
}
