package survey

import (
	"bufio"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount/internal/oracle"
)

var z95 = normalQuantile(0.95)

func TestQuantiles(t *testing.T) {
	// Abramowitz & Stegun, tables 26.5 and 26.10; more digits from scipy 1.10.
	assert.InDelta(t, 1.959963984540054, z95, 1e-14)
	assert.InDelta(t, 12.706204736432095, tQuantile(0.95, 1), 1e-9)
	assert.InDelta(t, 3.182446305284263, tQuantile(0.95, 3), 1e-10)
	assert.InDelta(t, 2.1447866879169273, tQuantile(0.95, 14), 1e-10)
	for _, level := range []float64{5e-324, 1e-300, 1e-16, 1e-9, 0.5, 0.999999, 1 - 1e-15} {
		for _, degrees := range []float64{1, 2, 3, 50, 5000, 1e6} {
			q := tQuantile(level, degrees)
			assert.False(t, q < 0 || math.IsNaN(q) || math.IsInf(q, 0), "t(%v, %v) = %v", level, degrees, q)
		}
	}
}

// The first two columns are the reference's (06_smalln.out). Its solver stopped
// within 1e-13; the last two are the same equation solved with 50 digits.
func TestScoreIntervalHighPrecision(t *testing.T) {
	for _, c := range []struct {
		s                 shares
		refLow, refHigh   float64
		wantLow, wantHigh float64
	}{
		{shares{0, 1, 4}, 0.01793156339028551, 0.9637758913675727, 0.0179315633902853237533, 0.963775891367569835175},
		{shares{3, 4, 5}, -0.2862562076880662, 0.5528216929551674, -0.286256207688149800767, 0.552821692955167436003},
		{shares{10, 25, 65}, 0.4036680387614686, 0.6661747775535342, 0.403668038761468613421, 0.666174777553581427111},
	} {
		low, high := c.s.interval(Score, z95)
		assert.InDelta(t, c.wantLow, low, 1e-15, "%v", c.s)
		assert.InDelta(t, c.wantHigh, high, 1e-15, "%v", c.s)
		assert.InDelta(t, c.refLow, low, 1e-13, "%v", c.s)
		assert.InDelta(t, c.refHigh, high, 1e-13, "%v", c.s)
	}
}

// Where only one band was chosen the equation has a closed solution.
func TestScoreIntervalClosedForms(t *testing.T) {
	for n := 1.0; n <= 1e6; n *= 10 {
		zz := z95 * z95
		low, high := shares{0, 0, n}.interval(Score, z95)
		assert.InDelta(t, (n-zz)/(n+zz), low, 1e-14)
		assert.Equal(t, 1.0, high)
		low, high = shares{0, n, 0}.interval(Score, z95)
		assert.InDelta(t, -zz/(n+zz), low, 1e-14)
		assert.InDelta(t, zz/(n+zz), high, 1e-14)
	}
}

// nps runs the R package NPS on 11 count vectors (04_nps_waves.out). Its
// "iterative" limits come from a search that stops at about 1e-6.
func TestIntervalsOfReference(t *testing.T) {
	scan := bufio.NewScanner(oracle.Open(t, "oracles/survey/04_nps_waves.out"))
	var s shares
	vectors, limits := 0, 0
	for scan.Scan() {
		line := scan.Text()
		if strings.HasPrefix(line, "== finite") {
			break
		}
		var n, value, variance, se, low, high float64
		if strings.HasPrefix(line, "== counts") {
			_, err := fmt.Sscanf(line, "== counts d,p,P = %g %g %g  n = %g  nps %g  var %g  se %g",
				&s.detractors, &s.passives, &s.promoters, &n, &value, &variance, &se)
			require.NoError(t, err, line)
			vectors++
			assert.InDelta(t, value, s.nps(), 1e-12, line)
			assert.InDelta(t, variance, s.variance(), 1e-12, line)
			assert.InDelta(t, se, math.Sqrt(s.variance()/s.n()), 1e-12, line)
			continue
		}
		name := strings.Fields(line)[0]
		var gotLow, gotHigh, within float64
		switch name {
		case "wald":
			gotLow, gotHigh = s.wald(z95)
			within = 1e-11
		case "adjusted.wald":
			gotLow, gotHigh = s.adjusted().wald(z95)
			within = 1e-11
		case "iterative":
			gotLow, gotHigh = s.interval(Score, z95)
			within = 5e-7
		default:
			continue // Dirichlet intervals, by simulation: not ours
		}
		_, err := fmt.Sscan(strings.TrimPrefix(strings.TrimSpace(line), name), &low, &high)
		require.NoError(t, err, line)
		limits++
		assert.InDelta(t, low, gotLow, within, "%v %s", s, line)
		assert.InDelta(t, high, gotHigh, within, "%v %s", s, line)
	}
	require.NoError(t, scan.Err())
	assert.Equal(t, 11, vectors)
	assert.Equal(t, 33, limits)
}

// coverage sums the probability of all samples of n answers whose interval
// holds the true score, and their expected width.
func coverage(n int, promoters, passives float64, interval func(shares) (low, high float64)) (cover, width float64) {
	detractors := 1 - promoters - passives
	truth := promoters - detractors
	lnFact := func(k int) float64 { v, _ := math.Lgamma(float64(k) + 1); return v }
	for d := 0; d <= n; d++ {
		for m := 0; m <= n-d; m++ {
			p := n - d - m
			prob := math.Exp(lnFact(n) - lnFact(d) - lnFact(m) - lnFact(p) +
				float64(d)*math.Log(detractors) + float64(m)*math.Log(passives) + float64(p)*math.Log(promoters))
			low, high := interval(shares{float64(d), float64(m), float64(p)})
			if low <= truth+1e-12 && truth <= high+1e-12 {
				cover += prob
			}
			width += prob * (high - low)
		}
	}
	return cover, width
}

func coverageOf(n int, promoters, passives float64) (wald, adjusted, score [2]float64) {
	wald[0], wald[1] = coverage(n, promoters, passives, func(s shares) (float64, float64) { return s.wald(z95) })
	adjusted[0], adjusted[1] = coverage(n, promoters, passives, func(s shares) (float64, float64) { return s.adjusted().wald(z95) })
	score[0], score[1] = coverage(n, promoters, passives, func(s shares) (float64, float64) { return s.interval(Score, z95) })
	return wald, adjusted, score
}

// Coverage of nominal 95% intervals at 80% promoters, 15% passives and 5%
// detractors, by full enumeration (06_smalln.out).
func TestCoverageOfEveryMethod(t *testing.T) {
	for _, c := range []struct {
		n                     int
		wald, adjusted, score float64
	}{
		{3, 0.474, 0.896, 0.950},
		{5, 0.665, 0.929, 0.964},
		{8, 0.822, 0.941, 0.956},
		{12, 0.770, 0.940, 0.961},
	} {
		wald, adjusted, score := coverageOf(c.n, 0.80, 0.15)
		assert.InDelta(t, c.wald, wald[0], 0.00051, "n = %d", c.n)
		assert.InDelta(t, c.adjusted, adjusted[0], 0.00051, "n = %d", c.n)
		assert.InDelta(t, c.score, score[0], 0.00051, "n = %d", c.n)
	}
}

func TestCoverageTableOfReference(t *testing.T) {
	row := regexp.MustCompile(`^n=\s*(\d+) P/Pa/D (\d+)/(\d+)/(\d+): wald ([\d.]+)/([\d.]+)  adj ([\d.]+)/([\d.]+)  score ([\d.]+)/([\d.]+)`)
	scan := bufio.NewScanner(oracle.Open(t, "oracles/survey/06_smalln.out"))
	rows := 0
	for scan.Scan() {
		m := row.FindStringSubmatch(scan.Text())
		if m == nil {
			continue
		}
		rows++
		var f [10]float64
		for i := range f {
			_, err := fmt.Sscan(m[i+1], &f[i])
			require.NoError(t, err)
		}
		total := f[1] + f[2] + f[3]
		wald, adjusted, score := coverageOf(int(f[0]), f[1]/total, f[2]/total)
		// The table's width of adjusted Wald is that of the limits cut off at
		// -1 and 1; of Wald it is not.
		_, adjusted[1] = coverage(int(f[0]), f[1]/total, f[2]/total,
			func(s shares) (float64, float64) { return s.interval(AdjustedWald, z95) })
		for i, got := range [][2]float64{wald, adjusted, score} {
			assert.InDelta(t, f[4+2*i], got[0], 0.00051, "coverage %d: %s", i, m[0])
			assert.InDelta(t, f[5+2*i], got[1], 0.0051, "width %d: %s", i, m[0])
		}
	}
	require.NoError(t, scan.Err())
	assert.Equal(t, 24, rows)
}

// The solver halves a bracket, so the equation must change sign once only.
func TestScoreEquationHasOneRootOnEachSide(t *testing.T) {
	for n := 1; n <= 9; n++ {
		for d := 0; d <= n; d++ {
			for m := 0; m <= n-d; m++ {
				s := shares{float64(d), float64(m), float64(n - d - m)}
				for _, z := range []float64{0.5, z95, 4} {
					low := s.scoreLow(z)
					for i := range 1000 {
						at := -1 + (s.nps()+1)*float64(i)/1000
						left := math.Sqrt(s.n())*(s.nps()-at) - z*math.Sqrt(s.varianceAt(at))
						if math.Abs(at-low) > 1e-9 {
							require.Equal(t, at < low, left > 0, "%v z=%v at %v, root %v", s, z, at, low)
						}
					}
				}
			}
		}
	}
}

// varianceAt must beat every other pair of shares with the same difference.
func TestRestrictedSharesAreTheLikeliest(t *testing.T) {
	logLik := func(s shares, q, d float64) float64 {
		ll := 0.0
		for _, term := range [][2]float64{{s.detractors, q}, {s.passives, 1 - 2*q - d}, {s.promoters, q + d}} {
			if term[0] > 0 {
				ll += term[0] * math.Log(term[1])
			}
		}
		return ll
	}
	for _, s := range []shares{{3, 4, 5}, {0, 1, 4}, {10, 25, 65}, {1, 0, 1}, {2, 7, 0}} {
		for d := -0.95; d < 1; d += 0.05 {
			q := (s.varianceAt(d) - d + d*d) / 2
			best := logLik(s, q, d)
			for i := 1; i < 400; i++ {
				lo, hi := max(0, -d), (1-d)/2
				other := lo + (hi-lo)*float64(i)/400
				require.GreaterOrEqual(t, best, logLik(s, other, d)-1e-9, "%v at %v: %v against %v", s, d, q, other)
			}
		}
	}
}
