package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/keyaccount/keyaccount/clv"
)

// report is what is printed.
type report struct {
	AsOf     string   `json:"as_of"`
	Unit     clv.Unit `json:"unit"`
	Horizon  string   `json:"horizon"`
	Span     float64  `json:"span"` // from AsOf to Horizon, in units
	Currency string   `json:"currency,omitempty"`
	Warnings []string `json:"warnings,omitempty"`

	Model       clv.Fitted            `json:"model"`
	Spend       clv.FittedSpend       `json:"spend,omitempty"`
	Correlation *clv.SpendCorrelation `json:"correlation,omitempty"`
	Comparison  []candidate           `json:"comparison"`
	Holdout     *holdoutReport        `json:"holdout,omitempty"`
	Accounts    []accountReport       `json:"accounts"`
	Total       totalReport           `json:"total"`
}

// holdoutReport is how the chosen model did on what it had not seen.
type holdoutReport struct {
	End      string     `json:"end"`
	Span     float64    `json:"span"`
	Accounts int        `json:"accounts"`
	Orders   int        `json:"orders"`
	Report   clv.Report `json:"report"`
}

type accountReport struct {
	clv.AccountHistory
	ProbAlive float64      `json:"prob_alive"`
	Orders    clv.Forecast `json:"orders"`
	// SilentSince is the day from which on an account without another order is
	// likelier gone than not: past for one that is, and empty where the model
	// never says so.
	SilentSince string         `json:"silent_since,omitempty"`
	Value       *clv.Valuation `json:"value,omitempty"`
}

type totalReport struct {
	Accounts  int            `json:"accounts"`
	ProbAlive float64        `json:"prob_alive"` // the number of accounts expected to be alive
	Orders    float64        `json:"orders"`
	Value     *clv.Valuation `json:"value,omitempty"`
}

// silent is the probability of being alive under which an account counts as
// silent for too long.
const silent = 0.5

// maxDays is the longest horizon, a century.
const maxDays = 36525

// read returns the accounts as they stand at the end of the calibration, and
// what they did after it.
func (s settings) read(in io.Reader) (*clv.Sample, string, error) {
	sheet, err := openSheet(in)
	if err != nil {
		return nil, "", err
	}
	if sheet.has("frequency") {
		switch {
		case s.calibrationEnd.IsZero():
			return nil, "", errors.New("a summary does not say on which day its ages end; give it as -calibration-end")
		case !s.holdoutEnd.IsZero():
			return nil, "", errors.New("-holdout-end: a summary has no hold-out")
		}
		accounts, currency, err := s.readSummary(sheet, s.calibrationEnd)
		if err == nil && len(accounts) == 0 {
			err = errors.New("there are no accounts below the names of the columns")
		}
		return &clv.Sample{Unit: s.unit, End: s.calibrationEnd, Accounts: accounts}, currency, err
	}
	cal, last, err := s.readLog(sheet)
	if err != nil {
		return nil, "", err
	}
	if last.IsZero() {
		return nil, "", errors.New("there are no transactions below the names of the columns")
	}
	split := clv.Split{End: s.calibrationEnd, HoldoutEnd: s.holdoutEnd, Returns: s.returns, FirstOrder: s.first}
	switch {
	case split.End.IsZero():
		split.End = last
	case split.HoldoutEnd.IsZero() && !last.Before(split.End.AddDate(0, 0, 1)):
		split.HoldoutEnd = last
	}
	sample, err := cal.Split(split)
	if err == nil && len(sample.Accounts) == 0 {
		err = fmt.Errorf("nobody bought up to the end of the calibration, %s", date(split.End.In(s.zone)))
	}
	return sample, cal.Currency(), err
}

// analyse is the whole job: read, fit or take the kept models, compare, score,
// value.
func (s settings) analyse(in io.Reader, known *models) (*report, *models, error) {
	if known != nil {
		s.unit, s.returns, s.first = known.orders.TimeUnit(), known.returns, known.first
	}
	sample, currency, err := s.read(in)
	if err != nil {
		return nil, nil, err
	}
	out := &report{AsOf: date(sample.End), Unit: s.unit, Currency: currency}
	horizon, err := s.until(sample.End)
	if err != nil {
		return nil, nil, err
	}
	out.Horizon, out.Span = date(horizon), days(sample.End, horizon)/s.unit.Days()
	m := known
	switch {
	case m == nil:
		m = &models{currency: currency, returns: s.returns, first: s.first}
	case m.spend != nil && m.currency != currency:
		return nil, nil, fmt.Errorf("the amounts are in %q, those of the saved model in %q", currency, m.currency)
	}
	if err := out.order(s, sample, m); err != nil {
		return nil, nil, err
	}
	if err := out.price(s, sample, m); err != nil {
		return nil, nil, err
	}
	if err := out.score(sample); err != nil {
		return nil, nil, err
	}
	if out.Spend != nil {
		s.economics.AsOf, s.economics.Horizon = sample.End, horizon
		err = out.value(s.economics)
	}
	return out, m, err
}

// until is the end of the horizon.
func (s settings) until(asOf time.Time) (time.Time, error) {
	end, given := s.horizon.day, s.horizon.text
	if end.IsZero() {
		ahead := math.Round(s.horizon.units * s.unit.Days())
		if s.horizon.units == 0 {
			ahead, given = math.Round(clv.Year.Days()), "a year"
		}
		if !(ahead <= maxDays) {
			return end, fmt.Errorf("-horizon %s: give a century at most", given)
		}
		end = asOf.AddDate(0, 0, max(int(ahead), 1))
	}
	switch ahead := days(asOf, end); {
	case ahead <= 0:
		return end, fmt.Errorf("-horizon %s: it must lie after %s, where the histories end", given, date(asOf))
	case ahead > maxDays:
		return end, fmt.Errorf("-horizon %s: give a century at most", given)
	}
	return end, nil
}

// order fits the models of orders, or takes the kept one, and compares them.
func (r *report) order(s settings, sample *clv.Sample, m *models) error {
	table, err := sample.Counts()
	if err != nil {
		return err
	}
	var tried []candidate
	if m.orders != nil {
		tried = []candidate{{Name: m.orders.Name(), Status: &m.orders.Report().Status, fit: m.orders}}
	} else if tried, err = s.try(table); err != nil {
		return err
	}
	if sample.Holdout > 0 {
		var e *clv.Evaluation
		if tried, e, err = judge(sample, tried); err != nil {
			return err
		}
		r.Holdout = &holdoutReport{
			End: date(sample.HoldoutEnd), Span: e.Holdout, Accounts: e.Accounts, Orders: e.Orders,
		}
	}
	best, err := choose(tried)
	if err != nil {
		return err
	}
	if r.Holdout != nil {
		r.Holdout.Report = *best.report
	}
	if *best.Status == clv.Weak {
		r.warn("the parameters of " + best.Name + " are weakly known: the standard error of one is as large as itself")
	}
	r.Comparison, r.Model, m.orders = tried, best.fit, best.fit
	return nil
}

func (r *report) warn(text string) { r.Warnings = append(r.Warnings, text) }

// price fits the model of spend, or takes the kept one, and looks at what all
// models of value assume: that spend has nothing to do with the number of
// orders.
func (r *report) price(s settings, sample *clv.Sample, m *models) error {
	table := clv.NewSpendCounts(r.Currency)
	for _, a := range sample.Accounts {
		if a.Spend.Orders == 0 {
			continue
		}
		if err := table.Add(a.Spend, 1); err != nil {
			return fmt.Errorf("account %q: %w", a.ID, err)
		}
	}
	switch {
	case s.load != "":
		if m.spend == nil {
			r.warn("the saved model knows nothing of spend: values are left out")
			return nil
		}
	case s.spend == "none":
		return nil
	case table.N() == 0:
		r.warn("no account has an order whose value counts: values are left out")
		return nil
	default:
		fit, left, err := s.learnSpend(sample.Accounts, r.Currency)
		if err != nil {
			return err
		}
		if left != "" {
			r.warn(left)
		}
		m.spend = fit
	}
	r.Spend = m.spend
	related, err := clv.CorrelateSpend(table, nil)
	switch {
	case errors.Is(err, clv.ErrTooFewData):
		return nil
	case err != nil:
		return err
	case related.Verdict == clv.CorrelationPresent:
		r.warn(related.Text().En)
	}
	r.Correlation = related
	return nil
}

// score says of each account whether it is alive, and what it will order.
func (r *report) score(sample *clv.Sample) error {
	for _, a := range sample.Accounts {
		orders, err := clv.ForecastOrders(r.Model, a.History, r.Span, nil)
		if err != nil {
			return fmt.Errorf("account %q: %w", a.ID, err)
		}
		line := accountReport{AccountHistory: a.AccountHistory, ProbAlive: r.Model.ProbAlive(a.History), Orders: orders}
		if day, ok := a.SilentSince(r.Model, silent); ok {
			line.SilentSince = date(day)
		}
		r.Total.Accounts++
		r.Total.ProbAlive += line.ProbAlive
		r.Total.Orders += orders.Mean
		r.Accounts = append(r.Accounts, line)
	}
	return nil
}

// value says what each account is worth, and all together.
func (r *report) value(e clv.Economics) error {
	accounts := make([]clv.Account, len(r.Accounts))
	for i, a := range r.Accounts {
		spent := a.Spend
		if r.Spend.Accepts(spent) != nil {
			spent = clv.SpendHistory{} // a newcomer, as the warning says
		}
		accounts[i] = clv.Account{ID: a.ID, Orders: &clv.OrderIncome{
			Flow: r.Model, Spend: r.Spend, History: a.History, Spent: spent,
		}}
	}
	worth, err := clv.ValuePortfolio(accounts, e)
	if err != nil {
		return err
	}
	for i := range worth.Accounts {
		r.Accounts[i].Value = &worth.Accounts[i].Valuation
	}
	r.Total.Value = worth.Total
	return nil
}

func date(at time.Time) string { return at.Format(time.DateOnly) }

// days is the number of days between the starts of two.
func days(from, to time.Time) float64 { return math.Round(to.Sub(from).Hours() / 24) }
