package clv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/state"
)

// Orders at 0, 2, 3 and 9: ln 2 + ln 1 + ln 6 = ln 12.
func TestLogGaps(t *testing.T) {
	var table Counts
	sum, ok := table.LogGaps()
	assert.True(t, ok, "of nobody")
	assert.Zero(t, sum)
	require.NoError(t, table.AddRhythm(History{3, 9, 10}, math.Log(12)))
	require.NoError(t, table.AddRhythm(History{1, .25, 10}, math.Log(.25)))
	require.NoError(t, table.AddRhythm(History{0, 0, 10}, 0))
	sum, ok = table.LogGaps()
	assert.True(t, ok)
	assert.InDelta(t, math.Log(3), sum, 1e-15)
	require.NoError(t, table.Add(History{0, 0, 4}, 7))
	_, ok = table.LogGaps()
	assert.True(t, ok, "an account without a repeat purchase has no gaps")
	require.NoError(t, table.Add(History{1, 2, 4}, 1))
	_, ok = table.LogGaps()
	assert.False(t, ok, "the gaps of one account are not known")
	_, ok = (*Counts)(nil).LogGaps()
	assert.True(t, ok)
}

// Just below a whole number what is left of it rounds to 1, which is no fraction.
func TestLogGapsCarry(t *testing.T) {
	for _, c := range []struct{ sum, want float64 }{
		{-1e-20, 0}, {-math.SmallestNonzeroFloat64, 0}, {-1 - 1e-16, -1}, {-0x1p-54, 0}, {-0x1p-53, -0x1p-53},
	} {
		var table Counts
		require.NoError(t, table.AddRhythm(History{1, 1, 2}, c.sum))
		got, ok := table.LogGaps()
		assert.True(t, ok)
		assert.Equal(t, c.want, got, "%g", c.sum)
	}
}

func TestAddRhythmRefuses(t *testing.T) {
	table := tableOf(t, []CountedHistory{{History{2, 3, 9}, 4}})
	before := bytesOf(t, table)
	for i, c := range []struct {
		h     History
		sum   float64
		field string
	}{
		{History{3, 9, 10}, math.NaN(), "LogGaps"},
		{History{3, 9, 10}, math.Inf(-1), "LogGaps"},
		{History{3, 9, 10}, 3*math.Log(3) + 1e-6, "LogGaps"}, // three gaps of 3 are the most
		{History{3, 9, 10}, -1e9, "LogGaps"},
		{History{0, 0, 10}, 1, "LogGaps"},
		{History{3, 11, 10}, 1, "Recency"},
		{History{0, 0, 0}, 0, "Age"},
	} {
		err := table.AddRhythm(c.h, c.sum)
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad, "%+v", c)
		assert.Equal(t, c.field, bad.Field)
		assert.Equal(t, i+2, bad.Row)
		assert.Equal(t, before, bytesOf(t, table))
	}
	require.NoError(t, table.AddRhythm(History{3, 9, 10}, 3*math.Log(3)), "equal gaps")
}

// The sum is the same to the last bit, however the accounts were split; that
// of float64 is not.
func TestLogGapsAreAMonoid(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 9))
	naive := map[float64]bool{}
	gaps := make([]float64, 500)
	for i := range gaps {
		gaps[i] = math.Exp(4 * r.NormFloat64())
	}
	var whole []byte
	for range 40 {
		var parts [4]Counts
		total := 0.0
		r.Shuffle(len(gaps), func(i, j int) { gaps[i], gaps[j] = gaps[j], gaps[i] })
		for _, g := range gaps {
			require.NoError(t, parts[r.IntN(4)].AddRhythm(History{1, g, 1e9}, math.Log(g)))
			total += math.Log(g)
		}
		naive[total] = true
		for i := range 3 {
			require.NoError(t, parts[3].Merge(&parts[i]))
		}
		b := bytesOf(t, &parts[3])
		if whole == nil {
			whole = b
		}
		require.Equal(t, whole, b)
		sum, ok := parts[3].LogGaps()
		require.True(t, ok)
		require.InDelta(t, total, sum, 1e-9)
	}
	assert.Greater(t, len(naive), 1, "or this test shows nothing")

	var back Counts
	require.NoError(t, back.UnmarshalBinary(whole))
	text, err := json.Marshal(&back)
	require.NoError(t, err)
	var fromJSON Counts
	require.NoError(t, json.Unmarshal(text, &fromJSON))
	assert.Equal(t, whole, bytesOf(t, &fromJSON))
}

func TestLogGapsOutOfRange(t *testing.T) {
	var table Counts
	require.NoError(t, table.AddRhythm(History{maxFrequency, maxFrequency * math.MaxFloat64 / (1 << 32), math.MaxFloat64}, 1e12))
	var err error
	for n := 0; err == nil; n++ {
		require.Less(t, n, 64)
		before := bytesOf(t, &table)
		if err = table.Merge(&table); err != nil {
			assert.Equal(t, before, bytesOf(t, &table), "unchanged after an error")
		}
	}
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
}

// Version 2 had no gaps.
func TestCountsReadsVersion2(t *testing.T) {
	table := smallTable(t)
	old := table.appendRows(state.Form{Schema: countsForm.Schema, Version: 2}.AppendHeader(nil))
	var back Counts
	require.NoError(t, back.UnmarshalBinary(old))
	assert.Equal(t, bytesOf(t, table), bytesOf(t, &back))
	require.Error(t, new(Counts).UnmarshalBinary(append(old, 0)))
	text := `{"schema":"keyaccount/clv.Counts","version":2,"unit":"day","rows":[{"frequency":1,"recency":2,"age":9,"n":40}]}`
	require.NoError(t, json.Unmarshal([]byte(text), &back))
	assert.Equal(t, Day, back.Unit())
	assert.EqualValues(t, 40, back.N())
}

func TestLogGapsJSONRefuses(t *testing.T) {
	text := func(version, gaps string) []byte {
		return []byte(`{"schema":"keyaccount/clv.Counts","version":` + version +
			`,"unit":"day","rows":[{"frequency":1,"recency":2,"age":9,"n":2}],"log_gaps":` + gaps + `}`)
	}
	require.NoError(t, new(Counts).UnmarshalJSON(text("3", `{"accounts":2,"whole":-1,"fraction":"8000000000000000"}`)))
	for _, bad := range [][2]string{
		{"2", `{"accounts":2,"whole":-1,"fraction":"8000000000000000"}`},
		{"3", `{"accounts":3,"whole":-1,"fraction":"8000000000000000"}`},
		{"3", `{"accounts":-1,"whole":-1,"fraction":"8000000000000000"}`},
		{"3", `{"accounts":0,"whole":-1,"fraction":"8000000000000000"}`},
		{"3", `{"accounts":2,"whole":-1,"fraction":"0.5"}`},
		{"3", `{"accounts":2,"whole":-1,"fraction":"+800000000000000"}`},
		{"3", `{"accounts":2,"whole":-1,"fraction":"8"}`},
	} {
		assert.ErrorIs(t, new(Counts).UnmarshalJSON(text(bad[0], bad[1])), keyaccount.ErrMalformed, "%v", bad)
	}
}

func TestCountRows(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 10))
	for range 100 {
		rows := randomRows(r, r.IntN(80))
		table, err := CountRows(Week, rows)
		require.NoError(t, err)
		require.Equal(t, bytesOf(t, tableOf(t, rows)), bytesOf(t, table))
		require.NoError(t, table.Add(History{0, 0, .125}, 1), "it goes on")
		require.NoError(t, table.Add(History{0, 0, .125}, 1))
		require.Equal(t, bytesOf(t, tableOf(t, append(rows, CountedHistory{History{0, 0, .125}, 2}))), bytesOf(t, table))
	}
	_, err := CountRows(Week, []CountedHistory{{History{0, 0, 1}, 1}, {History{1, 0, 1}, 1}})
	var bad *keyaccount.InputError
	require.ErrorAs(t, err, &bad)
	assert.Equal(t, 2, bad.Row)
	_, err = CountRows(9, nil)
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
}
