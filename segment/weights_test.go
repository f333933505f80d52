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

func plainWeights(w *Weights) []float64 {
	var out []float64
	for _, c := range w.Weights {
		out = append(out, c.Weight)
	}
	return out
}

func TestOracleObjectiveWeights(t *testing.T) {
	t.Parallel()
	cases := mcdmCases(t)
	c := cases["critic_diakoulaki1995"]
	want := c.Weights
	c.Weights = nil
	w, err := CRITICWeights(c.policy(), c.alternatives())
	require.NoError(t, err)
	assert.InDeltaSlice(t, want, plainWeights(w), 5e-9)

	c = cases["entropy_weights"]
	want = c.Weights
	c.Weights = nil
	w, err = EntropyWeights(c.policy(), c.alternatives())
	require.NoError(t, err)
	assert.InDeltaSlice(t, want, plainWeights(w), 5e-7)
}

// Diakoulaki, Mavrotas, Papayannakis (1995): .2022, .4809, .3169.
func TestPublishedCRITIC(t *testing.T) {
	t.Parallel()
	c := mcdmCase{Matrix: [][]float64{
		{61, 1.08, 4.33},
		{20.7, .26, 4.34},
		{16.3, 1.98, 2.53},
		{9, 3.29, 1.65},
		{5.4, 2.77, 2.33},
		{4, 4.12, 1.21},
		{-6.1, 3.52, 2.1},
		{-34.6, 3.31, .98},
	}}
	w, err := CRITICWeights(c.policy(), c.alternatives())
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{.2022, .4809, .3169}, plainWeights(w), 5e-5)
	assert.Equal(t, WeightsCRITIC, w.Method)
}

// scikit-criteria's test_weighters.py: .358889, .641111. By hand the columns
// 1:4 and 2:16 have the entropies .721928 and .503258 in base 2, which is the
// number of accounts, hence weights in the proportion .278072 : .496742.
func TestPublishedEntropy(t *testing.T) {
	t.Parallel()
	c := mcdmCase{Matrix: [][]float64{{1, 2}, {4, 16}}}
	w, err := EntropyWeights(c.policy(), c.alternatives())
	require.NoError(t, err)
	assert.InDelta(t, .278072, w.Weights[0].Information, 5e-7)
	assert.InDelta(t, .496742, w.Weights[1].Information, 5e-7)
	assert.InDeltaSlice(t, []float64{.358889, .641111}, plainWeights(w), 5e-7)
}

// In a fixed base 10, equal values among twenty accounts would have the
// entropy log10(20) = 1.3 and a negative weight. Ours is exactly zero.
func TestEqualValuesHaveNoEntropyWeight(t *testing.T) {
	t.Parallel()
	var rows [][]float64
	for i := range 20 {
		rows = append(rows, []float64{.1, float64(i * i * i * i)})
	}
	c := mcdmCase{Matrix: rows}
	w, err := EntropyWeights(c.policy(), c.alternatives())
	require.NoError(t, err)
	assert.Equal(t, []float64{0, 1}, plainWeights(w))
}

// A zero column makes scikit-criteria's weights NaN (#8). Ours is left out:
// the others get what they get without it.
func TestAZeroColumnHasNoWeight(t *testing.T) {
	t.Parallel()
	rows := [][]float64{{1, 0, 5, 3}, {2, 0, 4, 3}, {4, 0, 4.5, 3}, {3, 0, 1, 3}}
	var kept [][]float64
	for _, r := range rows {
		kept = append(kept, []float64{r[0], r[2]})
	}
	with, without := mcdmCase{Matrix: rows}, mcdmCase{Matrix: kept}
	for _, find := range []func(CriteriaPolicy, []Alternative) (*Weights, error){
		CRITICWeights,
		EntropyWeights,
	} {
		a, err := find(with.policy(), with.alternatives())
		require.NoError(t, err)
		b, err := find(without.policy(), without.alternatives())
		require.NoError(t, err)
		assert.Equal(t, []float64{b.Weights[0].Weight, 0, b.Weights[1].Weight, 0}, plainWeights(a))
	}
}

// The definition, as long as it does not cancel; where it does, the leading
// term of the series.
func TestInequalityAgreesWithTheEntropy(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 1))
	for range 300 {
		values := make([]float64, 2+r.IntN(30))
		sum := 0.0
		for i := range values {
			values[i] = math.Floor(r.Float64() * 20)
			sum += values[i]
		}
		if sum == 0 {
			continue
		}
		entropy := 0.0
		for _, v := range values {
			if v > 0 {
				entropy -= v / sum * math.Log(v/sum)
			}
		}
		require.InDelta(t, math.Log(float64(len(values)))-entropy, inequality(values), 1e-13)
	}
	for _, d := range []float64{1e-4, 1e-6, 1e-9} {
		assert.InEpsilon(t, d*d/2, inequality([]float64{1 - d, 1 + d}), 1e-7)
	}
	// Both sides of the change of form.
	assert.InEpsilon(t, inequality([]float64{1 - 1.000001e-3, 1 + 1.000001e-3}), inequality([]float64{1 - .999999e-3, 1 + .999999e-3}), 5e-6)
}

func TestDegenerateObjectiveWeights(t *testing.T) {
	t.Parallel()
	find := func(rows ...[]float64) (critic, entropy error) {
		c := mcdmCase{Matrix: rows}
		w, critic := CRITICWeights(c.policy(), c.alternatives())
		require.True(t, (w == nil) == (critic != nil))
		w, entropy = EntropyWeights(c.policy(), c.alternatives())
		require.True(t, (w == nil) == (entropy != nil))
		return critic, entropy
	}
	critic, entropy := find([]float64{1, 2})
	inputError(t, critic, keyaccount.ErrMissing, "alternatives", 0)
	inputError(t, entropy, keyaccount.ErrMissing, "alternatives", 0)
	critic, entropy = find([]float64{1, .1}, []float64{1, .1}, []float64{1, .1})
	inputError(t, critic, keyaccount.ErrOutOfRange, "Values", 0)
	inputError(t, entropy, keyaccount.ErrOutOfRange, "Values", 0)
	critic, entropy = find([]float64{1, 10}, []float64{-2, 40}, []float64{7, 20})
	require.NoError(t, critic)
	inputError(t, entropy, keyaccount.ErrOutOfRange, "Values", 2)
	critic, entropy = find([]float64{1, 12}, []float64{2, 14}, []float64{7, 24})
	inputError(t, critic, keyaccount.ErrOutOfRange, "Values", 0) // perfectly correlated
	require.NoError(t, entropy)

	c := mcdmCase{Matrix: [][]float64{{1, 5}, {2, 5}, {9, 5}}}
	w, err := CRITICWeights(c.policy(), c.alternatives())
	require.NoError(t, err)
	assert.Equal(t, []float64{1, 0}, plainWeights(w), "the only one that tells them apart")

	_, err = CRITICWeights(CriteriaPolicy{}, c.alternatives())
	inputError(t, err, keyaccount.ErrMissing, "Criteria", 0)
	_, err = EntropyWeights(CriteriaPolicy{}, c.alternatives())
	inputError(t, err, keyaccount.ErrMissing, "Criteria", 0)
}

func TestObjectiveWeightsAreIndependentOfOrderAndUnit(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 2))
	for range 100 {
		p, alternatives := randomCriteria(r, 3+r.IntN(20), 2+r.IntN(6))
		for j := range p.Criteria {
			p.Criteria[j].Lo, p.Criteria[j].Hi, p.Criteria[j].Weight = 0, 0, 0
			for i := range alternatives {
				alternatives[i].Values[j]++ // entropy wants no negative ones
			}
		}
		turned := slices.Clone(alternatives)
		for i := range turned {
			turned[i].Values = slices.Clone(turned[i].Values)
			turned[i].Values[0] *= 1024 // exact
		}
		r.Shuffle(len(turned), func(i, j int) { turned[i], turned[j] = turned[j], turned[i] })
		for _, find := range []func(CriteriaPolicy, []Alternative) (*Weights, error){
			CRITICWeights,
			EntropyWeights,
		} {
			a, err := find(p, alternatives)
			require.NoError(t, err)
			b, err := find(p, turned)
			require.NoError(t, err)
			require.Equal(t, a, b)
			sum := 0.0
			for _, w := range a.Weights {
				require.True(t, w.Weight >= 0 && w.Weight <= 1)
				sum += w.Weight
			}
			require.InDelta(t, 1, sum, 1e-14)
		}
	}
}

func TestGivenAndEqualWeights(t *testing.T) {
	t.Parallel()
	w, err := keyCriteria().GivenWeights()
	require.NoError(t, err)
	assert.Equal(t, []float64{.5, .3, .2}, plainWeights(w))
	equal, err := EqualWeights(keyCriteria())
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{1. / 3, 1. / 3, 1. / 3}, plainWeights(equal), 1e-16)

	p := keyCriteria()
	q, err := p.WithWeights("2026-2", *equal)
	require.NoError(t, err)
	assert.Equal(t, "2026-2", q.Version)
	assert.Equal(t, keyCriteria(), p, "the policy is only read")
	again, err := q.GivenWeights()
	require.NoError(t, err)
	assert.InDeltaSlice(t, plainWeights(equal), plainWeights(again), 1e-16)

	slices.Reverse(equal.Weights)
	_, err = p.WithWeights("", *equal)
	require.NoError(t, err)
	refused := func(w ...CriterionWeight) error {
		_, err := p.WithWeights("", Weights{Weights: w})
		return err
	}
	inputError(t, refused(equal.Weights[:2]...), keyaccount.ErrMismatch, "Weights", 0)
	inputError(t, refused(append(equal.Weights, CriterionWeight{"new", 1, 0})...), keyaccount.ErrMismatch, "Weights", 4)
	inputError(t, refused(append(equal.Weights, equal.Weights[0])...), keyaccount.ErrDuplicate, "Weights", 4)
	inputError(t, refused(CriterionWeight{"revenue", math.NaN(), 0}, CriterionWeight{"margin", 1, 0}, CriterionWeight{"cost_to_serve", 1, 0}), keyaccount.ErrOutOfRange, "Weight", 1)
	_, err = EqualWeights(CriteriaPolicy{})
	inputError(t, err, keyaccount.ErrMissing, "Criteria", 0)
	_, err = CriteriaPolicy{}.GivenWeights()
	inputError(t, err, keyaccount.ErrMissing, "Criteria", 0)
}

func FuzzObjectiveWeights(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
	f.Add(1e-300, 2e-300, 5e-324, 0.0, 1e100, 1e-100)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g float64) {
		m := mcdmCase{Matrix: [][]float64{{a, b}, {c, d}, {e, g}}}
		check := func(w *Weights, err error) {
			if err != nil {
				var in *keyaccount.InputError
				require.ErrorAs(t, err, &in)
				return
			}
			sum := 0.0
			for _, c := range w.Weights {
				require.True(t, c.Weight >= 0 && c.Weight <= 1 && c.Information >= 0 && !math.IsInf(c.Information, 0), "%+v", w)
				sum += c.Weight
			}
			require.InDelta(t, 1, sum, 1e-12)
		}
		check(CRITICWeights(m.policy(), m.alternatives()))
		check(EntropyWeights(m.policy(), m.alternatives()))
	})
}
