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

// NTILE gives customers with the same number of orders different scores, by
// their place in the input: of the 1,494 with one order, 868 get a 1 and 626 a
// 2 (OpenRetailScience's own test wants 0, 1, 2, 3, 4 for five customers who
// ordered once). It is there to reproduce such scores; our rules never do that.
func TestNTILESplitsEqualsAndOursDoNot(t *testing.T) {
	t.Parallel()
	rows := oracle.CSV(t, uciScores)
	_, all := uciLines(t)
	accounts := all.Accounts(uciAsOf)
	scores, err := NtileScores(accounts, 5)
	require.NoError(t, err)
	byID := map[string]Score{}
	ones := map[int]int{}
	for i, a := range accounts {
		byID[a.ID] = scores[i]
		if a.Orders == 1 {
			ones[scores[i].F]++
		}
	}
	assert.Equal(t, map[int]int{1: 868, 2: 626}, ones)
	for _, row := range rows {
		require.Equal(t, row["ntile_r"]+row["ntile_f"]+row["ntile_m"], byID[row["customer_id"]].Code(), row["customer_id"])
	}
	_, err = NtileScores(accounts, 1)
	inputError(t, err, keyaccount.ErrOutOfRange, "bins", 0)
	_, err = NtileScores(nil, 5)
	inputError(t, err, keyaccount.ErrMissing, "accounts", 0)
	_, err = NtileScores([]Account{{ID: "A", AsOf: uciAsOf}}, 5)
	inputError(t, err, keyaccount.ErrMissing, "accounts", 0)

	_, sum := uciLines(t)
	for _, rule := range []QuantileRule{Type7, MidRank} {
		for bins := 2; bins <= 12; bins++ {
			m, err := FitRFM(sum.Accounts(uciAsOf), &RFMOptions{Bins: bins, Rule: rule})
			require.NoError(t, err)
			r, f, net := map[int]int{}, map[int]int{}, map[string]int{}
			same := func(before, now int, known bool) { require.True(t, !known || before == now) }
			for _, a := range sum.Accounts(uciAsOf) {
				if !a.HasOrders() {
					continue
				}
				s, key := m.Score(a), a.Net.StringFixed(3)
				before, ok := r[a.DaysSinceLast]
				same(before, s.R, ok)
				before, ok = f[a.Orders]
				same(before, s.F, ok)
				before, ok = net[key]
				same(before, s.M, ok)
				r[a.DaysSinceLast], f[a.Orders], net[key] = s.R, s.F, s.M
			}
		}
	}
}

// rfmOrders returns the accounts of R's order table, amounts multiplied by the
// unit.
func rfmOrders(t testing.TB, unit string) []Account {
	t.Helper()
	var accounts []Account
	for _, row := range oracle.CSV(t, "oracles/segment/oracle_rfm_orders_scores.csv") {
		days, err := strconv.Atoi(row["recency_days"])
		require.NoError(t, err)
		orders, err := strconv.Atoi(row["transaction_count"])
		require.NoError(t, err)
		accounts = append(accounts, Account{
			ID: row["customer_id"], AsOf: day("2006-12-31"), DaysSinceLast: days, Orders: orders, Net: dec(row["amount"]).Mul(dec(unit)),
		})
	}
	require.Len(t, accounts, 995)
	return accounts
}

func codes(m *Model, accounts []Account) (out []string) {
	for _, a := range accounts {
		out = append(out, m.Score(a).Code())
	}
	return out
}

func columnOf(rows []map[string]string, name string) (out []string) {
	for _, row := range rows {
		out = append(out, row[name])
	}
	return out
}

// TestOracleRFMOrders reproduces R's rfm 0.3.0 under its own rule: every score,
// every threshold, and its example with own thresholds.
func TestOracleRFMOrders(t *testing.T) {
	t.Parallel()
	accounts := rfmOrders(t, "1")
	m, err := FitRFM(accounts, &RFMOptions{Rule: RPlusOne})
	require.NoError(t, err)
	assert.Equal(t, columnOf(oracle.CSV(t, "oracles/segment/oracle_rfm_orders_scores.csv"), "rfm_score"), codes(m, accounts))

	// Recency 115, 181, 297.4, 482; of days, at least 297.4 means above 297.
	assert.Equal(t, []Cut[int]{{Value: 115, OrEqual: true}, {Value: 181, OrEqual: true}, {Value: 297}, {Value: 482, OrEqual: true}}, m.Recency.Cuts)
	for i, row := range oracle.CSV(t, "oracles/segment/oracle_rfm_orders_thresholds.csv")[:4] {
		assert.Equal(t, dec(row["recency_upper"]).Floor().IntPart(), int64(m.Recency.Cuts[i].Value))
		assert.Equal(t, Cut[int]{Value: int(dec(row["frequency_upper"]).IntPart()), OrEqual: true}, m.Frequency.Cuts[i])
		assert.True(t, dec(row["monetary_upper"]).Equal(m.Monetary.Cuts[i].Value) && m.Monetary.Cuts[i].OrEqual)
	}
	// Its vignette's counts of the scores 1 to 5.
	assert.Equal(t, []int{197, 200, 199, 199, 200}, m.Recency.Counts)
	assert.Equal(t, []int{268, 187, 176, 244, 120}, m.Frequency.Counts)
	assert.Equal(t, []int{200, 200, 198, 202, 195}, m.Monetary.Counts)

	own := func(breaks ...string) ScaleOptions { return ScaleOptions{Breaks: decs(breaks...), OrEqual: true} }
	custom, err := FitRFM(accounts, &RFMOptions{
		Recency: own("115", "181", "297", "482"), Frequency: own("4", "5", "6", "8"), Monetary: own("256", "382", "506", "666"),
	})
	require.NoError(t, err)
	want := columnOf(oracle.CSV(t, "oracles/segment/oracle_rfm_orders_custom_thresholds.csv"), "rfm_score")
	assert.Equal(t, want, codes(custom, accounts))
	model, err := NewModel(Breaks{
		AsOf: day("2006-12-31"), OrEqual: true,
		Recency: decs("115", "181", "297", "482"), Frequency: decs("4", "5", "6", "8"), Monetary: decs("256", "382", "506", "666"),
	})
	require.NoError(t, err)
	assert.Equal(t, want, codes(model, accounts))
}

// The 1 that R's rfm adds has a unit: with revenue in thousands 795 of 995
// customers change their M score, and 994 score 1. Ours do not move, and
// differ from R's in units only just above a cut.
func TestPlusOneDependsOnTheUnitAndOursDoNot(t *testing.T) {
	t.Parallel()
	units, thousands := rfmOrders(t, "1"), rfmOrders(t, "0.001")
	fit := func(accounts []Account, rule QuantileRule) (*Model, []Score) {
		m, err := FitRFM(accounts, &RFMOptions{Rule: rule})
		require.NoError(t, err)
		scores := make([]Score, len(accounts))
		for i, a := range accounts {
			scores[i] = m.Score(a)
		}
		return m, scores
	}
	theirs, a := fit(units, RPlusOne)
	k, b := fit(thousands, RPlusOne)
	moved := 0
	for i := range a {
		if a[i].M != b[i].M {
			moved++
		}
	}
	assert.Equal(t, []int{795, 994}, []int{moved, k.Monetary.Counts[0]})

	ours, c := fit(units, Type7)
	_, d := fit(thousands, Type7)
	assert.Equal(t, c, d)
	agree := 0
	for i, x := range units {
		if a[i].Code() == c[i].Code() {
			agree++
			continue
		}
		near := false
		for j := range 4 {
			low, high := ours.Monetary.Cuts[j].Value, theirs.Monetary.Cuts[j].Value
			near = near || x.Net.GreaterThan(low) && x.Net.LessThan(high) ||
				x.DaysSinceLast > ours.Recency.Cuts[j].Value && x.DaysSinceLast <= theirs.Recency.Cuts[j].Value
		}
		require.True(t, near, "%s: %v is not explained by the added 1", x.ID, c[i])
	}
	assert.Equal(t, 992, agree)
}

// In a base of which 70 % ordered once, R's rfm gives the F scores 1, 4 and 5
// only and does not say so; nor does rfm issue #17. Here the empty ones are
// listed.
func TestCollapsedBinsAreReported(t *testing.T) {
	t.Parallel()
	var accounts []Account
	for i := range 100 {
		orders := 1 + max(0, i-69)/3
		accounts = append(accounts, Account{ID: "A" + strconv.Itoa(i), AsOf: uciAsOf, Orders: orders, Net: decimal.NewFromInt(int64(i))})
	}
	for _, rule := range []QuantileRule{RPlusOne, Type7} {
		m, err := FitRFM(accounts, &RFMOptions{Rule: rule})
		require.NoError(t, err)
		assert.Equal(t, []int{2, 3}, m.Frequency.Collapsed, rule)
		assert.Equal(t, 100, m.Frequency.Counts[0]+m.Frequency.Counts[3]+m.Frequency.Counts[4])
	}
}

// pandas.qcut(orders, 5) raises on UCI, whose edges are 1, 1, 2, 3, 6, 209
// (pandas #7751, #15069). A cut at the least value is a cut like any other.
func TestDuplicateEdgesDoNotFail(t *testing.T) {
	t.Parallel()
	for _, rule := range []QuantileRule{Type1, Type2, Type3, Type4, Type5, Type6, Type7, Type8, Type9, MidRank, NaturalBreaks, RPlusOne} {
		for _, orders := range [][]int{{1, 1, 1, 1, 1, 1, 2}, {4}, {1, 1, 2, 3, 6, 209}} {
			var accounts []Account
			for i, n := range orders {
				accounts = append(accounts, Account{ID: strconv.Itoa(i), AsOf: uciAsOf, Orders: n, Net: dec("1")})
			}
			m, err := FitRFM(accounts, &RFMOptions{Rule: rule})
			require.NoError(t, err)
			require.NoError(t, m.Validate())
			require.Len(t, m.Frequency.Cuts, 4)
			require.Len(t, m.Frequency.Collapsed, 5-distinctScores(m.Frequency.Counts))
		}
	}
}

func distinctScores(counts []int) (n int) {
	for _, c := range counts {
		if c > 0 {
			n++
		}
	}
	return n
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
		accounts := randomAccounts(r, 1+r.IntN(60))
		opts := &RFMOptions{Bins: 2 + r.IntN(9), Rule: anyRule(r), Nested: r.IntN(4) == 0}
		if r.IntN(3) == 0 {
			opts.Frequency = ScaleOptions{Bins: 2 + r.IntN(4), Rule: anyRule(r)}
		}
		opts.Dimensions = []Dimension{Length(accounts)}
		m, err := FitRFM(accounts, opts)
		require.NoError(t, err)
		require.NoError(t, m.Validate())
		require.Equal(t, len(accounts), m.Scored+m.Unscored)

		// Monotone, and equal for equal values, among fitted and other accounts.
		probe := append(randomAccounts(r, 30), accounts...)
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
		opts.Dimensions = []Dimension{Length(turned)}
		again, err := FitRFM(turned, opts)
		require.NoError(t, err)
		require.Equal(t, m, again)

		// Unchanged by the unit, in money and in counts; only the rule of R's
		// rfm has a unit in it.
		if m.Rule == RPlusOne || m.Frequency.Rule == RPlusOne {
			continue
		}
		opts.Dimensions = nil
		scaled, wide := slices.Clone(accounts), slices.Clone(accounts)
		for i := range scaled {
			scaled[i].Net = scaled[i].Net.Mul(dec("0.0137"))
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
	accounts := randomAccounts(rand.New(rand.NewPCG(1, 1)), 200)
	for _, opts := range []RFMOptions{{}, {Bins: 7}, {Rule: MidRank}, {Nested: true}} {
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
	f.Fuzz(func(t *testing.T, bins, rule, f1, r1 int, m1 int64, e1 int32, f2, r2 int, m2 int64, e2 int32) {
		accounts := []Account{
			{ID: "A", AsOf: uciAsOf, Orders: f1, DaysSinceLast: r1, Net: decimal.New(m1, e1)},
			{ID: "B", AsOf: uciAsOf, Orders: f2, DaysSinceLast: r2, Net: decimal.New(m2, e2)},
		}
		m, err := FitRFM(accounts, &RFMOptions{Bins: bins, Rule: QuantileRule(rule)})
		if err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		require.NoError(t, m.Validate())
		for _, a := range accounts {
			if s := m.Score(a); a.HasOrders() {
				require.True(t, min(s.R, s.F, s.M) >= 1 && max(s.R, s.F, s.M) <= m.Bins)
			}
		}
	})
}
