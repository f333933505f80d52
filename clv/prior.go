package clv

import (
	"maps"
	"math"
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
