package segment

import (
	"encoding/json"
	"errors"
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
		m, err := FitRFM(accounts, &RFMOptions{Bins: 2 + r.IntN(20), Rule: anyRule(r), Nested: r.IntN(3) == 0})
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
// 20 + 80.05/3 = 140.05/3, which have no finite decimals and stay fractions;
// from delays 5 and 30, the third not known, and the least the best: 13.33, or
// 40/3, and 65/3.
const savedModel = `{"schema":"keyaccount/segment.Model","version":2,"policy":"net","as_of":"2025-07-01T00:00:00Z","location":"UTC",
	"currency":"EUR","bins":3,"rule":"type7","scored":3,"unscored":1,
	"recency":{"rule":"type7","cuts":[{"value":6},{"value":16}],"counts":[1,1,1]},
	"frequency":{"rule":"type7","cuts":[{"value":1},{"value":2}],"counts":[2,0,1],"collapsed":[2]},
	"monetary":{"rule":"type7","cuts":[{"value":"40","over":3},{"value":"140.05","over":3}],"counts":[1,1,1]},
	"dimensions":[{"name":"delay","lower_better":true,"scored":2,"unscored":1,
		"rule":"type7","cuts":[{"value":"40","over":3},{"value":"65","over":3}],"counts":[1,0,1],"collapsed":[2]}],
	"rules":{"schema":"keyaccount/segment.Rules/2","version":"two","bins":{"r":3,"f":3,"m":3},"rules":[
		{"segment":{"key":"key","en":"Key","zh":"大客户"},"r":[2,3],"f":[0,0],"m":[3,3]},
		{"segment":{"key":"rest","en":"Rest","zh":"其他"},"r":[0,0],"f":[0,0],"m":[0,0]}]}}`

func savedAccounts() []Account {
	account := func(id string, days, orders int, net string) Account {
		return Account{ID: id, AsOf: day("2025-07-01"), Currency: "EUR", DaysSinceLast: days, Orders: orders, Net: dec(net)}
	}
	out := []Account{
		account("A", 2, 4, "100.05"), account("B", 9, 1, "20"), account("C", 30, 1, "0.00"), account("D", -1, 0, "-3"),
	}
	out[0].Figures = map[string]decimal.Decimal{"delay": dec("5")}
	out[1].Figures = map[string]decimal.Decimal{"delay": dec("30")}
	out[3].Figures = map[string]decimal.Decimal{"delay": dec("9")}
	return out
}

func TestModelSchemaIsStable(t *testing.T) {
	t.Parallel()
	rules, err := NewRules("two", Cell{R: 3, F: 3, M: 3}, nil,
		Rule{Segment: segmentOf("key", "Key", "大客户"), R: Span{2, 3}, M: Span{3, 3}},
		Rule{Segment: segmentOf("rest", "Rest", "其他")})
	require.NoError(t, err)
	m, err := FitRFM(savedAccounts(), &RFMOptions{Bins: 3, Policy: "net", Rules: rules, Dimensions: []Dimension{{
		Name: "delay", LowerBetter: true,
	}}})
	require.NoError(t, err)
	assert.JSONEq(t, savedModel, modelJSON(t, m))

	var back Model
	require.NoError(t, json.Unmarshal([]byte(savedModel), &back))
	// Rules of version 1 stood in a Model of the same version.
	var old Model
	require.NoError(t, json.Unmarshal([]byte(strings.Replace(savedModel, "Rules/2", "Rules/1", 1)), &old))
	assert.Equal(t, back, old)
	for i, want := range []string{"333/3 key", "212/1 rest", "111 rest", "000"} {
		assert.Equal(t, want, back.Score(savedAccounts()[i]).String())
	}
	delay, ok := back.Dimension("delay")
	require.True(t, ok)
	assert.Equal(t, []int{3, 2, 1}, []int{delay.Score(dec("13.33")), delay.Score(dec("13.34")), delay.Score(dec("21.67"))})
	_, ok = back.Dimension("margin")
	assert.False(t, ok)
}

// Version 1 had one rule for all scales, no segments and no calendar. It is
// read and scores as it did.
func TestModelOfVersion1IsRead(t *testing.T) {
	t.Parallel()
	const saved = `{"schema":"keyaccount/segment.Model","version":1,"as_of":"2025-07-01T00:00:00Z","currency":"EUR",
	"bins":3,"rule":"midrank","scored":3,"unscored":1,
	"recency":{"cuts":[{"value":6},{"value":16}],"counts":[1,1,1]},
	"frequency":{"cuts":[{"value":1},{"value":2}],"counts":[2,0,1],"collapsed":[2]},
	"monetary":{"cuts":[{"value":"40","over":3},{"value":"140.05","over":3}],"counts":[1,1,1]}}`
	var m Model
	require.NoError(t, json.Unmarshal([]byte(saved), &m))
	assert.Equal(t, ModelVersion, m.Version)
	assert.Equal(t, MidRank, m.Monetary.Rule)
	for i, want := range []string{"333", "212", "111", "000"} {
		assert.Equal(t, want, m.Score(savedAccounts()[i]).String())
	}
	assert.Equal(t, "Not scored", m.Score(savedAccounts()[0]).Segment.Label("en"), "there are no rules to name it")
	var back Model
	require.NoError(t, json.Unmarshal([]byte(modelJSON(t, &m)), &back))
	assert.Equal(t, m, back)
}

func TestModelRefusesOtherVersionsAndBrokenOnes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		old, with string
		kind      error
		field     string
	}{
		{`"version":2`, `"version":3`, keyaccount.ErrVersion, "Version"},
		{`"version":2,`, ``, keyaccount.ErrVersion, "Version"},
		{`segment.Model`, `clv.Model`, keyaccount.ErrVersion, "Schema"},
		{`"bins":3`, `"bins":"three"`, keyaccount.ErrMalformed, "Model"},
		{`"version":2`, `"version":"two"`, keyaccount.ErrMalformed, "Model"},
		{`"bins":3`, `"bins":1`, keyaccount.ErrOutOfRange, "Bins"},
		{`"bins":3`, `"bins":4`, keyaccount.ErrOutOfRange, "Bins"},
		{`[{"value":6},{"value":16}]`, `[{"value":6}]`, keyaccount.ErrOutOfRange, "Recency"},
		{`[{"value":6},{"value":16}]`, `[]`, keyaccount.ErrOutOfRange, "Recency.Cuts"},
		{`"bins":{"r":3`, `"bins":{"r":2`, keyaccount.ErrOutOfRange, "R"},
		{`"r":[2,3]`, `"r":[3,2]`, keyaccount.ErrOutOfRange, "R"},
		{`"delay"`, `""`, keyaccount.ErrMissing, "Name"},
		{`"65"`, `"25"`, keyaccount.ErrOutOfRange, "delay.Cuts"},
		{`"scored":2`, `"scored":3`, keyaccount.ErrOutOfRange, "delay.Counts"},
		{`Rules/2`, `Rules/3`, keyaccount.ErrVersion, "Schema"},
		{`"scored":3,"unscored":1`, `"scored":0,"unscored":1`, keyaccount.ErrOutOfRange, "Scored"},
		{`"scored":3,"unscored":1`, `"scored":0,"unscored":0`, keyaccount.ErrOutOfRange, "Recency.Counts"},
		{`"scored":3`, `"scored":4`, keyaccount.ErrOutOfRange, "Recency.Counts"},
		{`[1,1,1]`, `[1,-1,3]`, keyaccount.ErrOutOfRange, "Recency.Counts"},
		{`"value":6`, `"value":24`, keyaccount.ErrOutOfRange, "Recency.Cuts"},
		{`{"value":1}`, `{"value":2,"or_equal":false}`, nil, ""},
		{`"40","over":3`, `"1","over":900`, keyaccount.ErrOutOfRange, "Monetary.Cuts"},
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
		in, ok := errors.AsType[*keyaccount.InputError](err)
		require.True(t, ok, "%v", err)
		require.ErrorIs(t, err, c.kind)
		require.Equal(t, c.field, in.Field, c.with)
		require.Equal(t, Model{Bins: 77}, m, "a refused model leaves the receiver alone")
	}
	err := json.Unmarshal([]byte(strings.Replace(savedModel, `"rule":"type7"`, `"rule":"ntile"`, 1)), new(Model))
	require.ErrorContains(t, err, "midrank")
	require.Error(t, (&Model{Schema: ModelSchema, Version: ModelVersion, Bins: 5, Rule: 99}).Validate())
}

func TestZeroModelScoresWithoutPanic(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "111", new(Model).Score(Account{Orders: 1, Net: decimal.New(1, 1<<30)}).String())
	assert.Equal(t, "111", (&Model{Nested: &NestedScales{}}).Score(Account{Orders: 1}).String())
}

func FuzzModelUnmarshalJSON(f *testing.F) {
	f.Add(savedModel, int64(100), int32(-2))
	f.Add(strings.ReplaceAll(savedModel, `"over":3`, `"or_equal":true`), int64(40), int32(1<<30))
	if m, err := FitRFM(savedAccounts(), &RFMOptions{Bins: 2, Nested: true}); err == nil {
		f.Add(modelJSON(f, m), int64(3), int32(0))
	}
	accounts := savedAccounts()
	SetFigure(accounts, "margin", func(a Account) (decimal.Decimal, bool) { return a.Net, a.Net.Sign() > 0 })
	if m, err := FitRFM(accounts, &RFMOptions{Rules: delayRules(), Dimensions: []Dimension{{Name: "margin"}, {Name: "delay", LowerBetter: true}}}); err == nil {
		f.Add(modelJSON(f, m), int64(3), int32(0))
	}
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
		one := []Account{a}
		for i := range m.Dimensions {
			SetFigure(one, m.Dimensions[i].Name, func(Account) (decimal.Decimal, bool) { return decimal.New(coef, exp), i%3 != 2 })
		}
		a = one[0]
		if s := m.Score(a); a.DaysSinceLast < 0 {
			require.Zero(t, s, "the last order lies after the as-of")
		} else if a.HasOrders() {
			require.True(t, min(s.R, s.F, s.M) >= 1 && max(s.R, s.F, s.M) <= m.Bins)
			for i := range m.Dimensions {
				require.Equal(t, i%3 != 2, s.Dimensions[i] > 0)
				require.LessOrEqual(t, int(s.Dimensions[i]), m.Dimensions[i].Bins())
			}
			require.Equal(t, m.Rules != nil, s.Segment != Segment{}, "rules are total")
		}
	})
}
