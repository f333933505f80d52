package affinity

import (
	"errors"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// By says what makes a basket.
type By string

const (
	// ByAccount puts all that an account ever bought into one basket: what
	// goes with what over time.
	ByAccount By = "account"
	// ByOrder makes a basket of every order: what goes with what at once. A
	// line without an order is a basket of its own.
	ByOrder By = "order"
)

// Oversize says what becomes of a basket with too many products.
type Oversize string

const (
	// LeaveOut does not use the basket at all.
	LeaveOut Oversize = "leave_out"
	// Cut keeps those of its products that most baskets hold, as many as are
	// allowed; of equally frequent ones those whose ID comes first.
	Cut Oversize = "cut"
)

// DefaultMaxProducts is the default of [BasketOptions] MaxProducts.
const DefaultMaxProducts = 5000

// BasketOptions sets up [Purchases.Baskets] and [NewBaskets].
type BasketOptions struct {
	// By says what makes a basket; NewBaskets, which gets baskets, does not
	// look at it. Defaults to ByAccount.
	By By `json:"by"`
	// MaxProducts is the largest number of distinct products a basket may
	// hold. The work grows with its square, and a reseller's 30,000-line order
	// says little about what goes with what. Defaults to DefaultMaxProducts.
	MaxProducts int `json:"max_products"`
	// Oversize says what becomes of larger baskets. Defaults to LeaveOut.
	Oversize Oversize `json:"oversize"`
}

func (o *BasketOptions) resolve() (BasketOptions, error) {
	out := BasketOptions{}
	if o != nil {
		out = *o
	}
	if out.By == "" {
		out.By = ByAccount
	}
	if out.MaxProducts == 0 {
		out.MaxProducts = DefaultMaxProducts
	}
	if out.Oversize == "" {
		out.Oversize = LeaveOut
	}
	var faults []error
	if out.By != ByAccount && out.By != ByOrder {
		faults = append(faults, outOfRange("By", string(out.By), "a basket is made by account or by order"))
	}
	if out.MaxProducts < 1 {
		faults = append(faults, outOfRange("MaxProducts", strconv.Itoa(out.MaxProducts), "a basket may hold one product or more"))
	}
	if out.Oversize != LeaveOut && out.Oversize != Cut {
		faults = append(faults, outOfRange("Oversize", string(out.Oversize), "an oversized basket is cut or left out (leave_out)"))
	}
	return out, errors.Join(faults...)
}

func outOfRange(field, value, reason string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Value: value, Reason: reason}
}

// BasketReport says what became of the baskets.
type BasketReport struct {
	// Baskets is how many are used, cut ones included. Shares such as support
	// are shares of this number.
	Baskets int `json:"baskets"`
	// Products is how many distinct products they hold.
	Products int `json:"products"`
	// Entries is how many products they hold in all, each once a basket.
	Entries int `json:"entries"`
	// Pairs is how many pairs of products they hold in all, each once a
	// basket: the work of counting what goes with what.
	Pairs int64 `json:"pairs"`
	// Largest is the size of the largest basket before any was cut or left
	// out, in distinct products.
	Largest int `json:"largest"`
	// WereCut is how many baskets were cut, CutEntries how many products they
	// lost in all.
	WereCut    int `json:"were_cut"`
	CutEntries int `json:"cut_entries"`
	// LeftOut is how many baskets were left out, with LeftOutEntries products
	// in all.
	LeftOut        int `json:"left_out"`
	LeftOutEntries int `json:"left_out_entries"`
}

// Baskets are sets of products: the table in which things go together. They
// are immutable and safe for concurrent use.
type Baskets struct {
	products []string // sorted
	count    []int32  // baskets that hold the product
	// The products of basket b, ascending, are item[start[b]:start[b+1]]; the
	// baskets of product p, ascending, are held[from[p]:from[p+1]].
	start, from []int
	item, held  []int32
	report      BasketReport
}

// Report says how many baskets are used, and how many were cut or left out.
func (b *Baskets) Report() BasketReport { return b.report }

// Count returns how many baskets hold the product.
func (b *Baskets) Count(product string) int {
	p, ok := slices.BinarySearch(b.products, product)
	if !ok {
		return 0
	}
	return int(b.count[p])
}

// Together returns how many baskets hold both products: where baskets are
// accounts, the co-buyers.
func (b *Baskets) Together(product, other string) int {
	p, okP := slices.BinarySearch(b.products, product)
	o, okO := slices.BinarySearch(b.products, other)
	if !okP || !okO {
		return 0
	}
	n := 0
	x, y := b.held[b.from[p]:b.from[p+1]], b.held[b.from[o]:b.from[o+1]]
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0] < y[0]:
			x = x[1:]
		case x[0] > y[0]:
			y = y[1:]
		default:
			n, x, y = n+1, x[1:], y[1:]
		}
	}
	return n
}

func (b *Baskets) basket(i int) []int32 { return b.item[b.start[i]:b.start[i+1]] }

// Baskets returns the purchases as baskets. A nil opts means the defaults. It
// refuses options outside their domain, and Purchases without a purchase
// ([keyaccount.ErrMissing]).
func (p *Purchases) Baskets(opts *BasketOptions) (*Baskets, error) {
	o, err := opts.resolve()
	if err != nil {
		return nil, err
	}
	if len(p.lines) == 0 {
		return nil, noPurchases()
	}
	return p.facts().baskets(o), nil
}

func noPurchases() error {
	return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "purchases", Reason: "there is no purchase to work on"}
}

// baskets keeps all products of the facts as columns, also one that is only in
// baskets that are left out.
func (f *facts) baskets(o BasketOptions) *Baskets {
	rows := len(f.orders)
	if o.By == ByAccount {
		rows = len(f.accounts)
	}
	start, item := make([]int, 1, rows+1), make([]int32, 0, len(f.list))
	for i := range f.list {
		l := &f.list[i]
		if i > 0 && (o.By == ByAccount && l.account != f.list[i-1].account || o.By == ByOrder && l.order != f.list[i-1].order) {
			item, start = closeBasket(item, start)
		}
		item = append(item, l.product)
	}
	item, start = closeBasket(item, start)
	return newBaskets(f.products, start, item, o)
}

// closeBasket makes a set of what was appended since the basket before.
func closeBasket(item []int32, start []int) ([]int32, []int) {
	from := start[len(start)-1]
	slices.Sort(item[from:])
	item = item[:from+len(slices.Compact(item[from:]))]
	return item, append(start, len(item))
}

// NewBaskets takes baskets as they are; a product that stands twice in one
// counts once, and an empty basket is a basket without products. A nil opts
// means the defaults. It refuses, as a [*keyaccount.InputError] that names the
// basket as its Row: options outside their domain, no baskets, and a product
// without an ID ([keyaccount.ErrMissing]).
func NewBaskets(baskets [][]string, opts *BasketOptions) (*Baskets, error) {
	o, err := opts.resolve()
	if err != nil {
		return nil, err
	}
	if len(baskets) == 0 {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "baskets", Reason: "there is no basket to work on"}
	}
	var known names
	for i, products := range baskets {
		for _, id := range products {
			if id == "" {
				return nil, &keyaccount.InputError{
					Kind: keyaccount.ErrMissing, Field: "baskets", Row: i + 1, Reason: "a product in this basket has no ID",
				}
			}
			known.intern(id)
		}
	}
	sorted, rank := ranked(known.ids)
	start, item := make([]int, 1, len(baskets)+1), []int32(nil)
	for _, products := range baskets {
		for _, id := range products {
			item = append(item, rank[known.at[id]])
		}
		item, start = closeBasket(item, start)
	}
	return newBaskets(sorted, start, item, o), nil
}

// newBaskets applies the cap and indexes the table both ways.
func newBaskets(products []string, start []int, item []int32, o BasketOptions) *Baskets {
	b := &Baskets{products: products, start: start, item: item}
	for i := range len(start) - 1 {
		b.report.Largest = max(b.report.Largest, start[i+1]-start[i])
	}
	if b.report.Largest > o.MaxProducts {
		b.limit(o)
	}
	b.count = countItems(b.item, len(products))
	b.from = make([]int, len(products)+1)
	for p, n := range b.count {
		b.from[p+1] = b.from[p] + int(n)
		if n > 0 {
			b.report.Products++
		}
	}
	next := slices.Clone(b.from)
	b.held = make([]int32, len(b.item))
	for i := range len(b.start) - 1 {
		set := b.basket(i)
		for _, p := range set {
			b.held[next[p]] = int32(i)
			next[p]++
		}
		b.report.Pairs += int64(len(set)) * int64(len(set)-1) / 2
	}
	b.report.Baskets, b.report.Entries = len(b.start)-1, len(b.item)
	return b
}

// limit cuts or leaves out the baskets above the cap. The frequencies by which
// products are kept are those before anything is cut.
func (b *Baskets) limit(o BasketOptions) {
	count := countItems(b.item, len(b.products))
	start, item := []int{0}, []int32(nil)
	for i := range len(b.start) - 1 {
		set := b.basket(i)
		if over := len(set) - o.MaxProducts; over > 0 {
			if o.Oversize == LeaveOut {
				b.report.LeftOut++
				b.report.LeftOutEntries += len(set)
				continue
			}
			b.report.WereCut++
			b.report.CutEntries += over
			set = slices.Clone(set)
			slices.SortFunc(set, func(x, y int32) int {
				if count[x] != count[y] {
					return int(count[y]) - int(count[x])
				}
				return int(x) - int(y)
			})
			set = set[:o.MaxProducts]
			slices.Sort(set)
		}
		item = append(item, set...)
		start = append(start, len(item))
	}
	b.start, b.item = start, item
}

func countItems(item []int32, products int) []int32 {
	count := make([]int32, products)
	for _, p := range item {
		count[p]++
	}
	return count
}
