package clv

import (
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// SpendCounts is the table [SpendHistory] -> number of accounts with it: what
// the fit of a spend model needs. Accounts whose amounts are not known at all
// (Orders 0) stay outside.
//
// It is a commutative monoid: whatever part of the accounts is counted where,
// [SpendCounts.Merge] brings it together. The zero value is the empty table in
// the host's only currency. It may be read, but not written, by several
// goroutines at once.
type SpendCounts struct {
	currency string
	rows     map[SpendHistory]int64
	n        int64
	calls    int // of Add, to name the row of a bad history
}

// NewSpendCounts returns an empty table of amounts in a currency: an ISO 4217
// code, or empty where the host has only one.
func NewSpendCounts(currency string) *SpendCounts { return &SpendCounts{currency: currency} }

// Currency returns the currency of all amounts in the table.
func (c *SpendCounts) Currency() string {
	if c == nil {
		return ""
	}
	return c.currency
}

// Add counts n accounts with the history s. It refuses what
// [SpendHistory.Validate] refuses, a history without an order and an n below
// 1, as an [*keyaccount.InputError] whose Row is the number of the call, and
// leaves the table unchanged.
func (c *SpendCounts) Add(s SpendHistory, n int64) error {
	c.calls++
	err := c.add(s, n)
	if err == nil {
		return nil
	}
	err.Row = c.calls
	return err
}

func (c *SpendCounts) add(s SpendHistory, n int64) *keyaccount.InputError {
	if err := s.problem(); err != nil {
		return err
	}
	if s.Orders == 0 {
		return badHistory("Orders", "0", "an account without an amount tells a fit nothing; leave it out")
	}
	if n < 1 {
		return badHistory("n", strconv.FormatInt(n, 10), "a history is counted once or more")
	}
	if n > math.MaxInt64-c.n {
		return badHistory("n", strconv.FormatInt(n, 10), "the number of accounts is beyond the range of an int64")
	}
	if c.rows == nil {
		c.rows = make(map[SpendHistory]int64)
	}
	c.rows[s.explicit()] += n
	c.n += n
	return nil
}

// Merge adds the other table, which is left unchanged. It fails, and changes
// nothing, when there is none ([keyaccount.ErrMissing]), when it is in another
// currency ([keyaccount.ErrMixedCurrency]), or when the number of accounts is
// beyond the range of an int64.
func (c *SpendCounts) Merge(other *SpendCounts) error {
	if other == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "other", Reason: "there is no table to merge"}
	}
	if other.currency != c.currency {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMixedCurrency, Field: "Currency", Value: other.currency,
			Reason: "here amounts are in " + strconv.Quote(c.currency),
		}
	}
	if other.n > math.MaxInt64-c.n {
		return badHistory("n", strconv.FormatInt(other.n, 10), "the number of accounts is beyond the range of an int64")
	}
	if c.rows == nil {
		c.rows = make(map[SpendHistory]int64, len(other.rows))
	}
	n := other.n // read first: other may be c itself
	for s, k := range other.rows {
		c.rows[s] += k
	}
	c.n += n
	return nil
}

// Len returns the number of distinct histories.
func (c *SpendCounts) Len() int {
	if c == nil {
		return 0
	}
	return len(c.rows)
}

// N returns the number of accounts.
func (c *SpendCounts) N() int64 {
	if c == nil {
		return 0
	}
	return c.n
}

// All yields every distinct history with its number of accounts, ordered by
// Orders, then Mean, then the other fields. Of single orders it says all that
// their mean implies.
func (c *SpendCounts) All() iter.Seq2[SpendHistory, int64] {
	return func(yield func(SpendHistory, int64) bool) {
		for _, row := range c.sorted() {
			if !yield(row.SpendHistory, row.N) {
				return
			}
		}
	}
}

// countedSpend is one row of the table, also in JSON.
type countedSpend struct {
	SpendHistory
	N int64 `json:"n"`
}

func (c *SpendCounts) sorted() []countedSpend {
	rows := make([]countedSpend, 0, c.Len())
	if c != nil {
		for s, n := range c.rows {
			rows = append(rows, countedSpend{s, n})
		}
	}
	slices.SortFunc(rows, func(a, b countedSpend) int { return compareSpends(a.SpendHistory, b.SpendHistory) })
	return rows
}
