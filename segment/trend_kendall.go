package segment

import (
	"math"
	"slices"
)

// maxExactTrend is up to how many periods the distribution of S is written out.
const maxExactTrend = 50

// kendallLaw is the distribution of Kendall's S = pairs - 2 * inversions when
// there is no trend.
type kendallLaw struct {
	pairs      int
	cumulative []float64 // of the inversions; nil for the normal approximation
	sigma      float64   // of S, for the normal approximation
}

// coverage returns P(|S| <= pairs - 2m), the probability that the true slope
// lies between the m-th slope and the m-th from the end.
func (l *kendallLaw) coverage(m int) float64 {
	if l.cumulative != nil {
		return max(0, 1-2*l.cumulative[m-1])
	}
	return math.Erf(l.standard(float64(l.pairs - 2*m + 1)))
}

// pValue returns P(|S| >= |s|).
func (l *kendallLaw) pValue(s int) float64 {
	s = max(s, -s)
	if s == 0 {
		return 1
	}
	if l.cumulative != nil {
		return min(1, 2*l.cumulative[(l.pairs-s)/2])
	}
	return math.Erfc(l.standard(float64(s - 1)))
}

// standard returns x / (sigma * sqrt 2). Where all amounts are equal, S is
// surely 0.
func (l *kendallLaw) standard(x float64) float64 {
	if l.sigma == 0 {
		return math.MaxFloat64
	}
	return x / (l.sigma * math.Sqrt2)
}

// kendallExact returns the cumulative distribution of the inversions up to half
// of the pairs; the rest is its mirror image. Those of n random ranks have the
// generating function of the product over k = 1..n of (1 + x + … + x^(k-1))/k,
// and seasons add up independently.
func kendallExact(n, season, pairs int) []float64 {
	dist, next := make([]float64, pairs/2+1), make([]float64, pairs/2+1)
	dist[0] = 1
	for first := range season {
		members := (n - first + season - 1) / season
		for k := 2; k <= members; k++ {
			// The k terms before i, as a difference of sums. In this half the
			// terms grow, so that little is lost by taking it.
			upTo, before := 0.0, 0.0
			for i := range dist {
				upTo += dist[i]
				if i >= k {
					before += dist[i-k]
				}
				next[i] = (upTo - before) / float64(k)
			}
			dist, next = next, dist
		}
	}
	for i := 1; i < len(dist); i++ {
		dist[i] += dist[i-1]
	}
	return dist
}

// kendallVariance returns the variance of S, less what equal amounts take away
// (Kendall, Rank Correlation Methods, 1970, section 4.9).
func kendallVariance(ys []float64, season int) float64 {
	total := 0.0
	var group []float64
	for first := range season {
		group = group[:0]
		for i := first; i < len(ys); i += season {
			group = append(group, ys[i])
		}
		slices.Sort(group)
		total += tieTerm(len(group))
		for from := 0; from < len(group); {
			to := from + 1
			for to < len(group) && group[to] == group[from] {
				to++
			}
			total -= tieTerm(to - from)
			from = to
		}
	}
	return max(0, total/18)
}

func tieTerm(n int) float64 { return float64(n) * float64(n-1) * float64(2*n+5) }
