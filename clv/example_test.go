package clv_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/clv"
)

// A model is a plain value: parameters from a paper, a file or another tool
// are enough to score accounts.
func ExampleBGNBD() {
	model := clv.BGNBD{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426} // per week
	h := clv.History{Frequency: 7, Recency: 30.4, Age: 38.9}
	fmt.Printf("alive %.3f, next year %.2f orders\n", model.ProbAlive(h), model.ExpectedOrders(h, 52))
	fmt.Printf("a new account: %.2f orders\n", model.ExpectedOrders(clv.History{}, 52))
	// Output:
	// alive 0.686, next year 4.48 orders
	// a new account: 1.45 orders
}

// The histories of 464 accounts, counted, are all that a fit needs.
func ExampleFitBGNBD() {
	table := clv.NewCounts(clv.Week)
	for _, row := range []struct {
		h clv.History
		n int64
	}{
		{clv.History{Frequency: 0, Recency: 0, Age: 52}, 210},
		{clv.History{Frequency: 0, Recency: 0, Age: 26}, 130},
		{clv.History{Frequency: 1, Recency: 4, Age: 52}, 40},
		{clv.History{Frequency: 1, Recency: 20, Age: 26}, 22},
		{clv.History{Frequency: 2, Recency: 31, Age: 52}, 18},
		{clv.History{Frequency: 2, Recency: 6, Age: 26}, 14},
		{clv.History{Frequency: 3, Recency: 45, Age: 52}, 11},
		{clv.History{Frequency: 4, Recency: 25, Age: 26}, 6},
		{clv.History{Frequency: 6, Recency: 50, Age: 52}, 7},
		{clv.History{Frequency: 11, Recency: 51, Age: 52}, 4},
		{clv.History{Frequency: 17, Recency: 38, Age: 52}, 2},
	} {
		if err := table.Add(row.h, row.n); err != nil {
			fmt.Println(err)
			return
		}
	}
	fit, err := clv.FitBGNBD(table, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("r %.4f (%.4f), alpha %.3f (%.3f)\n", fit.R, fit.StdErr("r"), fit.Alpha, fit.StdErr("alpha"))
	fmt.Printf("log-likelihood %.3f, %v\n", fit.LogLik, fit.Status)
	silent := clv.History{Frequency: 17, Recency: 38, Age: 52}
	fmt.Printf("alive %.4f\n", fit.ProbAlive(silent))
	// Output:
	// r 0.1505 (0.0214), alpha 5.579 (1.366)
	// log-likelihood -1346.761, converged
	// alive 0.2935
}

// Data that cannot tell the parameters apart are an error, never a wrong fit.
func ExampleFitBGNBD_tooFewData() {
	table := clv.NewCounts(clv.Week)
	_ = table.Add(clv.History{Age: 30}, 12)
	_, err := clv.FitBGNBD(table, nil)
	fmt.Println(errors.Is(err, clv.ErrTooFewData), err)
	// Output:
	// true clv: too few data to fit: none of 12 accounts has a repeat purchase
}

// Transactions become histories; partial results merge.
func ExampleCalibration() {
	sale := func(account, date string, amount int64) keyaccount.Transaction {
		at, _ := time.Parse(time.DateOnly, date)
		return keyaccount.Transaction{Account: account, Time: at, Amount: decimal.New(amount, 0)}
	}
	north := clv.NewCalibration(clv.CalibrationOptions{Unit: clv.Week})
	south := clv.NewCalibration(clv.CalibrationOptions{Unit: clv.Week})
	_ = north.Add(sale("ACME", "2025-01-06", 1200))
	_ = north.Add(sale("ACME", "2025-03-03", 900))
	_ = south.Add(sale("ACME", "2025-03-03", 100)) // the same day: one purchase
	_ = south.Add(sale("Globex", "2025-02-10", 400))
	_ = south.Add(sale("Globex", "2025-02-17", -400)) // a return is none
	if err := north.Merge(south); err != nil {
		fmt.Println(err)
		return
	}
	accounts, err := north.Accounts(time.Date(2025, 3, 31, 0, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range accounts {
		text, _ := json.Marshal(a)
		fmt.Println(string(text))
	}
	// Output:
	// {"id":"ACME","first":"2025-01-06T00:00:00Z","frequency":1,"recency":8,"age":12,"log_gaps":2.0794415416798357,"spend":{"orders":1,"mean":1000,"detail":"logs","log_mean":6.907755278982137}}
	// {"id":"Globex","first":"2025-02-10T00:00:00Z","frequency":0,"recency":0,"age":7}
}
