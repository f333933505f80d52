package segment

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// Sensitivity tells how far the weights may move before the top changes.
type Sensitivity struct {
	Method RankMethod `json:"method"`
	// Version is that of the policy.
	Version string `json:"version,omitempty"`
	// N is the number asked for, Top who is among them: N accounts, or more
	// where some share the last place.
	N   int      `json:"n"`
	Top []string `json:"top"`
	// Criteria are those of the policy, in its order.
	Criteria []WeightSensitivity `json:"criteria"`
	// Smallest is the flip with the least change among all criteria, the first
	// of several; nil where no weight, moved alone, alters the top.
	Smallest *WeightFlip `json:"smallest,omitempty"`
}

// WeightSensitivity is how far the weight of one criterion may move.
type WeightSensitivity struct {
	Criterion string `json:"criterion"`
	// Weight is its share of all weights now.
	Weight float64 `json:"weight"`
	// Up and Down are the first flips when the weight grows towards 1 or
	// shrinks towards 0; nil where there is none on the way.
	Up   *WeightFlip `json:"up,omitempty"`
	Down *WeightFlip `json:"down,omitempty"`
}

// WeightFlip is where the top changes: at Weight the two accounts are level,
// and beyond it the one has passed the other.
type WeightFlip struct {
	Criterion string `json:"criterion"`
	// Weight is the criterion's share of all weights at the flip.
	Weight float64 `json:"weight"`
	// Change is Weight less the weight now; 0 where accounts share the last
	// place now, and any change parts them.
	Change float64 `json:"change"`
	// Rises passes Falls, who thereby leaves the top.
	Rises string `json:"rises"`
	Falls string `json:"falls"`
}

// TopSensitivity finds, for every criterion, the smallest change of its weight
// that alters who is among the top n, while the other weights keep their
// proportions and the sum stays 1. (Where the criterion has all the weight,
// the others have no proportions and share alike.)
//
// The answer is solved for, not searched for: with g_i the account's score in
// the criterion alone and r_i that in the others, its score at the weight w is
// the line w g_i + (1-w) r_i. The lowest line inside the top less the highest
// one outside is a concave function of w, whose first zero Newton's method
// reaches from outside in finitely many steps. That holds for MethodSPOTIS,
// MethodWeightedSum and MethodMinMaxSum. The closeness of TOPSIS is not linear
// in a weight: MethodTOPSIS is refused.
//
// Scores that differ by less than 1e-12 count as level. Refused are also an n
// below 1, and what [RankBy] refuses.
func TopSensitivity(method RankMethod, policy CriteriaPolicy, alternatives []Alternative, n int) (*Sensitivity, error) {
	if method == MethodTOPSIS {
		return nil, criteriaFault(keyaccount.ErrOutOfRange, "method", 0, string(method),
			"the closeness of TOPSIS is not linear in a weight; spotis, weighted_sum and min_max_sum are")
	}
	if n < 1 {
		return nil, criteriaFault(keyaccount.ErrOutOfRange, "n", 0, strconv.Itoa(n), "the top has one account or more")
	}
	t, err := tableFor(method, &policy, alternatives)
	if err != nil {
		return nil, err
	}
	r := t.rankSum(method)
	out := &Sensitivity{Method: method, Version: policy.Version, N: n, Top: r.Top(n)}
	lines := newWeightLines(r, n, len(out.Top))
	for j := range r.Criteria {
		c := &r.Criteria[j]
		lines.set(r, j)
		s := WeightSensitivity{Criterion: c.Criterion, Weight: c.Weight}
		if t.cols > 1 {
			s.Up, s.Down = lines.flip(c, 1), lines.flip(c, 0)
		}
		for _, f := range []*WeightFlip{s.Up, s.Down} {
			if f != nil && (out.Smallest == nil || rankKey(math.Abs(f.Change)) < rankKey(math.Abs(out.Smallest.Change))) {
				out.Smallest = f
			}
		}
		out.Criteria = append(out.Criteria, s)
	}
	return out, nil
}

// weightLines holds the lines of all accounts in the order of the ranking,
// turned so that higher is better.
type weightLines struct {
	r        *Ranking
	own      []float64 // the score in the criterion alone, at the weight 1
	rest     []float64 // the score in the others, at the weight 0
	n        int       // asked for
	in       int       // accounts [0, in) are the top
	tied     int       // accounts [tied, in) share the last place of the top
	boundary []int     // those, by slope
	grouped  []bool    // those of them that do not part
}

func newWeightLines(r *Ranking, n, in int) *weightLines {
	l := &weightLines{
		r: r, n: n, in: in, grouped: make([]bool, in),
		own: make([]float64, len(r.Accounts)), rest: make([]float64, len(r.Accounts)),
	}
	l.tied = r.Accounts[in-1].Rank - 1
	for i := l.tied; i < in; i++ {
		l.boundary = append(l.boundary, i)
	}
	return l
}

func (l *weightLines) set(r *Ranking, j int) {
	weight, others := make([]float64, len(r.Criteria)), 0.0
	for k := range weight {
		if k != j {
			weight[k] = r.Criteria[k].Weight
			others += weight[k]
		}
	}
	for k := range weight {
		switch {
		case k == j:
		case others == 0:
			weight[k] = 1 / float64(len(weight)-1)
		default:
			weight[k] /= others
		}
	}
	for i := range r.Accounts {
		points := r.Accounts[i].Points
		position := func(k int) float64 {
			from, to := r.Criteria[k].position(points[k].Value)
			if r.LowerIsBetter {
				return -to
			}
			return from
		}
		l.own[i], l.rest[i] = position(j), 0
		for k, w := range weight {
			l.rest[i] += w * position(k)
		}
	}
}

// at is the score at a weight: exactly own or rest at the ends, where accounts
// that are alike there must be level.
func (l *weightLines) at(i int, weight float64) float64 {
	return weight*l.own[i] + (1-weight)*l.rest[i]
}

// flip looks from the criterion's weight towards end, which is 0 or 1.
func (l *weightLines) flip(c *RankedCriterion, end float64) *WeightFlip {
	now := c.Weight
	if now == end {
		return nil
	}
	found := func(weight float64, rises, falls int) *WeightFlip {
		return &WeightFlip{
			Criterion: c.Criterion, Weight: weight, Change: weight - now,
			Rises: l.r.Accounts[rises].ID, Falls: l.r.Accounts[falls].ID,
		}
	}
	// Those that share the last place part at once, unless their lines are one.
	slope := func(i int) float64 {
		s := rankKey(l.own[i] - l.rest[i])
		if end == 0 {
			return -s
		}
		return s
	}
	slices.SortFunc(l.boundary, func(a, b int) int { return cmp.Or(cmp.Compare(slope(b), slope(a)), cmp.Compare(a, b)) })
	last := l.boundary[len(l.boundary)-1]
	group := slices.IndexFunc(l.boundary, func(i int) bool { return slope(i) == slope(last) })
	if l.tied+group >= l.n {
		return found(now, l.boundary[group-1], last)
	}
	for k, i := range l.boundary {
		l.grouped[i] = k >= group
	}

	weight, rises, falls := end, -1, -1
	for {
		in, out, gap := l.narrowest(weight)
		if gap > -1e-12 {
			break
		}
		ownGap, restGap := l.own[in]-l.own[out], l.rest[in]-l.rest[out]
		next := restGap / (restGap - ownGap)
		next = max(min(next, max(now, end)), min(now, end))
		if rises >= 0 && math.Abs(next-now) >= math.Abs(weight-now) {
			break // no closer: what is left is rounding
		}
		weight, rises, falls = next, out, in
	}
	if rises < 0 {
		return nil
	}
	return found(weight, rises, falls)
}

// narrowest returns the pair, one to stay ahead of the other, whose gap at the
// weight is the least. The accounts of the last group share a line and the
// last place: where they are so many that n is exceeded, they would be n or
// more without whoever falls below them, who would thus be out.
func (l *weightLines) narrowest(weight float64) (in, out int, gap float64) {
	above, group, outside := -1, -1, -1
	low, last, high := math.Inf(1), math.Inf(1), math.Inf(-1)
	for i := range l.own {
		v := l.at(i, weight)
		switch {
		case i >= l.in:
			if v > high {
				outside, high = i, v
			}
		case l.grouped[i]:
			if v < last {
				group, last = i, v
			}
		case v < low:
			above, low = i, v
		}
	}
	in, out, gap = above, outside, low-high
	if last < low {
		in, gap = group, last-high
	}
	if l.in > l.n && low-last < gap {
		in, out, gap = above, group, low-last
	}
	return in, out, gap
}
