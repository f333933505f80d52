package segment

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// CohortOptions sets up [Cohorts].
type CohortOptions struct {
	// Location is the calendar whose months are counted; see
	// [SummaryOptions]. Defaults to UTC.
	Location *time.Location
}

// Cohorts folds transactions into the months in which each account bought, so
// that accounts can be grouped by the month of their first purchase and
// followed from there. A purchase is a line that is no return
// ([keyaccount.Transaction.IsReturn]); a return takes its amount off the month
// in which it happens, and makes nobody active.
//
// Like a [Summary] it is a commutative monoid, ready to use as a zero value,
// and not for several goroutines at once.
type Cohorts struct {
	location *time.Location
	currency string
	accounts map[string]*cohortState
	rows     int

	lastID string // the lines of an order usually come one after the other
	last   *cohortState
	span   monthSpan
}

// cohortState is an account's months, ascending.
type cohortState struct{ months []cohortMonth }

type cohortMonth struct {
	month  int32 // 12 * year + month - 1
	bought bool
	net    exact.Sum
}

// NewCohorts returns an empty accumulator.
func NewCohorts(opts CohortOptions) *Cohorts {
	return &Cohorts{location: opts.Location}
}

// Add folds in one line. It refuses what [Summary.Add] refuses, in the same
// way, and then stays unchanged.
func (c *Cohorts) Add(tx keyaccount.Transaction) error {
	c.rows++
	if err := tx.Validate(); err != nil {
		return atRow(err, c.rows)
	}
	at, ok := instantOf(tx.Time)
	if !ok {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Time", Row: c.rows,
			Value: "year " + strconv.Itoa(tx.Time.UTC().Year()), Reason: "the year must lie between 1 and 9998",
		}
	}
	if len(c.accounts) > 0 && tx.Currency != c.currency {
		return mixedCurrency(c.rows, tx.Currency, c.currency)
	}
	if !exact.InRange(tx.Amount) {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Amount", Row: c.rows,
			Value: exact.Text(tx.Amount), Reason: "too many decimal places, or too high a power of ten, to be money",
		}
	}
	if len(c.accounts) == 0 {
		c.currency = strings.Clone(tx.Currency)
	}
	st := c.find(tx.Account)
	if st == nil {
		st = c.insert(strings.Clone(tx.Account))
	}
	m := st.month(c.span.month(at.sec, c.zone()))
	m.bought = m.bought || !tx.IsReturn()
	m.net.Add(tx.Amount) // in range, see above
	return nil
}

// Merge folds in all that other has seen; other stays unchanged. It refuses
// what [Summary.Merge] refuses, in the same way.
func (c *Cohorts) Merge(other *Cohorts) error {
	if other == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "other", Reason: "there are no cohorts to merge"}
	}
	if err := c.sameLocation(other.zone().String()); err != nil {
		return err
	}
	if len(other.accounts) == 0 {
		return nil
	}
	if len(c.accounts) == 0 {
		c.currency = other.currency
	} else if other.currency != c.currency {
		return mixedCurrency(0, other.currency, c.currency)
	}
	for id, theirs := range other.accounts {
		mine := c.find(id)
		if mine == nil {
			mine = c.insert(id)
		}
		// By index: an accumulator may be merged with itself.
		for i := range theirs.months {
			from := theirs.months[i]
			m := mine.month(from.month)
			m.bought = m.bought || from.bought
			m.net.Merge(from.net)
		}
	}
	return nil
}

// Len returns the number of accounts.
func (c *Cohorts) Len() int { return len(c.accounts) }

// Currency returns the currency of all amounts; empty while nothing was added,
// and where the host has only one.
func (c *Cohorts) Currency() string { return c.currency }

func (c *Cohorts) zone() *time.Location {
	if c.location == nil {
		return time.UTC
	}
	return c.location
}

func (c *Cohorts) sameLocation(name string) error {
	if own := c.zone().String(); name != own {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "Location", Value: name,
			Reason: "these cohorts count their months in " + own,
		}
	}
	return nil
}

func (c *Cohorts) find(id string) *cohortState {
	if c.last != nil && c.lastID == id {
		return c.last
	}
	st := c.accounts[id]
	if st != nil {
		c.lastID, c.last = id, st
	}
	return st
}

func (c *Cohorts) insert(id string) *cohortState {
	if c.accounts == nil {
		c.accounts = make(map[string]*cohortState)
	}
	st := new(cohortState)
	c.accounts[id] = st
	c.lastID, c.last = id, st
	return st
}

// month returns the entry of a month, which it makes where there is none.
// Lines mostly come in order of time: the end is looked at first.
func (s *cohortState) month(month int32) *cohortMonth {
	n := len(s.months)
	if n > 0 && s.months[n-1].month == month {
		return &s.months[n-1]
	}
	if n == 0 || s.months[n-1].month < month {
		s.months = append(s.months, cohortMonth{month: month})
		return &s.months[n]
	}
	i, found := slices.BinarySearchFunc(s.months, month, func(m cohortMonth, x int32) int { return int(m.month) - int(x) })
	if !found {
		s.months = slices.Insert(s.months, i, cohortMonth{month: month})
	}
	return &s.months[i]
}

// first returns the month of the first purchase.
func (s *cohortState) first() (int32, bool) {
	for i := range s.months {
		if s.months[i].bought {
			return s.months[i].month, true
		}
	}
	return 0, false
}

// monthSpan remembers the month of the line before: reading a calendar costs
// more than the rest of [Cohorts.Add].
type monthSpan struct {
	from, to int64
	index    int32
}

// safetyMargin keeps away from the ends of the month: clocks that are turned
// at midnight, and zones that cross the date line, make them occur twice.
const safetyMargin = 2 * 24 * 60 * 60

func (s *monthSpan) month(sec int64, zone *time.Location) int32 {
	if s.from <= sec && sec < s.to {
		return s.index
	}
	y, m, _ := time.Unix(sec, 0).In(zone).Date()
	s.index = monthIndex(y, m)
	s.from = time.Date(y, m, 1, 0, 0, 0, 0, zone).Unix() + safetyMargin
	s.to = time.Date(y, m+1, 1, 0, 0, 0, 0, zone).Unix() - safetyMargin
	return s.index
}

func monthIndex(y int, m time.Month) int32 { return int32(12*y + int(m) - 1) }
