package segment

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// Account is what one account has done, up to the lines that were added to a
// [Summary]. Times are given in the Summary's Location.
type Account struct {
	// ID is the [keyaccount.Transaction] field Account.
	ID string `json:"id"`
	// Currency is that of Gross, Returns and Net.
	Currency string `json:"currency,omitempty"`
	// AsOf is the instant from which DaysSinceLast looks back.
	AsOf time.Time `json:"as_of,omitzero"`

	// FirstOrder and LastOrder are the instants of the first and last line
	// that is no return; zero for an account that only ever gave back.
	FirstOrder time.Time `json:"first_order,omitzero"`
	LastOrder  time.Time `json:"last_order,omitzero"`
	// LastActivity is the instant of the last line, returns included.
	LastActivity time.Time `json:"last_activity,omitzero"`
	// DaysSinceLast is the number of calendar days in the Summary's Location
	// from LastOrder to AsOf: 0 on the same day, -1 for an account without
	// orders. Other negative values mean that LastOrder is after AsOf.
	DaysSinceLast int `json:"days_since_last"`

	// Lines counts all lines, returns included.
	Lines int `json:"lines"`
	// Orders counts the distinct order ids with a line that is no return. A
	// line without an order id is an order of its own. Under [OneOrderADay] it
	// counts the days with an order.
	Orders int `json:"orders"`
	// ReturnOrders counts the distinct order ids with a line that is a return.
	ReturnOrders int `json:"return_orders"`
	// UndoneOrders counts the orders that Orders leaves out because they came
	// back, under [MatchToOrder].
	UndoneOrders int `json:"undone_orders,omitempty"`

	// Gross is the sum of the amounts that are no returns; never negative.
	Gross decimal.Decimal `json:"gross"`
	// Returns is the sum of the amounts of the returns; never positive.
	Returns decimal.Decimal `json:"returns"`
	// Net is Gross plus Returns; under the policies [Gross] and [Exclude], which
	// deduct nothing, it is Gross.
	Net decimal.Decimal `json:"net"`

	// Figures are what else is known of the account, by name: a margin, days of
	// payment delay. One that is absent is not known. [SetFigure] fills them,
	// and a [Dimension] of a Model reads them. Defaults to none.
	Figures map[string]decimal.Decimal `json:"figures,omitempty"`

	// Detail holds what the Summary was told to collect; nil when it was not.
	Detail *AccountDetail `json:"detail,omitempty"`
}

// AccountDetail is what a [Summary] collects of an account when its options
// say so. A field that was not collected is nil; one that was, and holds
// nothing, is empty.
type AccountDetail struct {
	// Periods are the calendar periods with lines, ascending.
	Periods []PeriodFigures `json:"periods,omitzero"`
	// Categories are those with lines, the highest Net first and then by name,
	// as many as AccountPolicy.TopCategories says.
	Categories []CategoryFigures `json:"categories,omitzero"`
	// CategoriesLeft is how many more there are.
	CategoriesLeft int `json:"categories_left,omitempty"`
	// Breadth is in how many categories, listed or not, the account has
	// orders.
	Breadth *int `json:"breadth,omitempty"`
	// Gaps are the days between purchases.
	Gaps *OrderGaps `json:"gaps,omitempty"`
}

// PartFigures are the orders and the money of a part of an account's lines. Orders
// and money follow the [AccountPolicy] as they do for the whole account.
type PartFigures struct {
	// Orders and ReturnOrders count the orders with a line in this part. An
	// order with lines in two parts counts in both, so that the parts can add
	// up to more than the whole.
	Orders       int `json:"orders"`
	ReturnOrders int `json:"return_orders"`
	// Gross, Returns and Net add up, over all parts, to the account's.
	Gross   decimal.Decimal `json:"gross"`
	Returns decimal.Decimal `json:"returns"`
	Net     decimal.Decimal `json:"net"`
}

// PeriodFigures are the [PartFigures] of the calendar period [From, To) in the
// Summary's Location.
type PeriodFigures struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	PartFigures
}

// CategoryFigures are the [PartFigures] of a category.
type CategoryFigures struct {
	Name string `json:"name"`
	PartFigures
}

// OrderGaps are the calendar days between the days on which an account
// ordered.
type OrderGaps struct {
	// OrderDays counts the days with an order. There is one gap less; with
	// fewer than two days there is none, and Mean and Median are 0.
	OrderDays int `json:"order_days"`
	// Days are the gaps, the oldest first.
	Days []int `json:"days,omitempty"`
	// Mean is the sum of the gaps over their number, Median the middle one, or
	// the mean of the two middle ones.
	Mean   float64 `json:"mean,omitempty"`
	Median float64 `json:"median,omitempty"`
}

// HasOrders reports whether the account ever ordered. One that only gave
// goods back, because what it bought lies before the data begins, did not.
func (a Account) HasOrders() bool { return a.Orders > 0 }

// checkAccounts refuses what no analysis of accounts can use. The first fault
// is reported.
func checkAccounts(accounts []Account) error {
	if len(accounts) == 0 {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "accounts", Reason: "there is no account to work on"}
	}
	var seen map[string]struct{} // only where the accounts are not sorted
	for i := range accounts {
		a := &accounts[i]
		fault := func(kind error, field, value, reason string) error {
			return &keyaccount.InputError{Kind: kind, Field: field, Row: i + 1, Value: value, Reason: reason}
		}
		if a.ID == "" {
			return fault(keyaccount.ErrMissing, "ID", "", "an account needs an ID")
		}
		if seen == nil && i > 0 && a.ID <= accounts[i-1].ID {
			seen = make(map[string]struct{}, len(accounts))
			for _, before := range accounts[:i] {
				seen[before.ID] = struct{}{}
			}
		}
		if seen != nil {
			if _, ok := seen[a.ID]; ok {
				return fault(keyaccount.ErrDuplicate, "ID", a.ID, "the account stands twice")
			}
			seen[a.ID] = struct{}{}
		}
		if a.Currency != accounts[0].Currency {
			return mixedCurrency(i+1, a.Currency, accounts[0].Currency)
		}
		if !exact.InRange(a.Net) {
			return fault(keyaccount.ErrOutOfRange, "Net", exact.Text(a.Net),
				"too many decimal places, or too high a power of ten, to be money")
		}
	}
	return nil
}
