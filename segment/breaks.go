package segment

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// Breaks are the cuts of a [Model] that were found elsewhere: by a database's
// percentile_cont, by a sketch over more rows than fit in memory, or by a
// committee.
type Breaks struct {
	// AsOf is the instant at which they were found; its location is the
	// calendar of the days.
	AsOf time.Time `json:"as_of"`
	// Currency is that of Monetary.
	Currency string `json:"currency,omitempty"`
	// Policy is carried to the Model.
	Policy string `json:"policy,omitempty"`
	// Recency is in days, Frequency in orders, Monetary in money: one break
	// fewer than scores, ascending; equal ones are allowed.
	Recency   []decimal.Decimal `json:"recency"`
	Frequency []decimal.Decimal `json:"frequency"`
	Monetary  []decimal.Decimal `json:"monetary"`
	// OrEqual puts a value equal to a break into the bin above it, as SQL's
	// width_bucket does; else it is in the bin below, as under [Type7].
	OrEqual bool `json:"or_equal,omitempty"`
	// Dimensions are further ones, each with Breaks of its own in its Scale.
	Dimensions []Dimension `json:"dimensions,omitempty"`
	// Rules name the segments; nil stands for DefaultRules.
	Rules *Rules `json:"rules,omitempty"`
}

// NewModel makes a Model of breaks. It has seen no accounts: its counts are
// empty. To have given breaks counted, use [ScaleOptions.Breaks]. It refuses,
// as a [*keyaccount.InputError] each, joined, what names the field: no as-of,
// too few or too many breaks, breaks that do not ascend or are outside the
// range of money, dimensions that [FitRFM] refuses or without breaks, and rules
// for other numbers of scores.
func NewModel(b Breaks) (*Model, error) {
	m := &Model{
		Schema: ModelSchema, Version: ModelVersion, Policy: b.Policy,
		AsOf: b.AsOf, Location: b.AsOf.Location().String(), Currency: b.Currency, Rule: GivenBreaks,
	}
	var faults []error
	resolve := func(name string, breaks []decimal.Decimal) ScaleOptions {
		if len(breaks) == 0 {
			faults = append(faults, noBreak(name))
			return ScaleOptions{}
		}
		o, err := ScaleOptions{Breaks: breaks, OrEqual: b.OrEqual}.resolve(name, 0, 0)
		faults = append(faults, err)
		return o
	}
	r, f, net := resolve("Recency", b.Recency), resolve("Frequency", b.Frequency), resolve("Monetary", b.Monetary)
	switch {
	case b.AsOf.IsZero():
		faults = append(faults, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "AsOf", Reason: "breaks are found at some instant"})
	case !writable(b.AsOf):
		faults = append(faults, modelFault("AsOf", "the year must lie between 1 and 9998"))
	}
	for i := range b.Dimensions {
		if d := &b.Dimensions[i]; d.Name != "" && len(d.Scale.Breaks) == 0 {
			faults = append(faults, noBreak(d.Name+".Breaks"))
		}
	}
	dims, err := resolveDimensions(b.Dimensions, 2, Type7)
	for i := range dims {
		d, scale := &dims[i], dims[i].scale()
		scale.Scale = Scale[decimal.Decimal]{Rule: GivenBreaks, Cuts: d.Scale.moneyCuts()}
		m.Dimensions = append(m.Dimensions, scale)
	}
	if err := errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	m.Recency = Scale[int]{Rule: GivenBreaks, Cuts: r.countCuts()}
	m.Frequency = Scale[int]{Rule: GivenBreaks, Cuts: f.countCuts()}
	m.Monetary = Scale[decimal.Decimal]{Rule: GivenBreaks, Cuts: net.moneyCuts()}
	if err := m.name(b.Rules); err != nil {
		return nil, err
	}
	return m, nil
}

func noBreak(field string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: field, Reason: "a scale needs a break"}
}

// name sets Bins and Rules.
func (m *Model) name(rules *Rules) error {
	bins := Cell{R: m.Recency.Bins(), F: m.Frequency.Bins(), M: m.Monetary.Bins()}
	m.Bins = max(bins.R, bins.F, bins.M)
	if rules == nil {
		m.Rules = DefaultRules(bins)
		return nil
	}
	if err := rules.Validate(); err != nil {
		return err
	}
	m.Rules = rules.clone()
	return m.Rules.fit(m)
}

// FloatBreaks turns breaks that were computed in float64 into decimals, each
// the shortest that reads as that float64. It refuses NaN and infinities by
// their row.
func FloatBreaks(values []float64) ([]decimal.Decimal, error) {
	out := make([]decimal.Decimal, len(values))
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: "values", Row: i + 1,
				Value: strconv.FormatFloat(v, 'g', -1, 64), Reason: "a break is a finite number",
			}
		}
		out[i] = decimal.NewFromFloat(v)
	}
	return out, nil
}

// ScaleOptions sets up one scale.
type ScaleOptions struct {
	// Bins is how many scores the scale has, from 2 to MaxBins.
	// Defaults to RFMOptions.Bins.
	Bins int `json:"bins,omitempty"`
	// Rule says where the cuts lie. Defaults to RFMOptions.Rule.
	Rule QuantileRule `json:"rule,omitzero"`
	// Breaks are the caller's own cuts, ascending, in the unit of the figure,
	// one fewer than scores; Bins and Rule are then left out.
	// Defaults to none.
	Breaks []decimal.Decimal `json:"breaks,omitempty"`
	// OrEqual puts a value equal to one of Breaks into the bin above it.
	// Defaults to the bin below it.
	OrEqual bool `json:"or_equal,omitempty"`
}

// resolve fills in the defaults and refuses what cannot be used; name is that
// of the scale.
func (o ScaleOptions) resolve(name string, bins int, rule QuantileRule) (ScaleOptions, error) {
	fault := func(field, value, reason string) (ScaleOptions, error) {
		if name != "" {
			field = name + "." + field
		}
		return o, &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Value: value, Reason: reason}
	}
	if len(o.Breaks) == 0 {
		if o.Bins == 0 {
			o.Bins = bins
		}
		if o.Rule == 0 {
			o.Rule = rule.named()
		}
		switch {
		case o.Bins < 2 || o.Bins > MaxBins:
			return fault("Bins", strconv.Itoa(o.Bins), binsRange())
		case !o.Rule.known():
			return fault("Rule", strconv.Itoa(int(o.Rule)), "there is no such quantile rule")
		case o.Rule == GivenBreaks:
			return fault("Breaks", "", "there are none to use")
		case o.OrEqual:
			return fault("OrEqual", "true", "it is for given breaks; a rule says itself where equal values go")
		}
		return o, nil
	}
	switch {
	case o.Rule != 0 && o.Rule != GivenBreaks:
		return fault("Rule", o.Rule.String(), "the breaks are given, no rule can set them")
	case o.Bins != 0 && o.Bins != len(o.Breaks)+1:
		return fault("Bins", strconv.Itoa(o.Bins), "there is one bin more than breaks, of which there are "+strconv.Itoa(len(o.Breaks)))
	case len(o.Breaks) >= MaxBins:
		return fault("Breaks", strconv.Itoa(len(o.Breaks)), binsRange())
	}
	o.Bins, o.Rule = len(o.Breaks)+1, GivenBreaks
	for i, b := range o.Breaks {
		in := keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: name, Row: i + 1, Value: exact.Text(b)}
		if name == "" {
			in.Field = "Breaks"
		}
		switch {
		case !exact.InRange(b):
			in.Reason = "the break is outside the range of money"
			return o, &in
		case i > 0 && compareMoney(b, o.Breaks[i-1]) < 0:
			in.Reason = "the breaks must ascend; the one before is " + exact.Text(o.Breaks[i-1])
			return o, &in
		}
	}
	return o, nil
}

func (o ScaleOptions) countCuts() []Cut[int] {
	cuts := make([]Cut[int], 0, len(o.Breaks))
	for _, b := range o.Breaks {
		floor := b.Floor()
		c := Cut[int]{Value: math.MaxInt}
		switch whole := floor.BigInt(); {
		case whole.IsInt64():
			// A count is at least 14.2 exactly when it exceeds 14.
			c = Cut[int]{Value: int(whole.Int64()), OrEqual: o.OrEqual && floor.Equal(b)}
		case whole.Sign() < 0:
			c.Value = math.MinInt
		}
		cuts = append(cuts, c)
	}
	return cuts
}

func (o ScaleOptions) moneyCuts() []Cut[decimal.Decimal] {
	cuts := make([]Cut[decimal.Decimal], 0, len(o.Breaks))
	for _, b := range o.Breaks {
		cuts = append(cuts, Cut[decimal.Decimal]{Value: b, OrEqual: o.OrEqual})
	}
	return cuts
}
