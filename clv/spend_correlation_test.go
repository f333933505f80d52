package clv

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func correlate(t *testing.T, table *SpendCounts) *SpendCorrelation {
	t.Helper()
	c, err := CorrelateSpend(table, nil)
	require.NoError(t, err)
	return c
}

// The coefficients over the 946 accounts one by one, and p by the incomplete
// beta function of mpmath 1.3.0. Spend and frequency are not independent there,
// though the models are always shown on these data.
func TestCorrelationOnCDNOW(t *testing.T) {
	c := correlate(t, cdnowSpends(t))
	assert.EqualValues(t, 946, c.N)
	assert.InDelta(t, 0.2063015165839176, c.Ranks.Value, 1e-13)
	assert.InDelta(t, 0.1887452029073092, c.Logs.Value, 1e-13)
	assert.InEpsilon(t, 1.49503785369199e-10, c.Ranks.PValue, 1e-8)
	assert.InEpsilon(t, 4.90858212024873e-9, c.Logs.PValue, 1e-8)
	assert.Equal(t, CorrelationPresent, c.Verdict)
}

func TestCorrelationByHand(t *testing.T) {
	var table SpendCounts
	for i, x := range []int{1, 1, 2, 3, 3, 5, 8} {
		require.NoError(t, table.Add(SpendHistory{Orders: x, Mean: []float64{10, 40, 20, 30, 30, 90, 60}[i]}, 1))
	}
	c := correlate(t, &table)
	assert.InDelta(t, 0.6789276551612556, c.Ranks.Value, 1e-14)
	assert.InDelta(t, -0.25423828765423767, c.Ranks.Low, 1e-12)
	assert.InDelta(t, 0.9574353286127866, c.Ranks.High, 1e-12)
	assert.InDelta(t, 0.0935107461490922, c.Ranks.PValue, 1e-12)
	assert.InDelta(t, 0.7129363160453531, c.Logs.Value, 1e-14)
	assert.InDelta(t, -0.08663415027692993, c.Logs.Low, 1e-12)
	assert.InDelta(t, 0.9538754263677798, c.Logs.High, 1e-12)
	assert.InDelta(t, 0.0721311363101443, c.Logs.PValue, 1e-12)
	assert.Equal(t, CorrelationUnclear, c.Verdict)
	assert.Equal(t, "Rank correlation of number of orders and mean spend: 0.679 (95 % interval -0.254 to 0.957, 7 accounts). "+
		"These accounts cannot tell whether it exceeds 0.1: independence is an assumption, not a finding.", c.Text().En)

	wide, err := CorrelateSpend(&table, &CorrelationOptions{Level: .5, Negligible: .05})
	require.NoError(t, err)
	assert.Equal(t, CorrelationPresent, wide.Verdict)
	assert.Greater(t, wide.Ranks.Low, c.Ranks.Low)
	assert.Contains(t, wide.Text().Zh, "大于 0.05")

	b, err := json.Marshal(c)
	require.NoError(t, err)
	assert.Contains(t, string(b), `"verdict":"unclear"`)
	var back SpendCorrelation
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, *c, back)
	assert.ErrorIs(t, json.Unmarshal([]byte(`{"verdict":"fine"}`), &back), keyaccount.ErrMalformed)
	_, err = json.Marshal(SpendCorrelation{Verdict: 9})
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
}

// Counted rows are as many accounts.
func TestCorrelationCountsAccounts(t *testing.T) {
	c := correlate(t, meanSpends(t))
	var single SpendCounts
	by := 0.0
	for s, n := range meanSpends(t).All() {
		for range n {
			by += 1e-13 // another account, at all but the same place
			require.NoError(t, single.Add(SpendHistory{Orders: s.Orders, Mean: s.Mean + by}, 1))
		}
	}
	one := correlate(t, &single)
	assert.Equal(t, one.N, c.N)
	assert.InDelta(t, one.Logs.Value, c.Logs.Value, 1e-9)
	assert.InDelta(t, one.Ranks.Value, c.Ranks.Value, .02, "but for the ties")
}

// The mean of 5 skewed amounts is typically above a single one. The mean of
// their logarithms is not, and shows independence as what it is.
func TestCorrelationOfIndependentSpendIsNegligible(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 4))
	m := LogNormal{Median: 50, Tau: .2, Sigma: 1}
	var table, means SpendCounts
	for range 20000 {
		s := spendOf(t, m.DrawAmounts(SpendHistory{}, 1+r.IntN(8), r)...)
		require.NoError(t, table.Add(s, 1))
		require.NoError(t, means.Add(SpendHistory{Orders: s.Orders, Mean: s.Mean}, 1))
	}
	c := correlate(t, &table)
	assert.True(t, c.Geometric)
	assert.InDelta(t, 0, c.Logs.Value, .025)
	assert.InDelta(t, 0, c.Ranks.Value, .025)
	assert.Equal(t, CorrelationNegligible, c.Verdict)
	assert.Contains(t, c.Text().En, "as if they were independent")
	assert.Contains(t, c.Text().Zh, "相互独立，直接相乘")

	c = correlate(t, &means)
	assert.False(t, c.Geometric)
	assert.Greater(t, c.Ranks.Value, .15)
	assert.Contains(t, c.Text().En, "comes from averaging")
	assert.Contains(t, c.Text().Zh, "取平均")
}

func TestCorrelationOfLosses(t *testing.T) {
	var table SpendCounts
	for i := range 200 {
		require.NoError(t, table.Add(SpendHistory{Orders: 1 + i, Mean: 50 - float64(i)}, 1))
	}
	c := correlate(t, &table)
	assert.Nil(t, c.Logs, "a loss has no logarithm")
	assert.Equal(t, Correlation{Value: -1, Low: -1, High: -1}, c.Ranks)
	assert.Equal(t, CorrelationPresent, c.Verdict)
	assert.Contains(t, c.Text().En, "overstated")
	assert.Contains(t, c.Text().Zh, "小于 -0.1")
}

func TestCorrelateSpendRefuses(t *testing.T) {
	same := spendTable(t, countedSpend{SpendHistory{Orders: 2, Mean: .1}, 5}, countedSpend{SpendHistory{Orders: 3, Mean: .1}, 5})
	orders := spendTable(t, countedSpend{SpendHistory{Orders: 2, Mean: .1}, 5}, countedSpend{SpendHistory{Orders: 2, Mean: .3}, 5})
	few := spendTable(t, countedSpend{SpendHistory{Orders: 2, Mean: .1}, 1}, countedSpend{SpendHistory{Orders: 4, Mean: .3}, 2})
	for _, table := range []*SpendCounts{nil, few, same, orders} {
		_, err := CorrelateSpend(table, nil)
		assert.ErrorIs(t, err, ErrTooFewData)
	}
	for _, o := range []CorrelationOptions{{Level: 1}, {Level: -1}, {Negligible: 2}} {
		_, err := CorrelateSpend(meanSpends(t), &o)
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
}

func FuzzCorrelateSpend(f *testing.F) {
	f.Add(3, 22.345, int64(3), 9, 3.0, int64(11), .95)
	f.Add(1<<31-1, 1e308, int64(1)<<60, 2, -1e308, int64(1), 1e-300)
	f.Fuzz(func(t *testing.T, x int, z float64, n int64, x2 int, z2 float64, n2 int64, level float64) {
		var table SpendCounts
		_ = table.Add(SpendHistory{Orders: x, Mean: z}, n)
		_ = table.Add(SpendHistory{Orders: x2, Mean: z2}, n2)
		_ = table.Add(SpendHistory{Orders: 3, Mean: 5}, 2)
		c, err := CorrelateSpend(&table, &CorrelationOptions{Level: level})
		if err != nil {
			return
		}
		all := []Correlation{c.Ranks}
		if c.Logs != nil {
			all = append(all, *c.Logs)
		}
		for _, r := range all {
			if !(r.Low >= -1 && r.Low <= r.Value && r.Value <= r.High && r.High <= 1 && r.PValue >= 0 && r.PValue <= 1) {
				t.Fatalf("%+v", c)
			}
		}
		if c.Text().En == "" || c.Text().Zh == "" {
			t.Fatalf("%+v", c)
		}
	})
}
