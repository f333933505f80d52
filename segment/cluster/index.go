package cluster

import (
	"math"
	"strconv"
)

// CalinskiHarabasz is the ratio of the spread between clusters to the spread
// within them, each by its degrees of freedom,
//
//	(B / (k-1)) / (W / (n-k))
//
// the greater the better (Calinski and Harabasz 1974). It refuses labels as
// [Silhouette] does, as many clusters as rows, and clusters without any spread
// within, which it has no figure for ([keyaccount.ErrOutOfRange]).
func CalinskiHarabasz(x Matrix, labels []int) (float64, error) {
	p, err := newPartition(x, labels, 1)
	if err != nil {
		return 0, err
	}
	v, ok := p.calinski(p.within())
	if !ok {
		return 0, outOfRange("labels", strconv.Itoa(p.k), "there is no spread within the clusters to compare with")
	}
	return v, nil
}

func (p *partition) calinski(within []float64) (float64, bool) {
	w := sum(within)
	if p.k < 2 || p.k >= p.n || w == 0 {
		return 0, false
	}
	mean := make([]float64, p.d)
	for c, n := range p.sizes {
		for j := range mean {
			mean[j] += float64(n) * p.centres[c*p.d+j]
		}
	}
	for j := range mean {
		mean[j] /= float64(p.n)
	}
	between := 0.0
	for c, n := range p.sizes {
		between += float64(n) * sqDist(p.centres[c*p.d:(c+1)*p.d], mean)
	}
	v := between / float64(p.k-1) * float64(p.n-p.k) / w
	return v, finite(v)
}

// DaviesBouldin is how alike each cluster is to the one it is most alike, on
// average: the sum of their mean distances to their own centres over the
// distance between the centres. The smaller the better (Davies and Bouldin
// 1979). It refuses labels as [Silhouette] does, and clusters with the same
// centre ([keyaccount.ErrOutOfRange]).
func DaviesBouldin(x Matrix, labels []int) (float64, error) {
	p, err := newPartition(x, labels, 1)
	if err != nil {
		return 0, err
	}
	v, ok := p.davies()
	if !ok {
		return 0, outOfRange("labels", strconv.Itoa(p.k), "two clusters have the same centre")
	}
	return v, nil
}

func (p *partition) davies() (float64, bool) {
	if p.k < 2 {
		return 0, false
	}
	d := p.d
	parts := make([]float64, chunkCount(p.n, p.size)*p.k)
	p.chunks(p.workers, p.size, func(c, lo, hi int) {
		part := parts[c*p.k : (c+1)*p.k]
		for i := lo; i < hi; i++ {
			a := int(p.labels[i])
			part[a] += math.Sqrt(sqDist(p.row(i), p.centres[a*d:a*d+d]))
		}
	})
	spread := make([]float64, p.k)
	for i, v := range parts {
		spread[i%p.k] += v
	}
	for c, n := range p.sizes {
		spread[c] /= float64(n)
	}
	total := 0.0
	for a := range p.k {
		worst := 0.0
		for b := range p.k {
			if a == b {
				continue
			}
			apart := math.Sqrt(sqDist(p.centres[a*d:a*d+d], p.centres[b*d:b*d+d]))
			if apart == 0 {
				return 0, false
			}
			worst = max(worst, (spread[a]+spread[b])/apart)
		}
		total += worst
	}
	v := total / float64(p.k)
	return v, finite(v)
}
