package segment

import (
	"errors"
	"strconv"
	"strings"

	"github.com/keyaccount/keyaccount"
)

// AccountPolicy says how what a [Summary] knows becomes [Account]s. It is not
// part of the Summary's state: the same state can be read under several
// policies with [Summary.Roster], as far as it was collected.
type AccountPolicy struct {
	// Version is the host's name for this policy; every [Roster] echoes it.
	// Defaults to none.
	Version string `json:"version,omitempty"`
	// Returns says what a return takes away. Defaults to Net.
	Returns ReturnsPolicy `json:"returns"`
	// Orders says what counts as one order. Defaults to DistinctOrders.
	Orders OrderCounting `json:"orders"`
	// Recency says how DaysSinceLast is counted. Defaults to CalendarDays.
	Recency DayRule `json:"recency"`
	// CancelOnly says where accounts without orders go: those that only ever
	// gave back, or, under MatchToOrder, gave back all they bought. Defaults
	// to KeepAccounts.
	CancelOnly AccountTreatment `json:"cancel_only"`
	// NonPositive says where accounts go that have orders but no positive
	// Net. Defaults to KeepAccounts.
	NonPositive AccountTreatment `json:"non_positive"`
	// TopCategories is how many categories an Account lists at most, those
	// with the highest Net. Defaults to all of them.
	TopCategories int `json:"top_categories,omitempty"`
}

// Validate names every field that is outside its domain, each as a
// [*keyaccount.InputError], joined.
func (p AccountPolicy) Validate() error {
	var faults []error
	for _, err := range []error{
		knownEnum(p.Returns, returnsNames[:], "Returns"),
		knownEnum(p.Orders, orderNames[:], "Orders"),
		knownEnum(p.Recency, dayRuleNames[:], "Recency"),
		knownEnum(p.CancelOnly, treatmentNames[:], "CancelOnly"),
		knownEnum(p.NonPositive, treatmentNames[:], "NonPositive"),
	} {
		if err != nil {
			faults = append(faults, err)
		}
	}
	if p.TopCategories < 0 {
		faults = append(faults, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "TopCategories", Value: strconv.Itoa(p.TopCategories),
			Reason: "a number of categories cannot be negative",
		})
	}
	return errors.Join(faults...)
}

// OrderCounting says what counts as one order.
type OrderCounting int

const (
	// DistinctOrders counts the distinct order ids; a line without one is an
	// order of its own.
	DistinctOrders OrderCounting = iota
	// OneOrderADay counts the calendar days with an order, so that an order
	// split into several invoices counts once. It needs
	// [SummaryOptions.OrderDays].
	OneOrderADay
)

var orderNames = [...]string{DistinctOrders: "distinct_orders", OneOrderADay: "one_order_a_day"}

// String returns the name used in JSON, like "one_order_a_day".
func (o OrderCounting) String() string { return enumName(o, orderNames[:], "OrderCounting") }

// MarshalText implements [encoding.TextMarshaler].
func (o OrderCounting) MarshalText() ([]byte, error) { return enumText(o, orderNames[:], "Orders") }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (o *OrderCounting) UnmarshalText(text []byte) error {
	return readEnum(o, text, orderNames[:], "Orders")
}

// DayRule says how the days since the last order are counted.
type DayRule int

const (
	// CalendarDays counts the midnights of the Summary's Location between the
	// last order and the as-of: an order late yesterday is one day ago.
	CalendarDays DayRule = iota
	// ElapsedDays counts whole spans of 24 hours, rounded down, as a
	// difference of two timestamps does in pandas or SQL.
	ElapsedDays
)

var dayRuleNames = [...]string{CalendarDays: "calendar_days", ElapsedDays: "elapsed_days"}

// String returns the name used in JSON, like "calendar_days".
func (r DayRule) String() string { return enumName(r, dayRuleNames[:], "DayRule") }

// MarshalText implements [encoding.TextMarshaler].
func (r DayRule) MarshalText() ([]byte, error) { return enumText(r, dayRuleNames[:], "Recency") }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *DayRule) UnmarshalText(text []byte) error {
	return readEnum(r, text, dayRuleNames[:], "Recency")
}

// AccountTreatment says where a kind of account goes in a [Roster].
type AccountTreatment int

const (
	// KeepAccounts lists them with the others.
	KeepAccounts AccountTreatment = iota
	// SeparateAccounts puts them into a list of their own.
	SeparateAccounts
	// DropAccounts leaves them out and counts them.
	DropAccounts
)

var treatmentNames = [...]string{KeepAccounts: "keep", SeparateAccounts: "separate", DropAccounts: "drop"}

// String returns the name used in JSON, like "separate".
func (t AccountTreatment) String() string { return enumName(t, treatmentNames[:], "AccountTreatment") }

// MarshalText implements [encoding.TextMarshaler].
func (t AccountTreatment) MarshalText() ([]byte, error) {
	return enumText(t, treatmentNames[:], "Treatment")
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (t *AccountTreatment) UnmarshalText(text []byte) error {
	return readEnum(t, text, treatmentNames[:], "Treatment")
}

func enumName[E ~int](e E, names []string, typ string) string {
	if e < 0 || int(e) >= len(names) {
		return typ + "(" + strconv.Itoa(int(e)) + ")"
	}
	return names[e]
}

func enumText[E ~int](e E, names []string, field string) ([]byte, error) {
	if err := knownEnum(e, names, field); err != nil {
		return nil, err
	}
	return []byte(names[e]), nil
}

func readEnum[E ~int](e *E, text []byte, names []string, field string) error {
	for i, name := range names {
		if string(text) == name {
			*e = E(i)
			return nil
		}
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMalformed, Field: field, Value: string(text), Reason: "it is one of " + strings.Join(names, ", "),
	}
}

func knownEnum[E ~int](e E, names []string, field string) error {
	if e < 0 || int(e) >= len(names) {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: field, Value: strconv.Itoa(int(e)),
			Reason: "it is one of " + strings.Join(names, ", "),
		}
	}
	return nil
}
