package pricing

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// UnmarshalJSON reads a ladder. Decimals may be JSON strings or numbers and
// keep all their digits; an absent or null up_to is no bound, and one of unit
// and flat may be left out for 0.
//
// It reads strictly, for what it let pass would be a price of 0: a field that
// a ladder or a tier does not have or has twice, text after the ladder, and a
// number that is no decimal, or that no sum could hold such as 1e999999999,
// are an [*keyaccount.InputError] of kind [keyaccount.ErrMalformed] whose Row
// is the tier. A tier with neither unit nor flat is one of kind
// [keyaccount.ErrMissing]: a tier that is free on purpose says "unit": "0".
// After an error the receiver is unchanged.
//
// It does not judge the prices: [Ladder.Validate] does, and so does every
// pricing method.
func (l *Ladder) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil // by the convention of encoding/json
	}
	in, err := readObject(b, 0, "Ladder", "mode", "package_size", "charge_flat_at_zero", "no_rise", "tiers")
	if err != nil {
		return err
	}
	var out Ladder
	var tiers []json.RawMessage
	for _, f := range [...]struct {
		name, field, want string
		into              any
	}{
		{"mode", "Mode", "want graduated, volume or package", &out.Mode},
		{"charge_flat_at_zero", "ChargeFlatAtZero", "want true or false", &out.ChargeFlatAtZero},
		{"no_rise", "NoRise", "want true or false", &out.NoRise},
		{"tiers", "Tiers", "want a list of tiers", &tiers},
	} {
		if raw, found := in[f.name]; found && json.Unmarshal(raw, f.into) != nil {
			return malformed(0, f.field, string(raw), f.want)
		}
	}
	size, err := readDecimal(in["package_size"], 0, "PackageSize")
	if err != nil {
		return err
	}
	out.PackageSize = size.Decimal
	for i, raw := range tiers {
		t, err := readTier(raw, i+1)
		if err != nil {
			return err
		}
		out.Tiers = append(out.Tiers, t)
	}
	*l = out
	return nil
}

func readTier(raw json.RawMessage, row int) (Tier, error) {
	in, err := readObject(raw, row, "Tier", "up_to", "unit", "flat")
	if err != nil {
		return Tier{}, err
	}
	upTo, err := readDecimal(in["up_to"], row, "UpTo")
	if err != nil {
		return Tier{}, err
	}
	unit, err := readDecimal(in["unit"], row, "Unit")
	if err != nil {
		return Tier{}, err
	}
	flat, err := readDecimal(in["flat"], row, "Flat")
	if err != nil {
		return Tier{}, err
	}
	if !unit.Valid && !flat.Valid {
		return Tier{}, &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Unit", Row: row,
			Reason: `a tier needs a unit price or a flat fee; a free one says "unit": "0"`,
		}
	}
	return Tier{UpTo: upTo, Unit: unit.Decimal, Flat: flat.Decimal}, nil
}

// readObject splits one JSON object into its fields, each known and there
// once. It goes token by token because encoding/json neither says which field
// is unknown in a form to hand on, nor minds one that stands twice.
func readObject(b []byte, row int, what string, known ...string) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, malformed(row, what, string(b), "not a JSON object")
	}
	fields := make(map[string]json.RawMessage, len(known))
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, malformed(row, what, "", err.Error())
		}
		name, _ := key.(string)
		if !slices.Contains(known, name) {
			return nil, malformed(row, what, name, "no such field; there are "+strings.Join(known, ", "))
		}
		if _, twice := fields[name]; twice {
			return nil, malformed(row, what, name, "the field stands twice")
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, malformed(row, what, name, err.Error())
		}
		fields[name] = raw
	}
	if _, err := d.Token(); err != nil {
		return nil, malformed(row, what, "", err.Error())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed(row, what, "", "there is text after the JSON object")
	}
	return fields, nil
}

// readDecimal reads a JSON string or number; absent and null are not valid.
func readDecimal(raw json.RawMessage, row int, field string) (decimal.NullDecimal, error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return decimal.NullDecimal{}, nil
	}
	s := string(raw)
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &s); err != nil {
			return decimal.NullDecimal{}, malformed(row, field, s, err.Error())
		}
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return decimal.NullDecimal{}, malformed(row, field, s, "not a decimal number")
	}
	if !exact.InRange(d) {
		return decimal.NullDecimal{}, malformed(row, field, s, tooWide)
	}
	return decimal.NewNullDecimal(d), nil
}

func malformed(row int, field, value, reason string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: field, Row: row, Value: value, Reason: reason}
}
