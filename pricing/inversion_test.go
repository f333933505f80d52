package pricing

import (
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

func TestInversionsOfStripesOldTable(t *testing.T) {
	// 20 units cost 40, 25 cost 25: the cliff in the vendor's own example.
	l := Ladder{Mode: Volume, Tiers: []Tier{upTo("5", dec("5")), upTo("10", dec("4")), upTo("15", dec("3")), upTo("20", dec("2")), {Unit: dec("1")}}}
	got, err := l.Inversions(dec("1"))
	require.NoError(t, err)
	// 21 units cost 21, so everything above 21 below that is inverted.
	want := []struct {
		tier                   int
		from, to, buy, pays, s string
	}{
		{1, "5", "5", "21", "21", "4"},
		{2, "6", "10", "21", "21", "19"},
		{3, "11", "15", "21", "21", "24"},
		{4, "16", "20", "21", "21", "19"},
	}
	require.Len(t, got, len(want))
	for i, w := range want {
		g := got[i]
		assert.Equal(t, w.tier, g.Tier)
		assert.True(t, g.From.Equal(dec(w.from)) && g.To.Equal(dec(w.to)) && g.Buy.Equal(dec(w.buy)) &&
			g.Pays.Equal(dec(w.pays)) && g.Saving.Equal(dec(w.s)), "%+v", g)
	}
}

func TestInversionsNone(t *testing.T) {
	rising := Ladder{Mode: Volume, Tiers: []Tier{upTo("5", dec("1")), {Unit: dec("2")}}}
	for _, l := range []Ladder{fonts(Graduated), rising, {Mode: Volume, Tiers: []Tier{{Unit: dec("1")}}}} {
		got, err := l.Inversions(dec("1"))
		require.NoError(t, err)
		assert.Empty(t, got)
	}
}

// 6 and 11 units both cost 12: the advice is not to buy more than is needed.
func TestInversionsBuyTheSmallerOfTwoEquals(t *testing.T) {
	l := Ladder{Mode: Volume, Tiers: []Tier{upTo("5", dec("10")), upTo("10", dec("2")), {Flat: dec("12")}}}
	got, err := l.Inversions(dec("1"))
	require.NoError(t, err)
	require.Len(t, got, 2)
	assert.Equal(t, "6", exact.Text(got[0].Buy))
	assert.Equal(t, "12", exact.Text(got[0].Pays))
	assert.Equal(t, "11", exact.Text(got[1].Buy), "above 10 there is no other")
	assert.Equal(t, "12", exact.Text(got[1].Pays))
}

// Nothing costs the flat fee of 9 here, 6 units cost 6; that is no inversion.
func TestInversionsLeaveQuantityZeroOut(t *testing.T) {
	l := Ladder{Mode: Volume, ChargeFlatAtZero: true, Tiers: []Tier{{UpTo: bound("5"), Flat: dec("9")}, {Unit: dec("1")}}}
	zero, err := l.Price(dec("0"))
	require.NoError(t, err)
	assert.Equal(t, "9", exact.Text(zero.Total))
	got, err := l.Inversions(dec("1"))
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Equal(t, "1", exact.Text(got[0].From))
}

func TestInversionsStep(t *testing.T) {
	for _, step := range []decimal.Decimal{dec("0"), dec("-1"), decimal.New(1, 999_999_999)} {
		_, err := fonts(Volume).Inversions(step)
		require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
	// By the single unit 6 fonts at 39 are the cheapest step up; by the tenth
	// it is 5.1 at 33.15.
	for step, want := range map[string]string{"1": "39.00", "0.1": "33.150"} {
		l := Ladder{Mode: Volume, Tiers: []Tier{upTo("5", dec("9")), {Unit: dec("6.50")}}}
		got, err := l.Inversions(dec(step))
		require.NoError(t, err)
		require.Len(t, got, 1)
		assert.Equal(t, want, exact.Text(got[0].Pays), step)
	}
}

// The rule is a shortcut; here every quantity is compared with every larger one
// up to well past the last bound.
func TestInversionsAgainstEveryPair(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 3))
	runs := 0
	for i := range 600 {
		l := randomLadder(r, []Mode{Volume, Package, Graduated}[i%3])
		step := dec([]string{"1", "0.5", "0.7", "3"}[r.IntN(4)])
		got, err := l.Inversions(step)
		require.NoError(t, err)
		runs += len(got)

		const last = 100 // x 0.5 is past the highest bound, 30
		var price [last + 1]decimal.Decimal
		var tier [last + 1]int
		for k := 1; k <= last; k++ {
			b, err := l.Price(step.Mul(decimal.New(int64(k), 0)))
			require.NoError(t, err)
			price[k], tier[k] = b.Total, b.Lines[len(b.Lines)-1].Tier
		}
		inverted := func(k int) *Inversion {
			q := step.Mul(decimal.New(int64(k), 0))
			for j, v := range got {
				if v.From.LessThanOrEqual(q) && q.LessThanOrEqual(v.To) {
					return &got[j]
				}
			}
			return nil
		}
		for k := 1; k < last; k++ {
			cheapest := k + 1
			for j := k + 2; j <= last; j++ {
				if price[j].LessThan(price[cheapest]) {
					cheapest = j
				}
			}
			v := inverted(k)
			require.Equal(t, price[cheapest].LessThan(price[k]), v != nil, "%+v step %s at %d", l, step, k)
			if v == nil {
				continue
			}
			require.Equal(t, tier[k], v.Tier)
			require.True(t, v.Pays.Equal(price[cheapest]), "%+v", v)
			require.True(t, v.Buy.Equal(step.Mul(decimal.New(int64(cheapest), 0))), "%+v", v)
			if v.To.Equal(step.Mul(decimal.New(int64(k), 0))) {
				require.True(t, v.Saving.Equal(price[k].Sub(v.Pays)))
			}
		}
		for j := 1; j < len(got); j++ {
			require.True(t, got[j-1].To.LessThan(got[j].From))
		}
	}
	assert.Greater(t, runs, 300)
}
