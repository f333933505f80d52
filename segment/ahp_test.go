package segment

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func pairwise(rows ...[]float64) Pairwise {
	p := Pairwise{Matrix: rows}
	for i := range rows {
		p.Criteria = append(p.Criteria, "C"+strconv.Itoa(i))
	}
	return p
}

func TestOracleAHP(t *testing.T) {
	t.Parallel()
	c := mcdmCases(t)["ahp_3x3_fruit_teknomo"]
	a, err := WeighAHP(pairwise(c.Matrix...), nil)
	require.NoError(t, err)
	assert.InDeltaSlice(t, c.WeightsEigen, plainWeights(&a.Weights), 1e-13)
	assert.InDelta(t, c.LambdaMax, a.LambdaMax, 1e-13)
	assert.InDelta(t, c.CI, a.ConsistencyIndex, 1e-13)
	assert.InDelta(t, c.CRSaaty, a.ConsistencyRatio, 1e-13)
	g, err := WeighAHP(pairwise(c.Matrix...), &AHPOptions{Method: WeightsGeometricMean})
	require.NoError(t, err)
	assert.InDeltaSlice(t, c.WeightsGeometricMean, plainWeights(&g.Weights), 1e-14)
	assert.Equal(t, a.ConsistencyRatio, g.ConsistencyRatio, "the ratio belongs to the judgements, not to the method")
}

// Teknomo's fruit tutorial: .28, .65, .07, ratio below 10 %.
func TestPublishedAHP(t *testing.T) {
	t.Parallel()
	p, err := NewPairwise([]string{"apple", "banana", "cherry"}, []Judgement{
		{"banana", "apple", 3}, {"apple", "cherry", 5}, {"banana", "cherry", 7},
	})
	require.NoError(t, err)
	a, err := WeighAHP(*p, nil)
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{.27895, .64912, .07193}, plainWeights(&a.Weights), 5e-6)
	assert.InDelta(t, 3.064888, a.LambdaMax, 5e-7)
	assert.InDelta(t, .0559, a.ConsistencyRatio, 5e-5)
	assert.Equal(t, 0.58, a.RandomIndex)
	assert.Equal(t, "apple", a.Weights.Weights[0].Criterion)
	// By hand: 3 * 5 implies 15 for banana to cherry, 7/5 for banana to apple.
	assert.Equal(t, []string{"apple", "banana"}, []string{a.Pairs[0].A, a.Pairs[0].B})
	assert.InDelta(t, 5./7, a.Pairs[0].Implied, 1e-14)
	assert.InDelta(t, 7./3, a.Pairs[1].Implied, 1e-14)
	assert.InDelta(t, 15, a.Pairs[2].Implied, 1e-13)
	for _, d := range a.Pairs {
		assert.InDelta(t, 15./7, d.Factor, 1e-13)
	}
	assert.InDelta(t, 0, a.RatioAfter, 1e-14)
}

// Saaty's relative consumption of drinks in the U.S. (The Analytic Hierarchy
// Process, 1980): coffee .177, wine .019, tea .042, beer .116, sodas .190, milk
// .129, water .327, ratio .022. Software that takes geometric means says .3243
// for water.
var drinks = Pairwise{
	Criteria: []string{"coffee", "wine", "tea", "beer", "sodas", "milk", "water"},
	Matrix: [][]float64{
		{1, 9, 5, 2, 1, 1, 1. / 2},
		{1. / 9, 1, 1. / 3, 1. / 9, 1. / 9, 1. / 9, 1. / 9},
		{1. / 5, 3, 1, 1. / 3, 1. / 4, 1. / 3, 1. / 9},
		{1. / 2, 9, 3, 1, 1. / 2, 1, 1. / 3},
		{1, 9, 4, 2, 1, 2, 1. / 2},
		{1, 9, 3, 1, 1. / 2, 1, 1. / 3},
		{2, 9, 9, 3, 2, 3, 1},
	},
}

func TestEigenvectorAndGeometricMeanDiffer(t *testing.T) {
	t.Parallel()
	a, err := WeighAHP(drinks, nil)
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{.177, .019, .042, .116, .190, .129, .327}, plainWeights(&a.Weights), 6e-4)
	assert.InDelta(t, .3268, a.Weights.Weights[6].Weight, 5e-5)
	assert.InDelta(t, .022, a.ConsistencyRatio, 5e-4)
	g, err := WeighAHP(drinks, &AHPOptions{Method: WeightsGeometricMean})
	require.NoError(t, err)
	assert.InDelta(t, .3243, g.Weights.Weights[6].Weight, 5e-5)
	assert.Equal(t, []WeightMethod{WeightsEigenvector, WeightsGeometricMean}, []WeightMethod{a.Method, g.Method})
}

// The eigenvector satisfies its equation, and so it does for judgements that go
// in circles, where the power method alone would take a million steps.
func TestPrincipalEigenvector(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 1))
	for k := range 300 {
		n := 2 + r.IntN(12)
		p := randomJudgements(r, n)
		if k%10 == 0 {
			p = pairwise([]float64{1, 1e6, 1e-6}, []float64{1e-6, 1, 1e6}, []float64{1e6, 1e-6, 1})
			p.Matrix[0][1], p.Matrix[1][0] = 2e5, 5e-6
			n = 3
		}
		x, lambda := principal(p.Matrix)
		for i, row := range p.Matrix {
			sum := 0.0
			for j, v := range row {
				sum += v * x[j]
			}
			require.InEpsilon(t, lambda*x[i], sum, 1e-10, "n %d", n)
		}
		require.GreaterOrEqual(t, lambda, float64(n)*(1-1e-14))
	}
}

func randomJudgements(r *rand.Rand, n int) Pairwise {
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, n)
		rows[i][i] = 1
		for j := range i {
			v := float64(1 + r.IntN(9))
			if r.IntN(2) == 0 {
				v = 1 / v
			}
			rows[i][j], rows[j][i] = v, 1/v
		}
	}
	return pairwise(rows...)
}

// Consistent judgements come back as their ratios, by both methods, with
// nothing to revise; and one spoilt judgement is the one that is named, with
// the value it had.
func TestTheSpoiltJudgementIsNamed(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 2))
	for range 200 {
		n := 4 + r.IntN(8)
		rows, w := make([][]float64, n), make([]float64, n)
		for i := range w {
			w[i] = math.Exp(r.NormFloat64())
		}
		for i := range rows {
			rows[i] = make([]float64, n)
			for j := range w {
				rows[i][j] = w[i] / w[j]
			}
			rows[i][i] = 1
		}
		p := pairwise(rows...)
		for _, m := range []WeightMethod{WeightsEigenvector, WeightsGeometricMean} {
			a, err := WeighAHP(p, &AHPOptions{Method: m})
			require.NoError(t, err)
			require.InDeltaSlice(t, shareOut(w), plainWeights(&a.Weights), 1e-13)
			require.InDelta(t, 0, a.ConsistencyRatio, 1e-12)
			require.InDelta(t, 1, a.Pairs[0].Factor, 1e-12)
		}
		i := r.IntN(n)
		j := (i + 1 + r.IntN(n-1)) % n
		was := rows[min(i, j)][max(i, j)]
		rows[i][j] *= 6
		rows[j][i] = 1 / rows[i][j]
		a, err := WeighAHP(p, &AHPOptions{MaxConsistencyRatio: 10})
		require.NoError(t, err)
		worst := a.Pairs[0]
		require.Equal(t, []string{p.Criteria[min(i, j)], p.Criteria[max(i, j)]}, []string{worst.A, worst.B})
		require.InEpsilon(t, was, worst.Implied, 1e-12)
		require.InEpsilon(t, 6, worst.Factor, 1e-12)
		require.Positive(t, a.ConsistencyRatio)
		require.InDelta(t, 0, a.RatioAfter, 1e-12)
	}
}

func TestRevisingTheFirstPairHelps(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 3))
	for range 300 {
		p := randomJudgements(r, 3+r.IntN(8))
		a, err := WeighAHP(p, &AHPOptions{MaxConsistencyRatio: 1e9})
		require.NoError(t, err)
		require.LessOrEqual(t, a.RatioAfter, a.ConsistencyRatio+1e-12)
		require.Len(t, a.Pairs, len(p.Criteria)*(len(p.Criteria)-1)/2)
	}
}

func TestInconsistentJudgementsAreRefusedWithTheirResult(t *testing.T) {
	t.Parallel()
	p, err := NewPairwise([]string{"revenue", "fit", "margin", "service"}, []Judgement{
		{"revenue", "fit", 1. / 7},
		{"revenue", "margin", 2},
		{"revenue", "service", 4},
		{"fit", "margin", 1},
		{"fit", "service", 2},
		{"margin", "service", 2},
	})
	require.NoError(t, err)
	a, err := WeighAHP(*p, nil)
	require.Nil(t, a)
	require.ErrorIs(t, err, ErrInconsistent)
	var bad *InconsistentError
	require.ErrorAs(t, err, &bad)
	assert.Equal(t, `segment: inconsistent judgements: ratio 0.361 is above 0.1; "revenue" : "fit" is judged 0.143, the other judgements imply 2`, err.Error())
	assert.Equal(t, "revenue", bad.AHP.Pairs[0].A)
	assert.InDelta(t, 2, bad.AHP.Pairs[0].Implied, 1e-14)
	assert.InDelta(t, 0, bad.AHP.RatioAfter, 1e-14)

	a, err = WeighAHP(*p, &AHPOptions{MaxConsistencyRatio: 0.4})
	require.NoError(t, err)
	assert.Equal(t, bad.AHP.Weights, a.Weights)
	assert.Equal(t, 0.4, a.MaxConsistencyRatio)
}

func TestPairwiseRefuses(t *testing.T) {
	t.Parallel()
	refused := func(p Pairwise) error {
		a, err := WeighAHP(p, nil)
		require.Nil(t, a)
		return err
	}
	inputError(t, refused(Pairwise{}), keyaccount.ErrMissing, "Criteria", 0)
	inputError(t, refused(Pairwise{Criteria: make([]string, MaxPairwise+1)}), keyaccount.ErrOutOfRange, "Criteria", 0)
	inputError(t, refused(Pairwise{Criteria: []string{"a", ""}}), keyaccount.ErrMissing, "Criteria", 2)
	inputError(t, refused(Pairwise{Criteria: []string{"a", "a"}}), keyaccount.ErrDuplicate, "Criteria", 2)
	inputError(t, refused(Pairwise{Criteria: []string{"a", "b"}, Matrix: [][]float64{{1, 2}}}), keyaccount.ErrMismatch, "Matrix", 0)
	inputError(t, refused(pairwise([]float64{1, 2}, []float64{.5})), keyaccount.ErrMismatch, "Matrix", 2)
	inputError(t, refused(pairwise([]float64{1, 0}, []float64{.5, 1})), keyaccount.ErrMissing, "Matrix", 1)
	inputError(t, refused(pairwise([]float64{1, 2}, []float64{math.NaN(), 1})), keyaccount.ErrMissing, "Matrix", 2)
	inputError(t, refused(pairwise([]float64{1, -2}, []float64{-.5, 1})), keyaccount.ErrOutOfRange, "Matrix", 1)
	inputError(t, refused(pairwise([]float64{1, 2e6}, []float64{.5e-6, 1})), keyaccount.ErrOutOfRange, "Matrix", 1)
	inputError(t, refused(pairwise([]float64{1, math.Inf(1)}, []float64{.5, 1})), keyaccount.ErrOutOfRange, "Matrix", 1)
	inputError(t, refused(pairwise([]float64{1, 2}, []float64{.5, 2})), keyaccount.ErrOutOfRange, "Matrix", 2)
	inputError(t, refused(pairwise([]float64{1, 3}, []float64{.33, 1})), keyaccount.ErrOutOfRange, "Matrix", 2)

	names := []string{"a", "b", "c"}
	built := func(j ...Judgement) error {
		p, err := NewPairwise(names, j)
		require.Nil(t, p)
		return err
	}
	inputError(t, built(Judgement{"a", "b", 2}, Judgement{"b", "c", 2}), keyaccount.ErrMissing, "Matrix", 1)
	inputError(t, built(Judgement{"a", "b", 2}, Judgement{"b", "a", 2}), keyaccount.ErrDuplicate, "B", 2)
	inputError(t, built(Judgement{"x", "b", 2}), keyaccount.ErrMismatch, "A", 1)
	inputError(t, built(Judgement{"a", "x", 2}), keyaccount.ErrMismatch, "B", 1)
	inputError(t, built(Judgement{"a", "a", 1}), keyaccount.ErrMismatch, "B", 1)
	inputError(t, built(Judgement{"a", "b", 0}), keyaccount.ErrOutOfRange, "Ratio", 1)
	inputError(t, built(Judgement{"a", "b", math.NaN()}), keyaccount.ErrOutOfRange, "Ratio", 1)
	_, err := NewPairwise(nil, nil)
	inputError(t, err, keyaccount.ErrMissing, "Criteria", 0)
	_, err = NewPairwise([]string{"a", "b"}, []Judgement{{"a", "b", 1 / MaxJudgement}})
	require.NoError(t, err)

	for field, o := range map[string]AHPOptions{
		"Method": {Method: WeightsEqual}, "MaxConsistencyRatio": {MaxConsistencyRatio: -1}, "RandomIndex": {RandomIndex: math.NaN()},
	} {
		_, err := WeighAHP(drinks, &o)
		inputError(t, err, keyaccount.ErrOutOfRange, field, 0)
	}
	large := randomJudgements(rand.New(rand.NewPCG(1, 1)), 16)
	_, err = WeighAHP(large, &AHPOptions{MaxConsistencyRatio: 9})
	inputError(t, err, keyaccount.ErrMissing, "RandomIndex", 0)
	a, err := WeighAHP(large, &AHPOptions{MaxConsistencyRatio: 9, RandomIndex: 1.6})
	require.NoError(t, err)
	assert.InDelta(t, (a.LambdaMax-16)/15/1.6, a.ConsistencyRatio, 1e-14)
}

func TestUpToTwoCriteriaCannotContradict(t *testing.T) {
	t.Parallel()
	one, err := WeighAHP(pairwise([]float64{1}), nil)
	require.NoError(t, err)
	assert.Equal(t, []float64{1}, plainWeights(&one.Weights))
	two, err := WeighAHP(pairwise([]float64{1, 3}, []float64{1. / 3, 1}), nil)
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{.75, .25}, plainWeights(&two.Weights), 1e-15)
	for _, a := range []*AHP{one, two} {
		assert.Equal(t, float64(len(a.Weights.Weights)), a.LambdaMax)
		assert.Zero(t, a.ConsistencyRatio+a.ConsistencyIndex+a.RandomIndex+a.RatioAfter)
		assert.Empty(t, a.Pairs)
	}
}

// Naming the criteria in another order permutes the weights and nothing else.
func TestAHPIsIndependentOfOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 4))
	for range 100 {
		p := randomJudgements(r, 2+r.IntN(8))
		n := len(p.Criteria)
		order := r.Perm(n)
		q := Pairwise{}
		for _, i := range order {
			q.Criteria = append(q.Criteria, p.Criteria[i])
			row := make([]float64, n)
			for k, j := range order {
				row[k] = p.Matrix[i][j]
			}
			q.Matrix = append(q.Matrix, row)
		}
		for _, m := range []WeightMethod{WeightsEigenvector, WeightsGeometricMean} {
			o := &AHPOptions{Method: m, MaxConsistencyRatio: 1e9}
			a, err := WeighAHP(p, o)
			require.NoError(t, err)
			b, err := WeighAHP(q, o)
			require.NoError(t, err)
			require.InDelta(t, a.ConsistencyRatio, b.ConsistencyRatio, 1e-12)
			for k, i := range order {
				require.InDelta(t, a.Weights.Weights[i].Weight, b.Weights.Weights[k].Weight, 1e-12)
			}
			if n > 2 {
				require.InEpsilon(t, a.Pairs[0].Factor, b.Pairs[0].Factor, 1e-9)
			}
		}
	}
}

func TestAHPIsOneJSONObject(t *testing.T) {
	t.Parallel()
	a, err := WeighAHP(drinks, nil)
	require.NoError(t, err)
	b, err := json.Marshal(a)
	require.NoError(t, err)
	var back AHP
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, *a, back)
	assert.Contains(t, string(b), `"method":"ahp_eigenvector","weights":[{"criterion":"coffee"`)
}

func FuzzWeighAHP(f *testing.F) {
	f.Add(3.0, 5.0, 7.0, 1.0, 2.0, 0.5)
	f.Add(1e6, 1e-6, 1e6, 1e6, 1e-6, 1e6)
	f.Fuzz(func(t *testing.T, ab, ac, ad, bc, bd, cd float64) {
		p, err := NewPairwise([]string{"a", "b", "c", "d"}, []Judgement{
			{"a", "b", ab}, {"a", "c", ac}, {"a", "d", ad}, {"b", "c", bc}, {"b", "d", bd}, {"c", "d", cd},
		})
		if err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		a, err := WeighAHP(*p, nil)
		if err != nil {
			bad, ok := errors.AsType[*InconsistentError](err)
			require.True(t, ok)
			require.NotEmpty(t, err.Error())
			a = bad.AHP
		}
		_, err = json.Marshal(a)
		require.NoError(t, err)
		sum := 0.0
		for _, w := range a.Weights.Weights {
			require.Positive(t, w.Weight)
			sum += w.Weight
		}
		require.InDelta(t, 1, sum, 1e-12)
		require.GreaterOrEqual(t, a.LambdaMax, 4*(1-1e-12))
	})
}

func BenchmarkWeighAHP(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := WeighAHP(drinks, nil); err != nil {
			b.Fatal(err)
		}
	}
}
