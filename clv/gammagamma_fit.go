package clv

import (
	"errors"
	"fmt"
	"math"
)

// GammaGammaFit is a fitted [GammaGamma]: the model, and how well it is known.
type GammaGammaFit struct {
	GammaGamma
	Diagnostics
}

// FitGammaGamma finds the parameters under which the mean spends in the table
// are most likely. The search is a damped Newton method with the exact gradient
// and Hessian, in ln p, ln(q-1) and ln gamma: the same table gives the same bits.
// For some dozens of accounts or fewer, give it a prior on ln(p) and ln(q-1).
//
// It fails with [ErrTooFewData] for an empty table or where nobody has two
// orders, with [ErrNoMean] where the maximum has q <= 1, with
// [ErrNotIdentified] where there is none at finite parameters (all accounts
// spend alike, or each always the same) or the likelihood is flat around it,
// with [ErrNotConverged] at the iteration limit, and with an
// [*keyaccount.InputError] for a row whose mean is not positive; Row counts in
// the order of [SpendCounts.All].
func FitGammaGamma(table *SpendCounts, opts *FitOptions) (*GammaGammaFit, error) {
	rows := table.sorted()
	t, err := newGammaGammaTable(rows)
	if err != nil {
		return nil, err
	}
	if err := enoughOrders(rows); err != nil {
		return nil, err
	}
	if !t.differ {
		return nil, fmt.Errorf("%w: all accounts have the same mean spend", ErrNotIdentified)
	}
	s := search{
		parameters: gammaGammaNames(), chart: gammaGammaChart(), start: []float64{2, 3, t.mean},
		data: t, n: table.N(), digest: digest(table.bytes(rows)),
	}
	p, d, err := s.run(opts)
	if errors.Is(err, ErrNotIdentified) && s.heavy() {
		err = fmt.Errorf("%w: the maximum has q <= 1; LogNormal may suit", ErrNoMean)
	}
	if err != nil {
		return nil, err
	}
	return &GammaGammaFit{gammaGammaOf(p), d}, nil
}

// heavy says whether the search, left free, ends at q <= 1.
func (s search) heavy() bool {
	s.chart = chart{logBlock("p"), logBlock("q"), logBlock("gamma")}
	p, _, err := s.run(nil)
	return err == nil && p[iQ] <= 1
}

// enoughOrders refuses a table from which an account's own scatter cannot be
// told from that between accounts.
func enoughOrders(rows []countedSpend) error {
	switch {
	case len(rows) == 0:
		return fmt.Errorf("%w: the table is empty", ErrTooFewData)
	case rows[len(rows)-1].Orders < 2:
		return fmt.Errorf("%w: no account has two orders", ErrTooFewData)
	}
	return nil
}

func gammaGammaNames() []string { return []string{"p", "q", "gamma"} }

func gammaGammaChart() chart {
	return chart{logBlock("p"), aboveOneBlock("q"), logBlock("gamma")}
}

// aboveOneBlock is a parameter above 1, by the log of its excess.
func aboveOneBlock(name string) block {
	return block{
		names: []string{"ln(" + name + "-1)"},
		logs: func(at []float64) (logs [2]float64, jacobian [2][2]float64, bend [2]float64) {
			up := logistic(at[0])
			return [2]float64{log1pExp(at[0])}, [2][2]float64{{up, 0}}, [2]float64{up * logistic(-at[0])}
		},
		from: func(p []float64) []float64 { return []float64{math.Log(p[0] - 1)} },
	}
}

func gammaGammaOf(p []float64) GammaGamma { return GammaGamma{P: p[iP], Q: p[iQ], Gamma: p[iGamma]} }

func (f GammaGammaFit) at(coordinates []float64) SpendModel {
	return gammaGammaOf(gammaGammaChart().parameters(coordinates))
}
