package clv_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/clv"
)

// One fold gives the calibration, what its orders were worth, and what came
// after it.
func ExampleCalibration_Split() {
	cal := clv.NewCalibration(clv.CalibrationOptions{Unit: clv.Week})
	for _, l := range []struct {
		account, date string
		cents         int64
	}{
		{"ACME", "2025-01-06", 120000},
		{"ACME", "2025-02-03", 90000},
		{"ACME", "2025-02-10", -15000},
		{"ACME", "2025-03-17", 60000},
		{"ACME", "2025-05-05", 80000},
		{"Globex", "2025-05-12", 45000},
	} {
		at, _ := time.Parse(time.DateOnly, l.date)
		if err := cal.Add(keyaccount.Transaction{Account: l.account, Time: at, Amount: decimal.New(l.cents, -2)}); err != nil {
			fmt.Println(err)
			return
		}
	}
	sample, err := cal.Split(clv.Split{
		End:        time.Date(2025, 3, 31, 0, 0, 0, 0, time.UTC),
		HoldoutEnd: time.Date(2025, 5, 26, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range sample.Accounts {
		fmt.Printf("%s since %s: x %d, t_x %g, T %g weeks\n", a.ID, a.First.Format(time.DateOnly), a.Frequency, a.Recency, a.Age)
		fmt.Printf("  %d repeat orders of %.2f on average, less returns\n", a.Spend.Orders, a.Spend.Mean)
		fmt.Printf("  then %d order in %g weeks, the first after %g, worth %.2f\n",
			a.Later.Orders, sample.Holdout, a.Later.Next, a.Later.Value)
	}
	fmt.Println("first seen in the hold-out:", sample.Born[0].ID)
	// Output:
	// ACME since 2025-01-06: x 2, t_x 10, T 12 weeks
	//   2 repeat orders of 675.00 on average, less returns
	//   then 1 order in 8 weeks, the first after 5, worth 800.00
	// first seen in the hold-out: Globex
}

// Histories that a query has counted already are a table at once.
func ExampleCountRows() {
	table, err := clv.CountRows(clv.Week, []clv.CountedHistory{
		{History: clv.History{Age: 52}, N: 210},
		{History: clv.History{Frequency: 2, Recency: 31, Age: 52}, N: 18},
		{History: clv.History{Age: 52}, N: 20},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for h, n := range table.All() {
		fmt.Printf("%+v: %d\n", h, n)
	}
	// Output:
	// {Frequency:0 Recency:0 Age:52}: 230
	// {Frequency:2 Recency:31 Age:52}: 18
}

// A new order is one addition; nothing is read again.
func ExampleHistory_Order() {
	model := clv.BGNBD{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}
	h := clv.History{Frequency: 7, Recency: 30.4, Age: 38.9}
	fmt.Printf("now          %.3f\n", model.ProbAlive(h))
	fmt.Printf("after a week %.3f\n", model.ProbAlive(h.After(1)))
	fmt.Printf("and an order %.3f\n", model.ProbAlive(h.After(1).Order(0)))
	// Output:
	// now          0.686
	// after a week 0.649
	// and an order 0.922
}
