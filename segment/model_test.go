package segment

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func modelJSON(t testing.TB, m *Model) string {
	t.Helper()
	b, err := json.Marshal(m)
	require.NoError(t, err)
	return string(b)
}

func TestModelJSONRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 6))
	for range 60 {
		accounts := randomAccounts(r, 1+r.IntN(50))
		m, err := FitRFM(accounts, &RFMOptions{Bins: 2 + r.IntN(20), Rule: QuantileRule(r.IntN(2))})
		require.NoError(t, err)
		text := modelJSON(t, m)
		var back Model
		require.NoError(t, json.Unmarshal([]byte(text), &back))
		require.Equal(t, text, modelJSON(t, &back))
		for _, a := range append(randomAccounts(r, 50), accounts...) {
			require.Equal(t, m.Score(a), back.Score(a))
		}
	}
}

// The schema, pinned: what is written today must be read by every later
// version. By hand, from days 2, 9, 30: 2 + 7*2/3 = 6.67 and 9 + 21/3 = 16; from
// orders 1, 1, 4: 1 and 1 + 3/3 = 2; from nets 0, 20, 100.05: 40/3 and
// 20 + 80.05/3 = 140.05/3, which have no finite decimals and stay fractions.
const savedModel = `{"schema":"keyaccount/segment.Model","version":1,"as_of":"2025-07-01T00:00:00Z","currency":"EUR",
	"bins":3,"rule":"type7","scored":3,"unscored":1,
	"recency":{"cuts":[{"value":6},{"value":16}],"counts":[1,1,1]},
	"frequency":{"cuts":[{"value":1},{"value":2}],"counts":[2,0,1],"collapsed":[2]},
	"monetary":{"cuts":[{"value":"40","over":3},{"value":"140.05","over":3}],"counts":[1,1,1]}}`

func TestModelSchemaIsStable(t *testing.T) {
	t.Parallel()
	account := func(id string, days, orders int, net string) Account {
		return Account{ID: id, AsOf: day("2025-07-01"), Currency: "EUR", DaysSinceLast: days, Orders: orders, Net: dec(net)}
	}
	accounts := []Account{
		account("A", 2, 4, "100.05"), account("B", 9, 1, "20"), account("C", 30, 1, "0.00"), account("D", -1, 0, "-3"),
	}
	m, err := FitRFM(accounts, &RFMOptions{Bins: 3})
	require.NoError(t, err)
	assert.JSONEq(t, savedModel, modelJSON(t, m))

	var back Model
	require.NoError(t, json.Unmarshal([]byte(savedModel), &back))
	for i, want := range []string{"333", "212", "111", "000"} {
		assert.Equal(t, want, back.Score(accounts[i]).Code())
	}
}

func TestModelRefusesOtherVersionsAndBrokenOnes(t *testing.T) {
	t.Parallel()
	require.Equal(t, 1, strings.Count(savedModel, `"unscored":1`))
	for _, c := range []struct {
		old, with string
		kind      error
		field     string
	}{
		{`"version":1`, `"version":2`, keyaccount.ErrVersion, "Version"},
		{`"version":1,`, ``, keyaccount.ErrVersion, "Version"},
		{`segment.Model`, `clv.Model`, keyaccount.ErrVersion, "Schema"},
		{`"bins":3`, `"bins":"three"`, keyaccount.ErrMalformed, "Model"},
		{`"version":1`, `"version":"one"`, keyaccount.ErrMalformed, "Model"},
		{`"bins":3`, `"bins":1`, keyaccount.ErrOutOfRange, "Bins"},
		{`"bins":3`, `"bins":4`, keyaccount.ErrOutOfRange, "Recency"},
		{`"scored":3`, `"scored":0`, keyaccount.ErrOutOfRange, "Scored"},
		{`"scored":3`, `"scored":4`, keyaccount.ErrOutOfRange, "Recency.Counts"},
		{`[1,1,1]`, `[1,-1,3]`, keyaccount.ErrOutOfRange, "Recency.Counts"},
		{`"value":6`, `"value":24`, keyaccount.ErrOutOfRange, "Recency.Cuts"},
		{`{"value":1}`, `{"value":2,"or_equal":false}`, nil, ""},
		{`{"value":2}`, `{"value":1,"or_equal":true}`, keyaccount.ErrOutOfRange, "Frequency.Cuts"},
		{`"collapsed":[2]`, `"collapsed":[1]`, keyaccount.ErrOutOfRange, "Frequency.Collapsed"},
		{`"40","over":3`, `"67","over":1`, keyaccount.ErrOutOfRange, "Monetary.Cuts"},
		{`"40","over":3`, `"40","over":-3`, keyaccount.ErrOutOfRange, "Monetary.Cuts"},
		{`"40","over":3`, `"1e5000"`, keyaccount.ErrOutOfRange, "Monetary.Cuts"},
		{`"2025-07-01T00:00:00Z"`, `"9999-07-01T00:00:00Z"`, keyaccount.ErrOutOfRange, "AsOf"},
	} {
		m := Model{Bins: 77}
		err := json.Unmarshal([]byte(strings.Replace(savedModel, c.old, c.with, 1)), &m)
		if c.kind == nil {
			require.NoError(t, err)
			continue
		}
		inputError(t, err, c.kind, c.field, 0)
		require.Equal(t, Model{Bins: 77}, m, "a refused model leaves the receiver alone")
	}
	err := json.Unmarshal([]byte(strings.Replace(savedModel, "type7", "ntile", 1)), new(Model))
	require.ErrorContains(t, err, "midrank")
	require.Error(t, (&Model{Schema: ModelSchema, Version: 1, Bins: 5, Rule: 9}).Validate())
}

func TestZeroModelScoresWithoutPanic(t *testing.T) {
	t.Parallel()
	assert.Equal(t, Score{1, 1, 1}, new(Model).Score(Account{Orders: 1, Net: decimal.New(1, 1<<30)}))
}

func FuzzModelUnmarshalJSON(f *testing.F) {
	f.Add(savedModel, int64(100), int32(-2))
	f.Add(strings.ReplaceAll(savedModel, `"over":3`, `"or_equal":true`), int64(40), int32(1<<30))
	f.Fuzz(func(t *testing.T, text string, coef int64, exp int32) {
		var m Model
		if json.Unmarshal([]byte(text), &m) != nil {
			return
		}
		again := modelJSON(t, &m)
		var back Model
		require.NoError(t, json.Unmarshal([]byte(again), &back))
		require.Equal(t, again, modelJSON(t, &back))
		a := Account{Orders: int(coef), DaysSinceLast: int(exp), Net: decimal.New(coef, exp), Currency: m.Currency}
		if s := m.Score(a); a.HasOrders() {
			require.True(t, min(s.R, s.F, s.M) >= 1 && max(s.R, s.F, s.M) <= m.Bins)
		}
	})
}
