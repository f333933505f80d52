package clv

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/state"
)

// Version 3 added the logs of the times between orders; 2 is still read.
var countsForm = state.Form{Schema: "keyaccount/clv.Counts", Version: 3, Oldest: countsNoGaps}

const countsNoGaps = 2

// digest names the table by the hash of its histories, in the bytes of version
// 2: 128 bits in hex. The times between orders do not change a fit's
// parameters, nor its name.
func (c *Counts) digest() string {
	b := state.Form{Schema: countsForm.Schema, Version: countsNoGaps}.AppendHeader(make([]byte, 0, 64+24*c.Len()))
	return digest(c.appendRows(b))
}

// countsJSON is the table in JSON.
type countsJSON struct {
	Schema  string           `json:"schema"`
	Version int              `json:"version"`
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
	out := countsJSON{Schema: countsForm.Schema, Version: countsForm.Version, Unit: &unit, Rows: c.sorted()}
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
	if err := countsForm.ReadJSONStrictly(data, "Counts", &in); err != nil {
		return err
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

func (g *logGapsJSON) read(version int) (logGaps, error) {
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
	b := c.appendRows(countsForm.AppendHeader(nil))
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
	b = state.AppendText(b, c.Unit().String())
	b = binary.AppendUvarint(b, uint64(len(rows)))
	for _, row := range rows {
		b = binary.AppendUvarint(b, uint64(row.Frequency))
		b = state.AppendFloat(b, row.Recency)
		b = state.AppendFloat(b, row.Age)
		b = binary.AppendUvarint(b, uint64(row.N))
	}
	return b
}

// UnmarshalBinary replaces the table by one that [Counts.MarshalBinary] wrote.
// Another schema or version is refused with [keyaccount.ErrVersion], broken
// bytes with [keyaccount.ErrMalformed], and what [Counts.Add] refuses as there.
// After an error the receiver is unchanged.
func (c *Counts) UnmarshalBinary(data []byte) error {
	r := state.NewCanonicalReader(data, "Counts")
	version := r.Header(countsForm)
	var out Counts
	if name := r.Text(); r.Err() == nil {
		if err := out.unit.UnmarshalText([]byte(name)); err != nil {
			return err
		}
	}
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
	if version > countsNoGaps {
		out.gaps = logGaps{int64(r.AtMost(math.MaxInt64)), int64(r.Word()), r.Word()}
		if bad := out.gaps.problem(out.repeats); bad != "" {
			r.Fail(bad)
		}
	}
	if err := r.End(); err != nil {
		return err
	}
	out.order()
	out.calls = 0
	*c = out
	return nil
}
