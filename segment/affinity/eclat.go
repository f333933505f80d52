package affinity

import (
	"cmp"
	"math/bits"
	"slices"
	"sync/atomic"
)

// miner enumerates frequent itemsets class by class: the sets whose rarest
// product is p form the class of p. Within a class only the baskets with p
// matter, so that its bit sets are as short as p is rare.
type miner struct {
	least     int32
	maxLength int
	limit     int64
	tooLong   int // a set of so many products has more subsets than the limit
	total     atomic.Int64

	// Frequent products are ranked, the rarest first. tail holds the ranks of
	// every basket, ascending and ended by -1; behind[rank] are the places in
	// tail just behind an occurrence of the rank.
	product []int32
	tail    []int32
	behind  [][]int
}

func newMiner(b *Baskets, least int32, o ItemsetOptions) *miner {
	m := &miner{least: least, maxLength: o.MaxLength, limit: int64(o.Limit), tooLong: bits.Len64(uint64(o.Limit) + 1)}
	for p, n := range b.count {
		if n >= least {
			m.product = append(m.product, int32(p))
		}
	}
	slices.SortFunc(m.product, func(x, y int32) int {
		return cmp.Or(cmp.Compare(b.count[x], b.count[y]), cmp.Compare(x, y))
	})
	rank := absent(len(b.products))
	m.behind = make([][]int, len(m.product))
	for r, p := range m.product {
		rank[p] = int32(r)
		m.behind[r] = make([]int, 0, b.count[p])
	}
	m.tail = make([]int32, 0, len(b.item)+len(b.start))
	for i := range b.report.Baskets {
		from := len(m.tail)
		for _, p := range b.basket(i) {
			if r := rank[p]; r >= 0 {
				m.tail = append(m.tail, r)
			}
		}
		slices.Sort(m.tail[from:])
		for k, r := range m.tail[from:] {
			m.behind[r] = append(m.behind[r], from+k+1)
		}
		m.tail = append(m.tail, -1)
	}
	return m
}

// mine returns the classes' records of length, count and products, and false
// when there are more than the limit.
func (m *miner) mine(workers int) (found [][]int32, ok bool) {
	found = make([][]int32, len(m.product))
	scratch := make([]*class, workers)
	each(len(m.product), workers, func(w, i int) {
		if m.total.Load() > m.limit {
			return
		}
		if scratch[w] == nil {
			scratch[w] = &class{m: m, together: make([]int32, len(m.product)), slot: make([]int32, len(m.product))}
		}
		found[i] = scratch[w].run(int32(i))
	})
	return found, m.total.Load() <= m.limit
}

// class is one worker's scratch.
type class struct {
	m        *miner
	together []int32 // by rank; zero between the classes
	slot     []int32
	partners []int32
	levels   []level
	prefix   []int32
	found    []int32
}

// level holds the sets that extend one prefix: their last rank, and the
// baskets that hold them.
type level struct {
	ranks []int32
	words []uint64
}

func (c *class) run(r int32) []int32 {
	m := c.m
	c.found, c.prefix = nil, append(c.prefix[:0], r)
	c.emit(int32(len(m.behind[r])))
	if m.maxLength == 1 {
		return c.found
	}
	seen := c.partners[:0]
	for _, at := range m.behind[r] {
		for ; m.tail[at] >= 0; at++ {
			p := m.tail[at]
			if c.together[p] == 0 {
				seen = append(seen, p)
			}
			c.together[p]++
		}
	}
	c.partners = seen
	frequent := seen[:0]
	for _, p := range seen {
		if n := c.together[p]; n >= m.least {
			frequent = append(frequent, p)
			c.emit(n, p)
		}
		c.together[p] = 0
	}
	if len(frequent) < 2 || m.maxLength == 2 {
		return c.found
	}
	slices.Sort(frequent)

	words := (len(m.behind[r]) + 63) / 64
	top := c.level(0, len(frequent), words)
	top.ranks = append(top.ranks, frequent...)
	for i, p := range frequent {
		c.slot[p] = int32(i + 1)
	}
	for t, at := range m.behind[r] {
		for ; m.tail[at] >= 0; at++ {
			if s := int(c.slot[m.tail[at]]); s > 0 {
				top.words[(s-1)*words+t/64] |= 1 << (t % 64)
			}
		}
	}
	for _, p := range frequent {
		c.slot[p] = 0
	}
	c.grow(0, words)
	return c.found
}

// grow extends every set of the level by those behind it.
func (c *class) grow(depth, words int) {
	n := len(c.levels[depth].ranks)
	for a := range n {
		if c.m.total.Load() > c.m.limit {
			return
		}
		next := c.level(depth+1, n-a-1, words)
		here := &c.levels[depth] // c.level may have moved it
		c.prefix = append(c.prefix, here.ranks[a])
		left := here.words[a*words : (a+1)*words]
		for b := a + 1; b < n; b++ {
			right := here.words[b*words : (b+1)*words]
			into := next.words[len(next.ranks)*words : (len(next.ranks)+1)*words]
			count := 0
			for w, x := range left {
				x &= right[w]
				into[w] = x
				count += bits.OnesCount64(x)
			}
			if int32(count) >= c.m.least {
				next.ranks = append(next.ranks, here.ranks[b])
				c.emit(int32(count), here.ranks[b])
			}
		}
		// The prefix now has depth+2 products, a set of the next level one more.
		if len(next.ranks) > 1 && (c.m.maxLength == 0 || depth+3 < c.m.maxLength) {
			c.grow(depth+1, words)
		}
		c.prefix = c.prefix[:len(c.prefix)-1]
	}
}

// level returns an empty level with zeroed room for so many bit sets.
func (c *class) level(depth, sets, words int) *level {
	if depth == len(c.levels) {
		c.levels = append(c.levels, level{})
	}
	l := &c.levels[depth]
	l.ranks = l.ranks[:0]
	l.words = slices.Grow(l.words[:0], sets*words)[:sets*words]
	if depth == 0 {
		clear(l.words) // the deeper ones are written before they are read
	}
	return l
}

// emit records the prefix, and what extends it. All subsets of a frequent set
// are frequent, so that a long one decides at once that there are too many.
func (c *class) emit(count int32, more ...int32) {
	if len(c.prefix)+len(more) >= c.m.tooLong {
		c.m.total.Add(c.m.limit)
	}
	c.m.total.Add(1)
	c.found = append(c.found, int32(len(c.prefix)+len(more)), count)
	for _, r := range c.prefix {
		c.found = append(c.found, c.m.product[r])
	}
	for _, r := range more {
		c.found = append(c.found, c.m.product[r])
	}
}
