package affinity

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
)

// Similarity says how alike two products are, by the baskets that hold them.
// With n baskets of which a hold the one, c the other and b both:
type Similarity string

const (
	// Cosine is b/√(ac): from 0 to 1.
	Cosine Similarity = "cosine"
	// Jaccard is b/(a+c-b): from 0 to 1.
	Jaccard Similarity = "jaccard"
	// Lift is bn/(ac): from 0 to n; 1 is chance. It favours rare products:
	// use it with Shrinkage or MinTogether.
	Lift Similarity = "lift"
	// TFIDF is the cosine with every basket weighted by how few of the m
	// products it holds: w = 1 + ln((1+m)/(1+|basket|)). Who buys everything
	// says little about what goes with what. From 0 to 1.
	TFIDF Similarity = "tfidf"
)

// SimilarityOptions sets up [Baskets.Similar].
type SimilarityOptions struct {
	// Measure is how similarity is measured. Defaults to Cosine.
	Measure Similarity `json:"measure"`
	// Shrinkage multiplies the similarity by b/(b+Shrinkage), where b is how
	// many baskets hold both: what few baskets say counts less. At least 0.
	// Defaults to 0, for no shrinkage.
	Shrinkage float64 `json:"shrinkage"`
	// MinTogether is how many baskets must hold both. Defaults to 1.
	MinTogether int `json:"min_together"`
	// Neighbours is how many of the most similar products are kept for each.
	// Defaults to 20.
	Neighbours int `json:"neighbours"`
	// Workers is how many goroutines share the work; the result does not
	// depend on it. Defaults to one for each processor.
	Workers int `json:"-"`
}

func (o *SimilarityOptions) resolve() (SimilarityOptions, error) {
	out := SimilarityOptions{}
	if o != nil {
		out = *o
	}
	if out.Measure == "" {
		out.Measure = Cosine
	}
	if out.MinTogether == 0 {
		out.MinTogether = 1
	}
	if out.Neighbours == 0 {
		out.Neighbours = 20
	}
	var faults []error
	switch out.Measure {
	case Cosine, Jaccard, Lift, TFIDF:
	default:
		faults = append(faults, outOfRange("Measure", string(out.Measure), "the measures are cosine, jaccard, lift and tfidf"))
	}
	if !(out.Shrinkage >= 0) || math.IsInf(out.Shrinkage, 0) {
		faults = append(faults, outOfRange("Shrinkage", number(out.Shrinkage), "a shrinkage is a finite number, 0 or more"))
	}
	if out.MinTogether < 1 {
		faults = append(faults, outOfRange("MinTogether", strconv.Itoa(out.MinTogether), "at least one basket holds both of two neighbours"))
	}
	if out.Neighbours < 1 {
		faults = append(faults, outOfRange("Neighbours", strconv.Itoa(out.Neighbours), "there can be one neighbour or more"))
	}
	var err error
	out.Workers, err = workers(out.Workers)
	return out, errors.Join(append(faults, err)...)
}

// Neighbours are the products most similar to one.
type Neighbours struct {
	Product string `json:"product"`
	// Count is how many baskets hold the product.
	Count int `json:"count"`
	// Nearest are sorted by similarity, then by Together, the greatest first,
	// then by product.
	Nearest []Neighbour `json:"nearest"`
}

// Neighbour is one of [Neighbours].
type Neighbour struct {
	Product    string  `json:"product"`
	Similarity float64 `json:"similarity"`
	// Together is how many baskets hold both: where baskets are accounts, the
	// co-buyers.
	Together int `json:"together"`
}

// Similar finds the nearest neighbours of every product that a basket holds,
// sorted by product. A nil opts means the defaults. Similarity is symmetric to
// the last bit; a product is no neighbour of itself.
//
// Similar refuses options outside their domain ([keyaccount.ErrOutOfRange])
// and no baskets ([keyaccount.ErrMissing]).
func (b *Baskets) Similar(opts *SimilarityOptions) ([]Neighbours, error) {
	o, err := opts.resolve()
	if err != nil {
		return nil, err
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	out := make([]Neighbours, 0, b.report.Products)
	for p, links := range b.links(o) {
		if b.count[p] == 0 {
			continue
		}
		n := Neighbours{Product: b.products[p], Count: int(b.count[p]), Nearest: make([]Neighbour, len(links))}
		for i, l := range links {
			n.Nearest[i] = Neighbour{Product: b.products[l.product], Similarity: l.similarity, Together: int(l.together)}
		}
		out = append(out, n)
	}
	return out, nil
}

type link struct {
	product    int32
	together   int32
	similarity float64
}

// nearer orders links, the best first.
func nearer(x, y link) int {
	return cmp.Or(cmp.Compare(y.similarity, x.similarity), cmp.Compare(y.together, x.together), cmp.Compare(x.product, y.product))
}

// links returns the neighbours of every product. The table of all pairs is
// never built: each product's row is counted in one array for each worker.
func (b *Baskets) links(o SimilarityOptions) [][]link {
	weight := b.weights(o.Measure) // squared, for each basket; nil where all are 1
	norm := make([]float64, len(b.products))
	for p := range norm {
		if weight == nil {
			norm[p] = float64(b.count[p])
			continue
		}
		for _, basket := range b.held[b.from[p]:b.from[p+1]] {
			norm[p] += weight[basket]
		}
	}
	out := make([][]link, len(b.products))
	scratch := make([]*counter, o.Workers)
	each(len(b.products), o.Workers, func(w, p int) {
		if scratch[w] == nil {
			scratch[w] = newCounter(len(b.products), weight != nil)
		}
		c := scratch[w]
		c.count(b, p, weight)
		best := c.best[:0]
		for _, q := range c.seen {
			n := c.together[q]
			if int(n) >= o.MinTogether {
				l := link{product: q, together: n}
				both := float64(n)
				if weight != nil {
					both = c.weighed[q]
				}
				l.similarity = o.Measure.of(both, norm[p], norm[q], float64(b.report.Baskets)) * float64(n) / (float64(n) + o.Shrinkage)
				if o.Neighbours <= insertUpTo {
					best = insert(best, l, o.Neighbours)
				} else {
					best = append(best, l)
				}
			}
			c.clear(q)
		}
		c.best = best
		if o.Neighbours > insertUpTo {
			slices.SortFunc(best, nearer)
			best = best[:min(o.Neighbours, len(best))]
		}
		out[p] = slices.Clone(best)
	})
	return out
}

// insertUpTo is how many neighbours are kept by insertion; more are sorted at
// the end.
const insertUpTo = 64

func (s Similarity) of(both, one, other, n float64) float64 {
	switch s {
	case Jaccard:
		return both / (one + other - both)
	case Lift:
		return both * n / (one * other)
	default: // Cosine, TFIDF
		return min(both/math.Sqrt(one*other), 1) // rounding must not make twins more than alike
	}
}

// weights returns the squared weight of every basket.
func (b *Baskets) weights(s Similarity) []float64 {
	if s != TFIDF {
		return nil
	}
	out := make([]float64, b.report.Baskets)
	for i := range out {
		w := 1 + math.Log(float64(1+b.report.Products)/float64(1+len(b.basket(i))))
		out[i] = w * w
	}
	return out
}

// insert keeps the n best of a list sorted by nearer.
func insert(best []link, l link, n int) []link {
	if len(best) == n {
		if nearer(l, best[n-1]) > 0 {
			return best
		}
		best = best[:n-1]
	}
	at := len(best)
	for at > 0 && nearer(l, best[at-1]) < 0 {
		at--
	}
	return slices.Insert(best, at, l)
}

// counter counts with what one product stands together.
type counter struct {
	together []int32 // by product; zero between the counts
	weighed  []float64
	seen     []int32
	best     []link
}

func newCounter(products int, weighted bool) *counter {
	c := &counter{together: make([]int32, products)}
	if weighted {
		c.weighed = make([]float64, products)
	}
	return c
}

// count goes through the baskets of p in order, so that the weights of a pair
// add up in the same order from either side.
func (c *counter) count(b *Baskets, p int, weight []float64) {
	c.seen = c.seen[:0]
	for _, i := range b.held[b.from[p]:b.from[p+1]] {
		for _, q := range b.basket(int(i)) {
			if c.together[q] == 0 {
				c.seen = append(c.seen, q)
			}
			c.together[q]++
			if weight != nil {
				c.weighed[q] += weight[i]
			}
		}
	}
	c.clear(int32(p))
	if at := slices.Index(c.seen, int32(p)); at >= 0 {
		c.seen = slices.Delete(c.seen, at, at+1)
	}
}

func (c *counter) clear(q int32) {
	c.together[q] = 0
	if c.weighed != nil {
		c.weighed[q] = 0
	}
}
