package clv

import (
	"encoding/json"
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// published are the rounded CDNOW estimates of Fader, Hardie and Lee (2005).
var published = BGNBD{R: .243, Alpha: 4.414, A: .793, B: 2.426}

// Values at the published parameters, from BTYD 2.4.3 (R) and, where it fails,
// from 40-digit integrals of the likelihood.
func TestBGNBDPublishedValues(t *testing.T) {
	big := History{26, 30.8571428571429, 31} // CDNOW customer 1516
	checkFlow(t, published, big, "palive", 0.96885156285189688)
	checkFlow(t, published, History{2, 30.4285714285714, 38.8571428571429}, "cet39", 1.2261158061493193)
	checkFlow(t, published, History{7, 35, 77.86}, "ll", -23.943185418339385)
	assert.InDelta(t, 25.7564922154, published.ExpectedOrders(big, 52), 1e-10)
	assert.InDelta(t, 1.4460505954, published.ExpectedOrders(History{}, 52), 1e-10)
}

// lifetimes and CLVTools divide by a-1; BTYD too. The limit is finite.
func TestBGNBDAtAEqualToOne(t *testing.T) {
	m := published
	m.A = 1
	checkFlow(t, m, History{0, 0, 38.8571428571429}, "cet39", 0.19108816727817324)
	checkFlow(t, m, History{2, 30.4285714285714, 38.8571428571429}, "cet39", 1.1022163325091243)
	checkFlow(t, m, History{7, 35, 77.86}, "cet39", 0.11438092287175907)
	checkFlow(t, m, History{1, 39, 39}, "cet39", 0.65591332515478201)
	h := History{7, 35, 77.86}
	at := m.ExpectedOrders(h, 39)
	for _, a := range []float64{1 - 1e-9, 1 + 1e-9} {
		m.A = a
		assert.InEpsilon(t, at, m.ExpectedOrders(h, 39), 1e-8, "no seam at a = 1")
	}
}

// 2F1 overflows, or its fallback turns NaN, from about 200 repeat orders on: a
// key account that orders weekly has 260 in five years.
func TestBGNBDWithHundredsOfOrders(t *testing.T) {
	checkFlow(t, published, History{254, 97.14286, 97.28571}, "palive", 0.99558137177656024)
	checkFlow(t, published, History{254, 97.14286, 97.28571}, "cet39", 85.063358335187109)
	checkFlow(t, published, History{300, 150, 200}, "palive", 1.0071989906855309e-34)
	checkFlow(t, published, History{300, 150, 200}, "cet39", 5.3793756739422385e-33)
	checkFlow(t, published, History{300, 150, 200}, "ll", -113.28451689138948)
	checkFlow(t, published, History{1000, 199.9, 200}, "cet39", 177.64727662532207)
	m := published
	m.A = 1
	checkFlow(t, m, History{3000, 150, 200}, "ll", 5881.7424324942864)
	assert.Zero(t, published.ProbAlive(History{3000, 150, 200}), "1e-362 is 0, not NaN")
	assert.Zero(t, published.ExpectedOrders(History{3000, 150, 200}, 39))
}

// lifetimes takes the log of a negative 2F1 when a+b+x-1 < 0 (issue 302).
func TestBGNBDWithAPlusBBelowOne(t *testing.T) {
	m := BGNBD{R: .11, Alpha: 2.24, A: .31, B: .5}
	checkFlow(t, m, History{0, 0, 1}, "cet39", 0.68502911216766153)
	checkFlow(t, m, History{2, 30.4285714285714, 38.8571428571429}, "cet39", 1.325640310066773)
	checkFlow(t, m, History{1, 39, 39}, "cet39", 0.56971077089301652)
}

// An account that bought last on its last day: the odds reduce to a/(b+x-1).
func TestBGNBDWithTheLastPurchaseAtTheEnd(t *testing.T) {
	h := History{1, 39, 39}
	assert.InDelta(t, published.B/(published.A+published.B), published.ProbAlive(h), 1e-15)
	m := published
	m.A = 1
	checkFlow(t, m, h, "palive", 0.7081144191476941)
	checkFlow(t, m, h, "ll", -5.7409739662166224)
}

// A property of the model, often reported as a defect: an account leaves only
// after a repeat order, so before the first one it cannot have left.
func TestBGNBDOneTimeBuyersAreAlive(t *testing.T) {
	for _, age := range []float64{0, 1, 38.86, 1e4, 1e300} {
		assert.Equal(t, 1.0, published.ProbAlive(History{0, 0, age}))
	}
	// They are expected to order less and less all the same.
	before := math.Inf(1)
	for _, age := range []float64{0, 1, 38.86, 1e4, 1e300} {
		orders := published.ExpectedOrders(History{0, 0, age}, 52)
		assert.Less(t, orders, before)
		before = orders
	}
}

// Frequent buyers that fell silent are worth less than rare ones that did: the
// increasing-frequency paradox.
func TestBGNBDIncreasingFrequencyParadox(t *testing.T) {
	before := math.Inf(1)
	for _, x := range []int{5, 10, 15, 20} {
		orders := published.ExpectedOrders(History{x, 20, 39}, 52)
		assert.Less(t, orders, before)
		before = orders
	}
}

// BTYDplus rescales a whole batch, so that one customer's value depends on who
// else is asked for. Here a score is a function of one history.
func TestBGNBDScoreIsIndependentOfTheBatch(t *testing.T) {
	var histories []History
	var alone []float64
	for x := range 200 {
		h := History{x, float64(x) / 7, 40}
		histories = append(histories, h)
		alone = append(alone, published.ExpectedOrders(h, 52))
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range histories {
				k := (i*(2*w+1) + w) % len(histories)
				assert.Equal(t, alone[k], published.ExpectedOrders(histories[k], 52))
			}
		})
	}
	wg.Wait()
}

func TestBGNBDExpectedOrdersProperties(t *testing.T) {
	for _, h := range []History{{}, {0, 0, 30}, {1, 3, 30}, {4, 29, 30}, {40, 28, 30}} {
		assert.Zero(t, published.ExpectedOrders(h, 0))
		before := 0.0
		for _, span := range []float64{1e-6, 0.5, 1, 8, 52, 520, 1e6} {
			orders := published.ExpectedOrders(h, span)
			assert.Greater(t, orders, before, "more time, more orders")
			before = orders
			// Nobody who might leave orders more than somebody who stays.
			x := float64(h.Frequency)
			assert.LessOrEqual(t, orders, (published.R+x)/(published.Alpha+h.Age)*span)
		}
		// Time counted in days is the same model with alpha in days.
		days := published
		days.Alpha *= 7
		inDays := History{h.Frequency, 7 * h.Recency, 7 * h.Age}
		assert.InEpsilon(t, published.ProbAlive(h), days.ProbAlive(inDays), 1e-12)
		assert.InEpsilon(t, published.ExpectedOrders(h, 52), days.ExpectedOrders(inDays, 364), 1e-12)
	}
}

// The chance to be seen alive decays with silence, never with a fresh order.
func TestBGNBDProbAliveDecaysWithSilence(t *testing.T) {
	for _, x := range []int{1, 5, 50} {
		before := 1.0
		for age := 30.0; age < 200; age += 10 {
			p := published.ProbAlive(History{x, 29, age})
			assert.Less(t, p, before)
			before = p
		}
	}
}

func TestBGNBDInvalidInputGivesZero(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	good := History{3, 20, 30}
	for _, m := range []BGNBD{
		{},
		{R: nan, Alpha: 1, A: 1, B: 1},
		{R: 1, Alpha: inf, A: 1, B: 1},
		{R: 1, Alpha: 1, A: -1, B: 1},
		{R: 1, Alpha: 1, A: 1},
		{R: 1, Alpha: 1, A: 1, B: 1, Unit: 9},
	} {
		assert.Error(t, m.Validate())
		assert.Zero(t, m.ProbAlive(good))
		assert.Zero(t, m.ExpectedOrders(good, 5))
		assert.Zero(t, m.ExpectedOrders(History{}, 5))
		_, err := m.LogLikelihood(NewCounts(Week))
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
	for _, h := range impossible {
		assert.Zero(t, published.ProbAlive(h.History))
		assert.Zero(t, published.ExpectedOrders(h.History, 5))
	}
	for _, span := range []float64{nan, inf, -1, 0} {
		assert.Zero(t, published.ExpectedOrders(good, span))
	}
	err := BGNBD{R: nan, Alpha: 1, A: -2, B: 1}.Validate()
	assert.ErrorContains(t, err, `r "NaN"`)
	assert.ErrorContains(t, err, `a "-2"`)
}

func TestBGNBDJSONRoundTrip(t *testing.T) {
	b, err := json.Marshal(published)
	require.NoError(t, err)
	var back BGNBD
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, published, back)
}

func TestLogLikelihoodAddsUp(t *testing.T) {
	table, other := smallTable(t), NewCounts(Week)
	require.NoError(t, other.Add(History{300, 51, 52}, 3))
	require.NoError(t, other.Add(History{1500, 51.5, 52}, 1))
	one, err := published.LogLikelihood(table)
	require.NoError(t, err)
	two, err := published.LogLikelihood(other)
	require.NoError(t, err)
	require.NoError(t, table.Merge(other))
	both, err := published.LogLikelihood(table)
	require.NoError(t, err)
	assert.InEpsilon(t, one+two, both, 1e-13)

	for _, empty := range []*Counts{nil, {}, NewCounts(Week)} {
		ll, err := published.LogLikelihood(empty)
		assert.NoError(t, err)
		assert.Zero(t, ll)
	}
	_, err = BGNBD{R: 1e308, Alpha: 1e-308, A: 1e308, B: 1e-308}.LogLikelihood(table)
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange, "beyond the range of a float64")
}

func FuzzBGNBDPredict(f *testing.F) {
	f.Add(.243, 4.414, .793, 2.426, 26, 30.86, 31.0, 52.0)
	f.Add(1e-300, 1e300, 1.0, 1e-300, 1<<31-1, 5e-324, math.MaxFloat64, math.MaxFloat64)
	f.Add(math.MaxFloat64, 5e-324, math.MaxFloat64, math.MaxFloat64, 1, math.MaxFloat64, math.MaxFloat64, 1.0)
	f.Fuzz(func(t *testing.T, r, alpha, a, b float64, x int, tx, age, span float64) {
		m, h := BGNBD{R: r, Alpha: alpha, A: a, B: b}, History{x, tx, age}
		alive, orders := m.ProbAlive(h), m.ExpectedOrders(h, span)
		if !(alive >= 0 && alive <= 1) || !(orders >= 0) || math.IsInf(orders, 0) {
			t.Fatalf("%+v %+v %v: alive %v, orders %v", m, h, span, alive, orders)
		}
		if (h.Validate() == nil) != h.usable() {
			t.Fatalf("%+v: Validate and usable disagree", h)
		}
		if h.Validate() != nil && alive+orders != 0 {
			t.Fatalf("%+v is refused but scored", h)
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
