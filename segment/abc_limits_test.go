package segment

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func limitsOf(t testing.TB, accounts []Account) (*ABCLimits, *ABCResult) {
	t.Helper()
	res, err := ABC(accounts, &ABCOptions{Computed: true})
	require.NoError(t, err)
	return res.Limits, res
}

// By hand. Of ten accounts of total 100 the curve goes through (.1, .5),
// (.2, .7), (.3, .8), (.4, .86), (.5, .9), … in steps of 1/10; squared distances
// from (0, 1): .26, .13, .13, .1796: the first of the two nearest is Pareto. A
// mean share is 10, which the first three hold: break-even at .3. The point
// nearest to (.3, 1): .04 at .3, .01+.0196 at .4, .04+.01 at .5.
func TestABCLimitsByHand(t *testing.T) {
	t.Parallel()
	l, res := limitsOf(t, nets("50", "20", "10", "6", "4", "4", "2", "2", "1", "1", "-7", "0"))
	assert.Equal(t, []int{2, 3, 4, 2, 4}, []int{
		l.Pareto.Accounts, l.BreakEven.Accounts, l.Submarginal.Accounts, l.A.Accounts, l.B.Accounts,
	})
	assert.Equal(t, ABCPoint{Accounts: 4, Least: dec("6"), Effort: 0.4, Yield: 0.86}, l.B)
	var counts []int
	for _, c := range res.Classes {
		counts = append(counts, c.Accounts)
	}
	assert.Equal(t, []int{2, 2, 6, 2}, counts)
	assert.True(t, res.A.IsZero() && res.B.IsZero())

	l, _ = limitsOf(t, nets("7"))
	assert.Equal(t, ABCPoint{Accounts: 1, Least: dec("7"), Effort: 1, Yield: 1}, l.A)
	l, _ = limitsOf(t, nets("5", "5.0", "5"))
	assert.Equal(t, []int{3, 3, 3}, []int{l.Pareto.Accounts, l.BreakEven.Accounts, l.B.Accounts}, "equals are not parted")
	l, res = limitsOf(t, nets("0", "-1"))
	assert.Nil(t, l, "without a positive net there is no curve")
	assert.Equal(t, 2, res.Classes[3].Accounts)
}

// Against a search over all points of the curve, in rationals.
func TestABCLimitsAreTheNearest(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	for range 300 {
		accounts := make([]Account, 1+r.IntN(30))
		for i := range accounts {
			accounts[i] = Account{ID: string(rune('A' + i)), Net: decimal.New(1<<r.IntN(9)-r.Int64N(4), -int32(r.IntN(2)))}
		}
		l, res := limitsOf(t, accounts)
		if l == nil {
			continue
		}
		n, held := 0, decimal.Zero
		for _, a := range res.Accounts {
			if a.Net.IsPositive() {
				n++
			}
		}
		mean := new(big.Rat).Quo(res.Total.Rat(), big.NewRat(int64(n), 1))
		nearestTo := func(x *big.Rat) int {
			var best *big.Rat
			at := 0
			held = decimal.Zero
			for i := range n {
				held = held.Add(res.Accounts[i].Net)
				if i+1 < n && res.Accounts[i].Net.Equal(res.Accounts[i+1].Net) {
					continue
				}
				dx := new(big.Rat).Sub(big.NewRat(int64(i+1), int64(n)), x)
				dy := new(big.Rat).Sub(big.NewRat(1, 1), new(big.Rat).Quo(held.Rat(), res.Total.Rat()))
				d := new(big.Rat).Add(dx.Mul(dx, dx), dy.Mul(dy, dy))
				if best == nil || d.Cmp(best) < 0 {
					best, at = d, i+1
				}
			}
			return at
		}
		even := 0
		for even < n && res.Accounts[even].Net.Rat().Cmp(mean) >= 0 {
			even++
		}
		require.Equal(t, nearestTo(new(big.Rat)), l.Pareto.Accounts)
		require.Equal(t, even, l.BreakEven.Accounts)
		require.Equal(t, nearestTo(big.NewRat(int64(max(even, l.Pareto.Accounts)), int64(n))), l.Submarginal.Accounts)
		require.Equal(t, min(even, l.Pareto.Accounts), l.A.Accounts)
		require.LessOrEqual(t, l.A.Accounts, l.B.Accounts)
	}
}

func TestABCLimitsOfOnlineRetail(t *testing.T) {
	t.Parallel()
	_, sum := uciLines(t)
	l, res := limitsOf(t, sum.Accounts(uciAsOf))
	assert.Equal(t, []int{972, 904, 904}, []int{l.Pareto.Accounts, l.BreakEven.Accounts, l.A.Accounts}, "here break-even comes first")
	var counts []int
	for _, c := range res.Classes {
		counts = append(counts, c.Accounts)
	}
	assert.Equal(t, []int{l.A.Accounts, l.B.Accounts - l.A.Accounts, 4317 - l.B.Accounts, 55}, counts)
	// The mean positive net is 1,925.71; the break-even account is the last with more.
	assert.True(t, l.BreakEven.Least.GreaterThan(res.Total.DivRound(decimal.NewFromInt(4317), 6)))
	next := res.Accounts[l.BreakEven.Accounts]
	assert.True(t, next.Net.LessThan(res.Total.DivRound(decimal.NewFromInt(4317), 6)))
}

func TestComputedLimitsLeaveNothingToGive(t *testing.T) {
	t.Parallel()
	_, err := ABC(nets("1"), &ABCOptions{Computed: true, A: dec("0.8")})
	inputError(t, err, keyaccount.ErrOutOfRange, "A", 0)
	_, err = ABC(nets("1"), &ABCOptions{Computed: true, B: dec("0.8")})
	inputError(t, err, keyaccount.ErrOutOfRange, "B", 0)
}
