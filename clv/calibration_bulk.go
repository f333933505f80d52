package clv

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"

	"github.com/keyaccount/keyaccount"
)

// A table of all accounts waits for memory at nearly every line. Many lines are
// therefore dealt out to boxes by the hash of their account first, and each
// box, whose accounts fit a core's cache, is folded on its own.

const (
	minBulk     = 1 << 13 // lines that are worth it
	maxBulk     = 1 << 22 // lines dealt out at once, to take little memory
	boxLines    = 1 << 12
	mostBoxes   = 1 << 8
	packedBytes = 15 // of an id, that a row holds
	fewRows     = 12 // of an account, that are put in order by insertion
)

// packed is an id of up to 15 bytes, with its length as the last byte; of a
// longer one, which has to be compared in full, it is the hash.
type packed struct{ head, tail uint64 }

const (
	lengthAt = 8 * (packedBytes - 8)
	longID   = 0xff << lengthAt
)

func (p packed) isLong() bool { return p.tail >= longID }

// bulkRow is a line on its way to its account.
type bulkRow struct {
	id    packed
	value int64  // in millionths
	place uint32 // day and side, and whether the amount is no such value
	line  uint32
}

const isWide = 1 << 31 // in the place

// bulkAccount is an account, and a line of it.
type bulkAccount struct {
	id   packed
	line uint32
}

// bulk is one run of [Calibration.AddAll].
type bulk struct {
	lines []keyaccount.Transaction
	seed  maphash.Seed
	salt  uint64 // so that nobody can make up ids that meet in one place
	boxes [][]bulkRow
	shift uint // of a hash, which leaves the number of the box
	dealt int

	// Of the box that is being folded.
	index    []uint32 // numbers of accounts, from 1, by open addressing
	accounts []bulkAccount
	entries  []entry
	ordered  []entry
	until    []uint32

	fetched int64 // keeps the reads of fetch
}

func newBulk(lines []keyaccount.Transaction) *bulk {
	n := 1
	for n < mostBoxes && len(lines) > n*boxLines {
		n *= 2
	}
	b := &bulk{
		lines: lines, boxes: make([][]bulkRow, n),
		shift: uint(64 - bits.TrailingZeros(uint(n))), seed: maphash.MakeSeed(),
	}
	b.salt = maphash.String(b.seed, "salt")
	for k := range b.boxes {
		b.boxes[k] = make([]bulkRow, 0, len(lines)/n*9/8)
	}
	return b
}

// fetch reads what is wanted of the lines next. None of these reads waits for
// another, so that the memory answers them all at once.
func (b *bulk) fetch(lines []keyaccount.Transaction) {
	for i := range lines {
		b.fetched ^= lines[i].Amount.CoefficientInt64()
		if id := lines[i].Account; id != "" {
			b.fetched ^= int64(id[0])
		}
	}
}

// deal puts a line into its box.
func (b *bulk) deal(line int, day int32) {
	tx := &b.lines[line]
	value, ok := millionths(tx.Amount)
	r := bulkRow{id: b.pack(tx.Account), value: value, place: uint32(keyOf(0, day, tx.Amount.Sign() < 0)), line: uint32(line)}
	if !ok {
		r.place |= isWide
	}
	box := &b.boxes[b.hash(r.id)>>b.shift]
	*box = append(*box, r)
	b.dealt++
}

func (b *bulk) pack(id string) packed {
	if len(id) > packedBytes {
		return packed{maphash.String(b.seed, id), longID}
	}
	var text [packedBytes + 1]byte
	copy(text[:packedBytes], id)
	text[packedBytes] = byte(len(id))
	return packed{binary.LittleEndian.Uint64(text[:8]), binary.LittleEndian.Uint64(text[8:])}
}

func (b *bulk) hash(id packed) uint64 { return scatter(id.head ^ scatter(id.tail^b.salt)) }

// ledger returns all that was dealt out, in order. The accounts are numbered by
// box, so that nothing a caller sees may depend on their numbers.
func (b *bulk) ledger() ledger {
	l := ledger{rows: make([]entry, 0, b.dealt)}
	for k, box := range b.boxes {
		b.fold(&l, box, len(b.boxes)-k)
		b.boxes[k] = nil
	}
	l.sorted = len(l.rows)
	return l
}

// fold appends the accounts of a box, one of those that are left, with their
// rows.
func (b *bulk) fold(l *ledger, box []bulkRow, left int) {
	b.accounts, b.entries = b.accounts[:0], b.entries[:0]
	slots := 2
	for slots < 2*len(box) {
		slots *= 2
	}
	b.index = slices.Grow(b.index[:0], slots)[:slots]
	clear(b.index)
	first := len(l.names.ids)
	for i := range box {
		r := &box[i]
		e := entry{keyOf(uint32(first+int(b.number(r))), firstDay, false) | uint64(r.place&^isWide), r.value}
		if r.place&isWide != 0 {
			l.addWide(e.key, b.lines[r.line].Amount)
		}
		b.entries = append(b.entries, e)
	}
	if cap(l.names.ids) < first+len(b.accounts) { // the boxes to come are as full as this one, more or less
		more := len(b.accounts) * left * 9 / 8
		l.names.ids, l.bought = slices.Grow(l.names.ids, more), slices.Grow(l.bought, more)
	}
	l.names.ids = b.appendIDs(l.names.ids)
	l.bought = slices.Grow(l.bought, len(b.accounts))[:len(l.names.ids)]
	for _, e := range b.inOrder(uint32(first)) {
		l.buys(e.account(), e.back())
		l.book(e)
	}
}

// number returns the number of a row's account within the box.
func (b *bulk) number(r *bulkRow) uint32 {
	mask := uint64(len(b.index) - 1)
	for at := b.hash(r.id) & mask; ; at = (at + 1) & mask {
		k := b.index[at]
		if k == 0 {
			b.accounts = append(b.accounts, bulkAccount{r.id, r.line})
			b.index[at] = uint32(len(b.accounts))
			return uint32(len(b.accounts) - 1)
		}
		if a := &b.accounts[k-1]; a.id == r.id && (!r.id.isLong() || b.lines[a.line].Account == b.lines[r.line].Account) {
			return k - 1
		}
	}
}

// inOrder returns the entries by account and day, until the next call: dealt
// out by account, and of each in the order in which they came, which often is
// that of time already.
func (b *bulk) inOrder(first uint32) []entry {
	b.until = slices.Grow(b.until[:0], len(b.accounts)+1)[:len(b.accounts)+1]
	clear(b.until)
	for _, e := range b.entries {
		b.until[e.account()-first+1]++
	}
	for i := range b.accounts {
		b.until[i+1] += b.until[i]
	}
	b.ordered = slices.Grow(b.ordered[:0], len(b.entries))[:len(b.entries)]
	for _, e := range b.entries {
		at := &b.until[e.account()-first]
		b.ordered[*at] = e
		*at++
	}
	from := uint32(0)
	for _, to := range b.until[:len(b.accounts)] {
		orderDays(b.ordered[from:to])
		from = to
	}
	return b.ordered
}

func orderDays(rows []entry) {
	if len(rows) > fewRows {
		sortByKey(rows, make([]entry, len(rows)))
		return
	}
	for i := 1; i < len(rows); i++ {
		for j := i; j > 0 && rows[j].key < rows[j-1].key; j-- {
			rows[j], rows[j-1] = rows[j-1], rows[j]
		}
	}
}

// appendIDs copies the ids of the box's accounts, all into one text.
func (b *bulk) appendIDs(ids []string) []string {
	size := 0
	for _, a := range b.accounts {
		size += b.lengthOf(a)
	}
	var text strings.Builder
	text.Grow(size)
	for _, a := range b.accounts {
		if a.id.isLong() {
			text.WriteString(b.lines[a.line].Account)
			continue
		}
		var id [packedBytes + 1]byte
		binary.LittleEndian.PutUint64(id[:8], a.id.head)
		binary.LittleEndian.PutUint64(id[8:], a.id.tail)
		text.Write(id[:b.lengthOf(a)])
	}
	rest := text.String()
	for _, a := range b.accounts {
		n := b.lengthOf(a)
		ids, rest = append(ids, rest[:n]), rest[n:]
	}
	return ids
}

func (b *bulk) lengthOf(a bulkAccount) int {
	if a.id.isLong() {
		return len(b.lines[a.line].Account)
	}
	return int(a.id.tail >> lengthAt)
}
