package cluster

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

var business = []Feature{
	{Name: "revenue", Label: keyaccount.Text{En: "revenue", Zh: "收入"}},
	{Name: "orders", Label: keyaccount.Text{En: "orders", Zh: "订单"}, High: keyaccount.Text{En: "frequent orders", Zh: "订单频繁"}, Low: keyaccount.Text{En: "rare orders", Zh: "订单少"}},
	{Name: "region"},
}

// By hand: revenue 10, 10, 0, 0 has the mean 5 and the deviation 5; orders 1,
// 3, 1, 7 the mean 3 and the deviation √6.
func TestDescribeByHand(t *testing.T) {
	t.Parallel()
	x := matrix(t, []float64{10, 1, 4}, []float64{10, 3, 4}, []float64{0, 1, 4}, []float64{0, 7, 4})
	p, err := Describe(x, []int{0, 0, 1, 1}, &DescribeOptions{Features: business, Threshold: 0.4})
	require.NoError(t, err)
	require.Equal(t, 4, p.Rows)
	first, second := p.Clusters[0], p.Clusters[1]
	assert.Equal(t, 2, first.Size)
	assert.Equal(t, 0.5, first.Share)
	assert.Equal(t, keyaccount.Text{En: "high revenue, rare orders", Zh: "高收入，订单少"}, first.Name)
	assert.Equal(t, keyaccount.Text{En: "low revenue, frequent orders", Zh: "低收入，订单频繁"}, second.Name)
	assert.Equal(t, []int{0, 1}, first.Drivers)
	revenue, orders, region := first.Features[0], first.Features[1], first.Features[2]
	assert.Equal(t, FeatureProfile{Feature: "revenue", Mean: 10, Overall: 5, Difference: 1, Contribution: 1}, revenue)
	assert.InDelta(t, -0.408248290463863, orders.Difference, 1e-15) // -1/√6
	assert.InDelta(t, 1./6, orders.Contribution, 1e-15)
	assert.Equal(t, FeatureProfile{Feature: "region", Mean: 4, Overall: 4}, region)
	assert.InDelta(t, 7./6, first.Distinctness, 1e-15)
	assert.Equal(t, []keyaccount.Text{first.Name, second.Name}, p.Names())

	p, err = Describe(x, []int{0, 0, 1, 1}, nil)
	require.NoError(t, err)
	assert.Equal(t, keyaccount.Text{En: "high column 1", Zh: "高第1列"}, p.Clusters[0].Name)
	p, err = Describe(x, []int{0, 0, 0, 0}, nil)
	require.NoError(t, err)
	assert.Equal(t, keyaccount.Text{En: "average", Zh: "中等"}, p.Clusters[0].Name)
}

// Differences are measured where the clusters were found: one giant makes the
// deviation of raw revenue so large that nobody differs.
func TestDescribeAfterTransform(t *testing.T) {
	t.Parallel()
	x := line(t, 1, 1, 2, 2, 100, 120, 90, 1e9)
	labels := []int{0, 0, 0, 0, 1, 1, 1, 1}
	tr, err := FitTransform(x, Step{Kind: Log1p}, Step{Kind: Winsorise, High: 0.85})
	require.NoError(t, err)
	raw, err := Describe(x, labels, &DescribeOptions{Features: business[:1]})
	require.NoError(t, err)
	logs, err := Describe(x, labels, &DescribeOptions{Features: business[:1], Transform: tr})
	require.NoError(t, err)
	assert.Less(t, raw.Clusters[1].Distinctness, 0.2)
	assert.Greater(t, logs.Clusters[1].Distinctness, 0.9)
	assert.Equal(t, raw.Clusters[1].Features[0].Mean, logs.Clusters[1].Features[0].Mean, "means stay in money")
	assert.Equal(t, "high revenue", logs.Clusters[1].Name.En)
}

// Contributions add up, sizes and weighted means too, and no two names are
// the same.
func TestDescribeAddsUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	for range 200 {
		x := randomMatrix(r, 2+r.IntN(60), 1+r.IntN(5))
		labels := make([]int, x.Rows)
		for i := range labels {
			labels[i] = r.IntN(min(7, x.Rows))
		}
		p, err := Describe(x, labels, &DescribeOptions{Drivers: 1 + r.IntN(3)})
		require.NoError(t, err)
		size, share, en, zh := 0, 0.0, map[string]bool{}, map[string]bool{}
		means := make([]float64, x.Cols)
		for a, c := range p.Clusters {
			require.Equal(t, a, c.Cluster)
			size += c.Size
			share += c.Share
			require.False(t, c.Size > 0 && (en[c.Name.En] || zh[c.Name.Zh]), c.Name)
			en[c.Name.En], zh[c.Name.Zh] = true, true
			total := 0.0
			for j, f := range c.Features {
				total += f.Contribution
				means[j] += f.Mean * c.Share
				require.Equal(t, f.Difference*f.Difference, f.Contribution)
			}
			require.Equal(t, total, c.Distinctness)
			require.True(t, slices.IsSortedFunc(c.Drivers, func(a, b int) int {
				return cmp.Compare(c.Features[b].Contribution, c.Features[a].Contribution)
			}))
		}
		require.Equal(t, x.Rows, size)
		require.InDelta(t, 1, share, 1e-12)
		for j, m := range means {
			require.InDelta(t, p.Clusters[0].Features[j].Overall, m, 1e-9*(1+m*m))
		}
	}
}

// Two clusters that differ from the rest in the same way are told apart by
// their next feature, and at last by a number.
func TestNamesAreDistinct(t *testing.T) {
	t.Parallel()
	x := matrix(t, []float64{0, 0}, []float64{0, 0.1}, []float64{10, 0}, []float64{10, 0.3})
	p, err := Describe(x, []int{0, 1, 2, 2}, &DescribeOptions{Features: Features("a", "b"), Drivers: 1})
	require.NoError(t, err)
	assert.Equal(t, "low a, low b", p.Clusters[0].Name.En)
	assert.Equal(t, "low a", p.Clusters[1].Name.En, "0.1 is the mean: there is nothing to add")
	p, err = Describe(line(t, 1, 1, 1), []int{0, 1, 2}, nil)
	require.NoError(t, err)
	assert.Equal(t, []keyaccount.Text{{En: "average", Zh: "中等"}, {En: "average (2)", Zh: "中等（2）"}, {En: "average (3)", Zh: "中等（3）"}}, p.Names())
	p, err = Describe(line(t, 1, 2, 3), []int{0, 2, 2}, nil)
	require.NoError(t, err)
	assert.Equal(t, keyaccount.Text{En: "empty", Zh: "空"}, p.Clusters[1].Name)
}

// As many clusters as rows, all alike: names take no longer than the rows.
func TestManyEqualNames(t *testing.T) {
	t.Parallel()
	const n = 20_000
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i
	}
	p, err := Describe(Matrix{Rows: n, Cols: 1, Data: make([]float64, n)}, labels, nil)
	require.NoError(t, err)
	assert.Equal(t, "average (20000)", p.Clusters[n-1].Name.En)
}

func TestDescribeRefuses(t *testing.T) {
	t.Parallel()
	x := line(t, 1, 2)
	for _, c := range []struct {
		x      Matrix
		labels []int
		o      *DescribeOptions
		kind   error
		field  string
	}{
		{Matrix{}, nil, nil, keyaccount.ErrMissing, "Rows"},
		{x, []int{0}, nil, keyaccount.ErrMismatch, "labels"},
		{x, []int{0, 1}, &DescribeOptions{Drivers: -1}, keyaccount.ErrOutOfRange, "Drivers"},
		{x, []int{0, 1}, &DescribeOptions{Threshold: -1}, keyaccount.ErrOutOfRange, "Threshold"},
		{x, []int{0, 1}, &DescribeOptions{Features: business}, keyaccount.ErrMismatch, "Features"},
		{x, []int{0, 1}, &DescribeOptions{Transform: new(Transform)}, keyaccount.ErrVersion, "Schema"},
	} {
		_, err := Describe(c.x, c.labels, c.o)
		inputError(t, err, c.kind, c.field, 0)
	}
	tr, err := FitTransform(x, Step{Kind: Log1p})
	require.NoError(t, err)
	_, err = Describe(line(t, 1, -2), []int{0, 1}, &DescribeOptions{Transform: tr})
	inputError(t, err, keyaccount.ErrOutOfRange, "Data", 2)
}
