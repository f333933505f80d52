package clv

import (
	"fmt"
)

// SBGFit is a fitted [SBG]: the model, and how well it is known.
type SBGFit struct {
	SBG
	Diagnostics
}

// BdWFit is a fitted [BdW]: the model, and how well it is known.
type BdWFit struct {
	BdW
	Diagnostics
}

// FitSBG finds the parameters under which the table is most likely, by a damped
// Newton method with the exact gradient and Hessian. Contracts still alive count
// as such: survival is censored there.
//
// It fails with [ErrTooFewData] when no contract was lost or none was renewed,
// with [ErrNotIdentified] when there is no maximum at finite parameters (all
// contracts have the same risk) or the likelihood is flat around it, and with
// [ErrNotConverged] at the iteration limit.
func FitSBG(table *ContractCounts, opts *FitOptions) (*SBGFit, error) {
	p, d, err := fitContract(table, sbgNames(), sbgChart(), opts)
	if err != nil {
		return nil, err
	}
	return &SBGFit{sbgOf(p, table.Interval()), d}, nil
}

// FitBdW finds the parameters under which the table is most likely, and fails,
// as [FitSBG] does.
func FitBdW(table *ContractCounts, opts *FitOptions) (*BdWFit, error) {
	p, d, err := fitContract(table, bdwNames(), bdwChart(), opts)
	if err != nil {
		return nil, err
	}
	return &BdWFit{bdwOf(p, table.Interval()), d}, nil
}

func fitContract(table *ContractCounts, names []string, c chart, opts *FitOptions) (p []float64, d Diagnostics, err error) {
	t := newContractTable(table)
	start, err := t.start(table)
	if err != nil {
		return nil, d, err
	}
	b, err := table.MarshalBinary()
	if err != nil {
		return nil, d, err
	}
	return search{
		parameters: names, chart: c, start: start[:len(names)],
		data: t, n: table.N(), digest: digest(b),
	}.run(opts)
}

// start returns where to search from: the mean risk at a renewal, and a
// contract's own that is constant. It refuses contracts that tell nothing.
func (t *contractTable) start(table *ContractCounts) ([]float64, error) {
	switch {
	case table.N() == 0:
		return nil, fmt.Errorf("%w: the table is empty", ErrTooFewData)
	case t.lost == 0:
		return nil, fmt.Errorf("%w: none of %d contracts was lost", ErrTooFewData, table.N())
	case t.kept == 0:
		return nil, fmt.Errorf("%w: none of %d contracts was renewed", ErrTooFewData, table.N())
	}
	risk := t.lost / (t.lost + t.kept)
	return []float64{2 * risk, 2 * (1 - risk), 1}, nil
}

func sbgNames() []string { return []string{"a", "b"} }

// sbgChart is that of the beta distribution of leaving in a BG/NBD.
func sbgChart() chart { return bgnbdChart()[1:] }

func sbgOf(p []float64, months int) SBG { return SBG{A: p[0], B: p[1], Months: months} }

func (f SBGFit) at(coordinates []float64) ContractModel {
	return sbgOf(sbgChart().parameters(coordinates), f.Months)
}

func bdwNames() []string { return []string{"a", "b", "c"} }

func bdwChart() chart { return append(sbgChart(), logBlock("c")) }

func bdwOf(p []float64, months int) BdW { return BdW{A: p[0], B: p[1], C: p[iC], Months: months} }

func (f BdWFit) at(coordinates []float64) ContractModel {
	return bdwOf(bdwChart().parameters(coordinates), f.Months)
}

// contractLikelihood is the method LogLikelihood of contract models.
func contractLikelihood(m ContractModel, data likelihood, table *ContractCounts) (float64, error) {
	if table.N() > 0 && table.Interval() != m.Interval() {
		return 0, intervalMismatch(table.Interval(), m.Interval())
	}
	return unitless(m, data)
}
