package clv

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/keyaccount/keyaccount"
)

// Portfolio is what many accounts are worth together.
type Portfolio struct {
	// Total is the value of all. Its interval takes the uncertainty of
	// parameters as common to the accounts, and their chances as their own.
	Total *Valuation `json:"total"`
	// Accounts are the single values, in the order given.
	Accounts []AccountValuation `json:"accounts"`
}

// AccountValuation is the value of one account of a [Portfolio].
type AccountValuation struct {
	ID string `json:"id"`
	Valuation
}

// ValuePortfolio values many accounts, on all cores, and their total. The
// value of each is what [ValueAccount] returns for it alone, and all is the same
// to the bit on any number of cores. It refuses what ValueAccount does, naming
// the account's row, and an id that stands twice ([keyaccount.ErrDuplicate]).
func ValuePortfolio(accounts []Account, e Economics) (*Portfolio, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	f := newFutures(&e)
	seen := make(map[string]bool, len(accounts))
	for i := range accounts {
		a := &accounts[i]
		err := a.validate(&e)
		if err == nil && seen[a.ID] {
			err = &keyaccount.InputError{Kind: keyaccount.ErrDuplicate, Field: "ID", Row: i + 1, Value: a.ID, Reason: "the account stands twice"}
		}
		if err != nil {
			return nil, fmt.Errorf("account %d (%q): %w", i+1, a.ID, err)
		}
		seen[a.ID] = true
		if err := f.add(a); err != nil {
			return nil, fmt.Errorf("account %d (%q): %w", i+1, a.ID, err)
		}
	}
	return valuePortions(accounts, &e, f)
}

// portionSize is how many accounts one goroutine values at a time. Sums run
// within portions and then over them, so that they do not depend on who did
// which.
const portionSize = 64

type portion struct {
	p      parts
	totals []float64
	known  bool
	err    error
}

func valuePortions(accounts []Account, e *Economics, f *futures) (*Portfolio, error) {
	out := &Portfolio{Accounts: make([]AccountValuation, len(accounts))}
	portions := make([]portion, (len(accounts)+portionSize-1)/portionSize)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(portions)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(portions)); i = next.Add(1) - 1 {
				from := int(i) * portionSize
				to := min(from+portionSize, len(accounts))
				portions[i] = e.portion(accounts[from:to], f, out.Accounts[from:to])
			}
		})
	}
	wg.Wait()
	var p parts
	totals := make([]float64, e.draws())
	known := false
	for _, b := range portions {
		if b.err != nil {
			return nil, b.err
		}
		known = known || b.known
		p.add(b.p)
		for i, v := range b.totals {
			totals[i] += v
		}
	}
	total, err := e.valuation(p, totals, known)
	out.Total = total
	return out, err
}

func (e *Economics) portion(accounts []Account, f *futures, out []AccountValuation) (b portion) {
	b.totals = make([]float64, e.draws())
	for i := range accounts {
		a := &accounts[i]
		p, totals, err := a.value(e, f)
		if err != nil {
			b.err = fmt.Errorf("account %q: %w", a.ID, err)
			return b
		}
		b.p.add(p)
		for k, t := range totals {
			b.totals[k] += t
		}
		v, err := e.valuation(p, totals, a.known())
		if err != nil {
			b.err = fmt.Errorf("account %q: %w", a.ID, err)
			return b
		}
		b.known = b.known || v.ParametersKnown
		out[i] = AccountValuation{ID: a.ID, Valuation: *v}
	}
	return b
}
