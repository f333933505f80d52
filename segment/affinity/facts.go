package affinity

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// facts are purchases in canonical form: accounts and products sorted by ID,
// one fact for each product of an order, sorted by account, order (by ID, then
// those without one), product and instant. Orders are numbered through.
type facts struct {
	zone     *time.Location
	accounts []string
	products []string
	orders   []string // IDs, empty for a line that is an order of its own
	list     []fact
}

type fact struct {
	account, order, product int32
	second                  int64
}

// facts returns the canonical form, which depends only on the lines, not on
// their order. An order's product stands at its earliest line.
func (p *Purchases) facts() *facts {
	f := &facts{zone: p.zone()}
	var accountRank, productRank []int32
	f.accounts, accountRank = ranked(p.accounts.ids)
	f.products, productRank = ranked(p.products.ids)
	orderRank := make([]int32, len(p.orders))
	sorted := make([]int32, len(p.orders))
	for i := range sorted {
		sorted[i] = int32(i)
	}
	slices.SortFunc(sorted, func(a, b int32) int {
		x, y := p.orders[a], p.orders[b]
		return cmp.Or(cmp.Compare(accountRank[x.account], accountRank[y.account]), strings.Compare(x.id, y.id))
	})
	for rank, i := range sorted {
		orderRank[i] = int32(rank)
	}

	// Counting sort by account, then a comparison sort within each.
	end := make([]int, len(f.accounts)+1)
	for i := range p.lines {
		end[accountRank[p.lines[i].account]+1]++
	}
	for i := range f.accounts {
		end[i+1] += end[i]
	}
	next := slices.Clone(end)
	list := make([]fact, len(p.lines))
	for _, l := range p.lines {
		a := accountRank[l.account]
		order := noOrder
		if l.order != noOrder {
			order = orderRank[l.order]
		}
		list[next[a]] = fact{account: a, order: order, product: productRank[l.product], second: l.second}
		next[a]++
	}
	for a := range f.accounts {
		slices.SortFunc(list[end[a]:end[a+1]], byOrder)
	}

	kept := list[:0]
	before := fact{account: -1}
	for _, l := range list {
		if l.order != noOrder && l.account == before.account && l.order == before.order && l.product == before.product {
			continue
		}
		if l.order == noOrder || l.account != before.account || l.order != before.order {
			id := ""
			if l.order != noOrder {
				id = p.orders[sorted[l.order]].id
			}
			f.orders = append(f.orders, id)
		}
		before = l
		l.order = int32(len(f.orders) - 1)
		kept = append(kept, l)
	}
	f.list = kept
	return f
}

func byOrder(a, b fact) int {
	return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.product, b.product), cmp.Compare(a.second, b.second))
}

// ranked returns the strings sorted, and for each of them its place.
func ranked(ids []string) (sorted []string, rank []int32) {
	order := make([]int32, len(ids))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(ids[a], ids[b]) })
	sorted, rank = make([]string, len(ids)), make([]int32, len(ids))
	for r, i := range order {
		sorted[r], rank[i] = ids[i], int32(r)
	}
	return sorted, rank
}

// where returns the facts that keep accepts, with only the accounts, products
// and orders that are left.
func (f *facts) where(keep func(fact) bool) *facts {
	out := &facts{zone: f.zone}
	accounts, products, orders := absent(len(f.accounts)), absent(len(f.products)), absent(len(f.orders))
	for _, l := range f.list {
		if keep(l) {
			out.list = append(out.list, l)
			accounts[l.account], products[l.product], orders[l.order] = 0, 0, 0
		}
	}
	out.accounts, out.products, out.orders = left(f.accounts, accounts), left(f.products, products), left(f.orders, orders)
	for i := range out.list {
		l := &out.list[i]
		l.account, l.product, l.order = accounts[l.account], products[l.product], orders[l.order]
	}
	return out
}

func absent(n int) []int32 {
	at := make([]int32, n)
	for i := range at {
		at[i] = -1
	}
	return at
}

// left returns the ids that are marked, and turns their marks into their new
// places.
func left(ids []string, at []int32) []string {
	var out []string
	for i, mark := range at {
		if mark >= 0 {
			at[i] = int32(len(out))
			out = append(out, ids[i])
		}
	}
	return out
}

// holding is what one account has to do with one product. Days are calendar
// days, counted from 1970-01-01.
type holding struct {
	product     int32
	orders      int
	days        int // distinct days with a purchase, at least 1
	first, last int
}

// holdings calls yield for every account, in order, with its products in
// order. The slice is used again.
func (f *facts) holdings(yield func(account int, held []holding) bool) {
	var held []holding
	type visit struct {
		product int32
		day     int
	}
	var visits []visit
	for from := 0; from < len(f.list); {
		account := f.list[from].account
		visits, held = visits[:0], held[:0]
		to := from
		// Orders often share an instant with the line before.
		second, day := int64(0), dayOf(time.Unix(0, 0).In(f.zone))
		for ; to < len(f.list) && f.list[to].account == account; to++ {
			l := &f.list[to]
			if l.second != second {
				second, day = l.second, dayOf(time.Unix(l.second, 0).In(f.zone))
			}
			visits = append(visits, visit{l.product, day})
		}
		slices.SortFunc(visits, func(a, b visit) int {
			return cmp.Or(cmp.Compare(a.product, b.product), cmp.Compare(a.day, b.day))
		})
		for i, v := range visits {
			if i == 0 || v.product != visits[i-1].product {
				held = append(held, holding{product: v.product, orders: 1, days: 1, first: v.day, last: v.day})
				continue
			}
			h := &held[len(held)-1]
			h.orders++
			if v.day != h.last {
				h.days++
				h.last = v.day
			}
		}
		if !yield(int(account), held) {
			return
		}
		from = to
	}
}

const (
	secondsPerDay = 24 * 60 * 60
	// lastDay is 9998-12-31: what lies before is written by RFC 3339 in every
	// zone.
	lastDay = 2932531
)

// dayOf numbers the calendar days of t's own zone from 1970-01-01, so that a
// day of 23 or 25 hours is one day.
func dayOf(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

// dateOf is the inverse: midnight UTC of the day.
func dateOf(day int) time.Time {
	return time.Unix(int64(day)*secondsPerDay, 0).UTC()
}
