package affinity

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/keyaccount/keyaccount"
)

// DueOptions sets up [Model.Due].
type DueOptions struct {
	// N is how many products are wanted. Defaults to 10.
	N int
	// From is the score from which a product is due, above 0: 1 means that
	// one purchase is to be expected since the last. Defaults to 0.8.
	From float64
	// To is the score above which the account has given the product up, rather
	// than being late; at least From. Defaults to 3, or to From where that is
	// more.
	To float64
	// PriorGaps is how many gaps the rhythm of all buyers weighs against the
	// account's own, above 0. Defaults to 2.
	PriorGaps float64
	// MinGaps is how many gaps all buyers together must have shown for the
	// product to have a rhythm. Defaults to 5.
	MinGaps int
	// Exclude lists products that must not be shown. Defaults to none.
	Exclude []string
}

func (o *DueOptions) resolve() (DueOptions, error) {
	out := DueOptions{}
	if o != nil {
		out = *o
	}
	if out.From == 0 {
		out.From = 0.8
	}
	if out.To == 0 {
		out.To = max(3, out.From)
	}
	if out.PriorGaps == 0 {
		out.PriorGaps = 2
	}
	if out.MinGaps == 0 {
		out.MinGaps = 5
	}
	faults := []error{wanted(&out.N)}
	positive := func(v float64) bool { return v > 0 && v <= maxCount }
	if !positive(out.From) {
		faults = append(faults, outOfRange("From", number(out.From), "a product is due from a score above 0"))
	}
	if !(out.To >= out.From) || !positive(out.To) {
		faults = append(faults, outOfRange("To", number(out.To), "this score is at least From"))
	}
	if !positive(out.PriorGaps) {
		faults = append(faults, outOfRange("PriorGaps", number(out.PriorGaps), "the weight of all buyers' rhythm is above 0"))
	}
	if out.MinGaps < 1 {
		faults = append(faults, outOfRange("MinGaps", strconv.Itoa(out.MinGaps), "a rhythm needs a gap"))
	}
	return out, errors.Join(faults...)
}

// Due returns the products of the history that the account may need again.
// With k gaps of the account's own in T days, and a mean gap g of all buyers
// that weighs as much as w = PriorGaps gaps, the expected gap and the score
// are
//
//	gap = (w·g + T) / (w + k),  score = days since the last purchase / gap
//
// the mean of the gamma-Poisson rate times the days gone by, that is the
// number of purchases to be expected since. The days are those of asOf's own
// zone. A product that neither the account nor enough others ever came back
// for has no rhythm, and is not listed; nor is a holding without days.
//
// Products with a score from From to To are sorted by score, the greatest
// first, then by product. Unfinished gaps are not counted, so a gap is rather
// short where most buyers have not come back yet. A nil opts means the
// defaults. Due refuses what [Model.Next] refuses, no asOf
// ([keyaccount.ErrMissing]), and a purchase after it
// ([keyaccount.ErrOutOfRange]).
func (m *Model) Due(h History, asOf time.Time, opts *DueOptions) ([]Recommendation, error) {
	o, err := opts.resolve()
	if err != nil {
		return nil, err
	}
	if err := m.accepts(&h); err != nil {
		return nil, err
	}
	if !writable(asOf) {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "asOf", Reason: "what is due needs a day, in the years 1 to 9998"}
	}
	today, exclude := dayOf(asOf), sortedCopy(o.Exclude)
	out := []Recommendation{}
	for i := range h.Items {
		x := &h.Items[i]
		if x.Last.IsZero() {
			continue
		}
		since := today - dayOf(x.Last)
		if since < 0 {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: "Last", Row: i + 1, Value: x.Last.Format(time.DateOnly),
				Reason: "the last purchase is after " + asOf.Format(time.DateOnly),
			}
		}
		if r, ok := m.due(x, since, &o); ok && !has(exclude, x.Product) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(x, y Recommendation) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.Product, y.Product))
	})
	return withRanks(out[:min(o.N, len(out))]), nil
}

func (m *Model) due(x *Holding, since int, o *DueOptions) (Recommendation, bool) {
	r := Recommendation{Product: x.Product, Reason: DueAgain, By: m.Baskets.By}
	gaps, span := float64(0), float64(0)
	weighed, worth := float64(0), float64(0)
	own, all := max(x.Days-1, 0), 0
	if own > 0 {
		span = float64(dayOf(x.Last) - dayOf(x.First))
		gaps, weighed = float64(own), float64(own)
		worth = span
	}
	mean := 0.0
	if at := m.place(x.Product); at >= 0 && m.Products[at].Gaps >= o.MinGaps {
		all, mean = m.Products[at].Gaps, m.Products[at].MeanGap()
		weighed += o.PriorGaps
		worth += o.PriorGaps * mean
	}
	if weighed == 0 {
		return r, false
	}
	gap := worth / weighed
	if own > 0 {
		r.Because = append(r.Because, Contribution{
			Source: FromOwnRhythm, Count: own, MeanDays: span / gaps, Value: float64(since) * gaps / worth,
		})
	}
	if all > 0 {
		r.Because = append(r.Because, Contribution{
			Source: FromProductRhythm, Count: all, MeanDays: mean, Value: float64(since) * o.PriorGaps / worth,
		})
	}
	for _, c := range r.Because {
		r.Score += c.Value
	}
	slices.SortStableFunc(r.Because, func(a, b Contribution) int { return cmp.Compare(b.Value, a.Value) })
	r.Due = &Due{DaysSince: since, ExpectedGap: gap, Expected: dateOf(min(dayOf(x.Last)+int(math.Round(gap)), lastDay))}
	return r, r.Score >= o.From && r.Score <= o.To
}
