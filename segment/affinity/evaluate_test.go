package affinity

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// Average precision by hand: of the hits at places 1, 3 and 4 the precisions
// are 1, 2/3 and 3/4 (Manning, Raghavan and Schütze, Introduction to
// Information Retrieval, 2008, section 8.4, cut at k).
func TestAveragePrecision(t *testing.T) {
	t.Parallel()
	list := []string{"a", "x", "b", "c", "y"}
	for _, c := range []struct {
		relevant []string
		k        int
		want     float64
	}{
		{[]string{"a", "b", "c"}, 5, (1 + 2.0/3 + 3.0/4) / 3},
		{[]string{"a", "b", "c"}, 3, (1 + 2.0/3) / 3},
		{[]string{"a", "b", "c"}, 2, 0.5},
		{[]string{"a", "b", "c", "d", "e", "f"}, 5, (1 + 2.0/3 + 3.0/4) / 5},
		{[]string{"c"}, 5, 0.25},
		{[]string{"z"}, 5, 0},
		{[]string{"a"}, 100, 1},
	} {
		assert.InDelta(t, c.want, averagePrecision(list, c.relevant, c.k), 1e-15, "%v at %d", c.relevant, c.k)
	}
}

// Two products to recommend, all by hand. Before June: a and b hold printer
// and ink, c and d printer alone, e and f chair alone; g comes later.
//
// c buys ink next: what goes with a printer finds it at place 1 (cosine
// 2/√8), and so does popularity (ink has 2 buyers as has the chair; chair
// comes first by ID, so ink stands at place 2). d buys a desk nobody has
// bought: unreachable. a buys only what it has: settled. b and f are idle.
// e buys ink: for e popularity says printer, ink.
func TestEvaluateByHand(t *testing.T) {
	t.Parallel()
	p := purchasesOf(t,
		buy("a", "", "printer", "2025-01-01"), buy("a", "", "ink", "2025-01-01"),
		buy("b", "", "printer", "2025-01-01"), buy("b", "", "ink", "2025-01-01"),
		buy("c", "", "printer", "2025-01-01"), buy("d", "", "printer", "2025-01-01"),
		buy("e", "", "chair", "2025-01-01"), buy("f", "", "chair", "2025-01-01"),
		buy("a", "", "ink", "2025-06-01"), buy("c", "", "ink", "2025-06-01"), buy("d", "", "desk", "2025-06-01"),
		buy("e", "", "ink", "2025-06-02"), buy("g", "", "ink", "2025-06-02"),
	)
	got, err := Evaluate(p, day("2025-06-01"), &EvaluateOptions{K: 2})
	require.NoError(t, err)
	assert.Equal(t, []int{3, 1, 2, 1, 3, 1}, []int{got.Accounts, got.Cold, got.Idle, got.Settled, got.Relevant, got.Unreachable})
	require.Equal(t, []Method{MethodNext, MethodPopularity}, []Method{got.Methods[0].Method, got.Methods[1].Method})
	// next:       c ink|chair 1, d ink|chair 0, e printer|ink 1/2.
	// popularity: c chair|ink 1/2, d chair|ink 0, e printer|ink 1/2.
	n, base := got.Methods[0], got.Methods[1]
	assert.InDelta(t, 1.0/3, n.Precision, 1e-15)
	assert.InDelta(t, 2.0/3, n.Recall, 1e-15)
	assert.InDelta(t, 2.0/3, n.HitRate, 1e-15)
	assert.InDelta(t, (1+0+0.5)/3, n.MAP, 1e-15)
	assert.InDelta(t, (0.5+0+0.5)/3, base.MAP, 1e-15)
	assert.InDelta(t, 0.5/3, n.Gain, 1e-15)
	// The differences are 1/2, 0 and 0: a standard deviation of √(1/12).
	assert.InDelta(t, math.Sqrt(1.0/12/3), n.GainError, 1e-15)
	assert.Equal(t, []float64{0, 0}, []float64{base.Gain, base.GainError})
	assert.Equal(t, []float64{1, 1}, []float64{n.Coverage, base.Coverage}, "chair, ink and printer are shown to somebody")
	assert.Equal(t, []int{6, 6}, []int{n.Shown, base.Shown})

	// With what is already bought allowed, a is judged too.
	got, err = Evaluate(p, day("2025-06-01"), &EvaluateOptions{K: 2, Next: NextOptions{AlreadyBought: IncludeBought}})
	require.NoError(t, err)
	assert.Equal(t, []int{4, 0, 4}, []int{got.Accounts, got.Settled, got.Relevant})
	// With the segment, e is told what its peer a has.
	got, err = Evaluate(p, day("2025-06-01"), &EvaluateOptions{K: 1, Fit: FitOptions{Segments: map[string]string{"a": "s", "e": "s", "c": "t"}}})
	require.NoError(t, err)
	require.Equal(t, MethodSegment, got.Methods[1].Method)
	assert.InDelta(t, 1.0/3, got.Methods[1].MAP, 1e-15)
	// What must not be shown is not wanted either.
	_, err = Evaluate(p, day("2025-06-01"), &EvaluateOptions{Next: NextOptions{Exclude: []string{"ink", "desk"}}})
	inputError(t, err, keyaccount.ErrMissing, "at", 0)
}

// The model that is judged has seen nothing of what it is judged by.
func TestEvaluateDoesNotLookAhead(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(41, 1))
	txs := randomLines(r, 400)
	at := day("2025-02-10")
	before := slices.DeleteFunc(slices.Clone(txs), func(tx keyaccount.Transaction) bool { return !tx.Time.Before(at) })
	all := purchasesOf(t, txs...).facts()
	o := FitOptions{}
	var err error
	o.Baskets, err = o.Baskets.resolve()
	require.NoError(t, err)
	o.Similarity, err = o.Similarity.resolve()
	require.NoError(t, err)
	got := all.where(func(l fact) bool { return l.second < at.Unix() }).fit(o)
	assert.Equal(t, saved(t, fitted(t, purchasesOf(t, before...), nil)), saved(t, got))
}

// On UCI Online Retail, what goes with an account's purchases finds what it
// buys for the first time in the last three months far better than popularity,
// by many standard errors, and shows far more of the range.
func TestNextBeatsPopularityOnOnlineRetail(t *testing.T) {
	t.Parallel()
	_, customers := uciPurchases(t)
	at := time.Date(2011, 9, 10, 0, 0, 0, 0, time.UTC)
	var first *Evaluation
	for _, workers := range []int{1, 3} {
		got, err := Evaluate(customers, at, &EvaluateOptions{Workers: workers})
		require.NoError(t, err)
		if first == nil {
			first = got
		}
		require.Equal(t, first, got, "the number of workers does not matter")
	}
	next, base := first.Methods[0], first.Methods[1]
	t.Logf("%+v", first)
	assert.Greater(t, first.Accounts, 1000)
	assert.Greater(t, next.Gain, 5*next.GainError)
	assert.Greater(t, next.Precision, base.Precision)
	assert.Greater(t, next.Recall, base.Recall)
	assert.Greater(t, next.Coverage, 5*base.Coverage)
	for _, q := range first.Methods {
		for _, v := range []float64{q.Precision, q.Recall, q.MAP, q.HitRate, q.Coverage} {
			assert.True(t, v > 0 && v < 1)
		}
		assert.LessOrEqual(t, q.Shown, first.K*first.Accounts)
	}
}

func TestEvaluateRefuses(t *testing.T) {
	t.Parallel()
	p := purchasesOf(t, buy("a", "", "ink", "2025-01-01"), buy("a", "", "ink", "2025-06-01"))
	for _, at := range []string{"2025-01-01", "2026-01-01", "2025-03-01"} {
		_, err := Evaluate(p, day(at), nil)
		inputError(t, err, keyaccount.ErrMissing, "at", 0)
	}
	_, err := Evaluate(nil, day("2025-03-01"), nil)
	inputError(t, err, keyaccount.ErrMissing, "purchases", 0)
	_, err = Evaluate(new(Purchases), day("2025-03-01"), nil)
	inputError(t, err, keyaccount.ErrMissing, "at", 0)
	for field, o := range map[string]EvaluateOptions{
		"K": {K: -1}, "Workers": {Workers: -1}, "By": {Fit: FitOptions{Baskets: BasketOptions{By: "x"}}},
		"Measure": {Fit: FitOptions{Similarity: SimilarityOptions{Measure: "x"}}}, "AlreadyBought": {Next: NextOptions{AlreadyBought: "x"}},
	} {
		_, err := Evaluate(p, day("2025-03-01"), &o)
		inputError(t, err, keyaccount.ErrOutOfRange, field, 0)
	}
	q := purchasesOf(t, buy("a", "", "ink", "2025-01-01"), buy("a", "", "pen", "2025-06-01"))
	got, err := Evaluate(q, day("2025-03-01"), &EvaluateOptions{K: math.MaxInt})
	require.NoError(t, err)
	assert.Equal(t, []int{1, 1, 1}, []int{got.Accounts, got.Relevant, got.Unreachable})
	assert.Equal(t, Quality{Method: MethodNext}, got.Methods[0], "nothing can be found, and nothing is shown")
}
