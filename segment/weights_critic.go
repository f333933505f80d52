package segment

import (
	"math"
	"slices"
)

// CRITICWeights weighs a criterion by its contrast among the accounts and by
// its conflict with the other criteria (Criteria Importance Through
// Intercriteria Correlation). With z the values between the worst (0) and the
// best (1) one observed, σ_j their standard deviation and r_jk the correlation
// of two criteria,
//
//	C_j = σ_j Σ_k (1 - r_jk),  w_j = C_j / Σ C_k
//
// Weights of the policy are not read. A criterion in which all are equal, all
// zeros included, has no correlation: it gets the weight zero, and the others
// get what they would get without it. If only one tells the accounts apart, it
// gets all the weight.
//
// Refused are what [RankBy] refuses of a policy's other fields and of
// alternatives, fewer than two accounts ([keyaccount.ErrMissing]), and criteria
// none of which tells the accounts apart, or which all correlate perfectly, so
// that there is no conflict ([keyaccount.ErrOutOfRange]).
//
// Source: Diakoulaki, Mavrotas, Papayannakis, Determining objective weights in
// multiple criteria problems: the CRITIC method, Computers & Operations
// Research 22 (1995) 763-770.
func CRITICWeights(policy CriteriaPolicy, alternatives []Alternative) (*Weights, error) {
	t, err := tableToWeigh(&policy, alternatives)
	if err != nil {
		return nil, err
	}
	var active []int // the criteria that tell the accounts apart
	scales := t.scales(MethodMinMaxSum, -1)
	deviations := make([][]float64, t.cols) // of length 1
	contrast := make([]float64, t.cols)
	for j := range scales {
		if scales[j].Best == scales[j].Worst {
			continue
		}
		active = append(active, j)
		z := t.column(j)
		for i, v := range z {
			z[i], _ = scales[j].position(v)
		}
		contrast[j] = standardise(z)
		deviations[j] = z
	}
	if len(active) == 0 {
		return nil, nothingToWeigh("no criterion tells the accounts apart")
	}

	information := make([]float64, t.cols)
	if len(active) == 1 {
		information[active[0]] = contrast[active[0]]
	}
	products := make([]float64, len(alternatives))
	for a, j := range active {
		for _, k := range active[:a] {
			for i := range products {
				products[i] = deviations[j][i] * deviations[k][i]
			}
			conflict := 1 - orderFreeSum(products)
			if conflict < 1e-12 { // rounding of a perfect correlation
				conflict = 0
			}
			information[j] += contrast[j] * conflict
			information[k] += contrast[k] * conflict
		}
	}
	if slices.Max(information) == 0 {
		return nil, nothingToWeigh("all criteria correlate perfectly: there is no conflict to weigh by")
	}
	return weightsOf(WeightsCRITIC, policy.Criteria, shareOut(information), information), nil
}

// standardise turns z, which is not constant, into its deviations from the
// mean divided by the root of the sum of their squares, and returns the
// standard deviation (over m).
func standardise(z []float64) float64 {
	m := float64(len(z))
	mean := orderFreeSum(slices.Clone(z)) / m
	squares := make([]float64, len(z))
	for i := range z {
		z[i] -= mean
		squares[i] = z[i] * z[i]
	}
	length := math.Sqrt(orderFreeSum(squares))
	for i := range z {
		z[i] /= length
	}
	return length / math.Sqrt(m)
}
