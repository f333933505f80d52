package clv

import (
	"hash/maphash"
	"math"
	"slices"
)

// rowIndex finds the row of a history: open addressing, at most half full. A
// map with a history as its key hashes each float on its own and takes three
// times as long.
type rowIndex struct {
	slots []uint32 // positions in the rows, from 1
	salt  uint64   // so that nobody can make up histories that meet in one place

	fetched int64 // keeps the reads of fetch
}

const (
	smallestIndex = 1 << 5
	countAhead    = 32 // rows looked up before they are counted
)

// fetch reads where the histories probably are counted. None of these reads
// waits for another or decides where the program goes on, so that the memory
// answers them all at once; row then has them in the cache.
func (x *rowIndex) fetch(batch, rows []CountedHistory) {
	if len(rows) == 0 {
		return
	}
	mask := uint64(len(x.slots) - 1)
	for i := range batch {
		k := max(x.slots[x.hash(batch[i].History)&mask], 1)
		x.fetched ^= rows[k-1].N
	}
}

// row returns the row of a history, a new one if need be. It may be written to
// until the next call.
func (c *Counts) row(h History) *CountedHistory {
	x := &c.index
	if 2*len(c.rows) >= len(x.slots) {
		x.grow(c.rows)
		c.rows = slices.Grow(c.rows, len(x.slots)/2-len(c.rows))
	}
	mask := uint64(len(x.slots) - 1)
	for at := x.hash(h) & mask; ; at = (at + 1) & mask {
		k := x.slots[at]
		if k == 0 {
			c.ordered = false
			c.rows = append(c.rows, CountedHistory{History: h})
			x.slots[at] = uint32(len(c.rows))
			return &c.rows[len(c.rows)-1]
		}
		if row := &c.rows[k-1]; row.History == h {
			return row
		}
	}
}

func (x *rowIndex) grow(rows []CountedHistory) {
	if x.salt == 0 {
		x.salt = maphash.String(maphash.MakeSeed(), "salt") | 1
	}
	n := smallestIndex
	for n <= 2*len(rows) {
		n *= 2
	}
	x.slots = make([]uint32, n)
	mask := uint64(n - 1)
	for i, row := range rows {
		at := x.hash(row.History) & mask
		for x.slots[at] != 0 {
			at = (at + 1) & mask
		}
		x.slots[at] = uint32(i + 1)
	}
}

func (x *rowIndex) hash(h History) uint64 {
	v := scatter(math.Float64bits(h.Recency)^x.salt) + uint64(h.Frequency)
	return scatter(v ^ math.Float64bits(h.Age))
}

// scatter is the finalizer of MurmurHash3: a bijection whose every bit depends
// on every bit.
func scatter(v uint64) uint64 {
	v ^= v >> 33
	v *= 0xff51afd7ed558ccd
	v ^= v >> 33
	v *= 0xc4ceb9fe1a85ec53
	return v ^ v>>33
}
