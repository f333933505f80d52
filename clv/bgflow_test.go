package clv

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// flows are models of every kind, at ordinary parameters.
func flows() []OrderFlow {
	return []OrderFlow{
		published,
		fittedMBG,
		NBD{R: .5, Alpha: 6},
		BGCNBD{K: 2, R: .4, Alpha: 2.5, A: .8, B: 2.4},
		MBGCNBD{K: 3, R: .8, Alpha: 5, A: .9, B: 2.5},
		MBGCNBD{K: 12, R: .5, Alpha: .4, A: 1, B: 3},
	}
}

var someHistories = []History{{}, {0, 0, 1}, {0, 0, 38.9}, {1, 39, 39}, {2, 30.4, 38.9}, {7, 35, 77.9}, {26, 30.9, 31}, {254, 97.1, 97.3}, {300, 150, 200}}

func TestEveryFlowHoldsTogether(t *testing.T) {
	rate := Rate{Annual: .1}
	for _, m := range flows() {
		for _, h := range someHistories {
			msg := fmt.Sprintf("%s %+v", m.Name(), h)
			alive := m.ProbAlive(h)
			assert.Equal(t, alive, m.ProbAliveAfter(h, 0), msg)
			if alive == 0 {
				continue // below the smallest float64
			}
			dert := m.Discounted(h, rate)
			lastAlive, lastOrders, lastDECT := alive, 0.0, 0.0
			for _, span := range []float64{.5, 1, 8, 52, 520} {
				after, orders, dect := m.ProbAliveAfter(h, span), m.ExpectedOrders(h, span), m.DiscountedUntil(h, span, rate)
				assert.LessOrEqual(t, after, lastAlive*(1+1e-12), msg)
				assert.Greater(t, orders, lastOrders, msg)
				assert.Greater(t, dect, lastDECT, msg)
				assert.Less(t, dect, orders*(1+1e-12), msg)
				assert.LessOrEqual(t, dect, dert*(1+1e-11), msg)
				lastAlive, lastOrders, lastDECT = after, orders, dect
				for _, tiny := range []float64{0, 1e-12, -1e-12} {
					assert.InEpsilon(t, orders, m.DiscountedUntil(h, span, Rate{tiny}), 1e-9, msg)
				}
				assert.Greater(t, m.DiscountedUntil(h, span, Rate{-.2}), orders, msg)
			}
			steep := Rate{Annual: 40}
			assert.InEpsilon(t, m.Discounted(h, steep), m.DiscountedUntil(h, 52*10, steep), 1e-9, "DECT approaches DERT: "+msg)

			p := m.OrderDistribution(h, 8, 2000)
			var total, mean float64
			for k, q := range p {
				assert.True(t, q >= 0 && q <= 1, msg)
				total += q
				mean += float64(k) * q
			}
			assert.InDelta(t, 1, total, 1e-9, msg)
			assert.InEpsilon(t, m.ExpectedOrders(h, 8), mean, 1e-9, "the mean of the distribution: "+msg)
			short := m.OrderDistribution(h, 8, 3)
			for k := range short {
				assert.InEpsilon(t, p[k], short[k], 1e-10, msg)
			}
		}
		assert.Nil(t, m.OrderDistribution(History{}, 8, -1))
		assert.Nil(t, m.OrderDistribution(History{}, 8, MaxOrders+1))
		assert.Equal(t, []float64{1, 0}, m.OrderDistribution(History{}, 0, 1))
	}
}

func TestRefusedQuestionsGiveZero(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	good := History{2, 30, 38}
	nan, inf := math.NaN(), math.Inf(1)
	nothing := func(m OrderFlow, h History, span float64, rate Rate) {
		t.Helper()
		assert.Zero(t, m.ExpectedOrders(h, span))
		assert.Zero(t, m.DiscountedUntil(h, span, rate))
		assert.Nil(t, timesOf(m, h, span, r))
	}
	for _, m := range flows() {
		for _, bad := range impossible {
			assert.Zero(t, m.ProbAlive(bad.History))
			assert.Zero(t, m.ProbAliveAfter(bad.History, 1))
			assert.Zero(t, m.Discounted(bad.History, Rate{.1}))
			assert.Equal(t, []float64{0, 0}, m.OrderDistribution(bad.History, 1, 1))
			nothing(m, bad.History, 5, Rate{.1})
		}
		for _, span := range []float64{nan, inf, -1} {
			assert.Zero(t, m.ProbAliveAfter(good, span))
			assert.Equal(t, []float64{0, 0}, m.OrderDistribution(good, span, 1))
			nothing(m, good, span, Rate{.1})
		}
		for _, rate := range []float64{0, -.1, -1, nan, inf} {
			assert.Zero(t, m.Discounted(good, Rate{rate}), "%v", rate)
		}
		for _, rate := range []float64{-1, nan, inf} {
			assert.Zero(t, m.DiscountedUntil(good, 52, Rate{rate}), "%v", rate)
		}
	}
	for _, m := range []OrderFlow{BGNBD{}, MBGNBD{}, NBD{}, BGCNBD{}, MBGCNBD{}, MBGCNBD{K: 2}, NBD{R: 1, Alpha: 1, Unit: 7}} {
		assert.Error(t, m.Validate())
		assert.Zero(t, m.ProbAlive(good)+m.ProbAliveAfter(good, 1)+m.Discounted(good, Rate{.1}))
		nothing(m, good, 5, Rate{.1})
		_, err := m.LogLikelihood(smallTable(t))
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
}

// Nearly no departure: where the others' log-likelihood is NaN, BG/NBD goes
// over into NBD.
func TestNearlyNoChurnIsNBD(t *testing.T) {
	n := NBD{R: .7, Alpha: 5}
	b := BGNBD{R: .7, Alpha: 5, A: 1e-13, B: 7721}
	for _, h := range someHistories[:8] {
		assert.InEpsilon(t, n.ExpectedOrders(h, 52), b.ExpectedOrders(h, 52), 1e-9, "%+v", h)
		assert.InEpsilon(t, n.Discounted(h, Rate{.1}), b.Discounted(h, Rate{.1}), 1e-9, "%+v", h)
		assert.InEpsilon(t, n.DiscountedUntil(h, 52, Rate{.1}), b.DiscountedUntil(h, 52, Rate{.1}), 1e-9, "%+v", h)
	}
	x, err := n.LogLikelihood(smallTable(t))
	require.NoError(t, err)
	y, err := b.LogLikelihood(smallTable(t))
	require.NoError(t, err)
	assert.InEpsilon(t, x, y, 1e-11)
}

// One account's answers do not depend on who else is asked for, or on how many
// ask: those of BTYDplus are rescaled over the batch from 100 accounts on.
func TestScoresDoNotDependOnTheBatch(t *testing.T) {
	m := MBGCNBD{K: 3, R: .8, Alpha: 5, A: .9, B: 2.5}
	var first []float64
	for x := range 150 {
		first = append(first, m.ExpectedOrders(History{x, float64(x) / 5, 40}, 52))
	}
	for x := 149; x >= 0; x-- {
		assert.Equal(t, first[x], m.ExpectedOrders(History{x, float64(x) / 5, 40}, 52))
	}
}

func TestFitNBD(t *testing.T) {
	fit, err := FitNBD(smallTable(t), nil)
	require.NoError(t, err)
	assert.Less(t, fit.GradNorm, 1e-9)
	checkDerivatives(t, nbdChart(), newNBDTable(smallTable(t)), []float64{.3, 4})
	// At the maximum the mean rate satisfies sum of ages * weights = orders:
	// r (n/alpha) = sum (r+x)/(alpha+T).
	var left, right float64
	for h, n := range smallTable(t).All() {
		left += float64(n) * fit.R / fit.Alpha
		right += float64(n) * (fit.R + float64(h.Frequency)) / (fit.Alpha + h.Age)
	}
	assert.InEpsilon(t, left, right, 1e-9)
	b, err := json.Marshal(fit)
	require.NoError(t, err)
	var back NBDFit
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, *fit, back)
	var m NBD
	require.NoError(t, json.Unmarshal(b, &m))
	assert.Equal(t, fit.NBD, m)
	_, err = FitNBD(nil, nil)
	assert.ErrorIs(t, err, ErrTooFewData)
}

var _ Fitted = (*NBDFit)(nil)

func FuzzOrderFlow(f *testing.F) {
	f.Add(.243, 4.414, .793, 2.426, 1, 26, 30.86, 31.0, 52.0, .1)
	f.Add(1e-300, 1e300, 1.0, 1e-300, 2, 1<<31-1, 5e-324, math.MaxFloat64, math.MaxFloat64, 1e-300)
	f.Add(math.MaxFloat64, 5e-324, math.MaxFloat64, math.MaxFloat64, 12, 1, math.MaxFloat64, math.MaxFloat64, 1.0, -.999)
	f.Add(5e-324, 5e-324, 5e-324, 5e-324, 7, 3, 1e-300, 1.0, 1e9, 1e300)
	f.Add(1e9, 1.0, 1e-9, 1e9, 3, 100, 1.0, 1.0, 50.0, -.5)
	f.Fuzz(func(t *testing.T, r, alpha, a, b float64, k, x int, tx, age, span, annual float64) {
		h, rate := History{x, tx, age}, Rate{annual}
		for _, m := range []OrderFlow{
			BGNBD{R: r, Alpha: alpha, A: a, B: b},
			MBGNBD{R: r, Alpha: alpha, A: a, B: b},
			NBD{R: r, Alpha: alpha},
			BGCNBD{K: k, R: r, Alpha: alpha, A: a, B: b},
			MBGCNBD{K: k, R: r, Alpha: alpha, A: a, B: b},
		} {
			alive, after := m.ProbAlive(h), m.ProbAliveAfter(h, span)
			if !(alive >= 0 && alive <= 1) || !(after >= 0 && after <= alive*(1+1e-9)) {
				t.Fatalf("%+v %+v %v: alive %v, after %v", m, h, span, alive, after)
			}
			orders, half := m.ExpectedOrders(h, span), m.ExpectedOrders(h, span/2)
			dect, dert := m.DiscountedUntil(h, span, rate), m.Discounted(h, rate)
			for _, v := range []float64{orders, half, dect, dert} {
				if !(v >= 0 && v <= math.MaxFloat64) {
					t.Fatalf("%+v %+v %v %v: %v %v %v %v", m, h, span, annual, orders, half, dect, dert)
				}
			}
			if half > orders*(1+1e-9) {
				t.Fatalf("%+v %+v: %v orders in %v, %v in half of it", m, h, orders, span, half)
			}
			if annual > 0 && (dect > dert*(1+1e-7) || dect > orders*(1+1e-9)) {
				t.Fatalf("%+v %+v %v %v: DECT %v, DERT %v, orders %v", m, h, span, annual, dect, dert, orders)
			}
			if total := sum(m.OrderDistribution(h, span, 50)); !(total <= 1+1e-9) {
				t.Fatalf("%+v %+v %v: %v", m, h, span, total)
			}
			if n := len(timesOf(m, h, span, rand.New(rand.NewPCG(1, 2)))); n > MaxOrders {
				t.Fatal(n)
			}
		}
	})
}

func FuzzFlowJSON(f *testing.F) {
	for _, m := range flows() {
		b, err := json.Marshal(m)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Add([]byte(`{"model":"BG/CNBD-99999999999999999999"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, m := range []interface {
			OrderFlow
			json.Unmarshaler
		}{new(BGNBD), new(MBGNBD), new(NBD), new(BGCNBD), new(MBGCNBD)} {
			if m.UnmarshalJSON(data) == nil {
				require.NoError(t, m.Validate())
				_, err := json.Marshal(m)
				require.NoError(t, err)
			}
		}
		for _, fit := range []json.Unmarshaler{new(BGNBDFit), new(MBGNBDFit), new(NBDFit), new(BGCNBDFit), new(MBGCNBDFit)} {
			_ = fit.UnmarshalJSON(data)
		}
	})
}

func FuzzFitFlows(f *testing.F) {
	f.Add(2, 3.0, 9.0, int64(4), 0, 0.0, 5.0, int64(9), 2)
	f.Add(1, 5e-324, 5e-324, int64(1), 1<<30, 1e300, math.MaxFloat64, int64(1)<<60, 12)
	f.Fuzz(func(t *testing.T, x1 int, r1, a1 float64, n1 int64, x2 int, r2, a2 float64, n2 int64, k int) {
		table := smallTable(t)
		_ = table.Add(History{x1, r1, a1}, n1)
		_ = table.Add(History{x2, r2, a2}, n2)
		var fits []Fitted
		if fit, err := FitMBGNBD(table, nil); err == nil {
			fits = append(fits, fit)
		}
		if fit, err := FitNBD(table, nil); err == nil {
			fits = append(fits, fit)
		}
		if fit, err := FitBGCNBD(table, k, nil); err == nil {
			fits = append(fits, fit)
		}
		if fit, err := FitMBGCNBD(table, k, nil); err == nil {
			fits = append(fits, fit)
		}
		for _, fit := range fits {
			d := fit.Report()
			for _, p := range d.Estimates {
				if !positive(p.Value) || !positive(p.StdErr) {
					t.Fatalf("%s %+v", fit.Name(), d)
				}
			}
			if math.IsNaN(d.LogLik) || math.IsInf(d.LogLik, 0) || math.IsNaN(d.GradNorm) {
				t.Fatalf("%s %+v", fit.Name(), d)
			}
		}
	})
}
