package segment

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func explained(t testing.TB, m *Model, a Account, opts *ExplainOptions) *Explanation {
	t.Helper()
	e, err := Explain(m, a, opts)
	require.NoError(t, err)
	return e
}

// The cuts of byHand: 10, 30, 60, 90 days; 1, 2, 4, 8 orders; 100, 1000/3, 500
// (itself beyond) and 1000.
func TestExplainAtTheCuts(t *testing.T) {
	t.Parallel()
	e := explained(t, byHand(), accountOn("A", "2025-01-01", 30, 6, "333.33"), nil)
	assert.Equal(t, Score{R: 4, F: 4, M: 2}, bare(e.Score))
	assert.Equal(t, &CutDistance[int]{Score: 5, Figure: 10, By: 20}, e.R.Up)
	assert.Equal(t, &CutDistance[int]{Score: 3, Figure: 31, By: 1}, e.R.Down)
	assert.Equal(t, &CutDistance[int]{Score: 5, Figure: 9, By: 3}, e.F.Up)
	assert.Equal(t, &CutDistance[int]{Score: 3, Figure: 4, By: 2}, e.F.Down)
	assert.Equal(t, &CutDistance[decimal.Decimal]{Score: 3, Figure: dec("333.34"), By: dec("0.01")}, e.M.Up)
	assert.Equal(t, &CutDistance[decimal.Decimal]{Score: 1, Figure: dec("100.00"), By: dec("233.33")}, e.M.Down)

	e = explained(t, byHand(), accountOn("A", "2025-01-01", 0, 9, "500"), nil)
	assert.Nil(t, e.R.Up, "nobody has fewer days than none")
	assert.Nil(t, e.F.Up)
	assert.Equal(t, &CutDistance[decimal.Decimal]{Score: 5, Figure: dec("1000.01"), By: dec("500.01")}, e.M.Up)
	assert.Equal(t, &CutDistance[decimal.Decimal]{Score: 3, Figure: dec("499.99"), By: dec("0.01")}, e.M.Down)

	yen := &ExplainOptions{Unit: dec("10")}
	e = explained(t, byHand(), accountOn("A", "2025-01-01", 91, 1, "495"), yen)
	assert.Nil(t, e.R.Down)
	assert.Nil(t, e.F.Down)
	assert.Equal(t, &CutDistance[decimal.Decimal]{Score: 4, Figure: dec("505"), By: dec("10")}, e.M.Up)

	// Coinciding cuts are passed together.
	m := byHand()
	m.Frequency.Cuts = []Cut[int]{{Value: 1}, {Value: 1}, {Value: 2}, {Value: 4}}
	e = explained(t, m, accountOn("A", "2025-01-01", 5, 1, "1"), nil)
	assert.Equal(t, &CutDistance[int]{Score: 3, Figure: 2, By: 1}, e.F.Up)

	// Under MidRank one order may be beyond a cut that nobody with orders is not.
	m.Frequency.Cuts = []Cut[int]{{Value: 1, OrEqual: true}, {Value: 1}, {Value: 2}, {Value: 4}}
	assert.Nil(t, explained(t, m, accountOn("A", "2025-01-01", 5, 1, "1"), nil).F.Down)
	// No number of orders is beyond the greatest there is.
	m.Frequency.Cuts = []Cut[int]{{Value: 1}, {Value: 1}, {Value: 2}, {Value: math.MaxInt}}
	assert.Nil(t, explained(t, m, accountOn("A", "2025-01-01", 5, 9, "1"), nil).F.Up)
}

func TestExplainWithoutOrders(t *testing.T) {
	t.Parallel()
	m := byHand()
	m.Frequency.Cuts[0].OrEqual = true
	e := explained(t, m, accountOn("A", "2025-01-01", -1, 0, "-20"), nil)
	assert.Zero(t, e.Score)
	assert.Equal(t, &CutDistance[int]{Score: 2, Figure: 1, By: 1}, e.F.Up, "the first order gives what one order is worth")
	assert.Nil(t, e.R.Up)
	assert.Nil(t, e.M.Up)
	assert.Equal(t, []string{
		"R has no score: no orders",
		"F has no score: no orders; next cut needs 1 more order and gives 2",
		"M has no score: no orders",
	}, e.Sentences("en"))
	assert.Equal(t, "F 无评分：没有订单；再增 1 单升至 2", e.Sentences("zh")[1])
}

func TestExplainChangeInWords(t *testing.T) {
	t.Parallel()
	m := byHand()
	m.Frequency.Cuts = []Cut[int]{{Value: 2}, {Value: 4}, {Value: 7}, {Value: 8}}
	before, after := accountOn("A", "2025-01-01", 20, 9, "120.50"), accountOn("A", "2025-07-01", 95, 6, "480.00")
	e, err := ExplainChange(m, before, after, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"R fell 4->1: days since the last order 20->95; next cut needs 5 days fewer since the last order",
		"F fell 5->3: orders 9->6; next cut needs 2 more orders; falls to 2 with 2 orders fewer",
		"M rose 2->3: net 120.50->480.00; next cut needs 20.00 EUR more; falls to 2 with 146.67 EUR less",
	}, e.Sentences("en"))
	assert.Equal(t, []string{
		"R 降 4->1：距上次下单天数 20->95；距上次下单缩短 5 天升至 2",
		"F 降 5->3：订单数 9->6；再增 2 单升至 4；减少 2 单降至 2",
		"M 升 2->3：净额 120.50->480.00；再增 20.00 EUR 升至 4；减少 146.67 EUR 降至 2",
	}, e.Sentences("zh-CN"))
	assert.Equal(t, before.AsOf, e.Since)

	still, err := ExplainChange(m, after, after, nil)
	require.NoError(t, err)
	assert.Contains(t, still.Sentences("en")[1], "F stays 3: orders 6->6")
	first, err := ExplainChange(m, accountOn("A", "2025-01-01", -1, 0, "0"), after, nil)
	require.NoError(t, err)
	assert.Contains(t, first.Sentences("en")[1], "F begins at 3: orders 6;")
	gone, err := ExplainChange(m, before, accountOn("A", "2025-07-01", -1, 0, "0"), nil)
	require.NoError(t, err)
	assert.Equal(t, "F ends, it was 5: no orders; next cut needs 1 more order", gone.Sentences("en")[1])
	assert.Contains(t, gone.Sentences("zh")[1], "F 不再评分，原为 5：没有订单")
	assert.Equal(t, "F is 3: orders 6; next cut needs 2 more orders; falls to 2 with 2 orders fewer", explained(t, m, after, nil).Sentences("")[1])
	bare := after
	bare.Currency, m.Currency = "", ""
	assert.Contains(t, explained(t, m, bare, nil).Sentences("en")[2], "next cut needs 20.00 more; falls to 2 with 146.67 less")
}

func TestExplainMove(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 6))
	before := randomAccounts(r, 60)
	after := later(r, before, uciAsOf.AddDate(0, 3, 0))
	model := fitted(t, before, nil)
	moves, err := Migrate(model, before, after)
	require.NoError(t, err)
	kinds := map[MoveKind]bool{}
	for _, move := range moves.Moves {
		kinds[move.Kind] = true
		e, err := ExplainMove(model, moves, move, nil)
		require.NoError(t, err)
		require.Equal(t, move.To, e.Score)
		require.Equal(t, move.From.F, e.F.Was.Score)
		i := slices.IndexFunc(before, func(a Account) bool { return a.ID == move.ID })
		j := slices.IndexFunc(after, func(a Account) bool { return a.ID == move.ID })
		if i >= 0 && j >= 0 {
			want, err := ExplainChange(model, before[i], after[j], nil)
			require.NoError(t, err)
			require.Equal(t, want, e)
		}
	}
	require.Len(t, kinds, 5)

	entered, err := Migrate(model, nil, after)
	require.NoError(t, err)
	_, err = ExplainMove(model, entered, entered.Moves[0], nil)
	require.NoError(t, err)
	_, err = ExplainMove(model, nil, moves.Moves[0], nil)
	inputError(t, err, keyaccount.ErrMissing, "of", 0)
	_, err = ExplainMove(nil, moves, moves.Moves[0], nil)
	inputError(t, err, keyaccount.ErrMissing, "model", 0)
	i := slices.IndexFunc(moves.Moves, func(m Move) bool { return m.Kind == MoveScore })
	wrong := moves.Moves[i]
	wrong.To.F = 1 + wrong.To.F%5
	_, err = ExplainMove(model, moves, wrong, nil)
	inputError(t, err, keyaccount.ErrMismatch, "move.To", 0)
}

// checkDistances asks for exactly what the explanation asks for, and for one
// less: the first changes the score as promised, the second does not.
func checkDistances(t testing.TB, m *Model, a Account, e *Explanation, unit decimal.Decimal) {
	t.Helper()
	days := func(n int) int { b := a; b.DaysSinceLast = n; return m.Score(b).R }
	orders := func(n int) int { b := a; b.Orders = n; return m.Score(b).F }
	net := func(d decimal.Decimal) int { b := a; b.Net = d; return m.Score(b).M }
	for _, d := range []struct {
		what         string
		to           *CutDistance[int]
		from, way    int
		score        func(int) int
		better, none bool // none: no account can be there
	}{
		{"R up", e.R.Up, a.DaysSinceLast, -1, days, true, days(0) == e.R.Score},
		{"R down", e.R.Down, a.DaysSinceLast, +1, days, false, days(math.MaxInt) == e.R.Score},
		{"F up", e.F.Up, a.Orders, +1, orders, true, orders(math.MaxInt) == e.F.Score},
		{"F down", e.F.Down, a.Orders, -1, orders, false, orders(1) == e.F.Score},
	} {
		require.Equal(t, d.none, d.to == nil, d.what)
		if d.to == nil {
			continue
		}
		now := d.score(d.from)
		require.Positive(t, d.to.By, d.what)
		require.Equal(t, d.to.Figure, d.from+d.way*d.to.By, d.what)
		require.Equal(t, d.to.Score, d.score(d.to.Figure), d.what)
		require.Equal(t, d.better, d.to.Score > now, d.what)
		require.NotEqual(t, d.to.Score, now, d.what)
		require.Equal(t, now, d.score(d.to.Figure-d.way), "%s: one less is not enough", d.what)
	}
	for _, d := range []struct {
		to     *CutDistance[decimal.Decimal]
		way    int64
		better bool
	}{{e.M.Up, 1, true}, {e.M.Down, -1, false}} {
		if d.to == nil {
			require.Equal(t, e.M.Score == m.Bins, d.better || m.Bins == 1)
			continue
		}
		step := unit.Mul(decimal.New(d.way, 0))
		require.True(t, d.to.By.Sign() > 0)
		require.True(t, d.to.By.Mod(unit).IsZero(), "whole units")
		require.True(t, d.to.Figure.Equal(a.Net.Add(d.to.By.Mul(decimal.New(d.way, 0)))))
		require.Equal(t, d.to.Score, net(d.to.Figure))
		require.Equal(t, d.better, d.to.Score > e.M.Score)
		require.NotEqual(t, d.to.Score, e.M.Score)
		require.Equal(t, e.M.Score, net(d.to.Figure.Sub(step)), "one unit less is not enough")
	}
}

func TestAskingForExactlyThatMuchIsEnoughAndOneLessIsNot(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(40, 2))
	for range 200 {
		accounts := randomAccounts(r, 2+r.IntN(50))
		m := fitted(t, accounts, &RFMOptions{
			Bins: 2 + r.IntN(11), Rule: []QuantileRule{Type7, MidRank}[r.IntN(2)], Nested: r.IntN(3) == 0,
		})
		unit := dec([]string{"0.01", "1", "0.05", "1000", "0.0001"}[r.IntN(5)])
		for _, a := range append(randomAccounts(r, 20), accounts...) {
			if a.HasOrders() {
				checkDistances(t, m, a, explained(t, m, a, &ExplainOptions{Unit: unit}), unit)
			}
		}
	}
}

func TestExplainRefuses(t *testing.T) {
	t.Parallel()
	a := accountOn("A", "2025-01-01", 5, 3, "120")
	refused := func(m *Model, a Account, o *ExplainOptions) error {
		e, err := Explain(m, a, o)
		require.Nil(t, e)
		return err
	}
	inputError(t, refused(nil, a, nil), keyaccount.ErrMissing, "model", 0)
	inputError(t, refused(&Model{}, a, nil), keyaccount.ErrVersion, "model.Schema", 0)
	inputError(t, refused(byHand(), a, &ExplainOptions{Unit: dec("-1")}), keyaccount.ErrOutOfRange, "Unit", 0)
	inputError(t, refused(byHand(), a, &ExplainOptions{Unit: decimal.New(1, 5000)}), keyaccount.ErrOutOfRange, "Unit", 0)
	b := a
	b.Currency = "USD"
	inputError(t, refused(byHand(), b, nil), keyaccount.ErrMixedCurrency, "account.Currency", 0)
	b = a
	b.Net = decimal.New(1, 1<<30)
	inputError(t, refused(byHand(), b, nil), keyaccount.ErrOutOfRange, "account.Net", 0)
	b = a
	b.DaysSinceLast = -1
	inputError(t, refused(byHand(), b, nil), keyaccount.ErrOutOfRange, "account.DaysSinceLast", 0)

	_, err := ExplainChange(byHand(), a, accountOn("B", "2025-02-01", 5, 3, "1"), nil)
	inputError(t, err, keyaccount.ErrMismatch, "after.ID", 0)
	_, err = ExplainChange(byHand(), a, accountOn("A", "2024-02-01", 5, 3, "1"), nil)
	inputError(t, err, keyaccount.ErrOutOfRange, "after.AsOf", 0)
	_, err = ExplainChange(nil, a, a, nil)
	inputError(t, err, keyaccount.ErrMissing, "model", 0)
}

// FuzzExplain: hostile cuts and figures are refused, or explained truly.
func FuzzExplain(f *testing.F) {
	f.Add(30, 6, int64(33333), int32(-2), 1, 8, int64(1000), int32(0), 3, true, int64(1), int32(-2))
	f.Add(math.MaxInt, math.MaxInt, int64(math.MinInt64), int32(300), math.MinInt, math.MaxInt, int64(7), int32(-300), 7, false, int64(5), int32(3))
	f.Fuzz(func(t *testing.T, days, orders int, net int64, exponent int32, low, high int,
		cut int64, cutExponent int32, over int, orEqual bool, unit int64, unitExponent int32,
	) {
		m := byHand()
		m.Bins, m.Scored = 3, 3
		ints := []Cut[int]{{Value: low, OrEqual: orEqual}, {Value: high}}
		m.Recency = Scale[int]{Cuts: ints, Counts: []int{1, 1, 1}}
		m.Frequency = m.Recency
		m.Monetary = Scale[decimal.Decimal]{Cuts: []Cut[decimal.Decimal]{
			{Value: decimal.New(cut, cutExponent), Over: over, OrEqual: orEqual}, {Value: decimal.New(cut, cutExponent), Over: over},
		}, Counts: []int{1, 1, 1}}
		m.Dimensions = []DimensionScale{
			{Name: "margin", Scored: 3, Scale: m.Monetary}, {Name: "delay", LowerBetter: true, Step: decimal.New(unit, unitExponent), Scored: 3, Scale: m.Monetary},
		}
		a := accountOn("A", "2025-01-01", days, orders, "0")
		a.Net = decimal.New(net, exponent)
		a.Figures = map[string]decimal.Decimal{"margin": a.Net, "delay": a.Net}
		o := &ExplainOptions{Unit: decimal.New(unit, unitExponent)}
		e, err := Explain(m, a, o)
		if err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		if unit == 0 {
			o.Unit = dec("0.01")
		}
		if a.HasOrders() {
			checkDistances(t, m, a, e, o.Unit)
			checkDimensionDistances(t, m, e)
		}
		for _, lang := range []string{"en", "zh"} {
			require.Len(t, e.Sentences(lang), 5)
		}
		_, err = json.Marshal(e)
		require.NoError(t, err)
	})
}

func BenchmarkExplain(b *testing.B) {
	m, a := byHand(), accountOn("A", "2025-01-01", 30, 6, "333.33")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Explain(m, a, nil); err != nil {
			b.Fatal(err)
		}
	}
}
