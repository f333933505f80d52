package cluster

import (
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// The schema and version that a [Model] carries; no other is read.
const (
	ModelSchema  = "keyaccount/segment/cluster.Model"
	ModelVersion = 1
)

// Model is a set of centres: a plain value that can be kept as JSON and asked
// again later with [Model.Assign], so that an account changes its cluster
// because the account did. It is safe for concurrent use while nobody writes
// to it.
type Model struct {
	// Schema and Version are ModelSchema and ModelVersion.
	Schema  string `json:"schema"`
	Version int    `json:"version"`
	// Features name the columns; empty when they have no names.
	Features []Feature `json:"features,omitempty"`
	// Transform is applied to a row before its distances are measured; nil
	// means that rows are taken as they are.
	Transform *Transform `json:"transform,omitempty"`
	// Centres has a row for every cluster, in the transformed units.
	Centres [][]float64 `json:"centres"`
	// Names are what people call the clusters, such as [Profiles.Names] gives;
	// empty when they have none.
	Names []keyaccount.Text `json:"names,omitempty"`
}

func newModel(centres []float64, d int, t *Transform, fs []Feature) Model {
	m := Model{Schema: ModelSchema, Version: ModelVersion, Features: fs, Transform: t}
	for at := 0; at < len(centres); at += d {
		m.Centres = append(m.Centres, centres[at:at+d:at+d])
	}
	return m
}

// Assignment is a row's place among the centres of a [Model].
type Assignment struct {
	// Cluster is the nearest centre, counted from 0; of equally near ones that
	// whose coordinates come first in lexicographic order.
	Cluster int `json:"cluster"`
	// Distance is Euclidean, in the transformed units.
	Distance float64 `json:"distance"`
	// Next is the second nearest centre, -1 where there is only one.
	Next         int     `json:"next"`
	NextDistance float64 `json:"next_distance"`
}

// stackCols is how many columns an assignment transforms without allocating.
const stackCols = 32

// Assign finds the centre that is nearest to a row, whose values are those
// before the transform. It refuses a row of another length
// ([keyaccount.ErrMismatch]), one with NaN, infinite or huge values, and one
// outside the domain of the transform ([keyaccount.ErrOutOfRange]). It does
// not allocate for rows of up to 32 columns. The Model must be valid.
func (m *Model) Assign(row []float64) (Assignment, error) {
	var buf [stackCols]float64
	z, err := m.transformed(buf[:0], row)
	if err != nil {
		return Assignment{}, err
	}
	return m.nearest(z), nil
}

// transformed appends the row as distances are measured in.
func (m *Model) transformed(buf, row []float64) ([]float64, error) {
	if len(m.Centres) == 0 {
		return nil, missing("Centres", "a model without centres cannot assign")
	}
	if d := len(m.Centres[0]); len(row) != d {
		return nil, mismatch("row", strconv.Itoa(len(row)), "the centres have "+strconv.Itoa(d)+" columns")
	}
	if cap(buf) < len(row) {
		buf = make([]float64, len(row))
	}
	buf = buf[:len(row)]
	if m.Transform != nil {
		return buf, m.Transform.ApplyRow(buf, row)
	}
	for j, v := range row {
		if !(math.Abs(v) <= MaxAbs) {
			return nil, badValue(0, j, v)
		}
		buf[j] = flushed(v)
	}
	return buf, nil
}

func (m *Model) nearest(z []float64) Assignment {
	best, second := math.Inf(1), math.Inf(1)
	at, next := 0, -1
	for c, centre := range m.Centres {
		d2 := sqDist(z, centre)
		switch {
		case d2 < best || d2 == best && slices.Compare(centre, m.Centres[at]) < 0:
			if c > 0 {
				second, next = best, at
			}
			best, at = d2, c
		case next < 0 || d2 < second:
			second, next = d2, c
		}
	}
	a := Assignment{Cluster: at, Distance: math.Sqrt(best), Next: next}
	if next >= 0 {
		a.NextDistance = math.Sqrt(second)
	}
	return a
}

// AssignAll returns the cluster of every row of x. Workers defaults to
// GOMAXPROCS where it is 0, and does not alter the result.
func (m *Model) AssignAll(x Matrix, workers int) ([]int, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if d := len(m.Centres[0]); x.Cols != d {
		return nil, mismatch("Cols", strconv.Itoa(x.Cols), "the centres have "+strconv.Itoa(d)+" columns")
	}
	workers, err := workersOf(workers)
	if err != nil {
		return nil, err
	}
	s, err := newSpace(x, m.Transform)
	if err != nil {
		return nil, err
	}
	labels := make([]int, s.n)
	s.chunks(workers, minChunk, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			labels[i] = m.nearest(s.row(i)).Cluster
		}
	})
	return labels, nil
}

// Contribution is one feature's part in a figure that is a sum over features.
type Contribution struct {
	Feature string  `json:"feature"`
	Value   float64 `json:"value"`
}

// Explanation says why a row is in its cluster and not in the next one.
type Explanation struct {
	Assignment
	// Lead is NextDistance² - Distance², the sum of Contributions; 0 where
	// there is no next centre.
	Lead float64 `json:"lead"`
	// Contributions, in the order of the columns, are positive where the
	// feature speaks for the cluster and negative where it speaks for the next
	// one: (z - next)² - (z - centre)².
	Contributions []Contribution `json:"contributions"`
}

// Explain is [Model.Assign] with each feature's part in the decision.
func (m *Model) Explain(row []float64) (*Explanation, error) {
	z, err := m.transformed(nil, row)
	if err != nil {
		return nil, err
	}
	e := &Explanation{Assignment: m.nearest(z)}
	if e.Next < 0 {
		return e, nil
	}
	centre, next := m.Centres[e.Cluster], m.Centres[e.Next]
	for j, v := range z {
		near, far := v-centre[j], v-next[j]
		// Factored, so that a small difference of large squares keeps its digits.
		c := (far - near) * (far + near)
		e.Contributions = append(e.Contributions, Contribution{Feature: featureName(m.Features, j), Value: c})
		e.Lead += c
	}
	return e, nil
}

// Renumber returns a copy of m whose clusters have the numbers that match
// gives them, so that "cluster 3" stays "cluster 3". It refuses a match that
// is not one to one over the same number of clusters
// ([keyaccount.ErrMismatch]).
func (m *Model) Renumber(match *Matching) (*Model, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if match == nil {
		return nil, missing("match", "there is no matching")
	}
	k := len(m.Centres)
	out := *m
	out.Centres = make([][]float64, k)
	out.Names = make([]keyaccount.Text, len(m.Names))
	for c, number := range match.To {
		if len(match.To) != k || number < 0 || number >= k || out.Centres[number] != nil {
			return nil, mismatch("match", "", "the clusters before and after do not match one to one")
		}
		out.Centres[number] = m.Centres[c]
		if len(m.Names) > 0 {
			out.Names[number] = m.Names[c]
		}
	}
	if len(match.To) != k {
		return nil, mismatch("match", "", "the clusters before and after do not match one to one")
	}
	return &out, nil
}

// Validate reports the first thing that makes m no model, as a
// [*keyaccount.InputError]. For one that was put together by hand or
// elsewhere.
func (m *Model) Validate() error {
	if err := modelForm.Check(m.Schema, m.Version); err != nil {
		return err
	}
	if len(m.Centres) == 0 || len(m.Centres[0]) == 0 {
		return missing("Centres", "there are no centres")
	}
	d := len(m.Centres[0])
	for i, c := range m.Centres {
		if len(c) != d {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrMismatch, Field: "Centres", Row: i + 1, Value: strconv.Itoa(len(c)),
				Reason: "the centres before have " + strconv.Itoa(d) + " columns",
			}
		}
		for j, v := range c {
			if !(math.Abs(v) <= MaxAbs) {
				return badValue(i+1, j, v)
			}
		}
	}
	if err := checkFeatures(m.Features, d); err != nil {
		return err
	}
	if n := len(m.Names); n != 0 && n != len(m.Centres) {
		return mismatch("Names", strconv.Itoa(n), "there are "+strconv.Itoa(len(m.Centres))+" clusters")
	}
	return checkTransform(m.Transform, d)
}

func checkTransform(t *Transform, d int) error {
	if t == nil {
		return nil
	}
	if err := t.Validate(); err != nil {
		return err
	}
	if t.Cols != d {
		return mismatch("Transform", strconv.Itoa(t.Cols), "there are "+strconv.Itoa(d)+" columns")
	}
	return nil
}

// UnmarshalJSON reads a Model and refuses one of another schema or version
// ([keyaccount.ErrVersion]) or one that does not [Model.Validate].
func (m *Model) UnmarshalJSON(data []byte) error {
	type plain Model
	var in plain
	if err := modelForm.ReadJSON(data, "Model", &in); err != nil {
		return err
	}
	if err := (*Model)(&in).Validate(); err != nil {
		return err
	}
	*m = Model(in)
	return nil
}
