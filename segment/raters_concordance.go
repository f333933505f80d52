package segment

import (
	"cmp"
	"math"
	"slices"
)

// Concordance is Kendall's coefficient of agreement among m raters over n
// accounts, corrected for ties: with R_i the rank sum of account i and t the
// sizes of the groups of equal scores of each rater,
//
//	W = (12 Σ R_i² - 3 m² n (n+1)²) / (m² n (n²-1) - m Σ (t³ - t))
//
// Source: Kendall, Rank Correlation Methods (1948), ch. 6; Siegel,
// Nonparametric Statistics (1956), 229-238.
type Concordance struct {
	Raters   int `json:"raters"`
	Accounts int `json:"accounts"`
	// W is 0 for no agreement beyond chance and 1 for the same order by all.
	W float64 `json:"w"`
	// ChiSquare is m (n-1) W, to be compared with the chi-square distribution
	// of DF = n-1 degrees of freedom.
	ChiSquare float64 `json:"chi_square"`
	DF        int     `json:"df"`
	// P is the probability of such a ChiSquare or a greater one if the raters
	// ranked at random. The approximation is good from about eight accounts on,
	// and cautious below.
	P float64 `json:"p"`
	// MeanCorrelation is (mW - 1) / (m - 1): without ties, the mean of
	// Spearman's correlation over all pairs of raters. Unlike W it does not
	// grow when there are fewer raters.
	MeanCorrelation float64 `json:"mean_correlation"`
}

// givenRanks are the ranks that each rater gave, and the ties among them.
type givenRanks struct {
	ranks [][]float64
	ties  []float64 // Σ (t³ - t)
	total []float64 // rank sums of all raters
}

func rankAll(raters []Rater) givenRanks {
	g := givenRanks{ranks: make([][]float64, len(raters)), ties: make([]float64, len(raters))}
	g.total = make([]float64, len(raters[0].Scores))
	for k := range raters {
		g.ranks[k], g.ties[k] = averageRanks(raters[k].Scores)
		for i, r := range g.ranks[k] {
			g.total[i] += r
		}
	}
	return g
}

// sums returns the rank sums of all raters but one; -1 leaves out none. Ranks
// are multiples of a half, so that sums and differences are exact.
func (g *givenRanks) sums(without int) []float64 {
	out := slices.Clone(g.total)
	if without >= 0 {
		for i, r := range g.ranks[without] {
			out[i] -= r
		}
	}
	return out
}

// concordance of all raters but one; -1 leaves out none. It is nil where W has
// no meaning.
func (g *givenRanks) concordance(without int) *Concordance {
	raters, accounts := len(g.ranks), len(g.total)
	if without >= 0 {
		raters--
	}
	if raters < 2 || accounts < 2 {
		return nil
	}
	m, n := float64(raters), float64(accounts)
	ties := 0.0
	for k, t := range g.ties {
		if k != without {
			ties += t
		}
	}
	greatest := m * (m*n*(n*n-1) - ties)
	if greatest <= 0 {
		return nil
	}
	mean, spread := m*(n+1)/2, 0.0
	for _, r := range g.sums(without) {
		spread += (r - mean) * (r - mean)
	}
	c := &Concordance{Raters: raters, Accounts: accounts, W: min(1, 12*spread/greatest), DF: accounts - 1}
	c.ChiSquare = m * (n - 1) * c.W
	c.P = chiSquareTail(c.ChiSquare, c.DF)
	c.MeanCorrelation = (m*c.W - 1) / (m - 1)
	return c
}

// averageRanks gives rank 1 to the lowest value, equal values sharing the mean
// of their ranks, and returns Σ (t³ - t) over groups of t equal values.
func averageRanks(values []float64) (ranks []float64, ties float64) {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	ranks = make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+1+to) / 2
		}
		t := float64(to - from)
		ties += t*t*t - t
		from = to
	}
	return ranks, ties
}

// spearman is the correlation of the ranks of x and y, 0 where either is
// constant.
func spearman(x, y []float64) float64 {
	a, _ := averageRanks(x)
	b, _ := averageRanks(y)
	mean := float64(len(x)+1) / 2
	var ab, aa, bb float64
	for i := range a {
		da, db := a[i]-mean, b[i]-mean
		ab, aa, bb = ab+da*db, aa+da*da, bb+db*db
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return min(1, max(-1, ab/math.Sqrt(aa*bb)))
}
