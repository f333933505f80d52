package segment

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func hysteresis(t testing.TB, m *Model, p HysteresisPolicy) *Hysteresis {
	t.Helper()
	h, err := NewHysteresis(m, p)
	require.NoError(t, err)
	return h
}

// steps takes one account through periods of a month with the orders given,
// negative for a period without, and returns F after each.
func steps(t testing.TB, h *Hysteresis, orders ...int) (levels []int) {
	t.Helper()
	var s HysteresisState
	for i, n := range orders {
		a := accountOn("A", "2025-01-01", 5, n, "120")
		a.AsOf = a.AsOf.AddDate(0, i, 0)
		if n < 0 {
			a.Orders, a.DaysSinceLast = 0, -1
		}
		var err error
		s, err = h.Step(s, a)
		require.NoError(t, err)
		levels = append(levels, s.F.Level)
	}
	return levels
}

// The cuts of byHand are at 1, 2, 4 and 8 orders.
func TestHysteresisByMargin(t *testing.T) {
	t.Parallel()
	up1down1 := HysteresisBand{Promote: HysteresisRule{Margin: dec("1")}, Demote: HysteresisRule{Margin: dec("1")}}
	h := hysteresis(t, byHand(), HysteresisPolicy{F: up1down1})
	// 4 is at the cut and 5 beyond it, but not by one order more; 6 is. Then 4
	// and 5 stay, and only 3 is short of the cut by one.
	assert.Equal(t, []int{3, 3, 3, 4, 4, 4, 3, 3, 4}, steps(t, h, 4, 5, 4, 6, 5, 4, 3, 5, 6))

	half := HysteresisBand{Promote: HysteresisRule{Share: dec("0.5")}}
	h = hysteresis(t, byHand(), HysteresisPolicy{F: half})
	assert.Equal(t, []int{3, 3, 4, 3, 4}, steps(t, h, 4, 6, 7, 4, 7), "beyond 4 by a half is beyond 6; down is at once")

	larger := HysteresisBand{Promote: HysteresisRule{Share: dec("0.5"), Margin: dec("3")}}
	h = hysteresis(t, byHand(), HysteresisPolicy{F: larger})
	assert.Equal(t, []int{3, 3, 4}, steps(t, h, 4, 7, 8), "3 orders are more than a half of 4")
}

func TestHysteresisByPeriods(t *testing.T) {
	t.Parallel()
	h := hysteresis(t, byHand(), HysteresisPolicy{F: HysteresisBand{
		Promote: HysteresisRule{Periods: 2}, Demote: HysteresisRule{Periods: 3},
	}})
	assert.Equal(t, []int{2, 2, 3, 3, 3, 2}, steps(t, h, 2, 3, 9, 2, 2, 2), "up to what both periods deserve")
	assert.Equal(t, []int{3, 3, 3, 3, 3, 3, 2}, steps(t, h, 3, 1, 2, 3, 1, 2, 2), "a good period in between breaks the run")
	assert.Equal(t, []int{3, 3, 3, 0, 5}, steps(t, h, 3, -1, -1, -1, 9), "no orders: the level is lost after three periods, and begins afresh")
	assert.Equal(t, []int{1, 1, 3, 5, 5}, steps(t, h, 1, 3, 9, 9, 9))
}

func TestHysteresisBothAndEither(t *testing.T) {
	t.Parallel()
	rule := HysteresisRule{Margin: dec("2"), Periods: 2}
	h := hysteresis(t, byHand(), HysteresisPolicy{F: HysteresisBand{Promote: rule, Demote: rule}})
	assert.Equal(t, []int{3, 3, 3, 3, 4}, steps(t, h, 4, 9, 5, 7, 7), "beyond 4 by 2, twice running")

	rule.Either = true
	h = hysteresis(t, byHand(), HysteresisPolicy{F: HysteresisBand{Promote: rule, Demote: rule}})
	assert.Equal(t, []int{3, 3, 4}, steps(t, h, 4, 5, 5), "twice beyond the cut is enough")
	assert.Equal(t, []int{3, 4}, steps(t, h, 4, 7), "so is once by the margin")
	assert.Equal(t, []int{4, 4, 3, 0}, steps(t, h, 5, 4, 4, -1), "without orders there is no margin to hold on to")
}

// R counts in days, and fewer are better; M has a cut at 1000/3.
func TestHysteresisOfDaysAndMoney(t *testing.T) {
	t.Parallel()
	one := HysteresisRule{Margin: dec("5")}
	h := hysteresis(t, byHand(), HysteresisPolicy{
		R: HysteresisBand{Promote: one, Demote: one},
		M: HysteresisBand{Promote: HysteresisRule{Share: dec("0.1")}, Demote: HysteresisRule{Share: dec("0.1")}},
	})
	var s HysteresisState
	step := func(asOf string, days int, net string) Score {
		var err error
		s, err = h.Step(s, accountOn("A", asOf, days, 1, net))
		require.NoError(t, err)
		return s.Score()
	}
	// Margins of 30 days: up at 25, down at 36. Of 333.33…: up beyond
	// 366.66…, down at 300.
	assert.Equal(t, Score{R: 4, F: 1, M: 2}, step("2025-01-01", 30, "333.33"))
	assert.Equal(t, Score{R: 4, F: 1, M: 2}, step("2025-02-01", 35, "366.66"))
	assert.Equal(t, Score{R: 3, F: 1, M: 3}, step("2025-03-01", 36, "366.67"))
	assert.Equal(t, Score{R: 3, F: 1, M: 3}, step("2025-04-01", 26, "300.01"))
	assert.Equal(t, Score{R: 4, F: 1, M: 2}, step("2025-05-01", 25, "300.00"))
	assert.Equal(t, Score{R: 5, F: 1, M: 2}, step("2025-06-01", 5, "300.00"))
}

// A figure that goes to and fro inside the band never changes the level.
func TestNoFlipFlopInsideTheBand(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(14, 1))
	for range 300 {
		margin := 1 + r.IntN(20)
		cut := 20 + r.IntN(1000)
		m := byHand()
		m.Frequency.Cuts = []Cut[int]{{Value: 0}, {Value: cut}, {Value: 5000}, {Value: 6000}}
		rule := HysteresisRule{Margin: dec(strconv.Itoa(margin)), Periods: r.IntN(3)}
		h := hysteresis(t, m, HysteresisPolicy{F: HysteresisBand{Promote: rule, Demote: rule}})
		var orders []int
		for range 40 {
			// Beyond the cut by margin at most, and short of it by less.
			orders = append(orders, max(1, cut-margin+1+r.IntN(2*margin)))
		}
		levels := steps(t, h, orders...)
		plain := map[int]bool{}
		for i, level := range levels {
			require.Equal(t, levels[0], level, "%d of %v around %d ± %d", i, orders, cut, margin)
			plain[m.Score(accountOn("A", "2025-01-01", 1, orders[i], "1")).F] = true
		}
		require.Len(t, plain, 2, "the plain score does flip")
	}
}

func TestZeroHysteresisIsThePlainScore(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 9))
	before := randomAccounts(r, 60)
	model := fitted(t, before, nil)
	h := hysteresis(t, model, HysteresisPolicy{})
	var states []HysteresisState
	for period := range 6 {
		accounts := later(r, before, uciAsOf.AddDate(0, period, 0))
		var err error
		states, err = h.StepAll(states, accounts)
		require.NoError(t, err)
		listed := map[string]Score{}
		for _, a := range accounts {
			listed[a.ID] = bare(model.Score(a))
		}
		for _, s := range states {
			require.Equal(t, listed[s.ID], s.Score())
			require.Empty(t, s.F.Recent)
		}
		require.Len(t, states, len(accounts), "who is gone has nothing in force")
	}
}

// lived is the definition, word for word, with all periods at hand: a level is
// granted when each of the last n periods supports it and taken away when each
// excludes it; where Either holds, the margin alone is enough.
func lived(b HysteresisBand, past []reading) int {
	level, began := 0, 0
	for now, r := range past {
		if level == 0 {
			level, began = r.plain, now
			continue
		}
		n, m := max(b.Promote.Periods, 1), max(b.Demote.Periods, 1)
		up, down := level, level
		if run := past[began+1 : now+1]; len(run) >= n {
			sustained := math.MaxInt
			for _, p := range run[len(run)-n:] {
				if b.Promote.Either {
					p.up = p.plain
				}
				sustained = min(sustained, p.up)
			}
			up = max(up, sustained)
		}
		if run := past[began+1 : now+1]; len(run) >= m {
			sustained := 0
			for _, p := range run[len(run)-m:] {
				if b.Demote.Either {
					p.down = p.plain
				}
				sustained = max(sustained, p.down)
			}
			down = min(down, sustained)
		}
		if b.Promote.Either {
			up = max(up, r.up)
		}
		if b.Demote.Either {
			down = min(down, r.down)
		}
		if up > level {
			level = up
		} else if down < level {
			level = down
		}
	}
	return level
}

func TestStepNeedsNoMoreThanItsState(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(77, 7))
	for range 3000 {
		b := HysteresisBand{
			Promote: HysteresisRule{Periods: r.IntN(5), Either: r.IntN(2) == 0},
			Demote:  HysteresisRule{Periods: r.IntN(5), Either: r.IntN(2) == 0},
		}
		var past []reading
		var held HeldLevel
		for range 30 {
			x := reading{}
			if r.IntN(8) > 0 {
				x.plain = 1 + r.IntN(5)
				x.up = 1 + r.IntN(x.plain)
				x.down = x.plain + r.IntN(6-x.plain)
			}
			past = append(past, x)
			was := slices.Clone(held.Recent)
			next := b.next(held, x)
			require.Equal(t, was, slices.Clone(held.Recent), "pure")
			require.Equal(t, lived(b, past), next.Level, "%+v %v", b, past)
			require.Less(t, len(next.Recent), max(b.Promote.Periods, b.Demote.Periods, 2))
			require.NoError(t, next.validate("F", 5))
			if b.Promote.periods() == 1 && b.Demote.periods() == 1 && held.Level > 0 && next.Level > 0 {
				up, down := x.up, x.down
				if b.Promote.Either {
					up = x.plain
				}
				if b.Demote.Either {
					down = x.plain
				}
				require.True(t, up <= next.Level && next.Level <= down, "one period: always inside the band")
			}
			held = next
		}
	}
}

func TestHysteresisStepOfScoresAndOfOtherFigures(t *testing.T) {
	t.Parallel()
	twice := HysteresisBand{Promote: HysteresisRule{Periods: 2}, Demote: HysteresisRule{Periods: 2}}
	var held HeldLevel
	var levels []int
	for _, tier := range []int{2, 3, 2, 3, 4, 1, 1} {
		var err error
		held, err = twice.Step(held, tier)
		require.NoError(t, err)
		levels = append(levels, held.Level)
	}
	assert.Equal(t, []int{2, 2, 2, 2, 3, 3, 1}, levels)
	_, err := twice.Step(held, -1)
	inputError(t, err, keyaccount.ErrOutOfRange, "score", 0)
	_, err = twice.Step(HeldLevel{Level: -1}, 1)
	inputError(t, err, keyaccount.ErrOutOfRange, "held", 0)

	band := HysteresisBand{Promote: HysteresisRule{Share: dec("0.1")}, Demote: HysteresisRule{Margin: dec("50")}}
	_, err = band.Step(HeldLevel{}, 1)
	inputError(t, err, keyaccount.ErrMismatch, "Margin", 0)
	cuts := []Cut[decimal.Decimal]{{Value: dec("-100")}, {Value: dec("1000"), OrEqual: true}}
	held, levels = HeldLevel{}, nil
	for _, x := range []string{"990", "1000", "1099.99", "1100", "951", "950", "949.99", "-150", "-90", "-89.99"} {
		held, err = band.StepFigure(held, dec(x), cuts)
		require.NoError(t, err)
		levels = append(levels, held.Level)
	}
	assert.Equal(t, []int{2, 2, 2, 3, 3, 3, 2, 1, 1, 2}, levels)
	_, err = band.StepFigure(HeldLevel{Level: 4}, dec("1"), cuts)
	inputError(t, err, keyaccount.ErrOutOfRange, "held", 0)
	_, err = band.StepFigure(HeldLevel{}, decimal.New(1, 9999), cuts)
	inputError(t, err, keyaccount.ErrOutOfRange, "figure", 0)
	slices.Reverse(cuts)
	_, err = band.StepFigure(HeldLevel{}, dec("1"), cuts)
	inputError(t, err, keyaccount.ErrOutOfRange, "cuts", 0)
	_, err = band.StepFigure(HeldLevel{}, dec("1"), []Cut[decimal.Decimal]{{Value: decimal.New(1, 9999)}})
	inputError(t, err, keyaccount.ErrOutOfRange, "cuts", 0)
}

func TestHysteresisStateIsData(t *testing.T) {
	t.Parallel()
	p := HysteresisPolicy{Version: "2025-1", F: HysteresisBand{Promote: HysteresisRule{Periods: 3}}}
	text, err := json.Marshal(p)
	require.NoError(t, err)
	var kept HysteresisPolicy
	require.NoError(t, json.Unmarshal(text, &kept))
	h := hysteresis(t, byHand(), kept)

	s, err := h.Step(HysteresisState{}, accountOn("A", "2025-01-01", 5, 3, "120"))
	require.NoError(t, err)
	s, err = h.Step(s, accountOn("A", "2025-02-01", 5, 9, "120"))
	require.NoError(t, err)
	assert.Equal(t, "2025-1", s.Policy)
	text, err = json.Marshal(s)
	require.NoError(t, err)
	assert.JSONEq(t, `{"schema":"keyaccount/segment.HysteresisState","version":2,"policy":"2025-1","id":"A",
		"as_of":"2025-02-01T00:00:00Z","bins":5,"r":{"level":5},
		"f":{"level":3,"recent":[{"up":5,"down":5}]},"m":{"level":2}}`, string(text))
	var back HysteresisState
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, s, back)

	// Another version of the policy keeps the level, not the run.
	kept.Version = "2025-2"
	next, err := hysteresis(t, byHand(), kept).Step(back, accountOn("A", "2025-03-01", 5, 9, "120"))
	require.NoError(t, err)
	assert.Equal(t, HeldLevel{Level: 3, Recent: []DeservedLevel{{5, 5}}}, next.F)

	for _, spoil := range []func(s *HysteresisState){
		func(s *HysteresisState) { s.Bins = 1 },
		func(s *HysteresisState) { s.R.Level = 6 },
		func(s *HysteresisState) { s.F.Recent = make([]DeservedLevel, 200) },
		func(s *HysteresisState) { s.M.Recent = []DeservedLevel{{3, 2}} },
	} {
		bad := s
		spoil(&bad)
		text, err := json.Marshal(bad)
		require.NoError(t, err)
		require.ErrorIs(t, json.Unmarshal(text, &back), keyaccount.ErrOutOfRange)
	}
	require.ErrorIs(t, json.Unmarshal([]byte(`{"schema":"keyaccount/segment.HysteresisState","version":3}`), &back), keyaccount.ErrVersion)
	require.ErrorIs(t, json.Unmarshal([]byte(`{"version":"x"}`), &back), keyaccount.ErrMalformed)
	assert.Equal(t, s, back, "after an error the receiver is unchanged")
}

func TestHysteresisRefuses(t *testing.T) {
	t.Parallel()
	h := hysteresis(t, byHand(), HysteresisPolicy{})
	a := accountOn("A", "2025-01-01", 5, 3, "120")
	s, err := h.Step(HysteresisState{}, a)
	require.NoError(t, err)
	_, err = h.Step(s, a)
	inputError(t, err, keyaccount.ErrOutOfRange, "state.AsOf", 0)
	_, err = h.Step(s, accountOn("B", "2025-02-01", 5, 3, "120"))
	inputError(t, err, keyaccount.ErrMismatch, "state.ID", 0)
	_, err = h.Step(HysteresisState{F: HeldLevel{Level: 9}}, a)
	inputError(t, err, keyaccount.ErrVersion, "state.Schema", 0)
	wide := s
	wide.Bins = 7
	_, err = h.Step(wide, accountOn("A", "2025-02-01", 5, 3, "120"))
	inputError(t, err, keyaccount.ErrMismatch, "state.Bins", 0)
	_, err = h.Step(s, Account{ID: "A", AsOf: day("2025-02-01"), Currency: "USD"})
	inputError(t, err, keyaccount.ErrMixedCurrency, "account.Currency", 0)
	_, err = h.Step(s, accountOn("A", "2025-02-01", -2, 3, "120"))
	inputError(t, err, keyaccount.ErrOutOfRange, "account.DaysSinceLast", 0)

	next := []Account{accountOn("A", "2025-02-01", 5, 3, "1"), accountOn("B", "2025-02-01", 5, 3, "1")}
	_, err = h.StepAll(nil, nil)
	inputError(t, err, keyaccount.ErrMissing, "accounts", 0)
	_, err = h.StepAll([]HysteresisState{s, s}, next)
	inputError(t, err, keyaccount.ErrDuplicate, "state.ID", 2)
	_, err = h.StepAll([]HysteresisState{wide}, next)
	inputError(t, err, keyaccount.ErrMismatch, "state.Bins", 1)
	_, err = h.StepAll([]HysteresisState{s}, []Account{a})
	inputError(t, err, keyaccount.ErrOutOfRange, "state.AsOf", 1)
	_, err = h.StepAll(nil, append(next, next[0]))
	inputError(t, err, keyaccount.ErrDuplicate, "accounts.ID", 3)

	nested := fitted(t, randomAccounts(rand.New(rand.NewPCG(1, 8)), 30), &RFMOptions{Nested: true})
	_, err = NewHysteresis(nested, HysteresisPolicy{Version: "1"})
	inputError(t, err, keyaccount.ErrMismatch, "model.Nested", 0)
	_, err = NewHysteresis(nil, HysteresisPolicy{})
	inputError(t, err, keyaccount.ErrMissing, "model", 0)
	for field, rule := range map[string]HysteresisRule{
		"Margin":  {Margin: dec("-1")},
		"Share":   {Share: dec("1")},
		"Periods": {Periods: 121},
		"Either":  {Either: true, Periods: 3},
	} {
		bad := HysteresisPolicy{M: HysteresisBand{Demote: rule}}
		inputError(t, bad.Validate(), keyaccount.ErrOutOfRange, "M.Demote."+field, 0)
		_, err := NewHysteresis(byHand(), bad)
		require.ErrorContains(t, err, field)
	}
	both := HysteresisPolicy{R: HysteresisBand{Promote: HysteresisRule{Periods: -1}}, F: HysteresisBand{Promote: HysteresisRule{Share: dec("-1")}}}
	require.ErrorContains(t, both.Validate(), "R.Promote.Periods")
	require.ErrorContains(t, both.Validate(), "F.Promote.Share")
}

func TestHugeMarginsOnCountsAreNeverReached(t *testing.T) {
	t.Parallel()
	rule := HysteresisRule{Margin: decimal.New(1, 40)}
	h := hysteresis(t, byHand(), HysteresisPolicy{
		R: HysteresisBand{Promote: rule, Demote: rule}, F: HysteresisBand{Promote: rule, Demote: rule},
	})
	assert.Equal(t, []int{1, 1, 1}, steps(t, h, 1, math.MaxInt, 1))
	assert.Equal(t, []int{5, 5, 5}, steps(t, h, math.MaxInt, 1, 9))
}

// FuzzHysteresisState: what is read steps without a panic and can be written
// and read again.
func FuzzHysteresisState(f *testing.F) {
	f.Add([]byte(`{"schema":"keyaccount/segment.HysteresisState","version":1,"id":"A","as_of":"2025-02-01T00:00:00Z",
		"bins":5,"r":{"level":5},"f":{"level":3,"recent":[{"up":5,"down":5}]},"m":{"level":0}}`), 3, int64(100), int32(-2))
	f.Add([]byte(`{"schema":"keyaccount/segment.HysteresisState","version":2,"id":"A","as_of":"2025-02-01T00:00:00Z",
		"bins":5,"r":{"level":5},"f":{"level":3},"m":{"level":0},"dimensions":[
		{"name":"delay","bins":5,"level":2,"recent":[{"up":3,"down":4}]},{"name":"margin","bins":3,"level":1}]}`), 3, int64(25), int32(0))
	f.Add([]byte(`{}`), 3, int64(100), int32(4000))
	rule := HysteresisRule{Margin: dec("2"), Share: dec("0.1"), Periods: 3}
	h, err := NewHysteresis(delayByHand(), HysteresisPolicy{
		R: HysteresisBand{Promote: rule, Demote: rule}, F: HysteresisBand{Promote: rule}, M: HysteresisBand{Promote: rule, Demote: rule},
		Dimensions: map[string]HysteresisBand{"delay": {Promote: rule, Demote: rule}},
	})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data []byte, orders int, net int64, exponent int32) {
		var s HysteresisState
		if json.Unmarshal(data, &s) != nil {
			return
		}
		a := accountOn(s.ID, "2025-01-01", 5, orders, "0")
		a.Net, a.AsOf = decimal.New(net, exponent), s.AsOf.AddDate(0, 1, 0)
		if orders%3 > 0 {
			a.Figures = map[string]decimal.Decimal{"delay": a.Net}
		}
		next, err := h.Step(s, a)
		if err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		text, err := json.Marshal(next)
		require.NoError(t, err)
		var back HysteresisState
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, next.Score(), back.Score())
	})
}

func BenchmarkHysteresisStep(b *testing.B) {
	rule := HysteresisRule{Share: dec("0.1"), Periods: 2}
	band := HysteresisBand{Promote: rule, Demote: rule}
	h, err := NewHysteresis(byHand(), HysteresisPolicy{R: band, F: band, M: band})
	if err != nil {
		b.Fatal(err)
	}
	s, err := h.Step(HysteresisState{}, accountOn("A", "2025-01-01", 5, 3, "120"))
	if err != nil {
		b.Fatal(err)
	}
	a := accountOn("A", "2025-02-01", 7, 3, "150")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Step(s, a); err != nil {
			b.Fatal(err)
		}
	}
}
