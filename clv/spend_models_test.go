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

var (
	_ FittedSpend = (*GammaGammaFit)(nil)
	_ FittedSpend = (*LogNormalFit)(nil)
	_ FittedSpend = (*NormalSpendFit)(nil)
)

// orderValues is made up: seven accounts that spend.
func orderValues(t testing.TB) *SpendCounts {
	t.Helper()
	return spendTable(
		t,
		countedSpend{spendOf(t, 120, 95, 140, 88), 1}, countedSpend{spendOf(t, 30, 42), 1},
		countedSpend{spendOf(t, 510, 480, 620), 1}, countedSpend{spendOf(t, 75), 2},
		countedSpend{spendOf(t, 210, 260, 150, 333, 198), 1}, countedSpend{spendOf(t, 18, 25, 21), 1},
	)
}

// margins is made up: seven accounts, some of whose months lose money.
func margins(t testing.TB) *SpendCounts {
	t.Helper()
	return spendTable(
		t,
		countedSpend{spendOf(t, 40, -15, 22, 31), 1}, countedSpend{spendOf(t, -20, -35), 1},
		countedSpend{spendOf(t, 110, 95, 130), 1}, countedSpend{spendOf(t, 5), 2},
		countedSpend{spendOf(t, 60, 71, -4, 33, 58), 1}, countedSpend{spendOf(t, -8, 12, 3), 1},
	)
}

// meanSpends is made up: number and mean only.
func meanSpends(t testing.TB) *SpendCounts {
	t.Helper()
	var table SpendCounts
	for _, row := range []struct {
		x int
		z float64
		n int64
	}{
		{1, 30, 4},
		{2, 22.5, 3},
		{3, 60, 2},
		{5, 41, 1},
		{2, 14, 3},
		{7, 33, 1},
		{1, 11, 5},
		{4, 85, 2},
		{1, 64, 2},
		{1, 8, 3},
		{1, 110, 2},
		{8, 18, 2},
		{9, 58, 3},
		{12, 31, 2},
	} {
		require.NoError(t, table.Add(SpendHistory{Orders: row.x, Mean: row.z}, row.n))
	}
	return &table
}

// The maxima and the observed information by mpmath 1.3.0 with 40 digits: for
// Gamma-Gamma from the formula as Fader and Hardie (2013) print it, for the
// other two from the multivariate normal density of the amounts of each
// account, with determinant and inverse of their covariance.
func TestFitSpendAgainstFortyDigits(t *testing.T) {
	gg, err := FitGammaGamma(meanSpends(t), nil)
	require.NoError(t, err)
	log, err := FitLogNormal(orderValues(t), nil)
	require.NoError(t, err)
	normal, err := FitNormalSpend(margins(t), nil)
	require.NoError(t, err)
	for _, c := range []struct {
		fit    FittedSpend
		table  *SpendCounts
		ll     float64
		value  [3]float64
		stdErr [3]float64
	}{
		{
			gg, meanSpends(t), -155.196644987737639,
			[3]float64{1.68254708142253317, 5.79563664414899334, 112.562401232820402},
			[3]float64{0.885510010189, 4.56406540951, 156.071808887},
		},
		{
			log, orderValues(t), -101.931252667188955,
			[3]float64{92.0600768287845179, 0.998434841781370387, 0.23076630002716417},
			[3]float64{35.2133202273, 0.271834905213, 0.0468763919694},
		},
		{
			normal, margins(t), -93.6197370934677349,
			[3]float64{24.1613647975343607, 39.3409357807288246, 22.7013811746562797},
			[3]float64{16.0584980398, 11.9558862516, 4.56922788255},
		},
	} {
		d := c.fit.Report()
		assert.InEpsilon(t, c.ll, d.LogLik, 1e-14, c.fit.Name())
		for i, p := range c.fit.Parameters() {
			assert.InEpsilon(t, c.value[i], p.Value, 1e-10, c.fit.Name(), p.Name)
			assert.InEpsilon(t, c.value[i], d.Estimates[i].Value, 1e-10, c.fit.Name(), p.Name)
			assert.InEpsilon(t, c.stdErr[i], d.StdErr(p.Name), 1e-9, c.fit.Name(), p.Name)
		}
		assert.Less(t, d.GradNorm, 1e-6, c.fit.Name())
		ll, err := c.fit.LogLikelihood(c.table)
		require.NoError(t, err)
		assert.InEpsilon(t, d.LogLik, ll, 1e-14)
		assert.Equal(t, c.table.N(), d.N)

		again := c.fit.at(values(d.Coordinates))
		for i, p := range again.Parameters() {
			assert.InEpsilon(t, c.fit.Parameters()[i].Value, p.Value, 1e-12, "the coordinates are those of the parameters")
		}
		for i, row := range d.Covariance {
			assert.InEpsilon(t, d.Coordinates[i].StdErr, math.Sqrt(row[i]), 1e-14)
		}
	}
}

func TestSpendDerivatives(t *testing.T) {
	gg, err := newGammaGammaTable(meanSpends(t).sorted())
	require.NoError(t, err)
	log, err := newLogNormalTable(orderValues(t).sorted())
	require.NoError(t, err)
	for _, p := range [][]float64{{6.2, 3.7, 15.4}, {0.3, 1.2, 200}, {40, 9, 3}} {
		checkDerivatives(t, gammaGammaChart(), gg, p)
	}
	for _, p := range [][]float64{{90, 1, .25}, {20, .1, 2}, {500, 3, .05}} {
		checkDerivatives(t, levelsChart(logBlock("median")), log, p)
	}
}

// Money in cents: everything that is money is a hundred times as large, and the
// log-likelihood shifts by the change of measure.
func TestFitSpendIsScaleEquivariant(t *testing.T) {
	scaled := func(table *SpendCounts, by float64) (*SpendCounts, float64) {
		var out SpendCounts
		var amounts float64
		for s, n := range table.All() {
			s.Mean, s.Spread = s.Mean*by, s.Spread*by*by
			if s.Detail == WithLogs {
				s.LogMean += math.Log(by)
			}
			require.NoError(t, out.Add(s, n))
			amounts += float64(s.Orders) * float64(n)
		}
		return &out, amounts
	}
	for _, by := range []float64{100, 1e-9, 1e12} {
		gg, err := FitGammaGamma(meanSpends(t), nil)
		require.NoError(t, err)
		table, _ := scaled(meanSpends(t), by)
		gg2, err := FitGammaGamma(table, nil)
		require.NoError(t, err)
		assert.InEpsilon(t, gg.P, gg2.P, 1e-9)
		assert.InEpsilon(t, gg.Q, gg2.Q, 1e-9)
		assert.InEpsilon(t, by*gg.Gamma, gg2.Gamma, 1e-9)
		assert.InDelta(t, gg.LogLik-float64(gg.N)*math.Log(by), gg2.LogLik, 1e-9)

		log, err := FitLogNormal(orderValues(t), nil)
		require.NoError(t, err)
		table, amounts := scaled(orderValues(t), by)
		log2, err := FitLogNormal(table, nil)
		require.NoError(t, err)
		assert.InEpsilon(t, by*log.Median, log2.Median, 1e-9)
		assert.InEpsilon(t, log.Sigma, log2.Sigma, 1e-9)
		assert.InDelta(t, log.LogLik-amounts*math.Log(by), log2.LogLik, 1e-9)

		normal, err := FitNormalSpend(margins(t), nil)
		require.NoError(t, err)
		table, amounts = scaled(margins(t), by)
		normal2, err := FitNormalSpend(table, nil)
		require.NoError(t, err)
		assert.InEpsilon(t, by*normal.Mean, normal2.Mean, 1e-9)
		assert.InEpsilon(t, by*normal.Tau, normal2.Tau, 1e-9)
		assert.InEpsilon(t, by*normal.StdErr("mean"), normal2.StdErr("mean"), 1e-9)
		assert.InDelta(t, normal.LogLik-amounts*math.Log(by), normal2.LogLik, 1e-9)
	}
}

// The search for a mean of either sign runs on a scale of its own; a prior is
// stated in money all the same.
func TestNormalSpendPriorIsInMoney(t *testing.T) {
	prior := Prior{"mean": {Mean: 500, SD: 1e-3}, "ln(tau)": {Mean: math.Log(300), SD: 1e-4}, "ln(sigma)": {Mean: math.Log(7), SD: 1e-4}}
	fit, err := FitNormalSpend(margins(t), &FitOptions{Prior: prior})
	require.NoError(t, err)
	assert.InDelta(t, 500, fit.Mean, 1e-2)
	assert.InDelta(t, 300, fit.Tau, 1e-2)
	assert.InDelta(t, 7, fit.Sigma, 1e-2)
	var at []float64
	for _, c := range fit.Coordinates {
		at = append(at, c.Value)
	}
	terms, err := prior.on([]string{"mean", "ln(tau)", "ln(sigma)"})
	require.NoError(t, err)
	e := newEvaluation(3)
	assert.InEpsilon(t, addPrior(terms, at, &e), fit.LogPrior, 1e-6)
	assert.InEpsilon(t, 1e-3, fit.StdErr("mean"), 1e-3)

	_, err = FitNormalSpend(margins(t), &FitOptions{Prior: Prior{"ln(mean)": {0, 1}}})
	assert.ErrorIs(t, err, keyaccount.ErrMismatch)
	_, err = FitNormalSpend(margins(t), &FitOptions{Prior: Prior{"mean": {0, -1}}})
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	_, err = FitNormalSpend(margins(t), &FitOptions{MaxIterations: 1})
	assert.ErrorIs(t, err, ErrNotConverged)
}

func TestFitSpendRefuses(t *testing.T) {
	few := SpendHistory{Orders: 3, Mean: 8}
	means := func(rows ...SpendHistory) *SpendCounts {
		var c SpendCounts
		for i, s := range rows {
			require.NoError(t, c.Add(s, int64(40+i)))
		}
		return &c
	}
	gg := func(c *SpendCounts) error { _, err := FitGammaGamma(c, nil); return err }
	log := func(c *SpendCounts) error { _, err := FitLogNormal(c, nil); return err }
	normal := func(c *SpendCounts) error { _, err := FitNormalSpend(c, nil); return err }
	for _, c := range []struct {
		name  string
		fit   func(*SpendCounts) error
		table *SpendCounts
		want  error
		says  string
	}{
		{"no table", gg, nil, ErrTooFewData, "empty"},
		{"no table", log, nil, ErrTooFewData, "empty"},
		{"no table", normal, nil, ErrTooFewData, "empty"},
		{"single orders", gg, means(spendOf(t, 4), spendOf(t, 8)), ErrTooFewData, "two orders"},
		{"single orders", log, means(spendOf(t, 4), spendOf(t, 8)), ErrTooFewData, "two orders"},
		{"single orders", normal, means(spendOf(t, 4), spendOf(t, -8)), ErrTooFewData, "two orders"},
		{"all alike", gg, means(few), ErrNotIdentified, ""},
		{"all alike", log, means(spendOf(t, 8, 8)), ErrNotIdentified, "sigma"},
		{"all alike", normal, means(spendOf(t, 8, 8)), ErrNotIdentified, "sigma"},
		{"accounts do not differ", log, means(spendOf(t, 2, 8), spendOf(t, 2.1, 7.9)), ErrNotIdentified, "ln(tau)"},
		{"accounts do not differ", normal, means(spendOf(t, -2, 8), spendOf(t, -2.1, 8.2)), ErrNotIdentified, "ln(tau)"},
		{"a loss", gg, means(few, spendOf(t, -4)), keyaccount.ErrOutOfRange, "row 1: Mean"},
		{"nothing paid", gg, means(few, spendOf(t, 0, 0)), keyaccount.ErrOutOfRange, "row 1: Mean"},
		{"a loss", log, means(spendOf(t, 4), spendOf(t, -3, 9)), keyaccount.ErrOutOfRange, "row 2: Mean"},
		{"means only", log, means(spendOf(t, 4), few), keyaccount.ErrMissing, "row 2: LogMean"},
		{"means only", normal, means(spendOf(t, 4), few), keyaccount.ErrMissing, "row 2: Spread"},
		{"beyond computing", normal, means(SpendHistory{Orders: 2, Mean: 1e308, Detail: WithSpread, Spread: 1}, spendOf(t, -1e308)), ErrNotConverged, ""},
	} {
		err := c.fit(c.table)
		assert.ErrorIs(t, err, c.want, c.name)
		assert.ErrorContains(t, err, c.says, c.name)
	}
}

// Traps 4 and 11 of lifetimes (issues 146, 362, 370): with q < 1 it returns a
// negative mean spend and so a negative value of the customer.
func TestGammaGammaWithoutAMeanIsAnError(t *testing.T) {
	var table SpendCounts
	r := rand.New(rand.NewPCG(2, 1))
	for range 400 {
		scale := math.Exp(3 * r.NormFloat64()) // of accounts: a heavy tail
		for x := 1; x <= 3; x++ {
			require.NoError(t, table.Add(SpendHistory{Orders: x, Mean: scale * (0.9 + 0.2*r.Float64())}, 1))
		}
	}
	_, err := FitGammaGamma(&table, nil)
	assert.ErrorIs(t, err, ErrNoMean)

	for _, q := range []float64{1, 0.99, 0.5, 1e-300} {
		m := GammaGamma{P: 6.25, Q: q, Gamma: 15.44}
		err := m.Validate()
		var in *keyaccount.InputError
		require.ErrorAs(t, err, &in)
		assert.Equal(t, "q", in.Field)
		for _, s := range []SpendHistory{{}, {Orders: 1, Mean: 30}, {Orders: 40, Mean: 30}} {
			assert.Zero(t, m.ExpectedSpend(s))
			assert.Zero(t, m.DrawSpend(s, r))
			_, err := m.SpendVariance(s)
			assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
		}
		_, err = m.LogLikelihood(meanSpends(t))
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
		b, err := m.MarshalJSON()
		require.NoError(t, err)
		assert.ErrorIs(t, json.Unmarshal(b, new(GammaGamma)), keyaccount.ErrOutOfRange)
	}
}

// Of a mean spend with q between 1 and 2 there is no variance, until the
// account has orders of its own.
func TestGammaGammaVariance(t *testing.T) {
	m := GammaGamma{P: 2, Q: 1.5, Gamma: 15}
	_, err := m.SpendVariance(SpendHistory{})
	assert.ErrorIs(t, err, ErrNoVariance)
	s := SpendHistory{Orders: 3, Mean: 40}
	v, err := m.SpendVariance(s)
	require.NoError(t, err)
	// Inverse gamma: (p (gamma + x z))^2 / ((a-1)^2 (a-2)) with a = p x + q.
	assert.InEpsilon(t, 270.0*270/(6.5*6.5*5.5), v, 1e-14)
	assert.InEpsilon(t, 270/6.5, m.ExpectedSpend(s), 1e-14)
}

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
		got, spread := moments(means)
		assert.InDelta(t, mean, got, 5*math.Sqrt(v/n), c.m.Name())
		assert.InEpsilon(t, v, spread/n, .06, c.m.Name())
		total := v + c.inside(mean, v)
		got, spread = moments(firsts)
		assert.InDelta(t, mean, got, 5*math.Sqrt(total/n), c.m.Name())
		assert.InEpsilon(t, total, spread/n, .06, c.m.Name())
		got, spread = moments(products)
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

func TestSpendFitsRoundTrip(t *testing.T) {
	gg, err := FitGammaGamma(meanSpends(t), nil)
	require.NoError(t, err)
	log, err := FitLogNormal(orderValues(t), nil)
	require.NoError(t, err)
	normal, err := FitNormalSpend(margins(t), nil)
	require.NoError(t, err)
	for _, c := range []struct{ fit, back, model, want, bare any }{
		{gg, new(GammaGammaFit), new(GammaGamma), &gg.GammaGamma, gg.GammaGamma},
		{log, new(LogNormalFit), new(LogNormal), &log.LogNormal, log.LogNormal},
		{normal, new(NormalSpendFit), new(NormalSpend), &normal.NormalSpend, normal.NormalSpend},
	} {
		b, err := json.Marshal(c.fit)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, c.back))
		assert.Equal(t, c.fit, c.back)
		require.NoError(t, json.Unmarshal(b, c.model), "a saved fit can be read as a plain model")
		assert.Equal(t, c.want, c.model)
		assert.ErrorIs(t, json.Unmarshal([]byte(`{"schema":"keyaccount/clv.Model","version":1,"model":"BG/NBD"}`), c.model), keyaccount.ErrMismatch)
		assert.Equal(t, c.want, c.model, "unchanged after an error")
		b, err = json.Marshal(c.bare)
		require.NoError(t, err)
		assert.ErrorIs(t, json.Unmarshal(b, c.back), keyaccount.ErrMissing)
	}
	for _, m := range []Model{
		GammaGamma{-1, 3, 3}, GammaGamma{1, math.Inf(1), 3}, LogNormal{1, 0, 3}, NormalSpend{math.NaN(), 1, 1}, NormalSpend{1, 1, -1},
	} {
		assert.ErrorIs(t, m.Validate(), keyaccount.ErrOutOfRange, "%+v", m)
	}
	ll, err := LogNormal{40, 1, 1}.LogLikelihood(nil)
	assert.NoError(t, err)
	assert.Zero(t, ll)
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
					if !finite(y) {
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
				if ll, err := m.LogLikelihood(table); err == nil && !finite(ll) {
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
				if !finite(p.Value) || !(p.StdErr > 0) || !finite(p.StdErr) {
					t.Fatalf("%+v", fit)
				}
			}
			if fit.Validate() != nil || !finite(d.LogLik) || math.IsNaN(d.GradNorm) {
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
