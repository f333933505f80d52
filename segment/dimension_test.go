package segment

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestDimensionsOfAModel(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	at := func(text string) time.Time {
		v, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return v.In(berlin)
	}
	account := func(id, first, last string) Account {
		return Account{ID: id, AsOf: at("2025-07-01T00:00:00Z"), Orders: 2, FirstOrder: at(first), LastOrder: at(last), Net: dec("1")}
	}
	accounts := []Account{
		account("A", "2025-01-01T10:00:00Z", "2025-01-01T11:00:00Z"),
		account("B", "2025-01-01T22:30:00Z", "2025-01-01T23:30:00Z"), // past midnight in Berlin
		account("C", "2025-03-01T10:00:00Z", "2025-06-09T10:00:00Z"),
		{ID: "D", AsOf: at("2025-07-01T00:00:00Z"), DaysSinceLast: -1},
	}
	length := Length(accounts)
	assert.Equal(t, []bool{false, false, false, true}, length.Missing)
	m, err := FitRFM(accounts, &RFMOptions{Bins: 3, Dimensions: []Dimension{
		length,
		{Name: "delay", LowerBetter: true, Scale: ScaleOptions{Bins: 2}, Values: decs("3", "40", "0", "99"), Missing: []bool{false, false, true, false}},
	}})
	require.NoError(t, err)
	require.NoError(t, m.Validate())
	l, d := &m.Dimensions[0], &m.Dimensions[1]
	assert.Equal(t, []int{1, 2, 3}, []int{l.Score(length.Values[0]), l.Score(length.Values[1]), l.Score(length.Values[2])})
	assert.Equal(t, []int{3, 0}, []int{l.Scored, l.Unscored})
	assert.Equal(t, []int{2, 1}, []int{d.Scored, d.Unscored}, "the value of an account without orders takes no part")
	assert.Equal(t, []int{2, 2, 1, 1}, []int{d.Score(dec("-1")), d.Score(dec("21.5")), d.Score(dec("21.51")), d.Score(dec("40"))})
	assert.Equal(t, "Europe/Berlin", m.Location)
}

func TestFitDimension(t *testing.T) {
	t.Parallel()
	margin := Dimension{Name: "margin", Values: decs("0.10", "0.20", "0.30", "0.40", "0.50")}
	d, err := FitDimension(margin)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 1, 1, 1, 1}, d.Counts)
	text, err := json.Marshal(d)
	require.NoError(t, err)
	assert.JSONEq(t, `{"name":"margin","scored":5,"unscored":0,"rule":"type7",
		"cuts":[{"value":"0.18"},{"value":"0.26"},{"value":"0.34"},{"value":"0.42"}],"counts":[1,1,1,1,1]}`, string(text))
	var back DimensionScale
	require.NoError(t, json.Unmarshal(text, &back))
	for _, v := range margin.Values {
		require.Equal(t, d.Score(v), back.Score(v))
	}
	inputError(t, json.Unmarshal([]byte(`{"name":"x","scored":0}`), &back), keyaccount.ErrOutOfRange, "x.Scored", 0)
	inputError(t, json.Unmarshal([]byte(`{"name":3}`), &back), keyaccount.ErrMalformed, "Dimension", 0)
	assert.Equal(t, "margin", back.Name, "a refused scale leaves the receiver alone")

	_, err = FitDimension(Dimension{Values: decs("1")})
	inputError(t, err, keyaccount.ErrMissing, "Name", 0)
	_, err = FitDimension(Dimension{Name: "x"})
	inputError(t, err, keyaccount.ErrMissing, "x", 0)
	_, err = FitDimension(Dimension{Name: "x", Values: decs("1"), Missing: []bool{true}})
	inputError(t, err, keyaccount.ErrMissing, "x", 0)
	_, err = FitDimension(Dimension{Name: "x", Values: decs("1"), Missing: []bool{}})
	inputError(t, err, keyaccount.ErrMismatch, "x.Missing", 0)
	_, err = FitDimension(Dimension{Name: "x", Values: []decimal.Decimal{dec("1"), decimal.New(1, 1<<30)}})
	inputError(t, err, keyaccount.ErrOutOfRange, "x", 2)
	_, err = FitDimension(Dimension{Name: "x", Values: decs("1"), Scale: ScaleOptions{Bins: 1}})
	inputError(t, err, keyaccount.ErrOutOfRange, "x.Bins", 0)
}

func TestModelRefusesDimensionsThatDoNotFit(t *testing.T) {
	t.Parallel()
	accounts := randomAccounts(rand.New(rand.NewPCG(1, 1)), 3)
	fit := func(dims ...Dimension) error {
		_, err := FitRFM(accounts, &RFMOptions{Dimensions: dims})
		return err
	}
	x := Dimension{Name: "x", Values: decs("1", "2", "3")}
	require.NoError(t, fit(x))
	inputError(t, fit(x, x), keyaccount.ErrDuplicate, "Dimensions", 2)
	inputError(t, fit(x, Dimension{Name: "y", Values: decs("1")}), keyaccount.ErrMismatch, "Dimensions", 2)
	inputError(t, fit(Dimension{Values: x.Values}), keyaccount.ErrMissing, "Name", 0)

	m, err := FitRFM(accounts, &RFMOptions{Dimensions: []Dimension{x}})
	require.NoError(t, err)
	m.Dimensions = append(m.Dimensions, m.Dimensions[0])
	inputError(t, m.Validate(), keyaccount.ErrDuplicate, "Dimensions", 2)
}

// The law, in both directions.
func TestDimensionScoresObeyTheLaw(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	for range 300 {
		d := Dimension{Name: "x", LowerBetter: r.IntN(2) == 0, Scale: ScaleOptions{Bins: 2 + r.IntN(8), Rule: anyRule(r)}}
		for range 1 + r.IntN(40) {
			d.Values = append(d.Values, decimal.New(r.Int64N(40)-10, -int32(r.IntN(2))))
		}
		s, err := FitDimension(d)
		require.NoError(t, err)
		require.NoError(t, s.Validate())
		counts := make([]int, s.Bins())
		for _, v := range d.Values {
			counts[s.Score(v)-1]++
			w := d.Values[r.IntN(len(d.Values))]
			if better := v.Cmp(w); better >= 0 && !d.LowerBetter || better <= 0 && d.LowerBetter {
				require.GreaterOrEqual(t, s.Score(v), s.Score(w))
			}
		}
		require.Equal(t, s.Counts, counts)
		r.Shuffle(len(d.Values), func(i, j int) { d.Values[i], d.Values[j] = d.Values[j], d.Values[i] })
		again, err := FitDimension(d)
		require.NoError(t, err)
		require.Equal(t, s, again)
	}
}

func TestBreadthIsADimension(t *testing.T) {
	t.Parallel()
	s := NewSummary(SummaryOptions{Categories: &CategoryOptions{}})
	for i, product := range []string{"a", "b", "a"} {
		require.NoError(t, s.Add(keyaccount.Transaction{Account: "A", Product: product, Time: day("2025-01-01").AddDate(0, 0, i), Amount: dec("1")}))
	}
	require.NoError(t, s.Add(keyaccount.Transaction{Account: "B", Product: "a", Time: day("2025-01-01"), Amount: dec("-1")}))
	d := Breadth(s.Accounts(day("2025-02-01")))
	assert.Equal(t, "breadth", d.Name)
	assert.Equal(t, []bool{false, true}, d.Missing)
	assert.True(t, d.Values[0].Equal(dec("2")))
	plain := summaryOf(t, line("A", "1", "2025-01-01", "1", "1"))
	assert.Equal(t, []bool{true}, Breadth(plain.Accounts(day("2025-02-01"))).Missing, "categories were not collected")
}
