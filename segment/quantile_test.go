package segment

import (
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

func decs(values ...string) (ds []decimal.Decimal) {
	for _, v := range values {
		ds = append(ds, dec(v))
	}
	return ds
}

func moneyCuts(t testing.TB, bins int, rule QuantileRule, values ...string) []Cut[decimal.Decimal] {
	t.Helper()
	s, err := fitMoney(decs(values...), ScaleOptions{Bins: bins, Rule: rule}, false)
	require.NoError(t, err)
	return s.Cuts
}

// cutRat is a cut of money as a fraction.
func cutRat(c Cut[decimal.Decimal]) *big.Rat {
	return new(big.Rat).Quo(c.Value.Rat(), big.NewRat(int64(max(c.Over, 1)), 1))
}

// R's quantile(x, p, type) at p = 0.2, 0.4, 0.6, 0.8. The file does not carry
// x; its nine columns determine x[2] to x[9] of the ten values below, and the
// two ends enter none of the figures.
var rQuantiles = map[QuantileRule][]string{
	Type1: {"1", "2", "5", "8"},
	Type2: {"1", "2.5", "6.5", "10.5"},
	Type3: {"1", "2", "5", "8"},
	Type4: {"1", "2", "5", "8"},
	Type5: {"1", "2.5", "6.5", "10.5"},
	Type6: {"1", "2.4", "6.8", "12"},
	Type7: {"1", "2.6", "6.2", "9"},
	Type8: {"1", "2.466666666666667", "6.6", "11"},
	Type9: {"1", "2.475", "6.575", "10.875"},
}

func TestOracleRQuantileTypes(t *testing.T) {
	t.Parallel()
	tied := []string{"1", "1", "1", "2", "3", "5", "8", "8", "13", "21"}
	near := func(want string, got Cut[decimal.Decimal], what ...any) {
		x, _ := cutRat(got).Float64()
		y, err := strconv.ParseFloat(want, 64)
		require.NoError(t, err)
		assert.InDelta(t, y, x, 1e-14, what...) // the file has 15 digits
	}
	for rule, want := range rQuantiles {
		for i, c := range moneyCuts(t, 5, rule, tied...) {
			near(want[i], c, rule)
		}
	}
	for i, row := range oracle.CSV(t, "oracles/segment/oracle_r_quantile_types.csv") {
		assert.Equal(t, row["p"], decimal.New(int64(2*(i+1)), -1).String())
		for rule := range rQuantiles {
			near(row[rule.String()], moneyCuts(t, 5, rule, tied...)[i], rule, row["p"])
		}
	}
}

// The nine types in rationals, from the paper's own parameters: Q(p) =
// (1-g) x[j] + g x[j+1], with j the whole part of np+m, over every number of
// bins and for money and counts.
func TestQuantileTypesAreExact(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 2))
	rat := big.NewRat
	for round := range 2 * MaxBins {
		bins := 2 + round%(MaxBins-1)
		n := 1 + r.IntN(40)
		var money []decimal.Decimal
		var counts []int
		for range n {
			money = append(money, decimal.New(r.Int64N(4000)-1000, -int32(r.IntN(4))))
			counts = append(counts, r.IntN(50))
		}
		for rule := Type1; rule <= Type9; rule++ {
			o := ScaleOptions{Bins: bins, Rule: rule}
			ms, err := fitMoney(money, o, false)
			require.NoError(t, err)
			cs, err := fitCounts(slices.Clone(counts), o, false)
			require.NoError(t, err)
			require.True(t, slices.IsSortedFunc(ms.Cuts, moneyCutOrder))
			require.True(t, slices.IsSortedFunc(cs.Cuts, cutOrder))
			slices.SortFunc(money, compareMoney)
			slices.Sort(counts)
			for k := 1; k < bins; k++ {
				p := rat(int64(k), int64(bins))
				m := map[QuantileRule]*big.Rat{
					Type1: rat(0, 1), Type2: rat(0, 1), Type3: rat(-1, 2), Type4: rat(0, 1), Type5: rat(1, 2),
					Type6: p, Type7: rat(1, 1), Type8: rat(1, 3), Type9: rat(3, 8),
				}[rule]
				switch scale := new(big.Rat); rule {
				case Type7:
					m = scale.Sub(m, p)
				case Type8:
					m = scale.Add(m, scale.Mul(p, rat(1, 3)))
				case Type9:
					m = scale.Add(m, scale.Mul(p, rat(1, 4)))
				}
				h := new(big.Rat).Add(new(big.Rat).Mul(p, rat(int64(n), 1)), m)
				j := new(big.Int).Div(h.Num(), h.Denom()).Int64() // floors
				g := h.Sub(h, rat(j, 1))
				if rule <= Type3 {
					onStep := g.Sign() == 0
					g = rat(1, 1)
					if rule == Type2 && onStep {
						g = rat(1, 2)
					} else if onStep && (rule == Type1 || j%2 == 0) {
						g = rat(0, 1)
					}
				}
				at := func(value func(i int64) *big.Rat) *big.Rat {
					lo, hi := value(min(max(j-1, 0), int64(n-1))), value(min(max(j, 0), int64(n-1)))
					d := hi.Sub(hi, lo)
					return d.Add(d.Mul(d, g), lo)
				}
				want := at(func(i int64) *big.Rat { return money[i].Rat() })
				require.Zero(t, want.Cmp(cutRat(ms.Cuts[k-1])), "%s, %d bins of %v, cut %d: %v", rule, bins, money, k, want)
				whole := at(func(i int64) *big.Rat { return rat(int64(counts[i]), 1) })
				floor := new(big.Int).Div(whole.Num(), whole.Denom())
				require.Equal(t, floor.Int64(), int64(cs.Cuts[k-1].Value))
			}
		}
	}
}

func TestCutsOfCountsDoNotOverflow(t *testing.T) {
	t.Parallel()
	assert.Equal(t, math.MaxInt-math.MaxInt/100-1, cutCount(0, math.MaxInt, spot{num: 99, den: 100}, false).Value)
	top := cutCount(math.MaxInt, math.MaxInt, spot{den: 1}, true)
	assert.Zero(t, beyond(math.MaxInt, []Cut[int]{top}, compareCount), "no count is one more than the greatest")
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
		scale, err := fitCounts(slices.Clone(values), ScaleOptions{Bins: bins, Rule: MidRank}, false)
		require.NoError(t, err)
		require.Len(t, scale.Cuts, bins-1)
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
			require.Equal(t, want, 1+beyond(x, scale.Cuts, compareCount), "%d among %v in %d bins", x, values, bins)
		}
	}
}

func TestEqualValuesStandInTheMiddleUnderMidRank(t *testing.T) {
	t.Parallel()
	cuts := moneyCuts(t, 5, MidRank, "7", "7", "7", "7")
	for x, want := range map[string]int{"6.99": 0, "7": 2, "7.00": 2, "7.01": 4} {
		assert.Equal(t, want, beyond(dec(x), cuts, compareNet), x)
	}
}

func TestQuantileRuleText(t *testing.T) {
	t.Parallel()
	for r := Type1; r <= GivenBreaks; r++ {
		b, err := r.MarshalText()
		require.NoError(t, err)
		var back QuantileRule
		require.NoError(t, back.UnmarshalText(b))
		assert.Equal(t, r, back)
		assert.Equal(t, r.String(), string(b))
	}
	assert.Equal(t, "type7", QuantileRule(0).String(), "the zero rule is the default")
	assert.Equal(t, []string{"type9", "midrank", "natural_breaks", "r_plus_one", "given"},
		[]string{Type9.String(), MidRank.String(), NaturalBreaks.String(), RPlusOne.String(), GivenBreaks.String()})
	bad := GivenBreaks + 1
	_, err := bad.MarshalText()
	inputError(t, err, keyaccount.ErrOutOfRange, "Rule", 0)
	assert.Equal(t, "QuantileRule(14)", bad.String())
	inputError(t, bad.UnmarshalText([]byte("ntile")), keyaccount.ErrMalformed, "Rule", 0)
	assert.Equal(t, "QuantileRule(-1)", QuantileRule(-1).String())
}

// dplyr deals ntile(mtcars$mpg, 5) out as 7, 7, 6, 6, 6 of 32 cars.
func TestNtileSizes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n, bins int
		want    []int
	}{
		{32, 5, []int{7, 7, 6, 6, 6}},
		{4339, 5, []int{868, 868, 868, 868, 867}},
		{3, 5, []int{1, 1, 1, 0, 0}},
		{10, 5, []int{2, 2, 2, 2, 2}},
	} {
		sizes := make([]int, c.bins)
		before := 1
		for place := range c.n {
			bin := ntile(place, c.n, c.bins)
			require.GreaterOrEqual(t, bin, before)
			before = bin
			sizes[bin-1]++
		}
		assert.Equal(t, c.want, sizes)
	}
}
