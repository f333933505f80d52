package clv

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// Version 3 added the logs of the times between orders; 2 is still read.
const (
	countsSchema  = "keyaccount/clv.Counts"
	countsVersion = 3
	countsNoGaps  = 2
)

// digest names the table by the hash of its histories, in the bytes of version
// 2: 128 bits in hex. The times between orders do not change a fit's
// parameters, nor its name.
func (c *Counts) digest() string {
	b := make([]byte, 0, 64+24*c.Len())
	sum := sha256.Sum256(c.appendRows(appendHeader(b, countsSchema, countsNoGaps)))
	return hex.EncodeToString(sum[:16])
}

// countsJSON is the table in JSON.
type countsJSON struct {
	Schema  string           `json:"schema"`
	Version uint64           `json:"version"`
	Unit    *Unit            `json:"unit"`
	Rows    []CountedHistory `json:"rows"`
	LogGaps *logGapsJSON     `json:"log_gaps,omitempty"`
}

// logGapsJSON is whole + fraction/2^64; the fraction in 16 hexadecimal digits,
// which no reader rounds to a float64.
type logGapsJSON struct {
	Accounts int64  `json:"accounts"`
	Whole    int64  `json:"whole"`
	Fraction string `json:"fraction"`
}

// MarshalJSON writes the table with its rows in the order of [Counts.All].
func (c *Counts) MarshalJSON() ([]byte, error) {
	unit := c.Unit()
	if err := unit.Validate(); err != nil {
		return nil, err
	}
	out := countsJSON{Schema: countsSchema, Version: countsVersion, Unit: &unit, Rows: c.sorted()}
	if out.Rows == nil {
		out.Rows = []CountedHistory{}
	}
	if c != nil && c.gaps.accounts > 0 {
		out.LogGaps = &logGapsJSON{c.gaps.accounts, c.gaps.whole, fmt.Sprintf("%016x", c.gaps.fraction)}
	}
	return json.Marshal(out)
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
	if in.Version != countsVersion && in.Version != countsNoGaps {
		return unknownVersion(in.Version, countsVersion, countsNoGaps)
	}
	if in.Unit == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "Unit", Reason: "the times of a table need a unit"}
	}
	out, err := CountRows(*in.Unit, in.Rows)
	if err != nil {
		return err
	}
	if in.LogGaps != nil {
		gaps, err := in.LogGaps.read(in.Version)
		if err != nil {
			return err
		}
		out.gaps = gaps
	}
	if bad := out.gaps.problem(out.repeats); bad != "" {
		return &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: "LogGaps", Reason: bad}
	}
	*c = *out
	return nil
}

func (g *logGapsJSON) read(version uint64) (logGaps, error) {
	bad := func(reason string) (logGaps, error) {
		return logGaps{}, &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: "LogGaps", Value: g.Fraction, Reason: reason}
	}
	if version == countsNoGaps {
		return bad("a table of version 2 has no log_gaps")
	}
	fraction, err := strconv.ParseUint(g.Fraction, 16, 64)
	if err != nil || len(g.Fraction) != 16 {
		return bad("a fraction has 16 hexadecimal digits")
	}
	return logGaps{g.Accounts, g.Whole, fraction}, nil
}

// problem says what no sum over a table with so many repeating accounts has.
func (g logGaps) problem(repeats int64) string {
	switch {
	case g.accounts < 0 || g.accounts > repeats:
		return "more accounts have times between orders than have repeat purchases"
	case g.accounts == 0 && (g.whole != 0 || g.fraction != 0):
		return "there is a sum of times between orders, but of no account"
	}
	return ""
}

// MarshalBinary returns the canonical form of the table: equal tables have
// equal bytes.
func (c *Counts) MarshalBinary() ([]byte, error) {
	if err := c.Unit().Validate(); err != nil {
		return nil, err
	}
	b := c.appendRows(appendHeader(nil, countsSchema, countsVersion))
	var gaps logGaps
	if c != nil {
		gaps = c.gaps
	}
	b = binary.AppendUvarint(b, uint64(gaps.accounts))
	b = binary.BigEndian.AppendUint64(b, uint64(gaps.whole))
	return binary.BigEndian.AppendUint64(b, gaps.fraction), nil
}

func (c *Counts) appendRows(b []byte) []byte {
	rows := c.sorted()
	b = appendText(b, c.Unit().String())
	b = binary.AppendUvarint(b, uint64(len(rows)))
	for _, row := range rows {
		b = binary.AppendUvarint(b, uint64(row.Frequency))
		b = appendFloat(b, row.Recency)
		b = appendFloat(b, row.Age)
		b = binary.AppendUvarint(b, uint64(row.N))
	}
	return b
}

// UnmarshalBinary replaces the table by one that [Counts.MarshalBinary] wrote.
// Another schema or version is refused with [keyaccount.ErrVersion], broken
// bytes with [keyaccount.ErrMalformed], and what [Counts.Add] refuses as there.
// After an error the receiver is unchanged.
func (c *Counts) UnmarshalBinary(data []byte) error {
	d := decoder{b: data, field: "Counts"}
	version := d.header(countsSchema, countsVersion, countsNoGaps)
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
	if version == countsVersion {
		out.gaps = logGaps{int64(d.atMost(math.MaxInt64)), int64(d.word()), d.word()}
		if bad := out.gaps.problem(out.repeats); bad != "" {
			d.fail(bad)
		}
	}
	if err := d.end(); err != nil {
		return err
	}
	out.order()
	out.calls = 0
	*c = out
	return nil
}
