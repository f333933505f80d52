package cluster

import (
	"encoding/json"
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

// StepKind is what a [Step] does to a value x.
type StepKind string

// The kinds of steps.
const (
	// Standardise is (x - mean) / sd, with the sd of the population (divisor
	// n). A constant column becomes 0, and stays measured in its own unit.
	Standardise StepKind = "standardise"
	// Log1p is ln(1 + x), for x above -1: revenue, counts.
	Log1p StepKind = "log1p"
	// SignedLog is sign(x) ln(1 + |x|), for figures that can be negative, such
	// as revenue net of returns.
	SignedLog StepKind = "signed_log"
	// Winsorise pulls x in to the quantiles Low and High of the fitted column
	// (type 7 of Hyndman and Fan), so that a few giants do not make clusters
	// of their own.
	Winsorise StepKind = "winsorise"
)

// Step is a wish: what [FitTransform] should do with some columns.
type Step struct {
	Kind StepKind `json:"kind"`
	// Columns are positions counted from 0. Defaults to all columns.
	Columns []int `json:"columns,omitempty"`
	// Low and High are the quantiles of Winsorise, 0 <= Low < High <= 1.
	// Where both are 0 they default to 0.01 and 0.99.
	Low  float64 `json:"low,omitempty"`
	High float64 `json:"high,omitempty"`
}

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

func (s *Step) check(row, cols int) ([]int, error) {
	fault := func(field, value, reason string) error {
		return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Row: row, Value: value, Reason: reason}
	}
	if !s.Kind.known() {
		return nil, fault("Kind", string(s.Kind), "there is no such step")
	}
	if s.Kind == Winsorise {
		if s.Low == 0 && s.High == 0 {
			s.Low, s.High = 0.01, 0.99
		}
		if !(s.Low >= 0 && s.Low < s.High && s.High <= 1) {
			return nil, fault("Low", number(s.Low), "the quantiles must be 0 <= Low < High <= 1")
		}
	}
	if s.Columns == nil {
		all := make([]int, cols)
		for j := range all {
			all[j] = j
		}
		return all, nil
	}
	seen := make(map[int]bool, len(s.Columns))
	for _, j := range s.Columns {
		if j < 0 || j >= cols {
			return nil, fault("Columns", strconv.Itoa(j), "the columns are 0 to "+strconv.Itoa(cols-1))
		}
		if seen[j] {
			return nil, fault("Columns", strconv.Itoa(j), "the column stands twice in this step")
		}
		seen[j] = true
	}
	return s.Columns, nil
}

// fit learns the figures of column j from its values, which it may not keep.
func (s *Step) fit(j int, values []float64) FittedColumn {
	c := FittedColumn{Column: j}
	switch s.Kind {
	case Standardise:
		c.Mean, c.Scale = meanAndSD(values)
		if c.Scale == 0 {
			c.Scale = 1
		}
	case Winsorise:
		sorted := slices.Clone(values)
		slices.Sort(sorted)
		c.Lower, c.Upper = quantile7(sorted, s.Low), quantile7(sorted, s.High)
	default: // the others have no figures
	}
	return c
}

// meanAndSD returns the mean and the population standard deviation. Equal
// values have exactly themselves and 0, whatever their sum rounds to.
func meanAndSD(values []float64) (mean, sd float64) {
	if slices.Min(values) == slices.Max(values) {
		return values[0], 0
	}
	n := float64(len(values))
	for _, v := range values {
		mean += v
	}
	mean /= n
	var squares, rest float64
	for _, v := range values {
		d := v - mean
		squares += float64(d * d)
		rest += d
	}
	// The second term corrects for the rounding of the mean.
	return mean, math.Sqrt(max(0, (squares-rest*rest/n)/n))
}

// quantile7 interpolates linearly at the position 1 + (n-1)p.
func quantile7(sorted []float64, p float64) float64 {
	h := float64(len(sorted)-1) * p
	i := int(h)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	lo, hi := sorted[i], sorted[i+1]
	return min(lo+(h-float64(i))*(hi-lo), hi)
}

func (k StepKind) known() bool {
	switch k {
	case Standardise, Log1p, SignedLog, Winsorise:
		return true
	}
	return false
}

// apply is the one place where a value is transformed, fitted or new. It
// reports false outside the step's domain.
func (k StepKind) apply(v float64, c *FittedColumn) (float64, bool) {
	switch k {
	case Standardise:
		v = (v - c.Mean) / c.Scale
	case Log1p:
		if v <= -1 {
			return 0, false
		}
		v = math.Log1p(v)
	case SignedLog:
		v = math.Copysign(math.Log1p(math.Abs(v)), v)
	case Winsorise:
		v = min(max(v, c.Lower), c.Upper)
	}
	return v, math.Abs(v) <= MaxAbs
}

func badStep(kind StepKind, row, col int, v float64) error {
	reason := "is too far out to " + string(kind)
	if kind == Log1p {
		reason = "must be above -1 for log1p; signed_log takes negative figures"
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Data", Row: row, Value: number(v),
		Reason: "column " + strconv.Itoa(col+1) + " " + reason,
	}
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
	if err := checkSaved(t.Schema, TransformSchema, t.Version, TransformVersion); err != nil {
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
	err := decode(data, "Transform", TransformSchema, TransformVersion, &in)
	if err != nil {
		return err
	}
	if err := (*Transform)(&in).Validate(); err != nil {
		return err
	}
	*t = Transform(in)
	return nil
}

// decode looks at the version first: the rest of an unknown one may not even
// parse.
func decode(data []byte, field, schema string, version int, into any) error {
	malformed := func(err error) error {
		return &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: field, Reason: err.Error()}
	}
	var head struct {
		Schema  string `json:"schema"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return malformed(err)
	}
	if err := checkSaved(head.Schema, schema, head.Version, version); err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		if in, ok := asInputError(err); ok {
			return in
		}
		return malformed(err)
	}
	return nil
}
