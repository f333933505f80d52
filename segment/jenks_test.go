package segment

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func natural(t testing.TB, bins int, values ...string) (cuts []string) {
	t.Helper()
	for _, c := range moneyCuts(t, bins, NaturalBreaks, values...) {
		cuts = append(cuts, c.Value.String())
	}
	return cuts
}

func TestPublishedNaturalBreaks(t *testing.T) {
	t.Parallel()
	// jenkspy's documentation: jenks_breaks of these with 3 classes is
	// (1.2, 2.3, 5.0, 7.8), the least value and the greatest of each class.
	assert.Equal(t, []string{"2.3", "5"}, natural(t, 3, "1.3", "7.1", "7.3", "2.3", "3.9", "4.1", "7.8", "1.2", "4.3", "7.3", "5.0", "4.3"))
	// R's Ckmeans.1d.dp: clusters {-1 x4}, {2 x3}, {4, 5, 6}.
	assert.Equal(t, []string{"-1", "2"}, natural(t, 3, "-1", "2", "-1", "2", "4", "5", "6", "-1", "2", "-1"))
	// Fewer distinct values than bins: the upper bins stay empty.
	assert.Equal(t, []string{"1", "9", "9", "9"}, natural(t, 5, "1", "9", "1"))
	assert.Equal(t, []string{"4"}, natural(t, 2, "4", "4.00"))
}

// squares returns the sum of squared deviations from the means of the bins.
func squares(values []int64, cuts []Cut[decimal.Decimal]) *big.Rat {
	bins := make([][]int64, len(cuts)+1)
	for _, v := range values {
		n := beyond(decimal.NewFromInt(v), cuts, compareNet)
		bins[n] = append(bins[n], v)
	}
	total := new(big.Rat)
	for _, bin := range bins {
		var sum, square int64
		for _, v := range bin {
			sum, square = sum+v, square+v*v
		}
		if n := int64(len(bin)); n > 0 {
			total.Add(total, new(big.Rat).Sub(big.NewRat(square, 1), big.NewRat(sum*sum, n)))
		}
	}
	return total
}

// Against every partition, in rationals.
func TestNaturalBreaksAreOptimal(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 9))
	for range 300 {
		values := make([]int64, 1+r.IntN(14))
		ds := make([]decimal.Decimal, len(values))
		for i := range values {
			values[i] = r.Int64N(1 + r.Int64N(60))
			ds[i] = decimal.NewFromInt(values[i])
		}
		bins := 2 + r.IntN(4)
		s, err := fitMoney(ds, ScaleOptions{Bins: bins, Rule: NaturalBreaks}, false)
		require.NoError(t, err)
		distinct := slices.Compact(slices.Sorted(slices.Values(values)))
		best := squares(values, nil)
		var try func(cuts []Cut[decimal.Decimal], from int)
		try = func(cuts []Cut[decimal.Decimal], from int) {
			if q := squares(values, cuts); q.Cmp(best) < 0 {
				best = q
			}
			for i := from; i < len(distinct) && len(cuts) < bins-1; i++ {
				try(append(slices.Clone(cuts), Cut[decimal.Decimal]{Value: decimal.NewFromInt(distinct[i])}), i+1)
			}
		}
		try(nil, 0)
		require.Zero(t, best.Cmp(squares(values, s.Cuts)), "%v in %d bins: %v", values, bins, s.Cuts)
		require.Len(t, s.Collapsed, max(0, bins-len(distinct)), "no bin is empty while there are values for it")
	}
}

// Neither the unit nor where zero lies matters, also where the values are too
// fine or too large for the exact grid; and big integers give what int64s do.
func TestNaturalBreaksKeepTheLaw(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 10))
	for range 300 {
		span := int64(20)
		if r.IntN(2) == 0 {
			span = 1 << (20 + r.IntN(42))
		}
		u := units{small: make([]int64, 2+r.IntN(40))}
		for i := range u.small {
			u.small[i] = r.Int64N(span)
		}
		slices.Sort(u.small)
		bins := 2 + r.IntN(5)
		want, err := naturalSpots(&u, bins)
		require.NoError(t, err)
		wide := widened(u)
		got, err := naturalSpots(&wide, bins)
		require.NoError(t, err)
		require.Equal(t, want, got)
		factor, shift := big.NewInt(137), new(big.Int).Lsh(big.NewInt(1), 80)
		for _, v := range wide.wide {
			v.Add(v.Mul(v, factor), shift)
		}
		got, err = naturalSpots(&wide, bins)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestNaturalBreaksOfTooManyValuesAreRefused(t *testing.T) {
	t.Parallel()
	u := units{small: make([]int64, maxJenksTable/99+1)}
	for i := range u.small {
		u.small[i] = int64(i)
	}
	_, err := naturalSpots(&u, 100)
	inputError(t, err, keyaccount.ErrOutOfRange, "Bins", 0)
	require.ErrorContains(t, err, "at most 99 bins")
	fitted(t, valued("1", "2"), &RFMOptions{Dimensions: []Dimension{{Name: "x", Scale: ScaleOptions{Bins: 3, Rule: NaturalBreaks}}}})
}

func BenchmarkNaturalBreaks(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		r := rand.New(rand.NewPCG(1, 1))
		values := make([]decimal.Decimal, n)
		for i := range values {
			values[i] = decimal.New(r.Int64N(1e9), -2)
		}
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := fitMoney(values, ScaleOptions{Bins: 5, Rule: NaturalBreaks}, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
