package cluster

import (
	"slices"
)

// AdjustedRand is the adjusted Rand index of two labellings of the same rows:
// 1 where they are the same but for the numbers, 0 on average for labels drawn
// at random, negative where they agree less than that (Hubert and Arabie
// 1985, equation 5). Two labellings that are both one cluster, or both single
// rows, have 1.
func AdjustedRand(a, b []int) (float64, error) {
	ka, kb, err := checkTwo(a, b)
	if err != nil {
		return 0, err
	}
	pairs := func(n int) float64 { return float64(n) * float64(n-1) / 2 }
	total := func(counts []int) (s float64) {
		for _, n := range counts {
			s += pairs(n)
		}
		return s
	}
	// The cells of the table that are not empty, by sorting.
	cells := make([]int, len(a))
	rows, cols := make([]int, ka), make([]int, kb)
	for i := range a {
		cells[i] = a[i]*kb + b[i]
		rows[a[i]]++
		cols[b[i]]++
	}
	slices.Sort(cells)
	var both float64
	for lo := 0; lo < len(cells); {
		hi := lo + 1
		for hi < len(cells) && cells[hi] == cells[lo] {
			hi++
		}
		both += pairs(hi - lo)
		lo = hi
	}
	ra, rb, all := total(rows), total(cols), pairs(len(a))
	if all == 0 {
		return 1, nil // one row
	}
	expected := ra * rb / all
	most := (ra + rb) / 2
	if most == expected { // both one cluster, or both single rows
		return 1, nil
	}
	return (both - expected) / (most - expected), nil
}
