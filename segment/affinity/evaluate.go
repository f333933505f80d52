package affinity

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/keyaccount/keyaccount"
)

// EvaluateOptions sets up [Evaluate].
type EvaluateOptions struct {
	// K is how many products are recommended to each account. Defaults to 10.
	K int
	// Fit sets up the model that is tried. Defaults to those of FitOptions.
	Fit FitOptions
	// Next sets up the recommendations; N is K, and NoFallback does not
	// concern the methods that are nothing but fallback. Defaults to those of
	// NextOptions.
	Next NextOptions
	// Workers is how many goroutines share the work; the result does not
	// depend on it. Defaults to one for each processor.
	Workers int
}

// Method is a way to recommend that [Evaluate] tries.
type Method string

const (
	// MethodNext is [Model.Next].
	MethodNext Method = "next"
	// MethodSegment recommends what most accounts of the segment buy, then
	// what most accounts buy.
	MethodSegment Method = "segment_popularity"
	// MethodPopularity recommends what most accounts buy: the baseline.
	MethodPopularity Method = "popularity"
)

// Evaluation is the outcome of [Evaluate].
type Evaluation struct {
	// At is the instant of the split.
	At time.Time `json:"at"`
	K  int       `json:"k"`
	// Accounts is how many were judged: they bought before the split, and
	// something relevant after it. Cold is how many bought only after it, Idle
	// how many only before it, and Settled how many bought nothing relevant
	// after it.
	Accounts int `json:"accounts"`
	Cold     int `json:"cold"`
	Idle     int `json:"idle"`
	Settled  int `json:"settled"`
	// Relevant is how many products the judged accounts bought after the split
	// that may be recommended to them, Unreachable how many of these nobody
	// bought before it: no method can find them, but they count.
	Relevant    int `json:"relevant"`
	Unreachable int `json:"unreachable"`
	// Methods are MethodNext, MethodSegment where there are segments, and
	// MethodPopularity, the baseline.
	Methods []Quality `json:"methods"`
}

// Quality says how good the recommendations of a method were. The means are
// means over the judged accounts.
type Quality struct {
	Method Method `json:"method"`
	// Precision is the mean share of the K places that show a relevant
	// product; an unused place is a miss. Recall is the mean share of the
	// relevant products that are shown. HitRate is the share of the accounts
	// with at least one. Each from 0 to 1.
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	HitRate   float64 `json:"hit_rate"`
	// MAP is the mean, from 0 to 1, of the average precision at K: the sum of
	// the precisions at the places of the hits, over the smaller of K and the
	// number of relevant products.
	MAP float64 `json:"map"`
	// Gain is the mean difference of the average precision to that of the
	// baseline for the same account, and GainError its standard error, the
	// sample standard deviation over √n; 0 for a single account.
	Gain      float64 `json:"gain"`
	GainError float64 `json:"gain_error"`
	// Coverage is the share of the products known before the split that were
	// shown to anybody, from 0 to 1.
	Coverage float64 `json:"coverage"`
	// Shown is how many recommendations were made in all.
	Shown int `json:"shown"`
}

// Evaluate fits a model to the purchases before an instant, recommends to
// every account that has bought by then, and looks at what it bought from then
// on. Relevant is a product bought after the split that the AlreadyBought
// policy and Exclude allow: under the default only new products count. A nil
// opts means the defaults. The instant is cut to the second.
//
// Evaluate refuses options outside their domain ([keyaccount.ErrOutOfRange]),
// and, as [keyaccount.ErrMissing], purchases with nothing before the instant,
// nothing from it on, or no account to judge.
func Evaluate(p *Purchases, at time.Time, opts *EvaluateOptions) (*Evaluation, error) {
	o := EvaluateOptions{}
	if opts != nil {
		o = *opts
	}
	var errs [5]error
	if o.K == 0 {
		o.K = 10
	}
	if o.K < 0 {
		errs[0] = outOfRange("K", strconv.Itoa(o.K), "there can be no fewer than none")
	}
	o.Next.N = 0
	o.Fit.Baskets, errs[1] = o.Fit.Baskets.resolve()
	o.Fit.Similarity, errs[2] = o.Fit.Similarity.resolve()
	o.Next, errs[3] = o.Next.resolve()
	o.Workers, errs[4] = workers(o.Workers)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if p == nil {
		return nil, noPurchases()
	}
	o.Next.N = o.K

	missing := func(reason string) error {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "at", Value: at.Format(time.RFC3339), Reason: reason}
	}
	all := p.facts()
	train := all.where(func(l fact) bool { return l.second < at.Unix() })
	test := all.where(func(l fact) bool { return l.second >= at.Unix() })
	if len(train.list) == 0 {
		return nil, missing("no purchase lies before this instant")
	}
	if len(test.list) == 0 {
		return nil, missing("no purchase lies after this instant")
	}
	e := &evaluator{m: train.fit(o.Fit), o: &o}
	out := &Evaluation{At: at.Truncate(time.Second), K: o.K}
	e.pair(train, test, out)
	if out.Accounts == 0 {
		return nil, missing("no account that bought before this instant bought anything new after it")
	}
	e.judge(out)
	return out, nil
}

type evaluator struct {
	m     *Model
	o     *EvaluateOptions
	cases []trial
}

// trial is one account to judge.
type trial struct {
	history  History
	relevant []string // sorted
	allowed  *eligible
}

// pair finds the accounts to judge.
func (e *evaluator) pair(train, test *facts, out *Evaluation) {
	after := make(map[string][]string)
	for account, held := range test.holdings {
		after[test.accounts[account]] = test.ids(held)
	}
	out.Cold = len(after)
	for account, held := range train.holdings {
		h := train.history(account, held)
		h.Segment = e.o.Fit.Segments[h.Account]
		bought, ok := after[h.Account]
		if !ok {
			out.Idle++
			continue
		}
		out.Cold--
		c := trial{history: h, allowed: e.m.eligible(&h, &e.o.Next)}
		unreachable := 0
		for _, id := range bought {
			place := e.m.place(id)
			switch {
			case place < 0 && !has(c.allowed.exclude, id):
				unreachable++
			case place < 0 || !c.allowed.allows(place):
				continue
			}
			c.relevant = append(c.relevant, id)
		}
		if len(c.relevant) == 0 {
			out.Settled++
			continue
		}
		out.Accounts++
		out.Relevant += len(c.relevant)
		out.Unreachable += unreachable
		e.cases = append(e.cases, c)
	}
}

func (f *facts) ids(held []holding) []string {
	ids := make([]string, len(held))
	for i, h := range held {
		ids[i] = f.products[h.product]
	}
	return ids
}

// judge tries every method on every account, and adds up in the order of the
// accounts.
func (e *evaluator) judge(out *Evaluation) {
	methods := []Method{MethodNext, MethodPopularity}
	if len(e.m.Segments) > 0 {
		methods = []Method{MethodNext, MethodSegment, MethodPopularity}
	}
	shown := make([][][]string, len(methods))
	for k := range methods {
		shown[k] = make([][]string, len(e.cases))
	}
	each(len(e.cases), e.o.Workers, func(_, i int) {
		for k, method := range methods {
			shown[k][i] = e.recommend(&e.cases[i], method)
		}
	})
	baseline := make([]float64, len(e.cases))
	for i := range e.cases {
		baseline[i] = averagePrecision(shown[len(methods)-1][i], e.cases[i].relevant, e.o.K)
	}
	for k, method := range methods {
		out.Methods = append(out.Methods, e.quality(method, shown[k], baseline))
	}
}

func (e *evaluator) recommend(c *trial, method Method) []string {
	var list []Recommendation
	if method == MethodNext {
		// The history and the options are our own: there is nothing to refuse.
		list, _ = e.m.Next(c.history, &e.o.Next)
	} else {
		seen := make(map[int]struct{})
		if s := e.m.segment(c.history.Segment); s != nil && method == MethodSegment {
			list = e.m.popular(list, s, e.o.K, c.allowed, seen)
		}
		list = e.m.popular(list, &e.m.Everyone, e.o.K, c.allowed, seen)
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].Product
	}
	return ids
}

func (e *evaluator) quality(method Method, shown [][]string, baseline []float64) Quality {
	q := Quality{Method: method}
	n := float64(len(e.cases))
	covered := make(map[string]struct{})
	gains := make([]float64, len(e.cases))
	for i := range e.cases {
		hits := 0
		for _, id := range shown[i] {
			covered[id] = struct{}{}
			if has(e.cases[i].relevant, id) {
				hits++
			}
		}
		if hits > 0 {
			q.HitRate++
		}
		q.Shown += len(shown[i])
		q.Precision += float64(hits) / float64(e.o.K)
		q.Recall += float64(hits) / float64(len(e.cases[i].relevant))
		ap := averagePrecision(shown[i], e.cases[i].relevant, e.o.K)
		q.MAP += ap
		gains[i] = ap - baseline[i]
		q.Gain += gains[i]
	}
	q.HitRate, q.Precision, q.Recall, q.MAP, q.Gain = q.HitRate/n, q.Precision/n, q.Recall/n, q.MAP/n, q.Gain/n
	q.Coverage = float64(len(covered)) / float64(len(e.m.Products))
	if len(gains) > 1 {
		squares := 0.0
		for _, g := range gains {
			squares += (g - q.Gain) * (g - q.Gain)
		}
		q.GainError = math.Sqrt(squares / (n - 1) / n)
	}
	return q
}

// averagePrecision is AP@k for a list in order; relevant is sorted.
func averagePrecision(list, relevant []string, k int) float64 {
	hits, sum := 0, 0.0
	for i, id := range list[:min(k, len(list))] {
		if _, ok := slices.BinarySearch(relevant, id); ok {
			hits++
			sum += float64(hits) / float64(i+1)
		}
	}
	return sum / float64(min(k, len(relevant)))
}
