package clv

import (
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// DiscreteCounts is the table (x, t_x, n) -> number of accounts with that
// history, of accounts whose opportunities are equally spaced: what [FitBGBB]
// takes. It is to [DiscreteHistory] what [Counts] is to [History], a commutative
// monoid whose zero value is the empty table. It may be read, but not written,
// by several goroutines at once.
type DiscreteCounts struct {
	rows  map[DiscreteHistory]int64
	n     int64
	calls int // of Add, to name the row of a bad history
}

// Add counts n accounts with the history h. It refuses what
// [DiscreteHistory.Validate] refuses, a history without an opportunity (a fit
// learns nothing from it) and an n below 1, as an [*keyaccount.InputError] whose
// Row is the number of the call, and leaves the table unchanged.
func (c *DiscreteCounts) Add(h DiscreteHistory, n int64) error {
	c.calls++
	if err := h.problem(); err != nil {
		err.Row = c.calls
		return err
	}
	var err *keyaccount.InputError
	switch {
	case h.Opportunities == 0:
		err = badDiscrete("Opportunities", 0, "an account without an opportunity tells a fit nothing; leave it out")
	case n < 1:
		err = badDiscrete("n", n, "a history is counted once or more")
	case n > math.MaxInt64-c.n:
		err = badDiscrete("n", n, "the number of accounts is beyond the range of an int64")
	default:
		if c.rows == nil {
			c.rows = make(map[DiscreteHistory]int64)
		}
		c.rows[h] += n
		c.n += n
		return nil
	}
	err.Row = c.calls
	return err
}

func badDiscrete(field string, value int64, reason string) *keyaccount.InputError {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: field, Value: strconv.FormatInt(value, 10), Reason: reason,
	}
}

// Merge adds the other table, which is left unchanged. It fails, and changes
// nothing, when there is none ([keyaccount.ErrMissing]), or when the number of
// accounts is beyond the range of an int64.
func (c *DiscreteCounts) Merge(other *DiscreteCounts) error {
	if other == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "other", Reason: "there is no table to merge"}
	}
	if other.n > math.MaxInt64-c.n {
		return badDiscrete("n", other.n, "the number of accounts is beyond the range of an int64")
	}
	if c.rows == nil {
		c.rows = make(map[DiscreteHistory]int64, len(other.rows))
	}
	n := other.n // read first: other may be c itself
	for h, k := range other.rows {
		c.rows[h] += k
	}
	c.n += n
	return nil
}

// Len returns the number of distinct histories.
func (c *DiscreteCounts) Len() int {
	if c == nil {
		return 0
	}
	return len(c.rows)
}

// N returns the number of accounts.
func (c *DiscreteCounts) N() int64 {
	if c == nil {
		return 0
	}
	return c.n
}

// All yields every distinct history with its number of accounts, ordered by
// Frequency, then Recency, then Opportunities.
func (c *DiscreteCounts) All() iter.Seq2[DiscreteHistory, int64] {
	return func(yield func(DiscreteHistory, int64) bool) {
		for _, row := range c.sorted() {
			if !yield(row.DiscreteHistory, row.N) {
				return
			}
		}
	}
}

// countedDiscrete is one row of the table, also in JSON.
type countedDiscrete struct {
	DiscreteHistory
	N int64 `json:"n"`
}

func (c *DiscreteCounts) sorted() []countedDiscrete {
	rows := make([]countedDiscrete, 0, c.Len())
	if c != nil {
		for h, n := range c.rows {
			rows = append(rows, countedDiscrete{h, n})
		}
	}
	slices.SortFunc(rows, func(a, b countedDiscrete) int { return compareDiscrete(a.DiscreteHistory, b.DiscreteHistory) })
	return rows
}
