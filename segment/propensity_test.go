package segment

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func countsOf(t testing.TB, features ...string) *PropensityCounts {
	t.Helper()
	c, err := NewPropensityCounts(features...)
	require.NoError(t, err)
	return c
}

func jsonOf(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// tennis is the table of Quinlan, Induction of Decision Trees, Machine
// Learning 1 (1986) 81-106.
func tennis(t testing.TB) *PropensityCounts {
	t.Helper()
	c := countsOf(t, "outlook", "temperature", "humidity", "wind")
	for _, row := range [][5]string{
		{"sunny", "hot", "high", "weak", "no"},
		{"sunny", "hot", "high", "strong", "no"},
		{"overcast", "hot", "high", "weak", "yes"},
		{"rain", "mild", "high", "weak", "yes"},
		{"rain", "cool", "normal", "weak", "yes"},
		{"rain", "cool", "normal", "strong", "no"},
		{"overcast", "cool", "normal", "strong", "yes"},
		{"sunny", "mild", "high", "weak", "no"},
		{"sunny", "cool", "normal", "weak", "yes"},
		{"rain", "mild", "normal", "weak", "yes"},
		{"sunny", "mild", "normal", "strong", "yes"},
		{"overcast", "mild", "high", "strong", "yes"},
		{"overcast", "hot", "normal", "weak", "yes"},
		{"rain", "mild", "high", "strong", "no"},
	} {
		require.NoError(t, c.Add(row[:4], row[4] == "yes"))
	}
	return c
}

// Mitchell, Machine Learning (1997), section 6.9.1: a sunny, cool, humid and
// windy day has P(no) = .0206 / (.0206 + .0053) = .795 without smoothing.
func TestNaiveBayesPlayTennis(t *testing.T) {
	t.Parallel()
	m, err := FitPropensity(tennis(t), &PropensityOptions{Smoothing: 1e-9})
	require.NoError(t, err)
	s, err := m.Score([]string{"sunny", "cool", "high", "strong"})
	require.NoError(t, err)
	assert.InDelta(t, 0.795, 1-s.Probability, 5e-4)
	yes, no := 9.0/14*2/9*3/9*3/9*3/9, 5.0/14*3/5*1/5*4/5*3/5
	assert.InDelta(t, yes/(yes+no), s.Probability, 1e-8)

	// With the default, one is added to every count: of the 9 and 5 days, of
	// the three outlooks, and so on.
	m, err = FitPropensity(tennis(t), nil)
	require.NoError(t, err)
	s, err = m.Score([]string{"overcast", "", "high", "none such"})
	require.NoError(t, err)
	want := math.Log(10.0/6) + math.Log((5.0/12)/(1.0/8)) + math.Log((4.0/11)/(5.0/7))
	assert.InDelta(t, want, s.LogOdds, 1e-14)
	assert.InDelta(t, 1/(1+math.Exp(-want)), s.Probability, 1e-15)
}

func TestPropensityExplainsItself(t *testing.T) {
	t.Parallel()
	m, err := FitPropensity(tennis(t), nil)
	require.NoError(t, err)
	e, err := m.Explain([]string{"overcast", "cool", "", "unseen"})
	require.NoError(t, err)
	assert.Equal(t, PropensityTerm{Feature: "outlook", Value: "overcast", LogOdds: m.Features[0].Values[0].LogOdds, Won: 4}, e.Terms[0])
	assert.Equal(t, []PropensityTerm{{Feature: "humidity"}, {Feature: "wind", Value: "unseen"}}, e.Terms[2:])
	assert.Equal(t, "probability 88.1 %: start +0.51; outlook overcast +1.20 (4 of 4); temperature cool +0.29 (3 of 4)", e.Text("en"))
	assert.Contains(t, e.Text("zh-CN"), "概率 88.1%")
}

// The terms add up to the score in every digit, for any model and account.
func TestPropensityTermsAddUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 1))
	for range 200 {
		c, rows := randomHistory(t, r)
		m, err := FitPropensity(c, &PropensityOptions{Smoothing: 0.01 + r.Float64(), Prior: r.Float64() * float64(r.IntN(2))})
		require.NoError(t, err)
		for _, row := range rows {
			s, err := m.Score(row)
			require.NoError(t, err)
			e, err := m.Explain(row)
			require.NoError(t, err)
			sum := e.PriorLogOdds
			for _, term := range e.Terms {
				sum += term.LogOdds
			}
			require.Equal(t, s, e.PropensityScore)
			require.Equal(t, s.LogOdds, sum)
			require.True(t, s.Probability >= m.Low && s.Probability <= m.High)
		}
	}
}

func randomHistory(t testing.TB, r *rand.Rand) (*PropensityCounts, [][]string) {
	t.Helper()
	c := countsOf(t, "a", "b", "c")
	var rows [][]string
	for range 1 + r.IntN(60) {
		row := []string{"", "", ""}
		for k := range row {
			if v := r.IntN(8); v > 0 {
				row[k] = strconv.Itoa(v)
			}
		}
		require.NoError(t, c.Add(row, r.IntN(3) == 0))
		rows = append(rows, row)
	}
	return c, rows
}

// More winners among a value's accounts never lower its weight.
func TestPropensityIsMonotone(t *testing.T) {
	t.Parallel()
	before := math.Inf(-1)
	for won := range 11 {
		c := countsOf(t, "f")
		for i := range 10 {
			require.NoError(t, c.Add([]string{"v"}, i < won))
		}
		for i := range 20 {
			require.NoError(t, c.Add([]string{"w"}, i < 10))
		}
		m, err := FitPropensity(c, nil)
		require.NoError(t, err)
		s, err := m.Score([]string{"v"})
		require.NoError(t, err)
		require.Greater(t, s.LogOdds, before)
		before = s.LogOdds
	}
}

func TestPropensityCountsAreAMonoid(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for range 100 {
		a, rows := randomHistory(t, r)
		b, more := randomHistory(t, r)
		whole, left, right := countsOf(t, "a", "b", "c"), new(PropensityCounts), countsOf(t, "a", "b", "c")
		require.NoError(t, left.Merge(a))
		require.NoError(t, left.Merge(b))
		require.NoError(t, right.Merge(b))
		require.NoError(t, right.Merge(a))
		require.NoError(t, right.Merge(new(PropensityCounts)))
		require.Equal(t, jsonOf(t, left), jsonOf(t, right))
		require.Equal(t, len(rows)+len(more), left.Won+left.Lost)
		require.NoError(t, left.Validate())

		// What is taken back leaves no trace, in whatever order.
		require.NoError(t, whole.Merge(b))
		outcomes := make([]bool, len(rows))
		for i, row := range rows {
			outcomes[i] = r.IntN(2) == 0
			require.NoError(t, whole.Add(row, outcomes[i]))
		}
		for _, i := range r.Perm(len(rows)) {
			require.NoError(t, whole.Remove(rows[i], outcomes[i]))
		}
		require.Equal(t, jsonOf(t, b), jsonOf(t, whole))

		var back PropensityCounts
		require.NoError(t, json.Unmarshal([]byte(jsonOf(t, a)), &back))
		require.Equal(t, *a, back)
		m, err := FitPropensity(a, nil)
		require.NoError(t, err)
		var kept Propensity
		require.NoError(t, json.Unmarshal([]byte(jsonOf(t, m)), &kept))
		require.Equal(t, *m, kept)
	}
}

// Merging leaves the other side alone, also into empty counts.
func TestPropensityMergeDoesNotShare(t *testing.T) {
	t.Parallel()
	a, zero := tennis(t), new(PropensityCounts)
	want := jsonOf(t, a)
	require.NoError(t, zero.Merge(a))
	require.NoError(t, zero.Add([]string{"sunny", "hot", "high", "weak"}, true))
	require.NoError(t, zero.Add([]string{"dusty", "hot", "high", "weak"}, true))
	assert.Equal(t, want, jsonOf(t, a))
}

func TestPropensityOfOneSidedHistory(t *testing.T) {
	t.Parallel()
	for _, won := range []bool{true, false} {
		c := countsOf(t, "f")
		for range 100000 {
			require.NoError(t, c.Add([]string{"v"}, won))
		}
		m, err := FitPropensity(c, nil)
		require.NoError(t, err)
		s, err := m.Score([]string{"v"})
		require.NoError(t, err)
		assert.True(t, s.Clamped)
		assert.Equal(t, map[bool]float64{true: 0.9999, false: 0.0001}[won], s.Probability)
		assert.InDelta(t, map[bool]float64{true: 1, false: -1}[won]*math.Log(100001), s.LogOdds, 1e-9, "the log-odds are not clamped")
	}
	prior, err := FitPropensity(tennis(t), &PropensityOptions{Prior: 0.02})
	require.NoError(t, err)
	s, err := prior.Score([]string{"", "", "", ""})
	require.NoError(t, err)
	assert.InDelta(t, 0.02, s.Probability, 1e-15)

	alone := new(PropensityCounts)
	require.NoError(t, alone.Add(nil, true))
	_, err = FitPropensity(alone, nil)
	require.NoError(t, err, "counts without features know the share of winners")
}

func TestPropensityRefuses(t *testing.T) {
	t.Parallel()
	_, err := NewPropensityCounts("a", "")
	inputError(t, err, keyaccount.ErrMissing, "Features", 0)
	_, err = NewPropensityCounts("a", "a")
	inputError(t, err, keyaccount.ErrDuplicate, "Features", 0)
	c := countsOf(t, "a", "b")
	before := jsonOf(t, c)
	inputError(t, c.Add([]string{"x"}, true), keyaccount.ErrMismatch, "values", 0)
	inputError(t, c.Remove([]string{"x"}, true), keyaccount.ErrMismatch, "values", 0)
	inputError(t, c.Remove([]string{"x", "y"}, true), keyaccount.ErrOutOfRange, "won", 0)
	_, err = FitPropensity(c, nil)
	inputError(t, err, keyaccount.ErrMissing, "counts", 0)
	_, err = FitPropensity(nil, nil)
	inputError(t, err, keyaccount.ErrMissing, "counts", 0)
	inputError(t, c.Merge(nil), keyaccount.ErrMissing, "other", 0)
	inputError(t, c.Merge(countsOf(t, "a")), keyaccount.ErrMismatch, "Features", 0)
	inputError(t, c.Merge(countsOf(t, "b", "a")), keyaccount.ErrMismatch, "Features", 0)
	inputError(t, c.Merge(&PropensityCounts{Won: 1}), keyaccount.ErrVersion, "Schema", 0)
	assert.Equal(t, before, jsonOf(t, c))

	require.NoError(t, c.Add([]string{"x", "y"}, true))
	require.NoError(t, c.Add([]string{"z", ""}, true))
	after := jsonOf(t, c)
	inputError(t, c.Remove([]string{"x", "z"}, true), keyaccount.ErrOutOfRange, "b", 0)
	inputError(t, c.Remove([]string{"x", "y"}, false), keyaccount.ErrOutOfRange, "won", 0)
	assert.Equal(t, after, jsonOf(t, c), "a refusal half-way changes nothing")

	for field, o := range map[string]PropensityOptions{
		"Smoothing": {Smoothing: -1}, "Prior": {Prior: 1}, "Low": {Low: 0.6, High: 0.5},
	} {
		_, err = FitPropensity(c, &o)
		inputError(t, err, keyaccount.ErrOutOfRange, field, 0)
	}
	m, err := FitPropensity(c, nil)
	require.NoError(t, err)
	_, err = m.Score([]string{"x"})
	inputError(t, err, keyaccount.ErrMismatch, "values", 0)
	_, err = m.Explain(nil)
	inputError(t, err, keyaccount.ErrMismatch, "values", 0)
}

func TestPropensityJSONRefuses(t *testing.T) {
	t.Parallel()
	head := `{"schema":"keyaccount/segment.PropensityCounts","version":1,`
	for text, kind := range map[string]error{
		`{`: keyaccount.ErrMalformed,
		`{"schema":"keyaccount/segment.Model","version":1}`:                         keyaccount.ErrVersion,
		`{"schema":"keyaccount/segment.PropensityCounts","version":2,"won":"many"}`: keyaccount.ErrVersion,
		head + `"won":"many"}`: keyaccount.ErrMalformed,
		head + `"won":-1}`:     keyaccount.ErrOutOfRange,
		head + `"won":1e16}`:   keyaccount.ErrMalformed,
		head + `"won":1,"features":[{"name":"a","values":[{"value":"x","won":2}]}]}`:                       keyaccount.ErrOutOfRange,
		head + `"won":2,"features":[{"name":"a","values":[{"value":"x","won":1},{"value":"x","won":1}]}]}`: keyaccount.ErrOutOfRange,
		head + `"won":2,"features":[{"name":"a","values":[{"value":"","won":1}]}]}`:                        keyaccount.ErrOutOfRange,
		head + `"won":2,"features":[{"name":"a","values":[{"value":"x"}]}]}`:                               keyaccount.ErrOutOfRange,
		head + `"won":9007199254740993}`:                                                                   keyaccount.ErrOutOfRange,
	} {
		c := tennis(t)
		require.ErrorIs(t, c.UnmarshalJSON([]byte(text)), kind, text)
		require.Equal(t, tennis(t), c, "unchanged")
	}
	m, err := FitPropensity(tennis(t), nil)
	require.NoError(t, err)
	for name, spoil := range map[string]func(*Propensity){
		"prior": func(m *Propensity) { m.PriorLogOdds = 1e9 }, "clamp": func(m *Propensity) { m.Low = 0 },
		"smoothing": func(m *Propensity) { m.Smoothing = 0 }, "weight": func(m *Propensity) { m.Features[0].Values[0].LogOdds = -1e9 },
		"order": func(m *Propensity) { m.Features[0].Values[0].Value = "zzz" }, "counts": func(m *Propensity) { m.Won = 1 },
	} {
		var bad Propensity
		require.NoError(t, json.Unmarshal([]byte(jsonOf(t, m)), &bad))
		spoil(&bad)
		var into Propensity
		require.ErrorIs(t, json.Unmarshal([]byte(jsonOf(t, bad)), &into), keyaccount.ErrOutOfRange, name)
	}
	var into Propensity
	require.ErrorIs(t, json.Unmarshal([]byte(jsonOf(t, tennis(t))), &into), keyaccount.ErrVersion)
}

func TestPropensityScoreDoesNotAllocate(t *testing.T) {
	m, err := FitPropensity(tennis(t), nil)
	require.NoError(t, err)
	row := []string{"sunny", "cool", "high", "strong"}
	assert.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = m.Score(row) }))
}

func FuzzPropensityCounts(f *testing.F) {
	f.Add(jsonOf(f, tennis(f)), "sunny", 1.0, 0.0)
	f.Add(`{"schema":"keyaccount/segment.PropensityCounts","version":1,"lost":3}`, "", 1e-9, 1e-300)
	f.Fuzz(func(t *testing.T, text, value string, smoothing, prior float64) {
		var c PropensityCounts
		if err := c.UnmarshalJSON([]byte(text)); err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		m, err := FitPropensity(&c, &PropensityOptions{Smoothing: smoothing, Prior: prior})
		if err != nil {
			return
		}
		require.NoError(t, m.Validate())
		row := make([]string, len(c.Features))
		for i := range row {
			row[i] = value
			if v := c.Features[i].Values; len(v) > 0 && i%2 == 0 {
				row[i] = v[0].Value
			}
		}
		s, err := m.Score(row)
		require.NoError(t, err)
		require.True(t, isFinite(s.LogOdds) && s.Probability > 0 && s.Probability < 1)
	})
}

// Without smoothing a value that never lost makes an account certain, whatever
// else speaks against it: all overcast days were played on (the zero-frequency
// problem). Smoothed, the other features still count.
func TestZeroFrequencyIsNotCertainty(t *testing.T) {
	t.Parallel()
	m, err := FitPropensity(tennis(t), nil)
	require.NoError(t, err)
	for _, others := range [][2]string{{"high", "strong"}, {"normal", "weak"}} {
		s, err := m.Score([]string{"overcast", "hot", others[0], others[1]})
		require.NoError(t, err)
		assert.False(t, s.Clamped)
		assert.Less(t, s.Probability, 0.97)
	}
	raw, err := FitPropensity(tennis(t), &PropensityOptions{Smoothing: 1e-9})
	require.NoError(t, err)
	s, err := raw.Score([]string{"overcast", "hot", "high", "strong"})
	require.NoError(t, err)
	assert.True(t, s.Clamped)
}

// Who wins and who loses is a matter of names: the other way round every
// log-odds changes its sign.
func TestPropensityIsSymmetric(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(41, 2))
	for range 50 {
		c, rows := randomHistory(t, r)
		turned := countsOf(t, "a", "b", "c")
		require.NoError(t, turned.Merge(c))
		turned.Won, turned.Lost = turned.Lost, turned.Won
		for _, f := range turned.Features {
			for i := range f.Values {
				f.Values[i].Won, f.Values[i].Lost = f.Values[i].Lost, f.Values[i].Won
			}
		}
		m, err := FitPropensity(c, nil)
		require.NoError(t, err)
		n, err := FitPropensity(turned, nil)
		require.NoError(t, err)
		for _, row := range rows {
			s, err := m.Score(row)
			require.NoError(t, err)
			o, err := n.Score(row)
			require.NoError(t, err)
			require.InDelta(t, s.LogOdds, -o.LogOdds, 1e-12)
			require.InDelta(t, 1, s.Probability+o.Probability, 1e-12)
		}
	}
}

// On data that the model itself describes, the probabilities are those of the
// data: features independent given the outcome, 40,000 accounts.
func TestPropensityRecoversItsOwnModel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 40))
	c := countsOf(t, "x", "y")
	draw := func(p float64) string {
		if r.Float64() < p {
			return "yes"
		}
		return "no"
	}
	for range 40_000 {
		won := r.Float64() < 0.2
		px, py := 0.3, 0.5
		if won {
			px, py = 0.6, 0.9
		}
		require.NoError(t, c.Add([]string{draw(px), draw(py)}, won))
	}
	m, err := FitPropensity(c, nil)
	require.NoError(t, err)
	s, err := m.Score([]string{"yes", "yes"})
	require.NoError(t, err)
	won, lost := 0.2*0.6*0.9, 0.8*0.3*0.5
	// Four standard errors of a probability from about 9,000 such accounts.
	assert.InDelta(t, won/(won+lost), s.Probability, 4*math.Sqrt(0.25/9000))
}
