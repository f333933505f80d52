package segment

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCompareMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a     string
		times int
		b     string
		want  int
	}{
		{"0", 1, "0.00", 0},
		{"-0.01", 1, "0", -1},
		{"1.0", 1, "1.00", 0},
		{"242.872", 1, "242.8720001", -1},
		{"-242.872", 1, "-242.8720001", 1},
		{"33.33", 3, "100", -1},
		{"33.34", 3, "100", 1},
		{"0.3333333333333333333333333333333333", 3, "1", -1},
		{"-0.3333333333333333333333333333333334", 3, "-1", -1},
		{"999999999999999999", 100, "99999999999999999900", 0},
		{"9223372036854775808", 1, "9223372036854775807", 1},
		{"1e18", 1, "999999999999999999.9", 1},
		{"1e-18", 7, "7e-18", 0},
	} {
		assert.Equal(t, c.want, compareTimes(dec(c.a), c.times, dec(c.b)), "%v", c)
	}
	var zero decimal.Decimal
	assert.Zero(t, compareMoney(zero, decimal.New(0, 5)))
	// Written out, these would have two billion digits.
	assert.Equal(t, 1, compareMoney(decimal.New(1, math.MaxInt32), decimal.New(9, math.MinInt32)))
	assert.Equal(t, 1, compareMoney(decimal.New(-1, math.MinInt32), decimal.New(-9, math.MaxInt32)))
}

func TestCompareMoneyAgainstDecimal(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	for range 20000 {
		a := decimal.New(r.Int64()>>r.IntN(63)-r.Int64()>>r.IntN(63), int32(r.IntN(40)-20))
		b := decimal.New(r.Int64()>>r.IntN(63)-r.Int64()>>r.IntN(63), int32(r.IntN(40)-20))
		times := 1 + r.IntN(MaxBins)
		if r.IntN(3) == 0 { // near or equal
			b = a.Mul(decimal.NewFromInt(int64(times))).Add(decimal.New(r.Int64N(3)-1, -20))
		}
		require.Equal(t, a.Mul(decimal.NewFromInt(int64(times))).Cmp(b), compareTimes(a, times, b), "%v %v %v", a, times, b)
	}
}

// FuzzCompareTimes is differential: the 128-bit path and decimal agree.
func FuzzCompareTimes(f *testing.F) {
	f.Add(int64(24287200), int32(-5), int64(242872), int32(-3), uint8(0))
	f.Add(int64(math.MinInt64), int32(-1), int64(math.MaxInt64), int32(1), uint8(99))
	f.Fuzz(func(t *testing.T, a int64, ea int32, b int64, eb int32, times uint8) {
		x, y, n := decimal.New(a, ea%60), decimal.New(b, eb%60), int(times)+1
		require.Equal(t, x.Mul(decimal.NewFromInt(int64(n))).Cmp(y), compareTimes(x, n, y))
	})
}
