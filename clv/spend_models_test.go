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
