package affinity

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

func similar(t testing.TB, b *Baskets, o *SimilarityOptions) []Neighbours {
	t.Helper()
	n, err := b.Similar(o)
	require.NoError(t, err)
	return n
}

func neighboursOf(t testing.TB, all []Neighbours, product string) Neighbours {
	t.Helper()
	at := slices.IndexFunc(all, func(n Neighbours) bool { return n.Product == product })
	require.GreaterOrEqual(t, at, 0, product)
	return all[at]
}

// TestOracleItemCosineByCustomer compares the ten nearest neighbours of the
// five most sold products, with scipy's figures for the 4,339 buyers.
func TestOracleItemCosineByCustomer(t *testing.T) {
	t.Parallel()
	b := uciBaskets(t, ByAccount)
	require.Equal(t, 4339, b.Report().Baskets)
	all := similar(t, b, &SimilarityOptions{Neighbours: 10})
	rows := oracle.CSV(t, "oracles/segment/oracle_item_cosine_CustomerID.csv")
	require.Len(t, rows, 50)
	for i, row := range rows {
		got := neighboursOf(t, all, row["item"]).Nearest[i%10]
		require.Equal(t, row["similar"], got.Product, row["item"])
		require.Equal(t, row["cooccurrence"], strconv.Itoa(got.Together), row["item"])
		want, err := strconv.ParseFloat(row["cosine"], 64)
		require.NoError(t, err)
		require.InEpsilon(t, want, got.Similarity, 1e-14, row["item"])
	}
}

// The same file: 85123A (white hanging heart t-light holder) and 21733 (red)
// have a cosine of 0.5434847306 by customer, with 312 co-buyers, and of
// 0.3831650699 by invoice, on 489 of them (scipy). The figure by invoice is
// that of the lines with a price: with the five invoices that give 85123A away
// it is 489/√(2203·741) = 0.3827300010.
func TestItemCosineOfTwoHearts(t *testing.T) {
	t.Parallel()
	all, customers := uciPurchases(t)
	for _, c := range []struct {
		from     *Purchases
		by       By
		together int
		cosine   float64
	}{{customers, ByAccount, 312, 0.5434847306}, {uci.charged, ByOrder, 489, 0.3831650699}, {all, ByOrder, 489, 0.3827300010}} {
		b, err := c.from.Baskets(&BasketOptions{By: c.by})
		require.NoError(t, err)
		assert.Equal(t, c.together, b.Together("85123A", "21733"))
		n := neighboursOf(t, similar(t, b, nil), "85123A").Nearest
		at := slices.IndexFunc(n, func(n Neighbour) bool { return n.Product == "21733" })
		require.GreaterOrEqual(t, at, 0)
		assert.Equal(t, c.together, n[at].Together)
		assert.InDelta(t, c.cosine, n[at].Similarity, 5e-11)
	}
}

// similarityByHand takes the definitions literally.
func similarityByHand(sets [][]string, products int, o SimilarityOptions, p, q string) float64 {
	n, a, c, b := float64(len(sets)), float64(countBoth(sets, p)), float64(countBoth(sets, q)), float64(countBoth(sets, p, q))
	s := 0.0
	switch o.Measure {
	case Cosine:
		s = b / math.Sqrt(a*c)
	case Jaccard:
		s = b / (a + c - b)
	case Lift:
		s = b / n / (a / n * c / n)
	case TFIDF:
		var dot, one, other float64
		for _, set := range sets {
			distinct := slices.Clone(set)
			slices.Sort(distinct)
			w := math.Log(float64(1+products)/float64(1+len(slices.Compact(distinct)))) + 1
			hasP, hasQ := slices.Contains(set, p), slices.Contains(set, q)
			if hasP {
				one += w * w
			}
			if hasQ {
				other += w * w
			}
			if hasP && hasQ {
				dot += w * w
			}
		}
		s = dot / math.Sqrt(one) / math.Sqrt(other)
	}
	return s * b / (b + o.Shrinkage)
}

func TestSimilarityAgainstItsDefinition(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 6))
	for round := range 24 {
		sets := randomBaskets(r, 20+r.IntN(80), 14, 9)
		b := basketsOf(t, sets, nil)
		o := SimilarityOptions{
			Measure: []Similarity{Cosine, Jaccard, Lift, TFIDF}[round%4], Shrinkage: []float64{0, 0.5, 10}[round%3],
			MinTogether: 1 + round%2, Neighbours: []int{3, 100}[round%2],
		}
		all := similar(t, b, &o)
		require.Len(t, all, b.Report().Products)
		for _, n := range all {
			require.Equal(t, b.Count(n.Product), n.Count)
			shown := map[string]bool{n.Product: true}
			for i, x := range n.Nearest {
				require.False(t, shown[x.Product], "twice, or its own neighbour")
				shown[x.Product] = true
				require.Equal(t, b.Together(n.Product, x.Product), x.Together)
				require.InEpsilon(t, similarityByHand(sets, b.Report().Products, o, n.Product, x.Product), x.Similarity, 1e-12)
				if i > 0 {
					require.LessOrEqual(t, x.Similarity, n.Nearest[i-1].Similarity)
				}
			}
			// Nobody better was left out.
			for _, other := range all {
				if shown[other.Product] || b.Together(n.Product, other.Product) < o.MinTogether {
					continue
				}
				require.Len(t, n.Nearest, o.Neighbours)
				s := similarityByHand(sets, b.Report().Products, o, n.Product, other.Product)
				require.LessOrEqual(t, s, n.Nearest[o.Neighbours-1].Similarity*(1+1e-12))
			}
		}
	}
}

// The figure is the same from either side to the last bit, and neither the
// order of the baskets (but for the last bits of sums of weights), nor the
// number of workers, nor the way the best are kept matters.
func TestSimilarityIsSymmetricAndReproducible(t *testing.T) {
	t.Parallel()
	sets := randomBaskets(rand.New(rand.NewPCG(12, 12)), 500, 90, 25)
	b := basketsOf(t, sets, nil)
	for _, m := range []Similarity{Cosine, Jaccard, Lift, TFIDF} {
		want := similar(t, b, &SimilarityOptions{Measure: m, Neighbours: 1000, Workers: 1})
		pair := map[[2]string]float64{}
		for _, n := range want {
			for _, x := range n.Nearest {
				pair[[2]string{n.Product, x.Product}] = x.Similarity
			}
		}
		for k, s := range pair {
			require.Equal(t, s, pair[[2]string{k[1], k[0]}])
		}
		for _, workers := range []int{2, 3, 16, 0} {
			require.Equal(t, want, similar(t, b, &SimilarityOptions{Measure: m, Neighbours: 1000, Workers: workers}))
		}
		for i, n := range similar(t, b, &SimilarityOptions{Measure: m, Neighbours: insertUpTo}) {
			require.Equal(t, want[i].Nearest[:min(insertUpTo, len(want[i].Nearest))], n.Nearest)
		}
	}
}

// More shrinkage never makes a pair more alike, and none never less than it.
func TestShrinkageShrinks(t *testing.T) {
	t.Parallel()
	b := basketsOf(t, [][]string{{"a", "b"}, {"c", "d"}, {"c", "d"}, {"c", "d"}, {"c"}, {"d"}}, nil)
	plain := similar(t, b, nil)
	assert.Equal(t, 1.0, neighboursOf(t, plain, "a").Nearest[0].Similarity)
	assert.Equal(t, 0.75, neighboursOf(t, plain, "c").Nearest[0].Similarity)
	shrunk := similar(t, b, &SimilarityOptions{Shrinkage: 2})
	assert.InDelta(t, 1.0/3, neighboursOf(t, shrunk, "a").Nearest[0].Similarity, 1e-15, "one basket says little")
	assert.InDelta(t, 0.45, neighboursOf(t, shrunk, "c").Nearest[0].Similarity, 1e-15)
	assert.Empty(t, neighboursOf(t, similar(t, b, &SimilarityOptions{MinTogether: 2}), "a").Nearest)
}

func TestSimilarityRefuses(t *testing.T) {
	t.Parallel()
	b := basketsOf(t, docBaskets, nil)
	for field, options := range map[string][]SimilarityOptions{
		"Measure":     {{Measure: "euclid"}},
		"Shrinkage":   {{Shrinkage: math.NaN()}, {Shrinkage: -1}, {Shrinkage: math.Inf(1)}},
		"MinTogether": {{MinTogether: -1}},
		"Neighbours":  {{Neighbours: -1}},
		"Workers":     {{Workers: -1}},
	} {
		for _, o := range options {
			_, err := b.Similar(&o)
			inputError(t, err, keyaccount.ErrOutOfRange, field, 0)
		}
	}
	one := similar(t, basketsOf(t, [][]string{{"a", "a"}}, nil), nil)
	assert.Equal(t, []Neighbours{{Product: "a", Count: 1, Nearest: []Neighbour{}}}, one)
}
