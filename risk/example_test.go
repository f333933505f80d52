package risk_test

import (
	"errors"
	"fmt"
	"math"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/risk"
)

func ExampleConcentrate() {
	revenue := []float64{500_000, 300_000, 150_000, 50_000, -2_000}
	c, err := risk.Concentrate(revenue)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d accounts bring revenue, %d do not\n", c.N, c.NonPositive)
	fmt.Printf("the largest %.0f%%, the two largest %.0f%%\n", 100*c.Largest, 100*c.CR(2))
	fmt.Printf("HHI %.3f, as dependent as %.2f equal accounts, Gini %.3f\n", c.HHI, c.Effective, c.Gini)
	// Output:
	// 4 accounts bring revenue, 1 do not
	// the largest 50%, the two largest 80%
	// HHI 0.365, as dependent as 2.74 equal accounts, Gini 0.375
}

func ExampleConcentrate_error() {
	_, err := risk.Concentrate([]float64{500_000, math.NaN()})
	if bad, ok := errors.AsType[*keyaccount.InputError](err); ok {
		fmt.Println(bad.Row, bad.Value)
	}
	fmt.Println(err)
	// Output:
	// 2 NaN
	// keyaccount: row 2: Amount "NaN": an amount must be a finite number
}

func ExampleHHI() {
	h, err := risk.HHI([]float64{30, 30, 20, 20})
	fmt.Printf("%.0f %v\n", 10_000*h, err)
	// Output: 2600 <nil>
}

func ExampleStress() {
	accounts := []risk.AccountRevenue{
		{Account: "Globex", Revenue: decimal.RequireFromString("300000.00")},
		{Account: "Acme", Revenue: decimal.RequireFromString("500000.50")},
		{Account: "Initech", Revenue: decimal.RequireFromString("150000.25")},
	}
	losses, err := risk.Stress(accounts, risk.LargestFail(1), risk.LargestFail(2))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range losses {
		fmt.Printf("%s: %v, %s lost (%.1f%%), %s remain\n",
			l.Scenario.Label("en"), l.Accounts, l.Lost.StringFixed(2), 100*l.Share, l.Remaining.StringFixed(2))
	}
	// Output:
	// the largest account leaves: [Acme], 500000.50 lost (52.6%), 450000.25 remain
	// the 2 largest accounts leave: [Acme Globex], 800000.50 lost (84.2%), 150000.25 remain
}
