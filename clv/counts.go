package clv

import (
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// Counts is the table (x, t_x, T) -> number of accounts with that history:
// all that a fit needs, and small, as days are whole: a million accounts have
// some hundred thousand distinct histories, or fewer. Beside it stands one
// number, the sum of the logs of the times between orders, which compares
// models of the rhythm of orders.
//
// It is a commutative monoid: whatever part of the accounts is counted where,
// [Counts.Merge] brings it together. The zero value is the empty table in weeks.
// It may be read, but not written, by several goroutines at once.
type Counts struct {
	unit    Unit
	rows    []CountedHistory
	ordered bool // rows stand in the order of All
	index   rowIndex
	n       int64
	repeats int64 // accounts with a repeat purchase
	gaps    logGaps
	calls   int // of Add, to name the row of a bad history
}

// CountedHistory is one row of a [Counts]: a history, and how many accounts
// have it.
type CountedHistory struct {
	History
	N int64 `json:"n"`
}

// NewCounts returns an empty table of histories whose times are in the unit.
func NewCounts(u Unit) *Counts { return &Counts{unit: u} }

// CountRows returns the table of rows that were summarised elsewhere, by a
// query or another tool: one for each account with an N of 1, or counted
// already; a history may stand in several. It refuses what [Counts.Add]
// refuses; Row is that of the slice, from 1.
func CountRows(u Unit, rows []CountedHistory) (*Counts, error) {
	c := NewCounts(u)
	if err := u.Validate(); err != nil {
		return nil, err
	}
	for from := 0; from < len(rows); from += countAhead {
		batch := rows[from:min(from+countAhead, len(rows))]
		c.index.fetch(batch, c.rows)
		for i, row := range batch {
			if err := c.add(row.History, row.N); err != nil {
				err.Row = from + i + 1
				return nil, err
			}
		}
	}
	c.order()
	return c, nil
}

// Unit returns the unit of all times in the table.
func (c *Counts) Unit() Unit {
	if c == nil {
		return Week
	}
	return c.unit
}

// Add counts n accounts with the history h. It refuses what
// [History.Validate] refuses, an age of 0 (a fit learns nothing from it) and
// an n below 1, as an [*keyaccount.InputError] whose Row is the number of the
// call, and leaves the table unchanged.
func (c *Counts) Add(h History, n int64) error {
	c.calls++
	return c.rowed(c.add(h, n))
}

// AddRhythm counts one account as [Counts.Add] does, with the sum of the
// natural logs of the times between its orders, in the table's unit. It also
// refuses a sum that is not finite, one that no x times adding up to t_x can
// have (it is at most x ln(t_x/x)), and one other than 0 without a repeat
// purchase.
func (c *Counts) AddRhythm(h History, sum float64) error {
	c.calls++
	return c.rowed(c.addRhythm(h, sum))
}

func (c *Counts) addRhythm(h History, sum float64) *keyaccount.InputError {
	if err := checkLogGaps(h, sum); err != nil {
		return err
	}
	gaps, fault := c.gaps.with(h, sum)
	if fault != nil {
		return fault
	}
	if err := c.add(h, 1); err != nil {
		return err
	}
	c.gaps = gaps
	return nil
}

func (c *Counts) rowed(err *keyaccount.InputError) error {
	if err == nil {
		return nil
	}
	err.Row = c.calls
	return err
}

func (c *Counts) add(h History, n int64) *keyaccount.InputError {
	if !h.usable() {
		return h.problem()
	}
	if h.Age == 0 {
		return badHistory("Age", "0", "an account of age 0 tells a fit nothing; leave it out")
	}
	if n < 1 {
		return badHistory("n", strconv.FormatInt(n, 10), "a history is counted once or more")
	}
	if n > math.MaxInt64-c.n {
		return badHistory("n", strconv.FormatInt(n, 10), "the number of accounts is beyond the range of an int64")
	}
	h.Recency += 0 // a negative zero becomes a plain one
	row := c.row(h)
	row.N += n
	c.n += n
	if h.Frequency > 0 {
		c.repeats += n
	}
	return nil
}

// Merge adds the other table, which is left unchanged. It fails, and changes
// nothing, when there is none ([keyaccount.ErrMissing]), when it is in another
// unit ([keyaccount.ErrMismatch]), or when a sum is beyond its range
// ([keyaccount.ErrOutOfRange]).
func (c *Counts) Merge(other *Counts) error {
	if other == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "other", Reason: "there is no table to merge"}
	}
	if other.unit != c.unit {
		return unitMismatch(other.unit, c.unit)
	}
	if other.n > math.MaxInt64-c.n {
		return badHistory("n", strconv.FormatInt(other.n, 10), "the number of accounts is beyond the range of an int64")
	}
	gaps, ok := c.gaps.plus(other.gaps)
	if !ok {
		return badLogGaps(other.gaps.float(), "the sum over all accounts is out of range")
	}
	n, repeats := other.n, other.repeats // read first: other may be c itself
	for _, row := range other.rows {
		c.row(row.History).N += row.N
	}
	c.n += n
	c.repeats += repeats
	c.gaps = gaps
	return nil
}

// Len returns the number of distinct histories.
func (c *Counts) Len() int {
	if c == nil {
		return 0
	}
	return len(c.rows)
}

// N returns the number of accounts.
func (c *Counts) N() int64 {
	if c == nil {
		return 0
	}
	return c.n
}

// LogGaps returns the sum, over all accounts, of the natural logs of the times
// between their orders. It is exact to 2^-64 for each account, whatever the
// order in which they came. ok is false where it is not known: some account
// with a repeat purchase was counted by [Counts.Add] or [CountRows].
func (c *Counts) LogGaps() (sum float64, ok bool) {
	if c == nil {
		return 0, true
	}
	if c.gaps.accounts != c.repeats {
		return 0, false
	}
	return c.gaps.float(), true
}

// All yields every distinct history with its number of accounts, ordered by
// Frequency, then Recency, then Age.
func (c *Counts) All() iter.Seq2[History, int64] {
	return func(yield func(History, int64) bool) {
		for _, row := range c.sorted() {
			if !yield(row.History, row.N) {
				return
			}
		}
	}
}

// sorted returns the rows in the order of All, for reading only.
func (c *Counts) sorted() []CountedHistory {
	if c == nil {
		return nil
	}
	if c.ordered {
		return c.rows
	}
	rows := slices.Clone(c.rows)
	sortRows(rows)
	return rows
}

// order puts the rows into the order of All for good, where many are known to
// have come.
func (c *Counts) order() {
	sortRows(c.rows)
	c.ordered, c.index = true, rowIndex{}
}

func sortRows(rows []CountedHistory) {
	slices.SortFunc(rows, func(a, b CountedHistory) int { return compareHistories(a.History, b.History) })
}
