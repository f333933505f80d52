package clv

// MBGNBDFit is a fitted [MBGNBD]: the model, and how well it is known.
type MBGNBDFit struct {
	MBGNBD
	Diagnostics
}

// FitMBGNBD finds the parameters under which the table is most likely, as
// [FitBGNBD] does and with the same errors.
func FitMBGNBD(table *Counts, opts *FitOptions) (*MBGNBDFit, error) {
	t := newMBGNBDTable(table)
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
	return &MBGNBDFit{mbgnbdOf(p, table.Unit()), d}, nil
}

func mbgnbdOf(p []float64, u Unit) MBGNBD {
	return MBGNBD{R: p[iR], Alpha: p[iAlpha], A: p[iA], B: p[iB], Unit: u}
}

func (m MBGNBD) at(coordinates []float64) OrderFlow {
	return mbgnbdOf(bgnbdChart().parameters(coordinates), m.Unit)
}
