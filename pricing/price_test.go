package pricing

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func mustPrice(t testing.TB, l Ladder, quantity string) Breakdown {
	t.Helper()
	b, err := l.Price(dec(quantity))
	require.NoError(t, err)
	return b
}

// checkSum: the lines add up to the total, and each line to its amount.
func checkSum(t testing.TB, b Breakdown) {
	t.Helper()
	var sum decimal.Decimal
	for _, n := range b.Lines {
		require.True(t, n.Quantity.Mul(n.Unit).Add(n.Flat).Equal(n.Amount), "%+v", n)
		sum = sum.Add(n.Amount)
	}
	require.True(t, sum.Equal(b.Total), "%+v", b)
}

func TestPublishedPrices(t *testing.T) {
	// docs.stripe.com/subscriptions/pricing-models/tiered-pricing
	old := Ladder{Tiers: []Tier{upTo("5", dec("5")), upTo("10", dec("4")), upTo("15", dec("3")), upTo("20", dec("2")), {Unit: dec("1")}}}
	// getlago/lago-api spec/services/charge_models/graduated_service_spec.rb
	lago := Ladder{Mode: Graduated, Tiers: []Tier{
		{UpTo: bound("10"), Unit: dec("10"), Flat: dec("2")}, {UpTo: bound("20"), Unit: dec("5"), Flat: dec("3")}, {Unit: dec("5"), Flat: dec("3")},
	}}
	oldIn := func(m Mode) Ladder { l := old; l.Mode = m; return l }
	for _, c := range []struct {
		ladder         Ladder
		quantity, want string
	}{
		{fonts(Volume), "1", "7"},
		{fonts(Volume), "5", "35"},
		{fonts(Volume), "6", "39"},
		{fonts(Volume), "25", "150"},
		{fonts(Graduated), "5", "35"},
		{fonts(Graduated), "6", "41.5"},
		{fonts(Graduated), "25", "157.5"},
		{oldIn(Volume), "20", "40"},
		{oldIn(Volume), "25", "25"},
		{oldIn(Graduated), "6", "29"},
		{lago, "10", "102"},
		{lago, "11", "110"},
		{lago, "21", "163"},
		{Ladder{Mode: Package, PackageSize: dec("10"), Tiers: []Tier{{Unit: dec("100")}}}, "121", "1300"},
	} {
		b := mustPrice(t, c.ladder, c.quantity)
		assert.True(t, b.Total.Equal(dec(c.want)), "want %s: %s", c.want, b.Explain("en"))
		checkSum(t, b)
	}
}

// Failures of the references.

func TestFractionBetweenWholeBounds(t *testing.T) {
	// Lago's volume model crashed between 100 and 101 (lago-api#1699), and
	// Flexprice's bounds are whole numbers only.
	l := Ladder{Mode: Volume, Tiers: []Tier{upTo("100", dec("2")), {Unit: dec("1")}}}
	assert.True(t, mustPrice(t, l, "100.5").Total.Equal(dec("100.5")))
	assert.True(t, mustPrice(t, l, "100").Total.Equal(dec("200")))
	l = Ladder{Mode: Graduated, Tiers: []Tier{upTo("0.1", dec("10")), upTo("1", dec("5")), {Unit: dec("2")}}}
	assert.True(t, mustPrice(t, l, "0.5").Total.Equal(dec("3")))
}

func TestZeroQuantity(t *testing.T) {
	// Lago's specs, OpenMeter and Kong charge the flat fee, Flexprice does not,
	// and Lago's invoice forgets it (lago#648): so it is an option.
	for _, m := range []Mode{Graduated, Volume, Package} {
		l := Ladder{Mode: m, Tiers: []Tier{{UpTo: bound("10"), Unit: dec("10"), Flat: dec("2")}, {Unit: dec("5"), Flat: dec("3")}}}
		if m == Package {
			l.PackageSize = dec("5")
		}
		b := mustPrice(t, l, "0")
		assert.True(t, b.Total.IsZero())
		assert.Empty(t, b.Lines)
		assert.NotNil(t, b.Lines, "an empty list in JSON, not null")

		l.ChargeFlatAtZero = true
		b = mustPrice(t, l, "0.00")
		assert.True(t, b.Total.Equal(dec("2")), m)
		require.Len(t, b.Lines, 1)
		assert.Equal(t, 1, b.Lines[0].Tier)
		checkSum(t, b)

		l.Tiers[0].Flat = decimal.Decimal{}
		assert.Empty(t, mustPrice(t, l, "0").Lines)
	}
}

func TestTheCallersTiersAreNotWritten(t *testing.T) {
	// Flexprice sorts the price's own tiers inside the call.
	l := fonts(Graduated)
	slices.Reverse(l.Tiers[:2])
	before := slices.Clone(l.Tiers)
	_, err := l.Price(dec("7"))
	require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	assert.Equal(t, before, l.Tiers)

	l = fonts(Volume)
	before = slices.Clone(l.Tiers)
	mustPrice(t, l, "7")
	_, err = l.Inversions(dec("1"))
	require.NoError(t, err)
	assert.Equal(t, before, l.Tiers)
}

func TestBadConfigurationIsNotFree(t *testing.T) {
	// Flexprice prices an unknown tier mode, and a package of size 0, at 0.
	_, err := Ladder{Mode: "stairs", Tiers: []Tier{{Unit: dec("1")}}}.Price(dec("5"))
	require.ErrorIs(t, err, keyaccount.ErrMalformed)
	_, err = Ladder{Mode: Package, Tiers: []Tier{{Unit: dec("1")}}}.Price(dec("5"))
	require.ErrorIs(t, err, keyaccount.ErrMissing)
}

func TestSubCentPricesAreExact(t *testing.T) {
	// OpenMeter rounds every tier line.
	l := Ladder{Mode: Graduated, Tiers: []Tier{upTo("3.5", dec("0.00333")), {Unit: dec("0.0001")}}}
	b := mustPrice(t, l, "3.75")
	assert.Equal(t, "0.01168", b.Total.String()) // 0.011655 + 0.000025
	checkSum(t, b)
}

func TestRefusedQuantities(t *testing.T) {
	for _, q := range []decimal.Decimal{dec("-1"), dec("-0.0001"), decimal.New(1, 999_999_999), decimal.New(1, -999_999_999), decimal.New(-1, 999_999_999)} {
		for _, m := range []Mode{Graduated, Volume} {
			_, err := fonts(m).Price(q)
			var bad *keyaccount.InputError
			require.ErrorAs(t, err, &bad)
			require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
			assert.Equal(t, "quantity", bad.Field)
		}
	}
}

func TestBreakdownLines(t *testing.T) {
	b := mustPrice(t, fonts(Graduated), "12")
	require.Len(t, b.Lines, 3)
	assert.Equal(t, Graduated, b.Mode)
	second := b.Lines[1]
	assert.Equal(t, 2, second.Tier)
	assert.True(t, second.From.Equal(dec("5")) && second.UpTo.Decimal.Equal(dec("10")))
	assert.True(t, second.Quantity.Equal(dec("5")) && second.Amount.Equal(dec("32.5")))
	assert.False(t, b.Lines[2].UpTo.Valid)

	out, err := json.Marshal(mustPrice(t, fonts(Volume), "7"))
	require.NoError(t, err)
	assert.JSONEq(t, `{"mode":"volume","quantity":"7","total":"45.5","lines":[
		{"tier":2,"from":"5","up_to":"10","quantity":"7","unit":"6.5","flat":"0","amount":"45.5"}]}`, string(out))
}

func TestExplain(t *testing.T) {
	line := BreakdownLine{Tier: 2, From: dec("5"), UpTo: bound("10"), Quantity: dec("7"), Unit: dec("6.50"), Flat: dec("2.00"), Amount: dec("47.50")}
	assert.Equal(t, "7 x 6.50 + 2.00 = 47.50 (tier 2: over 5 to 10)", line.Explain("en"))
	assert.Equal(t, "7 x 6.50 + 2.00 = 47.50（第 2 档：超过 5 至 10）", line.Explain("zh-CN"))

	assert.Equal(t, `graduated, quantity 12: 79.50
  5 x 7.00 = 35.00 (tier 1: to 5)
  5 x 6.50 = 32.50 (tier 2: over 5 to 10)
  2 x 6.00 = 12.00 (tier 3: over 10)`, mustPrice(t, fonts(Graduated), "12").Explain("en"))
	assert.Equal(t, `分段累进计价，数量 12：79.50
  5 x 7.00 = 35.00（第 1 档：至 5）
  5 x 6.50 = 32.50（第 2 档：超过 5 至 10）
  2 x 6.00 = 12.00（第 3 档：超过 10）`, mustPrice(t, fonts(Graduated), "12").Explain("zh"))

	one := Ladder{Mode: Package, PackageSize: dec("10"), Tiers: []Tier{{Unit: dec("100")}}}
	assert.Equal(t, "package, quantity 121: 1300\n  13 packages of 10 x 100 = 1300 (tier 1: any quantity)", mustPrice(t, one, "121").Explain(""))
	assert.Equal(t, "按包计价，数量 121：1300\n  13 包（每包 10） x 100 = 1300（第 1 档：不限数量）", mustPrice(t, one, "121").Explain("ZH"))
	assert.Equal(t, "1 package of 10 x 100 = 100 (tier 1: any quantity)", mustPrice(t, one, "3").Lines[0].Explain("en"))
	assert.Equal(t, "全量阶梯计价，数量 0：0", mustPrice(t, fonts(Volume), "0").Explain("zh"))
	assert.Equal(t, "1000 x 6.00 = 6000 (tier 3: over 10)", mustPrice(t, fonts(Volume), "1e3").Lines[0].Explain("en"))
	assert.Equal(t, "other", Mode("other").chinese())
}

// randomLadder has up to 6 tiers with small bounds, so that spans and edges
// meet often.
func randomLadder(r *rand.Rand, m Mode) Ladder {
	l := Ladder{Mode: m, ChargeFlatAtZero: r.IntN(2) == 0}
	if m == Package {
		l.PackageSize = decimal.New(r.Int64N(40)+1, -1)
	}
	at := int64(0)
	for range r.IntN(6) {
		at += r.Int64N(60) + 1
		l.Tiers = append(l.Tiers, Tier{UpTo: decimal.NewNullDecimal(decimal.New(at, -1)), Unit: decimal.New(r.Int64N(300), -2), Flat: decimal.New(r.Int64N(3)*r.Int64N(500), -2)})
	}
	l.Tiers = append(l.Tiers, Tier{Unit: decimal.New(r.Int64N(300), -2), Flat: decimal.New(r.Int64N(3)*r.Int64N(500), -2)})
	return l
}

func TestLinesAddUpAndCoverTheQuantity(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for i := range 3000 {
		m := []Mode{Graduated, Volume, Package}[i%3]
		l := randomLadder(r, m)
		q := decimal.New(r.Int64N(4000)+1, -2)
		b, err := l.Price(q)
		require.NoError(t, err)
		checkSum(t, b)
		var units decimal.Decimal
		for _, n := range b.Lines {
			units = units.Add(n.Quantity)
		}
		switch m {
		case Package:
			covered := units.Mul(l.PackageSize)
			require.True(t, covered.GreaterThanOrEqual(q) && covered.Sub(l.PackageSize).LessThan(q), "%+v", b)
		default:
			require.True(t, units.Equal(q), "%+v", b)
		}
	}
}

// FuzzGraduatedNeverFalls: more never costs less in a graduated ladder.
func FuzzGraduatedNeverFalls(f *testing.F) {
	f.Add(uint64(1), int64(500), int64(1))
	f.Add(uint64(9), int64(0), int64(1))
	f.Fuzz(func(t *testing.T, seed uint64, quantity, more int64) {
		l := randomLadder(rand.New(rand.NewPCG(seed, 0)), Graduated)
		q := decimal.New(quantity&(1<<40-1), -3)
		less, err := l.Price(q)
		require.NoError(t, err)
		greater, err := l.Price(q.Add(decimal.New(more&(1<<40-1), -3)))
		require.NoError(t, err)
		checkSum(t, less)
		checkSum(t, greater)
		require.False(t, greater.Total.LessThan(less.Total), "%s\n%s", less.Explain("en"), greater.Explain("en"))
	})
}

// Five tiers, as in the ten-line quote of the speed table.
func BenchmarkPrice(b *testing.B) {
	l := Ladder{Tiers: []Tier{
		upTo("10", dec("10.00")), upTo("100", dec("9.25")), upTo("500", dec("8.40")), upTo("1000", dec("7.75")), {Unit: dec("6.90")},
	}}
	for _, m := range []Mode{Graduated, Volume} {
		l.Mode = m
		q := dec("2500")
		b.Run(string(m), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Price(q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
