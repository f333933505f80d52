package segment

import (
	"encoding/json"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

// Dimension is a figure besides recency, frequency and amount, one value for
// each account: length of the relation, margin, days of payment delay, number
// of distinct products, and so on.
type Dimension struct {
	// Name identifies the dimension in a Model, such as "margin".
	Name string
	// LowerBetter gives the highest score to the lowest value, as for a delay.
	// Defaults to the highest score for the highest value.
	LowerBetter bool
	// Scale says how the values are cut. Defaults to those of ScaleOptions.
	Scale ScaleOptions
	// Values are the figures, in any one unit.
	Values []decimal.Decimal
	// Missing marks, at the same index, the values that are not known. They
	// take no part. Defaults to none.
	Missing []bool
}

// DimensionScale is the scale of a [Dimension].
type DimensionScale struct {
	// Name and LowerBetter are those of the Dimension.
	Name        string `json:"name"`
	LowerBetter bool   `json:"lower_better,omitempty"`
	// Scored is how many values were fitted, Unscored how many were missing.
	Scored   int `json:"scored"`
	Unscored int `json:"unscored"`
	Scale[decimal.Decimal]
}

// FitDimension finds the cuts of one dimension. The law of [FitRFM] holds: the
// result depends only on the multiset of values. It refuses, as a
// [*keyaccount.InputError], a dimension without a name or a value, marks of
// missing values that are not one for each value, values outside the range of
// money, and options outside their domain.
func FitDimension(d Dimension) (*DimensionScale, error) {
	return d.fit(func(int) bool { return true }, 5, Type7)
}

// fit takes the rows that take part.
func (d *Dimension) fit(takes func(i int) bool, bins int, rule QuantileRule) (*DimensionScale, error) {
	fault := func(kind error, field, value, reason string) (*DimensionScale, error) {
		return nil, &keyaccount.InputError{Kind: kind, Field: field, Value: value, Reason: reason}
	}
	if d.Name == "" {
		return fault(keyaccount.ErrMissing, "Name", "", "a dimension needs a name")
	}
	if d.Missing != nil && len(d.Missing) != len(d.Values) {
		return fault(keyaccount.ErrMismatch, d.Name+".Missing", strconv.Itoa(len(d.Missing)),
			"there must be one mark for each of the "+strconv.Itoa(len(d.Values))+" values")
	}
	o, err := d.Scale.resolve(d.Name, bins, rule)
	if err != nil {
		return nil, err
	}
	out := &DimensionScale{Name: d.Name, LowerBetter: d.LowerBetter}
	values := make([]decimal.Decimal, 0, len(d.Values))
	for i, v := range d.Values {
		switch {
		case !takes(i):
		case d.Missing != nil && d.Missing[i]:
			out.Unscored++
		case !exact.InRange(v):
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: d.Name, Row: i + 1, Value: exact.Text(v),
				Reason: "too many decimal places, or too high a power of ten",
			}
		default:
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return fault(keyaccount.ErrMissing, d.Name, "", "there is no value to find cuts in")
	}
	out.Scored = len(values)
	out.Scale, err = fitMoney(values, o, d.LowerBetter)
	return out, err
}

// Score places a value on the scale: 1 is the worst and Bins the best. Equal
// values get equal scores, better ones never lower ones.
func (d *DimensionScale) Score(v decimal.Decimal) int {
	n := beyond(v, d.Cuts, compareNet)
	if d.LowerBetter {
		return d.Bins() - n
	}
	return 1 + n
}

// Validate reports the first thing that makes it no result of [FitDimension],
// as a [*keyaccount.InputError].
func (d *DimensionScale) Validate() error {
	switch {
	case d.Name == "":
		return modelFault("Name", "a dimension needs a name")
	case d.Scored < 1 || d.Unscored < 0:
		return modelFault(d.Name+".Scored", "a scale comes from at least one value")
	}
	return validateMoney(d.Name, &d.Scale, d.Scored)
}

// UnmarshalJSON reads a DimensionScale and refuses one that does not
// [DimensionScale.Validate].
func (d *DimensionScale) UnmarshalJSON(data []byte) error {
	type plain DimensionScale
	var in plain
	if err := json.Unmarshal(data, &in); err != nil {
		return saved.Malformed("Dimension", err)
	}
	if err := (*DimensionScale)(&in).Validate(); err != nil {
		return err
	}
	*d = DimensionScale(in)
	return nil
}

func validateDimensions(dims []DimensionScale) error {
	seen := make(map[string]bool, len(dims))
	for i := range dims {
		if err := dims[i].Validate(); err != nil {
			return err
		}
		if seen[dims[i].Name] {
			return duplicateDimension(i, dims[i].Name)
		}
		seen[dims[i].Name] = true
	}
	return nil
}

func duplicateDimension(i int, name string) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrDuplicate, Field: "Dimensions", Row: i + 1, Value: name, Reason: "the dimension stands twice",
	}
}

// Length returns the dimension "length": the calendar days from an account's
// first order to its last, in the location of these times. With it a Model is
// what the literature calls LRFM (Chang and Tsay, Integrating of SOM and
// K-Means in Data Mining Clustering, 2004).
func Length(accounts []Account) Dimension {
	d := Dimension{
		Name: "length", Values: make([]decimal.Decimal, len(accounts)), Missing: make([]bool, len(accounts)),
	}
	for i := range accounts {
		a := &accounts[i]
		d.Missing[i] = !a.HasOrders()
		d.Values[i] = decimal.NewFromInt(int64(dayNumber(a.LastOrder) - dayNumber(a.FirstOrder)))
	}
	return d
}

// Breadth returns the dimension "breadth": the number of categories in which an
// account has orders. It is missing where the [Summary] did not collect them.
func Breadth(accounts []Account) Dimension {
	d := Dimension{
		Name: "breadth", Values: make([]decimal.Decimal, len(accounts)), Missing: make([]bool, len(accounts)),
	}
	for i := range accounts {
		a := &accounts[i]
		if !a.HasOrders() || a.Detail == nil || a.Detail.Breadth == nil {
			d.Missing[i] = true
			continue
		}
		d.Values[i] = decimal.NewFromInt(int64(*a.Detail.Breadth))
	}
	return d
}
