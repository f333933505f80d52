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
// some hundred thousand distinct histories, or fewer.
//
// It is a commutative monoid: whatever part of the accounts is counted where,
// [Counts.Merge] brings it together. The zero value is the empty table in weeks.
// It may be read, but not written, by several goroutines at once.
type Counts struct {
	unit  Unit
	rows  map[History]int64
	n     int64
	calls int // of Add, to name the row of a bad history
}

// NewCounts returns an empty table of histories whose times are in the unit.
func NewCounts(u Unit) *Counts { return &Counts{unit: u} }

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
	err := c.add(h, n)
	if err == nil {
		return nil
	}
	err.Row = c.calls
	return err
}

func (c *Counts) add(h History, n int64) *keyaccount.InputError {
	if err := h.problem(); err != nil {
		return err
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
	if c.rows == nil {
		c.rows = make(map[History]int64)
	}
	h.Recency += 0 // a negative zero becomes a plain one
	c.rows[h] += n
	c.n += n
	return nil
}

// Merge adds the other table, which is left unchanged. It fails, and changes
// nothing, when there is none ([keyaccount.ErrMissing]), when it is in another
// unit ([keyaccount.ErrMismatch]), or when the number of accounts is beyond the
// range of an int64.
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
	if c.rows == nil {
		c.rows = make(map[History]int64, len(other.rows))
	}
	n := other.n // read first: other may be c itself
	for h, k := range other.rows {
		c.rows[h] += k
	}
	c.n += n
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

// countedHistory is one row of the table, also in JSON.
type countedHistory struct {
	History
	N int64 `json:"n"`
}

func (c *Counts) sorted() []countedHistory {
	rows := make([]countedHistory, 0, c.Len())
	if c != nil {
		for h, n := range c.rows {
			rows = append(rows, countedHistory{h, n})
		}
	}
	slices.SortFunc(rows, func(a, b countedHistory) int { return compareHistories(a.History, b.History) })
	return rows
}
