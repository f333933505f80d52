package segment

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// reweighted sets a criterion's share to weight; the others keep their
// proportions.
func reweighted(p CriteriaPolicy, j int, weight float64) CriteriaPolicy {
	q := p
	q.Criteria = slices.Clone(p.Criteria)
	others := 0.0
	for k, c := range p.Criteria {
		if k != j {
			others += c.Weight
		}
	}
	for k := range q.Criteria {
		switch {
		case k == j:
			q.Criteria[k].Weight = weight
		case others == 0:
			q.Criteria[k].Weight = (1 - weight) / float64(len(p.Criteria)-1)
		default:
			q.Criteria[k].Weight *= (1 - weight) / others
		}
	}
	return q
}

// By hand. Two criteria from 0 to 1 with the weights .6 and .4: A has (1, 0),
// B (0, 1), C (.5, .4). At the weight w of the first their sums are w, 1 - w and
// .4 + .1 w: A leads from .5 on, where B passes; C never leads, for it would
// need w < .4/.9 and w > .6/1.1.
func TestSensitivityByHand(t *testing.T) {
	t.Parallel()
	p := CriteriaPolicy{Version: "v", Criteria: []Criterion{
		{Name: "x", Direction: Benefit, Weight: 6, Hi: 1}, {Name: "y", Direction: Benefit, Weight: 4, Hi: 1},
	}}
	alternatives := []Alternative{{"A", []float64{1, 0}}, {"B", []float64{0, 1}}, {"C", []float64{.5, .4}}}
	for _, m := range []RankMethod{MethodSPOTIS, MethodWeightedSum} {
		s, err := TopSensitivity(m, p, alternatives, 1)
		require.NoError(t, err)
		assert.Equal(t, []string{"A"}, s.Top)
		assert.Equal(t, "v", s.Version)
		require.Len(t, s.Criteria, 2)
		down := s.Criteria[0].Down
		require.NotNil(t, down)
		assert.InDelta(t, .5, down.Weight, 1e-15)
		assert.InDelta(t, -.1, down.Change, 1e-15)
		assert.Equal(t, []string{"x", "B", "A"}, []string{down.Criterion, down.Rises, down.Falls})
		assert.Nil(t, s.Criteria[0].Up)
		assert.Nil(t, s.Criteria[1].Down)
		assert.InDelta(t, .5, s.Criteria[1].Up.Weight, 1e-15)
		assert.Equal(t, down, s.Smallest)

		// Of two, the second changes: .4 + .1 w against 1 - w at .6/1.1, which is
		// .5454..., where B passes C.
		s, err = TopSensitivity(m, p, alternatives, 2)
		require.NoError(t, err)
		assert.Equal(t, []string{"A", "C"}, s.Top)
		assert.InDelta(t, .6/1.1, s.Smallest.Weight, 1e-15)
		assert.Equal(t, []string{"B", "C"}, []string{s.Smallest.Rises, s.Smallest.Falls})

		s, err = TopSensitivity(m, p, alternatives, 3)
		require.NoError(t, err)
		assert.Nil(t, s.Smallest, "all are in: nothing can change")
	}
}

func topSet(t testing.TB, m RankMethod, p CriteriaPolicy, alternatives []Alternative, n int) []string {
	t.Helper()
	r, err := RankBy(m, p, alternatives)
	require.NoError(t, err)
	top := r.Top(n)
	slices.Sort(top)
	return top
}

// Brute force: up to the flip the top is what it was, beyond it is not, and
// where no flip is reported none is found.
func TestSensitivityAgreesWithASearch(t *testing.T) {
	t.Parallel()
	const steps, near = 60, 1e-7
	r := rand.New(rand.NewPCG(41, 1))
	flips, ties := 0, 0
	for range 250 {
		p, alternatives := randomCriteria(r, 2+r.IntN(10), 1+r.IntN(4))
		if r.IntN(3) == 0 { // accounts that are alike stay level
			twin := Alternative{"twin", alternatives[0].Values}
			alternatives = append(alternatives, twin)
		}
		m := allMethods[r.IntN(3)]
		n := 1 + r.IntN(len(alternatives))
		s, err := TopSensitivity(m, p, alternatives, n)
		require.NoError(t, err)
		now := slices.Sorted(slices.Values(s.Top))
		require.Equal(t, now, topSet(t, m, p, alternatives, n))
		if len(now) > n {
			ties++
		}
		smallest := math.Inf(1)
		for j, c := range s.Criteria {
			for end, flip := range []*WeightFlip{c.Down, c.Up} {
				last := float64(end)
				if flip != nil {
					flips++
					last = flip.Weight
					smallest = min(smallest, math.Abs(flip.Change))
					require.Contains(t, now, flip.Falls)
					require.Equal(t, flip.Change, flip.Weight-c.Weight)
					beyond := flip.Weight + math.Copysign(near, float64(end)-.5)
					if beyond > 0 && beyond < 1 {
						require.NotEqual(t, now, topSet(t, m, reweighted(p, j, beyond), alternatives, n), "%+v %+v", c, flip)
					}
				}
				if len(s.Criteria) == 1 {
					require.Nil(t, flip)
					continue
				}
				for k := range steps {
					w := c.Weight + (last-c.Weight)*float64(k)/steps
					if math.Abs(w-last) > near && w != c.Weight {
						require.Equal(t, now, topSet(t, m, reweighted(p, j, w), alternatives, n), "%v of %s, flip %+v", w, c.Criterion, flip)
					}
				}
			}
		}
		if math.IsInf(smallest, 1) {
			require.Nil(t, s.Smallest)
		} else {
			require.InDelta(t, smallest, math.Abs(s.Smallest.Change), 1e-12)
		}
	}
	require.Greater(t, flips, 200)
	require.Greater(t, ties, 20)
}

// Two share the last place: any change parts them, unless they are alike.
func TestSensitivityAtATie(t *testing.T) {
	t.Parallel()
	p := CriteriaPolicy{Criteria: []Criterion{
		{Name: "x", Direction: Benefit, Weight: 1, Hi: 1}, {Name: "y", Direction: Benefit, Weight: 1, Hi: 1},
	}}
	s, err := TopSensitivity(MethodSPOTIS, p, []Alternative{{"A", []float64{1, 0}}, {"B", []float64{0, 1}}, {"C", []float64{0, 0}}}, 1)
	require.NoError(t, err)
	assert.Equal(t, []string{"A", "B"}, s.Top)
	assert.Equal(t, &WeightFlip{Criterion: "x", Weight: .5, Rises: "A", Falls: "B"}, s.Criteria[0].Up)
	assert.Equal(t, &WeightFlip{Criterion: "x", Weight: .5, Rises: "B", Falls: "A"}, s.Criteria[0].Down)

	// B and D are alike: for one place, B and D are both in until A passes.
	s, err = TopSensitivity(MethodSPOTIS, p, []Alternative{{"A", []float64{1, 0}}, {"B", []float64{.4, .8}}, {"D", []float64{.4, .8}}}, 1)
	require.NoError(t, err)
	assert.Equal(t, []string{"B", "D"}, s.Top)
	assert.InDelta(t, .8/1.4, s.Smallest.Weight, 1e-15)
	assert.Equal(t, "A", s.Smallest.Rises)

	// And A, ahead of both for two places, is out once it falls below them.
	s, err = TopSensitivity(MethodSPOTIS, p, []Alternative{{"A", []float64{1, .3}}, {"B", []float64{.4, .8}}, {"D", []float64{.4, .8}}}, 2)
	require.NoError(t, err)
	assert.Equal(t, []string{"A", "B", "D"}, s.Top)
	assert.InDelta(t, .5/1.1, s.Smallest.Weight, 1e-15)
	assert.Equal(t, "A", s.Smallest.Falls)
}

// All accounts alike: one line, nobody can pass, and the effort stays linear.
func TestSensitivityOfManyEqualAccounts(t *testing.T) {
	t.Parallel()
	rows := make([][]float64, 5000)
	for i := range rows {
		rows[i] = []float64{500, 20, 30}
	}
	s, err := TopSensitivity(MethodSPOTIS, keyCriteria(), alternativesOf(rows...), 3)
	require.NoError(t, err)
	assert.Len(t, s.Top, 5000)
	assert.Nil(t, s.Smallest)
}

// One criterion holds all the weight: the others have no proportions and share
// what it gives up.
func TestSensitivityOfTheWholeWeight(t *testing.T) {
	t.Parallel()
	p := CriteriaPolicy{Criteria: []Criterion{
		{Name: "x", Direction: Benefit, Weight: 1, Hi: 1}, {Name: "y", Direction: Benefit, Hi: 1}, {Name: "z", Direction: Benefit, Hi: 1},
	}}
	s, err := TopSensitivity(MethodWeightedSum, p, []Alternative{{"A", []float64{.6, 0, 0}}, {"B", []float64{.4, .8, .4}}}, 1)
	require.NoError(t, err)
	// By hand: .6 w against .4 w + .6 (1 - w), level at w = .75.
	assert.InDelta(t, .75, s.Criteria[0].Down.Weight, 1e-15)
	assert.Nil(t, s.Criteria[0].Up)
	// y alone against x: .6 (1 - w) against .4 (1 - w) + .8 w, level at w = .2.
	assert.InDelta(t, .2, s.Smallest.Change, 1e-15)
	assert.Equal(t, "y", s.Smallest.Criterion)
}

func TestSensitivityRefuses(t *testing.T) {
	t.Parallel()
	_, err := TopSensitivity(MethodTOPSIS, keyCriteria(), alternativesOf([]float64{1, 1, 1}), 1)
	inputError(t, err, keyaccount.ErrOutOfRange, "method", 0)
	_, err = TopSensitivity(MethodSPOTIS, keyCriteria(), alternativesOf([]float64{1, 1, 1}), 0)
	inputError(t, err, keyaccount.ErrOutOfRange, "n", 0)
	_, err = TopSensitivity(MethodSPOTIS, CriteriaPolicy{}, nil, 1)
	inputError(t, err, keyaccount.ErrMissing, "Criteria", 0)
	_, err = CheckRemovals("", keyCriteria(), nil)
	inputError(t, err, keyaccount.ErrOutOfRange, "method", 0)
	_, err = CheckRemovals(MethodSPOTIS, keyCriteria(), alternativesOf([]float64{1, 1, 1}, []float64{2, 2, 2}))
	inputError(t, err, keyaccount.ErrMissing, "alternatives", 0)
}

// Rank reversal, JMcDM #66: under TOPSIS and the min-max sum an account that
// leaves reorders the others; under fixed bounds it does not. By hand for the
// min-max sum: with D, A has .5 + .06 and B .4 + .15; without, the second
// criterion ends at 30, where A has .5 + .2 and B .4 + .5.
func TestRankReversal(t *testing.T) {
	t.Parallel()
	p := CriteriaPolicy{Version: "v", Criteria: []Criterion{
		{Name: "x", Direction: Benefit, Weight: 1, Hi: 10}, {Name: "y", Direction: Benefit, Weight: 1, Hi: 100},
	}}
	alternatives := []Alternative{{"A", []float64{10, 12}}, {"B", []float64{8, 30}}, {"C", []float64{0, 0}}, {"D", []float64{1, 100}}}
	c, err := CheckRemovals(MethodMinMaxSum, p, alternatives)
	require.NoError(t, err)
	assert.False(t, c.Invariant())
	assert.Contains(t, c.Reversals, RankReversal{Removed: "D", Rises: "B", Falls: "A", Accounts: 1})
	assert.Equal(t, []any{MethodMinMaxSum, "v", 4}, []any{c.Method, c.Version, c.Removed})
	c, err = CheckRemovals(MethodTOPSIS, p, alternatives)
	require.NoError(t, err)
	assert.False(t, c.Invariant())
	for _, m := range []RankMethod{MethodSPOTIS, MethodWeightedSum} {
		c, err = CheckRemovals(m, p, alternatives)
		require.NoError(t, err)
		assert.True(t, c.Invariant(), m)
	}
}

// The quick rescoring without an account is the ranking without it, to the
// last bit, and the reversals are those that a comparison of all pairs finds.
func TestCheckRemovalsAgreesWithRankingAfresh(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(41, 2))
	reversals := 0
	for range 150 {
		p, alternatives := randomCriteria(r, 3+r.IntN(10), 1+r.IntN(5))
		for _, m := range allMethods {
			check, err := CheckRemovals(m, p, alternatives)
			require.NoError(t, err)
			table, err := tableFor(m, &p, alternatives)
			require.NoError(t, err)
			all, err := RankBy(m, p, alternatives)
			require.NoError(t, err)
			quick := newRescorer(table, m)
			var want []string
			for _, gone := range all.Accounts {
				skip := slices.IndexFunc(alternatives, func(a Alternative) bool { return a.ID == gone.ID })
				quick.without(skip)
				rest := slices.Delete(slices.Clone(alternatives), skip, skip+1)
				fresh, err := RankBy(m, p, rest)
				require.NoError(t, err)
				before, after := map[string]float64{}, map[string]float64{}
				sign := 1.0
				if all.LowerIsBetter {
					sign = -1
				}
				for _, a := range all.Accounts {
					before[a.ID] = sign * a.Score
				}
				for _, a := range fresh.Accounts {
					after[a.ID] = sign * a.Score
					i := slices.IndexFunc(alternatives, func(b Alternative) bool { return b.ID == a.ID })
					require.Equal(t, sign*a.Score, quick.scores[i], m)
				}
				reversed := false
				for x, sx := range after {
					for y, sy := range after {
						reversed = reversed || before[x] < before[y]-1e-12 && sx > sy+1e-12
					}
				}
				if reversed {
					want = append(want, gone.ID)
				}
			}
			var got []string
			for _, v := range check.Reversals {
				got = append(got, v.Removed)
				require.Positive(t, v.Accounts)
			}
			require.Equal(t, want, got, m)
			reversals += len(got)
		}
	}
	require.Greater(t, reversals, 20)
}
