package affinity

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// randomBaskets are skewed like real ones: a few products are everywhere.
func randomBaskets(r *rand.Rand, baskets, products, most int) [][]string {
	out := make([][]string, baskets)
	for i := range out {
		for range r.IntN(most + 1) {
			out[i] = append(out[i], "P"+strconv.Itoa(r.IntN(1+r.IntN(products))))
		}
	}
	return out
}

func basketsOf(t testing.TB, sets [][]string, opts *BasketOptions) *Baskets {
	t.Helper()
	b, err := NewBaskets(sets, opts)
	require.NoError(t, err)
	return b
}

// countBoth counts by looking at every basket.
func countBoth(sets [][]string, products ...string) int {
	n := 0
	for _, set := range sets {
		all := true
		for _, p := range products {
			all = all && slices.Contains(set, p)
		}
		if all {
			n++
		}
	}
	return n
}

func TestBasketsByAccountAndByOrder(t *testing.T) {
	t.Parallel()
	p := purchasesOf(t,
		buy("A", "1", "ink", "2025-03-01"), buy("A", "1", "pen", "2025-03-01"), buy("A", "1", "pen", "2025-03-01"),
		buy("A", "2", "pad", "2025-03-09"), buy("A", "", "pad", "2025-03-10"), buy("A", "", "pad", "2025-03-10"),
		buy("B", "1", "ink", "2025-03-01"), // the same order ID, of another account
	)
	byAccount, err := p.Baskets(nil)
	require.NoError(t, err)
	assert.Equal(t, BasketReport{Baskets: 2, Products: 3, Entries: 4, Pairs: 3, Largest: 3}, byAccount.Report())
	assert.Equal(t, 1, byAccount.Together("ink", "pad"))
	byOrder, err := p.Baskets(&BasketOptions{By: ByOrder})
	require.NoError(t, err)
	assert.Equal(t, BasketReport{Baskets: 5, Products: 3, Entries: 6, Pairs: 1, Largest: 2}, byOrder.Report())
	assert.Equal(t, []int{2, 1, 3, 0}, []int{byOrder.Count("ink"), byOrder.Count("pen"), byOrder.Count("pad"), byOrder.Count("none")})
	assert.Equal(t, []int{1, 0, 0, 0}, []int{
		byOrder.Together("ink", "pen"), byOrder.Together("ink", "pad"), byOrder.Together("ink", "none"), byOrder.Together("none", "ink"),
	})
}

func TestTogetherCountsEveryBasket(t *testing.T) {
	t.Parallel()
	sets := randomBaskets(rand.New(rand.NewPCG(1, 1)), 300, 15, 10)
	b := basketsOf(t, sets, nil)
	for i := range 15 {
		x := "P" + strconv.Itoa(i)
		require.Equal(t, countBoth(sets, x), b.Count(x))
		for j := range 15 {
			y := "P" + strconv.Itoa(j)
			require.Equal(t, countBoth(sets, x, y), b.Together(x, y))
		}
	}
}

func TestOversizedBaskets(t *testing.T) {
	t.Parallel()
	sets := [][]string{{"a", "b"}, {"b", "c"}, {"d", "c", "b", "a", "a"}, {"a", "b", "c"}, {}}
	b := basketsOf(t, sets, &BasketOptions{MaxProducts: 3})
	assert.Equal(t, BasketReport{Baskets: 4, Products: 3, Entries: 7, Pairs: 5, Largest: 4, LeftOut: 1, LeftOutEntries: 4}, b.Report())
	assert.Zero(t, b.Count("d"))

	b = basketsOf(t, sets, &BasketOptions{MaxProducts: 2, Oversize: Cut})
	assert.Equal(t, BasketReport{Baskets: 5, Products: 3, Entries: 8, Pairs: 4, Largest: 4, WereCut: 2, CutEntries: 3}, b.Report())
	assert.Equal(t, []int{3, 4, 1, 0}, []int{b.Count("a"), b.Count("b"), b.Count("c"), b.Count("d")},
		"b is in 4 of 5; a and c in 3 each, and a comes first")
}

// mlxtend #909: thirty huge baskets among ordinary ones blow the time up, the
// more so the lower the support. Thirty baskets of 30,000 products share every
// subset of them; by default they are left out, and counted.
func TestHugeBasketsDoNotBlowUp(t *testing.T) {
	t.Parallel()
	huge := make([]string, 30_000)
	for i := range huge {
		huge[i] = "H" + strconv.Itoa(i)
	}
	sets := randomBaskets(rand.New(rand.NewPCG(9, 9)), 2000, 40, 8)
	ordinary, err := FrequentItemsets(basketsOf(t, sets, nil), 0.01, nil)
	require.NoError(t, err)
	for range 30 {
		sets = append(sets, huge)
	}
	b := basketsOf(t, sets, nil)
	r := b.Report()
	assert.Equal(t, []int{2000, 30, 900_000, 30_000}, []int{r.Baskets, r.LeftOut, r.LeftOutEntries, r.Largest})
	got, err := FrequentItemsets(b, 0.01, nil)
	require.NoError(t, err)
	assert.Equal(t, ordinary, got)

	b = basketsOf(t, sets, &BasketOptions{MaxProducts: 300, Oversize: Cut})
	r = b.Report()
	assert.Equal(t, []int{2030, 30, 30 * 29_700}, []int{r.Baskets, r.WereCut, r.CutEntries})
	_, err = b.Similar(nil)
	require.NoError(t, err)
	// Cut to the same 300 products, they still share 2^300 sets: refused,
	// instead of never ending.
	_, err = FrequentItemsets(b, 0.01, nil)
	inputError(t, err, keyaccount.ErrOutOfRange, "Limit", 0)
	_, err = FrequentItemsets(b, 0.01, &ItemsetOptions{MaxLength: 2})
	require.NoError(t, err)

	p := purchasesOf(t, buy("A", "1", "P1", "2025-03-01"), buy("A", "1", "P2", "2025-03-01"))
	for _, id := range huge {
		require.NoError(t, p.Add(buy("RESELLER", "9", id, "2025-03-01")))
	}
	m, err := Fit(p, nil)
	require.NoError(t, err)
	assert.Equal(t, 1, m.Report.LeftOut)
	assert.Len(t, m.Products, 30_002, "what it bought still counts as bought")
	next, err := m.Next(p.History("RESELLER"), nil)
	require.NoError(t, err)
	assert.Len(t, next, 2, "only two products are left to recommend")
}

func TestBasketsRefuse(t *testing.T) {
	t.Parallel()
	p := purchasesOf(t, buy("A", "1", "ink", "2025-03-01"))
	for field, o := range map[string]BasketOptions{
		"By": {By: "week"}, "MaxProducts": {MaxProducts: -1}, "Oversize": {Oversize: "split"},
	} {
		_, err := p.Baskets(&o)
		inputError(t, err, keyaccount.ErrOutOfRange, field, 0)
		_, err = NewBaskets([][]string{{"a"}}, &o)
		inputError(t, err, keyaccount.ErrOutOfRange, field, 0)
	}
	_, err := new(Purchases).Baskets(nil)
	inputError(t, err, keyaccount.ErrMissing, "purchases", 0)
	_, err = NewBaskets(nil, nil)
	inputError(t, err, keyaccount.ErrMissing, "baskets", 0)
	_, err = NewBaskets([][]string{{"a"}, {"b", ""}}, nil)
	inputError(t, err, keyaccount.ErrMissing, "baskets", 2)

	none := basketsOf(t, [][]string{{"a", "b", "c"}}, &BasketOptions{MaxProducts: 2})
	for _, b := range []*Baskets{nil, {}, none} {
		_, err = FrequentItemsets(b, 0.5, nil)
		inputError(t, err, keyaccount.ErrMissing, "baskets", 0)
		_, err = b.Similar(nil)
		inputError(t, err, keyaccount.ErrMissing, "baskets", 0)
	}
}
