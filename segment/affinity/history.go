package affinity

import (
	"iter"
	"strconv"
	"time"

	"github.com/keyaccount/keyaccount"
)

// History is what one account has bought: the question that a [Model] answers
// with recommendations. [Purchases.Histories] makes them, or the host does.
type History struct {
	// Account identifies the customer; not used in the computation.
	Account string `json:"account,omitempty"`
	// Segment is the group that the account is compared with, and whose
	// purchases stand in where its own say too little. Empty: all accounts.
	Segment string `json:"segment,omitempty"`
	// Items are the products bought, each once. May be empty: a new account.
	Items []Holding `json:"items"`
}

// Holding is one product in a [History]. Where only Product is given, the
// product counts as bought, but nothing is known of its rhythm.
type Holding struct {
	Product string `json:"product"`
	// Orders counts the distinct orders with the product.
	Orders int `json:"orders,omitempty"`
	// Days counts the distinct calendar days with a purchase.
	Days int `json:"days,omitempty"`
	// First and Last are the first and last of these days, as midnight UTC.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
}

// Histories yields the history of every account, sorted by ID, with its
// products sorted by ID. The days are those of the Purchases' Location.
func (p *Purchases) Histories() iter.Seq[History] {
	return func(yield func(History) bool) {
		f := p.facts()
		for account, held := range f.holdings {
			if !yield(f.history(account, held)) {
				return
			}
		}
	}
}

// History returns the history of one account; without items where it is not
// known. For many accounts range over [Purchases.Histories] instead.
func (p *Purchases) History(account string) History {
	one := &Purchases{location: p.location}
	if at, ok := p.accounts.at[account]; ok {
		for _, l := range p.lines {
			if l.account != at {
				continue
			}
			l.account, l.product = one.accounts.intern(account), one.products.intern(p.products.ids[l.product])
			if l.order != noOrder {
				l.order = one.order(l.account, p.orders[l.order].id)
			}
			one.lines = append(one.lines, l)
		}
	}
	h := History{Account: account, Items: []Holding{}}
	f := one.facts()
	for account, held := range f.holdings {
		h = f.history(account, held)
	}
	return h
}

func (f *facts) history(account int, held []holding) History {
	h := History{Account: f.accounts[account], Items: make([]Holding, len(held))}
	for i, x := range held {
		h.Items[i] = Holding{
			Product: f.products[x.product], Orders: x.orders, Days: x.days, First: dateOf(x.first), Last: dateOf(x.last),
		}
	}
	return h
}

// check refuses what no recommendation can be made from; the first fault is
// reported.
func (h *History) check() error {
	seen := make(map[string]struct{}, len(h.Items))
	for i := range h.Items {
		x := &h.Items[i]
		fault := func(kind error, field, value, reason string) error {
			return &keyaccount.InputError{Kind: kind, Field: field, Row: i + 1, Value: value, Reason: reason}
		}
		if x.Product == "" {
			return fault(keyaccount.ErrMissing, "Product", "", "a holding needs a product")
		}
		if _, twice := seen[x.Product]; twice {
			return fault(keyaccount.ErrDuplicate, "Product", x.Product, "the product stands twice in the history")
		}
		seen[x.Product] = struct{}{}
		if x.Days < 0 || x.Orders < 0 {
			return fault(keyaccount.ErrOutOfRange, "Days", strconv.Itoa(min(x.Days, x.Orders)), "a count cannot be negative")
		}
		if x.First.IsZero() && x.Last.IsZero() && x.Days <= 1 {
			continue
		}
		if !writable(x.First) || !writable(x.Last) {
			return fault(keyaccount.ErrOutOfRange, "First", "", "first and last day belong together, in the years 1 to 9998")
		}
		span := dayOf(x.Last) - dayOf(x.First)
		if span < 0 || span < x.Days-1 || x.Days <= 1 && span > 0 {
			return fault(keyaccount.ErrOutOfRange, "Days", strconv.Itoa(x.Days),
				"so many distinct days do not fit between the first and the last")
		}
	}
	return nil
}

func writable(t time.Time) bool {
	y := t.UTC().Year()
	return !t.IsZero() && y >= 1 && y <= 9998
}
