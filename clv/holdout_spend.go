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
	first, last := rows[0].day(), rows[0].day()
	*out = AccountHistory{ID: x.ledger.names.ids[account], First: x.startOf(first)}
	var order moneySum
	x.values = x.values[:0]
	counts := x.split.FirstOrder == WithFirst
	book := func(e entry) {
		if counts {
			order.add(x.ledger, e)
		}
	}
	finish := func() {
		if counts {
			x.values = append(x.values, order.float())
		}
	}
	book(rows[0])
	i := 1
	for ; i < len(rows) && rows[i].day() <= end; i++ {
		e := rows[i]
		if e.back() {
			if x.split.Returns == NetReturns {
				book(e)
			}
			continue
		}
		finish()
		order, counts = moneySum{}, true
		book(e)
		out.Frequency++
		out.LogGaps += math.Log(x.span(e.day() - last))
		last = e.day()
	}
	finish()
	out.Recency, out.Age = x.span(last-first), x.span(end-first)
	if x.priced {
		out.Spend, _ = SpendOf(x.values...)
	}
	return rows[i:]
}
