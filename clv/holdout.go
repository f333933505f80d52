package clv

import (
	"errors"
	"time"

	"github.com/keyaccount/keyaccount"
)

// Split lays a calibration period, and after it a hold-out period, over the
// days of a [Calibration]. A day is never cut in two: an instant stands for its
// whole day in the Location, and the day of End belongs to the calibration.
type Split struct {
	// Start is the first day of the data. Defaults to the first purchase.
	Start time.Time `json:"start,omitzero"`
	// Earlier is what becomes of purchases before Start. Defaults to
	// RefuseEarlier.
	Earlier Earlier `json:"earlier"`
	// Cohort keeps those accounts alone whose first purchase lies in it, by the
	// first instant of its day. Defaults to all.
	Cohort keyaccount.Period `json:"cohort,omitzero"`
	// End is the last day of the calibration. Required.
	End time.Time `json:"end"`
	// HoldoutEnd is the last day of the hold-out. Defaults to no hold-out: a
	// purchase after End is then an error, as one after HoldoutEnd is.
	HoldoutEnd time.Time `json:"holdout_end,omitzero"`
	// FirstOrder is whether the first order counts in the spend. Defaults to
	// WithoutFirst.
	FirstOrder FirstOrder `json:"first_order"`
	// Returns is what they take from the spend. Defaults to NetReturns.
	Returns ReturnsPolicy `json:"returns"`
}

// Validate reports everything that is wrong with the split, each as an
// [*keyaccount.InputError].
func (s Split) Validate() error {
	before := func(field string, at, than time.Time) error {
		if at.IsZero() || than.IsZero() || !at.Before(than) {
			return nil
		}
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: field, Value: at.Format(time.RFC3339Nano),
			Reason: "it lies before the period that should come first, at " + than.Format(time.RFC3339Nano),
		}
	}
	errs := []error{
		checkPolicy("Earlier", earlierNames, int(s.Earlier)),
		checkPolicy("FirstOrder", firstOrderNames, int(s.FirstOrder)),
		checkPolicy("Returns", returnsNames, int(s.Returns)),
		s.Cohort.Validate(),
		before("End", s.End, s.Start),
		before("HoldoutEnd", s.HoldoutEnd, s.End),
	}
	if s.End.IsZero() {
		errs = append(errs, &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "End", Reason: "a history needs an end",
		})
	}
	return errors.Join(errs...)
}

// AccountHistory is the history of one account, in the unit of the
// [Calibration] it comes from.
type AccountHistory struct {
	ID string `json:"id"`
	// First is the first instant of the day of the first purchase, at which
	// every age and recency begins.
	First time.Time `json:"first,omitzero"`
	History
	// LogGaps is the sum of the natural logs of the times between orders, 0
	// without a repeat purchase: what a model of rhythm needs beside the history.
	LogGaps float64 `json:"log_gaps,omitzero"`
	// Spend is what the orders were worth, each being added up exactly first; the
	// zero SpendHistory also where values are not known, in a state saved by
	// version 1, or where their sum is beyond a float64.
	Spend SpendHistory `json:"spend,omitzero"`
}

// Sample is what accounts did in a calibration period and, where there is one,
// in the hold-out after it: what a model is fitted to, and what it is judged
// by. A host that has summarised both elsewhere fills in Unit, Holdout,
// Accounts with their History and Later.Orders, and leaves Dated false.
type Sample struct {
	Unit Unit `json:"unit"`
	// Start, End and HoldoutEnd are the first instants of these days.
	Start      time.Time `json:"start,omitzero"`
	End        time.Time `json:"end,omitzero"`
	HoldoutEnd time.Time `json:"holdout_end,omitzero"`
	// Calibration is the length of the calibration period, from Start.
	Calibration float64 `json:"calibration"`
	// Holdout is the length of the hold-out, 0 without one.
	Holdout float64 `json:"holdout"`
	// Accounts are those that bought up to the end of the calibration, sorted by
	// ID.
	Accounts []SampleAccount `json:"accounts"`
	// Born are the accounts that first bought in the hold-out, sorted by ID.
	Born []AccountHistory `json:"born,omitempty"`
	// Dated says that Later.Next, Later.Before and Repeats are known.
	Dated bool `json:"dated"`
	// Repeats are the repeat orders of the Accounts in both periods, by day.
	Repeats []OrdersAt `json:"repeats,omitempty"`
}

// SampleAccount is an account at the end of the calibration, and what it did
// later.
type SampleAccount struct {
	AccountHistory
	Later Outcome `json:"later"`
}

// Outcome is what an account did in the hold-out.
type Outcome struct {
	// Orders is how many orders it placed.
	Orders int `json:"orders"`
	// Next is the time from the end of the calibration to the first of them, 0
	// without one.
	Next float64 `json:"next"`
	// Value is what they were worth together.
	Value float64 `json:"value"`
	// Before is how many orders it had placed, the first among them, in as long
	// a time before the end of the calibration.
	Before int `json:"before"`
}

// OrdersAt is a number of orders on one day.
type OrdersAt struct {
	// Time is from the start of the sample.
	Time   float64 `json:"time"`
	Orders int     `json:"orders"`
}

// Counts returns the table that a fit takes: the histories of the Accounts,
// without those of age 0. In a Dated sample it has the logs of the times
// between orders.
func (s *Sample) Counts() (*Counts, error) {
	table := NewCounts(s.Unit)
	for i, a := range s.Accounts {
		if a.History == (History{}) {
			continue
		}
		var bad *keyaccount.InputError
		if s.Dated {
			bad = table.addRhythm(a.History, a.LogGaps)
		} else {
			bad = table.add(a.History, 1)
		}
		if bad != nil {
			bad.Row = i + 1
			return nil, bad
		}
	}
	table.order()
	return table, nil
}

// SpendCounts returns the table that a fit of spend takes: what the Accounts
// with orders spent. An account for which takes is false is left out and
// counted, such as one whose returns leave a mean that is not positive, of which
// [GammaGamma] and [LogNormal] know nothing; nil takes all.
func (s *Sample) SpendCounts(currency string, takes func(SpendHistory) bool) (table *SpendCounts, left int, err error) {
	table = NewSpendCounts(currency)
	for i, a := range s.Accounts {
		if a.Spend.Orders == 0 {
			continue
		}
		if takes != nil && !takes(a.Spend) {
			left++
			continue
		}
		if bad := table.add(a.Spend, 1); bad != nil {
			bad.Row = i + 1
			return nil, 0, bad
		}
	}
	return table, left, nil
}
