package clv

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/keyaccount/keyaccount"
)

func fitWeakly(t testing.TB, table *Counts) *BGNBDFit {
	t.Helper()
	fit, err := FitBGNBD(table, &FitOptions{Prior: WeakPrior(BGNBD{}, table)})
	require.NoError(t, err)
	return fit
}

func TestWeakPriorIsAsDocumented(t *testing.T) {
	table := tableOf(t, []CountedHistory{{History{3, 8, 20}, 2}, {History{0, 0, 10}, 4}})
	rate := math.Log(6.5) - math.Log(80) + 0.4
	assert.Equal(t, Prior{
		"ln(r/alpha)": {rate, 1}, "ln(r)": {-0.5, 1},
		"logit(a/(a+b))": {-1.4, 1.5}, "ln(a+b)": {1.2, 1},
	}, WeakPrior(BGNBD{}, table))
	assert.Equal(t, Prior{
		"ln(r/alpha)": {rate, 1}, "ln(r)": {-0.5, 1},
		"ln(s/beta)": {math.Log(6) - math.Log(80), 1.5}, "ln(s)": {-0.5, 1},
	}, WeakPrior(named{"r", "alpha", "s", "beta"}, table))
	assert.Empty(t, WeakPrior(named{"p", "q", "gamma"}, table))
	assert.Equal(t, Normal{math.Log(0.5) - math.Log(1) + 0.4, 1}, WeakPrior(BGNBD{}, nil)["ln(r/alpha)"])

	assert.Equal(t, Prior{}, WeakPrior(nil, table))
	assert.Equal(t, Prior{}, WeakPrior((*BGNBDFit)(nil), table), "a fit that failed")

	huge := tableOf(t, []CountedHistory{{History{0, 0, math.MaxFloat64}, 9}})
	assert.NoError(t, WeakPrior(BGNBD{}, huge).Validate(), "the ages add up beyond a float64")
}

// named is a model of which only the names of its parameters are known.
type named []string

func (named) Name() string    { return "" }
func (named) Validate() error { return nil }
func (n named) Parameters() (ps []Parameter) {
	for _, name := range n {
		ps = append(ps, Parameter{Name: name})
	}
	return ps
}

// What plain maximum likelihood refuses (TestFitBGNBDRefuses), or other tools
// answer with parameters of ten thousands.
func TestWeakPriorFitsWhatLikelihoodAloneCannot(t *testing.T) {
	for _, c := range []struct {
		name string
		rows []CountedHistory
	}{
		{"one account, no order", []CountedHistory{{History{0, 0, 30}, 1}}},
		{"one account", []CountedHistory{{History{5, 20, 30}, 1}}},
		{"one account that ordered a million times", []CountedHistory{{History{1e6, 29, 30}, 1}}},
		{"nobody came back", []CountedHistory{{History{0, 0, 30}, 900}}},
		{"all alike", []CountedHistory{{History{5, 30, 30}, 400}}},
		{"everyone alive", []CountedHistory{
			{History{5, 30, 30}, 40}, {History{2, 29, 30}, 80}, {History{12, 30, 30}, 30}, {History{50, 30, 30}, 30},
		}},
		{"everyone left at once", []CountedHistory{{History{1, 0.5, 100}, 12}, {History{2, 1, 104}, 9}}},
		{"a day old", []CountedHistory{{History{1, 0.1, 0.14}, 2}, {History{0, 0, 0.14}, 3}}},
	} {
		table := tableOf(t, c.rows)
		fit := fitWeakly(t, table)
		assertModest(t, fit, WeakPrior(BGNBD{}, table), c.name)
		assert.Positive(t, fit.ExpectedOrders(History{}, 52), c.name)
	}
}

// assertModest checks that no coordinate ran away from the prior, and that
// about all is known at least as well as before.
func assertModest(t testing.TB, fit *BGNBDFit, prior Prior, name string) {
	t.Helper()
	for _, c := range fit.Coordinates {
		n := prior[c.Name]
		assert.Less(t, math.Abs(c.Value-n.Mean), 6*n.SD, "%s: %+v", name, c)
		assert.LessOrEqual(t, c.StdErr, 1.6*n.SD, "%s: %+v", name, c)
		assert.Positive(t, c.StdErr, "%s: %+v", name, c)
	}
	assert.Less(t, fit.GradNorm, 1e-6, name)
}

// What the data know well, the prior leaves alone.
func TestWeakPriorFadesWithData(t *testing.T) {
	truth := BGNBD{R: .6, Alpha: 5, A: 1, B: 4}
	apart := func(n int) (most float64) {
		table := simulate(truth, n, rand.NewPCG(8, 8))
		alone, err := FitBGNBD(table, nil)
		require.NoError(t, err)
		for i, c := range fitWeakly(t, table).Coordinates {
			most = max(most, math.Abs(c.Value-alone.Coordinates[i].Value))
		}
		return most
	}
	assert.Greater(t, apart(40), 0.03)
	assert.Less(t, apart(30000), 0.003)
}

func TestWeakPriorIsFreeOfTheUnit(t *testing.T) {
	weeks, days := tableOf(t, nil), NewCounts(Day)
	for _, row := range []CountedHistory{{History{5, 20, 30}, 2}, {History{0, 0, 26}, 3}, {History{1, 2, 9}, 1}} {
		require.NoError(t, weeks.Add(row.History, row.N))
		require.NoError(t, days.Add(History{row.Frequency, 7 * row.Recency, 7 * row.Age}, row.N))
	}
	w, d := fitWeakly(t, weeks), fitWeakly(t, days)
	assert.InEpsilon(t, w.R, d.R, 1e-10)
	assert.InEpsilon(t, 7*w.Alpha, d.Alpha, 1e-10)
	assert.InEpsilon(t, w.A, d.A, 1e-10)
	assert.InEpsilon(t, w.B, d.B, 1e-10)
}

// A prior that says nothing of the order rate cannot stand in for repeat orders.
func TestPriorOnPartOfTheModel(t *testing.T) {
	silent := tableOf(t, []CountedHistory{{History{0, 0, 30}, 9}})
	prior := Prior{"logit(a/(a+b))": {-1.4, 1}, "ln(a+b)": {1.2, 1}}
	_, err := FitBGNBD(silent, &FitOptions{Prior: prior})
	assert.ErrorIs(t, err, ErrTooFewData)
	assert.ErrorContains(t, err, "the table says nothing of ln(r/alpha), and neither does the prior")
	prior["ln(r/alpha)"] = Normal{-3, 1}
	fit, err := FitBGNBD(silent, &FitOptions{Prior: prior})
	if assert.Error(t, err, "%+v", fit) {
		assert.ErrorIs(t, err, ErrNotIdentified)
		assert.ErrorContains(t, err, "ln(r)")
	}
	for _, empty := range []*Counts{nil, {}} {
		_, err = FitBGNBD(empty, &FitOptions{Prior: WeakPrior(BGNBD{}, empty)})
		assert.ErrorIs(t, err, ErrTooFewData)
	}
}

func TestPriorRefuses(t *testing.T) {
	for _, n := range []Normal{{math.NaN(), 1}, {math.Inf(1), 1}, {0, 0}, {0, -1}, {0, math.Inf(1)}, {0, math.NaN()}} {
		_, err := FitBGNBD(smallTable(t), &FitOptions{Prior: Prior{"ln(r)": n}})
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad, "%v", n)
		assert.Equal(t, "Prior.ln(r)", bad.Field)
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
	_, err := FitBGNBD(smallTable(t), &FitOptions{Prior: WeakPrior(named{"s", "beta"}, nil)})
	assert.ErrorIs(t, err, keyaccount.ErrMismatch, "the prior of another model")
}

// Random tables far beyond what an account base looks like: orders from none to
// millions, ages over nine orders of magnitude.
func TestWeakPriorNeverFails(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 7))
	for i := range 3000 {
		table := NewCounts(Week)
		for range 1 + r.IntN(30) {
			h := History{Age: math.Exp(3 + 2*r.NormFloat64())}
			switch i % 4 {
			case 1:
				h.Frequency = int(math.Exp(2.5 * r.NormFloat64()))
			case 2:
				h.Frequency = r.IntN(2) * 10000
			case 3:
				h.Frequency = int(math.Exp(15 * r.Float64()))
			}
			if h.Frequency > 0 {
				h.Recency = h.Age * math.Pow(1-r.Float64(), float64(r.IntN(5)))
			}
			require.NoError(t, table.Add(h, 1+int64(math.Exp(8*r.Float64()*float64(r.IntN(2))))))
		}
		fit := fitWeakly(t, table)
		require.Less(t, fit.GradNorm, 1e-6*(1+math.Abs(fit.LogLik)))
	}
}

// simulateWatched draws accounts with the orders of the 39 weeks after.
func simulateWatched(m BGNBD, n int, youngest, oldest float64, r *rand.Rand) []watched {
	rates, leaving := distuv.Gamma{Alpha: m.R, Beta: m.Alpha, Src: r}, distuv.Beta{Alpha: m.A, Beta: m.B, Src: r}
	accounts := make([]watched, n)
	for i := range accounts {
		a := &accounts[i]
		a.Age = youngest + (oldest-youngest)*r.Float64()
		rate, leave := rates.Rand(), leaving.Rand()
		for at := r.ExpFloat64() / rate; at <= a.Age+39; at += r.ExpFloat64() / rate {
			if at <= a.Age {
				a.Frequency, a.Recency = a.Frequency+1, at
			} else {
				a.after++
			}
			if r.Float64() < leave {
				break
			}
		}
	}
	return accounts
}

// What the comment on weak promises of 1,500 bases, on 60: what forecasts lose
// against the parameters that made the data, and three standard errors.
func TestWeakPriorCostsLittle(t *testing.T) {
	const bases = 60
	for _, c := range []struct {
		name             string
		truth            BGNBD
		youngest, oldest float64
	}{
		{"weekly, loyal", BGNBD{R: 2, Alpha: 4, A: .15, B: 9}, 26, 104},
		{"monthly", BGNBD{R: 1.2, Alpha: 5, A: .5, B: 5}, 26, 104},
		{"quarterly", BGNBD{R: 1, Alpha: 13, A: .6, B: 2.5}, 52, 156},
		{"much alike", BGNBD{R: 8, Alpha: 40, A: .6, B: 6}, 52, 104},
		{"heavy tail", BGNBD{R: .3, Alpha: 1, A: .8, B: 4}, 26, 104},
	} {
		r := rand.New(rand.NewPCG(77, 1))
		for i, n := range []int{8, 25, 80} {
			var loss float64
			for range bases {
				accounts := simulateWatched(c.truth, n, c.youngest, c.oldest, r)
				fit := fitWeakly(t, tableOfWatched(t, accounts))
				loss += (judge(fit.BGNBD, accounts).logLoss - judge(c.truth, accounts).logLoss) / bases
			}
			assert.Less(t, loss, []float64{.065, .027, .0085}[i], "%s: %d accounts", c.name, n)
		}
	}
}

func FuzzWeakPrior(f *testing.F) {
	f.Add(0, 0.0, 30.0, int64(900), 0, 0.0, 30.0, int64(1))
	f.Add(1783368, 1.8e-17, 11.3, int64(1), 0, 0.0, 11.3, int64(1))
	f.Add(1<<31-1, 5e-324, math.MaxFloat64, int64(1)<<60, 1, 5e-324, 5e-324, int64(1))
	f.Fuzz(func(t *testing.T, x1 int, r1, a1 float64, n1 int64, x2 int, r2, a2 float64, n2 int64) {
		table := NewCounts(Week)
		_ = table.Add(History{x1, r1, a1}, n1)
		_ = table.Add(History{x2, r2, a2}, n2)
		if table.N() == 0 {
			return
		}
		fit, err := FitBGNBD(table, &FitOptions{Prior: WeakPrior(BGNBD{}, table)})
		if err != nil {
			for h := range table.All() {
				// What an account base can be: at most a million accounts, and
				// spans from a second to a thousand years.
				if table.N() > 1e6 || h.Frequency > 1e6 || h.Age < 1e-6 || h.Age > 1e5 || h.Recency > 0 && h.Recency < 1e-6 {
					return
				}
			}
			t.Fatalf("%v: %+v", err, table.sorted())
		}
		for _, p := range fit.Estimates {
			if !positive(p.Value) || !positive(p.StdErr) {
				t.Fatalf("%+v", fit)
			}
		}
	})
}
