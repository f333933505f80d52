package clv

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestParetoNBDDerivatives(t *testing.T) {
	table := smallTable(t)
	for _, h := range []History{{90, 40, 52}, {91, 52, 52}, {700, 51, 52}} {
		require.NoError(t, table.Add(h, 2))
	}
	for _, p := range [][]float64{{.55, 10.6, .6, 11.7}, {1.2, 9, 1, 9}, {.05, .3, 4, 60}, {1.2, .008, 1.3, 5}, {5, 80, 64, 7721}, {.7, 5, 2, .01}} {
		checkDerivatives(t, paretoNBDChart(), newParetoNBDTable(table), p)
	}
}

// The maxima were found by an independent Newton method on the exact
// log-likelihood; for CDNOW also Fader, Hardie and Lee (2005): .553, 10.578,
// .606, 11.669, LL -9595.0.
func TestFitParetoNBDReachesTheExactMaximum(t *testing.T) {
	for _, c := range []struct {
		name   string
		table  *Counts
		ll     float64
		model  ParetoNBD
		stdErr [4]float64
	}{
		{
			"CDNOW", cdnow(t), -9594.976179,
			ParetoNBD{R: .55327705, Alpha: 10.57768346, S: .60623999, Beta: 11.66873529},
			[4]float64{.047628, .842723, .187281, 6.211114},
		},
		{
			"sim_pnbd_100k", cbs(t, "data/clv/sim_pnbd_100k_cbs.csv.gz", "t_x", "T"), -418990.893926,
			ParetoNBD{R: .56316928, Alpha: 11.01111126, S: .62091971, Beta: 12.75862109},
			[4]float64{},
		},
	} {
		fit, err := FitParetoNBD(c.table, nil)
		require.NoError(t, err, c.name)
		assert.InDelta(t, c.ll, fit.LogLik, 1e-6, c.name)
		for i, p := range fit.Estimates {
			assert.InDelta(t, c.model.Parameters()[i].Value, p.Value, 5e-9, "%s %s", c.name, p.Name)
			if c.stdErr[i] != 0 {
				assert.InDelta(t, c.stdErr[i], p.StdErr, 1e-6, "%s %s", c.name, p.Name)
			}
		}
		assert.Less(t, fit.GradNorm, 1e-6, c.name)
		assert.Equal(t, Converged, fit.Status, c.name)
		t.Logf("%s: %d histories, %d steps, gradient %.1e", c.name, c.table.Len(), fit.Iterations, fit.GradNorm)
	}
}

// A million accounts, on which CLVTools runs away with BG/NBD and reports
// success, and takes 16 s for this model.
func TestFitParetoNBDOnAMillionAccounts(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a million rows")
	}
	fit, err := FitParetoNBD(count(t, millionHistories(t)), nil)
	require.NoError(t, err)
	assert.InDelta(t, -4154284.568298, fit.LogLik, 1e-5)
	for i, want := range []Parameter{{"r", .55709586, .0026}, {"alpha", 10.92573284, .0439}, {"s", .59989755, .0103}, {"beta", 11.8542581, .360}} {
		assert.InDelta(t, want.Value, fit.Estimates[i].Value, 2e-8, want.Name)
		assert.InEpsilon(t, want.StdErr, fit.Estimates[i].StdErr, .02, want.Name)
	}
	assert.Less(t, fit.GradNorm, 1e-6)
}

// drawPareto draws accounts from the model: what they order after the first.
func drawPareto(t testing.TB, m ParetoNBD, n int, r *rand.Rand) *Counts {
	t.Helper()
	table := NewCounts(m.Unit)
	for range n {
		h := History{Age: 26 + 26*r.Float64()}
		if times := timesOf(m, History{}, h.Age, r); len(times) > 0 {
			h.Frequency, h.Recency = len(times), times[len(times)-1]
		}
		require.NoError(t, table.Add(h, 1))
	}
	return table
}

func TestFitParetoNBDRecoversItsParameters(t *testing.T) {
	for i, truth := range []ParetoNBD{{R: .6, Alpha: 5, S: .8, Beta: 15}, {R: 2, Alpha: 20, S: 1.5, Beta: 40}} {
		fit, err := FitParetoNBD(drawPareto(t, truth, 12000, rand.New(rand.NewPCG(11, uint64(i)))), nil)
		require.NoError(t, err)
		for k, p := range fit.Estimates {
			assert.InDelta(t, truth.Parameters()[k].Value, p.Value, 3*p.StdErr, "%s of %+v", p.Name, truth)
		}
		assert.Less(t, fit.GradNorm, 1e-6)
	}
}

// An optimum that runs away is an error with a reason, and one buyer is too few.
func TestFitParetoNBDRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		rows []CountedHistory
		want error
	}{
		{"empty", nil, ErrTooFewData},
		{"nobody came back", []CountedHistory{{History{0, 0, 30}, 900}}, ErrTooFewData},
		{"one account", []CountedHistory{{History{5, 20, 30}, 1}}, ErrNotIdentified},
		{"all alike", []CountedHistory{{History{5, 30, 30}, 400}}, ErrNotIdentified},
		{"a loyal base: nobody leaves", []CountedHistory{
			{History{5, 30, 30}, 40}, {History{2, 29, 30}, 80}, {History{12, 30, 30}, 30}, {History{50, 30, 30}, 30},
		}, ErrNotIdentified},
	} {
		fit, err := FitParetoNBD(tableOf(t, c.rows), nil)
		assert.Nil(t, fit, c.name)
		assert.ErrorIs(t, err, c.want, c.name)
	}
	_, err := FitParetoNBD(nil, nil)
	assert.ErrorIs(t, err, ErrTooFewData)
	_, err = FitParetoNBD(smallTable(t), &FitOptions{MaxIterations: 1})
	assert.ErrorIs(t, err, ErrNotConverged)
}

// A prior on the lifetime makes an answer of a base that says nothing of it.
func TestFitParetoNBDWithAPrior(t *testing.T) {
	table := tableOf(t, []CountedHistory{{History{5, 30, 30}, 4}, {History{2, 29, 30}, 8}, {History{12, 30, 30}, 3}})
	fit, err := FitParetoNBD(table, &FitOptions{Prior: Prior{
		"ln(r)": {Mean: 0, SD: 1}, "ln(r/alpha)": {Mean: -2, SD: 2}, "ln(s)": {Mean: 0, SD: 1}, "ln(s/beta)": {Mean: -5, SD: 1},
	}})
	require.NoError(t, err)
	assert.Less(t, fit.GradNorm, 1e-6)
	assert.Greater(t, fit.ProbAlive(History{5, 30, 30}), .99)
}

// Weeks or days: the log-likelihood is in the caller's unit, never a mean, and
// shifts by -ln 7 for each repeat order.
func TestParetoNBDLogLikelihoodIsInTheCallersUnit(t *testing.T) {
	weeks := smallTable(t)
	days, x := inDays(t, weeks)
	w, err := FitParetoNBD(weeks, nil)
	require.NoError(t, err)
	d, err := FitParetoNBD(days, nil)
	require.NoError(t, err)
	assert.InDelta(t, w.LogLik-x*math.Log(7), d.LogLik, 1e-9)
	assert.InEpsilon(t, w.R, d.R, 1e-9)
	assert.InEpsilon(t, 7*w.Alpha, d.Alpha, 1e-9)
	assert.InEpsilon(t, w.S, d.S, 1e-9)
	assert.InEpsilon(t, 7*w.Beta, d.Beta, 1e-9)
	assert.Equal(t, Day, d.Unit)
	_, err = w.LogLikelihood(days)
	assert.ErrorIs(t, err, keyaccount.ErrMismatch)

	again, err := FitParetoNBD(smallTable(t), nil)
	require.NoError(t, err)
	assert.Equal(t, w, again, "the same bits")
	ll, err := w.LogLikelihood(weeks)
	require.NoError(t, err)
	assert.Equal(t, w.LogLik, ll)
	at := make([]float64, 0, 4)
	for _, c := range d.Coordinates {
		at = append(at, c.Value)
	}
	assert.Equal(t, OrderFlow(d.ParetoNBD), d.at(at), "with its unit")
}

func FuzzFitParetoNBD(f *testing.F) {
	f.Add(2, 3.0, 9.0, int64(4), 0, 0.0, 5.0, int64(9), 7, 8.0, 8.0, int64(1))
	f.Add(1, 5e-324, 5e-324, int64(1), 1<<30, 1e300, math.MaxFloat64, int64(1)<<60, 0, 0.0, 1e-300, int64(1))
	f.Fuzz(func(t *testing.T, x1 int, r1, a1 float64, n1 int64, x2 int, r2, a2 float64, n2 int64, x3 int, r3, a3 float64, n3 int64) {
		table := smallTable(t)
		_ = table.Add(History{x1, r1, a1}, n1)
		_ = table.Add(History{x2, r2, a2}, n2)
		_ = table.Add(History{x3, r3, a3}, n3)
		fit, err := FitParetoNBD(table, nil)
		if err != nil {
			return
		}
		for _, p := range fit.Estimates {
			if !positive(p.Value) || !positive(p.StdErr) {
				t.Fatalf("%+v", fit)
			}
		}
		if math.IsNaN(fit.LogLik) || math.IsInf(fit.LogLik, 0) || math.IsNaN(fit.GradNorm) {
			t.Fatalf("%+v", fit)
		}
	})
}
