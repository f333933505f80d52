package clv

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"unicode/utf8"

	"github.com/keyaccount/keyaccount"
)

const (
	spendSchema  = "keyaccount/clv.SpendCounts"
	spendVersion = 1
)

// digest names a table by the hash of its canonical bytes: 128 bits in hex.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// spendCountsJSON is the table in JSON.
type spendCountsJSON struct {
	Schema   string         `json:"schema"`
	Version  uint64         `json:"version"`
	Currency string         `json:"currency"`
	Rows     []countedSpend `json:"rows"`
}

// MarshalJSON writes the table with its rows in the order of [SpendCounts.All].
// A currency that is no UTF-8 is refused.
func (c *SpendCounts) MarshalJSON() ([]byte, error) {
	if !utf8.ValidString(c.Currency()) {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrMalformed, Field: "Currency", Value: c.currency, Reason: "JSON holds no text but UTF-8",
		}
	}
	return json.Marshal(spendCountsJSON{Schema: spendSchema, Version: spendVersion, Currency: c.Currency(), Rows: c.sorted()})
}

// UnmarshalJSON replaces the table by one that [SpendCounts.MarshalJSON] wrote,
// or any with its fields: a history may stand in several rows, in any order. It
// refuses another schema or version ([keyaccount.ErrVersion]), an unknown field
// or broken JSON ([keyaccount.ErrMalformed]), and, naming the row, what
// [SpendCounts.Add] refuses. After an error the receiver is unchanged.
func (c *SpendCounts) UnmarshalJSON(data []byte) error {
	var in spendCountsJSON
	if err := readStrictly(data, "SpendCounts", &in); err != nil {
		return err
	}
	if in.Schema != spendSchema {
		return unknownSchema(in.Schema, spendSchema)
	}
	if in.Version != spendVersion {
		return unknownVersion(in.Version, spendVersion)
	}
	out := SpendCounts{currency: in.Currency}
	for _, row := range in.Rows {
		if err := out.Add(row.SpendHistory, row.N); err != nil {
			return err
		}
	}
	*c = out
	return nil
}

// MarshalBinary returns the canonical form of the table: equal tables have
// equal bytes.
func (c *SpendCounts) MarshalBinary() ([]byte, error) { return c.bytes(c.sorted()), nil }

func (c *SpendCounts) bytes(rows []countedSpend) []byte {
	b := make([]byte, 0, 64+40*len(rows))
	b = appendHeader(b, spendSchema, spendVersion)
	b = appendText(b, c.Currency())
	b = binary.AppendUvarint(b, uint64(len(rows)))
	for _, row := range rows {
		b = binary.AppendUvarint(b, uint64(row.Orders))
		b = appendFloat(b, row.Mean)
		b = binary.AppendUvarint(b, uint64(row.Detail))
		for _, v := range row.detailed() {
			b = appendFloat(b, *v)
		}
		b = binary.AppendUvarint(b, uint64(row.N))
	}
	return b
}

// detailed returns the fields that Detail says are known and that the mean does
// not imply.
func (s *SpendHistory) detailed() []*float64 {
	all := [...]*float64{&s.Spread, &s.LogMean, &s.LogSpread}
	switch {
	case s.Orders == 1 || s.Detail == MeanOnly:
		return nil
	case s.Detail == WithSpread:
		return all[:1]
	}
	return all[:]
}

// UnmarshalBinary replaces the table by one that [SpendCounts.MarshalBinary]
// wrote. Another schema or version is refused with [keyaccount.ErrVersion],
// broken bytes with [keyaccount.ErrMalformed], and what [SpendCounts.Add]
// refuses as there. After an error the receiver is unchanged.
func (c *SpendCounts) UnmarshalBinary(data []byte) error {
	d := decoder{b: data, field: "SpendCounts"}
	d.header(spendSchema, spendVersion)
	out := SpendCounts{currency: d.text()}
	var before SpendHistory
	for i := range d.length() {
		s := SpendHistory{Orders: int(d.atMost(maxFrequency)), Mean: d.float(), Detail: SpendDetail(d.atMost(uint64(WithLogs)))}
		for _, v := range s.detailed() {
			*v = d.float()
		}
		n := d.atMost(math.MaxInt64)
		if d.err != nil {
			break
		}
		told := s.Detail
		negativeZero := math.Signbit(s.Mean) && s.Mean == 0 || math.Signbit(s.LogMean) && s.LogMean == 0 ||
			math.Signbit(s.Spread) || math.Signbit(s.LogSpread)
		if s.Orders == 1 {
			s.Detail = MeanOnly // its log is not in the bytes
		}
		if err := out.Add(s, int64(n)); err != nil {
			return err
		}
		s = s.explicit()
		if i > 0 && compareSpends(before, s) >= 0 || s.Detail != told || negativeZero {
			d.fail("the rows are not in canonical form")
		}
		before = s
	}
	if err := d.end(); err != nil {
		return err
	}
	*c = out
	return nil
}
