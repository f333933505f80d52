package segment

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/keyaccount/keyaccount"
)

// RankMethod names how values become a score.
type RankMethod string

const (
	// MethodSPOTIS is [RankSPOTIS].
	MethodSPOTIS RankMethod = "spotis"
	// MethodWeightedSum is [RankWeightedSum].
	MethodWeightedSum RankMethod = "weighted_sum"
	// MethodMinMaxSum is [RankMinMaxSum].
	MethodMinMaxSum RankMethod = "min_max_sum"
	// MethodTOPSIS is [RankTOPSIS].
	MethodTOPSIS RankMethod = "topsis"
)

// Ranking is the accounts in order, with the law that put them there.
type Ranking struct {
	Method RankMethod `json:"method"`
	// Version is that of the policy.
	Version string `json:"version,omitempty"`
	// LowerIsBetter holds for the distances of SPOTIS.
	LowerIsBetter bool `json:"lower_is_better"`
	// Criteria are those of the policy, in its order.
	Criteria []RankedCriterion `json:"criteria"`
	// Accounts are sorted by Rank, then by ID.
	Accounts []RankedAccount `json:"accounts"`
}

// RankedCriterion is the scale on which a criterion was measured.
type RankedCriterion struct {
	Criterion string `json:"criterion"`
	// Weight is the share of all weights, from 0 to 1.
	Weight float64 `json:"weight"`
	// Best and Worst are the ends of the scale in the criterion's unit: its
	// bounds, or what was observed where the method looks at that.
	Best  float64 `json:"best"`
	Worst float64 `json:"worst"`
}

// RankedAccount is one account's place.
type RankedAccount struct {
	ID string `json:"id"`
	// Rank is one more than the number of accounts with a better score. Scores
	// that agree to 12 decimals are equal: further ones are rounding.
	Rank int `json:"rank"`
	// Score lies between 0 and 1. It is the sum of the Points.
	Score float64 `json:"score"`
	// ToBest and ToWorst are, under TOPSIS, the distances to the best and the
	// worst point, in weighted vector-normalised units.
	ToBest  float64 `json:"to_best,omitempty"`
	ToWorst float64 `json:"to_worst,omitempty"`
	// Points are in the order of the criteria.
	Points []CriterionPoints `json:"points"`
}

// CriterionPoints is what one criterion does to one account's score.
type CriterionPoints struct {
	Criterion string `json:"criterion"`
	// Value is what was scored, in the criterion's unit.
	Value float64 `json:"value"`
	// Treatment tells that it is not the value that came in.
	Treatment Treatment `json:"treatment,omitempty"`
	// Points add up to Score.
	Points float64 `json:"points"`
	// Gap is what the account lacks: the gaps add up to 1 - Score where higher
	// is better, and are the Points where lower is better.
	Gap float64 `json:"gap"`
}

// Top returns the IDs of the accounts whose rank is n or better: n of them, or
// more where some share the last place.
func (r *Ranking) Top(n int) []string {
	var ids []string
	for i := range r.Accounts {
		if r.Accounts[i].Rank > n {
			break
		}
		ids = append(ids, r.Accounts[i].ID)
	}
	return ids
}

// RankBy ranks by a method that is itself data. The laws that all methods
// keep: equal values have equal ranks, and neither the order of the accounts
// nor their IDs nor the unit of the weights changes a score; the order of the
// criteria does not either. All refuse, as a [*keyaccount.InputError], a
// policy that does not [CriteriaPolicy.Validate], no accounts, an ID that is
// missing or stands twice, and values that are too few, infinite, or not
// allowed to be missing or outside their bounds.
func RankBy(method RankMethod, policy CriteriaPolicy, alternatives []Alternative) (*Ranking, error) {
	t, err := tableFor(method, &policy, alternatives)
	if err != nil {
		return nil, err
	}
	if method == MethodTOPSIS {
		return t.rankTOPSIS(), nil
	}
	return t.rankSum(method), nil
}

func tableFor(method RankMethod, policy *CriteriaPolicy, alternatives []Alternative) (*criteriaTable, error) {
	bounds := false
	switch method {
	case MethodSPOTIS, MethodWeightedSum:
		bounds = true
	case MethodMinMaxSum, MethodTOPSIS:
	default:
		return nil, criteriaFault(keyaccount.ErrOutOfRange, "method", 0, string(method),
			"the methods are spotis, weighted_sum, min_max_sum and topsis")
	}
	return newCriteriaTable(policy, alternatives, bounds)
}

// RankWeightedSum scores by the weighted sum of the positions between the
// bounds, 0 at the worse and 1 at the better one:
//
//	Score = Σ w_j |x_j - worst_j| / (Hi_j - Lo_j),  Σ w_j = 1
//
// Higher is better. Since a score depends on the account's own values only,
// another account cannot reorder the rest. It is 1 less the distance of
// [RankSPOTIS].
func RankWeightedSum(policy CriteriaPolicy, alternatives []Alternative) (*Ranking, error) {
	return RankBy(MethodWeightedSum, policy, alternatives)
}

// RankMinMaxSum is [RankWeightedSum] between the least and the greatest value
// observed, instead of the bounds. An account that comes or goes can move
// those and reorder the others: see [CheckRemovals]. In a criterion in which
// all are equal everyone stands half-way.
func RankMinMaxSum(policy CriteriaPolicy, alternatives []Alternative) (*Ranking, error) {
	return RankBy(MethodMinMaxSum, policy, alternatives)
}

// scales returns the ends between which a sum method measures, leaving out the
// row skip of the observed ones; -1 leaves out none.
func (t *criteriaTable) scales(method RankMethod, skip int) []RankedCriterion {
	out := make([]RankedCriterion, t.cols)
	for j := range out {
		c := &t.policy.Criteria[j]
		lo, hi := c.Lo, c.Hi
		if method == MethodMinMaxSum {
			lo, hi = t.span(j, skip)
		}
		best, worst := c.ends(lo, hi)
		out[j] = RankedCriterion{Criterion: c.Name, Weight: t.weights[j], Best: best, Worst: worst}
	}
	return out
}

func (t *criteriaTable) span(j, skip int) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for i := range t.rows {
		if i != skip {
			v := t.values[i*t.cols+j]
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	return lo, hi
}

// position returns how far x is from the worse end and from the better one, as
// parts of the whole scale. The two add up to 1.
func (s *RankedCriterion) position(x float64) (fromWorst, toBest float64) {
	width := math.Abs(s.Best - s.Worst)
	if width == 0 {
		return 0.5, 0.5
	}
	return math.Abs(x-s.Worst) / width, math.Abs(s.Best-x) / width
}

func (t *criteriaTable) rankSum(method RankMethod) *Ranking {
	r := t.ranking(method, t.scales(method, -1))
	terms := make([]float64, t.cols)
	for i := range r.Accounts {
		a := &r.Accounts[i]
		for j := range a.Points {
			p := &a.Points[j]
			from, to := r.Criteria[j].position(p.Value)
			p.Points, p.Gap = t.weights[j]*from, t.weights[j]*to
			if r.LowerIsBetter {
				p.Points = p.Gap
			}
			terms[j] = p.Points
		}
		a.Score = min(sumOfTerms(terms), 1)
	}
	r.order()
	return r
}

// ranking sets up a Ranking that lacks the scores, in the order of the rows.
func (t *criteriaTable) ranking(method RankMethod, scales []RankedCriterion) *Ranking {
	r := &Ranking{
		Method: method, Version: t.policy.Version, LowerIsBetter: method == MethodSPOTIS,
		Criteria: scales, Accounts: make([]RankedAccount, len(t.rows)),
	}
	points := make([]CriterionPoints, len(t.values))
	for k, v := range t.values {
		points[k].Criterion, points[k].Value = scales[k%t.cols].Criterion, v
		if t.treated != nil {
			points[k].Treatment = t.treated[k]
		}
	}
	for i := range r.Accounts {
		from, to := i*t.cols, (i+1)*t.cols
		r.Accounts[i] = RankedAccount{ID: t.rows[i].ID, Points: points[from:to:to]}
	}
	return r
}

func (r *Ranking) order() {
	better := func(a, b *RankedAccount) int {
		c := cmp.Compare(rankKey(b.Score), rankKey(a.Score))
		if r.LowerIsBetter {
			return -c
		}
		return c
	}
	slices.SortFunc(r.Accounts, func(a, b RankedAccount) int {
		return cmp.Or(better(&a, &b), strings.Compare(a.ID, b.ID))
	})
	for i := range r.Accounts {
		r.Accounts[i].Rank = i + 1
		if i > 0 && better(&r.Accounts[i-1], &r.Accounts[i]) == 0 {
			r.Accounts[i].Rank = r.Accounts[i-1].Rank
		}
	}
}

// rankKey is a score in units of 1e-12. What is equal by arithmetic, such as
// .3 + .6 and .6 + .3 + 0, is seldom equal in the last bit; a rounded number,
// unlike a tolerance, is equal to itself whatever stands between.
func rankKey(score float64) float64 { return math.Round(score * 1e12) }

// sumOfTerms sorts the few terms and adds them up: the order of the criteria
// changes no bit, and a greater term never gives a lesser sum.
func sumOfTerms(terms []float64) float64 {
	for i := 1; i < len(terms); i++ {
		for j := i; j > 0 && terms[j] < terms[j-1]; j-- {
			terms[j], terms[j-1] = terms[j-1], terms[j]
		}
	}
	sum := 0.0
	for _, v := range terms {
		sum += v
	}
	return sum
}
