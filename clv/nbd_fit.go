package clv

// NBDFit is a fitted [NBD]: the model, and how well it is known.
type NBDFit struct {
	NBD
	Diagnostics
}

// FitNBD finds the parameters under which the table is most likely, as
// [FitBGNBD] does and with the same errors: orders that all come at the same
// rate have no maximum.
func FitNBD(table *Counts, opts *FitOptions) (*NBDFit, error) {
	t := newNBDTable(table)
	if err := opts.enough(table, t.layout.x); err != nil {
		return nil, err
	}
	p, d, err := search{
		parameters: nbdNames(), chart: nbdChart(), start: []float64{1, t.layout.age / t.layout.x},
		data: t, n: table.N(), digest: table.digest(),
	}.run(opts)
	if err != nil {
		return nil, err
	}
	return &NBDFit{nbdOf(p, table.Unit()), d}, nil
}

// nbdTable is a counted table for the NBD: the terms of a [bgnbdTable] that
// have no part in leaving.
type nbdTable struct{ layout *bgnbdTable }

func newNBDTable(c *Counts) nbdTable { return nbdTable{newBGNBDTable(c)} }

func (t nbdTable) at(p []float64) (d derivatives) {
	t.layout.addEvents(p[iR], &d)
	t.layout.addTimes(p[iR], p[iAlpha], &d)
	return d
}

func nbdNames() []string { return []string{"r", "alpha"} }

func nbdChart() chart { return chart{gammaBlock("r", "alpha")} }

func nbdOf(p []float64, u Unit) NBD { return NBD{R: p[iR], Alpha: p[iAlpha], Unit: u} }

func (m NBD) at(coordinates []float64) OrderFlow {
	return nbdOf(nbdChart().parameters(coordinates), m.Unit)
}
