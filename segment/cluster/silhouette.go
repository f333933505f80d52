package cluster

import (
	"math"
)

// Silhouettes says how well rows sit in their clusters. With a the mean
// distance of a row to the others of its cluster, and b the least mean
// distance to the rows of another cluster,
//
//	s = (b - a) / max(a, b)
//
// from -1 (it belongs there) through 0 (on the border) to 1 (right here). A
// row that is alone in its cluster has 0, and so has one with a = b = 0
// (Rousseeuw 1987).
type Silhouettes struct {
	// Mean is over all rows.
	Mean float64 `json:"mean"`
	// Clusters holds the mean of each cluster, 0 for a label without rows.
	Clusters []float64 `json:"clusters"`
	// Values holds s of each row.
	Values []float64 `json:"values"`
}

// Silhouette computes silhouettes by Euclidean distances, exactly: its time
// grows with the square of the number of rows, its memory with the rows alone,
// for no table of distances is kept. It refuses labels that are negative, or
// 10,000 and more where there are not more rows than that
// ([keyaccount.ErrOutOfRange]), and fewer than two clusters. Workers defaults to GOMAXPROCS where it is 0, and does not
// alter the result.
func Silhouette(x Matrix, labels []int, workers int) (*Silhouettes, error) {
	p, err := newPartition(x, labels, workers)
	if err != nil {
		return nil, err
	}
	return p.silhouettes(p.exactSilhouettes()), nil
}

// SimplifiedSilhouette is [Silhouette] with distances to the means of clusters
// in place of mean distances to their rows: its time grows with rows times
// clusters (Hruschka, de Castro and Campello 2004).
func SimplifiedSilhouette(x Matrix, labels []int, workers int) (*Silhouettes, error) {
	p, err := newPartition(x, labels, workers)
	if err != nil {
		return nil, err
	}
	return p.silhouettes(p.simplifiedSilhouettes()), nil
}

// Silhouette is the exact one by given dissimilarities; see the function
// [Silhouette].
func (d *Dissimilarities) Silhouette(labels []int) (*Silhouettes, error) {
	k, err := checkLabels(labels, d.n)
	if err != nil {
		return nil, err
	}
	compact, number, sizes, err := compactLabels(labels, k)
	if err != nil {
		return nil, err
	}
	values, dist, sums := make([]float64, d.n), make([]float64, d.n), make([]float64, len(sizes))
	for i := range values {
		d.row(dist, i)
		clear(sums)
		for j, v := range dist {
			sums[compact[j]] += v
		}
		values[i] = silhouetteOf(int(compact[i]), sums, sizes)
	}
	return collect(values, compact, number, sizes, k), nil
}

// silhouetteOf takes the sums of a row's distances to the rows of each cluster.
func silhouetteOf(own int, sums []float64, sizes []int) float64 {
	if sizes[own] == 1 {
		return 0
	}
	b := math.Inf(1)
	for c, s := range sums {
		if c != own {
			b = min(b, s/float64(sizes[c]))
		}
	}
	return sOf(sums[own]/float64(sizes[own]-1), b)
}

func sOf(a, b float64) float64 {
	if a == b {
		return 0
	}
	return (b - a) / max(a, b)
}

func (p *partition) silhouettes(values []float64) *Silhouettes {
	return collect(values, p.labels, p.number, p.sizes, p.k0)
}

func collect(values []float64, compact []int32, number, sizes []int, k0 int) *Silhouettes {
	out := &Silhouettes{Clusters: make([]float64, k0), Values: values}
	sums := make([]float64, len(sizes))
	for i, v := range values {
		sums[compact[i]] += v
	}
	out.Mean = sum(sums) / float64(len(values))
	for c, s := range sums {
		out.Clusters[number[c]] = s / float64(sizes[c])
	}
	return out
}

func (p *partition) exactSilhouettes() []float64 {
	d := p.d
	// Rows side by side with those of their cluster.
	sorted := make([]float64, len(p.x))
	start := make([]int, p.k+1)
	for c, n := range p.sizes {
		start[c+1] = start[c] + n
	}
	next := append([]int(nil), start[:p.k]...)
	for i, a := range p.labels {
		copy(sorted[next[a]*d:], p.row(i))
		next[a]++
	}
	values := make([]float64, p.n)
	const rows = 16
	p.chunks(p.workers, rows, func(_, lo, hi int) {
		sums := make([]float64, p.k)
		for i := lo; i < hi; i++ {
			row := p.row(i)
			for c := range sums {
				total := 0.0
				for at := start[c] * d; at < start[c+1]*d; at += d {
					total += math.Sqrt(sqDist(row, sorted[at:at+d]))
				}
				sums[c] = total
			}
			values[i] = silhouetteOf(int(p.labels[i]), sums, p.sizes)
		}
	})
	return values
}

func (p *partition) simplifiedSilhouettes() []float64 {
	d := p.d
	values := make([]float64, p.n)
	p.chunks(p.workers, minChunk, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			row, own := p.row(i), int(p.labels[i])
			if p.sizes[own] == 1 {
				continue
			}
			b := math.Inf(1)
			for c := range p.k {
				if c != own {
					b = min(b, sqDist(row, p.centres[c*d:c*d+d]))
				}
			}
			values[i] = sOf(math.Sqrt(sqDist(row, p.centres[own*d:own*d+d])), math.Sqrt(b))
		}
	})
	return values
}
