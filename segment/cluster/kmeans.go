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

// KMeansOptions sets up [FitKMeans].
type KMeansOptions struct {
	// Source draws the start centres. It must be given unless Start is: the
	// same source in the same state gives the same result.
	Source rand.Source
	// Start holds k start centres in the transformed units, such as those of
	// the model before; clusters then keep their order. Defaults to drawing
	// them by k-means++.
	Start [][]float64
	// Restarts is how many starts are drawn; the one with the smallest inertia
	// is kept. With Start there is one. Defaults to 10.
	Restarts int
	// MaxIterations is how many times rows are assigned at most, from each
	// start. Defaults to 300.
	MaxIterations int
	// Tolerance ends the iteration when no centre moved by more, in the
	// transformed units. Defaults to 0: it ends when no row changes sides.
	Tolerance float64
	// Transform is applied to the rows first and becomes part of the model.
	// Defaults to none.
	Transform *Transform
	// Features name the columns. Defaults to no names.
	Features []Feature
	// Workers is how many goroutines work; it never changes the result.
	// Defaults to GOMAXPROCS.
	Workers int
}

// KMeansFit is what [FitKMeans] found.
type KMeansFit struct {
	Model

	// Labels holds the cluster of each fitted row, counted from 0: what
	// Model.Assign says of it.
	Labels []int `json:"labels"`
	// Sizes is how many rows each cluster has. None is 0, unless Status is
	// IterationLimit.
	Sizes []int `json:"sizes"`
	// Within is each cluster's sum of squared distances to its centre, and
	// Inertia their sum, the figure that k-means makes small.
	Within  []float64 `json:"within"`
	Inertia float64   `json:"inertia"`
	// Iterations is how many times rows were assigned, from the start that was
	// kept; the last time only to see that nothing changes.
	Iterations int    `json:"iterations"`
	Status     Status `json:"status"`
}

// UnmarshalJSON reads the fit as one object with its model, under the terms of
// [Model.UnmarshalJSON].
func (f *KMeansFit) UnmarshalJSON(data []byte) error {
	var m Model
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	var rest struct {
		Labels     []int     `json:"labels"`
		Sizes      []int     `json:"sizes"`
		Within     []float64 `json:"within"`
		Inertia    float64   `json:"inertia"`
		Iterations int       `json:"iterations"`
		Status     Status    `json:"status"`
	}
	if err := json.Unmarshal(data, &rest); err != nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: "KMeansFit", Reason: err.Error()}
	}
	*f = KMeansFit{m, rest.Labels, rest.Sizes, rest.Within, rest.Inertia, rest.Iterations, rest.Status}
	return nil
}

// FitKMeans divides the rows of x into k clusters, each around the mean of its
// rows, so that the sum of squared distances to these means is small (a local
// minimum, the best of several starts).
//
// A row that is equally near to two centres belongs to the one whose
// coordinates come first in lexicographic order. A cluster that loses all rows takes over the one that is farthest from its
// centre. Clusters are numbered by size, the largest first, and at equal size
// by their centres, so that two starts that find the same clusters give them
// the same numbers; with Start they keep the order given. The result is the
// same, bit for bit, for any number of workers.
//
// It refuses, as a [*keyaccount.InputError]: what [Matrix.Validate] refuses; k
// below 1 or above the number of distinct rows ([keyaccount.ErrOutOfRange]);
// neither a Source nor a Start ([keyaccount.ErrMissing]); a Start, Transform
// or Features of another shape ([keyaccount.ErrMismatch]); negative options. x
// is never written to.
func FitKMeans(x Matrix, k int, opts *KMeansOptions) (*KMeansFit, error) {
	o, err := kmeansOptions(opts, k, x.Cols)
	if err != nil {
		return nil, err
	}
	s, err := newSpace(x, o.Transform)
	if err != nil {
		return nil, err
	}
	if err := s.checkK(k); err != nil {
		return nil, err
	}
	return s.kmeans(k, &o), nil
}

// checkK refuses a k that is not between 1 and the number of distinct rows.
func (s *space) checkK(k int) error {
	switch {
	case k < 1:
		return outOfRange("k", strconv.Itoa(k), "there must be at least one cluster")
	case k > s.n:
		return outOfRange("k", strconv.Itoa(k), "there are only "+strconv.Itoa(s.n)+" rows")
	}
	if n := s.distinct(k); n < k {
		return outOfRange("k", strconv.Itoa(k), "there are only "+strconv.Itoa(n)+" distinct rows")
	}
	return nil
}

func kmeansOptions(opts *KMeansOptions, k, cols int) (KMeansOptions, error) {
	var o KMeansOptions
	if opts != nil {
		o = *opts
	}
	var faults []error
	if o.Source == nil && o.Start == nil {
		faults = append(faults, missing("Source", "give a source of randomness, or start centres"))
	}
	if o.Start != nil {
		faults = append(faults, checkStart(o.Start, k, cols))
		o.Restarts = 1
	}
	var err error
	o.Restarts, err = countOption("Restarts", o.Restarts, 10)
	faults = append(faults, err)
	o.MaxIterations, err = countOption("MaxIterations", o.MaxIterations, 300)
	faults = append(faults, err)
	if !(o.Tolerance >= 0 && finite(o.Tolerance)) {
		faults = append(faults, outOfRange("Tolerance", number(o.Tolerance), "it must be 0 or above"))
	}
	o.Workers, err = workersOf(o.Workers)
	faults = append(faults, err, checkTransform(o.Transform, cols), checkFeatures(o.Features, cols))
	return o, errors.Join(faults...)
}

// maxCount bounds iterations and restarts: the padding of distances grows with
// the former, and nobody waits for the latter.
const maxCount = 1_000_000

func countOption(field string, n, byDefault int) (int, error) {
	if n < 0 || n > maxCount {
		return 0, outOfRange(field, strconv.Itoa(n), "it must be between 1 and "+strconv.Itoa(maxCount))
	}
	return cmp.Or(n, byDefault), nil
}

func checkStart(start [][]float64, k, cols int) error {
	if len(start) != k {
		return mismatch("Start", strconv.Itoa(len(start)), "there are "+strconv.Itoa(k)+" clusters")
	}
	for i, c := range start {
		if len(c) != cols {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrMismatch, Field: "Start", Row: i + 1, Value: strconv.Itoa(len(c)),
				Reason: "there are " + strconv.Itoa(cols) + " columns",
			}
		}
		for _, v := range c {
			if !(math.Abs(v) <= MaxAbs) {
				return &keyaccount.InputError{
					Kind: keyaccount.ErrOutOfRange, Field: "Start", Row: i + 1, Value: number(v), Reason: "a centre needs finite values",
				}
			}
		}
	}
	return nil
}

// kmeans fits with checked options.
func (s *space) kmeans(k int, o *KMeansOptions) *KMeansFit {
	l := newLloyd(s, k, o.Workers, o.MaxIterations)
	best := &KMeansFit{Inertia: math.Inf(1)}
	for range o.Restarts {
		var start []float64
		if o.Start != nil {
			start = slices.Concat(o.Start...)
			for i, v := range start {
				start[i] = flushed(v)
			}
		} else {
			start = s.plusPlus(o.Source, k, o.Workers)
		}
		iterations, status := l.run(start, o.MaxIterations, o.Tolerance)
		within := l.within()
		inertia := sum(within)
		if inertia >= best.Inertia {
			continue
		}
		best = l.fit(o, within)
		best.Inertia, best.Iterations, best.Status = inertia, iterations, status
	}
	best.Inertia = sum(best.Within) // in the order in which they now stand
	return best
}

// fit takes the state of a run out, numbered by size unless it began from a
// given start.
func (l *lloyd) fit(o *KMeansOptions, within []float64) *KMeansFit {
	d := l.d
	order := make([]int, l.k)
	for a := range order {
		order[a] = a
	}
	if o.Start == nil {
		slices.SortStableFunc(order, func(a, b int) int {
			return cmp.Or(cmp.Compare(l.sizes[b], l.sizes[a]), slices.Compare(l.centres[a*d:a*d+d], l.centres[b*d:b*d+d]))
		})
	}
	number := make([]int, l.k)
	centres := make([]float64, 0, l.k*d)
	f := &KMeansFit{Labels: make([]int, l.n), Sizes: make([]int, l.k), Within: make([]float64, l.k)}
	for to, a := range order {
		number[a] = to
		centres = append(centres, l.centres[a*d:a*d+d]...)
		f.Sizes[to], f.Within[to] = l.sizes[a], within[a]
	}
	for i, a := range l.labels {
		f.Labels[i] = number[a]
	}
	f.Model = newModel(centres, d, o.Transform, o.Features)
	return f
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}
