package clv

// ParetoNBDFit is a fitted [ParetoNBD]: the model, and how well it is known.
type ParetoNBDFit struct {
	ParetoNBD
	Diagnostics
}

// FitParetoNBD finds the parameters under which the table is most likely. The
// search is a damped Newton method with the exact gradient and Hessian, from a
// start that follows the data's scale: the same table gives the same bits.
//
// It fails with [ErrTooFewData] when nobody bought twice, with
// [ErrNotIdentified] when there is no maximum at finite parameters (all orders
// come at the same rate, or nobody ever leaves) or the likelihood is flat
// around it, and with [ErrNotConverged] at the iteration limit.
func FitParetoNBD(table *Counts, opts *FitOptions) (*ParetoNBDFit, error) {
	t := newParetoNBDTable(table)
	if err := opts.enough(table, t.x); err != nil {
		return nil, err
	}
	p, d, err := search{
		parameters: paretoNBDNames(), chart: paretoNBDChart(), start: []float64{1, t.age / t.x, 1, t.age / t.n},
		data: t, n: table.N(), digest: table.digest(),
	}.run(opts)
	if err != nil {
		return nil, err
	}
	return &ParetoNBDFit{paretoNBDOf(p, table.Unit()), d}, nil
}

func paretoNBDNames() []string { return []string{"r", "alpha", "s", "beta"} }

func paretoNBDChart() chart { return chart{gammaBlock("r", "alpha"), gammaBlock("s", "beta")} }

func paretoNBDOf(p []float64, u Unit) ParetoNBD {
	return ParetoNBD{R: p[jR], Alpha: p[jAlpha], S: p[jS], Beta: p[jBeta], Unit: u}
}

// at is the model at other coordinates, in the same unit.
func (m ParetoNBD) at(coordinates []float64) OrderFlow {
	return paretoNBDOf(paretoNBDChart().parameters(coordinates), m.Unit)
}
