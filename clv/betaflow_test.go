package clv

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount/internal/oracle"
)

// By mpmath 1.3.0 with 30 digits, as
// r Int_0^tau e^(-kappa y) 2F1(r+1, a; a+b; -y) dy in ln(1+y), tau infinite for
// DERT: an integral over time, where this package's are over rate and p. The
// first, third and fourth DERT were also computed over the rate alone, as
// E l/(l+d) 2F1(1, b; a+b; l/(l+d)), to the same 17 digits.
var presentValues = []struct {
	f                betaFlow
	delta, dert      float64
	dect1, d52, d520 float64
	unpaid           float64 // DECT for 52 at -delta
}{
	{betaFlow{.243, 4.414, .793, 2.426}, .00147, 4.8126004524249248769, .053229180745092656704, 1.401456612022379032, 3.9504030428194068324, 1.4927942233796163764},
	{betaFlow{2.243, 43.27, .793, 4.426}, .00147, 9.804574915118076063, .051507093780132462488, 2.0711053613888157041, 7.7376293774788893162, 2.2235472858885480998},
	{betaFlow{26.243, 35.4, .793, 28.426}, .00147, 97.104389314680714114, .73316871157991423958, 25.711556869041128873, 79.783541682861948752, 27.516462580924556486},
	{betaFlow{2.243, 43.27, 1, 4.426}, .00147, 7.8197905651143574653, .051445155768282898144, 1.9766916650155599194, 6.5237075375756905569, 2.1196819297735467405},
	{betaFlow{300.243, 204.4, .793, 302.426}, .00147, 437.74976138071177093, 1.4650002276697276308, 67.191540700138864176, 323.51671083402780452, 72.364297613371105544},
	{betaFlow{1.165, 11.245, .5728, .5639}, .0027, 4.8702161791314865676, .09876724664049238807, 1.9959386744078533257, 4.4675370412932038452, 2.2209449624927396376},
	{betaFlow{.11, 2.24, .31, .5}, .0001, 38.195225668763599679, .045276652058267605942, 1.0982654176219800732, 5.3772624370974522007, 1.1031049495407229},
	{betaFlow{.05, 1, .02, .03}, .01, 2.8438530714209535801, .043328031129923136788, 1.2157882736187416385, 2.8292816218182352309, 2.0078113293634839829},
}

func TestPresentValuesAgainstAnotherIntegral(t *testing.T) {
	near := func(want, got float64, what string, f betaFlow) {
		t.Helper()
		assert.LessOrEqual(t, math.Abs(got-want), 1e-11*want, "%s %+v: want %v, got %v", what, f, want, got)
	}
	for _, c := range presentValues {
		near(c.dert, c.f.discounted(c.delta), "DERT", c.f)
		for i, span := range []float64{1, 52, 520} {
			want := []float64{c.dect1, c.d52, c.d520}[i]
			near(want, c.f.discountedUntil(span, c.delta), "DECT", c.f)
			near(want, c.f.overRates(span/c.f.alpha, span*c.delta), "DECT over rates", c.f)
		}
		near(c.unpaid, c.f.discountedUntil(52, -c.delta), "DECT at a negative rate", c.f)
		near(c.unpaid, c.f.overRates(52/c.f.alpha, -52*c.delta), "DECT over rates", c.f)
	}
}

// No tool gives a discounted value for BG/NBD (CLVTools issues 4 and 5), and
// closed forms of its kind are singular at a = 1.
func TestDiscountedAtAEqualToOne(t *testing.T) {
	h := History{2, 30, 38.856}
	m := BGNBD{R: .243, Alpha: 4.414, A: 1, B: 2.426}
	at := m.Discounted(h, Rate{.08})
	assert.True(t, positive(at))
	for _, a := range []float64{1 - 1e-10, 1 + 1e-10} {
		m.A = a
		assert.InEpsilon(t, at, m.Discounted(h, Rate{.08}), 1e-9, "no seam at a = 1")
	}
}

// CLVTools takes ln 1.1 for the rate of a week as well as of a year. Here 10 % a
// year are 10 % a year in every unit.
func TestDiscountIsAnnualWhateverTheUnit(t *testing.T) {
	h := History{2, 30, 38}
	weeks := MBGNBD{R: .525, Alpha: 6.183, A: .891, B: 1.614}
	days := MBGNBD{R: .525, Alpha: 7 * 6.183, A: .891, B: 1.614, Unit: Day}
	inDays := History{2, 7 * 30, 7 * 38}
	rate := Rate{Annual: .1}
	assert.InEpsilon(t, weeks.Discounted(h, rate), days.Discounted(inDays, rate), 1e-12)
	assert.InEpsilon(t, weeks.DiscountedUntil(h, 52, rate), days.DiscountedUntil(inDays, 364, rate), 1e-12)
	year := weeks.DiscountedUntil(h, 52, rate) / weeks.ExpectedOrders(h, 52)
	assert.Greater(t, year, 1/1.1, "the orders of a year lose less than a year's interest")
	assert.Less(t, year, 1.0)
}

// pymc-marketing reports S(T+t), which an account that is known to be alive at
// T can beat; given survival the answer is S(T+t)/S(T).
func TestProbAliveAfterIsConditional(t *testing.T) {
	f := betaFlow{2.243, 43.27, .793, 4.426}
	// E (1+p tau)^-r by mpmath 1.3.0 as 2F1(r, a; a+b; -tau)
	assert.InEpsilon(t, 0.7316952697552131452, f.alive(52), 1e-12)
	h := History{2, 30.4, 38.856}
	m := BGNBD{R: .243, Alpha: 4.414, A: .793, B: 2.426}
	assert.InEpsilon(t, m.ProbAlive(h)*f.alive(52), m.ProbAliveAfter(h, 52), 1e-12)
}

// The two ways to the same mean: the sum over events and the integral over p.
func TestEventsAgreeWithTheIntegral(t *testing.T) {
	for _, a := range []float64{1e-9, .1, .793, 1, 3, 60, 1e4} {
		for _, b := range []float64{1e-9, .5, 2.4, 30, 1e5} {
			for _, r := range []float64{1e-3, .24, 3, 300, 5000} {
				for _, tau := range []float64{1e-6, .1, 1.3, 12} {
					o := overEvents(r, tau, a, b, 1, 1)
					msg := []any{"a=%v b=%v r=%v tau=%v", a, b, r, tau}
					assert.InEpsilon(t, betaMean(a, b, r, tau), o.orders, 5e-12, msg...)
					if o.alive > 1e-250 {
						assert.InEpsilon(t, betaAlive(a, b, r, tau), o.alive, 2e-11, msg...)
					}
				}
			}
		}
	}
}

// Every BG pmf row of the oracle; lifetimes and BTYD, with gamma functions, are
// NaN from n = 172 on.
func TestBGNBDDistributionMatchesFortyDigitIntegrals(t *testing.T) {
	seen := 0
	for _, row := range oracle.CSV(t, "oracles/clv/oracle_mpmath.csv") {
		if row["model"] != "bgnbd" || row["quantity"] != "pmf30" {
			continue
		}
		p, n := floats(t, row["params"]), int(floats(t, row["args(x tx T | n)"])[0])
		m := BGNBD{R: p[0], Alpha: p[1], A: p[2], B: p[3]}
		assert.InEpsilon(t, floats(t, row["value"])[0], m.OrderDistribution(History{}, 30, n)[n], 1e-10, "%+v %d", m, n)
		seen++
	}
	assert.Equal(t, 20, seen)
}

func TestBGNBDDistributionAboveOneHundredAndSeventyTwo(t *testing.T) {
	p := published.OrderDistribution(History{}, 30, 200)
	assert.InEpsilon(t, 0.60711031731209171, p[0], 1e-12)
	assert.InEpsilon(t, 0.00090031478964364335, p[14], 1e-12)
	assert.InEpsilon(t, 1.0502225854304005e-16, p[200], 1e-12)
	long := published.OrderDistribution(History{5000, 51, 52}, 52, 9000)
	assert.InDelta(t, 1, sum(long), 1e-10, "thousands of terms")
}

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
}

func TestNegativeBinomialSumsToOne(t *testing.T) {
	for _, r := range []float64{1e-7, .01, .5, 1, 7, 400, 1e5} {
		for _, tau := range []float64{1e-9, .01, 1, 20, 1e5} {
			for _, most := range []int{0, 1, 5, 60, 700, 20000} {
				p, beyond := negativeBinomial(r, tau, most)
				assert.InDelta(t, 1, sum(p)+beyond, 2e-11, "r=%v tau=%v most=%d", r, tau, most)
				// The tail is right in its own scale: one term less, one more.
				if most > 0 && p[most] > 1e-290 {
					_, before := negativeBinomial(r, tau, most-1)
					assert.InDelta(t, before, p[most]+beyond, 2e-10*before, "r=%v tau=%v most=%d", r, tau, most)
				}
			}
		}
	}
}

// Samples against mean and variance, of the log for the small shapes: digamma
// and trigamma.
func TestSampling(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 40000
	for _, shape := range []float64{.02, .3, 1, 2.5, 80, 1e6, 1e17} {
		var s, s2 float64
		for range n {
			v := (math.Exp(logGamma(shape, r)) - shape) / math.Sqrt(shape)
			s, s2 = s+v, s2+v*v
		}
		assert.InDelta(t, 0, s/n, 5/math.Sqrt(n), "mean at shape %v", shape)
		assert.InDelta(t, 1, s2/n, 5*math.Sqrt((2+6/shape)/n), "variance at shape %v", shape)
	}
	for _, c := range [][2]float64{{.5, .5}, {.793, 2.426}, {40, 3}, {1e-3, 2}, {1e9, 1e9}} {
		a, b := c[0], c[1]
		var s float64
		for range n {
			s += drawBeta(a, b, r)
		}
		assert.InDelta(t, a/(a+b), s/n, 5*math.Sqrt(a*b/(a+b+1)/n)/(a+b), "%v", c)
	}
	for _, shape := range []float64{5e-324, 1e-300, 1e300, math.MaxFloat64} {
		assert.False(t, math.IsNaN(logGamma(shape, r)) || math.IsInf(logGamma(shape, r), 0), "%v", shape)
		p := drawBeta(shape, shape, r)
		assert.True(t, p >= 0 && p <= 1, "%v", shape)
	}
}

// What Future draws agrees with what the model says of orders, departure and
// numbers, for accounts with a history.
func TestFutureAgreesWithTheAnswers(t *testing.T) {
	const n = 20000
	for i, m := range flows() {
		h := History{4, 30, 33}
		r := rand.New(rand.NewPCG(9, uint64(i)))
		counts := make([]float64, 40)
		var orders, worth float64
		delta := math.Log1p(.5) / Year.Days() * 7
		for range n {
			at := timesOf(m, h, 26, r)
			assert.True(t, slices.IsSorted(at) && (len(at) == 0 || at[0] >= 0 && at[len(at)-1] <= 26))
			orders += float64(len(at)) / n
			for _, x := range at {
				worth += math.Exp(-delta*x) / n
			}
			counts[min(len(at), 39)] += 1.0 / n
		}
		p := m.OrderDistribution(h, 26, 38)
		var spread float64
		for k, q := range p {
			spread += q * float64(k*k)
			assert.InDelta(t, q, counts[k], 5*math.Sqrt(q/n)+1e-4, "%s %d", m.Name(), k)
		}
		want := m.ExpectedOrders(h, 26)
		assert.InDelta(t, want, orders, 5*math.Sqrt((spread-want*want)/n), m.Name())
		assert.InDelta(t, m.DiscountedUntil(h, 26, Rate{.5}), worth, 5*math.Sqrt((spread-want*want)/n), m.Name())
		again := timesOf(m, h, 26, rand.New(rand.NewPCG(1, 1)))
		require.Equal(t, again, timesOf(m, h, 26, rand.New(rand.NewPCG(1, 1))), "the same seed, the same orders")
	}
}
