package segment

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestLorenzByHand(t *testing.T) {
	t.Parallel()
	c, err := Lorenz(decs("1", "3", "-4", "0", "1.0"))
	require.NoError(t, err)
	// Of 0, 1, 1, 3: (-3*0 + -1*1 + 1*1 + 3*3) / (4*5).
	assert.Equal(t, 0.45, c.Gini)
	assert.Equal(t, []LorenzPoint{{0, 0}, {0.25, 0}, {0.75, 0.4}, {1, 1}}, c.Points)
	assert.Equal(t, []int{4, 1, 1}, []int{c.Accounts, c.Zero, c.Negative})
	assert.Equal(t, "5", c.Total.String())
	for share, want := range map[float64]float64{
		0: 0, -1: 0, 0.25: 0.6, 0.5: 0.8, 0.75: 1, 0.125: 0.3, 1: 1, 7: 1, math.Inf(1): 1, math.Inf(-1): 0,
	} {
		assert.InDelta(t, want, c.TopShare(share), 1e-15, share)
	}
	assert.Zero(t, c.TopShare(math.NaN()))
	assert.Zero(t, new(LorenzCurve).TopShare(0.5))

	equal, err := Lorenz(decs("7", "7.00", "7"))
	require.NoError(t, err)
	assert.Zero(t, equal.Gini)
	one, err := Lorenz(decs("0", "0", "0", "5"))
	require.NoError(t, err)
	assert.Equal(t, 0.75, one.Gini, "(n-1)/n")
}

// UCI Online Retail has a Gini of 0.71514 among the 4,338 customers with a
// positive gross amount; the one who bought for nothing raises it. Its top 1 %
// and 20 % of buyers, rounded down to 43 and 867, hold 29.7 % and 73.6 % of a
// net total from which 8 negative ones are deducted; they have no place on the
// curve.
func TestLorenzOfOnlineRetail(t *testing.T) {
	t.Parallel()
	_, sum := uciLines(t)
	var gross, positive, net []decimal.Decimal
	var total decimal.Decimal
	for _, a := range sum.Accounts(uciAsOf) {
		if !a.HasOrders() {
			continue
		}
		gross, net, total = append(gross, a.Gross), append(net, a.Net), total.Add(a.Net)
		if a.Gross.IsPositive() {
			positive = append(positive, a.Gross)
		}
	}
	p, err := Lorenz(positive)
	require.NoError(t, err)
	assert.Equal(t, 4338, p.Accounts)
	assert.InDelta(t, 0.7151396179369512, p.Gini, 1e-15)
	g, err := Lorenz(gross)
	require.NoError(t, err)
	assert.Equal(t, []int{4339, 1, 0}, []int{g.Accounts, g.Zero, g.Negative})
	assert.InDelta(t, 1-(1-p.Gini)*4338/4339, g.Gini, 1e-15, "a zero more scales the area under the curve")

	n, err := Lorenz(net)
	require.NoError(t, err)
	assert.Equal(t, []int{4331, 8}, []int{n.Accounts, n.Negative})
	ofNet, _ := n.Total.DivRound(total, 20).Float64()
	assert.InDelta(t, 0.736, n.TopShare(867.0/4331)*ofNet, 5e-4)
	assert.InDelta(t, 0.297, n.TopShare(43.0/4331)*ofNet, 5e-4)
}

func TestLorenzProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 1))
	for range 300 {
		amounts := make([]decimal.Decimal, 1+r.IntN(40))
		for i := range amounts {
			amounts[i] = decimal.New(r.Int64N(1<<r.IntN(12)+1), -int32(r.IntN(3)))
		}
		c, err := Lorenz(amounts)
		if err != nil {
			require.ErrorIs(t, err, keyaccount.ErrMissing)
			continue
		}
		// Twice the area above the curve, less a half, by trapezes.
		area := 0.0
		for i := 1; i < len(c.Points); i++ {
			a, b := c.Points[i-1], c.Points[i]
			require.True(t, a.Accounts < b.Accounts && a.Amount <= b.Amount && b.Amount <= b.Accounts+1e-15)
			area += (b.Accounts - a.Accounts) * (a.Amount + b.Amount)
		}
		require.InDelta(t, 1-area, c.Gini, 1e-12)
		require.Equal(t, LorenzPoint{1, 1}, c.Points[len(c.Points)-1])
		before := 0.0
		for x := range 21 {
			share := c.TopShare(float64(x) / 20)
			require.True(t, share >= before && share >= float64(x)/20-1e-12)
			before = share
		}
		scaled := make([]decimal.Decimal, len(amounts))
		for i, j := range r.Perm(len(amounts)) {
			scaled[i] = amounts[j].Mul(dec("1.37e20"))
		}
		again, err := Lorenz(scaled)
		require.NoError(t, err)
		require.Equal(t, c.Points, again.Points)
		require.Equal(t, c.Gini, again.Gini)
	}
}

func TestLorenzRefuses(t *testing.T) {
	t.Parallel()
	_, err := Lorenz(nil)
	inputError(t, err, keyaccount.ErrMissing, "amounts", 0)
	_, err = Lorenz(decs("0", "-1"))
	inputError(t, err, keyaccount.ErrMissing, "amounts", 0)
	_, err = Lorenz([]decimal.Decimal{dec("1"), decimal.New(1, 1<<30)})
	inputError(t, err, keyaccount.ErrOutOfRange, "amounts", 2)
}

func FuzzLorenz(f *testing.F) {
	f.Add(int64(5), int32(0), int64(95), int32(-2), int64(0), int32(4096))
	f.Fuzz(func(t *testing.T, a int64, ea int32, b int64, eb int32, c int64, ec int32) {
		l, err := Lorenz([]decimal.Decimal{decimal.New(a, ea), decimal.New(b, eb), decimal.New(c, ec)})
		if err != nil {
			return
		}
		require.True(t, l.Gini >= 0 && l.Gini <= 2.0/3)
		for _, p := range l.Points {
			require.True(t, p.Accounts >= 0 && p.Accounts <= 1 && p.Amount >= 0 && p.Amount <= 1)
		}
	})
}

func BenchmarkLorenz(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	amounts := make([]decimal.Decimal, 1_000_000)
	for i := range amounts {
		amounts[i] = decimal.New(r.Int64N(1e9), -2)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Lorenz(amounts); err != nil {
			b.Fatal(err)
		}
	}
}
