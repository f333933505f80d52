package segment

import (
	"math"
	"slices"
)

// RankTOPSIS scores by the closeness to the best and the distance from the
// worst account that could be put together from the values observed (Technique
// for Order of Preference by Similarity to Ideal Solution), after vector
// normalisation:
//
//	v_ij  = w_j x_ij / sqrt(Σ_i x_ij²)
//	ToBest, ToWorst = Euclidean distances of v_i to the best and the worst v
//	Score = ToWorst / (ToBest + ToWorst)
//
// from 0 to 1; higher is better. With g_j the part of criterion j in
// ToWorst, ToWorst² = Σ g_j², its Points are Score g_j² / ToWorst², which add
// up to the score (the distance is homogeneous in the g_j, Euler); Gap divides
// 1 - Score likewise by the parts of ToBest.
//
// The scale comes from the accounts that are compared. One that comes or goes
// can reorder the others: see [CheckRemovals], and [RankSPOTIS] for a method
// that cannot. In a criterion in which all are equal, all zeros included,
// there are neither points nor gaps; where that holds for all criteria, as it
// does for a single account, every Score is 0.5, divided by weight.
//
// Source: Hwang and Yoon, Multiple Attribute Decision Making (1981), 128-134.
func RankTOPSIS(policy CriteriaPolicy, alternatives []Alternative) (*Ranking, error) {
	return RankBy(MethodTOPSIS, policy, alternatives)
}

// topsisScale is what the normalisation takes from all accounts.
type topsisScale struct {
	RankedCriterion
	length float64 // of the column as a vector; 0 where all values are
}

// topsisColumns keeps the columns sorted, so that the scale without one
// account is found without sorting again.
type topsisColumns struct {
	values, sizes [][]float64 // ascending, sizes without the sign
}

func (t *criteriaTable) topsisColumns() topsisColumns {
	c := topsisColumns{values: make([][]float64, t.cols), sizes: make([][]float64, t.cols)}
	for j := range t.cols {
		c.values[j] = t.column(j)
		c.sizes[j] = make([]float64, len(t.rows))
		for i, v := range c.values[j] {
			c.sizes[j][i] = math.Abs(v)
		}
		slices.Sort(c.values[j])
		slices.Sort(c.sizes[j])
	}
	return c
}

// scales leaves out the row skip; -1 leaves out none.
func (c *topsisColumns) scales(t *criteriaTable, skip int) []topsisScale {
	out := make([]topsisScale, t.cols)
	for j := range out {
		v, s := c.values[j], c.sizes[j]
		lo, hi, without := v[0], v[len(v)-1], -1
		if skip >= 0 {
			x := t.values[skip*t.cols+j]
			if x == lo {
				lo = v[1]
			}
			if x == hi {
				hi = v[len(v)-2]
			}
			without, _ = slices.BinarySearch(s, math.Abs(x))
		}
		criterion := &t.policy.Criteria[j]
		best, worst := criterion.ends(lo, hi)
		out[j].RankedCriterion = RankedCriterion{Criterion: criterion.Name, Weight: t.weights[j], Best: best, Worst: worst}
		out[j].length = vectorLength(s, without)
	}
	return out
}

// vectorLength is the root of the sum of the squares of the ascending sizes,
// scaled by a power of two, which rounds nothing.
func vectorLength(sizes []float64, without int) float64 {
	top := len(sizes) - 1
	if top == without {
		top--
	}
	if top < 0 || sizes[top] == 0 {
		return 0
	}
	_, exponent := math.Frexp(sizes[top])
	exponent = max(exponent, -1000) // 2^1000 is finite, and enough for subnormals
	scale, sum := math.Ldexp(1, -exponent), 0.0
	for i, s := range sizes {
		if i != without {
			s *= scale
			sum += s * s
		}
	}
	return math.Ldexp(math.Sqrt(sum), exponent)
}

func (t *criteriaTable) rankTOPSIS() *Ranking {
	columns := t.topsisColumns()
	scales := columns.scales(t, -1)
	plain := make([]RankedCriterion, t.cols)
	for j := range scales {
		plain[j] = scales[j].RankedCriterion
	}
	r := t.ranking(MethodTOPSIS, plain)
	p := newTopsisPoint(t.cols)
	for i := range r.Accounts {
		a := &r.Accounts[i]
		p.measure(scales, t.row(i))
		a.Score, a.ToBest, a.ToWorst = p.closeness(), p.toBest, p.toWorst
		for j := range a.Points {
			a.Points[j].Points, a.Points[j].Gap = p.parts(j, scales[j].Weight)
		}
	}
	r.order()
	return r
}

// topsisPoint measures one account at a time.
type topsisPoint struct {
	best, worst, terms []float64
	toBest, toWorst    float64
}

func newTopsisPoint(cols int) topsisPoint {
	return topsisPoint{best: make([]float64, cols), worst: make([]float64, cols), terms: make([]float64, cols)}
}

func (p *topsisPoint) measure(scales []topsisScale, values []float64) {
	for j, x := range values {
		s := &scales[j]
		p.best[j], p.worst[j] = 0, 0
		if s.length > 0 {
			p.best[j] = math.Abs(s.Best-x) / s.length * s.Weight
			p.worst[j] = math.Abs(x-s.Worst) / s.length * s.Weight
		}
	}
	p.toBest, p.toWorst = p.length(p.best), p.length(p.worst)
}

// length scales by the greatest part, so that small parts do not vanish when
// they are squared.
func (p *topsisPoint) length(parts []float64) float64 {
	top := 0.0
	for _, v := range parts {
		top = max(top, v)
	}
	if top == 0 {
		return 0
	}
	for j, v := range parts {
		p.terms[j] = (v / top) * (v / top)
	}
	return top * math.Sqrt(sumOfTerms(p.terms))
}

func (p *topsisPoint) closeness() float64 {
	if p.toBest+p.toWorst == 0 {
		return 0.5
	}
	return p.toWorst / (p.toBest + p.toWorst)
}

func (p *topsisPoint) parts(j int, weight float64) (points, gap float64) {
	whole := p.toBest + p.toWorst
	if whole == 0 {
		return weight / 2, weight / 2
	}
	if p.toWorst > 0 {
		share := p.worst[j] / p.toWorst
		points = p.toWorst / whole * share * share
	}
	if p.toBest > 0 {
		share := p.best[j] / p.toBest
		gap = p.toBest / whole * share * share
	}
	return points, gap
}
