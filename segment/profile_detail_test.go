package segment

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// What a Summary collected draws the same portrait as the facts counted by
// hand, also in a zone that is not the default.
func TestProfileFromWhatTheSummaryCollected(t *testing.T) {
	t.Parallel()
	shanghai := time.FixedZone("Shanghai", 8*3600)
	r := rand.New(rand.NewPCG(30, 3))
	s := NewSummary(SummaryOptions{Location: shanghai, Periods: ByMonth, OrderDays: true, Categories: &CategoryOptions{}})
	from := time.Date(2023, 1, 1, 0, 0, 0, 0, shanghai)
	facts := ProfileFacts{Months: make([]decimal.Decimal, 30), From: from}
	byCategory := map[string]decimal.Decimal{}
	for day := 0; day < 925; day += 1 + r.IntN(40) {
		at := from.AddDate(0, 0, day).Add(time.Duration(r.IntN(24*60)) * time.Minute)
		month := (at.Year()-2023)*12 + int(at.Month()) - 1
		amount := decimal.New(1000+r.Int64N(9000)+int64(300*month), -2)
		product := []string{"bolt", "nut", "saw"}[r.IntN(3)]
		require.NoError(t, s.Add(keyaccount.Transaction{Account: "A", Order: at.String(), Product: product, Time: at, Amount: amount}))
		facts.OrderDays = append(facts.OrderDays, at)
		byCategory[product] = byCategory[product].Add(amount)
		if month < len(facts.Months) {
			facts.Months[month] = facts.Months[month].Add(amount)
		}
	}
	asOf := from.AddDate(0, 30, 20)
	facts.Account = s.Accounts(asOf)[0]
	for _, name := range []string{"bolt", "nut", "saw"} {
		facts.Categories = append(facts.Categories, CategoryAmount{name, byCategory[name]})
	}
	for _, zone := range []*time.Location{shanghai, nil} {
		opts := &ProfileOptions{Location: zone}
		if zone == nil {
			facts.From = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		want, err := NewProfile(facts, opts)
		require.NoError(t, err)
		got, err := NewProfile(ProfileFacts{Account: facts.Account}, opts)
		require.NoError(t, err)
		require.NotNil(t, got.Trend)
		require.NotNil(t, got.Seasonality)
		assert.Equal(t, want.Trend, got.Trend)
		assert.Equal(t, want.Seasonality, got.Seasonality)
		assert.Equal(t, want.Breadth, got.Breadth)
		if zone != nil {
			assert.Equal(t, want.Cadence, got.Cadence)
		}
	}
	own, err := NewProfile(ProfileFacts{Account: facts.Account, Categories: []CategoryAmount{{"own", dec("1")}}}, nil)
	require.NoError(t, err)
	assert.Equal(t, "own", own.Breadth.Main[0].Category, "what the host gives is not replaced")
}

func TestProfileTakesOnlyMonthsFromPeriods(t *testing.T) {
	t.Parallel()
	s := NewSummary(SummaryOptions{Periods: ByWeek})
	for i := range 40 {
		require.NoError(t, s.Add(keyaccount.Transaction{Account: "A", Time: day("2024-01-01").AddDate(0, 0, 7*i), Amount: dec("5")}))
	}
	p, err := NewProfile(ProfileFacts{Account: s.Accounts(day("2025-01-01"))[0]}, nil)
	require.NoError(t, err)
	assert.Nil(t, p.Trend)
	assert.Nil(t, p.Cadence, "order days were not collected")

	one := NewSummary(SummaryOptions{Periods: ByMonth})
	require.NoError(t, one.Add(keyaccount.Transaction{Account: "A", Time: day("2024-01-01"), Amount: dec("5")}))
	p, err = NewProfile(ProfileFacts{Account: one.Accounts(day("2024-01-20"))[0]}, nil)
	require.NoError(t, err)
	assert.Nil(t, p.Trend, "the only month is not over")
}

func TestProfileRefusesToLayBillingMonthsOnTheCalendar(t *testing.T) {
	t.Parallel()
	d := &AccountDetail{}
	for i := range 12 {
		from := day("2024-01-15").AddDate(0, i, 0)
		d.Periods = append(d.Periods, PeriodFigures{From: from, To: from.AddDate(0, 1, 0), PartFigures: PartFigures{Net: decimal.New(int64(i), 0)}})
	}
	p, err := NewProfile(ProfileFacts{Account: Account{ID: "A", AsOf: day("2025-06-01"), Detail: d}}, nil)
	require.NoError(t, err)
	assert.Nil(t, p.Trend, "from the 15th to the 15th is no calendar month")
}
