package segment

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// delayByHand is byHand with a delay in days, whose cuts lie at 10, 20, 30 and
// 60: fewer are better.
func delayByHand() *Model {
	m := byHand()
	m.Dimensions = []DimensionScale{{
		Name: "delay", Label: keyaccount.Text{En: "payment delay", Zh: "付款延迟"}, Unit: keyaccount.Text{En: "days", Zh: "天"},
		Step: dec("1"), LowerBetter: true, Scored: 5,
		Scale: Scale[decimal.Decimal]{
			Cuts: []Cut[decimal.Decimal]{{Value: dec("10")}, {Value: dec("20")}, {Value: dec("30")}, {Value: dec("60")}}, Counts: []int{1, 1, 1, 1, 1},
		},
	}}
	return m
}

// delayed is an account that differs in its delay alone; an empty one is not
// known.
func delayed(id, asOf, delay string) Account {
	a := accountOn(id, asOf, 5, 3, "120")
	if delay != "" {
		a.Figures = map[string]decimal.Decimal{"delay": dec(delay)}
	}
	return a
}

func TestMigrateCountsDimensions(t *testing.T) {
	t.Parallel()
	before, after := "2025-01-01", "2025-07-01"
	got, err := Migrate(delayByHand(),
		[]Account{delayed("falls", before, "12"), delayed("learnt", before, ""), delayed("lost", before, "12"), delayed("stays", before, "5")},
		[]Account{delayed("falls", after, "41"), delayed("learnt", after, "3"), delayed("lost", after, ""), delayed("stays", after, "6")})
	require.NoError(t, err)
	assert.Equal(t, []int{4, 3}, []int{got.Stayed, got.Moved})
	require.Len(t, got.Dimensions, 1)
	d := got.Dimensions[0]
	assert.Equal(t, "delay", d.Name)
	assert.Equal(t, []int{2, 1, 0, 1}, []int{d.Stayed, d.Same, d.Up, d.Down})
	assert.Equal(t, [][]int{{0, 0, 0, 2, 1}, {0, 1, 0, 0, 2}}, [][]int{d.Before, d.After})
	assert.Equal(t, [][]int{{0, 0, 0, 0, 1}, {0, 0, 0, 1, 0}}, [][]int{d.Entered, d.Left}, "learnt and forgotten")
	assert.Contains(t, d.NoPSI, "bin")
	floored, err := d.Compare(&PSIOptions{Empty: FloorEmpty})
	require.NoError(t, err)
	assert.Positive(t, floored.PSI)

	falls := got.Moves[0]
	assert.Equal(t, DimensionScores{-2}, falls.Change.Dimensions)
	assert.Equal(t, DimensionScores{}, got.Moves[1].Change.Dimensions, "there is no difference to what is not known")
	assert.Equal(t, map[string]decimal.Decimal{"delay": dec("41")}, falls.After.Figures)
	text, err := json.Marshal(got)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"change":{"r":0,"f":0,"m":0,"dimensions":[-2]}`)
	assert.Contains(t, string(text), `"dimensions":[{"name":"delay","labels":["1","2","3","4","5"]`)

	e, err := ExplainMove(delayByHand(), got, falls, nil)
	require.NoError(t, err)
	assert.Equal(t, "payment delay rose 12->41 days: score fell 4->2; next cut needs 11 less; falls to 1 with 20 more", e.Sentences("en")[3])
	falls.After.Figures = nil
	_, err = ExplainMove(delayByHand(), got, falls, nil)
	inputError(t, err, keyaccount.ErrMismatch, "move.To", 0)
}

// A figure that changed is behaviour, cuts that moved are cuts, and what is
// learnt is neither.
func TestCausesOfDimensions(t *testing.T) {
	t.Parallel()
	was, refit := delayByHand(), delayByHand()
	refit.Dimensions[0].Cuts = []Cut[decimal.Decimal]{{Value: dec("4")}, {Value: dec("11")}, {Value: dec("30")}, {Value: dec("60")}}
	before, after := "2025-01-01", "2025-07-01"
	got, err := SplitCauses(CauseModels{Before: was, After: refit},
		[]Account{delayed("both", before, "12"), delayed("idle", before, "12"), delayed("learnt", before, "")},
		[]Account{delayed("both", after, "41"), delayed("idle", after, "12.0"), delayed("learnt", after, "3")})
	require.NoError(t, err)
	assert.Equal(t, []int{3, 1}, []int{got.Scored, got.Idle}, "who pays later did something")
	require.Len(t, got.Changes, 2)
	assert.Equal(t, []CauseParts{{Change: -2, Behaviour: -2, Cuts: -1, Interaction: 1}}, got.Changes[0].Dimensions)
	assert.Equal(t, []CauseParts{{Change: -1, Cuts: -1}}, got.Changes[1].Dimensions)
	assert.True(t, got.Changes[1].Idle && !got.Changes[0].Idle)
	d := got.Dimensions[0]
	assert.Equal(t, []any{"delay", 2, 1, -3}, []any{d.Name, d.Known, d.Idle, d.Net.Change})
	assert.Equal(t, "-3 = behaviour -2, cuts moved -2, interaction +1", d.Net.Text("en"))

	split := func(is func(*Model)) error {
		m := delayByHand()
		is(m)
		_, err := SplitCauses(CauseModels{Before: was, After: m}, []Account{delayed("A", before, "1")}, []Account{delayed("A", after, "1")})
		return err
	}
	require.NoError(t, split(func(*Model) {}))
	inputError(t, split(func(m *Model) { m.Dimensions = nil }), keyaccount.ErrMismatch, "models.After.Dimensions", 0)
	inputError(t, split(func(m *Model) { m.Dimensions[0].Name = "x" }), keyaccount.ErrMismatch, "models.After.Dimensions", 1)
	inputError(t, split(func(m *Model) { m.Dimensions[0].Rule = MidRank }), keyaccount.ErrMissing, "models.Refit", 0)
	turned := split(func(m *Model) { m.Dimensions[0].LowerBetter = false })
	inputError(t, turned, keyaccount.ErrMissing, "models.Refit", 0)
	require.ErrorContains(t, turned, "Dimensions.delay.LowerBetter from on to off")
}

func TestCausesOfDimensionsAddUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 9))
	policies := 0
	for range 60 {
		before := withFigures(r, randomAccounts(r, 2+r.IntN(60)))
		after := later(r, before, uciAsOf.AddDate(0, 6, 0))
		if after[0].Orders == 0 {
			after[0].Orders, after[0].DaysSinceLast = 1, 1
		}
		withFigures(r, after)
		o := &RFMOptions{Dimensions: []Dimension{{Name: "margin"}, {Name: "delay", LowerBetter: true}}}
		mid := &RFMOptions{Rule: MidRank, Dimensions: o.Dimensions}
		models := CauseModels{Before: fitted(t, before, o), Refit: fitted(t, after, o), After: fitted(t, after, mid)}
		got, err := SplitCauses(models, before, after)
		require.NoError(t, err)
		net := make([]CauseParts, 2)
		for _, c := range got.Changes {
			a := after[slices.IndexFunc(after, func(a Account) bool { return a.ID == c.ID })]
			b := before[slices.IndexFunc(before, func(a Account) bool { return a.ID == c.ID })]
			for i, p := range c.Dimensions {
				require.Equal(t, p.Change, p.Behaviour+p.Cuts+p.Policy+p.Interaction)
				net[i].Change += p.Change
				net[i].Policy += p.Policy
				if c.From.Dimensions[i] == 0 || c.To.Dimensions[i] == 0 {
					require.Zero(t, p)
					continue
				}
				at := func(m *Model, a Account) int { return int(m.Score(a).Dimensions[i]) }
				require.Equal(t, at(models.After, a)-at(models.Before, b), p.Change)
				require.Equal(t, at(models.Before, a)-at(models.Before, b), p.Behaviour)
				require.Equal(t, at(models.Refit, b)-at(models.Before, b), p.Cuts)
				if p.Policy != 0 {
					policies++
				}
			}
		}
		for i, d := range got.Dimensions {
			require.Equal(t, []int{net[i].Change, net[i].Policy}, []int{d.Net.Change, d.Net.Policy})
			require.LessOrEqual(t, d.Known, got.Scored)
		}
	}
	require.Positive(t, policies, "the property was exercised")
}

// What is held on a further dimension follows the same definition as on F.
func TestHysteresisHoldsDimensions(t *testing.T) {
	t.Parallel()
	five := HysteresisRule{Margin: dec("5")}
	h := hysteresis(t, delayByHand(), HysteresisPolicy{Dimensions: map[string]HysteresisBand{
		"delay": {Promote: five, Demote: HysteresisRule{Margin: dec("5"), Periods: 2}},
	}})
	var s HysteresisState
	levels := []int{}
	for i, delay := range []string{"18", "24", "26", "27", "17", "15", "", "8", "", ""} {
		a := delayed("A", "2025-01-01", delay)
		a.AsOf = a.AsOf.AddDate(0, i, 0)
		next, err := h.Step(s, a)
		require.NoError(t, err)
		levels = append(levels, int(next.Score().Dimensions[0]))
		text, err := json.Marshal(next)
		require.NoError(t, err)
		s = HysteresisState{}
		require.NoError(t, json.Unmarshal(text, &s))
		require.Equal(t, next, s)
	}
	// The cut at 20 days is left beyond 25 for two periods, and passed again
	// at 15; what is not known twice is in force no longer.
	assert.Equal(t, []int{4, 4, 4, 3, 3, 4, 4, 4, 4, 0}, levels)
	assert.Equal(t, []HeldDimension{{Name: "delay", Bins: 5}}, s.Dimensions)

	_, err := NewHysteresis(byHand(), HysteresisPolicy{Dimensions: map[string]HysteresisBand{"delay": {}}})
	inputError(t, err, keyaccount.ErrMismatch, "Dimensions", 0)
	bad := HysteresisPolicy{Dimensions: map[string]HysteresisBand{"delay": {Demote: HysteresisRule{Periods: -1}}}}
	inputError(t, bad.Validate(), keyaccount.ErrOutOfRange, "Dimensions.delay.Demote.Periods", 0)

	// Who is not listed loses what is held, and is dropped with the last of it.
	var kept HysteresisState
	kept, err = h.Step(kept, delayed("A", "2025-01-01", "5"))
	require.NoError(t, err)
	states := []HysteresisState{kept}
	for i, want := range []int{2, 1} {
		other := delayed("B", "2025-02-01", "5")
		other.AsOf = other.AsOf.AddDate(0, i, 0)
		states, err = h.StepAll(states, []Account{other})
		require.NoError(t, err)
		require.Len(t, states, want)
	}

	// Other dimensions than the state's begin with the plain score.
	plain, err := hysteresis(t, byHand(), HysteresisPolicy{}).Step(HysteresisState{}, delayed("A", "2025-01-01", "5"))
	require.NoError(t, err)
	assert.Empty(t, plain.Dimensions)
	next, err := h.Step(plain, delayed("A", "2025-02-01", "25"))
	require.NoError(t, err)
	assert.Equal(t, DimensionScores{3}, next.Score().Dimensions)
	next.Dimensions[0].Bins = 7
	_, err = h.Step(next, delayed("A", "2025-03-01", "25"))
	inputError(t, err, keyaccount.ErrMismatch, "state.Dimensions", 0)
	for _, spoil := range []func(s *HysteresisState){
		func(s *HysteresisState) { s.Dimensions = append(s.Dimensions, s.Dimensions[0]) },
		func(s *HysteresisState) { s.Dimensions = make([]HeldDimension, MaxDimensions+1) },
		func(s *HysteresisState) { s.Dimensions = []HeldDimension{{Name: "x", Bins: 1}} },
		func(s *HysteresisState) { s.Dimensions = []HeldDimension{{Bins: 5}} },
		func(s *HysteresisState) {
			s.Dimensions = []HeldDimension{{Name: "x", Bins: 5, HeldLevel: HeldLevel{Level: 6}}}
		},
	} {
		state := next
		spoil(&state)
		require.Error(t, state.Validate())
	}
}

func TestHysteresisStateOfVersion1IsRead(t *testing.T) {
	t.Parallel()
	var s HysteresisState
	require.NoError(t, json.Unmarshal([]byte(`{"schema":"keyaccount/segment.HysteresisState","version":1,"id":"A",
		"as_of":"2025-02-01T00:00:00Z","bins":5,"r":{"level":5},"f":{"level":3,"recent":[{"up":5,"down":5}]},"m":{"level":2}}`), &s))
	assert.Equal(t, HysteresisVersion, s.Version)
	assert.Equal(t, Score{R: 5, F: 3, M: 2}, s.Score())
	_, err := hysteresis(t, delayByHand(), HysteresisPolicy{}).Step(s, delayed("A", "2025-03-01", "5"))
	require.NoError(t, err)
}

// A scale of recency with other bins than the largest one: a margin of nothing
// in particular does not promote.
func TestHysteresisOfScalesWithBinsOfTheirOwn(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 1))
	before := randomAccounts(r, 60)
	model := fitted(t, before, &RFMOptions{Recency: ScaleOptions{Bins: 3}, Monetary: ScaleOptions{Bins: 7}})
	h := hysteresis(t, model, HysteresisPolicy{})
	var states []HysteresisState
	for period := range 3 {
		accounts := later(r, before, uciAsOf.AddDate(0, period, 0))
		var err error
		states, err = h.StepAll(states, accounts)
		require.NoError(t, err)
		for _, s := range states {
			a := accounts[slices.IndexFunc(accounts, func(a Account) bool { return a.ID == s.ID })]
			require.Equal(t, bare(model.Score(a)), s.Score())
		}
	}
}

func TestExplainDimensionsInWords(t *testing.T) {
	t.Parallel()
	m := delayByHand()
	m.Dimensions = append(m.Dimensions, m.Dimensions[0])
	margin := &m.Dimensions[1]
	margin.Name, margin.Label, margin.Unit, margin.Step, margin.LowerBetter = "margin", keyaccount.Text{}, keyaccount.Text{}, decimal.Decimal{}, false
	account := func(asOf string, figures map[string]decimal.Decimal) Account {
		a := accountOn("A", asOf, 5, 3, "120")
		a.Figures = figures
		return a
	}
	was := account("2025-01-01", map[string]decimal.Decimal{"delay": dec("41"), "margin": dec("10")})
	is := account("2025-07-01", map[string]decimal.Decimal{"delay": dec("12"), "margin": dec("10.005")})
	e, err := ExplainChange(m, was, is, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"payment delay fell 41->12 days: score rose 2->4; next cut needs 2 less; falls to 3 with 9 more",
		"margin rose 10->10.005: score rose 1->2; next cut needs 10.00 more; falls to 1 with 0.01 less",
	}, e.Sentences("en")[3:])
	assert.Equal(t, []string{
		"付款延迟 降 41->12 天：评分 升 2->4；再减 2 升至 5；增加 9 降至 3",
		"margin 升 10->10.005：评分 升 1->2；再增 10.00 升至 3；减少 0.01 降至 1",
	}, e.Sentences("zh")[3:])
	unknown := account("2025-07-01", map[string]decimal.Decimal{"margin": dec("10")})
	e, err = ExplainChange(m, was, unknown, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"payment delay is not known: score ends, it was 2", "margin stays 10: score stays 1; next cut needs 0.01 more",
	}, e.Sentences("en")[3:])
	e, err = ExplainChange(m, account("2025-01-01", nil), unknown, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"payment delay is not known: no score", "margin is 10: score begins at 1; next cut needs 0.01 more",
	}, e.Sentences("en")[3:])
	assert.Equal(t, "付款延迟 未知：无评分", e.Sentences("zh")[3])
	none := account("2025-01-01", was.Figures)
	none.Orders, none.DaysSinceLast = 0, -1
	assert.Equal(t, "payment delay: no orders", explained(t, m, none, nil).Sentences("en")[3])
	assert.Equal(t, "payment delay is 41 days: score is 2; next cut needs 11 less; falls to 1 with 20 more", explained(t, m, was, nil).Sentences("en")[3])
}

// Exactly that many steps change the score, one less does not.
func TestDistancesOfDimensions(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(40, 3))
	for range 100 {
		accounts := withFigures(r, randomAccounts(r, 2+r.IntN(40)))
		dims := marginAndDelay(r)
		for i := range dims {
			dims[i].Step = dec([]string{"0.01", "1", "0.5", "0.0001"}[r.IntN(4)])
		}
		m := fitted(t, accounts, &RFMOptions{Dimensions: dims})
		for _, a := range accounts {
			if a.HasOrders() {
				checkDimensionDistances(t, m, explained(t, m, a, nil))
			}
		}
	}
}

func checkDimensionDistances(t testing.TB, m *Model, e *Explanation) {
	t.Helper()
	for i, x := range e.Dimensions {
		d := &m.Dimensions[i]
		if x.Score == 0 {
			require.True(t, x.Up == nil && x.Down == nil)
			continue
		}
		require.Equal(t, x.Score == d.Bins(), x.Up == nil)
		require.Equal(t, x.Score == 1, x.Down == nil)
		for _, to := range []*CutDistance[decimal.Decimal]{x.Up, x.Down} {
			if to == nil {
				continue
			}
			way := d.step()
			if to.Figure.LessThan(x.Figure) {
				way = way.Neg()
			}
			require.True(t, to.By.Sign() > 0 && to.By.Mod(d.step()).IsZero())
			require.True(t, to.Figure.Sub(x.Figure).Abs().Equal(to.By))
			require.Equal(t, to.Score, d.Score(to.Figure))
			require.Equal(t, to == x.Up, to.Score > x.Score)
			require.Equal(t, x.Score, d.Score(to.Figure.Sub(way)), "one step less is not enough")
		}
	}
}
