package cluster

import (
	"errors"
	"strconv"
)

// ChooseMixtureOptions sets up [ChooseMixture].
type ChooseMixtureOptions struct {
	// Mixture sets up every fit; it takes no Start.
	Mixture MixtureOptions
	// KMin and KMax bound the numbers of components to try. Default to 1 and
	// 10, or the number of distinct rows where that is smaller.
	KMin int
	KMax int
}

// ChooseMixture fits a Gaussian mixture for every k from KMin to KMax and picks
// the one with the smallest BIC ([ByBIC]). A k whose mixture is degenerate has
// no BIC, and its row says why; where that is so for every k, the errors of
// all are returned together. It refuses what [FitMixture] refuses.
func ChooseMixture(x Matrix, opts *ChooseMixtureOptions) (*Choice, error) {
	var o ChooseMixtureOptions
	if opts != nil {
		o = *opts
	}
	if o.Mixture.Start != nil {
		return nil, outOfRange("Start", strconv.Itoa(len(o.Mixture.Start)), "one start does not fit several k")
	}
	mo, err := mixtureOptions(&o.Mixture, 0, x.Cols)
	if err != nil {
		return nil, err
	}
	s, err := newSpace(x, mo.Transform)
	if err != nil {
		return nil, err
	}
	z, err := s.scaled(&mo)
	if err != nil {
		return nil, err
	}
	if o.KMin, o.KMax, err = z.kRange(o.KMin, o.KMax); err != nil {
		return nil, err
	}
	c := &chooser{Choice: Choice{Rule: ByBIC}}
	fits := make([]*MixtureFit, 0, o.KMax-o.KMin+1)
	var failures []error
	for k := o.KMin; k <= o.KMax; k++ {
		f, err := s.mixture(z, k, &mo)
		fits = append(fits, f)
		if err != nil {
			failures = append(failures, err)
			c.Table = append(c.Table, Candidate{K: k, Failure: err.Error()})
			continue
		}
		c.Table = append(c.Table, Candidate{K: k, Sizes: f.Sizes, Status: f.Status, LogLikelihood: &f.LogLikelihood, BIC: &f.BIC})
	}
	if len(failures) == len(fits) {
		return nil, errors.Join(failures...)
	}
	c.extreme(ByBIC, -1, func(t *Candidate) float64 { return figure(t.BIC) })
	c.pick()
	c.Mixture = fits[c.K-o.KMin]
	return &c.Choice, nil
}
