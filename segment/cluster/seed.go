package cluster

import (
	"math"
	"math/rand/v2"
)

// plusPlus picks k start centres among the rows: the first uniformly, each
// further one with a probability in proportion to the squared distance to the
// nearest centre before it (Arthur and Vassilvitskii 2007). Of 2 + ln k rows
// drawn that way it keeps the one that leaves the smallest sum of squared
// distances (their greedy variant, section 5). There must be k distinct rows,
// of which it never picks one twice.
func (s *space) plusPlus(src rand.Source, k, workers int) []float64 {
	trials := 2 + int(math.Log(float64(k)))
	chunks := chunkCount(s.n, minChunk)
	near := make([]float64, s.n) // squared distance to the nearest centre
	for i := range near {
		near[i] = math.Inf(1)
	}
	weight := make([]float64, chunks) // the sums of near
	potential := make([]float64, chunks*trials)
	drawn := make([][]float64, trials)

	centres := make([]float64, 0, k*s.d)
	centre := s.row(int(uniform(src) * float64(s.n)))
	for {
		centres = append(centres, centre...)
		if len(centres) == k*s.d {
			return centres
		}
		s.chunks(workers, minChunk, func(c, lo, hi int) {
			weight[c] = 0
			for i := lo; i < hi; i++ {
				near[i] = min(near[i], sqDist(s.row(i), centre))
				weight[c] += near[i]
			}
		})
		for t := range drawn {
			drawn[t] = s.row(pick(src, near, weight))
		}
		s.chunks(workers, minChunk, func(c, lo, hi int) {
			sums := potential[c*trials : (c+1)*trials]
			clear(sums)
			for i := lo; i < hi; i++ {
				row, d2 := s.row(i), near[i]
				for t, candidate := range drawn {
					sums[t] += min(d2, sqDist(row, candidate))
				}
			}
		})
		centre = drawn[leastPotential(potential, trials)]
	}
}

func leastPotential(potential []float64, trials int) int {
	best, at := math.Inf(1), 0
	for t := range trials {
		sum := 0.0
		for c := t; c < len(potential); c += trials {
			sum += potential[c]
		}
		if sum < best {
			best, at = sum, t
		}
	}
	return at
}

// pick draws a row in proportion to near, whose sums by chunk are weight; one
// of them is above zero.
func pick(src rand.Source, near, weight []float64) int {
	total := 0.0
	for _, w := range weight {
		total += w
	}
	left := float64(uniform(src) * total)
	last := 0
	for c, w := range weight {
		if w == 0 {
			continue
		}
		lo, hi := c*minChunk, min((c+1)*minChunk, len(near))
		if left >= w {
			left -= w
			last = c
			continue
		}
		for i := lo; i < hi; i++ {
			if left < near[i] {
				return i
			}
			left -= near[i]
		}
		last = c // rounding has used up the chunk
		break
	}
	// Rounding has used up the rows: the last one with a weight.
	i := min((last+1)*minChunk, len(near)) - 1
	for near[i] == 0 {
		i--
	}
	return i
}

// uniform draws from [0, 1), in steps of 2⁻⁵³.
func uniform(src rand.Source) float64 { return float64(src.Uint64()>>11) * 0x1p-53 }
