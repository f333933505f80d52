package segment

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func bought(account, product, amount string) WhiteSpaceAmount {
	return WhiteSpaceAmount{Account: account, WhiteSpaceCell: WhiteSpaceCell{Product: product}, Amount: dec(amount)}
}

// hotels are look-alikes of 100 rooms each; F has 50. G is of another segment.
func hotels() WhiteSpaceInput {
	in := WhiteSpaceInput{Accounts: []WhiteSpaceAccount{
		{"A", "hotel", 100},
		{"B", "hotel", 100},
		{"C", "hotel", 100},
		{"D", "hotel", 100},
		{"E", "hotel", 100},
		{"F", "hotel", 50},
		{"G", "clinic", 50},
	}}
	in.Sales = []WhiteSpaceAmount{
		bought("A", "linen", "1000"), bought("B", "linen", "2000"), bought("C", "linen", "3000"), bought("D", "linen", "4000"),
		bought("F", "linen", "100"), bought("F", "linen", "50"), bought("G", "soap", "70"),
	}
	return in
}

func places(t testing.TB, in WhiteSpaceInput, o *WhiteSpaceOptions) map[string]WhiteSpacePlace {
	t.Helper()
	g, err := WhiteSpace(in, o)
	require.NoError(t, err)
	out := map[string]WhiteSpacePlace{}
	for _, a := range g.Accounts {
		for _, c := range a.Cells {
			out[a.ID+" "+c.Product] = c
		}
	}
	return out
}

// F's five peers buy 0, 10, 20, 30 and 40 of linen per room. Three quarters of
// them stay at or below 30: for 50 rooms that is 1500, of which F buys 150.
func TestWhiteSpaceByQuantile(t *testing.T) {
	t.Parallel()
	got := places(t, hotels(), nil)
	f := got["F linen"]
	assert.Equal(t, []string{"150", "1500", "1350"}, []string{f.Current.StringFixed(0), f.Potential.StringFixed(0), f.Headroom.StringFixed(0)})
	assert.Equal(t, []int{5, 4}, []int{f.Peers, f.Buyers})
	assert.Equal(t, BasisPeers, f.Basis)
	assert.Equal(t, 30.0, f.PeerLevel)
	// D is left out of its own comparison: 0, 3, 10, 20 and 30 remain.
	d := got["D linen"]
	assert.Equal(t, []float64{20, 0}, []float64{d.PeerLevel, d.Headroom.InexactFloat64()})
	// E buys nothing yet: 3, 10, 20, 30 and 40 per room.
	assert.Equal(t, "3000", got["E linen"].Headroom.StringFixed(0))
	assert.Equal(t, 5, got["E linen"].Buyers)
	// G has no peers: no potential, and no soap for the hotels' sake.
	g := got["G soap"]
	assert.Equal(t, BasisNone, g.Basis)
	assert.Equal(t, "70", g.Potential.StringFixed(0))
	assert.NotContains(t, got, "G linen")
	assert.NotContains(t, got, "A soap")
	assert.Contains(t, f.Explain("en"), "4 of 5 peers")
	assert.Contains(t, f.Explain("zh"), "4/5")
}

// Of F's five peers four buy, at a median of 25 per room: 0.8 * 25 * 50.
func TestWhiteSpaceByPenetration(t *testing.T) {
	t.Parallel()
	f := places(t, hotels(), &WhiteSpaceOptions{Rule: PeerPenetration})["F linen"]
	assert.Equal(t, "1000.00", f.Potential.StringFixed(2))
	assert.Equal(t, 20.0, f.PeerLevel)
	whole := places(t, hotels(), &WhiteSpaceOptions{Rule: PeerPenetration, Quantile: 0.4, Cent: dec("100")})["F linen"]
	assert.Equal(t, "900", whole.Potential.StringFixed(0), "0.8 * 22 * 50 = 880, in hundreds")
	as := places(t, hotels(), &WhiteSpaceOptions{IgnoreSize: true})["F linen"]
	assert.Equal(t, "3000", as.Potential.StringFixed(0))
}

func TestWhiteSpaceUsesTheWallet(t *testing.T) {
	t.Parallel()
	in := hotels()
	// The peers say 1500, but F spends only 600 on linen with everybody.
	in.Wallets = []WhiteSpaceAmount{bought("F", "linen", "600")}
	f := places(t, in, nil)["F linen"]
	assert.Equal(t, BasisPeersCapped, f.Basis)
	assert.Equal(t, []string{"600", "450"}, []string{f.Potential.StringFixed(0), f.Headroom.StringFixed(0)})
	assert.Equal(t, 0.25, f.WalletShare)
	assert.Contains(t, f.Explain("en"), "whole wallet")

	// With the wallets of two peers known, our share of theirs is the measure:
	// 0.5 and 0.8, three quarters of the way is 0.725.
	in.Wallets = append(in.Wallets, bought("A", "linen", "2000"), bought("D", "linen", "5000"), bought("E", "soap", "900"))
	got := places(t, in, &WhiteSpaceOptions{MinPeers: 2})
	f = got["F linen"]
	assert.Equal(t, BasisWallet, f.Basis)
	assert.InDelta(t, 0.725, f.PeerLevel, 1e-15)
	assert.Equal(t, "435.00", f.Potential.StringFixed(2))
	assert.Equal(t, []int{2, 2}, []int{f.Peers, f.Buyers})
	assert.Contains(t, f.Explain("zh"), "72.5%")
	soap := got["E soap"]
	assert.Equal(t, []any{BasisPeers, "0", "900"}, []any{soap.Basis, soap.Potential.StringFixed(0), soap.Wallet.StringFixed(0)})
	assert.NotEqual(t, soap.Explain("en"), soap.Explain("zh"))

	// More sales than the wallet says: our share is all of it, not more.
	in.Wallets = []WhiteSpaceAmount{bought("F", "linen", "100")}
	assert.Equal(t, 1.0, places(t, in, nil)["F linen"].WalletShare)
}

func TestWhiteSpaceGridIsSortedAndStable(t *testing.T) {
	t.Parallel()
	in := hotels()
	in.Sales = append(in.Sales,
		WhiteSpaceAmount{"A", WhiteSpaceCell{"linen", "north", ""}, dec("5")},
		WhiteSpaceAmount{"A", WhiteSpaceCell{"linen", "north", "EU"}, dec("5")})
	g, err := WhiteSpace(in, nil)
	require.NoError(t, err)
	assert.Equal(t, []WhiteSpaceCell{{"linen", "", ""}, {"linen", "north", ""}, {"linen", "north", "EU"}, {"soap", "", ""}}, g.Cells)
	assert.Equal(t, "E", g.Accounts[0].ID)
	b, err := json.Marshal(g.Accounts[0].Cells[0])
	require.NoError(t, err)
	assert.JSONEq(t, `{"product":"linen","current":"0","potential":"3000","headroom":"3000","basis":"peers","peers":5,"buyers":5,"peer_level":30,"wallet_share":0}`, string(b))
}

// naiveLevel writes the peers out and takes the quantile of what it sees.
func naiveLevel(in WhiteSpaceInput, me int, product string, o WhiteSpaceOptions) (level float64, peers int) {
	var all, buying []float64
	for i, a := range in.Accounts {
		if i == me || a.Segment != in.Accounts[me].Segment || a.Size == 0 {
			continue
		}
		sum := decimal.Zero
		for _, s := range in.Sales {
			if s.Account == a.ID && s.Product == product {
				sum = sum.Add(s.Amount)
			}
		}
		x := max(0, sum.InexactFloat64()) / a.Size
		all = append(all, x)
		if x > 0 {
			buying = append(buying, x)
		}
	}
	quantile := func(xs []float64) float64 {
		slices.Sort(xs)
		h := o.Quantile * float64(len(xs)-1)
		i := int(h)
		if i+1 >= len(xs) {
			return xs[i]
		}
		return xs[i] + (h-float64(i))*(xs[i+1]-xs[i])
	}
	switch {
	case len(all) == 0 || o.Rule == PeerPenetration && len(buying) == 0:
		return 0, len(all)
	case o.Rule == PeerPenetration:
		return float64(len(buying)) / float64(len(all)) * quantile(buying), len(all)
	}
	return quantile(all), len(all)
}

func randomSpace(r *rand.Rand) WhiteSpaceInput {
	in := WhiteSpaceInput{Accounts: []WhiteSpaceAccount{{"X", "0", 1}}}
	for i := range 5 + r.IntN(20) {
		in.Accounts = append(in.Accounts, WhiteSpaceAccount{strconv.Itoa(i), strconv.Itoa(r.IntN(3)), float64(r.IntN(4))})
	}
	for range r.IntN(120) {
		in.Sales = append(in.Sales, bought(in.Accounts[r.IntN(len(in.Accounts))].ID, "p"+strconv.Itoa(r.IntN(4)), strconv.Itoa(r.IntN(50)-10)))
	}
	return in
}

func TestWhiteSpaceAgreesWithTheNaiveOne(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 2))
	for range 150 {
		in := randomSpace(r)
		o := WhiteSpaceOptions{Rule: PeerQuantile, Quantile: 0.01 + 0.99*r.Float64(), MinPeers: 1 + r.IntN(3)}
		if r.IntN(2) == 0 {
			o.Rule = PeerPenetration
		}
		got := places(t, in, &o)
		for i, a := range in.Accounts {
			for k := range 4 {
				product := "p" + strconv.Itoa(k)
				p, ok := got[a.ID+" "+product]
				if !ok {
					continue
				}
				level, peers := naiveLevel(in, i, product, o)
				require.Equal(t, peers, p.Peers)
				if a.Size == 0 || peers < o.MinPeers {
					require.Equal(t, BasisNone, p.Basis)
					require.True(t, p.Headroom.IsZero())
					continue
				}
				require.Equal(t, level, p.PeerLevel)
				require.InDelta(t, level*a.Size, p.Potential.InexactFloat64(), 0.005001)
			}
		}
	}
}

func TestWhiteSpaceProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 3))
	for range 100 {
		in := randomSpace(r)
		g, err := WhiteSpace(in, &WhiteSpaceOptions{MinPeers: 2})
		require.NoError(t, err)
		for _, a := range g.Accounts {
			var headroom, current decimal.Decimal
			for _, c := range a.Cells {
				require.False(t, c.Headroom.IsNegative())
				require.True(t, c.Headroom.Equal(decimal.Max(decimal.Zero, c.Potential.Sub(c.Current))))
				headroom, current = headroom.Add(c.Headroom), current.Add(c.Current)
			}
			require.True(t, a.Headroom.Equal(headroom) && a.Current.Equal(current), "the cells add up")
		}

		turned := WhiteSpaceInput{Accounts: slices.Clone(in.Accounts), Sales: slices.Clone(in.Sales)}
		r.Shuffle(len(turned.Accounts), func(i, j int) { turned.Accounts[i], turned.Accounts[j] = turned.Accounts[j], turned.Accounts[i] })
		r.Shuffle(len(turned.Sales), func(i, j int) { turned.Sales[i], turned.Sales[j] = turned.Sales[j], turned.Sales[i] })
		again, err := WhiteSpace(turned, &WhiteSpaceOptions{MinPeers: 2})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%+v", g), fmt.Sprintf("%+v", again))

		// Money in another unit: sizes, too, so that every level stays.
		for i := range turned.Sales {
			turned.Sales[i].Amount = turned.Sales[i].Amount.Mul(dec("1024"))
		}
		scaled, err := WhiteSpace(turned, &WhiteSpaceOptions{MinPeers: 2})
		require.NoError(t, err)
		for i := range g.Accounts {
			want := g.Accounts[i].Headroom.Mul(dec("1024")).InexactFloat64()
			at := slices.IndexFunc(scaled.Accounts, func(a WhiteSpaceTotal) bool { return a.ID == g.Accounts[i].ID })
			require.InDelta(t, want, scaled.Accounts[at].Headroom.InexactFloat64(), 0.0051*1025*4, "but for the cent")
		}
	}
}

func TestWhiteSpaceRefuses(t *testing.T) {
	t.Parallel()
	refused := func(spoil func(in *WhiteSpaceInput), o *WhiteSpaceOptions) error {
		in := hotels()
		if spoil != nil {
			spoil(&in)
		}
		g, err := WhiteSpace(in, o)
		require.Nil(t, g)
		return err
	}
	for _, c := range []struct {
		spoil func(in *WhiteSpaceInput)
		kind  error
		field string
		row   int
	}{
		{func(in *WhiteSpaceInput) { in.Accounts = nil }, keyaccount.ErrMissing, "Accounts", 0},
		{func(in *WhiteSpaceInput) { in.Accounts[2].ID = "" }, keyaccount.ErrMissing, "Accounts.ID", 3},
		{func(in *WhiteSpaceInput) { in.Accounts[2].ID = "A" }, keyaccount.ErrDuplicate, "Accounts.ID", 3},
		{func(in *WhiteSpaceInput) { in.Accounts[2].Size = -1 }, keyaccount.ErrOutOfRange, "Accounts.Size", 3},
		{func(in *WhiteSpaceInput) { in.Accounts[2].Size = math.NaN() }, keyaccount.ErrOutOfRange, "Accounts.Size", 3},
		{func(in *WhiteSpaceInput) { in.Accounts = []WhiteSpaceAccount{{ID: "A"}}; in.Sales = nil }, keyaccount.ErrMissing, "Accounts.Size", 0},
		{func(in *WhiteSpaceInput) { in.Sales[1].Account = "" }, keyaccount.ErrMissing, "Sales.Account", 2},
		{func(in *WhiteSpaceInput) { in.Sales[1].Account = "Z" }, keyaccount.ErrMalformed, "Sales.Account", 2},
		{func(in *WhiteSpaceInput) { in.Sales[1].Amount = dec("1e101") }, keyaccount.ErrOutOfRange, "Sales.Amount", 2},
		{func(in *WhiteSpaceInput) { in.Wallets = []WhiteSpaceAmount{bought("A", "linen", "-1")} }, keyaccount.ErrOutOfRange, "Wallets.Amount", 1},
		{func(in *WhiteSpaceInput) {
			in.Wallets = []WhiteSpaceAmount{bought("A", "linen", "1"), bought("A", "linen", "1")}
		}, keyaccount.ErrDuplicate, "Wallets.Account", 2},
	} {
		inputError(t, refused(c.spoil, nil), c.kind, c.field, c.row)
	}
	for field, o := range map[string]WhiteSpaceOptions{
		"Rule": {Rule: "best"}, "Quantile": {Quantile: math.NaN()}, "MinPeers": {MinPeers: -1}, "Cent": {Cent: dec("0.02")},
	} {
		inputError(t, refused(nil, &o), keyaccount.ErrOutOfRange, field, 0)
	}
	inputError(t, refused(nil, &WhiteSpaceOptions{Cent: decimal.New(1, 1<<30)}), keyaccount.ErrOutOfRange, "Cent", 0)
}

func FuzzWhiteSpace(f *testing.F) {
	f.Add(int64(5), int32(-2), int64(7), int32(90), 1.5, 1e-99, 0.5, false)
	f.Fuzz(func(t *testing.T, a int64, e1 int32, b int64, e2 int32, s1, s2, q float64, penetration bool) {
		o := &WhiteSpaceOptions{Quantile: q, MinPeers: 1}
		if penetration {
			o.Rule = PeerPenetration
		}
		cell := WhiteSpaceCell{Product: "p"}
		g, err := WhiteSpace(WhiteSpaceInput{
			Accounts: []WhiteSpaceAccount{{"A", "", s1}, {"B", "", s2}, {"C", "", 1}},
			Sales:    []WhiteSpaceAmount{{"A", cell, decimal.New(a, e1)}, {"B", cell, decimal.New(b, e2)}},
			Wallets:  []WhiteSpaceAmount{{"C", cell, decimal.New(a, e2)}},
		}, o)
		if err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		for _, acc := range g.Accounts {
			require.False(t, acc.Headroom.IsNegative())
			for _, c := range acc.Cells {
				require.True(t, isFinite(c.PeerLevel) && c.WalletShare >= 0 && c.WalletShare <= 1)
			}
		}
	})
}

// A peer who buys more never lowers the potential of the others, and twice the
// sizes for all change nothing.
func TestWhiteSpaceIsMonotoneAndRelative(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 4))
	for range 100 {
		in := randomSpace(r)
		o := &WhiteSpaceOptions{MinPeers: 1 + r.IntN(3)}
		if r.IntN(2) == 0 {
			o.IgnoreSize = true
		}
		before := places(t, in, o)

		doubled := WhiteSpaceInput{Accounts: slices.Clone(in.Accounts), Sales: in.Sales}
		for i := range doubled.Accounts {
			doubled.Accounts[i].Size *= 2
		}
		for key, p := range places(t, doubled, o) {
			require.True(t, p.Potential.Equal(before[key].Potential), key)
		}

		who := in.Accounts[r.IntN(len(in.Accounts))].ID
		in.Sales = append(slices.Clone(in.Sales), bought(who, "p1", "30"))
		after := places(t, in, o)
		for key, p := range before {
			if key != who+" p1" {
				require.True(t, after[key].Potential.GreaterThanOrEqual(p.Potential), key)
			}
		}
	}
}

// Money is not rounded through float64 where it is too large for it.
func TestWhiteSpaceOfVeryLargeAmounts(t *testing.T) {
	t.Parallel()
	in := WhiteSpaceInput{Accounts: []WhiteSpaceAccount{{"A", "", 1}, {"B", "", 2}}, Sales: []WhiteSpaceAmount{bought("A", "p", "1e90")}}
	b := places(t, in, &WhiteSpaceOptions{MinPeers: 1})["B p"]
	assert.True(t, b.Potential.Equal(dec("2e90")), b.Potential)
	assert.Zero(t, b.WalletShare)
}
