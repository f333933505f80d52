package segment

import (
	"math"

	"github.com/keyaccount/keyaccount"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

var (
	propensityCountsForm = saved.Form{Schema: PropensityCountsSchema, Version: PropensityCountsVersion}
	propensityForm       = saved.Form{Schema: PropensitySchema, Version: PropensityVersion}
)

// Validate reports the first thing that makes these no counts, as a
// [*keyaccount.InputError]. For counts that were put together elsewhere, such
// as by a GROUP BY.
func (c *PropensityCounts) Validate() error {
	if err := propensityCountsForm.Check(c.Schema, c.Version); err != nil {
		return err
	}
	if !propensityCount(c.Won) || !propensityCount(c.Lost) {
		return propensityFault(keyaccount.ErrOutOfRange, "Won", "", "a count lies between 0 and 2^53")
	}
	names := make(map[string]struct{}, len(c.Features))
	for _, f := range c.Features {
		if f.Name == "" {
			return propensityFault(keyaccount.ErrMissing, "Features", "", "a feature needs a name")
		}
		if _, ok := names[f.Name]; ok {
			return propensityFault(keyaccount.ErrDuplicate, "Features", f.Name, "the feature stands twice")
		}
		names[f.Name] = struct{}{}
		before, won, lost := "", c.Won, c.Lost
		for _, v := range f.Values {
			if v.Value <= before {
				return propensityFault(keyaccount.ErrOutOfRange, f.Name, v.Value, "the values are not empty and ascend")
			}
			before = v.Value
			if !propensityCount(v.Won) || !propensityCount(v.Lost) || v.Won > won || v.Lost > lost || v.Won+v.Lost == 0 {
				return propensityFault(keyaccount.ErrOutOfRange, f.Name, v.Value, "the values of a feature have counts, and no more accounts than there are")
			}
			won, lost = won-v.Won, lost-v.Lost
		}
	}
	return nil
}

func propensityCount(n int) bool { return 0 <= n && n <= maxCount }

func propensityFault(kind error, field, value, reason string) error {
	return &keyaccount.InputError{Kind: kind, Field: field, Value: value, Reason: reason}
}

// UnmarshalJSON reads counts and refuses those of another schema or version
// ([keyaccount.ErrVersion]) or that do not [PropensityCounts.Validate].
func (c *PropensityCounts) UnmarshalJSON(data []byte) error {
	type plain PropensityCounts
	var in plain
	if err := propensityCountsForm.ReadJSON(data, "PropensityCounts", &in); err != nil {
		return err
	}
	if err := (*PropensityCounts)(&in).Validate(); err != nil {
		return err
	}
	*c = PropensityCounts(in)
	return nil
}

// Validate reports the first thing that makes this no model, as a
// [*keyaccount.InputError].
func (p *Propensity) Validate() error {
	if err := propensityForm.Check(p.Schema, p.Version); err != nil {
		return err
	}
	if err := checkSmoothing(p.Smoothing); err != nil {
		return err
	}
	if err := checkClamp(p.Low, p.High); err != nil {
		return err
	}
	if !finiteLogOdds(p.PriorLogOdds) {
		return propensityFault(keyaccount.ErrOutOfRange, "PriorLogOdds", floatText(p.PriorLogOdds), "log-odds lie between -1000 and 1000")
	}
	counts := PropensityCounts{Schema: PropensityCountsSchema, Version: PropensityCountsVersion, Won: p.Won, Lost: p.Lost}
	for _, s := range p.Features {
		f := PropensityFeature{Name: s.Name}
		for _, w := range s.Values {
			if !finiteLogOdds(w.LogOdds) {
				return propensityFault(keyaccount.ErrOutOfRange, s.Name, floatText(w.LogOdds), "log-odds lie between -1000 and 1000")
			}
			f.Values = append(f.Values, PropensityValue{Value: w.Value, Won: w.Won, Lost: w.Lost})
		}
		counts.Features = append(counts.Features, f)
	}
	return counts.Validate()
}

// finiteLogOdds: smoothed counts give at most 2 ln(2^53 * 1e6), and a prior
// that a float64 holds at most 745.
func finiteLogOdds(x float64) bool { return math.Abs(x) <= 1000 }

// UnmarshalJSON reads a model and refuses one of another schema or version
// ([keyaccount.ErrVersion]) or that does not [Propensity.Validate].
func (p *Propensity) UnmarshalJSON(data []byte) error {
	type plain Propensity
	var in plain
	if err := propensityForm.ReadJSON(data, "Propensity", &in); err != nil {
		return err
	}
	if err := (*Propensity)(&in).Validate(); err != nil {
		return err
	}
	*p = Propensity(in)
	return nil
}
