package affinity

import (
	"cmp"
	"slices"
)

// Next recommends what an account may buy next: a product's score is the sum,
// over the products of the history, of their similarity to it, as far as it is
// among their neighbours.
//
// When these are fewer than N, the products that most accounts of the segment
// buy follow, then those that most accounts buy at all; so a new account, or
// one of an unknown segment, gets an answer too. The result has fewer than N
// products only where no more are allowed. Products of the history that the
// model does not know say nothing, and are no fault.
//
// Recommendations are sorted by reason (bought together, popular in the
// segment, popular), then by score, the greatest first, then by product. A nil
// opts means the defaults. Next refuses options outside their domain
// ([keyaccount.ErrOutOfRange]), a Model without products
// ([keyaccount.ErrMissing]), and a history that names a product twice
// ([keyaccount.ErrDuplicate]), has no ID for one, or has impossible days.
func (m *Model) Next(h History, opts *NextOptions) ([]Recommendation, error) {
	o, err := opts.resolve()
	if err != nil {
		return nil, err
	}
	if err := m.accepts(&h); err != nil {
		return nil, err
	}
	allowed := m.eligible(&h, &o)
	scored := m.together(allowed)
	scored = scored[:min(o.N, len(scored))]
	out := make([]Recommendation, 0, min(o.N, len(m.Products)))
	shown := make(map[int]struct{}, cap(out))
	for _, s := range scored {
		shown[s.product] = struct{}{}
		out = append(out, Recommendation{Reason: BoughtTogether, Score: s.score, Because: m.because(s.parts)}.about(m, s.product))
	}
	if o.NoFallback {
		return withRanks(out), nil
	}
	if s := m.segment(h.Segment); s != nil {
		out = m.popular(out, s, o.N, allowed, shown)
	}
	return withRanks(m.popular(out, &m.Everyone, o.N, allowed, shown)), nil
}

// part is what a product of the history adds to the score of another.
type part struct {
	source, together int
	value            float64
}

type scored struct {
	product int
	score   float64
	parts   []part // sorted by source
}

// together scores what goes with the history, the best first.
func (m *Model) together(allowed *eligible) []scored {
	var parts []part
	var order []uint64 // target and place in parts
	for _, source := range allowed.owned {
		for _, l := range m.Products[source].Neighbours {
			if l.Similarity > 0 && allowed.allows(l.Product) {
				order = append(order, uint64(l.Product)<<32|uint64(len(parts)))
				parts = append(parts, part{source: source, together: l.Together, value: l.Similarity})
			}
		}
	}
	slices.Sort(order)
	var out []scored
	byTarget := make([]part, 0, len(parts))
	for from := 0; from < len(order); {
		s := scored{product: int(order[from] >> 32)}
		to := from
		for ; to < len(order) && int(order[to]>>32) == s.product; to++ {
			p := parts[uint32(order[to])]
			byTarget = append(byTarget, p)
			s.score += p.value
		}
		s.parts = byTarget[from:to]
		out = append(out, s)
		from = to
	}
	slices.SortFunc(out, func(x, y scored) int {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.product, y.product))
	})
	return out
}

// because names the parts, the greatest first.
func (m *Model) because(parts []part) []Contribution {
	slices.SortStableFunc(parts, func(x, y part) int { return cmp.Compare(y.value, x.value) })
	out := make([]Contribution, len(parts))
	for i, p := range parts {
		source := &m.Products[p.source]
		out[i] = Contribution{Source: FromProduct, Product: source.ID, Count: p.together, Of: source.Count, Value: p.value}
	}
	return out
}

// popular appends what most accounts of the segment buy, up to n in all.
func (m *Model) popular(out []Recommendation, s *Segment, n int, allowed *eligible, shown map[int]struct{}) []Recommendation {
	for _, p := range s.Products {
		if len(out) >= n {
			break
		}
		if _, twice := shown[p.Product]; twice || !allowed.allows(p.Product) {
			continue
		}
		shown[p.Product] = struct{}{}
		r := m.share(s, p).about(m, p.Product)
		r.Reason = PopularOverall
		if s.Name != "" {
			r.Reason = PopularInSegment
		}
		out = append(out, r)
	}
	return out
}

// share scores a product by the share of the segment's accounts that buy it,
// split into the share of all accounts and what the segment adds to that.
func (m *Model) share(s *Segment, p Popularity) Recommendation {
	buyers, all := m.Products[p.Product].Buyers, m.Everyone.Accounts
	base := ratio(int64(buyers), int64(all))
	r := Recommendation{
		Score: ratio(int64(p.Buyers), int64(s.Accounts)), Segment: s.Name,
		Because: []Contribution{{Source: FromEveryone, Count: buyers, Of: all, Value: base}},
	}
	if s.Name != "" {
		r.Because = append(r.Because, Contribution{Source: FromSegment, Count: p.Buyers, Of: s.Accounts, Value: r.Score - base})
		slices.SortStableFunc(r.Because, func(x, y Contribution) int { return cmp.Compare(y.Value, x.Value) })
	}
	return r
}

// about names the product.
func (r Recommendation) about(m *Model, product int) Recommendation {
	r.Product, r.By = m.Products[product].ID, m.Baskets.By
	return r
}

// withRanks counts them from 1.
func withRanks(out []Recommendation) []Recommendation {
	for i := range out {
		out[i].Rank = i + 1
	}
	return out
}
