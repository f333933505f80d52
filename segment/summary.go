package segment

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// SummaryOptions sets up a [Summary]. What costs memory is off by default.
type SummaryOptions struct {
	// Location is the calendar whose days are counted. Give a named zone or
	// UTC: [time.Local] is called "Local" on every machine, whatever it means
	// there. Defaults to UTC.
	Location *time.Location
	// Policy is how [Summary.Accounts] reads the state. What it needs (Lines
	// for MatchToOrder, OrderDays for OneOrderADay) is collected, asked for or
	// not. Defaults to the zero AccountPolicy.
	Policy AccountPolicy
	// Periods keeps orders and money of each account by calendar period.
	// Defaults to NoPeriods.
	Periods Grain
	// OrderDays keeps the days on which each account ordered, and from them
	// the gaps between purchases. Defaults to false.
	OrderDays bool
	// Categories keeps orders and money of each account by category. Defaults
	// to nil: none.
	Categories *CategoryOptions
	// Lines keeps every distinct line, so that lines can be taken back with
	// [Summary.Remove] and returns matched to their orders. It takes about 150
	// bytes a line. Defaults to false.
	Lines bool
}

// CategoryOptions says what a category is. The zero value means the product.
type CategoryOptions struct {
	// Name tells one kind of category from another: Summaries that name it
	// differently are not merged. Required with Of. Defaults to "product".
	Name string
	// Of returns the category of a line. It must always give the same answer
	// for the same line, and is called from several goroutines by
	// [Summary.AddAll]. An account's state grows with the number of its
	// categories, so let there be few. Defaults to Transaction.Product.
	Of func(tx keyaccount.Transaction) string
}

// ErrNotCollected is the kind of error that asks of a [Summary] what its
// [SummaryOptions] did not make it keep.
var ErrNotCollected = errors.New("segment: not collected")

// Summary folds transactions into one record per account. It is a commutative
// monoid: the same lines in any order, over any number of Summaries that are
// then merged, give the same [Summary.Accounts] and the same bytes.
//
// The zero Summary is empty, counts days in UTC, collects nothing beyond the
// light state and is ready to use. A Summary must not be used by several
// goroutines while one of them changes it: give each its own and
// [Summary.Merge] them, or let [Summary.AddAll] do it.
type Summary struct {
	location   *time.Location
	policy     AccountPolicy
	collect    collects
	categoryOf func(keyaccount.Transaction) string
	fault      error // what is wrong with the options; told by the first use

	currency string
	accounts map[string]*state
	names    interner
	rows     int // calls of Add on this value, to name the row of an error

	// The lines of an order usually come one after the other.
	lastID string
	last   *state
}

// NewSummary returns an empty Summary. Options outside their domain are
// refused by whatever first changes it, as a [*keyaccount.InputError].
func NewSummary(opts SummaryOptions) *Summary {
	s := &Summary{location: opts.Location, policy: opts.Policy}
	s.collect = collects{
		grain: opts.Periods,
		days:  opts.OrderDays || opts.Policy.Orders == OneOrderADay,
		lines: opts.Lines || opts.Policy.Returns == MatchToOrder,
	}
	var unnamed error
	if c := opts.Categories; c != nil {
		s.categoryOf = c.Of
		switch {
		case c.Name != "":
			s.collect.category = strings.Clone(c.Name)
		case c.Of == nil:
			s.collect.category = "product"
		default:
			unnamed = &keyaccount.InputError{
				Kind: keyaccount.ErrMissing, Field: "Categories.Name", Reason: "categories of one's own need a name",
			}
		}
	}
	s.fault = errors.Join(opts.Policy.Validate(), knownEnum(opts.Periods, grainNames[:], "Periods"), unnamed)
	return s
}

// empty returns a Summary with the same options and nothing in it.
func (s *Summary) empty() *Summary {
	return &Summary{
		location: s.location, policy: s.policy, collect: s.collect, categoryOf: s.categoryOf, fault: s.fault,
	}
}

// Add folds in one line. A line that cannot be used is refused as a
// [*keyaccount.InputError] and leaves the Summary unchanged; its Row counts
// the calls of Add on this Summary, refused ones too. The kinds are
// [keyaccount.ErrMissing] (no account or time), [keyaccount.ErrMixedCurrency]
// (not the currency of the lines before) and [keyaccount.ErrOutOfRange] (a
// year outside 1 to 9998, more than 4096 decimal places or a power of ten
// above that).
func (s *Summary) Add(tx keyaccount.Transaction) error {
	s.rows++
	at, err := s.check(&tx, s.rows)
	if err != nil {
		return err
	}
	st := s.find(tx.Account)
	fresh := st == nil
	if fresh {
		st = newState(&s.collect)
	}
	if s.names == nil && st.more != nil {
		s.names = make(interner)
	}
	if !s.fold(st, &tx, at, s.names) {
		return unsummable(&tx, s.rows)
	}
	if fresh {
		if len(s.accounts) == 0 {
			s.currency = strings.Clone(tx.Currency)
		}
		// Cloned, because a reader's field often pins its whole buffer.
		s.insert(strings.Clone(tx.Account), st)
	}
	return nil
}

// check refuses a line that cannot be used, but for its amount.
func (s *Summary) check(tx *keyaccount.Transaction, row int) (instant, error) {
	if s.fault != nil {
		return instant{}, s.fault
	}
	if len(s.accounts) > 0 && tx.Currency != s.currency {
		return instant{}, mixedCurrency(row, tx.Currency, s.currency)
	}
	return checkLine(tx, row)
}

func checkLine(tx *keyaccount.Transaction, row int) (instant, error) {
	if tx.Account == "" || tx.Time.IsZero() {
		return instant{}, atRow(tx.Validate(), row)
	}
	at, ok := instantOf(tx.Time)
	if !ok {
		return at, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Time", Row: row,
			Value: "year " + strconv.Itoa(tx.Time.UTC().Year()), Reason: "the year must lie between 1 and 9998",
		}
	}
	return at, nil
}

// fold adds a checked line to its account's state, and reports false when the
// amount cannot be summed.
func (s *Summary) fold(st *state, tx *keyaccount.Transaction, at instant, names interner) bool {
	if st.more == nil {
		return st.add(tx, at)
	}
	return st.book(s.entry(st, tx, at, names), 1, &s.collect, s.zone())
}

// entry takes over what the state has to keep of a line.
func (s *Summary) entry(st *state, tx *keyaccount.Transaction, at instant, names interner) entry {
	e := entry{order: st.named.own(tx.Order), amount: tx.Amount, at: at, dated: at, isReturn: tx.IsReturn()}
	if s.collect.lines {
		e.product = names.own(tx.Product)
	}
	if s.collect.category != "" {
		if s.categoryOf == nil {
			e.category = names.own(tx.Product)
		} else {
			e.category = names.own(s.categoryOf(*tx))
		}
	}
	return e
}

// Merge folds in all that other has seen; other stays unchanged. It refuses,
// as a [*keyaccount.InputError] that leaves both unchanged, a Summary with
// another Location name or that collects something else
// ([keyaccount.ErrMismatch]), another currency ([keyaccount.ErrMixedCurrency]),
// or none at all ([keyaccount.ErrMissing]). The Policy is how a state is read
// and may differ. The empty Summary of the same options changes nothing.
func (s *Summary) Merge(other *Summary) error {
	if err := s.fits(other); err != nil {
		return err
	}
	if len(other.accounts) == 0 {
		return nil
	}
	if len(s.accounts) == 0 {
		s.currency = other.currency
	} else if other.currency != s.currency {
		return mixedCurrency(0, other.currency, s.currency)
	}
	for id, theirs := range other.accounts {
		mine := s.find(id)
		if mine == nil {
			mine = newState(&s.collect)
			s.insert(id, mine)
		}
		mine.merge(theirs)
	}
	return nil
}

func (s *Summary) fits(other *Summary) error {
	switch {
	case other == nil:
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "other", Reason: "there is no summary to merge"}
	case s.fault != nil:
		return s.fault
	case other.fault != nil:
		return other.fault
	}
	if err := s.sameLocation(other.zone().String()); err != nil {
		return err
	}
	return s.collect.same(&other.collect)
}

// same refuses what was collected otherwise, and names the option.
func (c *collects) same(o *collects) error {
	mismatch := func(field, value, own string) error {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: field, Value: value, Reason: "this summary was set up with " + strconv.Quote(own),
		}
	}
	switch {
	case o.grain != c.grain:
		return mismatch("Periods", o.grain.String(), c.grain.String())
	case o.days != c.days:
		return mismatch("OrderDays", strconv.FormatBool(o.days), strconv.FormatBool(c.days))
	case o.category != c.category:
		return mismatch("Categories", o.category, c.category)
	case o.lines != c.lines:
		return mismatch("Lines", strconv.FormatBool(o.lines), strconv.FormatBool(c.lines))
	}
	return nil
}

// Currency returns the currency of all amounts; empty while nothing was added,
// and where the host has only one.
func (s *Summary) Currency() string { return s.currency }

// Len returns the number of accounts.
func (s *Summary) Len() int { return len(s.accounts) }

func (s *Summary) zone() *time.Location {
	if s.location == nil {
		return time.UTC
	}
	return s.location
}

func (s *Summary) find(id string) *state {
	if s.last != nil && s.lastID == id {
		return s.last
	}
	st := s.accounts[id]
	if st != nil {
		s.lastID, s.last = id, st
	}
	return st
}

func (s *Summary) insert(id string, st *state) {
	if s.accounts == nil {
		s.accounts = make(map[string]*state)
	}
	s.accounts[id] = st
	s.lastID, s.last = id, st
}

func (s *Summary) ids() []string {
	ids := make([]string, 0, len(s.accounts))
	for id := range s.accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (s *Summary) sameLocation(name string) error {
	if own := s.zone().String(); name != own {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "Location", Value: name,
			Reason: "this summary counts its days in " + own,
		}
	}
	return nil
}

func mixedCurrency(row int, got, want string) error {
	reason := "the amounts so far are in " + strconv.Quote(want) + "; convert them first"
	switch {
	case got == "":
		reason = "it is missing, and the amounts so far are in " + strconv.Quote(want)
	case want == "":
		reason = "the amounts so far have no currency; give all of them one, or none"
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMixedCurrency, Field: "Currency", Row: row, Value: got, Reason: reason,
	}
}

func unsummable(tx *keyaccount.Transaction, row int) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Amount", Row: row,
		Value: exact.Text(tx.Amount), Reason: "too many decimal places, or too high a power of ten, to be money",
	}
}

// atRow names the row of an error that was found without knowing it.
func atRow(err error, row int) error {
	var in *keyaccount.InputError
	if !errors.As(err, &in) {
		return err
	}
	named := *in
	named.Row = row
	return &named
}
