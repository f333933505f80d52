package allocation

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// serviceHours is 400 hours for gold (weight 4), silver (2) and bronze (1)
// accounts with promised floors and expected demand: the level is 29.
func serviceHours() []Claim {
	return []Claim{
		{"gold 1", dec("4"), dec("40"), upTo("160")},
		{"gold 2", dec("4"), dec("40"), upTo("90")},
		{"silver 1", dec("2"), dec("20"), upTo("120")},
		{"silver 2", dec("2"), dec("20"), upTo("60")},
		{"bronze 1", dec("1"), dec("0"), upTo("80")},
		{"bronze 2", dec("1"), dec("0"), upTo("80")},
		{"bronze 3", dec("1"), dec("0"), upTo("20")},
	}
}

func TestFillServiceHours(t *testing.T) {
	plan := fill(t, "400", serviceHours(), "0.25")
	assertAmounts(t, ints(116, 90, 58, 58, 29, 29, 20), plan)
	assert.True(t, plan.Level.Decimal.Equal(dec("29")))
	var reasons []Reason
	for _, l := range plan.Lines {
		reasons = append(reasons, l.Reason)
	}
	assert.Equal(t, []Reason{AtLevel, AtCap, AtLevel, AtLevel, AtLevel, AtLevel, AtCap}, reasons)
}

// Keshav, An Engineering Approach to Computer Networking, 1997, section 9.4.1:
// demands 2, 2.6, 4, 5 of 10 get 2, 2.6, 2.7, 2.7; demands 4, 2, 10, 4 of 16
// with weights 2.5, 4, 0.5, 1 get 4, 2, 6, 4.
func TestFillKeshav(t *testing.T) {
	plan := fill(t, "10", []Claim{
		{"A", dec("1"), dec("0"), upTo("2")},
		{"B", dec("1"), dec("0"), upTo("2.6")},
		{"C", dec("1"), dec("0"), upTo("4")},
		{"D", dec("1"), dec("0"), upTo("5")},
	}, "0.01")
	assertAmounts(t, []decimal.Decimal{dec("2"), dec("2.6"), dec("2.7"), dec("2.7")}, plan)
	plan = fill(t, "16", []Claim{
		{"A", dec("2.5"), dec("0"), upTo("4")},
		{"B", dec("4"), dec("0"), upTo("2")},
		{"C", dec("0.5"), dec("0"), upTo("10")},
		{"D", dec("1"), dec("0"), upTo("4")},
	}, "0.01")
	assertAmounts(t, ints(4, 2, 6, 4), plan)
	assert.True(t, plan.Level.Decimal.Equal(dec("12")))
}

// volcano's proportion plugin shares by weight first and raises to the
// guarantee afterwards, queue by queue: with a guarantee of 8 of 10 and two
// others at weight 9 it hands out 12, with one of 4 and three peers 11.5.
func TestVolcanoHandsOutMoreThanThereIs(t *testing.T) {
	plan := fill(t, "10", []Claim{
		{Account: "promised", Weight: dec("1"), Floor: dec("8")},
		{Account: "B", Weight: dec("9")},
		{Account: "C", Weight: dec("9")},
	}, "1")
	assertAmounts(t, ints(8, 1, 1), plan)
	plan = fill(t, "10", []Claim{
		{Account: "promised", Weight: dec("1"), Floor: dec("4")},
		{Account: "B", Weight: dec("1")},
		{Account: "C", Weight: dec("1")},
		{Account: "D", Weight: dec("1")},
	}, "0.01")
	assertAmounts(t, ints(4, 2, 2, 2), plan)
}

// volcano issue 1486: once a capped queue had its share, the rest was not
// redistributed. Caps 80 and 20 of 100 at equal weights give 80 and 20.
func TestVolcanoStopsRedistributing(t *testing.T) {
	plan := fill(t, "100", []Claim{
		{"A", dec("1"), dec("0"), upTo("80")}, {"B", dec("1"), dec("0"), upTo("20")},
	}, "1")
	assertAmounts(t, ints(80, 20), plan)
	assert.True(t, plan.Slack.IsZero())
}

// dinero.js 144 and 776, moneyphp PR 492, rusty_money 103: the remainder goes
// to whoever is first, so the amounts depend on the order of the ratios.
func TestMoneyLibrariesGiveTheRemainderToTheFirst(t *testing.T) {
	for _, c := range []struct {
		total       string
		ratios, got []int64
	}{
		{"5", []int64{100, 101, 100, 100}, []int64{1, 2, 1, 1}},
		{"1", []int64{33, 66}, []int64{0, 1}},
		{"613", []int64{98, 92, 98, 123, 102, 92}, []int64{99, 93, 99, 125, 104, 93}},
	} {
		for turn := range c.ratios {
			claims := make([]Claim, len(c.ratios))
			want := make([]int64, len(c.ratios))
			for i := range claims {
				j := (i + turn) % len(c.ratios)
				claims[i] = Claim{Account: string(rune('A' + j)), Weight: decimal.NewFromInt(c.ratios[j])}
				want[i] = c.got[j]
			}
			assertAmounts(t, ints(want...), fill(t, c.total, claims, "1"))
		}
	}
}

// brick/money issue 68: 2 of 100 stayed with nobody.
func TestBrickMoneyKeepsARemainder(t *testing.T) {
	claims := make([]Claim, 5)
	for i, w := range ints(400, 0, 40, 20, 2) {
		claims[i] = Claim{Account: string(rune('A' + i)), Weight: w}
	}
	assertAmounts(t, ints(87, 0, 9, 4, 0), fill(t, "100", claims, "1"))
}

// The Alabama paradox (Balinski and Young 2001, chapter 5) comes with largest
// remainder: an eleventh unit costs the small account one. Its entitlement
// grows all the same.
func TestAlabamaParadoxIsInAmountsNotEntitlements(t *testing.T) {
	claims := []Claim{{Account: "A", Weight: dec("6")}, {Account: "B", Weight: dec("6")}, {Account: "C", Weight: dec("2")}}
	ten, eleven := fill(t, "10", claims, "1"), fill(t, "11", claims, "1")
	assertAmounts(t, ints(4, 4, 2), ten)
	assertAmounts(t, ints(5, 5, 1), eleven)
	assert.Equal(t, "1.428571", ten.Lines[2].Entitlement.StringFixed(6))
	assert.Equal(t, "1.571428", eleven.Lines[2].Entitlement.StringFixed(6))
}

func TestFillTiesGoByWeightThenIdentifier(t *testing.T) {
	// Entitlements 1.5 and 4.5: equal remainders.
	assertAmounts(t, ints(1, 5), fill(t, "6", []Claim{{Account: "A", Weight: dec("1")}, {Account: "B", Weight: dec("3")}}, "1"))
	assertAmounts(t, ints(1, 2), fill(t, "3", []Claim{{Account: "B", Weight: dec("1")}, {Account: "A", Weight: dec("1")}}, "1"))
}

func TestFillEdges(t *testing.T) {
	for _, c := range []struct {
		name    string
		pool    string
		claims  []Claim
		amounts []decimal.Decimal
		reasons []Reason
		level   string // empty is null
		slack   string
	}{
		{"no claims", "5", nil, nil, nil, "", "5"},
		{"empty pool", "0", []Claim{{Account: "A", Weight: dec("1")}}, ints(0), []Reason{AtLevel}, "0", "0"},
		{"empty pool, cap 0", "0", []Claim{{"A", dec("1"), dec("0"), upTo("0")}}, ints(0), []Reason{AtCap}, "", "0"},
		{
			"weight 0 gets its floor only", "10",
			[]Claim{{"A", dec("0"), dec("1"), upTo("10")}, {"B", dec("1"), dec("0"), upTo("3")}},
			ints(1, 3),
			[]Reason{NoWeight, AtCap},
			"", "6",
		},
		{
			"all weights 0", "10",
			[]Claim{{Account: "A", Floor: dec("1")}, {Account: "B"}},
			ints(1, 0),
			[]Reason{NoWeight, NoWeight},
			"", "9",
		},
		{
			"floors take all of the pool", "10",
			[]Claim{{Account: "A", Weight: dec("1"), Floor: dec("7")}, {Account: "B", Weight: dec("1"), Floor: dec("3")}},
			ints(7, 3),
			[]Reason{AtFloor, AtFloor},
			"0", "0",
		},
		{
			"any level from 2 to 6 would do: the lowest", "8",
			[]Claim{{"A", dec("1"), dec("0"), upTo("2")}, {Account: "B", Weight: dec("1"), Floor: dec("6")}},
			ints(2, 6),
			[]Reason{AtCap, AtFloor},
			"2", "0",
		},
		{
			"any level from 1 to 10 would do, the fixed account has no say", "13",
			[]Claim{
				{"A", dec("1"), dec("2"), upTo("2")},
				{"B", dec("1"), dec("0"), upTo("1")},
				{Account: "C", Weight: dec("1"), Floor: dec("10")},
			},
			ints(2, 1, 10),
			[]Reason{AtFloor, AtCap, AtFloor},
			"1", "0",
		},
		{
			"fixed above and below the level", "10",
			[]Claim{{"A", dec("5"), dec("2"), upTo("2")}, {"B", dec("1"), dec("5"), upTo("5")}, {Account: "C", Weight: dec("1")}},
			ints(2, 5, 3),
			[]Reason{AtCap, AtFloor, AtLevel},
			"3", "0",
		},
		{
			"a floor just met", "10",
			[]Claim{{Account: "A", Weight: dec("1"), Floor: dec("5")}, {Account: "B", Weight: dec("1")}},
			ints(5, 5),
			[]Reason{AtLevel, AtLevel},
			"5", "0",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan := fill(t, c.pool, c.claims, "1")
			assertAmounts(t, c.amounts, plan)
			for i, r := range c.reasons {
				assert.Equal(t, r, plan.Lines[i].Reason, "line %d", i)
			}
			require.Equal(t, c.level != "", plan.Level.Valid)
			if c.level != "" {
				assert.True(t, dec(c.level).Equal(plan.Level.Decimal), "level %s", plan.Level.Decimal)
			}
			assert.True(t, dec(c.slack).Equal(plan.Slack))
		})
	}
}

func TestFillRefuses(t *testing.T) {
	good := Claim{Account: "A", Weight: dec("1")}
	huge := decimal.New(1, 999_999_999)
	for _, c := range []struct {
		name   string
		pool   decimal.Decimal
		claims []Claim
		unit   decimal.Decimal
		kind   error
		field  string
		row    int
	}{
		{"negative pool", dec("-1"), []Claim{good}, dec("1"), keyaccount.ErrOutOfRange, "Pool", 0},
		{"negative unit", dec("1"), []Claim{good}, dec("-1"), keyaccount.ErrOutOfRange, "Unit", 0},
		{"absurd pool", huge, []Claim{good}, dec("1"), keyaccount.ErrOutOfRange, "Pool", 0},
		{"absurd weight", dec("1"), []Claim{good, {Account: "B", Weight: huge}}, dec("1"), keyaccount.ErrOutOfRange, "Weight", 2},
		{"no account", dec("1"), []Claim{good, {Weight: dec("1")}}, dec("1"), keyaccount.ErrMissing, "Account", 2},
		{"twice", dec("1"), []Claim{good, good}, dec("1"), keyaccount.ErrDuplicate, "Account", 2},
		{"negative weight", dec("1"), []Claim{{Account: "A", Weight: dec("-1")}}, dec("1"), keyaccount.ErrOutOfRange, "Weight", 1},
		{"negative floor", dec("1"), []Claim{{Account: "A", Floor: dec("-1")}}, dec("1"), keyaccount.ErrOutOfRange, "Floor", 1},
		{"negative cap", dec("1"), []Claim{{Account: "A", Cap: upTo("-1")}}, dec("1"), keyaccount.ErrOutOfRange, "Cap", 1},
		{"cap below floor", dec("9"), []Claim{{"A", dec("1"), dec("3"), upTo("2")}}, dec("1"), keyaccount.ErrOutOfRange, "Cap", 1},
		{"pool no multiple", dec("1.5"), []Claim{good}, dec("1"), keyaccount.ErrOutOfRange, "Pool", 0},
		{"floor no multiple", dec("9"), []Claim{{Account: "A", Floor: dec("0.3")}}, dec("0.25"), keyaccount.ErrOutOfRange, "Floor", 1},
		{"cap no multiple", dec("9"), []Claim{good, {"B", dec("1"), dec("0"), upTo("10")}}, dec("3"), keyaccount.ErrOutOfRange, "Cap", 2},
		{"too fine for the default", dec("0.001"), []Claim{good}, decimal.Decimal{}, keyaccount.ErrOutOfRange, "Pool", 0},
	} {
		_, err := Fill(c.pool, c.claims, &FillOptions{Unit: c.unit})
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad, c.name)
		assert.ErrorIs(t, err, c.kind, c.name)
		assert.Equal(t, c.field, bad.Field, c.name)
		assert.Equal(t, c.row, bad.Row, c.name)
	}
}

func TestFillReportsEveryFault(t *testing.T) {
	_, err := Fill(dec("-1"), []Claim{{}, {"A", dec("-1"), dec("3"), upTo("2")}, {Account: "A"}}, nil)
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	assert.Len(t, joined.Unwrap(), 5)
}

func TestInfeasible(t *testing.T) {
	claims := []Claim{
		{Account: "Acme", Weight: dec("1"), Floor: dec("6")},
		{Account: "Zero", Weight: dec("1")},
		{Account: "Globex", Floor: dec("6.5")},
	}
	_, err := Fill(dec("10"), claims, nil)
	var bad *InfeasibleError
	require.ErrorAs(t, err, &bad)
	assert.True(t, errors.Is(err, ErrInfeasible))
	assert.Equal(t, []string{"Acme", "Globex"}, bad.Accounts)
	assert.Equal(t, "the floors of Acme and Globex need 12.5, the pool holds 10: 2.5 short", bad.Explain("en"))
	assert.Equal(t, "Acme、Globex 的下限合计 12.5，资源只有 10，缺 2.5", bad.Explain("zh-CN"))
	assert.EqualError(t, err, "allocation: infeasible: "+bad.Explain(""))

	bad.Accounts = []string{"A", "B", "C", "D", "E", "F", "G"}
	assert.Contains(t, bad.Explain("en"), "the floors of A, B, C, D, E and 2 more need")
	assert.Contains(t, bad.Explain("zh"), "A、B、C、D、E 等 7 家 的下限")
	bad.Accounts = []string{"A"}
	assert.Contains(t, bad.Explain("en"), "the floors of A need")
}

func TestPlanJSON(t *testing.T) {
	plan := fill(t, "10", []Claim{{Account: "A", Weight: dec("1")}, {"B", dec("2"), dec("1"), upTo("3")}}, "0.5")
	b, err := json.Marshal(plan)
	require.NoError(t, err)
	assert.JSONEq(t, `{"pool": "10", "unit": "0.5", "level": "7", "allocated": "10", "slack": "0", "lines": [
		{"account": "A", "weight": "1", "floor": "0", "cap": null, "entitlement": "7", "amount": "7", "reason": "at_level"},
		{"account": "B", "weight": "2", "floor": "1", "cap": "3", "entitlement": "3", "amount": "3", "reason": "at_cap"}]}`, string(b))
	var back Plan
	require.NoError(t, json.Unmarshal(b, &back))
	again, err := json.Marshal(back)
	require.NoError(t, err)
	assert.Equal(t, string(b), string(again))

	b, err = json.Marshal(fill(t, "10", nil, "1"))
	require.NoError(t, err)
	assert.Contains(t, string(b), `"lines":[],"level":null`)
}

func TestReasonLabels(t *testing.T) {
	for _, r := range []Reason{AtLevel, AtFloor, AtCap, NoWeight} {
		assert.NotEqual(t, string(r), r.Label("en"))
		assert.NotEqual(t, r.Label("en"), r.Label("zh"))
		assert.Equal(t, r.Label("en"), r.Label("fr"))
	}
	assert.Equal(t, "other", Reason("other").Label("en"))
}
