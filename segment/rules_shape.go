package segment

import (
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// faultList collects what is wrong.
type faultList []error

func (f *faultList) add(kind error, field string, row int, value, reason string) {
	*f = append(*f, &keyaccount.InputError{Kind: kind, Field: field, Row: row, Value: value, Reason: reason})
}

// shape reports what makes the rules unreadable, before coverage is a question.
func (r *Rules) shape() error {
	var found faultList
	r.checkScales(&found)
	switch {
	case len(r.Rules) == 0:
		found.add(keyaccount.ErrMissing, "Rules", 0, "", "there is no rule")
	case len(r.Rules) > MaxRules:
		found.add(keyaccount.ErrOutOfRange, "Rules", 0, strconv.Itoa(len(r.Rules)), "there can be at most "+strconv.Itoa(MaxRules)+" rules")
	}
	if len(found) > 0 {
		return errors.Join(found...)
	}
	named := make(map[string]Segment, len(r.Rules))
	for i := range r.Rules {
		s := r.Rules[i].Segment
		before, known := named[s.Key]
		switch {
		case s.Key == "" || s.En == "" || s.Zh == "":
			found.add(keyaccount.ErrMissing, "Segment", i+1, s.Key, "a segment needs a key, and a label in English and in Chinese")
		case known && before != s:
			found.add(keyaccount.ErrMismatch, "Segment", i+1, s.Key, "a rule before gives this segment other labels")
		}
		named[s.Key] = s
		r.checkSpans(&found, i)
	}
	return errors.Join(found...)
}

// checkScales reports numbers of scores outside their domain, dimensions that
// cannot be told apart, and grids that are too large.
func (r *Rules) checkScales(found *faultList) {
	if lo, hi := min(r.Bins.R, r.Bins.F, r.Bins.M), max(r.Bins.R, r.Bins.F, r.Bins.M); lo < 2 || hi > MaxBins {
		found.add(keyaccount.ErrOutOfRange, "Bins", 0, r.Bins.String(), binsRange())
	}
	if len(r.Dimensions) > MaxDimensions {
		*found = append(*found, tooManyDimensions(len(r.Dimensions)))
		return
	}
	for i, n := range r.Bins.Dimensions {
		switch {
		case i >= len(r.Dimensions):
			if n != 0 {
				found.add(keyaccount.ErrMismatch, "Bins.Dimensions", i+1, strconv.Itoa(int(n)), "there is no dimension of this number")
			}
		case n < 2 || n > MaxBins:
			found.add(keyaccount.ErrOutOfRange, "Bins.Dimensions", i+1, strconv.Itoa(int(n)), binsRange())
		case r.Dimensions[i] == "":
			found.add(keyaccount.ErrMissing, "Dimensions", i+1, "", "a dimension needs a name")
		case slices.Contains(r.Dimensions[:i], r.Dimensions[i]):
			*found = append(*found, duplicateDimension(i, r.Dimensions[i]))
		}
	}
	if len(*found) > 0 {
		return
	}
	cells := r.Bins.R * r.Bins.F * r.Bins.M
	for i := range r.Dimensions {
		cells = min(cells*(1+int(r.Bins.Dimensions[i])), MaxCells+1)
	}
	if cells > MaxCells {
		found.add(keyaccount.ErrOutOfRange, "Bins", 0, r.Bins.String(),
			"there can be at most "+strconv.Itoa(MaxCells)+" combinations of scores; a dimension has one level more than scores")
	}
}

// checkSpans reports what a rule asks for and no account can have.
func (r *Rules) checkSpans(found *faultList, i int) {
	rule := &r.Rules[i]
	check := func(field string, low, high, least, bins int) {
		if low < least || low > high || high > bins {
			found.add(keyaccount.ErrOutOfRange, field, i+1, strconv.Itoa(low)+" to "+strconv.Itoa(high),
				"a span goes up, within the scores "+strconv.Itoa(least)+" to "+strconv.Itoa(bins))
		}
	}
	for _, x := range []struct {
		field string
		span  Span
		bins  int
	}{{"R", rule.R, r.Bins.R}, {"F", rule.F, r.Bins.F}, {"M", rule.M, r.Bins.M}} {
		low, high := x.span.bounds(x.bins)
		check(x.field, low, high, 1, x.bins)
	}
	if len(rule.Dimensions) == 0 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(rule.Dimensions)) {
		levels, at := rule.Dimensions[name], slices.Index(r.Dimensions, name)
		if at < 0 {
			found.add(keyaccount.ErrMismatch, "Dimensions", i+1, name, "the rules name no such dimension")
			continue
		}
		check(name, levels[0], levels[1], 0, int(r.Bins.Dimensions[at]))
	}
}
