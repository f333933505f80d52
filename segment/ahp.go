package segment

import (
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// The limits of a [Pairwise] matrix.
const (
	// MaxPairwise is the largest number of criteria.
	MaxPairwise = 100
	// MaxJudgement is the largest ratio between two criteria; Saaty's scale
	// ends at 9.
	MaxJudgement = 1e6
	// reciprocalSlack is how far a_ij a_ji may be from 1: more than the
	// rounding of 1/3, less than a typed 0.33.
	reciprocalSlack = 1e-9
)

// Judgement says that A is Ratio times as important as B: on Saaty's scale 1
// for equal, 3, 5, 7 and 9 for moderate to extreme; a fraction where B is the
// more important one.
type Judgement struct {
	A     string  `json:"a"`
	B     string  `json:"b"`
	Ratio float64 `json:"ratio"`
}

// Pairwise is a complete matrix of judgements.
type Pairwise struct {
	// Criteria are the names, in the order of the rows and of the columns.
	Criteria []string `json:"criteria"`
	// Matrix has in row i and column j how many times as important criterion i
	// is as j. It is reciprocal: a_ji = 1 / a_ij, a_ii = 1.
	Matrix [][]float64 `json:"matrix"`
}

// NewPairwise builds the matrix out of one judgement for every pair, in
// whatever order. A pair that nobody judged is refused by name
// ([keyaccount.ErrMissing]), and so is one judged twice
// ([keyaccount.ErrDuplicate]).
func NewPairwise(criteria []string, judgements []Judgement) (*Pairwise, error) {
	n := len(criteria)
	if err := checkPairwiseNames(criteria); err != nil {
		return nil, err
	}
	index := make(map[string]int, n)
	p := &Pairwise{Criteria: slices.Clone(criteria), Matrix: make([][]float64, n)}
	for i, name := range criteria {
		index[name] = i
		p.Matrix[i] = make([]float64, n)
		p.Matrix[i][i] = 1
	}
	for k, g := range judgements {
		row := k + 1
		i, okA := index[g.A]
		j, okB := index[g.B]
		switch {
		case !okA:
			return nil, criteriaFault(keyaccount.ErrMismatch, "A", row, g.A, "there is no such criterion")
		case !okB:
			return nil, criteriaFault(keyaccount.ErrMismatch, "B", row, g.B, "there is no such criterion")
		case i == j:
			return nil, criteriaFault(keyaccount.ErrMismatch, "B", row, g.B, "a criterion is not compared with itself")
		case p.Matrix[i][j] != 0:
			return nil, criteriaFault(keyaccount.ErrDuplicate, "B", row, g.B, "the pair "+pairName(g.A, g.B)+" is judged twice")
		case !ratioInRange(g.Ratio):
			return nil, criteriaFault(keyaccount.ErrOutOfRange, "Ratio", row, figure(g.Ratio), "a ratio lies between 1e-6 and 1e6")
		}
		p.Matrix[i][j], p.Matrix[j][i] = g.Ratio, 1/g.Ratio
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return p, nil
}

// ratioInRange leaves room for the rounding of a reciprocal.
func ratioInRange(v float64) bool {
	return v >= (1-reciprocalSlack)/MaxJudgement && v <= (1+reciprocalSlack)*MaxJudgement
}

func pairName(a, b string) string { return strconv.Quote(a) + " : " + strconv.Quote(b) }

func checkPairwiseNames(criteria []string) error {
	if len(criteria) == 0 {
		return criteriaFault(keyaccount.ErrMissing, "Criteria", 0, "", "there is no criterion to compare")
	}
	if len(criteria) > MaxPairwise {
		return criteriaFault(keyaccount.ErrOutOfRange, "Criteria", 0, strconv.Itoa(len(criteria)),
			"there can be at most "+strconv.Itoa(MaxPairwise)+" criteria")
	}
	seen := make(map[string]bool, len(criteria))
	for i, name := range criteria {
		switch {
		case name == "":
			return criteriaFault(keyaccount.ErrMissing, "Criteria", i+1, "", "a criterion needs a name")
		case seen[name]:
			return criteriaFault(keyaccount.ErrDuplicate, "Criteria", i+1, name, "the criterion stands twice")
		}
		seen[name] = true
	}
	return nil
}

// Validate names the first fault: a matrix that is not square or has another
// size than there are names ([keyaccount.ErrMismatch]), a judgement that is
// missing, which is 0 or NaN ([keyaccount.ErrMissing]), one that is not
// between 1e-6 and [MaxJudgement], a diagonal other than 1, or two that are not
// each other's reciprocal ([keyaccount.ErrOutOfRange]). The row of the error is
// that of the matrix.
func (p Pairwise) Validate() error {
	if err := checkPairwiseNames(p.Criteria); err != nil {
		return err
	}
	n := len(p.Criteria)
	if len(p.Matrix) != n {
		return criteriaFault(keyaccount.ErrMismatch, "Matrix", 0, strconv.Itoa(len(p.Matrix)),
			"there must be one row for each of the "+strconv.Itoa(n)+" criteria")
	}
	for i, row := range p.Matrix {
		if len(row) != n {
			return criteriaFault(keyaccount.ErrMismatch, "Matrix", i+1, strconv.Itoa(len(row)),
				"there must be one column for each of the "+strconv.Itoa(n)+" criteria")
		}
	}
	for i, row := range p.Matrix {
		for j, v := range row {
			kind, reason := error(nil), ""
			switch pair := pairName(p.Criteria[i], p.Criteria[j]); {
			case math.IsNaN(v), v == 0:
				return criteriaFault(keyaccount.ErrMissing, "Matrix", i+1, "", "the pair "+pair+" is not judged")
			case !ratioInRange(v):
				kind, reason = keyaccount.ErrOutOfRange, "the ratio "+pair+" must lie between 1e-6 and 1e6"
			case i == j && v != 1:
				kind, reason = keyaccount.ErrOutOfRange, pair+": a criterion is as important as itself, which is 1"
			case i > j && math.Abs(v*p.Matrix[j][i]-1) > reciprocalSlack:
				kind, reason = keyaccount.ErrOutOfRange, "the ratio "+pair+" must be 1/"+figure(p.Matrix[j][i])+", the reciprocal of the other way round"
			}
			if kind != nil {
				return criteriaFault(kind, "Matrix", i+1, figure(v), reason)
			}
		}
	}
	return nil
}

// AHPOptions sets up [WeighAHP].
type AHPOptions struct {
	// Method is WeightsEigenvector or WeightsGeometricMean. Defaults to
	// WeightsEigenvector.
	Method WeightMethod
	// MaxConsistencyRatio is the ratio above which judgements are refused.
	// Defaults to 0.10, after Saaty (1980).
	MaxConsistencyRatio float64
	// RandomIndex is the mean consistency index of random matrices of this
	// size. Defaults to Saaty's (1980) table: for 1 to 15 criteria 0, 0, 0.58,
	// 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59.
	// It must be given beyond 15.
	RandomIndex float64
}

// saatyRandomIndex: Saaty, The Analytic Hierarchy Process (1980), p. 21.
var saatyRandomIndex = [...]float64{0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59}

// AHP is what [WeighAHP] found in a matrix of judgements.
type AHP struct {
	Weights
	// LambdaMax is the principal eigenvalue, whatever the method: n for
	// consistent judgements, else more.
	LambdaMax float64 `json:"lambda_max"`
	// ConsistencyIndex is (LambdaMax - n) / (n - 1), RandomIndex that of random
	// matrices, ConsistencyRatio the former over the latter; 0 for up to two
	// criteria, which cannot contradict each other.
	ConsistencyIndex float64 `json:"consistency_index"`
	RandomIndex      float64 `json:"random_index"`
	ConsistencyRatio float64 `json:"consistency_ratio"`
	// MaxConsistencyRatio is the option used.
	MaxConsistencyRatio float64 `json:"max_consistency_ratio"`
	// Pairs are all pairs, the one that contradicts the others most first;
	// empty for up to two criteria.
	Pairs []PairDeviation `json:"pairs,omitempty"`
	// RatioAfter is the ConsistencyRatio once the first of Pairs is judged as
	// the others imply.
	RatioAfter float64 `json:"ratio_after"`
}

// WeighAHP turns pairwise judgements into weights by the analytic hierarchy
// process, and says how consistent they are and which pair to look at first.
// A nil opts means the defaults.
//
// Refused are a matrix that does not [Pairwise.Validate], options outside their
// domain, and, as an [*InconsistentError] that carries the result, judgements
// whose consistency ratio is above the limit.
//
// Sources: Saaty, The Analytic Hierarchy Process (1980); Crawford and Williams,
// A note on the analysis of subjective judgment matrices, Journal of
// Mathematical Psychology 29 (1985) 387-405.
func WeighAHP(judged Pairwise, opts *AHPOptions) (*AHP, error) {
	if err := judged.Validate(); err != nil {
		return nil, err
	}
	n := len(judged.Criteria)
	o, err := ahpOptions(opts, n)
	if err != nil {
		return nil, err
	}
	vector, lambda := principal(judged.Matrix)
	out := &AHP{LambdaMax: lambda, RandomIndex: o.RandomIndex, MaxConsistencyRatio: o.MaxConsistencyRatio}
	out.Method = o.Method
	if o.Method == WeightsGeometricMean {
		vector = rowMeans(judged.Matrix)
	}
	for i, w := range shareOut(vector) {
		out.Weights.Weights = append(out.Weights.Weights, CriterionWeight{Criterion: judged.Criteria[i], Weight: w})
	}
	if n < 3 {
		out.LambdaMax, out.RandomIndex = float64(n), 0 // exactly, whatever the rounding
		return out, nil
	}
	out.ConsistencyIndex = consistencyIndex(lambda, n)
	out.ConsistencyRatio = out.ConsistencyIndex / out.RandomIndex
	out.Pairs = judged.deviations()
	_, after := principal(judged.revised(out.Pairs[0]))
	out.RatioAfter = consistencyIndex(after, n) / out.RandomIndex
	if out.ConsistencyRatio > out.MaxConsistencyRatio {
		return nil, &InconsistentError{AHP: out}
	}
	return out, nil
}

func ahpOptions(opts *AHPOptions, n int) (AHPOptions, error) {
	o := AHPOptions{}
	if opts != nil {
		o = *opts
	}
	var faults []error
	switch o.Method {
	case "":
		o.Method = WeightsEigenvector
	case WeightsEigenvector, WeightsGeometricMean:
	default:
		faults = append(faults, criteriaFault(keyaccount.ErrOutOfRange, "Method", 0, string(o.Method),
			"judgements are weighed by ahp_eigenvector or ahp_geometric_mean"))
	}
	if o.MaxConsistencyRatio == 0 {
		o.MaxConsistencyRatio = 0.10
	}
	if !usable(o.MaxConsistencyRatio) || o.MaxConsistencyRatio < 0 {
		faults = append(faults, criteriaFault(keyaccount.ErrOutOfRange, "MaxConsistencyRatio", 0, figure(o.MaxConsistencyRatio),
			"the limit is a positive number"))
	}
	switch {
	case !usable(o.RandomIndex) || o.RandomIndex != 0 && o.RandomIndex < 1e-6:
		faults = append(faults, criteriaFault(keyaccount.ErrOutOfRange, "RandomIndex", 0, figure(o.RandomIndex),
			"a random index is a positive number"))
	case o.RandomIndex == 0 && n > len(saatyRandomIndex):
		faults = append(faults, criteriaFault(keyaccount.ErrMissing, "RandomIndex", 0, "",
			"Saaty's table ends at "+strconv.Itoa(len(saatyRandomIndex))+" criteria"))
	case o.RandomIndex == 0:
		o.RandomIndex = saatyRandomIndex[n-1]
	}
	return o, errors.Join(faults...)
}

func consistencyIndex(lambda float64, n int) float64 {
	return max(0, (lambda-float64(n))/float64(n-1))
}

// rowMeans are the geometric means of the rows.
func rowMeans(a [][]float64) []float64 {
	out := make([]float64, len(a))
	for i, row := range a {
		sum := 0.0
		for _, v := range row {
			sum += math.Log(v)
		}
		out[i] = math.Exp(sum / float64(len(row)))
	}
	return out
}
