package clv

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// When to be worried about an account that ordered every month, and then no
// more.
func ExampleAccountHistory_SilentSince() {
	account := AccountHistory{
		ID: "ACME", First: time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC),
		History: History{Frequency: 7, Recency: 30, Age: 32},
	}
	day, ok := account.SilentSince(flow{BGNBD{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}}, 0.5)
	fmt.Println(day.Format(time.DateOnly), ok)
	// Output:
	// 2025-11-05 true
}

// A model on what it has not seen, beside what needs no model.
func ExampleEvaluate() {
	account := func(x int, recency, age float64, later int) SampleAccount {
		return SampleAccount{
			AccountHistory: AccountHistory{History: History{Frequency: x, Recency: recency, Age: age}},
			Later:          Outcome{Orders: later},
		}
	}
	sample := &Sample{Unit: Week, Holdout: 26, Accounts: []SampleAccount{
		account(0, 0, 30, 0), account(0, 0, 39, 0), account(1, 4, 38, 0), account(2, 30, 38, 1),
		account(4, 33, 36, 3), account(6, 12, 39, 0), account(9, 37, 38, 6), account(0, 0, 12, 1),
	}}
	result, err := Evaluate(sample, []OrderFlow{flow{BGNBD{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range result.Table {
		fmt.Printf("%-15s expected %5.2f of %d, MAE %.2f, RMSE %.2f\n", s.Name, s.Expected, result.Orders, s.MAE, s.RMSE)
	}
	for _, b := range result.Best {
		fmt.Println("best by", b.Criterion+":", b.Name)
	}
	// Output:
	// BG/NBD          expected  8.07 of 11, MAE 0.51, RMSE 0.74
	// own rate        expected 15.10 of 11, MAE 0.79, RMSE 1.48
	// population rate expected 16.95 of 11, MAE 1.93, RMSE 2.13
	// best by crps: BG/NBD
	// best by mae: BG/NBD
	// best by rmse: BG/NBD
	// best by bias: BG/NBD
}

// Have the accounts come to behave otherwise? Here a third fewer orders.
func ExampleCompareFits() {
	year := func(alpha float64, seed uint64) (*fittedFlow, error) {
		r, table := rand.New(rand.NewPCG(1, seed)), NewCounts(Week)
		for range 3000 {
			h := Simulate(BGNBD{R: 0.8, Alpha: alpha, A: 0.8, B: 5}, 52, r)
			if err := table.Add(h, 1); err != nil {
				return nil, err
			}
		}
		return fitFlow(table)
	}
	before, err := year(6, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	after, err := year(9, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	drift, err := CompareFits(before, after, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(drift.Verdict)
	fmt.Println(drift.Text().In("en"))
	fmt.Println(drift.Text().In("zh"))
	// Output:
	// drifted
	// accounts behave otherwise now: use the new fit (chi-square 141.65, 4 df, p 1.25e-29; expected orders 4.06 to 3.07, -24.4%)
	// 客户行为已经改变:应改用新拟合的模型(卡方 141.65,自由度 4,p 值 1.25e-29;预期订单数由 4.06 变为 3.07,-24.4%)
}
