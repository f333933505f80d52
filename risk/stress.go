package risk

import (
	"errors"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// AccountRevenue is what one account brings in a period.
type AccountRevenue struct {
	// Account identifies the customer. Required, unique.
	Account string `json:"account"`
	// Revenue is in the one currency of the book; negative where returns and
	// credits exceed sales.
	Revenue decimal.Decimal `json:"revenue"`
}

// Loss is what a [Scenario] costs. Lost + Remaining is the total revenue of
// the book, exactly.
type Loss struct {
	Scenario Scenario `json:"scenario"`
	// Accounts are those that leave, largest first, ties by identifier.
	Accounts []string `json:"accounts"`
	// Lost is the revenue that leaves with them; never negative.
	Lost decimal.Decimal `json:"lost"`
	// Remaining is the revenue of all other accounts, those with negative
	// revenue included, so it can be negative.
	Remaining decimal.Decimal `json:"remaining"`
	// Share is Lost in the sum of the positive revenues, in [0, 1]; 0 where
	// no account has positive revenue.
	Share float64 `json:"share"`
}

// Stress answers what each scenario would cost the book, in the order of the
// scenarios.
//
// Only an account with positive revenue can be lost: one that stands at zero
// or in credit takes nothing with it and never counts among the largest.
// Equal revenues rank by identifier, so the order of the accounts does not
// matter.
//
// Errors are [*keyaccount.InputError], joined when there are several: no
// accounts or one without identifier (ErrMissing), an identifier that stands
// twice (ErrDuplicate), a revenue with an absurd power of ten, a negative
// number of accounts or an unknown kind of scenario (ErrOutOfRange).
func Stress(accounts []AccountRevenue, scenarios ...Scenario) ([]Loss, error) {
	if err := validate(accounts, scenarios); err != nil {
		return nil, err
	}
	var total, positive exact.Sum
	ranked := make([]AccountRevenue, 0, len(accounts))
	for _, a := range accounts {
		total.Add(a.Revenue)
		if a.Revenue.Sign() > 0 {
			positive.Add(a.Revenue)
			ranked = append(ranked, a)
		}
	}
	slices.SortFunc(ranked, func(a, b AccountRevenue) int {
		if c := b.Revenue.Cmp(a.Revenue); c != 0 {
			return c
		}
		return strings.Compare(a.Account, b.Account)
	})
	losses := make([]Loss, 0, len(scenarios))
	for _, s := range scenarios {
		losses = append(losses, largestFail(s, ranked, total.Decimal(), positive.Decimal()))
	}
	return losses, nil
}

func largestFail(s Scenario, ranked []AccountRevenue, total, positive decimal.Decimal) Loss {
	leaving := ranked[:min(s.K, len(ranked))]
	loss := Loss{Scenario: s, Accounts: make([]string, 0, len(leaving))}
	var lost exact.Sum
	for _, a := range leaving {
		loss.Accounts = append(loss.Accounts, a.Account)
		lost.Add(a.Revenue)
	}
	loss.Lost = lost.Decimal()
	loss.Remaining = total.Sub(loss.Lost)
	if len(leaving) > 0 {
		loss.Share, _ = new(big.Rat).Quo(loss.Lost.Rat(), positive.Rat()).Float64()
	}
	return loss
}

func validate(accounts []AccountRevenue, scenarios []Scenario) error {
	var errs []error
	bad := func(kind error, field string, row int, value, reason string) {
		errs = append(errs, &keyaccount.InputError{Kind: kind, Field: field, Row: row, Value: value, Reason: reason})
	}
	if len(accounts) == 0 {
		bad(keyaccount.ErrMissing, "Accounts", 0, "", "a stress test needs at least one account")
	}
	seen := make(map[string]int, len(accounts))
	for i, a := range accounts {
		if first := seen[a.Account]; a.Account == "" {
			bad(keyaccount.ErrMissing, "Account", i+1, "", "a revenue needs an account")
		} else if first > 0 {
			bad(keyaccount.ErrDuplicate, "Account", i+1, a.Account, "it stands in row "+strconv.Itoa(first)+" already; add its revenues up first")
		} else {
			seen[a.Account] = i + 1
		}
		if !exact.InRange(a.Revenue) {
			bad(keyaccount.ErrOutOfRange, "Revenue", i+1, exact.Text(a.Revenue), "the power of ten is out of range")
		}
	}
	for i, s := range scenarios {
		if s.Kind != LargestAccountsFail {
			bad(keyaccount.ErrOutOfRange, "Kind", i+1, string(s.Kind), "not a known kind of scenario")
		}
		if s.K < 0 {
			bad(keyaccount.ErrOutOfRange, "K", i+1, strconv.Itoa(s.K), "the number of accounts must not be negative")
		}
	}
	return errors.Join(errs...)
}
