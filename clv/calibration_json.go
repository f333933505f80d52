package clv

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/keyaccount/keyaccount"
)

// calibrationJSON is the state in JSON.
type calibrationJSON struct {
	Schema   string            `json:"schema"`
	Version  uint64            `json:"version"`
	Unit     string            `json:"unit"`
	Location string            `json:"location"`
	Accounts []accountDaysJSON `json:"accounts"`
}

type accountDaysJSON struct {
	ID   string   `json:"id"`
	Days []string `json:"days"`
}

// MarshalJSON writes the state with its accounts sorted by id and, for each,
// the days on which it bought as 2006-01-02. Like [Calibration.MarshalBinary],
// which is smaller, it is canonical: the same lines give the same bytes.
//
// An id that is no UTF-8 is refused, as an [*keyaccount.InputError] of kind
// [keyaccount.ErrMalformed]: JSON would run two of them together.
func (c Calibration) MarshalJSON() ([]byte, error) {
	if err := c.unit.Validate(); err != nil {
		return nil, err
	}
	out := calibrationJSON{
		Schema: calibrationSchema, Version: calibrationVersion,
		Unit: c.unit.String(), Location: c.zone().String(),
		Accounts: make([]accountDaysJSON, 0, len(c.days)),
	}
	for _, id := range c.ids() {
		if !utf8.ValidString(id) {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrMalformed, Field: "ID", Value: id,
				Reason: "JSON holds no text but UTF-8; the binary form does",
			}
		}
		days := make([]string, len(c.days[id]))
		for i, day := range c.days[id] {
			days[i] = dateOf(day)
		}
		out.Accounts = append(out.Accounts, accountDaysJSON{ID: id, Days: days})
	}
	return json.Marshal(out)
}

// UnmarshalJSON replaces the state by one that [Calibration.MarshalJSON] wrote.
// The receiver keeps its own Unit and Location, which must be those in the
// JSON, as in [Calibration.UnmarshalBinary]. It refuses another schema or
// version ([keyaccount.ErrVersion]), an unknown field, broken JSON, accounts or
// days that are not in rising order ([keyaccount.ErrMalformed]), and a day
// outside the years 1 to 9998 ([keyaccount.ErrOutOfRange]); Row is the account.
// After an error the receiver is unchanged.
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
	accounts := make(map[string][]int32, len(in.Accounts))
	before := ""
	for i, a := range in.Accounts {
		days, bad := a.read()
		if bad == nil && a.ID <= before { // the empty id too
			bad = &keyaccount.InputError{
				Kind: keyaccount.ErrMalformed, Field: "ID", Value: a.ID,
				Reason: "the accounts must stand in rising order of an id that is not empty",
			}
		}
		if bad != nil {
			bad.Row = i + 1
			return bad
		}
		before = a.ID
		accounts[a.ID] = days
	}
	c.days = accounts
	return nil
}

func (a accountDaysJSON) read() ([]int32, *keyaccount.InputError) {
	if len(a.Days) == 0 {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Days", Reason: "account " + strconv.Quote(a.ID) + " has no purchase",
		}
	}
	days := make([]int32, len(a.Days))
	for i, s := range a.Days {
		at, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrMalformed, Field: "Days", Value: s, Reason: "not a day such as 2006-01-02",
			}
		}
		day, bad := dayOf(at, time.UTC)
		if bad != nil {
			bad.Field = "Days"
			return nil, bad
		}
		if i > 0 && day <= days[i-1] {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrMalformed, Field: "Days", Value: s, Reason: "the days must stand in rising order, each once",
			}
		}
		days[i] = day
	}
	return days, nil
}
