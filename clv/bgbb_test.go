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

// donations are the yearly gifts of 11,104 donors in six years (Fader, Hardie
// and Shang 2010).
func donations(t testing.TB) *DiscreteCounts {
	t.Helper()
	table := new(DiscreteCounts)
	for _, row := range oracle.CSV(t, "data/clv/donations.csv") {
		v := floats(t, row["frequency"]+" "+row["recency"]+" "+row["periods"]+" "+row["weights"])
		require.NoError(t, table.Add(DiscreteHistory{int(v[0]), int(v[1]), int(v[2])}, int64(v[3])))
	}
	return table
}

// The maximum was found by an independent Newton method on the exact
// log-likelihood; also Fader, Hardie and Shang (2010): 1.204, .750, .657,
// 2.783, LL -33225.6.
func TestFitBGBBReachesTheExactMaximum(t *testing.T) {
	fit, err := FitBGBB(donations(t), nil)
	require.NoError(t, err)
	assert.InDelta(t, -33225.581274, fit.LogLik, 1e-6)
	for i, want := range []Parameter{
		{"alpha", 1.20352235, .069391}, {"beta", .74971636, .029448}, {"gamma", .65671821, .051010}, {"delta", 2.78344223, .320819},
	} {
		assert.Equal(t, want.Name, fit.Estimates[i].Name)
		assert.InDelta(t, want.Value, fit.Estimates[i].Value, 5e-9, want.Name)
		assert.InDelta(t, want.StdErr, fit.Estimates[i].StdErr, 1e-6, want.Name)
	}
	assert.Less(t, fit.GradNorm, 1e-6)
	assert.Equal(t, Converged, fit.Status)
	assert.EqualValues(t, 11104, fit.N)
	for _, c := range []struct {
		h                    DiscreteHistory
		alive, orders, value float64
	}{
		{DiscreteHistory{0, 0, 6}, .108133, .0728633, .1147527},
		{DiscreteHistory{2, 4, 6}, .589657, 1.0576035, 1.6656233},
		{DiscreteHistory{6, 6, 6}, .930434, 3.7525442, 5.9098942},
	} {
		assert.InDelta(t, c.alive, fit.ProbAliveAfter(c.h, 1), 5e-7)
		assert.InDelta(t, c.orders, fit.ExpectedOrders(c.h, 5), 5e-8)
		assert.InDelta(t, c.value, fit.Discounted(c.h, Rate{Annual: .1}, 1), 5e-8)
	}
	t.Logf("%d steps, gradient %.1e", fit.Iterations, fit.GradNorm)
}

// donors are the estimates above, as printed; at the maximum itself the total
// below is 12884.156849.
var donors = BGBB{Alpha: 1.20352235, Beta: .74971636, Gamma: .65671821, Delta: 2.78344223}

// The tests of lifetimes have 12884.2.
func TestBGBBTotalOfTheDonations(t *testing.T) {
	var orders float64
	for h, n := range donations(t).All() {
		orders += float64(n) * donors.ExpectedOrders(h, 5)
	}
	assert.InDelta(t, 12884.156837, orders, 1e-6)
}

func TestBGBBDerivatives(t *testing.T) {
	var table DiscreteCounts
	for i, h := range []DiscreteHistory{{0, 0, 6}, {2, 4, 6}, {6, 6, 6}, {1, 3, 60}, {40, 70, 90}, {1, 1, 1}} {
		require.NoError(t, table.Add(h, int64(3+i)))
	}
	for _, p := range [][]float64{{1.2, .75, .66, 2.8}, {.1, 4, 1, .2}, {30, 40, 5, 90}} {
		checkDerivatives(t, bgbbChart(), bgbbTable(table.sorted()), p)
	}
}

// lifetimes adds 1e-15 to each likelihood, so that it never is below. Here a
// likelihood far below that, and below any float64, keeps its digits, by mpmath
// 1.3.0 with 40 digits from beta functions as the paper prints them.
func TestBGBBAddsNothingToTheLikelihood(t *testing.T) {
	for _, c := range []struct {
		m    BGBB
		h    DiscreteHistory
		want float64
	}{
		{BGBB{1.2, 0.75, 0.66, 2.8}, DiscreteHistory{0, 0, 6}, -1.16626427856442613},
		{BGBB{1.2, 0.75, 0.66, 2.8}, DiscreteHistory{2, 4, 6}, -5.19429872300078708},
		{BGBB{1.2, 0.75, 0.66, 2.8}, DiscreteHistory{60, 300, 365}, -161.047158568538802},
		{BGBB{300, 2, 0.05, 400}, DiscreteHistory{1, 365, 365}, -449.412685720726196},
		{BGBB{1e-09, 5, 1, 1e-06}, DiscreteHistory{40, 90, 120}, -108.009476040932282},
		{BGBB{2, 3, 0.5, 8}, DiscreteHistory{2500, 5000, 6000}, -3481.1176495882525},
	} {
		var table DiscreteCounts
		require.NoError(t, table.Add(c.h, 1))
		ll, err := c.m.LogLikelihood(&table)
		require.NoError(t, err)
		assert.InEpsilon(t, c.want, ll, 1e-12, "%+v", c)
	}
}

// By mpmath 1.3.0 with 40 digits, from the paper's 2F1: also at gamma = 1, with a
// heavy tail (gamma = 1e-3) and at a tiny rate, where 2F1 is near its pole.
func TestBGBBDiscountedAgainstFortyDigits(t *testing.T) {
	for _, c := range []struct {
		gamma, delta, d, want float64
	}{
		{0.66, 2.8, 0.1, 4.38108187880447545},
		{1.0, 2.8, 0.1, 3.1711904526518072},
		{0.001, 5.0, 0.1, 9.98946889571050004},
		{0.66, 2.8, 1.0e-6, 537.671601569302707},
		{3.5, 400.5, 0.002, 111.900258257779982},
		{0.2, 0.001, 2.5, 0.00188028644532532257},
		{50.0, 100000.0, 0.01, 95.1971137869172305},
		{1.0e-6, 3.0, 0.08, 12.4999803470278443},
	} {
		m := BGBB{Alpha: 3, Beta: 1, Gamma: c.gamma, Delta: c.delta}
		assert.InEpsilon(t, c.want*.75, m.Discounted(DiscreteHistory{}, Rate{Annual: c.d}, 1), 1e-12, "%+v", c)
	}
}

// The factor 1/(gamma-1) of the paper's equation 13 is removable.
func TestBGBBAtGammaEqualToOne(t *testing.T) {
	m, h := donors, DiscreteHistory{2, 4, 6}
	m.Gamma = 1
	at := m.ExpectedOrders(h, 5)
	for _, gamma := range []float64{1 - 1e-9, 1 + 1e-9} {
		m.Gamma = gamma
		assert.InEpsilon(t, at, m.ExpectedOrders(h, 5), 1e-8, "no seam")
	}
}

func TestBGBBProperties(t *testing.T) {
	rate := Rate{Annual: .08}
	for _, m := range []BGBB{donors, {Alpha: .1, Beta: 4, Gamma: 1, Delta: 9}, {Alpha: 60, Beta: 2, Gamma: .01, Delta: .2}} {
		for _, h := range []DiscreteHistory{{}, {0, 0, 6}, {2, 4, 6}, {6, 6, 6}, {3, 40, 60}, {400, 400, 400}} {
			alive := m.ProbAlive(h)
			assert.True(t, alive > 0 && alive <= 1)
			forever := m.Discounted(h, rate, 12)
			before, orders := alive, 0.0
			for n := 1; n <= 300; n++ {
				after, more := m.ProbAliveAfter(h, n), m.ExpectedOrders(h, n)
				assert.Less(t, after, before, "survival falls")
				assert.Greater(t, more, orders, "orders rise")
				assert.InDelta(t, more-orders, after*(m.Alpha+float64(h.Frequency))/(m.Alpha+m.Beta+float64(h.Opportunities)), 1e-12*more)
				assert.Less(t, m.DiscountedUntil(h, n, rate, 12), forever)
				before, orders = after, more
			}
			assert.InEpsilon(t, forever, m.DiscountedUntil(h, MaxOpportunities, rate, 12), 1e-10, "and tends to it")
			assert.Equal(t, orders, m.DiscountedUntil(h, 300, Rate{}, 12), "no rate, no discount")
			for _, n := range []int{0, 1, 5, 300} {
				checkDistribution(t, m.OrderDistribution(h, n), m.ExpectedOrders(h, n))
			}
		}
	}
}

// checkDistribution checks a whole distribution against its mean.
func checkDistribution(t *testing.T, p []float64, mean float64) {
	t.Helper()
	var sum, orders float64
	for n, pn := range p {
		assert.True(t, pn >= 0 && pn <= 1)
		sum += pn
		orders += float64(n) * pn
	}
	assert.InDelta(t, 1, sum, 1e-12)
	assert.InDelta(t, mean, orders, 1e-11*max(1, mean))
}

// All histories that three opportunities allow have probability 1 together:
// the likelihood is of a sequence, of which choose(t_x-1, x-1) share a history.
func TestBGBBLikelihoodsOfAllSequencesSumToOne(t *testing.T) {
	choose := map[int][]float64{1: {1}, 2: {1, 1}, 3: {1, 2, 1}}
	var sum float64
	byOrders := make([]float64, 4)
	add := func(h DiscreteHistory, ways float64) {
		var table DiscreteCounts
		require.NoError(t, table.Add(h, 1))
		ll, err := donors.LogLikelihood(&table)
		require.NoError(t, err)
		sum += ways * math.Exp(ll)
		byOrders[h.Frequency] += ways * math.Exp(ll)
	}
	add(DiscreteHistory{0, 0, 3}, 1)
	for last := 1; last <= 3; last++ {
		for x := 1; x <= last; x++ {
			add(DiscreteHistory{x, last, 3}, choose[last][x-1])
		}
	}
	assert.InDelta(t, 1, sum, 1e-14)
	for x, p := range donors.OrderDistribution(DiscreteHistory{}, 3) {
		assert.InDelta(t, byOrders[x], p, 1e-14)
	}
}

// A distribution over ten thousand opportunities passes through terms far below
// any float64.
func TestBGBBDistributionOverThousandsOfOpportunities(t *testing.T) {
	m := BGBB{Alpha: 2, Beta: 3, Gamma: .01, Delta: 100}
	checkDistribution(t, m.OrderDistribution(DiscreteHistory{}, 3000), m.ExpectedOrders(DiscreteHistory{}, 3000))
	m = BGBB{Alpha: 2000, Beta: 3e6, Gamma: .01, Delta: 1e5}
	checkDistribution(t, m.OrderDistribution(DiscreteHistory{}, 3000), m.ExpectedOrders(DiscreteHistory{}, 3000))
}

func TestFitBGBBRecoversItsParameters(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 8))
	truth := BGBB{Alpha: 1.2, Beta: .8, Gamma: .7, Delta: 4}
	var table DiscreteCounts
	for range 20000 {
		h := DiscreteHistory{Opportunities: 6 + r.IntN(6)}
		if at := truth.Future(DiscreteHistory{}, h.Opportunities, r); len(at) > 0 {
			h.Frequency, h.Recency = len(at), at[len(at)-1]
		}
		require.NoError(t, table.Add(h, 1))
	}
	fit, err := FitBGBB(&table, nil)
	require.NoError(t, err)
	for i, p := range fit.Estimates {
		assert.InDelta(t, truth.Parameters()[i].Value, p.Value, 3*p.StdErr, p.Name)
	}
	assert.Less(t, fit.GradNorm, 1e-6)
}

// What is drawn has the mean that is expected, also given a history.
func TestBGBBFuture(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	h := DiscreteHistory{2, 4, 6}
	const draws = 40000
	orders := 0
	for range draws {
		at := donors.Future(h, 10, r)
		orders += len(at)
		assert.True(t, slices.IsSorted(at))
	}
	assert.InDelta(t, donors.ExpectedOrders(h, 10), float64(orders)/draws, .06)
}

func TestFitBGBBRefuses(t *testing.T) {
	var silent, steady DiscreteCounts
	require.NoError(t, silent.Add(DiscreteHistory{0, 0, 6}, 70))
	require.NoError(t, steady.Add(DiscreteHistory{6, 6, 6}, 70))
	for _, c := range []struct {
		table *DiscreteCounts
		want  error
	}{{nil, ErrTooFewData}, {&DiscreteCounts{}, ErrTooFewData}, {&silent, ErrTooFewData}, {&steady, ErrNotIdentified}} {
		fit, err := FitBGBB(c.table, nil)
		assert.Nil(t, fit)
		assert.ErrorIs(t, err, c.want)
	}
}

func TestBGBBInvalidInputGivesZero(t *testing.T) {
	check := func(m BGBB, h DiscreteHistory, n int, rate Rate, perYear float64) {
		t.Helper()
		assert.Zero(t, m.DiscountedUntil(h, n, rate, perYear))
		if n == 5 {
			assert.Zero(t, m.Discounted(h, rate, perYear))
		}
	}
	good, rate := DiscreteHistory{2, 4, 6}, Rate{Annual: .1}
	assert.NotZero(t, donors.DiscountedUntil(good, 5, rate, 1))
	for _, m := range []BGBB{{}, {Alpha: math.NaN(), Beta: 1, Gamma: 1, Delta: 1}, {Alpha: 1, Beta: 1, Gamma: 1, Delta: math.Inf(1)}} {
		assert.ErrorIs(t, m.Validate(), keyaccount.ErrOutOfRange)
		check(m, good, 5, rate, 1)
		assert.Zero(t, m.ProbAlive(good))
		assert.Nil(t, m.OrderDistribution(good, 5))
		_, err := m.LogLikelihood(nil)
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
	for _, c := range impossibleDiscrete {
		check(donors, c.DiscreteHistory, 5, rate, 1)
		assert.Nil(t, donors.OrderDistribution(c.DiscreteHistory, 5))
	}
	for _, n := range []int{-1, MaxOpportunities + 1} {
		check(donors, good, n, rate, 1)
		assert.Zero(t, donors.ProbAliveAfter(good, n))
		assert.Nil(t, donors.OrderDistribution(good, n))
		assert.Nil(t, donors.Future(good, n, rand.New(rand.NewPCG(1, 1))))
	}
	for _, perYear := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		check(donors, good, 5, rate, perYear)
	}
	for _, annual := range []float64{-1, -2, math.NaN(), math.Inf(1)} {
		check(donors, good, 5, Rate{Annual: annual}, 1)
	}
	assert.Zero(t, donors.Discounted(good, Rate{}, 1), "no rate, no value without an end")
	huge := BGBB{Alpha: 1e308, Beta: 1e308, Gamma: 1e-308, Delta: 1e308}
	var table DiscreteCounts
	require.NoError(t, table.Add(good, 1))
	_, err := huge.LogLikelihood(&table)
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
}

func TestBGBBJSON(t *testing.T) {
	b, err := json.Marshal(donors)
	require.NoError(t, err)
	assert.Equal(t, `{"schema":"keyaccount/clv.Model","version":1,"model":"BG/BB","parameters":[`+
		`{"name":"alpha","value":1.20352235},{"name":"beta","value":0.74971636},`+
		`{"name":"gamma","value":0.65671821},{"name":"delta","value":2.78344223}]}`, string(b))
	var back BGBB
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, donors, back)
	assert.ErrorIs(t, json.Unmarshal([]byte(strings.Replace(string(b), "0.74971636", "0", 1)), &back), keyaccount.ErrOutOfRange)
	assert.ErrorIs(t, json.Unmarshal([]byte(strings.Replace(string(b), `"parameters"`, `"unit":"week","parameters"`, 1)), &back), keyaccount.ErrMalformed)
	assert.Equal(t, donors, back, "unchanged after an error")

	fit, err := FitBGBB(donations(t), nil)
	require.NoError(t, err)
	b, err = json.Marshal(fit)
	require.NoError(t, err)
	var again BGBBFit
	require.NoError(t, json.Unmarshal(b, &again))
	assert.Equal(t, *fit, again)
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, fit.BGBB, back)
}

func FuzzBGBBPredict(f *testing.F) {
	f.Add(1.2, .75, .66, 2.8, 2, 4, 6, 5, .1, 1.0)
	f.Add(1e-300, 1e300, 1.0, 5e-324, 10000, 10000, 10000, 40, -.5, 1e-3)
	f.Add(math.MaxFloat64, 5e-324, 5e-324, math.MaxFloat64, 0, 0, 9999, 100, 1e300, 365.0)
	f.Fuzz(func(t *testing.T, alpha, beta, gamma, delta float64, x, tx, n, ahead int, annual, perYear float64) {
		m, h, rate := BGBB{alpha, beta, gamma, delta}, DiscreteHistory{x, tx, n}, Rate{Annual: annual}
		alive, after, orders := m.ProbAlive(h), m.ProbAliveAfter(h, ahead), m.ExpectedOrders(h, ahead)
		forever, until := m.Discounted(h, rate, perYear), m.DiscountedUntil(h, ahead, rate, perYear)
		if !(alive >= 0 && alive <= 1) || !(after >= 0 && after <= alive) || !(orders >= 0) || orders > float64(max(ahead, 0)) {
			t.Fatalf("%+v %+v: alive %v, then %v, orders %v", m, h, alive, after, orders)
		}
		if !(forever >= 0) || math.IsInf(forever, 0) || !(until >= 0) || math.IsInf(until, 0) {
			t.Fatalf("%+v %+v: worth %v, until %v", m, h, forever, until)
		}
		if forever > 0 && until > forever*(1+1e-9) {
			t.Fatalf("%+v %+v %v %v: worth %v, until %v", m, h, rate, perYear, forever, until)
		}
		if (m.Validate() != nil || h.Validate() != nil) && alive+after+orders+forever+until != 0 {
			t.Fatalf("%+v %+v is refused but scored", m, h)
		}
		if ahead < 100 {
			var sum float64
			for _, p := range m.OrderDistribution(h, ahead) {
				if !(p >= 0 && p <= 1) {
					t.Fatalf("%+v %+v: %v", m, h, p)
				}
				sum += p
			}
			if sum != 0 && math.Abs(sum-1) > 1e-9 {
				t.Fatalf("%+v %+v: probabilities sum to %v", m, h, sum)
			}
			m.Future(h, ahead, rand.New(rand.NewPCG(1, 2)))
		}
		var table DiscreteCounts
		if table.Add(h, 1) == nil {
			if ll, err := m.LogLikelihood(&table); err == nil && (math.IsNaN(ll) || ll > 1e-9) {
				t.Fatalf("%+v %+v: log-likelihood %v", m, h, ll)
			}
		}
	})
}

func FuzzFitBGBB(f *testing.F) {
	f.Add(2, 3, 9, int64(4), 0, 0, 5, int64(9), 7, 8, 8, int64(1))
	f.Fuzz(func(t *testing.T, x1, r1, a1 int, n1 int64, x2, r2, a2 int, n2 int64, x3, r3, a3 int, n3 int64) {
		var table DiscreteCounts
		_ = table.Add(DiscreteHistory{x1, r1, a1}, n1)
		_ = table.Add(DiscreteHistory{x2, r2, a2}, n2)
		_ = table.Add(DiscreteHistory{x3, r3, a3}, n3)
		fit, err := FitBGBB(&table, nil)
		if err != nil {
			return
		}
		for _, p := range fit.Estimates {
			if !positive(p.Value) || !positive(p.StdErr) {
				t.Fatalf("%+v", fit)
			}
		}
	})
}

func BenchmarkFitBGBB(b *testing.B) {
	table := donations(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := FitBGBB(table, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBGBBPredict(b *testing.B) {
	h := DiscreteHistory{2, 4, 6}
	b.Run("ExpectedOrders5", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			donors.ExpectedOrders(h, 5)
		}
	})
	b.Run("Discounted", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			donors.Discounted(h, Rate{Annual: .1}, 1)
		}
	})
}
