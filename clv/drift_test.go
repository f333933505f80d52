package clv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"

	"github.com/keyaccount/keyaccount"
)

// simulated is a table of n accounts over 52 weeks.
func simulated(t testing.TB, m flow, n int, r *rand.Rand) *Counts {
	t.Helper()
	table := NewCounts(m.Unit)
	for range n {
		h := History{Age: 30 + float64(r.IntN(22*7))/7}
		for _, at := range timesOf(m, History{}, h.Age, r) {
			h.Frequency, h.Recency = h.Frequency+1, at
		}
		require.NoError(t, table.Add(h, 1))
	}
	return table
}

func fitted(t testing.TB, table *Counts) *fittedFlow {
	t.Helper()
	fit, err := fitFlow(table)
	require.NoError(t, err)
	return fit
}

// Two coordinates with variances 1+3 and 4+5, covariance 1+1: the joint matrix
// [4 2; 2 9] has the inverse [9 -2; -2 4]/32, so that d = (2, 3) gives
// (36 - 24 + 36)/32 = 1.5, and P(chi-square with 2 df > 1.5) = e^-0.75.
func TestCompareFitsByHand(t *testing.T) {
	before, after := twoCoordinates(0, 0, 1, 1, 4), twoCoordinates(2, 3, 3, 1, 5)
	d, err := CompareFits(before, after, &DriftOptions{Horizon: 7})
	require.NoError(t, err)
	assert.InDelta(t, 1.5, d.ChiSquare, 1e-14)
	assert.Equal(t, 2, d.DF)
	assert.InDelta(t, math.Exp(-.75), d.P, 1e-14)
	c := d.Coordinates[1]
	assert.Equal(t, CoordinateDrift{Name: "v", Before: 0, After: 3, Change: 3, StdErr: 3, Z: 1, P: c.P}, c)
	assert.InDelta(t, 0.31731050786291415, c.P, 1e-15)
	// Expected orders are e^(u+2v) t, so the log changes by 8, with variances
	// 1+4+16 and 3+4+20.
	assert.InDelta(t, math.Exp(8)-1, d.Orders[0].Change, 1e-9)
	assert.InDelta(t, math.Sqrt(48), d.Orders[0].StdErr, 1e-7)
	assert.Equal(t, Uncertain, d.Verdict)

	same, err := CompareFits(before, before, nil)
	require.NoError(t, err)
	assert.Zero(t, same.ChiSquare)
	assert.Equal(t, 1.0, same.P)
	assert.Equal(t, Stable, same.Verdict)
}

// exponential is a fit with two coordinates u and v, that expects e^(u+2v) t.
type exponential struct {
	flow
	Diagnostics
	u, v float64
	name string
}

func twoCoordinates(u, v, uu, uv, vv float64) *exponential {
	return &exponential{flow: flow{published}, u: u, v: v, name: "two", Diagnostics: Diagnostics{
		Coordinates: []Parameter{{"u", u, math.Sqrt(uu)}, {"v", v, math.Sqrt(vv)}},
		Covariance:  [][]float64{{uu, uv}, {uv, vv}}, N: 5,
	}}
}

func (e *exponential) Name() string { return e.name }

func (e *exponential) Parameters() []Parameter { return []Parameter{{Name: "u"}, {Name: "v"}} }

func (e *exponential) ExpectedOrders(_ History, t float64) float64 { return math.Exp(e.u+2*e.v) * t }

func (e *exponential) at(c []float64) OrderFlow { return &exponential{u: c[0], v: c[1]} }

// Of samples of one model about one in twenty differs at 5 %, and P is uniform.
func TestCompareFitsHasItsLevel(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	m := flow{BGNBD{R: .8, Alpha: 6, A: .8, B: 5}}
	small, runs := 0, 0
	sum := 0.0
	for range 60 {
		a, b := fitted(t, simulated(t, m, 1500, r)), fitted(t, simulated(t, m, 1500, r))
		d, err := CompareFits(a, b, nil)
		require.NoError(t, err)
		runs++
		sum += d.P
		if d.P < .05 {
			small++
		}
	}
	assert.InDelta(t, .5, sum/float64(runs), 4/math.Sqrt(12*float64(runs)))
	assert.LessOrEqual(t, small, 10)
}

func TestCompareFitsFindsDrift(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 2))
	before := fitted(t, simulated(t, flow{BGNBD{R: .8, Alpha: 6, A: .8, B: 5}}, 4000, r))
	after := fitted(t, simulated(t, flow{BGNBD{R: .8, Alpha: 9, A: .8, B: 5}}, 4000, r)) // a third fewer orders
	d, err := CompareFits(before, after, &DriftOptions{Histories: []History{{}, {3, 20, 52}, {0, 0, 52}}})
	require.NoError(t, err)
	assert.Equal(t, Drifted, d.Verdict)
	assert.Less(t, d.P, 1e-6)
	assert.Less(t, d.Coordinates[0].Z, -4.0, "ln(r/alpha)")
	assert.Negative(t, d.Orders[0].Change)
	assert.Contains(t, d.Text().In("en"), "behave otherwise")
	assert.Contains(t, d.Text().In("zh"), "已经改变")
	for _, o := range d.Orders {
		assert.LessOrEqual(t, math.Abs(o.Change), math.Abs(d.Orders[d.Largest].Change))
	}
	swapped, err := CompareFits(after, before, nil)
	require.NoError(t, err)
	assert.InDelta(t, d.ChiSquare, swapped.ChiSquare, 1e-9*d.ChiSquare)
	assert.InDelta(t, d.Orders[0].StdErr, swapped.Orders[0].StdErr, 1e-9)

	text, err := json.Marshal(d)
	require.NoError(t, err)
	var back Drift
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, *d, back)
}

// The delta method agrees with draws from the coordinates' distribution.
func TestOrdersStdErrAgreesWithDraws(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 3))
	fit := fitted(t, simulated(t, flow{BGNBD{R: .8, Alpha: 6, A: .8, B: 5}}, 4000, r))
	at := values(fit.Coordinates)
	n := len(at)
	covariance := mat.NewSymDense(n, nil)
	for i, row := range fit.Covariance {
		for j, v := range row {
			covariance.SetSym(i, j, v)
		}
	}
	var factor mat.Cholesky
	require.True(t, factor.Factorize(covariance))
	var lower mat.TriDense
	factor.LTo(&lower)
	var sum, squares float64
	const draws = 4000
	for range draws {
		z, drawn := make([]float64, n), slices.Clone(at)
		for i := range z {
			z[i] = r.NormFloat64()
			for j := range i + 1 {
				drawn[i] += lower.At(i, j) * z[j]
			}
		}
		v := math.Log(fit.at(drawn).ExpectedOrders(History{}, 52))
		sum += v
		squares += v * v
	}
	spread := math.Sqrt(squares/draws - sum/draws*sum/draws)
	assert.InEpsilon(t, spread, logOrdersStdErr(fit, History{}, 52), .05)
}

func TestCompareFitsRefuses(t *testing.T) {
	good := func() *exponential { return twoCoordinates(0, 0, 1, .5, 4) }
	for _, c := range []struct {
		name   string
		change func(f *exponential)
		kind   error
		field  string
	}{
		{"another model", func(f *exponential) { f.name = "three" }, keyaccount.ErrMismatch, "after"},
		{"another unit", func(f *exponential) { f.Unit = Day }, keyaccount.ErrMismatch, "Unit"},
		{"invalid", func(f *exponential) { f.R = -1 }, keyaccount.ErrOutOfRange, "r"},
		{"other coordinates", func(f *exponential) { f.Coordinates[1].Name = "w" }, keyaccount.ErrMismatch, "Coordinates"},
		{"no covariance", func(f *exponential) { f.Covariance = nil }, keyaccount.ErrMalformed, "Fit"},
		{"no orders", func(f *exponential) { f.u = -1e9 }, keyaccount.ErrOutOfRange, "ExpectedOrders"},
		{"orders without end", func(f *exponential) { f.u = 1e9 }, keyaccount.ErrOutOfRange, "ExpectedOrders"},
	} {
		after := good()
		c.change(after)
		_, err := CompareFits(good(), after, nil)
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad, c.name)
		assert.ErrorIs(t, err, c.kind, c.name)
		assert.Equal(t, c.field, bad.Field, c.name)
	}
	_, err := CompareFits(good(), (*BGNBDFit)(nil), nil)
	assert.ErrorIs(t, err, keyaccount.ErrMissing, "what a fit that failed returns")
	singular := twoCoordinates(1, 1, 1, 1, 1)
	_, err = CompareFits(singular, singular, nil)
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	_, err = CompareFits(nil, good(), nil)
	assert.ErrorIs(t, err, keyaccount.ErrMissing)
	for _, o := range []DriftOptions{{Level: 2}, {Tolerance: -1}, {Horizon: math.NaN()}, {Histories: []History{{Age: -1}}}} {
		_, err := CompareFits(good(), good(), &o)
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
}

func TestVerdict(t *testing.T) {
	for _, v := range []Verdict{Stable, Slight, Uncertain, Drifted} {
		text, err := v.MarshalText()
		require.NoError(t, err)
		var back Verdict
		require.NoError(t, back.UnmarshalText(text))
		assert.Equal(t, v, back)
		assert.NotEmpty(t, v.Label().En)
		assert.NotEmpty(t, v.Label().Zh)
		d := Drift{P: .5, Level: .05, Tolerance: .1, Orders: []OrdersDrift{{Change: -.2}}}
		if v == Slight || v == Drifted {
			d.P = .01
		}
		if v == Stable || v == Slight {
			d.Orders[0].Change = .02
		}
		assert.Equal(t, v, d.verdict())
	}
	_, err := Verdict(9).MarshalText()
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	assert.ErrorIs(t, new(Verdict).UnmarshalText([]byte("odd")), keyaccount.ErrMalformed)
	assert.Equal(t, "Verdict(9)", Verdict(9).Label().In("zh"))
}
