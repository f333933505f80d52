package clv

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// calibrationJSON is the state in JSON.
type calibrationJSON struct {
	Schema   string              `json:"schema"`
	Version  int                 `json:"version"`
	Unit     string              `json:"unit"`
	Location string              `json:"location"`
	Currency string              `json:"currency,omitempty"`
	Unpriced bool                `json:"unpriced,omitempty"` // some orders came without values
	Accounts []accountOrdersJSON `json:"accounts"`
}

type accountOrdersJSON struct {
	ID      string         `json:"id"`
	Days    []string       `json:"days,omitempty"` // in version 1, instead of Orders
	Orders  []dayValueJSON `json:"orders,omitempty"`
	Returns []dayValueJSON `json:"returns,omitempty"`
}

type dayValueJSON struct {
	Day   string `json:"day"`
	Value string `json:"value,omitempty"` // none where it is not known
}

// MarshalJSON writes the state with its accounts sorted by id and, for each,
// the days of its orders and returns as 2006-01-02 with their exact values.
// Like [Calibration.MarshalBinary], which is smaller, it is canonical: the same
// lines give the same bytes.
//
// An id or a currency that is no UTF-8 is refused, as an
// [*keyaccount.InputError] of kind [keyaccount.ErrMalformed]: JSON would run
// two of them together.
func (c Calibration) MarshalJSON() ([]byte, error) {
	if err := c.unit.Validate(); err != nil {
		return nil, err
	}
	if !utf8.ValidString(c.currency) {
		return nil, noUTF8("Currency", c.currency)
	}
	l := c.ledger.settled()
	from := l.starts()
	out := calibrationJSON{
		Schema: calibrationForm.Schema, Version: calibrationForm.Version,
		Unit: c.unit.String(), Location: c.zone().String(), Currency: c.currency, Unpriced: c.unpriced,
		Accounts: make([]accountOrdersJSON, 0, len(l.names.ids)),
	}
	for _, account := range l.names.byID() {
		a := accountOrdersJSON{ID: l.names.ids[account]}
		if !utf8.ValidString(a.ID) {
			return nil, noUTF8("ID", a.ID)
		}
		for _, e := range l.rows[from[account]:from[account+1]] {
			day := dayValueJSON{Day: dateOf(e.day())}
			if c.priced {
				day.Value = exact.Text(plainest(l.sum(e).Decimal()))
			}
			if e.back() {
				a.Returns = append(a.Returns, day)
			} else {
				a.Orders = append(a.Orders, day)
			}
		}
		out.Accounts = append(out.Accounts, a)
	}
	return json.Marshal(out)
}

func noUTF8(field, value string) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMalformed, Field: field, Value: value,
		Reason: "JSON holds no text but UTF-8; the binary form does",
	}
}

// UnmarshalJSON replaces the state by one that [Calibration.MarshalJSON] wrote,
// also in version 1. The receiver keeps its own Unit and Location, which must be
// those in the JSON, as in [Calibration.UnmarshalBinary]. It refuses another
// schema or version ([keyaccount.ErrVersion]), an unknown field, broken JSON,
// accounts or days that are not in rising order ([keyaccount.ErrMalformed]),
// and a day outside the years 1 to 9998 ([keyaccount.ErrOutOfRange]); Row is the
// account. After an error the receiver is unchanged.
func (c *Calibration) UnmarshalJSON(data []byte) error {
	var in calibrationJSON
	if err := calibrationForm.ReadJSONStrictly(data, "Calibration", &in); err != nil {
		return err
	}
	var unit Unit
	if err := unit.UnmarshalText([]byte(in.Unit)); err != nil {
		return err
	}
	if err := c.sameSetup(unit, in.Location); err != nil {
		return err
	}
	if in.Accounts == nil {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Accounts", Reason: "a state without accounts says so by an empty list",
		}
	}
	out := Calibration{unit: c.unit, location: c.location, currency: in.Currency}
	before := ""
	for i, a := range in.Accounts {
		bad := a.read(&out, in.Version)
		if bad == nil && a.ID <= before { // the empty id too
			bad = malformedField("ID", a.ID, "the accounts must stand in rising order of an id that is not empty")
		}
		if bad != nil {
			bad.Row = i + 1
			return bad
		}
		before = a.ID
	}
	switch {
	case out.unpriced && !in.Unpriced && in.Version != calibrationDays:
		return malformedField("Value", "", "a value is missing in a state that is not marked as unpriced")
	case in.Unpriced && (in.Version == calibrationDays || len(in.Accounts) == 0):
		return malformedField("Unpriced", "", "version 1, and a state without accounts, are not marked as unpriced")
	case out.currency != "" && !out.priced:
		return malformedField("Currency", out.currency, "there are no values in this currency")
	}
	out.unpriced = out.unpriced || in.Unpriced
	out.ledger.settle()
	*c = out
	return nil
}

func (a *accountOrdersJSON) read(c *Calibration, version int) *keyaccount.InputError {
	orders := a.Orders
	if version == calibrationDays {
		if a.Orders != nil || a.Returns != nil {
			return malformedField("Orders", "", "version 1 has the days alone")
		}
		for _, day := range a.Days {
			orders = append(orders, dayValueJSON{Day: day})
		}
	} else if a.Days != nil {
		return malformedField("Days", "", "version 2 has orders with their values")
	}
	if len(orders)+len(a.Returns) == 0 {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Days", Reason: "account " + strconv.Quote(a.ID) + " has no purchase",
		}
	}
	if bad := c.readDays(a.ID, orders, false); bad != nil {
		return bad
	}
	return c.readDays(a.ID, a.Returns, true)
}

func (c *Calibration) readDays(id string, list []dayValueJSON, back bool) *keyaccount.InputError {
	before := int32(firstDay - 1)
	for _, v := range list {
		at, err := time.Parse(time.DateOnly, v.Day)
		if err != nil {
			return malformedField("Days", v.Day, "not a day such as 2006-01-02")
		}
		day, bad := dayOf(at, time.UTC)
		if bad != nil {
			bad.Field = "Days"
			return bad
		}
		if day <= before {
			return malformedField("Days", v.Day, "the days must stand in rising order, each once")
		}
		before = day
		var value decimal.Decimal
		if v.Value == "" {
			c.unpriced = true
		} else {
			c.priced = true
			if value, err = decimal.NewFromString(v.Value); err != nil || !fitsMoney(value, maxSumDigits) {
				return malformedField("Value", v.Value, "not a decimal number, or too large")
			}
		}
		if back != (value.Sign() < 0) {
			return malformedField("Value", v.Value, "a purchase has no negative value, and a return no other")
		}
		c.ledger.add(id, day, back, value)
	}
	return nil
}

func malformedField(field, value, reason string) *keyaccount.InputError {
	return &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: field, Value: value, Reason: reason}
}
