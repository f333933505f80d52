package segment

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func accountIDs(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, "A"+strconv.Itoa(i))
	}
	return ids
}

func panelOf(t testing.TB, scores ...[]float64) *Panel {
	t.Helper()
	var raters []Rater
	for k, s := range scores {
		raters = append(raters, Rater{Name: "R" + strconv.Itoa(k), Scores: s})
	}
	p, err := CombineRaters(accountIDs(len(scores[0])), raters, nil)
	require.NoError(t, err)
	return p
}

// Siegel, Nonparametric Statistics (1956): three executives rank six
// applicants, W = .16; and with ties among ten, W = .828.
func TestPublishedConcordance(t *testing.T) {
	t.Parallel()
	c := panelOf(t, []float64{1, 6, 3, 2, 5, 4}, []float64{1, 5, 6, 4, 2, 3}, []float64{6, 3, 2, 5, 4, 1}).Agreement
	assert.InDelta(t, 306./1890, c.W, 1e-15)
	assert.Equal(t, []int{3, 6, 5}, []int{c.Raters, c.Accounts, c.DF})
	// By hand: Spearman's coefficients of the three pairs have Σ d² 24, 54, 54.
	assert.InDelta(t, (3-6*(24.+54+54)/210)/3, c.MeanCorrelation, 1e-15)
	assert.InDelta(t, (3*306./1890-1)/2, c.MeanCorrelation, 1e-15)

	c = panelOf(t,
		[]float64{1, 4.5, 2, 4.5, 3, 7.5, 6, 9, 7.5, 10},
		[]float64{2.5, 1, 2.5, 4.5, 4.5, 8, 9, 6.5, 10, 6.5},
		[]float64{2, 1, 4.5, 4.5, 4.5, 4.5, 8, 8, 8, 10}).Agreement
	assert.InDelta(t, 591./714, c.W, 1e-15)
	assert.InDelta(t, .828, c.W, 5e-4)
	assert.InDelta(t, 3*9*591./714, c.ChiSquare, 1e-13)
}

// The example of R's irr::kendall(anxiety, TRUE): Wt 0.54, chi-square(19) 30.8,
// p 0.0429.
func TestConcordanceOfAnxiety(t *testing.T) {
	t.Parallel()
	c := panelOf(t,
		[]float64{3, 3, 3, 4, 5, 5, 2, 3, 5, 2, 2, 6, 1, 5, 2, 2, 1, 2, 4, 3},
		[]float64{3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4},
		[]float64{2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2}).Agreement
	assert.InDelta(t, .54, c.W, 5e-3)
	assert.InDelta(t, 30.8, c.ChiSquare, .05)
	assert.InDelta(t, .0429, c.P, 5e-5)
	assert.Equal(t, 19, c.DF)
}

// Tables of the chi-square distribution: the 5 % and 1 % points, and the
// exponential and normal distributions that df 2 and 1 are.
func TestChiSquareTail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		df       int
		five, at float64 // 5 % and 1 % points
	}{{1, 3.841459, 6.634897}, {2, 5.991465, 9.210340}, {3, 7.814728, 11.344867}, {5, 11.070498, 15.086272}, {10, 18.307038, 23.209251}, {19, 30.143527, 36.190869}, {100, 124.342113, 135.806723}} {
		assert.InDelta(t, .05, chiSquareTail(c.five, c.df), 1e-7, c.df)
		assert.InDelta(t, .01, chiSquareTail(c.at, c.df), 1e-7, c.df)
	}
	assert.InEpsilon(t, math.Exp(-350), chiSquareTail(700, 2), 1e-12)
	assert.Equal(t, 1.0, chiSquareTail(0, 7))
	assert.InDelta(t, .5, chiSquareTail(9999, 10_000), .01)
	last := 1.0
	for x := range 200 {
		p := chiSquareTail(float64(x), 50)
		require.LessOrEqual(t, p, last)
		last = p
	}
}

// W is defined through the spread of rank sums, and equals the mean of
// Spearman's coefficient over all pairs, moved to 0..1, where there are no
// ties.
func TestConcordanceIsTheMeanCorrelation(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(12, 1))
	for range 200 {
		m, n := 2+r.IntN(5), 2+r.IntN(15)
		scores := make([][]float64, m)
		for k := range scores {
			for range n {
				scores[k] = append(scores[k], r.Float64())
			}
		}
		c := panelOf(t, scores...).Agreement
		sum, pairs := 0.0, 0.0
		for k := range m {
			for j := range k {
				sum, pairs = sum+spearman(scores[k], scores[j]), pairs+1
			}
		}
		require.InDelta(t, sum/pairs, c.MeanCorrelation, 1e-12)
		require.True(t, c.W >= 0 && c.W <= 1 && c.P >= 0 && c.P <= 1)
	}
}

func TestCombineRules(t *testing.T) {
	t.Parallel()
	raters := []Rater{
		{Name: "sales", Weight: 2, Scores: []float64{9, 4, 1}},
		{Name: "engineering", Weight: 1, Scores: []float64{6, 4, 2}},
		{Name: "finance", Weight: 1, Scores: []float64{2, 4, 9}},
		{Name: "service", Weight: 0, Scores: []float64{5, 4, 3}},
	}
	for rule, want := range map[CombineRule][]float64{
		"": {5.5, 4, 3.75}, CombineMean: {5.5, 4, 3.75}, CombineMedian: {5.5, 4, 2.5}, CombineWeighted: {6.5, 4, 3.25},
	} {
		p, err := CombineRaters([]string{"A", "B", "C"}, raters, &RatersOptions{Rule: rule})
		require.NoError(t, err)
		for i, a := range p.Accounts {
			assert.InDelta(t, want[i], a.Value, 1e-15, rule)
			assert.True(t, a.Low <= a.Value && a.Value <= a.High)
		}
		assert.Equal(t, []float64{2, 9, 1, 9}, []float64{p.Accounts[0].Low, p.Accounts[0].High, p.Accounts[2].Low, p.Accounts[2].High})
		assert.Equal(t, 4.0, p.Accounts[1].Value, "all say 4: so does the panel, to the last bit")
		assert.Equal(t, "finance", p.Outlier)
	}
}

func TestTheOutlyingRaterIsNamed(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(12, 2))
	for range 100 {
		n, m := 8+r.IntN(20), 3+r.IntN(4)
		truth := make([]float64, n)
		for i := range truth {
			truth[i] = r.NormFloat64()
		}
		scores, odd := make([][]float64, m), r.IntN(m)
		for k := range scores {
			for _, v := range truth {
				if k == odd {
					v = -v
				}
				scores[k] = append(scores[k], v+.1*r.NormFloat64())
			}
		}
		p := panelOf(t, scores...)
		require.Equal(t, "R"+strconv.Itoa(odd), p.Outlier)
		require.Negative(t, p.Raters[odd].Correlation)
		require.Greater(t, p.Raters[odd].MeanCorrelationWithout, p.Agreement.MeanCorrelation)
	}
	alike := []float64{1, 2, 3, 4}
	for _, scores := range [][][]float64{{alike}, {alike, {4, 3, 2, 1}}, {alike, alike, alike}, {{1, 2, 3}, {2, 3, 1}, {3, 1, 2}}} {
		assert.Empty(t, panelOf(t, scores...).Outlier, "%v", scores)
	}
}

func TestPanelWithoutAgreement(t *testing.T) {
	t.Parallel()
	for _, scores := range [][][]float64{{{1, 2, 3}}, {{1}, {2}, {3}}, {{5, 5}, {4, 4}, {1, 1}}} {
		p := panelOf(t, scores...)
		assert.Nil(t, p.Agreement)
		assert.Empty(t, p.Outlier)
		for _, f := range p.Raters {
			assert.Zero(t, f.Correlation+f.MeanCorrelationWithout)
		}
	}
	// One who says the same of all leaves the agreement of the others.
	c := panelOf(t, []float64{1, 2, 3}, []float64{1, 2, 3}, []float64{7, 7, 7})
	assert.Less(t, c.Agreement.W, 1.0)
	assert.Equal(t, "R2", c.Outlier)
	assert.Equal(t, 1.0, c.Raters[2].MeanCorrelationWithout)
}

func TestPanelIsIndependentOfOrderAndScale(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(12, 3))
	for range 100 {
		n, m := 2+r.IntN(10), 2+r.IntN(5)
		var raters []Rater
		for k := range m {
			x := Rater{Name: "R" + strconv.Itoa(k), Weight: float64(1 + r.IntN(5))}
			for range n {
				x.Scores = append(x.Scores, float64(r.IntN(6)))
			}
			raters = append(raters, x)
		}
		opts := &RatersOptions{Rule: []CombineRule{CombineMean, CombineMedian, CombineWeighted}[r.IntN(3)]}
		a, err := CombineRaters(accountIDs(n), raters, opts)
		require.NoError(t, err)
		turned := slices.Clone(raters)
		r.Shuffle(m, func(i, j int) { turned[i], turned[j] = turned[j], turned[i] })
		b, err := CombineRaters(accountIDs(n), turned, opts)
		require.NoError(t, err)
		require.Equal(t, a.Accounts, b.Accounts)
		require.Equal(t, a.Agreement, b.Agreement)
		require.Equal(t, a.Outlier, b.Outlier)

		for k := range turned { // any growing scale of one's own
			turned[k].Scores = slices.Clone(turned[k].Scores)
			for i, v := range turned[k].Scores {
				turned[k].Scores[i] = math.Exp(v) * float64(k+1)
			}
		}
		c, err := CombineRaters(accountIDs(n), turned, opts)
		require.NoError(t, err)
		require.Equal(t, a.Agreement, c.Agreement)
		require.Equal(t, a.Outlier, c.Outlier)
	}
}

func TestCombineRatersRefuses(t *testing.T) {
	t.Parallel()
	ids := []string{"A", "B"}
	ok := Rater{Name: "sales", Weight: 1, Scores: []float64{1, 2}}
	refused := func(ids []string, rule CombineRule, raters ...Rater) error {
		p, err := CombineRaters(ids, raters, &RatersOptions{Rule: rule})
		require.Nil(t, p)
		return err
	}
	inputError(t, refused(nil, "", ok), keyaccount.ErrMissing, "ids", 0)
	inputError(t, refused([]string{"A", ""}, "", ok), keyaccount.ErrMissing, "ids", 2)
	inputError(t, refused([]string{"A", "A"}, "", ok), keyaccount.ErrDuplicate, "ids", 2)
	inputError(t, refused(ids, ""), keyaccount.ErrMissing, "raters", 0)
	inputError(t, refused(ids, "", ok, ok), keyaccount.ErrDuplicate, "Name", 2)
	inputError(t, refused(ids, "", Rater{Scores: ok.Scores}), keyaccount.ErrMissing, "Name", 1)
	inputError(t, refused(ids, "", ok, Rater{Name: "x", Scores: []float64{1}}), keyaccount.ErrMismatch, "Scores", 2)
	inputError(t, refused(ids, "", ok, Rater{Name: "x", Scores: []float64{1, math.NaN()}}), keyaccount.ErrMissing, "Scores", 2)
	inputError(t, refused(ids, "", ok, Rater{Name: "x", Scores: []float64{1, math.Inf(1)}}), keyaccount.ErrOutOfRange, "Scores", 2)
	inputError(t, refused(ids, "loudest", ok), keyaccount.ErrOutOfRange, "Rule", 0)
	inputError(t, refused(ids, CombineWeighted, Rater{Name: "x", Weight: -1, Scores: ok.Scores}), keyaccount.ErrOutOfRange, "Weight", 1)
	inputError(t, refused(ids, CombineWeighted, Rater{Name: "x", Scores: ok.Scores}), keyaccount.ErrOutOfRange, "Weight", 0)
}

func FuzzCombineRaters(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1.0, uint8(0))
	f.Add(1e100, -1e100, 5e-324, 0.0, 0.0, 0.0, 1e-300, uint8(2))
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, w float64, rule uint8) {
		p, err := CombineRaters([]string{"A", "B"}, []Rater{
			{Name: "x", Weight: w, Scores: []float64{a, b}}, {Name: "y", Weight: 1, Scores: []float64{c, d}}, {Name: "z", Scores: []float64{e, g}},
		}, &RatersOptions{Rule: []CombineRule{CombineMean, CombineMedian, CombineWeighted}[rule%3]})
		if err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		_, err = json.Marshal(p)
		require.NoError(t, err)
		for _, x := range p.Accounts {
			require.True(t, x.Low <= x.Value && x.Value <= x.High)
		}
	})
}
