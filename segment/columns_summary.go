package segment

import (
	"strings"
	"time"
)

// Summary returns the totals as a light [Summary]: the one that
// [Summary.Add], given every row as a line, would have made, byte for byte.
func (t *ColumnTotals[K]) Summary() *Summary {
	s := &Summary{location: t.location, accounts: make(map[string]*state, len(t.totals))}
	if len(t.totals) > 0 {
		s.currency = strings.Clone(t.columns.Currency)
	}
	states := make([]state, len(t.totals))
	for i := range t.totals {
		e, st := &t.totals[i], &states[i]
		st.gross, st.returns = t.sums(i)
		st.lines = int(e.sales) + int(e.backs)
		st.activity = t.instant(e.active)
		if e.sales > 0 {
			st.first, st.last = t.instant(e.first), t.instant(e.last)
		}
		t.setOrders(st, uint32(i))
		s.accounts[strings.Clone(t.id(int(e.row)))] = st
	}
	return s
}

func (t *ColumnTotals[K]) setOrders(st *state, i uint32) {
	if t.orders == nil {
		st.looseOrders, st.looseReturns = int(t.totals[i].sales), int(t.totals[i].backs)
		return
	}
	for _, r := range t.orders.of(i) {
		switch {
		case !r.loose:
			st.named.mark(t.orderID(r.row), r.on, borrowed)
		case r.on == onSale:
			st.looseOrders++
		default:
			st.looseReturns++
		}
	}
}

func (t *ColumnTotals[K]) instant(at uint32) instant {
	unit := t.base + int64(at)
	if t.columns.Day == nil {
		return instant{sec: unit}
	}
	if t.location == time.UTC {
		return instant{sec: unit * daySeconds}
	}
	return instant{sec: t.timeOf(unit).Unix()}
}

// Accounts returns the accounts as they stand at asOf, sorted by ID; see
// [Summary.Accounts].
func (t *ColumnTotals[K]) Accounts(asOf time.Time) []Account {
	return t.Summary().Accounts(asOf)
}
