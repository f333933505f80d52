package clv

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount/internal/oracle"
)

// donations are the yearly gifts of 11,104 donors in six years (Fader, Hardie
// and Shang 2010, table 1).
func donations(t testing.TB) *DiscreteCounts {
	t.Helper()
	table := new(DiscreteCounts)
	for _, row := range oracle.CSV(t, "data/clv/donations.csv") {
		v := floats(t, row["frequency"]+" "+row["recency"]+" "+row["periods"]+" "+row["weights"])
		require.NoError(t, table.Add(DiscreteHistory{int(v[0]), int(v[1]), int(v[2])}, int64(v[3])))
	}
	return table
}

// The maximum was found by an independent Newton method on the exact
// log-likelihood; also Fader, Hardie and Shang (2010), table 4: 1.204, .750,
// .657, 2.783, LL -33225.6.
func TestFitBGBBReachesTheExactMaximum(t *testing.T) {
	fit, err := FitBGBB(donations(t), nil)
	require.NoError(t, err)
	assert.InDelta(t, -33225.581274, fit.LogLik, 1e-6)
	for i, want := range []Parameter{
		{"alpha", 1.20352235, .069391}, {"beta", .74971636, .029448}, {"gamma", .65671821, .051010}, {"delta", 2.78344223, .320819},
	} {
		assert.Equal(t, want.Name, fit.Estimates[i].Name)
		assert.InDelta(t, want.Value, fit.Estimates[i].Value, 5e-9, want.Name)
		assert.InDelta(t, want.StdErr, fit.Estimates[i].StdErr, 1e-6, want.Name)
	}
	assert.Less(t, fit.GradNorm, 1e-6)
	assert.Equal(t, Converged, fit.Status)
	assert.EqualValues(t, 11104, fit.N)
	var orders float64
	for h, n := range donations(t).All() {
		orders += float64(n) * fit.ExpectedOrders(h, 5)
	}
	assert.InDelta(t, 12884.156837, orders, 1e-5)
	for _, c := range []struct {
		h                    DiscreteHistory
		alive, orders, value float64
	}{
		{DiscreteHistory{0, 0, 6}, .108133, .0728633, .1147527},
		{DiscreteHistory{2, 4, 6}, .589657, 1.0576035, 1.6656233},
		{DiscreteHistory{6, 6, 6}, .930434, 3.7525442, 5.9098942},
	} {
		assert.InDelta(t, c.alive, fit.ProbAliveAfter(c.h, 1), 5e-7)
		assert.InDelta(t, c.orders, fit.ExpectedOrders(c.h, 5), 5e-8)
		assert.InDelta(t, c.value, fit.Discounted(c.h, Rate{Annual: .1}, 1), 5e-8)
	}
	t.Logf("%d steps, gradient %.1e", fit.Iterations, fit.GradNorm)
}

func TestBGBBDerivatives(t *testing.T) {
	var table DiscreteCounts
	for i, h := range []DiscreteHistory{{0, 0, 6}, {2, 4, 6}, {6, 6, 6}, {1, 3, 60}, {40, 70, 90}, {1, 1, 1}} {
		require.NoError(t, table.Add(h, int64(3+i)))
	}
	for _, p := range [][]float64{{1.2, .75, .66, 2.8}, {.1, 4, 1, .2}, {30, 40, 5, 90}} {
		checkDerivatives(t, bgbbChart(), bgbbTable(table.sorted()), p)
	}
}
