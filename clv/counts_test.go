package clv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/state"
)

func TestCountsAdd(t *testing.T) {
	var table Counts
	require.NoError(t, table.Add(History{2, 3, 9}, 4))
	require.NoError(t, table.Add(History{0, 0, 9}, 1))
	require.NoError(t, table.Add(History{2, 3, 9}, 6))
	require.NoError(t, table.Add(History{0, math.Copysign(0, -1), 9}, 1))
	assert.Equal(t, 2, table.Len())
	assert.EqualValues(t, 12, table.N())
	var got []CountedHistory
	for h, n := range table.All() {
		got = append(got, CountedHistory{h, n})
	}
	assert.Equal(t, []CountedHistory{{History{0, 0, 9}, 2}, {History{2, 3, 9}, 10}}, got)
	for range table.All() {
		break // stopping early is allowed
	}
}

func TestCountsAddRefuses(t *testing.T) {
	var table Counts
	require.NoError(t, table.Add(History{2, 3, 9}, 4))
	row := 1
	refuse := func(h History, n int64, field string) {
		t.Helper()
		row++
		err := table.Add(h, n)
		var in *keyaccount.InputError
		require.ErrorAs(t, err, &in)
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
		assert.Equal(t, field, in.Field)
		assert.Equal(t, row, in.Row)
	}
	for _, c := range impossible {
		refuse(c.History, 1, c.field)
	}
	refuse(History{}, 1, "Age")
	refuse(History{2, 3, 9}, 0, "n")
	refuse(History{2, 3, 9}, -1, "n")
	refuse(History{2, 3, 9}, math.MaxInt64, "n")
	assert.EqualValues(t, 4, table.N())
	assert.Equal(t, 1, table.Len())

	var huge Counts
	require.NoError(t, huge.Add(History{0, 0, 1}, math.MaxInt64))
	assert.ErrorIs(t, table.Merge(&huge), keyaccount.ErrOutOfRange)
	assert.ErrorIs(t, table.Merge(nil), keyaccount.ErrMissing)
	assert.EqualValues(t, 4, table.N())
}

func randomRows(r *rand.Rand, n int) []CountedHistory {
	rows := make([]CountedHistory, n)
	for i := range rows {
		rows[i] = CountedHistory{History{r.IntN(4), 0, float64(1+r.IntN(5)) / 7}, 1 + r.Int64N(9)}
		if rows[i].Frequency > 0 {
			rows[i].Recency = rows[i].Age * float64(1+r.IntN(3)) / 3
		}
	}
	return rows
}

func tableOf(t testing.TB, rows []CountedHistory) *Counts {
	t.Helper()
	table := NewCounts(Week)
	for _, row := range rows {
		require.NoError(t, table.Add(row.History, row.N))
	}
	return table
}

func TestCountsIsACommutativeMonoid(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	for range 300 {
		rows := randomRows(r, r.IntN(50))
		whole := bytesOf(t, tableOf(t, rows))
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		i := r.IntN(len(rows) + 1)
		j := i + r.IntN(len(rows)-i+1)
		a, b, c := tableOf(t, rows[:i]), tableOf(t, rows[i:j]), tableOf(t, rows[j:])
		var left Counts
		for _, part := range []*Counts{a, b, c} {
			require.NoError(t, left.Merge(part))
		}
		for _, part := range []*Counts{b, a, {}} {
			require.NoError(t, c.Merge(part))
		}
		require.Equal(t, whole, bytesOf(t, &left))
		require.Equal(t, whole, bytesOf(t, c))
		require.True(t, slices.IsSortedFunc(c.sorted(), func(a, b CountedHistory) int {
			return compareHistories(a.History, b.History)
		}))

		var fromBytes, fromJSON Counts
		require.NoError(t, fromBytes.UnmarshalBinary(whole))
		require.Equal(t, whole, bytesOf(t, &fromBytes))
		text, err := json.Marshal(c)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &fromJSON))
		require.Equal(t, whole, bytesOf(t, &fromJSON))
		require.Equal(t, left.N(), fromJSON.N())
	}
}

func TestCountsMergeWithItselfDoubles(t *testing.T) {
	table := smallTable(t)
	require.NoError(t, table.Merge(table))
	assert.EqualValues(t, 928, table.N())
	for h, n := range table.All() {
		assert.Zero(t, n%2, "%+v", h)
	}
}

func TestCountsJSON(t *testing.T) {
	table := tableOf(t, []CountedHistory{{History{1, 2.5, 9}, 3}, {History{0, 0, 9}, 40}})
	text, err := json.Marshal(table)
	require.NoError(t, err)
	assert.Equal(t, `{"schema":"keyaccount/clv.Counts","version":3,"unit":"week","rows":[`+
		`{"frequency":0,"recency":0,"age":9,"n":40},{"frequency":1,"recency":2.5,"age":9,"n":3}]}`, string(text))

	head := `{"schema":"keyaccount/clv.Counts","version":2,"unit":"week","rows":`
	for _, c := range []struct {
		text string
		want error
	}{
		{`{"schema":"keyaccount/clv.Counts","version":1,"rows":[]}`, keyaccount.ErrVersion},
		{`{"schema":"keyaccount/clv.Counts","version":2,"rows":[]}`, keyaccount.ErrMissing},
		{`{"rows":[]}`, keyaccount.ErrVersion},
		{`{"schema":"keyaccount/clv.Other","version":1}`, keyaccount.ErrVersion},
		{head + `[{"x":1}]}`, keyaccount.ErrMalformed},
		{head + `[{"frequency":1.5}]}`, keyaccount.ErrMalformed},
		{head + `[{"frequency":1,"recency":1e999,"age":2,"n":1}]}`, keyaccount.ErrMalformed},
		{head + `[{"frequency":0,"age":2,"n":1},{"frequency":3,"age":2,"n":1}]}`, keyaccount.ErrOutOfRange},
	} {
		before := bytesOf(t, table)
		err := table.UnmarshalJSON([]byte(c.text))
		assert.ErrorIs(t, err, c.want, c.text)
		assert.Equal(t, before, bytesOf(t, table), "unchanged after an error")
	}
	err = table.UnmarshalJSON([]byte(head + `[{"frequency":0,"age":2,"n":1},{"frequency":3,"age":2,"n":1}]}`))
	var in *keyaccount.InputError
	require.ErrorAs(t, err, &in)
	assert.Equal(t, 2, in.Row)
	assert.Equal(t, "Recency", in.Field)
}

func TestCountsCodecRefuses(t *testing.T) {
	good := bytesOf(t, smallTable(t))
	for n := range good {
		require.Error(t, new(Counts).UnmarshalBinary(good[:n]), "cut after %d bytes", n)
	}
	version := append([]byte{}, good...)
	version[1+len(countsForm.Schema)] = 9
	assert.ErrorIs(t, new(Counts).UnmarshalBinary(version), keyaccount.ErrVersion)
	assert.ErrorIs(t, new(Counts).UnmarshalBinary(append(good, 0)), keyaccount.ErrMalformed)
	row := state.AppendFloat(state.AppendFloat([]byte{0}, 0), 9)
	twice := append(state.AppendText(countsForm.AppendHeader(nil), "week"), 2)
	for range 2 {
		twice = append(append(twice, row...), 1)
	}
	assert.ErrorIs(t, new(Counts).UnmarshalBinary(twice), keyaccount.ErrMalformed, "a history in two rows is not canonical")
	assert.ErrorIs(t, new(Counts).UnmarshalBinary(bytesOf(t, new(Calibration))), keyaccount.ErrVersion)
	assert.ErrorIs(t, new(Calibration).UnmarshalBinary(good), keyaccount.ErrVersion)
}

func FuzzCountsDecode(f *testing.F) {
	f.Add(bytesOf(f, new(Counts)))
	f.Add(bytesOf(f, smallTable(f)))
	f.Add(smallTable(f).appendRows(state.Form{Schema: countsForm.Schema, Version: countsNoGaps}.AppendHeader(nil)))
	f.Fuzz(func(t *testing.T, b []byte) {
		var table Counts
		if table.UnmarshalBinary(b) != nil {
			require.Zero(t, table.Len())
			return
		}
		if b[1+len(countsForm.Schema)] == countsNoGaps { // which is written no more
			b = bytesOf(t, &table)
		}
		require.Equal(t, b, bytesOf(t, &table), "only the canonical form is read")
		text, err := json.Marshal(&table)
		require.NoError(t, err)
		var back Counts
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, b, bytesOf(t, &back))
	})
}

func FuzzCountsJSON(f *testing.F) {
	text, err := json.Marshal(smallTable(f))
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte(`{"schema":"keyaccount/clv.Counts","version":2,"unit":"week","rows":[{"n":1}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var table Counts
		if table.UnmarshalJSON(text) != nil {
			require.Zero(t, table.Len())
			return
		}
		for h, n := range table.All() {
			require.NoError(t, h.Validate())
			require.Positive(t, n)
		}
	})
}
