package clv

import (
	"maps"
	"math"
	"reflect"
	"slices"

	"github.com/keyaccount/keyaccount"
)

// Normal is a normal distribution of one coordinate.
type Normal struct {
	Mean float64 `json:"mean"`
	// SD is the standard deviation, above 0.
	SD float64 `json:"sd"`
}

// Prior is what is believed of a model before the data are seen: independent
// normal distributions of some of its coordinates, by name, as
// [Diagnostics.Coordinates] has them. A coordinate that is not named is left
// to the data. With a prior a fit is the mode of the posterior (MAP), and its
// standard errors are those of Laplace's approximation to it.
type Prior map[string]Normal

// Validate refuses, each as an [*keyaccount.InputError], a mean that is not
// finite and a standard deviation that is not finite and positive.
func (p Prior) Validate() error {
	for _, name := range slices.Sorted(maps.Keys(p)) {
		n := p[name]
		if math.IsNaN(n.Mean) || math.IsInf(n.Mean, 0) {
			return badPrior(name, formatFloat(n.Mean), "the mean of a prior must be finite")
		}
		if !positive(n.SD) {
			return badPrior(name, formatFloat(n.SD), "the standard deviation of a prior must be finite and positive")
		}
	}
	return nil
}

// PriorFrom returns the prior for a segment of the accounts, or of accounts like
// those, that the parent was fitted to: centred on its coordinates, with their
// covariance's diagonal and the square of spread as variance. The spread is the
// standard deviation between segments of every coordinate: with 0.25 two
// segments in three have mean rates within a factor 1.28 of the parent's; with
// 0 a segment is a random part of the parent. Change single entries for
// coordinates that are believed to differ more, or less.
//
// It refuses a spread that is negative or not finite, and a parent that is nil,
// without a report or with no coordinates ([keyaccount.ErrMissing]).
func PriorFrom(parent interface{ Report() *Diagnostics }, spread float64) (Prior, error) {
	report, err := reportOf(parent, "parent")
	if err != nil {
		return nil, err
	}
	if err := checkSpread(spread); err != nil {
		return nil, err
	}
	prior := make(Prior)
	for _, c := range report.Coordinates {
		prior[c.Name] = Normal{Mean: c.Value, SD: math.Hypot(c.StdErr, spread)}
	}
	return prior, prior.Validate()
}

// reportOf returns the report of a fit that has one with coordinates.
func reportOf(fit interface{ Report() *Diagnostics }, field string) (*Diagnostics, error) {
	if !isNil(fit) {
		if d := fit.Report(); d != nil && len(d.Coordinates) > 0 {
			return d, nil
		}
	}
	return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: field, Reason: "there is no fit"}
}

// isNil tells whether there is nothing to call in an interface: the result of a
// fit that failed is a nil pointer, of which an interface is not nil.
func isNil(v any) bool {
	r := reflect.ValueOf(v)
	return !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil()
}

func checkSpread(spread float64) error {
	if spread == 0 || positive(spread) {
		return nil
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Spread", Value: formatFloat(spread),
		Reason: "a spread must be finite and not negative",
	}
}

func badPrior(name, value, reason string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: "Prior." + name, Value: value, Reason: reason}
}

// on resolves the prior against the coordinates of a model.
func (p Prior) on(names []string) ([]Normal, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	out := make([]Normal, len(names))
	for i, name := range names {
		out[i] = p[name]
	}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if !slices.Contains(names, name) {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrMismatch, Field: "Prior." + name,
				Reason: "the model has no coordinate of this name",
			}
		}
	}
	return out, nil
}

// addPrior adds the log-density of the prior to an evaluation and returns it;
// a term with SD 0 is flat.
func addPrior(terms []Normal, at []float64, e *evaluation) (density float64) {
	for i, n := range terms {
		if n.SD == 0 {
			continue
		}
		z := (at[i] - n.Mean) / n.SD
		density -= z*z/2 + math.Log(n.SD) + math.Log(2*math.Pi)/2
		e.gradient[i] -= z / n.SD
		e.hessian[i][i] -= 1 / (n.SD * n.SD)
	}
	e.value += density
	return density
}
