package clv

import (
	"encoding/binary"
	"math/big"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
)

// Version 2 added the values; version 1, with the days alone, is still read.
const (
	calibrationSchema  = "keyaccount/clv.Calibration"
	calibrationVersion = 2
	calibrationDays    = 1
)

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
	b := appendHeader(nil, calibrationSchema, calibrationVersion)
	b = appendText(b, c.unit.String())
	b = appendText(b, c.zone().String())
	b = appendText(b, c.currency)
	b = binary.AppendUvarint(b, c.flags())
	from := l.starts()
	b = binary.AppendUvarint(b, uint64(len(l.names.ids)))
	var err error
	for _, account := range l.names.byID() {
		rows := l.rows[from[account]:from[account+1]]
		b = appendText(b, l.names.ids[account])
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
			if b, err = sum.AppendBinary(binary.AppendUvarint(b, step|1)); err != nil {
				return nil, err
			}
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
	d := decoder{b: data, field: "Calibration"}
	version := d.header(calibrationSchema, calibrationVersion, calibrationDays)
	unit, zone := d.text(), d.text()
	if d.err != nil {
		return d.err
	}
	var u Unit
	if err := u.UnmarshalText([]byte(unit)); err != nil {
		return err
	}
	if err := c.sameSetup(u, zone); err != nil {
		return err
	}
	out := Calibration{unit: c.unit, location: c.location}
	if version == calibrationVersion {
		out.currency = d.text()
		flags := d.atMost(flagPriced | flagUnpriced)
		out.priced, out.unpriced = flags&flagPriced != 0, flags&flagUnpriced != 0
	}
	n := d.length()
	if version == calibrationDays {
		out.unpriced = n > 0
	}
	if n == 0 && out.flags() != 0 || n > 0 && out.flags() == 0 || !out.priced && out.currency != "" {
		d.fail("the values of the orders and their currency do not go together")
	}
	before := ""
	for range n {
		id := d.text()
		if d.err == nil && id <= before {
			d.fail("the accounts are not in order")
		}
		if d.err != nil {
			break
		}
		before = id
		if version == calibrationDays {
			d.days(&out.ledger, id)
		} else {
			d.orders(&out.ledger, id, out.priced)
		}
	}
	if err := d.end(); err != nil {
		return err
	}
	out.ledger.settle()
	*c = out
	return nil
}

// days reads an ascending set of days, each written as the distance from the
// one before.
func (d *decoder) days(l *ledger, id string) {
	n := d.length()
	if n == 0 {
		d.fail("an account without a purchase")
	}
	day := int64(firstDay - 1)
	for range n {
		step := d.atMost(lastDay - firstDay + 1)
		day += int64(step)
		if step == 0 || day > lastDay {
			d.fail("the days are not in order, or out of range")
			return
		}
		l.add(id, int32(day), false, decimal.Decimal{})
	}
}

// orders reads the rows of an account in version 2.
func (d *decoder) orders(l *ledger, id string, priced bool) {
	n := d.length()
	if n == 0 {
		d.fail("an account without a line")
	}
	place := int64(-1)
	for range n {
		code := d.atMost(2 << (dayBits + sideBits))
		place += int64(code >> 1)
		day, back := place>>sideBits+firstDay, place&1 != 0
		if code>>1 == 0 || day > lastDay {
			d.fail("the days are not in order, or out of range")
			return
		}
		value := d.value(code&1 != 0)
		switch sign := value.Sign(); {
		case d.err != nil:
			return
		case back != (sign < 0), sign != 0 && !priced:
			d.fail("a purchase has no negative value, a return no other, and a state without values none")
			return
		}
		l.add(id, int32(day), back, value)
	}
}

func (d *decoder) value(wide bool) decimal.Decimal {
	if !wide {
		v, k := binary.Varint(d.b)
		if k <= 0 || k > 1 && d.b[k-1] == 0 {
			d.fail("a value cannot be read")
			return decimal.Decimal{}
		}
		d.b = d.b[k:]
		return decimal.New(v, -moneyPlaces)
	}
	var sum exact.Sum
	rest, err := sum.Decode(d.b)
	if err != nil {
		d.failWith(err)
		return decimal.Decimal{}
	}
	v := sum.Decimal()
	_, plain := millionths(v)
	if plain || !fitsMoney(v, maxSumDigits) || v.Exponent() != plainest(v).Exponent() {
		d.fail("a value is not in its plainest form, or too large")
		return decimal.Decimal{}
	}
	// Only the bytes that AppendBinary writes are read.
	again, err := sum.AppendBinary(nil)
	if err != nil || len(again) != len(d.b)-len(rest) {
		d.fail("a value is not in its plainest form")
		return decimal.Decimal{}
	}
	d.b = rest
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
