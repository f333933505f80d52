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
	switch {
	case table.N() == 0:
		return nil, d, fmt.Errorf("%w: the table is empty", ErrTooFewData)
	case t.lost == 0:
		return nil, d, fmt.Errorf("%w: none of %d contracts was lost", ErrTooFewData, table.N())
	case t.kept == 0:
		return nil, d, fmt.Errorf("%w: none of %d contracts was renewed", ErrTooFewData, table.N())
	}
	b, err := table.MarshalBinary()
	if err != nil {
		return nil, d, err
	}
	// From the mean risk at a renewal, and a contract's own that is constant.
	risk := t.lost / (t.lost + t.kept)
	start := []float64{2 * risk, 2 * (1 - risk), 1}
	return search{
		parameters: names, chart: c, start: start[:len(names)],
		data: t, n: table.N(), digest: digest(b),
	}.run(opts)
}

func sbgNames() []string { return []string{"a", "b"} }

func sbgChart() chart { return chart{betaBlock("a", "b")} }

func sbgOf(p []float64, months int) SBG { return SBG{A: p[0], B: p[1], Months: months} }

func (f SBGFit) at(coordinates []float64) ContractModel {
	return sbgOf(sbgChart().parameters(coordinates), f.Months)
}

func bdwNames() []string { return []string{"a", "b", "c"} }

func bdwChart() chart { return chart{betaBlock("a", "b"), logBlock("c")} }

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

// marshalContract writes a contract model, with its interval.
func marshalContract(m ContractModel, fit *Diagnostics) ([]byte, error) {
	in := modelOf(m.Name(), nil, m.Parameters(), fit)
	in.Months = m.Interval()
	return in.marshal()
}

// unmarshalContract reads a contract model with these parameters.
func unmarshalContract(data []byte, name string, parameters []string) (p []float64, in savedModel, err error) {
	if err := readStrictly(data, name, &in); err != nil {
		return nil, in, err
	}
	months := in.Months
	in.Months = 0
	if p, err = in.values(name, false, parameters); err != nil {
		return nil, in, err
	}
	in.Months = months
	return p, in, savedMonths(months)
}

// MarshalJSON writes the model with its name, interval and schema.
func (m SBG) MarshalJSON() ([]byte, error) { return marshalContract(m, nil) }

// UnmarshalJSON reads a model, or the model of a saved [SBGFit], as strictly as
// [BGNBD.UnmarshalJSON].
func (m *SBG) UnmarshalJSON(data []byte) error {
	read, _, err := readSBG(data)
	if err == nil {
		*m = read
	}
	return err
}

// MarshalJSON writes the model and the diagnostics.
func (f SBGFit) MarshalJSON() ([]byte, error) { return marshalContract(f.SBG, &f.Diagnostics) }

// UnmarshalJSON reads a fit as strictly as [SBG.UnmarshalJSON] does a model. A
// bare model is refused with [keyaccount.ErrMissing].
func (f *SBGFit) UnmarshalJSON(data []byte) error {
	m, in, err := readSBG(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = SBGFit{m, d}
	}
	return err
}

func readSBG(data []byte) (m SBG, in savedModel, err error) {
	p, in, err := unmarshalContract(data, m.Name(), sbgNames())
	if err != nil {
		return m, in, err
	}
	m = sbgOf(p, in.Months)
	return m, in, m.Validate()
}

// MarshalJSON writes the model with its name, interval and schema.
func (m BdW) MarshalJSON() ([]byte, error) { return marshalContract(m, nil) }

// UnmarshalJSON reads a model, or the model of a saved [BdWFit], as strictly as
// [BGNBD.UnmarshalJSON].
func (m *BdW) UnmarshalJSON(data []byte) error {
	read, _, err := readBdW(data)
	if err == nil {
		*m = read
	}
	return err
}

// MarshalJSON writes the model and the diagnostics.
func (f BdWFit) MarshalJSON() ([]byte, error) { return marshalContract(f.BdW, &f.Diagnostics) }

// UnmarshalJSON reads a fit as strictly as [BdW.UnmarshalJSON] does a model. A
// bare model is refused with [keyaccount.ErrMissing].
func (f *BdWFit) UnmarshalJSON(data []byte) error {
	m, in, err := readBdW(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = BdWFit{m, d}
	}
	return err
}

func readBdW(data []byte) (m BdW, in savedModel, err error) {
	p, in, err := unmarshalContract(data, m.Name(), bdwNames())
	if err != nil {
		return m, in, err
	}
	m = bdwOf(p, in.Months)
	return m, in, m.Validate()
}
