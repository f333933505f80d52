package affinity

import (
	"encoding/binary"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

const (
	purchasesSchema  = "keyaccount/segment/affinity.Purchases"
	purchasesVersion = 1
	// The first second of year 1 and the first of year 9999.
	minSecond int64 = -62135596800
	endSecond int64 = 253370764800
)

// MarshalBinary returns the canonical form: the same lines, in whatever order
// and however they were split and merged, give the same bytes. They carry the
// name of the Location; [Purchases.UnmarshalBinary] reads them back.
func (p *Purchases) MarshalBinary() ([]byte, error) {
	f := p.facts()
	b := appendText(nil, purchasesSchema)
	b = binary.AppendUvarint(b, purchasesVersion)
	b = appendText(b, p.zone().String())
	b = binary.AppendUvarint(b, uint64(p.returns))
	b = appendTexts(b, f.accounts)
	b = appendTexts(b, f.products)
	b = binary.AppendUvarint(b, uint64(len(f.list)))
	account, order := int32(0), int32(-1)
	for _, l := range f.list {
		b = binary.AppendUvarint(b, uint64(l.account-account))
		account = l.account
		// 0: the order of the fact before. 1: one without an ID. Else the
		// length of its ID, one more.
		switch id := f.orders[l.order]; {
		case l.order == order:
			b = append(b, 0)
		case id == "":
			b = append(b, 1)
		default:
			b = append(binary.AppendUvarint(b, uint64(len(id))+1), id...)
		}
		order = l.order
		b = binary.AppendUvarint(b, uint64(l.product))
		b = binary.AppendVarint(b, l.second)
	}
	return b, nil
}

// UnmarshalBinary replaces the Purchases by those that
// [Purchases.MarshalBinary] wrote. The receiver keeps its own Location, whose
// name must be the one in the bytes ([keyaccount.ErrMismatch]). Another schema
// or version is refused with [keyaccount.ErrVersion], broken bytes, and bytes
// that are not the canonical form, with [keyaccount.ErrMalformed]. After an
// error the receiver is unchanged.
func (p *Purchases) UnmarshalBinary(data []byte) error {
	d := reader{b: data}
	if schema := d.text(); d.err == nil && schema != purchasesSchema {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrVersion, Field: "Schema", Value: schema, Reason: "these are not the bytes of purchases",
		}
	}
	if v := d.uvarint(); d.err == nil && v != purchasesVersion {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrVersion, Field: "Version", Value: strconv.FormatUint(v, 10),
			Reason: "only version " + strconv.Itoa(purchasesVersion) + " is known",
		}
	}
	zone := d.text()
	if d.err == nil {
		if err := p.sameLocation(zone); err != nil {
			return err
		}
	}
	in := Purchases{location: p.location, returns: d.count(1 << 53)}
	d.names(&in.accounts)
	d.names(&in.products)
	d.lines(&in)
	if len(d.b) > 0 {
		d.fail("there are bytes after the end")
	}
	if d.err != nil {
		return d.err
	}
	*p = in
	return nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTexts(b []byte, ids []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(ids)))
	for _, id := range ids {
		b = appendText(b, id)
	}
	return b
}

// reader takes values from the front of b; after the first error it yields
// zeros.
type reader struct {
	b   []byte
	err error
}

func (d *reader) fail(reason string) {
	if d.err == nil {
		d.err = &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: "Purchases", Reason: reason}
		d.b = nil
	}
}

func (d *reader) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || n > 1 && d.b[n-1] == 0 {
		d.fail("a number cannot be read")
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *reader) varint() int64 {
	u := d.uvarint()
	v := int64(u >> 1)
	if u&1 == 1 {
		v = ^v
	}
	return v
}

// count reads a number that is at most the given one.
func (d *reader) count(most int) int {
	v := d.uvarint()
	if v > uint64(most) {
		d.fail("a number is out of range")
		return 0
	}
	return int(v)
}

func (d *reader) text() string { return d.bytes(d.count(len(d.b))) }

func (d *reader) bytes(n int) string {
	if n > len(d.b) {
		d.fail("the bytes end inside a text")
		return ""
	}
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}

// names reads IDs, which must ascend.
func (d *reader) names(into *names) {
	before := ""
	for range d.count(len(d.b)) {
		id := d.text()
		if d.err == nil && id <= before {
			d.fail("the IDs are not in order")
		}
		if d.err != nil {
			return
		}
		before = id
		into.intern(id)
	}
}

// lines reads the facts, which must stand in canonical order and use every
// account and product.
func (d *reader) lines(p *Purchases) {
	usedProducts, usedAccounts := make([]bool, len(p.products.ids)), 0
	account, order, before := int32(0), int32(-1), line{account: -1}
	for range d.count(len(d.b)) {
		step, mark := d.count(len(p.accounts.ids)), d.count(len(d.b)+1)
		account += int32(step)
		switch mark {
		case 0:
			if before.account != account || before.order == noOrder {
				d.fail("there is no order before this line")
			}
		case 1:
			order = noOrder
		default:
			id := d.bytes(mark - 1)
			if d.err == nil && before.account == account && (before.order == noOrder || id <= p.orders[before.order].id) {
				d.fail("the orders are not in order")
			}
			order = p.order(account, id)
		}
		l := line{account: account, order: order, product: int32(d.count(len(p.products.ids))), second: d.varint()}
		switch {
		case d.err != nil:
			return
		case int(l.account) >= len(p.accounts.ids), int(l.product) >= len(p.products.ids), l.second < minSecond, l.second >= endSecond:
			d.fail("a line names what there is not")
			return
		case step > 1 || step == 1 && before.account < 0:
			d.fail("an account has no line")
			return
		case l.account == before.account && l.order == before.order && !follows(before, l):
			d.fail("the lines are not in order")
			return
		}
		if l.account != before.account {
			usedAccounts++
		}
		usedProducts[l.product] = true
		p.lines = append(p.lines, l)
		before = l
	}
	for _, used := range usedProducts {
		if !used {
			d.fail("a product has no line")
		}
	}
	if usedAccounts != len(p.accounts.ids) {
		d.fail("an account has no line")
	}
}

// follows reports whether l may stand behind before, in the same order, or
// among the lines of one account without any.
func follows(before, l line) bool {
	if l.order == noOrder {
		return l.product > before.product || l.product == before.product && l.second >= before.second
	}
	return l.product > before.product
}
