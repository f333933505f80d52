package cluster

import (
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// MaxAbs is the largest magnitude of a value: squares of it, summed over any
// number of rows, stay finite.
const MaxAbs = 1e100

// minAbs is the smallest magnitude but zero. What is closer to zero counts as
// zero, so that the square of a difference is zero only for equal values.
const minAbs = 1e-100

// Matrix holds the features of the rows to be clustered, an account a row.
// Every function here reads it and none writes into it.
type Matrix struct {
	Rows int `json:"rows"`
	Cols int `json:"cols"`
	// Data has Rows*Cols values, row after row.
	Data []float64 `json:"data"`
}

// NewMatrix copies rows of equal length into a Matrix. It refuses none, empty
// or ragged ones, and what [Matrix.Validate] refuses.
func NewMatrix(rows [][]float64) (Matrix, error) {
	if len(rows) == 0 {
		return Matrix{}, missing("rows", "there are no rows")
	}
	m := Matrix{Rows: len(rows), Cols: len(rows[0])}
	m.Data = make([]float64, 0, m.Rows*m.Cols)
	for i, row := range rows {
		if len(row) != m.Cols {
			return Matrix{}, &keyaccount.InputError{
				Kind: keyaccount.ErrMismatch, Field: "rows", Row: i + 1, Value: strconv.Itoa(len(row)),
				Reason: "the rows before have " + strconv.Itoa(m.Cols) + " values",
			}
		}
		m.Data = append(m.Data, row...)
	}
	if err := m.Validate(); err != nil {
		return Matrix{}, err
	}
	return m, nil
}

// Row returns row i, counted from 0, as a slice of Data.
func (m Matrix) Row(i int) []float64 { return m.Data[i*m.Cols : (i+1)*m.Cols : (i+1)*m.Cols] }

// Validate reports the first thing that makes m no Matrix to work with: no
// rows or columns ([keyaccount.ErrMissing]), a shape that does not fit Data
// ([keyaccount.ErrMismatch]), or a value that is NaN, infinite or beyond
// [MaxAbs] ([keyaccount.ErrOutOfRange], with its row).
func (m Matrix) Validate() error {
	if err := m.checkShape(); err != nil {
		return err
	}
	_, err := m.checkValues()
	return err
}

func (m Matrix) checkShape() error {
	switch {
	case m.Rows < 1:
		return missing("Rows", "there are no rows")
	case m.Cols < 1:
		return missing("Cols", "there are no columns")
	case m.Rows > math.MaxInt32:
		return outOfRange("Rows", strconv.Itoa(m.Rows), "there can be at most "+strconv.Itoa(math.MaxInt32)+" rows")
	// A product of the two could overflow.
	case len(m.Data)/m.Cols != m.Rows || len(m.Data)%m.Cols != 0:
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "Data", Value: strconv.Itoa(len(m.Data)),
			Reason: "the number of values is not Rows times Cols",
		}
	}
	return nil
}

// checkValues also reports whether a value is so close to zero that it counts
// as zero.
func (m Matrix) checkValues() (flush bool, err error) {
	for i, v := range m.Data {
		a := math.Abs(v)
		if a < minAbs && a > 0 {
			flush = true
		}
		if !(a <= MaxAbs) { // NaN compares false
			return false, badValue(i/m.Cols+1, i%m.Cols, v)
		}
	}
	return flush, nil
}

func badValue(row, col int, v float64) error {
	reason := "is not a number"
	if !math.IsNaN(v) {
		reason = "is infinite or beyond the range of ±1e100"
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Data", Row: row, Value: number(v),
		Reason: "column " + strconv.Itoa(col+1) + " " + reason,
	}
}

// flushed returns v, or 0 where v is too close to it.
func flushed(v float64) float64 {
	if math.Abs(v) < minAbs {
		return 0
	}
	return v
}

// space is the matrix that distances are measured in: transformed, checked,
// never written to.
type space struct {
	x    []float64
	n, d int
}

// newSpace shares m.Data where it can be used as it is.
func newSpace(m Matrix, t *Transform) (*space, error) {
	if t != nil {
		var err error
		if m, err = t.Apply(m); err != nil {
			return nil, err
		}
		return &space{x: m.Data, n: m.Rows, d: m.Cols}, nil
	}
	if err := m.checkShape(); err != nil {
		return nil, err
	}
	flush, err := m.checkValues()
	if err != nil {
		return nil, err
	}
	s := &space{x: m.Data, n: m.Rows, d: m.Cols}
	if flush {
		s.x = make([]float64, len(m.Data))
		for i, v := range m.Data {
			s.x[i] = flushed(v)
		}
	}
	return s, nil
}

func (s *space) row(i int) []float64 { return s.x[i*s.d : (i+1)*s.d : (i+1)*s.d] }

// distinct counts the distinct rows, but not beyond limit.
func (s *space) distinct(limit int) int {
	found := 0
	seen := make(map[uint64][]int32, min(limit, s.n))
	for i := range s.n {
		row := s.row(i)
		h := hashRow(row)
		known := false
		for _, j := range seen[h] {
			if known = equalRows(row, s.row(int(j))); known {
				break
			}
		}
		if known {
			continue
		}
		if found++; found >= limit {
			break
		}
		seen[h] = append(seen[h], int32(i))
	}
	return found
}

func hashRow(row []float64) uint64 {
	h := uint64(14695981039346656037) // FNV-1a, a word at a time
	for _, v := range row {
		h = (h ^ math.Float64bits(v+0)) * 1099511628211 // -0 + 0 is 0
		h ^= h >> 29
	}
	return h
}

func equalRows(a, b []float64) bool {
	for j, v := range a {
		if v != b[j] {
			return false
		}
	}
	return true
}

// sqDist is the squared Euclidean distance. The conversion keeps the compiler
// from fusing the product into the sum, so that every platform gets the same
// bits.
func sqDist(a, b []float64) float64 {
	var s float64
	b = b[:len(a)]
	for j, v := range a {
		t := v - b[j]
		s += float64(t * t)
	}
	return s
}
