package clv_test

import (
	"errors"
	"fmt"
	"math"

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

// A segment of three accounts borrows from a parent: its whole model, or as
// much of it as its own orders do not contradict.
func ExamplePriorFrom() {
	parent := clv.BGNBDFit{
		BGNBD: clv.BGNBD{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426},
		Diagnostics: clv.Diagnostics{Coordinates: []clv.Parameter{
			{Name: "ln(r/alpha)", Value: -2.900, StdErr: 0.060},
			{Name: "ln(r)", Value: -1.415, StdErr: 0.052},
			{Name: "logit(a/(a+b))", Value: -1.118, StdErr: 0.087},
			{Name: "ln(a+b)", Value: 1.169, StdErr: 0.270},
		}},
	} // of FitBGNBD, or read from a file
	segment := clv.NewCounts(clv.Week)
	for _, h := range []clv.History{
		{Frequency: 4, Recency: 28, Age: 30},
		{Frequency: 9, Recency: 35, Age: 38},
		{Frequency: 2, Recency: 20, Age: 26},
	} {
		if err := segment.Add(h, 1); err != nil {
			fmt.Println(err)
			return
		}
	}
	prior, err := clv.PriorFrom(&parent, 0.25)
	if err != nil {
		fmt.Println(err)
		return
	}
	fit, err := clv.FitBGNBD(segment, &clv.FitOptions{Prior: prior})
	if err != nil {
		fmt.Println(err)
		return
	}
	for h := range segment.All() {
		fmt.Printf("%d orders: next year %.2f by the parent, %.2f by its own fit\n",
			h.Frequency, parent.ExpectedOrders(h, 52), fit.ExpectedOrders(h, 52))
	}
	// Output:
	// 2 orders: next year 2.06 by the parent, 2.20 by its own fit
	// 4 orders: next year 3.95 by the parent, 4.17 by its own fit
	// 9 orders: next year 7.31 by the parent, 7.68 by its own fit
}

// Six regions, none of which could be fitted alone.
func ExampleFitSegments() {
	var segments []clv.Segment
	all := clv.NewCounts(clv.Week)
	for _, region := range []struct {
		name   string
		orders []int // of its accounts within a year
	}{
		{"north", []int{3, 0, 5, 1, 2, 8}},
		{"south", []int{2, 4, 0, 6, 1}},
		{"east", []int{1, 0, 2, 3}},
		{"west", []int{4, 2, 7, 0, 3}},
		{"coast", []int{31, 12, 44, 27, 18, 9}},
		{"hills", []int{0}},
	} {
		table := clv.NewCounts(clv.Week)
		for _, x := range region.orders {
			h := clv.History{Frequency: x, Age: 52}
			if x > 0 {
				h.Recency = 52 - 52/float64(x+1)
			}
			if err := errors.Join(table.Add(h, 1), all.Add(h, 1)); err != nil {
				fmt.Println(err)
				return
			}
		}
		segments = append(segments, clv.Segment{Name: region.name, Table: table})
	}
	fits, err := clv.FitSegments(segments, clv.FitBGNBD, &clv.SegmentOptions{Prior: clv.WeakPrior(clv.BGNBD{}, all)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range fits.Segments {
		rate := s.Coordinates[0]
		fmt.Printf("%-6s %4.1f orders a year; rate %.2f of the typical, %2.0f%% borrowed\n",
			s.Name, 52*s.Fit.R/s.Fit.Alpha, rate.Factor, 100*rate.Shrinkage)
	}
	for _, o := range fits.Outliers(2) {
		fmt.Printf("%s stands out in %s\n", o.Segment, o.Name)
	}
	// Output:
	// north   3.4 orders a year; rate 0.80 of the typical, 18% borrowed
	// south   2.9 orders a year; rate 0.69 of the typical, 23% borrowed
	// east    2.1 orders a year; rate 0.50 of the typical, 32% borrowed
	// west    3.4 orders a year; rate 0.81 of the typical, 21% borrowed
	// coast  19.6 orders a year; rate 4.67 of the typical, 10% borrowed
	// hills   2.3 orders a year; rate 0.54 of the typical, 80% borrowed
	// coast stands out in ln(r/alpha)
}

// Accounts under a framework contract order more, and leave less easily: how
// much, and is it chance?
func ExampleFitCovariates() {
	table, err := clv.NewCovariateTable(clv.Week, "framework")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range []struct {
		frequency    int
		recency, age float64
		n            int64
		framework    float64
	}{
		{0, 0, 52, 60, 0},
		{1, 9, 52, 22, 0},
		{2, 40, 52, 12, 0},
		{3, 22, 52, 9, 0},
		{5, 49, 52, 6, 0},
		{9, 50, 52, 3, 0},
		{0, 0, 52, 11, 1},
		{1, 6, 52, 8, 1},
		{3, 47, 52, 9, 1},
		{6, 24, 52, 3, 1},
		{6, 51, 52, 5, 1},
		{11, 50, 52, 6, 1},
		{18, 51, 52, 4, 1},
	} {
		h := clv.History{Frequency: row.frequency, Recency: row.recency, Age: row.age}
		if err := table.Add(h, row.n, row.framework); err != nil {
			fmt.Println(err)
			return
		}
	}
	prior := clv.WeakPrior(clv.BGNBD{}, table.Counts()) // of the model; none of the coefficients
	fit, err := clv.FitCovariates[clv.BGNBD](table, &clv.CovariateOptions{Prior: prior})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("rate    times %.2f (z %.1f)\n", math.Exp(fit.Rate[0].Value), fit.Rate[0].Z())
	fmt.Printf("leaving times %.2f (z %.1f)\n", math.Exp(fit.Dropout[0].Value), fit.Dropout[0].Z())
	model, err := fit.With(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	h := clv.History{Frequency: 3, Recency: 47, Age: 52}
	fmt.Printf("next year: %.2f orders with a framework, %.2f without\n",
		model.ExpectedOrders(h, 52), fit.Base.ExpectedOrders(h, 52))
	// Output:
	// rate    times 3.63 (z 4.5)
	// leaving times 0.28 (z -1.4)
	// next year: 2.99 orders with a framework, 2.11 without
}
