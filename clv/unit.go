package clv

import (
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// Unit is the length of time that histories, rates and horizons count in.
type Unit int

const (
	// Week is 7 days, the customary unit, and the default.
	Week Unit = iota
	// Day is one calendar day.
	Day
	// Year is 365.25 days.
	Year
)

var units = [...]struct {
	name string
	days float64
}{Week: {"week", 7}, Day: {"day", 1}, Year: {"year", 365.25}}

func (u Unit) valid() bool { return u >= 0 && int(u) < len(units) }

// Days returns how many days the unit has; 0 for a value that is no unit.
func (u Unit) Days() float64 {
	if !u.valid() {
		return 0
	}
	return units[u].days
}

// String returns "week", "day" or "year".
func (u Unit) String() string {
	if !u.valid() {
		return "Unit(" + strconv.Itoa(int(u)) + ")"
	}
	return units[u].name
}

// Validate refuses a value that is no unit.
func (u Unit) Validate() error {
	if u.valid() {
		return nil
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Unit", Value: u.String(),
		Reason: "a unit of time is week, day or year",
	}
}

// MarshalText writes what [Unit.String] returns.
func (u Unit) MarshalText() ([]byte, error) {
	if err := u.Validate(); err != nil {
		return nil, err
	}
	return []byte(units[u].name), nil
}

// UnmarshalText reads what [Unit.MarshalText] wrote.
func (u *Unit) UnmarshalText(text []byte) error {
	for i := range units {
		if units[i].name == string(text) {
			*u = Unit(i)
			return nil
		}
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMalformed, Field: "Unit", Value: string(text),
		Reason: "a unit of time is week, day or year",
	}
}

func unitMismatch(got, want Unit) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMismatch, Field: "Unit", Value: got.String(), Reason: "here times are in the unit " + want.String(),
	}
}
