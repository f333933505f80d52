package segment

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
)

// collects is what a Summary keeps beyond the light state. Two Summaries can
// only be merged when it is the same.
type collects struct {
	grain    Grain
	days     bool
	category string // the name of the categories; empty when there are none
	lines    bool
}

func (c *collects) more() bool { return *c != collects{} }

// detail is what an account's state holds of what is collected; maps that are
// not collected stay nil.
type detail struct {
	periods    map[int32]*totals
	categories map[string]*totals
	ledger     map[lineKey]int // how often each line was added
}

// entry is a line on its way into a state that collects more.
type entry struct {
	order, product, category string

	amount   decimal.Decimal
	at       instant
	dated    instant // decides the period; at, but for MatchToOrder
	isReturn bool
	undone   bool // a purchase that is no order any more
}

// book folds n equal lines into a state that collects more. It reports false,
// and changes nothing, when the amount cannot be summed. The entry's texts are
// kept and must not pin a larger buffer.
func (s *state) book(e entry, n int, c *collects, zone *time.Location) bool {
	if !exact.InRange(e.amount) {
		return false
	}
	amount, known := times(e.amount, n), s.known()
	s.include(&e, amount, n)
	s.see(e.at, e.isReturn || e.undone, known)

	var dayNo int32
	if c.days {
		dayNo = int32(dayNumber(e.at.in(zone)))
		if !e.isReturn && !e.undone {
			s.ordered(dayNo)
		}
	}
	if c.grain != NoPeriods {
		period := c.grain.period(int32(dayNumber(e.dated.in(zone))))
		part(&s.more.periods, period).includeOn(&e, amount, n, c.days, dayNo)
	}
	if c.category != "" {
		part(&s.more.categories, e.category).includeOn(&e, amount, n, c.days, dayNo)
	}
	if c.lines {
		if s.more.ledger == nil {
			s.more.ledger = make(map[lineKey]int)
		}
		s.more.ledger[e.key()] += n
	}
	return true
}

func part[K comparable](m *map[K]*totals, k K) *totals {
	if *m == nil {
		*m = make(map[K]*totals)
	}
	t := (*m)[k]
	if t == nil {
		t = new(totals)
		(*m)[k] = t
	}
	return t
}

// include adds n lines whose amount is in range.
func (t *totals) include(e *entry, amount decimal.Decimal, n int) {
	if e.undone {
		t.gross.Add(amount)
		t.lines += n
		return
	}
	t.count(e.order, amount, e.isReturn, n, owned)
}

func (t *totals) includeOn(e *entry, amount decimal.Decimal, n int, days bool, dayNo int32) {
	t.include(e, amount, n)
	if days && !e.isReturn && !e.undone {
		t.ordered(dayNo)
	}
}

func (d *detail) merge(o *detail) {
	for k, t := range o.periods {
		part(&d.periods, k).merge(t)
	}
	for k, t := range o.categories {
		part(&d.categories, k).merge(t)
	}
	if d.ledger == nil && o.ledger != nil {
		d.ledger = make(map[lineKey]int, len(o.ledger))
	}
	for k, n := range o.ledger {
		d.ledger[k] += n
	}
}

func times(amount decimal.Decimal, n int) decimal.Decimal {
	if n == 1 {
		return amount
	}
	return amount.Mul(decimal.NewFromInt(int64(n)))
}

// interner keeps one copy of each text, because a reader's field often pins
// its whole buffer and the lines of an account repeat their products.
type interner map[string]string

func (in interner) own(s string) string {
	if s == "" {
		return ""
	}
	if kept, ok := in[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	in[s] = s
	return s
}
