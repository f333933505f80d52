package clv

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func onDay(t testing.TB, date string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateOnly, date)
	require.NoError(t, err)
	return at
}

func TestContractRenewsOnCalendarDays(t *testing.T) {
	c := Contract{Start: onDay(t, "2024-01-31"), Months: 1}
	for i, want := range []string{"2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"} {
		due, err := c.Renewal(i + 1)
		require.NoError(t, err)
		assert.Equal(t, onDay(t, want), due, "each counted from the start")
	}
	leap := Contract{Start: onDay(t, "2024-02-29")}
	for i, want := range []string{"2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"} {
		due, err := leap.Renewal(i + 1)
		require.NoError(t, err)
		assert.Equal(t, onDay(t, want), due)
	}
	for _, i := range []int{0, -1, 8000, 1 << 60} {
		_, err := leap.Renewal(i)
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
	next, err := leap.Next(onDay(t, "2025-02-28"), 2)
	require.NoError(t, err)
	assert.Equal(t, []time.Time{onDay(t, "2026-02-28"), onDay(t, "2027-02-28")}, next)
	next, err = leap.Next(onDay(t, "9996-01-01"), 1<<60)
	require.NoError(t, err)
	assert.Less(t, len(next), 4, "none after the year 9998")
	next, err = leap.Next(onDay(t, "2025-02-28"), -1)
	require.NoError(t, err)
	assert.Empty(t, next)
}

func TestContractHistory(t *testing.T) {
	start := onDay(t, "2020-05-31")
	for _, c := range []struct {
		months    int
		end, asOf string
		want      ContractHistory
	}{
		{0, "", "2020-05-31", ContractHistory{}},
		{0, "", "2021-05-30", ContractHistory{}},
		{0, "", "2021-05-31", ContractHistory{Renewals: 1}},
		{0, "", "2024-01-01", ContractHistory{Renewals: 3}},
		{1, "", "2020-06-29", ContractHistory{}},
		{1, "", "2020-06-30", ContractHistory{Renewals: 1}},
		{1, "", "2020-07-30", ContractHistory{Renewals: 1}},
		{1, "", "2020-07-31", ContractHistory{Renewals: 2}},
		{3, "", "2021-02-28", ContractHistory{Renewals: 3}},
		{0, "2021-05-31", "2024-01-01", ContractHistory{Lost: true}},
		{0, "2021-06-01", "2024-01-01", ContractHistory{Renewals: 1, Lost: true}},
		{0, "2022-05-31", "2024-01-01", ContractHistory{Renewals: 1, Lost: true}},
		{0, "2020-07-01", "2024-01-01", ContractHistory{Lost: true}},
		{0, "2022-05-31", "2022-05-31", ContractHistory{Renewals: 1, Lost: true}},
		{0, "2022-05-31", "2022-05-30", ContractHistory{Renewals: 1}},
	} {
		contract := Contract{Start: start, Months: c.months}
		if c.end != "" {
			contract.End = onDay(t, c.end)
		}
		got, err := contract.History(onDay(t, c.asOf))
		require.NoError(t, err)
		assert.Equal(t, c.want, got, "%+v", c)
		next, err := contract.Next(onDay(t, c.asOf), 1)
		require.NoError(t, err)
		if c.want.Lost {
			assert.Empty(t, next)
			continue
		}
		due, err := contract.Renewal(c.want.Renewals + 1)
		require.NoError(t, err)
		assert.Equal(t, []time.Time{due}, next)
		assert.True(t, due.After(onDay(t, c.asOf)))
	}
}

// The same instant is another day elsewhere: days are those of the contract.
func TestContractDaysAreThoseOfItsLocation(t *testing.T) {
	shanghai := time.FixedZone("UTC+8", 8*60*60)
	c := Contract{Start: time.Date(2024, 1, 1, 0, 0, 0, 0, shanghai), Months: 12}
	h, err := c.History(time.Date(2024, 12, 31, 16, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	assert.Equal(t, 1, h.Renewals, "it is 2025 in Shanghai")
	h, err = c.History(time.Date(2024, 12, 31, 15, 59, 0, 0, time.UTC))
	require.NoError(t, err)
	assert.Zero(t, h.Renewals)
}

func TestContractRefuses(t *testing.T) {
	start := onDay(t, "2020-05-31")
	for _, c := range []struct {
		contract Contract
		asOf     time.Time
		field    string
		want     error
	}{
		{Contract{}, start, "Start", keyaccount.ErrMissing},
		{Contract{Start: start}, time.Time{}, "asOf", keyaccount.ErrMissing},
		{Contract{Start: start}, start.AddDate(0, 0, -1), "asOf", keyaccount.ErrOutOfRange},
		{Contract{Start: start}, start.AddDate(9000, 0, 0), "asOf", keyaccount.ErrOutOfRange},
		{Contract{Start: start.AddDate(9000, 0, 0)}, start, "Start", keyaccount.ErrOutOfRange},
		{Contract{Start: start, Months: -1}, start, "Months", keyaccount.ErrOutOfRange},
		{Contract{Start: start, Months: 1201}, start, "Months", keyaccount.ErrOutOfRange},
		{Contract{Start: start, End: start}, start, "End", keyaccount.ErrOutOfRange},
		{Contract{Start: start, End: start.AddDate(9000, 0, 0)}, start, "End", keyaccount.ErrOutOfRange},
	} {
		_, err := c.contract.History(c.asOf)
		var in *keyaccount.InputError
		require.ErrorAs(t, err, &in)
		assert.ErrorIs(t, err, c.want)
		assert.Equal(t, c.field, in.Field)
		_, err = c.contract.Next(c.asOf, 2)
		assert.ErrorIs(t, err, c.want)
		if c.field != "asOf" {
			assert.ErrorIs(t, c.contract.Validate(), c.want)
			_, err = c.contract.Renewal(1)
			assert.ErrorIs(t, err, c.want)
		}
	}
	assert.NoError(t, Contract{Start: start}.Validate())
}

// However the calendar falls, the renewals survived are those not after asOf.
func FuzzContractHistory(f *testing.F) {
	f.Add(int64(1706659200), 1, int64(40))
	f.Add(int64(951782400), 13, int64(100000))
	f.Fuzz(func(t *testing.T, start int64, months int, days int64) {
		c := Contract{Start: time.Unix(start, 0).UTC(), Months: months}
		asOf := time.Unix(start, 0).UTC().AddDate(0, 0, int(days%4_000_000))
		h, err := c.History(asOf)
		if err != nil {
			return
		}
		end := asOf.Truncate(24 * time.Hour)
		if due, err := c.Renewal(h.Renewals); err == nil && due.After(end) {
			t.Fatalf("%+v at %v: renewal %d is on %v", c, asOf, h.Renewals, due)
		}
		if due, err := c.Renewal(h.Renewals + 1); err == nil && !due.After(end) {
			t.Fatalf("%+v at %v: renewal %d was on %v", c, asOf, h.Renewals+1, due)
		}
	})
}
