package segment

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

const (
	summarySchema  = "keyaccount/segment.Summary"
	summaryVersion = 1
	// maxCount bounds decoded counts, so that merging cannot overflow them.
	maxCount = 1 << 53
)

// MarshalBinary returns the canonical form of the state: the same lines, in
// whatever order and however they were split and merged, give the same bytes.
// The bytes carry the name of the Location and [Summary.UnmarshalBinary] reads
// them back.
func (s *Summary) MarshalBinary() ([]byte, error) {
	b := appendText(nil, summarySchema)
	b = binary.AppendUvarint(b, summaryVersion)
	b = appendText(b, s.zone().String())
	b = appendText(b, s.currency)
	b = binary.AppendUvarint(b, uint64(len(s.accounts)))
	for _, id := range s.ids() {
		var err error
		b = appendText(b, id)
		if b, err = s.accounts[id].appendBinary(b); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// UnmarshalBinary replaces the state by one that [Summary.MarshalBinary]
// wrote. The receiver keeps its own Location, whose name must be the one in
// the bytes ([keyaccount.ErrMismatch]): create it with [NewSummary] and the
// options of the writer. Another schema or version is refused with
// [keyaccount.ErrVersion], broken bytes with [keyaccount.ErrMalformed]. After
// an error the receiver is unchanged.
func (s *Summary) UnmarshalBinary(data []byte) error {
	d := decoder{b: data}
	if schema := d.text(); d.err == nil && schema != summarySchema {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrVersion, Field: "Schema", Value: schema, Reason: "these are not the bytes of a summary",
		}
	}
	if v := d.uvarint(); d.err == nil && v != summaryVersion {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrVersion, Field: "Version", Value: strconv.FormatUint(v, 10),
			Reason: "only version " + strconv.Itoa(summaryVersion) + " is known",
		}
	}
	zone := d.text()
	if d.err == nil {
		if err := s.sameLocation(zone); err != nil {
			return err
		}
	}
	in := Summary{location: s.location, currency: d.text()}
	n, before := d.uvarint(), ""
	for range n {
		id := d.text()
		st := d.state()
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
	*s = in
	return nil
}

func (s *state) appendBinary(b []byte) ([]byte, error) {
	for _, n := range []int{s.lines, s.looseOrders, s.looseReturns, len(s.named.list)} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	marks := slices.Clone(s.named.list)
	slices.SortFunc(marks, func(x, y orderMark) int { return strings.Compare(x.id, y.id) })
	for _, m := range marks {
		b = append(appendText(b, m.id), m.on)
	}
	b = appendInstant(b, s.activity)
	if s.orders() > 0 {
		b = appendInstant(appendInstant(b, s.first), s.last)
	}
	b, err := s.gross.AppendBinary(b)
	if err != nil {
		return nil, err
	}
	return s.returns.AppendBinary(b)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendInstant(b []byte, i instant) []byte {
	return binary.AppendUvarint(binary.AppendVarint(b, i.sec), uint64(i.nsec))
}

// decoder reads from the front of b. After the first fault it stays empty and
// gives zero values.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) fail(reason string) {
	if d.err == nil {
		d.err = &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: "Summary", Reason: reason}
	}
	d.b = nil
}

func (d *decoder) uvarint() uint64 {
	v, k := binary.Uvarint(d.b)
	if k <= 0 {
		d.fail("the bytes end inside a number")
		return 0
	}
	d.b = d.b[k:]
	return v
}

func (d *decoder) count() int {
	v := d.uvarint()
	if v > maxCount {
		d.fail("a count is too large")
		return 0
	}
	return int(v)
}

func (d *decoder) text() string {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.fail("the bytes end inside a text")
		return ""
	}
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}

func (d *decoder) instant() instant {
	sec, k := binary.Varint(d.b)
	if k <= 0 {
		d.fail("the bytes end inside an instant")
		return instant{}
	}
	d.b = d.b[k:]
	nsec := d.uvarint()
	i := instant{sec, int32(nsec)}
	if nsec >= 1e9 || !i.inRange() {
		d.fail("an instant is out of range")
	}
	return i
}

func (d *decoder) sum() (s exact.Sum) {
	if d.err != nil {
		return s
	}
	rest, err := s.Decode(d.b)
	if err != nil {
		d.fail("a sum of money cannot be read")
		return s
	}
	d.b = rest
	return s
}

// state reads what appendBinary wrote, and refuses what no lines can add up to.
func (d *decoder) state() *state {
	s := &state{lines: d.count(), looseOrders: d.count(), looseReturns: d.count()}
	marked, before := 0, "" // every mark comes from at least one line
	for range d.count() {
		id := d.text()
		if d.err != nil || len(d.b) == 0 {
			d.fail("the bytes end inside the orders")
			break
		}
		on := d.b[0]
		d.b = d.b[1:]
		if id <= before || on < onSale || on > onSale|onReturn {
			d.fail("the orders are not in order, or are of an unknown kind")
			break
		}
		before = id
		marked += bits.OnesCount8(on)
		s.named.markOwned(id, on)
	}
	s.activity = d.instant()
	if s.orders() > 0 {
		s.first, s.last = d.instant(), d.instant()
	}
	s.gross, s.returns = d.sum(), d.sum()
	switch {
	case s.lines < 1 || s.lines < s.looseOrders+s.looseReturns+marked:
		d.fail("there are fewer lines than orders")
	case s.orders()+s.returnOrders() == 0:
		d.fail("there are lines without an order")
	case s.gross.Sign() < 0 || s.returns.Sign() > 0:
		d.fail("a sum of money has the wrong sign")
	case s.orders() == 0 && s.gross.Sign() != 0 || s.returnOrders() == 0 && s.returns.Sign() != 0:
		d.fail("there is money without an order")
	case s.orders() > 0 && (s.first.compare(s.last) > 0 || s.last.compare(s.activity) > 0):
		d.fail("the instants are not in order")
	}
	return s
}
