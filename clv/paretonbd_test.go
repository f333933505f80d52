package clv

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount/internal/oracle"
)

var _ Fitted = (*ParetoNBDFit)(nil)

// continuously is the annual rate with a force of interest of delta per week.
func continuously(delta float64) Rate {
	return Rate{Annual: math.Expm1(delta * Year.Days() / Week.Days())}
}

// checkParetoNBD compares at a relative 1e-9, of max(1, |LL|) for a
// log-likelihood. What is below the smallest float64 must be 0.
func checkParetoNBD(t *testing.T, m ParetoNBD, h History, quantity string, want float64) {
	t.Helper()
	var got float64
	unit := math.Abs(want)
	switch quantity {
	case "ll":
		var table Counts
		require.NoError(t, table.Add(h, 1))
		var err error
		got, err = m.LogLikelihood(&table)
		require.NoError(t, err)
		unit = max(1, unit)
	case "palive":
		got = m.ProbAlive(h)
	case "cet39":
		got = m.ExpectedOrders(h, 39)
	case "dert.0027":
		got = m.Discounted(h, continuously(.0027))
	case "dect52_.0027":
		got = m.DiscountedUntil(h, 52, continuously(.0027))
	default:
		t.Fatalf("unknown quantity %q", quantity)
	}
	assert.LessOrEqual(t, math.Abs(got-want), 1e-9*unit, "%s %+v %+v: want %v, got %v", quantity, m, h, want, got)
}

// Every Pareto/NBD row of the oracle: first-principle integrals with 40 digits,
// at normal and hostile points (x to 3000, alpha = beta, s = 1, t_x = T, s = 64
// with beta = 7721, alpha = .008). BTYD fails on 21 to 26 of 45 points,
// lifetimes and CLVTools on 4 to 14.
func TestParetoNBDMatchesFortyDigitIntegrals(t *testing.T) {
	seen := map[string]int{}
	for _, row := range oracle.CSV(t, "oracles/clv/oracle_mpmath.csv") {
		if row["model"] != "pnbd" {
			continue
		}
		p, a := floats(t, row["params"]), floats(t, row["args(x tx T | n)"])
		want := floats(t, row["value"])[0]
		m := ParetoNBD{R: p[0], Alpha: p[1], S: p[2], Beta: p[3]}
		quantity, _, _ := strings.Cut(row["quantity"], "|")
		seen[quantity]++
		var h History
		span := 30.0
		switch quantity {
		case "cpmf52":
			h, span = History{2, 30.43, 38.86}, 52
			fallthrough
		case "pmf30":
			n := int(a[0])
			got := m.OrderDistribution(h, span, n)[n]
			assert.LessOrEqual(t, math.Abs(got-want), 1e-9*want, "%v: got %v", row, got)
		default:
			checkParetoNBD(t, m, History{Frequency: int(a[0]), Recency: a[1], Age: a[2]}, quantity, want)
		}
	}
	assert.Equal(t, map[string]int{
		"ll": 32, "palive": 32, "cet39": 35, "dert.0027": 35, "dect52_.0027": 28, "pmf30": 17, "cpmf52": 11,
	}, seen)
}

func TestParetoNBDDerivatives(t *testing.T) {
	table := smallTable(t)
	for _, h := range []History{{90, 40, 52}, {91, 52, 52}, {700, 51, 52}} {
		require.NoError(t, table.Add(h, 2))
	}
	for _, p := range [][]float64{{.55, 10.6, .6, 11.7}, {1.2, 9, 1, 9}, {.05, .3, 4, 60}, {1.2, .008, 1.3, 5}, {5, 80, 64, 7721}, {.7, 5, 2, .01}} {
		checkDerivatives(t, paretoNBDChart(), newParetoNBDTable(table), p)
	}
}

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
		t.Logf("%s: %d histories, %d steps, gradient %.1e", c.name, c.table.Len(), fit.Iterations, fit.GradNorm)
	}
}
