package segment

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/keyaccount/keyaccount/internal/exact"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

const (
	summarySchema = "keyaccount/segment.Summary"
	// Version 2 added what is collected beyond the light state; version 1,
	// which had only that, is read.
	summaryVersion = 2
	// maxCount bounds decoded counts, so that merging cannot overflow them: 2^53,
	// or 2^30 where an int has 32 bits.
	maxCount = 1 << (30 + 23*(^uint(0)>>63))
)

var (
	summaryForm = saved.Form{Schema: summarySchema, Version: summaryVersion, Oldest: 1}
	// Version 1 had no JSON.
	summaryJSON = saved.Form{Schema: summarySchema, Version: summaryVersion}
)

// What a Summary collects, as bits in its binary form.
const (
	collectsDays uint64 = 1 << iota
	collectsLines
	collectsEnd
)

// MarshalBinary returns the canonical form of the state: the same lines, in
// whatever order and however they were split and merged, give the same bytes.
// The bytes carry the name of the Location and what is collected, though not
// the Policy, and [Summary.UnmarshalBinary] reads them back.
func (s *Summary) MarshalBinary() ([]byte, error) {
	if s.fault != nil {
		return nil, s.fault
	}
	c := &s.collect
	flags := uint64(0)
	if c.days {
		flags |= collectsDays
	}
	if c.lines {
		flags |= collectsLines
	}
	b := summaryForm.AppendHeader(nil)
	b = saved.AppendText(b, s.zone().String())
	b = saved.AppendText(b, s.currency)
	b = binary.AppendUvarint(b, uint64(c.grain))
	b = binary.AppendUvarint(b, flags)
	b = saved.AppendText(b, c.category)
	b = binary.AppendUvarint(b, uint64(len(s.accounts)))
	for _, id := range s.ids() {
		b = s.accounts[id].append(saved.AppendText(b, id), c)
	}
	return b, nil
}

// UnmarshalBinary replaces the state by one that [Summary.MarshalBinary]
// wrote. The receiver keeps its own options; the name of its Location and what
// it collects must be those in the bytes ([keyaccount.ErrMismatch]): create it
// with [NewSummary] and the options of the writer. Another schema or a version
// that is not known is refused with [keyaccount.ErrVersion], broken bytes with
// [keyaccount.ErrMalformed]. After an error the receiver is unchanged.
func (s *Summary) UnmarshalBinary(data []byte) error {
	if s.fault != nil {
		return s.fault
	}
	d := decoder{saved.NewReader(data, "Summary")}
	version, zone := d.Header(summaryForm), d.Text()
	if err := d.Err(); err != nil {
		return err
	}
	if err := s.sameLocation(zone); err != nil {
		return err
	}
	in := s.empty()
	in.currency = d.Text()
	read := (*decoder).stateV1
	var written collects
	if version >= 2 {
		read = (*decoder).state
		written = d.collects()
	}
	if err := d.Err(); err != nil {
		return err
	}
	if err := s.collect.same(&written); err != nil {
		return err
	}
	n, before := d.Length(), ""
	for range n {
		id := d.Text()
		st := read(&d, in)
		if id <= before {
			d.Fail("the accounts are not in order")
		}
		if d.Err() != nil {
			break
		}
		before = id
		in.insert(id, st)
	}
	if n == 0 && in.currency != "" {
		d.Fail("a currency without accounts")
	}
	if err := d.End(); err != nil {
		return err
	}
	*s = *in
	return nil
}

// append writes a state. Where the lines are kept, they are all there is to
// write: the rest follows from them.
func (s *state) append(b []byte, c *collects) []byte {
	if c.lines {
		return s.more.appendLines(b)
	}
	b = s.totals.append(b, c)
	b = appendInstant(b, s.activity)
	if s.orders() > 0 {
		b = appendInstant(appendInstant(b, s.first), s.last)
	}
	if c.grain != NoPeriods {
		b = binary.AppendUvarint(b, uint64(len(s.more.periods)))
		for _, k := range sortedKeys(s.more.periods) {
			b = s.more.periods[k].append(binary.AppendVarint(b, int64(k)), c)
		}
	}
	if c.category != "" {
		b = binary.AppendUvarint(b, uint64(len(s.more.categories)))
		for _, k := range sortedKeys(s.more.categories) {
			b = s.more.categories[k].append(saved.AppendText(b, k), c)
		}
	}
	return b
}

func (t *totals) append(b []byte, c *collects) []byte {
	for _, n := range []int{t.lines, t.looseOrders, t.looseReturns, len(t.named.list)} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	for _, m := range t.named.sorted() {
		b = append(saved.AppendText(b, m.id), m.on)
	}
	b = saved.AppendSum(saved.AppendSum(b, t.gross), t.returns)
	if c.days {
		b = binary.AppendUvarint(b, uint64(len(t.days)))
		for _, d := range sortedKeys(t.days) {
			b = binary.AppendVarint(b, int64(d))
		}
	}
	return b
}

func (d *detail) appendLines(b []byte) []byte {
	keys := d.sortedLines()
	b = binary.AppendUvarint(b, uint64(len(keys)))
	for _, k := range keys {
		b = appendInstant(b, k.at)
		b = saved.AppendText(saved.AppendText(saved.AppendText(b, k.order), k.product), k.category)
		var s exact.Sum
		s.Add(k.amount())
		b = saved.AppendSum(b, s)
		b = binary.AppendUvarint(saved.AppendBool(b, k.isReturn), uint64(d.ledger[k]))
	}
	return b
}

func (o *orderSet) sorted() []orderMark {
	marks := slices.Clone(o.list)
	slices.SortFunc(marks, func(x, y orderMark) int { return strings.Compare(x.id, y.id) })
	return marks
}

func appendInstant(b []byte, i instant) []byte {
	return binary.AppendUvarint(binary.AppendVarint(b, i.sec), uint64(i.nsec))
}
