package cluster

import (
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// The schema and version that a [Mixture] carries; no other is read.
const (
	MixtureSchema  = "keyaccount/segment/cluster.Mixture"
	MixtureVersion = 1
)

// Mixture is a Gaussian mixture, with the density
//
//	p(z) = Σ Weight_c N(z; Mean_c, Covariance_c)
//
// of a transformed row z: a plain value that can be kept as JSON and asked
// again later. It is safe for concurrent use while nobody writes to it.
type Mixture struct {
	// Schema and Version are MixtureSchema and MixtureVersion.
	Schema  string `json:"schema"`
	Version int    `json:"version"`
	// Features name the columns; empty when they have no names.
	Features []Feature `json:"features,omitempty"`
	// Transform is applied to a row first; nil means that rows are taken as
	// they are.
	Transform  *Transform  `json:"transform,omitempty"`
	Covariance Covariance  `json:"covariance"`
	Components []Component `json:"components"`
	// Names are what people call the components; empty when they have none.
	Names []keyaccount.Text `json:"names,omitempty"`
}

// Component is one Gaussian of a [Mixture], in the transformed units.
type Component struct {
	// Weight is its share of the rows; the weights add up to 1.
	Weight float64   `json:"weight"`
	Mean   []float64 `json:"mean"`
	// Covariance is a symmetric matrix, positive definite, and zero outside
	// the diagonal unless the mixture is [Full].
	Covariance [][]float64 `json:"covariance"`
}

// Membership is a row's place in a [Mixture].
type Membership struct {
	// Cluster is the component with the greatest responsibility, counted from
	// 0; of equal ones the first.
	Cluster int `json:"cluster"`
	// Responsibilities are the probabilities that the row came from each
	// component, given the model. They add up to 1.
	Responsibilities []float64 `json:"responsibilities"`
	// LogDensity is ln p(z). A row with a far lower one than the fitted rows
	// have belongs nowhere.
	LogDensity float64 `json:"log_density"`
}

// Assign finds the responsibilities of a row, whose values are those before
// the transform. It refuses what [Model.Assign] refuses, and a row so far out
// that every density vanishes ([keyaccount.ErrOutOfRange]).
func (m *Mixture) Assign(row []float64) (*Membership, error) {
	gs, err := m.compile()
	if err != nil {
		return nil, err
	}
	d := len(m.Components[0].Mean)
	if len(row) != d {
		return nil, mismatch("row", strconv.Itoa(len(row)), "the components have "+strconv.Itoa(d)+" columns")
	}
	s, err := newSpace(Matrix{Rows: 1, Cols: d, Data: row}, m.Transform)
	if err != nil {
		return nil, err
	}
	r := make([]float64, len(gs))
	logDensity, ok := respond(gs, s.x, r, make([]float64, d))
	if !ok {
		return nil, tooFar(0)
	}
	return &Membership{Cluster: greatest(r), Responsibilities: r, LogDensity: logDensity}, nil
}

// AssignAll returns the component of every row of x. Workers defaults to
// GOMAXPROCS where it is 0, and does not alter the result.
func (m *Mixture) AssignAll(x Matrix, workers int) ([]int, error) {
	workers, err := workersOf(workers)
	if err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if d := len(m.Components[0].Mean); x.Cols != d {
		return nil, mismatch("Cols", strconv.Itoa(x.Cols), "the components have "+strconv.Itoa(d)+" columns")
	}
	s, err := newSpace(x, m.Transform)
	if err != nil {
		return nil, err
	}
	labels, _, err := m.assign(s, workers)
	return labels, err
}

// assign also returns the log-likelihood of the rows.
func (m *Mixture) assign(s *space, workers int) (labels []int, logLik float64, err error) {
	gs, err := m.compile()
	if err != nil {
		return nil, 0, err
	}
	labels = make([]int, s.n)
	parts, bad := make([]float64, chunkCount(s.n, emChunk)), make([]int, chunkCount(s.n, emChunk))
	s.chunks(workers, emChunk, func(c, lo, hi int) {
		r, diff := make([]float64, len(gs)), make([]float64, s.d)
		for i := lo; i < hi; i++ {
			l, ok := respond(gs, s.row(i), r, diff)
			if !ok {
				bad[c] = i + 1
				return
			}
			parts[c] += l
			labels[i] = greatest(r)
		}
	})
	for _, row := range bad {
		if row > 0 {
			return nil, 0, tooFar(row)
		}
	}
	return labels, sum(parts), nil
}

func tooFar(row int) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Data", Row: row, Reason: "the row is so far out that no component explains it",
	}
}

func respond(gs []gaussian, z, r, diff []float64) (float64, bool) {
	for c := range gs {
		r[c] = gs[c].log(z, diff)
	}
	return posterior(r)
}

// compile factors the covariances.
func (m *Mixture) compile() ([]gaussian, error) {
	if len(m.Components) == 0 || len(m.Components[0].Mean) == 0 {
		return nil, missing("Components", "there are no components")
	}
	gs := make([]gaussian, len(m.Components))
	for i := range m.Components {
		c := &m.Components[i]
		fault := func(field, reason string) error {
			return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Row: i + 1, Reason: reason}
		}
		d := len(m.Components[0].Mean)
		if len(c.Mean) != d || len(c.Covariance) != d {
			return nil, fault("Components", "every component needs "+strconv.Itoa(d)+" columns")
		}
		if !(c.Weight > 0 && c.Weight <= 1) {
			return nil, fault("Weight", "a weight lies above 0 and at most at 1")
		}
		var packed []float64
		for a, row := range c.Covariance {
			if len(row) != d {
				return nil, fault("Covariance", "it must be square")
			}
			if !(math.Abs(c.Mean[a]) <= MaxAbs) {
				return nil, fault("Mean", "a mean needs finite values")
			}
			for b, v := range row[:a] {
				if v != c.Covariance[b][a] || m.Covariance != Full && v != 0 {
					return nil, fault("Covariance", "it must be symmetric, and zero outside the diagonal unless full")
				}
			}
			if m.Covariance == Full {
				packed = append(packed, row[:a+1]...)
			} else {
				packed = append(packed, row[a])
			}
		}
		for _, v := range packed {
			if !finite(v) {
				return nil, fault("Covariance", "it needs finite values")
			}
		}
		var ok bool
		if gs[i], ok = newGaussian(c.Weight, c.Mean, packed, m.Covariance != Full, 0); !ok || !finite(gs[i].offset) {
			return nil, fault("Covariance", "it must be positive definite")
		}
		for _, v := range gs[i].white {
			if !finite(v) {
				return nil, fault("Covariance", "it must be positive definite")
			}
		}
	}
	return gs, nil
}

// Validate reports the first thing that makes m no mixture, as a
// [*keyaccount.InputError].
func (m *Mixture) Validate() error {
	if err := mixtureForm.Check(m.Schema, m.Version); err != nil {
		return err
	}
	if !m.Covariance.known() {
		return unknownCovariance(m.Covariance)
	}
	if _, err := m.compile(); err != nil {
		return err
	}
	total := 0.0
	for i := range m.Components {
		total += m.Components[i].Weight
	}
	if math.Abs(total-1) > 1e-9 {
		return outOfRange("Weight", number(total), "the weights must add up to 1")
	}
	d := len(m.Components[0].Mean)
	if err := checkFeatures(m.Features, d); err != nil {
		return err
	}
	if n := len(m.Names); n != 0 && n != len(m.Components) {
		return mismatch("Names", strconv.Itoa(n), "there are "+strconv.Itoa(len(m.Components))+" components")
	}
	return checkTransform(m.Transform, d)
}

// UnmarshalJSON reads a Mixture and refuses one of another schema or version
// ([keyaccount.ErrVersion]) or one that does not [Mixture.Validate].
func (m *Mixture) UnmarshalJSON(data []byte) error {
	type plain Mixture
	var in plain
	if err := mixtureForm.ReadJSON(data, "Mixture", &in); err != nil {
		return err
	}
	if err := (*Mixture)(&in).Validate(); err != nil {
		return err
	}
	*m = Mixture(in)
	return nil
}
