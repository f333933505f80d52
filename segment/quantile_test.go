package segment

import (
	"cmp"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

func moneyCuts(bins int, rule QuantileRule, values ...string) []Cut[decimal.Decimal] {
	var ds []decimal.Decimal
	for _, v := range values {
		ds = append(ds, dec(v))
	}
	slices.SortFunc(ds, compareMoney)
	return cutsAt(ds, bins, rule, compareMoney, betweenMoney)
}

// TestOracleRQuantileType7 compares with R's quantile(x, p, type = 7). The
// file does not carry x; its nine columns determine x[2] to x[9] of the ten
// values below, and the two ends enter none of the figures.
func TestOracleRQuantileType7(t *testing.T) {
	t.Parallel()
	cuts := moneyCuts(5, Type7, "1", "1", "1", "2", "3", "5", "8", "8", "13", "21")
	want := []string{"1", "2.6", "6.2", "9"}
	for i, c := range cuts {
		assert.Equal(t, want[i], c.Value.String())
		assert.Zero(t, c.Over)
	}
	for i, row := range oracle.CSV(t, "oracles/segment/oracle_r_quantile_types.csv") {
		assert.Equal(t, row["p"], decimal.New(int64(2*(i+1)), -1).String())
		assert.True(t, cuts[i].Value.Equal(dec(row["type7"])), row["p"])
	}
}

// Hyndman and Fan's type 7 in rationals, over every number of bins.
func TestType7IsExact(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 2))
	for bins := 2; bins <= MaxBins; bins++ {
		n := 1 + r.IntN(40)
		var money []decimal.Decimal
		var counts []int
		for range n {
			money = append(money, decimal.New(r.Int64N(4000)-1000, -int32(r.IntN(4))))
			counts = append(counts, r.IntN(50))
		}
		slices.SortFunc(money, compareMoney)
		slices.Sort(counts)
		mc := cutsAt(money, bins, Type7, compareMoney, betweenMoney)
		cc := cutsAt(counts, bins, Type7, cmp.Compare[int], betweenInts)
		require.True(t, slices.IsSortedFunc(mc, moneyCutOrder))
		require.True(t, slices.IsSortedFunc(cc, cutOrder))
		for k := 1; k < bins; k++ {
			h := big.NewRat(int64((n-1)*k), int64(bins))
			i := (n - 1) * k / bins
			part := new(big.Rat).Sub(h, big.NewRat(int64(i), 1))
			at := func(lo, hi *big.Rat) *big.Rat {
				d := new(big.Rat).Sub(hi, lo)
				return d.Add(d.Mul(d, part), lo)
			}
			next := min(i+1, n-1)

			want := at(money[i].Rat(), money[next].Rat())
			got := mc[k-1].Value.Rat()
			if mc[k-1].Over > 0 {
				got.Quo(got, big.NewRat(int64(mc[k-1].Over), 1))
			}
			require.Zero(t, want.Cmp(got), "bins %d, cut %d: %v, not %v", bins, k, got, want)

			whole := at(big.NewRat(int64(counts[i]), 1), big.NewRat(int64(counts[next]), 1))
			floor := new(big.Int).Div(whole.Num(), whole.Denom())
			require.Equal(t, floor.Int64(), int64(cc[k-1].Value))
		}
	}
}

func TestBetweenIntsDoesNotOverflow(t *testing.T) {
	t.Parallel()
	assert.Equal(t, math.MaxInt-math.MaxInt/100-1, betweenInts(0, math.MaxInt, 99, 100).Value)
}

// MidRank bins are ceil(bins * p) by definition.
func TestMidRankIsTheMidDistribution(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 3))
	for range 500 {
		n, bins := 1+r.IntN(40), 2+r.IntN(9)
		values := make([]int, n)
		for i := range values {
			values[i] = r.IntN(8)
		}
		slices.Sort(values)
		cuts := cutsAt(values, bins, MidRank, cmp.Compare[int], betweenInts)
		require.Len(t, cuts, bins-1)
		for x := -1; x <= 8; x++ {
			below, equal := 0, 0
			for _, v := range values {
				if v < x {
					below++
				} else if v == x {
					equal++
				}
			}
			twice := bins * (2*below + equal) // 2n * bins * p
			want := max(1, (twice+2*n-1)/(2*n))
			require.Equal(t, want, 1+beyond(x, cuts, compareCount), "%d among %v in %d bins", x, values, bins)
		}
	}
}

func TestEqualValuesStandInTheMiddleUnderMidRank(t *testing.T) {
	t.Parallel()
	cuts := moneyCuts(5, MidRank, "7", "7", "7", "7")
	for x, want := range map[string]int{"6.99": 0, "7": 2, "7.00": 2, "7.01": 4} {
		assert.Equal(t, want, beyond(dec(x), cuts, compareNet), x)
	}
}

func TestQuantileRuleText(t *testing.T) {
	t.Parallel()
	for _, r := range []QuantileRule{Type7, MidRank} {
		b, err := r.MarshalText()
		require.NoError(t, err)
		var back QuantileRule
		require.NoError(t, back.UnmarshalText(b))
		assert.Equal(t, r, back)
		assert.Equal(t, r.String(), string(b))
	}
	bad := QuantileRule(7)
	_, err := bad.MarshalText()
	inputError(t, err, keyaccount.ErrOutOfRange, "Rule", 0)
	assert.Equal(t, "QuantileRule(7)", bad.String())
	inputError(t, bad.UnmarshalText([]byte("ntile")), keyaccount.ErrMalformed, "Rule", 0)
	assert.Equal(t, "QuantileRule("+strconv.Itoa(-1)+")", QuantileRule(-1).String())
}
