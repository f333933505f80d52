package cluster

import (
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// Metric is a way to measure distances between rows.
type Metric int

const (
	// Euclidean is the root of the sum of squared differences.
	Euclidean Metric = iota
	// Manhattan is the sum of absolute differences: a single wild feature
	// weighs less.
	Manhattan
)

// MaxPairwise is the largest number of rows of a [Dissimilarities]: 10,000
// rows take 400 MB.
const MaxPairwise = 10_000

// Dissimilarities holds how unlike any two of N rows are. It is made by
// [Distances] or [NewDissimilarities].
type Dissimilarities struct {
	n int
	// lower triangle, row after row, without the diagonal
	data []float64
}

// Len is the number of rows.
func (d *Dissimilarities) Len() int { return d.n }

// At is the dissimilarity of rows i and j, counted from 0.
func (d *Dissimilarities) At(i, j int) float64 {
	switch {
	case i == j:
		return 0
	case i < j:
		i, j = j, i
	}
	return d.data[i*(i-1)/2+j]
}

// row copies the dissimilarities of row i to all rows into dst.
func (d *Dissimilarities) row(dst []float64, i int) {
	copy(dst, d.data[i*(i-1)/2:i*(i+1)/2])
	dst[i] = 0
	for j := i + 1; j < d.n; j++ {
		dst[j] = d.data[j*(j-1)/2+i]
	}
}

// Distances measures all pairs of rows of x, which are up to [MaxPairwise].
// Transform them first where their columns have different units.
func Distances(x Matrix, metric Metric) (*Dissimilarities, error) {
	s, err := newSpace(x, nil)
	if err != nil {
		return nil, err
	}
	if metric != Euclidean && metric != Manhattan {
		return nil, outOfRange("metric", strconv.Itoa(int(metric)), "there is no such metric")
	}
	if s.n > MaxPairwise {
		return nil, tooManyPairs(s.n)
	}
	d := &Dissimilarities{n: s.n, data: make([]float64, 0, s.n*(s.n-1)/2)}
	for i := range s.n {
		for j := range i {
			if metric == Manhattan {
				d.data = append(d.data, manhattan(s.row(i), s.row(j)))
			} else {
				d.data = append(d.data, math.Sqrt(sqDist(s.row(i), s.row(j))))
			}
		}
	}
	return d, nil
}

func manhattan(a, b []float64) (s float64) {
	for j, v := range a {
		s += math.Abs(v - b[j])
	}
	return s
}

func tooManyPairs(n int) error {
	return outOfRange("Rows", strconv.Itoa(n), "all pairs of more than "+strconv.Itoa(MaxPairwise)+" rows take too much memory; use FitKMeans")
}

// NewDissimilarities copies a square table of dissimilarities, of whatever
// kind: they need not obey the triangle inequality. It refuses a table that is
// not square or not symmetric, a diagonal that is not zero, and entries that
// are negative, NaN, infinite or beyond [MaxAbs].
func NewDissimilarities(square [][]float64) (*Dissimilarities, error) {
	n := len(square)
	if n == 0 {
		return nil, missing("square", "there are no rows")
	}
	if n > MaxPairwise {
		return nil, tooManyPairs(n)
	}
	d := &Dissimilarities{n: n, data: make([]float64, 0, n*(n-1)/2)}
	for i, row := range square {
		fault := func(kind error, v float64, reason string) error {
			return &keyaccount.InputError{Kind: kind, Field: "square", Row: i + 1, Value: number(v), Reason: reason}
		}
		if len(row) != n {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrMismatch, Field: "square", Row: i + 1, Value: strconv.Itoa(len(row)),
				Reason: "there are " + strconv.Itoa(n) + " rows, so there must be as many columns",
			}
		}
		for j, v := range row[:i+1] {
			switch {
			case !(v >= 0 && v <= MaxAbs):
				return nil, fault(keyaccount.ErrOutOfRange, v, "a dissimilarity is a number from 0 to 1e100")
			case i == j && v != 0:
				return nil, fault(keyaccount.ErrOutOfRange, v, "a row is not unlike itself: the diagonal must be 0")
			case v != square[j][i]:
				return nil, fault(keyaccount.ErrMismatch, v, "column "+strconv.Itoa(j+1)+" is not the same the other way round")
			case i != j:
				d.data = append(d.data, v)
			}
		}
	}
	return d, nil
}

// distinct counts rows that are unlike all rows counted before.
func (d *Dissimilarities) distinct(limit int) int {
	var found []int
rows:
	for i := 0; i < d.n && len(found) < limit; i++ {
		for _, j := range found {
			if d.At(i, j) == 0 {
				continue rows
			}
		}
		found = append(found, i)
	}
	return len(found)
}
