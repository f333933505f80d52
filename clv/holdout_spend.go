package clv

import (
	"math"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
)

// moneySum adds up rows of a ledger exactly: in millionths while it can.
type moneySum struct {
	plain int64
	wide  exact.Sum
	isOut bool // of millionths, and in wide in part
}

func (s *moneySum) add(l *ledger, e entry) {
	if len(l.wide) > 0 {
		if sum, ok := l.wide[e.key]; ok {
			s.wide.Merge(sum)
			s.isOut = true
		}
	}
	sum, ok := addValues(s.plain, e.value)
	if !ok {
		s.wide.Add(decimal.New(s.plain, -moneyPlaces))
		s.isOut = true
		sum = e.value
	}
	s.plain = sum
}

// float is the one border at which money becomes a float64: what was added up
// exactly is rounded here, to within a unit in the last place.
func (s *moneySum) float() float64 {
	if s.isOut {
		sum := s.wide
		sum.Add(decimal.New(s.plain, -moneyPlaces))
		return sum.Decimal().InexactFloat64()
	}
	return float64(s.plain) / 1e6
}

// history describes the orders up to the end day; rows[0] is the first. It
// returns the rows that come later.
func (x *extract) history(account uint32, rows []entry, end int32, out *AccountHistory) (later []entry) {
	*out = AccountHistory{ID: x.ledger.names.ids[account], First: x.startOf(rows[0].day())}
	later = x.times(rows, end, out)
	if x.priced {
		out.Spend, _ = SpendOf(x.orderValues(rows[:len(rows)-len(later)])...)
	}
	return later
}

// times describes the times of these orders alone.
func (x *extract) times(rows []entry, end int32, out *AccountHistory) (later []entry) {
	first := rows[0].day()
	last := first
	out.Frequency, out.LogGaps = 0, 0
	for rows = rows[1:]; len(rows) > 0; rows = rows[1:] {
		day := rows[0].day()
		if day > end {
			break
		}
		if !rows[0].back() {
			out.Frequency++
			out.LogGaps += x.logOf(day - last)
			last = day
		}
	}
	out.Recency, out.Age = x.span(last-first), x.span(end-first)
	return rows
}

// logOf returns the log of a number of days in the unit.
func (x *extract) logOf(days int32) float64 {
	if int(days) >= len(x.logs) {
		return math.Log(x.span(days))
	}
	if x.logs[days] == 0 {
		x.logs[days] = math.Log(x.span(days))
	}
	return x.logs[days]
}

// orderValues returns what each order that counts is worth, until the next call.
func (x *extract) orderValues(rows []entry) []float64 {
	var order moneySum
	x.values = x.values[:0]
	counts := x.split.FirstOrder == WithFirst
	for i, e := range rows {
		if i > 0 && !e.back() {
			if counts {
				x.values = append(x.values, order.float())
			}
			order, counts = moneySum{}, true
		}
		if counts && (!e.back() || x.split.Returns == NetReturns) {
			order.add(x.ledger, e)
		}
	}
	if counts {
		x.values = append(x.values, order.float())
	}
	return x.values
}
