package segment

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/keyaccount/keyaccount"
)

// ReviewPolicy says how often the accounts of each class are looked at again.
type ReviewPolicy struct {
	// Version is the host's name for this policy; every schedule echoes it.
	Version string `json:"version"`
	// Intervals has one entry for every class.
	Intervals []ReviewInterval `json:"intervals"`
}

// ReviewInterval is the time from one review to the next, in calendar months
// and days.
type ReviewInterval struct {
	// Class is a segment, a tier, an ABC class.
	Class string `json:"class"`
	// Months, from 0 to 1200, are calendar months: from 31 January one month
	// leads to the last of February. Defaults to 0.
	Months int `json:"months,omitempty"`
	// Days, from 0 to 36600, come on top of the months. Defaults to 0.
	Days int `json:"days,omitempty"`
	// Never says that the class is not reviewed at all, and takes the place of
	// Months and Days. Defaults to false.
	Never bool `json:"never,omitempty"`
}

// Validate reports everything that is wrong with the policy, as
// [*keyaccount.InputError]s that name the row of Intervals.
func (p *ReviewPolicy) Validate() error {
	if len(p.Intervals) == 0 {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "Intervals", Reason: "there is no class to review"}
	}
	var faults []error
	seen := make(map[string]bool, len(p.Intervals))
	for i, in := range p.Intervals {
		fault := func(kind error, field, value, reason string) {
			faults = append(faults, &keyaccount.InputError{Kind: kind, Field: field, Row: i + 1, Value: value, Reason: reason})
		}
		switch {
		case in.Class == "":
			fault(keyaccount.ErrMissing, "Class", "", "an interval needs the class it is for")
		case seen[in.Class]:
			fault(keyaccount.ErrDuplicate, "Class", in.Class, "the class stands twice")
		}
		seen[in.Class] = true
		if in.Months < 0 || in.Months > 1200 {
			fault(keyaccount.ErrOutOfRange, "Months", strconv.Itoa(in.Months), "there can be 0 to 1200 months")
		}
		if in.Days < 0 || in.Days > 36600 {
			fault(keyaccount.ErrOutOfRange, "Days", strconv.Itoa(in.Days), "there can be 0 to 36600 days")
		}
		if in.Never == (in.Months != 0 || in.Days != 0) {
			fault(keyaccount.ErrOutOfRange, "Never", strconv.FormatBool(in.Never), "a class is reviewed after some months or days, or never")
		}
	}
	return errors.Join(faults...)
}

// Reviewed is what the host knows of an account's reviews.
type Reviewed struct {
	ID    string `json:"id"`
	Class string `json:"class"`
	// Last is when the account was last reviewed; zero for never.
	Last time.Time `json:"last,omitzero"`
	// Anchor is the day of one review from which the others are counted, so
	// that the 31st stays the 31st after a February, and a late review does not
	// put off the next. Zero counts from Last.
	Anchor time.Time `json:"anchor,omitzero"`
}

// Review is one account's next review.
type Review struct {
	ID    string `json:"id"`
	Class string `json:"class"`
	// Last is that of [Reviewed].
	Last time.Time `json:"last,omitzero"`
	// Next is the day of the next review, at midnight in the location of the
	// as-of. An account that was never reviewed and has no Anchor is due today.
	Next time.Time `json:"next"`
	// DaysOverdue counts the calendar days from Next to the as-of: 0 for one
	// that is due today, negative for one to come.
	DaysOverdue int `json:"days_overdue"`
}

// ReviewSchedule is who is to be reviewed, and when.
type ReviewSchedule struct {
	// Policy is ReviewPolicy.Version.
	Policy string    `json:"policy,omitempty"`
	AsOf   time.Time `json:"as_of"`
	// Due are those whose day has come, Upcoming the others, both sorted by
	// Next and then by ID.
	Due      []Review `json:"due"`
	Upcoming []Review `json:"upcoming"`
	// Never is how many accounts are in a class that is not reviewed.
	Never int `json:"never"`
}

// Schedule tells when each account is to be reviewed, and who is due on the day
// of asOf. Days are those of asOf's location. It refuses, as
// [*keyaccount.InputError], a policy that does not validate; an account without
// an ID, twice, or of a class without interval; a Last after asOf; and years
// outside 1 to 9998.
func (p *ReviewPolicy) Schedule(accounts []Reviewed, asOf time.Time) (*ReviewSchedule, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if asOf.IsZero() || !writable(asOf) {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "asOf", Value: stamp(asOf), Reason: "a schedule needs a day, of a year between 1 and 9998",
		}
	}
	intervals := make(map[string]*ReviewInterval, len(p.Intervals))
	for i := range p.Intervals {
		intervals[p.Intervals[i].Class] = &p.Intervals[i]
	}
	out := &ReviewSchedule{Policy: p.Version, AsOf: asOf, Due: []Review{}, Upcoming: []Review{}}
	seen := make(map[string]struct{}, len(accounts))
	today := dayNumber(asOf)
	for i, a := range accounts {
		fault := func(kind error, field, value, reason string) error {
			return &keyaccount.InputError{Kind: kind, Field: field, Row: i + 1, Value: value, Reason: reason}
		}
		interval := intervals[a.Class]
		_, twice := seen[a.ID]
		seen[a.ID] = struct{}{}
		switch {
		case a.ID == "":
			return nil, fault(keyaccount.ErrMissing, "ID", "", "an account needs an ID")
		case twice:
			return nil, fault(keyaccount.ErrDuplicate, "ID", a.ID, "the account stands twice")
		case interval == nil:
			return nil, fault(keyaccount.ErrOutOfRange, "Class", a.Class, "the policy has no interval for this class")
		case a.Last.After(asOf):
			return nil, fault(keyaccount.ErrOutOfRange, "Last", stamp(a.Last), "the last review is after "+stamp(asOf))
		case !writable(a.Last):
			return nil, fault(keyaccount.ErrOutOfRange, "Last", stamp(a.Last), "the year must lie between 1 and 9998")
		case !writable(a.Anchor):
			return nil, fault(keyaccount.ErrOutOfRange, "Anchor", stamp(a.Anchor), "the year must lie between 1 and 9998")
		case interval.Never:
			out.Never++
			continue
		}
		next := interval.next(a.Last, a.Anchor, asOf)
		if !writable(next) {
			return nil, fault(keyaccount.ErrOutOfRange, "Last", stamp(a.Last), "the next review would come after the year 9998")
		}
		r := Review{ID: a.ID, Class: a.Class, Last: a.Last, Next: next, DaysOverdue: today - dayNumber(next)}
		if r.DaysOverdue >= 0 {
			out.Due = append(out.Due, r)
		} else {
			out.Upcoming = append(out.Upcoming, r)
		}
	}
	order := func(a, b Review) int { return cmp.Or(a.Next.Compare(b.Next), strings.Compare(a.ID, b.ID)) }
	slices.SortFunc(out.Due, order)
	slices.SortFunc(out.Upcoming, order)
	return out, nil
}

// next returns the first review after last, at midnight in the location of
// asOf.
func (in *ReviewInterval) next(last, anchor, asOf time.Time) time.Time {
	zone := asOf.Location()
	switch {
	case last.IsZero() && anchor.IsZero():
		return addMonths(asOf, 0, 0)
	case anchor.IsZero():
		return addMonths(last.In(zone), in.Months, in.Days)
	case last.IsZero():
		return addMonths(anchor.In(zone), 0, 0)
	}
	anchor = anchor.In(zone)
	done := dayNumber(last.In(zone))
	// No interval is longer than this, so that k begins at or before its place.
	longest := 31*in.Months + in.Days
	for k := max(0, (done-dayNumber(anchor))/longest); ; k++ {
		if at := addMonths(anchor, k*in.Months, k*in.Days); dayNumber(at) > done {
			return at
		}
	}
}

// addMonths returns midnight of the day that lies so many calendar months, and
// then days, after t. A month without t's day gives its last one.
func addMonths(t time.Time, months, days int) time.Time {
	y, m, d := t.Date()
	end := time.Date(y, m+time.Month(months)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return time.Date(y, m+time.Month(months), min(d, end)+days, 0, 0, 0, 0, t.Location())
}
