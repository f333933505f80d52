package clv

import "encoding/binary"

const (
	calibrationSchema  = "keyaccount/clv.Calibration"
	calibrationVersion = 1
)

// MarshalBinary returns the canonical form of the state: the same lines, in
// whatever order and however they were split and merged, give the same bytes.
// They carry the Unit and the name of the Location.
func (c *Calibration) MarshalBinary() ([]byte, error) {
	if err := c.unit.Validate(); err != nil {
		return nil, err
	}
	b := appendHeader(nil, calibrationSchema, calibrationVersion)
	b = appendText(b, c.unit.String())
	b = appendText(b, c.zone().String())
	b = binary.AppendUvarint(b, uint64(len(c.days)))
	for _, id := range c.ids() {
		days := c.days[id]
		b = appendText(b, id)
		b = binary.AppendUvarint(b, uint64(len(days)))
		before := int32(firstDay - 1)
		for _, day := range days {
			b = binary.AppendUvarint(b, uint64(day-before))
			before = day
		}
	}
	return b, nil
}

// UnmarshalBinary replaces the state by one that [Calibration.MarshalBinary]
// wrote. The receiver keeps its own Unit and Location, which must be those in
// the bytes ([keyaccount.ErrMismatch]): create it with [NewCalibration] and
// the options of the writer. Another schema or version is refused with
// [keyaccount.ErrVersion], broken bytes with [keyaccount.ErrMalformed]. After
// an error the receiver is unchanged.
func (c *Calibration) UnmarshalBinary(data []byte) error {
	d := decoder{b: data, field: "Calibration"}
	d.header(calibrationSchema, calibrationVersion)
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
	n := d.length()
	accounts := make(map[string][]int32)
	before := ""
	for range n {
		id, days := d.text(), d.days()
		if d.err == nil && id <= before {
			d.fail("the accounts are not in order")
		}
		if d.err != nil {
			break
		}
		before = id
		accounts[id] = days
	}
	if err := d.end(); err != nil {
		return err
	}
	c.days = accounts
	return nil
}

// days reads an ascending set of days, each written as the distance from the
// one before.
func (d *decoder) days() []int32 {
	n := d.length()
	if n == 0 {
		d.fail("an account without a purchase")
		return nil
	}
	days := make([]int32, n)
	day := int64(firstDay - 1)
	for i := range days {
		step := d.atMost(lastDay - firstDay + 1)
		day += int64(step)
		if step == 0 || day > lastDay {
			d.fail("the days are not in order, or out of range")
			return nil
		}
		days[i] = int32(day)
	}
	return days
}
