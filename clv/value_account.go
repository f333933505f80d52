package clv

import (
	"errors"
	"fmt"
	"math"
	"time"

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
//
// Where a.First is known, the history must end at AsOf: First and Age say so in
// the unit of the flow, and a history in another unit does not
// ([keyaccount.ErrMismatch]).
func Value(flow OrderFlow, spend Spend, a AccountHistory, e Economics) (*Valuation, error) {
	if !absent(flow) && !a.First.IsZero() && !e.AsOf.IsZero() && flow.TimeUnit().valid() && a.Validate() == nil {
		ends := days(a.First, e.AsOf) - a.Age*flow.TimeUnit().Days()
		if math.Abs(ends) > 0.5 {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrMismatch, Field: "Age", Value: formatFloat(a.Age),
				Reason: "in units of a " + flow.TimeUnit().String() + " since " + a.First.Format(time.DateOnly) + " the history does not end at AsOf",
			}
		}
	}
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
	p, totals, err := a.value(&e, f)
	if err != nil {
		return nil, err
	}
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
func (a *Account) value(e *Economics, f *futures) (p parts, totals []float64, err error) {
	totals = make([]float64, e.draws())
	served := make([]float64, len(totals)) // present years of service
	r := stream(e.Seed, "account", a.ID)
	var tenures []tenure
	if o := a.Orders; o != nil {
		t := e.terms(o.Flow.TimeUnit())
		p.add(o.expected(e, &t))
		tenures = append(tenures, o.tenure())
		draw, flows, spends := o.futures(e), f.flows(o.Flow), f.spends(o.Spend)
		for i := range totals {
			if totals[i], served[i], err = draw.draw(flows[i%len(flows)], spends[i%len(spends)], r); err != nil {
				return p, nil, err
			}
		}
	}
	years := e.terms(Year)
	for i := range a.Contracts {
		c := &a.Contracts[i]
		s := c.schedule(e)
		if len(s.during) == 0 {
			continue
		}
		p.add(s.expected(c.Model))
		tenures = append(tenures, s.tenure(c.Model))
		worth, models := s.worth(), f.contracts(c.Model)
		for k := range totals {
			n := models[k%len(models)].DrawRenewals(s.history, len(worth)-1, r)
			totals[k] += worth[n]
			served[k] = max(served[k], years.annuity(min(s.ends[n], years.farthest())))
		}
	}
	if cost := e.ServiceCost.InexactFloat64(); cost != 0 {
		p[serviceCost] -= cost * years.serviceTime(tenures)
		for k := range totals {
			totals[k] -= cost * served[k]
		}
	}
	return p, totals, nil
}

// draws is at least as many as leave some beyond each end of the interval.
func (e *Economics) draws() int {
	if e.Draws == 0 {
		return int(max(400, math.Ceil(2*beyondEnds/(1-e.level()))))
	}
	return e.Draws
}

// beyondEnds is how many draws must lie beyond each end of an interval.
const beyondEnds = 5

func (e *Economics) level() float64 {
	if e.Level == 0 {
		return 0.9
	}
	return e.Level
}
