package segment

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
)

// ReturnsPolicy says what a return takes away from an account. Which one is
// used moves accounts between classes: dbt-labs/jaffle_shop_duckdb pull
// request 88 reports 57 customers re-classed and $312K of returns once they
// were deducted.
type ReturnsPolicy int

const (
	// Net deducts a return from the account's value in the period in which it
	// happens. Orders and their dates stay.
	Net ReturnsPolicy = iota
	// Gross reports returns but deducts nothing: Account.Net is Gross.
	Gross
	// MatchToOrder deducts a return from the order it belongs to, and in the
	// period of that order. It needs [SummaryOptions.Lines].
	//
	// A return belongs to the account's order of the same order id, if one was
	// bought under it; else to the order with the account's most recent
	// purchase of the same product at or before the instant of the return
	// (among several at one instant, the order whose id sorts last); else to
	// none, and then it is deducted as under Net.
	//
	// An order is dated, as a whole, by its first purchase line. An order from
	// which something came back and of which no positive amount is left is
	// undone: it does not count in Orders, FirstOrder, LastOrder,
	// DaysSinceLast and the gaps, but in UndoneOrders. Money is never
	// clipped: an order's value may fall below zero, and the account's Net is
	// the same as under Net. Several lines that are equal in all but have no
	// order id are undone one after the other.
	MatchToOrder
	// Exclude leaves returns out altogether: also out of Returns,
	// ReturnOrders and LastActivity, though not out of Lines.
	Exclude
)

var returnsNames = [...]string{Net: "net", Gross: "gross", MatchToOrder: "match_to_order", Exclude: "exclude"}

// String returns the name used in JSON, like "match_to_order".
func (p ReturnsPolicy) String() string { return enumName(p, returnsNames[:], "ReturnsPolicy") }

// MarshalText implements [encoding.TextMarshaler].
func (p ReturnsPolicy) MarshalText() ([]byte, error) { return enumText(p, returnsNames[:], "Returns") }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *ReturnsPolicy) UnmarshalText(text []byte) error {
	return readEnum(p, text, returnsNames[:], "Returns")
}

// matchedOrder is an order under MatchToOrder: one with an id, or n equal
// lines without one.
type matchedOrder struct {
	first    instant
	net      exact.Sum
	returned bool
	unit     decimal.Decimal // of one line, where there is no id
	n        int
}

// standing is how many of the n orders are not undone.
func (o *matchedOrder) standing() int {
	switch {
	case !o.returned:
		return o.n
	case o.net.Sign() <= 0:
		return 0
	case o.n == 1:
		return 1
	}
	q, rest := o.net.Decimal().QuoRem(o.unit, 0)
	if rest.Sign() > 0 {
		return int(q.IntPart()) + 1
	}
	return int(q.IntPart())
}

// matched returns the state as MatchToOrder sees it, without lines, and how
// many orders are undone. It only reads s.
func (s *state) matched(c *collects, zone *time.Location) (view *state, undone int) {
	keys := s.more.sortedLines()
	named, loose := map[string]*matchedOrder{}, map[lineKey]*matchedOrder{}
	bought := map[string][]lineKey{} // purchases of each product, ascending
	for _, k := range keys {
		if k.isReturn {
			continue
		}
		if k.product != "" {
			bought[k.product] = append(bought[k.product], k)
		}
		n := s.more.ledger[k]
		amount := k.amount()
		var o *matchedOrder
		if k.order == "" {
			o = &matchedOrder{first: k.at, unit: amount, n: n}
			loose[k] = o
		} else if o = named[k.order]; o == nil {
			o = &matchedOrder{first: k.at, n: 1}
			named[k.order] = o
		}
		if k.at.compare(o.first) < 0 {
			o.first = k.at
		}
		o.net.Add(times(amount, n))
	}
	owner := func(k lineKey) *matchedOrder {
		if o := named[k.order]; k.order != "" && o != nil {
			return o
		}
		list := bought[k.product]
		i, found := slices.BinarySearchFunc(list, k.at, func(b lineKey, at instant) int {
			if b.at.compare(at) <= 0 {
				return -1
			}
			return 1
		})
		if found || i == 0 {
			return nil
		}
		if b := list[i-1]; b.order == "" {
			return loose[b]
		} else {
			return named[b.order]
		}
	}
	for _, k := range keys {
		if !k.isReturn {
			continue
		}
		if o := owner(k); o != nil {
			o.returned = true
			o.net.Add(times(k.amount(), s.more.ledger[k]))
		}
	}

	flat := *c
	flat.lines = false
	view = newState(&flat)
	for _, k := range keys {
		n, e := s.more.ledger[k], k.entry()
		if k.isReturn {
			if o := owner(k); o != nil {
				e.dated = o.first
			}
			view.book(e, n, &flat, zone)
			continue
		}
		o := loose[k]
		if o == nil {
			o = named[k.order]
		}
		e.dated = o.first
		stands := o.standing()
		if k.order != "" {
			stands *= n // an order stands or falls with all its lines
		}
		if stands > 0 {
			view.book(e, stands, &flat, zone)
		}
		if stands < n {
			e.undone = true
			view.book(e, n-stands, &flat, zone)
		}
	}
	for _, o := range named {
		undone += o.n - o.standing()
	}
	for _, o := range loose {
		undone += o.n - o.standing()
	}
	return view, undone
}
