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
	// Workers is the number of goroutines; the scores are the same bits for any.
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
// It refuses a model that its Validate refuses, the first history that does,
// naming the row, a negative or infinite Span, and a rate not above -1, as an
// [*keyaccount.InputError].
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
	var wg sync.WaitGroup
	for w := range workers {
		from, to := w*len(distinct)/workers, (w+1)*len(distinct)/workers
		wg.Go(func() { o.score(m, distinct[from:to], answers[from:to]) })
	}
	wg.Wait()
	out := make([]Scored, len(histories))
	for i, k := range place {
		out[i] = answers[k]
	}
	return out, nil
}

func (o *ScoreOptions) check(m OrderFlow) error {
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
// first appear, and for each history the place of its like.
func distinctHistories(histories []History) (distinct []History, place []int32, err error) {
	place = make([]int32, len(histories))
	seen := make(map[History]int32)
	for i, h := range histories {
		k, known := seen[h]
		if !known {
			if bad := h.problem(); bad != nil {
				bad.Row = i + 1
				return nil, nil, bad
			}
			k = int32(len(distinct))
			seen[h] = k
			distinct = append(distinct, h)
		}
		place[i] = k
	}
	return distinct, place, nil
}

func (o *ScoreOptions) score(m OrderFlow, histories []History, out []Scored) {
	for i, h := range histories {
		out[i].ProbAlive = m.ProbAlive(h)
		if o.Span > 0 {
			out[i].ExpectedOrders = m.ExpectedOrders(h, o.Span)
		}
		if o.Rate.Annual > 0 {
			out[i].Discounted = m.Discounted(h, o.Rate)
		}
	}
}
