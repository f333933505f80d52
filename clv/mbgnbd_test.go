package clv

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount/internal/oracle"
)

var (
	_ Fitted = (*BGNBDFit)(nil)
	_ Fitted = (*MBGNBDFit)(nil)
)

// fittedMBG are the CDNOW estimates, as lifetimes tests them
// (test_estimation.py).
var fittedMBG = MBGNBD{R: .525, Alpha: 6.183, A: .891, B: 1.614}

// Every MBG/NBD row of the oracle; lifetimes fails on 10 of the points of
// expected orders.
func TestMBGNBDMatchesFortyDigitIntegrals(t *testing.T) {
	seen := map[string]int{}
	for _, row := range oracle.CSV(t, "oracles/clv/oracle_mpmath.csv") {
		if row["model"] != "mbgnbd" {
			continue
		}
		p, h := floats(t, row["params"]), floats(t, row["args(x tx T | n)"])
		m := MBGNBD{R: p[0], Alpha: p[1], A: p[2], B: p[3]}
		history := History{Frequency: int(h[0]), Recency: h[1], Age: h[2]}
		seen[row["quantity"]]++
		checkFlow(t, m, history, row["quantity"], floats(t, row["value"])[0])
	}
	assert.Equal(t, map[string]int{"ll": 26, "palive": 30, "cet39": 31}, seen)
}

// Some of these, also where there is no oracle file: a = 1, hundreds of orders,
// a+b < 1, the last order at the end, no repeat order.
func TestMBGNBDPinnedValues(t *testing.T) {
	m := MBGNBD{R: .243, Alpha: 4.414, A: .793, B: 2.426}
	checkFlow(t, m, History{}, "palive", 2.426/(.793+2.426))
	checkFlow(t, m, History{0, 0, 38.8571428571429}, "palive", 0.63725704682210435)
	checkFlow(t, m, History{0, 0, 38.8571428571429}, "cet39", 0.1274698742857187)
	checkFlow(t, m, History{1, 39, 39}, "palive", 0.81204076795449159)
	checkFlow(t, m, History{254, 97.14286, 97.28571}, "cet39", 85.103209852022723)
	checkFlow(t, m, History{300, 150, 200}, "cet39", 5.3983828300227915e-33)
	checkFlow(t, m, History{300, 150, 200}, "ll", -113.29044766152926)
	m.A = 1
	checkFlow(t, m, History{0, 0, 1}, "cet39", 0.73156919835675718)
	checkFlow(t, m, History{2, 30.4285714285714, 38.8571428571429}, "cet39", 1.2245210823710892)
	checkFlow(t, m, History{3000, 150, 200}, "ll", 5881.7417663662706)
	m = MBGNBD{R: .11, Alpha: 2.24, A: .31, B: .5}
	checkFlow(t, m, History{0, 0, 1}, "cet39", 0.54481506987515417)
	checkFlow(t, m, History{7, 35, 77.86}, "palive", 0.094540950419464858)
}

// One-time buyers are not immortal: what lifetimes' issues 44, 165, 212 and 239
// ask of BG/NBD, this model gives.
func TestMBGNBDOneTimeBuyersMayHaveLeft(t *testing.T) {
	before := fittedMBG.ProbAlive(History{})
	assert.InDelta(t, 1.614/(.891+1.614), before, 1e-15)
	for _, age := range []float64{1, 10, 38.86, 500, 1e6} {
		p := fittedMBG.ProbAlive(History{0, 0, age})
		assert.Less(t, p, before)
		before = p
	}
}

// The maxima were found by an independent Newton method on the exact
// log-likelihood; CDNOW also in lifetimes' tests: .525, 6.183, .891, 1.614.
func TestFitMBGNBDReachesTheExactMaximum(t *testing.T) {
	for _, c := range []struct {
		name   string
		table  *Counts
		ll     float64
		model  MBGNBD
		stdErr [4]float64
	}{
		{
			"CDNOW", cdnow(t), -9582.135716,
			MBGNBD{R: .52484316, Alpha: 6.18308528, A: .89135939, B: 1.61400224},
			[4]float64{.083268, .695621, .154790, .537495},
		},
		{
			"sim_pnbd_100k", cbs(t, "data/clv/sim_pnbd_100k_cbs.csv.gz", "t_x", "T"), -418991.692243,
			MBGNBD{R: 1.16546889, Alpha: 11.24485178, A: .57278281, B: .56394815},
			[4]float64{},
		},
	} {
		fit, err := FitMBGNBD(c.table, nil)
		require.NoError(t, err, c.name)
		checkMaximum(t, c.name, fit, c.ll, values(c.model.Parameters()), c.stdErr)
	}
}

func checkMaximum(t *testing.T, name string, fit Fitted, ll float64, parameters []float64, stdErr [4]float64) {
	t.Helper()
	d := fit.Report()
	assert.InDelta(t, ll, d.LogLik, 1e-6, name)
	for i, p := range fit.Parameters() {
		assert.InDelta(t, parameters[i], p.Value, 6e-9, "%s %s", name, p.Name)
		if stdErr[i] != 0 {
			assert.InDelta(t, stdErr[i], d.StdErr(p.Name), 1e-6, "%s %s", name, p.Name)
		}
	}
	assert.Less(t, d.GradNorm, 1e-6, name)
	assert.Equal(t, Converged, d.Status, name)
	at := make([]float64, len(d.Coordinates))
	for i, c := range d.Coordinates {
		at[i] = c.Value
	}
	for i, p := range fit.at(at).Parameters() {
		assert.InEpsilon(t, parameters[i], p.Value, 1e-6, "%s at its own coordinates", name)
	}
}

// A million accounts: CLVTools ends at LL = +3.5e19 without a warning. It is
// read in seconds; the fit itself takes a fraction of one.
func TestFitsOfAMillionAccounts(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a million rows")
	}
	table := million(t)
	assert.Equal(t, 104282, table.Len())
	bg, err := FitBGNBD(table, nil)
	require.NoError(t, err)
	checkMaximum(t, "BG", bg, -4161999.379074, []float64{.24956473, 5.01002252, .73371324, 2.88076643}, [4]float64{})
	mbg, err := FitMBGNBD(table, nil)
	require.NoError(t, err)
	checkMaximum(t, "MBG", mbg, -4154273.765967, []float64{1.18708777, 11.34970597, .56949514, .54361006}, [4]float64{})
}

// Sums over all 2,357 customers at the maximum: P(alive) by the closed form in
// another language at the parameters above, orders from the same source as
// these.
func TestMBGNBDTotalsOnCDNOW(t *testing.T) {
	fit, err := FitMBGNBD(cdnow(t), nil)
	require.NoError(t, err)
	var alive, orders float64
	for h, n := range cdnow(t).All() {
		alive += float64(n) * fit.ProbAlive(h)
		orders += float64(n) * fit.ExpectedOrders(h, 52)
	}
	assert.InDelta(t, 1057.63637, alive, 5e-6)
	assert.InDelta(t, 1980.033, orders, 5e-4)
}

func TestMBGNBDDerivatives(t *testing.T) {
	table := smallTable(t)
	for _, h := range []History{{90, 40, 52}, {91, 52, 52}, {700, 51, 52}} {
		require.NoError(t, table.Add(h, 2))
	}
	for _, p := range [][]float64{values(fittedMBG.Parameters()), {1.2, 9, 1, 0.4}, {0.05, 0.3, 4, 60}} {
		checkDerivatives(t, bgnbdChart(), newMBGNBDTable(table), p)
	}
}

func TestMBGNBDJSONRoundTrip(t *testing.T) {
	fit, err := FitMBGNBD(smallTable(t), nil)
	require.NoError(t, err)
	b, err := json.Marshal(fit)
	require.NoError(t, err)
	var back MBGNBDFit
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, *fit, back)
	var model MBGNBD
	require.NoError(t, json.Unmarshal(b, &model))
	assert.Equal(t, fit.MBGNBD, model)
	assert.Error(t, json.Unmarshal(b, new(BGNBD)), "another model")
	b, err = json.Marshal(model)
	require.NoError(t, err)
	assert.Error(t, json.Unmarshal(b, &back), "a model without its fit")
}

func TestFitMBGNBDRefuses(t *testing.T) {
	_, err := FitMBGNBD(nil, nil)
	assert.ErrorIs(t, err, ErrTooFewData)
	table := NewCounts(Week)
	require.NoError(t, table.Add(History{5, 20, 30}, 1))
	_, err = FitMBGNBD(table, nil)
	assert.ErrorIs(t, err, ErrNotIdentified)
	loyal := NewCounts(Week)
	for _, row := range []CountedHistory{{History{5, 30, 30}, 40}, {History{2, 29, 30}, 80}, {History{50, 30, 30}, 60}} {
		require.NoError(t, loyal.Add(row.History, row.N))
	}
	_, err = FitMBGNBD(loyal, nil)
	assert.ErrorIs(t, err, ErrNotIdentified, "nobody leaves")
	_, err = FitNBD(loyal, nil)
	assert.NoError(t, err, "the model for them")
	for _, m := range []MBGNBD{{}, {R: math.NaN(), Alpha: 1, A: 1, B: 1}, {R: 1, Alpha: 1, A: 1, B: 1, Unit: 9}} {
		assert.Error(t, m.Validate())
		_, err = m.LogLikelihood(NewCounts(Week))
		assert.Error(t, err)
	}
}
