package affinity

import (
	"bufio"
	"encoding/json"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

// The five baskets of mlxtend's documentation of apriori and
// association_rules (one line of "Onion" twice).
var docBaskets = [][]string{
	{"Milk", "Onion", "Nutmeg", "Kidney Beans", "Eggs", "Yogurt"},
	{"Dill", "Onion", "Nutmeg", "Kidney Beans", "Eggs", "Yogurt"},
	{"Milk", "Apple", "Kidney Beans", "Eggs"},
	{"Milk", "Unicorn", "Corn", "Kidney Beans", "Yogurt"},
	{"Corn", "Onion", "Onion", "Kidney Beans", "Ice cream", "Eggs"},
}

func itemsets(t testing.TB, b *Baskets, minSupport float64, opts *ItemsetOptions) *Itemsets {
	t.Helper()
	s, err := FrequentItemsets(b, minSupport, opts)
	require.NoError(t, err)
	return s
}

// Groceries (Hahsler, Hornik and Reutterer 2006): 9,835 baskets of 169 items.
func groceries(t testing.TB) *Baskets {
	t.Helper()
	var sets [][]string
	for lines := bufio.NewScanner(oracle.Open(t, "data/segment/groceries.csv")); lines.Scan(); {
		sets = append(sets, strings.Split(lines.Text(), ","))
	}
	b := basketsOf(t, sets, nil)
	require.Equal(t, []int{9835, 169}, []int{b.Report().Baskets, b.Report().Products})
	return b
}

// TestOracleGroceriesItemsets compares every set to mlxtend's.
func TestOracleGroceriesItemsets(t *testing.T) {
	t.Parallel()
	got := itemsets(t, groceries(t), 0.005, nil)
	assert.Equal(t, []int{120, 605, 264, 12}, got.ByLength)
	rows := oracle.CSV(t, "oracles/segment/oracle_mlxtend_groceries_0.005_itemsets.csv.gz")
	require.Len(t, got.Sets, len(rows))
	byName := map[string]Itemset{}
	for _, s := range got.Sets {
		byName[strings.Join(s.Products, "|")] = s
	}
	for _, row := range rows {
		s, ok := byName[row["items"]]
		require.True(t, ok, row["items"])
		require.Equal(t, row["count"], strconv.Itoa(s.Count), row["items"])
		want, err := strconv.ParseFloat(row["support"], 64)
		require.NoError(t, err)
		require.Equal(t, want, s.Support, row["items"])
	}
}

// mlxtend documents these as apriori(df, min_support=0.6).
func TestItemsetsOfTheDocumentation(t *testing.T) {
	t.Parallel()
	got := itemsets(t, basketsOf(t, docBaskets, nil), 0.6, nil)
	var list []string
	for _, s := range got.Sets {
		list = append(list, strings.Join(s.Products, "+")+" "+number(s.Support))
	}
	assert.Equal(t, []string{
		"Kidney Beans 1", "Eggs 0.8", "Milk 0.6", "Onion 0.6", "Yogurt 0.6",
		"Eggs+Kidney Beans 0.8", "Eggs+Onion 0.6", "Kidney Beans+Milk 0.6", "Kidney Beans+Onion 0.6", "Kidney Beans+Yogurt 0.6",
		"Eggs+Kidney Beans+Onion 0.6",
	}, list)
	assert.Equal(t, []int{5, 3}, []int{got.Baskets, got.MinCount})
}

// Every subset of the products is counted by hand.
func TestItemsetsAgainstEverySubset(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	for round := range 40 {
		sets := randomBaskets(r, 1+r.IntN(120), 9, 8)
		b := basketsOf(t, sets, nil)
		minSupport := []float64{0.02, 0.1, 0.25, 1}[round%4]
		maxLength := round % 5
		got := map[string]int{}
		for _, s := range itemsets(t, b, minSupport, &ItemsetOptions{MaxLength: maxLength}).Sets {
			got[strings.Join(s.Products, "|")] = s.Count
		}
		want := map[string]int{}
		for mask := 1; mask < 1<<9; mask++ {
			var names []string
			for i := range 9 {
				if mask>>i&1 == 1 {
					names = append(names, "P"+strconv.Itoa(i))
				}
			}
			n := countBoth(sets, names...)
			if (maxLength == 0 || len(names) <= maxLength) && n > 0 && float64(n)/float64(len(sets)) >= minSupport {
				want[strings.Join(names, "|")] = n
			}
		}
		require.Equal(t, want, got)
	}
}

// A set that a basket holds is as frequent as its threshold says, whatever the
// rounding of the share: 3 of 10 baskets reach 0.3.
func TestLeastCountIsThatOfAShareInFloat64(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	for range 20_000 {
		n := 1 + r.IntN(1000)
		share := float64(1+r.IntN(n)) / float64(n)
		switch r.IntN(3) {
		case 0:
			share = 1 - r.Float64()
		case 1:
			share = min(math.Nextafter(share, 1), 1)
		}
		c := leastCount(share, n)
		require.GreaterOrEqual(t, float64(c)/float64(n), share)
		require.True(t, c == 1 || float64(c-1)/float64(n) < share, "%v of %d", share, n)
	}
	assert.Equal(t, 1, leastCount(5e-324, 1000))
	assert.Equal(t, 1000, leastCount(1, 1000))
}

func TestItemsetsDependOnNeitherOrderNorWorkers(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 11))
	sets := randomBaskets(r, 400, 60, 20)
	want := itemsets(t, basketsOf(t, sets, nil), 0.02, &ItemsetOptions{Workers: 1})
	require.Greater(t, len(want.ByLength), 2)
	for _, n := range []int{2, 3, 8, 0} {
		r.Shuffle(len(sets), func(i, j int) { sets[i], sets[j] = sets[j], sets[i] })
		for _, s := range sets {
			r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
		}
		require.Equal(t, want, itemsets(t, basketsOf(t, sets, nil), 0.02, &ItemsetOptions{Workers: n}))
	}
}

// A lower threshold never loses a set, and a subset is never rarer.
func TestItemsetsAreMonotone(t *testing.T) {
	t.Parallel()
	b := basketsOf(t, randomBaskets(rand.New(rand.NewPCG(2, 3)), 300, 20, 8), nil)
	counts := map[string]int{}
	for _, minSupport := range []float64{0.2, 0.1, 0.05, 0.02} {
		now := map[string]int{}
		for _, s := range itemsets(t, b, minSupport, nil).Sets {
			now[strings.Join(s.Products, "|")] = s.Count
			for i := range s.Products {
				if less := slices.Delete(slices.Clone(s.Products), i, i+1); len(less) > 0 {
					require.GreaterOrEqual(t, now[strings.Join(less, "|")], s.Count)
				}
			}
		}
		for k, n := range counts {
			require.Equal(t, n, now[k])
		}
		counts = now
	}
}

// mlxtend #837 and #948: a one-hot table of all baskets and products exhausts
// the memory (899 GiB were asked for), although nearly all of it is empty. Here
// 50,000 baskets of 20,000 products would be a table of a billion cells.
func TestMemoryFollowsTheEntriesNotTheTable(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	sets := make([][]string, 50_000)
	names := make([]string, 20_000)
	for i := range names {
		names[i] = "P" + strconv.Itoa(i)
	}
	for i := range sets {
		sets[i] = []string{names[r.IntN(len(names))], names[r.IntN(len(names))], names[r.IntN(100)]}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b := basketsOf(t, sets, nil)
	got := itemsets(t, b, 2.0/50_000, nil)
	runtime.ReadMemStats(&after)
	require.Len(t, got.ByLength, 2)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(100<<20), "bytes for 150,000 entries")
}

func TestItemsetsRefuse(t *testing.T) {
	t.Parallel()
	b := basketsOf(t, docBaskets, nil)
	for _, minSupport := range []float64{0, -0.1, 1.0000001, math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, err := FrequentItemsets(b, minSupport, nil)
		inputError(t, err, keyaccount.ErrOutOfRange, "minSupport", 0)
	}
	for field, o := range map[string]ItemsetOptions{"MaxLength": {MaxLength: -1}, "Limit": {Limit: -1}, "Workers": {Workers: -1}} {
		_, err := FrequentItemsets(b, 0.5, &o)
		inputError(t, err, keyaccount.ErrOutOfRange, field, 0)
	}
	for _, limit := range []int{1, 10} {
		_, err := FrequentItemsets(b, 0.6, &ItemsetOptions{Limit: limit})
		inputError(t, err, keyaccount.ErrOutOfRange, "Limit", 0)
	}
	assert.Len(t, itemsets(t, b, 0.6, &ItemsetOptions{Limit: 11}).Sets, 11, "exactly at the limit")
	none := itemsets(t, basketsOf(t, [][]string{{"a"}, {"b"}, {}}, nil), 1, nil)
	assert.Empty(t, none.Sets)
	assert.Empty(t, none.ByLength)
	rules, err := none.Rules(nil)
	require.NoError(t, err)
	assert.Empty(t, rules)
	text, err := json.Marshal(none)
	require.NoError(t, err)
	assert.JSONEq(t, `{"baskets":3,"min_support":1,"min_count":3,"by_length":[],"sets":[]}`, string(text))
}
