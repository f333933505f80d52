package segment

import (
	"math/big"
	"math/bits"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// maxJenksTable bounds the table of [NaturalBreaks], distinct values times
// bins, to 128 MB.
const maxJenksTable = 1 << 25

// runsOf finds the distinct ones among sorted values: the index after the last
// value of each.
func runsOf(n int, same func(i, j int) bool) []int {
	count := min(n, 1)
	for i := 1; i < n; i++ {
		if !same(i-1, i) {
			count++
		}
	}
	ends := make([]int, 0, count)
	for from := 0; from < n; {
		to := from + 1
		for to < n && same(from, to) {
			to++
		}
		ends = append(ends, to)
		from = to
	}
	return ends
}

// naturalSpots returns the bins-1 natural breaks among ascending values, given
// as units.
//
// Minimising the squares within the bins is maximising, over the bins, the sum
// of S²/W, S being the sum of the values in the bin and W their number; both
// are whole numbers here. The optimum over all partitions comes from the
// recurrence of Fisher (On Grouping for Maximum Homogeneity, JASA 53 (1958)
// 789-798), solved by divide and conquer since the best last break never
// moves back as values are added: O(bins * d * log d) for d distinct values.
func naturalSpots(u *units, bins int) ([]spot, error) {
	ends := runsOf(u.len(), func(i, j int) bool { return u.compare(i, j) == 0 })
	d := len(ends)
	if d*(bins-1) > maxJenksTable {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Bins", Value: strconv.Itoa(bins),
			Reason: "natural breaks of " + strconv.Itoa(d) + " distinct values can have at most " +
				strconv.Itoa(maxJenksTable/d+1) + " bins",
		}
	}
	t := newJenksTable(u, ends)
	spots := make([]spot, 0, bins-1)
	for _, count := range t.breaks(min(bins, d)) {
		spots = append(spots, spot{at: ends[count-1] - 1, den: 1})
	}
	for len(spots) < bins-1 {
		spots = append(spots, spot{at: u.len() - 1, den: 1})
	}
	return spots, nil
}

type jenksTable struct {
	count, sum []int64 // of the first i distinct values, each with its number
	best, next []float64
	from       [][]int32 // from[k][j]: the best k+2 bins of the first j begin their last one here
}

func newJenksTable(u *units, ends []int) *jenksTable {
	d := len(ends)
	at := gridOf(u, ends)
	t := &jenksTable{
		count: make([]int64, d+1), sum: make([]int64, d+1),
		best: make([]float64, d+1), next: make([]float64, d+1),
	}
	for i, end := range ends {
		w := int64(end) - t.count[i]
		t.count[i+1], t.sum[i+1] = int64(end), t.sum[i]+w*at[i]
		t.best[i+1] = t.gain(0, i+1)
	}
	return t
}

// gain is S²/W of the distinct values i to j-1.
func (t *jenksTable) gain(i, j int) float64 {
	s := float64(t.sum[j] - t.sum[i])
	return s * s / float64(t.count[j]-t.count[i])
}

// breaks returns how many distinct values lie below each of the k-1 breaks.
func (t *jenksTable) breaks(k int) []int {
	d := len(t.count) - 1
	for used := 2; used <= k; used++ {
		row := make([]int32, d+1)
		t.from = append(t.from, row)
		first := used
		if used == k { // only the whole is asked for
			first = d
		}
		t.fill(row, first, d, used-1, d-1)
		t.best, t.next = t.next, t.best
	}
	out := make([]int, max(k-1, 0))
	for i, j := len(out)-1, d; i >= 0; i-- {
		j = int(t.from[i][j])
		out[i] = j
	}
	return out
}

// fill finds the best last break for the first lo to hi values, which lies
// between a and b.
func (t *jenksTable) fill(row []int32, lo, hi, a, b int) {
	if lo > hi {
		return
	}
	mid := (lo + hi) / 2
	best, at := -1.0, a
	for i := a; i <= min(b, mid-1); i++ {
		if v := t.best[i] + t.gain(i, mid); v > best {
			best, at = v, i
		}
	}
	row[mid], t.next[mid] = int32(at), best
	t.fill(row, lo, mid-1, a, at)
	t.fill(row, mid+1, hi, at, b)
}

// gridOf places the distinct values on whole numbers from 0 whose sum over all
// values fits an int64: their distances from the least value over their
// greatest common divisor or, where that is too fine, over a 2^-k of the
// range. Either way the unit of the values does not matter, not even to how
// a tie between two partitions is resolved.
func gridOf(u *units, ends []int) []int64 {
	steps := uint64(1<<62) / uint64(u.len())
	if u.wide != nil {
		return wideGrid(u, ends, steps)
	}
	at := make([]int64, len(ends))
	var divisor, span uint64
	for _, end := range ends {
		span = uint64(u.small[end-1]) - uint64(u.small[0])
		divisor = gcd64(divisor, span)
	}
	if divisor == 0 { // one distinct value
		return at
	}
	fine := span/divisor > steps
	for i, end := range ends {
		x := uint64(u.small[end-1]) - uint64(u.small[0])
		if fine {
			hi, lo := bits.Mul64(x, steps)
			x, _ = bits.Div64(hi, lo, span)
			at[i] = int64(x)
		} else {
			at[i] = int64(x / divisor)
		}
	}
	return at
}

func wideGrid(u *units, ends []int, steps uint64) []int64 {
	at := make([]int64, len(ends))
	distances := make([]*big.Int, len(ends))
	divisor := new(big.Int)
	for i, end := range ends {
		distances[i] = new(big.Int).Sub(u.wide[end-1], u.wide[0])
		divisor.GCD(nil, nil, divisor, distances[i])
	}
	if divisor.Sign() == 0 {
		return at
	}
	times, span := big.NewInt(1), new(big.Int).Div(distances[len(ends)-1], divisor)
	if limit := new(big.Int).SetUint64(steps); span.Cmp(limit) > 0 {
		times, divisor = limit, distances[len(ends)-1]
	}
	for i, x := range distances {
		x = new(big.Int).Mul(x, times)
		at[i] = x.Div(x, divisor).Int64()
	}
	return at
}

func gcd64(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
