package clv_test

import (
	"fmt"

	"github.com/keyaccount/keyaccount/clv"
)

// A model is a plain value. These are the estimates for CDNOW, per week, of
// Fader, Hardie and Lee (2005).
func ExampleParetoNBD() {
	model := clv.ParetoNBD{R: 0.553, Alpha: 10.578, S: 0.606, Beta: 11.669}
	h := clv.History{Frequency: 2, Recency: 30.43, Age: 38.86}
	fmt.Printf("alive %.3f, in a year still %.3f\n", model.ProbAlive(h), model.ProbAliveAfter(h, 52))
	fmt.Printf("next year %.2f orders\n", model.ExpectedOrders(h, 52))
	p := model.OrderDistribution(h, 52, 2)
	fmt.Printf("none %.3f, one %.3f, two %.3f\n", p[0], p[1], p[2])
	fmt.Printf("all there ever will be, at 15 %% a year: worth %.2f orders today\n", model.Discounted(h, clv.Rate{Annual: 0.15}))
	// Output:
	// alive 0.869, in a year still 0.566
	// next year 1.85 orders
	// none 0.368, one 0.192, two 0.146
	// all there ever will be, at 15 % a year: worth 6.52 orders today
}

// Two hundred accounts that were called on in each of six months.
func ExampleFitBGBB() {
	var table clv.DiscreteCounts
	for _, row := range []struct {
		h clv.DiscreteHistory
		n int64
	}{
		{clv.DiscreteHistory{Frequency: 0, Recency: 0, Opportunities: 6}, 62},
		{clv.DiscreteHistory{Frequency: 1, Recency: 1, Opportunities: 6}, 24},
		{clv.DiscreteHistory{Frequency: 1, Recency: 4, Opportunities: 6}, 11},
		{clv.DiscreteHistory{Frequency: 2, Recency: 2, Opportunities: 6}, 16},
		{clv.DiscreteHistory{Frequency: 2, Recency: 6, Opportunities: 6}, 12},
		{clv.DiscreteHistory{Frequency: 3, Recency: 4, Opportunities: 6}, 18},
		{clv.DiscreteHistory{Frequency: 4, Recency: 6, Opportunities: 6}, 21},
		{clv.DiscreteHistory{Frequency: 6, Recency: 6, Opportunities: 6}, 36},
	} {
		if err := table.Add(row.h, row.n); err != nil {
			fmt.Println(err)
			return
		}
	}
	fit, err := clv.FitBGBB(&table, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	silent := clv.DiscreteHistory{Frequency: 3, Recency: 4, Opportunities: 6}
	fmt.Printf("log-likelihood %.3f, %v\n", fit.LogLik, fit.Status)
	fmt.Printf("alive next month %.3f, orders in a year %.2f\n", fit.ProbAliveAfter(silent, 1), fit.ExpectedOrders(silent, 12))
	fmt.Printf("worth %.2f orders today\n", fit.Discounted(silent, clv.Rate{Annual: 0.08}, 12))
	// Output:
	// log-likelihood -573.997, converged
	// alive next month 0.518, orders in a year 2.69
	// worth 16.43 orders today
}
