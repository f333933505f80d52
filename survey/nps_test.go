package survey

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func scores(ss ...int) []Answer {
	answers := make([]Answer, len(ss))
	for i, s := range ss {
		answers[i] = Answer{State: Answered, Score: s}
	}
	return answers
}

func mustNPS(t testing.TB, answers []Answer, opts *NPSOptions) NPSEstimate {
	t.Helper()
	e, err := NPS(answers, opts)
	require.NoError(t, err)
	return e
}

// Counts (1, 2, 3): var 5/9, SE .304290309725, score limits from the R package
// NPS (04_nps_waves.out).
func TestNPSPublishedExample(t *testing.T) {
	e := mustNPS(t, scores(6, 7, 8, 9, 10, 9), nil)
	assert.Equal(t, [...]int{1, 2, 3, 6}, [...]int{e.Detractors, e.Passives, e.Promoters, e.N})
	assert.InDelta(t, 1.0/3, e.Value, 1e-15)
	assert.InDelta(t, math.Sqrt(5.0/9/6), e.SE, 1e-15)
	assert.InDelta(t, 0.304290309725, e.SE, 1e-12)
	assert.InDelta(t, -0.311073688656, e.Low, 5e-7)
	assert.InDelta(t, 0.753956715266, e.High, 5e-7)
	assert.Equal(t, 0.95, e.Level)
	assert.Equal(t, Score, e.Method)
	assert.Equal(t, 6.0, e.NEff)
	assert.Empty(t, e.Warnings)
	assert.False(t, e.Empty())

	fromCounts, err := NPSFromCounts(1, 2, 3, nil)
	require.NoError(t, err)
	assert.Equal(t, e, fromCounts)
}

func TestBands(t *testing.T) {
	for s := range 11 {
		e := mustNPS(t, scores(s), nil)
		want := [...]int{1, 0, 0}
		if s >= 7 {
			want = [...]int{0, 1, 0}
		}
		if s >= 9 {
			want = [...]int{0, 0, 1}
		}
		assert.Equal(t, want, [...]int{e.Detractors, e.Passives, e.Promoters}, "score %d", s)
	}
}

// Failures of the references.

func TestFivePromotersAreNotCertainty(t *testing.T) {
	// Wald: [1, 1]. Adjusted Wald: [.175, 1.075], off the scale.
	wald, err := NPSFromCounts(0, 0, 5, &NPSOptions{Method: Wald})
	require.NoError(t, err)
	assert.Equal(t, [2]float64{1, 1}, [2]float64{wald.Low, wald.High})
	assert.Equal(t, []Warning{WarnWald}, wald.Warnings)

	_, published := shares{0, 0, 5}.adjusted().wald(z95)
	assert.InDelta(t, 1.075085469658, published, 1e-11)
	adjusted, err := NPSFromCounts(0, 0, 5, &NPSOptions{Method: AdjustedWald})
	require.NoError(t, err)
	assert.InDelta(t, 0.174914530342, adjusted.Low, 1e-11)
	assert.Equal(t, 1.0, adjusted.High)

	score, err := NPSFromCounts(0, 0, 5, nil)
	require.NoError(t, err)
	zz := z95 * z95
	assert.InDelta(t, (5-zz)/(5+zz), score.Low, 1e-15) // 0.131
	assert.Equal(t, 1.0, score.High)
}

func TestNoAnswersIsAStateNotAZero(t *testing.T) {
	// PostHog's calculateNpsScore returns 0, the score of a balanced sample.
	for _, answers := range [][]Answer{nil, {{State: Refused}, {State: NotReached}}} {
		e := mustNPS(t, answers, nil)
		assert.True(t, e.Empty())
		assert.Equal(t, [4]float64{0, 0, -1, 1}, [4]float64{e.Value, e.SE, e.Low, e.High})
		assert.Equal(t, len(answers), e.Missing)
		assert.Equal(t, []Warning{WarnNoAnswers}, e.Warnings)
	}
}

func TestDismissedAnswersAreNotInTheDenominator(t *testing.T) {
	// formbricks' surveySummary.ts counts them (issue #2908).
	answers := append(scores(9, 10, 3, 8), Answer{State: Refused}, Answer{State: NotApplicable}, Answer{})
	e := mustNPS(t, answers, nil)
	assert.Equal(t, 0.25, e.Value)
	assert.Equal(t, 4, e.N)
	assert.Equal(t, 3, e.Missing)
}

func TestCode999IsNotARating(t *testing.T) {
	// psych::alpha takes 999 as a rating (alpha .9996).
	for _, code := range []int{999, 99, 11, -1} {
		_, err := NPS(scores(9, code), nil)
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad)
		require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
		assert.Equal(t, "Score", bad.Field)
		assert.Equal(t, 2, bad.Row)
	}
}

func TestAForgottenStateIsNotADetractor(t *testing.T) {
	e := mustNPS(t, []Answer{{}}, nil)
	assert.True(t, e.Empty())
	_, err := NPS([]Answer{{Score: 9}}, nil)
	assert.ErrorContains(t, err, "state is not_reached")
	_, err = NPS([]Answer{{State: 9}}, nil)
	assert.ErrorIs(t, err, keyaccount.ErrMalformed)
}

func TestAnAnswerInJSONNeedsItsScore(t *testing.T) {
	var answers []Answer
	require.NoError(t, json.Unmarshal([]byte(`[{"account":"A","time":"2026-03-01T09:00:00Z","state":"answered","score":0},{}, {"state":"refused"}]`), &answers))
	assert.Equal(t, []Answer{{Account: "A", Time: at(1), State: Answered}, {}, {State: Refused}}, answers)
	var a Answer
	require.ErrorIs(t, json.Unmarshal([]byte(`{"state":"answered"}`), &a), keyaccount.ErrMissing)
	require.Error(t, json.Unmarshal([]byte(`{"state":"answered","score":"nine"}`), &a))
}

func TestNothingIsRounded(t *testing.T) {
	// formbricks keeps two decimals.
	assert.Equal(t, 2.0/3, mustNPS(t, scores(9, 9, 8), nil).Value)
}

// The latest answer of a contact.

func at(day int) time.Time { return time.Date(2026, 3, day, 9, 0, 0, 0, time.UTC) }

func TestLatestAnswerOfAContactCounts(t *testing.T) {
	answers := []Answer{
		{Account: "A", Contact: "li", Time: at(9), State: Answered, Score: 9},
		{Account: "A", Contact: "li", Time: at(1), State: Answered, Score: 2},
		{Account: "A", Contact: "li", Time: at(12), State: Refused},            // does not unsay the 9
		{Account: "A", Contact: "li", Time: at(9), State: Answered, Score: 9},  // delivered twice
		{Account: "B", Contact: "li", Time: at(1), State: Answered, Score: 3},  // another person
		{Account: "B", Time: at(1), State: Answered, Score: 7},                 // nobody known:
		{Account: "B", Time: at(1), State: Answered, Score: 7},                 // stands for itself
		{Account: "B", Contact: "wu", Time: at(2), State: Answered, Score: 10}, // replaced
		{Account: "B", Contact: "wu", Time: at(3), State: Answered, Score: 8},
	}
	want := mustNPS(t, answers, nil)
	assert.Equal(t, [...]int{1, 3, 1}, [...]int{want.Detractors, want.Passives, want.Promoters})
	assert.Equal(t, 3, want.Superseded)
	assert.Equal(t, 1, want.Missing)
	assert.Equal(t, len(answers), want.N+want.Missing+want.Superseded)
	assert.Equal(t, []Warning{WarnAccountsIgnored}, want.Warnings)

	r := rand.New(rand.NewPCG(3, 4))
	before, err := NPSByAccount(answers, nil)
	require.NoError(t, err)
	for range 50 {
		r.Shuffle(len(answers), func(i, j int) { answers[i], answers[j] = answers[j], answers[i] })
		assert.Equal(t, want, mustNPS(t, answers, nil))
		after, err := NPSByAccount(answers, nil)
		require.NoError(t, err)
		assert.Equal(t, before, after)
	}
}

func TestTwoScoresAtOneInstant(t *testing.T) {
	tie := []Answer{
		{Contact: "li", Time: at(1), State: Answered, Score: 9},
		{Contact: "li", Time: at(1), State: Answered, Score: 3},
	}
	_, err := NPS(tie, nil)
	var bad *keyaccount.InputError
	require.ErrorAs(t, err, &bad)
	require.ErrorIs(t, err, keyaccount.ErrDuplicate)
	assert.Equal(t, 2, bad.Row)

	// Of several the first row is named, whatever the order of the contacts.
	var many []Answer
	for i := range 10 {
		for _, a := range tie {
			a.Contact = string(rune('j' - i))
			many = append(many, a)
		}
	}
	_, err = NPS(many, nil)
	require.ErrorAs(t, err, &bad)
	assert.Equal(t, 2, bad.Row)
	assert.Equal(t, "j", bad.Value)

	// A later answer settles it, wherever it stands.
	later := Answer{Contact: "li", Time: at(2), State: Answered, Score: 7}
	for _, answers := range [][]Answer{{later, tie[0], tie[1]}, {tie[0], tie[1], later}, {tie[1], later, tie[0]}} {
		e := mustNPS(t, answers, nil)
		assert.Equal(t, 1, e.Passives)
		assert.Equal(t, 2, e.Superseded)
	}
}

func TestOptions(t *testing.T) {
	wide, err := NPSFromCounts(1, 2, 3, &NPSOptions{Level: 0.99})
	require.NoError(t, err)
	narrow, err := NPSFromCounts(1, 2, 3, &NPSOptions{Level: 0.5})
	require.NoError(t, err)
	assert.Less(t, wide.Low, narrow.Low)
	assert.Greater(t, wide.High, narrow.High)
	for _, level := range []float64{-0.1, 1, 1 - 1e-17, 95, math.NaN(), math.Inf(1)} {
		_, err := NPSFromCounts(1, 2, 3, &NPSOptions{Level: level})
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange, "%v", level)
	}
	_, err = NPS(nil, &NPSOptions{Method: 7})
	require.ErrorIs(t, err, keyaccount.ErrMalformed)
	_, err = NPSFromCounts(1, -2, 3, nil)
	require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	_, err = NPSFromCounts(math.MaxInt, 1, 1, nil)
	require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	e, err := NPSFromCounts(math.MaxInt/3, math.MaxInt/3, math.MaxInt/3, nil)
	require.NoError(t, err)
	assert.InDelta(t, 0, e.High-e.Low, 1e-8)
}

func TestTextRoundTrip(t *testing.T) {
	for _, s := range []State{NotReached, Answered, NotApplicable, Refused} {
		b, err := json.Marshal(Answer{State: s})
		require.NoError(t, err)
		var back Answer
		require.NoError(t, json.Unmarshal(b, &back))
		assert.Equal(t, s, back.State)
	}
	for _, m := range []Method{Score, AdjustedWald, Wald} {
		b, err := json.Marshal(NPSOptions{Method: m})
		require.NoError(t, err)
		var back NPSOptions
		require.NoError(t, json.Unmarshal(b, &back))
		assert.Equal(t, m, back.Method)
	}
	var a Answer
	require.ErrorIs(t, json.Unmarshal([]byte(`{"state":"bored"}`), &a), keyaccount.ErrMalformed)
	var o NPSOptions
	require.ErrorIs(t, json.Unmarshal([]byte(`{"method":"guess"}`), &o), keyaccount.ErrMalformed)
	_, err := State(9).MarshalText()
	require.Error(t, err)
	_, err = Method(9).MarshalText()
	require.Error(t, err)

	e := mustNPS(t, scores(6, 7, 8, 9, 10, 9), nil)
	b, err := json.Marshal(e)
	require.NoError(t, err)
	var back NPSEstimate
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, e, back)
}

func TestWarningLabels(t *testing.T) {
	for _, w := range []Warning{WarnNoAnswers, WarnAccountsIgnored, WarnOneAccount, WarnWald} {
		assert.NotEqual(t, string(w), w.Label("en"))
		assert.NotEqual(t, w.Label("en"), w.Label("zh-CN"))
	}
	assert.Equal(t, "other", Warning("other").Label("en"))
}

func TestWaldIsTrustedFromThirtyAnswersOn(t *testing.T) {
	for n, want := range map[int][]Warning{29: {WarnWald}, 30: nil} {
		e, err := NPSFromCounts(10, n-20, 10, &NPSOptions{Method: Wald})
		require.NoError(t, err)
		assert.Equal(t, want, e.Warnings, "%d answers", n)
	}
}

func TestTwoAnswersOfAnAccountAreADependence(t *testing.T) {
	one := []Answer{{Account: "A", State: Answered, Score: 9}, {Account: "B", State: Answered, Score: 3}}
	assert.Empty(t, mustNPS(t, one, nil).Warnings)
	two := append(one, Answer{Account: "B", State: Answered, Score: 4})
	assert.Equal(t, []Warning{WarnAccountsIgnored}, mustNPS(t, two, nil).Warnings)
}

// Swapping detractors and promoters mirrors everything.
func TestMirror(t *testing.T) {
	for _, m := range []Method{Score, AdjustedWald, Wald} {
		for n := 1; n <= 7; n++ {
			for d := 0; d <= n; d++ {
				for p := 0; p <= n-d; p++ {
					a, err := NPSFromCounts(d, n-d-p, p, &NPSOptions{Method: m})
					require.NoError(t, err)
					b, err := NPSFromCounts(p, n-d-p, d, &NPSOptions{Method: m})
					require.NoError(t, err)
					assert.Equal(t, a.Value, -b.Value)
					assert.InDelta(t, a.SE, b.SE, 1e-16)
					assert.InDelta(t, a.Low, -b.High, 1e-15)
				}
			}
		}
	}
}

func checkEstimate(t *testing.T, e Estimate) {
	t.Helper()
	for _, v := range []float64{e.Value, e.SE, e.Low, e.High, e.Level, e.NEff} {
		require.False(t, math.IsNaN(v) || math.IsInf(v, 0), "%+v", e)
	}
	require.GreaterOrEqual(t, e.SE, 0.0)
	require.LessOrEqual(t, -1.0, e.Low)
	require.LessOrEqual(t, e.Low, e.High)
	require.LessOrEqual(t, e.High, 1.0)
	require.LessOrEqual(t, e.NEff, float64(e.N))
	if e.N > 0 && e.Method != AdjustedWald { // which shifts towards 0
		require.LessOrEqual(t, e.Low, e.Value+1e-15, "%+v", e)
		require.LessOrEqual(t, e.Value, e.High+1e-15, "%+v", e)
	}
}

func FuzzNPSFromCounts(f *testing.F) {
	f.Add(1, 2, 3, 0.95, uint8(0))
	f.Add(0, 0, math.MaxInt/3, 0.9999999999999998, uint8(1))
	f.Add(math.MaxInt/3, 0, 1, 5e-324, uint8(2))
	f.Fuzz(func(t *testing.T, d, m, p int, level float64, method uint8) {
		e, err := NPSFromCounts(d, m, p, &NPSOptions{Level: level, Method: Method(method)})
		if err != nil {
			var bad *keyaccount.InputError
			require.ErrorAs(t, err, &bad)
			return
		}
		checkEstimate(t, e.Estimate)
	})
}

// FuzzNPSByAccount reads three bytes an answer: who, what, when.
func FuzzNPSByAccount(f *testing.F) {
	f.Add([]byte("A\x09\x01B\x03\x01A\x0a\x02"), 0.95, uint8(0))
	f.Add([]byte(strings.Repeat("A\x0a\x01B\x0a\x01", 9)), 0.999999, uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, level float64, method uint8) {
		var answers []Answer
		for ; len(b) >= 3; b = b[3:] {
			a := Answer{
				Account: string('A' + rune(b[0]%5)), Contact: []string{"", "p", "q"}[b[0]/5%3],
				State: State(b[2] % 4), Time: at(1 + int(b[2])/4%3),
			}
			if a.State == Answered {
				a.Score = int(b[1] % 11)
			}
			answers = append(answers, a)
		}
		opts := &NPSOptions{Level: level, Method: Method(method)}
		r, err := NPSByAccount(answers, opts)
		if err != nil {
			var bad *keyaccount.InputError
			require.True(t, errors.As(err, &bad))
			return
		}
		checkEstimate(t, r.Portfolio.Estimate)
		sum := 0
		for _, a := range r.Accounts {
			checkEstimate(t, a.Estimate)
			sum += a.N
		}
		require.Equal(t, sum, r.Portfolio.N)
		require.Equal(t, len(answers), r.Portfolio.N+r.Portfolio.Missing+r.Portfolio.Superseded)
		require.Equal(t, mustNPS(t, answers, opts).Value, r.Portfolio.Value)
	})
}
