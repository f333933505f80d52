package segment

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

// Validate reports the first thing that makes the Model no result of [FitRFM]
// or [NewModel], as a [*keyaccount.InputError]. For one that was put together
// by hand or elsewhere.
func (m *Model) Validate() error {
	if err := (saved.Form{Schema: ModelSchema, Version: ModelVersion}).Check(m.Schema, m.Version); err != nil {
		return err
	}
	switch {
	case m.Bins < 2 || m.Bins > MaxBins:
		return modelFault("Bins", binsRange())
	case !m.Rule.known():
		return unknownRule(m.Rule)
	case !writable(m.AsOf):
		return modelFault("AsOf", "the year must lie between 1 and 9998")
	case m.Scored < 0 || m.Unscored < 0 || m.Scored == 0 && m.Unscored > 0:
		return modelFault("Scored", "a model comes from at least one account with orders, or from none at all")
	}
	if err := m.Recency.validate("Recency", m.Scored, cutOrder); err != nil {
		return err
	}
	if err := m.Frequency.validate("Frequency", m.Scored, cutOrder); err != nil {
		return err
	}
	if err := validateMoney("Monetary", &m.Monetary, m.Scored); err != nil {
		return err
	}
	if m.Bins != max(m.Recency.Bins(), m.Frequency.Bins(), m.Monetary.Bins()) {
		return modelFault("Bins", "this is the greatest number of scores among the scales")
	}
	if err := m.Nested.validate(m); err != nil {
		return err
	}
	if err := m.validateDimensions(); err != nil {
		return err
	}
	if m.Rules == nil {
		return nil
	}
	if err := m.Rules.Validate(); err != nil {
		return err
	}
	return m.Rules.fit(m)
}

func modelFault(field, reason string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Reason: reason}
}

// fit refuses rules for other numbers of scores than the model's, or for
// dimensions that it has not.
func (r *Rules) fit(m *Model) error {
	bins := Cell{R: m.Recency.Bins(), F: m.Frequency.Bins(), M: m.Monetary.Bins()}
	if own := (Cell{R: r.Bins.R, F: r.Bins.F, M: r.Bins.M}); own != bins {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "Rules.Bins", Value: own.String(),
			Reason: "the scales have " + bins.String() + " scores",
		}
	}
	for i, name := range r.Dimensions {
		fault := func(reason string) error {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrMismatch, Field: "Rules.Dimensions", Row: i + 1, Value: name, Reason: reason,
			}
		}
		d, ok := m.Dimension(name)
		switch {
		case !ok:
			return fault("the model has no such dimension")
		case d.Bins() != int(r.Bins.Dimensions[i]):
			return fault("its scale has " + strconv.Itoa(d.Bins()) + " scores")
		}
	}
	return nil
}

func (s *Scale[T]) validate(name string, scored int, order func(a, b Cut[T]) int) error {
	switch {
	case !s.Rule.known():
		return unknownRule(s.Rule)
	case s.Bins() < 2 || s.Bins() > MaxBins:
		return modelFault(name+".Cuts", binsRange())
	case !slices.IsSortedFunc(s.Cuts, order):
		return modelFault(name+".Cuts", "the cuts must ascend")
	case scored == 0 && len(s.Counts) == 0 && len(s.Collapsed) == 0:
		return nil
	case len(s.Counts) != s.Bins():
		return modelFault(name, "a scale needs a count for every bin, and a cut between any two")
	}
	left := scored
	for _, n := range s.Counts {
		if n < 0 || n > left {
			return modelFault(name+".Counts", "the counts must add up to the scored accounts")
		}
		left -= n
	}
	if left != 0 {
		return modelFault(name+".Counts", "the counts must add up to the scored accounts")
	}
	if !slices.Equal(s.Collapsed, emptyScores(s.Counts)) {
		return modelFault(name+".Collapsed", "the collapsed scores are those with a count of zero")
	}
	return nil
}

func validateMoney(name string, s *Scale[decimal.Decimal], scored int) error {
	for i, c := range s.Cuts {
		if !exact.InRange(c.Value) || c.Over < 0 || c.Over > maxOver {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: name + ".Cuts", Row: i + 1, Value: exact.Text(c.Value) + over(c.Over),
				Reason: "the cut is outside the range of money",
			}
		}
	}
	return s.validate(name, scored, moneyCutOrder)
}

func over(n int) string {
	if n == 0 {
		return ""
	}
	return "/" + strconv.Itoa(n)
}

func cutOrder(a, b Cut[int]) int {
	if c := cmp.Compare(a.Value, b.Value); c != 0 {
		return c
	}
	return closedFirst(a.OrEqual, b.OrEqual)
}

func moneyCutOrder(a, b Cut[decimal.Decimal]) int {
	ours := a.Value.Mul(decimal.NewFromInt(int64(max(b.Over, 1))))
	if c := compareTimes(b.Value, max(a.Over, 1), ours); c != 0 {
		return -c
	}
	return closedFirst(a.OrEqual, b.OrEqual)
}

// closedFirst orders two cuts at the same value: the one that the value itself
// is beyond comes first.
func closedFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
