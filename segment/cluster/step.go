package cluster

import (
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
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
	return min(lo+float64((h-float64(i))*(hi-lo)), hi)
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
