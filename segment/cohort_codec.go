package segment

import (
	"encoding/binary"
	"errors"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

const (
	cohortSchema  = "keyaccount/segment.Cohorts"
	cohortVersion = 1
	// maxMonth bounds decoded months: no zone sees year 10000.
	maxMonth = 12 * 10000
)

// MarshalBinary returns the canonical form of the state: the same lines, in
// whatever order and however they were split and merged, give the same bytes.
// They carry the name of the Location.
func (c *Cohorts) MarshalBinary() ([]byte, error) {
	b := appendText(nil, cohortSchema)
	b = binary.AppendUvarint(b, cohortVersion)
	b = appendText(b, c.zone().String())
	b = appendText(b, c.currency)
	b = binary.AppendUvarint(b, uint64(len(c.accounts)))
	ids := make([]string, 0, len(c.accounts))
	for id := range c.accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		months := c.accounts[id].months
		b = appendText(b, id)
		b = binary.AppendUvarint(b, uint64(len(months)))
		before := int32(-1)
		for _, m := range months {
			// The distance to the month before, and whether there was a purchase.
			step := uint64(m.month-before) << 1
			if m.bought {
				step |= 1
			}
			before = m.month
			var err error
			if b, err = m.net.AppendBinary(binary.AppendUvarint(b, step)); err != nil {
				return nil, err
			}
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
	d := decoder{b: data}
	if schema := d.text(); d.err == nil && schema != cohortSchema {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrVersion, Field: "Schema", Value: schema, Reason: "these are not the bytes of cohorts",
		}
	}
	if v := d.uvarint(); d.err == nil && v != cohortVersion {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrVersion, Field: "Version", Value: strconv.FormatUint(v, 10),
			Reason: "only version " + strconv.Itoa(cohortVersion) + " is known",
		}
	}
	zone := d.text()
	if d.err == nil {
		if err := c.sameLocation(zone); err != nil {
			return err
		}
	}
	in := Cohorts{location: c.location, currency: d.text()}
	n, before := d.uvarint(), ""
	for range n {
		id := d.text()
		if d.err == nil && id <= before {
			d.fail("the accounts are not in order")
		}
		if d.err != nil {
			break
		}
		before = id
		in.insert(id).months = d.cohortMonths()
	}
	if n == 0 && in.currency != "" {
		d.fail("a currency without accounts")
	}
	if len(d.b) > 0 {
		d.fail("there are bytes after the end")
	}
	if d.err != nil {
		return namedFault(d.err, "Cohorts")
	}
	*c = in
	return nil
}

func (d *decoder) cohortMonths() []cohortMonth {
	n := d.uvarint()
	if n == 0 {
		d.fail("an account without a line")
	}
	var out []cohortMonth
	month := int64(-1)
	for range n {
		step := d.uvarint()
		month += int64(min(step>>1, maxMonth+2))
		if step>>1 == 0 || month > maxMonth {
			d.fail("the months are not in order")
		}
		net := d.sum()
		if d.err != nil {
			return nil
		}
		if step&1 == 0 && net.Sign() > 0 {
			d.fail("returns of a positive amount")
			return nil
		}
		out = append(out, cohortMonth{month: int32(month), bought: step&1 != 0, net: net})
	}
	return out
}

// namedFault gives an error of the shared decoder the name of what was decoded.
func namedFault(err error, field string) error {
	if in, ok := errors.AsType[*keyaccount.InputError](err); ok {
		named := *in
		named.Field = field
		return &named
	}
	return err
}
