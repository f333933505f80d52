package cluster

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// groups draws rows around centres that lie far apart, with their labels.
func groups(n, d, k int, seed uint64) (x Matrix, labels []int) {
	r := rand.New(rand.NewPCG(seed, 2))
	x = Matrix{Rows: n, Cols: d}
	for i := range n {
		c := i % k
		labels = append(labels, c)
		for j := range d {
			centre := 0.0
			if j == c%d {
				centre = 40 * float64(1+c/d)
			}
			x.Data = append(x.Data, centre+r.NormFloat64())
		}
	}
	return x, labels
}

// moved returns a*x + b with the rows in another order.
func moved(x Matrix, a, b float64, order []int) Matrix {
	y := Matrix{Rows: x.Rows, Cols: x.Cols}
	for _, i := range order {
		for _, v := range x.Row(i) {
			y.Data = append(y.Data, a*v+b)
		}
	}
	return y
}

// Every method finds groups that are there.
func TestAllMethodsRecoverGroups(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		k := 2 + int(seed)
		x, truth := groups(60*k, 3, k, seed)
		agree := func(labels []int) {
			t.Helper()
			ari, err := AdjustedRand(truth, labels)
			require.NoError(t, err)
			require.Equal(t, 1.0, ari)
		}
		km, err := FitKMeans(x, k, &KMeansOptions{Source: source(seed)})
		require.NoError(t, err)
		agree(km.Labels)
		for covariance := range Covariance(3) {
			gm, err := FitMixture(x, k, &MixtureOptions{Source: source(seed), Covariance: covariance})
			require.NoError(t, err)
			agree(gm.Labels)
		}
		for _, metric := range []Metric{Euclidean, Manhattan} {
			d, err := Distances(x, metric)
			require.NoError(t, err)
			pam, err := FitPAM(d, k, nil)
			require.NoError(t, err)
			agree(pam.Labels)
		}
		for _, rule := range []Rule{ByGap, BySilhouette, ByCalinskiHarabasz, ByDaviesBouldin} {
			c, err := ChooseKMeans(x, &ChooseOptions{
				KMeans: KMeansOptions{Source: source(seed), Restarts: 3}, KMax: 8, Rule: rule, References: 10,
			})
			require.NoError(t, err)
			require.Equal(t, k, c.K, rule)
			agree(c.KMeans.Labels)
		}
	}
}

// BIC prefers the simplest shape that the rows have.
func TestBICPrefersTheTrueShape(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	for covariance := range Covariance(3) {
		x := Matrix{Rows: 900, Cols: 2}
		for i := range x.Rows {
			a, b := r.NormFloat64(), r.NormFloat64()
			switch covariance {
			case Full:
				b = 0.9*a + 0.44*b
			case Diagonal:
				b *= 4
			}
			x.Data = append(x.Data, a+30*float64(i%2), b+30*float64(i%2))
		}
		bic := make([]float64, 3)
		for c := range Covariance(3) {
			f, err := FitMixture(x, 2, &MixtureOptions{Source: source(1), Restarts: 1, Covariance: c})
			require.NoError(t, err)
			bic[c] = f.BIC
		}
		require.Equal(t, slices.Min(bic), bic[covariance], "%s %v", covariance, bic)
	}
}

// Far from zero, where squares lose all their digits, nothing is lost.
func TestLargeOffset(t *testing.T) {
	t.Parallel()
	x, _ := groups(300, 2, 3, 1)
	all := make([]int, x.Rows)
	for i := range all {
		all[i] = i
	}
	far := moved(x, 1, 1<<30, all)
	a, err := FitKMeans(x, 3, &KMeansOptions{Source: source(1)})
	require.NoError(t, err)
	b, err := FitKMeans(far, 3, &KMeansOptions{Source: source(1)})
	require.NoError(t, err)
	assert.Equal(t, a.Labels, b.Labels)
	assert.InEpsilon(t, a.Inertia, b.Inertia, 1e-6)
	ma, err := FitMixture(x, 3, &MixtureOptions{Source: source(1), Restarts: 1})
	require.NoError(t, err)
	mb, err := FitMixture(far, 3, &MixtureOptions{Source: source(1), Restarts: 1})
	require.NoError(t, err)
	assert.Equal(t, ma.Labels, mb.Labels)
	assert.InDelta(t, ma.LogLikelihood, mb.LogLikelihood, 1e-3)
}

// The bits themselves: a later version that draws, sums or iterates in another
// way must say so. From this package; the centres were also checked to be the
// means of their rows in TestConvergedIsAFixedPoint.
func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	src := source(42)
	x := Matrix{Rows: 500, Cols: 2}
	for range 1000 {
		x.Data = append(x.Data, uniform(src))
	}
	f, err := FitKMeans(x, 3, &KMeansOptions{Source: src, Restarts: 1})
	require.NoError(t, err)
	assert.Equal(t, pinnedCentres, asJSON(t, f.Centres))
	assert.Equal(t, pinnedInertia, f.Inertia)
}

const (
	pinnedCentres = `[[0.18849793200192727,0.4789064806137826],[0.6818433121709163,0.7552659416395585],[0.6765180572855817,0.21500918023647436]]`
	pinnedInertia = 32.419890240460475
)

// Restarts only help, and each draws on from where the one before stopped.
func TestRestarts(t *testing.T) {
	t.Parallel()
	x := blobs(600, 2, 12, 21)
	best := math.Inf(1)
	src := source(5)
	for range 6 {
		one, err := FitKMeans(x, 9, &KMeansOptions{Source: src, Restarts: 1})
		require.NoError(t, err)
		best = min(best, one.Inertia)
	}
	six, err := FitKMeans(x, 9, &KMeansOptions{Source: source(5), Restarts: 6})
	require.NoError(t, err)
	assert.Equal(t, best, six.Inertia)
	last := math.Inf(1)
	for restarts := 1; restarts <= 12; restarts++ {
		f, err := FitKMeans(x, 9, &KMeansOptions{Source: source(6), Restarts: restarts})
		require.NoError(t, err)
		require.LessOrEqual(t, f.Inertia, last)
		last = f.Inertia
	}
	likelihood := math.Inf(-1)
	for restarts := 1; restarts <= 6; restarts++ {
		f, err := FitMixture(x, 3, &MixtureOptions{Source: source(6), Restarts: restarts, MaxIterations: 25})
		require.NoError(t, err)
		require.GreaterOrEqual(t, f.LogLikelihood, likelihood-1e-9*math.Abs(f.LogLikelihood))
		likelihood = f.LogLikelihood
	}
}

// With more clusters the best inertia falls; k-means++ alone comes close.
func TestMoreClustersLessInertia(t *testing.T) {
	t.Parallel()
	x := blobs(300, 2, 5, 8)
	c, err := ChooseKMeans(x, &ChooseOptions{KMeans: KMeansOptions{Source: source(1), Restarts: 20}, KMax: 12, Rule: BySilhouette})
	require.NoError(t, err)
	for i := 1; i < len(c.Table); i++ {
		require.Less(t, *c.Table[i].Inertia, *c.Table[i-1].Inertia)
		require.Equal(t, i+1, c.Table[i].K)
		require.Len(t, c.Table[i].Sizes, i+1)
	}
	// At k = 1 it is the spread of all rows.
	total := 0.0
	for j := range 2 {
		column := make([]float64, x.Rows)
		for i := range column {
			column[i] = x.Row(i)[j]
		}
		_, sd := meanAndSD(column)
		total += sd * sd * float64(x.Rows)
	}
	assert.InEpsilon(t, total, *c.Table[0].Inertia, 1e-12)
}

// A choice with all its parts survives JSON.
func TestChoiceJSON(t *testing.T) {
	t.Parallel()
	x, _ := groups(90, 2, 3, 4)
	tr, err := FitTransform(x, Step{Kind: Standardise})
	require.NoError(t, err)
	km, err := ChooseKMeans(x, &ChooseOptions{
		KMeans: KMeansOptions{Source: source(1), Transform: tr, Features: Features("a", "b")}, KMax: 4, References: 5,
	})
	require.NoError(t, err)
	var back Choice
	require.NoError(t, json.Unmarshal([]byte(asJSON(t, km)), &back))
	assert.Equal(t, km, &back)
	assert.Equal(t, tr, back.KMeans.Transform)
	gm, err := ChooseMixture(x, &ChooseMixtureOptions{Mixture: MixtureOptions{Source: source(1), Transform: tr}, KMin: 2, KMax: 3})
	require.NoError(t, err)
	var mixed Choice
	require.NoError(t, json.Unmarshal([]byte(asJSON(t, gm)), &mixed))
	assert.Equal(t, gm, &mixed)
	assert.Equal(t, 2, gm.Table[0].K)
}

// A model with a transform assigns original rows; the same rows, transformed
// before, fit the same clusters without one.
func TestTransformInsideIsTransformBefore(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	x := Matrix{Rows: 400, Cols: 3}
	for range 400 {
		x.Data = append(x.Data, math.Exp(2*r.NormFloat64()), float64(r.IntN(40)), -math.Exp(r.NormFloat64()))
	}
	tr, err := FitTransform(x, Step{Kind: SignedLog}, Step{Kind: Winsorise, Low: 0.02, High: 0.98}, Step{Kind: Standardise})
	require.NoError(t, err)
	z, err := tr.Apply(x)
	require.NoError(t, err)
	inside, err := FitKMeans(x, 4, &KMeansOptions{Source: source(3), Transform: tr})
	require.NoError(t, err)
	before, err := FitKMeans(z, 4, &KMeansOptions{Source: source(3)})
	require.NoError(t, err)
	assert.Equal(t, before.Labels, inside.Labels)
	assert.Equal(t, before.Centres, inside.Centres)
	for i := range x.Rows {
		a, err := inside.Assign(x.Row(i))
		require.NoError(t, err)
		b, err := before.Assign(z.Row(i))
		require.NoError(t, err)
		require.Equal(t, a, b)
	}
	mInside, err := FitMixture(x, 2, &MixtureOptions{Source: source(3), Transform: tr, Restarts: 1})
	require.NoError(t, err)
	mBefore, err := FitMixture(z, 2, &MixtureOptions{Source: source(3), Restarts: 1})
	require.NoError(t, err)
	assert.Equal(t, mBefore.Components, mInside.Components)
	all, err := mInside.AssignAll(x, 0)
	require.NoError(t, err)
	assert.Equal(t, mBefore.Labels, all)
}

// An iteration allocates the two closures that it hands to its workers, and
// nothing by row, chunk or cluster.
func TestIterationsDoNotAllocateByRow(t *testing.T) {
	small, large := blobs(1<<12, 3, 8, 7), blobs(1<<14, 3, 8, 7)
	allocs := func(x Matrix, limit int) float64 {
		o := &KMeansOptions{Start: firstRows(x, 8), MaxIterations: limit, Workers: 1}
		return testing.AllocsPerRun(3, func() {
			if _, err := FitKMeans(x, 8, o); err != nil {
				t.Error(err)
			}
		})
	}
	assert.LessOrEqual(t, allocs(small, 12)-allocs(small, 2), 20.)
	assert.LessOrEqual(t, allocs(large, 12)-allocs(large, 2), 20.)
}

// What is computed row by row, too, is the same for any number of workers.
func TestWorkersOfTheRest(t *testing.T) {
	t.Parallel()
	x := blobs(5000, 3, 4, 13)
	km, err := FitKMeans(x, 4, &KMeansOptions{Source: source(1), Restarts: 1})
	require.NoError(t, err)
	all := func(workers int) string {
		labels, err := km.AssignAll(x, workers)
		require.NoError(t, err)
		simple, err := SimplifiedSilhouette(x, labels, workers)
		require.NoError(t, err)
		mixtures, err := ChooseMixture(x, &ChooseMixtureOptions{
			Mixture: MixtureOptions{Source: source(1), Restarts: 1, MaxIterations: 5, Covariance: Diagonal, Workers: workers}, KMax: 3,
		})
		require.NoError(t, err)
		members, err := mixtures.Mixture.AssignAll(x, workers)
		require.NoError(t, err)
		return asJSON(t, []any{labels, simple, mixtures, members})
	}
	one := all(1)
	for _, workers := range []int{0, 2, 5, 33} {
		require.Equal(t, one, all(workers), workers)
	}
}

// A row more that equals its centre changes no centre, and the inertia by
// nothing.
func TestARowAtTheCentreChangesNothing(t *testing.T) {
	t.Parallel()
	x, _ := groups(120, 2, 3, 17)
	f, err := FitKMeans(x, 3, &KMeansOptions{Source: source(1)})
	require.NoError(t, err)
	y := Matrix{Rows: x.Rows + 3, Cols: 2, Data: slices.Clone(x.Data)}
	for _, c := range f.Centres {
		y.Data = append(y.Data, c...)
	}
	g, err := FitKMeans(y, 3, &KMeansOptions{Start: f.Centres})
	require.NoError(t, err)
	for c := range f.Centres {
		assert.InDeltaSlice(t, f.Centres[c], g.Centres[c], 1e-12)
		assert.Equal(t, f.Sizes[c]+1, g.Sizes[c])
		assert.Equal(t, c, g.Labels[x.Rows+c])
	}
	assert.InEpsilon(t, f.Inertia, g.Inertia, 1e-12)
	assert.Equal(t, f.Labels, g.Labels[:x.Rows])
}

// Matching the centres of a model with a shuffled copy of itself finds the
// shuffle, whatever the features' scale.
func TestMatchCentresUndoesAnyShuffle(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(12, 12))
	for range 50 {
		k, d := 1+r.IntN(30), 1+r.IntN(4)
		flat := make([]float64, k*d)
		for i := range flat {
			flat[i] = r.NormFloat64() * math.Pow(10, float64(r.IntN(9)-4))
		}
		a := newModel(flat, d, nil, nil)
		order, b := r.Perm(k), a
		b.Centres = make([][]float64, k)
		for to, from := range order {
			b.Centres[to] = a.Centres[from]
		}
		m, err := MatchCentres(&a, &b)
		require.NoError(t, err)
		require.Equal(t, order, m.To)
		require.Zero(t, m.Distance)
		back, err := b.Renumber(m)
		require.NoError(t, err)
		require.Equal(t, a.Centres, back.Centres)
	}
}
