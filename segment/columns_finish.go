package segment

import (
	"cmp"
	"math/bits"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
)

// finishFold numbers the accounts of all partitions by their first rows, which
// depend neither on the hash nor on the workers.
func finishFold[K ColumnKey, X comparable](t *ColumnTotals[K], f *fold[X]) {
	rank := newRowRank(len(t.columns.Account))
	n := 0
	for k := range f.parts {
		p := &f.parts[k]
		n += p.n
		for i := range p.n {
			rank.set(p.entry(uint32(i)).row)
		}
	}
	rank.sum()
	t.totals = make([]foldTotal, n)
	inParallel(f.workers, len(f.parts), func(k int) {
		p := &f.parts[k]
		for i := range p.n {
			e := p.entry(uint32(i))
			t.totals[rank.of(e.row)] = e.foldTotal
		}
	})
	var refs []orderRef
	for k := range f.parts {
		p := &f.parts[k]
		number := func(entry uint32) uint32 { return rank.of(p.entry(entry).row) }
		for entry, w := range p.wide {
			if t.wide == nil {
				t.wide = make(map[uint32]*wideTotal)
			}
			t.wide[number(entry)] = w
		}
		if marks, ok := p.orders.(interface{ refs() []orderRef }); ok {
			for _, r := range marks.refs() {
				r.account = number(r.account)
				refs = append(refs, r)
			}
		}
	}
	if t.columns.Order != nil || t.columns.OrderNumber != nil {
		t.orders = newColumnOrders(n, refs)
	}
}

// rowRank counts, for a set of rows, how many come before one of them.
type rowRank struct {
	bits   []uint64
	before []uint32 // by word of bits
}

func newRowRank(rows int) *rowRank {
	words := (rows + 63) / 64
	return &rowRank{bits: make([]uint64, words), before: make([]uint32, words)}
}

func (r *rowRank) set(row uint32) { r.bits[row/64] |= 1 << (row % 64) }

func (r *rowRank) sum() {
	n := uint32(0)
	for i, w := range r.bits {
		r.before[i] = n
		n += uint32(bits.OnesCount64(w))
	}
}

func (r *rowRank) of(row uint32) uint32 {
	below := r.bits[row/64] & (1<<(row%64) - 1)
	return r.before[row/64] + uint32(bits.OnesCount64(below))
}

// orderRef is an order of an account, or, without an id, a line that is one.
type orderRef struct {
	account uint32 // or entry, while it is in a partition
	row     uint32 // the first with this id
	on      uint8
	loose   bool
}

// columnOrders are the orders of all accounts, by account and row.
type columnOrders struct {
	refs  []orderRef
	start []uint32 // of each account's refs, and the end
}

func newColumnOrders(accounts int, refs []orderRef) *columnOrders {
	slices.SortFunc(refs, func(a, b orderRef) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.row, b.row))
	})
	o := &columnOrders{refs: refs, start: make([]uint32, accounts+1)}
	for _, r := range refs {
		o.start[r.account+1]++
	}
	for i := range accounts {
		o.start[i+1] += o.start[i]
	}
	return o
}

func (o *columnOrders) of(account uint32) []orderRef {
	return o.refs[o.start[account]:o.start[account+1]]
}

func (o *columnOrders) sales(account uint32) (n int) {
	for _, r := range o.of(account) {
		if r.on&onSale != 0 {
			n++
		}
	}
	return n
}

// orderColumn marks the orders of one partition's accounts.
type orderColumn[O comparable] struct {
	ids  []O
	none O // an id that stands for none, where hasNone
	has  bool
	seen map[orderKey[O]]int
	list []orderRef
}

type orderKey[O comparable] struct {
	entry uint32
	id    O
}

func (o *orderColumn[O]) refs() []orderRef { return o.list }

func (o *orderColumn[O]) mark(entry, row uint32, back bool) {
	on := onSale
	if back {
		on = onReturn
	}
	id := o.ids[row]
	if o.has && id == o.none {
		o.list = append(o.list, orderRef{account: entry, row: row, on: on, loose: true})
		return
	}
	key := orderKey[O]{entry, id}
	i, ok := o.seen[key]
	if !ok {
		i = len(o.list)
		o.seen[key] = i
		o.list = append(o.list, orderRef{account: entry, row: row})
	}
	o.list[i].on |= on
}

// markOrders gives every partition its own set of orders.
func (t *ColumnTotals[K]) markOrders(set func(func() orderMarks)) {
	switch {
	case t.columns.Order != nil:
		set(func() orderMarks {
			return &orderColumn[string]{ids: t.columns.Order, has: true, seen: make(map[orderKey[string]]int)}
		})
	case t.columns.OrderNumber != nil:
		set(func() orderMarks {
			return &orderColumn[int64]{ids: t.columns.OrderNumber, seen: make(map[orderKey[int64]]int)}
		})
	}
}

func (f *fold[X]) setOrders(create func() orderMarks) {
	for k := range f.parts {
		f.parts[k].orders = create()
	}
}

// orderID returns the order id of a row as text.
func (t *ColumnTotals[K]) orderID(row uint32) string {
	if t.columns.Order != nil {
		return t.columns.Order[row]
	}
	return strconv.FormatInt(t.columns.OrderNumber[row], 10)
}

// sums returns the money of an account as a Summary would hold it: with the
// places of the column as soon as there is a line.
func (t *ColumnTotals[K]) sums(i int) (gross, returns exact.Sum) {
	return t.totals[i].sums(t.wide[uint32(i)], t.columns.Places)
}

func (e *foldTotal) sums(wide *wideTotal, places int32) (gross, returns exact.Sum) {
	if wide != nil {
		gross, returns = wide.gross, wide.returns
	}
	if e.sales > 0 {
		gross.Add(decimal.New(e.gross, -places))
	}
	if e.backs > 0 {
		returns.Add(decimal.New(e.returns, -places))
	}
	return gross, returns
}
