package segment

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// withFigures gives the accounts a margin and a delay, of which some are not
// known.
func withFigures(r *rand.Rand, accounts []Account) []Account {
	SetFigure(accounts, "margin", func(Account) (decimal.Decimal, bool) {
		return decimal.New(r.Int64N(60)-20, -int32(r.IntN(3))), r.IntN(4) > 0
	})
	SetFigure(accounts, "delay", func(Account) (decimal.Decimal, bool) {
		return decimal.NewFromInt(r.Int64N(90)), r.IntN(4) > 0
	})
	accounts[0].Figures = map[string]decimal.Decimal{"margin": dec("0.5"), "delay": dec("7")}
	return accounts
}

// marginAndDelay are dimensions for withFigures.
func marginAndDelay(r *rand.Rand) []Dimension {
	return []Dimension{
		{Name: "margin", Scale: ScaleOptions{Bins: 2 + r.IntN(6), Rule: anyRule(r)}},
		{Name: "delay", LowerBetter: true, Scale: ScaleOptions{Bins: 2 + r.IntN(6), Rule: anyRule(r)}},
	}
}

// valued makes accounts that have the values as the figure "x"; an empty text
// is one that is not known.
func valued(values ...string) []Account {
	accounts := make([]Account, len(values))
	for i, v := range values {
		accounts[i] = accountOn("A"+strconv.Itoa(i), "2025-01-01", i, i+1, "10")
		if v != "" {
			accounts[i].Figures = map[string]decimal.Decimal{"x": dec(v)}
		}
	}
	return accounts
}

func TestDimensionsOfAModel(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	at := func(text string) time.Time {
		v, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return v.In(berlin)
	}
	account := func(id, first, last, delay string) Account {
		a := Account{ID: id, AsOf: at("2025-07-01T00:00:00Z"), Orders: 2, FirstOrder: at(first), LastOrder: at(last), Net: dec("1")}
		if delay != "" {
			a.Figures = map[string]decimal.Decimal{"delay": dec(delay)}
		}
		return a
	}
	accounts := []Account{
		account("A", "2025-01-01T10:00:00Z", "2025-01-01T11:00:00Z", "3"),
		account("B", "2025-01-01T22:30:00Z", "2025-01-01T23:30:00Z", "40"), // past midnight in Berlin
		account("C", "2025-03-01T10:00:00Z", "2025-06-09T10:00:00Z", ""),
		{ID: "D", AsOf: at("2025-07-01T00:00:00Z"), DaysSinceLast: -1, Figures: map[string]decimal.Decimal{"delay": dec("99")}},
	}
	SetFigure(accounts, "length", Length)
	m := fitted(t, accounts, &RFMOptions{Bins: 3, Dimensions: []Dimension{
		{Name: "length"}, {Name: "delay", LowerBetter: true, Scale: ScaleOptions{Bins: 2}},
	}})
	require.NoError(t, m.Validate())
	l, d := &m.Dimensions[0], &m.Dimensions[1]
	assert.Equal(t, []int{3, 0}, []int{l.Scored, l.Unscored})
	assert.Equal(t, []int{2, 1}, []int{d.Scored, d.Unscored}, "the value of an account without orders takes no part")
	assert.Equal(t, []int{2, 2, 1, 1}, []int{d.Score(dec("-1")), d.Score(dec("21.5")), d.Score(dec("21.51")), d.Score(dec("40"))})
	assert.Equal(t, "Europe/Berlin", m.Location)
	for i, want := range []DimensionScores{{1, 2}, {2, 1}, {3, 0}, {}} {
		assert.Equal(t, want, m.Score(accounts[i]).Dimensions, accounts[i].ID)
	}
	assert.Equal(t, []string{"311/12", "311/21", "311/3", "000"}, []string{
		m.Score(accounts[0]).Code(), m.Score(accounts[1]).Code(), m.Score(accounts[2]).Code(), m.Score(accounts[3]).Code(),
	})
	assert.Equal(t, "3-1-1/12-0-3", Score{R: 3, F: 1, M: 1, Dimensions: DimensionScores{12, 0, 3}}.Code())
}

func TestSetFigure(t *testing.T) {
	t.Parallel()
	s := NewSummary(SummaryOptions{Categories: &CategoryOptions{}})
	for i, product := range []string{"a", "b", "a"} {
		require.NoError(t, s.Add(keyaccount.Transaction{Account: "A", Product: product, Time: day("2025-01-01").AddDate(0, 0, i), Amount: dec("1")}))
	}
	require.NoError(t, s.Add(keyaccount.Transaction{Account: "B", Product: "a", Time: day("2025-01-01"), Amount: dec("-1")}))
	accounts := s.Accounts(day("2025-02-01"))
	SetFigure(accounts, "breadth", Breadth)
	SetFigure(accounts, "length", Length)
	assert.Equal(t, map[string]decimal.Decimal{"breadth": dec("2"), "length": dec("2")}, accounts[0].Figures)
	assert.Nil(t, accounts[1].Figures, "nothing is known of an account that only gave back")
	copied := accounts[0]
	SetFigure(accounts, "length", func(Account) (decimal.Decimal, bool) { return decimal.Decimal{}, false })
	assert.Equal(t, map[string]decimal.Decimal{"breadth": dec("2")}, accounts[0].Figures)
	assert.Len(t, copied.Figures, 2, "a copy keeps its figures")
	plain := summaryOf(t, line("A", "1", "2025-01-01", "1", "1"))
	_, known := Breadth(plain.Accounts(day("2025-02-01"))[0])
	assert.False(t, known, "categories were not collected")
}

func TestDimensionJSON(t *testing.T) {
	t.Parallel()
	m := fitted(t, valued("0.10", "0.20", "0.30", "0.40", "0.50"), &RFMOptions{Dimensions: []Dimension{{
		Name: "x", Label: keyaccount.Text{En: "margin", Zh: "毛利率"}, Unit: keyaccount.Text{En: "%", Zh: "%"}, Step: dec("0.1"),
	}}})
	text, err := json.Marshal(m.Dimensions[0])
	require.NoError(t, err)
	assert.JSONEq(t, `{"name":"x","label":{"en":"margin","zh":"毛利率"},"unit":{"en":"%","zh":"%"},"step":"0.1",
		"scored":5,"unscored":0,"rule":"type7",
		"cuts":[{"value":"0.18"},{"value":"0.26"},{"value":"0.34"},{"value":"0.42"}],"counts":[1,1,1,1,1]}`, string(text))
	var back Model
	require.NoError(t, json.Unmarshal([]byte(modelJSON(t, m)), &back))
	assert.Equal(t, modelJSON(t, m), modelJSON(t, &back))

	s := m.Score(valued("0.35")[0])
	text, err = json.Marshal(s)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"dimensions":[4]`)
	var again Score
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Equal(t, s, again)
	text, err = json.Marshal(m.Score(valued("")[0]))
	require.NoError(t, err)
	assert.NotContains(t, string(text), "dimensions")
	inputError(t, json.Unmarshal([]byte(`[101]`), &again.Dimensions), keyaccount.ErrOutOfRange, "Dimensions", 1)
	inputError(t, json.Unmarshal([]byte(`[1,1,1,1,1,1,1,1,1]`), &again.Dimensions), keyaccount.ErrOutOfRange, "Dimensions", 0)
	inputError(t, json.Unmarshal([]byte(`["1"]`), &again.Dimensions), keyaccount.ErrMalformed, "Dimensions", 0)
	assert.Equal(t, s, again, "a refused list leaves the receiver alone")
}

func TestFitRFMRefusesDimensionsThatDoNotFit(t *testing.T) {
	t.Parallel()
	accounts := valued("1", "2", "")
	fit := func(accounts []Account, dims ...Dimension) error {
		m, err := FitRFM(accounts, &RFMOptions{Dimensions: dims})
		require.True(t, (err == nil) == (m != nil))
		return err
	}
	x := Dimension{Name: "x"}
	require.NoError(t, fit(accounts, x))
	inputError(t, fit(accounts, x, x), keyaccount.ErrDuplicate, "Dimensions", 2)
	inputError(t, fit(accounts, Dimension{}), keyaccount.ErrMissing, "Name", 0)
	inputError(t, fit(accounts, x, Dimension{Name: "y"}), keyaccount.ErrMissing, "Figures.y", 0)
	inputError(t, fit(accounts, make([]Dimension, MaxDimensions+1)...), keyaccount.ErrOutOfRange, "Dimensions", 0)
	inputError(t, fit(accounts, Dimension{Name: "x", Step: dec("-1")}), keyaccount.ErrOutOfRange, "x.Step", 0)
	inputError(t, fit(accounts, Dimension{Name: "x", Scale: ScaleOptions{Bins: 1}}), keyaccount.ErrOutOfRange, "x.Bins", 0)
	wide := valued("1", "2")
	wide[1].Figures["x"] = decimal.New(1, 1<<30)
	inputError(t, fit(wide, x), keyaccount.ErrOutOfRange, "Figures.x", 2)
	_, err := Migrate(fitted(t, accounts, &RFMOptions{Dimensions: []Dimension{x}}), nil, wide)
	inputError(t, err, keyaccount.ErrOutOfRange, "after.Figures.x", 2)

	m := fitted(t, accounts, &RFMOptions{Dimensions: []Dimension{x}})
	m.Dimensions = append(m.Dimensions, m.Dimensions[0])
	inputError(t, m.Validate(), keyaccount.ErrDuplicate, "Dimensions", 2)
	m.Dimensions = make([]DimensionScale, MaxDimensions+1)
	inputError(t, m.Validate(), keyaccount.ErrOutOfRange, "Dimensions", 0)
	assert.Equal(t, 1, m.Score(accounts[0]).M, "a model that is none scores without a panic")
}

// What the options hold does not change, and a Model is that of its figures,
// whatever stands in the accounts besides.
func TestOptionsAndAccountsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	accounts := valued("1", "2", "3")
	accounts[1].Figures["other"] = decimal.New(1, 1<<30)
	o := &RFMOptions{Dimensions: []Dimension{{Name: "x"}}}
	m := fitted(t, accounts, o)
	assert.Equal(t, &RFMOptions{Dimensions: []Dimension{{Name: "x"}}}, o)
	got, err := Migrate(m, accounts[:1], accounts[1:])
	require.NoError(t, err)
	assert.Equal(t, map[string]decimal.Decimal{"x": dec("2")}, got.Moves[1].After.Figures)
}

func TestModelOfGivenBreaksHasDimensions(t *testing.T) {
	t.Parallel()
	given := Breaks{
		AsOf: day("2025-01-01"), Currency: "EUR", Recency: decs("10"), Frequency: decs("3"), Monetary: decs("5"),
		Dimensions: []Dimension{{Name: "x", LowerBetter: true, Scale: ScaleOptions{Breaks: decs("10", "30"), OrEqual: true}}},
	}
	text, err := json.Marshal(given)
	require.NoError(t, err)
	var kept Breaks
	require.NoError(t, json.Unmarshal(text, &kept))
	m, err := NewModel(kept)
	require.NoError(t, err)
	var back Model
	require.NoError(t, json.Unmarshal([]byte(modelJSON(t, m)), &back))
	accounts := valued("9.99", "10", "30", "")
	for i, want := range []int8{3, 2, 1, 0} {
		assert.Equal(t, want, back.Score(accounts[i]).Dimensions[0])
	}
	given.Dimensions[0].Scale = ScaleOptions{}
	_, err = NewModel(given)
	inputError(t, err, keyaccount.ErrMissing, "x.Breaks", 0)
	back.Dimensions[0].Unscored = 3
	inputError(t, back.Validate(), keyaccount.ErrOutOfRange, "x.Scored", 0)
}

func TestReasonsOfDimensions(t *testing.T) {
	t.Parallel()
	m := byHand()
	scale := Scale[decimal.Decimal]{Cuts: []Cut[decimal.Decimal]{{Value: dec("10")}, {Value: dec("30")}}, Counts: []int{2, 2, 1}}
	m.Dimensions = []DimensionScale{
		{Name: "delay", Label: keyaccount.Text{En: "payment delay", Zh: "付款延迟"}, LowerBetter: true, Scored: 5, Scale: scale},
		{Name: "margin", Scored: 5, Scale: scale},
	}
	require.NoError(t, m.Validate())
	of := func(delay, margin, lang string) string {
		a := accountOn("A", "2025-01-01", 45, 3, "400")
		a.Figures = map[string]decimal.Decimal{"delay": dec(delay)}
		if margin != "" {
			a.Figures["margin"] = dec(margin)
		}
		return strings.Join(m.Reasons(m.Score(a), lang), ", ")
	}
	assert.Equal(t, "low payment delay, high margin", of("5", "31", "en"))
	assert.Equal(t, "high payment delay, low margin", of("31", "5", "en"))
	assert.Equal(t, "margin not known", of("20", "", "en"))
	assert.Equal(t, "付款延迟较高, margin未知", of("31", "", "zh"))
	assert.Empty(t, m.Reasons(Score{}, "en"))
}

// delayRules ask for a delay besides R, F and M.
func delayRules() *Rules {
	late := Rule{Segment: segmentOf("late", "Pays late", "付款拖延"), M: Span{4, 5}, Dimensions: map[string]Levels{"delay": {1, 2}}}
	unknown := Rule{Segment: segmentOf("unknown", "Not known", "未知"), M: Span{4, 5}, Dimensions: map[string]Levels{"delay": {0, 0}}}
	return &Rules{
		Schema: RulesSchema, Version: "late", Bins: Cell{R: 5, F: 5, M: 5, Dimensions: DimensionScores{5}},
		Dimensions: []string{"delay"}, Rules: []Rule{late, unknown, {Segment: segmentOf("rest", "Rest", "其他")}},
	}
}
