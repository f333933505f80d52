package clv

import "math"

// LogNormalFit is a fitted [LogNormal]: the model, and how well it is known.
type LogNormalFit struct {
	LogNormal
	Diagnostics
}

// FitLogNormal finds the parameters under which the amounts in the table are
// most likely, by a damped Newton method with the exact gradient and Hessian.
//
// It fails with [ErrTooFewData] for an empty table or where nobody has two
// orders, with [ErrNotIdentified] where accounts do not differ more than their
// orders do (tau goes to 0; a prior on ln(tau) helps) or no account's amounts
// differ, with [ErrNotConverged] at the iteration limit, and with an
// [*keyaccount.InputError] for a row whose logarithms are not known
// ([WithLogs]); Row counts in the order of [SpendCounts.All].
func FitLogNormal(table *SpendCounts, opts *FitOptions) (*LogNormalFit, error) {
	rows := table.sorted()
	t, err := newLogNormalTable(rows)
	if err != nil {
		return nil, err
	}
	if err := enoughOrders(rows); err != nil {
		return nil, err
	}
	if err := t.begin(); err != nil {
		return nil, err
	}
	p, d, err := search{
		parameters: logNormalNames(), chart: levelsChart(logBlock("median")),
		start: []float64{math.Exp(t.start.mu), t.start.tau, t.start.sigma},
		data:  t, n: table.N(), digest: digest(table.bytes(rows)),
	}.run(opts)
	if err != nil {
		return nil, err
	}
	return &LogNormalFit{logNormalOf(p), d}, nil
}

func logNormalNames() []string { return []string{"median", "tau", "sigma"} }

func logNormalOf(p []float64) LogNormal {
	return LogNormal{Median: p[iMu], Tau: p[iTau], Sigma: p[iSigma]}
}

func (f LogNormalFit) at(coordinates []float64) SpendModel {
	return logNormalOf(levelsChart(logBlock("median")).parameters(coordinates))
}
