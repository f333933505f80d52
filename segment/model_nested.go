package segment

import (
	"strconv"

	"github.com/shopspring/decimal"
)

// NestedScales are the cuts of frequency among the accounts of each recency
// score, and those of the amount among the accounts of each recency and
// frequency score (rfm issue #81). A frequency score then says how an account
// compares with those who bought as recently, no longer with all: equal
// figures get equal scores only where the scores before are equal too.
type NestedScales struct {
	// Frequency has one scale for R = 1, 2, …; Monetary one for R = 1 and
	// F = 1, 2, …, then for R = 2, and so on. A scale without cuts stands for
	// scores that no fitted account has: there the Model's own scale counts.
	Frequency []Scale[int]             `json:"frequency"`
	Monetary  []Scale[decimal.Decimal] `json:"monetary"`
}

// frequency returns the cuts for a recency score.
func (m *Model) frequency(r int) []Cut[int] {
	if n := m.Nested; n != nil && r-1 < len(n.Frequency) && len(n.Frequency[r-1].Cuts) > 0 {
		return n.Frequency[r-1].Cuts
	}
	return m.Frequency.Cuts
}

// monetary returns the cuts for a recency and a frequency score.
func (m *Model) monetary(r, f int) []Cut[decimal.Decimal] {
	if n := m.Nested; n != nil {
		if i := (r-1)*m.Frequency.Bins() + f - 1; i < len(n.Monetary) && len(n.Monetary[i].Cuts) > 0 {
			return n.Monetary[i].Cuts
		}
	}
	return m.Monetary.Cuts
}

// fitNested fits the scales within the scores.
func (m *Model) fitNested(figures rfmColumns, frequency, monetary ScaleOptions) error {
	bins := m.Frequency.Bins()
	n := &NestedScales{
		Frequency: make([]Scale[int], m.Recency.Bins()),
		Monetary:  make([]Scale[decimal.Decimal], m.Recency.Bins()*bins),
	}
	m.Nested = n
	byR := make([][]int, len(n.Frequency)) // their orders
	for i, d := range figures.days {
		r := m.r(d)
		byR[r-1] = append(byR[r-1], figures.orders[i])
	}
	for i, values := range byR {
		if len(values) == 0 {
			continue
		}
		scale, err := fitCounts(values, frequency, false)
		if err != nil {
			return err
		}
		n.Frequency[i] = scale
	}
	byF := make([][]decimal.Decimal, len(n.Monetary))
	for i, d := range figures.days {
		r := m.r(d)
		at := (r-1)*bins + m.f(figures.orders[i], r) - 1
		byF[at] = append(byF[at], figures.nets[i])
	}
	for i, values := range byF {
		if len(values) == 0 {
			continue
		}
		scale, err := fitMoney(values, monetary, false)
		if err != nil {
			return err
		}
		n.Monetary[i] = scale
	}
	return nil
}

func (n *NestedScales) validate(m *Model) error {
	if n == nil {
		return nil
	}
	bins := m.Frequency.Bins()
	if m.Scored == 0 || len(n.Frequency) != m.Recency.Bins() || len(n.Monetary) != m.Recency.Bins()*bins {
		return modelFault("Nested", "there must be a scale for every score, of accounts that were seen")
	}
	for i := range n.Frequency {
		s, count := &n.Frequency[i], m.Recency.Counts[i]
		name := "Nested.Frequency[" + strconv.Itoa(i) + "]"
		if count == 0 {
			if len(s.Cuts)+len(s.Counts)+len(s.Collapsed) > 0 {
				return modelFault(name, "no fitted account has this score")
			}
		} else {
			if s.Bins() != bins {
				return modelFault(name+".Cuts", "there must be as many as in Frequency")
			}
			if err := s.validate(name, count, cutOrder); err != nil {
				return err
			}
		}
		for f := range bins {
			scored := 0
			if count > 0 {
				scored = s.Counts[f]
			}
			if err := n.validateCell(m, i*bins+f, scored); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *NestedScales) validateCell(m *Model, i, scored int) error {
	s, name := &n.Monetary[i], "Nested.Monetary["+strconv.Itoa(i)+"]"
	switch {
	case scored == 0 && len(s.Cuts)+len(s.Counts)+len(s.Collapsed) > 0:
		return modelFault(name, "no fitted account has these scores")
	case scored == 0:
		return nil
	case s.Bins() != m.Monetary.Bins():
		return modelFault(name+".Cuts", "there must be as many as in Monetary")
	}
	return validateMoney(name, s, scored)
}
