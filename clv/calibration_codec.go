package clv

import (
	"encoding/binary"

	"github.com/keyaccount/keyaccount/internal/state"
)

const (
	calibrationSchema  = "keyaccount/clv.Calibration"
	calibrationVersion = 1
)

var calibrationForm = state.Form{Schema: calibrationSchema, Version: calibrationVersion}

// MarshalBinary returns the canonical form of the state: the same lines, in
// whatever order and however they were split and merged, give the same bytes.
// They carry the Unit and the name of the Location.
func (c *Calibration) MarshalBinary() ([]byte, error) {
	if err := c.unit.Validate(); err != nil {
		return nil, err
	}
	b := calibrationForm.AppendHeader(nil)
	b = state.AppendText(b, c.unit.String())
	b = state.AppendText(b, c.zone().String())
	b = binary.AppendUvarint(b, uint64(len(c.days)))
	for _, id := range c.ids() {
		days := c.days[id]
		b = state.AppendText(b, id)
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
	r := state.NewCanonicalReader(data, "Calibration")
	r.Header(calibrationForm)
	unit, zone := r.Text(), r.Text()
	if err := r.Err(); err != nil {
		return err
	}
	var u Unit
	if err := u.UnmarshalText([]byte(unit)); err != nil {
		return err
	}
	if err := c.sameSetup(u, zone); err != nil {
		return err
	}
	accounts := make(map[string][]int32)
	before := ""
	for range r.Length() {
		id, days := r.Text(), readDays(&r)
		if id <= before {
			r.Fail("the accounts are not in order")
		}
		if r.Err() != nil {
			break
		}
		before = id
		accounts[id] = days
	}
	if err := r.End(); err != nil {
		return err
	}
	c.days = accounts
	return nil
}

// readDays reads an ascending set of days, each written as the distance from
// the one before.
func readDays(r *state.Reader) []int32 {
	n := r.Length()
	if n == 0 {
		r.Fail("an account without a purchase")
		return nil
	}
	days := make([]int32, n)
	day := int64(firstDay - 1)
	for i := range days {
		step := r.AtMost(lastDay - firstDay + 1)
		day += int64(step)
		if step == 0 || day > lastDay {
			r.Fail("the days are not in order, or out of range")
			return nil
		}
		days[i] = int32(day)
	}
	return days
}
