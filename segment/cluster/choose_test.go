package cluster

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// Four groups far apart: every rule finds them, and the table has the figures
// that the functions give.
func TestChooseFindsFour(t *testing.T) {
	t.Parallel()
	noise := blobs(240, 2, 1, 5)
	x := Matrix{Rows: 240, Cols: 2, Data: noise.Data}
	for i := range 240 {
		x.Data[2*i] += float64(i%2) * 15
		x.Data[2*i+1] += float64(i/2%2) * 15
	}
	for _, rule := range []Rule{ByGap, BySilhouette, ByCalinskiHarabasz, ByDaviesBouldin} {
		c, err := ChooseKMeans(x, &ChooseOptions{
			KMeans: KMeansOptions{Source: source(1)}, KMax: 7, Rule: rule, References: 20,
		})
		require.NoError(t, err)
		require.Equal(t, 4, c.K, rule)
		require.Equal(t, rule, c.Rule)
		require.False(t, c.AtLimit)
		require.True(t, c.Agreed)
		require.NotContains(t, c.Reason.In("en"), "favour")
		require.NotEmpty(t, c.Reason.In("en"))
		require.NotEqual(t, c.Reason.In("en"), c.Reason.In("zh"))
		require.Equal(t, []Vote{{BySilhouette, 4}, {ByCalinskiHarabasz, 4}, {ByDaviesBouldin, 4}, {ByGap, 4}}, c.Votes)
		require.Len(t, c.KMeans.Centres, 4)
		four := c.Table[3]
		require.Equal(t, 4, four.K)
		require.Equal(t, c.KMeans.Inertia, *four.Inertia)
		s, err := Silhouette(x, c.KMeans.Labels, 1)
		require.NoError(t, err)
		require.Equal(t, s.Mean, *four.Silhouette)
		s, err = SimplifiedSilhouette(x, c.KMeans.Labels, 1)
		require.NoError(t, err)
		require.Equal(t, s.Mean, *four.SimplifiedSilhouette)
		ch, err := CalinskiHarabasz(x, c.KMeans.Labels)
		require.NoError(t, err)
		require.InEpsilon(t, ch, *four.CalinskiHarabasz, 1e-13)
		db, err := DaviesBouldin(x, c.KMeans.Labels)
		require.NoError(t, err)
		require.InEpsilon(t, db, *four.DaviesBouldin, 1e-13)
		require.Nil(t, c.Table[0].Silhouette, "one cluster has no silhouette")
		require.Positive(t, *four.GapSE)
	}
	c, err := ChooseKMeans(x, &ChooseOptions{KMeans: KMeansOptions{Source: source(1)}, KMax: 7, Rule: BySilhouette, ExactRows: 100})
	require.NoError(t, err)
	assert.Equal(t, 4, c.K)
	assert.Nil(t, c.Table[3].Silhouette, "too many rows for the exact one")
	assert.Nil(t, c.Table[3].Gap, "not asked for")
	c, err = ChooseKMeans(x, &ChooseOptions{KMeans: KMeansOptions{Source: source(1)}, KMax: 3, References: 10})
	require.NoError(t, err)
	assert.Equal(t, 3, c.K)
	assert.True(t, c.AtLimit)
}

// The gap of one cluster over a unit square has a known expectation: the mean
// squared distance to the middle is 1/6, so that log W of n uniform rows is
// about log(n/6), and the gap of rows of inertia W about log(n/6) - log W.
func TestGapOfOneCluster(t *testing.T) {
	t.Parallel()
	x := Matrix{Rows: 2000, Cols: 2, Data: make([]float64, 4000)}
	for i := range 2000 {
		// All in the corners (0,0) and (1,1), but for the box.
		x.Data[2*i], x.Data[2*i+1] = float64(i%2), float64(i%2)
	}
	c, err := ChooseKMeans(x, &ChooseOptions{KMeans: KMeansOptions{Source: source(1), Restarts: 1}, KMax: 2, References: 30})
	require.NoError(t, err)
	w := 2000 * 0.5
	require.InDelta(t, w, *c.Table[0].Inertia, 1e-9)
	assert.InDelta(t, math.Log(2000./6)-math.Log(w), *c.Table[0].Gap, 0.01)
	// With two clusters no spread is left: an infinite gap, which is taken.
	assert.Nil(t, c.Table[1].Gap)
	assert.Equal(t, 2, c.K)
	assert.Contains(t, c.Reason.En, "no spread")
	assert.Zero(t, *c.Table[1].Inertia)
}

// The figures of k = 1, drawn again: gap = mean log W* - log W, and its error
// sd √(1 + 1/B) with the divisor B (Tibshirani, Walther and Hastie, section 4).
func TestGapByHand(t *testing.T) {
	t.Parallel()
	x := matrix(t, []float64{0, 5}, []float64{1, 7}, []float64{4, 5}, []float64{2, 9})
	const b = 3
	c, err := ChooseKMeans(x, &ChooseOptions{KMeans: KMeansOptions{Source: source(8), Restarts: 1}, KMax: 1, References: b})
	require.NoError(t, err)

	seeds := source(8)
	seeds.Uint64() // the seed of the one fit of the rows
	var logs []float64
	for range b {
		r := rand.NewPCG(seeds.Uint64(), seeds.Uint64())
		var rows [4][2]float64
		var mean [2]float64
		for i := range rows {
			rows[i] = [2]float64{4 * uniform(r), 5 + 4*uniform(r)}
			mean[0] += rows[i][0] / 4
			mean[1] += rows[i][1] / 4
		}
		w := 0.0
		for _, row := range rows {
			w += (row[0]-mean[0])*(row[0]-mean[0]) + (row[1]-mean[1])*(row[1]-mean[1])
		}
		logs = append(logs, math.Log(w))
	}
	mean := (logs[0] + logs[1] + logs[2]) / b
	variance := 0.0
	for _, v := range logs {
		variance += (v - mean) * (v - mean) / b
	}
	w := 8.75 + 11.0 // about the means 1.75 and 6.5
	assert.InDelta(t, w, *c.Table[0].Inertia, 1e-12)
	assert.InDelta(t, mean-math.Log(w), *c.Table[0].Gap, 1e-12)
	assert.InDelta(t, math.Sqrt(variance*(1+1./b)), *c.Table[0].GapSE, 1e-12)
}

func TestOneStandardErrorRule(t *testing.T) {
	t.Parallel()
	g := func(gap, se float64) gapStatistic { return gapStatistic{ok: true, gap: gap, se: se} }
	for _, c := range []struct {
		gaps []gapStatistic
		want int
	}{
		{[]gapStatistic{g(1, 0.1), g(0.9, 0.1), g(3, 0.1)}, 1},
		{[]gapStatistic{g(1, 0.1), g(1.05, 0.1), g(3, 0.1)}, 1}, // within a standard error
		{[]gapStatistic{g(1, 0.1), g(1.2, 0.1), g(1.1, 0.1)}, 2},
		{[]gapStatistic{g(1, 0.1), g(1.2, 0.2), g(1.1, 0.1)}, 1}, // the error of k + 1 counts
		{[]gapStatistic{g(1, 0.3), g(1.2, 0.1), g(1.1, 0.1)}, 2}, // not that of k
		{[]gapStatistic{g(1, 0.1), g(2, 0.1), g(3, 0.1)}, 3},
		{[]gapStatistic{g(1, 0.1), g(2, 0.1), {}}, 2},
		{[]gapStatistic{{}, g(2, 0.1), g(1, 0.1)}, 2},
	} {
		ch := &chooser{Choice: Choice{Rule: ByGap, Table: []Candidate{{K: 1}, {K: 2}, {K: 3}}}}
		ch.gap(c.gaps, []float64{3, 2, 1})
		ch.pick()
		require.Equal(t, c.want, ch.K, c.gaps)
	}
}

// Three clusters in a row at even distances: the gap sees one where the others
// see three, and the choice says so, whichever rule picks.
func TestChooseSaysThatTheRulesDisagree(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	x := Matrix{Rows: 60, Cols: 2}
	for i := range x.Rows {
		x.Data = append(x.Data, 10*float64(i%3)+r.NormFloat64(), r.NormFloat64())
	}
	votes := []Vote{{BySilhouette, 3}, {ByCalinskiHarabasz, 3}, {ByDaviesBouldin, 3}, {ByGap, 1}}
	choose := func(rule Rule) *Choice {
		c, err := ChooseKMeans(x, &ChooseOptions{KMeans: KMeansOptions{Source: source(1)}, KMax: 6, Rule: rule, References: 50})
		require.NoError(t, err)
		require.Equal(t, votes, c.Votes, rule)
		require.False(t, c.Agreed, rule)
		return c
	}
	gap := choose(ByGap)
	assert.Equal(t, 1, gap.K)
	assert.Greater(t, *gap.Table[2].Gap, *gap.Table[0].Gap+5**gap.Table[2].GapSE, "the rule stops before it sees this")
	assert.Regexp(t, `^the gap .*; other rules, which cannot name 1, favour k = 3 \(silhouette, Calinski-Harabasz, Davies-Bouldin\)$`, gap.Reason.En)
	assert.Regexp(t, `^k = 1 .*；其他规则无法给出 1，倾向于 k = 3（轮廓系数、CH 指数、DB 指数）$`, gap.Reason.Zh)
	for _, rule := range []Rule{BySilhouette, ByCalinskiHarabasz, ByDaviesBouldin} {
		c := choose(rule)
		assert.Equal(t, 3, c.K)
		assert.Regexp(t, `figure, .*; other rules favour k = 1 \(gap\)$`, c.Reason.En)
		assert.Regexp(t, `指标.*；其他规则倾向于 k = 1（间隙统计量）$`, c.Reason.Zh)
	}
	// The gap not asked for, the rest agree.
	c, err := ChooseKMeans(x, &ChooseOptions{KMeans: KMeansOptions{Source: source(1)}, KMax: 6, Rule: BySilhouette})
	require.NoError(t, err)
	assert.True(t, c.Agreed)
}

func TestAgreed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		votes []Vote
		k     int
		want  bool
		tail  string
	}{
		{nil, 1, false, "no k has a figure"},
		{[]Vote{{ByBIC, 2}}, 1, false, "no k has a figure; other rules, which cannot name 1, favour k = 2 (bic)"},
		{[]Vote{{ByGap, 2}}, 2, true, "why"},
		{[]Vote{{BySilhouette, 3}, {ByGap, 3}}, 3, true, "why"},
		{
			[]Vote{{BySilhouette, 4}, {ByCalinskiHarabasz, 2}, {ByDaviesBouldin, 4}, {ByGap, 3}},
			3, false,
			"why; other rules favour k = 2 (Calinski-Harabasz) and k = 4 (silhouette, Davies-Bouldin)",
		},
	} {
		ch := &chooser{Choice: Choice{Rule: ByGap, Table: []Candidate{{K: 1}, {K: 2}, {K: 3}, {K: 4}}}}
		for _, v := range c.votes {
			ch.vote(v.Rule, v.K, keyaccount.Text{En: "why", Zh: "因为"})
		}
		ch.pick()
		require.Equal(t, c.k, ch.K)
		require.Equal(t, c.want, ch.Agreed)
		require.Equal(t, c.tail, ch.Reason.En)
	}
}

// All of the degenerate tables have an answer.
func TestChooseDegenerate(t *testing.T) {
	t.Parallel()
	o := func(rule Rule) *ChooseOptions {
		return &ChooseOptions{KMeans: KMeansOptions{Source: source(1)}, Rule: rule, References: 5}
	}
	rules := []Rule{ByGap, BySilhouette, ByCalinskiHarabasz, ByDaviesBouldin}
	for _, rule := range rules {
		equal, err := ChooseKMeans(line(t, 7, 7, 7), o(rule))
		require.NoError(t, err)
		assert.Equal(t, 1, equal.K)
		assert.Len(t, equal.Table, 1, "there is one distinct row")
		assert.False(t, equal.AtLimit, "there is nothing beyond")
		three, err := ChooseKMeans(line(t, 7, 7, 8, 8, 8, 100, 100), o(rule))
		require.NoError(t, err)
		assert.Equal(t, 3, three.K, rule)
		assert.Len(t, three.Table, 3)
		_, err = ChooseKMeans(line(t, 1, 2), o(rule))
		require.NoError(t, err, "as many clusters as rows at most")
	}
}

func TestChooseRefuses(t *testing.T) {
	t.Parallel()
	x := line(t, 1, 2, 3, 4)
	src := KMeansOptions{Source: source(1)}
	for _, c := range []struct {
		o     *ChooseOptions
		kind  error
		field string
	}{
		{nil, keyaccount.ErrMissing, "Source"},
		{&ChooseOptions{KMeans: KMeansOptions{Start: [][]float64{{1}}}}, keyaccount.ErrOutOfRange, "Start"},
		{&ChooseOptions{KMeans: src, Rule: ByBIC}, keyaccount.ErrOutOfRange, "Rule"},
		{&ChooseOptions{KMeans: src, KMin: -1}, keyaccount.ErrOutOfRange, "KMin"},
		{&ChooseOptions{KMeans: src, KMin: 4, KMax: 3}, keyaccount.ErrOutOfRange, "KMin"},
		{&ChooseOptions{KMeans: src, KMin: 5}, keyaccount.ErrOutOfRange, "KMin"},
		{&ChooseOptions{KMeans: src, KMax: 5}, keyaccount.ErrOutOfRange, "k"},
		{&ChooseOptions{KMeans: src, References: -1}, keyaccount.ErrOutOfRange, "References"},
		{&ChooseOptions{KMeans: src, ExactRows: -1}, keyaccount.ErrOutOfRange, "ExactRows"},
	} {
		_, err := ChooseKMeans(x, c.o)
		inputError(t, err, c.kind, c.field, 0)
	}
	_, err := ChooseKMeans(Matrix{}, &ChooseOptions{KMeans: src})
	inputError(t, err, keyaccount.ErrMissing, "Rows", 0)
	mo := MixtureOptions{Source: source(1)}
	for _, c := range []struct {
		x     Matrix
		o     *ChooseMixtureOptions
		kind  error
		field string
	}{
		{x, nil, keyaccount.ErrMissing, "Source"},
		{x, &ChooseMixtureOptions{Mixture: MixtureOptions{Start: [][]float64{{1}}}}, keyaccount.ErrOutOfRange, "Start"},
		{x, &ChooseMixtureOptions{Mixture: mo, KMax: 9}, keyaccount.ErrOutOfRange, "k"},
		{Matrix{}, &ChooseMixtureOptions{Mixture: mo}, keyaccount.ErrMissing, "Rows"},
		{line(t, 2, 2), &ChooseMixtureOptions{Mixture: mo}, keyaccount.ErrOutOfRange, "Data"},
	} {
		_, err := ChooseMixture(c.x, c.o)
		inputError(t, err, c.kind, c.field, 0)
	}
}
