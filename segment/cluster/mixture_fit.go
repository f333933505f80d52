package cluster

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// MixtureOptions sets up [FitMixture].
type MixtureOptions struct {
	// Covariance is what shapes the components may have. Defaults to Full.
	Covariance Covariance
	// Source draws the start centres. It must be given unless Start is: the
	// same source in the same state gives the same result.
	Source rand.Source
	// Start holds k start means in the transformed units; components then keep
	// their order. Defaults to the centres of k-means.
	Start [][]float64
	// Restarts is how many k-means runs are drawn, each followed to the end;
	// the one with the greatest likelihood is kept. With Start there is one.
	// Defaults to 10.
	Restarts int
	// MaxIterations is how many times responsibilities are computed at most,
	// from each start. Defaults to 1000.
	MaxIterations int
	// Tolerance ends the iteration when the mean log-likelihood of a row
	// changed by no more. Defaults to 1e-7.
	Tolerance float64
	// Regularisation is what is added to every variance, as a share of the
	// column's variance over all rows (for Spherical, of the mean one).
	// Defaults to 1e-6.
	Regularisation float64
	// Transform is applied to the rows first and becomes part of the model.
	// Defaults to none.
	Transform *Transform
	// Features name the columns. Defaults to no names.
	Features []Feature
	// Workers is how many goroutines work; it never changes the result.
	// Defaults to GOMAXPROCS.
	Workers int
}

// MixtureFit is what [FitMixture] found.
type MixtureFit struct {
	Mixture

	// Labels holds the component of each fitted row: what Mixture.Assign says
	// of it.
	Labels []int `json:"labels"`
	// Sizes is how many rows each component has by Labels; it can be 0 where
	// components overlap.
	Sizes []int `json:"sizes"`
	// LogLikelihood is ln Π p(z) over the N fitted rows, with natural
	// logarithms and densities in the transformed units.
	LogLikelihood float64 `json:"log_likelihood"`
	N             int     `json:"n"`
	// Parameters is how many free ones the model has.
	Parameters int `json:"parameters"`
	// BIC is Parameters ln N - 2 LogLikelihood (Schwarz 1978), AIC is 2
	// Parameters - 2 LogLikelihood: the smaller the better. They compare only
	// over the same rows and transform.
	BIC        float64 `json:"bic"`
	AIC        float64 `json:"aic"`
	Iterations int     `json:"iterations"`
	Status     Status  `json:"status"`
}

// UnmarshalJSON reads the fit as one object with its model, under the terms of
// [Mixture.UnmarshalJSON].
func (f *MixtureFit) UnmarshalJSON(data []byte) error {
	var m Mixture
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	var rest struct {
		Labels        []int   `json:"labels"`
		Sizes         []int   `json:"sizes"`
		LogLikelihood float64 `json:"log_likelihood"`
		N             int     `json:"n"`
		Parameters    int     `json:"parameters"`
		BIC           float64 `json:"bic"`
		AIC           float64 `json:"aic"`
		Iterations    int     `json:"iterations"`
		Status        Status  `json:"status"`
	}
	if err := json.Unmarshal(data, &rest); err != nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: "MixtureFit", Reason: err.Error()}
	}
	*f = MixtureFit{
		m, rest.Labels, rest.Sizes, rest.LogLikelihood, rest.N, rest.Parameters, rest.BIC, rest.AIC, rest.Iterations, rest.Status,
	}
	return nil
}

// FitMixture finds the Gaussian mixture of k components that makes the rows of
// x likely (a local maximum, the best of several starts), by the EM algorithm
// of Dempster, Laird and Rubin (1977) from the clusters of k-means.
//
// Columns are scaled to the same spread inside, so that neither the start nor
// the regularisation depends on their units (with [Spherical], all by the same
// factor). Components are numbered by weight, the greatest first, and at equal
// weight by their means; with Start they keep the order given. The result is
// the same, bit for bit, for any number of workers.
//
// It refuses what [FitKMeans] refuses, and a constant column. A start in which
// a component shrinks to fewer rows than its covariance needs (columns + 1 for
// Full, else 2), or to a variance that is hardly more than the regularisation,
// is given up, for its likelihood means nothing; where every start ends like
// that, so does FitMixture, with [ErrDegenerate] and the reason.
func FitMixture(x Matrix, k int, opts *MixtureOptions) (*MixtureFit, error) {
	o, err := mixtureOptions(opts, k, x.Cols)
	if err != nil {
		return nil, err
	}
	s, err := newSpace(x, o.Transform)
	if err != nil {
		return nil, err
	}
	z, err := s.scaled(&o)
	if err != nil {
		return nil, err
	}
	// Rows that differ by less than the precision of a column are equal there.
	if err := z.checkK(k); err != nil {
		return nil, err
	}
	return s.mixture(z, k, &o)
}

func mixtureOptions(opts *MixtureOptions, k, cols int) (MixtureOptions, error) {
	var o MixtureOptions
	if opts != nil {
		o = *opts
	}
	// Both kinds of fit mean the same by what they have in common.
	common, err := kmeansOptions(&KMeansOptions{
		Source: o.Source, Start: o.Start, Restarts: o.Restarts, MaxIterations: cmp.Or(o.MaxIterations, 1000),
		Tolerance: o.Tolerance, Transform: o.Transform, Features: o.Features, Workers: o.Workers,
	}, k, cols)
	faults := []error{err}
	o.Restarts, o.MaxIterations, o.Workers = common.Restarts, common.MaxIterations, common.Workers
	o.Tolerance = cmp.Or(o.Tolerance, 1e-7)
	o.Regularisation = cmp.Or(o.Regularisation, 1e-6)
	if !o.Covariance.known() {
		faults = append(faults, unknownCovariance(o.Covariance))
	}
	if !(o.Regularisation >= 1e-12 && o.Regularisation < 1) {
		faults = append(faults, outOfRange("Regularisation", number(o.Regularisation), "it must lie between 1e-12 and 1"))
	}
	return o, errors.Join(faults...)
}

// scaling is a space whose columns all have the variance 1, or for spherical
// components the mean variance 1.
type scaling struct {
	*space

	mean, scale []float64
}

func (s *space) scaled(o *MixtureOptions) (*scaling, error) {
	z := &scaling{space: &space{x: make([]float64, len(s.x)), n: s.n, d: s.d}, mean: make([]float64, s.d), scale: make([]float64, s.d)}
	column := make([]float64, s.n)
	for j := range s.d {
		for i := range column {
			column[i] = s.x[i*s.d+j]
		}
		z.mean[j], z.scale[j] = meanAndSD(column)
		if z.scale[j] == 0 {
			return nil, outOfRange("Data", number(column[0]),
				"column "+strconv.Itoa(j+1)+" is constant, so it has no density: leave it out")
		}
	}
	if o.Covariance == Spherical {
		widest := slices.Max(z.scale)
		squares := 0.0
		for _, v := range z.scale {
			squares += (v / widest) * (v / widest)
		}
		common := widest * math.Sqrt(squares/float64(s.d))
		for j := range z.scale {
			z.scale[j] = common
		}
	}
	for i, v := range s.x {
		j := i % s.d
		z.x[i] = flushed((v - z.mean[j]) / z.scale[j])
	}
	return z, nil
}

func (s *space) mixture(z *scaling, k int, o *MixtureOptions) (*MixtureFit, error) {
	var best *em
	var iterations int
	var status Status
	var failed error
	for range o.Restarts {
		var start []float64
		if o.Start != nil {
			for _, c := range o.Start {
				for j, v := range c {
					start = append(start, (v-z.mean[j])/z.scale[j])
				}
			}
		}
		l := newLloyd(z.space, k, o.Workers, 300)
		rounds := 1 // a given start only sorts the rows
		if start == nil {
			start, rounds = z.plusPlus(o.Source, k, o.Workers), 300
		}
		l.run(start, rounds, 0)
		e := newEM(z.space, l, k, o)
		n, ended, err := e.run(l.labels)
		if err != nil {
			if failed == nil {
				failed = err
			}
			continue
		}
		if best == nil || e.logLik > best.logLik {
			best, iterations, status = e, n, ended
		}
	}
	if best == nil {
		return nil, failed
	}

	f := &MixtureFit{Mixture: best.mixture(z, o), N: s.n, Iterations: iterations, Status: status}
	var err error
	// Of the model as it will be saved, not of the scaled one.
	if f.Labels, f.LogLikelihood, err = f.assign(s, o.Workers); err != nil {
		return nil, err
	}
	f.Sizes = make([]int, k)
	for _, c := range f.Labels {
		f.Sizes[c]++
	}
	f.Parameters = o.Covariance.parameters(k, s.d)
	f.BIC = float64(f.Parameters)*math.Log(float64(s.n)) - 2*f.LogLikelihood
	f.AIC = 2*float64(f.Parameters) - 2*f.LogLikelihood
	return f, nil
}
