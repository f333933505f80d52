package clv

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// Draws have the mean and the variance that are claimed, and amounts those of
// the account's own distribution around its drawn mean.
func TestSpendDraws(t *testing.T) {
	for _, c := range []struct {
		m SpendModel
		s SpendHistory
		// E[Var(z | mean spend)]
		inside func(mean, v float64) float64
	}{
		{GammaGamma{P: 3, Q: 6, Gamma: 50}, SpendHistory{Orders: 2, Mean: 31}, func(mean, v float64) float64 { return (mean*mean + v) / 3 }},
		{GammaGamma{P: 3, Q: 9, Gamma: 50}, SpendHistory{}, func(mean, v float64) float64 { return (mean*mean + v) / 3 }},
		{LogNormal{Median: 40, Tau: .5, Sigma: .4}, spendOf(t, 20, 70), func(mean, v float64) float64 { return (mean*mean + v) * math.Expm1(.16) }},
		{LogNormal{Median: 40, Tau: .5, Sigma: .4}, SpendHistory{}, func(mean, v float64) float64 { return (mean*mean + v) * math.Expm1(.16) }},
		{NormalSpend{Mean: -5, Tau: 9, Sigma: 12}, SpendHistory{Orders: 4, Mean: -20}, func(_, _ float64) float64 { return 144 }},
		{NormalSpend{Mean: -5, Tau: 9, Sigma: 12}, SpendHistory{}, func(_, _ float64) float64 { return 144 }},
	} {
		r := rand.New(rand.NewPCG(6, 28))
		const n = 60000
		var means, firsts, products []float64
		for range n {
			means = append(means, c.m.DrawSpend(c.s, r))
			z := c.m.DrawAmounts(c.s, 2, r)
			firsts = append(firsts, z[0])
			products = append(products, (z[0]-c.m.ExpectedSpend(c.s))*(z[1]-c.m.ExpectedSpend(c.s)))
		}
		mean := c.m.ExpectedSpend(c.s)
		v, err := c.m.SpendVariance(c.s)
		require.NoError(t, err)
		got, spread := spendMoments(means)
		assert.InDelta(t, mean, got, 5*math.Sqrt(v/n), c.m.Name())
		assert.InEpsilon(t, v, spread/n, .06, c.m.Name())
		total := v + c.inside(mean, v)
		got, spread = spendMoments(firsts)
		assert.InDelta(t, mean, got, 5*math.Sqrt(total/n), c.m.Name())
		assert.InEpsilon(t, total, spread/n, .06, c.m.Name())
		got, spread = spendMoments(products)
		assert.InDelta(t, v, got, 5*math.Sqrt(spread/n/n), "%s: two amounts share the account's mean", c.m.Name())

		assert.Empty(t, c.m.DrawAmounts(c.s, -3, r))
		assert.Len(t, c.m.DrawAmounts(c.s, MaxOrders+5, r), MaxOrders)
		assert.Zero(t, c.m.ExpectedSpend(SpendHistory{Orders: -1}))
		assert.Equal(t, []float64{0, 0}, c.m.DrawAmounts(SpendHistory{Orders: -1}, 2, r))
		_, err = c.m.SpendVariance(SpendHistory{Orders: -1})
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
	r := rand.New(rand.NewPCG(1, 1))
	assert.Zero(t, LogNormal{40, 1, 1}.ExpectedSpend(SpendHistory{Orders: 2, Mean: 9}), "the logarithms are not known")
	_, err := LogNormal{40, 1, 1}.SpendVariance(SpendHistory{Orders: 2, Mean: 9})
	assert.ErrorIs(t, err, keyaccount.ErrMissing)
	assert.Zero(t, GammaGamma{6, 4, 15}.DrawSpend(SpendHistory{Orders: 2, Mean: -9}, r))
}

func TestFitSpendRecoversItsParameters(t *testing.T) {
	draw := func(m SpendModel, seed uint64) *SpendCounts {
		r := rand.New(rand.NewPCG(17, seed))
		var table SpendCounts
		for range 6000 {
			s := spendOf(t, m.DrawAmounts(SpendHistory{}, 1+r.IntN(6), r)...)
			require.NoError(t, table.Add(s, 1))
		}
		return &table
	}
	near := func(truth SpendModel, fit FittedSpend, err error) {
		t.Helper()
		require.NoError(t, err)
		for i, p := range truth.Parameters() {
			d := fit.Report()
			assert.InDelta(t, p.Value, fit.Parameters()[i].Value, 3*d.StdErr(p.Name), "%s %s", fit.Name(), p.Name)
			assert.Less(t, d.StdErr(p.Name), .3*math.Abs(p.Value), "%s %s", fit.Name(), p.Name)
		}
	}
	for i, truth := range []GammaGamma{{6.25, 3.74, 15.44}, {1.2, 1.6, 4}, {30, 12, 900}} {
		fit, err := FitGammaGamma(draw(truth, uint64(i)), nil)
		near(truth, fit, err)
	}
	for i, truth := range []LogNormal{{30, .8, .4}, {2e6, 2.5, 1.2}, {.01, .2, .3}} {
		fit, err := FitLogNormal(draw(truth, uint64(i)), nil)
		near(truth, fit, err)
	}
	for i, truth := range []NormalSpend{{-30, 80, 40}, {2e6, 3e5, 9e5}, {.05, .2, .3}} {
		fit, err := FitNormalSpend(draw(truth, uint64(i)), nil)
		near(truth, fit, err)
	}
}

func FuzzSpendModels(f *testing.F) {
	f.Add(6.25, 3.74, 15.44, 2, 22.345, 3.0, 11.0)
	f.Add(1e-300, 1.0000001, 1e300, 1<<31-1, math.MaxFloat64, 1e-300, 5e-324)
	f.Add(math.MaxFloat64, math.MaxFloat64, math.MaxFloat64, 1, 5e-324, math.MaxFloat64, -math.MaxFloat64)
	f.Fuzz(func(t *testing.T, a, b, c float64, x int, z, z2, z3 float64) {
		full, err := SpendOf(z, z2, z3)
		if err != nil {
			full = SpendHistory{}
		}
		for _, m := range []SpendModel{GammaGamma{a, b, c}, LogNormal{a, b, c}, NormalSpend{a, b, c}} {
			for _, s := range []SpendHistory{{}, {Orders: x, Mean: z}, full} {
				r := rand.New(rand.NewPCG(1, 2))
				mean := m.ExpectedSpend(s)
				v, err := m.SpendVariance(s)
				answers := append(m.DrawAmounts(s, 3, r), mean, m.DrawSpend(s, r), v)
				for i, y := range answers {
					if !isFinite(y) {
						t.Fatalf("%+v %+v: %d is %v", m, s, i, y)
					}
				}
				if v < 0 || (m.Validate() != nil || s.Validate() != nil) && (mean != 0 || err == nil) {
					t.Fatalf("%+v %+v: mean %v, variance %v, %v", m, s, mean, v, err)
				}
				if g, ok := m.(GammaGamma); ok && mean != 0 {
					// Between the account's own mean and that of all.
					all := g.ExpectedSpend(SpendHistory{})
					low, high := all, all
					if s.Orders > 0 {
						low, high = min(all, s.Mean), max(all, s.Mean)
					}
					if mean < low*(1-1e-12) || mean > high*(1+1e-12) {
						t.Fatalf("%+v %+v: %v outside %v..%v", m, s, mean, low, high)
					}
				}
				table := new(SpendCounts)
				if table.Add(s, 1) != nil {
					continue
				}
				if ll, err := m.LogLikelihood(table); err == nil && !isFinite(ll) {
					t.Fatalf("%+v %+v: log-likelihood %v", m, s, ll)
				}
			}
		}
	})
}

func FuzzFitSpend(f *testing.F) {
	f.Add(22.345, 3.0, 11.0, 2.0, int64(3))
	f.Add(1e300, 1e-300, 5e-324, -1e300, int64(1)<<60)
	f.Fuzz(func(t *testing.T, a, b, c, d float64, n int64) {
		table := meanSpends(t)
		full := margins(t)
		positive := orderValues(t)
		for _, amounts := range [][]float64{{a, b}, {c}, {d, a, c}} {
			s, err := SpendOf(amounts...)
			if err == nil {
				_ = table.Add(s, n)
				_ = full.Add(s, n)
				_ = positive.Add(s, n)
			}
		}
		check := func(fit FittedSpend, err error) {
			if err != nil {
				return
			}
			d := fit.Report()
			for _, p := range d.Estimates {
				if !isFinite(p.Value) || !(p.StdErr > 0) || !isFinite(p.StdErr) {
					t.Fatalf("%+v", fit)
				}
			}
			if fit.Validate() != nil || !isFinite(d.LogLik) || math.IsNaN(d.GradNorm) {
				t.Fatalf("%+v", fit)
			}
		}
		gg, err := FitGammaGamma(table, nil)
		check(gg, err)
		log, err := FitLogNormal(positive, nil)
		check(log, err)
		normal, err := FitNormalSpend(full, nil)
		check(normal, err)
	})
}
