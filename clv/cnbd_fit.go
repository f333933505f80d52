package clv

// BGCNBDFit is a fitted [BGCNBD]: the model, and how well it is known.
type BGCNBDFit struct {
	BGCNBD
	Diagnostics
}

// FitBGCNBD finds the parameters under which the table is most likely, given the
// rhythm k, as [FitBGNBD] does and with the same errors, and one for a k that is
// not from 1 to MaxRhythm. [FitBGRhythm] chooses k. LogLik, AIC and BIC lack the
// term of which [BGCNBD.LogLikelihood] speaks: by themselves they compare fits with
// the same k only.
func FitBGCNBD(table *Counts, k int, opts *FitOptions) (*BGCNBDFit, error) {
	if err := checkRhythm(k); err != nil {
		return nil, err
	}
	p, d, err := fitRhythm(layBGNBD(table, k, false), table, opts)
	if err != nil {
		return nil, err
	}
	return &BGCNBDFit{bgcnbdOf(k, p, table.Unit()), d}, nil
}

// FitBGRhythm fits a [BGCNBD] with each rhythm from 1 to MaxRhythm and returns the
// most likely, with what was tried in the order of K. It fails
// with [keyaccount.ErrMissing] when the table lacks the times between orders
// ([Counts.LogGaps]), and when no rhythm can be
// fitted with the error of K = 1. A prior on ln(r/alpha) is taken to be one on the
// rate of orders, whatever K.
func FitBGRhythm(table *Counts, opts *FitOptions) (*BGCNBDFit, []RhythmTrial, error) {
	return chooseRhythm(table, func(k int) (*BGCNBDFit, error) { return FitBGCNBD(table, k, opts.paced(k)) })
}

func bgcnbdOf(k int, p []float64, u Unit) BGCNBD {
	return BGCNBD{K: k, R: p[iR], Alpha: p[iAlpha], A: p[iA], B: p[iB], Unit: u}
}

func (m BGCNBD) at(coordinates []float64) OrderFlow {
	return bgcnbdOf(m.K, bgnbdChart().parameters(coordinates), m.Unit)
}
