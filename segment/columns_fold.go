package segment

import (
	"hash/maphash"
	"math"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
)

// A plain Go map over all accounts waits for memory at nearly every line. Here
// the rows of a block are first dealt out to partitions by the hash of their
// account, and then each partition, whose accounts fit a core's cache, is
// folded on its own. A partition sees its rows in the order of the input, so
// the number of workers changes nothing.

// foldBlock is how many rows are dealt out before they are folded: enough that
// each partition gets a good run of them, few enough that they take little
// memory.
const foldBlock = 1 << 20

// foldRow is a row on its way to its account. The pair of h and x stands for
// the account exactly, and h is mixed well enough to be its hash. X is
// struct{} for whole numbers and uint64 for texts.
type foldRow[X comparable] struct {
	h      uint64
	x      X
	amount int64
	at     uint32 // days or seconds since the fold's base
	row    uint32 // position in the input; isBack marks a return
}

const (
	isBack  = 1 << 31
	maxRows = isBack - 1
)

// foldTotal is an account: sums in units of 10^-places, instants as in
// foldRow. first and last are set while sales is not 0.
type foldTotal struct {
	gross, returns      int64
	first, last, active uint32
	sales, backs        uint32 // lines
	row                 uint32 // the first line's
}

type foldEntry[X comparable] struct {
	h uint64
	x X
	foldTotal
}

// foldPart is a hash table with open addressing: index holds the numbers of
// entries, from 1. The entries stand in chunks, so that none has to move and
// little memory is left over.
type foldPart[X comparable] struct {
	index   []uint32
	chunks  []*[foldChunk]foldEntry[X]
	n       int                   // entries
	long    map[string]uint32     // texts that h and x cannot stand for
	wide    map[uint32]*wideTotal // what does not fit an int64, by entry
	orders  orderMarks            // nil where no order ids are given
	fetched uint64                // keeps the reads of fetch
}

const foldChunk = 1 << 9

func (p *foldPart[X]) entry(k uint32) *foldEntry[X] {
	return &p.chunks[k/foldChunk][k%foldChunk]
}

// wideTotal is what an account's sums exceed an int64 by.
type wideTotal struct{ gross, returns exact.Sum }

// orderMarks notes on which order of its account a row stands.
type orderMarks interface {
	mark(entry, row uint32, back bool)
}

const smallestIndex = 1 << 6

func (p *foldPart[X]) add(rows []foldRow[X], places int32) {
	for len(rows) > 0 {
		batch := rows[:min(len(rows), foldAhead)]
		p.fetch(batch)
		for i := range batch {
			r := &batch[i]
			p.count(p.find(r), r, places)
		}
		rows = rows[len(batch):]
	}
}

// foldAhead is how many rows are looked up before they are counted.
const foldAhead = 32

// fetch reads where the rows' entries probably are. None of these reads waits
// for another one or decides where the program goes on, so that the memory
// answers them all at once; find then has them in the cache.
func (p *foldPart[X]) fetch(rows []foldRow[X]) {
	if len(p.index) == 0 { // where there may be long texts all the same
		return
	}
	mask := uint64(len(p.index) - 1)
	for i := range rows {
		k := max(p.index[rows[i].h&mask], 1)
		p.fetched ^= p.entry(k - 1).h
	}
}

// find returns the entry of a row's account, a new one if need be.
func (p *foldPart[X]) find(r *foldRow[X]) uint32 {
	if 4*p.n >= len(p.index) {
		p.grow()
	}
	mask := uint64(len(p.index) - 1)
	for at := r.h & mask; ; at = (at + 1) & mask {
		k := p.index[at]
		if k == 0 {
			k = p.insert(r)
			p.index[at] = k
			return k - 1
		}
		if e := p.entry(k - 1); e.h == r.h && e.x == r.x {
			return k - 1
		}
	}
}

// insert appends an entry for a row's account and returns its place, from 1.
func (p *foldPart[X]) insert(r *foldRow[X]) uint32 {
	if p.n == foldChunk*len(p.chunks) {
		p.chunks = append(p.chunks, new([foldChunk]foldEntry[X]))
	}
	e := p.entry(uint32(p.n))
	e.h, e.x, e.row, e.first = r.h, r.x, r.row&^isBack, math.MaxUint32
	p.n++
	return uint32(p.n)
}

func (p *foldPart[X]) grow() {
	p.index = make([]uint32, max(2*len(p.index), smallestIndex))
	mask := uint64(len(p.index) - 1)
	for i := range p.n {
		at := p.entry(uint32(i)).h & mask
		for p.index[at] != 0 {
			at = (at + 1) & mask
		}
		p.index[at] = uint32(i + 1)
	}
}

// addLong is add for texts that need comparing in full. Their entries are put
// into the index by grow, but no row finds them there, since no short text has
// their x.
func (p *foldPart[X]) addLong(rows []foldRow[X], names func(row uint32) string, places int32) {
	for i := range rows {
		r := &rows[i]
		p.count(p.findLong(r, names), r, places)
	}
}

func (p *foldPart[X]) findLong(r *foldRow[X], names func(row uint32) string) uint32 {
	name := names(r.row &^ isBack)
	k, ok := p.long[name]
	if !ok {
		if p.long == nil {
			p.long = make(map[string]uint32)
		}
		k = p.insert(r) - 1
		p.long[name] = k
	}
	return k
}

func (p *foldPart[X]) count(k uint32, r *foldRow[X], places int32) {
	e := p.entry(k)
	e.active = max(e.active, r.at)
	if r.row&isBack != 0 {
		e.backs++
		sum := e.returns + r.amount
		if sum > e.returns { // an overflow, of two negative numbers
			p.spill(k).returns.Add(decimal.New(e.returns, -places))
			sum = r.amount
		}
		e.returns = sum
	} else {
		e.sales++
		e.first, e.last = min(e.first, r.at), max(e.last, r.at)
		sum := e.gross + r.amount
		if sum < 0 { // an overflow, of two positive numbers
			p.spill(k).gross.Add(decimal.New(e.gross, -places))
			sum = r.amount
		}
		e.gross = sum
	}
	if p.orders != nil {
		p.orders.mark(k, r.row&^isBack, r.row&isBack != 0)
	}
}

func (p *foldPart[X]) spill(k uint32) *wideTotal {
	if p.wide == nil {
		p.wide = make(map[uint32]*wideTotal)
	}
	w := p.wide[k]
	if w == nil {
		w = new(wideTotal)
		p.wide[k] = w
	}
	return w
}

// fold deals out and folds all rows.
type fold[X comparable] struct {
	parts   []foldPart[X]
	shift   uint // of h, which leaves the number of the partition
	places  int32
	workers int
	names   func(row uint32) string // for long texts

	seed  maphash.Seed
	salt  uint64
	boxes []foldBoxes[X] // of each worker
}

// foldBoxes are the rows that one worker has dealt out to the partitions.
type foldBoxes[X comparable] struct {
	plain, long [][]foldRow[X]
	hard        [][]uint32 // rows that are left to Summary.AddAll
}

func newFold[X comparable](rows, workers int, places int32) *fold[X] {
	const most = 256 // with a million accounts, a quarter of a megabyte each
	n := 1
	for n < most && rows > n<<13 {
		n *= 2
	}
	f := &fold[X]{
		parts: make([]foldPart[X], n), shift: uint(64 - bits.TrailingZeros(uint(n))), places: places,
		workers: workerCount(workers), seed: maphash.MakeSeed(),
	}
	f.salt = maphash.String(f.seed, "salt")
	f.boxes = make([]foldBoxes[X], f.workers)
	for w := range f.boxes {
		b := &f.boxes[w]
		b.plain, b.long, b.hard = make([][]foldRow[X], n), make([][]foldRow[X], n), make([][]uint32, n)
		share := min(rows, foldBlock) / f.workers / n
		for k := range b.plain {
			b.plain[k] = make([]foldRow[X], 0, share+share/8)
		}
	}
	return f
}

// run calls deal for the rows of each block, shared out among the workers, and
// folds what they dealt. It returns the error of the first row that has one.
func (f *fold[X]) run(rows int, deal func(box *foldBoxes[X], lo, hi int) error) error {
	faults := make([]error, f.workers)
	for lo := 0; lo < rows; lo += foldBlock {
		hi := min(lo+foldBlock, rows)
		inParallel(f.workers, f.workers, func(w int) {
			faults[w] = deal(&f.boxes[w], lo+(hi-lo)*w/f.workers, lo+(hi-lo)*(w+1)/f.workers)
		})
		for _, err := range faults {
			if err != nil {
				return err
			}
		}
		inParallel(f.workers, len(f.parts), func(k int) {
			p := &f.parts[k]
			for w := range f.boxes {
				b := &f.boxes[w]
				p.add(b.plain[k], f.places)
				p.addLong(b.long[k], f.names, f.places)
				b.plain[k], b.long[k] = b.plain[k][:0], b.long[k][:0]
			}
		})
	}
	return nil
}

// number returns the partition and the h of an account that is a whole number.
func (f *fold[X]) number(v uint64) (part int, h uint64) {
	h = mix(v ^ f.salt)
	return int(h >> f.shift), h
}

// text returns the partition of an account that is a text, with its h and x;
// ok is false for one that is too long for them. Without the salt nobody can
// make up texts that meet in one place.
func (f *fold[X]) text(s string) (part int, h, x uint64, ok bool) {
	if len(s) > 15 {
		h = maphash.String(f.seed, s)
		return int(h >> f.shift), h, longText, false
	}
	head, tail := pack(s)
	h = mix(head ^ mix(tail^f.salt))
	return int(h >> f.shift), h, tail, true
}

// longText is no tail that pack returns.
const longText = 1<<64 - 1

// pack writes up to 15 bytes and their number into two words.
func pack(s string) (head, tail uint64) {
	n := len(s)
	switch {
	case n >= 8:
		head = word(s)
		if n > 8 {
			tail = word(s[n-8:]) >> (8 * (16 - n))
		}
	case n >= 4:
		head = uint64(half(s)) | uint64(half(s[n-4:]))<<(8*(n-4))
	default:
		for i := range n {
			head |= uint64(s[i]) << (8 * i)
		}
	}
	return head, tail | uint64(n)<<56
}

func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func half(s string) uint32 {
	_ = s[3]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// mix is the finalizer of MurmurHash3: a bijection whose every bit depends on
// every bit.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

func workerCount(n int) int {
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	return min(n, 256)
}

// inParallel calls do(0) to do(n-1), each once, by that many workers.
func inParallel(workers, n int, do func(i int)) {
	if workers == 1 || n == 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}
