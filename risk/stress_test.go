package risk

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func fixed(d decimal.Decimal) string { return d.StringFixed(2) }

var book = []AccountRevenue{
	{"D", dec("-50.00")},
	{"C", dec("200.10")},
	{"B", dec("300.20")},
	{"A", dec("200.10")},
	{"E", dec("0")},
}

func TestStressLargestFail(t *testing.T) {
	for _, c := range []struct {
		k               int
		accounts        []string
		lost, remaining string
		share           float64
	}{
		{0, []string{}, "0.00", "650.40", 0},
		{1, []string{"B"}, "300.20", "350.20", 300.20 / 700.40},
		{2, []string{"B", "A"}, "500.30", "150.10", 500.30 / 700.40},
		{3, []string{"B", "A", "C"}, "700.40", "-50.00", 1},
		{99, []string{"B", "A", "C"}, "700.40", "-50.00", 1},
	} {
		losses, err := Stress(book, LargestFail(c.k))
		require.NoError(t, err)
		require.Len(t, losses, 1)
		l := losses[0]
		assert.Equal(t, LargestFail(c.k), l.Scenario)
		assert.Equal(t, c.accounts, l.Accounts, "ties go by identifier; D and E bring nothing to lose")
		assert.Equal(t, c.lost, fixed(l.Lost))
		assert.Equal(t, c.remaining, fixed(l.Remaining))
		assert.InDelta(t, c.share, l.Share, 1e-15)
	}
}

func TestStressKeepsTheOrderOfScenarios(t *testing.T) {
	losses, err := Stress(book, LargestFail(2), LargestFail(1))
	require.NoError(t, err)
	require.Len(t, losses, 2)
	assert.Equal(t, []int{2, 1}, []int{losses[0].Scenario.K, losses[1].Scenario.K})

	losses, err = Stress(book)
	require.NoError(t, err)
	assert.Empty(t, losses)
}

func TestStressWithoutPositiveRevenue(t *testing.T) {
	losses, err := Stress([]AccountRevenue{{"A", dec("-3")}, {"B", dec("0")}}, LargestFail(1))
	require.NoError(t, err)
	assert.Empty(t, losses[0].Accounts)
	assert.Zero(t, losses[0].Share)
	assert.Equal(t, "-3.00", fixed(losses[0].Remaining))
}

func TestStressRefuses(t *testing.T) {
	one := []AccountRevenue{{"A", dec("1")}}
	for _, c := range []struct {
		name     string
		accounts []AccountRevenue
		scenario Scenario
		kind     error
		row      int
	}{
		{"no accounts", nil, LargestFail(1), keyaccount.ErrMissing, 0},
		{"no identifier", []AccountRevenue{{"A", dec("1")}, {"", dec("1")}}, LargestFail(1), keyaccount.ErrMissing, 2},
		{"twice", []AccountRevenue{{"A", dec("1")}, {"B", dec("1")}, {"A", dec("2")}}, LargestFail(1), keyaccount.ErrDuplicate, 3},
		{"absurd exponent", []AccountRevenue{{"A", decimal.New(1, 999999999)}}, LargestFail(1), keyaccount.ErrOutOfRange, 1},
		{"negative k", one, LargestFail(-1), keyaccount.ErrOutOfRange, 1},
		{"zero scenario", one, Scenario{}, keyaccount.ErrOutOfRange, 1},
	} {
		_, err := Stress(c.accounts, c.scenario)
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad, c.name)
		assert.ErrorIs(t, err, c.kind, c.name)
		assert.Equal(t, c.row, bad.Row, c.name)
	}
}

func TestStressReportsEveryFault(t *testing.T) {
	_, err := Stress([]AccountRevenue{{"", dec("1")}, {"A", dec("1")}, {"A", dec("1")}}, LargestFail(-1))
	for _, kind := range []error{keyaccount.ErrMissing, keyaccount.ErrDuplicate, keyaccount.ErrOutOfRange} {
		assert.ErrorIs(t, err, kind)
	}
}

func TestScenarioIsData(t *testing.T) {
	b, err := json.Marshal(LargestFail(2))
	require.NoError(t, err)
	assert.JSONEq(t, `{"kind": "largest_fail", "k": 2}`, string(b))
	var back Scenario
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, LargestFail(2), back)
	assert.Equal(t, "the 2 largest accounts leave", back.Label("en"))
	assert.Equal(t, "the largest account leaves", LargestFail(1).Label(""))
	assert.Equal(t, "最大的 2 家客户流失", back.Label("zh-CN"))
}

func TestStressConservesMoneyInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	for range 200 {
		accounts := make([]AccountRevenue, 1+r.IntN(20))
		total := decimal.Zero
		for i := range accounts {
			accounts[i] = AccountRevenue{strconv.Itoa(i), decimal.New(r.Int64N(2000)-500, -int32(r.IntN(4)))}
			total = total.Add(accounts[i].Revenue)
		}
		scenarios := make([]Scenario, len(accounts)+2)
		for k := range scenarios {
			scenarios[k] = LargestFail(k)
		}
		losses, err := Stress(accounts, scenarios...)
		require.NoError(t, err)
		before := decimal.Zero
		for _, l := range losses {
			require.True(t, l.Lost.Add(l.Remaining).Equal(total), "every cent is lost or remains")
			require.True(t, l.Lost.Cmp(before) >= 0, "one account more cannot cost less")
			require.True(t, l.Share >= 0 && l.Share <= 1)
			before = l.Lost
		}
		r.Shuffle(len(accounts), func(i, j int) { accounts[i], accounts[j] = accounts[j], accounts[i] })
		again, err := Stress(accounts, scenarios...)
		require.NoError(t, err)
		a, _ := json.Marshal(losses)
		b, _ := json.Marshal(again)
		require.JSONEq(t, string(a), string(b))
	}
}

func FuzzStress(f *testing.F) {
	f.Add(int64(100), int32(-2), int64(-5), int32(3), 1)
	f.Add(int64(math.MaxInt64), int32(4096), int64(1), int32(-4096), 2)
	f.Add(int64(math.MinInt64), int32(math.MaxInt32), int64(0), int32(math.MinInt32), -1)
	f.Fuzz(func(t *testing.T, a int64, ea int32, b int64, eb int32, k int) {
		x, y := decimal.New(a, ea), decimal.New(b, eb)
		losses, err := Stress([]AccountRevenue{{"A", x}, {"B", y}}, LargestFail(k))
		if err != nil {
			return
		}
		l := losses[0]
		require.True(t, l.Lost.Add(l.Remaining).Equal(x.Add(y)))
		require.True(t, l.Share >= 0 && l.Share <= 1, "%v", l.Share)
	})
}

func BenchmarkStress(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 6))
	accounts := make([]AccountRevenue, 100_000)
	for i := range accounts {
		accounts[i] = AccountRevenue{strconv.Itoa(i), decimal.New(r.Int64N(10_000_000), -2)}
	}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = Stress(accounts, LargestFail(1), LargestFail(10))
	}
}
