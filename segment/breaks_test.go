package segment

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// PostgreSQL's percentile_cont(0.2), … over the UCI buyers are type 7: 14.2 days
// and so on. A Model of them scores everybody as the fitted one does.
func TestBreaksFromElsewhereScoreAsTheFit(t *testing.T) {
	t.Parallel()
	_, sum := uciLines(t)
	accounts := sum.Accounts(uciAsOf)
	fitted, err := FitRFM(accounts, nil)
	require.NoError(t, err)
	m, err := NewModel(Breaks{
		AsOf: uciAsOf, Recency: decs("14.2", "33", "72", "180"), Frequency: decs("1", "2", "3", "6"),
		Monetary: decs("242.872", "474.104", "914.850", "2014.866"),
	})
	require.NoError(t, err)
	for _, a := range accounts {
		require.Equal(t, fitted.Score(a), m.Score(a))
	}
	assert.Equal(t, []int{0, 0, 5}, []int{m.Scored, len(m.Recency.Counts), m.Bins})
	assert.Equal(t, GivenBreaks, m.Recency.Rule)

	text, err := json.Marshal(m)
	require.NoError(t, err)
	var back Model
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, "UTC", back.Location)
	for _, a := range accounts[:200] {
		require.Equal(t, m.Score(a), back.Score(a))
	}

	counted, err := FitRFM(accounts, &RFMOptions{Frequency: ScaleOptions{Breaks: decs("1", "2", "3", "6")}})
	require.NoError(t, err)
	assert.Equal(t, fitted.Frequency.Counts, counted.Frequency.Counts, "given breaks are counted where accounts are seen")
	assert.Equal(t, []QuantileRule{Type7, GivenBreaks}, []QuantileRule{counted.Recency.Rule, counted.Frequency.Rule})
}

// A break of counts lies between whole numbers or on one, and then on the side
// that OrEqual says.
func TestBreaksOfCounts(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 1))
	for range 2000 {
		b, x := decimal.New(r.Int64N(400)-100, -1), r.IntN(50)-15
		o := ScaleOptions{Breaks: []decimal.Decimal{b}, OrEqual: r.IntN(2) == 0}
		want := decimal.NewFromInt(int64(x)).Cmp(b)
		require.Equal(t, want > 0 || want == 0 && o.OrEqual, beyond(x, o.countCuts(), compareCount) == 1, "%d and %s", x, b)
	}
	far := ScaleOptions{Breaks: decs("-1e30", "1e30"), OrEqual: true}.countCuts()
	assert.Equal(t, []int{1, 1}, []int{beyond(math.MaxInt, far, compareCount), beyond(0, far, compareCount)})
}

func TestNewModelRefuses(t *testing.T) {
	t.Parallel()
	good := func() Breaks {
		return Breaks{AsOf: uciAsOf, Recency: decs("1", "2"), Frequency: decs("1", "1"), Monetary: decs("-5", "0.5")}
	}
	m, err := NewModel(good())
	require.NoError(t, err)
	require.NoError(t, m.Validate())
	for _, c := range []struct {
		name  string
		spoil func(b *Breaks)
		kind  error
		field string
		row   int
	}{
		{"descending", func(b *Breaks) { b.Frequency[1] = dec("0.9") }, keyaccount.ErrOutOfRange, "Frequency", 2},
		{"too large", func(b *Breaks) { b.Monetary[1] = decimal.New(1, 1<<30) }, keyaccount.ErrOutOfRange, "Monetary", 2},
		{"none", func(b *Breaks) { b.Recency = nil }, keyaccount.ErrMissing, "Recency", 0},
		{"too many", func(b *Breaks) { b.Recency = make([]decimal.Decimal, MaxBins) }, keyaccount.ErrOutOfRange, "Recency.Breaks", 0},
		{"no as-of", func(b *Breaks) { b.AsOf = time.Time{} }, keyaccount.ErrMissing, "AsOf", 0},
		{"far as-of", func(b *Breaks) { b.AsOf = b.AsOf.AddDate(20000, 0, 0) }, keyaccount.ErrOutOfRange, "AsOf", 0},
		{"other rules", func(b *Breaks) { b.Rules = DefaultRules(Cell{R: 3, F: 3, M: 4}) }, keyaccount.ErrMismatch, "Rules.Bins", 0},
		{"bad rules", func(b *Breaks) { b.Rules = &Rules{} }, keyaccount.ErrVersion, "Schema", 0},
	} {
		b := good()
		c.spoil(&b)
		_, err := NewModel(b)
		require.ErrorIs(t, err, c.kind, c.name)
		inputError(t, err, c.kind, c.field, c.row)
	}
	_, err = NewModel(Breaks{})
	require.ErrorContains(t, err, "Recency")
	require.ErrorContains(t, err, "AsOf")
}

func TestScaleOptionsRefuse(t *testing.T) {
	t.Parallel()
	accounts := randomAccounts(rand.New(rand.NewPCG(1, 1)), 9)
	for _, c := range []struct {
		o     ScaleOptions
		field string
	}{
		{ScaleOptions{Bins: 1}, "Monetary.Bins"},
		{ScaleOptions{Bins: 101}, "Monetary.Bins"},
		{ScaleOptions{Rule: -1}, "Monetary.Rule"},
		{ScaleOptions{Rule: GivenBreaks}, "Monetary.Breaks"},
		{ScaleOptions{OrEqual: true}, "Monetary.OrEqual"},
		{ScaleOptions{Breaks: decs("1"), Rule: Type7}, "Monetary.Rule"},
		{ScaleOptions{Breaks: decs("1"), Bins: 3}, "Monetary.Bins"},
	} {
		_, err := FitRFM(accounts, &RFMOptions{Monetary: c.o})
		inputError(t, err, keyaccount.ErrOutOfRange, c.field, 0)
	}
	_, err := FitRFM(accounts, &RFMOptions{Recency: ScaleOptions{Bins: 1}, Monetary: ScaleOptions{Breaks: decs("2", "1")}})
	require.ErrorContains(t, err, "Recency.Bins")
	require.ErrorContains(t, err, "the breaks must ascend; the one before is 2")
	_, err = FitRFM(accounts, &RFMOptions{Rule: GivenBreaks})
	inputError(t, err, keyaccount.ErrOutOfRange, "Rule", 0)
}

func TestFloatBreaks(t *testing.T) {
	t.Parallel()
	ds, err := FloatBreaks([]float64{14.2, -0.1, 1e21})
	require.NoError(t, err)
	assert.Equal(t, []string{"14.2", "-0.1", "1000000000000000000000"}, []string{ds[0].String(), ds[1].String(), ds[2].String()})
	for i, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		values := make([]float64, i+1)
		values[i] = bad
		_, err := FloatBreaks(values)
		inputError(t, err, keyaccount.ErrOutOfRange, "values", i+1)
		require.ErrorContains(t, err, strconv.FormatFloat(bad, 'g', -1, 64))
	}
}

// FuzzNewModel: any breaks are refused, or make a model that scores within its
// bins and is the same after JSON.
func FuzzNewModel(f *testing.F) {
	f.Add(int64(14), int32(0), int64(142), int32(-1), int64(3), int32(5), true, 7)
	f.Add(int64(math.MinInt64), int32(4096), int64(1), int32(-4097), int64(0), int32(0), false, -7)
	f.Fuzz(func(t *testing.T, a int64, ea int32, b int64, eb int32, c int64, ec int32, orEqual bool, x int) {
		breaks := []decimal.Decimal{decimal.New(a, ea), decimal.New(b, eb), decimal.New(c, ec)}
		m, err := NewModel(Breaks{AsOf: uciAsOf, Recency: breaks[:1], Frequency: breaks[:2], Monetary: breaks, OrEqual: orEqual})
		if err != nil {
			return
		}
		s := m.Score(Account{Orders: max(x, 1), DaysSinceLast: max(x, 0), Net: decimal.New(int64(x), ea)})
		require.True(t, min(s.R, s.F, s.M) >= 1 && s.R <= 2 && s.F <= 3 && s.M <= 4)
		text, err := json.Marshal(m)
		require.NoError(t, err)
		var back Model
		require.NoError(t, json.Unmarshal(text, &back))
	})
}
