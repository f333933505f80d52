package clv

import (
	"errors"
	"fmt"
)

// Account is what is to be valued: an account that orders freely, one under
// contracts, or one with both, such as a framework contract and call-offs.
type Account struct {
	// ID names the account. Its simulated futures depend on it.
	ID string
	// Orders is its income by orders; nil without.
	Orders *OrderIncome
	// Contracts are its contracts, that of a service and that of a supply for
	// example.
	Contracts []ContractIncome
}

// Value returns what the orders of one account are worth: [ValueAccount] for an
// account that orders freely and whose history ends at AsOf.
func Value(flow OrderFlow, spend Spend, a AccountHistory, e Economics) (*Valuation, error) {
	return ValueAccount(Account{
		ID: a.ID, Orders: &OrderIncome{Flow: flow, Spend: spend, History: a.History, Spent: a.Spend},
	}, e)
}

// ValueAccount returns what an account is worth at AsOf: the expected present
// value of all that it will bring and cost up to the Horizon, told part by
// part, and an interval for what will turn out. The mean is computed from the
// models, not simulated. The interval is that of simulated futures, each under
// its own draw of the fits' parameters; orders, spend and renewals are
// independent of each other.
//
// It refuses what the Validate of the Economics, the models and the histories
// do, an account without any income, a contract that has not started by AsOf,
// and values beyond the range of a float64, as [*keyaccount.InputError].
func ValueAccount(a Account, e Economics) (*Valuation, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	if err := a.validate(&e); err != nil {
		return nil, err
	}
	f := newFutures(&e)
	if err := f.add(&a); err != nil {
		return nil, err
	}
	p, totals := a.value(&e, f)
	return e.valuation(p, totals, a.known())
}

func (a *Account) validate(e *Economics) error {
	if a.Orders == nil && len(a.Contracts) == 0 {
		return missing("Account", "an account needs orders or a contract to be worth anything")
	}
	var errs []error
	if a.Orders != nil {
		errs = append(errs, a.Orders.validate())
	}
	for i := range a.Contracts {
		if err := a.Contracts[i].validate(e); err != nil {
			errs = append(errs, fmt.Errorf("contract %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

// value returns the expected parts and the total of each simulated future.
func (a *Account) value(e *Economics, f *futures) (p parts, totals []float64) {
	totals = make([]float64, e.draws())
	r := stream(e.Seed, "account", a.ID)
	if a.Orders != nil {
		p.add(a.Orders.expected(e))
		a.Orders.simulated(e, f.flows(a.Orders.Flow), f.spends(a.Orders.Spend), r, totals)
	}
	for i := range a.Contracts {
		c := &a.Contracts[i]
		p.add(c.expected(e))
		c.simulated(e, f.contracts(c.Model), r, totals)
	}
	return p, totals
}

func (e *Economics) draws() int {
	if e.Draws == 0 {
		return 400
	}
	return e.Draws
}
