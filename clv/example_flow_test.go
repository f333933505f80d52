package clv_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/keyaccount/keyaccount/clv"
)

// One account, every question.
func ExampleMBGNBD() {
	model := clv.MBGNBD{R: 0.525, Alpha: 6.183, A: 0.891, B: 1.614} // per week
	h := clv.History{Frequency: 7, Recency: 30.4, Age: 38.9}
	rate := clv.Rate{Annual: 0.08}
	fmt.Printf("alive %.3f, in half a year %.3f\n", model.ProbAlive(h), model.ProbAliveAfter(h, 26))
	fmt.Printf("orders in a year %.3f\n", model.ExpectedOrders(h, 52))
	fmt.Printf("worth today: %.3f, all there will ever be %.3f\n", model.DiscountedUntil(h, 52, rate), model.Discounted(h, rate))
	fmt.Printf("none to three orders in a quarter: %.3f\n", model.OrderDistribution(h, 13, 3))
	orders, active := model.Future(h, 13, rand.New(rand.NewPCG(3, 4)))
	fmt.Printf("a possible quarter: %.1f, active for %.1f weeks\n", orders, active)
	// Output:
	// alive 0.667, in half a year 0.492
	// orders in a year 4.247
	// worth today: 4.103, all there will ever be 15.729
	// none to three orders in a quarter: [0.432 0.201 0.163 0.103]
	// a possible quarter: [], active for 13.0 weeks
}

// A rhythm is found by likelihood, from the times between orders.
func ExampleFitMBGRhythm() {
	truth := clv.MBGCNBD{K: 4, R: 3, Alpha: 2, A: 0.8, B: 6}
	r := rand.New(rand.NewPCG(1, 2))
	table := clv.NewCounts(clv.Week)
	for range 3000 {
		h, gaps := clv.History{Age: 52}, 0.0
		orders, _ := truth.Future(clv.History{}, h.Age, r)
		for _, at := range orders {
			gaps += math.Log(at - h.Recency)
			h.Frequency, h.Recency = h.Frequency+1, at
		}
		if err := table.AddRhythm(h, gaps); err != nil {
			fmt.Println(err)
			return
		}
	}
	fit, trials, err := clv.FitMBGRhythm(table, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s, gains %.0f on no rhythm\n", fit.Name(), trials[3].LogLik-trials[0].LogLik)
	// Output:
	// MBG/CNBD-4, gains 9481 on no rhythm
}
