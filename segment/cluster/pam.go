package cluster

import (
	"errors"
	"math"
	"slices"
	"strconv"
)

// PAMOptions sets up [FitPAM].
type PAMOptions struct {
	// MaxSwaps is how many times a medoid is exchanged at most. Defaults to
	// 1000.
	MaxSwaps int
	// Workers is how many goroutines work; it never changes the result.
	// Defaults to GOMAXPROCS.
	Workers int
}

// PAMFit is what [FitPAM] found.
type PAMFit struct {
	// Medoids are the rows, counted from 0, that stand for their clusters.
	Medoids []int `json:"medoids"`
	// Labels holds the cluster of each row, counted from 0: that of the least
	// unlike medoid, the first of equal ones. A medoid is in its own.
	Labels []int `json:"labels"`
	Sizes  []int `json:"sizes"`
	// Within is each cluster's sum of dissimilarities to its medoid, and Cost
	// their sum, the figure that PAM makes small.
	Within []float64 `json:"within"`
	Cost   float64   `json:"cost"`
	// BuildCost is the cost before the first swap.
	BuildCost float64 `json:"build_cost"`
	Swaps     int     `json:"swaps"`
	Status    Status  `json:"status"`
}

// FitPAM divides up to [MaxPairwise] rows into k clusters around medoids, rows
// that are the least unlike the others of their cluster: partitioning around
// medoids of Kaufman and Rousseeuw (1990, chapter 2), the phases BUILD and
// SWAP. Every swap is the best of all k (n - k); they are evaluated together,
// a factor k faster than one by one (FastPAM1 of Schubert and Rousseeuw 2019).
//
// There is no randomness: of equally good medoids the first row is taken, so
// that the order of the rows decides between them and nothing else. Clusters
// are numbered by size, the largest first, and at equal size by their medoids.
//
// It refuses k below 1 or above the number of rows that are unlike each other
// (keyaccount.ErrOutOfRange), and negative options.
func FitPAM(d *Dissimilarities, k int, opts *PAMOptions) (*PAMFit, error) {
	var o PAMOptions
	if opts != nil {
		o = *opts
	}
	var swapsErr, workersErr error
	o.MaxSwaps, swapsErr = countOption("MaxSwaps", o.MaxSwaps, 1000)
	o.Workers, workersErr = workersOf(o.Workers)
	if err := errors.Join(swapsErr, workersErr); err != nil {
		return nil, err
	}
	if d == nil || d.n == 0 {
		return nil, missing("d", "there are no rows")
	}
	if k < 1 {
		return nil, outOfRange("k", strconv.Itoa(k), "there must be at least one cluster")
	}
	if n := d.distinct(min(k, d.n)); n < k {
		return nil, outOfRange("k", strconv.Itoa(k), "there are only "+strconv.Itoa(n)+" distinct rows")
	}

	p := &pam{
		Dissimilarities: d, k: k, workers: o.Workers,
		nearest: make([]int, d.n), best: make([]float64, d.n), second: make([]float64, d.n), isMedoid: make([]bool, d.n),
	}
	p.build()
	p.measure()
	f := &PAMFit{Status: Converged}
	cost := sum(p.best)
	f.BuildCost = cost
	for k > 1 {
		if f.Swaps == o.MaxSwaps {
			f.Status = IterationLimit
			break
		}
		medoid, row, ok := p.bestSwap()
		if !ok {
			break
		}
		old := p.medoids[medoid]
		p.swap(medoid, row)
		if after := sum(p.best); after < cost {
			cost = after
			f.Swaps++
			continue
		}
		// The gain was no more than rounding.
		p.swap(medoid, old)
		break
	}
	p.fill(f)
	return f, nil
}

type pam struct {
	*Dissimilarities

	k, workers int
	medoids    []int
	isMedoid   []bool
	nearest    []int     // by row: the place of its medoid
	best       []float64 // by row: the dissimilarity to it
	second     []float64 // likewise to the second least unlike medoid
}

// build picks the row that is least unlike all others, and then one by one the
// row that lowers the cost most.
func (p *pam) build() {
	for j := range p.best {
		p.best[j] = math.Inf(1)
	}
	for range p.k {
		at, _, _ := p.bestCandidate(func(dist, _ []float64) (float64, int) {
			cost := 0.0
			for j, v := range dist {
				cost += min(v, p.best[j])
			}
			return cost, 0
		})
		p.medoids = append(p.medoids, at)
		p.isMedoid[at] = true
		for j := range p.best {
			p.best[j] = min(p.best[j], p.At(at, j))
		}
	}
}

// bestCandidate returns the row, not a medoid, whose value is least, the first
// of equal ones, and what came with it.
func (p *pam) bestCandidate(value func(dist, scratch []float64) (float64, int)) (row int, least float64, with int) {
	const rows = 32 // shared by a goroutine's row of dissimilarities
	parts := chunkCount(p.n, rows)
	type candidate struct {
		row, with int
		value     float64
	}
	found := make([]candidate, parts)
	parallel(parts, p.workers, func(c int) {
		found[c].value = math.Inf(1)
		dist, scratch := make([]float64, p.n), make([]float64, p.k)
		for i := c * rows; i < min((c+1)*rows, p.n); i++ {
			if p.isMedoid[i] {
				continue
			}
			p.row(dist, i)
			if v, with := value(dist, scratch); v < found[c].value {
				found[c] = candidate{row: i, with: with, value: v}
			}
		}
	})
	least = math.Inf(1)
	for _, c := range found {
		if c.value < least {
			row, least, with = c.row, c.value, c.with
		}
	}
	return row, least, with
}

// bestSwap returns the exchange of a medoid for a row that lowers the cost
// most; none when no exchange lowers it.
func (p *pam) bestSwap() (medoid, row int, ok bool) {
	if len(p.medoids) == p.n {
		return 0, 0, false
	}
	// What the cost grows by when a medoid just leaves.
	loss := make([]float64, p.k)
	for j, m := range p.nearest {
		loss[m] += p.second[j] - p.best[j]
	}
	row, change, medoid := p.bestCandidate(func(dist, delta []float64) (float64, int) {
		copy(delta, loss)
		joins := 0.0 // by whom the new medoid gains, whichever leaves
		for j, v := range dist {
			m := p.nearest[j]
			if v < p.best[j] {
				joins += v - p.best[j]
				delta[m] += p.best[j] - p.second[j]
			} else if v < p.second[j] {
				delta[m] += v - p.second[j]
			}
		}
		at := 0
		for m, v := range delta {
			if v < delta[at] {
				at = m
			}
		}
		return joins + delta[at], at
	})
	return medoid, row, change < 0
}

func (p *pam) swap(medoid, row int) {
	p.isMedoid[p.medoids[medoid]], p.isMedoid[row] = false, true
	p.medoids[medoid] = row
	p.measure()
}

// measure finds every row's least and second least unlike medoid.
func (p *pam) measure() {
	for j := range p.n {
		best, second, at := math.Inf(1), math.Inf(1), 0
		for m, row := range p.medoids {
			v := p.At(row, j)
			switch {
			case v < best || row == j:
				best, second, at = v, best, m
			case v < second:
				second = v
			}
		}
		p.nearest[j], p.best[j], p.second[j] = at, best, second
	}
}

func (p *pam) fill(f *PAMFit) {
	sizes := make([]int, p.k)
	for _, m := range p.nearest {
		sizes[m]++
	}
	order := make([]int, p.k)
	for m := range order {
		order[m] = m
	}
	slices.SortFunc(order, func(a, b int) int {
		if sizes[a] != sizes[b] {
			return sizes[b] - sizes[a]
		}
		return p.medoids[a] - p.medoids[b]
	})
	number := make([]int, p.k)
	f.Within = make([]float64, p.k)
	for to, m := range order {
		number[m] = to
		f.Medoids = append(f.Medoids, p.medoids[m])
		f.Sizes = append(f.Sizes, sizes[m])
	}
	// Renumbered, the first of equally unlike medoids may be another one.
	p.medoids = f.Medoids
	p.measure()
	clear(f.Sizes)
	f.Labels = p.nearest
	for j, m := range p.nearest {
		f.Sizes[m]++
		f.Within[m] += p.best[j]
	}
	f.Cost = sum(f.Within)
}
