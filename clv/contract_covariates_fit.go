package clv

import (
	"crypto/sha256"
	"fmt"
	"math"
	"slices"

	"github.com/keyaccount/keyaccount/internal/state"
)

// ContractGroup is the contracts that have the same covariates.
type ContractGroup struct {
	// Covariates are in the order of their names. Code a yes or no as 1 or 0,
	// and leave one level of a classification without a covariate of its own.
	Covariates []float64
	// Contracts counts them.
	Contracts *ContractCounts
}

// SBGCovariatesFit is a fitted [SBGCovariates]: the model, and how well it is
// known.
type SBGCovariatesFit struct {
	SBGCovariates
	Diagnostics
}

// BdWCovariatesFit is a fitted [BdWCovariates]: the model, and how well it is
// known.
type BdWCovariatesFit struct {
	BdWCovariates
	Diagnostics
}

// FitSBGCovariates finds the parameters under which the groups are most likely,
// with the covariates of these names. Several groups may have the same
// covariates, and their order does not matter. GradNorm takes an effect in that
// of one standard deviation of its covariate.
//
// It fails where [FitSBG] of all contracts would, with [ErrNotIdentified] where
// a covariate is the same for all contracts or follows from the others, and with
// an [*keyaccount.InputError] for names that [SBGCovariates.Validate] refuses,
// a group with another number of covariates or another interval
// ([keyaccount.ErrMismatch]; Row is the group) and a covariate that is not
// finite.
func FitSBGCovariates(names []string, groups []ContractGroup, opts *FitOptions) (*SBGCovariatesFit, error) {
	p, effects, months, d, err := fitCovariates(names, groups, sbgNames(), sbgChart().names(), opts)
	if err != nil {
		return nil, err
	}
	return &SBGCovariatesFit{SBGCovariates{sbgOf(p, months), effects}, d}, nil
}

// FitBdWCovariates finds the parameters under which the groups are most likely,
// and fails, as [FitSBGCovariates] does.
func FitBdWCovariates(names []string, groups []ContractGroup, opts *FitOptions) (*BdWCovariatesFit, error) {
	p, effects, months, d, err := fitCovariates(names, groups, bdwNames(), bdwChart().names(), opts)
	if err != nil {
		return nil, err
	}
	return &BdWCovariatesFit{BdWCovariates{bdwOf(p, months), effects}, d}, nil
}

// fitCovariates searches in e^u, u being the logit of the mean risk, the
// precision, c, and e^effect for covariates of standard deviation 1: all of
// their logs are the coordinates.
func fitCovariates(names []string, groups []ContractGroup, base, coordinates []string, opts *FitOptions) (
	p []float64, effects []Effect, months int, d Diagnostics, err error,
) {
	all, data, err := layOut(names, groups)
	if err != nil {
		return nil, nil, 0, d, err
	}
	whole, err := newContractTable(all).start(all)
	if err != nil {
		return nil, nil, 0, d, err
	}
	coordinates = append(slices.Clone(coordinates), names...)
	c := make(chart, len(coordinates))
	start := make([]float64, len(coordinates))
	for i, name := range coordinates {
		c[i] = logBlock(name)
		c[i].names = []string{name}
		start[i] = 1
	}
	start[0], start[1] = whole[0]/whole[1], whole[0]+whole[1]
	own, density, err := data.prior(opts.prior(), names, coordinates)
	if err != nil {
		return nil, nil, 0, d, err
	}
	_, d, err = search{
		parameters: append(slices.Clone(base), names...), chart: c, start: start,
		data: data, n: all.N(), digest: data.digest,
	}.run(&FitOptions{MaxIterations: opts.maxIterations(), Prior: own})
	if err != nil {
		return nil, nil, 0, d, err
	}
	d.LogPrior += density
	data.restore(&d, len(base))
	for _, e := range d.Estimates[len(base):] {
		effects = append(effects, Effect{e.Name, e.Value})
	}
	return values(d.Estimates[:len(base)]), effects, all.Interval(), d, nil
}

// covariateTable is groups laid out for repeated evaluation.
type covariateTable struct {
	groups []covariateGroup
	sd     []float64 // of each covariate over the contracts
	digest string
}

type covariateGroup struct {
	x     []float64 // in standard deviations
	table *contractTable
}

// layOut checks, sorts and merges the groups; all is their contracts in one
// table.
func layOut(names []string, groups []ContractGroup) (all *ContractCounts, t *covariateTable, err error) {
	if err := checkNames(names); err != nil {
		return nil, nil, err
	}
	var merged []ContractGroup
	for i, g := range groups {
		x, bad := checkValues(names, g.Covariates)
		if bad != nil {
			return nil, nil, atRow(bad, i+1)
		}
		g.Covariates = x
		if g.Contracts.N() == 0 {
			continue
		}
		if all == nil {
			all = NewContractCounts(g.Contracts.Interval())
		}
		if err := all.Merge(g.Contracts); err != nil {
			return nil, nil, atRow(err, i+1)
		}
		at, known := slices.BinarySearchFunc(merged, g, func(a, b ContractGroup) int {
			return slices.Compare(a.Covariates, b.Covariates)
		})
		if !known {
			merged = slices.Insert(merged, at, ContractGroup{g.Covariates, NewContractCounts(all.Interval())})
		}
		if err := merged[at].Contracts.Merge(g.Contracts); err != nil {
			return nil, nil, atRow(err, i+1)
		}
	}
	t = &covariateTable{sd: make([]float64, len(names))}
	for j, name := range names {
		if t.sd[j] = spreadOf(merged, j); !positive(t.sd[j]) && all.N() > 0 {
			return nil, nil, fmt.Errorf("%w: the covariate %s is the same for all contracts, or beyond computing", ErrNotIdentified, name)
		}
	}
	var hashed []byte
	for _, name := range names {
		hashed = state.AppendText(hashed, name)
	}
	for _, g := range merged {
		own := covariateGroup{table: newContractTable(g.Contracts)}
		for j, x := range g.Covariates {
			own.x = append(own.x, x/t.sd[j])
			hashed = state.AppendFloat(hashed, x)
		}
		t.groups = append(t.groups, own)
		b, err := g.Contracts.MarshalBinary()
		if err != nil {
			return nil, nil, err
		}
		sum := sha256.Sum256(b)
		hashed = append(hashed, sum[:]...)
	}
	t.digest = digest(hashed)
	return all, t, nil
}

// spreadOf returns the standard deviation of one covariate.
func spreadOf(groups []ContractGroup, j int) float64 {
	var n, mean, squares float64
	for _, g := range groups {
		k := float64(g.Contracts.N())
		n += k
		step := g.Covariates[j] - mean
		mean += step * (k / n)
		squares += k * step * (g.Covariates[j] - mean)
	}
	return math.Sqrt(squares / n)
}

// at evaluates the log-likelihood: that of each group in the coordinates of its
// own model, of which the first is the sum of the common one and the effects.
func (t *covariateTable) at(p []float64) derivatives {
	own := len(p) - len(t.sd) // parameters of the model itself
	c := bdwChart()[:own-1]
	var total derivatives // in the logs of p
	for _, g := range t.groups {
		shift := 0.0
		for j, x := range g.x {
			shift += x * math.Log(p[own+j])
		}
		u := math.Log(p[0]) + shift
		at := []float64{u, math.Log(p[1])}
		if own > iC {
			at = append(at, math.Log(p[iC]))
		}
		here := c.parameters(at)
		e := c.pull(at, here, g.table.at(here))
		// along is how much a coordinate of all moves the i-th of the group.
		along := func(k int) (i int, by float64) {
			if k < own {
				return k, 1
			}
			return 0, g.x[k-own]
		}
		total.value += e.value
		for k := range p {
			i, by := along(k)
			total.g[k] += by * e.gradient[i]
			for m := k; m < len(p); m++ {
				j, with := along(m)
				total.h[k][m] += by * with * e.hessian[i][j]
			}
		}
	}
	for k := range p {
		total.h[k][k] -= total.g[k]
		for m := k; m < len(p); m++ {
			total.h[k][m] /= p[k] * p[m]
		}
	}
	for k := range p {
		total.g[k] /= p[k]
	}
	return total
}

// prior returns the prior for covariates of standard deviation 1, and what its
// density must gain to be that of the effects.
func (t *covariateTable) prior(p Prior, names, coordinates []string) (scaled Prior, density float64, err error) {
	if _, err := p.on(coordinates); err != nil {
		return nil, 0, err
	}
	scaled = make(Prior, len(p))
	for name, n := range p {
		if j := slices.Index(names, name); j >= 0 {
			n.Mean, n.SD = n.Mean*t.sd[j], n.SD*t.sd[j]
		}
		scaled[name] = n
	}
	for j, name := range names {
		if _, has := p[name]; has {
			density += math.Log(t.sd[j])
		}
	}
	return scaled, density, nil
}

// restore takes diagnostics back to effects of one unit, and to a and b.
func (t *covariateTable) restore(d *Diagnostics, own int) {
	for j, sd := range t.sd {
		i := own + j
		d.Coordinates[i].Value /= sd
		d.Coordinates[i].StdErr /= sd
		d.Estimates[i] = d.Coordinates[i]
		for k := range d.Covariance {
			d.Covariance[i][k] /= sd
			d.Covariance[k][i] /= sd
		}
	}
	logs, jacobian, _ := sbgChart()[0].logs([]float64{d.Coordinates[0].Value, d.Coordinates[1].Value})
	v := d.Covariance
	for i, j := range jacobian {
		a := math.Exp(logs[i])
		variance := j[0]*j[0]*v[0][0] + 2*j[0]*j[1]*v[0][1] + j[1]*j[1]*v[1][1]
		d.Estimates[i].Value, d.Estimates[i].StdErr = a, a*math.Sqrt(max(variance, 0))
	}
}
