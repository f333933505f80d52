package clv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// regular are the "Regular" customers beside highEnd.
var regular = []int64{1000, 631, 468, 382, 326, 289, 262, 241}

// highEndAndRegular are both, with the covariate by which they are told apart.
func highEndAndRegular(t testing.TB) []ContractGroup {
	t.Helper()
	return []ContractGroup{
		{[]float64{1}, survivors(t, highEnd)},
		{[]float64{0}, survivors(t, regular)},
	}
}

// By mpmath 1.3.0 with 40 digits: the likelihood of both segments with a common
// precision and shape, and its observed information.
func TestFitCovariatesAgainstFortyDigits(t *testing.T) {
	sbg, err := FitSBGCovariates([]string{"high_end"}, highEndAndRegular(t), nil)
	require.NoError(t, err)
	bdw, err := FitBdWCovariates([]string{"high_end"}, highEndAndRegular(t), nil)
	require.NoError(t, err)
	for _, c := range []struct {
		m             Model
		d             *Diagnostics
		ll            float64
		value, stdErr []float64
	}{
		{
			sbg, sbg.Report(), -3299.86164357335152,
			[]float64{0.895614469021396, 1.673473920791624, -0.938036764584934},
			[]float64{0.073979386028, 0.18592442399, 0.069147857049},
		},
		{
			bdw, bdw.Report(), -3296.23556109074192,
			[]float64{0.4701369054180832, 0.9136987296802482, 1.414514609467353, -0.9535169656047496},
			[]float64{0.10623982538, 0.20501251624, 0.19868003118, 0.070043070023},
		},
	} {
		assert.InEpsilon(t, c.ll, c.d.LogLik, 1e-13, c.m.Name())
		for i, p := range c.m.Parameters() {
			assert.InEpsilon(t, c.value[i], p.Value, 1e-9, c.m.Name(), p.Name)
			assert.InEpsilon(t, c.stdErr[i], c.d.StdErr(p.Name), 1e-8, c.m.Name(), p.Name)
		}
		assert.Less(t, c.d.GradNorm, 1e-6)
		assert.EqualValues(t, 2000, c.d.N)
	}

	// The log-likelihood is that of the two models.
	var sum float64
	for _, g := range highEndAndRegular(t) {
		m, err := sbg.With(g.Covariates...)
		require.NoError(t, err)
		ll, err := m.LogLikelihood(g.Contracts)
		require.NoError(t, err)
		sum += ll
		assert.InEpsilon(t, sbg.Base.A+sbg.Base.B, m.A+m.B, 1e-13, "one precision")
	}
	assert.InEpsilon(t, sbg.LogLik, sum, 1e-13)
	base, err := sbg.With(0)
	require.NoError(t, err)
	assert.InEpsilon(t, sbg.Base.A, base.A, 1e-13)
}

func TestCovariateDerivatives(t *testing.T) {
	groups := highEndAndRegular(t)
	groups[0].Covariates, groups[1].Covariates = []float64{1, -.5}, []float64{.2, 3}
	groups = append(groups, ContractGroup{[]float64{.4, .1}, survivors(t, []int64{300, 240, 200, 180})})
	_, data, err := layOut([]string{"x", "y"}, groups)
	require.NoError(t, err)
	free := chart{logBlock("odds"), logBlock("precision"), logBlock("x"), logBlock("y")}
	checkDerivatives(t, free, data, []float64{.5, 3, .8, 1.3})
	free = append(free[:2:2], logBlock("c"), logBlock("x"), logBlock("y"))
	checkDerivatives(t, free, data, []float64{.3, 1, 1.5, .8, 1.3})
}

func TestFitCovariatesRecoversItsParameters(t *testing.T) {
	truth := BdWCovariates{
		Base: BdW{A: .8, B: 3, C: 1.3, Months: 1}, Effects: []Effect{{"size", -.4}, {"online", .9}},
	}
	r := rand.New(rand.NewPCG(41, 2))
	var groups []ContractGroup
	for i := range 15000 {
		x := []float64{float64(i % 5), float64(i / 5 % 2)}
		m, err := truth.With(x...)
		require.NoError(t, err)
		most := 3 + i%9
		k := m.DrawRenewals(ContractHistory{}, most, r)
		table := NewContractCounts(1)
		require.NoError(t, table.Add(ContractHistory{Renewals: k, Lost: k < most}, 1))
		groups = append(groups, ContractGroup{x, table})
	}
	names := []string{"size", "online"}
	fit, err := FitBdWCovariates(names, groups, nil)
	require.NoError(t, err)
	for i, p := range truth.Parameters() {
		se := fit.StdErr(p.Name)
		assert.InDelta(t, p.Value, fit.Parameters()[i].Value, 3*se, p.Name)
		assert.Less(t, se, .3*math.Abs(p.Value), p.Name)
	}
	assert.Equal(t, 1, fit.Base.Interval())

	// Whatever the order of the groups, and however they are split.
	r.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	again, err := FitBdWCovariates(names, groups, nil)
	require.NoError(t, err)
	assert.Equal(t, fit, again, "the same bits")

	// A covariate in other units has another effect and the same meaning.
	for i := range groups {
		groups[i].Covariates = []float64{1000 * groups[i].Covariates[0], groups[i].Covariates[1]}
	}
	scaled, err := FitBdWCovariates(names, groups, &FitOptions{Prior: Prior{"size": {0, 1e3}}})
	require.NoError(t, err)
	assert.InEpsilon(t, fit.Effects[0].Value/1000, scaled.Effects[0].Value, 1e-5)
	assert.InEpsilon(t, fit.StdErr("size")/1000, scaled.StdErr("size"), 1e-5)
	assert.InEpsilon(t, -math.Log(1e3)-math.Log(2*math.Pi)/2, scaled.LogPrior, 1e-9, "the density is that of the effect")
}

func TestCovariatesRefuse(t *testing.T) {
	two := func(x, y float64) []ContractGroup {
		return []ContractGroup{
			{[]float64{1, x}, survivors(t, highEnd)},
			{[]float64{0, y}, survivors(t, regular)},
		}
	}
	many := make([]string, MaxCovariates+1)
	for i := range many {
		many[i] = strings.Repeat("x", i+1)
	}
	monthly, err := ContractsFromSurvivors(1, highEnd)
	require.NoError(t, err)
	for _, c := range []struct {
		name   string
		names  []string
		groups []ContractGroup
		want   error
	}{
		{"no groups", []string{"x"}, nil, ErrTooFewData},
		{"an empty group", []string{"x"}, []ContractGroup{{[]float64{1}, nil}}, ErrTooFewData},
		{"the same for all", []string{"x", "y"}, two(3, 3), ErrNotIdentified},
		{"one follows from the other", []string{"x", "y"}, two(2, 0), ErrNotIdentified},
		{"not finite", []string{"x", "y"}, two(math.NaN(), 0), keyaccount.ErrOutOfRange},
		{"beyond computing", []string{"x", "y"}, two(-1e308, 1e308), ErrNotIdentified},
		{"too few covariates", []string{"x"}, two(1, 2), keyaccount.ErrMismatch},
		{"too many names", many, two(1, 2), keyaccount.ErrOutOfRange},
		{"no name", []string{"x", ""}, two(1, 2), keyaccount.ErrOutOfRange},
		{"a parameter's name", []string{"x", "c"}, two(1, 2), keyaccount.ErrOutOfRange},
		{"twice", []string{"x", "x"}, two(1, 2), keyaccount.ErrDuplicate},
		{"two intervals", []string{"x"}, append(highEndAndRegular(t), ContractGroup{[]float64{2}, monthly}), keyaccount.ErrMismatch},
	} {
		_, err := FitSBGCovariates(c.names, c.groups, nil)
		assert.ErrorIs(t, err, c.want, c.name)
		_, err = FitBdWCovariates(c.names, c.groups, nil)
		assert.ErrorIs(t, err, c.want, c.name)
	}
	_, err = FitSBGCovariates([]string{"x"}, highEndAndRegular(t), &FitOptions{Prior: Prior{"y": {0, 1}}})
	assert.ErrorIs(t, err, keyaccount.ErrMismatch)
	// Without covariates it is the plain fit.
	none := []ContractGroup{{nil, survivors(t, highEnd)}}
	plain, err := FitSBGCovariates(nil, none, nil)
	require.NoError(t, err)
	sbg, err := FitSBG(survivors(t, highEnd), nil)
	require.NoError(t, err)
	assert.InEpsilon(t, sbg.A, plain.Base.A, 1e-10)
	assert.InEpsilon(t, sbg.StdErr("b"), plain.StdErr("b"), 1e-9)

	m := SBGCovariates{SBG{A: 1, B: 3}, []Effect{{"x", 2}}}
	for _, x := range [][]float64{nil, {1, 2}, {math.Inf(1)}, {1e300}, {-1e300}} {
		_, err := m.With(x...)
		assert.Error(t, err, "%v", x)
	}
	_, err = SBGCovariates{SBG{A: 1, B: -3}, nil}.With()
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	assert.ErrorIs(t, BdWCovariates{BdW{A: 1, B: 3, C: 1}, []Effect{{"x", math.NaN()}}}.Validate(), keyaccount.ErrOutOfRange)
}

func TestCovariateFitsRoundTrip(t *testing.T) {
	sbg, err := FitSBGCovariates([]string{"high_end"}, highEndAndRegular(t), nil)
	require.NoError(t, err)
	bdw, err := FitBdWCovariates([]string{"high_end"}, highEndAndRegular(t), nil)
	require.NoError(t, err)
	for _, c := range []struct{ fit, back, model, want, bare any }{
		{sbg, new(SBGCovariatesFit), new(SBGCovariates), &sbg.SBGCovariates, sbg.SBGCovariates},
		{bdw, new(BdWCovariatesFit), new(BdWCovariates), &bdw.BdWCovariates, bdw.BdWCovariates},
	} {
		b, err := json.Marshal(c.fit)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, c.back))
		assert.Equal(t, c.fit, c.back)
		require.NoError(t, json.Unmarshal(b, c.model))
		assert.Equal(t, c.want, c.model)
		for _, bad := range []string{
			strings.Replace(string(b), `"high_end"`, `"b"`, 1),
			strings.Replace(string(b), `"name":"a"`, `"name":"x"`, 1),
			strings.Replace(string(b), `"months":12`, `"months":0`, 1),
			strings.Replace(string(b), `covariates"`, `covariate"`, 1),
			`{}`, `[]`,
		} {
			assert.Error(t, json.Unmarshal([]byte(bad), c.model), bad)
			assert.Error(t, json.Unmarshal([]byte(bad), c.back), bad)
		}
		assert.Equal(t, c.want, c.model, "unchanged after an error")
		b, err = json.Marshal(c.bare)
		require.NoError(t, err)
		assert.ErrorIs(t, json.Unmarshal(b, c.back), keyaccount.ErrMissing)
	}
}

func FuzzFitContractCovariates(f *testing.F) {
	f.Add(1.0, 2.0, .5, 3, int64(5))
	f.Add(1e300, -1e300, 5e-324, 1<<31-1, int64(1)<<60)
	f.Fuzz(func(t *testing.T, x, y, z float64, k int, n int64) {
		groups := highEndAndRegular(t)
		groups[0].Covariates, groups[1].Covariates = []float64{x, 1}, []float64{y, 2}
		table := new(ContractCounts)
		_ = table.Add(ContractHistory{Renewals: k, Lost: true}, n)
		groups = append(groups, ContractGroup{[]float64{z, 3}, table})
		fit, err := FitSBGCovariates([]string{"x", "y"}, groups, nil)
		if err != nil {
			return
		}
		for _, p := range fit.Estimates {
			if !isFinite(p.Value) || !positive(p.StdErr) {
				t.Fatalf("%+v", fit)
			}
		}
		if fit.Validate() != nil || !isFinite(fit.LogLik) {
			t.Fatalf("%+v", fit)
		}
		if m, err := fit.With(x, 1); err == nil && m.Validate() != nil {
			t.Fatalf("%+v", m)
		}
	})
}
