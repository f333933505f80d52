package clv

import (
	"errors"
	"math"
	"slices"

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
	if absent(c.Model) {
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
// renewed[k] if it is renewed at the end of that term, ends[k] years from now.
type schedule struct {
	history         ContractHistory
	during, renewed []parts
	ends            []float64
	given           bool // notice: the last of these ends for certain
}

func (c *ContractIncome) schedule(e *Economics) (s schedule) {
	t := e.terms(Year)
	payment, end := c.Payment.InexactFloat64(), t.farthest()
	s.history, _ = c.Contract.History(e.AsOf)
	if s.history.Lost {
		return s
	}
	at := 0.0
	for i := s.history.Renewals + 1; i <= c.Contract.lastRenewal() && at < end && !s.given; i++ {
		day := c.Contract.renewal(i)
		if notice := c.Contract.End; !notice.IsZero() && !day.Before(notice) {
			day, s.given = notice, true
		}
		at = days(e.AsOf, day) / Year.Days()
		var during, renewed parts
		if at < end {
			if !s.given {
				during[retentionCost] -= t.retention * t.discount(at)
			}
			paid := &renewed
			if c.Arrears {
				paid = &during
			}
			t.sale(paid, t.discount(at), payment)
		}
		s.during, s.renewed, s.ends = append(s.during, during), append(s.renewed, renewed), append(s.ends, at)
	}
	return s
}

// survival returns the probability that the contract is renewed at ends[k].
func (s *schedule) survival(m ContractModel, k int) float64 {
	if s.given && k == len(s.ends)-1 {
		return 0
	}
	return m.Survival(s.history, k+1)
}

// expected returns the expected present value by part, service left out.
func (s *schedule) expected(m ContractModel) (p parts) {
	under := 1.0
	for k := range s.during {
		next := s.survival(m, k)
		for i := range p {
			p[i] += under*s.during[k][i] + next*s.renewed[k][i]
		}
		under = next
	}
	return p
}

// tenure is how long the contract lasts.
func (s *schedule) tenure(m ContractModel) tenure {
	under := make([]float64, len(s.ends)+1)
	for k := range under {
		switch {
		case len(s.ends) == 0: // it is lost
		case k == 0:
			under[k] = 1
		default:
			under[k] = s.survival(m, k-1)
		}
	}
	return tenure{steps: s.ends, after: func(at float64) float64 {
		k, _ := slices.BinarySearch(s.ends, at)
		return under[k]
	}}
}

// worth returns what surviving so many renewals is worth.
func (s *schedule) worth() []float64 {
	worth := make([]float64, len(s.during))
	var sum float64
	for k := range s.during {
		worth[k] = sum + s.during[k].total()
		sum = worth[k] + s.renewed[k].total()
	}
	return worth
}
