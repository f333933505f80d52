package clv

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// ContractCounts is the table [ContractHistory] -> number of contracts: all
// that a fit of a contract model needs, whatever cohorts they come from.
//
// It is a commutative monoid: whatever part of the contracts is counted where,
// [ContractCounts.Merge] brings it together. The zero value is the empty table
// of contracts that are renewed every year. It may be read, but not written, by
// several goroutines at once.
type ContractCounts struct {
	months int
	rows   map[ContractHistory]int64
	n      int64
	calls  int // of Add, to name the row of a bad history
}

// NewContractCounts returns an empty table of contracts with so many months
// from one renewal to the next; 0 stands for 12.
func NewContractCounts(months int) *ContractCounts { return &ContractCounts{months: months} }

// ContractsFromSurvivors returns the table of one cohort of which so many were
// under contract at first, after the first renewal, after the second, and so
// on; 0 months stand for 12. Those that are left at the end are still under
// contract. It refuses an empty list, a number that is negative or above the one
// before, and one that starts with nobody, as an [*keyaccount.InputError] whose
// Row counts from 1.
func ContractsFromSurvivors(months int, survivors []int64) (*ContractCounts, error) {
	if len(survivors) == 0 {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "survivors", Reason: "a cohort has a beginning"}
	}
	table := NewContractCounts(months)
	for i, n := range survivors {
		switch {
		case n < 0, i == 0 && n == 0:
			return nil, atRow(badHistory("survivors", strconv.FormatInt(n, 10), "a cohort has one contract or more, and is never negative"), i+1)
		case i > 0 && n > survivors[i-1]:
			return nil, atRow(badHistory("survivors", strconv.FormatInt(n, 10), "there are more than before"), i+1)
		case i > 0 && n < survivors[i-1]:
			if err := table.Add(ContractHistory{Renewals: i - 1, Lost: true}, survivors[i-1]-n); err != nil {
				return nil, atRow(err, i+1)
			}
		}
	}
	last := len(survivors) - 1
	if n := survivors[last]; n > 0 && last > 0 {
		if err := table.Add(ContractHistory{Renewals: last}, n); err != nil {
			return nil, atRow(err, last+1)
		}
	}
	return table, nil
}

// Interval returns the number of months from one renewal to the next.
func (c *ContractCounts) Interval() int {
	if c == nil {
		return yearly
	}
	return interval(c.months)
}

// Add counts n contracts with the history h. It refuses what
// [ContractHistory.Validate] refuses, a contract that never came to a renewal (a
// fit learns nothing from it), an n below 1 and an interval of the table
// outside 0 to 1200 months, as an [*keyaccount.InputError] whose Row is the
// number of the call, and leaves the table unchanged.
func (c *ContractCounts) Add(h ContractHistory, n int64) error {
	c.calls++
	err := c.add(h, n)
	if err == nil {
		return nil
	}
	err.Row = c.calls
	return err
}

func (c *ContractCounts) add(h ContractHistory, n int64) *keyaccount.InputError {
	if err := cmp.Or(checkMonths(c.months), h.problem()); err != nil {
		return err
	}
	if h == (ContractHistory{}) {
		return badHistory("Renewals", "0", "a contract before its first renewal tells a fit nothing; leave it out")
	}
	if n < 1 {
		return badHistory("n", strconv.FormatInt(n, 10), "a history is counted once or more")
	}
	if n > math.MaxInt64-c.n {
		return badHistory("n", strconv.FormatInt(n, 10), "the number of contracts is beyond the range of an int64")
	}
	if c.rows == nil {
		c.rows = make(map[ContractHistory]int64)
	}
	c.rows[h] += n
	c.n += n
	return nil
}

// Merge adds the other table, which is left unchanged. It fails, and changes
// nothing, when there is none ([keyaccount.ErrMissing]), when it has another
// interval ([keyaccount.ErrMismatch]), or when the number of contracts is
// beyond the range of an int64.
func (c *ContractCounts) Merge(other *ContractCounts) error {
	if other == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "other", Reason: "there is no table to merge"}
	}
	if other.Interval() != c.Interval() {
		return intervalMismatch(other.Interval(), c.Interval())
	}
	if other.n > math.MaxInt64-c.n {
		return badHistory("n", strconv.FormatInt(other.n, 10), "the number of contracts is beyond the range of an int64")
	}
	if c.rows == nil {
		c.rows = make(map[ContractHistory]int64, len(other.rows))
	}
	n := other.n // read first: other may be c itself
	for h, k := range other.rows {
		c.rows[h] += k
	}
	c.n += n
	return nil
}

func intervalMismatch(got, want int) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMismatch, Field: "Months", Value: strconv.Itoa(got),
		Reason: "here contracts are renewed every " + strconv.Itoa(want) + " months",
	}
}

// Len returns the number of distinct histories.
func (c *ContractCounts) Len() int {
	if c == nil {
		return 0
	}
	return len(c.rows)
}

// N returns the number of contracts.
func (c *ContractCounts) N() int64 {
	if c == nil {
		return 0
	}
	return c.n
}

// All yields every distinct history with its number of contracts, ordered by
// Renewals, those still under contract first.
func (c *ContractCounts) All() iter.Seq2[ContractHistory, int64] {
	return func(yield func(ContractHistory, int64) bool) {
		for _, row := range c.sorted() {
			if !yield(row.ContractHistory, row.N) {
				return
			}
		}
	}
}

// countedContract is one row of the table, also in JSON.
type countedContract struct {
	ContractHistory
	N int64 `json:"n"`
}

func (c *ContractCounts) sorted() []countedContract {
	rows := make([]countedContract, 0, c.Len())
	if c != nil {
		for h, n := range c.rows {
			rows = append(rows, countedContract{h, n})
		}
	}
	slices.SortFunc(rows, func(a, b countedContract) int {
		return cmp.Compare(contractOrder(a.ContractHistory), contractOrder(b.ContractHistory))
	})
	return rows
}

// contractOrder numbers histories as the table sorts them.
func contractOrder(h ContractHistory) int64 {
	if h.Lost {
		return 2*int64(h.Renewals) + 1
	}
	return 2 * int64(h.Renewals)
}
