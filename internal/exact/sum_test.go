package exact

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func sumOf(ds ...decimal.Decimal) Sum {
	var s Sum
	for _, d := range ds {
		s.Add(d)
	}
	return s
}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func TestSumKeepsEveryDigitAndTheMostPlaces(t *testing.T) {
	for _, c := range []struct {
		add  []string
		want string
	}{
		{nil, "0"},
		{[]string{"1.50", "1.50"}, "3.00"},
		{[]string{"0.1", "0.2"}, "0.3"},
		{[]string{"1", "0.001", "-0.01"}, "0.991"},
		{[]string{"1e3", "5"}, "1005"},
		{[]string{"9223372036854775807", "1"}, "9223372036854775808"},
		{[]string{"9223372036854775807", "1", "-1"}, "9223372036854775807"},
		{[]string{"-9223372036854775808", "-0.5"}, "-9223372036854775808.5"},
		{[]string{"123456789012345678901234567890.12", "-0.12"}, "123456789012345678901234567890.00"},
		{[]string{"1e30", "1e-30"}, "1000000000000000000000000000000.000000000000000000000000000001"},
		{[]string{"77183.600", "-77183.600"}, "0.000"},
		// The coefficient's last digits, near 2^63 and 2^64, at equal exponents
		// and at others: none may wrap around.
		{[]string{"999999999999999999", "1"}, "1000000000000000000"},
		{[]string{"9999999999999999999"}, "9999999999999999999"},
		{[]string{"-9999999999999999999"}, "-9999999999999999999"},
		{[]string{"9999999999999999999", "9999999999999999999"}, "19999999999999999998"},
		{[]string{"9223372036854775808"}, "9223372036854775808"},
		{[]string{"-9223372036854775809"}, "-9223372036854775809"},
		{[]string{"9223372036854775808", "-9223372036854775808"}, "0"},
		{[]string{"18446744073709551615"}, "18446744073709551615"},
		{[]string{"18446744073709551616"}, "18446744073709551616"},
		{[]string{"-18446744073709551617"}, "-18446744073709551617"},
		{[]string{"18446744073709551617", "-18446744073709551616"}, "1"},
		{[]string{"0.01", "99999999999999999.99"}, "100000000000000000.00"},
		{[]string{"0.01", "92233720368547758.08"}, "92233720368547758.09"},
		{[]string{"-0.01", "-99999999999999999.99"}, "-100000000000000000.00"},
		{[]string{"0.5", "9999999999999999999"}, "9999999999999999999.5"},
		{[]string{"0.5", "-18446744073709551616"}, "-18446744073709551615.5"},
	} {
		var s Sum
		for _, a := range c.add {
			require.True(t, s.Add(dec(a)), a)
		}
		got := s.Decimal()
		assert.Equal(t, c.want, got.StringFixed(-got.Exponent()), "%v", c.add)
		assert.Equal(t, dec(c.want).Sign(), s.Sign())
	}
}

func TestSumRefusesHostileExponents(t *testing.T) {
	s := sumOf(dec("1.5"))
	assert.False(t, s.Add(decimal.New(1, 999999999)))
	assert.False(t, s.Add(decimal.New(1, -999999999)))
	assert.False(t, s.Add(decimal.New(1, MaxPlaces+1)))
	assert.True(t, s.Decimal().Equal(dec("1.5")), "a refused addend leaves the sum unchanged")
	assert.True(t, s.Add(decimal.New(1, -MaxPlaces)))
}

func TestSumCopyIsIndependent(t *testing.T) {
	a := sumOf(dec("9223372036854775807"), dec("1"))
	b := a
	b.Add(dec("1"))
	assert.Equal(t, "9223372036854775808", a.Decimal().String())
	assert.Equal(t, "9223372036854775809", b.Decimal().String())
}

// randomDecimal mixes small money, coarse powers of ten and numbers that
// outgrow an int64, so that every path and every crossing is taken.
func randomDecimal(r *rand.Rand) decimal.Decimal {
	switch r.IntN(4) {
	case 0:
		return decimal.New(r.Int64N(2_000_000)-1_000_000, -int32(r.IntN(5)))
	case 1:
		return decimal.New(r.Int64()-math.MaxInt64/2, int32(r.IntN(40)-20))
	case 2:
		wide := new(big.Int).Mul(big.NewInt(r.Int64()), big.NewInt(r.Int64()-math.MaxInt64/2))
		return decimal.NewFromBigInt(wide, int32(r.IntN(40)-20))
	}
	return decimal.New(math.MaxInt64-r.Int64N(3), -2)
}

func TestSumIsACommutativeMonoid(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		ds := make([]decimal.Decimal, r.IntN(12))
		want := decimal.Zero
		for i := range ds {
			ds[i] = randomDecimal(r)
			want = want.Add(ds[i])
		}
		one := sumOf(ds...)
		require.True(t, one.Decimal().Equal(want), "%v", ds)

		r.Shuffle(len(ds), func(i, j int) { ds[i], ds[j] = ds[j], ds[i] })
		cut := r.IntN(len(ds) + 1)
		left, right := sumOf(ds[:cut]...), sumOf(ds[cut:]...)
		ab, ba := left, right
		ab.Merge(right)
		ba.Merge(left)
		ab.Merge(Sum{})
		for _, s := range []Sum{ab, ba} {
			require.Equal(t, mustBytes(t, one), mustBytes(t, s), "split at %d of %v", cut, ds)
		}
	}
}

func mustBytes(t *testing.T, s Sum) []byte {
	t.Helper()
	b, err := s.AppendBinary(nil)
	require.NoError(t, err)
	return b
}

func TestSumAddDoesNotAllocate(t *testing.T) {
	var s Sum
	amounts := []decimal.Decimal{dec("15.30"), dec("-2.55"), dec("20.34")}
	n := testing.AllocsPerRun(1000, func() {
		for _, a := range amounts {
			s.Add(a)
		}
	})
	assert.Zero(t, n)
}

func FuzzSumDecode(f *testing.F) {
	for _, s := range []Sum{{}, sumOf(dec("1.50")), sumOf(dec("-123456789012345678901234567890.12"))} {
		b, _ := s.AppendBinary(nil)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var s Sum
		rest, err := s.Decode(b)
		if err != nil {
			return
		}
		again := mustBytes(t, s)
		var back Sum
		left, err := back.Decode(again)
		require.NoError(t, err)
		require.Empty(t, left)
		require.True(t, back.Decimal().Equal(s.Decimal()))
		require.LessOrEqual(t, len(rest), len(b))
	})
}

// FuzzSumAgainstDecimal is differential: the scaled int64 path and
// decimal.Add must agree to the last digit. The last addend has the coefficient
// high * 2^64 + low, which reaches past an int64 on either side.
func FuzzSumAgainstDecimal(f *testing.F) {
	f.Add(int64(150), int32(-2), int64(-3), int32(0), int64(math.MaxInt64), int32(-2), int64(0), uint64(0), int32(0))
	f.Add(int64(1), int32(0), int64(0), int32(0), int64(0), int32(0), int64(0), uint64(9999999999999999999), int32(0))
	f.Add(int64(1), int32(-2), int64(0), int32(-2), int64(0), int32(-2), int64(-1), uint64(1<<63-1), int32(-2))
	f.Add(int64(0), int32(0), int64(-1), int32(0), int64(0), int32(0), int64(1), uint64(0), int32(0))
	f.Fuzz(func(t *testing.T, a int64, ea int32, b int64, eb int32, c int64, ec int32, high int64, low uint64, ew int32) {
		wide := new(big.Int).Lsh(big.NewInt(high), 64)
		wide.Add(wide, new(big.Int).SetUint64(low))
		ds := []decimal.Decimal{
			decimal.New(a, ea%60), decimal.New(b, eb%60), decimal.New(c, ec%60), decimal.NewFromBigInt(wide, ew%60),
		}
		want := ds[0].Add(ds[1]).Add(ds[2]).Add(ds[3])
		s := sumOf(ds...)
		require.True(t, s.Decimal().Equal(want), "%v", ds)
	})
}

func BenchmarkAdd(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	amounts := make([]decimal.Decimal, 1<<12)
	for i := range amounts {
		amounts[i] = decimal.New(r.Int64N(1_000_000), -2)
	}
	b.Run("exact", func(b *testing.B) {
		b.ReportAllocs()
		var s Sum
		for i := 0; b.Loop(); i++ {
			s.Add(amounts[i&(len(amounts)-1)])
		}
	})
	b.Run("decimal", func(b *testing.B) {
		b.ReportAllocs()
		var s decimal.Decimal
		for i := 0; b.Loop(); i++ {
			s = s.Add(amounts[i&(len(amounts)-1)])
		}
	})
}

func TestTextShowsEveryPlace(t *testing.T) {
	for _, c := range []struct {
		d    decimal.Decimal
		want string
	}{
		{dec("1.50"), "1.50"},
		{dec("-0.001"), "-0.001"},
		{decimal.New(12, 3), "12000"},
		{decimal.New(7, 999999999), "7e999999999"},
		{decimal.New(7, -999999999), "7e-999999999"},
	} {
		assert.Equal(t, c.want, Text(c.d))
	}
	assert.True(t, InRange(decimal.New(1, MaxPlaces)))
	assert.False(t, InRange(decimal.New(1, MaxPlaces+1)))
	assert.False(t, InRange(decimal.New(1, -MaxPlaces-1)))
}
