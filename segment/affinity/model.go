package affinity

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/keyaccount/keyaccount"
)

// The schema and version that a [Model] carries; no other is read.
const (
	ModelSchema  = "keyaccount/segment/affinity.Model"
	ModelVersion = 1
)

// FitOptions sets up [Fit].
type FitOptions struct {
	// Baskets says what makes a basket, and the cap on huge ones. The cap
	// concerns only which products go together: rhythms and popularity count
	// every purchase. Defaults to those of BasketOptions.
	Baskets BasketOptions
	// Similarity says what makes products neighbours. Defaults to those of
	// SimilarityOptions.
	Similarity SimilarityOptions
	// Segments gives the segment of an account by its ID. One that is not in
	// it counts only among all accounts. Defaults to none.
	Segments map[string]string
}

// Model is what [Fit] found: a plain value that can be kept as JSON, and asked
// later for recommendations with [Model.Next], [Model.Due] and
// [Model.WhiteSpace], for accounts it has seen or not. It is safe for
// concurrent use while nobody writes to it.
type Model struct {
	// Schema and Version are ModelSchema and ModelVersion.
	Schema  string `json:"schema"`
	Version int    `json:"version"`

	// First and Last are the days of the first and last purchase, as midnight
	// UTC, in the Purchases' Location.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Baskets and Similarity are the options used, Report what became of the
	// baskets.
	Baskets    BasketOptions     `json:"baskets"`
	Report     BasketReport      `json:"report"`
	Similarity SimilarityOptions `json:"similarity"`

	// Products are sorted by ID. Wherever else a product is a number, it is
	// its place here, counted from 0.
	Products []Product `json:"products"`
	// Everyone is all accounts together; Segments are sorted by name.
	Everyone Segment   `json:"everyone"`
	Segments []Segment `json:"segments"`
}

// Product is one product of a [Model].
type Product struct {
	ID string `json:"id"`
	// Count is how many of the used baskets hold it.
	Count int `json:"count"`
	// Buyers is how many accounts bought it, Repeaters how many of them on two
	// days or more.
	Buyers    int `json:"buyers"`
	Repeaters int `json:"repeaters"`
	// Gaps is how many times an account came back for it on a later day, and
	// GapDays how many calendar days that took in all.
	Gaps    int `json:"gaps"`
	GapDays int `json:"gap_days"`
	// Neighbours are the products most similar to it, the best first.
	Neighbours []Link `json:"neighbours"`
}

// RepeatShare returns the share of the buyers that came back for the product
// on another day, from 0 to 1.
func (p *Product) RepeatShare() float64 { return ratio(int64(p.Repeaters), int64(p.Buyers)) }

// MeanGap returns the mean of the calendar days between two purchases of the
// product by one account; 0 where none came back.
func (p *Product) MeanGap() float64 { return ratio(int64(p.GapDays), int64(p.Gaps)) }

// Link leads from a product to a neighbour.
type Link struct {
	// Product is the neighbour's place in Model.Products.
	Product    int     `json:"product"`
	Similarity float64 `json:"similarity"`
	// Together is how many baskets hold both.
	Together int `json:"together"`
}

// Segment says what a group of accounts buys.
type Segment struct {
	Name     string `json:"name,omitempty"`
	Accounts int    `json:"accounts"`
	// Products are those that an account of the group bought, sorted by
	// buyers, the most first, then by product.
	Products []Popularity `json:"products"`
}

// Popularity is how many accounts of a [Segment] bought a product.
type Popularity struct {
	// Product is the product's place in Model.Products.
	Product int `json:"product"`
	Buyers  int `json:"buyers"`
}

// Fit counts what goes with what, how often products are bought again, and
// what each segment buys. A nil opts means the defaults. The result depends
// only on the purchases, not on their order or on the number of workers.
//
// Fit refuses options outside their domain ([keyaccount.ErrOutOfRange]) and
// Purchases without a purchase ([keyaccount.ErrMissing]).
func Fit(p *Purchases, opts *FitOptions) (*Model, error) {
	o := FitOptions{}
	if opts != nil {
		o = *opts
	}
	var errBaskets, errSimilarity error
	o.Baskets, errBaskets = o.Baskets.resolve()
	o.Similarity, errSimilarity = o.Similarity.resolve()
	if err := errors.Join(errBaskets, errSimilarity); err != nil {
		return nil, err
	}
	if p == nil || len(p.lines) == 0 {
		return nil, noPurchases()
	}
	return p.facts().fit(o), nil
}

// fit takes options that are resolved, and at least one fact.
func (f *facts) fit(o FitOptions) *Model {
	b := f.baskets(o.Baskets)
	m := &Model{
		Schema: ModelSchema, Version: ModelVersion,
		Baskets: o.Baskets, Report: b.report, Similarity: o.Similarity,
		Products: make([]Product, len(f.products)), Segments: []Segment{},
	}
	m.Similarity.Workers = 0
	for p, links := range b.links(o.Similarity) {
		m.Products[p] = Product{ID: f.products[p], Count: int(b.count[p]), Neighbours: make([]Link, len(links))}
		for i, l := range links {
			m.Products[p].Neighbours[i] = Link{Product: int(l.product), Similarity: l.similarity, Together: int(l.together)}
		}
	}
	m.countBuyers(f, o.Segments)
	return m
}

func (m *Model) countBuyers(f *facts, segments map[string]string) {
	group := func(name string) *tally {
		return &tally{name: name, buyers: make(map[int32]int)}
	}
	everyone, byName := group(""), map[string]*tally{}
	first, last := 0, 0
	for account, held := range f.holdings {
		groups := []*tally{everyone}
		if name := segments[f.accounts[account]]; name != "" {
			if byName[name] == nil {
				byName[name] = group(name)
			}
			groups = append(groups, byName[name])
		}
		for _, g := range groups {
			g.accounts++
		}
		for i, h := range held {
			p := &m.Products[h.product]
			p.Buyers++
			if h.days > 1 {
				p.Repeaters++
			}
			p.Gaps += h.days - 1
			p.GapDays += h.last - h.first
			for _, g := range groups {
				g.buyers[h.product]++
			}
			if everyone.accounts == 1 && i == 0 {
				first, last = h.first, h.last
			}
			first, last = min(first, h.first), max(last, h.last)
		}
	}
	m.First, m.Last = dateOf(first), dateOf(last)
	m.Everyone = everyone.segment()
	for _, g := range byName {
		m.Segments = append(m.Segments, g.segment())
	}
	slices.SortFunc(m.Segments, func(x, y Segment) int { return cmp.Compare(x.Name, y.Name) })
}

// tally counts the buyers of a group.
type tally struct {
	name     string
	accounts int
	buyers   map[int32]int
}

func (t *tally) segment() Segment {
	s := Segment{Name: t.name, Accounts: t.accounts, Products: make([]Popularity, 0, len(t.buyers))}
	for p, n := range t.buyers {
		s.Products = append(s.Products, Popularity{Product: int(p), Buyers: n})
	}
	slices.SortFunc(s.Products, morePopular)
	return s
}

func morePopular(x, y Popularity) int {
	return cmp.Or(cmp.Compare(y.Buyers, x.Buyers), cmp.Compare(x.Product, y.Product))
}

// place returns where the product stands in Products, or -1.
func (m *Model) place(id string) int {
	at, ok := slices.BinarySearchFunc(m.Products, id, func(p Product, id string) int { return cmp.Compare(p.ID, id) })
	if !ok {
		return -1
	}
	return at
}

// segment returns the group of that name, and nil where there is none.
func (m *Model) segment(name string) *Segment {
	at, ok := slices.BinarySearchFunc(m.Segments, name, func(s Segment, name string) int { return cmp.Compare(s.Name, name) })
	if !ok {
		return nil
	}
	return &m.Segments[at]
}

// check refuses a Model that came from nowhere.
func (m *Model) check() error {
	if m == nil || len(m.Products) == 0 {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "Products", Reason: "the model knows no product; Fit makes one, or read a saved one"}
	}
	return nil
}

// accepts reports what stands in the way of an answer.
func (m *Model) accepts(h *History) error {
	if err := m.check(); err != nil {
		return err
	}
	return h.check()
}
