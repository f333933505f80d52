package segment

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// randomRules ask for up to three further dimensions.
func randomRules(r *rand.Rand) *Rules {
	rules := &Rules{Schema: RulesSchema, Bins: Cell{R: 2 + r.IntN(2), F: 2 + r.IntN(2), M: 2 + r.IntN(2)}}
	for i := range r.IntN(4) {
		rules.Dimensions = append(rules.Dimensions, "d"+strconv.Itoa(i))
		rules.Bins.Dimensions[i] = int8(2 + r.IntN(2))
	}
	span := func(least, n int) [2]int {
		a, b := least+r.IntN(n-least+1), least+r.IntN(n-least+1)
		return [2]int{min(a, b), max(a, b)}
	}
	for i := range 1 + r.IntN(6) {
		rule := named(string(rune('a'+i)), span(1, rules.Bins.R), span(1, rules.Bins.F), Span{})
		for at, name := range rules.Dimensions {
			if r.IntN(2) == 0 {
				if rule.Dimensions == nil {
					rule.Dimensions = map[string]Levels{}
				}
				rule.Dimensions[name] = span(0, int(rules.Bins.Dimensions[at]))
			}
		}
		rules.Rules = append(rules.Rules, rule)
	}
	return rules
}

// allCells writes the grid out, one loop for each scale.
func allCells(rules *Rules) []Cell {
	var cells []Cell
	for r := 1; r <= rules.Bins.R; r++ {
		for f := 1; f <= rules.Bins.F; f++ {
			for m := 1; m <= rules.Bins.M; m++ {
				cells = append(cells, Cell{R: r, F: f, M: m})
			}
		}
	}
	for i := range rules.Dimensions {
		var wider []Cell
		for _, c := range cells {
			for level := int8(0); level <= rules.Bins.Dimensions[i]; level++ {
				c.Dimensions[i] = level
				wider = append(wider, c)
			}
		}
		cells = wider
	}
	return cells
}

// Coverage over further dimensions against the plain question, cell by cell.
func TestCoverageOfDimensions(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 3))
	covers := func(rules *Rules, rule *Rule, c Cell) bool {
		if !rule.R.has(c.R) || !rule.F.has(c.F) || !rule.M.has(c.M) {
			return false
		}
		for i, name := range rules.Dimensions {
			if l, asks := rule.Dimensions[name]; asks && (int(c.Dimensions[i]) < l[0] || int(c.Dimensions[i]) > l[1]) {
				return false
			}
		}
		return true
	}
	for range 300 {
		rules := randomRules(r)
		c, err := rules.Coverage()
		require.NoError(t, err)
		cells := allCells(rules)
		require.Equal(t, len(cells), c.Cells)
		decided, twice := make([]int, len(rules.Rules)), map[[2]int]int{}
		var gaps []Cell
		for _, cell := range cells {
			first := -1
			for i := range rules.Rules {
				if !covers(rules, &rules.Rules[i], cell) {
					continue
				}
				for j := range i {
					if covers(rules, &rules.Rules[j], cell) {
						twice[[2]int{j, i}]++
					}
				}
				if first < 0 {
					first = i
				}
			}
			if first < 0 {
				gaps = append(gaps, cell)
				require.Zero(t, rules.Of(cell))
				continue
			}
			decided[first]++
			require.Equal(t, rules.Rules[first].Segment, rules.Of(cell))
		}
		require.Equal(t, decided, c.Decided)
		require.Equal(t, gaps, c.Gaps)
		require.Len(t, c.Overlaps, len(twice))
		for _, o := range c.Overlaps {
			require.Equal(t, twice[[2]int{o.First, o.Then}], o.Cells)
		}
		require.Equal(t, len(c.Gaps)+len(c.Shadowed) == 0, rules.Validate() == nil)
	}
}

func TestRulesOverDimensionsRefuse(t *testing.T) {
	t.Parallel()
	require.NoError(t, delayRules().Validate())
	refused := func(spoil func(*Rules)) error {
		rules := delayRules()
		spoil(rules)
		return rules.Validate()
	}
	for _, c := range []struct {
		name  string
		spoil func(*Rules)
		kind  error
		field string
		row   int
	}{
		{"no name", func(r *Rules) { r.Dimensions[0] = "" }, keyaccount.ErrMissing, "Dimensions", 1},
		{"twice", func(r *Rules) { r.Dimensions = []string{"delay", "delay"}; r.Bins.Dimensions[1] = 5 }, keyaccount.ErrDuplicate, "Dimensions", 2},
		{"no bins", func(r *Rules) { r.Bins.Dimensions[0] = 1 }, keyaccount.ErrOutOfRange, "Bins.Dimensions", 1},
		{"bins of none", func(r *Rules) { r.Bins.Dimensions[3] = 5 }, keyaccount.ErrMismatch, "Bins.Dimensions", 4},
		{"too many", func(r *Rules) { r.Dimensions = make([]string, MaxDimensions+1) }, keyaccount.ErrOutOfRange, "Dimensions", 0},
		{"not named", func(r *Rules) { r.Rules[1].Dimensions = map[string]Levels{"margin": {1, 2}} }, keyaccount.ErrMismatch, "Dimensions", 2},
		{"no such score", func(r *Rules) { r.Rules[0].Dimensions["delay"] = Levels{1, 6} }, keyaccount.ErrOutOfRange, "delay", 1},
		{"down", func(r *Rules) { r.Rules[0].Dimensions["delay"] = Levels{2, 1} }, keyaccount.ErrOutOfRange, "delay", 1},
		{"below 0", func(r *Rules) { r.Rules[0].Dimensions["delay"] = Levels{-1, 1} }, keyaccount.ErrOutOfRange, "delay", 1},
		{"too many cells", func(r *Rules) {
			r.Bins = Cell{R: 100, F: 100, M: 100, Dimensions: DimensionScores{2, 100, 100, 100, 100, 100, 100, 100}}
			r.Dimensions = strings.Fields("delay b c d e f g h")
		}, keyaccount.ErrOutOfRange, "Bins", 0},
		{"without effect", func(r *Rules) { r.Rules[1].Dimensions["delay"] = Levels{2, 2} }, keyaccount.ErrOutOfRange, "Rules", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inputError(t, refused(c.spoil), c.kind, c.field, c.row)
		})
	}
	// What is not known is a level of its own, and named where it is a gap.
	err := refused(func(r *Rules) { r.Rules[2].Dimensions = map[string]Levels{"delay": {1, 5}} })
	inputError(t, err, keyaccount.ErrMissing, "Rules", 0)
	require.ErrorContains(t, err, "75 of 750 combinations of scores have no segment: 111/0 112/0 113/0 121/0")
	_, err = NewRules("v", Cell{R: 5, F: 5, M: 5, Dimensions: DimensionScores{5}}, []string{"delay"}, delayRules().Rules...)
	require.NoError(t, err)
}

// Rules and model are joined by name, in whatever order each has them.
func TestRulesFindTheDimensionsOfTheModel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	accounts := withFigures(r, randomAccounts(r, 80))
	both := []Dimension{{Name: "margin"}, {Name: "delay", LowerBetter: true}}
	m := fitted(t, accounts, &RFMOptions{Rules: delayRules(), Dimensions: both})
	seen := map[string]bool{}
	for _, a := range accounts {
		s := m.Score(a)
		want := "rest"
		switch delay := s.Dimensions[1]; {
		case s.R == 0:
			want = ""
		case s.M >= 4 && delay == 0:
			want = "unknown"
		case s.M >= 4 && delay <= 2:
			want = "late"
		}
		require.Equal(t, want, s.Segment.Key)
		require.Equal(t, s.Segment, m.Segment(s))
		seen[want] = true
	}
	require.Len(t, seen, 4)

	_, err := FitRFM(accounts, &RFMOptions{Rules: delayRules(), Dimensions: both[:1]})
	inputError(t, err, keyaccount.ErrMismatch, "Rules.Dimensions", 1)
	both[1].Scale.Bins = 4
	_, err = FitRFM(accounts, &RFMOptions{Rules: delayRules(), Dimensions: both})
	inputError(t, err, keyaccount.ErrMismatch, "Rules.Dimensions", 1)
	without := *m
	without.Dimensions = m.Dimensions[:1]
	inputError(t, without.Validate(), keyaccount.ErrMismatch, "Rules.Dimensions", 1)

	rules := delayRules()
	m = fitted(t, accounts, &RFMOptions{Rules: rules, Dimensions: []Dimension{{Name: "delay"}}})
	rules.Dimensions[0], rules.Rules[0].Dimensions["delay"] = "x", Levels{5, 5}
	require.NoError(t, m.Validate(), "who changes his rules afterwards does not change the model")
	assert.Equal(t, delayRules(), m.Rules)
	text, err := json.Marshal(m.Rules)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"dimensions":["delay"]`)
	assert.Contains(t, string(text), `"dimensions":{"delay":[0,0]}`)
	var back Rules
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, m.Rules, &back)
}
