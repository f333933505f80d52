package clv

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"math/rand/v2"
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

// Every Gamma-Gamma row of the oracle, and values at the rounded estimates from
// BTYD 2.4.3 (R).
func TestGammaGammaMatchesFortyDigits(t *testing.T) {
	seen := 0
	for _, row := range oracle.CSV(t, "oracles/clv/oracle_mpmath.csv") {
		if row["model"] != "gg" {
			continue
		}
		p, h, want := floats(t, row["params"]), floats(t, row["args(x tx T | n)"]), floats(t, row["value"])[0]
		checkGammaGamma(t, GammaGamma{P: p[0], Q: p[1], Gamma: p[2]}, SpendHistory{Orders: int(h[0]), Mean: h[1]}, row["quantity"], want)
		seen++
	}
	assert.Equal(t, 6, seen)
}

func TestGammaGammaPublishedValues(t *testing.T) {
	m := GammaGamma{P: 6.25, Q: 3.74, Gamma: 15.44}
	checkGammaGamma(t, m, SpendHistory{Orders: 2, Mean: 22.345}, "mean", 24.659612860892388)
	checkGammaGamma(t, m, SpendHistory{Orders: 7, Mean: 73.74}, "mean", 71.46967089696709)
	checkGammaGamma(t, m, SpendHistory{Orders: 2, Mean: 22.345}, "ll", -3.5511891641399508)
	checkGammaGamma(t, m, SpendHistory{Orders: 120, Mean: 15000000.5}, "ll", -62.699777340997783)
	assert.InEpsilon(t, 35.2189781022, m.ExpectedSpend(SpendHistory{}), 1e-11)
}

func checkGammaGamma(t *testing.T, m GammaGamma, s SpendHistory, quantity string, want float64) {
	t.Helper()
	got, unit := m.ExpectedSpend(s), math.Abs(want)
	if quantity == "ll" {
		var err error
		got, err = m.LogLikelihood(spendTable(t, countedSpend{s, 1}))
		require.NoError(t, err)
		unit = max(1, unit)
	}
	assert.LessOrEqual(t, math.Abs(got-want), 1e-9*unit, "%s %+v: want %v, got %v", quantity, s, want, got)
}

// Of few accounts a fit is a maximum, marked weak where it is, or an error that
// says why; with a prior on how orders and accounts differ it is never an error.
func TestGammaGammaOfFewAccounts(t *testing.T) {
	var all []SpendHistory
	for s, n := range cdnowSpends(t).All() {
		for range n {
			all = append(all, s)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	prior := Prior{"ln(p)": {Mean: math.Log(5), SD: 1}, "ln(q-1)": {Mean: 1, SD: 1}}
	for _, n := range []int{15, 30, 60, 120, 250} {
		outcomes := map[string]int{}
		for range 50 {
			var table SpendCounts
			for range n {
				require.NoError(t, table.Add(all[r.IntN(len(all))], 1))
			}
			fit, err := FitGammaGamma(&table, nil)
			if err == nil {
				outcomes[fit.Status.String()]++
				assert.Less(t, fit.GradNorm, 1e-6)
				assert.True(t, positive(fit.ExpectedSpend(SpendHistory{})))
			} else {
				outcomes["error"]++
				assert.True(t, errors.Is(err, ErrNotIdentified) || errors.Is(err, ErrNoMean), "%v", err)
			}
			fit, err = FitGammaGamma(&table, &FitOptions{Prior: prior})
			require.NoError(t, err)
			assert.InDelta(t, 36, fit.ExpectedSpend(SpendHistory{}), 30)
		}
		t.Log(n, outcomes)
	}
}

func BenchmarkFitGammaGamma(b *testing.B) {
	fit := func(b *testing.B, table *SpendCounts) {
		b.Helper()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := FitGammaGamma(table, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("CDNOW", func(b *testing.B) { fit(b, cdnowSpends(b)) })
	b.Run("100k", func(b *testing.B) { fit(b, simulatedSpends(b)) })
	b.Run("1M_from_rows", func(b *testing.B) {
		rows := millionSpends(b)
		b.ReportAllocs()
		for b.Loop() {
			var table SpendCounts
			for _, s := range rows {
				if err := table.Add(s, 1); err != nil {
					b.Fatal(err)
				}
			}
			fit, err := FitGammaGamma(&table, nil)
			if err != nil {
				b.Fatal(err)
			}
			// The exact maximum, as for the other sets.
			assert.InDelta(b, -1683979.317601, fit.LogLik, 1e-5)
			assert.InDelta(b, 6.22411250, fit.P, 2e-8)
			assert.InDelta(b, 3.71653726, fit.Q, 2e-8)
			assert.InDelta(b, 15.50703701, fit.Gamma, 2e-8)
		}
	})
}

// millionSpends are the rows of those of a million who have any.
func millionSpends(b testing.TB) []SpendHistory {
	b.Helper()
	var rows []SpendHistory
	in := csv.NewReader(oracle.Open(b, "data/clv/sim_pnbd_1m_cbs.csv.gz"))
	in.ReuseRecord = true
	for line := 0; ; line++ {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows
		}
		require.NoError(b, err)
		if line == 0 || record[1] == "0" {
			continue
		}
		v := floats(b, record[1]+" "+record[4])
		rows = append(rows, SpendHistory{Orders: int(v[0]), Mean: v[1]})
	}
}
