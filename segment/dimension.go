package segment

import (
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// MaxDimensions is the largest number of further dimensions of a Model.
const MaxDimensions = 8

// Dimension asks for a scale of a figure besides recency, frequency and
// amount: length of the relation, margin, days of payment delay, number of
// distinct products, and so on. An account has the figure in Account.Figures.
type Dimension struct {
	// Name is that of the figure, such as "margin". Required.
	Name string `json:"name"`
	// Label names the figure for people. Defaults to Name.
	Label keyaccount.Text `json:"label,omitzero"`
	// Unit is what the figure counts, such as days, for people.
	// Defaults to none.
	Unit keyaccount.Text `json:"unit,omitzero"`
	// Step is the smallest amount by which the figure can change, such as 1
	// for days. The distances of an [Explanation] are whole multiples of it.
	// Defaults to 0.01.
	Step decimal.Decimal `json:"step,omitzero"`
	// LowerBetter gives the highest score to the lowest value, as for a delay.
	// Defaults to the highest score for the highest value.
	LowerBetter bool `json:"lower_better,omitempty"`
	// Scale says how the values are cut. Defaults to those of ScaleOptions.
	Scale ScaleOptions `json:"scale,omitzero"`
}

// DimensionScale is the scale of a [Dimension].
type DimensionScale struct {
	// Name, Label, Unit, Step and LowerBetter are those of the Dimension.
	Name        string          `json:"name"`
	Label       keyaccount.Text `json:"label,omitzero"`
	Unit        keyaccount.Text `json:"unit,omitzero"`
	Step        decimal.Decimal `json:"step,omitzero"`
	LowerBetter bool            `json:"lower_better,omitempty"`
	// Scored is how many of the accounts with orders have the figure, Unscored
	// how many have not. Both are 0 where no accounts were seen.
	Scored   int `json:"scored"`
	Unscored int `json:"unscored"`
	Scale[decimal.Decimal]
}

// resolveDimensions fills in the defaults of a copy, and reports the first
// thing that is wrong with them.
func resolveDimensions(dims []Dimension, bins int, rule QuantileRule) ([]Dimension, error) {
	if len(dims) > MaxDimensions {
		return nil, tooManyDimensions(len(dims))
	}
	dims = slices.Clone(dims)
	for i := range dims {
		d := &dims[i]
		if err := checkDimension(d.Name, d.Step); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(dims[:i], func(before Dimension) bool { return before.Name == d.Name }) {
			return nil, duplicateDimension(i, d.Name)
		}
		var err error
		if d.Scale, err = d.Scale.resolve(d.Name, bins, rule); err != nil {
			return nil, err
		}
	}
	return dims, nil
}

// scale returns the scale of a resolved Dimension, without cuts.
func (d *Dimension) scale() DimensionScale {
	return DimensionScale{Name: d.Name, Label: d.Label, Unit: d.Unit, Step: d.Step, LowerBetter: d.LowerBetter}
}

// fitDimensions finds the cuts of resolved dimensions among the figures of the
// accounts that have orders.
func (m *Model) fitDimensions(accounts []Account, dims []Dimension) error {
	for i := range dims {
		d := &dims[i]
		scale := d.scale()
		values := make([]decimal.Decimal, 0, m.Scored)
		for row := range accounts {
			a := &accounts[row]
			if err := a.checkFigure(row+1, d.Name); err != nil {
				return err
			}
			if v, known := a.figure(d.Name); known {
				values = append(values, v)
			}
		}
		if len(values) == 0 {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrMissing, Field: "Figures." + d.Name, Reason: "no account with orders has this figure",
			}
		}
		scale.Scored, scale.Unscored = len(values), m.Scored-len(values)
		var err error
		if scale.Scale, err = fitMoney(values, d.Scale, d.LowerBetter); err != nil {
			return err
		}
		m.Dimensions = append(m.Dimensions, scale)
	}
	return nil
}

// Score places a value on the scale: 1 is the worst and Bins the best. Equal
// values get equal scores, better ones never lower ones.
func (d *DimensionScale) Score(v decimal.Decimal) int { return d.scoreBy(v, d.Cuts) }

func (d *DimensionScale) scoreBy(v decimal.Decimal, cuts []Cut[decimal.Decimal]) int {
	n := beyond(v, cuts, compareNet)
	if d.LowerBetter {
		return len(cuts) + 1 - n
	}
	return 1 + n
}

// label returns the name for people.
func (d *DimensionScale) label(lang string) string { return labelOr(d.Label, lang, d.Name) }

func labelOr(t keyaccount.Text, lang, name string) string {
	if s := t.In(lang); s != "" {
		return s
	}
	return name
}

// step returns Step or its default.
func (d *DimensionScale) step() decimal.Decimal {
	if d.Step.Sign() == 0 {
		return decimal.New(1, -2)
	}
	return d.Step
}

// Dimension returns a further dimension by its name, and false where there is
// none of that name.
func (m *Model) Dimension(name string) (*DimensionScale, bool) {
	if i := m.dimension(name); i >= 0 {
		return &m.Dimensions[i], true
	}
	return nil, false
}

// dimension returns the place of a further dimension, or -1.
func (m *Model) dimension(name string) int {
	for i := range m.Dimensions {
		if m.Dimensions[i].Name == name {
			return i
		}
	}
	return -1
}

func (m *Model) validateDimensions() error {
	if len(m.Dimensions) > MaxDimensions {
		return tooManyDimensions(len(m.Dimensions))
	}
	for i := range m.Dimensions {
		d := &m.Dimensions[i]
		if err := checkDimension(d.Name, d.Step); err != nil {
			return err
		}
		if m.dimension(d.Name) < i {
			return duplicateDimension(i, d.Name)
		}
		if d.Scored < 0 || d.Unscored < 0 || (d.Scored == 0) != (m.Scored == 0) || d.Scored == 0 && d.Unscored > 0 {
			return modelFault(d.Name+".Scored", "a scale comes from at least one value, or from none at all where the model saw no accounts")
		}
		if err := validateMoney(d.Name, &d.Scale, d.Scored); err != nil {
			return err
		}
	}
	return nil
}

func checkDimension(name string, step decimal.Decimal) error {
	if name == "" {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "Name", Reason: "a dimension needs a name"}
	}
	if step.Sign() < 0 || !exact.InRange(step) {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: name + ".Step", Value: exact.Text(step), Reason: "a step is more than 0",
		}
	}
	return nil
}

func tooManyDimensions(n int) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Dimensions", Value: strconv.Itoa(n),
		Reason: "there can be at most " + strconv.Itoa(MaxDimensions) + " further dimensions",
	}
}

func duplicateDimension(i int, name string) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrDuplicate, Field: "Dimensions", Row: i + 1, Value: name, Reason: "the dimension stands twice",
	}
}
