package segment

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

// SummaryState is the state of a [Summary] in the open: the form of its JSON,
// for other tools to read and write. Like the binary form it is canonical.
type SummaryState struct {
	// Schema and Version are those of the binary form.
	Schema  string `json:"schema"`
	Version int    `json:"version"`

	// Location, Periods, OrderDays, Categories (a name; empty for none) and
	// Lines are the [SummaryOptions].
	Location   string `json:"location"`
	Currency   string `json:"currency,omitempty"`
	Periods    Grain  `json:"periods"`
	OrderDays  bool   `json:"order_days,omitempty"`
	Categories string `json:"categories,omitempty"`
	Lines      bool   `json:"lines,omitempty"`

	// Accounts are sorted by ID.
	Accounts []AccountState `json:"accounts"`
}

// AccountState is one account of a [SummaryState]. Where the lines are kept
// they are all there is: the rest follows from them.
type AccountState struct {
	ID string `json:"id"`
	// Totals is nil where the lines are kept.
	Totals *TotalsState `json:"totals,omitempty"`
	// FirstOrder and LastOrder are zero for an account without orders.
	FirstOrder   time.Time `json:"first_order,omitzero"`
	LastOrder    time.Time `json:"last_order,omitzero"`
	LastActivity time.Time `json:"last_activity,omitzero"`

	Periods    []PartState `json:"periods,omitempty"`
	Categories []PartState `json:"categories,omitempty"`
	Lines      []LineState `json:"lines,omitempty"`
}

// TotalsState is what lines add up to.
type TotalsState struct {
	Lines int `json:"lines"`
	// LooseOrders and LooseReturns count the lines without an order id.
	LooseOrders  int `json:"loose_orders,omitempty"`
	LooseReturns int `json:"loose_returns,omitempty"`
	// Orders are the distinct order ids, sorted.
	Orders []OrderState `json:"orders,omitempty"`
	// Gross and Returns are decimal numbers as text, since their trailing
	// zeros count.
	Gross   string `json:"gross"`
	Returns string `json:"returns"`
	// OrderDays are the days with an order, as 2006-01-02, ascending.
	OrderDays []string `json:"order_days,omitempty"`
}

// OrderState is an order id and the kinds of line it stands on.
type OrderState struct {
	ID     string `json:"id"`
	Sale   bool   `json:"sale,omitempty"`
	Return bool   `json:"return,omitempty"`
}

// PartState is a period, named by its first day as 2006-01-02, or a category.
type PartState struct {
	Name   string      `json:"name"`
	Totals TotalsState `json:"totals"`
}

// LineState is a line and how often it was added.
type LineState struct {
	Time     time.Time `json:"time"`
	Order    string    `json:"order,omitempty"`
	Product  string    `json:"product,omitempty"`
	Category string    `json:"category,omitempty"`
	Amount   string    `json:"amount"`
	Return   bool      `json:"return,omitempty"`
	Count    int       `json:"count"`
}

// State returns the state of the Summary in the open.
func (s *Summary) State() SummaryState {
	c := &s.collect
	out := SummaryState{
		Schema: summarySchema, Version: summaryVersion, Location: s.zone().String(), Currency: s.currency,
		Periods: c.grain, OrderDays: c.days, Categories: c.category, Lines: c.lines,
		Accounts: make([]AccountState, 0, len(s.accounts)),
	}
	for _, id := range s.ids() {
		out.Accounts = append(out.Accounts, s.accounts[id].open(id, c))
	}
	return out
}

func (s *state) open(id string, c *collects) AccountState {
	out := AccountState{ID: id}
	if c.lines {
		for _, k := range s.more.sortedLines() {
			out.Lines = append(out.Lines, LineState{
				Time: k.at.in(time.UTC), Order: k.order, Product: k.product, Category: k.category,
				Amount: exact.Text(k.amount()), Return: k.isReturn, Count: s.more.ledger[k],
			})
		}
		return out
	}
	t := s.totals.open()
	out.Totals = &t
	out.LastActivity = s.activity.in(time.UTC)
	if s.orders() > 0 {
		out.FirstOrder, out.LastOrder = s.first.in(time.UTC), s.last.in(time.UTC)
	}
	if c.grain != NoPeriods {
		for _, k := range sortedKeys(s.more.periods) {
			out.Periods = append(out.Periods, PartState{Name: dayText(c.grain.firstDay(k)), Totals: s.more.periods[k].open()})
		}
	}
	if c.category != "" {
		for _, k := range sortedKeys(s.more.categories) {
			out.Categories = append(out.Categories, PartState{Name: k, Totals: s.more.categories[k].open()})
		}
	}
	return out
}

func (t *totals) open() TotalsState {
	out := TotalsState{
		Lines: t.lines, LooseOrders: t.looseOrders, LooseReturns: t.looseReturns,
		Gross: exact.Text(t.gross.Decimal()), Returns: exact.Text(t.returns.Decimal()),
	}
	for _, m := range t.named.sorted() {
		out.Orders = append(out.Orders, OrderState{ID: m.id, Sale: m.on&onSale != 0, Return: m.on&onReturn != 0})
	}
	for _, d := range sortedKeys(t.days) {
		out.OrderDays = append(out.OrderDays, dayText(d))
	}
	return out
}

// MarshalJSON writes the [SummaryState]. A text that is not valid UTF-8, which
// JSON cannot hold, is refused with [keyaccount.ErrMalformed].
func (s *Summary) MarshalJSON() ([]byte, error) {
	if s.fault != nil {
		return nil, s.fault
	}
	if text, ok := s.textOutsideUTF8(); ok {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrMalformed, Field: "Summary", Value: strconv.QuoteToASCII(text),
			Reason: "a text is not valid UTF-8, which JSON cannot hold; use MarshalBinary",
		}
	}
	return json.Marshal(s.State())
}

func (s *Summary) textOutsideUTF8() (text string, found bool) {
	check := func(t string) {
		if !found && !utf8.ValidString(t) {
			text, found = t, true
		}
	}
	check(s.currency)
	check(s.collect.category)
	check(s.zone().String())
	for id, st := range s.accounts {
		check(id)
		for _, m := range st.named.list {
			check(m.id)
		}
		if st.more == nil {
			continue
		}
		for name := range st.more.categories {
			check(name)
		}
		for k := range st.more.ledger {
			check(k.product)
		}
	}
	return text, found
}

// UnmarshalJSON reads a [SummaryState], under the conditions of
// [Summary.UnmarshalBinary].
func (s *Summary) UnmarshalJSON(data []byte) error {
	if s.fault != nil {
		return s.fault
	}
	if err := summaryJSON.CheckJSON(data, "Summary"); err != nil {
		return err
	}
	var st SummaryState
	if err := json.Unmarshal(data, &st); err != nil {
		return malformedState(err.Error())
	}
	written := collects{grain: st.Periods, days: st.OrderDays, category: st.Categories, lines: st.Lines}
	if err := s.sameLocation(st.Location); err != nil {
		return err
	}
	if err := s.collect.same(&written); err != nil {
		return err
	}
	in := s.empty()
	in.currency = st.Currency
	if len(st.Accounts) == 0 && st.Currency != "" {
		return malformedState("a currency without accounts")
	}
	before := ""
	for i := range st.Accounts {
		a := &st.Accounts[i]
		if a.ID <= before {
			return malformedState("the accounts are not in order")
		}
		before = a.ID
		one, reason := a.close(in)
		if reason != "" {
			return malformedState("account " + strconv.Quote(a.ID) + ": " + reason)
		}
		in.insert(a.ID, one)
	}
	*s = *in
	return nil
}

func malformedState(reason string) error { return saved.Fault("Summary", reason) }

// close is the inverse of open, and says why there is none.
func (a *AccountState) close(in *Summary) (s *state, reason string) {
	c := &in.collect
	if c.lines {
		return a.closeLines(in)
	}
	if a.Totals == nil || len(a.Lines) > 0 {
		return nil, "there must be totals and no lines"
	}
	s = newState(c)
	if reason = a.Totals.close(&s.totals, c); reason != "" {
		return nil, reason
	}
	for _, t := range []struct {
		at  time.Time
		out *instant
		set bool
	}{
		{a.LastActivity, &s.activity, true},
		{a.FirstOrder, &s.first, s.orders() > 0},
		{a.LastOrder, &s.last, s.orders() > 0},
	} {
		if t.at.IsZero() == t.set {
			return nil, "an instant is missing, or stands without an order"
		}
		if t.set {
			var ok bool
			if *t.out, ok = instantOf(t.at); !ok {
				return nil, "an instant is out of range"
			}
		}
	}
	if c.grain != NoPeriods {
		s.more.periods, reason = closeParts(a.Periods, c, func(name string) (int32, bool) {
			dayNo, ok := dayOf(name)
			return c.grain.period(dayNo), ok && c.grain.firstDay(c.grain.period(dayNo)) == dayNo
		})
	} else if len(a.Periods) > 0 {
		reason = "there are periods, and none are collected"
	}
	if reason != "" {
		return nil, reason
	}
	if c.category != "" {
		s.more.categories, reason = closeParts(a.Categories, c, func(name string) (string, bool) { return name, true })
	} else if len(a.Categories) > 0 {
		reason = "there are categories, and none are collected"
	}
	if reason == "" {
		reason = s.impossible(c, in.zone())
	}
	return s, reason
}

func (a *AccountState) closeLines(in *Summary) (s *state, reason string) {
	if len(a.Lines) == 0 || a.Totals != nil || len(a.Periods)+len(a.Categories) > 0 {
		return nil, "there must be lines and nothing else"
	}
	s = newState(&in.collect)
	var before lineKey
	for i, l := range a.Lines {
		at, ok := instantOf(l.Time)
		amount, okAmount := sumOfText(l.Amount)
		if !ok || l.Time.IsZero() || !okAmount {
			return nil, "the time or the amount of a line cannot be read"
		}
		e := entry{
			order: l.Order, product: l.Product, category: l.Category,
			amount: amount.Decimal(), at: at, dated: at, isReturn: l.Return,
		}
		k := e.key()
		if i > 0 && compareLines(before, k) >= 0 {
			return nil, "the lines are not in order"
		}
		before = k
		if reason = s.replay(e, l.Count, in); reason != "" {
			return nil, reason
		}
	}
	return s, ""
}

func closeParts[K int32 | string](list []PartState, c *collects, key func(name string) (K, bool)) (map[K]*totals, string) {
	parts := make(map[K]*totals, len(list))
	var before K
	for i := range list {
		k, ok := key(list[i].Name)
		if !ok || i > 0 && k <= before {
			return nil, "the periods or the categories are not in order"
		}
		before = k
		t := new(totals)
		if reason := list[i].Totals.close(t, c); reason != "" {
			return nil, reason
		}
		parts[k] = t
	}
	return parts, ""
}

func (t *TotalsState) close(out *totals, c *collects) (reason string) {
	if max(t.Lines, t.LooseOrders, t.LooseReturns) > maxCount || min(t.Lines, t.LooseOrders, t.LooseReturns) < 0 {
		return "a count is out of range"
	}
	out.lines, out.looseOrders, out.looseReturns = t.Lines, t.LooseOrders, t.LooseReturns
	before := ""
	for _, o := range t.Orders {
		var on uint8
		if o.Sale {
			on |= onSale
		}
		if o.Return {
			on |= onReturn
		}
		if o.ID <= before || on == 0 {
			return "the orders are not in order, or are of no kind"
		}
		before = o.ID
		out.named.mark(o.ID, on, owned)
	}
	var okGross, okReturns bool
	out.gross, okGross = sumOfText(t.Gross)
	out.returns, okReturns = sumOfText(t.Returns)
	if !okGross || !okReturns {
		return "a sum of money cannot be read"
	}
	if len(t.OrderDays) > 0 && !c.days {
		return "there are days, and none are collected"
	}
	last := firstDayNo - 1
	for _, text := range t.OrderDays {
		dayNo, ok := dayOf(text)
		if !ok || dayNo <= last {
			return "the days are not in order"
		}
		last = dayNo
		out.ordered(dayNo)
	}
	return ""
}

func sumOfText(text string) (s exact.Sum, ok bool) {
	const longest = 3 * exact.MaxPlaces
	if len(text) > longest {
		return s, false
	}
	d, err := decimal.NewFromString(text)
	return s, err == nil && s.Add(d)
}

func dayText(dayNo int32) string { return civil(dayNo).Format(time.DateOnly) }

func dayOf(text string) (int32, bool) {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, false
	}
	return int32(at.Unix() / daySeconds), true
}
