package cluster

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

// blobs draws n rows around k centres that overlap, from a fixed seed.
func blobs(n, d, k int, seed uint64) Matrix {
	r := rand.New(rand.NewPCG(seed, 1))
	centres := make([]float64, k*d)
	for i := range centres {
		centres[i] = r.NormFloat64()
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
// rows: 8 Gaussian blobs of deviation 1, around centres that are themselves
// drawn with deviation 1, with seed 7. "end" goes on until no row changes
// sides; "62" stops after the 62 iterations that scikit-learn 1.2.1 took on
// its own million. "plain" is the same as "62" without bounds.
func BenchmarkKMeansMillion(b *testing.B) {
	x := blobs(1_000_000, 3, 8, 7)
	start := firstRows(x, 8)
	for name, limit := range map[string]int{"end": 1000, "62": 62} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f, err := FitKMeans(x, 8, &KMeansOptions{Start: start, MaxIterations: limit})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(f.Iterations), "iterations")
			}
		})
	}
	b.Run("plain", func(b *testing.B) {
		s := &space{x: x.Data, n: x.Rows, d: x.Cols}
		flat := append([]float64(nil), x.Data[:24]...)
		for b.Loop() {
			naiveRun(newLloyd(s, 8, 1, 62), flat, 62)
		}
	})
}

func BenchmarkKMeansSeeded(b *testing.B) {
	x := blobs(100_000, 3, 8, 7)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := FitKMeans(x, 8, &KMeansOptions{Source: source(1), Restarts: 1}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAssign places one account with a saved model.
func BenchmarkAssign(b *testing.B) {
	x := blobs(1<<10, 3, 8, 7)
	t, err := FitTransform(x, Step{Kind: SignedLog}, Step{Kind: Standardise})
	if err != nil {
		b.Fatal(err)
	}
	f, err := FitKMeans(x, 8, &KMeansOptions{Source: source(1), Transform: t})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := f.Assign(x.Row(i & (1<<10 - 1))); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMixture is 100 EM iterations over 100,000 rows of 3 columns.
func BenchmarkMixture(b *testing.B) {
	x := blobs(100_000, 3, 4, 7)
	for covariance := range Covariance(3) {
		b.Run(covariance.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				o := &MixtureOptions{Start: firstRows(x, 4), Covariance: covariance, MaxIterations: 100, Tolerance: 1e-300}
				if _, err := FitMixture(x, 4, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSilhouette(b *testing.B) {
	x := blobs(10_000, 3, 8, 7)
	f, err := FitKMeans(x, 8, &KMeansOptions{Source: source(1), Restarts: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("exact", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Silhouette(x, f.Labels, 0); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("simplified", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := SimplifiedSilhouette(x, f.Labels, 0); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkPAM(b *testing.B) {
	for _, n := range []int{500, 2000} {
		d, err := Distances(blobs(n, 3, 8, 7), Euclidean)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := FitPAM(d, 8, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkChoose is the gap statistic of 1,000 rows: k from 1 to 10, 50
// references, 10 restarts each.
func BenchmarkChoose(b *testing.B) {
	x := blobs(1000, 3, 4, 7)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ChooseKMeans(x, &ChooseOptions{KMeans: KMeansOptions{Source: source(1)}}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDescribe(b *testing.B) {
	x := blobs(100_000, 3, 8, 7)
	f, err := FitKMeans(x, 8, &KMeansOptions{Source: source(1), Restarts: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Describe(x, f.Labels, nil); err != nil {
			b.Fatal(err)
		}
	}
}
