package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/allocation"
	"github.com/keyaccount/keyaccount/clv"
	"github.com/keyaccount/keyaccount/risk"
	"github.com/keyaccount/keyaccount/segment"
	"github.com/keyaccount/keyaccount/survey"
)

// horizonWeeks is how far ahead an account is valued: one year.
const horizonWeeks = 52

// folded is what one pass over the transactions leaves behind.
type folded struct {
	summary     *segment.Summary
	calibration *clv.Calibration
	paid        *priceCheck
	first, last time.Time
}

// compute makes the review: one pass over the transactions, then each room.
func compute(ctx context.Context, in inputs) (*review, error) {
	if in.Location == nil {
		in.Location = time.UTC
	}
	f, err := fold(ctx, in)
	if err != nil {
		return nil, err
	}
	asOf := in.AsOf
	if asOf.IsZero() {
		y, m, d := f.last.In(in.Location).Date()
		asOf = startOfDay(y, m, d+1, in.Location)
	}
	accounts := f.summary.Accounts(asOf)
	if len(accounts) == 0 {
		return nil, noTransactions(in.Transactions.Report())
	}
	rv := &review{
		Schema: reviewSchema, Title: in.Title, Demo: in.Demo,
		AsOf: asOf, TimeZone: in.Location.String(), Currency: f.summary.Currency(),
		Inputs:    append([]fileReport{in.Transactions.Report()}, in.Reports...),
		Portfolio: portfolioOf(accounts, f, in.Location),
	}
	if err := rv.classify(accounts); err != nil {
		return nil, err
	}
	for _, step := range []func() error{
		func() error { return rv.scoreRFM(accounts) },
		func() error { return rv.estimate(f.calibration, asOf) },
		rv.depend,
		func() error { return rv.owe(in, asOf) },
		func() error { rv.Prices = f.paid.result(); return nil },
		func() error { return rv.ask(in, asOf) },
		func() error { return rv.allocate(in.Capacity) },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	rv.Findings = findings(rv)
	return rv, nil
}

// startOfDay is the first instant of a calendar day. It is not always
// midnight: in some zones the clocks go forward at midnight.
func startOfDay(y int, m time.Month, d int, zone *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	want := time.Date(y, m, d, 12, 0, 0, 0, zone).Day()
	for t.Day() != want {
		t = t.Add(15 * time.Minute) // shifts are whole quarters of an hour
	}
	return t
}

func fold(ctx context.Context, in inputs) (folded, error) {
	f := folded{
		summary:     segment.NewSummary(segment.SummaryOptions{Location: in.Location}),
		calibration: clv.NewCalibration(clv.CalibrationOptions{Unit: clv.Week, Location: in.Location}),
		paid:        newPriceCheck(in.Prices),
	}
	for tx, err := range in.Transactions.Transactions(ctx, keyaccount.Period{To: in.AsOf}) {
		if err != nil {
			return f, err
		}
		if err := f.summary.Add(tx); err != nil {
			if errors.Is(err, keyaccount.ErrMixedCurrency) {
				return f, fmt.Errorf("%w; review one currency with -currency", err)
			}
			return f, err
		}
		if err := f.calibration.Add(tx); err != nil {
			return f, err
		}
		if err := f.paid.add(tx); err != nil {
			return f, err
		}
		if f.first.IsZero() || tx.Time.Before(f.first) {
			f.first = tx.Time
		}
		if tx.Time.After(f.last) {
			f.last = tx.Time
		}
	}
	return f, nil
}

func noTransactions(r fileReport) error {
	if r.Rows == 0 {
		return fmt.Errorf("%s: there are no transactions: the file has a header and nothing below it", r.Name)
	}
	why := make([]string, len(r.Skipped))
	for i, s := range r.Skipped {
		why[i] = fmt.Sprintf("%s: %d", s.Reason, s.Rows)
	}
	return fmt.Errorf("%s: none of the %d rows can be used; %s", r.Name, r.Rows, strings.Join(why, ", "))
}

func portfolioOf(accounts []segment.Account, f folded, zone *time.Location) portfolio {
	p := portfolio{
		Accounts: len(accounts),
		FirstDay: f.first.In(zone).Format(time.DateOnly),
		LastDay:  f.last.In(zone).Format(time.DateOnly),
	}
	for _, a := range accounts {
		p.Orders += a.Orders
		p.Lines += a.Lines
		p.Gross = p.Gross.Add(a.Gross)
		p.Returns = p.Returns.Add(a.Returns)
		p.Net = p.Net.Add(a.Net)
		if a.HasOrders() {
			p.Buyers++
		} else {
			p.ReturnOnly++
		}
	}
	return p
}

// classify grades the accounts and lists them, largest net revenue first.
func (rv *review) classify(accounts []segment.Account) error {
	abc, err := segment.ABC(accounts, nil)
	if err != nil {
		return err
	}
	byID := make(map[string]segment.Account, len(accounts))
	for _, a := range accounts {
		byID[a.ID] = a
	}
	for _, c := range abc.Classes {
		rv.Classes = append(rv.Classes, classLine{Class: c.Class, Accounts: c.Accounts, Net: c.Net, Share: c.Share})
	}
	for _, a := range abc.Accounts {
		rv.Accounts = append(rv.Accounts, account{
			Account: byID[a.ID], Class: a.Class, Share: a.Share, Cumulative: a.CumulativeShare,
		})
	}
	return nil
}

// scoreRFM scores the buyers; a company without buyers has no scores.
func (rv *review) scoreRFM(accounts []segment.Account) error {
	var buyers []segment.Account
	for _, a := range accounts {
		if a.HasOrders() {
			buyers = append(buyers, a)
		}
	}
	if len(buyers) == 0 {
		rv.RFM.Note = keyaccount.Text{En: "no account has bought anything", Zh: "没有客户发生过购买"}
		return nil
	}
	model, err := segment.FitRFM(buyers, nil)
	if err != nil {
		return err
	}
	rv.RFM.Model = model
	rv.RFM.Cells = make([]rfmCell, model.Bins*model.Bins)
	for i := range rv.RFM.Cells {
		rv.RFM.Cells[i].R, rv.RFM.Cells[i].F = i/model.Bins+1, i%model.Bins+1
	}
	book := segment.DefaultPlaybook()
	for _, s := range model.Rules.Segments() {
		play, _ := book.For(s)
		rv.RFM.Segments = append(rv.RFM.Segments, segmentLine{Segment: s, Strategy: play.Strategy})
	}
	for i := range rv.Accounts {
		a := &rv.Accounts[i]
		if !a.HasOrders() {
			continue
		}
		s := model.Score(a.Account)
		a.Score, a.RFM, a.Segment = s, s.Code(), s.Segment.Text
		k := slices.IndexFunc(rv.RFM.Segments, func(l segmentLine) bool { return l.Key == s.Segment.Key })
		rv.RFM.Segments[k].Accounts++
		rv.RFM.Segments[k].Net = rv.RFM.Segments[k].Net.Add(a.Net)
		cell := &rv.RFM.Cells[(s.R-1)*model.Bins+s.F-1]
		cell.Accounts++
		cell.Net = cell.Net.Add(a.Net)
	}
	return nil
}

// estimate fits the order flow and values each buyer: expected orders of the
// next year times its own mean net value of an order day, nothing for an
// account whose returns exceed its purchases.
func (rv *review) estimate(c *clv.Calibration, asOf time.Time) error {
	rv.Value.HorizonWeeks = horizonWeeks
	// asOf begins a day that no row is from; the calibration ends with the one
	// before it.
	last := asOf.Add(-1)
	table, err := c.Counts(last)
	if err != nil {
		return err
	}
	fit, err := clv.FitBGNBD(table, nil)
	if err != nil {
		rv.Value.Note = keyaccount.Text{En: err.Error(), Zh: "数据不足以拟合模型（" + err.Error() + "）"}
		return nil //nolint:nilerr // too little data is an answer, shown as such
	}
	histories, err := c.Accounts(last)
	if err != nil {
		return err
	}
	rv.Value.Fit = fit
	at := rv.positions()
	for _, h := range histories {
		a := &rv.Accounts[at[h.ID]]
		alive, orders := fit.ProbAlive(h.History), fit.ExpectedOrders(h.History, horizonWeeks)
		mean := max(0, a.Net.InexactFloat64()/float64(h.Frequency+1))
		revenue := orders * mean
		a.ProbAlive, a.ExpectedOrders, a.ExpectedRevenue = &alive, &orders, &revenue
		rv.Value.ExpectedOrders += orders
		rv.Value.ExpectedRevenue += revenue
	}
	return nil
}

// depend measures how much of the revenue hangs on how few accounts.
func (rv *review) depend() error {
	shares := make([]float64, len(rv.Accounts))
	revenues := make([]risk.AccountRevenue, len(rv.Accounts))
	for i, a := range rv.Accounts {
		shares[i] = a.Net.InexactFloat64()
		revenues[i] = risk.AccountRevenue{Account: a.ID, Revenue: a.Net}
	}
	c, err := risk.Concentrate(shares)
	if errors.Is(err, keyaccount.ErrMissing) {
		rv.Dependency.Note = keyaccount.Text{En: "no account has positive net revenue", Zh: "没有净销售额为正的客户"}
		return nil
	}
	if err != nil {
		return err
	}
	rv.Dependency.Concentration = &c
	var scenarios []risk.Scenario
	for _, k := range []int{1, 2, 3, 5, 10} {
		if k <= c.N {
			scenarios = append(scenarios, risk.LargestFail(k))
		}
	}
	rv.Dependency.Losses, err = risk.Stress(revenues, scenarios...)
	return err
}

// ask turns the answers given before asOf, by accounts under review, into
// health.
func (rv *review) ask(in inputs, asOf time.Time) error {
	at := rv.positions()
	report := rv.input(in.AnswersFile)
	var answers []survey.Answer
	var lines []int
	for i, a := range in.Answers {
		if _, known := at[a.Account]; !known {
			report.leaveOut(unknownAccount)
			continue
		}
		if !a.Time.Before(asOf) {
			report.leaveOut(outside)
			continue
		}
		answers = append(answers, a)
		lines = append(lines, in.AnswerLines[i])
	}
	if len(answers) == 0 {
		return nil
	}
	scores, err := survey.NPSByAccount(answers, nil)
	if bad, ok := errors.AsType[*keyaccount.InputError](err); ok && bad.Row > 0 {
		return &fileError{File: in.AnswersFile, Line: lines[bad.Row-1], Value: bad.Value, Reason: bad.Reason}
	}
	if err != nil {
		return err
	}
	h := health{NPSReport: scores}
	for _, a := range scores.Accounts {
		i := at[a.Account]
		rv.Accounts[i].NPS = &a.Estimate
		if !a.Empty() && a.Value < 0 {
			h.AtStake = h.AtStake.Add(rv.Accounts[i].Net)
		}
	}
	rv.Health = &h
	return nil
}

// input returns the report of a file, for what is found out about its rows
// later.
func (rv *review) input(name string) *fileReport {
	for i := range rv.Inputs {
		if rv.Inputs[i].Name == name {
			return &rv.Inputs[i]
		}
	}
	return new(fileReport)
}

// allocate shares the scarce resource by expected revenue, under the floors
// and caps of each class.
func (rv *review) allocate(policy capacity) error {
	if len(policy.Levels) == 0 {
		policy, rv.Plan.Default = defaultCapacity(), true
	}
	rv.Plan.Policy = policy
	byClass := map[segment.ABCClass]level{}
	for _, l := range policy.Levels {
		byClass[l.Class] = l
		rv.Plan.Levels = append(rv.Plan.Levels, levelLine{Class: l.Class, Name: l.Name})
	}
	var claims []allocation.Claim
	var who []int
	for i := range rv.Accounts {
		a := &rv.Accounts[i]
		l, ok := byClass[a.Class]
		if !ok {
			continue
		}
		claims = append(claims, allocation.Claim{Account: a.ID, Weight: rv.weight(a), Floor: l.Floor, Cap: l.Cap})
		who = append(who, i)
		a.Level = l.Name
	}
	if len(claims) == 0 {
		rv.Plan.Note = keyaccount.Text{En: "no account is in a class that has a service level", Zh: "没有客户属于设有服务级别的等级"}
		return nil
	}
	fill, err := allocation.Fill(policy.Capacity, claims, &allocation.FillOptions{Unit: policy.Unit})
	if short, ok := errors.AsType[*allocation.InfeasibleError](err); ok {
		rv.Plan.Note = keyaccount.Text{En: short.Explain("en"), Zh: short.Explain("zh")}
		return nil
	}
	if err != nil {
		return err
	}
	rv.Plan.Fill = fill
	zero := decimal.New(0, policy.Unit.Exponent())
	for k, line := range fill.Lines {
		a := &rv.Accounts[who[k]]
		amount := line.Amount.Add(zero) // all with the unit's places
		a.Service, a.Reason = &amount, string(line.Reason)
		n := slices.IndexFunc(rv.Plan.Levels, func(l levelLine) bool { return l.Class == a.Class })
		rv.Plan.Levels[n].Accounts++
		rv.Plan.Levels[n].Amount = rv.Plan.Levels[n].Amount.Add(amount)
	}
	return nil
}

// weight is what an account's claim on service counts: its expected revenue,
// or its net revenue where there is no estimate.
func (rv *review) weight(a *account) decimal.Decimal {
	if a.ExpectedRevenue != nil {
		return decimal.NewFromFloat(*a.ExpectedRevenue).RoundBank(2)
	}
	return decimal.Max(a.Net, decimal.Zero)
}

func (rv *review) positions() map[string]int {
	at := make(map[string]int, len(rv.Accounts))
	for i, a := range rv.Accounts {
		at[a.ID] = i
	}
	return at
}

// topByValue returns the n accounts with the largest expected revenue.
func topByValue(rv *review, n int) []account {
	var valued []account
	for _, a := range rv.Accounts {
		if a.ExpectedRevenue != nil && *a.ExpectedRevenue > 0 {
			valued = append(valued, a)
		}
	}
	slices.SortStableFunc(valued, func(a, b account) int { return cmp.Compare(*b.ExpectedRevenue, *a.ExpectedRevenue) })
	return valued[:min(n, len(valued))]
}
