package segment

import (
	"bytes"
	"math/bits"
	"time"
)

// impossible says why no lines can add up to the state; empty when some can.
func (s *state) impossible(c *collects, zone *time.Location) string {
	if reason := s.totals.impossible(); reason != "" {
		return reason
	}
	if s.orders() > 0 && (s.first.compare(s.last) > 0 || s.last.compare(s.activity) > 0) {
		return "the instants are not in order"
	}
	if !c.more() {
		return ""
	}
	days := sortedKeys(s.days)
	first, last := int32(dayNumber(s.first.in(zone))), int32(dayNumber(s.last.in(zone)))
	if c.days && s.orders() > 0 && (len(days) == 0 || days[0] != first || days[len(days)-1] != last) {
		return "the days do not agree with the first and the last order"
	}
	if c.grain != NoPeriods {
		if !addsUp(&s.totals, s.more.periods, c) {
			return "the periods do not add up"
		}
		if !s.periodsAgree(c, first, last, int32(dayNumber(s.activity.in(zone)))) {
			return "the periods do not agree with the instants"
		}
	}
	if c.category != "" && !addsUp(&s.totals, s.more.categories, c) {
		return "the categories do not add up"
	}
	return ""
}

func (t *totals) impossible() string {
	marked := 0 // every mark comes from at least one line
	for _, m := range t.named.list {
		marked += bits.OnesCount8(m.on)
	}
	switch {
	case t.lines < 1 || t.lines < t.looseOrders+t.looseReturns+marked:
		return "there are fewer lines than orders"
	case t.orders()+t.returnOrders() == 0:
		return "there are lines without an order"
	case t.lines > t.looseOrders+t.looseReturns && marked == 0:
		return "there are more lines than orders of one line"
	case t.gross.Sign() < 0 || t.returns.Sign() > 0:
		return "a sum of money has the wrong sign"
	case t.orders() == 0 && t.gross.Sign() != 0 || t.returnOrders() == 0 && t.returns.Sign() != 0:
		return "there is money without an order"
	case len(t.days) > 0 && t.orders() == 0:
		return "there are days without an order"
	}
	return ""
}

// addsUp reports whether the parts merge to the whole.
func addsUp[K comparable](whole *totals, parts map[K]*totals, c *collects) bool {
	var sum totals
	for _, t := range parts {
		if t.impossible() != "" || t.lines > whole.lines-sum.lines || c.days && t.orders() > 0 && len(t.days) == 0 {
			return false
		}
		sum.merge(t)
	}
	return bytes.Equal(sum.append(nil, c), whole.append(nil, c))
}

// periodsAgree compares the periods with the calendar, with the days of the
// first and the last order and of the last line, and each period with its own
// days.
func (s *state) periodsAgree(c *collects, first, last, activity int32) bool {
	keys := sortedKeys(s.more.periods)
	if keys[0] < c.grain.period(firstDayNo) || keys[len(keys)-1] != c.grain.period(activity) {
		return false
	}
	seen := false
	newest := keys[0]
	for _, k := range keys {
		t := s.more.periods[k]
		if t.orders() == 0 {
			continue
		}
		if !seen && k != c.grain.period(first) {
			return false
		}
		seen, newest = true, k
		for d := range t.days {
			if c.grain.period(d) != k {
				return false
			}
		}
	}
	return !seen || newest == c.grain.period(last)
}

// replay books a line that was read, and says why it cannot be one.
func (s *state) replay(e entry, n int, in *Summary) string {
	switch sign := e.amount.Sign(); {
	case n < 1 || n > maxCount-s.lines:
		return "a line has an impossible count"
	case sign < 0 && !e.isReturn || sign > 0 && e.isReturn:
		return "a line has the wrong sign"
	case e.category != "" && in.collect.category == "":
		return "a line has a category, and there are none"
	case !s.book(e, n, &in.collect, in.zone()):
		return "the amount of a line is out of range"
	}
	return ""
}
