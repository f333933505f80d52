package segment

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkSummaryAdd folds lines of UCI Online Retail: one operation is one
// line.
func BenchmarkSummaryAdd(b *testing.B) {
	txs, _ := uciLines(b)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		s := new(Summary)
		for i := 0; i < len(txs) && n < b.N; i, n = i+1, n+1 {
			if err := s.Add(txs[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkFitRFM(b *testing.B) {
	accounts := randomAccounts(rand.New(rand.NewPCG(1, 1)), 10_000)
	for _, rule := range []QuantileRule{Type7, MidRank} {
		b.Run(rule.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := FitRFM(accounts, &RFMOptions{Rule: rule}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkScore(b *testing.B) {
	accounts := randomAccounts(rand.New(rand.NewPCG(1, 1)), 1<<10)
	m, err := FitRFM(accounts, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_ = m.Score(accounts[i&(len(accounts)-1)])
	}
}

func BenchmarkABC(b *testing.B) {
	accounts := randomAccounts(rand.New(rand.NewPCG(1, 1)), 10_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ABC(accounts, nil); err != nil {
			b.Fatal(err)
		}
	}
}
