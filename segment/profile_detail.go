package segment

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// collected fills in what the facts leave out and the Summary collected: the
// order days from the gaps between them, the months from the periods where
// these are months, without gaps and without the one that is not over, and the
// categories where all of them are listed.
func (f *ProfileFacts) collected(zone *time.Location) {
	d := f.Account.Detail
	if d == nil {
		return
	}
	if len(f.OrderDays) == 0 && d.Gaps != nil && d.Gaps.OrderDays > 0 {
		at := f.Account.LastOrder
		f.OrderDays = append(f.OrderDays, at)
		for _, gap := range slices.Backward(d.Gaps.Days) {
			at = at.AddDate(0, 0, -gap)
			f.OrderDays = append(f.OrderDays, at)
		}
	}
	if len(f.Months) == 0 && f.From.IsZero() {
		f.Months, f.From = denseMonths(d.Periods, f.Account.AsOf, zone)
	}
	if len(f.Categories) == 0 && d.CategoriesLeft == 0 {
		for _, c := range d.Categories {
			f.Categories = append(f.Categories, CategoryAmount{Category: c.Name, Amount: c.Net})
		}
	}
}

// denseMonths lays the periods, which are those with lines only, on the
// calendar: a month without business is 0. It is empty where the periods are
// not months.
func denseMonths(periods []PeriodFigures, asOf time.Time, zone *time.Location) ([]decimal.Decimal, time.Time) {
	if len(periods) == 0 {
		return nil, time.Time{}
	}
	number := func(t time.Time) int { return t.Year()*12 + int(t.Month()) - 1 }
	first := periods[0].From
	months := number(asOf.In(first.Location())) - number(first) // the as-of's own month is not over
	if months <= 0 {
		return nil, time.Time{}
	}
	skip := max(0, months-MaxTrendPeriods)
	dense := make([]decimal.Decimal, months-skip)
	for _, p := range periods {
		if !p.From.AddDate(0, 1, 0).Equal(p.To) || p.From.Day() != 1 {
			return nil, time.Time{}
		}
		if i := number(p.From) - number(first) - skip; i >= 0 && i < len(dense) {
			dense[i] = p.Net
		}
	}
	return dense, time.Date(first.Year(), first.Month()+time.Month(skip), 1, 0, 0, 0, 0, zone)
}
