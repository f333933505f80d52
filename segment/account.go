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
	// line without an order id is an order of its own.
	Orders int `json:"orders"`
	// ReturnOrders counts the distinct order ids with a line that is a return.
	ReturnOrders int `json:"return_orders"`

	// Gross is the sum of the amounts that are no returns; never negative.
	Gross decimal.Decimal `json:"gross"`
	// Returns is the sum of the amounts of the returns; never positive.
	Returns decimal.Decimal `json:"returns"`
	// Net is Gross plus Returns.
	Net decimal.Decimal `json:"net"`
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
