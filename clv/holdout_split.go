package clv

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/keyaccount/keyaccount"
)

// Split returns the accounts as they stand at the end of the calibration
// period, and what they did in the hold-out.
//
// A purchase after the last day, and one before Start under
// [RefuseEarlier], is an [*keyaccount.InputError] of kind
// [keyaccount.ErrOutOfRange], as is whatever [Split.Validate] refuses.
func (c *Calibration) Split(s Split) (*Sample, error) {
	x, err := c.extract(s, "End")
	if err != nil {
		return nil, err
	}
	return x.sample()
}

// extract reads the ledger as a split sees it.
type extract struct {
	split                  Split
	unit                   Unit
	perUnit                float64
	zone                   *time.Location
	start, end, holdoutEnd int32
	priced                 bool
	ledger                 *ledger
	from                   []uint32 // of each account's rows, and the end
	starts                 map[int32]time.Time
	endField               string           // what the caller calls End
	values                 []float64        // scratch
	logs                   [1 << 10]float64 // of numbers of days in the unit; 0 where not known yet
}

func (c *Calibration) extract(s Split, endField string) (*extract, error) {
	if err := c.unit.Validate(); err != nil {
		return nil, err
	}
	if s.End.IsZero() {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: endField, Reason: "a history needs an end"}
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	x := &extract{
		split: s, unit: c.unit, perUnit: c.unit.Days(), zone: c.zone(), start: math.MinInt32,
		priced: c.priced && !c.unpriced, ledger: c.ledger.settled(), starts: make(map[int32]time.Time), endField: endField,
	}
	for _, f := range []struct {
		name string
		at   time.Time
		day  *int32
	}{{"Start", s.Start, &x.start}, {endField, s.End, &x.end}, {"HoldoutEnd", s.HoldoutEnd, &x.holdoutEnd}} {
		if f.at.IsZero() {
			continue
		}
		day, bad := dayOf(f.at, x.zone)
		if bad != nil {
			bad.Field = f.name
			return nil, bad
		}
		*f.day = day
	}
	if s.HoldoutEnd.IsZero() {
		x.holdoutEnd = x.end
	}
	x.from = x.ledger.starts()
	return x, nil
}

// of returns the purchases and returns of an account that count, by day; none
// for an account that is left out.
func (x *extract) of(account uint32) ([]entry, error) {
	rows := x.ledger.rows[x.from[account]:x.from[account+1]]
	if !x.ledger.bought[account] {
		return nil, nil
	}
	id := func() string { return strconv.Quote(x.ledger.names.ids[account]) }
	for _, e := range slices.Backward(rows) {
		if e.back() {
			continue
		}
		if last := e.day(); last > x.holdoutEnd {
			field := x.endField
			if !x.split.HoldoutEnd.IsZero() {
				field = "HoldoutEnd"
			}
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: field, Value: dateOf(x.holdoutEnd),
				Reason: "account " + id() + " has a purchase after it, on " + dateOf(last),
			}
		}
		break
	}
	for len(rows) > 0 && (rows[0].back() || rows[0].day() < x.start) {
		if !rows[0].back() {
			switch x.split.Earlier {
			case RefuseEarlier:
				return nil, &keyaccount.InputError{
					Kind: keyaccount.ErrOutOfRange, Field: "Start", Value: dateOf(x.start),
					Reason: "account " + id() + " has a purchase before it, on " + dateOf(rows[0].day()),
				}
			case DropEarlier:
				return nil, nil
			case FirstSeen:
			}
		}
		rows = rows[1:]
	}
	if len(rows) == 0 || x.split.Cohort != (keyaccount.Period{}) && !x.split.Cohort.Contains(x.startOf(rows[0].day())) {
		return nil, nil
	}
	return rows, nil
}

func (x *extract) startOf(day int32) time.Time {
	at, known := x.starts[day]
	if !known {
		at = startOfDay(day, x.zone)
		x.starts[day] = at
	}
	return at
}

func (x *extract) span(days int32) float64 { return float64(days) / x.perUnit }

func (x *extract) histories() ([]AccountHistory, error) {
	out := make([]AccountHistory, 0, x.ledger.buyers)
	for _, account := range x.ledger.names.byID() {
		rows, err := x.of(account)
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 {
			out = append(out, AccountHistory{})
			x.history(account, rows, x.end, &out[len(out)-1])
		}
	}
	return out, nil
}

func (x *extract) counts() (*Counts, error) {
	table := NewCounts(x.unit)
	var ahead [countAhead]CountedHistory
	waiting := ahead[:0]
	count := func() error {
		table.index.fetch(waiting, table.rows)
		for _, row := range waiting {
			if bad := table.add(row.History, row.N); bad != nil {
				return bad
			}
		}
		waiting = waiting[:0]
		return nil
	}
	var a AccountHistory
	for account := range x.ledger.names.ids {
		rows, err := x.of(uint32(account))
		if err != nil {
			return nil, x.fault()
		}
		if len(rows) == 0 {
			continue
		}
		if x.times(rows, x.end, &a); a.Age == 0 {
			continue
		}
		var bad *keyaccount.InputError
		if table.gaps, bad = table.gaps.with(a.History, a.LogGaps); bad != nil {
			return nil, bad
		}
		if waiting = append(waiting, CountedHistory{a.History, 1}); len(waiting) == countAhead {
			if err := count(); err != nil {
				return nil, err
			}
		}
	}
	if err := count(); err != nil {
		return nil, err
	}
	table.order()
	return table, nil
}

// fault is the error of the first account by ID, as the numbers of accounts
// depend on how the lines came.
func (x *extract) fault() error {
	for _, account := range x.ledger.names.byID() {
		if _, err := x.of(account); err != nil {
			return err
		}
	}
	return nil
}

func (x *extract) sample() (*Sample, error) {
	out := &Sample{
		Unit: x.unit, Holdout: x.span(x.holdoutEnd - x.end), Dated: true,
		End: x.startOf(x.end), HoldoutEnd: x.startOf(x.holdoutEnd),
	}
	first, repeats := x.end, make(map[int32]int)
	for _, account := range x.ledger.names.byID() {
		rows, err := x.of(account)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			continue
		}
		if rows[0].day() > x.end {
			out.Born = append(out.Born, AccountHistory{})
			x.history(account, rows, x.holdoutEnd, &out.Born[len(out.Born)-1])
			continue
		}
		first = min(first, rows[0].day())
		out.Accounts = append(out.Accounts, SampleAccount{})
		a := &out.Accounts[len(out.Accounts)-1]
		later := x.history(account, rows, x.end, &a.AccountHistory)
		x.outcome(rows, later, &a.Later)
		for _, e := range rows[1:] {
			if !e.back() {
				repeats[e.day()]++
			}
		}
	}
	if !x.split.Start.IsZero() {
		first = x.start
	}
	out.Start, out.Calibration = x.startOf(first), x.span(x.end-first)
	for _, day := range slices.Sorted(maps.Keys(repeats)) {
		out.Repeats = append(out.Repeats, OrdersAt{Time: x.span(day - first), Orders: repeats[day]})
	}
	return out, nil
}

// outcome describes the rows after the calibration; rows are all of them.
func (x *extract) outcome(rows, later []entry, out *Outcome) {
	long := x.holdoutEnd - x.end
	for _, e := range rows[:len(rows)-len(later)] {
		if !e.back() && e.day() > x.end-long {
			out.Before++
		}
	}
	var value moneySum
	for _, e := range later {
		switch {
		case e.day() > x.holdoutEnd: // a return
		case !e.back():
			if out.Orders == 0 {
				out.Next = x.span(e.day() - x.end)
			}
			out.Orders++
			value.add(x.ledger, e)
		case x.split.Returns == NetReturns:
			value.add(x.ledger, e)
		}
	}
	if x.priced {
		out.Value = value.float()
	}
}
