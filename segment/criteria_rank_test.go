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
)

var allMethods = []RankMethod{MethodSPOTIS, MethodWeightedSum, MethodMinMaxSum, MethodTOPSIS}

// randomCriteria has grades as well as amounts, so that there are ties.
func randomCriteria(r *rand.Rand, rows, cols int) (CriteriaPolicy, []Alternative) {
	p := CriteriaPolicy{Version: "random"}
	for j := range cols {
		c := Criterion{Name: "C" + strconv.Itoa(j), Direction: Benefit, Weight: float64(1 + r.IntN(9)), Lo: -1, Hi: float64(1 + r.IntN(50))}
		if r.IntN(3) == 0 {
			c.Direction = Cost
		}
		if r.IntN(8) == 0 && j > 0 {
			c.Weight = 0
		}
		p.Criteria = append(p.Criteria, c)
	}
	grades := r.IntN(2) == 0
	var alternatives []Alternative
	for i := range rows {
		a := Alternative{ID: "K" + strconv.Itoa(10000+i)}
		for _, c := range p.Criteria {
			v := c.Lo + r.Float64()*(c.Hi-c.Lo)
			if grades {
				v = c.Lo + math.Floor(r.Float64()*5)*(c.Hi-c.Lo)/4
			}
			a.Values = append(a.Values, v)
		}
		alternatives = append(alternatives, a)
	}
	return p, alternatives
}

func TestPointsAddUpToTheScore(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 1))
	for range 300 {
		p, alternatives := randomCriteria(r, 1+r.IntN(12), 1+r.IntN(9))
		for _, m := range allMethods {
			res, err := RankBy(m, p, alternatives)
			require.NoError(t, err)
			for i, a := range res.Accounts {
				points, gaps := 0.0, 0.0
				for _, c := range a.Points {
					require.True(t, c.Points >= 0 && c.Gap >= 0)
					points, gaps = points+c.Points, gaps+c.Gap
				}
				require.InDelta(t, a.Score, points, 1e-13, m)
				if m == MethodSPOTIS {
					require.InDelta(t, a.Score, gaps, 1e-13)
				} else {
					require.InDelta(t, 1-a.Score, gaps, 1e-13, m)
				}
				require.True(t, a.Score >= 0 && a.Score <= 1, "%s %v", m, a.Score)
				if i > 0 {
					require.GreaterOrEqual(t, a.Rank, res.Accounts[i-1].Rank)
				}
			}
		}
	}
}

// Neither the order of the accounts, nor that of the criteria, nor their IDs,
// nor the unit of the weights changes a bit of a score.
func TestRankingIsIndependentOfOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 2))
	for range 200 {
		p, alternatives := randomCriteria(r, 1+r.IntN(20), 1+r.IntN(9))
		turned := slices.Clone(alternatives)
		q := p
		q.Criteria = slices.Clone(p.Criteria)
		order := r.Perm(len(p.Criteria))
		for j, k := range order {
			q.Criteria[j] = p.Criteria[k]
			q.Criteria[j].Weight *= 1 << 20 // exact
		}
		for i := range turned {
			turned[i].Values = nil
			for _, k := range order {
				turned[i].Values = append(turned[i].Values, alternatives[i].Values[k])
			}
		}
		r.Shuffle(len(turned), func(i, j int) { turned[i], turned[j] = turned[j], turned[i] })
		for _, m := range allMethods {
			a, err := RankBy(m, p, alternatives)
			require.NoError(t, err)
			b, err := RankBy(m, q, turned)
			require.NoError(t, err)
			for i := range a.Accounts {
				x, y := a.Accounts[i], b.Accounts[i]
				require.Equal(t, []any{x.ID, x.Rank, x.Score, x.ToBest, x.ToWorst}, []any{y.ID, y.Rank, y.Score, y.ToBest, y.ToWorst}, m)
			}
		}
	}
}

// An account added, removed or changed leaves every other score under fixed
// bounds as it is, to the last bit.
func TestSPOTISCannotReorder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 3))
	for range 200 {
		p, alternatives := randomCriteria(r, 2+r.IntN(20), 1+r.IntN(9))
		for _, m := range []RankMethod{MethodSPOTIS, MethodWeightedSum} {
			all, err := RankBy(m, p, alternatives)
			require.NoError(t, err)
			some, err := RankBy(m, p, alternatives[:1+r.IntN(len(alternatives)-1)])
			require.NoError(t, err)
			var left []string
			for _, a := range all.Accounts {
				k := slices.IndexFunc(some.Accounts, func(b RankedAccount) bool { return b.ID == a.ID })
				if k >= 0 {
					left = append(left, a.ID)
					require.Equal(t, a.Score, some.Accounts[k].Score)
					require.Equal(t, a.Points, some.Accounts[k].Points)
				}
			}
			for i, id := range left {
				require.Equal(t, id, some.Accounts[i].ID)
			}
		}
	}
}

func TestScoresAreMonotoneAndComplementary(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 4))
	for range 500 {
		p, alternatives := randomCriteria(r, 1, 1+r.IntN(9))
		better := alternatives[0]
		better.Values = slices.Clone(better.Values)
		j := r.IntN(len(better.Values))
		best, _ := p.Criteria[j].ends(p.Criteria[j].Lo, p.Criteria[j].Hi)
		better.Values[j] += r.Float64() * (best - better.Values[j])
		score := func(m RankMethod, a Alternative) float64 {
			res, err := RankBy(m, p, []Alternative{a})
			require.NoError(t, err)
			return res.Accounts[0].Score
		}
		require.GreaterOrEqual(t, score(MethodWeightedSum, better), score(MethodWeightedSum, alternatives[0]))
		require.LessOrEqual(t, score(MethodSPOTIS, better), score(MethodSPOTIS, alternatives[0]))
		require.InDelta(t, 1, score(MethodSPOTIS, better)+score(MethodWeightedSum, better), 1e-14)
	}
}

// .1 + .2 is not .3 in the last bit, but both accounts have half of the
// weight. Glitchfix/TOPSIS-Python #1 takes the output of argsort for ranks,
// which also gives equal accounts different ones.
func TestEqualScoresShareARank(t *testing.T) {
	t.Parallel()
	c := mcdmCase{
		Matrix: [][]float64{{1, 1, 0, 0}, {0, 0, 1, 0}, {1, 1, 0, 0}, {0, 0, 0, 1}}, Weights: []float64{.1, .2, .3, .4},
		Bounds: [][2]float64{{0, 1}, {0, 1}, {0, 1}, {0, 1}},
	}
	for _, m := range []RankMethod{MethodSPOTIS, MethodWeightedSum} {
		r, err := RankBy(m, c.policy(), c.alternatives())
		require.NoError(t, err)
		var got []string
		for _, a := range r.Accounts {
			got = append(got, strconv.Itoa(a.Rank)+" "+a.ID)
		}
		assert.Equal(t, []string{"1 A1003", "2 A1000", "2 A1001", "2 A1002"}, got)
		assert.Len(t, r.Top(2), 4)
		assert.Len(t, r.Top(1), 1)
	}
}

// POTATO #23 normalises before it inverts costs: an account that is best in
// everything does not come out as ideal. Ours does, under every method.
func TestTheBestInEverythingIsIdeal(t *testing.T) {
	t.Parallel()
	c := mcdmCase{
		Matrix: [][]float64{{9, 1}, {5, 3}, {1, 9}}, Weights: []float64{1, 1}, Sense: []int{1, -1}, Bounds: [][2]float64{{1, 9}, {1, 9}},
	}
	for m, ends := range map[RankMethod][2]float64{
		MethodSPOTIS: {0, 1}, MethodWeightedSum: {1, 0}, MethodMinMaxSum: {1, 0}, MethodTOPSIS: {1, 0},
	} {
		r, err := RankBy(m, c.policy(), c.alternatives())
		require.NoError(t, err)
		assert.Equal(t, ends, [2]float64{r.Accounts[0].Score, r.Accounts[2].Score}, m)
		assert.Equal(t, "A1000", r.Accounts[0].ID)
	}
}

func TestDegenerateRankings(t *testing.T) {
	t.Parallel()
	p := CriteriaPolicy{Criteria: []Criterion{{Name: "a", Direction: Benefit, Weight: 3}, {Name: "b", Direction: Cost, Weight: 1}}}
	for _, m := range []RankMethod{MethodTOPSIS, MethodMinMaxSum} {
		one, err := RankBy(m, p, alternativesOf([]float64{7, 0}))
		require.NoError(t, err)
		assert.Equal(t, 0.5, one.Accounts[0].Score, m)
		assert.Equal(t, []float64{.375, .125}, []float64{one.Accounts[0].Points[0].Points, one.Accounts[0].Points[1].Points})

		// b is a column of zeros: it neither decides nor spoils.
		r, err := RankBy(m, p, alternativesOf([]float64{1, 0}, []float64{3, 0}, []float64{2, 0}))
		require.NoError(t, err)
		assert.Equal(t, []string{"A1001", "A1002", "A1000"}, []string{r.Accounts[0].ID, r.Accounts[1].ID, r.Accounts[2].ID}, m)
	}
	r, err := RankTOPSIS(p, alternativesOf([]float64{1, 0}, []float64{3, 0}))
	require.NoError(t, err)
	assert.Equal(t, []float64{1, 0}, []float64{r.Accounts[0].Score, r.Accounts[1].Score})

	// Criteria whose squares would vanish or overflow still decide.
	tiny, err := RankTOPSIS(p, alternativesOf([]float64{2e-200, 0}, []float64{1e-200, 0}, []float64{5e-324, 0}))
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{1, .5, 0}, []float64{tiny.Accounts[0].Score, tiny.Accounts[1].Score, tiny.Accounts[2].Score}, 1e-12)
	huge, err := RankTOPSIS(p, alternativesOf([]float64{1e100, 0}, []float64{-1e100, 0}))
	require.NoError(t, err)
	assert.Equal(t, []float64{1, 0}, []float64{huge.Accounts[0].Score, huge.Accounts[1].Score})
	p.Criteria[1].Weight = 1e-300 // the only one that tells them apart
	light, err := RankTOPSIS(p, alternativesOf([]float64{1, 2}, []float64{1, 1}))
	require.NoError(t, err)
	assert.Equal(t, []float64{1, 0}, []float64{light.Accounts[0].Score, light.Accounts[1].Score})
}

// By hand: the observed scales are 2 to 10 and, a cost, 1 to 5.
func TestMinMaxSumByHand(t *testing.T) {
	t.Parallel()
	p := CriteriaPolicy{Criteria: []Criterion{{Name: "a", Direction: Benefit, Weight: 3}, {Name: "b", Direction: Cost, Weight: 1}}}
	r, err := RankMinMaxSum(p, alternativesOf([]float64{2, 1}, []float64{10, 5}, []float64{6, 3}))
	require.NoError(t, err)
	assert.Equal(t, []RankedCriterion{{"a", .75, 10, 2}, {"b", .25, 1, 5}}, r.Criteria)
	var got []float64
	for _, a := range r.Accounts {
		got = append(got, a.Score)
	}
	assert.Equal(t, []float64{.75, .5, .25}, got)
}

// The unit of a criterion does not matter: powers of two change no bit, other
// factors no rank.
func TestRankingIsIndependentOfUnits(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 5))
	for range 200 {
		p, alternatives := randomCriteria(r, 1+r.IntN(20), 1+r.IntN(6))
		factors := make([]float64, len(p.Criteria))
		exact := r.IntN(2) == 0
		for j := range factors {
			factors[j] = math.Ldexp(1, r.IntN(60)-30)
			if !exact {
				factors[j] *= 1 + r.Float64()
			}
		}
		q := p
		q.Outside = OutsideClamped // the rounding of a value at its bound
		q.Criteria = slices.Clone(p.Criteria)
		turned := slices.Clone(alternatives)
		for j, f := range factors {
			q.Criteria[j].Lo *= f
			q.Criteria[j].Hi *= f
		}
		for i := range turned {
			turned[i].Values = slices.Clone(turned[i].Values)
			for j, f := range factors {
				turned[i].Values[j] *= f
			}
		}
		for _, m := range allMethods {
			a, err := RankBy(m, p, alternatives)
			require.NoError(t, err)
			b, err := RankBy(m, q, turned)
			require.NoError(t, err)
			for i := range a.Accounts {
				x, y := a.Accounts[i], b.Accounts[i]
				if exact {
					require.Equal(t, []any{x.ID, x.Rank, x.Score}, []any{y.ID, y.Rank, y.Score}, m)
				} else {
					require.InDelta(t, x.Score, y.Score, 1e-13, m)
				}
			}
		}
	}
}

func TestACriterionWithoutWeightDecidesNothing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 6))
	for range 100 {
		p, alternatives := randomCriteria(r, 2+r.IntN(10), 2+r.IntN(5))
		last := len(p.Criteria) - 1
		p.Criteria[last].Weight = 0
		q := p
		q.Criteria = p.Criteria[:last]
		shorter := slices.Clone(alternatives)
		for i := range shorter {
			shorter[i].Values = shorter[i].Values[:last]
		}
		for _, m := range allMethods {
			a, err := RankBy(m, p, alternatives)
			require.NoError(t, err)
			b, err := RankBy(m, q, shorter)
			require.NoError(t, err)
			for i := range a.Accounts {
				require.Equal(t, []any{a.Accounts[i].ID, a.Accounts[i].Rank}, []any{b.Accounts[i].ID, b.Accounts[i].Rank}, m)
				require.InDelta(t, b.Accounts[i].Score, a.Accounts[i].Score, 1e-15)
			}
		}
	}
}

// The result as JSON, pinned. By hand: A has .25 of x and is best in y.
func TestRankingJSONIsStable(t *testing.T) {
	t.Parallel()
	p := CriteriaPolicy{Version: "v1", Missing: MissingWorst, Criteria: []Criterion{
		{Name: "x", Direction: Benefit, Weight: 1, Hi: 4}, {Name: "y", Direction: Cost, Weight: 3, Lo: 1, Hi: 5},
	}}
	r, err := RankSPOTIS(p, []Alternative{{"B", []float64{4, math.NaN()}}, {"A", []float64{1, 1}}})
	require.NoError(t, err)
	b, err := json.Marshal(r)
	require.NoError(t, err)
	assert.Equal(t, `{"method":"spotis","version":"v1","lower_is_better":true,`+
		`"criteria":[{"criterion":"x","weight":0.25,"best":4,"worst":0},{"criterion":"y","weight":0.75,"best":1,"worst":5}],`+
		`"accounts":[{"id":"A","rank":1,"score":0.1875,"points":[{"criterion":"x","value":1,"points":0.1875,"gap":0.1875},{"criterion":"y","value":1,"points":0,"gap":0}]},`+
		`{"id":"B","rank":2,"score":0.75,"points":[{"criterion":"x","value":4,"points":0,"gap":0},{"criterion":"y","value":5,"treatment":"missing","points":0.75,"gap":0.75}]}]}`, string(b))
	var back Ranking
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, *r, back)
}

// The distances are those of the definition, computed plainly.
func TestTOPSISDistances(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 7))
	for range 100 {
		p, alternatives := randomCriteria(r, 2+r.IntN(10), 1+r.IntN(5))
		res, err := RankTOPSIS(p, alternatives)
		require.NoError(t, err)
		for _, a := range res.Accounts {
			best, worst := 0.0, 0.0
			for j, c := range res.Criteria {
				norm := 0.0
				for _, x := range alternatives {
					norm += x.Values[j] * x.Values[j]
				}
				if norm == 0 {
					continue
				}
				v := func(x float64) float64 { return c.Weight * x / math.Sqrt(norm) }
				best += (v(a.Points[j].Value) - v(c.Best)) * (v(a.Points[j].Value) - v(c.Best))
				worst += (v(a.Points[j].Value) - v(c.Worst)) * (v(a.Points[j].Value) - v(c.Worst))
			}
			require.InDelta(t, math.Sqrt(best), a.ToBest, 1e-13)
			require.InDelta(t, math.Sqrt(worst), a.ToWorst, 1e-13)
		}
	}
}
