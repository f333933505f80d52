package clv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

var _ Fitted = (*ParetoNBDFit)(nil)

// customary is the annual rate with a force of interest of .0027 a week, that of
// Fader, Hardie and Lee (RFM and CLV, 2005) and of the oracle.
func customary() Rate { return Rate{Annual: math.Expm1(.0027 * Year.Days() / Week.Days())} }

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
			checkFlow(t, m, History{Frequency: int(a[0]), Recency: a[1], Age: a[2]}, quantity, want)
		}
	}
	assert.Equal(t, map[string]int{
		"ll": 32, "palive": 32, "cet39": 35, "dert.0027": 35, "dect52_.0027": 28, "pmf30": 17, "cpmf52": 11,
	}, seen)
}

// Sums over all 2,357 customers at the maximum, by mpmath 1.3.0 from the
// integrals for each distinct history.
func TestParetoNBDTotalsOnCDNOW(t *testing.T) {
	fit, err := FitParetoNBD(cdnow(t), nil)
	require.NoError(t, err)
	var alive, orders float64
	for h, n := range cdnow(t).All() {
		alive += float64(n) * fit.ProbAlive(h)
		orders += float64(n) * fit.ExpectedOrders(h, 52)
	}
	assert.InDelta(t, 1051.875245, alive, 5e-6)
	assert.InDelta(t, 2109.959611, orders, 5e-6)
}

// btyd are the CDNOW estimates of the R package BTYD 2.4.3.
var btyd = ParetoNBD{R: .553397143256635, Alpha: 10.5801985434744, S: .606062497118, Beta: 11.6562236707}

// hostile are the models of the oracle beside btyd: alpha = beta, s = 1, nearly
// no churn, and a scale near zero.
var hostile = []ParetoNBD{
	{R: .55, Alpha: 11, S: .6, Beta: 11},
	{R: 1.45, Alpha: 48.6, S: 1, Beta: 46.9},
	{R: .5329, Alpha: 38.0598, S: 64.2792, Beta: 7721.5264},
	{R: 10.465, Alpha: .00798565181, S: 3.0516, Beta: 2.82},
}

// Values of BTYD at its estimates, and of 40-digit integrals.
func TestParetoNBDPublishedValues(t *testing.T) {
	big := History{26, 30.8571428571429, 31} // CDNOW customer 1516
	checkFlow(t, btyd, big, "palive", 0.99787340821156778)
	checkFlow(t, btyd, History{2, 30.4285714285714, 38.8571428571429}, "dert.0027", 6.4833081608505924)
	checkFlow(t, btyd, History{1, 39, 39}, "dect52_.0027", 1.2118667068450735)
	assert.InDelta(t, 25.4541832736, btyd.ExpectedOrders(big, 52), 1e-9)
	assert.InDelta(t, 1.4731126895, btyd.ExpectedOrders(History{}, 52), 1e-10)
	assert.InDelta(t, 6.48293873733, btyd.Discounted(History{2, 30.43, 38.86}, customary()), 1e-10)
	for n, want := range []float64{.615325709, .169609626, .0818343855, .0466391418} {
		assert.InDelta(t, want, btyd.OrderDistribution(History{}, 30, 3)[n], 1e-9)
	}
}

// Frequent buyers that fell silent are worth less than rare ones that did: the
// increasing-frequency paradox, with the figures of BTYD.
func TestParetoNBDIncreasingFrequencyParadox(t *testing.T) {
	for x, want := range map[int]float64{10: .705967342, 15: .144187797, 20: .0224992824, 25: .00309178961} {
		assert.InEpsilon(t, want, btyd.ExpectedOrders(History{x, 20, 39}, 52), 1e-8)
	}
}

// The 2F1 of the paper overflows from about 200 repeat orders on, and so do the
// powers beside it: BTYD's likelihood is NaN.
func TestParetoNBDWithHundredsOfOrders(t *testing.T) {
	checkFlow(t, btyd, History{300, 150, 200}, "ll", -121.06800542073985)
	checkFlow(t, btyd, History{300, 150, 200}, "palive", 1.7596261071939836e-33)
	checkFlow(t, btyd, History{254, 97.14286, 97.28571}, "cet39", 83.530802610169353)
	checkFlow(t, btyd, History{1000, 199.9, 200}, "ll", 555.29047379008715)
	assert.Zero(t, btyd.ProbAlive(History{3000, 150, 200}), "1e-349 is 0, not NaN")
	assert.Zero(t, btyd.Discounted(History{3000, 150, 200}, customary()))
}

// Each of these is a branch, or a pole, of the closed forms.
func TestParetoNBDHasNoBranches(t *testing.T) {
	checkFlow(t, hostile[0], History{0, 0, 38.8571428571429}, "ll", -0.50111395507532797)
	checkFlow(t, hostile[0], History{1, 39, 39}, "palive", 1)
	checkFlow(t, hostile[0], History{1, 39, 39}, "ll", -6.2511068987080083)
	for _, h := range []History{{0, 0, 39}, {2, 30.4, 38.9}, {7, 35, 77}, {254, 97.1, 97.3}, {1, 39, 39}} {
		for _, shift := range []float64{1e-10, -1e-10} {
			m := hostile[0] // alpha = beta
			m.Beta += shift
			assert.InEpsilon(t, hostile[0].ProbAlive(h), m.ProbAlive(h), 1e-8)
			m = hostile[1] // s = 1
			m.S += shift
			assert.InEpsilon(t, hostile[1].ExpectedOrders(h, 39), m.ExpectedOrders(h, 39), 1e-8)
			assert.InEpsilon(t, hostile[1].Discounted(h, Rate{Annual: .1}), m.Discounted(h, Rate{Annual: .1}), 1e-8)
		}
	}
	assert.Equal(t, 1.0, btyd.ProbAlive(History{4, 31, 31}), "who ordered today is a customer")
}

// At s = 1 the closed form of the expected orders is 0/0: NaN in lifetimes and
// CLVTools.
func TestParetoNBDAtSEqualToOne(t *testing.T) {
	checkFlow(t, hostile[1], History{26, 30.8571428571429, 31}, "cet39", 10.883311975772156)
	checkFlow(t, hostile[1], History{26, 30.8571428571429, 31}, "dert.0027", 39.099937341221298)
	m := hostile[1]
	assert.InEpsilon(t, m.R/m.Alpha*m.Beta*math.Log1p(52/m.Beta), m.ExpectedOrders(History{}, 52), 1e-14)
}

// A loyal base sits where s and beta are huge: NaN in all three references from
// 254 orders on, and an infinite residual value.
func TestParetoNBDWithNearlyNoChurn(t *testing.T) {
	m := hostile[2]
	checkFlow(t, m, History{254, 97.14286, 97.28571}, "ll", -94.995056680959813)
	checkFlow(t, m, History{254, 97.14286, 97.28571}, "palive", 0.99865364910963929)
	checkFlow(t, m, History{1000, 199.9, 200}, "dert.0027", 391.65081714298618)
	checkFlow(t, m, History{1000, 199.9, 200}, "ll", 433.24946929970961)
}

// CLVTools discounts by 10 % for each unit of time by default. Here a rate is an
// annual one, and weeks or days say the same.
func TestParetoNBDDiscountsByTheYear(t *testing.T) {
	days := btyd
	days.Alpha, days.Beta, days.Unit = 7*btyd.Alpha, 7*btyd.Beta, Day
	rate := Rate{Annual: .1}
	for _, h := range []History{{}, {2, 30.4, 38.9}, {26, 30.9, 31}} {
		inDays := History{h.Frequency, 7 * h.Recency, 7 * h.Age}
		assert.InEpsilon(t, btyd.Discounted(h, rate), days.Discounted(inDays, rate), 1e-12)
		assert.InEpsilon(t, btyd.DiscountedUntil(h, 52, rate), days.DiscountedUntil(inDays, 364, rate), 1e-12)
		assert.InEpsilon(t, btyd.ExpectedOrders(h, 52), days.ExpectedOrders(inDays, 364), 1e-12)
		assert.Greater(t, btyd.DiscountedUntil(h, 52, rate), .9*btyd.ExpectedOrders(h, 52), "a year at 10 % takes less than 10 %")
	}
}

func TestParetoNBDProperties(t *testing.T) {
	rate := Rate{Annual: .08}
	for _, m := range append([]ParetoNBD{btyd}, hostile...) {
		for _, h := range []History{{}, {0, 0, 30}, {1, 3, 30}, {4, 29, 30}, {40, 28, 30}, {300, 199, 200}} {
			alive := m.ProbAlive(h)
			assert.True(t, alive >= 0 && alive <= 1)
			assert.Equal(t, alive, m.ProbAliveAfter(h, 0))
			forever := m.Discounted(h, rate)
			after, orders, until := alive, 0.0, 0.0
			for _, span := range []float64{1e-6, .5, 1, 8, 52, 520, 5200} {
				assert.Less(t, m.ProbAliveAfter(h, span), after, "survival falls")
				assert.Greater(t, m.ExpectedOrders(h, span), orders, "orders rise")
				assert.Greater(t, m.DiscountedUntil(h, span, rate), until)
				after, orders, until = m.ProbAliveAfter(h, span), m.ExpectedOrders(h, span), m.DiscountedUntil(h, span, rate)
				assert.Less(t, until, orders, "a discount")
				assert.Less(t, until, forever*(1+1e-12))
				assert.Equal(t, orders, m.DiscountedUntil(h, span, Rate{}), "no rate, no discount")
				assert.InEpsilon(t, orders, m.DiscountedUntil(h, span, Rate{Annual: 1e-13}), 1e-10)
				assert.Greater(t, m.DiscountedUntil(h, span, Rate{Annual: -.01}), orders*(1+1e-12))
			}
			assert.InEpsilon(t, forever, m.DiscountedUntil(h, 1e5, rate), 1e-11, "DECT tends to DERT")
		}
	}
}

// Probabilities sum to 1, and their mean is what is expected, up to thousands
// of orders.
func TestParetoNBDOrderDistributions(t *testing.T) {
	for _, m := range append([]ParetoNBD{btyd}, hostile[:3]...) {
		for _, h := range []History{{}, {0, 0, 30}, {4, 29, 30}, {300, 199, 200}} {
			for _, span := range []float64{.5, 13, 104} {
				checkDistribution(t, m.OrderDistribution(h, span, 1500), m.ExpectedOrders(h, span))
			}
		}
	}
	p := btyd.OrderDistribution(History{3000, 150, 150.1}, 150, 6000)
	assert.Greater(t, slices.Index(p, slices.Max(p[1000:])), 2500)
	checkDistribution(t, p, btyd.ExpectedOrders(History{3000, 150, 150.1}, 150))
}

// Given alive, the future is that of a new account with (r+x, alpha+T, s,
// beta+T): the B1, B2 and B3 sums of the references are not needed.
func TestParetoNBDConditionalDistributionIsTheUnconditionalOneLater(t *testing.T) {
	h := History{2, 30.43, 38.86}
	alive := btyd.ProbAlive(h)
	later := ParetoNBD{R: btyd.R + 2, Alpha: btyd.Alpha + h.Age, S: btyd.S, Beta: btyd.Beta + h.Age}
	got, want := btyd.OrderDistribution(h, 52, 30), later.OrderDistribution(History{}, 52, 30)
	assert.InDelta(t, 0.045832125613051318, got[5], 1e-12, "the oracle's")
	assert.InDelta(t, 1-alive+alive*want[0], got[0], 1e-14)
	for n := 1; n <= 30; n++ {
		assert.InEpsilon(t, alive*want[n], got[n], 1e-13)
	}
}

// BTYDplus rescales a whole batch; here a score is a function of one history.
func TestParetoNBDScoresDoNotDependOnTheOrderOfAsking(t *testing.T) {
	var rows []History
	for h := range cdnow(t).All() {
		rows = append(rows, h)
	}
	alone := make([]float64, len(rows))
	for i, h := range rows {
		alone[i] = btyd.Discounted(h, Rate{Annual: .1})
	}
	for i, h := range slices.Backward(rows) {
		assert.Equal(t, alone[i], btyd.Discounted(h, Rate{Annual: .1}))
	}
}

// What is drawn has the mean that is expected, also given a history.
func TestParetoNBDFuture(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	h := History{4, 20, 30}
	const draws = 30000
	var orders, squares float64
	for range draws {
		times := timesOf(btyd, h, 52, r)
		assert.True(t, slices.IsSorted(times))
		if len(times) > 0 {
			assert.True(t, times[0] > 0 && times[len(times)-1] <= 52)
		}
		orders += float64(len(times))
		squares += float64(len(times) * len(times))
	}
	mean := orders / draws
	assert.InDelta(t, btyd.ExpectedOrders(h, 52), mean, 4*math.Sqrt((squares/draws-mean*mean)/draws))
	busy := ParetoNBD{R: 1e9, Alpha: 1, S: 1, Beta: 1e9}
	assert.Len(t, timesOf(busy, History{}, 1, r), MaxOrders)
	assert.Nil(t, timesOf(btyd, h, math.Inf(1), r))
	assert.Nil(t, timesOf(btyd, History{1, 2, 1}, 1, r))
}

func TestParetoNBDInvalidInputGivesZero(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	good, rate := History{3, 20, 30}, Rate{Annual: .1}
	zero := func(m ParetoNBD, h History, t52 float64, rate Rate) {
		t.Helper()
		assert.Zero(t, m.DiscountedUntil(h, t52, rate))
		if t52 == 52 {
			assert.Zero(t, m.Discounted(h, rate))
		}
		if rate == (Rate{Annual: .1}) {
			assert.Zero(t, m.ExpectedOrders(h, t52))
			want := []float64{0, 0, 0, 0}
			if t52 == 0 {
				want[0] = 1
			}
			assert.Equal(t, want, m.OrderDistribution(h, t52, 3))
			orders, active := m.Future(h, t52, nil) // nothing is drawn
			assert.Nil(t, orders)
			assert.Zero(t, active)
		}
	}
	for _, m := range []ParetoNBD{{}, {R: nan, Alpha: 1, S: 1, Beta: 1}, {R: 1, Alpha: inf, S: 1, Beta: 1}, {R: 1, Alpha: 1, S: -1, Beta: 1}, {R: 1, Alpha: 1, S: 1, Beta: 1, Unit: 9}} {
		assert.Error(t, m.Validate())
		zero(m, good, 52, rate)
		assert.Zero(t, m.ProbAlive(good))
		_, err := m.LogLikelihood(NewCounts(Week))
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
	for _, c := range impossible {
		zero(btyd, c.History, 52, rate)
	}
	for _, span := range []float64{nan, inf, -1, 0} {
		zero(btyd, good, span, rate)
	}
	for _, annual := range []float64{nan, inf, -1} {
		zero(btyd, good, 52, Rate{Annual: annual})
	}
	assert.Zero(t, btyd.Discounted(good, Rate{}), "without discount there is no value without an end")
	assert.Zero(t, btyd.Discounted(good, Rate{Annual: -.1}))
	assert.Zero(t, btyd.ProbAliveAfter(good, -1))
	assert.Zero(t, btyd.ProbAliveAfter(good, nan))
	assert.Nil(t, btyd.OrderDistribution(good, 52, -1))
	assert.Nil(t, btyd.OrderDistribution(good, 52, MaxOrders+1))
}

func TestParetoNBDJSON(t *testing.T) {
	b, err := json.Marshal(btyd)
	require.NoError(t, err)
	assert.Equal(t, `{"schema":"keyaccount/clv.Model","version":1,"model":"Pareto/NBD","unit":"week","parameters":[`+
		`{"name":"r","value":0.553397143256635},{"name":"alpha","value":10.5801985434744},`+
		`{"name":"s","value":0.606062497118},{"name":"beta","value":11.6562236707}]}`, string(b))
	var back ParetoNBD
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, btyd, back)
	for from, to := range map[string]string{"Pareto/NBD": "BG/NBD", `"s"`: `"a"`, "0.606062497118": "-1", `"unit":"week",`: ""} {
		assert.Error(t, json.Unmarshal([]byte(strings.Replace(string(b), from, to, 1)), &back), to)
		assert.Equal(t, btyd, back, "unchanged after an error")
	}
	fit, err := FitParetoNBD(smallTable(t), nil)
	require.NoError(t, err)
	b, err = json.Marshal(fit)
	require.NoError(t, err)
	assert.Less(t, len(b), 1024+512)
	var again ParetoNBDFit
	require.NoError(t, json.Unmarshal(b, &again))
	assert.Equal(t, *fit, again)
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, fit.ParetoNBD, back)
}

func FuzzParetoNBDPredict(f *testing.F) {
	f.Add(.55, 10.6, .6, 11.7, 26, 30.86, 31.0, 52.0, .1)
	f.Add(1e-300, 1e300, 1.0, 1e-300, 1<<31-1, 5e-324, math.MaxFloat64, math.MaxFloat64, -.999)
	f.Add(math.MaxFloat64, 5e-324, math.MaxFloat64, math.MaxFloat64, 1, math.MaxFloat64, math.MaxFloat64, 1.0, 1e300)
	f.Add(1e-9, 1e-5, 1e9, 1e-5, 3000, 150.0, 200.0, 1e-9, 1e-12)
	f.Fuzz(func(t *testing.T, r, alpha, s, beta float64, x int, tx, age, span, annual float64) {
		m, h, rate := ParetoNBD{R: r, Alpha: alpha, S: s, Beta: beta}, History{x, tx, age}, Rate{Annual: annual}
		alive, after, orders := m.ProbAlive(h), m.ProbAliveAfter(h, span), m.ExpectedOrders(h, span)
		forever, until := m.Discounted(h, rate), m.DiscountedUntil(h, span, rate)
		if !(alive >= 0 && alive <= 1) || !(after >= 0 && after <= alive) {
			t.Fatalf("%+v %+v: alive %v, then %v", m, h, alive, after)
		}
		for _, v := range []float64{orders, forever, until} {
			if !(v >= 0) || math.IsInf(v, 0) {
				t.Fatalf("%+v %+v %v: orders %v, worth %v, until %v", m, h, rate, orders, forever, until)
			}
		}
		if forever > 0 && until > forever*(1+1e-9) {
			t.Fatalf("%+v %+v %v %v: worth %v, until %v", m, h, rate, span, forever, until)
		}
		if (m.Validate() != nil || h.Validate() != nil) && alive+after+orders+forever+until != 0 {
			t.Fatalf("%+v %+v is refused but scored", m, h)
		}
		var sum float64
		for _, p := range m.OrderDistribution(h, span, 20) {
			if !(p >= 0 && p <= 1) {
				t.Fatalf("%+v %+v: probability %v", m, h, p)
			}
			sum += p
		}
		if sum > 1+1e-6 {
			t.Fatalf("%+v %+v %v: probabilities sum to %v", m, h, span, sum)
		}
		for _, at := range timesOf(m, h, span, rand.New(rand.NewPCG(1, 2))) {
			if !(at >= 0 && at <= span) {
				t.Fatalf("%+v %+v: an order at %v", m, h, at)
			}
		}
		var table Counts
		if table.Add(h, 1) != nil {
			return
		}
		if ll, err := m.LogLikelihood(&table); err == nil && (math.IsNaN(ll) || math.IsInf(ll, 0)) {
			t.Fatalf("%+v %+v: log-likelihood %v", m, h, ll)
		}
	})
}

// pymc-marketing answers the survival of a living customer with that of a new
// one. Here it is given what is known: who has stayed long stays longer.
func TestParetoNBDSurvivalIsThatOfWhoIsStillHere(t *testing.T) {
	h := History{40, 200, 200}
	stays := btyd.ProbAliveAfter(h, 52) / btyd.ProbAlive(h)
	assert.InDelta(t, math.Pow((btyd.Beta+200)/(btyd.Beta+252), btyd.S), stays, 1e-14)
	assert.Greater(t, stays, 2*btyd.ProbAliveAfter(History{}, 52))
	assert.InDelta(t, btyd.ProbAliveAfter(History{}, 252)/btyd.ProbAliveAfter(History{}, 200), stays, 1e-14)
}
