package clv

import (
	"errors"
	"math"
	"math/rand/v2"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// ContractIncome is what an account brings by a contract that is renewed, or
// not.
type ContractIncome struct {
	// Model says how likely the next renewals are. A [FittedContract] brings the
	// uncertainty of its parameters into intervals. Its Interval is the
	// contract's.
	Model ContractModel
	// Contract has the dates. What is known of it at AsOf follows from them.
	Contract Contract
	// Payment is the amount for one term, from one renewal to the next.
	Payment decimal.Decimal
	// Arrears has the payment due at the end of the term it is for. Defaults to
	// its beginning: that of the present term is then past and counts no more.
	Arrears bool
}

func (c *ContractIncome) validate(e *Economics) error {
	if c.Model == nil {
		return missing("Model", "a contract needs a model of its renewals")
	}
	var bad error
	if c.Payment.Sign() < 0 || !exact.InRange(c.Payment) || math.IsInf(c.Payment.InexactFloat64(), 0) {
		bad = badHistory("Payment", exact.Text(c.Payment), "a payment is not negative")
	}
	if got, want := interval(c.Contract.Months), c.Model.Interval(); got != want {
		bad = &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "Months", Value: formatFloat(float64(got)),
			Reason: "the model is one of contracts of another interval, " + formatFloat(float64(want)) + " months",
		}
	}
	_, err := c.Contract.History(e.AsOf)
	return errors.Join(bad, c.Model.Validate(), err)
}

// schedule is what may come of a contract, as present values: during[k] if it
// is under contract in the k-th term from now, that of AsOf being the 0th, and
// renewed[k] if it is renewed at the end of that term.
type schedule struct {
	history         ContractHistory
	during, renewed []parts
}

func (c *ContractIncome) schedule(e *Economics) (s schedule) {
	t := e.terms(Year)
	payment, end := c.Payment.InexactFloat64(), t.farthest()
	s.history, _ = c.Contract.History(e.AsOf)
	if s.history.Lost {
		return s
	}
	from := 0.0
	for i := s.history.Renewals + 1; i <= c.Contract.lastRenewal() && from < end; i++ {
		at := days(e.AsOf, c.Contract.renewal(i)) / Year.Days()
		var during, renewed parts
		during[serviceCost] -= t.service * t.discount(from) * t.annuity(min(at, end)-from)
		if at < end {
			during[retentionCost] -= t.retention * t.discount(at)
			paid := &renewed
			if c.Arrears {
				paid = &during
			}
			t.sale(paid, t.discount(at), payment)
		}
		s.during, s.renewed = append(s.during, during), append(s.renewed, renewed)
		from = at
	}
	return s
}

func (c *ContractIncome) expected(e *Economics) (p parts) {
	s := c.schedule(e)
	under := 1.0
	for k := range s.during {
		next := c.Model.Survival(s.history, k+1)
		for i := range p {
			p[i] += under*s.during[k][i] + next*s.renewed[k][i]
		}
		under = next
	}
	return p
}

// simulated adds the value of the contract in each simulated future.
func (c *ContractIncome) simulated(e *Economics, models []ContractModel, r *rand.Rand, totals []float64) {
	s := c.schedule(e)
	if len(s.during) == 0 {
		return
	}
	worth := make([]float64, len(s.during)) // of surviving so many renewals
	var sum float64
	for k := range s.during {
		worth[k] = sum + s.during[k].total()
		sum = worth[k] + s.renewed[k].total()
	}
	for i := range totals {
		totals[i] += worth[models[i%len(models)].DrawRenewals(s.history, len(worth)-1, r)]
	}
}
