package pricing

import (
	"bytes"
	"encoding/json"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// UnmarshalJSON reads a ladder. Decimals may be JSON strings or numbers and
// keep all their digits; an absent unit or flat price is 0, an absent or null
// up_to is no bound. A text that is no decimal, or that no sum could hold such
// as 1e999999999, is a [*keyaccount.InputError] whose Row is the tier.
//
// It reads and does not judge: [Ladder.Validate] does, and so does every
// pricing method.
func (l *Ladder) UnmarshalJSON(b []byte) error {
	var in struct {
		Mode             Mode            `json:"mode"`
		PackageSize      json.RawMessage `json:"package_size"`
		ChargeFlatAtZero bool            `json:"charge_flat_at_zero"`
		NoRise           bool            `json:"no_rise"`
		Tiers            []struct {
			UpTo json.RawMessage `json:"up_to"`
			Unit json.RawMessage `json:"unit"`
			Flat json.RawMessage `json:"flat"`
		} `json:"tiers"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	out := Ladder{Mode: in.Mode, ChargeFlatAtZero: in.ChargeFlatAtZero, NoRise: in.NoRise}
	size, err := readDecimal(in.PackageSize, 0, "PackageSize")
	if err != nil {
		return err
	}
	out.PackageSize = size.Decimal
	for i, t := range in.Tiers {
		upTo, err := readDecimal(t.UpTo, i+1, "UpTo")
		if err != nil {
			return err
		}
		unit, err := readDecimal(t.Unit, i+1, "Unit")
		if err != nil {
			return err
		}
		flat, err := readDecimal(t.Flat, i+1, "Flat")
		if err != nil {
			return err
		}
		out.Tiers = append(out.Tiers, Tier{UpTo: upTo, Unit: unit.Decimal, Flat: flat.Decimal})
	}
	*l = out
	return nil
}

// readDecimal reads a JSON string or number; absent and null are not valid.
func readDecimal(raw json.RawMessage, row int, field string) (decimal.NullDecimal, error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return decimal.NullDecimal{}, nil
	}
	s := string(raw)
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &s); err != nil {
			return decimal.NullDecimal{}, err
		}
	}
	d, err := decimal.NewFromString(s)
	if err != nil || !exact.InRange(d) {
		reason := "not a decimal number"
		if err == nil {
			reason = tooWide
		}
		return decimal.NullDecimal{}, &keyaccount.InputError{
			Kind: keyaccount.ErrMalformed, Field: field, Row: row, Value: s, Reason: reason,
		}
	}
	return decimal.NewNullDecimal(d), nil
}
