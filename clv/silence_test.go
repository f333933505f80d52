package clv

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// For a BG/NBD the age can be solved for: the odds of having left are
// a/(b+x-1) ((alpha+T)/(alpha+t_x))^(r+x).
func TestSilentSinceIsTheInverse(t *testing.T) {
	m := flow{published}
	for _, h := range []History{{1, 2, 10}, {2, 30.4, 38.9}, {26, 30.9, 31}, {400, 51.5, 52}, {3, 1e-3, 1e-3}} {
		for _, bound := range []float64{.9, .5, .2, .05, 1e-6} {
			x := float64(h.Frequency)
			odds := (1/bound - 1) * (m.B + x - 1) / m.A
			want := (m.Alpha+h.Recency)*math.Pow(odds, 1/(m.R+x)) - m.Alpha
			age, ok := SilentSince(m, h, bound)
			require.True(t, ok)
			if want <= h.Recency { // even an order today leaves too much doubt
				assert.Equal(t, h.Recency, age, "%+v %v", h, bound)
				continue
			}
			assert.InEpsilon(t, want, age, 1e-9, "%+v %v", h, bound)
			h.Age = age
			assert.Less(t, m.ProbAlive(h), bound)
		}
	}
	young, _ := SilentSince(m, History{2, 30, 30}, .5)
	old, _ := SilentSince(m, History{2, 30, 90}, .5)
	assert.Equal(t, young, old, "it looks back as well")
}

func TestSilentSinceNever(t *testing.T) {
	m := flow{published}
	for _, c := range []struct {
		m     OrderFlow
		h     History
		bound float64
	}{
		{m, History{0, 0, 50}, .5}, // this model never doubts an account without a repeat order
		{m, History{2, 30, 40}, 0},
		{m, History{2, 30, 40}, 1},
		{m, History{2, 30, 40}, -1},
		{m, History{2, 30, 40}, math.NaN()},
		{m, History{2, 50, 40}, .5},
		{flow{}, History{2, 30, 40}, .5},
		{nil, History{2, 30, 40}, .5},
		{flow{BGNBD{R: 1e-9, Alpha: 1, A: 1e-3, B: 1e6}}, History{1, 1, 1}, 1e-300}, // after the end of the numbers
	} {
		age, ok := SilentSince(c.m, c.h, c.bound)
		assert.False(t, ok)
		assert.Zero(t, age)
	}
}

func TestSilentSinceDay(t *testing.T) {
	m := flow{published}
	first := time.Date(2025, 1, 6, 0, 0, 0, 0, shanghai)
	a := AccountHistory{ID: "A", First: first, History: History{7, 30, 38}}
	day, ok := a.SilentSince(m, .3)
	require.True(t, ok)
	alive := func(day time.Time) float64 {
		h := a.History
		h.Age = day.Sub(first).Hours() / 24 / 7
		return m.ProbAlive(h)
	}
	assert.Less(t, alive(day), .3)
	assert.GreaterOrEqual(t, alive(day.AddDate(0, 0, -1)), .3)
	assert.Equal(t, shanghai, day.Location())

	sudden, ok := a.SilentSince(m, .999)
	require.True(t, ok)
	assert.Equal(t, first.AddDate(0, 0, 210), sudden, "the day of the last order")

	_, ok = AccountHistory{History: a.History}.SilentSince(m, .3)
	assert.False(t, ok, "no first day")
	_, ok = AccountHistory{First: first}.SilentSince(m, .3)
	assert.False(t, ok)
	far := AccountHistory{First: time.Date(9998, 12, 1, 0, 0, 0, 0, time.UTC), History: History{7, 30, 38}}
	_, ok = far.SilentSince(m, .3)
	assert.False(t, ok, "beyond the calendar")
	_, ok = a.SilentSince(flow{BGNBD{R: 1e-9, Alpha: 1, A: 1e-3, B: 1e6}}, 1e-100)
	assert.False(t, ok, "beyond any calendar")
}

func TestHistoryUpdates(t *testing.T) {
	h := History{}.Order(0)
	assert.Equal(t, History{}, h, "another order on the first day is the same purchase")
	h = h.After(2).Order(1)
	assert.Equal(t, History{1, 3, 3}, h)
	assert.Equal(t, h, h.Order(0))
	h = h.Order(4).After(.5)
	assert.Equal(t, History{2, 7, 7.5}, h)
	assert.Equal(t, h, h.After(0))
	for _, t0 := range []float64{-1, math.NaN(), math.Inf(1)} {
		assert.Error(t, h.After(t0).Validate())
		assert.Error(t, h.Order(t0).Validate())
	}
	assert.Error(t, History{maxFrequency, 1, 2}.Order(1).Validate())
}

// An account that is brought up to date day by day is the account that was
// folded anew.
func TestHistoryUpdatesAgreeWithTheFold(t *testing.T) {
	cal := NewCalibration(CalibrationOptions{Unit: Day})
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	var h History
	gap := 0.0
	for i, ordered := range []bool{true, false, true, true, false, false, false, true, false} {
		day := start.AddDate(0, 0, i)
		if i > 0 {
			gap++
		}
		if ordered {
			require.NoError(t, cal.Add(sale("A", day)))
			h, gap = h.Order(gap), 0
		}
		accounts, err := cal.Accounts(day)
		require.NoError(t, err)
		assert.Equal(t, accounts[0].History, h.After(gap))
	}
}

func FuzzSilentSince(f *testing.F) {
	f.Add(.243, 4.414, .793, 2.426, 2, 30.4, 38.9, .5)
	f.Add(1e-300, 1e300, 1e-300, 1e300, 2147483647, 1e-300, 1e308, 1e-17)
	f.Fuzz(func(t *testing.T, r, alpha, a, b float64, x int, tx, age, bound float64) {
		m, h := flow{BGNBD{R: r, Alpha: alpha, A: a, B: b}}, History{x, tx, age}
		at, ok := SilentSince(m, h, bound)
		if !ok {
			require.Zero(t, at)
			return
		}
		require.GreaterOrEqual(t, at, h.Recency)
		h.Age = at
		require.NoError(t, h.Validate())
		require.Less(t, m.ProbAlive(h), bound)
		AccountHistory{First: time.Unix(0, 0).UTC(), History: h}.SilentSince(m, bound)
		_ = h.After(bound).Order(age).Validate()
	})
}
