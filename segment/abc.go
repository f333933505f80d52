package segment

import (
	"cmp"
	"errors"
	"math/big"
	"slices"
	"strings"

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
}

// ABCResult is the outcome of [ABC].
type ABCResult struct {
	Currency string `json:"currency,omitempty"`
	// A and B are the options used.
	A decimal.Decimal `json:"a"`
	B decimal.Decimal `json:"b"`
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

	out := &ABCResult{
		Currency: accounts[0].Currency, A: o.A, B: o.B, Accounts: make([]ABCAccount, 0, len(accounts)),
	}
	var total exact.Sum
	for i := range accounts {
		a := &accounts[i]
		out.Accounts = append(out.Accounts, ABCAccount{ID: a.ID, Net: a.Net})
		if a.Net.Sign() > 0 {
			total.Add(a.Net) // in range, since checkAccounts looked
		}
	}
	slices.SortFunc(out.Accounts, func(a, b ABCAccount) int {
		return cmp.Or(compareMoney(b.Net, a.Net), strings.Compare(a.ID, b.ID))
	})
	out.Total = total.Decimal()
	out.classify()
	return out, nil
}

// classify goes from the greatest net down, one group of equal nets at a time.
func (r *ABCResult) classify() {
	limitA, limitB := r.A.Mul(r.Total), r.B.Mul(r.Total)
	classes := [...]ABCClass{ClassA, ClassB, ClassC, ClassNone}
	const none = len(classes) - 1
	var nets [len(classes)]exact.Sum
	var counts [len(classes)]int

	var above exact.Sum // what the accounts with a greater net hold
	for from := 0; from < len(r.Accounts); {
		net := r.Accounts[from].Net
		to := from + 1
		for to < len(r.Accounts) && compareMoney(net, r.Accounts[to].Net) == 0 {
			to++
		}
		var at int
		switch held := above.Decimal(); {
		case net.Sign() <= 0:
			at = none
		case compareMoney(held, limitA) < 0:
			at = 0
		case compareMoney(held, limitB) < 0:
			at = 1
		default:
			at = 2
		}
		counts[at] += to - from
		for i := from; i < to; i++ {
			nets[at].Add(r.Accounts[i].Net)
			if at != none {
				above.Add(r.Accounts[i].Net)
			}
		}
		share, cumulative := 0.0, ratio(above.Decimal(), r.Total)
		if at != none {
			share = ratio(net, r.Total)
		}
		for i := from; i < to; i++ {
			a := &r.Accounts[i]
			a.Class, a.Rank, a.Share, a.CumulativeShare = classes[at], from+1, share, cumulative
		}
		from = to
	}

	for i, class := range classes {
		t := ABCTotal{Class: class, Accounts: counts[i], Net: nets[i].Decimal()}
		if class != ClassNone {
			t.Share = ratio(t.Net, r.Total)
		}
		r.Classes = append(r.Classes, t)
	}
}

func abcOptions(opts *ABCOptions) (ABCOptions, error) {
	o := ABCOptions{}
	if opts != nil {
		o = *opts
	}
	if o.A.Sign() == 0 {
		o.A = decimal.New(80, -2)
	}
	if o.B.Sign() == 0 {
		o.B = decimal.New(95, -2)
	}
	fault := func(field string, v decimal.Decimal, reason string) error {
		return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Value: exact.Text(v), Reason: reason}
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

// ratio returns the float64 nearest to part/total, and 0 for a total of zero.
// It takes no detour over float64 amounts, of which 1e400 is infinite.
func ratio(part, total decimal.Decimal) float64 {
	if total.Sign() == 0 {
		return 0
	}
	part, total = decimal.RescalePair(part, total)
	x, y := new(big.Float).SetInt(part.Coefficient()), new(big.Float).SetInt(total.Coefficient())
	q, _ := new(big.Float).SetPrec(53).Quo(x, y).Float64()
	return q
}
