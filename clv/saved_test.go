package clv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// Each part of the saved fit is well formed; together they cannot be of one.
func TestSavedFitsContradictingThemselvesAreRefused(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	spends := NewSpendCounts("EUR")
	for range 300 {
		require.NoError(t, spends.Add(spendOf(t, cdnowSpend.DrawAmounts(SpendHistory{}, 1+r.IntN(4), r)...), 1))
	}
	table, contracts := smallTable(t), survivors(t, highEnd)
	groups, names := highEndAndRegular(t), []string{"high_end"}
	check := func(fit any, err error) func(back any) {
		require.NoError(t, err)
		return func(back any) { checkContradictions(t, fit, back) }
	}
	check(FitBGNBD(table, nil))(new(BGNBDFit))
	check(FitMBGNBD(table, nil))(new(MBGNBDFit))
	check(FitParetoNBD(table, nil))(new(ParetoNBDFit))
	check(FitNBD(table, nil))(new(NBDFit))
	check(FitBGCNBD(table, 2, nil))(new(BGCNBDFit))
	check(FitMBGCNBD(table, 2, nil))(new(MBGCNBDFit))
	check(FitBGBB(smallDonations(t), nil))(new(BGBBFit))
	check(FitGammaGamma(spends, nil))(new(GammaGammaFit))
	check(FitLogNormal(spends, nil))(new(LogNormalFit))
	check(FitNormalSpend(spends, nil))(new(NormalSpendFit))
	check(FitSBG(contracts, nil))(new(SBGFit))
	check(FitBdW(contracts, nil))(new(BdWFit))
	check(FitSBGCovariates(names, groups, nil))(new(SBGCovariatesFit))
	check(FitBdWCovariates(names, groups, nil))(new(BdWCovariatesFit))
	check(FitCovariates[BGNBD](branches(t, branched, 100, 2), nil))(new(CovariateFit[BGNBD]))
}

func smallDonations(t *testing.T) *DiscreteCounts {
	var table DiscreteCounts
	r := rand.New(rand.NewPCG(4, 4))
	for range 1000 {
		h := DiscreteHistory{Opportunities: 6}
		if at := donors.Future(DiscreteHistory{}, 6, r); len(at) > 0 {
			h.Frequency, h.Recency = len(at), at[len(at)-1]
		}
		require.NoError(t, table.Add(h, 1))
	}
	return &table
}

func checkContradictions(t *testing.T, fit, back any) {
	t.Helper()
	good := []byte(textOf(t, fit))
	require.NoError(t, json.Unmarshal(good, back))
	assert.Equal(t, fit, back)
	for name, c := range map[string]struct {
		spoil func(parameters, coordinates []Parameter, covariance [][]float64)
		kind  error
	}{
		"another place":            {func(_, at []Parameter, _ [][]float64) { at[0].Value += 1e-3 }, keyaccount.ErrMalformed},
		"another model":            {func(p, _ []Parameter, _ [][]float64) { p[len(p)-1].Value *= 1.001 }, keyaccount.ErrMalformed},
		"another name":             {func(_, at []Parameter, _ [][]float64) { at[1].Name = "zz" }, keyaccount.ErrMismatch},
		"an error of a coordinate": {func(_, at []Parameter, _ [][]float64) { at[1].StdErr = -1 }, keyaccount.ErrMalformed},
		"an error of a parameter":  {func(p, _ []Parameter, _ [][]float64) { p[1].StdErr = -1 }, keyaccount.ErrMalformed},
		"correlations": {func(_, _ []Parameter, v [][]float64) { // each possible, all at once not
			of := -.9
			if len(v) == 2 {
				of = -1.01
			}
			for i := range v {
				for j := range i {
					v[i][j] = of * math.Sqrt(v[i][i]*v[j][j])
					v[j][i] = v[i][j]
				}
			}
		}, keyaccount.ErrMalformed},
	} {
		var file, diagnostics map[string]json.RawMessage
		var parameters, coordinates []Parameter
		var covariance [][]float64
		require.NoError(t, json.Unmarshal(good, &file))
		require.NoError(t, json.Unmarshal(file["fit"], &diagnostics))
		require.NoError(t, json.Unmarshal(file["parameters"], &parameters))
		require.NoError(t, json.Unmarshal(diagnostics["coordinates"], &coordinates))
		require.NoError(t, json.Unmarshal(diagnostics["covariance"], &covariance))
		c.spoil(parameters, coordinates, covariance)
		diagnostics["coordinates"] = []byte(textOf(t, coordinates))
		diagnostics["covariance"] = []byte(textOf(t, covariance))
		file["parameters"], file["fit"] = []byte(textOf(t, parameters)), []byte(textOf(t, diagnostics))
		assert.ErrorIs(t, json.Unmarshal([]byte(textOf(t, file)), back), c.kind, "%T: %s", fit, name)
		assert.Equal(t, fit, back, "unchanged after an error")
	}
}
