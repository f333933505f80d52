package segment

import (
	"encoding/binary"
	"slices"

	saved "github.com/keyaccount/keyaccount/internal/state"
)

const (
	cohortSchema  = "keyaccount/segment.Cohorts"
	cohortVersion = 1
	// maxMonth bounds decoded months: no zone sees year 10000.
	maxMonth = 12 * 10000
)

var cohortForm = saved.Form{Schema: cohortSchema, Version: cohortVersion}

// MarshalBinary returns the canonical form of the state: the same lines, in
// whatever order and however they were split and merged, give the same bytes.
// They carry the name of the Location.
func (c *Cohorts) MarshalBinary() ([]byte, error) {
	b := cohortForm.AppendHeader(nil)
	b = saved.AppendText(b, c.zone().String())
	b = saved.AppendText(b, c.currency)
	b = binary.AppendUvarint(b, uint64(len(c.accounts)))
	ids := make([]string, 0, len(c.accounts))
	for id := range c.accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		months := c.accounts[id].months
		b = saved.AppendText(b, id)
		b = binary.AppendUvarint(b, uint64(len(months)))
		before := int32(-1)
		for _, m := range months {
			// The distance to the month before, and whether there was a purchase.
			step := uint64(m.month-before) << 1
			if m.bought {
				step |= 1
			}
			before = m.month
			b = saved.AppendSum(binary.AppendUvarint(b, step), m.net)
		}
	}
	return b, nil
}

// UnmarshalBinary replaces the state by one that [Cohorts.MarshalBinary]
// wrote. The receiver keeps its own Location, whose name must be the one in
// the bytes ([keyaccount.ErrMismatch]). Another schema or version is refused
// with [keyaccount.ErrVersion], broken bytes with [keyaccount.ErrMalformed].
// After an error the receiver is unchanged.
func (c *Cohorts) UnmarshalBinary(data []byte) error {
	r := saved.NewReader(data, "Cohorts")
	r.Header(cohortForm)
	zone := r.Text()
	if err := r.Err(); err != nil {
		return err
	}
	if err := c.sameLocation(zone); err != nil {
		return err
	}
	in := Cohorts{location: c.location, currency: r.Text()}
	n, before := r.Length(), ""
	for range n {
		id := r.Text()
		if id <= before {
			r.Fail("the accounts are not in order")
		}
		if r.Err() != nil {
			break
		}
		before = id
		in.insert(id).months = readMonths(&r)
	}
	if n == 0 && in.currency != "" {
		r.Fail("a currency without accounts")
	}
	if err := r.End(); err != nil {
		return err
	}
	*c = in
	return nil
}

func readMonths(r *saved.Reader) []cohortMonth {
	n := r.Length()
	if n == 0 {
		r.Fail("an account without a line")
	}
	var out []cohortMonth
	month := int64(-1)
	for range n {
		step := r.Uvarint()
		month += int64(min(step>>1, maxMonth+2))
		if step>>1 == 0 || month > maxMonth {
			r.Fail("the months are not in order")
		}
		net := r.Sum()
		if r.Err() != nil {
			return nil
		}
		if step&1 == 0 && net.Sign() > 0 {
			r.Fail("returns of a positive amount")
			return nil
		}
		out = append(out, cohortMonth{month: int32(month), bought: step&1 != 0, net: net})
	}
	return out
}
