package keyaccount_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/allocation"
	"github.com/keyaccount/keyaccount/clv"
	"github.com/keyaccount/keyaccount/pricing"
	"github.com/keyaccount/keyaccount/risk"
	"github.com/keyaccount/keyaccount/segment"
	"github.com/keyaccount/keyaccount/survey"
)

// The README's samples are the bodies of these examples; TestReadmeSamples
// holds them together.

var (
	asOf   = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	orders = keyaccount.TransactionSlice{
		{Account: "ACME", Order: "1", Time: asOf.AddDate(0, -3, 0), Amount: dec("9000.00"), Currency: "EUR"},
		{Account: "ACME", Order: "2", Time: asOf.AddDate(0, 0, -9), Amount: dec("8500.00"), Currency: "EUR"},
		{Account: "ACME", Order: "2", Time: asOf.AddDate(0, 0, -5), Amount: dec("-500.00"), Currency: "EUR"},
		{Account: "Beta", Order: "3", Time: asOf.AddDate(0, -2, 0), Amount: dec("2100.50"), Currency: "EUR"},
		{Account: "Cato", Order: "4", Time: asOf.AddDate(0, -1, 0), Amount: dec("899.99"), Currency: "EUR"},
	}
	dec = decimal.RequireFromString
)

func Example_segment() {
	summary := segment.NewSummary(segment.SummaryOptions{Location: time.UTC})
	for _, tx := range orders { // or range over your TransactionSource
		if err := summary.Add(tx); err != nil {
			fmt.Println(err) // names the row, the field and the value
			return
		}
	}
	abc, err := segment.ABC(summary.Accounts(asOf), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range abc.Accounts {
		fmt.Printf("%s %s %s %.1f %%\n", a.ID, a.Class, a.Net.StringFixed(2), 100*a.CumulativeShare)
	}
	// Output:
	// ACME A 17000.00 85.0 %
	// Beta B 2100.50 95.5 %
	// Cato C 899.99 100.0 %
}

func Example_clv() {
	// Parameters from fits (clv.FitMBGNBD, clv.FitGammaGamma), a file or another tool.
	flow := clv.MBGNBD{R: 0.525, Alpha: 6.183, A: 0.891, B: 1.614} // times in weeks
	spend := clv.GammaGamma{P: 6.25, Q: 3.74, Gamma: 15.44}
	acme := clv.AccountHistory{
		ID:      "ACME",
		History: clv.History{Frequency: 7, Recency: 30.4, Age: 38.9},
		Spend:   clv.SpendHistory{Orders: 7, Mean: 302},
	}
	value, err := clv.Value(flow, spend, acme, clv.Economics{
		AsOf: asOf, Horizon: asOf.AddDate(3, 0, 0), Rate: clv.Rate{Annual: 0.08}, Margin: 0.32,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("still buying: %.3f\n", flow.ProbAlive(acme.History))
	fmt.Printf("orders in the next 52 weeks: %.2f\n", flow.ExpectedOrders(acme.History, 52))
	fmt.Printf("worth %s, between %s and %s\n", value.Mean, value.Low, value.High)
	// Output:
	// still buying: 0.667
	// orders in the next 52 weeks: 4.25
	// worth 750.15, between 0 and 2687.32
}

func Example_risk() {
	c, err := risk.Concentrate([]float64{17000, 2100.50, 899.99})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("HHI %.3f, as if there were %.1f accounts; the largest has %.0f %%\n", c.HHI, c.Effective, 100*c.CR(1))
	// Output:
	// HHI 0.736, as if there were 1.4 accounts; the largest has 85 %
}

func Example_pricing() {
	upTo := decimal.NewNullDecimal
	ladder := pricing.Ladder{Mode: pricing.Graduated, Tiers: []pricing.Tier{
		{UpTo: upTo(dec("10")), Unit: dec("7.00")},
		{UpTo: upTo(dec("100")), Unit: dec("6.50")},
		{Unit: dec("6.00")},
	}}
	price, err := ladder.Price(dec("120"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(price.Explain("en"))
	// Output:
	// graduated, quantity 120: 775.00
	//   10 x 7.00 = 70.00 (tier 1: to 10)
	//   90 x 6.50 = 585.00 (tier 2: over 10 to 100)
	//   20 x 6.00 = 120.00 (tier 3: over 100)
}

func Example_survey() {
	nps, err := survey.NPSFromCounts(1, 2, 5, nil) // detractors, passives, promoters
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("NPS %+.0f, 95 %% interval %+.0f to %+.0f, n = %d\n", 100*nps.Value, 100*nps.Low, 100*nps.High, nps.N)
	// Output:
	// NPS +50, 95 % interval -10 to +82, n = 8
}

func Example_allocation() {
	claim := func(account, weight, floor string) allocation.Claim {
		return allocation.Claim{Account: account, Weight: dec(weight), Floor: dec(floor)}
	}
	plan, err := allocation.Fill(dec("400"), []allocation.Claim{
		claim("ACME", "17", "40"), claim("Beta", "2.1", "40"), claim("Cato", "0.9", "25"),
	}, &allocation.FillOptions{Unit: dec("1")})
	if err != nil {
		fmt.Println(err) // names the accounts whose floors are too much
		return
	}
	for _, line := range plan.Lines {
		fmt.Println(line.Account, line.Amount.StringFixed(0), line.Reason.Label("en"))
	}
	// Output:
	// ACME 334 by weight, at the common level
	// Beta 41 by weight, at the common level
	// Cato 25 raised to the floor
}

// TestReadmeSamples fails when a sample in the README, or what it prints, is
// not line by line that of an example above.
func TestReadmeSamples(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	source, err := os.ReadFile("readme_test.go")
	require.NoError(t, err)
	for fence, indent := range map[string]string{"go": "\t", "text": "\t// "} {
		samples := regexp.MustCompile("(?s)```"+fence+"\n(.*?)\n```").FindAllStringSubmatch(string(readme), -1)
		require.Len(t, samples, 6, "one %s sample a room", fence)
		for _, s := range samples {
			indented := indent + strings.ReplaceAll(s[1], "\n", "\n"+indent)
			assert.Contains(t, string(source), indented)
		}
	}
}
