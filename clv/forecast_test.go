package clv

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// The points have the mean and the covariance of the coordinates, exactly.
func TestCubatureHasTheRightMoments(t *testing.T) {
	fit, err := FitBGNBD(smallTable(t), nil)
	require.NoError(t, err)
	models, err := cubature(fit)
	require.NoError(t, err)
	require.Len(t, models, 8)
	center := values(fit.Coordinates)
	for i := range center {
		for j := range center {
			var mean, covariance float64
			for _, m := range models {
				at := bgnbdChart().from(values(m.Parameters()))
				mean += at[i] / 8
				covariance += (at[i] - center[i]) * (at[j] - center[j]) / 8
			}
			assert.InDelta(t, center[i], mean, 1e-12)
			assert.InDelta(t, fit.Covariance[i][j], covariance, 1e-12*(1+math.Abs(covariance)))
		}
	}
}

// With next to no uncertainty of the parameters the interval is that of the
// model's own distribution.
func TestForecastIsTheModelsOwnWhenParametersAreKnown(t *testing.T) {
	fit := &BGNBDFit{published, Diagnostics{N: 1}}
	for i, c := range bgnbdChart().from(values(published.Parameters())) {
		fit.Coordinates = append(fit.Coordinates, Parameter{Name: bgnbdChart().names()[i], Value: c})
		fit.Covariance = append(fit.Covariance, make([]float64, 4))
		fit.Covariance[i][i] = 1e-16
	}
	for _, h := range someHistories {
		if published.ProbAlive(h) == 0 {
			continue
		}
		f, err := ForecastOrders(fit, h, 52, &ForecastOptions{Level: .95})
		require.NoError(t, err)
		p := published.OrderDistribution(h, 52, 1000)
		var below, above float64
		for k, q := range p {
			if k < f.Low {
				below += q
			}
			if k > f.High {
				above += q
			}
		}
		assert.LessOrEqual(t, below, .025+1e-7)
		assert.LessOrEqual(t, above, .025+1e-7)
		assert.Greater(t, below+p[f.Low], .025-1e-7, "%+v: the interval is no wider than it must be", h)
		assert.Greater(t, above+p[f.High], .025-1e-7, "%+v", h)
		assert.InDelta(t, p[0], f.None, 1e-6)
		assert.Equal(t, published.ExpectedOrders(h, 52), f.Mean)
		assert.Less(t, f.StdErr, 1e-6*(1+f.Mean))
	}
}

// The standard error agrees with that of many draws of the parameters.
func TestForecastStdErrAgreesWithDraws(t *testing.T) {
	fit, err := FitBGNBD(cdnow(t), nil)
	require.NoError(t, err)
	h := History{Frequency: 2, Recency: 30.4, Age: 38.9}
	f, err := ForecastOrders(fit, h, 39, nil)
	require.NoError(t, err)
	draws, err := fit.draws(4000, rand.New(rand.NewPCG(1, 2)))
	require.NoError(t, err)
	var sum, squares float64
	for _, at := range draws {
		v := fit.at(at).ExpectedOrders(h, 39)
		sum += v
		squares += v * v
	}
	n := float64(len(draws))
	assert.InEpsilon(t, math.Sqrt(squares/n-sum/n*sum/n), f.StdErr, .05)
	assert.InDelta(t, 1.226, f.Mean, 5e-3)
	assert.True(t, f.Low == 0 && f.High >= 3 && f.High <= 8, "%+v", f)
	assert.Equal(t, .9, f.Level)
}

func TestForecastRefuses(t *testing.T) {
	fit, err := FitBGNBD(smallTable(t), nil)
	require.NoError(t, err)
	good := History{Frequency: 2, Recency: 10, Age: 20}
	for _, c := range []struct {
		field string
		h     History
		t     float64
		level float64
	}{
		{"Level", good, 5, 1},
		{"Level", good, 5, math.NaN()},
		{"t", good, 0, .9},
		{"t", good, math.Inf(1), .9},
		{"Recency", History{Frequency: 2, Recency: 30, Age: 20}, 5, .9},
		{"High", History{Frequency: math.MaxInt32, Recency: 20, Age: 20}, 50, .9},
	} {
		_, err := ForecastOrders(fit, c.h, c.t, &ForecastOptions{Level: c.level})
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad, "%+v", c)
		assert.Equal(t, c.field, bad.Field)
	}
	fit.R = -1
	_, err = ForecastOrders(fit, good, 5, nil)
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
}

// Intervals for every distinct history of CDNOW, as the issue asks.
func BenchmarkForecastCDNOW(b *testing.B) {
	table := cdnow(b)
	var histories []History
	for h := range table.All() {
		histories = append(histories, h)
	}
	run := func(b *testing.B, fit Fitted) {
		b.Helper()
		b.ReportAllocs()
		for b.Loop() {
			for _, h := range histories {
				if _, err := ForecastOrders(fit, h, 39, nil); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("BG", func(b *testing.B) {
		fit, err := FitBGNBD(table, nil)
		require.NoError(b, err)
		run(b, fit)
	})
	b.Run("MBG", func(b *testing.B) {
		fit, err := FitMBGNBD(table, nil)
		require.NoError(b, err)
		run(b, fit)
	})
	b.Run("Pareto", func(b *testing.B) {
		fit, err := FitParetoNBD(table, nil)
		require.NoError(b, err)
		run(b, fit)
	})
}

func BenchmarkValuePortfolio(b *testing.B) {
	accounts := fittedPortfolio(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ValuePortfolio(accounts, fullCosts); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(accounts)), "us/account")
}
