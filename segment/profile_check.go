package segment

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

func (f *ProfileFacts) check(zone *time.Location) error {
	a := &f.Account
	fault := func(kind error, field string, row int, value, reason string) error {
		return &keyaccount.InputError{Kind: kind, Field: field, Row: row, Value: value, Reason: reason}
	}
	switch {
	case a.ID == "":
		return fault(keyaccount.ErrMissing, "Account.ID", 0, "", "an account needs an ID")
	case a.AsOf.IsZero():
		return fault(keyaccount.ErrMissing, "Account.AsOf", 0, "", "a profile needs an instant to look back from")
	case !writable(a.AsOf):
		return fault(keyaccount.ErrOutOfRange, "Account.AsOf", 0, "year "+strconv.Itoa(a.AsOf.UTC().Year()), "the year must lie between 1 and 9998")
	case a.Orders < 0 || a.ReturnOrders < 0:
		return fault(keyaccount.ErrOutOfRange, "Account.Orders", 0, strconv.Itoa(min(a.Orders, a.ReturnOrders)), "a count cannot be negative")
	}
	for _, m := range []struct {
		field string
		value decimal.Decimal
	}{{"Account.Net", a.Net}, {"Account.Gross", a.Gross}, {"Account.Returns", a.Returns}} {
		if err := checkProfileMoney(m.field, 0, m.value); err != nil {
			return err
		}
	}
	for i, at := range f.OrderDays {
		switch {
		case at.IsZero():
			return fault(keyaccount.ErrMissing, "OrderDays", i+1, "", "an order has an instant")
		case !writable(at):
			return fault(keyaccount.ErrOutOfRange, "OrderDays", i+1, "year "+strconv.Itoa(at.UTC().Year()), "the year must lie between 1 and 9998")
		case dayNumber(at.In(zone)) > dayNumber(a.AsOf.In(zone)):
			return fault(keyaccount.ErrOutOfRange, "OrderDays", i+1, stamp(at), "the order is after the as-of "+stamp(a.AsOf))
		}
	}
	if len(f.Months) > 0 && f.From.IsZero() {
		return fault(keyaccount.ErrMissing, "From", 0, "", "months begin somewhere")
	}
	if len(f.Months) > MaxTrendPeriods {
		return fault(keyaccount.ErrOutOfRange, "Months", 0, strconv.Itoa(len(f.Months))+" months", "there can be "+strconv.Itoa(MaxTrendPeriods))
	}
	for i, m := range f.Months {
		if _, ok := amountFloat(m); !ok {
			return fault(keyaccount.ErrOutOfRange, "Months", i+1, exact.Text(m), "the amount is too large for statistics")
		}
	}
	seen := make(map[string]struct{}, len(f.Categories))
	for i, c := range f.Categories {
		if c.Category == "" {
			return fault(keyaccount.ErrMissing, "Categories", i+1, "", "a category needs a name")
		}
		if _, ok := seen[c.Category]; ok {
			return fault(keyaccount.ErrDuplicate, "Categories", i+1, c.Category, "the category stands twice")
		}
		seen[c.Category] = struct{}{}
		if err := checkProfileMoney("Categories", i+1, c.Amount); err != nil {
			return err
		}
	}
	return nil
}

func profileOptions(opts *ProfileOptions) (ProfileOptions, error) {
	o := ProfileOptions{}
	if opts != nil {
		o = *opts
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Top == 0 {
		o.Top = 3
	}
	for _, d := range []struct {
		field *float64
		value float64
	}{{&o.Level, 0.95}, {&o.Overdue, 2}, {&o.ReturnsHigh, 0.1}, {&o.Concentrated, 0.8}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	var faults []error
	fault := func(field, value, reason string) {
		faults = append(faults, &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Value: value, Reason: reason})
	}
	if o.Top < 1 {
		fault("Top", strconv.Itoa(o.Top), "at least one category is listed")
	}
	if !(o.Level > 0 && o.Level < 1) {
		fault("Level", floatText(o.Level), "a confidence level lies between 0 and 1")
	}
	for _, l := range []struct {
		field string
		value float64
	}{{"Overdue", o.Overdue}, {"ReturnsHigh", o.ReturnsHigh}, {"Concentrated", o.Concentrated}} {
		if !(l.value > 0) || !isFinite(l.value) {
			fault(l.field, floatText(l.value), "a limit is above 0 and finite")
		}
	}
	return o, errors.Join(faults...)
}

func compareCategories(a, b ProfileCategory) int {
	return cmp.Or(compareMoney(b.Amount, a.Amount), strings.Compare(a.Category, b.Category))
}

func totalOf(categories []ProfileCategory) decimal.Decimal {
	var sum exact.Sum
	for i := range categories {
		sum.Add(categories[i].Amount) // in range, since check looked
	}
	return sum.Decimal()
}

// namedFault gives a fault the name that its field has here.
func namedFault(err error, field string) error {
	if in, ok := errors.AsType[*keyaccount.InputError](err); ok {
		named := *in
		named.Field = field
		return &named
	}
	return err
}
