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

var (
	_ FittedContract = (*SBGFit)(nil)
	_ FittedContract = (*BdWFit)(nil)
)

// highEnd are the "High End" customers of Fader and Hardie (2007, table 1), of
// a thousand, in years 0 to 7.
var highEnd = []int64{1000, 869, 743, 653, 593, 551, 517, 491}

func survivors(t testing.TB, n []int64) *ContractCounts {
	t.Helper()
	table, err := ContractsFromSurvivors(12, n)
	require.NoError(t, err)
	return table
}

// Fader and Hardie (2007): .668, 3.806, LL -1611.2; the BdW is that of Fader,
// Hardie, Liu, Davin and Steenburgh (2018). All digits by mpmath 1.3.0.
func TestFitContractReachesTheExactMaximum(t *testing.T) {
	sbg, err := FitSBG(survivors(t, highEnd), nil)
	require.NoError(t, err)
	bdw, err := FitBdW(survivors(t, highEnd), nil)
	require.NoError(t, err)
	for _, c := range []struct {
		fit           FittedContract
		ll            float64
		value, stdErr []float64
	}{
		{sbg, -1611.15814739115644, []float64{0.66808835110644622, 3.8060949640582669}, []float64{0.10373493115, 0.785531691776}},
		{
			bdw, -1605.3142132141932,
			[]float64{0.21425333928084996, 1.4265748748600842, 1.7235648487445279},
			[]float64{0.0595797064428, 0.381408614693, 0.301043281724},
		},
	} {
		d := c.fit.Report()
		assert.InEpsilon(t, c.ll, d.LogLik, 1e-14, c.fit.Name())
		for i, p := range c.fit.Parameters() {
			assert.InEpsilon(t, c.value[i], p.Value, 1e-11, c.fit.Name(), p.Name)
			assert.InEpsilon(t, c.stdErr[i], d.StdErr(p.Name), 1e-9, c.fit.Name(), p.Name)
		}
		assert.Less(t, d.GradNorm, 1e-6)
		assert.EqualValues(t, 1000, d.N)
		assert.Equal(t, Converged, d.Status)
		ll, err := c.fit.LogLikelihood(survivors(t, highEnd))
		require.NoError(t, err)
		assert.Equal(t, d.LogLik, ll)
		assert.InEpsilon(t, d.LogLik, llOf(t, c.fit.at(values(d.Coordinates))), 1e-13)
	}
}

func llOf(t *testing.T, m ContractModel) float64 {
	t.Helper()
	ll, err := m.LogLikelihood(survivors(t, highEnd))
	require.NoError(t, err)
	return ll
}

// Fader and Hardie (2010), tables 2 and 3, with the digits of 2F1 by R.
func TestSBGResidualLifetimeIsThePublishedOne(t *testing.T) {
	m, err := FitSBG(survivors(t, highEnd), nil)
	require.NoError(t, err)
	rate := Rate{Annual: .1}
	assert.InDelta(t, 5.922253, m.DEL(rate), 1e-6)
	for renewals, want := range map[int]float64{0: 5.414479, 1: 5.901378, 2: 6.293892, 3: 6.619920, 4: 6.896707, 7: 7.529629} {
		assert.InDelta(t, want, m.DERL(ContractHistory{Renewals: renewals}, rate), 1e-6)
	}
}

// For the sBG 2F1 by mpmath 1.3.0 with 40 digits, for the BdW sums of terms with
// 22. The rate is that of one interval.
func TestDERLToTenDigits(t *testing.T) {
	annual := func(d float64) Rate { return Rate{Annual: d} }
	for _, c := range []struct {
		a, b    float64
		k       int
		d, want float64
	}{
		{0.668088, 3.806095, 0, 0.1, 5.4144805707133645},
		{0.668088, 3.806095, 1, 0.1, 5.9013792655326882},
		{0.668088, 3.806095, 4, 0.1, 6.8967081810455115},
		{0.668088, 3.806095, 7, 0.1, 7.5296294051228987},
		{0.668088, 3.806095, 0, 0.001, 52.038935147734051},
		{0.668088, 3.806095, 400, 1e-05, 5575.6711016924647},
		{2.5, 1, 3, 1e-08, 2.6666664001133625},
		{0.05, 0.2, 0, 0.01, 65.270461386041194},
		{300, 20000.0, 50, 0.05, 15.982023967230419},
		{1, 1, 0, 0.2, 1.3801336356883992},
		{0.001, 5, 10, 0.08, 13.492247784450512},
		{30, 1000.0, 0, 3, 1.2820670617382996},
	} {
		got := SBG{A: c.a, B: c.b}.DERL(ContractHistory{Renewals: c.k}, annual(c.d))
		assert.InEpsilon(t, c.want, got, 1e-10, "%+v", c)
		assert.InEpsilon(t, got, BdW{A: c.a, B: c.b, C: 1}.DERL(ContractHistory{Renewals: c.k}, annual(c.d)), 1e-11, "%+v", c)
	}
	for _, c := range []struct {
		a, b, c float64
		k       int
		d, want float64
	}{
		{0.214253, 1.426575, 1.723565, 0, 0.1, 5.602396619325906},
		{0.214253, 1.426575, 1.723565, 7, 0.1, 8.318881326201519},
		{0.214253, 1.426575, 1.723565, 2, 0.004, 60.26644618770004},
		{3, 40, 0.5, 0, 0.01, 58.67435802956301},
		{3, 40, 0.5, 25, 0.01, 74.31315619364738},
		{8, 1000000.0, 3.2, 30, 0.05, 8.546202077456183},
		{2, 1000000000.0, 5, 0, 0.02, 32.48504245916366},
	} {
		got := BdW{A: c.a, B: c.b, C: c.c}.DERL(ContractHistory{Renewals: c.k}, annual(c.d))
		assert.InEpsilon(t, c.want, got, 1e-10, "%+v", c)
	}
}

// The tail in the logarithm of time is the sum of its terms.
func TestSumsOverRenewalsAreSums(t *testing.T) {
	for _, m := range []ContractModel{
		SBG{A: .668, B: 3.806},
		SBG{A: 1e-3, B: .02},
		SBG{A: 400, B: 2e5},
		BdW{A: .214, B: 1.427, C: 1.724},
		BdW{A: 3, B: 1e7, C: 4},
		BdW{A: .5, B: 2, C: .3},
		BdW{A: 2, B: 1e60, C: 20},
	} {
		for _, c := range []ContractHistory{{}, {Renewals: 3}, {Renewals: 1200}} {
			var want float64
			for n := 1; n <= 3000; n++ {
				want += m.Survival(c, n)
				if n == 1 || n == 128 || n == 129 || n == 131 || n == 400 || n == 3000 {
					assert.InEpsilon(t, want, m.ExpectedRenewals(c, n), 1e-10, "%+v %+v %d", m, c, n)
				}
			}
		}
	}
}

// An annual rate is one of a year: a contract that is renewed monthly must not
// be discounted by it every month.
func TestDiscountingKnowsTheInterval(t *testing.T) {
	year, month := SBG{A: 1, B: 9}, SBG{A: 1, B: 9, Months: 1}
	rate := Rate{Annual: .1}
	monthly := Rate{Annual: math.Pow(1.1, 1.0/12) - 1}
	assert.InEpsilon(t, year.DERL(ContractHistory{}, monthly), month.DERL(ContractHistory{}, rate), 1e-12)
	assert.Equal(t, SBG{A: 1, B: 9, Months: 12}.DEL(rate), year.DEL(rate))
	// A perpetuity: nobody leaves.
	loyal := SBG{A: 1e-290, B: 1}
	assert.InEpsilon(t, 11, loyal.DEL(rate), 1e-12)
	assert.InEpsilon(t, 11, loyal.DERL(ContractHistory{Renewals: 5}, rate), 1e-12)
	for _, r := range []float64{0, -.5, math.NaN(), math.Inf(1)} {
		assert.Zero(t, year.DERL(ContractHistory{}, Rate{Annual: r}))
		assert.Zero(t, year.DEL(Rate{Annual: r}))
	}
}

// Trap 13: pymc-marketing returns S(T+t), unconditional, for customers that
// are known to be alive.
func TestSurvivalOfTheLivingIsConditional(t *testing.T) {
	for _, m := range []ContractModel{SBG{A: .668088, B: 3.806095}, BdW{A: .214253, B: 1.426575, C: 1.723565}} {
		fresh := ContractHistory{}
		for k := range 9 {
			for n := range 12 {
				want := m.Survival(fresh, k+n) / m.Survival(fresh, k)
				assert.InEpsilon(t, want, m.Survival(ContractHistory{Renewals: k}, n), 1e-13)
			}
			assert.Equal(t, 1.0, m.Survival(ContractHistory{Renewals: k}, 0), "alive now")
		}
		assert.Zero(t, m.Survival(ContractHistory{Renewals: 3, Lost: true}, 0))
		assert.Zero(t, m.DERL(ContractHistory{Renewals: 3, Lost: true}, Rate{Annual: .1}))
		assert.Zero(t, m.ExpectedRenewals(ContractHistory{Renewals: 3, Lost: true}, 4))
		assert.Equal(t, []float64{0, 0}, m.LossDistribution(ContractHistory{Lost: true}, 2))
	}
	// Fader and Hardie (2007): retention r_t = (b+t-1)/(a+b+t-1).
	m := SBG{A: .668, B: 3.806}
	for k := range 9 {
		assert.InEpsilon(t, (m.B+float64(k))/(m.A+m.B+float64(k)), m.Survival(ContractHistory{Renewals: k}, 1), 1e-14)
	}
}

func TestContractDistributionsAddUp(t *testing.T) {
	for _, m := range []ContractModel{SBG{A: .668, B: 3.806}, BdW{A: .214, B: 1.427, C: 1.724}, BdW{A: 1e-200, B: 1, C: 1}} {
		for _, c := range []ContractHistory{{}, {Renewals: 4}} {
			total := 0.0
			for i, p := range m.LossDistribution(c, 60) {
				total += p
				assert.InDelta(t, 1-m.Survival(c, i+1), total, 1e-13)
			}
		}
		assert.Nil(t, m.LossDistribution(ContractHistory{}, 0))
		assert.Nil(t, m.LossDistribution(ContractHistory{}, MaxOrders+1))
		assert.Zero(t, m.Survival(ContractHistory{}, -1))
		assert.Zero(t, m.Survival(ContractHistory{Renewals: -1}, 1))
	}
}

func TestDrawRenewals(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	const n = 40000
	for _, m := range []ContractModel{SBG{A: .668, B: 3.806}, BdW{A: .214, B: 1.427, C: 1.724}} {
		c := ContractHistory{Renewals: 2}
		var seen [8]float64
		for range n {
			seen[m.DrawRenewals(c, 7, r)]++
		}
		alive := 1.0
		for i, k := range seen {
			p := alive
			if i < 7 {
				p = m.LossDistribution(c, 7)[i]
			}
			alive -= p
			assert.InDelta(t, p, k/n, 5*math.Sqrt(p/n), "%s %d", m.Name(), i)
		}
		assert.Zero(t, m.DrawRenewals(ContractHistory{Lost: true}, 7, r))
		assert.Zero(t, m.DrawRenewals(c, -7, r))
	}
}

func TestContractDerivatives(t *testing.T) {
	table := newContractTable(survivors(t, highEnd))
	for _, p := range [][]float64{{.668, 3.8}, {3, .2}, {.02, 40}} {
		checkDerivatives(t, sbgChart(), table, p)
	}
	for _, p := range [][]float64{{.214, 1.43, 1.72}, {3, .2, .4}, {2, 40, 2.2}} {
		checkDerivatives(t, bdwChart(), table, p)
	}
}

// Cohorts of different ages, each censored where its own time ends.
func TestFitContractRecoversItsParameters(t *testing.T) {
	cohorts := func(m ContractModel, seed uint64) *ContractCounts {
		r := rand.New(rand.NewPCG(23, seed))
		table := NewContractCounts(m.Interval())
		for i := range 12000 {
			most := 2 + i%11
			k := m.DrawRenewals(ContractHistory{}, most, r)
			require.NoError(t, table.Add(ContractHistory{Renewals: k, Lost: k < most}, 1))
		}
		return table
	}
	near := func(truth ContractModel, fit FittedContract, err error) {
		t.Helper()
		require.NoError(t, err)
		assert.Equal(t, truth.Interval(), fit.Interval())
		for i, p := range truth.Parameters() {
			se := fit.Report().StdErr(p.Name)
			assert.InDelta(t, p.Value, fit.Parameters()[i].Value, 3*se, "%s %s", fit.Name(), p.Name)
			assert.Less(t, se, .5*p.Value)
		}
	}
	for i, truth := range []SBG{{.668, 3.806, 12}, {2, 5, 1}, {.2, .5, 3}} {
		fit, err := FitSBG(cohorts(truth, uint64(i)), nil)
		near(truth, fit, err)
	}
	for i, truth := range []BdW{{.3, 2, 1.7, 12}, {1, 3, .7, 1}} {
		fit, err := FitBdW(cohorts(truth, uint64(i)), nil)
		near(truth, fit, err)
	}
}

func TestFitContractRefuses(t *testing.T) {
	table := func(rows ...countedContract) *ContractCounts {
		c := NewContractCounts(12)
		for _, row := range rows {
			require.NoError(t, c.Add(row.ContractHistory, row.N))
		}
		return c
	}
	kept, lost := ContractHistory{Renewals: 3}, ContractHistory{Renewals: 3, Lost: true}
	for _, c := range []struct {
		name  string
		table *ContractCounts
		want  error
		says  string
	}{
		{"no table", nil, ErrTooFewData, "empty"},
		{"nobody left", table(countedContract{kept, 9}), ErrTooFewData, "none of 9 contracts was lost"},
		{"nobody stayed", table(countedContract{ContractHistory{Lost: true}, 9}), ErrTooFewData, "none of 9 contracts was renewed"},
		{"one moment", table(countedContract{lost, 9}, countedContract{kept, 9}), ErrNotIdentified, ""},
		{"one risk", survivors(t, []int64{64000, 32000, 16000, 8000, 4000}), ErrNotIdentified, ""},
	} {
		_, err := FitSBG(c.table, nil)
		assert.ErrorIs(t, err, c.want, c.name)
		assert.ErrorContains(t, err, c.says, c.name)
		_, err = FitBdW(c.table, nil)
		assert.Error(t, err, c.name)
	}
	_, err := FitSBG(survivors(t, highEnd), &FitOptions{MaxIterations: 1})
	assert.ErrorIs(t, err, ErrNotConverged)
	_, err = SBG{A: 1, B: 2, Months: 1}.LogLikelihood(survivors(t, highEnd))
	assert.ErrorIs(t, err, keyaccount.ErrMismatch)
	_, err = SBG{A: 1, B: -2}.LogLikelihood(survivors(t, highEnd))
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	for _, m := range []ContractModel{SBG{A: 1}, SBG{A: 1, B: 1, Months: -1}, BdW{A: 1, B: 1, C: math.Inf(1)}, BdW{A: 1, B: 1, C: 1, Months: 1201}} {
		assert.ErrorIs(t, m.Validate(), keyaccount.ErrOutOfRange)
		assert.Zero(t, m.Survival(ContractHistory{}, 1))
		assert.Zero(t, m.DEL(Rate{Annual: .1}))
	}
}

func TestContractFitsRoundTrip(t *testing.T) {
	sbg, err := FitSBG(survivors(t, highEnd), nil)
	require.NoError(t, err)
	bdw, err := FitBdW(survivors(t, highEnd), nil)
	require.NoError(t, err)
	for _, c := range []struct{ fit, back, model, want, bare any }{
		{sbg, new(SBGFit), new(SBG), &sbg.SBG, sbg.SBG},
		{bdw, new(BdWFit), new(BdW), &bdw.BdW, bdw.BdW},
	} {
		b, err := json.Marshal(c.fit)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, c.back))
		assert.Equal(t, c.fit, c.back)
		require.NoError(t, json.Unmarshal(b, c.model))
		assert.Equal(t, c.want, c.model)
		for from, bad := range map[string]struct {
			to   string
			want error
		}{
			`"months":12,`: {"", keyaccount.ErrMissing},
			`"months":12`:  {`"months":4000`, keyaccount.ErrOutOfRange},
			`"name":"a"`:   {`"name":"r"`, keyaccount.ErrMismatch},
			`"model":"`:    {`"model":"M`, keyaccount.ErrMismatch},
			`"months"`:     {`"unit":"week","months"`, keyaccount.ErrMalformed},
		} {
			assert.ErrorIs(t, json.Unmarshal([]byte(strings.Replace(string(b), from, bad.to, 1)), c.model), bad.want, from)
		}
		assert.Equal(t, c.want, c.model, "unchanged after an error")
		b, err = json.Marshal(c.bare)
		require.NoError(t, err)
		assert.ErrorIs(t, json.Unmarshal(b, c.back), keyaccount.ErrMissing)
	}
	text, err := json.Marshal(GammaGamma{6, 4, 15})
	require.NoError(t, err)
	text = []byte(strings.Replace(string(text), `"model"`, `"months":12,"model"`, 1))
	assert.ErrorIs(t, json.Unmarshal(text, new(GammaGamma)), keyaccount.ErrMalformed, "spend is not renewed")
}

func FuzzContractModels(f *testing.F) {
	f.Add(.668, 3.806, 1.7, 12, 3, 5, .1)
	f.Add(1e-300, 1e300, 1e300, 1200, 1<<31-1, 1<<40, 5e-324)
	f.Add(math.MaxFloat64, 5e-324, 5e-324, 1, 1, 1, math.MaxFloat64)
	f.Fuzz(func(t *testing.T, a, b, c float64, months, k, n int, annual float64) {
		for _, m := range []ContractModel{SBG{a, b, months}, BdW{a, b, c, months}} {
			h := ContractHistory{Renewals: k}
			rate := Rate{Annual: annual}
			now, next, then := m.Survival(h, 0), m.Survival(h, 1), m.Survival(h, n)
			if m.Validate() != nil || h.Validate() != nil {
				if now+next+then+m.DERL(h, rate) != 0 {
					t.Fatalf("%+v %+v is refused but scored", m, h)
				}
			} else if now != 1 || next > 1 || n > 0 && then > next {
				t.Fatalf("%+v %+v: survival %v, %v, %v", m, h, now, next, then)
			}
			derl, del, orders := m.DERL(h, rate), m.DEL(rate), m.ExpectedRenewals(h, n)
			for _, v := range []float64{now, next, then, derl, del, orders} {
				if !(v >= 0) || math.IsInf(v, 0) {
					t.Fatalf("%+v %+v %v: %v", m, h, rate, []float64{now, next, then, derl, del, orders})
				}
			}
			if positive(annual) && (derl < next*(1-1e-9) || derl > next/-math.Expm1(-rate.force(months))*(1+1e-6)) {
				t.Fatalf("%+v %+v %v: DERL %v, next %v", m, h, rate, derl, next)
			}
			if orders > float64(max(n, 0)) {
				t.Fatalf("%+v %+v: %v of %d renewals", m, h, orders, n)
			}
			if draw := m.DrawRenewals(h, n, rand.New(rand.NewPCG(1, 1))); draw < 0 || draw > max(n, 0) {
				t.Fatalf("%+v %+v: drew %d of %d", m, h, draw, n)
			}
			for _, p := range m.LossDistribution(h, 5) {
				if !(p >= 0 && p <= 1) {
					t.Fatalf("%+v %+v: loss %v", m, h, p)
				}
			}
			table := NewContractCounts(months)
			if table.Add(ContractHistory{k, true}, 3) != nil {
				continue
			}
			if ll, err := m.LogLikelihood(table); err == nil && !isFinite(ll) {
				t.Fatalf("%+v %+v: log-likelihood %v", m, h, ll)
			}
		}
	})
}

func FuzzFitContract(f *testing.F) {
	f.Add(3, true, int64(9), 2, int64(4))
	f.Add(1<<31-1, true, int64(1)<<61, 0, int64(1))
	f.Fuzz(func(t *testing.T, k1 int, lost bool, n1 int64, k2 int, n2 int64) {
		table := survivors(t, highEnd)
		_ = table.Add(ContractHistory{k1, lost}, n1)
		_ = table.Add(ContractHistory{k2, !lost}, n2)
		check := func(fit FittedContract, err error) {
			if err != nil {
				return
			}
			d := fit.Report()
			for _, p := range d.Estimates {
				if !positive(p.Value) || !positive(p.StdErr) {
					t.Fatalf("%+v", fit)
				}
			}
			if !isFinite(d.LogLik) || d.LogLik > 0 {
				t.Fatalf("%+v", fit)
			}
		}
		sbg, err := FitSBG(table, nil)
		check(sbg, err)
		bdw, err := FitBdW(table, nil)
		check(bdw, err)
	})
}
