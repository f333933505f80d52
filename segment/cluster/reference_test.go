package cluster

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// scikit-learn #9287, #9784 and #27518: the result of k-means depends on the
// number of threads (inertia 1784215.1753776884 with one, …6302 with two).
// Ours is the same to the last bit, whatever works on it.
func TestScikitThreadsChangeResultsOursDoNot(t *testing.T) {
	t.Parallel()
	x := blobs(10_000, 3, 12, 9)
	tr, err := FitTransform(x, Step{Kind: Standardise})
	require.NoError(t, err)
	all := func(workers int) string {
		km, err := FitKMeans(x, 8, &KMeansOptions{Source: source(1), Restarts: 2, Transform: tr, Workers: workers})
		require.NoError(t, err)
		gm, err := FitMixture(x, 3, &MixtureOptions{Source: source(2), Restarts: 1, MaxIterations: 15, Workers: workers})
		require.NoError(t, err)
		small := Matrix{Rows: 400, Cols: 3, Data: x.Data[:1200]}
		s, err := Silhouette(small, km.Labels[:400], workers)
		require.NoError(t, err)
		c, err := ChooseKMeans(small, &ChooseOptions{KMeans: KMeansOptions{Source: source(3), Restarts: 2, Workers: workers}, KMax: 4, References: 7})
		require.NoError(t, err)
		d, err := Distances(small, Manhattan)
		require.NoError(t, err)
		pam, err := FitPAM(d, 5, &PAMOptions{Workers: workers})
		require.NoError(t, err)
		return asJSON(t, []any{km, gm, s, c, pam})
	}
	one := all(1)
	for _, workers := range []int{0, 2, 3, 8, 64} {
		require.Equal(t, one, all(workers), workers)
	}
}

// scikit-learn #10059: with duplicate rows there are fewer distinct clusters
// than asked for, with a warning. Ours says how many there can be, and gives
// exactly those.
func TestScikitDuplicates10059(t *testing.T) {
	t.Parallel()
	var rows [][]float64
	for range 100 {
		rows = append(rows, []float64{0.1, 0.2}, []float64{0.3, 0.7}, []float64{-1, 0.7})
	}
	x := matrix(t, rows...)
	_, err := FitKMeans(x, 4, &KMeansOptions{Source: source(1)})
	inputError(t, err, keyaccount.ErrOutOfRange, "k", 0)
	require.ErrorContains(t, err, "only 3 distinct rows")
	for seed := range uint64(50) {
		f, err := FitKMeans(x, 3, &KMeansOptions{Source: source(seed), Restarts: 1})
		require.NoError(t, err)
		require.Zero(t, f.Inertia)
		require.Equal(t, []int{100, 100, 100}, f.Sizes)
		require.Equal(t, [][]float64{{-1, 0.7}, {0.1, 0.2}, {0.3, 0.7}}, f.Centres)
	}
}

// mpraski/clusters (kmeans_estimator.go): the first centres are slices of the
// caller's rows, and means are written into them. Ours leaves every input as
// it was.
func TestMpraskiWritesIntoTheRowsOursDoesNot(t *testing.T) {
	t.Parallel()
	x := blobs(500, 2, 4, 2)
	x.Data[7] = 1e-200 // would be flushed to zero
	before := slices.Clone(x.Data)
	start := firstRows(x, 4)
	startBefore := slices.Clone(slices.Concat(start...))
	f, err := FitKMeans(x, 4, &KMeansOptions{Start: start})
	require.NoError(t, err)
	tr, err := FitTransform(x, Step{Kind: Winsorise}, Step{Kind: SignedLog}, Step{Kind: Standardise})
	require.NoError(t, err)
	_, err = tr.Apply(x)
	require.NoError(t, err)
	_, err = FitMixture(x, 2, &MixtureOptions{Source: source(1), Restarts: 1})
	require.NoError(t, err)
	_, err = ChooseKMeans(x, &ChooseOptions{KMeans: KMeansOptions{Source: source(1), Restarts: 1, Transform: tr}, KMax: 3, References: 2})
	require.NoError(t, err)
	_, err = Describe(x, f.Labels, &DescribeOptions{Transform: tr})
	require.NoError(t, err)
	_, err = Silhouette(x, f.Labels, 0)
	require.NoError(t, err)
	labels := slices.Clone(f.Labels)
	_, err = f.AssignAll(x, 0)
	require.NoError(t, err)
	_, err = f.Assign(x.Row(3))
	require.NoError(t, err)
	assert.Equal(t, before, x.Data)
	assert.Equal(t, startBefore, slices.Concat(start...))
	assert.Equal(t, labels, f.Labels)
	for _, c := range f.Centres {
		c[0] = 99
	}
	assert.Equal(t, before, x.Data, "and the result shares nothing with them")
	assert.Equal(t, startBefore, slices.Concat(start...))
}

// mpraski/clusters divides by the size of an empty cluster: NaN centres.
func TestMpraskiDividesByEmptyClustersOursDoesNot(t *testing.T) {
	t.Parallel()
	x := line(t, 0, 1, 2, 3, 4, 5)
	f, err := FitKMeans(x, 3, &KMeansOptions{Start: [][]float64{{2}, {1e6}, {-1e6}}})
	require.NoError(t, err)
	for _, c := range f.Centres {
		require.False(t, math.IsNaN(c[0]))
	}
	assert.Positive(t, slices.Min(f.Sizes))
}

// mpraski/clusters compares the logarithms of the references (wkbs) where it
// should compare gaps. These only fall with k, so that it always takes the
// first k. Ours finds three groups, and one where there is one.
func TestMpraskiGapComparesReferencesOursGaps(t *testing.T) {
	t.Parallel()
	var x Matrix
	x.Cols = 2
	noise := blobs(150, 2, 1, 5)
	for i := range 150 {
		x.Data = append(x.Data, noise.Row(i)[0]+float64(i%3)*20, noise.Row(i)[1]-float64(i%3%2)*20)
	}
	x.Rows = 150
	c, err := ChooseKMeans(x, &ChooseOptions{KMeans: KMeansOptions{Source: source(1)}, KMax: 6})
	require.NoError(t, err)
	assert.Equal(t, 3, c.K)
	// The wrong comparison would have stopped at once.
	mean := func(i int) float64 { return *c.Table[i].Gap + math.Log(*c.Table[i].Inertia) }
	assert.Greater(t, mean(0), mean(1)-*c.Table[1].GapSE)

	u := Matrix{Rows: 200, Cols: 2}
	src := source(4)
	for range 400 {
		u.Data = append(u.Data, uniform(src))
	}
	c, err = ChooseKMeans(u, &ChooseOptions{KMeans: KMeansOptions{Source: source(1)}, KMax: 6})
	require.NoError(t, err)
	assert.Equal(t, 1, c.K)
}

// muesli/kmeans #19, #21: no seed can be given, and every run differs.
func TestMuesliCannotBeSeededOursIs(t *testing.T) {
	t.Parallel()
	x := blobs(2000, 3, 10, 3)
	fit := func(seed uint64) string {
		f, err := FitKMeans(x, 8, &KMeansOptions{Source: source(seed), Restarts: 1})
		require.NoError(t, err)
		return asJSON(t, f)
	}
	assert.Equal(t, fit(1), fit(1))
	assert.NotEqual(t, fit(1), fit(2), "but it is used")
}

// scikit-learn #10279, #4701, #8878: the silhouette asks for a table of all
// distances (3,000 rows: 72 MB). Ours keeps a copy of the rows.
func TestSilhouetteKeepsNoTable(t *testing.T) {
	x := blobs(3000, 2, 4, 3)
	f, err := FitKMeans(x, 4, &KMeansOptions{Source: source(1), Restarts: 1})
	require.NoError(t, err)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = Silhouette(x, f.Labels, 2)
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

// scikit-learn PR #7438: a row alone in its cluster has the silhouette 0, and
// not 1 (Rousseeuw 1987, page 55).
func TestSingletonSilhouetteIsZero(t *testing.T) {
	t.Parallel()
	x := line(t, 0, 0.1, 1)
	s, err := Silhouette(x, []int{0, 0, 1}, 1)
	require.NoError(t, err)
	// (1 - 0.1)/1 and (0.9 - 0.1)/0.9.
	assert.InDeltaSlice(t, []float64{0.9, 8. / 9, 0}, s.Values, 1e-15)
	simple, err := SimplifiedSilhouette(x, []int{0, 0, 1}, 1)
	require.NoError(t, err)
	// To the means 0.05 and 1: (1 - 0.05)/1 and (0.9 - 0.05)/0.9.
	assert.InDeltaSlice(t, []float64{0.95, 0.85 / 0.9, 0}, simple.Values, 1e-15)
}
