package affinity

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestDueFollowsTheRhythm(t *testing.T) {
	t.Parallel()
	p, _ := office(t)
	m := fitted(t, p, nil)
	// Own: 2 gaps in 60 days. All buyers: 3 gaps in 100 days, weighing as 2.
	// The gap to be expected is (2*100/3 + 60) / (2 + 2) = 31.67 days.
	h := p.History("a1")
	due, err := m.Due(h, day("2025-04-01"), &DueOptions{MinGaps: 3})
	require.NoError(t, err)
	sound(t, due)
	require.Equal(t, []string{"ink"}, products(due), "nobody ever came back for a printer")
	d := due[0]
	gap := (2*100.0/3 + 60) / 4
	assert.InDelta(t, 30/gap, d.Score, 1e-15)
	assert.Equal(t, 30, d.Due.DaysSince)
	assert.InDelta(t, gap, d.Due.ExpectedGap, 1e-14)
	assert.Equal(t, day("2025-04-03"), d.Due.Expected)
	assert.Equal(t, DueAgain, d.Reason)
	assert.Equal(t, "due for re-purchase: 2 own gaps of 30.0 days on average; 3 gaps of all buyers, 33.3 days on average; "+
		"expected every 31.7 days, last bought 30 days ago", d.Explain("en"))
	assert.Equal(t, "到期复购：自身 2 次间隔，平均 30.0 天；全体购买者 3 次间隔，平均 33.3 天；预计每 31.7 天一次，距上次购买 30 天", d.Explain("zh"))

	// Too few gaps of all buyers: only the account's own count.
	due, err = m.Due(h, day("2025-04-01"), nil)
	require.NoError(t, err)
	assert.Equal(t, []Contribution{{Source: FromOwnRhythm, Count: 2, MeanDays: 30, Value: 1}}, due[0].Because)
	assert.Equal(t, day("2025-04-01"), due[0].Due.Expected)

	// No gap of its own: the rhythm of all buyers.
	due, err = m.Due(History{Items: []Holding{{Product: "ink", Days: 1, First: day("2025-03-01"), Last: day("2025-03-01")}}},
		day("2025-04-01"), &DueOptions{MinGaps: 3})
	require.NoError(t, err)
	assert.InDelta(t, 31/(100.0/3), due[0].Score, 1e-15)
	assert.Equal(t, FromProductRhythm, due[0].Because[0].Source)

	for name, c := range map[string]struct {
		asOf time.Time
		o    DueOptions
		want []string
	}{
		"too early":        {day("2025-03-20"), DueOptions{}, []string{}},
		"bought today":     {day("2025-03-02"), DueOptions{}, []string{}},
		"earlier on wish":  {day("2025-03-20"), DueOptions{From: 0.5}, []string{"ink"}},
		"given up":         {day("2025-06-15"), DueOptions{}, []string{}},
		"given up later":   {day("2025-06-15"), DueOptions{To: 4}, []string{"ink"}},
		"excluded":         {day("2025-04-01"), DueOptions{Exclude: []string{"ink"}}, []string{}},
		"From above three": {day("2025-07-10"), DueOptions{From: 4}, []string{}},
	} {
		due, err := m.Due(h, c.asOf, &c.o)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, products(due), name)
	}
}

// Later is never less due, and a longer gap never more: up to the day on which
// the account has given up.
func TestDueIsMonotone(t *testing.T) {
	t.Parallel()
	p, _ := office(t)
	m := fitted(t, p, nil)
	wide := &DueOptions{From: 1e-9, To: 1e9, MinGaps: 2}
	score := func(days, span, since int) float64 {
		h := History{Items: []Holding{{Product: "ink", Days: days, First: day("2024-01-01"), Last: day("2024-01-01").AddDate(0, 0, span)}}}
		due, err := m.Due(h, day("2024-01-01").AddDate(0, 0, span+since), wide)
		require.NoError(t, err)
		sound(t, due)
		require.Len(t, due, 1)
		return due[0].Score
	}
	for days := 2; days < 6; days++ {
		for span := days; span < 60; span += 7 {
			require.Less(t, score(days, span, 10), score(days, span, 11))
			require.Greater(t, score(days, span, 10), score(days, span+1, 10))
			require.Less(t, score(days, span, 10), score(days+1, span, 10))
		}
	}
}

func TestDueRefuses(t *testing.T) {
	t.Parallel()
	p, _ := office(t)
	m := fitted(t, p, nil)
	nan := math.NaN()
	for field, options := range map[string][]DueOptions{
		"N":         {{N: -1}},
		"From":      {{From: nan}, {From: -1}, {From: math.Inf(1)}},
		"To":        {{To: nan}, {To: 0.5}, {From: 4, To: 3.9}, {To: math.Inf(1)}},
		"PriorGaps": {{PriorGaps: nan}, {PriorGaps: -1}, {PriorGaps: math.Inf(1)}},
		"MinGaps":   {{MinGaps: -1}},
	} {
		for _, o := range options {
			_, err := m.Due(History{}, day("2025-04-01"), &o)
			require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
			require.ErrorContains(t, err, field)
		}
	}
	_, err := m.Due(p.History("a1"), time.Time{}, nil)
	inputError(t, err, keyaccount.ErrMissing, "asOf", 0)
	_, err = m.Due(p.History("a1"), day("2025-03-01"), nil)
	inputError(t, err, keyaccount.ErrOutOfRange, "Last", 1)
	due, err := m.Due(having("", "ink"), day("2025-04-01"), nil)
	require.NoError(t, err)
	assert.Empty(t, due, "without days there is no rhythm")
}

// Both ends count: a score of just From is due, one of just To not given up.
func TestDueIncludesBothEnds(t *testing.T) {
	t.Parallel()
	p, _ := office(t)
	m := fitted(t, p, nil)
	h := p.History("a1") // of ink, 2 gaps in 60 days, the last on 2 March
	for name, c := range map[string]struct {
		asOf string
		o    DueOptions
		want []string
	}{
		"at From":     {"2025-05-01", DueOptions{From: 2}, []string{"ink"}},
		"before From": {"2025-04-30", DueOptions{From: 2}, []string{}},
		"at To":       {"2025-05-01", DueOptions{To: 2}, []string{"ink"}},
		"after To":    {"2025-05-02", DueOptions{To: 2}, []string{}},
		"both at 2":   {"2025-05-01", DueOptions{From: 2, To: 2}, []string{"ink"}},
	} {
		due, err := m.Due(h, day(c.asOf), &c.o)
		require.NoError(t, err, name)
		require.Equal(t, c.want, products(due), name)
		if c.asOf == "2025-05-01" {
			require.Equal(t, 2.0, due[0].Score, name)
		}
	}
}
