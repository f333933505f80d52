package clv_test

import (
	"fmt"

	"github.com/keyaccount/keyaccount/clv"
)

// Four accounts are too few for maximum likelihood, but not for an answer.
func ExampleWeakPrior() {
	table := clv.NewCounts(clv.Week)
	for _, h := range []clv.History{
		{Frequency: 12, Recency: 50, Age: 52},
		{Frequency: 7, Recency: 51, Age: 52},
		{Frequency: 20, Recency: 25, Age: 26},
		{Frequency: 1, Recency: 3, Age: 30},
	} {
		if err := table.Add(h, 1); err != nil {
			fmt.Println(err)
			return
		}
	}
	_, err := clv.FitBGNBD(table, nil)
	fmt.Println(err)
	fit, err := clv.FitBGNBD(table, &clv.FitOptions{Prior: clv.WeakPrior(clv.BGNBD{}, table)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for h := range table.All() {
		fmt.Printf("%d orders: alive %.2f, next year %.1f orders\n", h.Frequency, fit.ProbAlive(h), fit.ExpectedOrders(h, 52))
	}
	// Output:
	// clv: parameters not identified: ln(a+b) goes to minus infinity without a maximum
	// 1 orders: alive 0.19, next year 0.6 orders
	// 7 orders: alive 0.97, next year 7.0 orders
	// 12 orders: alive 0.98, next year 11.3 orders
	// 20 orders: alive 0.98, next year 33.0 orders
}
