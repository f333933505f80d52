package clv

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"

	"github.com/keyaccount/keyaccount"
)

const (
	countsSchema  = "keyaccount/clv.Counts"
	countsVersion = 2
)

// digest names the table by the hash of its canonical bytes: 128 bits in hex.
func (c *Counts) digest() string {
	b, err := c.MarshalBinary()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// countsJSON is the table in JSON.
type countsJSON struct {
	Schema  string           `json:"schema"`
	Version uint64           `json:"version"`
	Unit    *Unit            `json:"unit"`
	Rows    []countedHistory `json:"rows"`
}

// MarshalJSON writes the table with its rows in the order of [Counts.All].
func (c *Counts) MarshalJSON() ([]byte, error) {
	unit := c.Unit()
	return json.Marshal(countsJSON{Schema: countsSchema, Version: countsVersion, Unit: &unit, Rows: c.sorted()})
}

// UnmarshalJSON replaces the table by one that [Counts.MarshalJSON] wrote, or
// any with its fields: a history may stand in several rows, in any order. It
// refuses another schema or version ([keyaccount.ErrVersion]), an unknown field
// or broken JSON ([keyaccount.ErrMalformed]), and, naming the row, what
// [Counts.Add] refuses. After an error the receiver is unchanged.
func (c *Counts) UnmarshalJSON(data []byte) error {
	var in countsJSON
	if err := readStrictly(data, "Counts", &in); err != nil {
		return err
	}
	if in.Schema != countsSchema {
		return unknownSchema(in.Schema, countsSchema)
	}
	if in.Version != countsVersion {
		return unknownVersion(in.Version, countsVersion)
	}
	if in.Unit == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "Unit", Reason: "the times of a table need a unit"}
	}
	out := Counts{unit: *in.Unit}
	for _, row := range in.Rows {
		if err := out.Add(row.History, row.N); err != nil {
			return err
		}
	}
	*c = out
	return nil
}

// MarshalBinary returns the canonical form of the table: equal tables have
// equal bytes.
func (c *Counts) MarshalBinary() ([]byte, error) {
	rows := c.sorted()
	b := appendHeader(nil, countsSchema, countsVersion)
	b = appendText(b, c.Unit().String())
	b = binary.AppendUvarint(b, uint64(len(rows)))
	for _, row := range rows {
		b = binary.AppendUvarint(b, uint64(row.Frequency))
		b = appendFloat(b, row.Recency)
		b = appendFloat(b, row.Age)
		b = binary.AppendUvarint(b, uint64(row.N))
	}
	return b, nil
}

// UnmarshalBinary replaces the table by one that [Counts.MarshalBinary] wrote.
// Another schema or version is refused with [keyaccount.ErrVersion], broken
// bytes with [keyaccount.ErrMalformed], and what [Counts.Add] refuses as there.
// After an error the receiver is unchanged.
func (c *Counts) UnmarshalBinary(data []byte) error {
	d := decoder{b: data, field: "Counts"}
	d.header(countsSchema, countsVersion)
	var out Counts
	if name := d.text(); d.err == nil {
		if err := out.unit.UnmarshalText([]byte(name)); err != nil {
			return err
		}
	}
	var before History
	for i := range d.length() {
		h := History{Frequency: int(d.atMost(maxFrequency)), Recency: d.float(), Age: d.float()}
		n := d.atMost(math.MaxInt64)
		if d.err != nil {
			break
		}
		if err := out.Add(h, int64(n)); err != nil {
			return err
		}
		if i > 0 && compareHistories(before, h) >= 0 || math.Signbit(h.Recency) {
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
