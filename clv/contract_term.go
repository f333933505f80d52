package clv

import (
	"strconv"
	"time"

	"github.com/keyaccount/keyaccount"
)

// Contract is a contract with its dates: it starts on a day and is renewed
// every so many calendar months after it. Days are those of the location of
// Start.
//
// A renewal falls on the day of the month of Start, or on the last day of a
// month that is too short. Every one is counted from Start, so a contract of
// 31 January is renewed on 28 February and then on 31 March.
type Contract struct {
	// Start is the first day under contract. Required.
	Start time.Time `json:"start"`
	// Months is the number of months from one renewal to the next. Defaults to
	// 12.
	Months int `json:"months,omitempty"`
	// End is the first day no longer under contract. Defaults to none: it is
	// under way.
	End time.Time `json:"end,omitzero"`
}

// Validate reports the first thing that cannot be so, as an
// [*keyaccount.InputError]: no Start, one outside the years 1 to 9998, Months
// outside 0 to 1200, or an End that is not after Start.
func (c Contract) Validate() error {
	_, err := c.day("Start", c.Start)
	return err
}

// day returns the calendar day of an instant, after the contract is checked.
func (c Contract) day(field string, at time.Time) (int32, error) {
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"Start", c.Start}, {field, at}} {
		if t.at.IsZero() {
			return 0, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: t.name, Reason: "a contract needs this day"}
		}
	}
	if bad := checkMonths(c.Months); bad != nil {
		return 0, bad
	}
	start, bad := dayOf(c.Start, c.Start.Location())
	if bad != nil {
		bad.Field = "Start"
		return 0, bad
	}
	if !c.End.IsZero() {
		end, bad := dayOf(c.End, c.Start.Location())
		if bad == nil && end <= start {
			bad = badHistory("End", dateOf(end), "the first day without a contract is after its first day, "+dateOf(start))
		}
		if bad != nil {
			bad.Field = "End"
			return 0, bad
		}
	}
	day, bad := dayOf(at, c.Start.Location())
	if bad != nil {
		bad.Field = field
		return 0, bad
	}
	return day, nil
}

// Renewal returns the day of the i-th renewal, for i of 1 or more, at its first
// instant in the location of Start. It refuses what Validate does, and a day
// after the year 9998.
func (c Contract) Renewal(i int) (time.Time, error) {
	if _, err := c.day("Start", c.Start); err != nil {
		return time.Time{}, err
	}
	if i < 1 || i > c.lastRenewal() {
		return time.Time{}, badHistory("i", strconv.Itoa(i), "there is no such renewal before the year 9999")
	}
	return c.renewal(i), nil
}

// lastRenewal is the last that surely falls in the year 9998.
func (c Contract) lastRenewal() int { return (9998 - c.Start.Year()) * 12 / interval(c.Months) }

func (c Contract) renewal(i int) time.Time {
	y, m, d := c.Start.Date()
	m += time.Month(i * interval(c.Months))
	return time.Date(y, m, min(d, daysIn(y, m)), 0, 0, 0, 0, c.Start.Location())
}

// daysIn returns the length of a month; month 13 is January of the next year.
func daysIn(y int, m time.Month) int { return time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day() }

// History returns what is known of the contract at the end of the day of asOf.
// A renewal on that day counts as survived. A contract that ended by then is
// lost at its first renewal on or after End: one that is broken off early too.
// An End after asOf is not yet known, so that a calibration period can end
// before the data do.
//
// It refuses what Validate does, no asOf, and one before Start.
func (c Contract) History(asOf time.Time) (ContractHistory, error) {
	day, err := c.day("asOf", asOf)
	if err != nil {
		return ContractHistory{}, err
	}
	start, _ := dayOf(c.Start, c.Start.Location())
	if day < start {
		return ContractHistory{}, badHistory("asOf", dateOf(day), "the contract starts after it, on "+dateOf(start))
	}
	if !c.End.IsZero() {
		if end, _ := dayOf(c.End, c.Start.Location()); end <= day {
			return ContractHistory{Renewals: c.renewalsBy(end - 1), Lost: true}, nil
		}
	}
	return ContractHistory{Renewals: c.renewalsBy(day)}, nil
}

// renewalsBy counts the renewals up to a day, that one included.
func (c Contract) renewalsBy(day int32) int {
	at := time.Unix(int64(day)*secondsPerDay, 0).UTC()
	y, m, _ := c.Start.Date()
	n := ((at.Year()-y)*12 + int(at.Month()-m)) / interval(c.Months)
	if n > 0 {
		if due, _ := dayOf(c.renewal(n), c.Start.Location()); due > day {
			n--
		}
	}
	return n
}

// Next returns the days of the next n renewals after the day of asOf, at most
// MaxOrders and none after the year 9998: at those t = 1, 2, ... of
// [ContractModel.Survival]. For a contract that ended by then there are none.
// It refuses what [Contract.History] does.
func (c Contract) Next(asOf time.Time, n int) ([]time.Time, error) {
	h, err := c.History(asOf)
	if err != nil || h.Lost {
		return nil, err
	}
	var next []time.Time
	for i := range min(n, MaxOrders, c.lastRenewal()-h.Renewals) {
		next = append(next, c.renewal(h.Renewals+1+i))
	}
	return next, nil
}
