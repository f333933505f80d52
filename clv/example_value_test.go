package clv_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/clv"
)

// What an account is worth over three years, by what it consists of.
func ExampleValue() {
	flow := clv.MBGNBD{R: 0.525, Alpha: 6.183, A: 0.891, B: 1.614} // orders, per week
	spend := clv.GammaGamma{P: 6.25, Q: 3.74, Gamma: 15.44}        // money an order
	spent, err := clv.SpendOf(310, 280, 295, 340, 265, 300, 325)
	if err != nil {
		fmt.Println(err)
		return
	}
	account := clv.AccountHistory{
		ID: "ACME", History: clv.History{Frequency: 7, Recency: 30.4, Age: 38.9}, Spend: spent,
	}
	today := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	v, err := clv.Value(flow, spend, account, clv.Economics{
		AsOf: today, Horizon: today.AddDate(3, 0, 0), Rate: clv.Rate{Annual: 0.08},
		Margin: 0.32, ServiceCost: decimal.New(120, 0), PaymentDelay: 30,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s, and with %.0f %% between %s and %s\n", v.Mean, 100*v.Level, v.Low, v.High)
	for _, part := range v.Explain {
		fmt.Println(part.Label.In("en"), part.Amount.StringFixed(2))
	}
	// Output:
	// 617.03, and with 90 % between 0 and 2347.58
	// revenue 2330.56
	// cost of goods -1594.83
	// cost of orders 0.00
	// cost to serve -118.70
	// cost of retention 0.00
}

// An account with a framework contract and call-offs.
func ExampleValueAccount() {
	today := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	v, err := clv.ValueAccount(clv.Account{
		ID: "Globex",
		Orders: &clv.OrderIncome{
			Flow:    clv.MBGNBD{R: 0.525, Alpha: 6.183, A: 0.891, B: 1.614},
			Spend:   clv.GammaGamma{P: 6.25, Q: 3.74, Gamma: 15.44},
			History: clv.History{Frequency: 7, Recency: 30.4, Age: 38.9},
		},
		Contracts: []clv.ContractIncome{{
			Model:    clv.SBG{A: 0.668, B: 3.806},
			Contract: clv.Contract{Start: today.AddDate(-2, 3, 0)},
			Payment:  decimal.New(12000, 0),
		}},
	}, clv.Economics{AsOf: today, Rate: clv.Rate{Annual: 0.1}, Margin: 0.4, RetentionCost: decimal.New(500, 0)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, part := range v.Explain {
		fmt.Println(part.Label.In("zh"), part.Amount.StringFixed(2))
	}
	fmt.Println(v.Mean)
	// Output:
	// 收入 69680.09
	// 销售成本 -41808.05
	// 订单处理成本 0.00
	// 服务成本 0.00
	// 客户维系成本 -3849.95
	// 24022.09
}

// How many orders to expect, and between which numbers. Nearly all of these few
// accounts are still there, so that a prior must say that accounts do leave.
func ExampleForecastOrders() {
	table := clv.NewCounts(clv.Week)
	for _, row := range []clv.CountedHistory{
		{History: clv.History{Frequency: 0, Age: 52}, N: 210},
		{History: clv.History{Frequency: 1, Recency: 20, Age: 52}, N: 60},
		{History: clv.History{Frequency: 2, Recency: 31, Age: 52}, N: 32},
		{History: clv.History{Frequency: 4, Recency: 50, Age: 52}, N: 17},
		{History: clv.History{Frequency: 11, Recency: 51, Age: 52}, N: 6},
		{History: clv.History{Frequency: 17, Recency: 38, Age: 52}, N: 2},
	} {
		if err := table.Add(row.History, row.N); err != nil {
			fmt.Println(err)
			return
		}
	}
	fit, err := clv.FitMBGNBD(table, &clv.FitOptions{Prior: clv.WeakPrior(clv.MBGNBD{}, table)})
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := clv.ForecastOrders(fit, clv.History{Frequency: 11, Recency: 51, Age: 52}, 26, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f orders in half a year (standard error %.2f), most likely %d to %d\n", f.Mean, f.StdErr, f.Low, f.High)
	// Output:
	// 4.05 orders in half a year (standard error 0.21), most likely 1 to 8
}

// A model goes into a file and comes back as what it was.
func ExampleReadOrderFlow() {
	text, err := json.Marshal(clv.MBGNBD{R: 0.525, Alpha: 6.183, A: 0.891, B: 1.614})
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := clv.ReadOrderFlow(text)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s in units of a %s: %.3f\n", model.Name(), model.TimeUnit(), model.ExpectedOrders(clv.History{}, 52))
	// Output:
	// MBG/NBD in units of a week: 1.420
}
