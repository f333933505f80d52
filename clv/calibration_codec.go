package clv

import (
	"encoding/binary"
	"math/big"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
	"github.com/keyaccount/keyaccount/internal/state"
)

// Version 2 added the values; version 1, with the days alone, is still read.
var calibrationForm = state.Form{Schema: "keyaccount/clv.Calibration", Version: 2, Oldest: calibrationDays}

const calibrationDays = 1

const (
	flagPriced = 1 << iota
	flagUnpriced
)

func (c *Calibration) flags() (f uint64) {
	if c.priced {
		f |= flagPriced
	}
	if c.unpriced {
		f |= flagUnpriced
	}
	return f
}

// MarshalBinary returns the canonical form of the state: the same lines, in
// whatever order and however they were split and merged, give the same bytes.
// They carry the Unit and the name of the Location.
//
// An account's rows are ordered by day, on one day the purchase before the
// return. Each is the distance from the row before, times two, plus one where
// the value is not a whole number of millionths in an int64; then the value.
func (c *Calibration) MarshalBinary() ([]byte, error) {
	if err := c.unit.Validate(); err != nil {
		return nil, err
	}
	l := c.ledger.settled()
	b := calibrationForm.AppendHeader(nil)
	b = state.AppendText(b, c.unit.String())
	b = state.AppendText(b, c.zone().String())
	b = state.AppendText(b, c.currency)
	b = binary.AppendUvarint(b, c.flags())
	from := l.starts()
	b = binary.AppendUvarint(b, uint64(len(l.names.ids)))
	for _, account := range l.names.byID() {
		rows := l.rows[from[account]:from[account+1]]
		b = state.AppendText(b, l.names.ids[account])
		b = binary.AppendUvarint(b, uint64(len(rows)))
		before := int64(-1)
		for _, e := range rows {
			place := int64(e.key & (1<<(dayBits+sideBits) - 1))
			step := uint64(place-before) << 1
			before = place
			value := plainest(l.sum(e).Decimal())
			if v, ok := millionths(value); ok {
				b = binary.AppendVarint(binary.AppendUvarint(b, step), v)
				continue
			}
			var sum exact.Sum
			sum.Add(value)
			b = state.AppendSum(binary.AppendUvarint(b, step|1), sum)
		}
	}
	return b, nil
}

// UnmarshalBinary replaces the state by one that [Calibration.MarshalBinary]
// wrote. The receiver keeps its own Unit and Location, which must be those in
// the bytes ([keyaccount.ErrMismatch]): create it with [NewCalibration] and
// the options of the writer. A state of version 1 has no values, and none of
// what it is merged with has any then. Another schema or version is refused
// with [keyaccount.ErrVersion], broken bytes with [keyaccount.ErrMalformed].
// After an error the receiver is unchanged.
func (c *Calibration) UnmarshalBinary(data []byte) error {
	r := state.NewCanonicalReader(data, "Calibration")
	version := r.Header(calibrationForm)
	unit, zone := r.Text(), r.Text()
	if r.Err() != nil {
		return r.Err()
	}
	var u Unit
	if err := u.UnmarshalText([]byte(unit)); err != nil {
		return err
	}
	if err := c.sameSetup(u, zone); err != nil {
		return err
	}
	out := Calibration{unit: c.unit, location: c.location}
	if version > calibrationDays {
		out.currency = r.Text()
		flags := r.AtMost(flagPriced | flagUnpriced)
		out.priced, out.unpriced = flags&flagPriced != 0, flags&flagUnpriced != 0
	}
	n := r.Length()
	if version == calibrationDays {
		out.unpriced = n > 0
	}
	if n == 0 && out.flags() != 0 || n > 0 && out.flags() == 0 || !out.priced && out.currency != "" {
		r.Fail("the values of the orders and their currency do not go together")
	}
	before := ""
	for range n {
		id := r.Text()
		if r.Err() == nil && id <= before {
			r.Fail("the accounts are not in order")
		}
		if r.Err() != nil {
			break
		}
		before = id
		if version == calibrationDays {
			readDays(&r, &out.ledger, id)
		} else {
			readOrders(&r, &out.ledger, id, out.priced)
		}
	}
	if err := r.End(); err != nil {
		return err
	}
	out.ledger.settle()
	*c = out
	return nil
}

// readDays reads an ascending set of days, each written as the distance from the
// one before.
func readDays(r *state.Reader, l *ledger, id string) {
	n := r.Length()
	if n == 0 {
		r.Fail("an account without a purchase")
	}
	day := int64(firstDay - 1)
	for range n {
		step := r.AtMost(lastDay - firstDay + 1)
		day += int64(step)
		if step == 0 || day > lastDay {
			r.Fail("the days are not in order, or out of range")
			return
		}
		l.add(id, int32(day), false, decimal.Decimal{})
	}
}

// readOrders reads the rows of an account in version 2.
func readOrders(r *state.Reader, l *ledger, id string, priced bool) {
	n := r.Length()
	if n == 0 {
		r.Fail("an account without a line")
	}
	place := int64(-1)
	for range n {
		code := r.AtMost(2 << (dayBits + sideBits))
		place += int64(code >> 1)
		day, back := place>>sideBits+firstDay, place&1 != 0
		if code>>1 == 0 || day > lastDay {
			r.Fail("the days are not in order, or out of range")
			return
		}
		value := readValue(r, code&1 != 0)
		switch sign := value.Sign(); {
		case r.Err() != nil:
			return
		case back != (sign < 0), sign != 0 && !priced:
			r.Fail("a purchase has no negative value, a return no other, and a state without values none")
			return
		}
		l.add(id, int32(day), back, value)
	}
}

// readValue reads millionths, or, where a value is wide, one that is not a whole
// number of them in an int64.
func readValue(r *state.Reader, wide bool) decimal.Decimal {
	if !wide {
		return decimal.New(r.Varint(), -moneyPlaces)
	}
	sum := r.Sum()
	v := sum.Decimal()
	if _, plain := millionths(v); plain || !fitsMoney(v, maxSumDigits) || v.Exponent() != plainest(v).Exponent() {
		r.Fail("a value is not in its plainest form, or too large")
		return decimal.Decimal{}
	}
	return v
}

// plainest returns d without zeros at the end: with no power of ten above 0,
// and no more places than it needs.
func plainest(d decimal.Decimal) decimal.Decimal {
	if d.Sign() == 0 {
		return decimal.Decimal{}
	}
	exp := d.Exponent()
	if v, ok := millionths(d); ok && exp <= 0 {
		places := int32(moneyPlaces)
		for ; places > 0 && v%10 == 0; places-- {
			v /= 10
		}
		return decimal.New(v, -places)
	}
	v, ten, rest := d.Coefficient(), big.NewInt(10), new(big.Int)
	for ; exp > 0; exp-- {
		v.Mul(v, ten)
	}
	for exp < 0 {
		q, r := new(big.Int).QuoRem(v, ten, rest)
		if r.Sign() != 0 {
			break
		}
		v = q
		exp++
	}
	return decimal.NewFromBigInt(v, exp)
}
