package cluster

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestMatrixIsACopy(t *testing.T) {
	t.Parallel()
	rows := [][]float64{{1, 2, 3}, {4, 5, 6}}
	x := matrix(t, rows...)
	rows[1][0] = 99
	assert.Equal(t, Matrix{Rows: 2, Cols: 3, Data: []float64{1, 2, 3, 4, 5, 6}}, x)
	assert.Equal(t, []float64{4, 5, 6}, x.Row(1))
	assert.Equal(t, 3, cap(x.Row(0)), "appending to a row does not run into the next")
	require.NoError(t, x.Validate())
	x.Data[4] = math.NaN()
	require.ErrorContains(t, x.Validate(), "column 2")
	assert.Equal(t, `{"rows":1,"cols":2,"data":[1,2]}`, asJSON(t, matrix(t, []float64{1, 2})))
}

// distinct is the size of the set of rows, where 0 and -0 are the same.
func TestDistinctRows(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		x := randomMatrix(r, 1+r.IntN(60), 1+r.IntN(3))
		s, err := newSpace(x, nil)
		require.NoError(t, err)
		set := map[[3]float64]bool{}
		for i := range x.Rows {
			var key [3]float64
			copy(key[:], x.Row(i))
			set[key] = true
		}
		require.Equal(t, len(set), s.distinct(x.Rows))
		limit := 1 + r.IntN(x.Rows)
		require.Equal(t, min(limit, len(set)), s.distinct(limit))
	}
	s, err := newSpace(line(t, 0, math.Copysign(0, -1), 1e-101, -1e-200), nil)
	require.NoError(t, err)
	assert.Equal(t, 1, s.distinct(4))
	s, err = newSpace(line(t, 1, math.Nextafter(1, 2)), nil)
	require.NoError(t, err)
	assert.Equal(t, 2, s.distinct(4), "the last bit counts")
	assert.Positive(t, sqDist(s.row(0), s.row(1)))
}

// The smallest difference that two values can have still has a square.
func TestNoDifferenceVanishes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for range 1000 {
		v := math.Ldexp(1+r.Float64(), r.IntN(600)-332)
		if v < minAbs || v > MaxAbs {
			continue
		}
		a, b := []float64{v}, []float64{math.Nextafter(v, 2*v)}
		require.Positive(t, sqDist(a, b))
	}
	assert.True(t, finite(sqDist([]float64{MaxAbs, -MaxAbs}, []float64{-MaxAbs, MaxAbs})*1e18))
}

// Every part is done exactly once, whoever does it.
func TestParallelDoesEachPartOnce(t *testing.T) {
	t.Parallel()
	for _, parts := range []int{0, 1, 2, 3, 15, 16, 17, 1000, 4099} {
		for _, workers := range []int{1, 2, 3, 7, 100} {
			done := make([]atomic.Int32, parts)
			parallel(parts, workers, func(p int) { done[p].Add(1) })
			for p := range done {
				require.EqualValues(t, 1, done[p].Load(), "%d of %d by %d", p, parts, workers)
			}
		}
	}
	s := &space{n: 1000, d: 1}
	seen := make([]atomic.Int32, 1000)
	s.chunks(3, 256, func(c, lo, hi int) {
		if c*256 != lo || hi-lo > 256 {
			t.Error(c, lo, hi)
		}
		for i := lo; i < hi; i++ {
			seen[i].Add(1)
		}
	})
	for i := range seen {
		require.EqualValues(t, 1, seen[i].Load())
	}
}

// R: quantile(c(1, 2, 4, 8, 16), c(0, .1, .25, .5, .9, 1)) is 1, 1.4, 2, 4,
// 12.8, 16.
func TestQuantile7(t *testing.T) {
	t.Parallel()
	sorted := []float64{1, 2, 4, 8, 16}
	for p, want := range map[float64]float64{0: 1, 0.1: 1.4, 0.25: 2, 0.5: 4, 0.9: 12.8, 1: 16} {
		assert.InDelta(t, want, quantile7(sorted, p), 1e-14)
	}
	assert.Equal(t, 3.0, quantile7([]float64{3}, 0.7))
	r := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		x := randomMatrix(r, 1+r.IntN(30), 1)
		slices.Sort(x.Data)
		p, q := r.Float64(), r.Float64()
		lo, hi := quantile7(x.Data, min(p, q)), quantile7(x.Data, max(p, q))
		require.LessOrEqual(t, lo, hi)
		require.True(t, x.Data[0] <= lo && hi <= x.Data[len(x.Data)-1])
	}
}

// Mean and deviation keep their digits far from zero, and equal values have
// none.
func TestMeanAndSD(t *testing.T) {
	t.Parallel()
	mean, sd := meanAndSD([]float64{2, 4, 4, 4, 5, 5, 7, 9})
	assert.Equal(t, 5.0, mean)
	assert.Equal(t, 2.0, sd)
	mean, sd = meanAndSD([]float64{1e9 + 2, 1e9 + 4, 1e9 + 4, 1e9 + 4, 1e9 + 5, 1e9 + 5, 1e9 + 7, 1e9 + 9})
	assert.Equal(t, 1e9+5, mean)
	assert.InDelta(t, 2, sd, 1e-12)
	mean, sd = meanAndSD([]float64{0.1, 0.1, 0.1, 0.1, 0.1, 0.1})
	assert.Equal(t, 0.1, mean)
	assert.Zero(t, sd)
	_, sd = meanAndSD([]float64{1e100, -1e100})
	assert.Equal(t, 1e100, sd)
}

func TestFeatureDefaults(t *testing.T) {
	t.Parallel()
	f := Feature{Name: "orders"}.filled()
	assert.Equal(t, Feature{
		Name: "orders", Label: keyaccount.Text{En: "orders", Zh: "orders"}, High: keyaccount.Text{En: "high orders", Zh: "高orders"}, Low: keyaccount.Text{En: "low orders", Zh: "低orders"},
	}, f)
	f = Feature{Name: "orders", Label: keyaccount.Text{Zh: "订单"}, Low: keyaccount.Text{En: "rare orders"}}.filled()
	assert.Equal(t, keyaccount.Text{En: "orders", Zh: "订单"}, f.Label)
	assert.Equal(t, keyaccount.Text{En: "high orders", Zh: "高订单"}, f.High)
	assert.Equal(t, keyaccount.Text{En: "rare orders", Zh: "低订单"}, f.Low)
	assert.Equal(t, "column 3", featureName(nil, 2))
	assert.Equal(t, "b", featureName(Features("a", "b"), 1))
	assert.Equal(t, `{"name":"a"}`, asJSON(t, Features("a")[0]))
}
