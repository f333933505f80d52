package affinity

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// DefaultItemsetLimit is the default of [ItemsetOptions] Limit.
const DefaultItemsetLimit = 1_000_000

// ItemsetOptions sets up [FrequentItemsets].
type ItemsetOptions struct {
	// MaxLength is the largest number of products of a set. Defaults to 0, for
	// no bound.
	MaxLength int
	// Limit is how many sets there may be; above it FrequentItemsets refuses
	// instead of filling the memory. Defaults to DefaultItemsetLimit.
	Limit int
	// Workers is how many goroutines share the work; the result does not
	// depend on it. Defaults to one for each processor.
	Workers int
}

// Itemset is a set of products that many baskets hold together.
type Itemset struct {
	// Products are sorted.
	Products []string `json:"products"`
	// Count is how many baskets hold all of them, Support that number over all
	// baskets, from 0 to 1.
	Count   int     `json:"count"`
	Support float64 `json:"support"`
}

// Itemsets is the outcome of [FrequentItemsets].
type Itemsets struct {
	// Baskets is how many baskets there are; MinSupport is the share of them
	// that a set needs, and MinCount the number that this makes.
	Baskets    int     `json:"baskets"`
	MinSupport float64 `json:"min_support"`
	MinCount   int     `json:"min_count"`
	// ByLength is how many sets have 1, 2, … products.
	ByLength []int `json:"by_length"`
	// Sets are sorted by length, then by count, the greatest first, then by
	// their products.
	Sets []Itemset `json:"sets"`
}

// FrequentItemsets finds every set of products that at least the share
// minSupport of the baskets hold, by depth-first intersection of bit sets
// (Eclat). A nil opts means the defaults.
//
// The result depends only on the multiset of the baskets. FrequentItemsets
// refuses, as a [*keyaccount.InputError]: a minSupport that is not above 0 and
// at most 1, options outside their domain, and more sets than Limit
// ([keyaccount.ErrOutOfRange]); no baskets ([keyaccount.ErrMissing]).
func FrequentItemsets(b *Baskets, minSupport float64, opts *ItemsetOptions) (*Itemsets, error) {
	o := ItemsetOptions{}
	if opts != nil {
		o = *opts
	}
	if o.Limit == 0 {
		o.Limit = DefaultItemsetLimit
	}
	var faults []error
	if !(minSupport > 0 && minSupport <= 1) {
		faults = append(faults, outOfRange("minSupport", number(minSupport), "a share of the baskets lies above 0 and at most at 1"))
	}
	if o.MaxLength < 0 {
		faults = append(faults, outOfRange("MaxLength", strconv.Itoa(o.MaxLength), "a length cannot be negative"))
	}
	if o.Limit < 0 {
		faults = append(faults, outOfRange("Limit", strconv.Itoa(o.Limit), "a number of sets cannot be negative"))
	}
	count, err := workers(o.Workers)
	if err := errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	out := &Itemsets{Baskets: b.report.Baskets, MinSupport: minSupport, MinCount: leastCount(minSupport, b.report.Baskets)}
	m := newMiner(b, int32(out.MinCount), o)
	found, ok := m.mine(count)
	if !ok {
		return nil, outOfRange("Limit", strconv.Itoa(o.Limit),
			"more sets than this are frequent; raise minSupport, or set MaxLength or Limit")
	}
	out.collect(b, found)
	return out, nil
}

func (b *Baskets) check() error {
	var reason string
	switch {
	case b == nil || b.start == nil:
		reason = "there are no baskets"
	case b.report.Baskets == 0:
		reason = "every basket was left out for its size"
	default:
		return nil
	}
	return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "baskets", Reason: reason}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// leastCount returns the smallest count whose share of n, as a float64, is at
// least the given one: the comparison that other tools make.
func leastCount(share float64, n int) int {
	c := min(max(int(math.Ceil(share*float64(n))), 1), n)
	for c > 1 && float64(c-1)/float64(n) >= share {
		c--
	}
	for c < n && float64(c)/float64(n) < share {
		c++
	}
	return c
}

// collect names and sorts what was found: records of length, count and
// products.
func (s *Itemsets) collect(b *Baskets, found [][]int32) {
	var records [][]int32
	for _, list := range found {
		for len(list) > 0 {
			end := 2 + int(list[0])
			slices.Sort(list[2:end])
			records = append(records, list[:end:end])
			list = list[end:]
		}
	}
	slices.SortFunc(records, func(x, y []int32) int {
		return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(y[1], x[1]), slices.Compare(x[2:], y[2:]))
	})
	s.ByLength, s.Sets = []int{}, make([]Itemset, 0, len(records))
	for _, r := range records {
		if n := int(r[0]); n > len(s.ByLength) {
			s.ByLength = append(s.ByLength, 0) // no length is left out: subsets are frequent too
		}
		s.ByLength[r[0]-1]++
		set := Itemset{Products: make([]string, r[0]), Count: int(r[1]), Support: float64(r[1]) / float64(s.Baskets)}
		for i, p := range r[2:] {
			set.Products[i] = b.products[p]
		}
		s.Sets = append(s.Sets, set)
	}
}
