package clv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

var impossibleDiscrete = []struct {
	DiscreteHistory
	field string
}{
	{DiscreteHistory{0, 0, -1}, "Opportunities"},
	{DiscreteHistory{0, 0, MaxOpportunities + 1}, "Opportunities"},
	{DiscreteHistory{1, 7, 6}, "Recency"},
	{DiscreteHistory{1, -1, 6}, "Recency"},
	{DiscreteHistory{-1, 0, 6}, "Frequency"},
	{DiscreteHistory{4, 3, 6}, "Frequency"},
	{DiscreteHistory{1, 0, 6}, "Frequency"},
	{DiscreteHistory{0, 3, 6}, "Recency"},
	{DiscreteHistory{math.MinInt, math.MinInt, math.MinInt}, "Opportunities"},
}

func TestDiscreteCountsRefuses(t *testing.T) {
	var table DiscreteCounts
	require.NoError(t, table.Add(DiscreteHistory{2, 4, 6}, 5))
	row := 1
	refuse := func(h DiscreteHistory, n int64, field string) {
		t.Helper()
		row++
		err := table.Add(h, n)
		var in *keyaccount.InputError
		require.ErrorAs(t, err, &in)
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
		assert.Equal(t, field, in.Field)
		assert.Equal(t, row, in.Row)
	}
	for _, c := range impossibleDiscrete {
		refuse(c.DiscreteHistory, 1, c.field)
		assert.Error(t, c.Validate())
	}
	assert.NoError(t, DiscreteHistory{}.Validate(), "just won")
	refuse(DiscreteHistory{}, 1, "Opportunities")
	refuse(DiscreteHistory{2, 4, 6}, 0, "n")
	refuse(DiscreteHistory{2, 4, 6}, math.MaxInt64, "n")
	var huge DiscreteCounts
	require.NoError(t, huge.Add(DiscreteHistory{0, 0, 1}, math.MaxInt64))
	assert.ErrorIs(t, table.Merge(&huge), keyaccount.ErrOutOfRange)
	assert.ErrorIs(t, table.Merge(nil), keyaccount.ErrMissing)
	assert.EqualValues(t, 5, table.N())
	assert.Equal(t, 1, table.Len())
	for range table.All() {
		break // stopping early is allowed
	}
	var none *DiscreteCounts
	assert.Zero(t, none.N())
	assert.Zero(t, none.Len())
}

func TestDiscreteCountsIsACommutativeMonoid(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	for range 200 {
		parts := make([]DiscreteCounts, 3)
		var whole DiscreteCounts
		for range r.IntN(40) {
			h := DiscreteHistory{Opportunities: 1 + r.IntN(6)}
			h.Recency = r.IntN(h.Opportunities + 1)
			h.Frequency = min(h.Recency, 1+r.IntN(3))
			n := 1 + r.Int64N(9)
			require.NoError(t, whole.Add(h, n))
			require.NoError(t, parts[r.IntN(3)].Add(h, n))
		}
		want := bytesOf(t, &whole)
		var left, right DiscreteCounts
		for i := range parts {
			require.NoError(t, left.Merge(&parts[i]))
			require.NoError(t, right.Merge(&parts[2-i]))
		}
		require.Equal(t, want, bytesOf(t, &left))
		require.Equal(t, want, bytesOf(t, &right))
		var fromBytes, fromJSON DiscreteCounts
		require.NoError(t, fromBytes.UnmarshalBinary(want))
		require.Equal(t, want, bytesOf(t, &fromBytes))
		text, err := json.Marshal(&right)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &fromJSON))
		require.Equal(t, want, bytesOf(t, &fromJSON))
		require.NoError(t, left.Merge(&left))
		require.Equal(t, 2*whole.N(), left.N(), "merged with itself it doubles")
	}
}

func TestDiscreteCountsIsReadStrictly(t *testing.T) {
	var table DiscreteCounts
	require.NoError(t, table.Add(DiscreteHistory{2, 4, 6}, 5))
	require.NoError(t, table.Add(DiscreteHistory{0, 0, 6}, 7))
	text, err := json.Marshal(&table)
	require.NoError(t, err)
	assert.Equal(t, `{"schema":"keyaccount/clv.DiscreteCounts","version":1,"rows":[`+
		`{"frequency":0,"recency":0,"opportunities":6,"n":7},{"frequency":2,"recency":4,"opportunities":6,"n":5}]}`, string(text))
	head := `{"schema":"keyaccount/clv.DiscreteCounts","version":1,"rows":`
	for _, c := range []struct {
		text string
		want error
	}{
		{`{"schema":"keyaccount/clv.DiscreteCounts","version":2,"rows":[]}`, keyaccount.ErrVersion},
		{`{"schema":"keyaccount/clv.Counts","version":2,"unit":"week","rows":[]}`, keyaccount.ErrVersion},
		{`{"schema":"keyaccount/clv.DiscreteCounts","version":1,"unit":"week","rows":[]}`, keyaccount.ErrMalformed},
		{`{"rows":[]}`, keyaccount.ErrVersion},
		{head + `[{"age":1}]}`, keyaccount.ErrMalformed},
		{head + `[{"frequency":1,"opportunities":2,"n":1}]}`, keyaccount.ErrOutOfRange},
	} {
		before := bytesOf(t, &table)
		assert.ErrorIs(t, table.UnmarshalJSON([]byte(c.text)), c.want, c.text)
		assert.Equal(t, before, bytesOf(t, &table), "unchanged after an error")
	}
	good := bytesOf(t, &table)
	for n := range good {
		require.Error(t, new(DiscreteCounts).UnmarshalBinary(good[:n]), "cut after %d bytes", n)
	}
	assert.ErrorIs(t, new(DiscreteCounts).UnmarshalBinary(append(good, 0)), keyaccount.ErrMalformed)
	assert.ErrorIs(t, new(DiscreteCounts).UnmarshalBinary(bytesOf(t, smallTable(t))), keyaccount.ErrVersion)
}

func FuzzDiscreteCountsDecode(f *testing.F) {
	var table DiscreteCounts
	require.NoError(f, table.Add(DiscreteHistory{2, 4, 6}, 5))
	require.NoError(f, table.Add(DiscreteHistory{0, 0, 600}, 7))
	f.Add(bytesOf(f, new(DiscreteCounts)))
	f.Add(bytesOf(f, &table))
	f.Fuzz(func(t *testing.T, b []byte) {
		var table DiscreteCounts
		if table.UnmarshalBinary(b) != nil {
			require.Zero(t, table.Len())
			return
		}
		require.Equal(t, b, bytesOf(t, &table), "only the canonical form is read")
	})
}

func FuzzDiscreteCountsJSON(f *testing.F) {
	f.Add([]byte(`{"schema":"keyaccount/clv.DiscreteCounts","version":1,"rows":[{"frequency":2,"recency":4,"opportunities":6,"n":5}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var table DiscreteCounts
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
