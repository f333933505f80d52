package segment

import (
	"errors"
	"math"
	"slices"

	"github.com/keyaccount/keyaccount"
)

// WeightMethod names where weights come from.
type WeightMethod string

const (
	// WeightsGiven are the policy's own, see [CriteriaPolicy.GivenWeights].
	WeightsGiven WeightMethod = "given"
	// WeightsEqual come from [EqualWeights].
	WeightsEqual WeightMethod = "equal"
	// WeightsEntropy come from [EntropyWeights].
	WeightsEntropy WeightMethod = "entropy"
	// WeightsCRITIC come from [CRITICWeights].
	WeightsCRITIC WeightMethod = "critic"
	// WeightsEigenvector come from [WeighAHP]: the principal right eigenvector
	// of the matrix, as in Saaty (1980).
	WeightsEigenvector WeightMethod = "ahp_eigenvector"
	// WeightsGeometricMean come from [WeighAHP]: the geometric means of the
	// rows, as in Crawford and Williams (1985). They equal the eigenvector for
	// up to three criteria, and for consistent judgements.
	WeightsGeometricMean WeightMethod = "ahp_geometric_mean"
)

// Weights are the importance of criteria.
type Weights struct {
	Method WeightMethod `json:"method"`
	// Weights add up to 1. They stand in the order of the policy or matrix.
	Weights []CriterionWeight `json:"weights"`
}

// CriterionWeight is the importance of one criterion.
type CriterionWeight struct {
	Criterion string `json:"criterion"`
	// Weight lies between 0 and 1.
	Weight float64 `json:"weight"`
	// Information is what an objective method found in the criterion, and made
	// Weight proportional to: under entropy the divergence 1 - E_j, under
	// CRITIC the contrast times the conflict C_j.
	Information float64 `json:"information,omitempty"`
}

// GivenWeights returns the policy's own weights as shares of 1.
func (p CriteriaPolicy) GivenWeights() (*Weights, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return weightsOf(WeightsGiven, p.Criteria, shareOfWeights(p.Criteria), nil), nil
}

// WithWeights returns a copy of the policy that has these weights and this
// version. The weights must name the same criteria, in whatever order
// ([keyaccount.ErrMismatch]).
func (p CriteriaPolicy) WithWeights(version string, w Weights) (CriteriaPolicy, error) {
	byName := make(map[string]float64, len(w.Weights))
	for i, c := range w.Weights {
		if _, ok := byName[c.Criterion]; ok {
			return CriteriaPolicy{}, criteriaFault(keyaccount.ErrDuplicate, "Weights", i+1, c.Criterion, "the criterion stands twice")
		}
		byName[c.Criterion] = c.Weight
	}
	p.Version, p.Criteria = version, slices.Clone(p.Criteria)
	for i := range p.Criteria {
		c := &p.Criteria[i]
		weight, ok := byName[c.Name]
		if !ok {
			return CriteriaPolicy{}, criteriaFault(keyaccount.ErrMismatch, "Weights", 0, c.Name, "there is no weight for this criterion")
		}
		c.Weight = weight
		delete(byName, c.Name)
	}
	for i, c := range w.Weights {
		if _, left := byName[c.Criterion]; left {
			return CriteriaPolicy{}, criteriaFault(keyaccount.ErrMismatch, "Weights", i+1, c.Criterion, "the policy has no such criterion")
		}
	}
	if err := p.Validate(); err != nil {
		return CriteriaPolicy{}, err
	}
	return p, nil
}

func weightsOf(method WeightMethod, criteria []Criterion, weights, information []float64) *Weights {
	w := &Weights{Method: method, Weights: make([]CriterionWeight, len(criteria))}
	for j := range criteria {
		w.Weights[j] = CriterionWeight{Criterion: criteria[j].Name, Weight: weights[j]}
		if information != nil {
			w.Weights[j].Information = information[j]
		}
	}
	return w
}

// EqualWeights gives every criterion the same weight.
func EqualWeights(policy CriteriaPolicy) (*Weights, error) {
	if err := errors.Join(policy.faults()...); err != nil {
		return nil, err
	}
	parts := make([]float64, len(policy.Criteria))
	for j := range parts {
		parts[j] = 1
	}
	return weightsOf(WeightsEqual, policy.Criteria, shareOut(parts), nil), nil
}

// EntropyWeights weighs a criterion by how unequally the accounts share its
// total: with p_ij = x_ij / Σ_i x_ij and E_j = -Σ_i p_ij log_m p_ij,
//
//	w_j = (1 - E_j) / Σ (1 - E_k)
//
// Weights of the policy are not read. A criterion in which all are equal, all
// zeros included, has no divergence and the weight zero. The base of the
// logarithm is the number of accounts m: with a fixed one, such as 10, equal
// values would have a weight, and among more accounts a negative one.
//
// Refused are what [RankBy] refuses of a policy's other fields and of
// alternatives, fewer than two accounts ([keyaccount.ErrMissing]), a negative
// value, of which there are no shares, and criteria none of which tells the
// accounts apart ([keyaccount.ErrOutOfRange]).
//
// Source: Shannon (1948); Hwang and Yoon, Multiple Attribute Decision Making
// (1981), 52-57.
func EntropyWeights(policy CriteriaPolicy, alternatives []Alternative) (*Weights, error) {
	t, err := tableToWeigh(&policy, alternatives)
	if err != nil {
		return nil, err
	}
	divergence := make([]float64, t.cols)
	for j := range divergence {
		c := &policy.Criteria[j]
		column := t.column(j)
		for i, v := range column {
			if v < 0 {
				return nil, criteriaFault(keyaccount.ErrOutOfRange, "Values", i+1, figure(v),
					inCriterion(c, "a negative value has no share in the total"))
			}
		}
		if slices.Max(column) == 0 {
			continue
		}
		divergence[j] = inequality(column) / math.Log(float64(len(column)))
	}
	if slices.Max(divergence) == 0 {
		return nil, nothingToWeigh("no criterion tells the accounts apart")
	}
	return weightsOf(WeightsEntropy, policy.Criteria, shareOut(divergence), divergence), nil
}

// inequality is ln m minus the entropy in nats, as a sum of terms that are
// never negative: with d_i = m p_i - 1, which add up to zero,
//
//	Σ p_i ln(m p_i) = (1/m) Σ ((1 + d_i) ln(1 + d_i) - d_i)
//
// so that nearly equal values do not drown in rounding.
func inequality(values []float64) float64 {
	m := float64(len(values))
	top := slices.Max(values)
	parts := make([]float64, len(values))
	for i, v := range values {
		parts[i] = v / top
	}
	mean := orderFreeSum(slices.Clone(parts)) / m
	for i, v := range parts {
		d := (v - mean) / mean
		switch {
		case math.Abs(d) < 1e-3: // the series, where the closed form cancels
			parts[i] = d * d * (1./2 - d*(1./6-d*(1./12-d*(1./20-d/30))))
		case 1+d <= 0: // the limit for no share at all
			parts[i] = 1
		default:
			parts[i] = (1+d)*math.Log1p(d) - d
		}
	}
	if slices.Min(values) == top {
		return 0
	}
	return orderFreeSum(parts) / m
}

// tableToWeigh is complete but has no weights to look at.
func tableToWeigh(policy *CriteriaPolicy, alternatives []Alternative) (*criteriaTable, error) {
	if err := errors.Join(policy.faults()...); err != nil {
		return nil, err
	}
	t, err := fillCriteriaTable(policy, alternatives, false)
	if err != nil {
		return nil, err
	}
	if len(alternatives) < 2 {
		return nil, criteriaFault(keyaccount.ErrMissing, "alternatives", 0, "", "weights out of data need two accounts or more")
	}
	return t, nil
}

func nothingToWeigh(reason string) error {
	return criteriaFault(keyaccount.ErrOutOfRange, "Values", 0, "", reason)
}
