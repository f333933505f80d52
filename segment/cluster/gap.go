package cluster

import (
	"math"
	"math/rand/v2"
	"slices"
)

// gapStatistic compares the logarithm of the inertia with what it would be
// without any clusters (Tibshirani, Walther and Hastie 2001): the rows of each
// reference are drawn uniformly from the box of the columns.
type gapStatistic struct {
	ok   bool
	gap  float64 // mean log W of the references, less log W of the rows
	se   float64 // standard deviation of the references * sqrt(1 + 1/B)
	mean float64
}

// gaps returns the statistic of each k from kmin on, whose inertias are given.
// Each reference has a source of its own, seeded from the caller's, so that
// references can be drawn and fitted at the same time.
func (s *space) gaps(kmin int, inertias []float64, references int, o KMeansOptions) []gapStatistic {
	seeds := make([][2]uint64, references)
	for b := range seeds {
		seeds[b] = [2]uint64{o.Source.Uint64(), o.Source.Uint64()}
	}
	low, width := s.box()
	logs := make([]float64, references*len(inertias))
	workers := o.Workers
	o.Workers, o.Transform, o.Features = 1, nil, nil
	parallel(references, workers, func(b int) {
		opts := o
		opts.Source = rand.NewPCG(seeds[b][0], seeds[b][1])
		ref := &space{x: make([]float64, len(s.x)), n: s.n, d: s.d}
		for i := range ref.x {
			j := i % s.d
			ref.x[i] = flushed(low[j] + float64(uniform(opts.Source)*width[j]))
		}
		distinct := ref.distinct(kmin + len(inertias) - 1)
		for i := range inertias {
			w := 0.0
			if k := kmin + i; k <= distinct {
				w = ref.kmeans(k, &opts).Inertia
			}
			logs[b*len(inertias)+i] = math.Log(w)
		}
	})
	out := make([]gapStatistic, len(inertias))
	column := make([]float64, references)
	for i, w := range inertias {
		for b := range column {
			column[b] = logs[b*len(inertias)+i]
		}
		if w == 0 || slices.Contains(column, math.Inf(-1)) {
			continue // a logarithm that does not exist
		}
		mean, sd := meanAndSD(column)
		out[i] = gapStatistic{ok: true, gap: mean - math.Log(w), se: sd * math.Sqrt(1+1/float64(references)), mean: mean}
	}
	return out
}

// box returns the least value of each column and how far it reaches.
func (s *space) box() (low, width []float64) {
	low = slices.Clone(s.row(0))
	high := slices.Clone(low)
	for i := range s.n {
		for j, v := range s.row(i) {
			low[j], high[j] = min(low[j], v), max(high[j], v)
		}
	}
	for j := range high {
		high[j] -= low[j]
	}
	return low, high
}
