package segment

import (
	"slices"
	"strconv"
	"strings"

	"github.com/keyaccount/keyaccount"
)

// The schema and version that [PropensityCounts] carry.
const (
	PropensityCountsSchema  = "keyaccount/segment.PropensityCounts"
	PropensityCountsVersion = 1
)

// PropensityCounts counts, for each value of each feature, how many accounts
// with it won (became key, bought again, renewed: whatever is to be predicted)
// and how many did not. Counts of parts [PropensityCounts.Merge] into those of
// the whole; [FitPropensity] turns them into a model. They are a plain value
// with a stable JSON form. Not for several goroutines while one of them adds.
//
// Make them with [NewPropensityCounts]. The zero value has no features; it
// merges with anything, and takes the features over.
type PropensityCounts struct {
	Schema  string `json:"schema"`
	Version int    `json:"version"`
	// Won and Lost count the accounts.
	Won  int `json:"won"`
	Lost int `json:"lost"`
	// Features are in the order given to NewPropensityCounts.
	Features []PropensityFeature `json:"features"`
}

// PropensityFeature is one feature and the values it was seen with.
type PropensityFeature struct {
	Name string `json:"name"`
	// Values are sorted by Value, each with at least one account.
	Values []PropensityValue `json:"values"`
}

// PropensityValue is how often a value was seen.
type PropensityValue struct {
	Value string `json:"value"`
	Won   int    `json:"won"`
	Lost  int    `json:"lost"`
}

// NewPropensityCounts returns empty counts of the named features, such as
// industry, region or an RFM score. It refuses names that are missing or stand
// twice.
func NewPropensityCounts(features ...string) (*PropensityCounts, error) {
	c := &PropensityCounts{Schema: PropensityCountsSchema, Version: PropensityCountsVersion, Features: []PropensityFeature{}}
	for _, name := range features {
		c.Features = append(c.Features, PropensityFeature{Name: name, Values: []PropensityValue{}})
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}

// Add counts one account by its values, in the order of the features. An empty
// value is unknown and tells nothing. A wrong number of values is refused as a
// [*keyaccount.InputError] ([keyaccount.ErrMismatch]).
func (c *PropensityCounts) Add(values []string, won bool) error {
	return c.count(values, won, +1)
}

// Remove takes back what Add counted, for an account whose outcome or values
// were corrected. What was never added is refused ([keyaccount.ErrOutOfRange])
// and changes nothing.
func (c *PropensityCounts) Remove(values []string, won bool) error {
	if len(values) != len(c.Features) {
		return wrongValues(len(values), len(c.Features))
	}
	never := func(field, value string) error {
		return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Value: value, Reason: "this was never added"}
	}
	if won && c.Won == 0 || !won && c.Lost == 0 {
		return never("won", strconv.FormatBool(won))
	}
	for i, value := range values {
		if value == "" {
			continue
		}
		f := &c.Features[i]
		at, ok := f.find(value)
		if !ok || won && f.Values[at].Won == 0 || !won && f.Values[at].Lost == 0 {
			return never(f.Name, value)
		}
	}
	return c.count(values, won, -1)
}

func (c *PropensityCounts) count(values []string, won bool, by int) error {
	if len(values) != len(c.Features) {
		return wrongValues(len(values), len(c.Features))
	}
	if c.isZero() {
		c.Schema, c.Version = PropensityCountsSchema, PropensityCountsVersion
	}
	tally(&c.Won, &c.Lost, won, by)
	for i, value := range values {
		if value == "" {
			continue
		}
		f := &c.Features[i]
		at, ok := f.find(value)
		if !ok {
			f.Values = slices.Insert(f.Values, at, PropensityValue{Value: strings.Clone(value)})
		}
		v := &f.Values[at]
		tally(&v.Won, &v.Lost, won, by)
		if v.Won == 0 && v.Lost == 0 {
			f.Values = slices.Delete(f.Values, at, at+1)
		}
	}
	return nil
}

func tally(won, lost *int, did bool, by int) {
	if did {
		*won += by
		return
	}
	*lost += by
}

func wrongValues(got, want int) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMismatch, Field: "values", Value: strconv.Itoa(got) + " values",
		Reason: "there are " + strconv.Itoa(want) + " features",
	}
}

func (f *PropensityFeature) find(value string) (int, bool) {
	return slices.BinarySearchFunc(f.Values, value, func(v PropensityValue, x string) int { return strings.Compare(v.Value, x) })
}

// Merge adds the other counts, which stay unchanged. Other features, or the
// same in another order, are refused ([keyaccount.ErrMismatch]), as is what
// does not [PropensityCounts.Validate].
func (c *PropensityCounts) Merge(other *PropensityCounts) error {
	if other == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "other", Reason: "there are no counts to merge"}
	}
	if other.isZero() {
		return nil
	}
	if err := other.Validate(); err != nil {
		return err
	}
	sum := PropensityCounts{Schema: PropensityCountsSchema, Version: PropensityCountsVersion}
	if c.isZero() {
		for _, f := range other.Features {
			sum.Features = append(sum.Features, PropensityFeature{Name: f.Name, Values: slices.Clone(f.Values)})
		}
		sum.Won, sum.Lost = other.Won, other.Lost
		*c = sum
		return nil
	}
	if len(c.Features) != len(other.Features) {
		return otherFeatures(strconv.Itoa(len(other.Features)) + " features")
	}
	for i, f := range other.Features {
		if f.Name != c.Features[i].Name {
			return otherFeatures(f.Name)
		}
	}
	sum.Won, sum.Lost = c.Won+other.Won, c.Lost+other.Lost
	for i, f := range c.Features {
		sum.Features = append(sum.Features, PropensityFeature{Name: f.Name, Values: mergeValues(f.Values, other.Features[i].Values)})
	}
	if err := sum.Validate(); err != nil { // counts too large
		return err
	}
	*c = sum
	return nil
}

func (c *PropensityCounts) isZero() bool {
	return c.Schema == "" && c.Version == 0 && c.Won == 0 && c.Lost == 0 && len(c.Features) == 0
}

func otherFeatures(value string) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMismatch, Field: "Features", Value: value, Reason: "the counts are of other features",
	}
}

func mergeValues(a, b []PropensityValue) []PropensityValue {
	out := make([]PropensityValue, 0, max(len(a), len(b)))
	for len(a) > 0 && len(b) > 0 {
		switch c := strings.Compare(a[0].Value, b[0].Value); {
		case c < 0:
			out, a = append(out, a[0]), a[1:]
		case c > 0:
			out, b = append(out, b[0]), b[1:]
		default:
			out = append(out, PropensityValue{Value: a[0].Value, Won: a[0].Won + b[0].Won, Lost: a[0].Lost + b[0].Lost})
			a, b = a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}
