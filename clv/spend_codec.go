package clv

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"unicode/utf8"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/state"
)

var spendForm = state.Form{Schema: "keyaccount/clv.SpendCounts", Version: 1}

// spendCountsJSON is the table in JSON.
type spendCountsJSON struct {
	Schema   string         `json:"schema"`
	Version  int            `json:"version"`
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
	return json.Marshal(spendCountsJSON{Schema: spendForm.Schema, Version: spendForm.Version, Currency: c.Currency(), Rows: c.sorted()})
}

// UnmarshalJSON replaces the table by one that [SpendCounts.MarshalJSON] wrote,
// or any with its fields: a history may stand in several rows, in any order. It
// refuses another schema or version ([keyaccount.ErrVersion]), an unknown field
// or broken JSON ([keyaccount.ErrMalformed]), and, naming the row, what
// [SpendCounts.Add] refuses. After an error the receiver is unchanged.
func (c *SpendCounts) UnmarshalJSON(data []byte) error {
	var in spendCountsJSON
	if err := spendForm.ReadJSONStrictly(data, "SpendCounts", &in); err != nil {
		return err
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
	b := spendForm.AppendHeader(make([]byte, 0, 64+40*len(rows)))
	b = state.AppendText(b, c.Currency())
	b = binary.AppendUvarint(b, uint64(len(rows)))
	for _, row := range rows {
		b = binary.AppendUvarint(b, uint64(row.Orders))
		b = state.AppendFloat(b, row.Mean)
		b = binary.AppendUvarint(b, uint64(row.Detail))
		for _, v := range row.detailed() {
			b = state.AppendFloat(b, *v)
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
	r := state.NewCanonicalReader(data, "SpendCounts")
	r.Header(spendForm)
	out := SpendCounts{currency: r.Text()}
	var before SpendHistory
	for i := range r.Length() {
		s := SpendHistory{Orders: int(r.AtMost(maxFrequency)), Mean: r.Float(), Detail: SpendDetail(r.AtMost(uint64(WithLogs)))}
		for _, v := range s.detailed() {
			*v = r.Float()
		}
		n := r.AtMost(math.MaxInt64)
		if r.Err() != nil {
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
			r.Fail("the rows are not in canonical form")
		}
		before = s
	}
	if err := r.End(); err != nil {
		return err
	}
	*c = out
	return nil
}
