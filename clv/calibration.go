package clv

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/keyaccount/keyaccount"
)

// CalibrationOptions sets up a [Calibration].
type CalibrationOptions struct {
	// Unit is what times are converted to, once, from whole days. Defaults to
	// Week.
	Unit Unit
	// Location is the calendar whose days are counted. Give a named zone or
	// UTC: [time.Local] is called "Local" on every machine, whatever it means
	// there. Defaults to UTC.
	Location *time.Location
}

// Calibration folds transactions into the [History] of each account. It keeps
// the set of days on which an account bought, so purchases of one day are one,
// and it is a commutative monoid: the same lines in any order, over any number
// of Calibrations that are then merged, give the same histories and bytes.
//
// The zero Calibration is empty, counts weeks and days in UTC, and is ready to
// use. It must not be used by several goroutines while one of them adds or
// merges.
type Calibration struct {
	unit     Unit
	location *time.Location
	days     map[string][]int32 // ascending, since 1 January 1970
	calls    int                // of Add, to name the row of an error
}

// AccountHistory is the history of one account, in the unit of the
// [Calibration] it comes from.
type AccountHistory struct {
	ID string `json:"id"`
	History
}

// NewCalibration returns an empty Calibration.
func NewCalibration(opts CalibrationOptions) *Calibration {
	return &Calibration{unit: opts.Unit, location: opts.Location}
}

// Add folds in one line. It counts as a purchase when it is no return
// ([keyaccount.Transaction.IsReturn]) and has an amount or a quantity; any
// other line is checked and changes nothing. A return does not undo the
// purchase: the customer came.
//
// A line without account or time, or with a year outside 1 to 9998, is refused
// as a [*keyaccount.InputError] whose Row is the number of the call.
func (c *Calibration) Add(tx keyaccount.Transaction) error {
	c.calls++
	if err := tx.Validate(); err != nil {
		if in, ok := errors.AsType[*keyaccount.InputError](err); ok {
			in.Row = c.calls
		}
		return err
	}
	day, err := dayOf(tx.Time, c.zone())
	if err != nil {
		err.Field, err.Row = "Time", c.calls
		return err
	}
	if tx.IsReturn() || tx.Amount.Sign() == 0 && tx.Quantity.Sign() == 0 {
		return nil
	}
	days, known := c.days[tx.Account]
	if known && days[len(days)-1] == day {
		return nil // the lines of one order come one after the other
	}
	if !known {
		if c.days == nil {
			c.days = make(map[string][]int32)
		}
		// Cloned, because a reader's field often pins its whole buffer.
		tx.Account = strings.Clone(tx.Account)
	}
	if i, found := slices.BinarySearch(days, day); !found {
		c.days[tx.Account] = slices.Insert(days, i, day)
	}
	return nil
}

// Merge folds in all that other has seen; other stays unchanged. It refuses a
// Calibration with another Unit or Location name ([keyaccount.ErrMismatch]) or
// none ([keyaccount.ErrMissing]), and then changes nothing.
func (c *Calibration) Merge(other *Calibration) error {
	if other == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "other", Reason: "there is no calibration to merge"}
	}
	if err := c.sameSetup(other.unit, other.zone().String()); err != nil {
		return err
	}
	if c.days == nil {
		c.days = make(map[string][]int32, len(other.days))
	}
	for id, theirs := range other.days {
		c.days[id] = union(c.days[id], theirs)
	}
	return nil
}

// union merges two ascending sets into a new one.
func union(a, b []int32) []int32 {
	out := make([]int32, 0, max(len(a), len(b)))
	for len(a) > 0 && len(b) > 0 {
		day := min(a[0], b[0])
		out = append(out, day)
		if a[0] == day {
			a = a[1:]
		}
		if b[0] == day {
			b = b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// Len returns the number of accounts with a purchase.
func (c *Calibration) Len() int { return len(c.days) }

// Accounts returns the history of every account with a purchase as it stands
// at the end of the day of asOf in the Location, sorted by ID. An account that
// first bought on that day has a history of zeros: it can be scored.
//
// A purchase on a later day is an [*keyaccount.InputError]: end the calibration
// by adding only the transactions of its period.
func (c *Calibration) Accounts(asOf time.Time) ([]AccountHistory, error) {
	end, err := c.end(asOf)
	if err != nil {
		return nil, err
	}
	ids := c.ids()
	out := make([]AccountHistory, len(ids))
	for i, id := range ids {
		h, err := c.history(id, end)
		if err != nil {
			return nil, err
		}
		out[i] = AccountHistory{ID: id, History: h}
	}
	return out, nil
}

// Counts returns the table that a fit takes: the histories that
// [Calibration.Accounts] returns, counted, without those of age 0.
func (c *Calibration) Counts(asOf time.Time) (*Counts, error) {
	accounts, err := c.Accounts(asOf)
	if err != nil {
		return nil, err
	}
	table := NewCounts(c.unit)
	for _, a := range accounts {
		if a.Age == 0 {
			continue
		}
		if err := table.Add(a.History, 1); err != nil {
			return nil, err
		}
	}
	return table, nil
}

func (c *Calibration) end(asOf time.Time) (int32, error) {
	if err := c.unit.Validate(); err != nil {
		return 0, err
	}
	if asOf.IsZero() {
		return 0, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "asOf", Reason: "a history needs an end"}
	}
	end, err := dayOf(asOf, c.zone())
	if err != nil {
		err.Field = "asOf"
		return 0, err
	}
	return end, nil
}

func (c *Calibration) history(id string, end int32) (History, error) {
	days := c.days[id]
	first, last := days[0], days[len(days)-1]
	if last > end {
		return History{}, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "asOf", Value: dateOf(end),
			Reason: "account " + strconv.Quote(id) + " has a purchase after it, on " + dateOf(last),
		}
	}
	return History{
		Frequency: len(days) - 1,
		Recency:   float64(last-first) / c.unit.Days(),
		Age:       float64(end-first) / c.unit.Days(),
	}, nil
}

func (c *Calibration) ids() []string { return slices.Sorted(maps.Keys(c.days)) }

func (c *Calibration) zone() *time.Location {
	if c.location == nil {
		return time.UTC
	}
	return c.location
}

func (c *Calibration) sameSetup(unit Unit, zone string) error {
	if unit != c.unit {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "Unit", Value: unit.String(),
			Reason: "this calibration counts in the unit " + c.unit.String(),
		}
	}
	if zone != c.zone().String() {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "Location", Value: zone,
			Reason: "this calibration counts the days of " + c.zone().String(),
		}
	}
	return nil
}

const (
	secondsPerDay = 24 * 60 * 60
	// The days of the years 1 to 9998, which every zone's offset stays within
	// the years that time formats.
	firstDay = -719162
	lastDay  = 2932531
)

// dayOf returns the calendar day of an instant in a zone, since 1 January 1970.
func dayOf(at time.Time, zone *time.Location) (int32, *keyaccount.InputError) {
	y, m, d := at.In(zone).Date()
	if y < 1 || y > 9998 {
		return 0, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Value: "year " + strconv.Itoa(y),
			Reason: "the year must lie between 1 and 9998",
		}
	}
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay), nil
}

func dateOf(day int32) string {
	return time.Unix(int64(day)*secondsPerDay, 0).UTC().Format(time.DateOnly)
}
