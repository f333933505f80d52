package segment

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func plainProfile() ProfileFacts {
	return ProfileFacts{Account: Account{
		ID: "ACME", Currency: "EUR", AsOf: day("2025-12-31"), Orders: 3, ReturnOrders: 1,
		Gross: dec("1000.00"), Returns: dec("-150.00"), Net: dec("850.00"),
	}}
}

func profileOf(t testing.TB, f ProfileFacts, o *ProfileOptions) *Profile {
	t.Helper()
	p, err := NewProfile(f, o)
	require.NoError(t, err)
	return p
}

func TestProfileOfNothingButTheAccount(t *testing.T) {
	t.Parallel()
	p := profileOf(t, plainProfile(), nil)
	b, err := json.Marshal(p)
	require.NoError(t, err)
	assert.JSONEq(t, `{"schema":"keyaccount/segment.Profile","version":1,"id":"ACME","currency":"EUR","as_of":"2025-12-31T00:00:00Z",
		"size":{"net":"850","gross":"1000","orders":3,"order_value":"333.33"},
		"returns":{"amount":"-150","rate":0.15,"orders":1},
		"reasons":[{"code":"returns_high","figure":0.15,"limit":0.1}]}`, string(b))
	var back Profile
	require.NoError(t, json.Unmarshal(b, &back))
	again, err := json.Marshal(&back)
	require.NoError(t, err)
	assert.Equal(t, string(b), string(again))

	require.ErrorIs(t, json.Unmarshal([]byte(`{"schema":"keyaccount/segment.Model","version":1}`), &back), keyaccount.ErrVersion)
	require.ErrorIs(t, json.Unmarshal([]byte(`{"schema":"keyaccount/segment.Profile","version":9}`), &back), keyaccount.ErrVersion)

	f := plainProfile()
	f.Account = Account{ID: "B", AsOf: day("2025-12-31"), ReturnOrders: 1, Returns: dec("-5"), Net: dec("-5")}
	p = profileOf(t, f, nil)
	assert.Equal(t, []ProfileReason{{Code: ReasonNoOrders}, {Code: ReasonNetNegative, Figure: -5}}, p.Reasons)
	assert.Zero(t, p.Returns.Rate)
}

func TestProfileCadence(t *testing.T) {
	t.Parallel()
	cadence := func(days ...string) *ProfileCadence {
		f := plainProfile()
		for _, d := range days {
			f.OrderDays = append(f.OrderDays, day(d))
		}
		return profileOf(t, f, nil).Cadence
	}
	assert.Nil(t, cadence())
	assert.Equal(t, ProfileCadence{OrderDays: 1, DaysSinceLast: 30}, *cadence("2025-12-01", "2025-12-01"))
	assert.Equal(t, ProfileCadence{OrderDays: 2, MedianGap: 10, DaysSinceLast: 20, GapsSinceLast: 2}, *cadence("2025-12-11", "2025-12-01"))
	clock := cadence("2025-11-01", "2025-11-11", "2025-11-21", "2025-12-01")
	assert.Equal(t, 1.0, clock.Regularity)
	// Gaps of 1, 1 and 28 days: mean 10, standard deviation 12.7279.
	burst := cadence("2025-11-01", "2025-11-02", "2025-11-03", "2025-12-01")
	assert.Equal(t, 1.0, burst.MedianGap)
	assert.InDelta(t, 10/(10+math.Sqrt(162)), burst.Regularity, 1e-15)

	// Days are those of the Location: 23:30 and 00:30 in UTC are one day in
	// Shanghai.
	f := plainProfile()
	f.OrderDays = []time.Time{day("2025-12-01").Add(-30 * time.Minute), day("2025-12-01").Add(30 * time.Minute)}
	assert.Equal(t, 2, profileOf(t, f, nil).Cadence.OrderDays)
	shanghai := time.FixedZone("UTC+8", 8*60*60)
	assert.Equal(t, 1, profileOf(t, f, &ProfileOptions{Location: shanghai}).Cadence.OrderDays)
}

// Orders at random times, a Poisson process, have a regularity of one half.
func TestRegularityOfRandomOrders(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 8))
	f, at := plainProfile(), 0.0
	for at < 300*365 {
		f.OrderDays = append(f.OrderDays, day("2025-12-31").AddDate(0, 0, -int(at)))
		at += 60 * r.ExpFloat64()
	}
	assert.InDelta(t, 0.5, profileOf(t, f, nil).Cadence.Regularity, 0.02)
}

func seasonOf(t testing.TB, from string, months ...string) *ProfileSeasonality {
	t.Helper()
	f := plainProfile()
	f.From, f.Months = day(from), amountsOf(months...)
	return profileOf(t, f, nil).Seasonality
}

func repeatMonths(times int, year ...string) (out []string) {
	for range times {
		out = append(out, year...)
	}
	return out
}

func TestProfileSeasonality(t *testing.T) {
	t.Parallel()
	year := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "30", "20", "5"}
	assert.Nil(t, seasonOf(t, "2024-01-01", year...))
	s := seasonOf(t, "2023-01-01", repeatMonths(3, year...)...)
	assert.Equal(t, []any{3, 4, 1.0, SeasonExact, true}, []any{s.Years, s.Peak, s.Strength, s.Method, s.Significant})
	assert.InDelta(t, 1.0/(24*24), s.PValue, 1e-15, "three equal years: one of 24 * 24 orders of the others")
	assert.Equal(t, "165", s.Quarters[3].Amount.StringFixed(0))
	assert.InDelta(t, 0.55, s.Quarters[3].Share, 1e-15)
	assert.InDelta(t, 1.0/24, seasonOf(t, "2024-01-01", repeatMonths(2, year...)...).PValue, 1e-15)

	// The same twelve months from another month on: what does not fill a
	// quarter, and then a year, is left out at the old end.
	shifted := repeatMonths(3, year...)[1:]
	s = seasonOf(t, "2023-02-01", shifted...)
	assert.Equal(t, []any{2, 4, 1.0}, []any{s.Years, s.Peak, s.Strength})
	assert.InDelta(t, 0.55, s.Quarters[3].Share, 1e-15)
	s = seasonOf(t, "2023-03-01", repeatMonths(3, year...)[2:34]...)
	assert.Equal(t, []any{2, 4}, []any{s.Years, s.Peak})
	assert.InDelta(t, 0.55, s.Quarters[3].Share, 1e-15)

	// Growth is no season: every quarter is 9 above the one before.
	var grown []string
	for i := range 60 {
		grown = append(grown, strconv.FormatFloat(0.1*float64(i)+0.7, 'f', 1, 64))
	}
	s = seasonOf(t, "2020-01-01", grown...)
	assert.Equal(t, []any{5, 0.0, 1.0, false}, []any{s.Years, s.Strength, s.PValue, s.Significant})
	none := seasonOf(t, "2023-01-01", repeatMonths(24, "0")...)
	assert.Equal(t, []any{1, 0.0, 1.0, 0.0}, []any{none.Peak, none.Strength, none.PValue, none.Quarters[0].Share})
}

// friedmanByForce goes through the orders of all years, the first too.
func friedmanByForce(years []quarterRanks) (atLeast func(int) float64) {
	counts := map[int]float64{}
	var walk func(y int, sums quarterRanks)
	walk = func(y int, sums quarterRanks) {
		if y == len(years) {
			counts[spreadOf(sums, len(years))]++
			return
		}
		for _, o := range permutations() {
			next := sums
			for q := range next {
				next[q] += years[y][o[q]]
			}
			walk(y+1, next)
		}
	}
	walk(0, quarterRanks{})
	return func(seen int) float64 {
		hits, all := 0.0, 0.0
		for s, n := range counts {
			all += n
			if s >= seen {
				hits += n
			}
		}
		return hits / all
	}
}

// The table of Friedman's Q for four treatments: P(Q >= 7.4) = .033 for three
// blocks, P(Q >= 6) = .042 for two (Hollander and Wolfe 1999, table A.22).
func TestFriedmanAgainstEveryOrder(t *testing.T) {
	t.Parallel()
	perfect := quarterRanks{2, 4, 6, 8}
	three := friedmanByForce([]quarterRanks{perfect, perfect, perfect})
	// Q = 3 * spread / squares, with 20 as the squares of each block.
	assert.InDelta(t, 0.033, three(int(math.Round(7.4*60/3))), 5e-4)
	two := friedmanByForce([]quarterRanks{perfect, perfect})
	assert.InDelta(t, 0.042, two(int(math.Round(6.0*40/3))), 5e-4)

	r := rand.New(rand.NewPCG(4, 2))
	for range 25 {
		s := ProfileSeasonality{Years: 2 + r.IntN(2)}
		ys := make([]float64, 4*s.Years)
		for i := range ys {
			ys[i] = float64(r.IntN(5)) // with ties
		}
		s.friedman(ys, 0)
		var years []quarterRanks
		var sums quarterRanks
		for y := range s.Years {
			years = append(years, rankQuarters([4]float64(ys[4*y:4*y+4]), 0))
			for q := range sums {
				sums[q] += years[y][q]
			}
		}
		require.InDelta(t, friedmanByForce(years)(spreadOf(sums, s.Years)), s.PValue, 1e-12)
	}
}

// From five years on the chi-square distribution takes over. For four its tail
// is known to be on the safe side already: .0503 where .036 is exact.
func TestFriedmanOfManyYears(t *testing.T) {
	t.Parallel()
	s := ProfileSeasonality{Years: 6}
	var ys []float64
	for range s.Years {
		ys = append(ys, 1, 2, 3, 4)
	}
	s.friedman(ys, 0)
	assert.Equal(t, []any{1.0, SeasonChiSquare}, []any{s.Strength, s.Method})
	assert.InDelta(t, chiSquareTail(18, 3), s.PValue, 1e-15) // Q = years * 3 at the most

	r := rand.New(rand.NewPCG(6, 6))
	for tail := 0; tail < 50; {
		four := ProfileSeasonality{Years: 4}
		ys := make([]float64, 16)
		for i := range ys {
			ys[i] = r.Float64()
		}
		four.friedman(ys, 0)
		if four.PValue < 0.1 {
			tail++
			approx := chiSquareTail(12*four.Strength, 3)
			require.True(t, four.PValue <= approx && approx <= four.PValue+0.02, "%v %v", four.PValue, approx)
		}
	}
}

// Money in another unit, or growth of so much a quarter, changes no season.
func TestSeasonalityIsRelative(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 7))
	for range 50 {
		n := 24 + r.IntN(40)
		months, grown := make([]decimal.Decimal, n), make([]decimal.Decimal, n)
		for i := range months {
			months[i] = decimal.New(r.Int64N(1e6), -2)
			grown[i] = months[i].Mul(dec("0.37")).Add(decimal.NewFromInt(int64(40 * (i / 3))))
		}
		a, b := seasonalityOf(months, time.January, 0.95), seasonalityOf(grown, time.January, 0.95)
		require.Equal(t, []any{a.Years, a.Strength, a.PValue, a.Significant}, []any{b.Years, b.Strength, b.PValue, b.Significant})
		sum := 0.0
		for _, q := range a.Quarters {
			sum += q.Share
		}
		require.InDelta(t, 1, sum, 1e-12)
	}
}

// The chi-square distribution with 3 degrees of freedom: 7.815 and 11.345 are
// its 95 and 99 % points in every table.
func TestChiSquare3(t *testing.T) {
	t.Parallel()
	assert.InDelta(t, 0.05, chiSquareTail(7.815, 3), 1e-5)
	assert.InDelta(t, 0.01, chiSquareTail(11.345, 3), 1e-5)
	assert.Equal(t, 1.0, chiSquareTail(0, 3))
}

// Without a season the test says so: among 2,000 random accounts no more than
// the level, and three standard errors, are called seasonal.
func TestSeasonalityKeepsItsLevel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(77, 1))
	const runs = 2000
	called := 0
	for range runs {
		months := make([]decimal.Decimal, 36)
		for i := range months {
			months[i] = decimal.NewFromInt(r.Int64N(100000) + int64(500*i))
		}
		if seasonalityOf(months, time.January, 0.95).Significant {
			called++
		}
	}
	assert.LessOrEqual(t, float64(called)/runs, 0.05+3*math.Sqrt(0.05*0.95/runs))
	assert.Positive(t, called)
}

func TestProfileBreadth(t *testing.T) {
	t.Parallel()
	f := plainProfile()
	f.Categories = []CategoryAmount{{"nuts", dec("100")}, {"bolts", dec("200")}, {"glue", dec("-5")}, {"tape", dec("0")}, {"screws", dec("100")}}
	b := profileOf(t, f, &ProfileOptions{Top: 2}).Breadth
	assert.Equal(t, 3, b.Categories)
	assert.InDelta(t, 1/(0.25+2*0.0625), b.Effective, 1e-15)
	assert.Equal(t, []ProfileCategory{{"bolts", dec("200"), 0.5}, {"nuts", dec("100"), 0.25}}, b.Main)
	f.Categories = f.Categories[2:4]
	assert.Nil(t, profileOf(t, f, nil).Breadth)
}

func TestProfileReasonsAndText(t *testing.T) {
	t.Parallel()
	f := plainProfile()
	f.Tier, f.Segment, f.Notes = "A", "champions", []string{"new buyer since May"}
	f.OrderDays = []time.Time{day("2025-01-10"), day("2025-02-10"), day("2025-03-10")}
	f.From = day("2023-01-01")
	for i := range 36 {
		f.Months = append(f.Months, decimal.NewFromInt(int64(100+10*i+[]int{0, 5, 90, 20}[i/3%4])))
	}
	f.Categories = []CategoryAmount{{"bolts", dec("900")}, {"nuts", dec("100")}}
	p := profileOf(t, f, nil)
	var codes []ProfileReasonCode
	for _, r := range p.Reasons {
		codes = append(codes, r.Code)
	}
	assert.Equal(t, []ProfileReasonCode{ReasonGrowing, ReasonOverdue, ReasonSeasonal, ReasonReturnsHigh, ReasonConcentrated}, codes)
	assert.Equal(t, 12, p.Trend.Season)
	assert.InDelta(t, 10, p.Trend.Slope, 1e-12)
	assert.Equal(t, `Profile of ACME as of 2025-12-31
Tier A, segment champions
Size: net 850.00 EUR, 3 orders of 333.33 on average
Cadence: every 29.5 days, regularity 0.95, last 296 days ago
Trend: +10 a month (+10 to +10)
Season: peak in Q3 with 31 %, strength 1.00, p = 0.002
Buys: bolts 90%, nuts 10%; 2 categories
Returns: 15.0 %
- growing by at least 3.3 % of a mean month every month
- overdue: the last order is 10.0 usual gaps ago
- seasonal (strength 1.00)
- returns 15.0 % of what it buys
- buys 90 % in one category
- new buyer since May
`, p.Text("en"))
	zh := p.Text("zh-Hans")
	assert.Contains(t, zh, "客户画像：ACME（截至 2025-12-31）")
	assert.Contains(t, zh, "退货率 15.0%")

	for i := range f.Months {
		f.Months[i] = f.Months[i].Neg()
	}
	assert.Equal(t, ReasonShrinking, profileOf(t, f, nil).Reasons[0].Code)
	for _, c := range []ProfileReasonCode{
		ReasonNoOrders, ReasonNetNegative, ReasonGrowing, ReasonShrinking, ReasonOverdue, ReasonSeasonal, ReasonReturnsHigh, ReasonConcentrated,
	} {
		r := ProfileReason{Code: c, Figure: 0.5}
		assert.NotEqual(t, r.Label("en"), r.Label("zh"))
		assert.NotContains(t, r.Label("zh"), "%!")
	}
	assert.Equal(t, "other", ProfileReason{Code: "other"}.Label("en"))
}

// What was read from a file that lacks parts is still read out.
func TestTextsOfPartialResults(t *testing.T) {
	t.Parallel()
	var p Profile
	require.NoError(t, json.Unmarshal([]byte(`{"schema":"keyaccount/segment.Profile","version":1,"seasonality":{"peak":3},"breadth":{},"cadence":{}}`), &p))
	assert.Contains(t, p.Text("en"), "Returns: 0.0 %")
	assert.Contains(t, WhiteSpacePlace{Basis: BasisWallet, PeerLevel: 0.5}.Explain("en"), "50.0 %")
	assert.Contains(t, PotentialAccount{ID: "A"}.Explain("en"), "A: rank 0")
	assert.Contains(t, new(PropensityExplanation).Text("en"), "probability 0.0 %")
}

func TestProfileDoesNotDependOnTheOrderOfItsFacts(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	for range 50 {
		f := plainProfile()
		for i := range 1 + r.IntN(30) {
			f.OrderDays = append(f.OrderDays, day("2025-12-31").AddDate(0, 0, -r.IntN(900)))
			f.Categories = append(f.Categories, CategoryAmount{strconv.Itoa(i), decimal.NewFromInt(r.Int64N(9) - 2)})
		}
		want := profileOf(t, f, nil)
		turned := f
		turned.OrderDays, turned.Categories = slices.Clone(f.OrderDays), slices.Clone(f.Categories)
		r.Shuffle(len(turned.OrderDays), func(i, j int) {
			turned.OrderDays[i], turned.OrderDays[j] = turned.OrderDays[j], turned.OrderDays[i]
			turned.Categories[i], turned.Categories[j] = turned.Categories[j], turned.Categories[i]
		})
		require.Equal(t, want, profileOf(t, turned, nil))
	}
}

func TestProfileRefuses(t *testing.T) {
	t.Parallel()
	huge := decimal.New(1, 1<<30)
	for _, c := range []struct {
		spoil func(f *ProfileFacts)
		kind  error
		field string
		row   int
	}{
		{func(f *ProfileFacts) { f.Account.ID = "" }, keyaccount.ErrMissing, "Account.ID", 0},
		{func(f *ProfileFacts) { f.Account.AsOf = time.Time{} }, keyaccount.ErrMissing, "Account.AsOf", 0},
		{func(f *ProfileFacts) { f.Account.AsOf = time.Unix(1<<60, 0) }, keyaccount.ErrOutOfRange, "Account.AsOf", 0},
		{func(f *ProfileFacts) { f.Account.Orders = -1 }, keyaccount.ErrOutOfRange, "Account.Orders", 0},
		{func(f *ProfileFacts) { f.Account.Gross = huge }, keyaccount.ErrOutOfRange, "Account.Gross", 0},
		{func(f *ProfileFacts) { f.OrderDays = []time.Time{{}} }, keyaccount.ErrMissing, "OrderDays", 1},
		{func(f *ProfileFacts) { f.OrderDays = []time.Time{day("2026-01-01")} }, keyaccount.ErrOutOfRange, "OrderDays", 1},
		{func(f *ProfileFacts) { f.OrderDays = []time.Time{time.Unix(-1<<60, 0)} }, keyaccount.ErrOutOfRange, "OrderDays", 1},
		{func(f *ProfileFacts) { f.Months = amountsOf("1") }, keyaccount.ErrMissing, "From", 0},
		{func(f *ProfileFacts) {
			f.From, f.Months = day("2025-01-01"), make([]decimal.Decimal, MaxTrendPeriods+1)
		}, keyaccount.ErrOutOfRange, "Months", 0},
		{func(f *ProfileFacts) { f.From, f.Months = day("2025-01-01"), amountsOf("1", "1e101") }, keyaccount.ErrOutOfRange, "Months", 2},
		{func(f *ProfileFacts) { f.Categories = []CategoryAmount{{"", dec("1")}} }, keyaccount.ErrMissing, "Categories", 1},
		{func(f *ProfileFacts) { f.Categories = []CategoryAmount{{"a", dec("1")}, {"a", dec("1")}} }, keyaccount.ErrDuplicate, "Categories", 2},
		{func(f *ProfileFacts) { f.Categories = []CategoryAmount{{"a", huge}} }, keyaccount.ErrOutOfRange, "Categories", 1},
	} {
		f := plainProfile()
		c.spoil(&f)
		p, err := NewProfile(f, nil)
		require.Nil(t, p)
		inputError(t, err, c.kind, c.field, c.row)
	}
	for field, o := range map[string]ProfileOptions{
		"Top": {Top: -1}, "Level": {Level: 2}, "Overdue": {Overdue: math.Inf(1)}, "ReturnsHigh": {ReturnsHigh: -1}, "Concentrated": {Concentrated: math.NaN()},
	} {
		_, err := NewProfile(plainProfile(), &o)
		inputError(t, err, keyaccount.ErrOutOfRange, field, 0)
	}
}

func FuzzNewProfile(f *testing.F) {
	f.Add(int64(5), int32(2), int64(7), int32(-3), int64(1e9), 30, 40)
	f.Add(int64(-5), int32(4096), int64(-7), int32(-4096), int64(-1e10), 1, 0)
	f.Fuzz(func(t *testing.T, m1 int64, e1 int32, m2 int64, e2 int32, at int64, orders, months int) {
		a, b := decimal.New(m1, e1), decimal.New(m2, e2)
		facts := ProfileFacts{
			Account:   Account{ID: "A", AsOf: time.Unix(at, 0), Orders: orders, Gross: a, Returns: b, Net: b},
			OrderDays: []time.Time{time.Unix(at, 0), time.Unix(at-int64(orders), 0), time.Unix(at/2, 0)},
			From:      time.Unix(at, 0), Categories: []CategoryAmount{{"x", a}, {"y", b}},
		}
		for i := range min(max(months, 0), 100) {
			facts.Months = append(facts.Months, []decimal.Decimal{a, b, decimal.Zero}[(i*i)%3])
		}
		p, err := NewProfile(facts, nil)
		if err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		_, err = json.Marshal(p)
		require.NoError(t, err)
		require.NotContains(t, p.Text("en"), "NaN")
	})
}
