package clv

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
)

const (
	discreteSchema  = "keyaccount/clv.DiscreteCounts"
	discreteVersion = 1
)

// digest names the table by the hash of its canonical bytes: 128 bits in hex.
func (c *DiscreteCounts) digest() string {
	b, err := c.MarshalBinary()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// discreteJSON is the table in JSON.
type discreteJSON struct {
	Schema  string            `json:"schema"`
	Version uint64            `json:"version"`
	Rows    []countedDiscrete `json:"rows"`
}

// MarshalJSON writes the table with its rows in the order of
// [DiscreteCounts.All].
func (c *DiscreteCounts) MarshalJSON() ([]byte, error) {
	return json.Marshal(discreteJSON{Schema: discreteSchema, Version: discreteVersion, Rows: c.sorted()})
}

// UnmarshalJSON replaces the table by one that [DiscreteCounts.MarshalJSON]
// wrote, or any with its fields: a history may stand in several rows, in any
// order. It refuses another schema or version ([keyaccount.ErrVersion]), an
// unknown field or broken JSON ([keyaccount.ErrMalformed]), and, naming the row,
// what [DiscreteCounts.Add] refuses. After an error the receiver is unchanged.
func (c *DiscreteCounts) UnmarshalJSON(data []byte) error {
	var in discreteJSON
	if err := readStrictly(data, "DiscreteCounts", &in); err != nil {
		return err
	}
	if in.Schema != discreteSchema {
		return unknownSchema(in.Schema, discreteSchema)
	}
	if in.Version != discreteVersion {
		return unknownVersion(in.Version, discreteVersion)
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
	b := appendHeader(make([]byte, 0, len(discreteSchema)+8*(len(rows)+1)), discreteSchema, discreteVersion)
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
	d := decoder{b: data, field: "DiscreteCounts"}
	d.header(discreteSchema, discreteVersion)
	var out DiscreteCounts
	var before DiscreteHistory
	for i := range d.length() {
		h := DiscreteHistory{
			Frequency:     int(d.atMost(MaxOpportunities)),
			Recency:       int(d.atMost(MaxOpportunities)),
			Opportunities: int(d.atMost(MaxOpportunities)),
		}
		n := d.atMost(math.MaxInt64)
		if d.err != nil {
			break
		}
		if err := out.Add(h, int64(n)); err != nil {
			return err
		}
		if i > 0 && compareDiscrete(before, h) >= 0 {
			d.fail("the rows are not in order")
		}
		before = h
	}
	if err := d.end(); err != nil {
		return err
	}
	*c = out
	return nil
}
