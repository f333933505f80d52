package clv

// BGNBDFit is a fitted [BGNBD]: the model, and how well it is known.
type BGNBDFit struct {
	BGNBD
	Diagnostics
}

// FitBGNBD finds the parameters under which the table is most likely. The
// search is a damped Newton method with the exact gradient and Hessian, from a
// start that follows the data's scale: the same table gives the same bits.
//
// It fails with [ErrTooFewData] when nobody bought twice, with
// [ErrNotIdentified] when there is no maximum at finite parameters (all orders
// come at the same rate, or nobody ever leaves) or the likelihood is flat
// around it, and with [ErrNotConverged] at the iteration limit.
func FitBGNBD(table *Counts, opts *FitOptions) (*BGNBDFit, error) {
	t := newBGNBDTable(table)
	if err := opts.enough(table, t.x); err != nil {
		return nil, err
	}
	p, d, err := search{
		parameters: bgnbdNames(), chart: bgnbdChart(), start: []float64{1, t.age / t.x, 0.5, 2},
		data: t, n: table.N(), digest: table.digest(),
	}.run(opts)
	if err != nil {
		return nil, err
	}
	return &BGNBDFit{bgnbdOf(p, table.Unit()), d}, nil
}

func bgnbdNames() []string { return []string{"r", "alpha", "a", "b"} }

func bgnbdChart() chart { return chart{gammaBlock("r", "alpha"), betaBlock("a", "b")} }

func bgnbdOf(p []float64, u Unit) BGNBD {
	return BGNBD{R: p[iR], Alpha: p[iAlpha], A: p[iA], B: p[iB], Unit: u}
}

func (m BGNBD) at(coordinates []float64) OrderFlow {
	return bgnbdOf(bgnbdChart().parameters(coordinates), m.Unit)
}
