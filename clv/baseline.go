package clv

import (
	"errors"
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// RetentionMargin is the simple formula of customer value: a constant margin in
// each period, of a customer who stays from one to the next with a constant
// probability (Gupta and Lehmann, Journal of Interactive Marketing 17 (2003)
// 9-24; Berger and Nasr 1998). It is a baseline: real retention rises with the
// age of a cohort, which [SBG] and [BdW] know and this does not.
//
//	Margin sum over t of Retention^t (1+Growth)^(t-1) / (1+Discount)^t
type RetentionMargin struct {
	// Margin is what a customer brings in one period, in money.
	Margin float64
	// Retention is the probability to stay for one more period, from 0 to 1.
	Retention float64
	// Discount is the rate of interest for one period, above -1.
	Discount float64
	// Growth is by what share the margin grows each period. Defaults to none.
	Growth float64
	// Periods is how many are counted. Defaults to all there will be.
	Periods int
	// First adds the margin of the present period, that of a customer just won.
	// Defaults to the customer of whom this period's margin is in already.
	First bool
}

// Value returns the value, up to rounding. It refuses fields outside their
// range, and an endless sum that grows without bound, as an
// [*keyaccount.InputError].
func (r RetentionMargin) Value() (float64, error) {
	var errs []error
	check := func(ok bool, field string, v float64, reason string) {
		if !ok {
			errs = append(errs, badHistory(field, formatFloat(v), reason))
		}
	}
	check(isFinite(r.Margin), "Margin", r.Margin, "a margin must be finite")
	check(r.Retention >= 0 && r.Retention <= 1, "Retention", r.Retention, "a retention lies between 0 and 1")
	check(r.Discount > -1 && isFinite(r.Discount), "Discount", r.Discount, "a rate must be finite and above -1")
	check(r.Growth > -1 && isFinite(r.Growth), "Growth", r.Growth, "growth must be finite and above -1")
	check(r.Periods >= 0, "Periods", float64(r.Periods), "periods are not negative")
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	ratio := r.Retention * (1 + r.Growth) / (1 + r.Discount)
	terms := ratio / (1 - ratio) // ratio + ratio^2 + ...
	switch {
	case r.Periods > 0 && ratio == 1:
		terms = float64(r.Periods)
	case r.Periods > 0 && ratio > 0:
		terms *= -math.Expm1(float64(r.Periods) * math.Log(ratio))
	case r.Periods == 0 && !(ratio < 1):
		return 0, badHistory("Retention", formatFloat(r.Retention), "the sum has no end: it needs a discount above growth, or a number of periods")
	}
	value := r.Margin * terms / (1 + r.Growth)
	if r.First {
		value += r.Margin
	}
	if !isFinite(value) {
		return 0, badHistory("Value", formatFloat(value), "the value is beyond the range of a float64")
	}
	return value, nil
}

// HistoricValue returns what an account brought up to the end of asOf's instant,
// the simplest baseline: the sum of its amounts, returns being negative, times
// the margin, exact to the last digit. Transactions after asOf are left out.
// The account must be one, and so must the currency.
func HistoricValue(txs []keyaccount.Transaction, margin decimal.Decimal, asOf time.Time) (decimal.Decimal, error) {
	var sum exact.Sum
	for i, tx := range txs {
		fault := func(kind error, field, value, reason string) error {
			return &keyaccount.InputError{Kind: kind, Field: field, Row: i + 1, Value: value, Reason: reason}
		}
		if err := tx.Validate(); err != nil {
			return decimal.Decimal{}, atRow(err, i+1)
		}
		switch {
		case tx.Account != txs[0].Account:
			return decimal.Decimal{}, fault(keyaccount.ErrMismatch, "Account", tx.Account, "the value is that of "+txs[0].Account)
		case tx.Currency != txs[0].Currency:
			return decimal.Decimal{}, fault(keyaccount.ErrMixedCurrency, "Currency", tx.Currency, "the first is in "+txs[0].Currency)
		case !tx.Time.After(asOf):
			sum.Add(tx.Amount)
		}
	}
	if !exact.InRange(margin) {
		return decimal.Decimal{}, badHistory("margin", exact.Text(margin), "it has too many places")
	}
	return sum.Decimal().Mul(margin), nil
}

// CohortPeriod is what one period brought of all accounts that have been
// customers for as long.
type CohortPeriod struct {
	// Accounts is how many were customers at the start of their cohort and have
	// reached this age, whether they still order or not.
	Accounts int
	// Revenue is what they brought in the period.
	Revenue decimal.Decimal
}

// CohortValue returns the mean value of a newcomer as its forerunners show it:
// the revenue per account at each age, in periods from the first, times the
// margin, discounted at a rate for one period from the first one on. It is a
// baseline: it says nothing beyond the oldest cohort, nor of single accounts. It
// refuses an age without accounts, a margin above 1 and a rate not above -1.
func CohortValue(ages []CohortPeriod, margin, discount float64) (float64, error) {
	if !(margin <= 1) || !isFinite(margin) {
		return 0, badHistory("margin", formatFloat(margin), "a margin is a share of revenue, at most 1")
	}
	if !(discount > -1) || !isFinite(discount) {
		return 0, badHistory("discount", formatFloat(discount), "a rate must be finite and above -1")
	}
	var value float64
	for i, age := range ages {
		if age.Accounts < 1 {
			bad := badHistory("Accounts", formatFloat(float64(age.Accounts)), "an age needs at least one account")
			bad.Row = i + 1
			return 0, bad
		}
		value += margin * age.Revenue.InexactFloat64() / float64(age.Accounts) * math.Pow(1+discount, -float64(i))
	}
	if !isFinite(value) {
		return 0, badHistory("Value", formatFloat(value), "the value is beyond the range of a float64")
	}
	return value, nil
}
