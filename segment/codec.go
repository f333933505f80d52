package segment

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

const (
	summarySchema = "keyaccount/segment.Summary"
	// Version 2 added what is collected beyond the light state; version 1,
	// which had only that, is read.
	summaryVersion = 2
	// maxCount bounds decoded counts, so that merging cannot overflow them.
	maxCount = 1 << 53
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
	b := appendText(nil, summarySchema)
	b = binary.AppendUvarint(b, summaryVersion)
	b = appendText(b, s.zone().String())
	b = appendText(b, s.currency)
	b = binary.AppendUvarint(b, uint64(c.grain))
	b = binary.AppendUvarint(b, flags)
	b = appendText(b, c.category)
	b = binary.AppendUvarint(b, uint64(len(s.accounts)))
	for _, id := range s.ids() {
		b = s.accounts[id].append(appendText(b, id), c)
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
	d := decoder{b: data}
	if schema := d.text(); d.err == nil && schema != summarySchema {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrVersion, Field: "Schema", Value: schema, Reason: "these are not the bytes of a summary",
		}
	}
	version := d.uvarint()
	if d.err == nil && (version < 1 || version > summaryVersion) {
		return unknownSummaryVersion(strconv.FormatUint(version, 10))
	}
	zone := d.text()
	if d.err == nil {
		if err := s.sameLocation(zone); err != nil {
			return err
		}
	}
	in := s.empty()
	in.currency = d.text()
	read := (*decoder).stateV1
	var written collects
	if version >= 2 {
		read = (*decoder).state
		written = d.collects()
	}
	if d.err == nil {
		if err := s.collect.same(&written); err != nil {
			return err
		}
	}
	n, before := d.uvarint(), ""
	for range n {
		id := d.text()
		st := read(&d, in)
		if d.err == nil && id <= before {
			d.fail("the accounts are not in order")
		}
		if d.err != nil {
			break
		}
		before = id
		in.insert(id, st)
	}
	if n == 0 && in.currency != "" {
		d.fail("a currency without accounts")
	}
	if len(d.b) > 0 {
		d.fail("there are bytes after the end")
	}
	if d.err != nil {
		return d.err
	}
	*s = *in
	return nil
}

func unknownSummaryVersion(version string) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrVersion, Field: "Version", Value: version,
		Reason: "only versions up to " + strconv.Itoa(summaryVersion) + " are known",
	}
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
			b = s.more.categories[k].append(appendText(b, k), c)
		}
	}
	return b
}

func (t *totals) append(b []byte, c *collects) []byte {
	for _, n := range []int{t.lines, t.looseOrders, t.looseReturns, len(t.named.list)} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	for _, m := range t.named.sorted() {
		b = append(appendText(b, m.id), m.on)
	}
	b = appendSum(appendSum(b, t.gross), t.returns)
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
		b = appendText(appendText(appendText(b, k.order), k.product), k.category)
		var s exact.Sum
		s.Add(k.amount())
		b = appendSum(b, s)
		back := byte(0)
		if k.isReturn {
			back = 1
		}
		b = binary.AppendUvarint(append(b, back), uint64(d.ledger[k]))
	}
	return b
}

func (o *orderSet) sorted() []orderMark {
	marks := slices.Clone(o.list)
	slices.SortFunc(marks, func(x, y orderMark) int { return strings.Compare(x.id, y.id) })
	return marks
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendInstant(b []byte, i instant) []byte {
	return binary.AppendUvarint(binary.AppendVarint(b, i.sec), uint64(i.nsec))
}

func appendSum(b []byte, s exact.Sum) []byte {
	b, _ = s.AppendBinary(b) // never fails
	return b
}
