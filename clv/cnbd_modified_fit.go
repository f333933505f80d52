package clv

// MBGCNBDFit is a fitted [MBGCNBD]: the model, and how well it is known.
type MBGCNBDFit struct {
	MBGCNBD
	Diagnostics
}

// FitMBGCNBD finds the parameters under which the table is most likely, given the
// rhythm k, as [FitBGNBD] does and with the same errors, and one for a k that is
// not from 1 to MaxRhythm. [FitMBGRhythm] chooses k. LogLik, AIC and BIC lack the
// term of which [MBGCNBD.LogLikelihood] speaks: by themselves they compare fits with
// the same k only.
func FitMBGCNBD(table *Counts, k int, opts *FitOptions) (*MBGCNBDFit, error) {
	if err := checkRhythm(k); err != nil {
		return nil, err
	}
	p, d, err := fitRhythm(layBGNBD(table, k, true), table, opts)
	if err != nil {
		return nil, err
	}
	return &MBGCNBDFit{mbgcnbdOf(k, p, table.Unit()), d}, nil
}

// FitMBGRhythm fits an [MBGCNBD] with each rhythm from 1 to MaxRhythm and returns the
// most likely, with what was tried in the order of K. It fails
// with [keyaccount.ErrMissing] when the table lacks the times between orders
// ([Counts.LogGaps]), and when no rhythm can be
// fitted with the error of K = 1. A prior on ln(r/alpha) is taken to be one on the
// rate of orders, whatever K.
func FitMBGRhythm(table *Counts, opts *FitOptions) (*MBGCNBDFit, []RhythmTrial, error) {
	return chooseRhythm(table, func(k int) (*MBGCNBDFit, error) { return FitMBGCNBD(table, k, opts.paced(k)) })
}

func mbgcnbdOf(k int, p []float64, u Unit) MBGCNBD {
	return MBGCNBD{K: k, R: p[iR], Alpha: p[iAlpha], A: p[iA], B: p[iB], Unit: u}
}

func (m MBGCNBD) at(coordinates []float64) OrderFlow {
	return mbgcnbdOf(m.K, bgnbdChart().parameters(coordinates), m.Unit)
}
