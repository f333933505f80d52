package affinity

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func BenchmarkFrequentItemsetsOnlineRetail(b *testing.B) {
	baskets := uciBaskets(b, ByOrder)
	b.ReportAllocs()
	for b.Loop() {
		s, err := FrequentItemsets(baskets, 0.01, nil)
		require.NoError(b, err)
		require.Len(b, s.Sets, 1840)
	}
}

// From the purchases: building the baskets is part of it.
func BenchmarkPurchasesToItemsetsOnlineRetail(b *testing.B) {
	all, _ := uciPurchases(b)
	b.ReportAllocs()
	for b.Loop() {
		baskets, err := all.Baskets(&BasketOptions{By: ByOrder})
		require.NoError(b, err)
		_, err = FrequentItemsets(baskets, 0.01, nil)
		require.NoError(b, err)
	}
}

func BenchmarkSimilarOnlineRetail(b *testing.B) {
	for _, by := range []By{ByAccount, ByOrder} {
		baskets := uciBaskets(b, by)
		for _, m := range []Similarity{Cosine, TFIDF} {
			b.Run(string(by)+"/"+string(m), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_, err := baskets.Similar(&SimilarityOptions{Measure: m, Neighbours: 10})
					require.NoError(b, err)
				}
			})
		}
	}
}

func BenchmarkFitOnlineRetail(b *testing.B) {
	_, customers := uciPurchases(b)
	b.ReportAllocs()
	for b.Loop() {
		_, err := Fit(customers, nil)
		require.NoError(b, err)
	}
}

// One operation is one account of UCI Online Retail.
func BenchmarkNextOnlineRetail(b *testing.B) {
	_, customers := uciPurchases(b)
	m := fitted(b, customers, nil)
	histories := historiesOf(customers)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_, err := m.Next(histories[i%len(histories)], nil)
		require.NoError(b, err)
	}
}

func BenchmarkMeasuresOf(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, err := MeasuresOf(9835, 2513, 1903, 736)
		require.NoError(b, err)
	}
}

func BenchmarkPurchasesAdd(b *testing.B) {
	txs := randomLines(rand.New(rand.NewPCG(1, 1)), 1<<14)
	b.ReportAllocs()
	p := new(Purchases)
	for i := 0; b.Loop(); i++ {
		if err := p.Add(txs[i&(len(txs)-1)]); err != nil {
			b.Fatal(err)
		}
	}
}
