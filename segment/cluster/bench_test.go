package cluster

import (
	"math/rand/v2"
	"testing"
)

// blobs draws n rows around k centres that overlap, from a fixed seed.
func blobs(n, d, k int, seed uint64) Matrix {
	r := rand.New(rand.NewPCG(seed, 1))
	centres := make([]float64, k*d)
	for i := range centres {
		centres[i] = 2 * r.NormFloat64()
	}
	m := Matrix{Rows: n, Cols: d, Data: make([]float64, n*d)}
	for i := range n {
		c := r.IntN(k)
		for j := range d {
			m.Data[i*d+j] = centres[c*d+j] + r.NormFloat64()
		}
	}
	return m
}

func firstRows(x Matrix, k int) (start [][]float64) {
	for i := range k {
		start = append(start, x.Row(i))
	}
	return start
}

// BenchmarkKMeansMillion is 1M rows of 3 columns, k = 8, from the first 8
// rows, to the end (no row changes sides). The rows are drawn around 12
// overlapping centres with seed 7.
func BenchmarkKMeansMillion(b *testing.B) {
	x := blobs(1_000_000, 3, 12, 7)
	opts := &KMeansOptions{Start: firstRows(x, 8), MaxIterations: 1000}
	b.ReportAllocs()
	for b.Loop() {
		f, err := FitKMeans(x, 8, opts)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(f.Iterations), "iterations")
	}
}
