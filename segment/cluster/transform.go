package cluster

import (
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// The schema and version that a [Transform] carries; no other is read.
const (
	TransformSchema  = "keyaccount/segment/cluster.Transform"
	TransformVersion = 1
)

// Transform is what [FitTransform] found: a plain value that treats a new row
// exactly as it treated the fitted ones. It is safe for concurrent use while
// nobody writes to it.
type Transform struct {
	// Schema and Version are TransformSchema and TransformVersion.
	Schema  string `json:"schema"`
	Version int    `json:"version"`
	// Cols is how many columns a row has.
	Cols int `json:"cols"`
	// Steps are applied one after another.
	Steps []FittedStep `json:"steps"`
}

// FittedStep is a [Step] with its figures.
type FittedStep struct {
	Kind    StepKind       `json:"kind"`
	Columns []FittedColumn `json:"columns"`
}

// FittedColumn holds the figures of one column.
type FittedColumn struct {
	// Column is a position counted from 0.
	Column int `json:"column"`
	// Lower and Upper are the bounds of Winsorise.
	Lower float64 `json:"lower,omitempty"`
	Upper float64 `json:"upper,omitempty"`
	// Mean and Scale are those of Standardise; Scale is above 0.
	Mean  float64 `json:"mean,omitempty"`
	Scale float64 `json:"scale,omitempty"`
}

// FitTransform learns the steps from the rows of x, each from what the steps
// before it left. It refuses what [Matrix.Validate] refuses, a column that
// does not exist or stands twice in a step, quantiles outside their domain,
// and a value of -1 or less under [Log1p].
func FitTransform(x Matrix, steps ...Step) (*Transform, error) {
	s, err := newSpace(x, nil)
	if err != nil {
		return nil, err
	}
	t := &Transform{Schema: TransformSchema, Version: TransformVersion, Cols: s.d, Steps: make([]FittedStep, 0, len(steps))}
	column := make([]float64, s.n)
	data := slices.Clone(s.x)
	for i, step := range steps {
		columns, err := step.check(i+1, s.d)
		if err != nil {
			return nil, err
		}
		fitted := FittedStep{Kind: step.Kind, Columns: make([]FittedColumn, 0, len(columns))}
		for _, j := range columns {
			for r := range column {
				column[r] = data[r*s.d+j]
			}
			c := step.fit(j, column)
			for r := range column {
				v, ok := step.Kind.apply(column[r], &c)
				if !ok {
					return nil, badStep(step.Kind, r+1, j, column[r])
				}
				data[r*s.d+j] = flushed(v)
			}
			fitted.Columns = append(fitted.Columns, c)
		}
		t.Steps = append(t.Steps, fitted)
	}
	return t, nil
}

// Apply transforms every row of x into a new Matrix.
func (t *Transform) Apply(x Matrix) (Matrix, error) {
	if err := x.checkShape(); err != nil {
		return Matrix{}, err
	}
	if err := t.Validate(); err != nil {
		return Matrix{}, err
	}
	out := Matrix{Rows: x.Rows, Cols: x.Cols, Data: make([]float64, len(x.Data))}
	for i := range x.Rows {
		if err := t.apply(out.Row(i), x.Row(i), i+1); err != nil {
			return Matrix{}, err
		}
	}
	return out, nil
}

// ApplyRow transforms one row into dst, which must have as many places. It
// does not allocate.
func (t *Transform) ApplyRow(dst, row []float64) error {
	if len(dst) != t.Cols {
		return mismatch("dst", strconv.Itoa(len(dst)), "the transform has "+strconv.Itoa(t.Cols)+" columns")
	}
	return t.apply(dst, row, 0)
}

func (t *Transform) apply(dst, row []float64, at int) error {
	if len(row) != t.Cols {
		return mismatch("row", strconv.Itoa(len(row)), "the transform has "+strconv.Itoa(t.Cols)+" columns")
	}
	for j, v := range row {
		if !(math.Abs(v) <= MaxAbs) {
			return badValue(at, j, v)
		}
		dst[j] = flushed(v)
	}
	for i := range t.Steps {
		step := &t.Steps[i]
		for c := range step.Columns {
			col := &step.Columns[c]
			v, ok := step.Kind.apply(dst[col.Column], col)
			if !ok {
				return badStep(step.Kind, at, col.Column, dst[col.Column])
			}
			dst[col.Column] = flushed(v)
		}
	}
	return nil
}

// Validate reports the first thing that makes t no result of [FitTransform].
func (t *Transform) Validate() error {
	if err := transformForm.Check(t.Schema, t.Version); err != nil {
		return err
	}
	if t.Cols < 1 {
		return outOfRange("Cols", strconv.Itoa(t.Cols), "there must be a column")
	}
	for i := range t.Steps {
		step := &t.Steps[i]
		fault := func(field, value, reason string) error {
			return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Row: i + 1, Value: value, Reason: reason}
		}
		if !step.Kind.known() {
			return fault("Kind", string(step.Kind), "there is no such step")
		}
		for _, c := range step.Columns {
			switch {
			case c.Column < 0 || c.Column >= t.Cols:
				return fault("Column", strconv.Itoa(c.Column), "the columns are 0 to "+strconv.Itoa(t.Cols-1))
			case step.Kind == Winsorise && !(c.Lower <= c.Upper && finite(c.Lower) && finite(c.Upper)):
				return fault("Lower", number(c.Lower), "it must not exceed Upper")
			case step.Kind == Standardise && !(c.Scale > 0 && finite(c.Scale) && finite(c.Mean)):
				return fault("Scale", number(c.Scale), "it must be above 0")
			}
		}
	}
	return nil
}

// UnmarshalJSON reads a Transform and refuses one of another schema or version
// ([keyaccount.ErrVersion]) or one that does not [Transform.Validate].
func (t *Transform) UnmarshalJSON(data []byte) error {
	type plain Transform
	var in plain
	err := transformForm.ReadJSON(data, "Transform", &in)
	if err != nil {
		return err
	}
	if err := (*Transform)(&in).Validate(); err != nil {
		return err
	}
	*t = Transform(in)
	return nil
}
