package segment

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func reviewPolicy() *ReviewPolicy {
	return &ReviewPolicy{Version: "2025", Intervals: []ReviewInterval{
		{Class: "A", Months: 1}, {Class: "B", Months: 3}, {Class: "C", Days: 14}, {Class: "none", Never: true},
	}}
}

func TestReviewSchedule(t *testing.T) {
	t.Parallel()
	got, err := reviewPolicy().Schedule([]Reviewed{
		{ID: "late", Class: "A", Last: day("2025-01-31")},
		{ID: "today", Class: "B", Last: day("2025-01-10")},
		{ID: "soon", Class: "C", Last: day("2025-04-01")},
		{ID: "new", Class: "B"},
		{ID: "left alone", Class: "none"},
		{ID: "also soon", Class: "C", Last: day("2025-04-01").Add(5 * time.Hour)},
	}, day("2025-04-10").Add(9*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, []Review{
		{ID: "late", Class: "A", Last: day("2025-01-31"), Next: day("2025-02-28"), DaysOverdue: 41},
		{ID: "new", Class: "B", Next: day("2025-04-10")},
		{ID: "today", Class: "B", Last: day("2025-01-10"), Next: day("2025-04-10")},
	}, got.Due)
	assert.Equal(t, []Review{
		{ID: "also soon", Class: "C", Last: day("2025-04-01").Add(5 * time.Hour), Next: day("2025-04-15"), DaysOverdue: -5},
		{ID: "soon", Class: "C", Last: day("2025-04-01"), Next: day("2025-04-15"), DaysOverdue: -5},
	}, got.Upcoming)
	assert.Equal(t, []any{"2025", 1}, []any{got.Policy, got.Never})
	_, err = json.Marshal(got)
	require.NoError(t, err)
}

func TestReviewFromAnAnchorDoesNotDrift(t *testing.T) {
	t.Parallel()
	p := reviewPolicy()
	next := func(last, anchor string) string {
		r := Reviewed{ID: "X", Class: "A"}
		if last != "" {
			r.Last = day(last)
		}
		if anchor != "" {
			r.Anchor = day(anchor)
		}
		got, err := p.Schedule([]Reviewed{r}, day("2025-12-31"))
		require.NoError(t, err)
		require.Len(t, append(got.Due, got.Upcoming...), 1)
		return append(got.Due, got.Upcoming...)[0].Next.Format(time.DateOnly)
	}
	assert.Equal(t, "2025-02-28", next("2025-01-31", ""))
	assert.Equal(t, "2025-03-28", next("2025-02-28", ""), "counted from the last one, the 31st is lost")
	assert.Equal(t, "2025-02-28", next("2025-01-31", "2024-12-31"))
	assert.Equal(t, "2025-03-31", next("2025-02-28", "2024-12-31"))
	assert.Equal(t, "2025-04-30", next("2025-04-14", "2024-12-31"), "a review two weeks late does not put off the next")
	assert.Equal(t, "2024-12-31", next("", "2024-12-31"), "never reviewed: the anchor itself")
	assert.Equal(t, "2026-03-01", next("2025-04-14", "2026-03-01"), "an anchor still to come is the first review")
	assert.Equal(t, "2024-02-29", next("2024-01-31", "2020-01-31"))
}

// The closed form agrees with walking from the anchor step by step.
func TestReviewFromAnAnchorAgainstWalking(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 1))
	for range 3000 {
		in := ReviewInterval{Months: r.IntN(15), Days: r.IntN(40)}
		if in.Months+in.Days == 0 {
			continue
		}
		anchor, last := day("2000-01-01").AddDate(0, 0, r.IntN(9000)), day("2000-01-01").AddDate(0, 0, r.IntN(9000))
		want := anchor
		for k := 1; !want.After(last); k++ {
			want = addMonths(anchor, k*in.Months, k*in.Days)
		}
		require.Equal(t, want, in.next(last, anchor, last), "%+v %v %v", in, anchor, last)
		require.True(t, in.next(last, time.Time{}, last).After(last))
	}
}

// Days are those of the as-of's zone, and a day of 23 hours is a day.
func TestReviewDaysAreCalendarDays(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	last := time.Date(2025, 3, 15, 23, 30, 0, 0, time.UTC) // already the 16th in Berlin
	p := reviewPolicy()
	got, err := p.Schedule([]Reviewed{{ID: "X", Class: "C", Last: last}}, time.Date(2025, 3, 30, 0, 30, 0, 0, berlin))
	require.NoError(t, err)
	require.Len(t, got.Due, 1)
	assert.Equal(t, time.Date(2025, 3, 30, 0, 0, 0, 0, berlin), got.Due[0].Next)
	assert.Zero(t, got.Due[0].DaysOverdue)
	got, err = p.Schedule([]Reviewed{{ID: "X", Class: "C", Last: last}}, time.Date(2025, 3, 30, 0, 30, 0, 0, time.UTC))
	require.NoError(t, err)
	assert.Equal(t, 1, got.Due[0].DaysOverdue, "in UTC the review was on the 15th")
}

func TestReviewRefuses(t *testing.T) {
	t.Parallel()
	p := reviewPolicy()
	asOf := day("2025-04-10")
	refused := func(accounts ...Reviewed) error {
		got, err := p.Schedule(accounts, asOf)
		require.Nil(t, got)
		return err
	}
	good := Reviewed{ID: "X", Class: "A", Last: day("2025-01-31")}
	inputError(t, refused(good, Reviewed{Class: "A"}), keyaccount.ErrMissing, "ID", 2)
	inputError(t, refused(good, good), keyaccount.ErrDuplicate, "ID", 2)
	inputError(t, refused(Reviewed{ID: "X", Class: "Z"}), keyaccount.ErrOutOfRange, "Class", 1)
	inputError(t, refused(Reviewed{ID: "X", Class: "A", Last: day("2025-04-11")}), keyaccount.ErrOutOfRange, "Last", 1)
	inputError(t, refused(Reviewed{ID: "X", Class: "A", Last: asOf.AddDate(-4000, 0, 0)}), keyaccount.ErrOutOfRange, "Last", 1)
	inputError(t, refused(Reviewed{ID: "X", Class: "A", Anchor: asOf.AddDate(9000, 0, 0)}), keyaccount.ErrOutOfRange, "Anchor", 1)
	_, err := p.Schedule(nil, time.Time{})
	inputError(t, err, keyaccount.ErrOutOfRange, "asOf", 0)
	end := day("2025-01-01").AddDate(7973, 11, 29)
	_, err = p.Schedule([]Reviewed{{ID: "X", Class: "A", Last: end}}, end)
	inputError(t, err, keyaccount.ErrOutOfRange, "Last", 1)

	empty := &ReviewPolicy{}
	_, err = empty.Schedule(nil, asOf)
	inputError(t, err, keyaccount.ErrMissing, "Intervals", 0)
	bad := &ReviewPolicy{Intervals: []ReviewInterval{
		{Class: "", Months: 1}, {Class: "A", Months: -1}, {Class: "A", Days: 40000}, {Class: "B"}, {Class: "C", Never: true, Days: 1},
	}}
	err = bad.Validate()
	for _, text := range []string{"row 1: Class", "row 2: Months", "row 3: Class", "row 3: Days", "row 4: Never", "row 5: Never"} {
		require.ErrorContains(t, err, text)
	}
}

func BenchmarkReviewSchedule(b *testing.B) {
	p := reviewPolicy()
	accounts := make([]Reviewed, 10_000)
	for i := range accounts {
		accounts[i] = Reviewed{
			ID: "A" + strconv.Itoa(i), Class: []string{"A", "B", "C", "none"}[i%4],
			Last: day("2025-01-01").AddDate(0, 0, i%90), Anchor: day("2015-01-31"),
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Schedule(accounts, day("2025-04-10")); err != nil {
			b.Fatal(err)
		}
	}
}
