package segment

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
)

// MaxBins is the largest number of bins of a [Model].
const MaxBins = 100

// RFMOptions sets up [FitRFM].
type RFMOptions struct {
	// Bins is how many scores each dimension has, from 2 to MaxBins.
	// Defaults to 5.
	Bins int
	// Rule says where the cuts lie. Defaults to Type7.
	Rule QuantileRule
}

// FitRFM finds the cuts of recency (calendar days since the last order),
// frequency (orders) and monetary value (net amount) among the accounts that
// have orders; the others are counted in Model.Unscored. A nil opts means the
// defaults.
//
// The result depends only on the multiset of the accounts' figures, not on
// their order or IDs. FitRFM refuses, as a [*keyaccount.InputError] that names
// the row and the field: no accounts, or none with orders
// ([keyaccount.ErrMissing]); an ID that is missing or stands twice; two
// currencies; two as-ofs ([keyaccount.ErrMismatch]); a last order after the
// as-of, a negative count, or money outside the range of a [Summary]
// ([keyaccount.ErrOutOfRange]).
func FitRFM(accounts []Account, opts *RFMOptions) (*Model, error) {
	o := RFMOptions{}
	if opts != nil {
		o = *opts
	}
	if o.Bins == 0 {
		o.Bins = 5
	}
	var faults []error
	if o.Bins < 2 || o.Bins > MaxBins {
		faults = append(faults, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Bins", Value: strconv.Itoa(o.Bins),
			Reason: "there can be 2 to " + strconv.Itoa(MaxBins) + " bins",
		})
	}
	if !o.Rule.known() {
		faults = append(faults, unknownRule(o.Rule))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if err := checkAccounts(accounts); err != nil {
		return nil, err
	}

	days := make([]int, 0, len(accounts))
	orders := make([]int, 0, len(accounts))
	nets := make([]decimal.Decimal, 0, len(accounts))
	for i := range accounts {
		a := &accounts[i]
		if err := a.checkRFM(i+1, accounts[0].AsOf); err != nil {
			return nil, err
		}
		if a.HasOrders() {
			days, orders, nets = append(days, a.DaysSinceLast), append(orders, a.Orders), append(nets, a.Net)
		}
	}
	if len(days) == 0 {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "accounts", Reason: "no account has orders"}
	}
	slices.Sort(days)
	slices.Sort(orders)
	slices.SortFunc(nets, func(a, b decimal.Decimal) int {
		if c := compareMoney(a, b); c != 0 {
			return c
		}
		// 1.0 and 1.00 are equal; the order of the input must not decide
		// which of the two a cut shows.
		return cmp.Compare(a.Exponent(), b.Exponent())
	})

	m := &Model{
		Schema: ModelSchema, Version: ModelVersion,
		AsOf: accounts[0].AsOf, Currency: accounts[0].Currency, Bins: o.Bins, Rule: o.Rule,
		Scored: len(days), Unscored: len(accounts) - len(days),
		Recency:   Scale[int]{Cuts: cutsAt(days, o.Bins, o.Rule, cmp.Compare[int], betweenInts)},
		Frequency: Scale[int]{Cuts: cutsAt(orders, o.Bins, o.Rule, cmp.Compare[int], betweenInts)},
		Monetary:  Scale[decimal.Decimal]{Cuts: cutsAt(nets, o.Bins, o.Rule, compareMoney, betweenMoney)},
	}
	m.Recency.count(days, m.r)
	m.Frequency.count(orders, m.f)
	m.Monetary.count(nets, m.m)
	return m, nil
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

// Score is an account's place on the three scales of a [Model]: 1 is the
// worst and Model.Bins the best, also for recency. The zero Score stands for
// an account that is not scored.
type Score struct {
	R int `json:"r"`
	F int `json:"f"`
	M int `json:"m"`
}

// Code writes the score as in "545", or as in "5-10-5" where a score has two
// digits.
func (s Score) Code() string {
	sep := ""
	if max(s.R, s.F, s.M) > 9 {
		sep = "-"
	}
	return strconv.Itoa(s.R) + sep + strconv.Itoa(s.F) + sep + strconv.Itoa(s.M)
}

// Score places an account on the scales, whether it was among the fitted ones
// or not, and as of whatever day it stands. Equal figures get equal scores; a
// later last order, more orders or a higher net never get a lower one. An
// account without orders, or in another currency than the Model's, gets the
// zero Score. Score does not allocate while the amount and the cuts have at
// most 16 digits.
func (m *Model) Score(a Account) Score {
	if !a.HasOrders() || a.Currency != m.Currency {
		return Score{}
	}
	return Score{R: m.r(a.DaysSinceLast), F: m.f(a.Orders), M: m.m(a.Net)}
}

// Fewer days are better: the cuts ascend in days, the score descends.
func (m *Model) r(days int) int {
	return len(m.Recency.Cuts) + 1 - beyond(days, m.Recency.Cuts, compareCount)
}

func (m *Model) f(orders int) int {
	return 1 + beyond(orders, m.Frequency.Cuts, compareCount)
}

func (m *Model) m(net decimal.Decimal) int {
	return 1 + beyond(net, m.Monetary.Cuts, compareNet)
}

func compareCount(x int, c *Cut[int]) int { return cmp.Compare(x, c.Value) }

func compareNet(x decimal.Decimal, c *Cut[decimal.Decimal]) int {
	return compareTimes(x, max(c.Over, 1), c.Value)
}
