package segment

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
)

// ErrInconsistent is the kind of an [InconsistentError].
var ErrInconsistent = errors.New("segment: inconsistent judgements")

// InconsistentError tells that judgements contradict each other more than was
// allowed, and by which pair most.
type InconsistentError struct {
	// AHP is the result that was refused, the weights included.
	AHP *AHP
}

// Error reads like: segment: inconsistent judgements: ratio 0.21 is above 0.1;
// "revenue" : "fit" is judged 7, the other judgements imply 1.8.
func (e *InconsistentError) Error() string {
	p := e.AHP.Pairs[0]
	return ErrInconsistent.Error() + ": ratio " + shortFigure(e.AHP.ConsistencyRatio) + " is above " +
		shortFigure(e.AHP.MaxConsistencyRatio) + "; " + pairName(p.A, p.B) + " is judged " + shortFigure(p.Given) +
		", the other judgements imply " + shortFigure(p.Implied)
}

// Unwrap returns ErrInconsistent.
func (e *InconsistentError) Unwrap() error { return ErrInconsistent }

func shortFigure(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }

// PairDeviation is how one judgement stands to the others.
type PairDeviation struct {
	A string `json:"a"`
	B string `json:"b"`
	// Given is the judgement: how many times as important A is as B.
	Given float64 `json:"given"`
	// Implied is the judgement that would be consistent with the others: the
	// geometric mean, over the third criteria k, of a_Ak a_kB. With three
	// criteria it makes the matrix consistent.
	Implied float64 `json:"implied"`
	// Factor is the greater over the lesser of the two, 1 for full agreement.
	// The order by Factor is that of the residuals of the geometric-mean
	// weights. Of three criteria all three pairs have the same: which of them
	// is wrong, only a person can say.
	Factor float64 `json:"factor"`
}

// deviations lists all pairs, the greatest factor first; factors that agree to
// nine digits keep the order of the matrix.
func (p *Pairwise) deviations() []PairDeviation {
	n := len(p.Criteria)
	logs := make([][]float64, n)
	for i, row := range p.Matrix {
		logs[i] = make([]float64, n)
		for j, v := range row {
			logs[i][j] = math.Log(v)
		}
	}
	out := make([]PairDeviation, 0, n*(n-1)/2)
	for i := range n {
		for j := i + 1; j < n; j++ {
			sum := 0.0
			for k := range n {
				if k != i && k != j {
					sum += logs[i][k] + logs[k][j]
				}
			}
			implied := sum / float64(n-2)
			out = append(out, PairDeviation{
				A: p.Criteria[i], B: p.Criteria[j], Given: p.Matrix[i][j], Implied: math.Exp(implied),
				Factor: math.Exp(math.Abs(logs[i][j] - implied)),
			})
		}
	}
	key := func(d *PairDeviation) float64 { return math.Round(math.Log(d.Factor) * 1e9) }
	slices.SortStableFunc(out, func(a, b PairDeviation) int { return cmp.Compare(key(&b), key(&a)) })
	return out
}

// revised returns the matrix with the pair judged as the others imply.
func (p *Pairwise) revised(d PairDeviation) [][]float64 {
	i, j := slices.Index(p.Criteria, d.A), slices.Index(p.Criteria, d.B)
	out := make([][]float64, len(p.Matrix))
	for k, row := range p.Matrix {
		out[k] = slices.Clone(row)
	}
	out[i][j], out[j][i] = d.Implied, 1/d.Implied
	return out
}

// principal returns the principal right eigenvector, which for a positive
// matrix is positive (Perron), and its eigenvalue. Squaring the matrix k times
// is 2^k steps of the power method, so that contradictions of any size take
// few rounds; all numbers are positive, so that nothing cancels.
func principal(a [][]float64) (vector []float64, lambda float64) {
	n := len(a)
	x, y := make([]float64, n), make([]float64, n)
	power := a
	for range 64 {
		for i, row := range power {
			x[i] = 0
			for _, v := range row {
				x[i] += v
			}
		}
		// By Collatz and Wielandt the eigenvalue lies between these ratios.
		low, high := math.Inf(1), 0.0
		for i, row := range a {
			y[i] = 0
			for j, v := range row {
				y[i] += v * x[j]
			}
			low, high = min(low, y[i]/x[i]), max(high, y[i]/x[i])
		}
		lambda = low + (high-low)/2
		if high-low <= 1e-14*high {
			break
		}
		power = squared(power)
	}
	return x, lambda
}

// squared returns a matrix proportional to m times m, its greatest number 1.
func squared(m [][]float64) [][]float64 {
	n := len(m)
	out := make([][]float64, n)
	top := 0.0
	for i, row := range m {
		out[i] = make([]float64, n)
		for k, v := range row {
			for j, w := range m[k] {
				out[i][j] += v * w
			}
		}
		top = max(top, slices.Max(out[i]))
	}
	for _, row := range out {
		for j := range row {
			row[j] /= top
		}
	}
	return out
}
