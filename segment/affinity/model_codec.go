package affinity

import (
	"math"
	"slices"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/state"
)

var modelForm = state.Form{Schema: ModelSchema, Version: ModelVersion}

// UnmarshalJSON reads a Model and refuses one of another schema or version
// ([keyaccount.ErrVersion]) or one that does not [Model.Validate]. After an
// error the receiver is unchanged.
func (m *Model) UnmarshalJSON(data []byte) error {
	type plain Model
	var in plain
	if err := modelForm.ReadJSON(data, "Model", &in); err != nil {
		return err
	}
	if err := (*Model)(&in).Validate(); err != nil {
		return err
	}
	*m = Model(in)
	return nil
}

// maxCount bounds the gaps and days of a model from elsewhere, so that sums of
// them stay exact.
const maxCount = 1 << (30 + 10*(^uint(0)>>63)) // 2^40, or 2^30 in 32 bits

// Validate reports the first thing that makes the Model no result of [Fit], as
// a [*keyaccount.InputError]. For one that was put together by hand or
// elsewhere.
func (m *Model) Validate() error {
	if err := modelForm.Check(m.Schema, m.Version); err != nil {
		return err
	}
	if err := m.check(); err != nil {
		return err
	}
	if o, err := m.Baskets.resolve(); err != nil || o != m.Baskets {
		return modelFault("Baskets", 0, "the options are not those of a fitted model")
	}
	if o, err := m.Similarity.resolve(); err != nil || o.Measure != m.Similarity.Measure ||
		o.MinTogether != m.Similarity.MinTogether || o.Neighbours != m.Similarity.Neighbours {
		return modelFault("Similarity", 0, "the options are not those of a fitted model")
	}
	if !writable(m.First) || !writable(m.Last) || m.Last.Before(m.First) {
		return modelFault("First", 0, "the first and the last day must lie in order, in the years 1 to 9998")
	}
	if m.Report.Baskets < 0 || m.Report.Baskets > math.MaxInt32 {
		return modelFault("Report", 0, "a count is out of range")
	}
	if m.Everyone.Accounts < 1 || m.Everyone.Accounts > math.MaxInt32 {
		return modelFault("Everyone", 0, "a model comes from at least one account")
	}
	for i := range m.Products {
		if err := m.validateProduct(i); err != nil {
			return err
		}
	}
	if m.Everyone.Name != "" || len(m.Everyone.Products) != len(m.Products) {
		return modelFault("Everyone", 0, "all accounts together have no name, and bought every product")
	}
	if err := m.validateSegment(&m.Everyone, "Everyone", 0); err != nil {
		return err
	}
	for i := range m.Segments {
		s := &m.Segments[i]
		if s.Name == "" || i > 0 && s.Name <= m.Segments[i-1].Name {
			return modelFault("Segments", i+1, "segments have names, and are sorted by them")
		}
		if err := m.validateSegment(s, "Segments", i+1); err != nil {
			return err
		}
	}
	return nil
}

func modelFault(field string, row int, reason string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Row: row, Reason: reason}
}

func (m *Model) validateProduct(i int) error {
	p := &m.Products[i]
	fault := func(reason string) error { return modelFault("Products", i+1, reason) }
	switch {
	case p.ID == "" || i > 0 && p.ID <= m.Products[i-1].ID:
		return fault("products have IDs, and are sorted by them")
	case p.Count < 0 || p.Count > m.Report.Baskets:
		return fault("no more baskets can hold a product than there are")
	case p.Buyers < 1 || p.Buyers > m.Everyone.Accounts || p.Repeaters < 0 || p.Repeaters > p.Buyers:
		return fault("a product has at least one buyer, no more than there are accounts, and no more repeaters than buyers")
	case p.Gaps < p.Repeaters || p.Gaps > maxCount || p.GapDays < p.Gaps || p.GapDays > maxCount || (p.Gaps > 0) != (p.Repeaters > 0):
		return fault("every repeater has a gap, and every gap at least a day")
	case len(p.Neighbours) > m.Similarity.Neighbours:
		return fault("there are more neighbours than were asked for")
	}
	for k, l := range p.Neighbours {
		if l.Product < 0 || l.Product >= len(m.Products) || l.Product == i {
			return fault("a neighbour is none of the other products")
		}
		if !(l.Similarity >= 0) || math.IsInf(l.Similarity, 0) || l.Similarity > maxCount ||
			l.Together < m.Similarity.MinTogether || l.Together > min(p.Count, m.Products[l.Product].Count) {
			return fault("a neighbour's similarity or count is out of range")
		}
		if k > 0 && nearer(p.Neighbours[k-1].link(), l.link()) >= 0 {
			return fault("the neighbours must be sorted, the best first, and each once")
		}
	}
	// Sorting by similarity does not tell whether one stands twice.
	seen := make([]int, len(p.Neighbours))
	for k, l := range p.Neighbours {
		seen[k] = l.Product
	}
	slices.Sort(seen)
	if len(slices.Compact(seen)) < len(p.Neighbours) {
		return fault("the neighbours must be sorted, the best first, and each once")
	}
	return nil
}

func (l Link) link() link {
	return link{product: int32(l.Product), together: int32(l.Together), similarity: l.Similarity}
}

func (m *Model) validateSegment(s *Segment, field string, row int) error {
	if s.Accounts < 1 || s.Accounts > m.Everyone.Accounts {
		return modelFault(field, row, "a segment has at least one account, and no more than there are")
	}
	seen := make(map[int]struct{}, len(s.Products))
	for i, p := range s.Products {
		if p.Product < 0 || p.Product >= len(m.Products) || p.Buyers < 1 || p.Buyers > min(s.Accounts, m.Products[p.Product].Buyers) {
			return modelFault(field, row, "a product is unknown, or has more buyers than there can be")
		}
		if _, twice := seen[p.Product]; twice || i > 0 && morePopular(s.Products[i-1], p) >= 0 {
			return modelFault(field, row, "the products must be sorted by buyers, and each once")
		}
		seen[p.Product] = struct{}{}
	}
	return nil
}
