package clv

import (
	"math"
	"runtime"
	"sync"

	"github.com/keyaccount/keyaccount"
)

// ScoreOptions says what [ScoreAll] asks besides P(alive). The zero value and
// nil ask for nothing else.
type ScoreOptions struct {
	// Span is how far ahead orders are expected, in the model's unit of time.
	// Defaults to 0: no expected orders.
	Span float64
	// Rate discounts the orders of the whole remaining life. Defaults to a rate
	// of 0: no discounted orders.
	Rate Rate
	// Workers is the number of goroutines, of which there are 256 at the most;
	// the scores are the same bits for any.
	// Defaults to GOMAXPROCS.
	Workers int
}

// Scored is what a model says of one account.
type Scored struct {
	ProbAlive float64 `json:"prob_alive"`
	// ExpectedOrders are those of the Span, Discounted those of the whole
	// remaining life at their present value; 0 where not asked for.
	ExpectedOrders float64 `json:"expected_orders"`
	Discounted     float64 `json:"discounted"`
}

// ScoreAll asks a model about many accounts, in their order. Equal histories
// are asked for once, and what depends on less than the whole history is
// shared, so that a million accounts take tenths of a second; each answer is
// the same to the bit as that of [OrderFlow.ProbAlive],
// [OrderFlow.ExpectedOrders] and [OrderFlow.Discounted].
//
// It refuses a nil model and one that its Validate refuses, the first history
// that its Validate refuses, naming the row, a Span that is negative or not
// finite, and a rate not above -1, as an [*keyaccount.InputError].
func ScoreAll(m OrderFlow, histories []History, opts *ScoreOptions) ([]Scored, error) {
	var o ScoreOptions
	if opts != nil {
		o = *opts
	}
	if err := o.check(m); err != nil {
		return nil, err
	}
	distinct, place, err := distinctHistories(histories)
	if err != nil {
		return nil, err
	}
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	answers := make([]Scored, len(distinct))
	if s, ok := asSharing(m); ok {
		o.scoreShared(s, distinct, answers, workers)
	} else {
		inShares(workers, len(distinct), func(i int) { answers[i] = o.score(m, distinct[i].History) })
	}
	out := make([]Scored, len(histories))
	for i, k := range place {
		out[i] = answers[k]
	}
	return out, nil
}

func (o *ScoreOptions) check(m OrderFlow) error {
	if m == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "m", Reason: "there is no model"}
	}
	if err := m.Validate(); err != nil {
		return err
	}
	if !(o.Span >= 0 && o.Span <= math.MaxFloat64) {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Span", Value: formatFloat(o.Span), Reason: "a span must be finite and not negative",
		}
	}
	return o.Rate.Validate()
}

// distinctHistories returns the distinct histories in the order in which they
// first appear, each with its place from 1, and for each history the place of
// its like from 0.
func distinctHistories(histories []History) (distinct []CountedHistory, place []uint32, err error) {
	var seen Counts
	var ahead [countAhead]CountedHistory
	place = make([]uint32, len(histories))
	for from := 0; from < len(histories); from += countAhead {
		batch := histories[from:min(from+countAhead, len(histories))]
		for i, h := range batch {
			ahead[i].History = h
		}
		seen.index.fetch(ahead[:len(batch)], seen.rows)
		for i, h := range batch {
			if !h.usable() {
				bad := h.problem()
				bad.Row = from + i + 1
				return nil, nil, bad
			}
			h.Recency, h.Age = h.Recency+0, h.Age+0 // a negative zero becomes a plain one, as in a table
			row := seen.row(h)
			if row.N == 0 {
				row.N = int64(len(seen.rows))
			}
			place[from+i] = uint32(row.N - 1)
		}
	}
	return seen.rows, place, nil
}

func (o *ScoreOptions) score(m OrderFlow, h History) (s Scored) {
	s.ProbAlive = m.ProbAlive(h)
	if o.Span > 0 {
		s.ExpectedOrders = m.ExpectedOrders(h, o.Span)
	}
	if o.Rate.Annual > 0 {
		s.Discounted = m.Discounted(h, o.Rate)
	}
	return s
}

const mostWorkers = 1 << 8

// inShares calls do for each of n things, a share of them on each worker.
func inShares(workers, n int, do func(i int)) {
	workers = min(workers, n, mostWorkers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w * n / workers; i < (w+1)*n/workers; i++ {
				do(i)
			}
		})
	}
	wg.Wait()
}
