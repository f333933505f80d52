package segment

import (
	"cmp"
	"slices"
)

// exactYears is for up to how many years all orders are written out:
// 24^3 = 13,824 for four.
const exactYears = 4

// quarterRanks are the ranks of a year's quarters, doubled so that shared ones
// are whole.
type quarterRanks [4]int

// friedman tests whether the quarters differ, with the years as blocks.
// Amounts that differ by no more than tolerance share a rank.
func (s *ProfileSeasonality) friedman(ys []float64, tolerance float64) {
	years := make([]quarterRanks, s.Years)
	var sums quarterRanks
	squares := 0 // of the deviations from the mean rank, 5 when doubled
	for y := range years {
		years[y] = rankQuarters([4]float64(ys[4*y:4*y+4]), tolerance)
		for q, r := range years[y] {
			sums[q] += r
			squares += (r - 5) * (r - 5)
		}
	}
	seen := spreadOf(sums, s.Years)
	s.Method, s.PValue = SeasonExact, 1
	if squares == 0 {
		return
	}
	// Friedman's Q with the correction for ties, over its largest value.
	s.Strength = float64(seen) / float64(s.Years*squares)
	if s.Years > exactYears {
		s.Method = SeasonChiSquare
		s.PValue = chiSquareTail(3*float64(s.Years)*s.Strength, 3)
		return
	}
	orders := permutations()
	hits, all := 0, 0
	var walk func(y int, sums quarterRanks)
	walk = func(y int, sums quarterRanks) {
		if y == len(years) {
			all++
			if spreadOf(sums, s.Years) >= seen {
				hits++
			}
			return
		}
		for _, o := range orders {
			next := sums
			for q := range next {
				next[q] += years[y][o[q]]
			}
			walk(y+1, next)
		}
	}
	walk(1, years[0]) // naming the quarters otherwise changes nothing: one year stays
	s.PValue = float64(hits) / float64(all)
}

// spreadOf is the sum of the squared deviations of the rank sums.
func spreadOf(sums quarterRanks, years int) int {
	total := 0
	for _, r := range sums {
		total += (r - 5*years) * (r - 5*years)
	}
	return total
}

func rankQuarters(ys [4]float64, tolerance float64) (ranks quarterRanks) {
	order := [4]int{0, 1, 2, 3}
	slices.SortFunc(order[:], func(a, b int) int { return cmp.Compare(ys[a], ys[b]) })
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && ys[order[to]]-ys[order[to-1]] <= tolerance {
			to++
		}
		for _, q := range order[from:to] {
			ranks[q] = from + 1 + to // twice the mean of from+1, …, to
		}
		from = to
	}
	return ranks
}

// permutations returns the 24 orders of four quarters.
func permutations() (out [][4]int) {
	for a := range 4 {
		for b := range 4 {
			for c := range 4 {
				if d := 6 - a - b - c; a != b && a != c && b != c {
					out = append(out, [4]int{a, b, c, d})
				}
			}
		}
	}
	return out
}
