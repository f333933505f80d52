package clv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"

	"github.com/keyaccount/keyaccount"
)

var (
	_ Fitted = (*BGCNBDFit)(nil)
	_ Fitted = (*MBGCNBDFit)(nil)
)

// Without a rhythm the models are those without one, to the last digits.
func TestRhythmOfOneIsNoRhythm(t *testing.T) {
	p := BGNBD{R: .243, Alpha: 4.414, A: .793, B: 2.426}
	q := MBGNBD(p)
	for _, pair := range [][2]OrderFlow{
		{p, BGCNBD{K: 1, R: p.R, Alpha: p.Alpha, A: p.A, B: p.B}},
		{q, MBGCNBD{K: 1, R: p.R, Alpha: p.Alpha, A: p.A, B: p.B}},
	} {
		plain, k1 := pair[0], pair[1]
		same := func(a, b float64, what string, h History) {
			t.Helper()
			assert.LessOrEqual(t, math.Abs(a-b), 1e-12*math.Abs(a), "%s %s %+v", plain.Name(), what, h)
		}
		for _, h := range []History{{}, {0, 0, 30}, {1, 39, 39}, {2, 30.4, 38.9}, {7, 35, 77.9}, {26, 30.9, 31}, {254, 97.1, 97.3}, {300, 150, 200}} {
			same(plain.ProbAlive(h), k1.ProbAlive(h), "alive", h)
			same(plain.ProbAliveAfter(h, 52), k1.ProbAliveAfter(h, 52), "alive after", h)
			same(plain.ExpectedOrders(h, 52), k1.ExpectedOrders(h, 52), "orders", h)
			same(plain.Discounted(h, Rate{.1}), k1.Discounted(h, Rate{.1}), "DERT", h)
			same(plain.DiscountedUntil(h, 52, Rate{.1}), k1.DiscountedUntil(h, 52, Rate{.1}), "DECT", h)
			a, b := plain.OrderDistribution(h, 52, 40), k1.OrderDistribution(h, 52, 40)
			for i := range a {
				same(a[i], b[i], "distribution", h)
			}
		}
		a, err := plain.LogLikelihood(smallTable(t))
		require.NoError(t, err)
		b, err := k1.LogLikelihood(smallTable(t))
		require.NoError(t, err)
		same(a, b, "log-likelihood", History{})
	}
	a, err := FitMBGNBD(smallTable(t), nil)
	require.NoError(t, err)
	b, err := FitMBGCNBD(smallTable(t), 1, nil)
	require.NoError(t, err)
	assert.Equal(t, a.Diagnostics, b.Diagnostics)
}

// The likelihood of one account as Reutterer, Platzer and Schroeder print it, in
// gamma functions, without the times between orders.
func TestRhythmLogLikelihoodIsThePapers(t *testing.T) {
	lg := func(v float64) float64 { y, _ := math.Lgamma(v); return y }
	lb := func(a, b float64) float64 { return lg(a) + lg(b) - lg(a+b) }
	r, alpha, a, b := 0.7, 3.1, .8, 2.5
	for _, h := range []History{{0, 0, 20}, {1, 4, 20}, {6, 19, 20}, {6, 20, 20}, {40, 33, 50}} {
		for k := 1; k <= MaxRhythm; k++ {
			x, kx := float64(h.Frequency), float64(k*h.Frequency)
			for _, modified := range []float64{0, 1} {
				paper := -x*lg(float64(k)) + lb(a, b+x+modified) - lb(a, b) + lg(r+kx) - lg(r) + r*math.Log(alpha) -
					(r+kx)*math.Log(alpha+h.Age)
				var open float64
				for j := range k {
					n := float64(j)
					open += math.Exp(lg(r+kx+n)-lg(r+kx)-lg(n+1)) * math.Pow((h.Age-h.Recency)/(alpha+h.Age), n)
				}
				if modified == 1 || x > 0 {
					open += a / (b + x - 1 + modified) * math.Pow((alpha+h.Age)/(alpha+h.Recency), r+kx)
				}
				paper += math.Log(open)
				var m OrderFlow = BGCNBD{K: k, R: r, Alpha: alpha, A: a, B: b}
				if modified == 1 {
					m = MBGCNBD{K: k, R: r, Alpha: alpha, A: a, B: b}
				}
				table := NewCounts(Week)
				require.NoError(t, table.Add(h, 1))
				ll, err := m.LogLikelihood(table)
				require.NoError(t, err)
				assert.InDelta(t, paper, ll, 1e-11*max(1, math.Abs(paper)), "%s %+v", m.Name(), h)
			}
		}
	}
}

func TestRhythmDerivatives(t *testing.T) {
	table := smallTable(t)
	for _, h := range []History{{90, 40, 52}, {91, 52, 52}, {300, 51, 52}} {
		require.NoError(t, table.Add(h, 2))
	}
	for _, k := range []int{2, 5, 12} {
		for _, modified := range []bool{false, true} {
			for _, p := range [][]float64{values(published.Parameters()), {1.2, 9, 1, 0.4}, {0.05, 0.3, 4, 60}} {
				checkDerivatives(t, bgnbdChart(), layBGNBD(table, k, modified), p)
			}
		}
	}
}

// simulateFlow draws accounts from their first order on with the model's own
// Future, and sums up the logs of the times between orders.
func simulateFlow(t testing.TB, m OrderFlow, n int, src rand.Source) (table *Counts) {
	t.Helper()
	r := rand.New(src)
	table = NewCounts(m.TimeUnit())
	for range n {
		h, gaps := History{Age: 40 + 40*r.Float64()}, 0.0
		for _, at := range timesOf(m, History{}, h.Age, r) {
			gaps += math.Log(at - h.Recency)
			h.Frequency, h.Recency = h.Frequency+1, at
		}
		require.NoError(t, table.AddRhythm(h, gaps))
	}
	return table
}

// The fit finds the parameters, and the choice the rhythm, of its own
// simulation.
func TestFitsRecoverTheirOwnFuture(t *testing.T) {
	for i, truth := range []OrderFlow{
		BGNBD{R: .6, Alpha: 5, A: 1, B: 4},
		MBGNBD{R: .9, Alpha: 4, A: .8, B: 2.4},
		NBD{R: .7, Alpha: 9},
		BGCNBD{K: 2, R: .8, Alpha: 2, A: .9, B: 3},
		MBGCNBD{K: 4, R: 1.2, Alpha: 2, A: .8, B: 3},
	} {
		table := simulateFlow(t, truth, 12000, rand.NewPCG(5, uint64(i)))
		var fit Fitted
		var trials []RhythmTrial
		var err error
		switch truth.(type) {
		case BGNBD:
			fit, err = FitBGNBD(table, nil)
		case MBGNBD:
			fit, err = FitMBGNBD(table, nil)
		case NBD:
			fit, err = FitNBD(table, nil)
		case BGCNBD:
			fit, trials, err = FitBGRhythm(table, nil)
		case MBGCNBD:
			fit, trials, err = FitMBGRhythm(table, nil)
		}
		require.NoError(t, err, truth.Name())
		assert.Equal(t, truth.Name(), fit.Name(), "the rhythm is found: %+v", trials)
		estimates := fit.Report().Estimates
		for j, p := range truth.Parameters() {
			assert.InDelta(t, p.Value, estimates[j].Value, 3.5*estimates[j].StdErr, "%s %s", truth.Name(), p.Name)
		}
		assert.Less(t, fit.Report().GradNorm, 1e-6)
	}
}

// From first principles: at a given rate of events lambda the m-th order comes
// at a gamma time, so that the sums are over incomplete gamma functions, and the
// mean over lambda is a fine sum of its own.
func TestRhythmFromFirstPrinciples(t *testing.T) {
	const k, span, delta = 3, 26.0, .002
	r, alpha, a, b := .8, 5.0, .9, 2.5
	m := MBGCNBD{K: k, R: r, Alpha: alpha, A: a, B: b}
	h := History{4, 30, 33}
	rate := Rate{Annual: math.Expm1(delta * Year.Days() / 7)}

	s, b1 := r+k*4, b+5
	var open float64
	var weight [k]float64
	for j := range weight {
		lg, _ := math.Lgamma(s + float64(j))
		lg0, _ := math.Lgamma(s)
		lf, _ := math.Lgamma(float64(j) + 1)
		weight[j] = math.Exp(lg-lg0-lf) * math.Pow(3/(alpha+33), float64(j))
		open += weight[j]
	}
	alive := 1 / (1 + a/(b+4)*math.Pow((alpha+33)/(alpha+30), s)/open)
	assert.InEpsilon(t, alive, m.ProbAlive(h), 1e-13)
	assert.InEpsilon(t, 0.865868427212151155, m.ProbAlive(h), 1e-14, "mpmath 1.3.0, 20 digits")

	var after, orders, dert, dect float64
	for j, w := range weight {
		var all, sAfter, sOrders, sDERT, sDECT float64
		shape := s + float64(j)
		for v := -8.0; v < 3; v += .05 { // ln of lambda over its mean
			lambda := math.Exp(v) * shape / (alpha + 33)
			q := math.Exp(shape * (v - math.Expm1(v)))
			theta := lambda / (lambda + delta)
			stay, left := 1.0, q
			for i := 1; i < 4000; i++ {
				n := float64(k*i - j)
				came := mathext.GammaIncReg(n, lambda*span)
				sOrders += q * stay * came
				sDERT += q * stay * math.Pow(theta, n)
				sDECT += q * stay * math.Pow(theta, n) * mathext.GammaIncReg(n, (lambda+delta)*span)
				leave := a / (a + b1 + float64(i-1))
				left -= q * stay * leave * came
				stay *= 1 - leave
				if came < 1e-18 && math.Pow(theta, n) < 1e-13 {
					break
				}
			}
			sAfter += left
			all += q
		}
		w *= alive / open / all
		after += w * sAfter
		orders += w * sOrders
		dert += w * sDERT
		dect += w * sDECT
	}
	assert.InEpsilon(t, after, m.ProbAliveAfter(h, span), 1e-11)
	assert.InEpsilon(t, orders, m.ExpectedOrders(h, span), 1e-11)
	assert.InEpsilon(t, dect, m.DiscountedUntil(h, span, rate), 1e-11)
	assert.InEpsilon(t, dert, m.Discounted(h, rate), 1e-6, "these orders end at the 4000th")
}

// What an account in a rhythm does next depends on how long it has been silent.
func TestRhythmKnowsWhenAnOrderIsDue(t *testing.T) {
	m := MBGCNBD{K: 10, R: 20, Alpha: 2, A: .5, B: 10} // about one order a week
	fresh := m.ExpectedOrders(History{50, 50, 50}, .5)
	due := m.ExpectedOrders(History{50, 50, 50.9}, .5)
	assert.Less(t, fresh, .1)
	assert.Greater(t, due, .4)
	assert.Greater(t, m.ProbAlive(History{50, 50, 50.9}), .95)
	assert.Less(t, m.ProbAlive(History{50, 50, 53}), .05)
}

func TestRhythmOptions(t *testing.T) {
	for _, k := range []int{-1, 0, MaxRhythm + 1} {
		_, err := FitBGCNBD(smallTable(t), k, nil)
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
		_, err = FitMBGCNBD(smallTable(t), k, nil)
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
		m := BGCNBD{K: k, R: 1, Alpha: 1, A: 1, B: 1}
		assert.Error(t, m.Validate())
		assert.Zero(t, m.ProbAlive(History{}))
		_, err = m.LogLikelihood(smallTable(t))
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
	_, _, err := FitBGRhythm(smallTable(t), nil)
	assert.ErrorIs(t, err, keyaccount.ErrMissing, "nobody can tell without the times between orders")
	_, trials, err := FitMBGRhythm(NewCounts(Week), nil)
	assert.ErrorIs(t, err, ErrTooFewData)
	assert.Len(t, trials, MaxRhythm)
}

func TestRhythmJSON(t *testing.T) {
	fit, err := FitMBGCNBD(smallTable(t), 3, nil)
	require.NoError(t, err)
	b, err := json.Marshal(fit)
	require.NoError(t, err)
	assert.Contains(t, string(b), `"model":"MBG/CNBD-3"`)
	var back MBGCNBDFit
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, *fit, back)
	var m MBGCNBD
	require.NoError(t, json.Unmarshal(b, &m))
	assert.Equal(t, fit.MBGCNBD, m)
	for _, bad := range []string{"MBG/CNBD-03", "MBG/CNBD-", "MBG/CNBD-+3", "BG/CNBD-3", "MBG/NBD"} {
		text := strings.Replace(string(b), "MBG/CNBD-3", bad, 1)
		assert.ErrorIs(t, json.Unmarshal([]byte(text), &m), keyaccount.ErrMismatch, bad)
	}
	text := strings.Replace(string(b), "MBG/CNBD-3", "MBG/CNBD-13", 1)
	assert.ErrorIs(t, json.Unmarshal([]byte(text), &m), keyaccount.ErrOutOfRange)
	p := BGCNBD{K: 2, R: 1, Alpha: 2, A: 3, B: 4}
	b, err = json.Marshal(p)
	require.NoError(t, err)
	var q BGCNBD
	require.NoError(t, json.Unmarshal(b, &q))
	assert.Equal(t, p, q)
}
