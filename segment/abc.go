package segment

import (
	"errors"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// ABCClass is a class of an ABC analysis.
type ABCClass string

// The classes, from the accounts that matter most to those without a share.
const (
	ClassA ABCClass = "A"
	ClassB ABCClass = "B"
	ClassC ABCClass = "C"
	// ClassNone holds the accounts whose net amount is zero or negative: they
	// have no share of the positive total.
	ClassNone ABCClass = "none"
)

// ABCOptions sets up [ABC].
type ABCOptions struct {
	// A is the cumulative share, above 0 and at most 1, at which class A is
	// full. Defaults to 0.80.
	A decimal.Decimal
	// B is the cumulative share, from A to 1, at which class B is full.
	// Defaults to 0.95.
	B decimal.Decimal
	// Computed takes the limits from the curve itself, see ABCLimits; A and B
	// are then left out. Defaults to false.
	Computed bool
}

// ABCResult is the outcome of [ABC].
type ABCResult struct {
	Currency string `json:"currency,omitempty"`
	// A and B are the options used; zero where the limits are computed.
	A decimal.Decimal `json:"a"`
	B decimal.Decimal `json:"b"`
	// Limits are the computed ones, where they were asked for and there is a
	// positive net.
	Limits *ABCLimits `json:"limits,omitempty"`
	// Total is the sum of the positive nets, of which all shares are shares.
	Total decimal.Decimal `json:"total"`
	// Classes are A, B, C and none, in this order, also where one is empty.
	Classes []ABCTotal `json:"classes"`
	// Accounts are sorted by Net, the greatest first, then by ID. Rank and
	// CumulativeShare of the positive ones are the points of the Pareto curve.
	Accounts []ABCAccount `json:"accounts"`
}

// ABCTotal is one class as a whole.
type ABCTotal struct {
	Class ABCClass `json:"class"`
	// Accounts is how many there are, Net what they add up to.
	Accounts int             `json:"accounts"`
	Net      decimal.Decimal `json:"net"`
	// Share is Net over Total; 0 for class none.
	Share float64 `json:"share"`
}

// ABCAccount is one account's place. Everything but ID is the same for
// accounts of equal Net.
type ABCAccount struct {
	ID    string          `json:"id"`
	Net   decimal.Decimal `json:"net"`
	Class ABCClass        `json:"class"`
	// Rank is one more than the number of accounts with a greater Net.
	Rank int `json:"rank"`
	// Share is Net over the positive total, from 0 to 1; 0 for class none.
	Share float64 `json:"share"`
	// CumulativeShare is the share of all accounts with at least this Net, from
	// 0 to 1. Class none has 1, or 0 where no account is positive.
	CumulativeShare float64 `json:"cumulative_share"`
}

// ABC sorts accounts by net amount and classifies them by their cumulative
// share of the positive total: an account is in class A when those with a
// greater net hold less than options.A of the total, in class B when they hold
// less than options.B, else in class C. The account that reaches a limit is
// thus still inside it, so that there always is a class A, even of one account
// that holds nearly everything. A nil opts means the defaults.
//
// Negative nets are kept out of the shares and have their own class: among
// shares of the net total, the positive accounts would add up to more than
// 100 %. All comparisons are exact; shares are the nearest float64.
//
// ABC refuses, as a [*keyaccount.InputError], limits outside their domain, no
// accounts at all, and the accounts that [FitRFM] refuses for their ID,
// Currency or Net. It does not look at times.
func ABC(accounts []Account, opts *ABCOptions) (*ABCResult, error) {
	o, err := abcOptions(opts)
	if err != nil {
		return nil, err
	}
	if err := checkAccounts(accounts); err != nil {
		return nil, err
	}
	ranked := rankByNet(accounts)
	out := &ABCResult{
		Currency: accounts[0].Currency, A: o.A, B: o.B, Total: ranked.total.decimal(ranked.units.places),
		Accounts: make([]ABCAccount, len(accounts)),
	}
	full := func(share decimal.Decimal) func(group int) bool {
		limit := ranked.total.ceilTimes(share)
		return func(group int) bool { return ranked.above(group).compare(limit) >= 0 }
	}
	fullA, fullB := full(o.A), full(o.B)
	if o.Computed && ranked.positive > 0 {
		out.Limits = ranked.limits()
		fullA = func(group int) bool { return ranked.from(group) >= out.Limits.A.Accounts }
		fullB = func(group int) bool { return ranked.from(group) >= out.Limits.B.Accounts }
	}
	out.classify(ranked, fullA, fullB)
	return out, nil
}

// classify goes from the greatest net down, one group of equal nets at a time.
func (r *ABCResult) classify(ranked *ranking, fullA, fullB func(group int) bool) {
	classes := [...]ABCClass{ClassA, ClassB, ClassC, ClassNone}
	const none = len(classes) - 1
	var nets [len(classes)]unitSum
	var counts [len(classes)]int
	for i, to := range ranked.ends {
		from, at, share := ranked.from(i), none, 0.0
		if i < ranked.valued {
			share = ranked.share(i)
			switch {
			case !fullA(i):
				at = 0
			case !fullB(i):
				at = 1
			default:
				at = 2
			}
		}
		counts[at] += to - from
		nets[at] = nets[at].plus(&ranked.units, ranked.first(i), to-from)
		cumulative := ranked.held[i].over(ranked.total)
		for p := from; p < to; p++ {
			a := &ranked.accounts[ranked.order[p]]
			r.Accounts[p] = ABCAccount{
				ID: a.ID, Net: a.Net, Class: classes[at], Rank: from + 1, Share: share, CumulativeShare: cumulative,
			}
		}
	}
	for i, class := range classes {
		t := ABCTotal{Class: class, Accounts: counts[i], Net: nets[i].decimal(ranked.units.places)}
		if class != ClassNone {
			t.Share = nets[i].over(ranked.total)
		}
		r.Classes = append(r.Classes, t)
	}
}

func abcOptions(opts *ABCOptions) (ABCOptions, error) {
	o := ABCOptions{}
	if opts != nil {
		o = *opts
	}
	fault := func(field string, v decimal.Decimal, reason string) error {
		return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Value: exact.Text(v), Reason: reason}
	}
	if o.Computed {
		var faults []error
		for _, x := range []struct {
			field string
			limit decimal.Decimal
		}{{"A", o.A}, {"B", o.B}} {
			if x.limit.Sign() != 0 {
				faults = append(faults, fault(x.field, x.limit, "the limits are to be computed; leave this one out"))
			}
		}
		return o, errors.Join(faults...)
	}
	if o.A.Sign() == 0 {
		o.A = decimal.New(80, -2)
	}
	if o.B.Sign() == 0 {
		o.B = decimal.New(95, -2)
	}
	one := decimal.New(1, 0)
	var faults []error
	if o.A.Sign() < 0 || compareMoney(o.A, one) > 0 || !exact.InRange(o.A) {
		faults = append(faults, fault("A", o.A, "a cumulative share lies above 0 and at most at 1"))
	}
	if compareMoney(o.B, o.A) < 0 || compareMoney(o.B, one) > 0 || !exact.InRange(o.B) {
		faults = append(faults, fault("B", o.B, "this cumulative share lies between that of class A and 1"))
	}
	return o, errors.Join(faults...)
}
