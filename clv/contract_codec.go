package clv

import (
	"encoding/binary"
	"encoding/json"
	"math"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/state"
)

var contractForm = state.Form{Schema: "keyaccount/clv.ContractCounts", Version: 1}

// contractCountsJSON is the table in JSON.
type contractCountsJSON struct {
	Schema  string            `json:"schema"`
	Version int               `json:"version"`
	Months  int               `json:"months"`
	Rows    []countedContract `json:"rows"`
}

// MarshalJSON writes the table with its rows in the order of
// [ContractCounts.All].
func (c *ContractCounts) MarshalJSON() ([]byte, error) {
	if bad := checkMonths(c.Interval()); bad != nil {
		return nil, bad
	}
	return json.Marshal(contractCountsJSON{
		Schema: contractForm.Schema, Version: contractForm.Version, Months: c.Interval(), Rows: c.sorted(),
	})
}

// UnmarshalJSON replaces the table by one that [ContractCounts.MarshalJSON]
// wrote, or any with its fields: a history may stand in several rows, in any
// order. It refuses another schema or version ([keyaccount.ErrVersion]), no
// months ([keyaccount.ErrMissing]), an unknown field or broken JSON
// ([keyaccount.ErrMalformed]), and, naming the row, what [ContractCounts.Add]
// refuses. After an error the receiver is unchanged.
func (c *ContractCounts) UnmarshalJSON(data []byte) error {
	var in contractCountsJSON
	if err := contractForm.ReadJSONStrictly(data, "ContractCounts", &in); err != nil {
		return err
	}
	if err := savedMonths(in.Months); err != nil {
		return err
	}
	out := ContractCounts{months: in.Months}
	for _, row := range in.Rows {
		if err := out.Add(row.ContractHistory, row.N); err != nil {
			return err
		}
	}
	*c = out
	return nil
}

// savedMonths refuses a file that does not say how often contracts are renewed.
func savedMonths(months int) error {
	if months == 0 {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Months", Reason: "contracts are renewed every so many months",
		}
	}
	if bad := checkMonths(months); bad != nil {
		return bad
	}
	return nil
}

// MarshalBinary returns the canonical form of the table: equal tables have
// equal bytes.
func (c *ContractCounts) MarshalBinary() ([]byte, error) {
	if bad := checkMonths(c.Interval()); bad != nil {
		return nil, bad
	}
	rows := c.sorted()
	b := contractForm.AppendHeader(nil)
	b = binary.AppendUvarint(b, uint64(c.Interval()))
	b = binary.AppendUvarint(b, uint64(len(rows)))
	for _, row := range rows {
		b = binary.AppendUvarint(b, uint64(contractOrder(row.ContractHistory)))
		b = binary.AppendUvarint(b, uint64(row.N))
	}
	return b, nil
}

// UnmarshalBinary replaces the table by one that [ContractCounts.MarshalBinary]
// wrote. Another schema or version is refused with [keyaccount.ErrVersion],
// broken bytes with [keyaccount.ErrMalformed], and what [ContractCounts.Add]
// refuses as there. After an error the receiver is unchanged.
func (c *ContractCounts) UnmarshalBinary(data []byte) error {
	r := state.NewCanonicalReader(data, "ContractCounts")
	r.Header(contractForm)
	out := ContractCounts{months: int(r.AtMost(maxInterval))}
	if r.Err() == nil {
		if err := savedMonths(out.months); err != nil {
			return err
		}
	}
	before := int64(-1)
	for range r.Length() {
		at := int64(r.AtMost(2*maxFrequency + 1))
		n := r.AtMost(math.MaxInt64)
		if r.Err() != nil {
			break
		}
		if err := out.Add(ContractHistory{Renewals: int(at / 2), Lost: at%2 == 1}, int64(n)); err != nil {
			return err
		}
		if at <= before {
			r.Fail("the rows are not in order")
		}
		before = at
	}
	if err := r.End(); err != nil {
		return err
	}
	*c = out
	return nil
}
