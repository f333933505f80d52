package segment

import (
	"encoding/binary"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// decoder reads from the front of b. After the first fault it stays empty and
// gives zero values.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) fail(reason string) {
	if d.err == nil {
		d.err = &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: "Summary", Reason: reason}
	}
	d.b = nil
}

func (d *decoder) uvarint() uint64 {
	v, k := binary.Uvarint(d.b)
	if k <= 0 {
		d.fail("the bytes end inside a number")
		return 0
	}
	d.b = d.b[k:]
	return v
}

func (d *decoder) varint() int64 {
	v, k := binary.Varint(d.b)
	if k <= 0 {
		d.fail("the bytes end inside a number")
		return 0
	}
	d.b = d.b[k:]
	return v
}

func (d *decoder) count() int {
	v := d.uvarint()
	if v > maxCount {
		d.fail("a count is too large")
		return 0
	}
	return int(v)
}

func (d *decoder) text() string {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.fail("the bytes end inside a text")
		return ""
	}
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}

// single reads one byte that is at most highest.
func (d *decoder) single(highest byte) byte {
	if len(d.b) == 0 {
		d.fail("the bytes end inside a mark")
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	if v > highest {
		d.fail("a mark is of an unknown kind")
	}
	return v
}

func (d *decoder) instant() instant {
	sec := d.varint()
	nsec := d.uvarint()
	i := instant{sec, int32(nsec)}
	if nsec >= 1e9 || !i.inRange() || i == (instant{sec: minSecond}) {
		d.fail("an instant is out of range")
	}
	return i
}

// dayNo reads the number of a day or of a period.
func (d *decoder) dayNo() int32 {
	v := d.varint()
	if v < int64(firstDayNo) || v > int64(lastDayNo) {
		d.fail("a day is out of range")
		return 0
	}
	return int32(v)
}

func (d *decoder) sum() (s exact.Sum) {
	if d.err != nil {
		return s
	}
	rest, err := s.Decode(d.b)
	if err != nil {
		d.fail("a sum of money cannot be read")
		return s
	}
	d.b = rest
	return s
}

// The days of the instants that are in range, in any zone.
const (
	firstDayNo = int32(minSecond/daySeconds) - 2
	lastDayNo  = int32(endSecond/daySeconds) + 2
)

func (d *decoder) collects() (c collects) {
	grain, flags := d.uvarint(), d.uvarint()
	if grain >= uint64(len(grainNames)) || flags >= collectsEnd {
		d.fail("what is collected is of an unknown kind")
		return c
	}
	return collects{
		grain: Grain(grain), days: flags&collectsDays != 0, lines: flags&collectsLines != 0, category: d.text(),
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
		s.more.categories = readParts(d, c, d.text)
	}
	if reason := s.impossible(c, in.zone()); d.err == nil && reason != "" {
		d.fail(reason)
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
	s.gross, s.returns = d.sum(), d.sum()
	if reason := s.impossible(&in.collect, in.zone()); d.err == nil && reason != "" {
		d.fail(reason)
	}
	return s
}

func (d *decoder) totals(c *collects) (t totals) {
	t.lines, t.looseOrders, t.looseReturns = d.count(), d.count(), d.count()
	t.named = d.marks()
	t.gross, t.returns = d.sum(), d.sum()
	if c.days {
		before := firstDayNo - 1
		for range d.count() {
			dayNo := d.dayNo()
			if d.err == nil && dayNo <= before {
				d.fail("the days are not in order")
			}
			if d.err != nil {
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
	for range d.count() {
		id := d.text()
		on := d.single(onSale | onReturn)
		if d.err == nil && (id <= before || on == 0) {
			d.fail("the orders are not in order, or are of no kind")
		}
		if d.err != nil {
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
	for i := range d.count() {
		k := key()
		t := d.totals(c)
		if d.err == nil && i > 0 && k <= before {
			d.fail("the periods or the categories are not in order")
		}
		if d.err != nil {
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
	for i := range d.count() {
		e := entry{at: d.instant(), order: d.text(), product: d.text(), category: d.text()}
		amount := d.sum()
		e.isReturn = d.single(1) == 1
		n := d.count()
		if d.err != nil {
			break
		}
		e.amount, e.dated = amount.Decimal(), e.at
		k := e.key()
		if i > 0 && compareLines(before, k) >= 0 {
			d.fail("the lines are not in order")
			break
		}
		before = k
		if reason := s.replay(e, n, in); reason != "" {
			d.fail(reason)
			break
		}
	}
	if d.err == nil && s.lines == 0 {
		d.fail("there is an account without lines")
	}
	return s
}
