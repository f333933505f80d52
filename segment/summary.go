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

// SummaryOptions sets up a [Summary].
type SummaryOptions struct {
	// Location is the calendar whose days are counted. Give a named zone or
	// UTC: [time.Local] is called "Local" on every machine, whatever it means
	// there. Defaults to UTC.
	Location *time.Location
}

// Summary folds transactions into one record per account. It is a commutative
// monoid: the same lines in any order, over any number of Summaries that are
// then merged, give the same [Summary.Accounts] and the same bytes.
//
// The zero Summary is empty, counts days in UTC and is ready to use. A Summary
// must not be used by several goroutines while one of them adds or merges:
// give each its own and [Summary.Merge] them.
type Summary struct {
	location *time.Location
	currency string
	accounts map[string]*state
	rows     int // calls of Add on this value, to name the row of an error

	// The lines of an order usually come one after the other.
	lastID string
	last   *state
}

// NewSummary returns an empty Summary.
func NewSummary(opts SummaryOptions) *Summary {
	return &Summary{location: opts.Location}
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
	if err := tx.Validate(); err != nil {
		return atRow(err, s.rows)
	}
	at, ok := instantOf(tx.Time)
	if !ok {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Time", Row: s.rows,
			Value: "year " + strconv.Itoa(tx.Time.UTC().Year()), Reason: "the year must lie between 1 and 9998",
		}
	}
	if len(s.accounts) > 0 && tx.Currency != s.currency {
		return mixedCurrency(s.rows, tx.Currency, s.currency)
	}

	st := s.find(tx.Account)
	fresh := st == nil
	if fresh {
		st = new(state)
	}
	if !st.add(tx, at) {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Amount", Row: s.rows,
			Value: exact.Text(tx.Amount), Reason: "too many decimal places, or too high a power of ten, to be money",
		}
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

// Merge folds in all that other has seen; other stays unchanged. It refuses,
// as a [*keyaccount.InputError] that leaves both unchanged, a Summary with
// another Location name ([keyaccount.ErrMismatch]), another currency
// ([keyaccount.ErrMixedCurrency]), or none at all ([keyaccount.ErrMissing]).
// The empty Summary of the same Location changes nothing.
func (s *Summary) Merge(other *Summary) error {
	if other == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "other", Reason: "there is no summary to merge"}
	}
	if err := s.sameLocation(other.zone().String()); err != nil {
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
			mine = new(state)
			s.insert(id, mine)
		}
		mine.merge(theirs)
	}
	return nil
}

// Accounts returns every account as it stands at asOf, sorted by ID. Every
// line that was added counts, also one after asOf: which lines to add is the
// host's decision, and [FitRFM] refuses accounts that ordered after asOf.
func (s *Summary) Accounts(asOf time.Time) []Account {
	zone := s.zone()
	asOf = asOf.In(zone)
	today := dayNumber(asOf)
	out := make([]Account, 0, len(s.accounts))
	for _, id := range s.ids() {
		a := s.accounts[id].account(zone, today)
		a.ID, a.Currency, a.AsOf = id, s.currency, asOf
		out = append(out, a)
	}
	return out
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
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMixedCurrency, Field: "Currency", Row: row, Value: got,
		Reason: "the amounts so far are in " + strconv.Quote(want) + "; convert them first",
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
