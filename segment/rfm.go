package segment

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
)

// MaxBins is the largest number of bins of a scale.
const MaxBins = 100

// RFMOptions sets up [FitRFM].
type RFMOptions struct {
	// Bins is how many scores each dimension has, from 2 to MaxBins.
	// Defaults to 5.
	Bins int
	// Rule says where the cuts lie. Defaults to Type7.
	Rule QuantileRule
	// Recency, Frequency and Monetary give a scale its own number of bins, its
	// own rule, or its cuts. Each defaults to the zero ScaleOptions: Bins and
	// Rule above.
	Recency, Frequency, Monetary ScaleOptions
	// Nested finds the cuts of frequency within each recency score, and those
	// of the amount within each pair of them, instead of among all accounts:
	// see NestedScales. Defaults to false.
	Nested bool
	// Dimensions are further scales beside the three, at most MaxDimensions:
	// of [Length], [Breadth], a margin, or whatever Account.Figures hold.
	// Defaults to none.
	Dimensions []Dimension
	// Rules name the segments, for as many scores as the scales have; they may
	// ask for Dimensions. A Model whose Rules are set to nil names none.
	// Defaults to DefaultRules.
	Rules *Rules
	// Policy is the host's name of how the accounts were summarised. It is
	// only carried to the Model. Defaults to none.
	Policy string
}

// FitRFM finds the cuts of recency (calendar days since the last order),
// frequency (orders) and monetary value (net amount) among the accounts that
// have orders; the others are counted in Model.Unscored. A nil opts means the
// defaults.
//
// The result depends only on the multiset of the accounts' figures, not on
// their order or IDs. FitRFM refuses, as a [*keyaccount.InputError] that names
// the row and the field: options outside their domain, breaks that do not
// ascend, rules that [Rules.Validate] refuses or that are for other scales; no
// accounts, or none with orders ([keyaccount.ErrMissing]); an ID that is
// missing or stands twice; two currencies; two as-ofs ([keyaccount.ErrMismatch]);
// a last order after the as-of, a negative count, or money outside the range
// of a [Summary] ([keyaccount.ErrOutOfRange]); a dimension without a name or
// one that stands twice, a figure outside that range, and one that no account
// with orders has ([keyaccount.ErrMissing]).
func FitRFM(accounts []Account, opts *RFMOptions) (*Model, error) {
	o := RFMOptions{}
	if opts != nil {
		o = *opts
	}
	if err := o.resolve(); err != nil {
		return nil, err
	}
	if err := checkAccounts(accounts); err != nil {
		return nil, err
	}
	figures, err := rfmFigures(accounts)
	if err != nil {
		return nil, err
	}
	m := &Model{
		Schema: ModelSchema, Version: ModelVersion, Policy: o.Policy,
		AsOf: accounts[0].AsOf, Location: accounts[0].AsOf.Location().String(), Currency: accounts[0].Currency,
		Rule: o.Rule, Scored: len(figures.days), Unscored: len(accounts) - len(figures.days),
	}
	days, orders := figures.days, figures.orders
	if o.Nested { // which needs them unsorted
		days, orders = slices.Clone(days), slices.Clone(orders)
	}
	nets := unitsOf(len(figures.nets), func(i int) decimal.Decimal { return figures.nets[i] })
	if err := m.fitScales(days, orders, nets, &o); err != nil {
		return nil, err
	}
	if o.Nested {
		if err := m.fitNested(figures, o.Frequency, o.Monetary); err != nil {
			return nil, err
		}
	}
	if err := m.fitDimensions(accounts, o.Dimensions); err != nil {
		return nil, err
	}
	if err := m.name(o.Rules); err != nil {
		return nil, err
	}
	return m, nil
}

// resolve fills in the defaults, and reports all that is wrong with them.
func (o *RFMOptions) resolve() error {
	if o.Bins == 0 {
		o.Bins = 5
	}
	var faults []error
	if o.Bins < 2 || o.Bins > MaxBins {
		faults = append(faults, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Bins", Value: strconv.Itoa(o.Bins), Reason: binsRange(),
		})
	}
	if !o.Rule.known() || o.Rule == GivenBreaks {
		faults = append(faults, unknownRule(o.Rule))
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	o.Rule = o.Rule.named()
	for _, x := range []struct {
		name  string
		scale *ScaleOptions
	}{{"Recency", &o.Recency}, {"Frequency", &o.Frequency}, {"Monetary", &o.Monetary}} {
		scale, err := x.scale.resolve(x.name, o.Bins, o.Rule)
		*x.scale = scale
		faults = append(faults, err)
	}
	dims, err := resolveDimensions(o.Dimensions, o.Bins, o.Rule)
	o.Dimensions = dims
	return errors.Join(append(faults, err)...)
}

// rfmColumns are the figures of accounts, those of one at the same index.
type rfmColumns struct {
	days, orders []int
	nets         []decimal.Decimal
}

// rfmFigures returns the figures of the accounts that have orders.
func rfmFigures(accounts []Account) (out rfmColumns, err error) {
	out.days = make([]int, 0, len(accounts))
	out.orders = make([]int, 0, len(accounts))
	out.nets = make([]decimal.Decimal, 0, len(accounts))
	for i := range accounts {
		a := &accounts[i]
		if err := a.checkRFM(i+1, accounts[0].AsOf); err != nil {
			return out, err
		}
		if a.HasOrders() {
			out.days, out.orders, out.nets = append(out.days, a.DaysSinceLast), append(out.orders, a.Orders), append(out.nets, a.Net)
		}
	}
	if len(out.days) == 0 {
		err = &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "accounts", Reason: "no account has orders"}
	}
	return out, err
}

func (a *Account) checkRFM(row int, asOf time.Time) error {
	fault := func(kind error, field, value, reason string) error {
		return &keyaccount.InputError{Kind: kind, Field: field, Row: row, Value: value, Reason: reason}
	}
	switch {
	case a.AsOf.IsZero():
		return fault(keyaccount.ErrMissing, "AsOf", "", "recency needs an instant to look back from")
	case !a.AsOf.Equal(asOf):
		return fault(keyaccount.ErrMismatch, "AsOf", stamp(a.AsOf), "the accounts before stand as of "+stamp(asOf))
	case !writable(a.AsOf):
		return fault(keyaccount.ErrOutOfRange, "AsOf", stamp(a.AsOf), "the year must lie between 1 and 9998")
	case a.Orders < 0:
		return fault(keyaccount.ErrOutOfRange, "Orders", strconv.Itoa(a.Orders), "a count cannot be negative")
	case !a.HasOrders():
		return nil
	case a.LastOrder.After(a.AsOf):
		return fault(keyaccount.ErrOutOfRange, "LastOrder", stamp(a.LastOrder), "the last order is after the as-of "+stamp(a.AsOf))
	case a.DaysSinceLast < 0:
		return fault(keyaccount.ErrOutOfRange, "DaysSinceLast", strconv.Itoa(a.DaysSinceLast), "an account with orders has 0 days or more")
	}
	return nil
}

func stamp(t time.Time) string { return t.Format(time.RFC3339) }

func writable(t time.Time) bool {
	_, ok := instantOf(t)
	return ok
}
