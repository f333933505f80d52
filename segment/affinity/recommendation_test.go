package affinity

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// sound checks what holds for all recommendations: finite scores that are the
// sum of their contributions, ranks from 1, no product twice, JSON.
func sound(t testing.TB, list []Recommendation) {
	t.Helper()
	seen := map[string]bool{}
	for i, r := range list {
		require.Equal(t, i+1, r.Rank)
		require.False(t, seen[r.Product], r.Product)
		seen[r.Product] = true
		require.NotEmpty(t, r.Because)
		sum, scale := 0.0, math.Abs(r.Score)
		for k, c := range r.Because {
			require.False(t, math.IsNaN(c.Value) || math.IsInf(c.Value, 0))
			sum += c.Value
			scale = max(scale, math.Abs(c.Value))
			require.True(t, k == 0 || c.Value <= r.Because[k-1].Value, "the greatest first")
		}
		require.InDelta(t, r.Score, sum, 1e-12*scale)
		require.NotContains(t, r.Explain("en")+r.Explain("zh"), "%!")
		if i > 0 && r.Reason == list[i-1].Reason && r.Reason != PeersBuy {
			require.LessOrEqual(t, r.Score, list[i-1].Score)
		}
	}
	_, err := json.Marshal(list)
	require.NoError(t, err)
}

func next(t testing.TB, m *Model, h History, o *NextOptions) []Recommendation {
	t.Helper()
	list, err := m.Next(h, o)
	require.NoError(t, err)
	sound(t, list)
	return list
}

func products(list []Recommendation) []string {
	out := []string{}
	for _, r := range list {
		out = append(out, r.Product)
	}
	return out
}

func having(segment string, ids ...string) History {
	h := History{Segment: segment}
	for _, id := range ids {
		h.Items = append(h.Items, Holding{Product: id})
	}
	return h
}

// Every score from the definition, over all pairs.
func TestNextIsTheSumOfSimilarities(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 1))
	for range 20 {
		p := purchasesOf(t, randomLines(r, 250)...)
		b, err := p.Baskets(nil)
		require.NoError(t, err)
		m := fitted(t, p, &FitOptions{Similarity: SimilarityOptions{Neighbours: 1000}})
		h := having("", "P0", "P3", "P7", "unknown")
		list := next(t, m, h, &NextOptions{N: 1000, NoFallback: true})
		require.NotEmpty(t, list)
		for _, x := range list {
			want := 0.0
			for _, own := range []string{"P0", "P3", "P7"} {
				if n := b.Together(own, x.Product); n > 0 {
					want += float64(n) / math.Sqrt(float64(b.Count(own))*float64(b.Count(x.Product)))
				}
			}
			require.InEpsilon(t, want, x.Score, 1e-12)
			require.Equal(t, BoughtTogether, x.Reason)
			for _, c := range x.Because {
				require.Equal(t, []int{b.Together(c.Product, x.Product), b.Count(c.Product)}, []int{c.Count, c.Of})
			}
		}
	}
}

// implicit #345, #365, #316, #40 and gorse #833, #238: what an account has
// already bought is shown again, or is filtered out afterwards so that fewer
// than N are left.
func TestAlreadyBoughtIsNeverShownAndNAreReturned(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 31))
	p := purchasesOf(t, randomLines(r, 60)...)
	m := fitted(t, p, &FitOptions{Similarity: SimilarityOptions{Neighbours: 2}})
	for h := range p.Histories() {
		for n := 1; n <= len(m.Products); n++ {
			list := next(t, m, h, &NextOptions{N: n})
			require.Len(t, list, min(n, len(m.Products)-len(h.Items)))
			for _, x := range list {
				require.False(t, slices.ContainsFunc(h.Items, func(own Holding) bool { return own.Product == x.Product }))
			}
			require.Len(t, next(t, m, h, &NextOptions{N: n, AlreadyBought: IncludeBought}), n)
			for _, x := range next(t, m, h, &NextOptions{N: n, NoFallback: true}) {
				require.Equal(t, BoughtTogether, x.Reason)
			}
		}
	}
}

// implicit #592, gorse #151 and #357: a new account gets nothing, or noise.
func TestColdStartFallsBackToTheSegment(t *testing.T) {
	t.Parallel()
	p, segments := office(t)
	m := fitted(t, p, &FitOptions{Segments: segments})
	list := next(t, m, having("B"), nil)
	assert.Equal(t, []string{"chair", "desk", "paper", "printer", "ink"}, products(list))
	assert.Equal(t, []Reason{PopularInSegment, PopularInSegment, PopularInSegment, PopularOverall, PopularOverall},
		[]Reason{list[0].Reason, list[1].Reason, list[2].Reason, list[3].Reason, list[4].Reason})
	assert.Equal(t, []string{"chair", "paper", "printer", "ink", "desk"}, products(next(t, m, having("unknown"), nil)))
	assert.Equal(t, []string{"chair", "paper"}, products(next(t, m, having(""), &NextOptions{N: 2})))
	assert.Equal(t, []string{"chair", "desk"}, products(next(t, m, having("B", "of another catalogue"), &NextOptions{N: 2})))
	assert.Empty(t, next(t, m, having("B"), &NextOptions{NoFallback: true}))
}

// An account that has one product of many gets what goes with it, before what
// is popular.
func TestNextExplains(t *testing.T) {
	t.Parallel()
	p, segments := office(t)
	m := fitted(t, p, &FitOptions{Segments: segments})
	list := next(t, m, having("A", "printer"), nil)
	require.Equal(t, []string{"ink", "paper", "chair", "desk"}, products(list))
	assert.Equal(t, []Contribution{{Source: FromProduct, Product: "printer", Count: 2, Of: 3, Value: 2 / math.Sqrt(6)}}, list[0].Because)
	assert.Equal(t, "bought together: 2 co-buyers with printer, of its 3", list[0].Explain("en"))
	assert.Equal(t, "关联购买：与 printer 有 2 位共同购买者（共 3 位）", list[0].Explain("zh-CN"))
	assert.Equal(t, "popular: 3 of all 6 accounts buy it", list[2].Explain(""))
	list = next(t, m, having("B", "desk"), &NextOptions{Exclude: []string{"chair"}})
	assert.NotContains(t, products(list), "chair")
	require.Equal(t, PopularInSegment, list[0].Reason)
	assert.Equal(t, "popular in the segment: 3 of all 6 accounts buy it; 1 of 2 accounts in segment B buy it", list[0].Explain("en"))

	many := make([]keyaccount.Transaction, 0, 6)
	for i := range 6 {
		many = append(many, buy("x", "1", "P"+strconv.Itoa(i), "2025-01-01"))
	}
	m = fitted(t, purchasesOf(t, many...), &FitOptions{Baskets: BasketOptions{By: ByOrder}})
	r := next(t, m, having("", "P0", "P1", "P2", "P3", "P4"), nil)[0]
	assert.Equal(t, 5.0, r.Score)
	assert.Equal(t, "bought together: with P0 in 1 of its 1 orders; with P1 in 1 of its 1 orders; with P2 in 1 of its 1 orders; and 2 more", r.Explain("en"))
	assert.Equal(t, "关联购买：与 P0 同单 1 次（共 1 单）；与 P1 同单 1 次（共 1 单）；与 P2 同单 1 次（共 1 单）；以及另外 2 项", r.Explain("zh"))
}

// A model from elsewhere may hold a similarity of 0: it says nothing, and is no
// reason to recommend.
func TestNextLeavesOutLinksOfNothing(t *testing.T) {
	t.Parallel()
	p, _ := office(t)
	m := fitted(t, p, nil)
	printer := m.Products[m.place("printer")].Neighbours
	require.Len(t, printer, 2)
	assert.Equal(t, []string{"ink", "paper"}, products(next(t, m, having("", "printer"), &NextOptions{NoFallback: true})))
	printer[1].Similarity = 0
	require.NoError(t, m.Validate())
	assert.Equal(t, []string{"ink"}, products(next(t, m, having("", "printer"), &NextOptions{NoFallback: true})))
	list := next(t, m, having("", "printer"), nil)
	require.Equal(t, []string{"ink", "chair", "paper", "desk"}, products(list))
	assert.Equal(t, PopularOverall, list[2].Reason)
}

// Ink comes again, the printer does not.
func TestOnlyConsumablesComeAgain(t *testing.T) {
	t.Parallel()
	p, _ := office(t)
	m := fitted(t, p, nil)
	h := p.History("a1")
	assert.Equal(t, []string{"paper"}, products(next(t, m, h, &NextOptions{NoFallback: true})))
	assert.Equal(t, []string{"ink", "paper"}, sortedCopy(products(next(t, m, h, &NextOptions{NoFallback: true, AlreadyBought: OnlyConsumables}))))
	assert.Equal(t, []string{"ink", "paper", "printer"}, sortedCopy(products(next(t, m, h, &NextOptions{NoFallback: true, AlreadyBought: IncludeBought}))))
	paper := having("", "paper", "ink", "printer")
	assert.Contains(t, products(next(t, m, paper, &NextOptions{AlreadyBought: OnlyConsumables})), "paper", "a third of its buyers came back")
	assert.NotContains(t, products(next(t, m, paper, &NextOptions{AlreadyBought: OnlyConsumables, ConsumableShare: 0.34})), "paper")
}

// implicit #555: a row that is not the account's is silently accepted. A
// history that cannot be one is refused, by every question.
func TestHistoriesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	p, segments := office(t)
	m := fitted(t, p, &FitOptions{Segments: segments})
	on := func(days int, first, last time.Time) Holding {
		return Holding{Product: "ink", Days: days, First: first, Last: last}
	}
	for _, c := range []struct {
		items []Holding
		kind  error
		field string
	}{
		{[]Holding{{Product: "x"}, {}}, keyaccount.ErrMissing, "Product"},
		{[]Holding{{Product: "ink"}, {Product: "ink"}}, keyaccount.ErrDuplicate, "Product"},
		{[]Holding{{Product: "x"}, {Product: "ink", Days: -1}}, keyaccount.ErrOutOfRange, "Days"},
		{[]Holding{{Product: "x"}, {Product: "ink", Orders: -1}}, keyaccount.ErrOutOfRange, "Days"},
		{[]Holding{{Product: "x"}, {Product: "ink", Days: 2}}, keyaccount.ErrOutOfRange, "First"},
		{[]Holding{{Product: "x"}, on(1, day("2025-01-01"), time.Time{})}, keyaccount.ErrOutOfRange, "First"},
		{[]Holding{{Product: "x"}, on(2, day("2025-01-02"), day("2025-01-01"))}, keyaccount.ErrOutOfRange, "Days"},
		{[]Holding{{Product: "x"}, on(3, day("2025-01-01"), day("2025-01-02"))}, keyaccount.ErrOutOfRange, "Days"},
		{[]Holding{{Product: "x"}, on(1, day("2025-01-01"), day("2025-01-02"))}, keyaccount.ErrOutOfRange, "Days"},
	} {
		h := History{Items: c.items}
		_, err := m.Next(h, nil)
		inputError(t, err, c.kind, c.field, 2)
		_, err = m.Due(h, day("2025-04-01"), nil)
		inputError(t, err, c.kind, c.field, 2)
		_, err = m.WhiteSpace(h, nil)
		inputError(t, err, c.kind, c.field, 2)
	}
	for _, none := range []*Model{nil, {}} {
		_, err := none.Next(History{}, nil)
		inputError(t, err, keyaccount.ErrMissing, "Products", 0)
		_, err = none.Due(History{}, day("2025-04-01"), nil)
		inputError(t, err, keyaccount.ErrMissing, "Products", 0)
		_, err = none.WhiteSpace(History{}, nil)
		inputError(t, err, keyaccount.ErrMissing, "Products", 0)
	}
	for field, o := range map[string]NextOptions{
		"N": {N: -1}, "AlreadyBought": {AlreadyBought: "x"}, "ConsumableShare": {ConsumableShare: math.NaN()},
	} {
		_, err := m.Next(History{}, &o)
		inputError(t, err, keyaccount.ErrOutOfRange, field, 0)
	}
}

func TestOneAccountOneProduct(t *testing.T) {
	t.Parallel()
	p := purchasesOf(t, buy("A", "", "ink", "2025-03-01"))
	m := fitted(t, p, nil)
	assert.Empty(t, next(t, m, p.History("A"), nil))
	assert.Equal(t, []string{"ink"}, products(next(t, m, History{}, nil)))
	gaps, err := m.WhiteSpace(History{}, &WhiteSpaceOptions{MinPeers: 1})
	require.NoError(t, err)
	assert.Equal(t, []string{"ink"}, products(gaps))
}

func TestReasonLabels(t *testing.T) {
	t.Parallel()
	var en, zh []string
	for _, r := range []Reason{BoughtTogether, DueAgain, PeersBuy, PopularInSegment, PopularOverall} {
		en, zh = append(en, r.Label("en")), append(zh, r.Label("zh"))
	}
	assert.Equal(t, []string{"bought together", "due for re-purchase", "peers buy it", "popular in the segment", "popular"}, en)
	assert.Equal(t, []string{"关联购买", "到期复购", "同类客户在买", "同类客户热销", "整体热销"}, zh)
	assert.Equal(t, "other", Reason("other").Label("en"))
	assert.Len(t, slices.Compact(slices.Sorted(slices.Values(zh))), 5)
}

func FuzzRecommend(f *testing.F) {
	p, segments := office(f)
	m := fitted(f, p, &FitOptions{Segments: segments, Similarity: SimilarityOptions{Measure: Lift}})
	f.Add("ink", "A", 3, int64(20089), int64(20149), int64(20200), 0.3, 0.8, 3.0, 2.0, 10)
	f.Add("chair", "", 0, int64(0), int64(0), int64(0), 1e-300, 1e-300, 1e12, 5e-324, 1)
	f.Fuzz(func(t *testing.T, product, segment string, days int, first, last, asOf int64, share, from, to, prior float64, n int) {
		h := History{Segment: segment, Items: []Holding{
			{Product: product, Days: days, First: time.Unix(first, 0).UTC(), Last: time.Unix(last, 0).UTC()}, {Product: "printer"},
		}}
		if list, err := m.Next(h, &NextOptions{N: n, ConsumableShare: share, AlreadyBought: OnlyConsumables}); err == nil {
			sound(t, list)
		}
		if list, err := m.Due(h, time.Unix(asOf, 0).UTC(), &DueOptions{N: n, From: from, To: to, PriorGaps: prior, MinGaps: 1}); err == nil {
			sound(t, list)
		}
		if list, err := m.WhiteSpace(h, &WhiteSpaceOptions{N: n, MinShare: share, Rank: ByDistinction}); err == nil {
			sound(t, list)
		}
	})
}
