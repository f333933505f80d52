package segment

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

// intervals writes rules as R's rfm_segment takes them: a name and the bounds
// of R, F and M.
func intervals(rows ...Rule) *Rules {
	return &Rules{Schema: RulesSchema, Version: "rfm", Bins: Cell{R: 5, F: 5, M: 5}, Rules: rows}
}

func named(name string, r, f, m Span) Rule {
	return Rule{Segment: segmentOf(name, name, name), R: r, F: f, M: m}
}

// rfmIntervalsA are those of the documentation of rfm 0.2, rfmIntervalsB those
// of rfm 0.3.
func rfmIntervalsA() *Rules {
	return intervals(
		named("Champions", Span{4, 5}, Span{4, 5}, Span{4, 5}),
		named("Loyal Customers", Span{2, 5}, Span{3, 5}, Span{3, 5}),
		named("Potential Loyalist", Span{3, 5}, Span{1, 3}, Span{1, 3}),
		named("New Customers", Span{4, 5}, Span{1, 1}, Span{1, 1}),
		named("Promising", Span{3, 4}, Span{1, 1}, Span{1, 1}),
		named("Need Attention", Span{2, 3}, Span{2, 3}, Span{2, 3}),
		named("About To Sleep", Span{2, 3}, Span{1, 2}, Span{1, 2}),
		named("At Risk", Span{1, 2}, Span{2, 5}, Span{2, 5}),
		named("Can't Lose Them", Span{1, 1}, Span{4, 5}, Span{4, 5}),
		named("Lost", Span{1, 2}, Span{1, 2}, Span{1, 2}),
	)
}

func rfmIntervalsB() *Rules {
	return intervals(
		named("Champions", Span{5, 5}, Span{5, 5}, Span{5, 5}),
		named("Potential Loyalist", Span{3, 5}, Span{3, 5}, Span{2, 5}),
		named("Loyal Customers", Span{2, 4}, Span{2, 4}, Span{2, 4}),
		named("Promising", Span{3, 4}, Span{1, 3}, Span{3, 5}),
		named("New Customers", Span{4, 5}, Span{1, 3}, Span{1, 5}),
		named("Can't Lose Them", Span{1, 2}, Span{3, 4}, Span{4, 5}),
		named("At Risk", Span{1, 2}, Span{2, 5}, Span{4, 5}),
		named("Need Attention", Span{1, 3}, Span{3, 5}, Span{3, 5}),
		named("About To Sleep", Span{2, 3}, Span{1, 3}, Span{1, 4}),
		named("Lost", Span{1, 1}, Span{1, 5}, Span{1, 5}),
	)
}

// segmentsOfR names the 995 customers of R's order table by their published
// scores; what no rule names is "Others", as there.
func segmentsOfR(t *testing.T, rules *Rules, rows []map[string]string) (names []string, others int) {
	m, err := FitRFM(rfmOrders(t, "1"), &RFMOptions{Rule: RPlusOne})
	require.NoError(t, err)
	byID := map[string]Account{}
	for _, a := range rfmOrders(t, "1") {
		byID[a.ID] = a
	}
	for _, row := range rows {
		s := m.Score(byID[row["customer_id"]])
		require.Equal(t, row["rfm_score"], s.Code())
		name := rules.Of(Cell{R: s.R, F: s.F, M: s.M}).Key
		if name == "" {
			name = "Others"
			others++
		}
		names = append(names, name)
	}
	return names, others
}

// TestOracleRFMSegmentsLeak: under the intervals of rfm 0.2, 48 of 995
// customers have no segment (rfm #67, #56). The rules say so before any
// customer is looked at, and name the cells.
func TestOracleRFMSegmentsLeak(t *testing.T) {
	t.Parallel()
	rows := oracle.CSV(t, "oracles/segment/oracle_rfm_orders_segments_A.csv")
	a := rfmIntervalsA()
	names, others := segmentsOfR(t, a, rows)
	assert.Equal(t, columnOf(rows, "segment"), names)
	assert.Equal(t, 48, others)

	c, err := a.Coverage()
	require.NoError(t, err)
	gaps := map[string]bool{}
	for _, g := range c.Gaps {
		gaps[g.String()] = true
	}
	for i, name := range names {
		require.Equal(t, name == "Others", gaps[rows[i]["rfm_score"]], "a customer leaks exactly where the report says so")
	}
	for _, cell := range []string{"113", "114", "213", "214", "314", "324", "342", "424", "425", "442", "524", "542"} {
		require.True(t, gaps[cell], cell)
	}
	// New Customers, Promising and Can't Lose Them, whatever they cover, is
	// decided before.
	assert.Equal(t, []int{3, 4, 8}, c.Shadowed)
	_, err = NewRules("A", a.Bins, nil, a.Rules...)
	require.ErrorIs(t, err, keyaccount.ErrMissing)
	require.ErrorContains(t, err, "36 of 125 combinations of scores have no segment: 113 114 115")
	for _, dead := range []string{"New Customers", "Promising", "Can't Lose Them"} {
		require.ErrorContains(t, err, dead)
	}
}

func TestOracleRFMSegmentsOfTheLaterIntervals(t *testing.T) {
	t.Parallel()
	rows := oracle.CSV(t, "oracles/segment/oracle_rfm_orders_segments_B.csv")
	b := rfmIntervalsB()
	names, others := segmentsOfR(t, b, rows)
	assert.Equal(t, columnOf(rows, "segment"), names)
	assert.Zero(t, others)

	// No customer of that table leaks; the next one may.
	c, err := b.Coverage()
	require.NoError(t, err)
	var gaps []string
	for _, g := range c.Gaps {
		gaps = append(gaps, g.String())
	}
	assert.Equal(t, []string{"215", "241", "251", "252", "341", "351", "441", "451", "541", "551"}, gaps)
	assert.Empty(t, c.Shadowed)
	require.ErrorIs(t, b.Validate(), keyaccount.ErrMissing)

	// Named, the gap is none any more.
	b.Rules = append(b.Rules, Rule{Segment: segmentOf("others", "Others", "其他")})
	require.NoError(t, b.Validate())
	closed, err := b.Coverage()
	require.NoError(t, err)
	assert.Equal(t, len(c.Gaps), closed.Decided[len(b.Rules)-1])
	assert.True(t, closed.Total() && !closed.Disjoint())
}

// First-match order matters wherever rules overlap; the pairs and their boxes
// are reported.
func TestOverlapsAreReported(t *testing.T) {
	t.Parallel()
	c, err := rfmIntervalsA().Coverage()
	require.NoError(t, err)
	assert.Contains(t, c.Overlaps, RuleOverlap{First: 0, Then: 1, From: Cell{R: 4, F: 4, M: 4}, To: Cell{R: 5, F: 5, M: 5}, Cells: 8})
	assert.Contains(t, c.Overlaps, RuleOverlap{First: 1, Then: 2, From: Cell{R: 3, F: 3, M: 3}, To: Cell{R: 5, F: 3, M: 3}, Cells: 3})
	for _, o := range c.Overlaps {
		assert.False(t, o.First == 0 && o.Then == 2, "these two have no cell in common")
	}
	eight, err := EightRules(Cell{R: 5, F: 4, M: 3}).Coverage()
	require.NoError(t, err)
	assert.True(t, eight.Disjoint() && eight.Total())
}

// Coverage against the plain question, cell by cell.
func TestCoverageIsWhatTheRulesDo(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 2))
	span := func(n int) Span {
		a, b := 1+r.IntN(n), 1+r.IntN(n)
		if r.IntN(4) == 0 {
			return Span{}
		}
		return Span{min(a, b), max(a, b)}
	}
	for range 300 {
		rules := &Rules{Schema: RulesSchema, Bins: Cell{R: 2 + r.IntN(4), F: 2 + r.IntN(4), M: 2 + r.IntN(4)}}
		for i := range 1 + r.IntN(6) {
			rules.Rules = append(rules.Rules, named(string(rune('a'+i)), span(rules.Bins.R), span(rules.Bins.F), span(rules.Bins.M)))
		}
		c, err := rules.Coverage()
		require.NoError(t, err)
		decided, gaps, twice := make([]int, len(rules.Rules)), 0, map[[2]int]int{}
		for _, cell := range grid(rules.Bins) {
			var hits []int
			for i := range rules.Rules {
				if x := rules.Rules[i]; x.R.has(cell.R) && x.F.has(cell.F) && x.M.has(cell.M) {
					for _, before := range hits {
						twice[[2]int{before, i}]++
					}
					hits = append(hits, i)
				}
			}
			if len(hits) == 0 {
				require.Equal(t, cell, c.Gaps[gaps])
				gaps++
				require.Zero(t, rules.Of(cell))
				continue
			}
			decided[hits[0]]++
			require.Equal(t, rules.Rules[hits[0]].Segment, rules.Of(cell))
		}
		require.Equal(t, decided, c.Decided)
		require.Len(t, c.Gaps, gaps)
		require.Len(t, c.Overlaps, len(twice))
		for _, o := range c.Overlaps {
			require.Equal(t, twice[[2]int{o.First, o.Then}], o.Cells)
		}
		require.Equal(t, len(c.Gaps)+len(c.Shadowed) == 0, rules.Validate() == nil)
	}
}

func grid(bins Cell) (cells []Cell) {
	g := (&Rules{Bins: bins}).grid()
	g.each(&g.all, func(_ int, p point) { cells = append(cells, p.cell()) })
	return cells
}

func TestDefaultRules(t *testing.T) {
	t.Parallel()
	five := DefaultRules(Cell{R: 5, F: 5, M: 5})
	require.NoError(t, five.Validate())
	require.Len(t, five.Segments(), 11)
	for cell, want := range map[Cell]string{
		{R: 5, F: 5, M: 5}: Champions, {R: 4, F: 4, M: 4}: Champions, {R: 3, F: 5, M: 5}: Loyal, {R: 5, F: 4, M: 1}: Loyal, {R: 3, F: 3, M: 3}: Loyal,
		{R: 5, F: 1, M: 5}: NewAccounts, {R: 3, F: 1, M: 1}: Promising, {R: 4, F: 2, M: 5}: PotentialLoyalist, {R: 5, F: 3, M: 2}: PotentialLoyalist,
		{R: 3, F: 2, M: 4}: NeedAttention, {R: 2, F: 5, M: 5}: CannotLose, {R: 1, F: 4, M: 4}: CannotLose, {R: 1, F: 5, M: 3}: AtRisk, {R: 2, F: 3, M: 1}: AtRisk,
		{R: 2, F: 1, M: 5}: AboutToSleep, {R: 1, F: 2, M: 3}: Hibernating, {R: 1, F: 1, M: 1}: Lost, {R: 1, F: 2, M: 2}: Lost,
	} {
		assert.Equal(t, want, five.Of(cell).Key, cell)
	}
	r := rand.New(rand.NewPCG(1, 5))
	for range 200 {
		bins := Cell{R: 2 + r.IntN(12), F: 2 + r.IntN(12), M: 2 + r.IntN(12)}
		for _, rules := range []*Rules{DefaultRules(bins), EightRules(bins)} {
			require.NoError(t, rules.Validate(), "%v", bins)
			require.Equal(t, bins, rules.Bins)
		}
		// The score s of n counts as the ceil(5(s-1/2)/n)-th of five.
		fifth := func(s, n int) int { return (5*(2*s-1) + 2*n - 1) / (2 * n) }
		rules := DefaultRules(bins)
		for _, c := range grid(bins) {
			want := five.Of(Cell{R: fifth(c.R, bins.R), F: fifth(c.F, bins.F), M: fifth(c.M, bins.M)})
			require.Equal(t, want, rules.Of(c))
		}
	}
	three, two := DefaultRules(Cell{R: 3, F: 3, M: 3}), DefaultRules(Cell{R: 2, F: 2, M: 2})
	assert.Equal(t, []string{Champions, Loyal, Lost}, []string{three.Of(Cell{R: 3, F: 3, M: 3}).Key, three.Of(Cell{R: 2, F: 2, M: 2}).Key, three.Of(Cell{R: 1, F: 1, M: 1}).Key})
	assert.Equal(t, []string{Champions, CannotLose, AboutToSleep}, []string{two.Of(Cell{R: 2, F: 2, M: 2}).Key, two.Of(Cell{R: 1, F: 2, M: 2}).Key, two.Of(Cell{R: 1, F: 1, M: 1}).Key})
	assert.Equal(t, Cell{R: 2, F: MaxBins, M: 5}, DefaultRules(Cell{R: -1, F: 1000, M: 5}).Bins)
	eight := EightRules(Cell{R: 5, F: 5, M: 5})
	assert.Equal(t, []string{"重要价值客户", "重要挽留客户", "一般发展客户", "一般挽留客户"}, []string{
		eight.Of(Cell{R: 4, F: 4, M: 4}).Label("zh"), eight.Of(Cell{R: 3, F: 3, M: 4}).Label("zh"),
		eight.Of(Cell{R: 5, F: 1, M: 1}).Label("zh"), eight.Of(Cell{R: 1, F: 1, M: 1}).Label("zh"),
	})
}

func TestSegmentLabels(t *testing.T) {
	t.Parallel()
	s := DefaultRules(Cell{R: 5, F: 5, M: 5}).Of(Cell{R: 5, F: 5, M: 5})
	assert.Equal(t, []string{"Champions", "核心客户"}, []string{s.Label("en"), s.Label("zh-CN")})
	assert.Equal(t, []string{"Not scored", "未评分"}, []string{Segment{}.Label("en"), Segment{}.Label("zh")})
}

func TestRulesRefuse(t *testing.T) {
	t.Parallel()
	all := Rule{Segment: segmentOf("x", "X", "某")}
	for _, c := range []struct {
		name  string
		bins  Cell
		rules []Rule
		kind  error
		field string
		row   int
	}{
		{"no rule", Cell{R: 5, F: 5, M: 5}, nil, keyaccount.ErrMissing, "Rules", 0},
		{"too many", Cell{R: 5, F: 5, M: 5}, make([]Rule, MaxRules+1), keyaccount.ErrOutOfRange, "Rules", 0},
		{"one bin", Cell{R: 5, F: 1, M: 5}, []Rule{all}, keyaccount.ErrOutOfRange, "Bins", 0},
		{"101 bins", Cell{R: 5, F: 5, M: 101}, []Rule{all}, keyaccount.ErrOutOfRange, "Bins", 0},
		{"no label", Cell{R: 5, F: 5, M: 5}, []Rule{{Segment: Segment{Key: "x"}}}, keyaccount.ErrMissing, "Segment", 1},
		{"two labels", Cell{R: 5, F: 5, M: 5}, []Rule{{Segment: all.Segment, R: Span{1, 2}}, {Segment: segmentOf("x", "Y", "某")}}, keyaccount.ErrMismatch, "Segment", 2},
		{"down", Cell{R: 5, F: 5, M: 5}, []Rule{all, {Segment: all.Segment, F: Span{3, 2}}}, keyaccount.ErrOutOfRange, "F", 2},
		{"no such score", Cell{R: 5, F: 5, M: 5}, []Rule{{Segment: all.Segment, M: Span{1, 6}}}, keyaccount.ErrOutOfRange, "M", 1},
		{"from 0", Cell{R: 5, F: 5, M: 5}, []Rule{{Segment: all.Segment, R: Span{0, 3}}}, keyaccount.ErrOutOfRange, "R", 1},
		{"a hole", Cell{R: 2, F: 2, M: 2}, []Rule{{Segment: all.Segment, R: Span{1, 1}}}, keyaccount.ErrMissing, "Rules", 0},
		{"without effect", Cell{R: 2, F: 2, M: 2}, []Rule{all, {Segment: segmentOf("late", "L", "迟")}}, keyaccount.ErrOutOfRange, "Rules", 2},
	} {
		rules, err := NewRules("v", c.bins, nil, c.rules...)
		require.Nil(t, rules, c.name)
		inputError(t, err, c.kind, c.field, c.row)
	}
	_, err := NewRules("v", Cell{R: 2, F: 2, M: 2}, nil, Rule{Segment: all.Segment, R: Span{1, 1}})
	require.ErrorContains(t, err, "4 of 8 combinations of scores have no segment: 211 212 221 222")
	_, err = NewRules("v", Cell{R: 9, F: 9, M: 9}, nil, Rule{Segment: all.Segment, R: Span{1, 1}})
	require.ErrorContains(t, err, "…")

	accounts := randomAccounts(rand.New(rand.NewPCG(1, 1)), 5)
	_, err = FitRFM(accounts, &RFMOptions{Bins: 4, Rules: DefaultRules(Cell{R: 5, F: 5, M: 5})})
	inputError(t, err, keyaccount.ErrMismatch, "Rules.Bins", 0)
}

// Who changes his rules afterwards does not change the model.
func TestModelKeepsItsOwnRules(t *testing.T) {
	t.Parallel()
	accounts := randomAccounts(rand.New(rand.NewPCG(1, 1)), 5)
	rules := DefaultRules(Cell{R: 5, F: 5, M: 5})
	m, err := FitRFM(accounts, &RFMOptions{Rules: rules})
	require.NoError(t, err)
	before := m.Score(accounts[0])
	rules.Rules[0], rules.Rules[1] = rules.Rules[1], rules.Rules[0]
	clear(rules.Rules)
	assert.Equal(t, before, m.Score(accounts[0]))
	require.NoError(t, m.Validate())
}

func TestRulesJSON(t *testing.T) {
	t.Parallel()
	rules := DefaultRules(Cell{R: 5, F: 4, M: 3})
	text, err := json.Marshal(rules)
	require.NoError(t, err)
	var back Rules
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, *rules, back)
	for _, c := range []struct {
		old, with string
		kind      error
	}{
		{"Rules/2", "Rules/9", keyaccount.ErrVersion},
		{`"version"`, `"version":3,"x"`, keyaccount.ErrMalformed},
		{`"key":"lost"`, `"key":""`, keyaccount.ErrMissing},
	} {
		bad := back
		require.ErrorIs(t, json.Unmarshal([]byte(strings.Replace(string(text), c.old, c.with, 1)), &bad), c.kind)
		require.Equal(t, back, bad, "refused rules leave the receiver alone")
	}
}

func FuzzRulesUnmarshalJSON(f *testing.F) {
	text, err := json.Marshal(DefaultRules(Cell{R: 3, F: 2, M: 2}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	if text, err = json.Marshal(delayRules()); err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(strings.Replace(string(text), "[5]", "[100]", 1))
	f.Fuzz(func(t *testing.T, text string) {
		var rules Rules
		if json.Unmarshal([]byte(text), &rules) != nil {
			return
		}
		c, err := rules.Coverage()
		require.NoError(t, err)
		require.True(t, c.Total() && len(c.Shadowed) == 0)
		require.LessOrEqual(t, c.Cells, MaxCells)
		if c.Cells < 10_000 {
			for _, cell := range allCells(&rules) {
				require.NotEmpty(t, rules.Of(cell).Key)
			}
		}
		again, err := json.Marshal(&rules)
		require.NoError(t, err)
		var back Rules
		require.NoError(t, json.Unmarshal(again, &back))
	})
}

func BenchmarkRulesCoverage(b *testing.B) {
	rules := DefaultRules(Cell{R: 5, F: 5, M: 5})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rules.Coverage(); err != nil {
			b.Fatal(err)
		}
	}
}
