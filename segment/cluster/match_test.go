package cluster

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestMatchLabelsByHand(t *testing.T) {
	t.Parallel()
	before := []int{0, 0, 0, 0, 1, 1, 1, 2, 2}
	after := []int{2, 2, 2, 1, 0, 0, 0, 1, 1}
	m, err := MatchLabels(before, after)
	require.NoError(t, err)
	assert.Equal(t, [][]int{{0, 1, 3}, {3, 0, 0}, {0, 2, 0}}, m.Overlap)
	assert.Equal(t, []int{1, 2, 0}, m.To)
	assert.Empty(t, m.New)
	assert.Empty(t, m.Gone)
	assert.InDelta(t, 8./9, m.Agreement, 1e-15)
	again, err := m.Relabel(after)
	require.NoError(t, err)
	assert.Equal(t, []int{0, 0, 0, 2, 1, 1, 1, 2, 2}, again)
	_, err = m.Relabel([]int{0, 3})
	inputError(t, err, keyaccount.ErrOutOfRange, "labels", 2)

	// Greedily, 0 -> 0 (5) would leave 1 -> 1 (0); together 4 + 4 is more.
	m, err = MatchLabels([]int{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1}, []int{0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0})
	require.NoError(t, err)
	assert.Equal(t, []int{1, 0}, m.To)
}

// A cluster more is new and gets a free number; a cluster less is gone.
func TestMatchDifferentNumbers(t *testing.T) {
	t.Parallel()
	m, err := MatchLabels([]int{0, 0, 0, 1, 1, 1}, []int{2, 2, 1, 0, 0, 0})
	require.NoError(t, err)
	assert.Equal(t, []int{1, 2, 0}, m.To)
	assert.Equal(t, []int{1}, m.New)
	m, err = MatchLabels([]int{2, 2, 1, 0, 0, 0}, []int{0, 0, 0, 1, 1, 1})
	require.NoError(t, err)
	assert.Equal(t, []int{2, 0}, m.To)
	assert.Equal(t, []int{1}, m.Gone)
	// A label that nobody has matches nothing.
	m, err = MatchLabels([]int{0, 0, 2}, []int{1, 1, 2})
	require.NoError(t, err)
	assert.Equal(t, []int{3, 0, 2}, m.To)
	assert.Equal(t, []int{0}, m.New)
	assert.Equal(t, []int{1}, m.Gone)
}

// New clusters get numbers beyond those before, and these can be worked with,
// also where they exceed the number of rows. Found by fuzzing.
func TestMatchedNumbersCanBeUsedAgain(t *testing.T) {
	t.Parallel()
	m, err := MatchLabels([]int{3, 3, 3, 3}, []int{0, 1, 2, 0})
	require.NoError(t, err)
	labels, err := m.Relabel([]int{0, 1, 2, 0})
	require.NoError(t, err)
	assert.Equal(t, []int{3, 4, 5, 3}, labels)
	ari, err := AdjustedRand([]int{0, 1, 2, 0}, labels)
	require.NoError(t, err)
	assert.Equal(t, 1.0, ari)
	p, err := Describe(line(t, 1, 2, 3, 4), labels, nil)
	require.NoError(t, err)
	assert.Equal(t, 2, p.Clusters[3].Size)
}

// Against all permutations.
func TestHungarianIsOptimal(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	for range 300 {
		n := 1 + r.IntN(6)
		cost := make([]float64, n*n)
		for i := range cost {
			cost[i] = float64(r.IntN(21) - 10)
		}
		at := func(i, j int) float64 { return cost[i*n+j] }
		match := hungarian(n, at)
		total, used := 0.0, make([]bool, n)
		for i, j := range match {
			total += at(i, j)
			require.False(t, used[j])
			used[j] = true
		}
		best := math.Inf(1)
		permute(n, func(p []int) {
			c := 0.0
			for i, j := range p {
				c += at(i, j)
			}
			best = min(best, c)
		})
		require.Equal(t, best, total)
	}
}

func permute(n int, visit func([]int)) {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	var rest func(int)
	rest = func(i int) {
		if i == n {
			visit(p)
			return
		}
		for j := i; j < n; j++ {
			p[i], p[j] = p[j], p[i]
			rest(i + 1)
			p[i], p[j] = p[j], p[i]
		}
	}
	rest(0)
}

// Two runs that number the same clusters differently agree after matching.
func TestMatchedRunsAgree(t *testing.T) {
	t.Parallel()
	x := blobs(900, 2, 4, 11)
	a, err := FitKMeans(x, 4, &KMeansOptions{Source: source(1)})
	require.NoError(t, err)
	order := []int{2, 0, 3, 1}
	var start [][]float64
	for _, c := range order {
		start = append(start, a.Centres[c])
	}
	b, err := FitKMeans(x, 4, &KMeansOptions{Start: start})
	require.NoError(t, err)
	require.NotEqual(t, a.Labels, b.Labels)
	m, err := MatchLabels(a.Labels, b.Labels)
	require.NoError(t, err)
	assert.Equal(t, order, m.To)
	again, err := m.Relabel(b.Labels)
	require.NoError(t, err)
	assert.Equal(t, a.Labels, again)
	assert.Equal(t, 1.0, m.Agreement)

	byCentres, err := MatchCentres(&a.Model, &b.Model)
	require.NoError(t, err)
	assert.Equal(t, m.To, byCentres.To)
	assert.Zero(t, byCentres.Distance)
	renumbered, err := b.Renumber(byCentres)
	require.NoError(t, err)
	assert.Equal(t, a.Centres, renumbered.Centres)
}

func TestMatchCentres(t *testing.T) {
	t.Parallel()
	a, b := newModel([]float64{0, 10, 20}, 1, nil, nil), newModel([]float64{19, 1}, 1, nil, nil)
	m, err := MatchCentres(&a, &b)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 0}, m.To)
	assert.Equal(t, []int{1}, m.Gone)
	assert.Equal(t, 2.0, m.Distance)
	m, err = MatchCentres(&b, &a)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 2, 0}, m.To)
	assert.Equal(t, []int{1}, m.New)
}

// Published: sklearn.metrics.adjusted_rand_score's documentation, and Hubert
// and Arabie's own properties.
func TestAdjustedRand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b []int
		want float64
	}{
		{[]int{0, 0, 1, 1}, []int{0, 0, 1, 1}, 1},
		{[]int{0, 0, 1, 1}, []int{1, 1, 0, 0}, 1},
		{[]int{0, 0, 1, 2}, []int{0, 0, 1, 1}, 4. / 7}, // 0.57
		{[]int{0, 0, 1, 1}, []int{0, 0, 1, 2}, 4. / 7},
		{[]int{0, 0, 0, 0}, []int{0, 1, 2, 3}, 0},
		{[]int{0, 0, 1, 1}, []int{0, 1, 0, 1}, -0.5},
		{[]int{0}, []int{0}, 1},
		{[]int{0, 0}, []int{0, 0}, 1},
		{[]int{0, 1, 2}, []int{2, 1, 0}, 1},
	} {
		got, err := AdjustedRand(c.a, c.b)
		require.NoError(t, err)
		require.InDelta(t, c.want, got, 1e-15)
	}
	// Labels drawn at random agree by 0, on average.
	r := rand.New(rand.NewPCG(1, 1))
	total := 0.0
	for range 200 {
		a, b := make([]int, 100), make([]int, 100)
		for i := range a {
			a[i], b[i] = r.IntN(4), r.IntN(3)
		}
		ari, err := AdjustedRand(a, b)
		require.NoError(t, err)
		total += ari
	}
	assert.InDelta(t, 0, total/200, 0.005)
}

func TestMatchRefuses(t *testing.T) {
	t.Parallel()
	_, err := MatchLabels(nil, nil)
	inputError(t, err, keyaccount.ErrMissing, "labels", 0)
	_, err = MatchLabels([]int{0}, []int{0, 1})
	inputError(t, err, keyaccount.ErrMismatch, "labels", 0)
	_, err = MatchLabels([]int{0, -1}, []int{0, 0})
	inputError(t, err, keyaccount.ErrOutOfRange, "labels", 2)
	_, err = AdjustedRand([]int{0, 1}, []int{0, 1 << 60})
	inputError(t, err, keyaccount.ErrOutOfRange, "labels", 2)
	many := make([]int, maxMatched+1)
	for i := range many {
		many[i] = i
	}
	_, err = MatchLabels(many, many)
	inputError(t, err, keyaccount.ErrOutOfRange, "labels", 0)
	a, b := newModel([]float64{0, 10}, 1, nil, nil), newModel([]float64{19, 1}, 2, nil, nil)
	_, err = MatchCentres(&a, &b)
	inputError(t, err, keyaccount.ErrMismatch, "Centres", 0)
	_, err = MatchCentres(&a, nil)
	inputError(t, err, keyaccount.ErrMissing, "Model", 0)
	_, err = MatchCentres(&a, new(Model))
	require.ErrorIs(t, err, keyaccount.ErrVersion)
	big := newModel(make([]float64, maxMatched+1), 1, nil, nil)
	_, err = MatchCentres(&a, &big)
	inputError(t, err, keyaccount.ErrOutOfRange, "Centres", 0)
}
