package clv

import (
	"encoding/binary"
	"encoding/json"
	"math"

	"github.com/keyaccount/keyaccount/internal/state"
)

const (
	countsSchema  = "keyaccount/clv.Counts"
	countsVersion = 1
)

var countsForm = state.Form{Schema: countsSchema, Version: countsVersion}

// countsJSON is the table in JSON.
type countsJSON struct {
	Schema  string           `json:"schema"`
	Version uint64           `json:"version"`
	Rows    []countedHistory `json:"rows"`
}

// MarshalJSON writes the table with its rows in the order of [Counts.All].
func (c *Counts) MarshalJSON() ([]byte, error) {
	return json.Marshal(countsJSON{Schema: countsSchema, Version: countsVersion, Rows: c.sorted()})
}

// UnmarshalJSON replaces the table by one that [Counts.MarshalJSON] wrote, or
// any with its fields: a history may stand in several rows, in any order. It
// refuses another schema or version ([keyaccount.ErrVersion]), an unknown field
// or broken JSON ([keyaccount.ErrMalformed]), and, naming the row, what
// [Counts.Add] refuses. After an error the receiver is unchanged.
func (c *Counts) UnmarshalJSON(data []byte) error {
	var in countsJSON
	if err := countsForm.ReadJSONStrictly(data, "Counts", &in); err != nil {
		return err
	}
	var out Counts
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
	b := countsForm.AppendHeader(nil)
	b = binary.AppendUvarint(b, uint64(len(rows)))
	for _, row := range rows {
		b = binary.AppendUvarint(b, uint64(row.Frequency))
		b = state.AppendFloat(b, row.Recency)
		b = state.AppendFloat(b, row.Age)
		b = binary.AppendUvarint(b, uint64(row.N))
	}
	return b, nil
}

// UnmarshalBinary replaces the table by one that [Counts.MarshalBinary] wrote.
// Another schema or version is refused with [keyaccount.ErrVersion], broken
// bytes with [keyaccount.ErrMalformed], and what [Counts.Add] refuses as there.
// After an error the receiver is unchanged.
func (c *Counts) UnmarshalBinary(data []byte) error {
	r := state.NewCanonicalReader(data, "Counts")
	r.Header(countsForm)
	var out Counts
	var before History
	for i := range r.Length() {
		h := History{Frequency: int(r.AtMost(maxFrequency)), Recency: r.Float(), Age: r.Float()}
		n := r.AtMost(math.MaxInt64)
		if r.Err() != nil {
			break
		}
		if err := out.Add(h, int64(n)); err != nil {
			return err
		}
		if i > 0 && compareHistories(before, h) >= 0 || math.Signbit(h.Recency) {
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
