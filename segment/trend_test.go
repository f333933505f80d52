package segment

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func amountsOf(values ...string) []decimal.Decimal {
	out := make([]decimal.Decimal, len(values))
	for i, v := range values {
		out[i] = dec(v)
	}
	return out
}

func trendOf(t testing.TB, opts *TrendOptions, values ...string) *Trend {
	t.Helper()
	tr, err := FitTrend(amountsOf(values...), opts)
	require.NoError(t, err)
	return tr
}

// Hollander and Wolfe, Nonparametric Statistical Methods (2nd edition 1999),
// example 9.1 and its continuations, the effect of cloud seeding (Smith 1967):
// C = -6 with a one-sided probability of .117, slope -.056, and the interval
// from D(2) = -.13 to D(9) = .01 with k = 8, alpha = 2 * .042.
func TestTheilSenCloudSeeding(t *testing.T) {
	t.Parallel()
	tr := trendOf(t, &TrendOptions{Level: 0.90}, "1.26", "1.27", "1.12", "1.16", "1.03")
	assert.Equal(t, []int{-6, 5, 10, 1}, []int{tr.S, tr.Periods, tr.Pairs, tr.Season})
	assert.InDelta(t, -0.05625, tr.Slope, 1e-12)
	assert.InDelta(t, -0.13, tr.Low, 1e-12)
	assert.InDelta(t, 0.01, tr.High, 1e-12)
	assert.InDelta(t, 2*14.0/120, tr.PValue, 1e-12)
	assert.InDelta(t, 1-2*5.0/120, tr.Coverage, 1e-12)
	assert.Equal(t, TrendExact, tr.Method)
	assert.Zero(t, tr.Sure())

	b, err := json.Marshal(tr)
	require.NoError(t, err)
	var back Trend
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, *tr, back)
}

// kendallByForce counts the inversions of all orders within each season.
func kendallByForce(n, season int) (counts []int, all int) {
	perm := make([]int, n)
	for i := range perm {
		perm[i] = i
	}
	counts = make([]int, n*n)
	var walk func(i int)
	walk = func(i int) {
		if i == n {
			inv := 0
			for a := range n {
				for b := a + season; b < n; b += season {
					if perm[a] > perm[b] {
						inv++
					}
				}
			}
			counts[inv]++
			all++
			return
		}
		for j := i; j < n; j++ {
			if (j-i)%season == 0 {
				perm[i], perm[j] = perm[j], perm[i]
				walk(i + 1)
				perm[i], perm[j] = perm[j], perm[i]
			}
		}
	}
	walk(0)
	return counts, all
}

func TestKendallExactAgainstEveryOrder(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]int{{2, 1}, {3, 1}, {4, 1}, {5, 1}, {8, 1}, {4, 2}, {7, 2}, {9, 3}, {8, 5}} {
		n, season := c[0], c[1]
		counts, all := kendallByForce(n, season)
		pairs := 0
		for i := range n {
			for j := i + season; j < n; j += season {
				pairs++
			}
		}
		upTo := 0
		for i, p := range kendallExact(n, season, pairs) {
			upTo += counts[i]
			require.InEpsilon(t, float64(upTo)/float64(all), p, 1e-12, "%v %d", c, i)
		}
	}
}

// The far tail keeps its relative precision: one order of 50! is perfect.
func TestKendallExactTail(t *testing.T) {
	t.Parallel()
	lg, _ := math.Lgamma(51)
	assert.InEpsilon(t, math.Exp(-lg), kendallExact(50, 1, 50*49/2)[0], 1e-9)
}

func TestTrendDirections(t *testing.T) {
	t.Parallel()
	up := trendOf(t, nil, "10", "12", "13", "17", "18", "22", "23", "29")
	assert.Positive(t, up.Sure())
	assert.LessOrEqual(t, up.Low, up.Slope)
	assert.InDelta(t, up.Sure()/18, up.Relative(), 1e-15)
	down := trendOf(t, nil, "29", "23", "22", "18", "17", "13", "12", "10")
	assert.Equal(t, []float64{-up.Slope, -up.High, -up.Low, -up.Sure()}, []float64{down.Slope, down.Low, down.High, down.Sure()})

	// One large order moves a least-squares slope from 0 to 4.29, not this one.
	once := trendOf(t, nil, "10", "10", "10", "10", "10", "130", "10", "10")
	assert.Equal(t, []float64{0, 0, 0}, []float64{once.Slope, once.Sure(), once.Relative()})
	assert.Equal(t, TrendNormal, once.Method)

	// Four rising months are not enough for 95 %: 1 of 24 orders rises.
	few := trendOf(t, nil, "1", "2", "3", "5")
	assert.InDelta(t, 1-2.0/24, few.Coverage, 1e-12)
	assert.Positive(t, few.Low)
	assert.Zero(t, few.Sure())
	assert.Positive(t, trendOf(t, &TrendOptions{Level: 0.9}, "1", "2", "3", "5").Sure())

	flat := trendOf(t, nil, "7", "7", "7", "7", "7", "7")
	assert.Equal(t, Trend{Level: 0.95, Coverage: 1, Method: TrendNormal, PValue: 1, Mean: 7, Periods: 6, Season: 1, Pairs: 15}, *flat)
	none := trendOf(t, nil, "0", "0", "0")
	assert.Zero(t, none.Relative())
	two := trendOf(t, nil, "1", "3")
	assert.Equal(t, []float64{2, 2, 2, 0, 1}, []float64{two.Slope, two.Low, two.High, two.Coverage, two.PValue})
}

// A season without growth is no trend, and growth is found under it.
func TestTrendOfTheSameSeason(t *testing.T) {
	t.Parallel()
	// Two years that begin in spring and end at Christmas rise towards their
	// end: months look like growth where there is none.
	year := []string{"10", "11", "12", "14", "15", "40"}
	plain := trendOf(t, nil, append(year, year...)...)
	assert.Positive(t, plain.Slope)
	season := trendOf(t, &TrendOptions{Season: 6}, append(year, year...)...)
	assert.Equal(t, []float64{0, 0, 0}, []float64{season.Slope, season.Low, season.High})

	var grown []decimal.Decimal
	for i := range 24 {
		grown = append(grown, dec(year[i%6]).Add(decimal.NewFromFloat(0.5*float64(i))))
	}
	tr, err := FitTrend(grown, &TrendOptions{Season: 6})
	require.NoError(t, err)
	assert.InDelta(t, 0.5, tr.Slope, 1e-12)
	assert.InDelta(t, 0.5, tr.Sure(), 1e-12)
	assert.Equal(t, 6*6, tr.Pairs)
}

// Var(S) with ties: Kendall's n(n-1)(2n+5)/18 less the same of each group of
// equals. For 1 1 2 2 2 3: (6*5*17 - 2*1*9 - 3*2*11)/18.
func TestKendallVariance(t *testing.T) {
	t.Parallel()
	assert.InDelta(t, (510-18-66)/18.0, kendallVariance([]float64{2, 1, 3, 2, 1, 2}, 1), 1e-12)
	assert.InDelta(t, 2*3*2*11/18.0, kendallVariance([]float64{1, 1, 2, 2, 3, 3}, 2), 1e-12)
}

// On normal errors around a line, the interval covers as often as it says.
func TestTrendIntervalCovers(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 7))
	const runs = 2000
	covered, expected := 0, 0.0
	for range runs {
		ys := make([]float64, 12)
		for i := range ys {
			ys[i] = 3*float64(i) + 20*r.NormFloat64()
		}
		tr := theilSen(ys, TrendOptions{Level: 0.9, Season: 1})
		expected += tr.Coverage / runs
		if tr.Low <= 3 && 3 <= tr.High {
			covered++
		}
	}
	// Four standard errors of a share of 2,000.
	assert.InDelta(t, expected, float64(covered)/runs, 4*math.Sqrt(0.1*0.9/runs))
	assert.GreaterOrEqual(t, expected, 0.9)
}

func TestTrendProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 1))
	for range 300 {
		n, season := 4+r.IntN(56), 1+r.IntN(3)
		amounts := make([]decimal.Decimal, n)
		for i := range amounts {
			amounts[i] = decimal.New(r.Int64N(60)-10, 0)
		}
		o := &TrendOptions{Season: season, Level: 0.5 + 0.49*r.Float64()}
		tr, err := FitTrend(amounts, o)
		require.NoError(t, err)
		require.True(t, tr.Low <= tr.Slope && tr.Slope <= tr.High)
		require.True(t, tr.PValue > 0 && tr.PValue <= 1 && tr.Coverage >= 0 && tr.Coverage <= 1)
		require.True(t, math.Abs(tr.Sure()) <= math.Abs(tr.Slope))

		scaled, shifted := slices.Clone(amounts), slices.Clone(amounts)
		for i := range amounts {
			scaled[i] = amounts[i].Mul(dec("1024"))
			shifted[i] = amounts[i].Add(decimal.NewFromInt(int64(8 * i)))
		}
		s, err := FitTrend(scaled, o)
		require.NoError(t, err)
		require.Equal(t, []float64{1024 * tr.Slope, 1024 * tr.Low, 1024 * tr.High, tr.PValue, tr.Relative()}, []float64{s.Slope, s.Low, s.High, s.PValue, s.Relative()})
		m, err := FitTrend(shifted, o)
		require.NoError(t, err)
		require.InDelta(t, tr.Slope+8, m.Slope, 1e-9, "a line that is added is found")
	}
}

func TestFitTrendRefuses(t *testing.T) {
	t.Parallel()
	refused := func(opts *TrendOptions, amounts ...decimal.Decimal) error {
		tr, err := FitTrend(amounts, opts)
		require.Nil(t, tr)
		return err
	}
	ok := amountsOf("1", "2", "3")
	inputError(t, refused(nil), keyaccount.ErrMissing, "amounts", 0)
	inputError(t, refused(nil, ok[0]), keyaccount.ErrMissing, "amounts", 0)
	inputError(t, refused(&TrendOptions{Season: 3}, ok...), keyaccount.ErrMissing, "amounts", 0)
	inputError(t, refused(&TrendOptions{Season: -1}, ok...), keyaccount.ErrOutOfRange, "Season", 0)
	inputError(t, refused(&TrendOptions{Level: math.NaN()}, ok...), keyaccount.ErrOutOfRange, "Level", 0)
	inputError(t, refused(&TrendOptions{Level: 1}, ok...), keyaccount.ErrOutOfRange, "Level", 0)
	inputError(t, refused(nil, make([]decimal.Decimal, MaxTrendPeriods+1)...), keyaccount.ErrOutOfRange, "amounts", 0)
	inputError(t, refused(nil, dec("1"), dec("2e100")), keyaccount.ErrOutOfRange, "amounts", 2)
	inputError(t, refused(nil, dec("1"), decimal.New(0, 1<<30)), keyaccount.ErrOutOfRange, "amounts", 2)
}

// The short way of amountFloat agrees with the long one.
func TestAmountFloatIsTheNearest(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	for range 5000 {
		d := decimal.New(r.Int64N(1<<62)>>r.IntN(62)-1<<20, int32(r.IntN(50)-40))
		got, ok := amountFloat(d)
		require.True(t, ok)
		want, _ := d.Rat().Float64()
		require.Equal(t, want, got, d)
	}
}

func FuzzFitTrend(f *testing.F) {
	f.Add(int64(1), int64(2), int64(3), int64(4), int32(0), int32(-2), 0.95, 1)
	f.Add(int64(1), int64(-1), int64(math.MaxInt64), int64(0), int32(81), int32(-4096), 0.5, 2)
	f.Fuzz(func(t *testing.T, a, b, c, d int64, e1, e2 int32, level float64, season int) {
		tr, err := FitTrend([]decimal.Decimal{decimal.New(a, e1), decimal.New(b, e2), decimal.New(c, e1), decimal.New(d, e2)},
			&TrendOptions{Level: level, Season: season})
		if err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		for _, x := range []float64{tr.Slope, tr.Low, tr.High, tr.PValue, tr.Coverage, tr.Mean, tr.Relative()} {
			require.True(t, isFinite(x))
		}
		require.True(t, tr.Low <= tr.Slope && tr.Slope <= tr.High)
	})
}

// Test and interval are two sides of the same S: without ties, the interval
// leaves 0 out exactly where the p-value is no more than what it leaves open.
func TestTrendIntervalAndTestAgree(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 1))
	for range 500 {
		ys := make([]float64, 4+r.IntN(60))
		for i := range ys {
			ys[i] = r.NormFloat64() + 0.1*float64(i)*r.Float64()
		}
		tr := theilSen(ys, TrendOptions{Level: 0.5 + 0.49*r.Float64(), Season: 1 + r.IntN(3)})
		outside := tr.Low > 0 || tr.High < 0
		require.Equal(t, tr.PValue <= 1-tr.Coverage+1e-12, outside, "%+v", tr)
	}
}

// A higher level never gives a narrower interval.
func TestTrendIntervalsAreNested(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 2))
	for range 100 {
		ys := make([]float64, 5+r.IntN(30))
		for i := range ys {
			ys[i] = float64(r.IntN(12))
		}
		inner := theilSen(ys, TrendOptions{Level: 0.5, Season: 1})
		for _, level := range []float64{0.8, 0.95, 0.99} {
			outer := theilSen(ys, TrendOptions{Level: level, Season: 1})
			require.True(t, outer.Low <= inner.Low && outer.High >= inner.High)
			require.GreaterOrEqual(t, outer.Coverage, inner.Coverage)
			require.Equal(t, inner.Slope, outer.Slope)
			inner = outer
		}
	}
}

// Where the exact distribution ends the normal one goes on. S is a sum of
// uniform variables over k = 2..n, so that at 50 periods its excess kurtosis is
// -16/120 * sum(k^4 - 1) / Var(S)^2 = -0.043, and the first term of the Edgeworth
// series 2 * 0.043/24 * 0.55 = 0.002 at the most.
func TestKendallNormalMeetsExact(t *testing.T) {
	t.Parallel()
	const n, pairs = maxExactTrend, maxExactTrend * (maxExactTrend - 1) / 2
	exactLaw := kendallLaw{pairs: pairs, cumulative: kendallExact(n, 1, pairs)}
	normal := kendallLaw{pairs: pairs, sigma: math.Sqrt(tieTerm(n) / 18)}
	for s := 1; s < 500; s += 2 {
		require.InDelta(t, exactLaw.pValue(s), normal.pValue(s), 0.002)
	}
	for m := 1; m <= pairs/2; m++ {
		require.InDelta(t, exactLaw.coverage(m), normal.coverage(m), 0.002)
	}
	assert.InDelta(t, exactLaw.pValue(-99), exactLaw.pValue(99), 0)
}

// However large one order is, the slope stays within the others' range: a
// least-squares slope follows it without limit.
func TestTrendWithstandsOneOutlier(t *testing.T) {
	t.Parallel()
	values := []string{"10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21"}
	for _, size := range []string{"1e3", "1e6", "1e50"} {
		for i := range values {
			struck := slices.Clone(values)
			struck[i] = size
			tr := trendOf(t, nil, struck...)
			assert.InDelta(t, 1, tr.Slope, 1e-9)
			assert.InDelta(t, 1, tr.Sure(), 1e-9)
		}
	}
}
