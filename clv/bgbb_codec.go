package clv

import (
	"encoding/binary"
	"encoding/json"
	"math"

	"github.com/keyaccount/keyaccount/internal/state"
)

var discreteForm = state.Form{Schema: "keyaccount/clv.DiscreteCounts", Version: 1}

// digest names the table by the hash of its canonical bytes: 128 bits in hex.
func (c *DiscreteCounts) digest() string {
	b, err := c.MarshalBinary()
	if err != nil {
		return ""
	}
	return digest(b)
}

// discreteJSON is the table in JSON.
type discreteJSON struct {
	Schema  string            `json:"schema"`
	Version int               `json:"version"`
	Rows    []countedDiscrete `json:"rows"`
}

// MarshalJSON writes the table with its rows in the order of
// [DiscreteCounts.All].
func (c *DiscreteCounts) MarshalJSON() ([]byte, error) {
	return json.Marshal(discreteJSON{Schema: discreteForm.Schema, Version: discreteForm.Version, Rows: c.sorted()})
}

// UnmarshalJSON replaces the table by one that [DiscreteCounts.MarshalJSON]
// wrote, or any with its fields: a history may stand in several rows, in any
// order. It refuses another schema or version ([keyaccount.ErrVersion]), an
// unknown field or broken JSON ([keyaccount.ErrMalformed]), and, naming the row,
// what [DiscreteCounts.Add] refuses. After an error the receiver is unchanged.
func (c *DiscreteCounts) UnmarshalJSON(data []byte) error {
	var in discreteJSON
	if err := discreteForm.ReadJSONStrictly(data, "DiscreteCounts", &in); err != nil {
		return err
	}
	var out DiscreteCounts
	for _, row := range in.Rows {
		if err := out.Add(row.DiscreteHistory, row.N); err != nil {
			return err
		}
	}
	*c = out
	return nil
}

// MarshalBinary returns the canonical form of the table: equal tables have
// equal bytes.
func (c *DiscreteCounts) MarshalBinary() ([]byte, error) {
	rows := c.sorted()
	b := discreteForm.AppendHeader(make([]byte, 0, 64+8*len(rows)))
	b = binary.AppendUvarint(b, uint64(len(rows)))
	for _, row := range rows {
		for _, v := range [...]int64{int64(row.Frequency), int64(row.Recency), int64(row.Opportunities), row.N} {
			b = binary.AppendUvarint(b, uint64(v))
		}
	}
	return b, nil
}

// UnmarshalBinary replaces the table by one that [DiscreteCounts.MarshalBinary]
// wrote. Another schema or version is refused with [keyaccount.ErrVersion],
// broken bytes with [keyaccount.ErrMalformed], and what [DiscreteCounts.Add]
// refuses as there. After an error the receiver is unchanged.
func (c *DiscreteCounts) UnmarshalBinary(data []byte) error {
	r := state.NewCanonicalReader(data, "DiscreteCounts")
	r.Header(discreteForm)
	var out DiscreteCounts
	var before DiscreteHistory
	for i := range r.Length() {
		h := DiscreteHistory{
			Frequency:     int(r.AtMost(MaxOpportunities)),
			Recency:       int(r.AtMost(MaxOpportunities)),
			Opportunities: int(r.AtMost(MaxOpportunities)),
		}
		n := r.AtMost(math.MaxInt64)
		if r.Err() != nil {
			break
		}
		if err := out.Add(h, int64(n)); err != nil {
			return err
		}
		if i > 0 && compareDiscrete(before, h) >= 0 {
			r.Fail("the rows are not in order")
		}
		before = h
	}
	if err := r.End(); err != nil {
		return err
	}
	*c = out
	return nil
}
