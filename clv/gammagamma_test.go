package clv

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount/internal/oracle"
)

// simulatedSpends are the mean spends of those of 100,000 who have any.
func simulatedSpends(t testing.TB) *SpendCounts {
	t.Helper()
	var table SpendCounts
	for _, row := range oracle.CSV(t, "data/clv/sim_pnbd_100k_cbs.csv.gz") {
		v := floats(t, row["x"]+" "+row["zbar"])
		if v[0] > 0 {
			require.NoError(t, table.Add(SpendHistory{Orders: int(v[0]), Mean: v[1]}, 1))
		}
	}
	return &table
}

// cdnowSpends are the mean repeat spends of the 946 CDNOW customers that have
// any, with the digits of the log rather than the two of the published table.
func cdnowSpends(t testing.TB) *SpendCounts {
	t.Helper()
	means := oracle.CSV(t, "data/clv/cdnow_mean_spend_exact.csv")
	var table SpendCounts
	for i, row := range oracle.CSV(t, "data/clv/cdnow_cbs_exact.csv") {
		if x := floats(t, row["x"])[0]; x > 0 {
			require.NoError(t, table.Add(SpendHistory{Orders: int(x), Mean: floats(t, means[i]["v"])[0]}, 1))
		}
	}
	return &table
}

// The maxima were found by an independent Newton method on the exact
// log-likelihood, with standard errors from the observed information; for
// CDNOW also Fader and Hardie (2013): 6.25, 3.74, 15.44, and CLVTools: LL
// -4055.9177.
func TestFitGammaGammaReachesTheExactMaximum(t *testing.T) {
	for _, c := range []struct {
		name   string
		table  *SpendCounts
		ll     float64
		model  GammaGamma
		stdErr [3]float64
		n      int64
	}{
		{
			"CDNOW", cdnowSpends(t), -4055.917695,
			GammaGamma{P: 6.24957227, Q: 3.74422467, Gamma: 15.44352096},
			[3]float64{1.190055, .290133, 4.159423},
			946,
		},
		{
			"sim_pnbd_100k", simulatedSpends(t), -169841.538499,
			GammaGamma{P: 6.27800490, Q: 3.75565411, Gamma: 15.51571428},
			[3]float64{},
			0,
		},
	} {
		fit, err := FitGammaGamma(c.table, nil)
		require.NoError(t, err, c.name)
		assert.InDelta(t, c.ll, fit.LogLik, 1e-6, c.name)
		assert.InDelta(t, c.model.P, fit.P, 2e-8, c.name)
		assert.InDelta(t, c.model.Q, fit.Q, 2e-8, c.name)
		assert.InDelta(t, c.model.Gamma, fit.Gamma, 2e-8, c.name)
		assert.Less(t, fit.GradNorm, 1e-6, c.name)
		assert.Equal(t, Converged, fit.Status, c.name)
		if c.n > 0 {
			assert.InDelta(t, c.stdErr[0], fit.StdErr("p"), 1e-6)
			assert.InDelta(t, c.stdErr[1], fit.StdErr("q"), 1e-6)
			assert.InDelta(t, c.stdErr[2], fit.StdErr("gamma"), 1e-6)
			assert.Equal(t, c.n, fit.N)
		}
		t.Logf("%s: %d histories, %d steps, gradient %.1e, condition %.0f", c.name, c.table.Len(), fit.Iterations, fit.GradNorm, fit.Condition)
	}
}
