package segment

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func tierSizes(t testing.TB, accounts []Account, opts *TierOptions) (sizes []int) {
	t.Helper()
	res, err := Tiers(accounts, opts)
	require.NoError(t, err)
	for _, x := range res.Tiers {
		sizes = append(sizes, x.Accounts)
	}
	return sizes
}

func numbered(n int, net func(i int) int64) []Account {
	accounts := make([]Account, n)
	for i := range accounts {
		accounts[i] = Account{ID: strconv.Itoa(i), Net: decimal.NewFromInt(net(i))}
	}
	return accounts
}

func TestTierSizes(t *testing.T) {
	t.Parallel()
	up := func(i int) int64 { return int64(i + 1) }
	assert.Equal(t, []int{5, 15, 30, 50, 0}, tierSizes(t, numbered(100, up), nil))
	assert.Equal(t, []int{1, 1, 3, 5, 0}, tierSizes(t, numbered(10, up), nil), "the account that fills a tier is in it")
	assert.Equal(t, []int{1, 0, 0, 0, 0}, tierSizes(t, numbered(1, up), nil), "the best tier always has one")
	assert.Equal(t, []int{100, 0, 0, 0, 0}, tierSizes(t, numbered(100, func(int) int64 { return 3 }), nil), "equals are not parted")
	// Places 4 to 23 are equal: they are diamond, since the third is; the 80 left have places 24 on.
	assert.Equal(t, []int{23, 0, 27, 50, 0}, tierSizes(t, numbered(100, func(i int) int64 {
		if i >= 77 && i < 97 {
			return 78
		}
		return int64(i + 1)
	}), nil))
	// The shares are of those with a positive net.
	assert.Equal(t, []int{1, 2, 3, 4, 90}, tierSizes(t, numbered(100, func(i int) int64 { return int64(i - 89) }), &TierOptions{Tiers: []Tier{
		{"a", keyaccount.Text{En: "A", Zh: "甲"}, dec("0.1")}, {"b", keyaccount.Text{En: "B", Zh: "乙"}, dec("0.2")}, {"c", keyaccount.Text{En: "C", Zh: "丙"}, dec("0.3")}, {"d", keyaccount.Text{En: "D", Zh: "丁"}, dec("0.4")},
	}}))
	assert.Equal(t, []int{0, 0, 0, 0, 3}, tierSizes(t, numbered(3, func(int) int64 { return 0 }), nil))
}

func TestTierFigures(t *testing.T) {
	t.Parallel()
	res, err := Tiers(nets("5", "-3", "20", "5.00", "70", "0"), nil)
	require.NoError(t, err)
	type row struct {
		id, tier string
		rank     int
	}
	var got []row
	for _, a := range res.Accounts {
		got = append(got, row{a.ID, a.Tier, a.Rank})
	}
	assert.Equal(t, []row{
		{"A4", "diamond", 1}, {"A2", "silver", 2}, {"A0", "bronze", 3}, {"A3", "bronze", 3}, {"A5", "none", 5}, {"A1", "none", 6},
	}, got, "0.05*4 and 0.20*4 reach 1 account, 0.50*4 reaches 2")
	bronze, none := res.Tiers[3], res.Tiers[4]
	assert.Equal(t, []any{"Bronze", "青铜", 2, 0.1}, []any{bronze.In("en"), bronze.In("zh"), bronze.Accounts, bronze.NetShare})
	assert.Equal(t, []string{"10", "5", "-3", "-3"}, []string{bronze.Net.String(), bronze.Least.String(), none.Net.String(), none.Least.String()})
	assert.Equal(t, []any{"No value", "无贡献", 0.0, 4}, []any{none.In("en"), none.In("zh-Hans"), none.NetShare, res.Positive})
}

func TestTiersProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(12, 1))
	keys := []string{"diamond", "gold", "silver", "bronze", TierNone}
	for range 200 {
		accounts := randomAccounts(r, 1+r.IntN(60))
		res, err := Tiers(accounts, nil)
		require.NoError(t, err)
		var sum, all decimal.Decimal
		for _, x := range res.Tiers {
			sum = sum.Add(x.Net)
		}
		for _, a := range accounts {
			all = all.Add(a.Net)
		}
		require.True(t, sum.Equal(all), "money is conserved")
		for i, a := range res.Accounts {
			at := slices.Index(keys, a.Tier)
			require.Equal(t, a.Net.Sign() <= 0, a.Tier == TierNone)
			if i > 0 {
				before := res.Accounts[i-1]
				require.GreaterOrEqual(t, at, slices.Index(keys, before.Tier))
				if before.Net.Equal(a.Net) && a.Net.Sign() > 0 {
					require.Equal(t, []any{before.Tier, before.Rank}, []any{a.Tier, a.Rank})
				}
			}
			// The rule as it is documented.
			if at < 4 {
				limit := dec([]string{"0.05", "0.20", "0.50", "1"}[at]).Mul(decimal.NewFromInt(int64(res.Positive)))
				require.True(t, decimal.NewFromInt(int64(a.Rank-1)).LessThan(limit))
			}
		}
		turned := slices.Clone(accounts)
		r.Shuffle(len(turned), func(i, j int) { turned[i], turned[j] = turned[j], turned[i] })
		again, err := Tiers(turned, nil)
		require.NoError(t, err)
		require.Equal(t, res, again)
	}
}

func TestTiersRefuse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(x []Tier)
		kind  error
		field string
		row   int
	}{
		{"no key", func(x []Tier) { x[1].Key = "" }, keyaccount.ErrMissing, "Key", 2},
		{"no label", func(x []Tier) { x[1].Zh = "" }, keyaccount.ErrMissing, "Key", 2},
		{"twice", func(x []Tier) { x[1].Key = "diamond" }, keyaccount.ErrDuplicate, "Key", 2},
		{"none", func(x []Tier) { x[3].Key = TierNone }, keyaccount.ErrDuplicate, "Key", 4},
		{"no share", func(x []Tier) { x[2].Share = decimal.Zero }, keyaccount.ErrOutOfRange, "Share", 3},
		{"too large", func(x []Tier) { x[2].Share = dec("1.1") }, keyaccount.ErrOutOfRange, "Share", 3},
		{"hostile", func(x []Tier) { x[2].Share = decimal.New(1, -1<<30) }, keyaccount.ErrOutOfRange, "Share", 3},
		{"not all", func(x []Tier) { x[2].Share = dec("0.29") }, keyaccount.ErrOutOfRange, "Tiers", 0},
	} {
		tiers := DefaultTiers()
		c.spoil(tiers)
		_, err := Tiers(nets("1", "2"), &TierOptions{Tiers: tiers})
		require.ErrorIs(t, err, c.kind, c.name)
		inputError(t, err, c.kind, c.field, c.row)
	}
	_, err := Tiers(nil, nil)
	inputError(t, err, keyaccount.ErrMissing, "accounts", 0)
}

func FuzzTiers(f *testing.F) {
	f.Add(int64(5), int32(-2), int64(95), int32(-2), int64(50), int32(0), int64(-15), int32(3))
	f.Fuzz(func(t *testing.T, s1 int64, es1 int32, s2 int64, es2 int32, m1 int64, e1 int32, m2 int64, e2 int32) {
		tiers := []Tier{{"a", keyaccount.Text{En: "A", Zh: "甲"}, decimal.New(s1, es1)}, {"b", keyaccount.Text{En: "B", Zh: "乙"}, decimal.New(s2, es2)}}
		res, err := Tiers([]Account{{ID: "A", Net: decimal.New(m1, e1)}, {ID: "B", Net: decimal.New(m2, e2)}}, &TierOptions{Tiers: tiers})
		if err != nil {
			return
		}
		require.Equal(t, 2, res.Tiers[0].Accounts+res.Tiers[1].Accounts+res.Tiers[2].Accounts)
	})
}
