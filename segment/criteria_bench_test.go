package segment

import (
	"math/rand/v2"
	"testing"
)

func benchmarkCriteria() (CriteriaPolicy, []Alternative) {
	return randomCriteria(rand.New(rand.NewPCG(9, 9)), 10_000, 9)
}

// BenchmarkRank ranks 10,000 accounts by 9 criteria, with all contributions.
func BenchmarkRank(b *testing.B) {
	p, alternatives := benchmarkCriteria()
	for _, m := range allMethods {
		b.Run(string(m), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := RankBy(m, p, alternatives); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkTopSensitivity(b *testing.B) {
	p, alternatives := benchmarkCriteria()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := TopSensitivity(MethodSPOTIS, p, alternatives, 20); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckRemovals(b *testing.B) {
	p, alternatives := benchmarkCriteria()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := CheckRemovals(MethodTOPSIS, p, alternatives[:500]); err != nil {
			b.Fatal(err)
		}
	}
}
