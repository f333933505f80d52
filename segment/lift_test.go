package segment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func backTest(t testing.TB, cases []LiftCase, at ...int) *LiftResult {
	t.Helper()
	res, err := BackTest(cases, &LiftOptions{At: at})
	require.NoError(t, err)
	return res
}

// Ten accounts, three of which became key: the score finds two among its first
// three, the size one.
func TestBackTestByHand(t *testing.T) {
	t.Parallel()
	var cases []LiftCase
	for i, hit := range []bool{true, true, false, false, true, false, false, false, false, false} {
		cases = append(cases, LiftCase{ID: strconv.Itoa(i), Score: float64(-i), Size: float64((i * 9) % 10), Hit: hit})
	}
	res := backTest(t, cases, 3, 10, 3)
	assert.Equal(t, []int{10, 3}, []int{res.Cases, res.Hits})
	require.Len(t, res.At, 2)
	at := res.At[0]
	assert.Equal(t, 3, at.K)
	assert.Equal(t, LiftFigures{Hits: 2, Precision: 2.0 / 3, Recall: 2.0 / 3, Lift: 20.0 / 9}, at.Score)
	assert.Equal(t, LiftFigures{Hits: 1, Precision: 1.0 / 3, Recall: 1.0 / 3, Lift: 10.0 / 9}, at.Size) // sizes 9, 8, 7: accounts 1, 2, 3
	assert.InDelta(t, 0.9, at.Random.Hits, 1e-15)
	assert.InDelta(t, 1, at.Random.Lift, 1e-15)
	assert.InDelta(t, 22.0/120, at.PValue, 1e-12) // (3*7 + 1) of the 120 choices of 3
	assert.Equal(t, 1.0, res.At[1].Score.Recall)
	assert.Equal(t, 1.0, res.At[1].PValue)
	assert.InDelta(t, 19.0/21, res.ScoreAUC, 1e-15)
	assert.Equal(t, []LiftGain{{0.2, 2.0 / 3, 1.0 / 3, 0.2}, {0.3, 2.0 / 3, 1.0 / 3, 0.3}}, slices.Clone(res.Gains[2:4]))
	assert.Equal(t, []LiftGain{{}, {1, 1, 1, 1}}, []LiftGain{res.Gains[0], res.Gains[10]})
}

// Fisher's lady (The Design of Experiments, 1935): of eight cups four had the
// milk first; all four are named by chance once in 70, three or more 17 times.
func TestHypergeometricLadyTastingTea(t *testing.T) {
	t.Parallel()
	assert.InDelta(t, 1.0/70, hypergeometricTail(8, 4, 4, 4), 1e-14)
	assert.InDelta(t, 17.0/70, hypergeometricTail(8, 4, 4, 3), 1e-14)
	assert.Equal(t, 1.0, hypergeometricTail(8, 4, 4, 0))
	assert.Equal(t, 1.0, hypergeometricTail(8, 6, 5, 3), "at least three must be found")
}

// Where k cuts through equal scores the hits are the mean over every order of
// these: an order by id or by row would decide them.
func TestBackTestSharesTies(t *testing.T) {
	t.Parallel()
	cases := []LiftCase{{"a", 2, 0, true}, {"b", 1, 0, true}, {"c", 1, 0, false}, {"d", 1, 0, false}, {"e", 0, 0, false}}
	res := backTest(t, cases, 1, 2, 3, 4)
	var got []float64
	for _, at := range res.At {
		got = append(got, at.Score.Hits)
	}
	assert.InDeltaSlice(t, []float64{1, 4.0 / 3, 5.0 / 3, 2}, got, 1e-15)
	for _, at := range res.At {
		assert.InDelta(t, at.Random.Hits, at.Size.Hits, 1e-15, "no sizes are a random choice")
	}
	assert.Equal(t, 0.5, res.SizeAUC)
}

func TestBackTestProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 9))
	for range 200 {
		n := 2 + r.IntN(60)
		cases := make([]LiftCase, n)
		for i := range cases {
			cases[i] = LiftCase{ID: strconv.Itoa(i), Score: float64(r.IntN(10)), Size: r.NormFloat64(), Hit: r.IntN(3) == 0}
		}
		cases[0].Hit, cases[1].Hit = true, false
		res, err := BackTest(cases, nil)
		require.NoError(t, err)

		pairs, wins := 0.0, 0.0
		for _, h := range cases {
			for _, m := range cases {
				if !h.Hit || m.Hit {
					continue
				}
				pairs++
				switch {
				case h.Score > m.Score:
					wins++
				case h.Score == m.Score:
					wins += 0.5
				}
			}
		}
		require.InDelta(t, wins/pairs, res.ScoreAUC, 1e-12)
		for i, at := range res.At {
			require.InDelta(t, at.Score.Hits, at.Score.Precision*float64(at.K), 1e-9)
			require.InDelta(t, at.Score.Lift, at.Score.Precision/res.BaseRate, 1e-9)
			require.True(t, at.PValue > 0 && at.PValue <= 1)
			require.True(t, i == 0 || at.Score.Hits >= res.At[i-1].Score.Hits)
		}
		for i := 1; i < len(res.Gains); i++ {
			require.GreaterOrEqual(t, res.Gains[i].Score, res.Gains[i-1].Score)
		}

		turned := slices.Clone(cases)
		r.Shuffle(n, func(i, j int) { turned[i], turned[j] = turned[j], turned[i] })
		for i := range turned {
			turned[i].ID = "x" + strconv.Itoa(i)
			turned[i].Score = math.Exp(turned[i].Score) // any rising function
		}
		again, err := BackTest(turned, nil)
		require.NoError(t, err)
		require.Equal(t, res, again)
	}
}

func TestBackTestRefuses(t *testing.T) {
	t.Parallel()
	ok := func() []LiftCase { return []LiftCase{{"a", 1, 1, true}, {"b", 0, 1, false}} }
	refused := func(cases []LiftCase, at ...int) error {
		res, err := BackTest(cases, &LiftOptions{At: at})
		require.Nil(t, res)
		return err
	}
	inputError(t, refused(nil), keyaccount.ErrMissing, "cases", 0)
	for _, c := range []struct {
		spoil func(*LiftCase)
		kind  error
		field string
		row   int
	}{
		{func(c *LiftCase) { c.ID = "" }, keyaccount.ErrMissing, "ID", 2},
		{func(c *LiftCase) { c.ID = "a" }, keyaccount.ErrDuplicate, "ID", 2},
		{func(c *LiftCase) { c.Score = math.NaN() }, keyaccount.ErrOutOfRange, "Score", 2},
		{func(c *LiftCase) { c.Size = math.Inf(1) }, keyaccount.ErrOutOfRange, "Size", 2},
		{func(c *LiftCase) { c.Hit = true }, keyaccount.ErrMissing, "Hit", 0},
	} {
		cases := ok()
		c.spoil(&cases[1])
		inputError(t, refused(cases), c.kind, c.field, c.row)
	}
	inputError(t, refused(ok()[1:]), keyaccount.ErrMissing, "Hit", 0)
	inputError(t, refused(ok(), 1, 0), keyaccount.ErrOutOfRange, "At", 2)
	inputError(t, refused(ok(), 3), keyaccount.ErrOutOfRange, "At", 1)
}

func FuzzBackTest(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 1, 7)
	f.Add(math.MaxFloat64, -math.MaxFloat64, 0.0, 3, 60)
	f.Fuzz(func(t *testing.T, a, b, c float64, k, bits int) {
		cases := make([]LiftCase, 12)
		for i := range cases {
			cases[i] = LiftCase{ID: strconv.Itoa(i), Score: []float64{a, b, c}[i%3], Size: c, Hit: bits>>i&1 == 1}
		}
		res, err := BackTest(cases, &LiftOptions{At: []int{k}})
		if err != nil {
			return
		}
		require.NotContains(t, fmt.Sprintf("%+v", res), "NaN")
		require.NotContains(t, fmt.Sprintf("%+v", res), "Inf")
	})
}

// The example of scikit-learn's roc_auc_score: 0.75.
func TestAUCOfScikitLearnsExample(t *testing.T) {
	t.Parallel()
	res := backTest(t, []LiftCase{{"a", 0.1, 1, false}, {"b", 0.4, 1, false}, {"c", 0.35, 1, true}, {"d", 0.8, 1, true}}, 1)
	assert.Equal(t, []float64{0.75, 0.5}, []float64{res.ScoreAUC, res.SizeAUC})
}

// The hits at a cut through equals are the mean over all orders that a sort
// could have left them in.
func TestTiedHitsAreTheMeanOverEveryOrder(t *testing.T) {
	t.Parallel()
	cases := []LiftCase{{"a", 3, 0, false}, {"b", 2, 0, true}, {"c", 2, 0, false}, {"d", 2, 0, true}, {"e", 2, 0, false}, {"f", 1, 0, true}}
	res := backTest(t, cases, 1, 2, 3, 4, 5, 6)
	sums, orders := make([]float64, len(cases)), 0.0
	tied := []int{1, 2, 3, 4}
	var walk func(i int)
	walk = func(i int) {
		if i == len(tied) {
			orders++
			found := 0.0
			for k, at := range append(append([]int{0}, tied...), 5) {
				if cases[at].Hit {
					found++
				}
				sums[k] += found
			}
			return
		}
		for j := i; j < len(tied); j++ {
			tied[i], tied[j] = tied[j], tied[i]
			walk(i + 1)
			tied[i], tied[j] = tied[j], tied[i]
		}
	}
	walk(0)
	for k, at := range res.At {
		assert.InDelta(t, sums[k]/orders, at.Score.Hits, 1e-12)
	}
}

// By default one looks at 1, 2, 5, 10, 20 and 50 % of the cases, rounded up and
// each once.
func TestBackTestDefaultPositions(t *testing.T) {
	t.Parallel()
	for n, want := range map[int][]int{2: {1}, 30: {1, 2, 3, 6, 15}, 250: {3, 5, 13, 25, 50, 125}, 1000: {10, 20, 50, 100, 200, 500}} {
		at, err := liftPositions(n, nil)
		require.NoError(t, err)
		assert.Equal(t, want, at)
	}
}
