package allocation

import (
	"math/big"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount/internal/oracle"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func upTo(s string) decimal.NullDecimal { return decimal.NewNullDecimal(dec(s)) }

func ints(vs ...int64) []decimal.Decimal {
	ds := make([]decimal.Decimal, len(vs))
	for i, v := range vs {
		ds[i] = decimal.NewFromInt(v)
	}
	return ds
}

// fill is Fill where it must succeed, with the laws checked that every plan
// keeps.
func fill(t *testing.T, pool string, claims []Claim, unit string) *Plan {
	t.Helper()
	plan, err := Fill(dec(pool), claims, &FillOptions{Unit: dec(unit)})
	require.NoError(t, err)
	requireSound(t, plan, claims)
	return plan
}

func requireSound(t *testing.T, plan *Plan, claims []Claim) {
	t.Helper()
	require.Len(t, plan.Lines, len(claims))
	sum, millionth := decimal.Zero, plan.Unit.Mul(decimal.New(1, -6))
	for i, l := range plan.Lines {
		c := claims[i]
		require.Equal(t, c, Claim{l.Account, l.Weight, l.Floor, l.Cap})
		sum = sum.Add(l.Amount)
		require.True(t, l.Amount.Cmp(c.Floor) >= 0, "%v below its floor", l)
		require.True(t, !c.Cap.Valid || l.Amount.Cmp(c.Cap.Decimal) <= 0, "%v above its cap", l)
		require.True(t, l.Amount.Sub(l.Entitlement).Abs().Cmp(plan.Unit) < 0, "%v a unit off", l)
		require.True(t, l.Amount.Mod(plan.Unit).IsZero(), "%v is not in whole units", l)
		if !plan.Level.Valid {
			require.Contains(t, []Reason{AtCap, NoWeight}, l.Reason)
		}
		switch l.Reason {
		case NoWeight:
			require.Zero(t, c.Weight.Sign())
			require.True(t, l.Amount.Equal(c.Floor))
		case AtFloor:
			require.True(t, l.Amount.Equal(c.Floor))
			require.True(t, c.Weight.Mul(plan.Level.Decimal).Cmp(c.Floor) < 0)
		case AtCap:
			require.True(t, l.Amount.Equal(c.Cap.Decimal))
		case AtLevel:
			// The level is cut after LevelPlaces, the entitlement after a
			// millionth of the unit.
			off := l.Entitlement.Sub(c.Weight.Mul(plan.Level.Decimal)).Abs()
			require.True(t, off.Cmp(millionth.Add(c.Weight.Mul(decimal.New(1, -LevelPlaces)))) <= 0, "%v", l)
		default:
			require.Fail(t, "no reason", "%v", l)
		}
	}
	require.True(t, sum.Equal(plan.Allocated), "the lines add up to %s, not %s", sum, plan.Allocated)
	require.True(t, plan.Allocated.Add(plan.Slack).Equal(plan.Pool))
	require.True(t, plan.Slack.Sign() >= 0)
	require.True(t, plan.Slack.IsZero() || !plan.Level.Valid, "slack while somebody could use it")
}

func assertAmounts(t *testing.T, want []decimal.Decimal, plan *Plan) {
	t.Helper()
	require.Len(t, plan.Lines, len(want))
	for i, w := range want {
		assert.True(t, w.Equal(plan.Lines[i].Amount), "%s: want %s, got %s", plan.Lines[i].Account, w, plan.Lines[i].Amount)
	}
}

func rational(t *testing.T, s string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(s)
	require.True(t, ok, s)
	return r
}

// decimalOf reads a fraction whose denominator divides a power of ten.
func decimalOf(t *testing.T, s string) decimal.Decimal {
	t.Helper()
	r := rational(t, s)
	d := decimal.NewFromBigInt(r.Num(), 0).DivRound(decimal.NewFromBigInt(r.Denom(), 0), 12)
	require.Zero(t, r.Cmp(d.Rat()), "%s is no decimal", s)
	return d
}

type exactCase struct {
	Name     string
	Capacity string
	Accounts []struct{ Weight, Floor, Cap string }
	Level    *string
	Alloc    []string
	Bad      bool `json:"infeasible"`
}

func (c exactCase) claims(t *testing.T) []Claim {
	claims := make([]Claim, len(c.Accounts))
	for i, a := range c.Accounts {
		claims[i] = Claim{
			Account: strconv.Itoa(i), Weight: decimalOf(t, a.Weight), Floor: decimalOf(t, a.Floor),
			Cap: decimal.NewNullDecimal(decimalOf(t, a.Cap)),
		}
	}
	return claims
}

// exactShares solves in the given arithmetic and returns level and shares as
// fractions, the share of a row AtLevel from its whole units and remainder.
func exactShares(t *testing.T, by leveller, claims []Claim, unit decimal.Decimal) (*big.Rat, []*big.Rat) {
	t.Helper()
	level, ok := by.solve()
	require.True(t, ok)
	shares := make([]*big.Rat, len(claims))
	for i, c := range claims {
		switch by.reason(i) {
		case AtCap:
			shares[i] = c.Cap.Decimal.Rat()
		case AtLevel:
			whole, rest, den := new(big.Int), new(big.Int), new(big.Int)
			switch by := by.(type) {
			case *narrow:
				q, r := by.split(i)
				whole.SetInt64(q)
				rest.SetInt64(r)
				den.SetInt64(by.den)
			case *wide:
				whole, rest = by.split(i)
				den = by.den
			}
			shares[i] = new(big.Rat).SetFrac(rest, den)
			shares[i].Add(shares[i], new(big.Rat).SetInt(whole))
			shares[i].Mul(shares[i], unit.Rat())
		default:
			shares[i] = c.Floor.Rat()
		}
	}
	return level, shares
}

// Every case of the exact oracle, in both arithmetics: levels and shares equal
// as fractions, amounts within a unit of them.
func TestFillAgreesWithExactFractions(t *testing.T) {
	var cases []exactCase
	oracle.JSON(t, "oracles/allocation/fairness/waterfill_exact.json", &cases)
	require.NotEmpty(t, cases)
	unit := dec("0.001")
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			pool, claims := decimalOf(t, c.Capacity), c.claims(t)
			plan, err := Fill(pool, claims, &FillOptions{Unit: unit})
			if c.Bad {
				floors := decimal.Zero
				for _, claim := range claims {
					floors = floors.Add(claim.Floor)
				}
				var bad *InfeasibleError
				require.ErrorAs(t, err, &bad)
				assert.ErrorIs(t, err, ErrInfeasible)
				assert.True(t, bad.Floors.Equal(floors))
				assert.True(t, bad.Short.Equal(floors.Sub(pool)))
				return
			}
			require.NoError(t, err)
			requireSound(t, plan, claims)
			for i, want := range c.Alloc {
				entitled := plan.Lines[i].Entitlement
				cutAt := cut(rational(t, want), 9)
				assert.True(t, entitled.Equal(cutAt), "entitled to %s, want %s", entitled, want)
			}
			require.Equal(t, c.Level == nil, !plan.Level.Valid)
			if c.Level == nil {
				return
			}
			narrow, ok := newNarrow(pool, unit, claims)
			require.True(t, ok)
			wide, err := newWide(pool, unit, claims)
			require.NoError(t, err)
			for _, by := range []leveller{narrow, wide} {
				level, shares := exactShares(t, by, claims, unit)
				assert.Zero(t, level.Cmp(rational(t, *c.Level)), "level %s, want %s", level.RatString(), *c.Level)
				for i, want := range c.Alloc {
					assert.Zero(t, shares[i].Cmp(rational(t, want)), "share %s, want %s", shares[i].RatString(), want)
				}
			}
		})
	}
}

func TestFillAgreesWithLargestRemainder(t *testing.T) {
	var cases []struct {
		Total  int64
		Ratios []int64
		Source string
		Want   []int64 `json:"largest_remainder"`
	}
	oracle.JSON(t, "oracles/allocation/fairness/rounding_cases.json", &cases)
	require.NotEmpty(t, cases)
	for _, c := range cases {
		claims := make([]Claim, len(c.Ratios))
		for i, w := range ints(c.Ratios...) {
			claims[i] = Claim{Account: strconv.Itoa(i), Weight: w}
		}
		plan := fill(t, strconv.FormatInt(c.Total, 10), claims, "1")
		assertAmounts(t, ints(c.Want...), plan)
	}
}
