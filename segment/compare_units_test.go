package segment

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// widened turns units that fit an int64 into big ones, so that both forms can
// be held against each other.
func widened(u units) units {
	wide := units{places: u.places, wide: make([]*big.Int, u.len())}
	for i := range wide.wide {
		wide.wide[i] = new(big.Int).Set(u.big(i))
	}
	return wide
}

func TestUnitsAreTheAmounts(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 1))
	for _, large := range []bool{false, true} {
		for range 500 {
			ds := make([]decimal.Decimal, 1+r.IntN(9))
			for i := range ds {
				ds[i] = decimal.New(r.Int64N(2_000_000)-1_000_000, int32(r.IntN(6)-3))
				if large {
					ds[i] = decimal.New(r.Int64()-math.MaxInt64/2, int32(r.IntN(30)-20))
				}
			}
			u := unitsOf(len(ds), func(i int) decimal.Decimal { return ds[i] })
			if !large {
				require.Nil(t, u.wide)
			}
			var sum unitSum
			total, double := decimal.Zero, unitSum{}
			for i, d := range ds {
				require.True(t, decimal.NewFromBigInt(u.big(i), -u.places).Equal(d))
				require.Equal(t, d.Sign(), u.sign(i))
				require.Equal(t, ds[0].Cmp(d), u.compare(0, i))
				sum, double, total = sum.plus(&u, i, 3), double.plus(&u, i, 6), total.Add(d.Mul(decimal.NewFromInt(3)))
			}
			require.True(t, sum.decimal(u.places).Equal(total))
			require.Equal(t, total.Cmp(total.Mul(decimal.NewFromInt(2))), sum.compare(double))
			if total.Sign() != 0 {
				require.Equal(t, 0.5, sum.over(double))
			}
		}
	}
}

func TestUnitSumOutgrowsAnInt64(t *testing.T) {
	t.Parallel()
	u := units{small: []int64{math.MaxInt64, 1, math.MinInt64, -1}}
	s := unitSum{}.plus(&u, 0, 1)
	one := s.plus(&u, 1, 1)
	assert.Equal(t, "9223372036854775808", one.decimal(0).String())
	assert.Equal(t, "9223372036854775807", s.decimal(0).String(), "a sum is a value")
	assert.Equal(t, "27670116110564327421", unitSum{}.plus(&u, 0, 3).decimal(0).String())
	assert.Equal(t, "-9223372036854775809", unitSum{}.plus(&u, 2, 1).plus(&u, 3, 1).decimal(0).String())
	assert.Equal(t, 1, one.compare(s))
	assert.Equal(t, float64(1), one.over(s))
	assert.Zero(t, s.over(unitSum{}))
}

func TestCeilTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s    int64
		d    string
		want string
	}{
		{100, "0.80", "80"},
		{101, "0.80", "81"},
		{1, "0.000001", "1"},
		{0, "0.5", "0"},
		{7, "1", "7"},
		{3, "2e2", "600"},
		{math.MaxInt64, "1e2", "922337203685477580700"},
	} {
		assert.Equal(t, c.want, unitSum{small: c.s}.ceilTimes(dec(c.d)).decimal(0).String(), c.d)
	}
}
