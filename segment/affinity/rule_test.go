package affinity

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

func rulesOf(t testing.TB, s *Itemsets, opts *RuleOptions) []Rule {
	t.Helper()
	rules, err := s.Rules(opts)
	require.NoError(t, err)
	return rules
}

func name(r Rule) string {
	return strings.Join(r.Antecedent, "|") + " -> " + strings.Join(r.Consequent, "|")
}

// TestOracleGroceriesRules compares every measure of every rule that mlxtend
// finds at a minimum lift of 1, and that there is no other.
func TestOracleGroceriesRules(t *testing.T) {
	t.Parallel()
	rules := rulesOf(t, itemsets(t, groceries(t), 0.005, nil), &RuleOptions{MinLift: 1})
	byName := map[string]Rule{}
	for _, r := range rules {
		byName[name(r)] = r
	}
	rows := oracle.CSV(t, "oracles/segment/oracle_mlxtend_groceries_0.005_rules.csv.gz")
	require.Len(t, rows, 2868)
	require.Len(t, rules, len(rows))
	for _, row := range rows {
		key := row["a"] + " -> " + row["c"]
		r, ok := byName[key]
		require.True(t, ok, key)
		// mlxtend subtracts float supports of about 0.01 to 0.25: its leverage
		// has an absolute error of about 1e-17, which counts in the relative
		// one where the leverage is small.
		for column, got := range map[string]float64{
			"antecedent support": r.AntecedentSupport, "consequent support": r.ConsequentSupport, "support": r.Support,
			"confidence": r.Confidence, "lift": r.Lift, "leverage": r.Leverage, "conviction": r.Conviction.Value,
			"zhangs_metric": r.Zhang,
		} {
			want, err := strconv.ParseFloat(row[column], 64)
			require.NoError(t, err)
			require.InDelta(t, want, got, 1e-12*math.Abs(want)+1e-15, "%s of %s", column, key)
		}
		require.False(t, r.Conviction.Infinite, key)

		// The file has no column for these; here they are from its supports.
		a, c, ac := r.AntecedentSupport, r.ConsequentSupport, r.Support
		require.InEpsilon(t, ac/(a+c-ac), r.Jaccard, 1e-12)
		require.InDelta(t, (ac/a-c)/(1-c), r.Certainty, 1e-14)
		require.InEpsilon(t, (ac/a+ac/c)/2, r.Kulczynski, 1e-12)
	}
}

// mlxtend's documentation of association_rules lists these for its five
// baskets at a support of 0.6; there conviction is inf.
func TestMeasuresOfTheDocumentation(t *testing.T) {
	t.Parallel()
	rules := rulesOf(t, itemsets(t, basketsOf(t, docBaskets, nil), 0.6, nil), &RuleOptions{MinConfidence: 0.7})
	require.Len(t, rules, 12)
	byName := map[string]Rule{}
	for _, r := range rules {
		byName[name(r)] = r
	}
	infinite := Conviction{Infinite: true}
	for _, c := range []struct {
		rule string
		want Measures
	}{
		{"Onion -> Eggs", Measures{0.6, 0.8, 0.6, 1, 1.25, 0.12, infinite, 0.5, 0.75, 1, 0.875}},
		{"Eggs -> Onion", Measures{0.8, 0.6, 0.6, 0.75, 1.25, 0.12, Conviction{Value: 1.6}, 1, 0.75, 0.375, 0.875}},
		{"Eggs -> Kidney Beans", Measures{0.8, 1, 0.8, 1, 1, 0, infinite, 0, 0.8, 0, 0.9}},
		{"Kidney Beans -> Eggs", Measures{1, 0.8, 0.8, 0.8, 1, 0, Conviction{Value: 1}, 0, 0.8, 0, 0.9}},
		{"Eggs|Onion -> Kidney Beans", Measures{0.6, 1, 0.6, 1, 1, 0, infinite, 0, 0.6, 0, 0.8}},
	} {
		got, ok := byName[c.rule]
		require.True(t, ok, c.rule)
		g, w := got.Measures, c.want
		for i, pair := range [][2]float64{
			{g.AntecedentSupport, w.AntecedentSupport},
			{g.ConsequentSupport, w.ConsequentSupport},
			{g.Support, w.Support},
			{g.Confidence, w.Confidence},
			{g.Lift, w.Lift},
			{g.Leverage, w.Leverage},
			{g.Conviction.Value, w.Conviction.Value},
			{g.Zhang, w.Zhang},
			{g.Jaccard, w.Jaccard},
			{g.Certainty, w.Certainty},
			{g.Kulczynski, w.Kulczynski},
		} {
			require.InDelta(t, pair[1], pair[0], 1e-15, "measure %d of %s", i, c.rule)
		}
		require.Equal(t, w.Conviction.Infinite, g.Conviction.Infinite)
	}
}

// JSON has no infinity: the state is written out, and read back.
func TestInfiniteConvictionIsAState(t *testing.T) {
	t.Parallel()
	m, err := MeasuresOf(5, 3, 4, 3)
	require.NoError(t, err)
	text, err := json.Marshal(m)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"conviction":{"value":0,"infinite":true}`)
	var back Measures
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, m, back)
	assert.Equal(t, "inf", m.Conviction.String())
	assert.Equal(t, "1.6", Conviction{Value: 1.6}.String())
}

func TestRulesAreSplitFilteredAndSorted(t *testing.T) {
	t.Parallel()
	sets := itemsets(t, basketsOf(t, randomBaskets(rand.New(rand.NewPCG(4, 4)), 300, 12, 9), nil), 0.03, nil)
	all := rulesOf(t, sets, nil)
	splits := 0
	for _, s := range sets.Sets {
		splits += 1<<len(s.Products) - 2
	}
	require.Len(t, all, splits)
	require.True(t, slices.IsSortedFunc(all, func(x, y Rule) int {
		switch {
		case x.Lift != y.Lift:
			return int(math.Copysign(1, y.Lift-x.Lift))
		case x.Confidence != y.Confidence:
			return int(math.Copysign(1, y.Confidence-x.Confidence))
		}
		return y.Together - x.Together
	}))
	for _, o := range []RuleOptions{{MinConfidence: 0.4}, {MinLift: 1.1}, {MaxConsequent: 1}, {MinConfidence: 0.2, MinLift: 1, MaxConsequent: 2}} {
		var want []Rule
		for _, r := range all {
			if r.Confidence >= o.MinConfidence && r.Lift >= o.MinLift && (o.MaxConsequent == 0 || len(r.Consequent) <= o.MaxConsequent) {
				want = append(want, r)
			}
		}
		require.NotEmpty(t, want)
		require.Equal(t, want, rulesOf(t, sets, &o))
	}
	// Neither the order of the sets nor a detour over JSON matters.
	text, err := json.Marshal(sets)
	require.NoError(t, err)
	var back Itemsets
	require.NoError(t, json.Unmarshal(text, &back))
	slices.Reverse(back.Sets)
	require.Equal(t, all, rulesOf(t, &back, nil))
}

func TestRulesRefuse(t *testing.T) {
	t.Parallel()
	sets := itemsets(t, basketsOf(t, docBaskets, nil), 0.6, nil)
	nan := math.NaN()
	for field, options := range map[string][]RuleOptions{
		"MinConfidence": {{MinConfidence: nan}, {MinConfidence: -1}, {MinConfidence: 1.1}},
		"MinLift":       {{MinLift: nan}, {MinLift: -1}},
		"MaxConsequent": {{MaxConsequent: -1}},
		"Limit":         {{Limit: -1}, {Limit: 15}},
	} {
		for _, o := range options {
			_, err := sets.Rules(&o)
			inputError(t, err, keyaccount.ErrOutOfRange, field, 0)
		}
	}
	assert.Len(t, rulesOf(t, sets, &RuleOptions{Limit: 16}), 16)

	set := func(n int, products ...string) Itemset { return Itemset{Products: products, Count: n} }
	long := make([]string, 64)
	for i := range long {
		long[i] = strconv.Itoa(i)
	}
	for _, c := range []struct {
		sets  []Itemset
		kind  error
		field string
		row   int
	}{
		{[]Itemset{set(3, "a"), set(2, "a", "b")}, keyaccount.ErrMissing, "Sets", 2},
		{[]Itemset{set(3, "a"), set(2, "a")}, keyaccount.ErrDuplicate, "Sets", 2},
		{[]Itemset{set(3, "a"), set(3, "b"), set(2, "a", "b"), set(2, "b", "a")}, keyaccount.ErrDuplicate, "Sets", 4},
		{[]Itemset{set(3, "a", "a")}, keyaccount.ErrOutOfRange, "Sets", 1},
		{[]Itemset{set(3)}, keyaccount.ErrOutOfRange, "Sets", 1},
		{[]Itemset{set(3, "a"), set(3, "b"), set(4, "a", "b")}, keyaccount.ErrOutOfRange, "together", 3},
		{[]Itemset{set(9, "a"), set(3, "b"), set(1, "a", "b")}, keyaccount.ErrOutOfRange, "antecedent", 3},
		{[]Itemset{set(3, long...)}, keyaccount.ErrOutOfRange, "Limit", 0},
	} {
		_, err := (&Itemsets{Baskets: 5, Sets: c.sets}).Rules(nil)
		inputError(t, err, c.kind, c.field, c.row)
	}
}

func TestMeasuresRefuseImpossibleCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n, a, c, b int
		field      string
	}{
		{0, 1, 1, 1, "baskets"},
		{maxBaskets + 1, 1, 1, 1, "baskets"},
		{5, 0, 1, 0, "antecedent"},
		{5, 6, 1, 0, "antecedent"},
		{5, 1, 0, 0, "consequent"},
		{5, 1, 6, 0, "consequent"},
		{5, 2, 3, 3, "together"},
		{5, 4, 4, 2, "together"},
		{5, 2, 2, -1, "together"},
	} {
		_, err := MeasuresOf(c.n, c.a, c.c, c.b)
		inputError(t, err, keyaccount.ErrOutOfRange, c.field, 0)
	}
}

// What is exactly chance, has a leverage of exactly 0; floats of the supports
// say 1/3*1/3 - 1/9 = 0 only with luck.
func TestChanceIsExactlyZero(t *testing.T) {
	t.Parallel()
	for n := 2; n <= 60; n++ {
		for a := 1; a <= n; a++ {
			for c := 1; c <= n; c++ {
				if a*c%n != 0 {
					continue
				}
				m, err := MeasuresOf(n, a, c, a*c/n)
				require.NoError(t, err)
				require.Equal(t, []float64{1, 0, 0, 0}, []float64{m.Lift, m.Leverage, m.Zhang, m.Certainty})
			}
		}
	}
}

func FuzzMeasures(f *testing.F) {
	f.Add(9835, 2513, 1903, 736)
	f.Add(5, 3, 4, 3)
	f.Add(maxBaskets, maxBaskets, maxBaskets, maxBaskets)
	f.Add(maxBaskets, maxBaskets-1, 1, 0)
	f.Fuzz(func(t *testing.T, n, a, c, b int) {
		m, err := MeasuresOf(n, a, c, b)
		if err != nil {
			require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
			return
		}
		const slack = 1e-9
		between := func(low, v, high float64) {
			t.Helper()
			require.True(t, v >= low-slack && v <= high+slack, "%v of %d %d %d %d", v, n, a, c, b)
		}
		for _, v := range []float64{m.AntecedentSupport, m.ConsequentSupport, m.Support, m.Confidence, m.Jaccard, m.Kulczynski} {
			between(0, v, 1)
		}
		between(0, m.Lift, float64(n))
		between(-0.25, m.Leverage, 0.25)
		between(-1, m.Zhang, 1)
		between(-float64(n), m.Certainty, 1)
		between(0, m.Conviction.Value, float64(n))
		require.Equal(t, a == b, m.Conviction.Infinite)

		// Turning the rule round keeps what is symmetric, to the last bit.
		r, err := MeasuresOf(n, c, a, b)
		require.NoError(t, err)
		require.Equal(t, []float64{m.Lift, m.Leverage, m.Jaccard, m.Kulczynski}, []float64{r.Lift, r.Leverage, r.Jaccard, r.Kulczynski})
		// Zhang's metric has the sign of the leverage.
		require.GreaterOrEqual(t, m.Zhang*m.Leverage, 0.0)
	})
}
