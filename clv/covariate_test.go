package clv

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// branches simulates two industries of four sizes each, in which the rate and
// the odds of leaving follow both.
func branches(t testing.TB, truth CovariateFit[BGNBD], each int, seed uint64) *CovariateTable {
	t.Helper()
	table, err := NewCovariateTable(Week, truth.Covariates...)
	require.NoError(t, err)
	for _, industry := range []float64{0, 1} {
		for size := 0.0; size < 4; size++ {
			m, err := truth.With(industry, size)
			require.NoError(t, err)
			for h, n := range simulate(m, each, rand.NewPCG(seed, uint64(4*industry+size))).All() {
				require.NoError(t, table.Add(h, n, industry, size))
			}
		}
	}
	return table
}

var branched = CovariateFit[BGNBD]{
	Base:       BGNBD{R: .8, Alpha: 8, A: 1, B: 3},
	Covariates: []string{"industry", "size"},
	Rate:       []Coefficient{{Covariate: "industry", Value: .7}, {Covariate: "size", Value: -.2}},
	Dropout:    []Coefficient{{Covariate: "industry", Value: -.9}, {Covariate: "size", Value: .3}},
}

// Trap 6: CLVTools scales a and b by the same factor, so that covariates hardly
// move the mean dropout and are not identified (on its apparel data all standard
// errors were 185). On the logit of the mean they are found again.
func TestFitCovariatesRecoversWhatMovesRateAndDropout(t *testing.T) {
	table := branches(t, branched, 2500, 21)
	fit, err := FitCovariates[BGNBD](table, nil)
	require.NoError(t, err)
	for i, p := range branched.Base.Parameters() {
		assert.InDelta(t, p.Value, fit.Estimates[i].Value, 3.5*fit.StdErr(p.Name), p.Name)
	}
	require.Len(t, fit.Rate, 2)
	require.Len(t, fit.Dropout, 2)
	for i := range 2 {
		for _, c := range [][2]Coefficient{{branched.Rate[i], fit.Rate[i]}, {branched.Dropout[i], fit.Dropout[i]}} {
			assert.Equal(t, c[0].Covariate, c[1].Covariate)
			assert.InDelta(t, c[0].Value, c[1].Value, 3*c[1].StdErr, "%+v", c)
			assert.Less(t, c[1].StdErr, 0.15)
			assert.Greater(t, math.Abs(c[1].Z()), 3.0)
		}
	}
	assert.Less(t, fit.GradNorm, 1e-6)
	assert.Equal(t, Converged, fit.Status)
	require.NotNil(t, fit.Ratio)
	assert.Equal(t, 4, fit.Ratio.DegreesOfFreedom)
	assert.Less(t, fit.Ratio.P, 1e-20)
	without, err := FitBGNBD(table.Counts(), nil)
	require.NoError(t, err)
	assert.InDelta(t, 2*(fit.LogLik-without.LogLik), fit.Ratio.Statistic, 1e-9)
	assert.Less(t, fit.BIC, without.BIC)

	// The likelihood is that of each group under its own model.
	var sum float64
	for _, g := range table.sorted() {
		m, err := fit.With(g.values...)
		require.NoError(t, err)
		ll, err := m.LogLikelihood(g.table)
		require.NoError(t, err)
		sum += ll
		assert.InEpsilon(t, fit.Base.R, m.R, 1e-12, "the shape is common")
		assert.InEpsilon(t, fit.Base.A+fit.Base.B, m.A+m.B, 1e-12, "and so is the precision")
	}
	assert.InDelta(t, sum, fit.LogLik, 1e-6)
}

func TestFlowCovariateDerivatives(t *testing.T) {
	table := branches(t, branched, 30, 3)
	effects, err := CovariateOptions{Dropout: []string{"size"}}.effects(table.Covariates(), 2)
	require.NoError(t, err)
	fam := BGNBD{}.family()
	data := layCovariates(fam.chart, fam.lay, effects, table.sorted())
	prior := []Normal{{-1, 2}, {}, {0, .5}, {}, {.3, .2}, {0, .1}, {}}
	at := []float64{-2, -.3, -1.1, 1.2, .5, -.8, .6}
	eval := func(at []float64) evaluation {
		e := data.at(at)
		data.addPrior(prior, at, &e)
		return e
	}
	e := eval(at)
	for i := range at {
		const h = 1e-5
		up, down := append([]float64{}, at...), append([]float64{}, at...)
		up[i] += h
		down[i] -= h
		a, b := eval(up), eval(down)
		assert.InDelta(t, (a.value-b.value)/(2*h), e.gradient[i], 1e-4, "gradient %d", i)
		for j := range at {
			assert.InDelta(t, (a.gradient[j]-b.gradient[j])/(2*h), e.hessian[i][j], 1e-4, "Hessian %d %d", i, j)
		}
	}
}

func TestFitCovariatesWithoutAnyIsTheModelItself(t *testing.T) {
	table, err := NewCovariateTable(Week)
	require.NoError(t, err)
	for h, n := range smallTable(t).All() {
		require.NoError(t, table.Add(h, n))
	}
	fit, err := FitCovariates[BGNBD](table, nil)
	require.NoError(t, err)
	plain, err := FitBGNBD(smallTable(t), nil)
	require.NoError(t, err)
	assert.InEpsilon(t, plain.Alpha, fit.Base.Alpha, 1e-12)
	assert.InEpsilon(t, plain.LogLik, fit.LogLik, 1e-14)
	assert.InEpsilon(t, plain.StdErr("b"), fit.StdErr("b"), 1e-9)
	assert.Nil(t, fit.Ratio)
	m, err := fit.With()
	require.NoError(t, err)
	assert.InEpsilon(t, fit.Base.B, m.B, 1e-12)
}

// The unit in which a covariate is counted, and its zero, are the host's.
func TestFitCovariatesIsFreeOfUnitAndZero(t *testing.T) {
	table := branches(t, branched, 200, 5)
	fit, err := FitCovariates[BGNBD](table, nil)
	require.NoError(t, err)
	for _, c := range []struct{ factor, shift float64 }{{1e-9, 0}, {3e8, 0}, {1, -1.5}, {1, 40}, {1, 2025}} {
		other, err := NewCovariateTable(Week, table.Covariates()...)
		require.NoError(t, err)
		for _, g := range table.sorted() {
			for h, n := range g.table.All() {
				require.NoError(t, other.Add(h, n, g.values[0], c.shift+c.factor*g.values[1]))
			}
		}
		again, err := FitCovariates[BGNBD](other, nil)
		require.NoError(t, err, "%+v", c)
		assert.InEpsilon(t, fit.LogLik, again.LogLik, 1e-12, "%+v", c)
		assert.InEpsilon(t, fit.Rate[1].Value, c.factor*again.Rate[1].Value, 1e-7, "%+v", c)
		assert.InEpsilon(t, fit.Rate[1].Z(), again.Rate[1].Z(), 1e-6, "%+v", c)
		assert.InEpsilon(t, fit.Dropout[0].Value, again.Dropout[0].Value, 1e-7, "%+v", c)
		one, err := fit.With(1, 2)
		require.NoError(t, err)
		two, err := again.With(1, c.shift+2*c.factor)
		require.NoError(t, err)
		assert.InEpsilon(t, one.Alpha, two.Alpha, 1e-7, "%+v", c)
	}
}

// Of covariates that do not matter, one in twenty should seem to at 5 %.
func TestRatioTestHasItsSize(t *testing.T) {
	assert.InDelta(t, 0.05, ratioTest(3.841458820694124/2, 0, 1).P, 1e-12, "the quantile of chi squared")
	assert.InDelta(t, 0.05, ratioTest(9.487729036781154/2, 0, 4).P, 1e-12)
	null := branched
	null.Rate, null.Dropout = nil, nil
	low := 0
	for i := range 60 {
		fit, err := FitCovariates[BGNBD](branches(t, null, 60, uint64(100+i)), nil)
		require.NoError(t, err)
		if fit.Ratio.P < 0.05 {
			low++
		}
	}
	assert.LessOrEqual(t, low, 9, "of 60")
}

func TestFitCovariatesRefuses(t *testing.T) {
	table := func(names string, rows ...[]float64) *CovariateTable {
		out, err := NewCovariateTable(Week, strings.Fields(names)...)
		require.NoError(t, err)
		for i, values := range rows {
			for h, n := range simulate(BGNBD{R: .8, Alpha: 8, A: 1, B: 3}, 300, rand.NewPCG(1, uint64(i))).All() {
				require.NoError(t, out.Add(h, n, values...))
			}
		}
		return out
	}
	silent := table("size", []float64{0})
	require.NoError(t, silent.Add(History{0, 0, 40}, 50, 1))
	rateOnly := &CovariateOptions{Dropout: []string{}}
	for _, c := range []struct {
		name  string
		table *CovariateTable
		opts  *CovariateOptions
		want  error
		says  string
	}{
		{"no table", nil, nil, ErrTooFewData, "empty"},
		{"constant", table("size", []float64{2}, []float64{2}), nil, ErrNotIdentified, "rate(size) the covariate is constant"},
		{"zero", table("size", []float64{0}), nil, ErrNotIdentified, "rate(size)"},
		{"twice the same", table("size weight", []float64{1, 3}, []float64{2, 5}, []float64{4, 9}), nil, ErrNotIdentified, "rate(weight)"},
		{"all dummies", table("a b c", []float64{1, 0, 0}, []float64{0, 1, 0}, []float64{0, 0, 1}), nil, ErrNotIdentified, "rate(c)"},
		{"constant for dropout", table("size", []float64{2}), &CovariateOptions{Rate: []string{}}, ErrNotIdentified, "dropout(size)"},
		{"who has it never came back", silent, rateOnly, ErrNotIdentified, "rate(size) goes to minus infinity"},
		{"nor can have left", silent, &CovariateOptions{Rate: []string{}}, ErrNotIdentified, "dropout(size) cannot be told"},
		{"unknown", table("size", []float64{2}, []float64{3}), &CovariateOptions{Rate: []string{"age"}}, keyaccount.ErrMismatch, "age"},
		{"named twice", table("size", []float64{2}, []float64{3}), &CovariateOptions{Rate: []string{"size", "size"}}, keyaccount.ErrDuplicate, "size"},
		{"prior", table("size", []float64{2}, []float64{3}), &CovariateOptions{Prior: Prior{"rate(age)": {0, 1}}}, keyaccount.ErrMismatch, "rate(age)"},
	} {
		fit, err := FitCovariates[BGNBD](c.table, c.opts)
		assert.Nil(t, fit, c.name)
		require.ErrorIs(t, err, c.want, c.name)
		assert.ErrorContains(t, err, c.says, c.name)
	}
	tiny := table("size", []float64{0}, []float64{1e-300})
	_, err := FitCovariates[BGNBD](tiny, nil)
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange, "a coefficient beyond a float64")
	nobody, err := NewCovariateTable(Week, "size")
	require.NoError(t, err)
	require.NoError(t, nobody.Add(History{0, 0, 30}, 9, 1))
	require.NoError(t, nobody.Add(History{0, 0, 30}, 9, 2))
	_, err = FitCovariates[BGNBD](nobody, nil)
	assert.ErrorIs(t, err, ErrTooFewData)
}

// A prior on coefficients is a ridge: it identifies what the data do not, and
// pulls in the rest.
func TestCovariatePriors(t *testing.T) {
	table := branches(t, branched, 40, 8)
	free, err := FitCovariates[BGNBD](table, nil)
	require.NoError(t, err)
	ridge := Prior{"rate(industry)": {0, .1}, "rate(size)": {0, .1}, "dropout(industry)": {0, .1}, "dropout(size)": {0, .1}}
	fit, err := FitCovariates[BGNBD](table, &CovariateOptions{Prior: ridge})
	require.NoError(t, err)
	for i := range 2 {
		assert.Less(t, math.Abs(fit.Rate[i].Value), math.Abs(free.Rate[i].Value))
		assert.Less(t, fit.Dropout[i].StdErr, free.Dropout[i].StdErr)
	}
	assert.Nil(t, fit.Ratio, "no maximum of the likelihood")
	var density float64
	for i, c := range [...]Coefficient{fit.Rate[0], fit.Rate[1], fit.Dropout[0], fit.Dropout[1]} {
		density += logNormal(c.Value, 0, .1)
		assert.Equal(t, fit.Coordinates[4+i].Value, c.Value)
	}
	assert.InDelta(t, density, fit.LogPrior, 1e-9)

	// Three accounts, one covariate that all share: everything from the prior.
	few, err := NewCovariateTable(Week, "size")
	require.NoError(t, err)
	require.NoError(t, few.Add(History{0, 0, 30}, 3, 7))
	prior := WeakPrior(BGNBD{}, few.Counts())
	prior["rate(size)"], prior["dropout(size)"] = Normal{.2, .5}, Normal{0, .5}
	fit, err = FitCovariates[BGNBD](few, &CovariateOptions{Prior: prior})
	require.NoError(t, err)
	assert.Less(t, fit.Rate[0].Value, .2)
	assert.InDelta(t, 0, fit.Dropout[0].Value, 1e-9)
	assert.InDelta(t, .5, fit.Dropout[0].StdErr, 1e-9)
}

func TestWithRefuses(t *testing.T) {
	for _, c := range []struct {
		values []float64
		field  string
	}{
		{nil, "Covariates"},
		{[]float64{1, 2, 3}, "Covariates"},
		{[]float64{1, math.NaN()}, "size"},
		{[]float64{math.Inf(1), 1}, "industry"},
		{[]float64{1, 1e300}, "alpha"},
		{[]float64{math.MaxFloat64, math.MaxFloat64}, "alpha"},
	} {
		m, err := branched.With(c.values...)
		assert.Zero(t, m)
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad, "%v", c.values)
		assert.Equal(t, c.field, bad.Field, "%v", c.values)
	}
}

func FuzzFlowCovariates(f *testing.F) {
	f.Add(2, 3.0, 9.0, int64(4), 0.5, 0.0, 0, 0.0, 5.0, int64(9), 1.0, 1e300)
	f.Add(1, 5e-324, 5e-324, int64(1), 5e-324, 2.0, 1<<30, 1e300, math.MaxFloat64, int64(1)<<60, math.MaxFloat64, -1.0)
	f.Fuzz(func(t *testing.T, x1 int, r1, a1 float64, n1 int64, u1, v1 float64, x2 int, r2, a2 float64, n2 int64, u2, v2 float64) {
		table, err := NewCovariateTable(Week, "u", "v")
		require.NoError(t, err)
		for h, n := range smallTable(t).All() {
			require.NoError(t, table.Add(h, n, float64(h.Frequency%3), h.Age))
		}
		_ = table.Add(History{x1, r1, a1}, n1, u1, v1)
		_ = table.Add(History{x2, r2, a2}, n2, u2, v2)
		ridge := Prior{"rate(u)": {0, 1}, "rate(v)": {0, 1}, "dropout(u)": {0, 1}}
		for _, opts := range []*CovariateOptions{nil, {Dropout: []string{"u"}, Prior: ridge}} {
			fit, err := FitCovariates[BGNBD](table, opts)
			if err != nil {
				var bad *keyaccount.InputError
				if !errors.Is(err, ErrNotIdentified) && !errors.Is(err, ErrTooFewData) && !errors.Is(err, ErrNotConverged) && !errors.As(err, &bad) {
					t.Fatal(err)
				}
				continue
			}
			for _, p := range fit.Estimates {
				if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) || !positive(p.StdErr) {
					t.Fatalf("%+v", fit)
				}
			}
			if m, err := fit.With(u1, v1); err == nil && m.Validate() != nil {
				t.Fatalf("%+v", m)
			}
			text, err := json.Marshal(fit)
			require.NoError(t, err)
			var back CovariateFit[BGNBD]
			require.NoError(t, json.Unmarshal(text, &back))
		}
	})
}
