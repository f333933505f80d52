package affinity

import (
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
