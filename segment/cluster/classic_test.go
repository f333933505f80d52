package cluster

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ruspini is the 75 points of Ruspini, Numerical Methods for Fuzzy Clustering,
// Information Sciences 2 (1970) 319-350, in the order of R's package cluster.
var ruspini = Matrix{Rows: 75, Cols: 2, Data: []float64{
	4, 53, 5, 63, 10, 59, 9, 77, 13, 49, 13, 69, 12, 88, 15, 75, 18, 61, 19, 65,
	22, 74, 27, 72, 28, 76, 24, 58, 27, 55, 28, 60, 30, 52, 31, 60, 32, 61, 36, 72,
	28, 147, 32, 149, 35, 153, 33, 154, 38, 151, 41, 150, 38, 145, 38, 143, 32, 143, 34, 141,
	44, 156, 44, 149, 44, 143, 46, 142, 47, 149, 49, 152, 50, 142, 53, 144, 52, 152, 55, 155,
	54, 124, 60, 136, 63, 139, 86, 132, 85, 115, 85, 96, 78, 94, 74, 96, 97, 122, 98, 116,
	98, 124, 99, 119, 99, 128, 101, 115, 108, 111, 110, 111, 108, 116, 111, 126, 115, 117, 117, 115,
	70, 4, 77, 12, 83, 21, 61, 15, 69, 15, 78, 16, 66, 18, 58, 13, 64, 20, 69, 21,
	66, 23, 61, 25, 76, 27, 72, 31, 64, 30,
}}

// R, cluster: pam(ruspini, 4) has the medoids 10, 32, 52, 70, the objective
// 17.22898 after BUILD and 11.48637 after SWAP, clusters of 20, 23, 17 and 15,
// and silhouette widths of 0.7262347, 0.7548344, 0.6691154 and 0.8042285,
// 0.737657 on average.
func TestRuspiniPAM(t *testing.T) {
	t.Parallel()
	d, err := Distances(ruspini, Euclidean)
	require.NoError(t, err)
	f, err := FitPAM(d, 4, nil)
	require.NoError(t, err)
	assert.Equal(t, []int{31, 9, 51, 69}, f.Medoids, "from 0, by size")
	assert.Equal(t, []int{23, 20, 17, 15}, f.Sizes)
	assert.InDelta(t, 17.22898, f.BuildCost/75, 5e-6)
	assert.InDelta(t, 11.48637, f.Cost/75, 5e-6)
	s, err := d.Silhouette(f.Labels)
	require.NoError(t, err)
	assert.InDelta(t, 0.737657, s.Mean, 5e-7)
	assert.InDeltaSlice(t, []float64{0.7548344, 0.7262347, 0.6691154, 0.8042285}, s.Clusters, 5e-8)
	exact, err := Silhouette(ruspini, f.Labels, 0)
	require.NoError(t, err)
	assert.InDeltaSlice(t, s.Values, exact.Values, 1e-12)

	best, at := 0.0, 0
	for k := 2; k <= 8; k++ {
		f, err := FitPAM(d, k, nil)
		require.NoError(t, err)
		s, err := d.Silhouette(f.Labels)
		require.NoError(t, err)
		if s.Mean > best {
			best, at = s.Mean, k
		}
	}
	assert.Equal(t, 4, at)
}

// R: kmeans(ruspini, 4, nstart = 20)$tot.withinss is 12881.05, and
// clusGap(ruspini, kmeans, 8, B = 60) picks 4, as every other rule does.
func TestRuspiniKMeans(t *testing.T) {
	t.Parallel()
	c, err := ChooseKMeans(ruspini, &ChooseOptions{KMeans: KMeansOptions{Source: source(1), Restarts: 20}, KMax: 8, References: 60})
	require.NoError(t, err)
	assert.InDelta(t, 12881.05, c.KMeans.Inertia, 5e-3)
	for _, v := range c.Votes {
		assert.Equal(t, 4, v.K, v.Rule)
	}
	d, err := Distances(ruspini, Euclidean)
	require.NoError(t, err)
	pam, err := FitPAM(d, 4, nil)
	require.NoError(t, err)
	ari, err := AdjustedRand(c.KMeans.Labels, pam.Labels)
	require.NoError(t, err)
	assert.Equal(t, 1.0, ari, "groups as clear as these are the same to any method")
	m, err := MatchLabels(c.KMeans.Labels, pam.Labels)
	require.NoError(t, err)
	assert.Equal(t, []int{0, 1, 2, 3}, m.To, "and both number them by size")
}

// countries holds how unlike 12 countries were to students of political
// science, of Kaufman and Rousseeuw (1990), chapter 2, table 5: BEL, BRA, CHI,
// CUB, EGY, FRA, IND, ISR, USA, USS, YUG, ZAI.
var countries = [][]float64{
	{},
	{5.58},
	{7.00, 6.50},
	{7.08, 7.00, 3.83},
	{4.83, 5.08, 8.17, 5.83},
	{2.17, 5.75, 6.67, 6.92, 4.92},
	{6.42, 5.00, 5.58, 6.00, 4.67, 6.42},
	{3.42, 5.50, 6.42, 6.42, 5.00, 3.92, 6.17},
	{2.50, 4.92, 6.25, 7.33, 4.50, 2.25, 6.33, 2.75},
	{6.08, 6.67, 4.25, 2.67, 6.00, 6.17, 6.17, 6.92, 6.17},
	{5.25, 6.83, 4.50, 3.75, 5.75, 5.42, 6.08, 5.83, 6.67, 3.67},
	{4.75, 3.00, 6.08, 6.67, 5.00, 5.58, 4.83, 6.17, 5.67, 6.50, 6.92},
}

// The book finds the medoids USA and CUB for two clusters, with a silhouette
// of 0.28 on average, and USA, CUB and ZAI for three, with 0.33.
func TestTwelveCountries(t *testing.T) {
	t.Parallel()
	square := make([][]float64, len(countries))
	for i, row := range countries {
		square[i] = make([]float64, len(countries))
		for j, v := range row {
			square[i][j], square[j][i] = v, v
		}
	}
	d, err := NewDissimilarities(square)
	require.NoError(t, err)
	for k, want := range map[int]struct {
		medoids []int
		labels  []int
		mean    float64
	}{
		2: {[]int{3, 8}, []int{0, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0}, 0.28},
		3: {[]int{3, 8, 11}, []int{0, 2, 1, 1, 0, 0, 2, 0, 0, 1, 1, 2}, 0.33},
	} {
		f, err := FitPAM(d, k, nil)
		require.NoError(t, err)
		medoids := slices.Clone(f.Medoids)
		slices.Sort(medoids)
		assert.Equal(t, want.medoids, medoids)
		assert.Equal(t, want.labels, f.Labels)
		s, err := d.Silhouette(f.Labels)
		require.NoError(t, err)
		assert.InDelta(t, want.mean, s.Mean, 0.005)
		assert.Equal(t, tableCost(square, f.Medoids), f.Cost)
	}
}
