package affinity

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/keyaccount/keyaccount"
)

// PurchasesOptions sets up [Purchases].
type PurchasesOptions struct {
	// Location is the calendar whose days are counted between two purchases.
	// Give a named zone or UTC. Defaults to UTC.
	Location *time.Location
}

// Purchases remembers who bought which product, in which order and when. It is
// a commutative monoid: the same lines in any order, over any number of
// Purchases that are then merged, give the same answers and the same bytes.
//
// A product counts once in an order, at the earliest of its lines. Quantities
// and amounts play no part, but for telling a return from a purchase.
//
// The zero Purchases is empty, counts days in UTC and is ready to use. It must
// not be used by several goroutines while one of them adds or merges.
type Purchases struct {
	location *time.Location
	accounts names
	products names
	orderAt  map[orderKey]int32
	orders   []orderKey
	latest   int32 // the lines of an order usually come one after the other
	lines    []line
	returns  int
	rows     int // calls of Add on this value, to name the row of an error
}

type orderKey struct {
	account int32
	id      string
}

// line is one purchase line; order is noOrder for one that is an order of its
// own.
type line struct {
	account, order, product int32
	second                  int64
}

const noOrder int32 = math.MaxInt32

// NewPurchases returns empty Purchases.
func NewPurchases(opts PurchasesOptions) *Purchases {
	return &Purchases{location: opts.Location}
}

// Add folds in one line. A return makes no purchase and takes none back: it is
// counted in [Purchases.Returns] and otherwise ignored. Times are kept to the
// second.
//
// A line that cannot be used is refused as a [*keyaccount.InputError] and
// leaves the Purchases unchanged; its Row counts the calls of Add, refused
// ones too. The kinds are [keyaccount.ErrMissing] (no account, product or
// time) and [keyaccount.ErrOutOfRange] (a year outside 1 to 9998).
func (p *Purchases) Add(tx keyaccount.Transaction) error {
	p.rows++
	if err := tx.Validate(); err != nil {
		return atRow(err, p.rows)
	}
	if tx.Product == "" {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Product", Row: p.rows,
			Reason: "a line without a product cannot tell what goes with what; leave it out",
		}
	}
	if year := tx.Time.UTC().Year(); year < 1 || year > 9998 {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Time", Row: p.rows,
			Value: "year " + strconv.Itoa(year), Reason: "the year must lie between 1 and 9998",
		}
	}
	if tx.IsReturn() {
		p.returns++
		return nil
	}
	account := p.accounts.intern(tx.Account)
	p.lines = append(p.lines, line{
		account: account, order: p.order(account, tx.Order), product: p.products.intern(tx.Product), second: tx.Time.Unix(),
	})
	return nil
}

// Merge folds in all that other has seen; other stays unchanged. It refuses,
// leaving both unchanged, Purchases with another Location name
// ([keyaccount.ErrMismatch]) or none at all ([keyaccount.ErrMissing]).
func (p *Purchases) Merge(other *Purchases) error {
	if other == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "other", Reason: "there are no purchases to merge"}
	}
	if err := p.sameLocation(other.zone().String()); err != nil {
		return err
	}
	accounts := make([]int32, len(other.accounts.ids))
	for i, id := range other.accounts.ids {
		accounts[i] = p.accounts.intern(id)
	}
	products := make([]int32, len(other.products.ids))
	for i, id := range other.products.ids {
		products[i] = p.products.intern(id)
	}
	orders := make([]int32, len(other.orders))
	for i, o := range other.orders {
		orders[i] = p.order(accounts[o.account], o.id)
	}
	for _, l := range other.lines {
		l.account, l.product = accounts[l.account], products[l.product]
		if l.order != noOrder {
			l.order = orders[l.order]
		}
		p.lines = append(p.lines, l)
	}
	p.returns += other.returns
	return nil
}

// Accounts returns how many accounts bought something.
func (p *Purchases) Accounts() int { return len(p.accounts.ids) }

// Products returns how many products were bought.
func (p *Purchases) Products() int { return len(p.products.ids) }

// Returns returns how many lines were returns and made no purchase.
func (p *Purchases) Returns() int { return p.returns }

func (p *Purchases) order(account int32, id string) int32 {
	if id == "" {
		return noOrder
	}
	if int(p.latest) < len(p.orders) && p.orders[p.latest] == (orderKey{account, id}) {
		return p.latest
	}
	key := orderKey{account, id}
	at, ok := p.orderAt[key]
	if !ok {
		if p.orderAt == nil {
			p.orderAt = make(map[orderKey]int32)
		}
		key.id = strings.Clone(id)
		at = int32(len(p.orders))
		p.orders = append(p.orders, key)
		p.orderAt[key] = at
	}
	p.latest = at
	return at
}

func (p *Purchases) zone() *time.Location {
	if p.location == nil {
		return time.UTC
	}
	return p.location
}

func (p *Purchases) sameLocation(name string) error {
	if own := p.zone().String(); name != own {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "Location", Value: name,
			Reason: "these purchases count their days in " + own,
		}
	}
	return nil
}

// names gives every distinct string a number, in order of appearance.
type names struct {
	ids    []string
	at     map[string]int32
	latest int32
}

func (n *names) intern(id string) int32 {
	if int(n.latest) < len(n.ids) && n.ids[n.latest] == id {
		return n.latest
	}
	at, ok := n.at[id]
	if !ok {
		if n.at == nil {
			n.at = make(map[string]int32)
		}
		id = strings.Clone(id) // a reader's field often pins its whole buffer
		at = int32(len(n.ids))
		n.ids = append(n.ids, id)
		n.at[id] = at
	}
	n.latest = at
	return at
}

// atRow names the row of an error that was found without knowing it.
func atRow(err error, row int) error {
	var in *keyaccount.InputError
	if !errors.As(err, &in) {
		return err
	}
	named := *in
	named.Row = row
	return &named
}
