package cluster

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// By hand: 0, 2 and 10, 14 have the means 1, 12 and 6.5. W = 2 + 8, B = 2·5.5²
// · 2 = 121, so CH = 121 / 1 · 2 / 10. The mean distances to the centres are 1
// and 2, 11 apart: DB = 3/11.
func TestIndicesByHand(t *testing.T) {
	t.Parallel()
	x, labels := line(t, 0, 2, 10, 14), []int{0, 0, 1, 1}
	ch, err := CalinskiHarabasz(x, labels)
	require.NoError(t, err)
	assert.InDelta(t, 24.2, ch, 1e-13)
	db, err := DaviesBouldin(x, labels)
	require.NoError(t, err)
	assert.InDelta(t, 3./11, db, 1e-15)
	// 0: a 2, b 12; 2: 2, 10; 10: 4, 9; 14: 4, 13.
	s, err := Silhouette(x, labels, 2)
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{10. / 12, 8. / 10, 5. / 9, 9. / 13}, s.Values, 1e-15)
	assert.InDeltaSlice(t, []float64{(10./12 + 0.8) / 2, (5./9 + 9./13) / 2}, s.Clusters, 1e-15)
	assert.InDelta(t, (10./12+0.8+5./9+9./13)/4, s.Mean, 1e-15)
}

// slowSilhouette is the definition, word for word.
func slowSilhouette(x Matrix, labels []int, k int) []float64 {
	out := make([]float64, x.Rows)
	for i := range out {
		sums, counts := make([]float64, k), make([]float64, k)
		for j := range x.Rows {
			if i != j {
				sums[labels[j]] += math.Sqrt(sqDist(x.Row(i), x.Row(j)))
				counts[labels[j]]++
			}
		}
		own := labels[i]
		if counts[own] == 0 {
			continue
		}
		a, b := sums[own]/counts[own], math.Inf(1)
		for c := range k {
			if c != own && counts[c] > 0 {
				b = min(b, sums[c]/counts[c])
			}
		}
		if m := max(a, b); m > 0 {
			out[i] = (b - a) / m
		}
	}
	return out
}

func TestSilhouetteIsItsDefinition(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	for range 100 {
		x := randomMatrix(r, 12+r.IntN(60), 1+r.IntN(3))
		k := 2 + r.IntN(9)
		labels := make([]int, x.Rows)
		for i := range labels {
			labels[i] = r.IntN(k) // some k may have no row
		}
		labels[0], labels[1] = 0, k-1
		s, err := Silhouette(x, labels, 1+r.IntN(3))
		require.NoError(t, err)
		require.InDeltaSlice(t, slowSilhouette(x, labels, k), s.Values, 1e-12)
		d, err := Distances(x, Euclidean)
		require.NoError(t, err)
		table, err := d.Silhouette(labels)
		require.NoError(t, err)
		require.InDeltaSlice(t, s.Values, table.Values, 1e-12)
		require.Len(t, s.Clusters, k)
		simple, err := SimplifiedSilhouette(x, labels, 2)
		require.NoError(t, err)
		for _, v := range append(simple.Values, s.Values...) {
			require.LessOrEqual(t, math.Abs(v), 1.0)
		}
	}
}

// Labels need not begin at 0 nor follow one another.
func TestLabelsMayHaveGaps(t *testing.T) {
	t.Parallel()
	x := line(t, 0, 2, 10, 14, 30)
	a, b := []int{0, 0, 1, 1, 2}, []int{1, 1, 4, 4, 3}
	sa, err := Silhouette(x, a, 1)
	require.NoError(t, err)
	sb, err := Silhouette(x, b, 1)
	require.NoError(t, err)
	assert.Equal(t, sa.Values, sb.Values)
	assert.Equal(t, []float64{0, sa.Clusters[0], 0, sa.Clusters[2], sa.Clusters[1]}, sb.Clusters)
	for _, f := range []func(Matrix, []int) (float64, error){CalinskiHarabasz, DaviesBouldin} {
		va, err := f(x, a)
		require.NoError(t, err)
		vb, err := f(x, b)
		require.NoError(t, err)
		assert.InDelta(t, va, vb, 1e-13)
	}
}

func TestIndicesRefuse(t *testing.T) {
	t.Parallel()
	x := line(t, 1, 1, 2, 2)
	for _, labels := range [][]int{nil, {0, 1}, {0, 0, 0, 0}, {0, 0, 1, -1}, {0, 0, 1, maxLabel}} {
		_, err := Silhouette(x, labels, 0)
		require.Error(t, err)
		_, err = SimplifiedSilhouette(x, labels, 0)
		require.Error(t, err)
		_, err = CalinskiHarabasz(x, labels)
		require.Error(t, err)
		_, err = DaviesBouldin(x, labels)
		require.Error(t, err)
	}
	_, err := CalinskiHarabasz(x, []int{0, 0, 1, 1})
	inputError(t, err, keyaccount.ErrOutOfRange, "labels", 0)
	_, err = CalinskiHarabasz(x, []int{0, 1, 2, 3})
	inputError(t, err, keyaccount.ErrOutOfRange, "labels", 0)
	_, err = DaviesBouldin(x, []int{0, 1, 0, 1})
	inputError(t, err, keyaccount.ErrOutOfRange, "labels", 0)
	db, err := DaviesBouldin(x, []int{0, 0, 1, 1})
	require.NoError(t, err)
	assert.Zero(t, db, "nothing is closer together")
	s, err := Silhouette(x, []int{0, 1, 0, 1}, 0)
	require.NoError(t, err)
	assert.Equal(t, -0.5, s.Mean)
	s, err = Silhouette(line(t, 3, 3, 3, 3), []int{0, 0, 1, 1}, 0)
	require.NoError(t, err)
	assert.Zero(t, s.Mean, "a and b are both 0")
	_, err = Silhouette(x, []int{0, 0, 1, 1}, -1)
	inputError(t, err, keyaccount.ErrOutOfRange, "Workers", 0)
	_, err = Silhouette(Matrix{}, nil, 1)
	inputError(t, err, keyaccount.ErrMissing, "Rows", 0)
}
