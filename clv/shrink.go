package clv

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/keyaccount/keyaccount"
)

// A small segment is fitted with what larger data say of accounts like its own.
// From most to least trust in the parent: score with the parent's own model,
// which needs no code; fit the segment with a prior from the parent, by
// PriorFrom; or let many segments, none of which can stand alone, say together
// how they differ, by FitSegments.

// Segment is a part of the accounts that is believed to differ from the others.
type Segment struct {
	Name  string
	Table *Counts
}

// SegmentOptions tunes [FitSegments]. The zero value and nil are the defaults.
type SegmentOptions struct {
	// Prior is what is believed of the mean of the segments, such as the
	// [WeakPrior] of all accounts. Defaults to none.
	Prior Prior
	// Spread is the likeliest standard deviation between segments before the
	// data are seen, of every coordinate; it matters with fewer than some ten
	// segments. Defaults to 0.5: two segments in three have mean rates within a
	// factor of 1.65 of the typical one.
	Spread float64
	// MaxIterations bounds the rounds in which every segment is fitted. Defaults
	// to 100.
	MaxIterations int
}

// SegmentFits are the fits of many segments that lean on each other.
type SegmentFits[F any] struct {
	// Pooled is the fit of all accounts as one.
	Pooled F `json:"pooled"`
	// Typical has the mean between segments of each coordinate.
	Typical []Parameter `json:"typical"`
	// Spread has the standard deviation between segments of each coordinate,
	// without standard errors.
	Spread []Parameter `json:"spread"`
	// Segments are in the order given.
	Segments []SegmentFit[F] `json:"segments"`
	// LogMarginal is the log-likelihood of all tables given Typical and Spread,
	// by Laplace's approximation.
	LogMarginal float64 `json:"log_marginal"`
	// Iterations is the number of rounds.
	Iterations int `json:"iterations"`
}

// SegmentFit is the fit of one segment: the mode of its posterior, when the
// distribution between segments is the prior.
type SegmentFit[F any] struct {
	Name string `json:"name"`
	Fit  F      `json:"fit"`
	// Coordinates are those of the fit.
	Coordinates []SegmentCoordinate `json:"coordinates"`
}

// SegmentCoordinate says how far a coordinate of a segment is its own.
type SegmentCoordinate struct {
	Name string `json:"name"`
	// Shrinkage is the share of the variance between segments that the accounts
	// of this one leave open: 0 where they decide alone, 1 where they say
	// nothing and the typical segment stands in.
	Shrinkage float64 `json:"shrinkage"`
	// Factor is e to the distance from the typical segment: how many times its
	// mean, its shape, or its odds.
	Factor float64 `json:"factor"`
	// Deviation is that distance in standard errors of the fit.
	Deviation float64 `json:"deviation"`
}

// Outlier is a coordinate in which a segment stands out.
type Outlier struct {
	Segment string `json:"segment"`
	SegmentCoordinate
}

// Outliers returns every coordinate of a segment that lies the given number of
// standard errors or more, such as 2, from the typical segment: farthest first.
func (s *SegmentFits[F]) Outliers(bound float64) []Outlier {
	var out []Outlier
	for _, segment := range s.Segments {
		for _, c := range segment.Coordinates {
			if math.Abs(c.Deviation) >= bound {
				out = append(out, Outlier{segment.Name, c})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Outlier) int {
		return cmp.Compare(math.Abs(b.Deviation), math.Abs(a.Deviation))
	})
	return out
}

// Prior returns the prior for one more segment, of which there are no accounts
// in the fit.
func (s *SegmentFits[F]) Prior() Prior {
	prior := make(Prior)
	for i, c := range s.Typical {
		prior[c.Name] = Normal{Mean: c.Value, SD: math.Hypot(c.StdErr, s.Spread[i].Value)}
	}
	return prior
}

// FitSegments fits the same model, such as [FitBGNBD], to every segment, when
// each has too few accounts to stand alone. The coordinates of the segments are
// taken to be normal around a typical segment, with a standard deviation of
// their own for each coordinate: large segments go their own way, small ones
// are drawn to the typical, more so the less the segments differ.
//
// Mean and spread are found by EM, in which each segment's posterior is
// normal around its mode (Laplace); the mean has the Prior of the options, and
// each spread a Rayleigh distribution around the Spread of the options, so that
// it goes neither to zero by chance nor to infinity where no segment says
// anything (after Chung et al. 2013, "A nondegenerate penalized likelihood
// estimator for variance parameters in multilevel models").
//
// It fails as the fit does for all accounts as one, with an
// [*keyaccount.InputError] for segments without a name, with the same name
// ([keyaccount.ErrDuplicate]), in different units or without accounts, and
// without a fit or for one that finds nothing ([keyaccount.ErrMissing]), and with
// [ErrNotConverged] at the limit of rounds.
func FitSegments[F interface{ Report() *Diagnostics }](
	segments []Segment, fit func(table *Counts, opts *FitOptions) (F, error), opts *SegmentOptions,
) (*SegmentFits[F], error) {
	var o SegmentOptions
	if opts != nil {
		o = *opts
	}
	if err := checkSpread(o.Spread); err != nil {
		return nil, err
	}
	if fit == nil {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "fit", Reason: "there is nothing to fit with"}
	}
	if o.Spread == 0 {
		o.Spread = 0.5
	}
	if o.MaxIterations <= 0 {
		o.MaxIterations = 100
	}
	pooled, err := pool(segments)
	if err != nil {
		return nil, err
	}
	out := &SegmentFits[F]{Segments: make([]SegmentFit[F], len(segments))}
	if out.Pooled, err = fit(pooled, &FitOptions{Prior: o.Prior}); err != nil {
		return nil, fmt.Errorf("all segments as one: %w", err)
	}
	report, err := reportOf(out.Pooled, "fit")
	if err != nil {
		return nil, err
	}
	h, err := newHyper(report.Coordinates, o)
	if err != nil {
		return nil, err
	}
	path := []hyper{h}
	for out.Iterations < o.MaxIterations {
		out.Iterations++
		reports := make([]*Diagnostics, len(segments))
		prior := h.prior()
		for i, s := range segments {
			f, err := fit(s.Table, &FitOptions{Prior: prior})
			if err != nil {
				return nil, fmt.Errorf("segment %q: %w", s.Name, err)
			}
			out.Segments[i] = SegmentFit[F]{Name: s.Name, Fit: f}
			if reports[i], err = reportOf(f, "fit"); err != nil {
				return nil, err
			}
		}
		next, err := h.improve(reports)
		if err != nil {
			return nil, err
		}
		if next.from(h) < 1e-7 {
			return out, out.report(h, reports)
		}
		// Modes and curvatures follow the spread and may overshoot: where two
		// rounds hardly close in, start from where they point to.
		if path = append(path, next); len(path) == 3 {
			if path[2].from(path[1]) > path[1].from(path[0])/4 {
				next = path[0].beyond(path[1], path[2])
			}
			path = []hyper{next}
		}
		h = next
	}
	return nil, fmt.Errorf("%w: after %d rounds the segments still move", ErrNotConverged, o.MaxIterations)
}

// pool brings the accounts of all segments together.
func pool(segments []Segment) (*Counts, error) {
	if len(segments) == 0 {
		return nil, fmt.Errorf("%w: there are no segments", ErrTooFewData)
	}
	pooled := NewCounts(segments[0].Table.Unit())
	names := make(map[string]bool)
	for i, s := range segments {
		fault := func(kind error, reason string) error {
			return &keyaccount.InputError{Kind: kind, Row: i + 1, Field: "Segment", Value: s.Name, Reason: reason}
		}
		switch {
		case s.Name == "":
			return nil, fault(keyaccount.ErrMissing, "a segment needs a name")
		case names[s.Name]:
			return nil, fault(keyaccount.ErrDuplicate, "two segments have this name")
		case s.Table.N() == 0:
			return nil, fault(keyaccount.ErrMissing, "a segment without accounts is not fitted; give it the Prior of the others")
		}
		names[s.Name] = true
		if err := pooled.Merge(s.Table); err != nil {
			return nil, fmt.Errorf("segment %q: %w", s.Name, err)
		}
	}
	return pooled, nil
}

// report fills in what the fits say under h.
func (s *SegmentFits[F]) report(h hyper, reports []*Diagnostics) error {
	stdErr, err := h.stdErr(reports)
	if err != nil {
		return err
	}
	for j, name := range h.names {
		s.Typical = append(s.Typical, Parameter{Name: name, Value: h.mean[j], StdErr: stdErr[j]})
		s.Spread = append(s.Spread, Parameter{Name: name, Value: math.Sqrt(h.variance[j])})
	}
	s.LogMarginal, err = h.logMarginal(reports)
	for i, d := range reports {
		for j, c := range d.Coordinates {
			away := c.Value - h.mean[j]
			s.Segments[i].Coordinates = append(s.Segments[i].Coordinates, SegmentCoordinate{
				Name: c.Name, Shrinkage: min(1, c.StdErr*c.StdErr/h.variance[j]),
				Factor: math.Exp(min(away, 700)), Deviation: away / c.StdErr,
			})
		}
	}
	return err
}
