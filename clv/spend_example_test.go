package clv_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/keyaccount/keyaccount/clv"
)

// What an order of an account is worth lies between the mean of its own orders
// and that of all accounts.
func ExampleGammaGamma() {
	model := clv.GammaGamma{P: 6.25, Q: 3.74, Gamma: 15.44} // CDNOW, in dollars
	loyal := clv.SpendHistory{Orders: 7, Mean: 73.74}
	fmt.Printf("%.2f, a newcomer %.2f\n", model.ExpectedSpend(loyal), model.ExpectedSpend(clv.SpendHistory{}))
	variance, err := model.SpendVariance(loyal)
	fmt.Printf("variance %.1f %v\n", variance, err)
	_, err = clv.GammaGamma{P: 6.25, Q: 1.2, Gamma: 15.44}.SpendVariance(clv.SpendHistory{})
	fmt.Println(errors.Is(err, clv.ErrNoVariance))
	// Output:
	// 71.47, a newcomer 35.22
	// variance 112.3 <nil>
	// true
}

// The amounts of each account become its history; a table of them is fitted.
func ExampleFitLogNormal() {
	table := clv.NewSpendCounts("CNY")
	for _, amounts := range [][]float64{
		{120, 95, 140, 88},
		{30, 42},
		{510, 480, 620},
		{75},
		{75},
		{210, 260, 150, 333, 198},
		{18, 25, 21},
	} {
		s, err := clv.SpendOf(amounts...)
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := table.Add(s, 1); err != nil {
			fmt.Println(err)
			return
		}
	}
	fit, err := clv.FitLogNormal(table, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("median %.1f, accounts differ by %.2f, their orders by %.2f\n", fit.Median, fit.Tau, fit.Sigma)
	s, _ := clv.SpendOf(500, 450)
	fmt.Printf("%.0f\n", fit.ExpectedSpend(s))
	s, _ = s.With(900) // one more order: no refit
	fmt.Printf("%.0f\n", fit.ExpectedSpend(s))
	// Output:
	// median 92.1, accounts differ by 1.00, their orders by 0.23
	// 473
	// 589
}

// Money that can be negative: the margin of each month.
func ExampleNormalSpend() {
	model := clv.NormalSpend{Mean: 24, Tau: 39, Sigma: 23}
	s, err := clv.SpendOf(-20, -35, -8)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f a month\n", model.ExpectedSpend(s))
	year := model.DrawAmounts(s, 12, rand.New(rand.NewPCG(1, 1)))
	fmt.Println(len(year))
	// Output:
	// -16.3 a month
	// 12
}

func ExampleCorrelateSpend() {
	table := clv.NewSpendCounts("")
	for i, mean := range []float64{310, 280, 250, 235, 205, 160, 140, 90, 60, 40} {
		_ = table.Add(clv.SpendHistory{Orders: 1 + i, Mean: mean}, 5)
	}
	c, err := clv.CorrelateSpend(table, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Verdict)
	fmt.Println(c.Text().In("zh"))
	// Output:
	// present
	// 订单次数与平均订单金额的秩相关系数：-1.000（95% 区间 -1.000 至 -1.000，50 个客户）。小于 -0.1：下单频繁的客户每单金额更低；除非其历史足够长，否则其价值会被高估。
}

// The cohort of Fader and Hardie (2007): what a customer is worth depends on
// how often it renewed, and is asked given that it did.
func ExampleFitSBG() {
	table, err := clv.ContractsFromSurvivors(12, []int64{1000, 869, 743, 653, 593, 551, 517, 491})
	if err != nil {
		fmt.Println(err)
		return
	}
	fit, err := clv.FitSBG(table, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("a %.3f (%.3f), b %.3f (%.3f)\n", fit.A, fit.StdErr("a"), fit.B, fit.StdErr("b"))
	rate := clv.Rate{Annual: 0.1}
	for _, renewals := range []int{0, 4} {
		c := clv.ContractHistory{Renewals: renewals}
		fmt.Printf("after %d renewals: retention %.3f, DERL %.3f\n", renewals, fit.Survival(c, 1), fit.DERL(c, rate))
	}
	// Output:
	// a 0.668 (0.104), b 3.806 (0.786)
	// after 0 renewals: retention 0.851, DERL 5.414
	// after 4 renewals: retention 0.921, DERL 6.897
}

// Dates become renewals, and the next renewals dates.
func ExampleContract() {
	day := func(s string) time.Time {
		t, _ := time.Parse(time.DateOnly, s)
		return t
	}
	c := clv.Contract{Start: day("2024-08-31"), Months: 6}
	asOf := day("2025-12-01")
	h, err := c.History(asOf)
	if err != nil {
		fmt.Println(err)
		return
	}
	model := clv.BdW{A: 0.2, B: 1.4, C: 1.7, Months: 6}
	next, err := c.Next(asOf, 3)
	fmt.Println(h.Renewals, err)
	for i, due := range next {
		fmt.Printf("%s %.3f\n", due.Format(time.DateOnly), model.Survival(h, i+1))
	}
	// Output:
	// 2 <nil>
	// 2026-02-28 0.893
	// 2026-08-31 0.819
	// 2027-02-28 0.763
}
