package clv

import (
	"errors"
	"fmt"

	"github.com/keyaccount/keyaccount"
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
	p, totals := a.value(&e, f)
	return e.valuation(p, totals, f.known)
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

// futures are the models under each draw of the parameters of their fits: one
// model, where it is not a fit. Models that share a fit share its draws, and so
// do all accounts of a portfolio.
type futures struct {
	e     *Economics
	drawn map[*Diagnostics]any
	known bool // some model was no fit
}

func newFutures(e *Economics) *futures { return &futures{e: e, drawn: make(map[*Diagnostics]any)} }

func (f *futures) flows(m OrderFlow) []OrderFlow {
	fit, ok := m.(Fitted)
	if !ok {
		f.known = true
		return []OrderFlow{m}
	}
	return drawModels(f, fit.Report(), fit.at)
}

func (f *futures) spends(m Spend) []Spend {
	fit, ok := m.(FittedSpend)
	if !ok {
		f.known = true
		return []Spend{m}
	}
	return drawModels(f, fit.Report(), func(at []float64) Spend { return fit.at(at) })
}

func (f *futures) contracts(m ContractModel) []ContractModel {
	fit, ok := m.(FittedContract)
	if !ok {
		f.known = true
		return []ContractModel{m}
	}
	return drawModels(f, fit.Report(), fit.at)
}

func drawModels[M any](f *futures, d *Diagnostics, at func([]float64) M) []M {
	if models, ok := f.drawn[d].([]M); ok {
		return models
	}
	var models []M
	for _, c := range d.draws(f.e.draws(), stream(f.e.Seed, "parameters", d.Data)) {
		models = append(models, at(c))
	}
	f.drawn[d] = models
	return models
}

// Portfolio is what many accounts are worth together.
type Portfolio struct {
	// Total is the value of all. Its interval takes the uncertainty of
	// parameters as common to the accounts, and their chances as their own.
	Total *Valuation `json:"total"`
	// Accounts are the single values, in the order given.
	Accounts []AccountValuation `json:"accounts"`
}

// AccountValuation is the value of one account of a [Portfolio].
type AccountValuation struct {
	ID string `json:"id"`
	Valuation
}

// ValuePortfolio values many accounts, on all cores, and their total. The
// value of each is what [ValueAccount] returns for it alone, and all is the same
// to the bit on any number of cores. It refuses what ValueAccount does, naming
// the account's row, and an id that stands twice ([keyaccount.ErrDuplicate]).
func ValuePortfolio(accounts []Account, e Economics) (*Portfolio, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	f := newFutures(&e)
	seen := make(map[string]bool, len(accounts))
	for i := range accounts {
		a := &accounts[i]
		err := a.validate(&e)
		if err == nil && seen[a.ID] {
			err = &keyaccount.InputError{Kind: keyaccount.ErrDuplicate, Field: "ID", Row: i + 1, Value: a.ID, Reason: "the account stands twice"}
		}
		if err != nil {
			return nil, fmt.Errorf("account %d (%q): %w", i+1, a.ID, err)
		}
		seen[a.ID] = true
		a.prepare(f)
	}
	return valueBlocks(accounts, &e, f)
}

// prepare draws the parameters of the account's fits, before goroutines read
// them.
func (a *Account) prepare(f *futures) {
	if a.Orders != nil {
		f.flows(a.Orders.Flow)
		f.spends(a.Orders.Spend)
	}
	for i := range a.Contracts {
		f.contracts(a.Contracts[i].Model)
	}
}
