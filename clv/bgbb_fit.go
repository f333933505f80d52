package clv

import "fmt"

// BGBBFit is a fitted [BGBB]: the model, and how well it is known.
type BGBBFit struct {
	BGBB
	Diagnostics
}

// FitBGBB finds the parameters under which the table is most likely. The search
// is that of [FitBGNBD]: the same table gives the same bits.
//
// It fails with [ErrTooFewData] when nobody ordered, with [ErrNotIdentified]
// when there is no maximum at finite parameters (all are equally likely to
// order, or nobody ever leaves) or the likelihood is flat around it, and with
// [ErrNotConverged] at the iteration limit.
func FitBGBB(table *DiscreteCounts, opts *FitOptions) (*BGBBFit, error) {
	rows := table.sorted()
	var orders, opportunities float64
	for _, row := range rows {
		orders += float64(row.N) * float64(row.Frequency)
		opportunities += float64(row.N) * float64(row.Opportunities)
	}
	switch {
	case len(rows) == 0:
		return nil, fmt.Errorf("%w: the table is empty", ErrTooFewData)
	case orders == 0:
		return nil, fmt.Errorf("%w: none of %d accounts has an order", ErrTooFewData, table.N())
	}
	mean := orders / opportunities
	p, d, err := search{
		parameters: bgbbNames(), chart: bgbbChart(), start: []float64{1, (1 - mean/2) / mean, 0.5, 2},
		data: bgbbTable(rows), n: table.N(), digest: table.digest(),
	}.run(opts)
	if err != nil {
		return nil, err
	}
	return &BGBBFit{bgbbOf(p), d}, nil
}

func bgbbNames() []string { return []string{"alpha", "beta", "gamma", "delta"} }

func bgbbChart() chart { return chart{betaBlock("alpha", "beta"), betaBlock("gamma", "delta")} }

func bgbbOf(p []float64) BGBB {
	return BGBB{Alpha: p[kAlpha], Beta: p[kBeta], Gamma: p[kGamma], Delta: p[kDelta]}
}
