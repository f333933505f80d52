package cluster

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Figures of a division do not depend on where the rows are, in which order,
// or how clusters are numbered; distances scale, ratios do not.
func TestIndicesAreInvariant(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 6))
	for range 60 {
		x := Matrix{Rows: 10 + r.IntN(80), Cols: 1 + r.IntN(3)}
		for range x.Rows * x.Cols {
			x.Data = append(x.Data, r.NormFloat64())
		}
		k := 2 + r.IntN(4)
		labels := make([]int, x.Rows)
		for i := range labels {
			labels[i] = i % k
		}
		order, number := r.Perm(x.Rows), r.Perm(k)
		y := moved(x, -250, 1e4, order)
		other := make([]int, x.Rows)
		for to, i := range order {
			other[to] = number[labels[i]]
		}
		a, err := Silhouette(x, labels, 1)
		require.NoError(t, err)
		b, err := Silhouette(y, other, 2)
		require.NoError(t, err)
		for to, i := range order {
			require.InDelta(t, a.Values[i], b.Values[to], 1e-9)
		}
		for c := range k {
			require.InDelta(t, a.Clusters[c], b.Clusters[number[c]], 1e-9)
		}
		a, err = SimplifiedSilhouette(x, labels, 1)
		require.NoError(t, err)
		b, err = SimplifiedSilhouette(y, other, 2)
		require.NoError(t, err)
		require.InDelta(t, a.Mean, b.Mean, 1e-9)
		for _, f := range []func(Matrix, []int) (float64, error){CalinskiHarabasz, DaviesBouldin} {
			va, err := f(x, labels)
			require.NoError(t, err)
			vb, err := f(y, other)
			require.NoError(t, err)
			require.InEpsilon(t, va, vb, 1e-8)
		}
		ab, err := AdjustedRand(labels, other)
		require.NoError(t, err)
		ba, err := AdjustedRand(other, labels)
		require.NoError(t, err)
		require.Equal(t, ab, ba)
	}
}

// The definitions of Calinski-Harabasz, Davies-Bouldin and the simplified
// silhouette, word for word.
func TestIndicesAreTheirDefinitions(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	for range 60 {
		n, d, k := 300+r.IntN(400), 1+r.IntN(4), 2+r.IntN(5)
		x := Matrix{Rows: n, Cols: d}
		labels := make([]int, n)
		for i := range n {
			labels[i] = r.IntN(k)
			for range d {
				x.Data = append(x.Data, r.NormFloat64()+float64(labels[i]))
			}
		}
		sizes, means, mean := make([]float64, k), make([][]float64, k), make([]float64, d)
		for c := range means {
			means[c] = make([]float64, d)
		}
		for i, c := range labels {
			sizes[c]++
			for j, v := range x.Row(i) {
				means[c][j] += v
				mean[j] += v / float64(n)
			}
		}
		dist := func(a, b []float64) float64 { return math.Sqrt(sqDist(a, b)) }
		between, within, spread := 0.0, 0.0, make([]float64, k)
		for c := range means {
			for j := range d {
				means[c][j] /= sizes[c]
			}
			between += sizes[c] * sqDist(means[c], mean)
		}
		simple := make([]float64, n)
		for i, c := range labels {
			a, b := dist(x.Row(i), means[c]), math.Inf(1)
			within += a * a
			spread[c] += a / sizes[c]
			for other := range means {
				if other != c {
					b = min(b, dist(x.Row(i), means[other]))
				}
			}
			simple[i] = (b - a) / max(a, b)
		}
		similarity := 0.0
		for a := range means {
			worst := 0.0
			for b := range means {
				if a != b {
					worst = max(worst, (spread[a]+spread[b])/dist(means[a], means[b]))
				}
			}
			similarity += worst / float64(k)
		}
		ch, err := CalinskiHarabasz(x, labels)
		require.NoError(t, err)
		require.InEpsilon(t, between/float64(k-1)/(within/float64(n-k)), ch, 1e-10)
		db, err := DaviesBouldin(x, labels)
		require.NoError(t, err)
		require.InEpsilon(t, similarity, db, 1e-10)
		s, err := SimplifiedSilhouette(x, labels, 2)
		require.NoError(t, err)
		require.InDeltaSlice(t, simple, s.Values, 1e-10)
	}
}
