package affinity

import (
	"encoding/binary"

	"github.com/keyaccount/keyaccount/internal/state"
)

const (
	purchasesSchema  = "keyaccount/segment/affinity.Purchases"
	purchasesVersion = 1
	// The first second of year 1 and the first of year 9999.
	minSecond int64 = -62135596800
	endSecond int64 = 253370764800
)

var purchasesForm = state.Form{Schema: purchasesSchema, Version: purchasesVersion}

// MarshalBinary returns the canonical form: the same lines, in whatever order
// and however they were split and merged, give the same bytes. They carry the
// name of the Location; [Purchases.UnmarshalBinary] reads them back.
func (p *Purchases) MarshalBinary() ([]byte, error) {
	f := p.facts()
	b := purchasesForm.AppendHeader(nil)
	b = state.AppendText(b, p.zone().String())
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
	r := state.NewCanonicalReader(data, "Purchases")
	r.Header(purchasesForm)
	zone := r.Text()
	if err := r.Err(); err != nil {
		return err
	}
	if err := p.sameLocation(zone); err != nil {
		return err
	}
	in := Purchases{location: p.location, returns: int(r.AtMost(1 << 53))}
	in.accounts.read(&r)
	in.products.read(&r)
	in.readLines(&r)
	if err := r.End(); err != nil {
		return err
	}
	*p = in
	return nil
}

func appendTexts(b []byte, ids []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(ids)))
	for _, id := range ids {
		b = state.AppendText(b, id)
	}
	return b
}

// read adds IDs, which must ascend.
func (n *names) read(r *state.Reader) {
	before := ""
	for range r.Length() {
		id := r.Text()
		if id <= before {
			r.Fail("the IDs are not in order")
		}
		if r.Err() != nil {
			return
		}
		before = id
		n.intern(id)
	}
}

// readLines adds the facts, which must stand in canonical order and use every
// account and product.
func (p *Purchases) readLines(r *state.Reader) {
	usedProducts, usedAccounts := make([]bool, len(p.products.ids)), 0
	account, order, before := int32(0), int32(-1), line{account: -1}
	for range r.Length() {
		step, mark := r.AtMost(uint64(len(p.accounts.ids))), r.AtMost(uint64(r.Len())+1)
		account += int32(step)
		switch mark {
		case 0:
			if before.account != account || before.order == noOrder {
				r.Fail("there is no order before this line")
			}
		case 1:
			order = noOrder
		default:
			id := r.TextOf(int(mark) - 1)
			if r.Err() == nil && before.account == account && (before.order == noOrder || id <= p.orders[before.order].id) {
				r.Fail("the orders are not in order")
			}
			order = p.order(account, id)
		}
		l := line{account: account, order: order, product: int32(r.AtMost(uint64(len(p.products.ids)))), second: r.Varint()}
		switch {
		case r.Err() != nil:
			return
		case int(l.account) >= len(p.accounts.ids), int(l.product) >= len(p.products.ids), l.second < minSecond, l.second >= endSecond:
			r.Fail("a line names what there is not")
			return
		case step > 1 || step == 1 && before.account < 0:
			r.Fail("an account has no line")
			return
		case l.account == before.account && l.order == before.order && !follows(before, l):
			r.Fail("the lines are not in order")
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
			r.Fail("a product has no line")
		}
	}
	if usedAccounts != len(p.accounts.ids) {
		r.Fail("an account has no line")
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
