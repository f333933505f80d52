package clv

import (
	"fmt"
	"maps"
	"math"
)

// NormalSpendFit is a fitted [NormalSpend]: the model, and how well it is known.
type NormalSpendFit struct {
	NormalSpend
	Diagnostics
}

// FitNormalSpend finds the parameters under which the amounts in the table are
// most likely, by a damped Newton method with the exact gradient and Hessian in
// mean, ln(tau) and ln(sigma). GradNorm takes the mean in units of the standard
// deviation of the amounts.
//
// It fails with [ErrTooFewData] for an empty table or where nobody has two
// orders, with [ErrNotIdentified] where accounts do not differ more than their
// orders do (tau goes to 0; a prior on ln(tau) helps) or no account's amounts
// differ, with [ErrNotConverged] at the iteration limit or where amounts are
// beyond computing, and with an [*keyaccount.InputError] for a row whose Spread
// is not known ([WithSpread]); Row counts in the order of [SpendCounts.All].
func FitNormalSpend(table *SpendCounts, opts *FitOptions) (*NormalSpendFit, error) {
	rows := table.sorted()
	t, err := newLevelsTable(rows, amountsOf)
	if err != nil {
		return nil, err
	}
	if err := enoughOrders(rows); err != nil {
		return nil, err
	}
	if err := t.begin(); err != nil {
		return nil, err
	}
	scale := standard{t.start.mu, math.Hypot(t.start.tau, t.start.sigma)}
	if !positive(scale.unit) || !isFinite(scale.center) {
		return nil, fmt.Errorf("%w: the amounts are beyond computing", ErrNotConverged)
	}
	mean := logBlock("mean")
	mean.names = []string{"mean"} // the log of e^mean
	own, density := scale.prior(opts.prior())
	p, d, err := search{
		parameters: normalSpendNames(), chart: levelsChart(mean),
		start: []float64{1, t.start.tau / scale.unit, t.start.sigma / scale.unit},
		data:  scale.table(t), n: table.N(), digest: digest(table.bytes(rows)),
	}.run(&FitOptions{MaxIterations: opts.maxIterations(), Prior: own})
	if err != nil {
		return nil, err
	}
	d.LogPrior += density
	scale.restore(&d)
	return &NormalSpendFit{normalSpendOf([]float64{
		scale.center + scale.unit*math.Log(p[iMu]), scale.unit * p[iTau], scale.unit * p[iSigma],
	}), d}, nil
}

// standard is the scale in which a mean of either sign is searched for: on it
// the log of e^mean takes steps of a sensible size.
type standard struct{ center, unit float64 }

// table returns the table in the scale. The log-likelihood stays that of the
// amounts.
func (s standard) table(t *levelsTable) *levelsTable {
	out := &levelsTable{within: t.within / s.unit / s.unit, groups: make([]levelsGroup, len(t.groups))}
	for i, g := range t.groups {
		out.shift -= g.k * g.n * math.Log(s.unit)
		g.mean = (g.mean - s.center) / s.unit
		g.between = g.between / s.unit / s.unit
		out.groups[i] = g
	}
	return out
}

// prior returns the prior in the scale, and what its density must gain to be
// that of the amounts.
func (s standard) prior(p Prior) (scaled Prior, density float64) {
	if p.Validate() != nil {
		return p, 0 // the search says what is wrong
	}
	scaled = maps.Clone(p)
	if n, has := p["mean"]; has {
		scaled["mean"] = Normal{Mean: (n.Mean - s.center) / s.unit, SD: n.SD / s.unit}
		density = -math.Log(s.unit)
	}
	for _, name := range []string{"ln(tau)", "ln(sigma)"} {
		if n, has := p[name]; has {
			scaled[name] = Normal{Mean: n.Mean - math.Log(s.unit), SD: n.SD}
		}
	}
	return scaled, density
}

// restore takes diagnostics from the scale to money.
func (s standard) restore(d *Diagnostics) {
	at := d.Coordinates
	at[iMu].Value = s.center + s.unit*at[iMu].Value
	at[iMu].StdErr *= s.unit
	d.Estimates[iMu] = at[iMu]
	for _, i := range []int{iTau, iSigma} {
		at[i].Value += math.Log(s.unit)
		d.Estimates[i].Value *= s.unit
		d.Estimates[i].StdErr *= s.unit
	}
	for i := range d.Covariance {
		d.Covariance[iMu][i] *= s.unit
		d.Covariance[i][iMu] *= s.unit
	}
}

func normalSpendNames() []string { return []string{"mean", "tau", "sigma"} }

func normalSpendOf(p []float64) NormalSpend {
	return NormalSpend{Mean: p[iMu], Tau: p[iTau], Sigma: p[iSigma]}
}

// normalSpendChart has the mean itself as the first coordinate.
type normalSpendChart struct{}

func (normalSpendChart) names() []string { return []string{"mean", "ln(tau)", "ln(sigma)"} }

func (normalSpendChart) parameters(at []float64) []float64 {
	return []float64{at[iMu], math.Exp(at[iTau]), math.Exp(at[iSigma])}
}

func (f NormalSpendFit) at(coordinates []float64) SpendModel {
	return normalSpendOf(normalSpendChart{}.parameters(coordinates))
}
