package cluster

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// By hand: of 0, 1, 2, 10, 11 the medoid is 2 (cost 2+1+0+8+9 = 20), and the
// row that lowers the cost most is then 10 (to 2+1+0+0+1 = 4). Exchanging 2
// for 1 brings it to 3; after that nothing does.
func TestPAMByHand(t *testing.T) {
	t.Parallel()
	d, err := Distances(line(t, 0, 1, 2, 10, 11), Manhattan)
	require.NoError(t, err)
	f, err := FitPAM(d, 2, nil)
	require.NoError(t, err)
	assert.Equal(t, 4.0, f.BuildCost)
	assert.Equal(t, 3.0, f.Cost)
	assert.Equal(t, 1, f.Swaps)
	assert.Equal(t, []int{1, 3}, f.Medoids)
	assert.Equal(t, []int{0, 0, 0, 1, 1}, f.Labels)
	assert.Equal(t, []int{3, 2}, f.Sizes)
	assert.Equal(t, []float64{2, 1}, f.Within)
	assert.Equal(t, Converged, f.Status)

	one, err := FitPAM(d, 1, nil)
	require.NoError(t, err)
	assert.Equal(t, []int{2}, one.Medoids)
	assert.Equal(t, 20.0, one.Cost)
	all, err := FitPAM(d, 5, nil)
	require.NoError(t, err)
	assert.Zero(t, all.Cost)
	assert.Equal(t, []int{0, 1, 2, 3, 4}, all.Medoids)
}

// randomTable has ties, zeros and no triangle inequality.
func randomTable(r *rand.Rand, n int) [][]float64 {
	square := make([][]float64, n)
	for i := range square {
		square[i] = make([]float64, n)
		for j := range i {
			v := float64(r.IntN(30))
			square[i][j], square[j][i] = v, v
		}
	}
	return square
}

func tableCost(square [][]float64, medoids []int) (cost float64) {
	for j := range square {
		best := math.Inf(1)
		for _, m := range medoids {
			best = min(best, square[m][j])
		}
		cost += best
	}
	return cost
}

// The fast swaps are the plain ones: each run ends where the textbook's ends,
// and nowhere does a single exchange lower the cost any more.
func TestFastSwapsAreThePlainOnes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	swaps := 0
	for range 150 {
		n := 4 + r.IntN(30)
		square := randomTable(r, n)
		d, err := NewDissimilarities(square)
		require.NoError(t, err)
		k := d.distinct(2 + r.IntN(4))
		f, err := FitPAM(d, k, &PAMOptions{Workers: 1 + r.IntN(3)})
		require.NoError(t, err)
		require.Equal(t, Converged, f.Status)
		swaps += f.Swaps
		require.Equal(t, tableCost(square, f.Medoids), f.Cost)
		require.LessOrEqual(t, f.Cost, f.BuildCost)

		before, err := FitPAM(d, k, &PAMOptions{MaxSwaps: max(1, f.Swaps)})
		require.NoError(t, err)
		require.Equal(t, f.Cost, before.Cost)
		if f.Swaps > 1 {
			// A step of its own is the best of all.
			from, err := FitPAM(d, k, &PAMOptions{MaxSwaps: f.Swaps - 1})
			require.NoError(t, err)
			require.Equal(t, IterationLimit, from.Status)
			require.Equal(t, bestExchange(square, from.Medoids), f.Cost)
		}
		require.GreaterOrEqual(t, bestExchange(square, f.Medoids), f.Cost)

		sizes := make([]int, k)
		for j, c := range f.Labels {
			sizes[c]++
			if !slices.Contains(f.Medoids, j) {
				for _, m := range f.Medoids {
					require.LessOrEqual(t, square[f.Medoids[c]][j], square[m][j])
				}
			}
		}
		require.Equal(t, f.Sizes, sizes)
		for c, m := range f.Medoids {
			require.Equal(t, c, f.Labels[m], "a medoid is in its own cluster")
		}
	}
	assert.Greater(t, swaps, 20)
}

// bestExchange tries every exchange of a medoid for another row.
func bestExchange(square [][]float64, medoids []int) float64 {
	best := math.Inf(1)
	for m := range medoids {
		for row := range square {
			if slices.Contains(medoids, row) {
				continue
			}
			other := slices.Clone(medoids)
			other[m] = row
			best = min(best, tableCost(square, other))
		}
	}
	return best
}

func TestDissimilarities(t *testing.T) {
	t.Parallel()
	x := matrix(t, []float64{0, 0}, []float64{3, 4}, []float64{0, 1})
	d, err := Distances(x, Euclidean)
	require.NoError(t, err)
	assert.Equal(t, 3, d.Len())
	for _, c := range []struct {
		i, j int
		want float64
	}{{0, 0, 0}, {0, 1, 5}, {1, 0, 5}, {2, 0, 1}, {1, 2, math.Sqrt(18)}} {
		assert.Equal(t, c.want, d.At(c.i, c.j))
	}
	d, err = Distances(x, Manhattan)
	require.NoError(t, err)
	assert.Equal(t, 7.0, d.At(0, 1))
	row := make([]float64, 3)
	d.row(row, 1)
	assert.Equal(t, []float64{7, 0, 6}, row)
	same, err := NewDissimilarities([][]float64{{0, 7, 1}, {7, 0, 6}, {1, 6, 0}})
	require.NoError(t, err)
	assert.Equal(t, d, same)
}

func TestPAMRefuses(t *testing.T) {
	t.Parallel()
	d, err := Distances(line(t, 1, 1, 2), Euclidean)
	require.NoError(t, err)
	_, err = FitPAM(d, 0, nil)
	inputError(t, err, keyaccount.ErrOutOfRange, "k", 0)
	_, err = FitPAM(d, 3, nil)
	inputError(t, err, keyaccount.ErrOutOfRange, "k", 0)
	require.ErrorContains(t, err, "2 distinct")
	_, err = FitPAM(d, 1<<40, nil)
	inputError(t, err, keyaccount.ErrOutOfRange, "k", 0)
	_, err = FitPAM(nil, 1, nil)
	inputError(t, err, keyaccount.ErrMissing, "d", 0)
	_, err = FitPAM(new(Dissimilarities), 1, nil)
	inputError(t, err, keyaccount.ErrMissing, "d", 0)
	_, err = FitPAM(d, 1, &PAMOptions{MaxSwaps: -1})
	inputError(t, err, keyaccount.ErrOutOfRange, "MaxSwaps", 0)
	_, err = Distances(line(t, 1), 7)
	inputError(t, err, keyaccount.ErrOutOfRange, "metric", 0)
	_, err = Distances(Matrix{}, Euclidean)
	inputError(t, err, keyaccount.ErrMissing, "Rows", 0)
	_, err = Distances(Matrix{Rows: MaxPairwise + 1, Cols: 1, Data: make([]float64, MaxPairwise+1)}, Euclidean)
	inputError(t, err, keyaccount.ErrOutOfRange, "Rows", 0)
	_, err = d.Silhouette([]int{0, 0, 0})
	inputError(t, err, keyaccount.ErrOutOfRange, "labels", 0)
	_, err = d.Silhouette([]int{0, 1})
	inputError(t, err, keyaccount.ErrMismatch, "labels", 0)
	for _, c := range []struct {
		square [][]float64
		kind   error
		row    int
	}{
		{nil, keyaccount.ErrMissing, 0},
		{make([][]float64, MaxPairwise+1), keyaccount.ErrOutOfRange, 0},
		{[][]float64{{0, 1}, {1}}, keyaccount.ErrMismatch, 2},
		{[][]float64{{0}, {1, 0}}, keyaccount.ErrMismatch, 1},
		{[][]float64{{0, 1}, {2, 0}}, keyaccount.ErrMismatch, 2},
		{[][]float64{{0, -1}, {-1, 0}}, keyaccount.ErrOutOfRange, 2},
		{[][]float64{{0, 1}, {1, 3}}, keyaccount.ErrOutOfRange, 2},
		{[][]float64{{math.NaN()}}, keyaccount.ErrOutOfRange, 1},
		{[][]float64{{0, math.Inf(1)}, {math.Inf(1), 0}}, keyaccount.ErrOutOfRange, 2},
	} {
		_, err := NewDissimilarities(c.square)
		require.ErrorIs(t, err, c.kind)
		if len(c.square) > 0 && len(c.square) < 10 {
			inputError(t, err, c.kind, "square", c.row)
		}
	}
}
