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

func spendOf(t testing.TB, amounts ...float64) SpendHistory {
	t.Helper()
	s, err := SpendOf(amounts...)
	require.NoError(t, err)
	return s
}

func spendTable(t testing.TB, rows ...countedSpend) *SpendCounts {
	t.Helper()
	var table SpendCounts
	for _, row := range rows {
		require.NoError(t, table.Add(row.SpendHistory, row.N))
	}
	return &table
}

func TestSpendOf(t *testing.T) {
	s := spendOf(t, 100, 20, 30)
	assert.Equal(t, 3, s.Orders)
	assert.Equal(t, 50.0, s.Mean)
	assert.Equal(t, 3800.0, s.Spread)
	assert.Equal(t, WithLogs, s.Detail)
	assert.InEpsilon(t, math.Log(60000)/3, s.LogMean, 1e-15)
	assert.Equal(t, s, spendOf(t, 30, 100, 20), "the same bits in any order")
	assert.Equal(t, SpendHistory{}, spendOf(t))

	loss := spendOf(t, 10, -30)
	assert.Equal(t, SpendHistory{Orders: 2, Mean: -10, Detail: WithSpread, Spread: 800}, loss)
	_, err := SpendOf(3, math.NaN())
	var in *keyaccount.InputError
	require.ErrorAs(t, err, &in)
	assert.Equal(t, 2, in.Row)
	_, err = SpendOf(math.MaxFloat64, -math.MaxFloat64)
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange, "the squares are beyond a float64")
}

// The mean of 0.1 and its neighbours has no digits to lose, but squares of
// 1e9 + 1, 2, 3 have.
func TestSpendOfDoesNotCancel(t *testing.T) {
	s := spendOf(t, 1e9+1, 1e9+2, 1e9+3)
	assert.Equal(t, 1e9+2, s.Mean)
	assert.Equal(t, 2.0, s.Spread)
	assert.InEpsilon(t, 2e-18, s.LogSpread, 0.1)
}

func TestSpendWithEqualsSpendOf(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	for range 200 {
		var amounts []float64
		var s SpendHistory
		for range r.IntN(12) {
			z := math.Exp(3 * r.NormFloat64())
			if r.IntN(20) == 0 {
				z = -z
			}
			amounts = append(amounts, z)
			var err error
			s, err = s.With(z)
			require.NoError(t, err)
		}
		want := spendOf(t, amounts...)
		assert.Equal(t, want.Orders, s.Orders)
		assert.Equal(t, want.Detail, s.Detail)
		assert.InDelta(t, want.Mean, s.Mean, 1e-12*(1+math.Sqrt(want.Spread)+math.Abs(want.Mean)))
		assert.InDelta(t, want.Spread, s.Spread, 1e-12*(1+want.Spread+want.Mean*want.Mean))
		assert.InDelta(t, want.LogMean, s.LogMean, 1e-12)
		assert.InDelta(t, want.LogSpread, s.LogSpread, 1e-11)
	}
	s, err := SpendHistory{Orders: 1, Mean: 4}.With(6)
	require.NoError(t, err)
	assert.Equal(t, WithLogs, s.Detail, "of one order the mean says it all")
	assert.InEpsilon(t, spendOf(t, 4, 6).LogSpread, s.LogSpread, 1e-12)
	s, err = SpendHistory{Orders: 2, Mean: 4}.With(7)
	require.NoError(t, err)
	assert.Equal(t, SpendHistory{Orders: 3, Mean: 5}, s, "what was not known stays unknown")
	_, err = SpendHistory{Orders: -1}.With(7)
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	_, err = SpendHistory{}.With(math.Inf(1))
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
}

var impossibleSpends = []struct {
	field string
	SpendHistory
}{
	{"Orders", SpendHistory{Orders: -1}},
	{"Orders", SpendHistory{Orders: maxFrequency + 1, Mean: 3}},
	{"Mean", SpendHistory{Mean: 3}},
	{"Mean", SpendHistory{Orders: 2, Mean: math.NaN()}},
	{"Mean", SpendHistory{Orders: 2, Mean: math.Inf(-1)}},
	{"Mean", SpendHistory{Orders: 2, Mean: -1, Detail: WithLogs}},
	{"Spread", SpendHistory{Orders: 2, Mean: 3, Spread: 1}},
	{"Spread", SpendHistory{Orders: 2, Mean: 3, Spread: -1, Detail: WithSpread}},
	{"Spread", SpendHistory{Orders: 2, Mean: 3, Spread: math.NaN(), Detail: WithSpread}},
	{"Spread", SpendHistory{Orders: 1, Mean: 3, Spread: 1, Detail: WithSpread}},
	{"LogMean", SpendHistory{Orders: 2, Mean: 3, LogMean: 1, Detail: WithSpread}},
	{"LogMean", SpendHistory{Orders: 2, Mean: 3, LogMean: 2, Detail: WithLogs}},
	{"LogSpread", SpendHistory{Orders: 1, Mean: 3, LogMean: 1, LogSpread: 1, Detail: WithLogs}},
	{"LogSpread", SpendHistory{Orders: 2, Mean: 3, LogMean: 1, LogSpread: math.Inf(1), Detail: WithLogs}},
	{"Detail", SpendHistory{Orders: 2, Mean: 3, Detail: 3}},
	{"Detail", SpendHistory{Orders: 2, Mean: 3, Detail: -1}},
}

func TestSpendCountsAddRefuses(t *testing.T) {
	table := spendTable(t, countedSpend{SpendHistory{Orders: 2, Mean: 3}, 4})
	row := 1
	refuse := func(s SpendHistory, n int64, field string) {
		t.Helper()
		row++
		err := table.Add(s, n)
		var in *keyaccount.InputError
		require.ErrorAs(t, err, &in)
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
		assert.Equal(t, field, in.Field, "%+v", s)
		assert.Equal(t, row, in.Row)
	}
	for _, c := range impossibleSpends {
		refuse(c.SpendHistory, 1, c.field)
	}
	refuse(SpendHistory{}, 1, "Orders")
	refuse(SpendHistory{Orders: 2, Mean: 3}, 0, "n")
	refuse(SpendHistory{Orders: 2, Mean: 3}, math.MaxInt64, "n")
	assert.EqualValues(t, 4, table.N())
	assert.Equal(t, 1, table.Len())

	huge := spendTable(t, countedSpend{SpendHistory{Orders: 2, Mean: 3}, math.MaxInt64})
	assert.ErrorIs(t, table.Merge(huge), keyaccount.ErrOutOfRange)
	assert.ErrorIs(t, table.Merge(nil), keyaccount.ErrMissing)
	assert.ErrorIs(t, table.Merge(NewSpendCounts("EUR")), keyaccount.ErrMixedCurrency)
	assert.EqualValues(t, 4, table.N())
}

func randomSpends(t testing.TB, r *rand.Rand, n int) []countedSpend {
	t.Helper()
	rows := make([]countedSpend, n)
	for i := range rows {
		var amounts []float64
		for range 1 + r.IntN(3) {
			amounts = append(amounts, float64(r.IntN(4)*(1+r.IntN(3))-1)/2)
		}
		rows[i] = countedSpend{spendOf(t, amounts...), 1 + r.Int64N(9)}
		if r.IntN(3) == 0 {
			rows[i].SpendHistory = SpendHistory{Orders: len(amounts), Mean: rows[i].Mean}
		}
	}
	return rows
}

func TestSpendCountsIsACommutativeMonoid(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 4))
	for range 200 {
		rows := randomSpends(t, r, r.IntN(50))
		whole := bytesOf(t, spendTable(t, rows...))
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		i := r.IntN(len(rows) + 1)
		j := i + r.IntN(len(rows)-i+1)
		a, b, c := spendTable(t, rows[:i]...), spendTable(t, rows[i:j]...), spendTable(t, rows[j:]...)
		var left SpendCounts
		for _, part := range []*SpendCounts{a, b, c} {
			require.NoError(t, left.Merge(part))
		}
		for _, part := range []*SpendCounts{b, a, {}} {
			require.NoError(t, c.Merge(part))
		}
		require.Equal(t, whole, bytesOf(t, &left))
		require.Equal(t, whole, bytesOf(t, c))
		require.True(t, slices.IsSortedFunc(c.sorted(), func(a, b countedSpend) int {
			return compareSpends(a.SpendHistory, b.SpendHistory)
		}))

		var fromBytes, fromJSON SpendCounts
		require.NoError(t, fromBytes.UnmarshalBinary(whole))
		require.Equal(t, whole, bytesOf(t, &fromBytes))
		text, err := json.Marshal(c)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &fromJSON))
		require.Equal(t, whole, bytesOf(t, &fromJSON))
		require.Equal(t, left.N(), fromJSON.N())
	}
}

// Of one order the mean says it all, so that a host which only has means and
// one that has the amounts count it in one row.
func TestSpendCountsKnowsSingleOrders(t *testing.T) {
	table := spendTable(
		t, countedSpend{SpendHistory{Orders: 1, Mean: 50}, 2}, countedSpend{spendOf(t, 50), 1},
		countedSpend{SpendHistory{Orders: 1, Mean: math.Copysign(0, -1)}, 1}, countedSpend{spendOf(t, 0), 1},
	)
	assert.Equal(t, 2, table.Len())
	require.NoError(t, table.Merge(table))
	for s, n := range table.All() {
		assert.Equal(t, spendOf(t, s.Mean), s)
		assert.Equal(t, map[float64]int64{0: 4, 50: 6}[s.Mean], n)
	}
	for range table.All() {
		break // stopping early is allowed
	}
}

func TestSpendCountsJSON(t *testing.T) {
	table := NewSpendCounts("EUR")
	require.NoError(t, table.Add(SpendHistory{Orders: 2, Mean: 22.5}, 3))
	require.NoError(t, table.Add(spendOf(t, -5, 1), 1))
	text, err := json.Marshal(table)
	require.NoError(t, err)
	assert.Equal(t, `{"schema":"keyaccount/clv.SpendCounts","version":1,"currency":"EUR","rows":[`+
		`{"orders":2,"mean":-2,"detail":"spread","spread":18,"n":1},{"orders":2,"mean":22.5,"detail":"mean","n":3}]}`, string(text))
	head := `{"schema":"keyaccount/clv.SpendCounts","version":1,"rows":`
	for _, c := range []struct {
		text string
		want error
	}{
		{`{"schema":"keyaccount/clv.SpendCounts","version":2,"rows":[]}`, keyaccount.ErrVersion},
		{`{"rows":[]}`, keyaccount.ErrVersion},
		{head + `[{"x":1}]}`, keyaccount.ErrMalformed},
		{head + `[{"orders":1.5}]}`, keyaccount.ErrMalformed},
		{head + `[{"orders":2,"mean":1,"detail":"all","n":1}]}`, keyaccount.ErrMalformed},
		{head + `[{"orders":2,"mean":1,"n":1},{"orders":2,"mean":1,"spread":1,"n":1}]}`, keyaccount.ErrOutOfRange},
	} {
		before := bytesOf(t, table)
		assert.ErrorIs(t, table.UnmarshalJSON([]byte(c.text)), c.want, c.text)
		assert.Equal(t, before, bytesOf(t, table), "unchanged after an error")
	}
	_, err = json.Marshal(NewSpendCounts("\xff"))
	assert.ErrorIs(t, err, keyaccount.ErrMalformed)
	_, err = json.Marshal(SpendHistory{Detail: 7})
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	assert.Equal(t, "SpendDetail(7)", SpendDetail(7).String())
}

func TestSpendCountsCodecRefuses(t *testing.T) {
	good := bytesOf(t, spendTable(t, randomSpends(t, rand.New(rand.NewPCG(8, 8)), 30)...))
	for n := range good {
		require.Error(t, new(SpendCounts).UnmarshalBinary(good[:n]), "cut after %d bytes", n)
	}
	version := slices.Clone(good)
	version[1+len(spendForm.Schema)] = 9
	assert.ErrorIs(t, new(SpendCounts).UnmarshalBinary(version), keyaccount.ErrVersion)
	assert.ErrorIs(t, new(SpendCounts).UnmarshalBinary(append(good, 0)), keyaccount.ErrMalformed)
	assert.ErrorIs(t, new(SpendCounts).UnmarshalBinary(bytesOf(t, new(Counts))), keyaccount.ErrVersion)

	head := append(state.AppendText(spendForm.AppendHeader(nil), ""), 1)
	one := func(orders byte, mean float64, detail SpendDetail) []byte {
		return append(state.AppendFloat(append(slices.Clone(head), orders), mean), byte(detail), 1)
	}
	require.NoError(t, new(SpendCounts).UnmarshalBinary(one(1, 5, WithLogs)))
	require.NoError(t, new(SpendCounts).UnmarshalBinary(one(2, 5, MeanOnly)))
	assert.ErrorIs(t, new(SpendCounts).UnmarshalBinary(one(1, 5, MeanOnly)), keyaccount.ErrMalformed, "not canonical")
	assert.ErrorIs(t, new(SpendCounts).UnmarshalBinary(one(1, -5, WithLogs)), keyaccount.ErrMalformed)
	assert.ErrorIs(t, new(SpendCounts).UnmarshalBinary(one(2, math.Copysign(0, -1), MeanOnly)), keyaccount.ErrMalformed)
	assert.ErrorIs(t, new(SpendCounts).UnmarshalBinary(one(0, 0, MeanOnly)), keyaccount.ErrOutOfRange)
}

func FuzzSpendCountsDecode(f *testing.F) {
	f.Add(bytesOf(f, new(SpendCounts)))
	f.Add(bytesOf(f, spendTable(f, randomSpends(f, rand.New(rand.NewPCG(8, 9)), 12)...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		var table SpendCounts
		if table.UnmarshalBinary(b) != nil {
			require.Zero(t, table.Len())
			return
		}
		require.Equal(t, b, bytesOf(t, &table), "only the canonical form is read")
		text, err := json.Marshal(&table)
		if err != nil {
			return // the currency is no UTF-8
		}
		var back SpendCounts
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, b, bytesOf(t, &back))
	})
}

func FuzzSpendCountsJSON(f *testing.F) {
	text, err := json.Marshal(spendTable(f, randomSpends(f, rand.New(rand.NewPCG(8, 9)), 12)...))
	require.NoError(f, err)
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		var table SpendCounts
		if table.UnmarshalJSON(text) != nil {
			require.Zero(t, table.Len())
			return
		}
		for s, n := range table.All() {
			require.NoError(t, s.Validate())
			require.Positive(t, n)
		}
	})
}
