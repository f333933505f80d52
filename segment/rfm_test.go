package segment

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

const uciScores = "oracles/segment/oracle_online_retail_scores.csv.gz"

// TestOracleOnlineRetailScores compares every score of the 4,339 buyers under
// both rules.
func TestOracleOnlineRetailScores(t *testing.T) {
	t.Parallel()
	rows := oracle.CSV(t, uciScores)
	_, sum := uciLines(t)
	accounts := sum.Accounts(uciAsOf)
	for prefix, rule := range map[string]QuantileRule{"q7_": Type7, "mid_": MidRank} {
		m, err := FitRFM(accounts, &RFMOptions{Rule: rule})
		require.NoError(t, err)
		require.Equal(t, []int{4339, 33}, []int{m.Scored, m.Unscored})
		got := map[string]Score{}
		for _, a := range accounts {
			if s := m.Score(a); s != (Score{}) {
				got[a.ID] = s
			}
		}
		require.Len(t, got, len(rows))
		for _, row := range rows {
			s := got[row["customer_id"]]
			require.Equal(t, row[prefix+"r"]+row[prefix+"f"]+row[prefix+"m"], s.Code(), "%s %s", rule, row["customer_id"])
		}
	}
}

// The cuts and counts of the same fit, as R's quantile gives them: recency
// 14.2, 33, 72, 180 days; orders 1, 2, 3, 6; net 242.872, 474.104, 914.850,
// 2014.866.
func TestOnlineRetailCuts(t *testing.T) {
	t.Parallel()
	_, sum := uciLines(t)
	m, err := FitRFM(sum.Accounts(uciAsOf), nil)
	require.NoError(t, err)
	assert.Equal(t, []Cut[int]{{Value: 14}, {Value: 33}, {Value: 72}, {Value: 180}}, m.Recency.Cuts)
	assert.Equal(t, []Cut[int]{{Value: 1}, {Value: 2}, {Value: 3}, {Value: 6}}, m.Frequency.Cuts)
	for i, want := range []string{"242.872", "474.104", "914.85", "2014.866"} {
		assert.Equal(t, want, m.Monetary.Cuts[i].Value.String())
	}
	assert.Equal(t, []int{861, 866, 863, 881, 868}, m.Recency.Counts)
	assert.Equal(t, []int{1494, 835, 508, 802, 700}, m.Frequency.Counts)
	assert.Equal(t, []int{868, 868, 867, 868, 868}, m.Monetary.Counts)
	assert.Empty(t, m.Frequency.Collapsed)

	m, err = FitRFM(sum.Accounts(uciAsOf), &RFMOptions{Rule: MidRank})
	require.NoError(t, err)
	assert.Equal(t, []int{1494, 0, 1343, 630, 872}, m.Frequency.Counts)
	assert.Equal(t, []int{2}, m.Frequency.Collapsed, "an empty bin is reported, never silent")
}

// anyRule is one that can be fitted.
func anyRule(r *rand.Rand) QuantileRule { return QuantileRule(r.IntN(int(GivenBreaks))) }

func randomAccounts(r *rand.Rand, n int) []Account {
	out := make([]Account, n)
	for i := range out {
		out[i] = Account{
			ID: "A" + strconv.Itoa(i), AsOf: uciAsOf, Currency: "EUR",
			DaysSinceLast: r.IntN(60), Orders: r.IntN(9), Net: decimal.New(r.Int64N(600)-100, -int32(r.IntN(3))),
		}
		if out[i].Orders == 0 {
			out[i].DaysSinceLast = -1
		}
	}
	out[0].Orders, out[0].DaysSinceLast = 1, 5
	return out
}

func TestScoresObeyTheLaw(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(21, 4))
	for range 400 {
		accounts := withFigures(r, randomAccounts(r, 1+r.IntN(60)))
		opts := &RFMOptions{Bins: 2 + r.IntN(9), Rule: anyRule(r), Nested: r.IntN(4) == 0}
		if r.IntN(3) == 0 {
			opts.Frequency = ScaleOptions{Bins: 2 + r.IntN(4), Rule: anyRule(r)}
		}
		opts.Dimensions = marginAndDelay(r)
		m, err := FitRFM(accounts, opts)
		require.NoError(t, err)
		require.NoError(t, m.Validate())
		require.Equal(t, len(accounts), m.Scored+m.Unscored)

		// Monotone, and equal for equal values, among fitted and other accounts.
		probe := append(withFigures(r, randomAccounts(r, 30)), accounts...)
		counts := make([]int, opts.Bins)
		for i, a := range probe {
			s := m.Score(a)
			if !a.HasOrders() {
				require.Equal(t, Score{}, s)
				continue
			}
			if i >= 30 {
				counts[s.M-1]++
			}
			require.True(t, min(s.R, s.F, s.M) >= 1 && s.R <= opts.Bins && s.F <= m.Frequency.Bins() && s.M <= opts.Bins)
			require.NotEmpty(t, s.Segment.Key)
			b := probe[r.IntN(len(probe))]
			if !b.HasOrders() {
				continue
			}
			other := m.Score(b)
			requireDimensionLaw(t, m, a, b)
			require.False(t, a.DaysSinceLast <= b.DaysSinceLast && s.R < other.R)
			if !opts.Nested || s.R == other.R {
				require.False(t, a.Orders <= b.Orders && s.F > other.F)
			}
			if !opts.Nested || s.R == other.R && s.F == other.F {
				require.False(t, a.Net.LessThanOrEqual(b.Net) && s.M > other.M)
			}
		}
		if !opts.Nested {
			require.Equal(t, m.Monetary.Counts, counts)
		}

		// Unchanged by the order of the rows and by the IDs.
		turned := slices.Clone(accounts)
		r.Shuffle(len(turned), func(i, j int) { turned[i], turned[j] = turned[j], turned[i] })
		for i := range turned {
			turned[i].ID = "Z" + strconv.Itoa(i)
		}
		again, err := FitRFM(turned, opts)
		require.NoError(t, err)
		require.Equal(t, m, again)

		// Unchanged by the unit, in money and in counts; only the rule of R's
		// rfm has a unit in it.
		if m.Rule == RPlusOne || m.Frequency.Rule == RPlusOne || slices.ContainsFunc(m.Dimensions, func(d DimensionScale) bool { return d.Rule == RPlusOne }) {
			continue
		}
		scaled, wide := slices.Clone(accounts), slices.Clone(accounts)
		for i := range scaled {
			scaled[i].Net = scaled[i].Net.Mul(dec("0.0137"))
			for name, v := range accounts[i].Figures {
				SetFigure(scaled[i:i+1], name, func(Account) (decimal.Decimal, bool) { return v.Mul(dec("1.7")), true })
			}
			wide[i].Orders *= 1000
			if wide[i].HasOrders() {
				wide[i].DaysSinceLast *= 7
			}
		}
		s, err := FitRFM(scaled, opts)
		require.NoError(t, err)
		w, err := FitRFM(wide, opts)
		require.NoError(t, err)
		for i, a := range accounts {
			require.Equal(t, m.Score(a), s.Score(scaled[i]))
			require.Equal(t, m.Score(a).Code(), w.Score(wide[i]).Code())
			require.Equal(t, m.Score(a).Segment, w.Score(wide[i]).Segment)
		}
	}
}

// requireDimensionLaw: equal figures get equal scores, better ones never lower
// ones, and what is not known gets none.
func requireDimensionLaw(t *testing.T, m *Model, a, b Account) {
	for i := range m.Dimensions {
		d := &m.Dimensions[i]
		v, known := a.Figures[d.Name]
		w, alsoKnown := b.Figures[d.Name]
		s, other := m.Score(a).Dimensions[i], m.Score(b).Dimensions[i]
		require.Equal(t, known, s > 0)
		require.LessOrEqual(t, int(s), d.Bins())
		if !known || !alsoKnown {
			continue
		}
		order := v.Cmp(w)
		if d.LowerBetter {
			order = -order
		}
		require.False(t, order >= 0 && s < other || order <= 0 && s > other, "%s %s %s", d.Name, v, w)
	}
}

func TestOneValueCollapsesAndIsReported(t *testing.T) {
	t.Parallel()
	a := []Account{
		{ID: "A", AsOf: uciAsOf, Orders: 3, DaysSinceLast: 10, Net: dec("5")},
		{ID: "B", AsOf: uciAsOf, Orders: 3, DaysSinceLast: 10, Net: dec("5.00")},
	}
	m, err := FitRFM(a, nil)
	require.NoError(t, err)
	assert.Equal(t, "511", m.Score(a[0]).Code(), "a value on all cuts is below them all")
	assert.Equal(t, m.Score(a[0]), m.Score(a[1]))
	assert.Equal(t, []int{2, 0, 0, 0, 0}, m.Monetary.Counts)
	assert.Equal(t, []int{2, 3, 4, 5}, m.Monetary.Collapsed)
	assert.Equal(t, []int{1, 2, 3, 4}, m.Recency.Collapsed)

	m, err = FitRFM(a[:1], &RFMOptions{Rule: MidRank})
	require.NoError(t, err)
	assert.Equal(t, "333", m.Score(a[0]).Code(), "under MidRank it stands in the middle")
}

func TestFitRFMRefuses(t *testing.T) {
	t.Parallel()
	fit := func(spoil func(a []Account)) error {
		accounts := randomAccounts(rand.New(rand.NewPCG(1, 1)), 5)
		accounts[2].Orders, accounts[2].DaysSinceLast = 2, 3
		spoil(accounts)
		m, err := FitRFM(accounts, nil)
		require.Nil(t, m)
		return err
	}
	inputError(t, fit(func(a []Account) { a[2].ID = "" }), keyaccount.ErrMissing, "ID", 3)
	inputError(t, fit(func(a []Account) { a[2].ID = a[0].ID }), keyaccount.ErrDuplicate, "ID", 3)
	inputError(t, fit(func(a []Account) { a[1].ID, a[4].ID = "Z", "Z" }), keyaccount.ErrDuplicate, "ID", 5)
	inputError(t, fit(func(a []Account) { a[2].Currency = "USD" }), keyaccount.ErrMixedCurrency, "Currency", 3)
	inputError(t, fit(func(a []Account) { a[2].AsOf = time.Time{} }), keyaccount.ErrMissing, "AsOf", 3)
	inputError(t, fit(func(a []Account) { a[2].AsOf = day("2011-12-11") }), keyaccount.ErrMismatch, "AsOf", 3)
	inputError(t, fit(func(a []Account) { a[2].LastOrder = uciAsOf.Add(1) }), keyaccount.ErrOutOfRange, "LastOrder", 3)
	inputError(t, fit(func(a []Account) { a[2].DaysSinceLast = -1 }), keyaccount.ErrOutOfRange, "DaysSinceLast", 3)
	inputError(t, fit(func(a []Account) { a[2].Orders = -1 }), keyaccount.ErrOutOfRange, "Orders", 3)
	inputError(t, fit(func(a []Account) { a[2].Net = decimal.New(1, 1<<30) }), keyaccount.ErrOutOfRange, "Net", 3)
	inputError(t, fit(func(a []Account) {
		for i := range a {
			a[i].AsOf = day("2011-12-11").AddDate(20000, 0, 0)
		}
	}), keyaccount.ErrOutOfRange, "AsOf", 1)
	inputError(t, fit(func(a []Account) {
		for i := range a {
			a[i].Orders = 0
		}
	}), keyaccount.ErrMissing, "accounts", 0)
	_, err := FitRFM(nil, nil)
	inputError(t, err, keyaccount.ErrMissing, "accounts", 0)

	accounts := randomAccounts(rand.New(rand.NewPCG(1, 1)), 5)
	_, err = FitRFM(accounts, &RFMOptions{Bins: 1, Rule: 99})
	require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	require.ErrorContains(t, err, "Bins")
	require.ErrorContains(t, err, "Rule")
	_, err = FitRFM(accounts, &RFMOptions{Bins: MaxBins + 1})
	inputError(t, err, keyaccount.ErrOutOfRange, "Bins", 0)
}

func TestSummaryBeforeItsLastOrderIsRefused(t *testing.T) {
	t.Parallel()
	s := summaryOf(t, line("A", "1", "2025-03-01", "1", "1"), line("B", "2", "2025-03-09", "1", "1"))
	_, err := FitRFM(s.Accounts(day("2025-03-05")), nil)
	inputError(t, err, keyaccount.ErrOutOfRange, "LastOrder", 2)
}

func TestScoreOfAnotherCurrencyIsZero(t *testing.T) {
	t.Parallel()
	accounts := randomAccounts(rand.New(rand.NewPCG(1, 1)), 5)
	m, err := FitRFM(accounts, nil)
	require.NoError(t, err)
	a := accounts[0]
	assert.NotZero(t, m.Score(a))
	a.Currency = "USD"
	assert.Zero(t, m.Score(a))
}

func TestScoreCode(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "545", Score{R: 5, F: 4, M: 5}.Code())
	assert.Equal(t, "5-10-5", Score{R: 5, F: 10, M: 5}.Code())
	assert.Equal(t, "000", Score{}.Code())
}

func TestScoreDoesNotAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	accounts := withFigures(r, randomAccounts(r, 200))
	further := []Dimension{{Name: "margin"}, {Name: "delay", LowerBetter: true}}
	for _, opts := range []RFMOptions{{}, {Bins: 7}, {Rule: MidRank}, {Nested: true}, {Dimensions: further}, {Dimensions: further, Rules: delayRules()}} {
		m, err := FitRFM(accounts, &opts)
		require.NoError(t, err)
		assert.Zero(t, testing.AllocsPerRun(100, func() {
			for _, a := range accounts {
				_ = m.Score(a)
			}
		}))
	}
}

// FuzzFitRFM: hostile figures are refused, or scored within the bins.
func FuzzFitRFM(f *testing.F) {
	f.Add(5, 0, 1, 10, int64(5), int32(0), 3, 20, int64(-7), int32(-2))
	f.Add(100, 1, 1<<62, 1<<62, int64(1<<62), int32(4000), 1, 0, int64(1), int32(-4000))
	f.Add(2, 11, 2, 7, int64(3), int32(-9), 2, 7, int64(300), int32(-11))
	f.Fuzz(func(t *testing.T, bins, rule, f1, r1 int, m1 int64, e1 int32, f2, r2 int, m2 int64, e2 int32) {
		accounts := []Account{
			{ID: "A", AsOf: uciAsOf, Orders: f1, DaysSinceLast: r1, Net: decimal.New(m1, e1)},
			{ID: "B", AsOf: uciAsOf, Orders: f2, DaysSinceLast: r2, Net: decimal.New(m2, e2)},
		}
		for i, v := range []decimal.Decimal{decimal.New(m1, e2), decimal.New(m2, e1)} {
			if r1 != i {
				accounts[i].Figures = map[string]decimal.Decimal{"x": v}
			}
		}
		m, err := FitRFM(accounts, &RFMOptions{
			Bins: bins, Rule: QuantileRule(rule), Nested: f1 == f2, Dimensions: []Dimension{{Name: "x", LowerBetter: r2%2 == 0}},
		})
		if err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		require.NoError(t, m.Validate())
		for _, a := range accounts {
			if s := m.Score(a); a.HasOrders() {
				require.True(t, min(s.R, s.F, s.M) >= 1 && max(s.R, s.F, s.M) <= m.Bins)
				_, known := a.Figures["x"]
				require.Equal(t, known, s.Dimensions[0] > 0)
				require.LessOrEqual(t, int(s.Dimensions[0]), m.Dimensions[0].Bins())
			}
		}
	})
}
