package clv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

// cdnowSample splits the raw log after 39 weeks, for another 39.
func cdnowSample(t testing.TB) *Sample {
	t.Helper()
	cal := new(Calibration)
	require.NoError(t, cal.AddAll(cdnowLog(t)))
	sample, err := cal.Split(Split{
		End: time.Date(1997, 9, 30, 12, 0, 0, 0, time.UTC), HoldoutEnd: time.Date(1998, 6, 30, 0, 0, 0, 0, time.UTC),
	})
	require.NoError(t, err)
	return sample
}

// x.star of the reference, which lifetimes and BTYD ship too.
func TestHoldoutColumnsOfCDNOW(t *testing.T) {
	sample := cdnowSample(t)
	assert.Equal(t, 39.0, sample.Holdout)
	want := oracle.CSV(t, "data/clv/cdnow_cbs_exact.csv")
	require.Len(t, sample.Accounts, len(want))
	orders := 0
	for i, row := range want {
		v := floats(t, row["x"]+" "+row["t.x"]+" "+row["T.cal"]+" "+row["x.star"])
		a := sample.Accounts[i]
		require.Equal(t, History{int(v[0]), math.Round(7*v[1]) / 7, math.Round(7*v[2]) / 7}, a.History, a.ID)
		require.Equal(t, int(v[3]), a.Later.Orders, a.ID)
		orders += a.Later.Orders
	}
	assert.Equal(t, 1882, orders)
	assert.Empty(t, sample.Born, "a cohort of one quarter")
}

// Mean spend without the first order, as Fader and Hardie's file has it.
func TestMeanSpendOfCDNOW(t *testing.T) {
	sample := cdnowSample(t)
	// The file has customers in the order of the sample, x>0 or not; its one
	// column is the mean.
	want := oracle.CSV(t, "data/clv/cdnow_mean_spend_exact.csv")
	require.Len(t, want, len(sample.Accounts))
	repeat := 0
	for i, row := range want {
		a := sample.Accounts[i]
		require.InDelta(t, floats(t, row["v"])[0], a.Spend.Mean, 1e-9, a.ID)
		require.Equal(t, a.Frequency, a.Spend.Orders, a.ID)
		if a.Frequency > 0 {
			repeat++
		}
	}
	assert.Equal(t, 946, repeat)
}

// Recomputed in another language, from the maximum printed by Fader, Hardie and
// Lee's data (r .24259452, alpha 4.41360202, a .79292202, b 2.42590678): 2F1 by
// its power series in E(Y(39) | x, t_x, T) (equation 10 of the paper), the
// finite sum of equation 8 for the probabilities, HC1 errors by the two sums.
func TestEvaluateCDNOW(t *testing.T) {
	sample := cdnowSample(t)
	table, err := sample.Counts()
	require.NoError(t, err)
	fit, err := fitFlow(table)
	require.NoError(t, err)
	got, err := Evaluate(sample, []OrderFlow{fit, namedFlow{flow{published}, "published"}}, nil)
	require.NoError(t, err)
	assert.Equal(t, 2357, got.Accounts)
	assert.Equal(t, 1882, got.Orders)

	s := got.Table[0]
	assert.InDelta(t, 1653.408692, s.Expected, 1e-4)
	assert.InDelta(t, -.096984008, s.Bias, 1e-7)
	assert.InDelta(t, .785454235, s.MAE, 1e-7)
	assert.InDelta(t, 1.607982011, s.RMSE, 1e-7)
	assert.InDelta(t, .510371373, s.CRPS, 1e-7)
	assert.InDelta(t, .984455100, *s.LogScore, 1e-7)
	assert.InDelta(t, .608294293, *s.Brier, 1e-7)
	assert.InDelta(t, .161223825, *s.BrierActive, 1e-7)
	assert.InDelta(t, .118565810, s.Line.Intercept, 1e-7)
	assert.InDelta(t, .044669672, s.Line.InterceptStdErr, 1e-7)
	assert.InDelta(t, .969234281, s.Line.Slope, 1e-7)
	assert.InDelta(t, .080264223, s.Line.SlopeStdErr, 1e-7)
	assert.InDelta(t, -9582.429207, *s.LogLik, 1e-6)
	assert.Nil(t, got.Table[1].AIC, "not fitted to these data")

	r := got.Reports[0]
	for i, want := range []float64{1739.9659, 301.2179, 121.2480, 64.0428, 38.5576, 25.0507, 17.0949, 49.8222} {
		assert.InDelta(t, want, r.Heldout[i].Expected, 1e-3)
		assert.Equal(t, []int{1673, 302, 153, 77, 54, 23, 21, 54}[i], r.Heldout[i].Actual)
	}
	for i, want := range []float64{1407.6844, 460.3235, 192.4614, 101.1642, 59.8471, 38.1197, 25.5491, 71.8507} {
		assert.InDelta(t, want, r.Calibrated[i].Expected, 1e-3)
		assert.Equal(t, []int{1411, 439, 214, 100, 62, 38, 29, 64}[i], r.Calibrated[i].Actual)
	}
	assert.True(t, r.Heldout[7].OrMore)
	require.Len(t, r.Timing, 10)
	assert.InDelta(t, 158.18653, r.Timing[0].Expected, 1e-4)
	assert.InDelta(t, 617.03404, r.Timing[9].Expected, 1e-4)
	assert.Equal(t, 2357-1673, r.Timing[9].Actual, "in the end, who ordered at all")

	// 272 days up to 30 September, and 273 after.
	last := r.Tracking[len(r.Tracking)-1]
	assert.Equal(t, 545.0/7, last.To)
	assert.True(t, last.Heldout)
	assert.Equal(t, 2457+1882, last.CumulativeActual)
	assert.InDelta(t, 2501.52617, r.Tracking[38].CumulativeExpected, 1e-3) // week 39
	assert.InDelta(t, 4165.66372, last.CumulativeExpected, 8)              // of week 78, a day later
	sum, actual := 0.0, 0
	for _, p := range r.Tracking {
		sum += p.Expected
		actual += p.Actual
	}
	assert.InDelta(t, last.CumulativeExpected, sum, 1e-9*sum)
	assert.Equal(t, last.CumulativeActual, actual)

	own, before, population := got.Table[2], got.Table[3], got.Table[4]
	assert.Equal(t, []string{"own rate", "as before", "population rate"}, []string{own.Name, before.Name, population.Name})
	assert.InDelta(t, 2930.101126, own.Expected, 1e-4)
	assert.InDelta(t, 1.023669163, own.MAE, 1e-7)
	assert.InDelta(t, 2.211918089, own.RMSE, 1e-7)
	assert.Equal(t, own.MAE, own.CRPS)
	assert.InDelta(t, 1.382076835, population.MAE, 1e-7)
	assert.InDelta(t, 2.104232688, population.RMSE, 1e-7)
	assert.Nil(t, population.Line, "it expects the same of everybody")
	assert.Contains(t, got.Best, Best{"crps", "BG/NBD", s.CRPS})

	text, err := json.Marshal(got)
	require.NoError(t, err)
	var back Evaluation
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, *got, back)
}

type namedFlow struct {
	flow
	name string
}

func (n namedFlow) Name() string { return n.name }

// smallSample is two periods simulated by a model, of accounts that first bought
// in the first half of the calibration.
func smallSample(r *rand.Rand, m flow, n int) *Sample {
	s := &Sample{Unit: Week, Calibration: 40, Holdout: 20, Dated: true}
	repeats := map[float64]int{}
	for i := range n {
		born := float64(r.IntN(20*7)) / 7
		a := SampleAccount{AccountHistory: AccountHistory{ID: string(rune('a' + i)), History: History{Age: 40 - born}}}
		last := 0.0
		for _, at := range timesOf(m, History{}, 60-born, r) {
			repeats[born+at]++
			switch {
			case at <= a.Age:
				a.Frequency, a.Recency = a.Frequency+1, at
				a.LogGaps += math.Log(at - last)
				last = at
				if at > a.Age-20 {
					a.Later.Before++
				}
			default:
				if a.Later.Orders == 0 {
					a.Later.Next = at - a.Age
				}
				a.Later.Orders++
			}
		}
		s.Accounts = append(s.Accounts, a)
	}
	for at, k := range repeats {
		s.Repeats = append(s.Repeats, OrdersAt{at, k})
	}
	slices.SortFunc(s.Repeats, func(a, b OrdersAt) int {
		if a.Time < b.Time {
			return -1
		}
		return 1
	})
	return s
}

// On data of its own a model is unbiased, its line is the diagonal, and it
// beats the baselines.
func TestEvaluateRecoversTheTruth(t *testing.T) {
	truth := flow{BGNBD{R: .8, Alpha: 6, A: .8, B: 5}}
	sample := smallSample(rand.New(rand.NewPCG(8, 1)), truth, 4000)
	got, err := Evaluate(sample, []OrderFlow{truth}, &EvaluateOptions{Period: 5})
	require.NoError(t, err)
	s := got.Table[0]
	assert.InDelta(t, 0, s.Bias, 3*s.RMSE/math.Sqrt(4000))
	assert.InDelta(t, 1, s.Line.Slope, 3*s.Line.SlopeStdErr)
	assert.InDelta(t, 0, s.Line.Intercept, 3*s.Line.InterceptStdErr)
	for _, b := range got.Best {
		if b.Criterion != "mae" && b.Criterion != "bias" { // the mean does not minimise the first
			assert.Equal(t, "BG/NBD", b.Name, b.Criterion)
		}
	}
	r := got.Reports[0]
	near := func(actual int, expected float64) {
		t.Helper()
		assert.InDelta(t, expected, float64(actual), 4*math.Sqrt(expected+1))
	}
	for i := range r.Heldout {
		near(r.Heldout[i].Actual, r.Heldout[i].Expected)
		near(r.Calibrated[i].Actual, r.Calibrated[i].Expected)
	}
	for _, p := range r.Timing {
		near(p.Actual, p.Expected)
	}
	for _, b := range r.Activity {
		assert.InDelta(t, b.Expected, b.Actual, 4*math.Sqrt(.25/float64(b.Accounts)))
	}
	require.Len(t, r.Tracking, 12)
	assert.True(t, r.Tracking[8].Heldout)
	assert.False(t, r.Tracking[7].Heldout)
}

// The order of the accounts changes no bit.
func TestEvaluateIsPermutationInvariant(t *testing.T) {
	truth := flow{published}
	r := rand.New(rand.NewPCG(8, 2))
	sample := smallSample(r, truth, 300)
	want, err := Evaluate(sample, []OrderFlow{truth}, nil)
	require.NoError(t, err)
	for range 5 {
		r.Shuffle(len(sample.Accounts), func(i, j int) {
			sample.Accounts[i], sample.Accounts[j] = sample.Accounts[j], sample.Accounts[i]
		})
		got, err := Evaluate(sample, []OrderFlow{truth}, nil)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestEvaluateAccountsBornInTheHoldout(t *testing.T) {
	cal := new(Calibration)
	for _, x := range []struct{ id, at string }{
		{"old", "2025-01-06"},
		{"old", "2025-02-03"},
		{"old", "2025-04-07"},
		{"new", "2025-03-10"},
		{"new", "2025-03-24"},
		{"today", "2025-04-28"},
	} {
		require.NoError(t, cal.Add(sale(x.id, at(t, x.at+"T10:00:00Z"))))
	}
	sample, err := cal.Split(Split{End: at(t, "2025-03-03T00:00:00Z"), HoldoutEnd: at(t, "2025-04-28T00:00:00Z")})
	require.NoError(t, err)
	require.Len(t, sample.Accounts, 1)
	assert.Equal(t, Outcome{Orders: 1, Next: 5, Value: 100, Before: 1}, sample.Accounts[0].Later)
	got, err := Evaluate(sample, []OrderFlow{flow{published}}, nil)
	require.NoError(t, err)
	born := got.Reports[0].Born
	assert.Equal(t, 2, born.Accounts)
	assert.Equal(t, 1, born.Actual)
	assert.InDelta(t, published.ExpectedOrders(History{}, 7), born.Expected, 1e-12)
	assert.Equal(t, 1, got.Accounts, "they are in no other figure")
	last := got.Reports[0].Tracking
	assert.Equal(t, 2, last[len(last)-1].CumulativeActual)
}

// Rows that were summarised elsewhere are enough for what needs no dates.
func TestEvaluateWithoutDates(t *testing.T) {
	sample := &Sample{Unit: Week, Holdout: 39, Accounts: []SampleAccount{
		{AccountHistory{History: History{2, 30, 38}}, Outcome{Orders: 1}},
		{AccountHistory{History: History{0, 0, 38}}, Outcome{}},
		{AccountHistory{History: History{0, 0, 0}}, Outcome{Orders: 2}},
	}}
	got, err := Evaluate(sample, []OrderFlow{flow{published}}, &EvaluateOptions{Frequencies: 1})
	require.NoError(t, err)
	r := got.Reports[0]
	assert.Nil(t, r.Tracking)
	assert.Nil(t, r.Timing)
	require.Len(t, got.Table, 3, "what was before is not known")
	assert.Equal(t, []FrequencyBin{{0, true, 3, 3}}, r.Heldout)
	assert.Equal(t, []ConditionalBin{{0, true, 3, 1, r.Expected / 3}}, r.Conditional)
}

func TestEvaluateRefuses(t *testing.T) {
	good := func() *Sample { return smallSample(rand.New(rand.NewPCG(8, 3)), flow{published}, 8) }
	model := []OrderFlow{flow{published}}
	for _, c := range []struct {
		name   string
		change func(s *Sample)
		kind   error
		field  string
	}{
		{"no accounts", func(s *Sample) { s.Accounts = nil }, keyaccount.ErrMissing, "sample"},
		{"no hold-out", func(s *Sample) { s.Holdout = 0 }, keyaccount.ErrMissing, "Holdout"},
		{"NaN", func(s *Sample) { s.Holdout = math.NaN() }, keyaccount.ErrMissing, "Holdout"},
		{"unit", func(s *Sample) { s.Unit = 7 }, keyaccount.ErrOutOfRange, "Unit"},
		{"another unit", func(s *Sample) { s.Unit = Day }, keyaccount.ErrMismatch, "Unit"},
		{"history", func(s *Sample) { s.Accounts[2].Recency = 99 }, keyaccount.ErrOutOfRange, "Recency"},
		{"orders", func(s *Sample) { s.Accounts[2].Later.Orders = -1 }, keyaccount.ErrOutOfRange, "Orders"},
		{"before", func(s *Sample) { s.Accounts[2].Later.Before = -1 }, keyaccount.ErrOutOfRange, "Before"},
		{"next", func(s *Sample) { s.Accounts[2].Later = Outcome{Next: 3} }, keyaccount.ErrOutOfRange, "Next"},
		{"no next", func(s *Sample) { s.Accounts[2].Later = Outcome{Orders: 3} }, keyaccount.ErrOutOfRange, "Next"},
		{"born too early", func(s *Sample) { s.Born = []AccountHistory{{History: History{Age: 21}}} }, keyaccount.ErrOutOfRange, "Born"},
		{"born wrong", func(s *Sample) { s.Born = []AccountHistory{{History: History{Frequency: 2}}} }, keyaccount.ErrOutOfRange, "Recency"},
		{"repeats", func(s *Sample) { s.Repeats = []OrdersAt{{5, 1}, {5, 1}} }, keyaccount.ErrOutOfRange, "Repeats"},
		{"calibration", func(s *Sample) { s.Calibration = math.NaN() }, keyaccount.ErrOutOfRange, "Calibration"},
		{"negative calibration", func(s *Sample) { s.Calibration = -90 }, keyaccount.ErrOutOfRange, "Calibration"},
		{"too many periods", func(s *Sample) { s.Calibration = 1e9 }, keyaccount.ErrOutOfRange, "Period"},
		{"too short a calibration", func(s *Sample) { s.Calibration = 5 }, keyaccount.ErrOutOfRange, "Age"},
		{"repeats after the end", func(s *Sample) { s.Repeats = []OrdersAt{{60.1, 1}} }, keyaccount.ErrOutOfRange, "Repeats"},
		{"gaps", func(s *Sample) { s.Accounts[2].LogGaps = 1e9 }, keyaccount.ErrOutOfRange, "LogGaps"},
	} {
		s := good()
		c.change(s)
		_, err := Evaluate(s, model, nil)
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad, c.name)
		assert.ErrorIs(t, err, c.kind, c.name)
		assert.Equal(t, c.field, bad.Field, c.name)
	}
	_, err := Evaluate(nil, model, nil)
	assert.ErrorIs(t, err, keyaccount.ErrMissing)
	for _, o := range []EvaluateOptions{{Period: -1}, {Period: math.Inf(1)}, {Frequencies: -1}, {Timings: 1e9}} {
		_, err := Evaluate(good(), model, &o)
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
	for _, c := range []struct {
		models []OrderFlow
		kind   error
	}{
		{[]OrderFlow{nil}, keyaccount.ErrMissing},
		{[]OrderFlow{flow{}}, keyaccount.ErrOutOfRange},
		{[]OrderFlow{liar{flow{published}, "ProbAlive"}}, keyaccount.ErrOutOfRange},
		{[]OrderFlow{liar{flow{published}, "ExpectedOrders"}}, keyaccount.ErrOutOfRange},
		{[]OrderFlow{liar{flow{published}, "OrderDistribution"}}, keyaccount.ErrOutOfRange},
	} {
		_, err := Evaluate(good(), c.models, nil)
		assert.ErrorIs(t, err, c.kind)
	}
	twice, err := Evaluate(good(), []OrderFlow{flow{published}, flow{published}}, nil)
	require.NoError(t, err)
	assert.Equal(t, "BG/NBD (2)", twice.Table[1].Name)
	assert.Equal(t, "BG/NBD (2)", twice.Reports[1].Name)
	assert.Equal(t, "BG/NBD", twice.Best[0].Name, "of equals, the first")
	only, err := Evaluate(good(), nil, nil)
	require.NoError(t, err, "the baselines alone")
	assert.Len(t, only.Table, 3)
}

// liar is a host's model that answers one question with nonsense.
type liar struct {
	flow
	about string
}

func (l liar) ProbAlive(h History) float64 {
	if l.about == "ProbAlive" {
		return math.NaN()
	}
	return l.flow.ProbAlive(h)
}

func (l liar) ExpectedOrders(h History, t float64) float64 {
	if l.about == "ExpectedOrders" {
		return -1
	}
	return l.flow.ExpectedOrders(h, t)
}

func (l liar) OrderDistribution(h History, t float64, most int) []float64 {
	if l.about == "OrderDistribution" {
		return []float64{.5}
	}
	return l.flow.OrderDistribution(h, t, most)
}

// Four accounts, recomputed as TestEvaluateCDNOW says, at the published
// parameters .243, 4.414, .793, 2.426.
func TestEvaluateFourAccounts(t *testing.T) {
	sample := &Sample{Unit: Week, Holdout: 39, Accounts: []SampleAccount{
		{AccountHistory{History: History{2, 30.43, 38.86}}, Outcome{Orders: 1}},
		{AccountHistory{History: History{0, 0, 30}}, Outcome{}},
		{AccountHistory{History: History{7, 20, 38}}, Outcome{}},
		{AccountHistory{History: History{1, 5, 10}}, Outcome{Orders: 3}},
	}}
	got, err := Evaluate(sample, []OrderFlow{flow{published}}, nil)
	require.NoError(t, err)
	s := got.Table[0]
	for _, c := range []struct {
		name      string
		want, got float64
	}{
		{"expected", 3.826983372974754, s.Expected},
		{"bias", -.0432541567563115, s.Bias},
		{"mae", .7063294342991423, s.MAE},
		{"rmse", .8798819774321759, s.RMSE},
		{"crps", .45091039759719914, s.CRPS},
		{"log score", 1.1067778406102866, *s.LogScore},
		{"brier", .3071715764359, *s.Brier},
		{"brier active", .12153331340421777, *s.BrierActive},
		{"intercept", -1.0387165963584888, s.Line.Intercept},
		{"its error", .9466183189465383, s.Line.InterceptStdErr},
		{"slope", 2.130886285794101, s.Line.Slope},
		{"its error", .9803815299442565, s.Line.SlopeStdErr},
		{"none", 2.5989883360638304, got.Reports[0].Heldout[0].Expected},
		{"seven or more", .10758825289896423, got.Reports[0].Heldout[7].Expected},
	} {
		assert.InDelta(t, c.want, c.got, 1e-7, c.name) // as far as the tail beyond 400 orders is left out
	}
}

func FuzzEvaluate(f *testing.F) {
	f.Add(.243, 4.414, .793, 2.426, 2, 30.4, 38.9, 39.0, 40.0, 3, 2.0, 1.0)
	f.Add(1e-300, 1e300, 1e-300, 1e300, 2147483647, 1e-300, 1e308, 1e-300, 0.0, 0, 0.0, 1e300)
	f.Fuzz(func(t *testing.T, r, alpha, a, b float64, x int, tx, age, holdout, calibration float64, orders int, next, period float64) {
		h := History{x, tx, age}
		sample := &Sample{Unit: Week, Holdout: holdout, Calibration: calibration, Dated: next > 0, Accounts: []SampleAccount{
			{AccountHistory{History: h}, Outcome{Orders: orders % 100, Next: next}},
			{AccountHistory{History: h}, Outcome{}},
			{AccountHistory{History: h.After(1)}, Outcome{}},
		}}
		got, err := Evaluate(sample, []OrderFlow{flow{BGNBD{R: r, Alpha: alpha, A: a, B: b}}}, &EvaluateOptions{Period: period})
		if err != nil {
			var bad *keyaccount.InputError
			require.ErrorAs(t, err, &bad)
			return
		}
		_, err = json.Marshal(got) // refuses NaN and infinities
		require.NoError(t, err)
	})
}
