package clv

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/keyaccount/keyaccount"
)

// names numbers the accounts in the order in which they come.
type names struct {
	ids   []string
	slots []slot // open addressing, at most half full
	seed  maphash.Seed
	text  *strings.Builder // of the ids: a reader's field often pins its whole buffer
	last  uint32

	fetched int // keeps the reads of fetch
}

type slot struct {
	hash uint32
	name uint32 // number + 1; 0 is empty
}

const textChunk = 1 << 14

func (x *names) number(id string) uint32 {
	if len(x.ids) > 0 && x.ids[x.last] == id {
		return x.last
	}
	if 2*len(x.ids) >= len(x.slots) {
		x.grow()
	}
	h, mask := x.hash(id), uint32(len(x.slots)-1)
	for at := h & mask; ; at = (at + 1) & mask {
		s := x.slots[at]
		if s.name == 0 {
			x.last = uint32(len(x.ids))
			x.ids = append(x.ids, x.keep(id))
			x.slots[at] = slot{h, x.last + 1}
			return x.last
		}
		if s.hash == h && x.ids[s.name-1] == id {
			x.last = s.name - 1
			return x.last
		}
	}
}

// fetch reads where the accounts of the lines probably stand, as
// [rowIndex.fetch] does: first the slots, then the ids, then their text.
func (x *names) fetch(lines []keyaccount.Transaction) {
	if len(x.slots) == 0 {
		return
	}
	var slots [countAhead]uint32
	var ids [countAhead]string
	mask := uint32(len(x.slots) - 1)
	for i := range lines {
		slots[i] = x.slots[x.hash(lines[i].Account)&mask].name
	}
	for i := range lines {
		if slots[i] > 0 {
			ids[i] = x.ids[slots[i]-1]
		}
	}
	for i := range lines {
		if ids[i] != "" {
			x.fetched ^= int(ids[i][0])
		}
	}
}

func (x *names) grow() {
	old := x.slots
	n := max(smallestIndex, 2*len(old))
	for n <= 2*len(x.ids) {
		n *= 2
	}
	x.slots = make([]slot, n)
	if len(old) > 0 {
		for _, s := range old {
			x.put(s)
		}
		return
	}
	x.seed = maphash.MakeSeed()
	for i, id := range x.ids { // from a bulk, which needs no slots
		x.put(slot{x.hash(id), uint32(i + 1)})
	}
}

func (x *names) put(s slot) {
	if s.name == 0 {
		return
	}
	mask := uint32(len(x.slots) - 1)
	at := s.hash & mask
	for x.slots[at].name != 0 {
		at = (at + 1) & mask
	}
	x.slots[at] = s
}

func (x *names) hash(id string) uint32 { return uint32(maphash.String(x.seed, id)) }

// keep copies an id to where those of other accounts are, not to pin what it
// is a part of.
func (x *names) keep(id string) string {
	if len(id) > textChunk/16 {
		return strings.Clone(id)
	}
	if x.text == nil || x.text.Cap()-x.text.Len() < len(id) {
		x.text = new(strings.Builder)
		x.text.Grow(textChunk)
	}
	from := x.text.Len()
	x.text.WriteString(id)
	return x.text.String()[from:]
}

// byID returns the numbers of all accounts in the order of their ids: by their
// first eight bytes, and where these are equal in full.
func (x *names) byID() []uint32 {
	list := make([]entry, len(x.ids))
	for i, id := range x.ids {
		var head [8]byte
		copy(head[:], id)
		list[i] = entry{binary.BigEndian.Uint64(head[:]), int64(i)}
	}
	sortByKey(list, make([]entry, len(list)))
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && list[to].key == list[from].key {
			to++
		}
		if to-from > 1 {
			slices.SortFunc(list[from:to], func(a, b entry) int { return cmp.Compare(x.ids[a.value], x.ids[b.value]) })
		}
		from = to
	}
	out := make([]uint32, len(list))
	for i, e := range list {
		out[i] = uint32(e.value)
	}
	return out
}

// sortByKey sorts by radix, keeping the order of equal keys. The buffer is as
// long as the rows.
func sortByKey(rows, buffer []entry) {
	if len(rows) < 256 {
		slices.SortStableFunc(rows, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
		return
	}
	const digit, digits = 11, 6
	var counts [digits][1 << digit]uint32
	for _, e := range rows {
		for d := range digits {
			counts[d][e.key>>(d*digit)&(1<<digit-1)]++
		}
	}
	from, to := rows, buffer
	for d := range digits {
		count := &counts[d]
		if count[rows[0].key>>(d*digit)&(1<<digit-1)] == uint32(len(rows)) {
			continue // all alike
		}
		at := uint32(0)
		for i, n := range count {
			count[i] = at
			at += n
		}
		for _, e := range from {
			k := e.key >> (d * digit) & (1<<digit - 1)
			to[count[k]] = e
			count[k]++
		}
		from, to = to, from
	}
	if &from[0] != &rows[0] {
		copy(rows, from)
	}
}
