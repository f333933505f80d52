package clv

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestPriorFrom(t *testing.T) {
	parent, err := FitBGNBD(smallTable(t), nil)
	require.NoError(t, err)
	prior, err := PriorFrom(parent, 0.25)
	require.NoError(t, err)
	require.Len(t, prior, 4)
	for _, c := range parent.Coordinates {
		assert.Equal(t, c.Value, prior[c.Name].Mean, c.Name)
		assert.InEpsilon(t, math.Sqrt(c.StdErr*c.StdErr+0.0625), prior[c.Name].SD, 1e-12, c.Name)
	}
	// A table that says nothing leaves the parent as it is.
	silent := tableOf(t, []CountedHistory{{History{0, 0, 1e-6}, 1}})
	fit, err := FitBGNBD(silent, &FitOptions{Prior: prior})
	require.NoError(t, err)
	assert.InEpsilon(t, parent.R, fit.R, 1e-6)
	assert.InEpsilon(t, parent.B, fit.B, 1e-6)

	for _, spread := range []float64{-1, math.NaN(), math.Inf(1)} {
		_, err := PriorFrom(parent, spread)
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
	_, err = PriorFrom((*BGNBDFit)(nil), 1)
	assert.ErrorIs(t, err, keyaccount.ErrMissing, "what a fit that failed returns")
	_, err = PriorFrom(nil, 1)
	assert.ErrorIs(t, err, keyaccount.ErrMissing)
	_, err = PriorFrom(new(Diagnostics), 1)
	assert.ErrorIs(t, err, keyaccount.ErrMissing, "no fit, no prior: never a fit without one")
}

// normalFit is the posterior mean y of one number, measured with a known error,
// under a normal prior: what FitSegments sees of a fit, in closed form.
type normalFit struct{ Diagnostics }

func fitNormal(data map[*Counts]Normal, pooled Normal) func(*Counts, *FitOptions) (*normalFit, error) {
	return func(table *Counts, opts *FitOptions) (*normalFit, error) {
		y, ok := data[table]
		if !ok {
			y = pooled
		}
		v := 1 / (y.SD * y.SD)
		at, logPrior := y.Mean, 0.0
		if p, ok := opts.Prior["theta"]; ok {
			w := 1 / (p.SD * p.SD)
			at, v = (v*y.Mean+w*p.Mean)/(v+w), v+w
			logPrior = logNormal(at, p.Mean, p.SD)
		}
		return &normalFit{Diagnostics{
			Coordinates: []Parameter{{Name: "theta", Value: at, StdErr: 1 / math.Sqrt(v)}},
			Covariance:  [][]float64{{1 / v}}, LogLik: logNormal(y.Mean, at, y.SD), LogPrior: logPrior, N: 1,
		}}, nil
	}
}

func logNormal(y, mean, sd float64) float64 {
	z := (y - mean) / sd
	return -z*z/2 - math.Log(sd) - math.Log(2*math.Pi)/2
}

// The eight schools of Rubin (1981), the classic of partial pooling: y and its
// standard error. The likelihood alone has its maximum where the schools do not
// differ at all.
var schools = []Normal{{28, 15}, {8, 10}, {-3, 16}, {7, 11}, {-1, 9}, {1, 11}, {18, 10}, {12, 18}}

func TestFitSegmentsOnEightSchools(t *testing.T) {
	data := make(map[*Counts]Normal)
	var segments []Segment
	for i, y := range schools {
		s := Segment{Name: string(rune('A' + i)), Table: tableOf(t, []CountedHistory{{History{0, 0, 1}, 1}})}
		segments = append(segments, s)
		data[s.Table] = y
	}
	for _, spread := range []float64{2, 10, 50} {
		fits, err := FitSegments(segments, fitNormal(data, Normal{7.7, 4.1}), &SegmentOptions{Spread: spread})
		require.NoError(t, err)
		// The same by brute force: the marginal likelihood is exact here.
		target := func(mean, sd float64) float64 {
			sum := math.Log(sd) - sd*sd/(2*spread*spread)
			for _, y := range schools {
				sum += logNormal(y.Mean, mean, math.Hypot(y.SD, sd))
			}
			return sum
		}
		mean, sd := fits.Typical[0].Value, fits.Spread[0].Value
		best := target(mean, sd)
		for _, d := range [][2]float64{{1e-3, 0}, {-1e-3, 0}, {0, 1e-3}, {0, -1e-3}, {5, 0}, {-5, 0}, {0, 5}, {0, -sd / 2}} {
			assert.Less(t, target(mean+d[0], sd+d[1]), best, "spread %v: %v", spread, d)
		}
		assert.InDelta(t, best-math.Log(sd)+sd*sd/(2*spread*spread), fits.LogMarginal, 1e-9)
		var information float64
		for i, y := range schools {
			information += 1 / (y.SD*y.SD + sd*sd)
			c := fits.Segments[i].Coordinates[0]
			assert.InDelta(t, y.SD*y.SD/(y.SD*y.SD+sd*sd), c.Shrinkage, 1e-9, "the textbook's factor")
			at := fits.Segments[i].Fit.Coordinates[0].Value
			assert.InDelta(t, y.Mean+c.Shrinkage*(mean-y.Mean), at, 1e-6)
			assert.InEpsilon(t, math.Exp(at-mean), c.Factor, 1e-9)
		}
		assert.InDelta(t, 1/math.Sqrt(information), fits.Typical[0].StdErr, 1e-9)
	}
}

// base simulates segments around a typical BG/NBD.
func base(typical BGNBD, segments, accounts int, spread float64) (out []Segment, truth [][]float64) {
	r := rand.New(rand.NewPCG(4, uint64(segments)))
	c := bgnbdChart()
	for i := range segments {
		at := c.from(values(typical.Parameters()))
		for j := range at {
			at[j] += spread * r.NormFloat64()
		}
		truth = append(truth, at)
		table := simulate(bgnbdOf(c.parameters(at), Week), accounts, rand.NewPCG(uint64(i), 9))
		out = append(out, Segment{fmt.Sprintf("segment %d", i+1), table})
	}
	return out, truth
}

func fitSegmentsWeakly(t testing.TB, segments []Segment) *SegmentFits[*BGNBDFit] {
	t.Helper()
	all, err := pool(segments)
	require.NoError(t, err)
	fits, err := FitSegments(segments, FitBGNBD, &SegmentOptions{Prior: WeakPrior(BGNBD{}, all)})
	require.NoError(t, err)
	return fits
}

// Segments that lean on each other are nearer to the truth than each alone with
// a weak prior, and than all as one.
func TestFitSegmentsRecovers(t *testing.T) {
	typical := BGNBD{R: .6, Alpha: 5, A: 1, B: 4}
	segments, truth := base(typical, 40, 60, 0.4)
	fits := fitSegmentsWeakly(t, segments)
	for j, want := range bgnbdChart().from(values(typical.Parameters())) {
		got := fits.Typical[j]
		assert.InDelta(t, want, got.Value, 3*got.StdErr, got.Name)
		assert.InDelta(t, 0.4, fits.Spread[j].Value, 0.15, got.Name)
		var shrunk, alone, pooled float64
		for i, s := range segments {
			square := func(fit *BGNBDFit) float64 {
				away := fit.Coordinates[j].Value - truth[i][j]
				return away * away
			}
			shrunk += square(fits.Segments[i].Fit)
			alone += square(fitWeakly(t, s.Table))
			pooled += square(fits.Pooled)
		}
		assert.Less(t, shrunk, alone, got.Name)
		assert.Less(t, shrunk, pooled, got.Name)
	}
	for _, c := range fits.Segments[0].Coordinates {
		assert.Greater(t, c.Shrinkage, 0.0)
		assert.Less(t, c.Shrinkage, 1.0)
	}
	next := fits.Prior()
	assert.Len(t, next, 4)
	assert.Greater(t, next["ln(r)"].SD, fits.Spread[1].Value)
}

func TestFitSegmentsFindsTheOneThatStandsOut(t *testing.T) {
	segments, _ := base(BGNBD{R: .6, Alpha: 5, A: 1, B: 4}, 9, 60, 0)
	same := fitSegmentsWeakly(t, segments)
	assert.Empty(t, same.Outliers(3), "segments that are alike")
	for j, name := range []string{"ln(r/alpha)", "ln(r)"} {
		assert.Less(t, same.Spread[j].Value, 0.3, name)
	}
	segments[4].Table = simulate(BGNBD{R: .6, Alpha: .8, A: 1, B: 4}, 60, rand.NewPCG(4, 9))
	fits := fitSegmentsWeakly(t, segments)
	out := fits.Outliers(3)
	require.NotEmpty(t, out)
	assert.Equal(t, "segment 5", out[0].Segment)
	assert.Equal(t, "ln(r/alpha)", out[0].Name)
	assert.InDelta(t, 5/.8, out[0].Factor, 3)
	assert.True(t, slices.IsSortedFunc(out, func(a, b Outlier) int {
		if math.Abs(a.Deviation) >= math.Abs(b.Deviation) {
			return -1
		}
		return 1
	}))
}

// Where rounds end, one more step of EM changes nothing, and along the way none
// goes down.
func TestFitSegmentsEndsWhereEMDoes(t *testing.T) {
	segments, _ := base(BGNBD{R: .6, Alpha: 5, A: 1, B: 4}, 12, 15, 0.4)
	fits := fitSegmentsWeakly(t, segments)
	h := hyper{spread: 0.5, believed: make([]Normal, 4)}
	var reports []*Diagnostics
	for _, s := range fits.Segments {
		reports = append(reports, s.Fit.Report())
	}
	for j, c := range fits.Typical {
		h.names = append(h.names, c.Name)
		h.mean = append(h.mean, c.Value)
		h.variance = append(h.variance, fits.Spread[j].Value*fits.Spread[j].Value)
	}
	all, err := pool(segments)
	require.NoError(t, err)
	h.believed, err = WeakPrior(BGNBD{}, all).on(h.names)
	require.NoError(t, err)
	var tables []normalTable
	for _, d := range reports {
		seen, err := h.see(d)
		require.NoError(t, err)
		tables = append(tables, seen)
	}
	next, top, ok := h.step(tables)
	require.True(t, ok)
	assert.Less(t, next.from(h), 1e-6)

	for j := range h.mean {
		h.mean[j] += 0.3
		h.variance[j] *= 1.5
	}
	before := math.Inf(-1)
	for range 200 {
		var value float64
		h, value, ok = h.step(tables)
		require.True(t, ok)
		require.GreaterOrEqual(t, value, before-1e-9)
		before = value
	}
	assert.Less(t, before, top+1e-9)
}

// What segments cannot do alone they do together; what none can, the prior does.
func TestFitSegmentsOfAFewAccounts(t *testing.T) {
	silent := func() *Counts { return tableOf(t, []CountedHistory{{History{0, 0, 30}, 4}}) }
	for _, segments := range [][]Segment{
		{{"alone", silent()}},
		{{"a", silent()}, {"b", silent()}, {"c", silent()}},
		{{"a", silent()}, {"b", tableOf(t, []CountedHistory{{History{5, 29, 30}, 1}})}},
		{{"one account", tableOf(t, []CountedHistory{{History{1e6, 29, 30}, 1}})}, {"all", smallTable(t)}},
	} {
		fits := fitSegmentsWeakly(t, segments)
		for j, c := range fits.Typical {
			assert.True(t, positive(c.StdErr) && positive(fits.Spread[j].Value), "%+v", fits)
		}
	}
}

func TestFitSegmentsRefuses(t *testing.T) {
	some := smallTable(t)
	for _, c := range []struct {
		name     string
		segments []Segment
		opts     *SegmentOptions
		want     error
	}{
		{"none", nil, nil, ErrTooFewData},
		{"no name", []Segment{{"", some}}, nil, keyaccount.ErrMissing},
		{"twice", []Segment{{"a", some}, {"a", some}}, nil, keyaccount.ErrDuplicate},
		{"no table", []Segment{{"a", nil}}, nil, keyaccount.ErrMissing},
		{"no accounts", []Segment{{"a", some}, {"b", NewCounts(Week)}}, nil, keyaccount.ErrMissing},
		{"units", []Segment{{"a", some}, {"b", func() *Counts {
			days := NewCounts(Day)
			require.NoError(t, days.Add(History{1, 2, 3}, 1))
			return days
		}()}}, nil, keyaccount.ErrMismatch},
		{"spread", []Segment{{"a", some}}, &SegmentOptions{Spread: -1}, keyaccount.ErrOutOfRange},
		{"prior", []Segment{{"a", some}}, &SegmentOptions{Prior: Prior{"x": {0, 1}}}, keyaccount.ErrMismatch},
		{"too few in all", []Segment{{"a", tableOf(t, []CountedHistory{{History{0, 0, 3}, 1}})}}, nil, ErrTooFewData},
		{"rounds", []Segment{{"a", some}, {"b", some}}, &SegmentOptions{MaxIterations: 1}, ErrNotConverged},
	} {
		fits, err := FitSegments(c.segments, FitBGNBD, c.opts)
		assert.Nil(t, fits, c.name)
		assert.ErrorIs(t, err, c.want, c.name)
	}
}

func TestFitSegmentsWithoutAFit(t *testing.T) {
	segments := []Segment{{"a", smallTable(t)}, {"b", smallTable(t)}}
	fits, err := FitSegments[*BGNBDFit](segments, nil, nil)
	assert.Nil(t, fits)
	assert.ErrorIs(t, err, keyaccount.ErrMissing)
	var none *BGNBDFit
	for _, good := range []int{0, 1} { // fits that are found
		fits, err := FitSegments(segments, func(table *Counts, opts *FitOptions) (*BGNBDFit, error) {
			if good--; good < 0 {
				return none, nil
			}
			return FitBGNBD(table, opts)
		}, nil)
		assert.Nil(t, fits)
		assert.ErrorIs(t, err, keyaccount.ErrMissing)
	}
}

func TestSegmentFitsJSONRoundTrip(t *testing.T) {
	segments, _ := base(BGNBD{R: .6, Alpha: 5, A: 1, B: 4}, 3, 40, 0.4)
	fits := fitSegmentsWeakly(t, segments)
	good := textOf(t, fits)
	assert.Contains(t, good, `{"schema":"keyaccount/clv.SegmentFits","version":1,"pooled":{"schema":"keyaccount/clv.Model"`)
	var back SegmentFits[*BGNBDFit]
	require.NoError(t, json.Unmarshal([]byte(good), &back))
	require.Equal(t, *fits, back)
	fit := textOf(t, fits.Segments[0].Fit)
	for _, c := range []struct {
		from, to string
		kind     error
	}{
		{"clv.SegmentFits", "clv.Segments", keyaccount.ErrVersion},
		{`"version":1`, `"version":2`, keyaccount.ErrVersion},
		{`"pooled"`, `"all"`, keyaccount.ErrMalformed},
		{fit, "null", keyaccount.ErrMissing},
		{fit, "{}", keyaccount.ErrVersion},
		{fit, strings.Replace(fit, "BG/NBD", "MBG/NBD", 1), keyaccount.ErrMismatch},
		{`"shrinkage":0`, `"shrinkage":7`, keyaccount.ErrMalformed},
		{`"spread":[{`, `"spread":[{"name":"x","value":1},{`, keyaccount.ErrMalformed},
	} {
		text := strings.Replace(good, c.from, c.to, 1)
		require.NotEqual(t, good, text, c.from)
		assert.ErrorIs(t, json.Unmarshal([]byte(text), &back), c.kind, "%s to %s", c.from, c.to)
		assert.Equal(t, *fits, back, "unchanged after an error")
	}
}

func FuzzSegmentFitsJSON(f *testing.F) {
	segments, _ := base(BGNBD{R: .6, Alpha: 5, A: 1, B: 4}, 2, 20, 0.4)
	f.Add([]byte(textOf(f, fitSegmentsWeakly(f, segments))))
	f.Fuzz(func(t *testing.T, text []byte) {
		var fits SegmentFits[*BGNBDFit]
		if fits.UnmarshalJSON(text) != nil {
			require.Empty(t, fits.Segments)
			return
		}
		fits.Outliers(1)
		if err := fits.Prior().Validate(); err != nil {
			t.Fatal(err)
		}
		for _, s := range fits.Segments {
			require.NoError(t, s.Fit.Validate())
		}
		var back SegmentFits[*BGNBDFit]
		require.NoError(t, json.Unmarshal([]byte(textOf(t, fits)), &back))
	})
}

// Whatever the tables, each answer is a finite fit or an error.
func FuzzFitSegments(f *testing.F) {
	f.Add(2, 3.0, 9.0, int64(4), 0, 0.0, 5.0, int64(9), 0.5)
	f.Add(1783368, 1.8e-17, 11.3, int64(1), 0, 0.0, 11.3, int64(1)<<60, 1e-9)
	f.Fuzz(func(t *testing.T, x1 int, r1, a1 float64, n1 int64, x2 int, r2, a2 float64, n2 int64, spread float64) {
		one, two := NewCounts(Week), NewCounts(Week)
		_ = one.Add(History{x1, r1, a1}, n1)
		_ = two.Add(History{x2, r2, a2}, n2)
		segments := []Segment{{"one", one}, {"two", two}, {"small", smallTable(t)}}
		all, err := pool(segments)
		if err != nil {
			return
		}
		fits, err := FitSegments(segments, FitBGNBD, &SegmentOptions{Prior: WeakPrior(BGNBD{}, all), Spread: spread, MaxIterations: 20})
		if err != nil {
			return
		}
		for i, c := range fits.Typical {
			if !positive(c.StdErr) || !positive(fits.Spread[i].Value) || math.IsNaN(c.Value) || math.IsNaN(fits.LogMarginal) {
				t.Fatalf("%+v", fits)
			}
		}
		for _, s := range fits.Segments {
			for _, c := range s.Coordinates {
				if !(c.Shrinkage >= 0 && c.Shrinkage <= 1) || math.IsNaN(c.Deviation) || math.IsInf(c.Factor, 0) {
					t.Fatalf("%+v", s)
				}
			}
		}
	})
}
