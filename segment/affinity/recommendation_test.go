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

func TestDueFollowsTheRhythm(t *testing.T) {
	t.Parallel()
	p, _ := office(t)
	m := fitted(t, p, nil)
	// Own: 2 gaps in 60 days. All buyers: 3 gaps in 100 days, weighing as 2.
	// The gap to be expected is (2*100/3 + 60) / (2 + 2) = 31.67 days.
	h := p.History("a1")
	due, err := m.Due(h, day("2025-04-01"), &DueOptions{MinGaps: 3})
	require.NoError(t, err)
	sound(t, due)
	require.Equal(t, []string{"ink"}, products(due), "nobody ever came back for a printer")
	d := due[0]
	gap := (2*100.0/3 + 60) / 4
	assert.InDelta(t, 30/gap, d.Score, 1e-15)
	assert.Equal(t, 30, d.Due.DaysSince)
	assert.InDelta(t, gap, d.Due.ExpectedGap, 1e-14)
	assert.Equal(t, day("2025-04-03"), d.Due.Expected)
	assert.Equal(t, DueAgain, d.Reason)
	assert.Equal(t, "due for re-purchase: 2 own gaps of 30.0 days on average; 3 gaps of all buyers, 33.3 days on average; "+
		"expected every 31.7 days, last bought 30 days ago", d.Explain("en"))
	assert.Equal(t, "到期复购：自身 2 次间隔，平均 30.0 天；全体购买者 3 次间隔，平均 33.3 天；预计每 31.7 天一次，距上次购买 30 天", d.Explain("zh"))

	// Too few gaps of all buyers: only the account's own count.
	due, err = m.Due(h, day("2025-04-01"), nil)
	require.NoError(t, err)
	assert.Equal(t, []Contribution{{Source: FromOwnRhythm, Count: 2, MeanDays: 30, Value: 1}}, due[0].Because)
	assert.Equal(t, day("2025-04-01"), due[0].Due.Expected)

	// No gap of its own: the rhythm of all buyers.
	due, err = m.Due(History{Items: []Holding{{Product: "ink", Days: 1, First: day("2025-03-01"), Last: day("2025-03-01")}}},
		day("2025-04-01"), &DueOptions{MinGaps: 3})
	require.NoError(t, err)
	assert.InDelta(t, 31/(100.0/3), due[0].Score, 1e-15)
	assert.Equal(t, FromProductRhythm, due[0].Because[0].Source)

	for name, c := range map[string]struct {
		asOf time.Time
		o    DueOptions
		want []string
	}{
		"too early":        {day("2025-03-20"), DueOptions{}, []string{}},
		"bought today":     {day("2025-03-02"), DueOptions{}, []string{}},
		"earlier on wish":  {day("2025-03-20"), DueOptions{From: 0.5}, []string{"ink"}},
		"given up":         {day("2025-06-15"), DueOptions{}, []string{}},
		"given up later":   {day("2025-06-15"), DueOptions{To: 4}, []string{"ink"}},
		"excluded":         {day("2025-04-01"), DueOptions{Exclude: []string{"ink"}}, []string{}},
		"From above three": {day("2025-07-10"), DueOptions{From: 4}, []string{}},
	} {
		due, err := m.Due(h, c.asOf, &c.o)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, products(due), name)
	}
}

// Later is never less due, and a longer gap never more: up to the day on which
// the account has given up.
func TestDueIsMonotone(t *testing.T) {
	t.Parallel()
	p, _ := office(t)
	m := fitted(t, p, nil)
	wide := &DueOptions{From: 1e-9, To: 1e9, MinGaps: 2}
	score := func(days, span, since int) float64 {
		h := History{Items: []Holding{{Product: "ink", Days: days, First: day("2024-01-01"), Last: day("2024-01-01").AddDate(0, 0, span)}}}
		due, err := m.Due(h, day("2024-01-01").AddDate(0, 0, span+since), wide)
		require.NoError(t, err)
		sound(t, due)
		require.Len(t, due, 1)
		return due[0].Score
	}
	for days := 2; days < 6; days++ {
		for span := days; span < 60; span += 7 {
			require.Less(t, score(days, span, 10), score(days, span, 11))
			require.Greater(t, score(days, span, 10), score(days, span+1, 10))
			require.Less(t, score(days, span, 10), score(days+1, span, 10))
		}
	}
}

func TestDueRefuses(t *testing.T) {
	t.Parallel()
	p, _ := office(t)
	m := fitted(t, p, nil)
	nan := math.NaN()
	for field, options := range map[string][]DueOptions{
		"N":         {{N: -1}},
		"From":      {{From: nan}, {From: -1}, {From: math.Inf(1)}},
		"To":        {{To: nan}, {To: 0.5}, {From: 4, To: 3.9}, {To: math.Inf(1)}},
		"PriorGaps": {{PriorGaps: nan}, {PriorGaps: -1}, {PriorGaps: math.Inf(1)}},
		"MinGaps":   {{MinGaps: -1}},
	} {
		for _, o := range options {
			_, err := m.Due(History{}, day("2025-04-01"), &o)
			require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
			require.ErrorContains(t, err, field)
		}
	}
	_, err := m.Due(p.History("a1"), time.Time{}, nil)
	inputError(t, err, keyaccount.ErrMissing, "asOf", 0)
	_, err = m.Due(p.History("a1"), day("2025-03-01"), nil)
	inputError(t, err, keyaccount.ErrOutOfRange, "Last", 1)
	due, err := m.Due(having("", "ink"), day("2025-04-01"), nil)
	require.NoError(t, err)
	assert.Empty(t, due, "without days there is no rhythm")
}

func TestWhiteSpace(t *testing.T) {
	t.Parallel()
	p, segments := office(t)
	m := fitted(t, p, &FitOptions{Segments: segments})
	h := p.History("a3")
	h.Segment = "A"
	gaps, err := m.WhiteSpace(h, nil)
	require.NoError(t, err)
	sound(t, gaps)
	require.Equal(t, []string{"ink"}, products(gaps))
	assert.Equal(t, []any{PeersBuy, "A", ratio(2, 3)}, []any{gaps[0].Reason, gaps[0].Segment, gaps[0].Score})
	assert.Equal(t, []Contribution{
		{Source: FromEveryone, Count: 2, Of: 6, Value: 1.0 / 3},
		{Source: FromSegment, Count: 2, Of: 3, Value: 2.0/3 - 1.0/3},
	}, gaps[0].Because)
	assert.Equal(t, "peers buy it: 2 of all 6 accounts buy it; 2 of 3 accounts in segment A buy it", gaps[0].Explain("en"))
	assert.Equal(t, "同类客户在买：全部 6 个客户中有 2 个购买；细分“A”的 3 个客户中有 2 个购买", gaps[0].Explain("zh"))

	stranger := having("A")
	for name, c := range map[string]struct {
		o    WhiteSpaceOptions
		want []string
	}{
		"by share":         {WhiteSpaceOptions{}, []string{"printer", "ink", "paper"}},
		"by distinction":   {WhiteSpaceOptions{Rank: ByDistinction}, []string{"printer", "ink", "paper"}},
		"enough peers":     {WhiteSpaceOptions{MinPeers: 3}, []string{"printer"}},
		"a great share":    {WhiteSpaceOptions{MinShare: 0.9}, []string{"printer"}},
		"without printers": {WhiteSpaceOptions{Exclude: []string{"printer"}}, []string{"ink", "paper"}},
		"one":              {WhiteSpaceOptions{N: 1}, []string{"printer"}},
	} {
		gaps, err := m.WhiteSpace(stranger, &c.o)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, products(gaps), name)
	}
	// In B the chair is bought by all, the desk by half; but half of all
	// accounts buy chairs, and the desk is B's alone.
	byShare, err := m.WhiteSpace(having("B"), &WhiteSpaceOptions{MinPeers: 1})
	require.NoError(t, err)
	assert.Equal(t, []string{"chair", "desk", "paper"}, products(byShare))
	everyone, err := m.WhiteSpace(having(""), &WhiteSpaceOptions{Rank: ByDistinction})
	require.NoError(t, err)
	sound(t, everyone)
	assert.Equal(t, []string{"chair", "paper", "printer", "ink"}, products(everyone), "all accounts are no more than themselves")

	_, err = m.WhiteSpace(having("Z"), nil)
	inputError(t, err, keyaccount.ErrMissing, "Segment", 0)
	for field, o := range map[string]WhiteSpaceOptions{
		"N": {N: -1}, "Rank": {Rank: "x"}, "MinPeers": {MinPeers: -1}, "MinShare": {MinShare: math.NaN()},
	} {
		_, err = m.WhiteSpace(stranger, &o)
		inputError(t, err, keyaccount.ErrOutOfRange, field, 0)
	}
}

// The order by distinction is by the segment's excess: a product that everyone
// buys comes last, however many peers buy it.
func TestWhiteSpaceByDistinction(t *testing.T) {
	t.Parallel()
	p := new(Purchases)
	segments := map[string]string{}
	for i := range 10 {
		id := "acc" + strconv.Itoa(i)
		require.NoError(t, p.Add(buy(id, "1", "paper", "2025-01-01")))
		if i < 4 {
			segments[id] = "lab"
			if i < 3 {
				require.NoError(t, p.Add(buy(id, "1", "pipette", "2025-01-01")))
			}
		}
	}
	m := fitted(t, p, &FitOptions{Segments: segments})
	share, err := m.WhiteSpace(having("lab"), nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"paper", "pipette"}, products(share))
	distinct, err := m.WhiteSpace(having("lab"), &WhiteSpaceOptions{Rank: ByDistinction})
	require.NoError(t, err)
	sound(t, distinct)
	assert.Equal(t, []string{"pipette", "paper"}, products(distinct))
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
