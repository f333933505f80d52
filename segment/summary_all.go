package segment

import (
	"strings"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// AddOptions sets up [Summary.AddAll].
type AddOptions struct {
	// Workers is how many goroutines fold. It changes the speed and nothing
	// else. Defaults to GOMAXPROCS.
	Workers int
}

// AddAll folds in all of the lines, or none: the Summary is then, to the byte,
// what [Summary.Add] makes of them one by one, sooner. A nil opts means the
// defaults. An error is Add's for the first line that cannot be used, with its
// row in txs.
func (s *Summary) AddAll(txs []keyaccount.Transaction, opts *AddOptions) error {
	if s.fault != nil {
		return s.fault
	}
	if len(txs) == 0 {
		return nil
	}
	if len(txs) > maxRows {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "txs", Reason: "there can be 2^31-1 lines at the most; add them in parts",
		}
	}
	workers := 0
	if opts != nil {
		workers = opts.Workers
	}
	all := s.newBulk(txs, workers)
	if err := all.fold.run(len(txs), all.deal); err != nil {
		return err
	}
	inParallel(all.fold.workers, len(all.fold.parts), all.settle)

	s.currency = strings.Clone(all.currency)
	known := s.accounts
	if len(known) == 0 {
		n := 0
		for k := range all.ids {
			n += len(all.ids[k])
		}
		s.accounts = make(map[string]*state, n)
	}
	for k, ids := range all.ids {
		for i, id := range ids {
			st := &all.states[k][i]
			if len(known) > 0 { // else there is none to find
				if mine := known[id]; mine != nil {
					mine.merge(st)
					continue
				}
			}
			s.accounts[id] = st
		}
	}
	return nil
}

// bulk is one run of AddAll.
type bulk struct {
	summary  *Summary
	txs      []keyaccount.Transaction
	currency string
	fold     *fold[uint64]
	base     int64 // second that the rows' instants count from
	light    bool
	ids      [][]string // of each partition's accounts
	states   [][]state
}

func (s *Summary) newBulk(txs []keyaccount.Transaction, workers int) *bulk {
	b := &bulk{summary: s, txs: txs, currency: txs[0].Currency, light: !s.collect.more()}
	if len(s.accounts) > 0 {
		b.currency = s.currency
	}
	places := min(max(-txs[0].Amount.Exponent(), 0), 18)
	b.fold = newFold[uint64](len(txs), workers, places)
	b.fold.names = func(row uint32) string { return txs[row].Account }
	b.base = txs[0].Time.Unix() - 1<<31 // 68 years to either side
	b.ids, b.states = make([][]string, len(b.fold.parts)), make([][]state, len(b.fold.parts))
	return b
}

// deal checks the lines and deals them out. A line that the fold can hold in a
// row needs no second look; the others are hard.
func (b *bulk) deal(box *foldBoxes[uint64], lo, hi int) error {
	for i := lo; i < hi; i++ {
		tx := &b.txs[i]
		if tx.Currency != b.currency {
			return mixedCurrency(i+1, tx.Currency, b.currency)
		}
		at, err := checkLine(tx, i+1)
		if err != nil {
			return err
		}
		if !exact.InRange(tx.Amount) {
			return unsummable(tx, i+1)
		}
		part, h, x, short := b.fold.text(tx.Account)
		since := at.sec - b.base
		if !b.light || tx.Order != "" || at.nsec != 0 || since>>32 != 0 ||
			tx.Amount.Exponent() != -b.fold.places || tx.Amount.NumDigits() > 18 {
			box.hard[part] = append(box.hard[part], uint32(i))
			continue
		}
		row := foldRow[uint64]{h: h, x: x, at: uint32(since), amount: tx.Amount.CoefficientInt64(), row: uint32(i)}
		if row.amount < 0 || row.amount == 0 && tx.IsReturn() {
			row.row |= isBack
		}
		to := &box.plain[part]
		if !short {
			to = &box.long[part]
		}
		*to = append(*to, row)
	}
	return nil
}

// settle makes the states of a partition and folds its hard lines.
func (b *bulk) settle(k int) {
	p := &b.fold.parts[k]
	var lines []uint32
	for w := range b.fold.boxes {
		lines = append(lines, b.fold.boxes[w].hard[k]...)
	}
	entries := make([]uint32, len(lines))
	for i, row := range lines {
		_, h, x, short := b.fold.text(b.txs[row].Account)
		r := foldRow[uint64]{h: h, x: x, row: row}
		if short {
			entries[i] = p.find(&r)
		} else {
			entries[i] = p.findLong(&r, b.fold.names)
		}
	}
	states := make([]state, p.n)
	b.ids[k], b.states[k] = b.ownIDs(p), states
	for i := range p.n {
		st := &states[i]
		if b.light {
			b.open(st, &p.entry(uint32(i)).foldTotal, p.wide[uint32(i)])
		} else {
			st.more = new(detail)
		}
	}
	names := make(interner)
	for i, row := range lines {
		tx := &b.txs[row]
		at, _ := instantOf(tx.Time)
		b.summary.fold(&states[entries[i]], tx, at, names) // checked by deal
	}
}

func (b *bulk) open(st *state, e *foldTotal, wide *wideTotal) {
	st.gross, st.returns = e.sums(wide, b.fold.places)
	st.looseOrders, st.looseReturns = int(e.sales), int(e.backs)
	st.lines = st.looseOrders + st.looseReturns
	if st.lines > 0 {
		st.activity = instant{sec: b.base + int64(e.active)}
	}
	if e.sales > 0 {
		st.first, st.last = instant{sec: b.base + int64(e.first)}, instant{sec: b.base + int64(e.last)}
	}
}

// ownIDs copies the accounts' texts, all into one.
func (b *bulk) ownIDs(p *foldPart[uint64]) []string {
	size := 0
	for i := range p.n {
		size += len(b.txs[p.entry(uint32(i)).row].Account)
	}
	var text strings.Builder
	text.Grow(size)
	for i := range p.n {
		text.WriteString(b.txs[p.entry(uint32(i)).row].Account)
	}
	ids, all, from := make([]string, p.n), text.String(), 0
	for i := range p.n {
		to := from + len(b.txs[p.entry(uint32(i)).row].Account)
		ids[i], from = all[from:to], to
	}
	return ids
}
