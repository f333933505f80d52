package clv

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// blockSize is how many accounts one goroutine values at a time. Sums run
// within blocks and then over blocks, so that they do not depend on who did
// which.
const blockSize = 64

type portion struct {
	p      parts
	totals []float64
	err    error
}

func valueBlocks(accounts []Account, e *Economics, f *futures) (*Portfolio, error) {
	out := &Portfolio{Accounts: make([]AccountValuation, len(accounts))}
	blocks := make([]portion, (len(accounts)+blockSize-1)/blockSize)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(blocks)) {
		wg.Go(func() {
			// A reader's own view of the draws, which are all made: known is per view.
			for i := next.Add(1) - 1; i < int64(len(blocks)); i = next.Add(1) - 1 {
				from := int(i) * blockSize
				to := min(from+blockSize, len(accounts))
				blocks[i] = e.portion(accounts[from:to], f, out.Accounts[from:to])
			}
		})
	}
	wg.Wait()
	var p parts
	totals := make([]float64, e.draws())
	for _, b := range blocks {
		if b.err != nil {
			return nil, b.err
		}
		p.add(b.p)
		for i, v := range b.totals {
			totals[i] += v
		}
	}
	total, err := e.valuation(p, totals, f.known)
	out.Total = total
	return out, err
}

func (e *Economics) portion(accounts []Account, f *futures, out []AccountValuation) (b portion) {
	b.totals = make([]float64, e.draws())
	for i := range accounts {
		view := &futures{e: e, drawn: f.drawn}
		p, totals := accounts[i].value(e, view)
		v, err := e.valuation(p, totals, view.known)
		if err != nil {
			b.err = err
			return b
		}
		out[i] = AccountValuation{ID: accounts[i].ID, Valuation: *v}
		b.p.add(p)
		for k, t := range totals {
			b.totals[k] += t
		}
	}
	return b
}
