package segment

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

func TestPeriodsAreThoseOfTheLocation(t *testing.T) {
	t.Parallel()
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	at := func(s string) keyaccount.Transaction {
		when, err := time.Parse(time.RFC3339, s)
		require.NoError(t, err)
		return keyaccount.Transaction{Account: "A", Order: s, Time: when, Amount: dec("1")}
	}
	for _, c := range []struct {
		grain    Grain
		from, to string
	}{
		{ByDay, "2025-01-01", "2025-01-02"},
		{ByWeek, "2024-12-30", "2025-01-06"},
		{ByMonth, "2025-01-01", "2025-02-01"},
		{ByQuarter, "2025-01-01", "2025-04-01"},
		{ByYear, "2025-01-01", "2026-01-01"},
	} {
		s := NewSummary(SummaryOptions{Location: shanghai, Periods: c.grain})
		require.NoError(t, s.Add(at("2024-12-31T16:00:00Z"))) // New Year in Shanghai
		require.NoError(t, s.Add(at("2025-01-01T15:59:59Z")))
		periods := s.Accounts(day("2025-02-01"))[0].Detail.Periods
		require.Len(t, periods, 1, c.grain)
		assert.Equal(t, c.from, periods[0].From.Format(time.DateOnly))
		assert.Equal(t, c.to, periods[0].To.Format(time.DateOnly))
		assert.Equal(t, shanghai, periods[0].From.Location())
		assert.Equal(t, 2, periods[0].Orders)
	}
}

func TestPeriodNumbersAreWhole(t *testing.T) {
	t.Parallel()
	for g := ByDay; g <= ByYear; g++ {
		for d := firstDayNo; d <= lastDayNo; d += 97 {
			p := g.period(d)
			require.Equal(t, p, g.period(g.firstDay(p)))
			require.Equal(t, p+1, g.period(g.firstDay(p+1)))
			require.Equal(t, p, g.period(g.firstDay(p+1)-1))
			require.True(t, g.firstDay(p) <= d && d < g.firstDay(p+1), "%v %d", g, d)
		}
	}
	monday := day("2025-03-31")
	assert.Equal(t, int32(dayNumber(monday)), ByWeek.firstDay(ByWeek.period(int32(dayNumber(monday.AddDate(0, 0, 6))))))
}

// Brazil's clocks once went forward at midnight, and Samoa left out a day.
func TestStartOfDayWhereThereIsNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, date, want string }{
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00"},
		{"America/Sao_Paulo", "2018-11-05", "2018-11-05T00:00:00-02:00"},
		{"Pacific/Apia", "2011-12-29", "2011-12-29T00:00:00-10:00"},
		{"Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"},
		{"Pacific/Apia", "2011-12-31", "2011-12-31T00:00:00+14:00"},
		{"Europe/Berlin", "2025-03-30", "2025-03-30T00:00:00+01:00"},
	} {
		zone, err := time.LoadLocation(c.zone)
		require.NoError(t, err)
		assert.Equal(t, c.want, startOfDay(int32(dayNumber(day(c.date))), zone).Format(time.RFC3339), c.zone+" "+c.date)
	}
}

func TestGapsBetweenOrderDays(t *testing.T) {
	t.Parallel()
	o := SummaryOptions{OrderDays: true}
	lines := []keyaccount.Transaction{
		line("A", "4", "2025-02-10", "1", "1"), // the last day first
		line("A", "1", "2025-01-01", "1", "1"),
		line("A", "2", "2025-01-01", "1", "1"), // same day
		line("A", "3", "2025-01-11", "1", "1"),
		line("A", "9", "2025-01-20", "-1", "-1"), // a return is no purchase
	}
	a := summaryWith(t, o, lines).Accounts(day("2025-03-01"))[0]
	assert.Equal(t, &OrderGaps{OrderDays: 3, Days: []int{10, 30}, Mean: 20, Median: 20}, a.Detail.Gaps)
	assert.Equal(t, 4, a.Orders)

	late := append(lines, line("A", "5", "2025-01-14", "1", "1"))
	a = summaryWith(t, o, late).Accounts(day("2025-03-01"))[0]
	assert.Equal(t, []int{10, 3, 27}, a.Detail.Gaps.Days, "a late line falls into its place")
	assert.Equal(t, 10.0, a.Detail.Gaps.Median)
	assert.InEpsilon(t, 40.0/3, a.Detail.Gaps.Mean, 1e-15)

	once := summaryWith(t, o, lines[:1]).Accounts(day("2025-03-01"))[0]
	assert.Equal(t, &OrderGaps{OrderDays: 1}, once.Detail.Gaps)
	never := summaryWith(t, o, lines[4:]).Accounts(day("2025-03-01"))[0]
	assert.Equal(t, &OrderGaps{}, never.Detail.Gaps)
}

func TestOneOrderADay(t *testing.T) {
	t.Parallel()
	s := summaryWith(t, SummaryOptions{OrderDays: true, Periods: ByMonth, Categories: new(CategoryOptions)}, []keyaccount.Transaction{
		ofProduct(line("A", "1", "2025-01-01", "1", "1"), "pen"),
		ofProduct(line("A", "2", "2025-01-01", "1", "1"), "ink"),
		ofProduct(line("A", "", "2025-01-02", "1", "1"), "ink"),
		ofProduct(line("A", "", "2025-02-01", "1", "1"), "ink"),
	})
	a := readAs(t, s, "2025-03-01", AccountPolicy{Orders: OneOrderADay}).Accounts[0]
	assert.Equal(t, 3, a.Orders)
	assert.Equal(t, []int{2, 1}, []int{a.Detail.Periods[0].Orders, a.Detail.Periods[1].Orders})
	assert.Equal(t, 3, a.Detail.Categories[0].Orders)
	a = readAs(t, s, "2025-03-01", AccountPolicy{}).Accounts[0]
	assert.Equal(t, 4, a.Orders)
	assert.Equal(t, []int{3, 1}, []int{a.Detail.Periods[0].Orders, a.Detail.Periods[1].Orders})
}

func TestCategories(t *testing.T) {
	t.Parallel()
	lines := []keyaccount.Transaction{
		ofProduct(line("A", "1", "2025-01-01", "1", "10.50"), "pen"),
		ofProduct(line("A", "1", "2025-01-01", "1", "4"), "ink"),
		ofProduct(line("A", "2", "2025-01-03", "1", "5"), "pen"),
		ofProduct(line("A", "9", "2025-01-04", "-1", "-4"), "ink"),
		ofProduct(line("A", "9", "2025-01-04", "-1", "-1"), "mug"),
		line("A", "3", "2025-01-05", "1", "0"),
	}
	s := summaryWith(t, SummaryOptions{Categories: new(CategoryOptions)}, lines)
	d := s.Accounts(day("2025-03-01"))[0].Detail
	names := func(list []CategoryFigures) (out []string) {
		for _, c := range list {
			out = append(out, c.Name+" "+c.Net.StringFixed(2))
		}
		return out
	}
	assert.Equal(t, []string{"pen 15.50", " 0.00", "ink 0.00", "mug -1.00"}, names(d.Categories))
	assert.Equal(t, []int{2, 1, 1, 0}, []int{d.Categories[0].Orders, d.Categories[1].Orders, d.Categories[2].Orders, d.Categories[3].Orders})
	assert.Equal(t, 3, *d.Breadth)
	assert.Nil(t, d.Periods)
	assert.Nil(t, d.Gaps)

	top := readAs(t, s, "2025-03-01", AccountPolicy{TopCategories: 1}).Accounts[0].Detail
	assert.Equal(t, []string{"pen 15.50"}, names(top.Categories))
	assert.Equal(t, []int{3, 3}, []int{top.CategoriesLeft, *top.Breadth})

	kind := &CategoryOptions{Name: "kind", Of: func(tx keyaccount.Transaction) string {
		if tx.Product == "mug" {
			return "gifts"
		}
		return "writing"
	}}
	own := summaryWith(t, SummaryOptions{Categories: kind}, lines)
	assert.Equal(t, []string{"writing 15.50", "gifts -1.00"}, names(own.Accounts(day("2025-03-01"))[0].Detail.Categories))
	inputError(t, own.Merge(s), keyaccount.ErrMismatch, "Categories", 0)
}

func TestMergeRefusesWhatWasCollectedOtherwise(t *testing.T) {
	t.Parallel()
	light := summaryOf(t, line("A", "1", "2025-01-01", "1", "1"))
	before := bytesOf(t, light)
	for field, o := range map[string]SummaryOptions{
		"Periods":    {Periods: ByMonth},
		"OrderDays":  {OrderDays: true},
		"Categories": {Categories: new(CategoryOptions)},
		"Lines":      {Lines: true},
	} {
		other := summaryWith(t, o, []keyaccount.Transaction{line("A", "1", "2025-01-01", "1", "1")})
		inputError(t, light.Merge(other), keyaccount.ErrMismatch, field, 0)
		inputError(t, light.UnmarshalBinary(bytesOf(t, other)), keyaccount.ErrMismatch, field, 0)
		text, err := other.MarshalJSON()
		require.NoError(t, err)
		inputError(t, light.UnmarshalJSON(text), keyaccount.ErrMismatch, field, 0)
	}
	assert.Equal(t, before, bytesOf(t, light))

	// How it is read is no part of it.
	dropping := NewSummary(SummaryOptions{Policy: AccountPolicy{NonPositive: DropAccounts}})
	require.NoError(t, dropping.Merge(light))
	require.NoError(t, light.Merge(dropping))
}

func TestElapsedDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		order, asOf       string
		calendar, elapsed int
	}{
		{"2025-03-01T23:00:00Z", "2025-03-02T01:00:00Z", 1, 0},
		{"2025-03-01T23:00:00Z", "2025-03-02T23:00:00Z", 1, 1},
		{"2025-03-01T23:00:00.5Z", "2025-03-02T23:00:00Z", 1, 0},
		{"2025-03-01T00:00:00Z", "2025-03-01T23:59:59Z", 0, 0},
		{"2025-03-02T01:00:00Z", "2025-03-01T23:00:00Z", -1, -1},
		{"2025-03-05T00:00:00Z", "2025-03-01T00:00:00Z", -4, -4},
	} {
		order, err := time.Parse(time.RFC3339, c.order)
		require.NoError(t, err)
		asOf, err := time.Parse(time.RFC3339, c.asOf)
		require.NoError(t, err)
		s := new(Summary)
		require.NoError(t, s.Add(keyaccount.Transaction{Account: "A", Time: order, Amount: dec("1")}))
		assert.Equal(t, c.calendar, s.Accounts(asOf)[0].DaysSinceLast, c)
		r, err := s.Roster(asOf, &AccountPolicy{Recency: ElapsedDays})
		require.NoError(t, err)
		assert.Equal(t, c.elapsed, r.Accounts[0].DaysSinceLast, c)
	}
}

func TestRemoveRefuses(t *testing.T) {
	t.Parallel()
	tx := line("A", "1", "2025-01-01", "1", "1.00")
	require.ErrorIs(t, summaryOf(t, tx).Remove(tx), ErrNotCollected)

	o := SummaryOptions{Lines: true}
	s := summaryWith(t, o, []keyaccount.Transaction{tx, tx, line("B", "1", "2025-01-01", "1", "1.00")})
	before := bytesOf(t, s)
	for name, spoil := range map[string]func(*keyaccount.Transaction){
		"account": func(tx *keyaccount.Transaction) { tx.Account = "C" },
		"order":   func(tx *keyaccount.Transaction) { tx.Order = "2" },
		"product": func(tx *keyaccount.Transaction) { tx.Product = "2" },
		"time":    func(tx *keyaccount.Transaction) { tx.Time = tx.Time.Add(1) },
		"amount":  func(tx *keyaccount.Transaction) { tx.Amount = dec("1.01") },
		"places":  func(tx *keyaccount.Transaction) { tx.Amount = dec("1.0") },
	} {
		other := tx
		spoil(&other)
		inputError(t, s.Remove(other), keyaccount.ErrMissing, "Account", 0)
		require.Equal(t, before, bytesOf(t, s), name)
	}
	inputError(t, s.RemoveAll([]keyaccount.Transaction{tx, tx, tx}), keyaccount.ErrMissing, "Account", 0)
	bad := tx
	bad.Account = ""
	inputError(t, s.RemoveAll([]keyaccount.Transaction{tx, bad}), keyaccount.ErrMissing, "Account", 2)
	usd := tx
	usd.Currency = "USD"
	inputError(t, s.Remove(usd), keyaccount.ErrMixedCurrency, "Currency", 0)
	inputError(t, s.Subtract(nil), keyaccount.ErrMissing, "other", 0)
	inputError(t, s.Subtract(new(Summary)), keyaccount.ErrMismatch, "Lines", 0)
	require.Equal(t, before, bytesOf(t, s))

	// The last order goes, and the one before it is the last again.
	late := line("A", "7", "2025-06-01", "1", "5")
	require.NoError(t, s.Add(late))
	assert.Equal(t, day("2025-06-01"), s.Accounts(day("2025-07-01"))[0].LastOrder)
	require.NoError(t, s.Remove(late))
	assert.Equal(t, day("2025-01-01"), s.Accounts(day("2025-07-01"))[0].LastOrder)

	// Empty again, it takes another currency.
	require.NoError(t, s.RemoveAll([]keyaccount.Transaction{tx, tx, line("B", "1", "2025-01-01", "1", "1.00")}))
	assert.Zero(t, s.Len())
	require.NoError(t, s.Add(usd))
}

func TestOnlineRetailTreatments(t *testing.T) {
	t.Parallel()
	_, sum := uciLines(t)
	r, err := sum.Roster(uciAsOf, &AccountPolicy{CancelOnly: SeparateAccounts, NonPositive: SeparateAccounts})
	require.NoError(t, err)
	assert.Equal(t, []int{4317, 33, 22}, []int{len(r.Accounts), len(r.CancelOnly), len(r.NonPositive)},
		"33 only cancel; 8 buyers are below zero and 14 at zero")
	r, err = sum.Roster(uciAsOf, &AccountPolicy{CancelOnly: DropAccounts, NonPositive: DropAccounts})
	require.NoError(t, err)
	assert.Equal(t, []int{4317, 33, 22}, []int{len(r.Accounts), r.DroppedCancelOnly, r.DroppedNonPositive})
	assert.Nil(t, r.CancelOnly)
	r, err = sum.Roster(uciAsOf, &AccountPolicy{CancelOnly: SeparateAccounts})
	require.NoError(t, err)
	assert.Equal(t, []int{4339, 33, 0}, []int{len(r.Accounts), len(r.CancelOnly), len(r.NonPositive)})
}

// The months of each account give the cohort table of the file: accounts by
// the month of their first order, and how many of them order k months later.
func TestOracleOnlineRetailMonthsGiveTheCohorts(t *testing.T) {
	t.Parallel()
	rows := oracle.CSV(t, "oracles/segment/oracle_online_retail_cohort_counts.csv")
	txs, light := uciLines(t)
	s := NewSummary(SummaryOptions{Periods: ByMonth, OrderDays: true, Categories: new(CategoryOptions)})
	require.NoError(t, s.AddAll(txs, &AddOptions{Workers: 2}))

	accounts, plain := s.Accounts(uciAsOf), light.Accounts(uciAsOf)
	require.Len(t, accounts, 4372)
	got := map[string]map[int]int{}
	for i, a := range accounts {
		bare := a
		bare.Detail = nil
		require.Equal(t, plain[i], bare, "folded by partition, with detail, it is the same account")

		var first time.Time
		for _, p := range a.Detail.Periods {
			if p.Orders == 0 {
				continue // only returns
			}
			if first.IsZero() {
				first = p.From
			}
			cohort, age := first.Format("2006-01"), 12*(p.From.Year()-first.Year())+int(p.From.Month())-int(first.Month())
			if got[cohort] == nil {
				got[cohort] = map[int]int{}
			}
			got[cohort][age]++
		}
	}
	require.Len(t, got, len(rows))
	for _, row := range rows {
		for age := range 13 {
			require.Equal(t, row[strconv.Itoa(age)], strconv.Itoa(got[row["c"]][age]), "%s after %d months", row["c"], age)
		}
	}
	// The same figures, typed in: 885 first ordered in December 2010, 324 of
	// them again in January.
	require.Equal(t, []int{885, 324}, []int{got["2010-12"][0], got["2010-12"][1]})
}
