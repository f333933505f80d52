package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/keyaccount/keyaccount/clv"
)

// candidate is one line of the comparison: a model that was tried, or a
// baseline of the hold-out.
type candidate struct {
	Name   string `json:"name"`
	Chosen bool   `json:"chosen,omitempty"`
	// LogLik, AIC and BIC are comparable across all models.
	LogLik *float64    `json:"log_likelihood,omitempty"`
	AIC    *float64    `json:"aic,omitempty"`
	BIC    *float64    `json:"bic,omitempty"`
	Status *clv.Status `json:"status,omitempty"`
	// Holdout is nil without one.
	Holdout *clv.Score `json:"holdout,omitempty"`
	// Problem is why there is no fit, or why it is not in the running.
	Problem string `json:"problem,omitempty"`

	fit    clv.Fitted
	report *clv.Report
}

func candidateOf(fit clv.Fitted) candidate {
	d := fit.Report()
	return candidate{Name: fit.Name(), LogLik: &d.LogLik, AIC: &d.AIC, BIC: &d.BIC, Status: &d.Status, fit: fit}
}

// try fits what -model names: one model, or all.
func (s settings) try(table *clv.Counts) ([]candidate, error) {
	var out []candidate
	for _, f := range flows() {
		if s.model != f.key && s.model != "auto" {
			continue
		}
		opts := new(clv.FitOptions)
		if s.prior == "weak" {
			opts.Prior = clv.WeakPrior(f.model, table)
		}
		fit, err := f.fit(table, opts)
		switch {
		case err == nil && s.model == "auto" && rhythm(fit) == 1 && (f.key == "mbgcnbd" || f.key == "bgcnbd"):
			out = append(out, candidate{Name: fit.Name(), Problem: "there is no rhythm: it is the model without one"})
		case err == nil:
			out = append(out, candidateOf(fit))
		case s.model == "auto":
			out = append(out, candidate{Name: f.key, Problem: plain(err)})
		default:
			return nil, fmt.Errorf("-model %s: %s%s", f.key, plain(err), s.advice(err))
		}
	}
	return out, nil
}

// advice is what helps against too few data.
func (s settings) advice(err error) string {
	if s.prior != "weak" && (errors.Is(err, clv.ErrTooFewData) || errors.Is(err, clv.ErrNotIdentified)) {
		return "; -prior weak is for few accounts"
	}
	return ""
}

// judge lets the models predict the hold-out, and adds the baselines.
func judge(sample *clv.Sample, tried []candidate) ([]candidate, *clv.Evaluation, error) {
	var flows []clv.OrderFlow
	var of []int
	for i, c := range tried {
		if c.fit != nil {
			flows, of = append(flows, c.fit), append(of, i)
		}
	}
	e, err := clv.Evaluate(sample, flows, nil)
	if err != nil {
		return nil, nil, err
	}
	for i := range e.Reports {
		c := &tried[of[i]]
		c.report, c.Holdout = &e.Reports[i], &e.Table[i]
		// What is said of the likelihood is said once, with the rhythm in it.
		c.Holdout.LogLik, c.Holdout.AIC, c.Holdout.BIC = nil, nil, nil
	}
	for i := range e.Table {
		if b := &e.Table[i]; b.Baseline {
			tried = append(tried, candidate{Name: b.Name, Holdout: b})
		}
	}
	return tried, e, nil
}

// choose marks the best: by CRPS in the hold-out, without one by BIC.
func choose(tried []candidate) (*candidate, error) {
	var best *candidate
	least := math.Inf(1)
	for i := range tried {
		c := &tried[i]
		if c.fit == nil {
			continue
		}
		var loss float64 // of a kept model, which is alone
		switch {
		case c.Holdout != nil:
			loss = c.Holdout.CRPS
		case c.BIC != nil:
			loss = *c.BIC
		}
		if best == nil || loss < least {
			best, least = c, loss
		}
	}
	if best == nil {
		return nil, fmt.Errorf("-model auto: no model can be fitted; %s: %s", tried[0].Name, tried[0].Problem)
	}
	best.Chosen = true
	return best, nil
}

// learnSpend fits -spend to what orders were worth. It says what it left out.
func (s settings) learnSpend(accounts []clv.SampleAccount, currency string) (clv.FittedSpend, string, error) {
	table := clv.NewSpendCounts(currency)
	var kind money
	for _, kind = range moneys() {
		if kind.key == s.spend {
			break
		}
	}
	left, first := 0, ""
	squares, known := 0.0, 0.0
	for _, a := range accounts {
		switch {
		case a.Spend.Orders == 0:
			continue
		case !kind.takes(a.Spend):
			if left++; left == 1 {
				first = a.ID
			}
			continue
		}
		if err := table.Add(a.Spend, 1); err != nil {
			return nil, "", fmt.Errorf("account %q: %w", a.ID, err)
		}
		squares += a.Spend.Mean * a.Spend.Mean
		known++
	}
	opts := new(clv.FitOptions)
	if s.prior == "weak" {
		scale := 1.0
		if squares > 0 {
			scale = math.Sqrt(squares / known)
		}
		opts.Prior = kind.prior(scale)
	}
	fit, err := kind.fit(table, opts)
	if err != nil {
		return nil, "", fmt.Errorf("-spend %s: %s%s; -spend none leaves values out", s.spend, plain(err), s.advice(err))
	}
	if left > 0 {
		return fit, fmt.Sprintf("accounts whose amounts -spend %s cannot take: %d, such as %q; they are left out of its fit, and their orders are valued as those of newcomers", s.spend, left, first), nil
	}
	return fit, "", nil
}
