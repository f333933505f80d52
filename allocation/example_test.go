package allocation_test

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/allocation"
)

var dec = decimal.RequireFromString

func upTo(s string) decimal.NullDecimal { return decimal.NewNullDecimal(dec(s)) }

// 400 hours of a service team: weights by tier, floors from the contracts,
// caps from the expected demand.
func ExampleFill() {
	plan, err := allocation.Fill(dec("400"), []allocation.Claim{
		{Account: "Acme", Weight: dec("4"), Floor: dec("40"), Cap: upTo("90")},
		{Account: "Globex", Weight: dec("4"), Floor: dec("40")},
		{Account: "Initech", Weight: dec("1"), Floor: dec("80"), Cap: upTo("120")},
		{Account: "Umbrella", Weight: dec("2")},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range plan.Lines {
		fmt.Printf("%-8s %6s  %s\n", l.Account, l.Amount.StringFixed(2), l.Reason.Label("en"))
	}
	fmt.Println("level", plan.Level.Decimal.StringFixed(2), "slack", plan.Slack.StringFixed(2))
	// Output:
	// Acme      90.00  held at the cap
	// Globex   153.33  by weight, at the common level
	// Initech   80.00  raised to the floor
	// Umbrella  76.67  by weight, at the common level
	// level 38.33 slack 0.00
}

// Whole visits: the remainder goes to the largest fraction, not to whoever
// comes first.
func ExampleFillOptions() {
	plan, err := allocation.Fill(dec("5"), []allocation.Claim{
		{Account: "A", Weight: dec("100")},
		{Account: "B", Weight: dec("101")},
		{Account: "C", Weight: dec("100")},
		{Account: "D", Weight: dec("100")},
	}, &allocation.FillOptions{Unit: dec("1")})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range plan.Lines {
		fmt.Println(l.Account, l.Amount, "of", l.Entitlement)
	}
	// Output:
	// A 1 of 1.246882
	// B 2 of 1.259351
	// C 1 of 1.246882
	// D 1 of 1.246882
}

func ExampleInfeasibleError() {
	_, err := allocation.Fill(dec("10"), []allocation.Claim{
		{Account: "Acme", Weight: dec("1"), Floor: dec("8")},
		{Account: "Globex", Weight: dec("1"), Floor: dec("4")},
	}, nil)
	if bad, ok := errors.AsType[*allocation.InfeasibleError](err); ok {
		fmt.Println(bad.Explain("en"))
		fmt.Println(bad.Explain("zh"))
	}
	// Output:
	// the floors of Acme and Globex need 12, the pool holds 10: 2 short
	// Acme、Globex 的下限合计 12，资源只有 10，缺 2
}
