package allocation

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// randomClaims favours small whole numbers, so that ties, equal breakpoints
// and bounds that are just met come up all the time.
func randomClaims(r *rand.Rand) (pool decimal.Decimal, claims []Claim) {
	claims = make([]Claim, 1+r.IntN(9))
	total := int64(0)
	for i := range claims {
		floor := r.Int64N(6) * r.Int64N(2)
		claims[i] = Claim{
			Account: string(rune('A' + i)),
			Weight:  decimal.New(r.Int64N(5), -int32(r.IntN(2))),
			Floor:   decimal.NewFromInt(floor),
		}
		if r.IntN(4) > 0 {
			claims[i].Cap = decimal.NewNullDecimal(decimal.NewFromInt(floor + r.Int64N(10)))
		}
		total += floor
	}
	return decimal.NewFromInt(total + r.Int64N(40)), claims
}

func eachRandom(t *testing.T, law func(r *rand.Rand, pool decimal.Decimal, claims []Claim, plan *Plan)) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 11))
	for range 2000 {
		pool, claims := randomClaims(r)
		law(r, pool, claims, fill(t, pool.StringFixed(0), claims, "1"))
	}
}

func byAccount(p *Plan) map[string]Line {
	lines := make(map[string]Line, len(p.Lines))
	for _, l := range p.Lines {
		lines[l.Account] = l
	}
	return lines
}

func requireSame(t *testing.T, a, b Line, claims []Claim) {
	t.Helper()
	require.True(t, a.Amount.Equal(b.Amount) && a.Entitlement.Equal(b.Entitlement), "%v\n%v\n%v", a, b, claims)
	require.Equal(t, a.Reason, b.Reason)
}

func TestFillIgnoresOrderAndFormat(t *testing.T) {
	eachRandom(t, func(r *rand.Rand, pool decimal.Decimal, claims []Claim, plan *Plan) {
		before := byAccount(plan)
		r.Shuffle(len(claims), func(i, j int) { claims[i], claims[j] = claims[j], claims[i] })
		scale := decimal.New(1+r.Int64N(9), int32(r.IntN(5)-2))
		for i := range claims {
			claims[i].Weight = claims[i].Weight.Mul(scale)
			claims[i].Floor = claims[i].Floor.Mul(dec("1.000"))
		}
		for account, l := range byAccount(fill(t, pool.StringFixed(3), claims, "1.0")) {
			requireSame(t, before[account], l, claims)
		}
	})
}

func TestFillIgnoresAnAccountThatAsksForNothing(t *testing.T) {
	eachRandom(t, func(_ *rand.Rand, pool decimal.Decimal, claims []Claim, plan *Plan) {
		more := fill(t, pool.StringFixed(0), append(claims, Claim{Account: "nobody"}), "1")
		for i, l := range plan.Lines {
			requireSame(t, l, more.Lines[i], claims)
		}
	})
}

func TestFillEntitlementsGrowWithThePool(t *testing.T) {
	eachRandom(t, func(r *rand.Rand, pool decimal.Decimal, claims []Claim, plan *Plan) {
		more := fill(t, pool.Add(decimal.NewFromInt(1+r.Int64N(5))).StringFixed(0), claims, "1")
		for i, l := range plan.Lines {
			require.True(t, more.Lines[i].Entitlement.Cmp(l.Entitlement) >= 0, "%v", claims)
		}
		require.True(t, !more.Level.Valid || more.Level.Decimal.Cmp(plan.Level.Decimal) >= 0)
	})
}

func TestFillMoreWeightNeverBringsLess(t *testing.T) {
	eachRandom(t, func(r *rand.Rand, pool decimal.Decimal, claims []Claim, plan *Plan) {
		i := r.IntN(len(claims))
		claims[i].Weight = claims[i].Weight.Add(decimal.New(1+r.Int64N(30), -1))
		more := fill(t, pool.StringFixed(0), claims, "1")
		require.True(t, more.Lines[i].Entitlement.Cmp(plan.Lines[i].Entitlement) >= 0, "%v", claims)
		require.True(t, more.Lines[i].Amount.Cmp(plan.Lines[i].Amount) >= 0, "row %d of %v", i, claims)
	})
}

// Nobody envies an account of equal weight by more than a unit, unless a bound
// of its own explains it.
func TestFillNoEnvyAtEqualWeights(t *testing.T) {
	eachRandom(t, func(_ *rand.Rand, _ decimal.Decimal, claims []Claim, plan *Plan) {
		for _, a := range plan.Lines {
			for _, b := range plan.Lines {
				if !a.Weight.Equal(b.Weight) || a.Reason == AtCap || a.Reason == NoWeight || b.Reason == AtFloor {
					continue
				}
				require.True(t, b.Amount.Sub(a.Amount).Cmp(plan.Unit) <= 0, "%v envies %v", a, b)
			}
		}
	})
}

// The definition of max-min fairness: taking a little from one account to give
// it to another never helps one with less for its weight.
func TestFillIsMaxMinFair(t *testing.T) {
	eachRandom(t, func(_ *rand.Rand, _ decimal.Decimal, claims []Claim, plan *Plan) {
		for _, gets := range plan.Lines {
			if gets.Reason == AtCap || gets.Reason == NoWeight {
				continue
			}
			for _, gives := range plan.Lines {
				if gives.Entitlement.Cmp(gives.Floor) <= 0 || gives.Weight.IsZero() {
					continue
				}
				// gives/its weight <= gets/its weight, up to the cut digits.
				left := gives.Entitlement.Mul(gets.Weight)
				right := gets.Entitlement.Add(dec("0.00001")).Mul(gives.Weight)
				require.True(t, left.Cmp(right) <= 0, "%v\n%v", gets, gives)
			}
		}
	})
}

// requireAgreement checks that both arithmetics give the same answer wherever
// the narrow one gives any.
func requireAgreement(t *testing.T, pool, unit decimal.Decimal, claims []Claim) {
	t.Helper()
	n, ok := newNarrow(pool, unit, claims)
	if !ok {
		return
	}
	w, err := newWide(pool, unit, claims)
	require.NoError(t, err)
	usable, unlimited, err := bounds(pool, claims)
	if err != nil || !unlimited && usable.Cmp(pool) <= 0 {
		return
	}
	level, ok := n.solve()
	require.True(t, ok)
	wideLevel, _ := w.solve()
	require.Zero(t, level.Cmp(wideLevel), "%s and %s", level, wideLevel)
	require.Equal(t, w.left(), n.left())
	for i := range claims {
		require.Equal(t, w.reason(i), n.reason(i), "row %d", i)
		if n.reason(i) != AtLevel {
			continue
		}
		downN, entitledN, moreN := n.share(i)
		downW, entitledW, moreW := w.share(i)
		require.True(t, downN.Equal(downW) && entitledN.Equal(entitledW) && moreN == moreW)
		for j := range claims {
			if n.reason(j) == AtLevel {
				require.Equal(t, w.compare(i, j), n.compare(i, j))
			}
		}
	}
}

func TestNarrowAgreesWithWide(t *testing.T) {
	eachRandom(t, func(_ *rand.Rand, pool decimal.Decimal, claims []Claim, _ *Plan) {
		requireAgreement(t, pool, dec("1"), claims)
	})
	// Numbers near the end of an int64, where a carry would show.
	r := rand.New(rand.NewPCG(7, 12))
	wordsOf := func(most int64) decimal.Decimal { return decimal.NewFromInt(r.Int64N(most) >> r.IntN(60)) }
	for range 3000 {
		claims := make([]Claim, 2+r.IntN(6))
		for i := range claims {
			claims[i] = Claim{Account: strconv.Itoa(i), Weight: wordsOf(1e18), Floor: wordsOf(1e17)}
			if r.IntN(3) > 0 {
				claims[i].Cap = decimal.NewNullDecimal(claims[i].Floor.Add(wordsOf(5e17)))
			}
		}
		requireAgreement(t, wordsOf(1e18), dec("1"), claims)
	}
}

// Sums that leave an int64 although every number fits must not wrap.
func TestFillAtTheEndOfAnInt64(t *testing.T) {
	plan := fill(t, "9e18", []Claim{
		{Account: "A", Weight: dec("1"), Floor: dec("8e18")},
		{"B", dec("1"), dec("0"), upTo("4e18")},
	}, "1")
	require.Equal(t, "1000000000000000000", plan.Lines[1].Amount.StringFixed(0))

	claims := make([]Claim, 12) // weights of 9.9e17: their sum is 1.2e19
	for i := range claims {
		claims[i] = Claim{Account: string(rune('A' + i)), Weight: decimal.NewFromInt(99e16)}
	}
	for _, l := range fill(t, "12", claims, "1").Lines {
		require.Equal(t, "1", l.Amount.StringFixed(0))
	}
}

func TestGridAgreesInBothSizes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 13))
	fits := 0
	for range 20_000 {
		unit := decimal.New(1+r.Int64N(1e18)>>r.IntN(60), int32(r.IntN(9)-5))
		d := decimal.New(r.Int64N(math.MaxInt64)>>r.IntN(63), int32(r.IntN(30)-12))
		if r.IntN(2) == 0 {
			d = unit.Mul(decimal.NewFromInt(r.Int64N(1e9)))
		}
		g := newGrid(unit, []Claim{{Weight: decimal.New(1, -3)}})
		wide, err := g.wideUnits(d, "Pool", 0)
		if small, ok := g.units(d); ok {
			fits++
			require.NoError(t, err)
			require.Equal(t, wide.Int64(), small, "%s of %s", d, unit)
			require.True(t, wide.IsInt64())
		}
		if err == nil && wide.IsInt64() {
			m := r.Int64N(2) * r.Int64N(millionths)
			require.True(t, g.wideAmount(wide, m).Equal(g.amount(wide.Int64(), m)))
		}
		if d.Exponent() >= -3 {
			if small, ok := g.weight(d); ok {
				require.True(t, g.wideWeight(d).IsInt64() && g.wideWeight(d).Int64() == small)
			}
		}
	}
	require.Greater(t, fits, 1000)
}

// Where the rounds do not do, sorting takes over.
func TestWideTakesOverFromNarrow(t *testing.T) {
	pool, unit, claims := dec("400"), dec("0.25"), serviceHours()
	n, ok := newNarrow(pool, unit, claims)
	require.True(t, ok)
	n.rounds = 1
	by, level, err := solve(n, pool, unit, claims)
	require.NoError(t, err)
	require.IsType(t, &wide{}, by)
	require.Equal(t, "29", level.RatString())
}

// Numbers that no int64 holds take the wide way and keep the same laws.
func TestFillAnySize(t *testing.T) {
	plan := fill(t, "1e40", []Claim{
		{Account: "A", Weight: dec("1e-30")},
		{Account: "B", Weight: dec("1e-30"), Floor: dec("7e39")},
		{"C", dec("1e30"), dec("0"), upTo("1e-20")},
	}, "1e-20")
	require.Equal(t, []Reason{AtLevel, AtFloor, AtCap}, []Reason{plan.Lines[0].Reason, plan.Lines[1].Reason, plan.Lines[2].Reason})

	plan = fill(t, "1e30", []Claim{{Account: "B", Weight: dec("2")}, {Account: "A", Weight: dec("2")}, {Account: "C", Weight: dec("2")}}, "1")
	require.Equal(t, "333333333333333333333333333334", plan.Lines[1].Amount.StringFixed(0))
	require.Equal(t, "333333333333333333333333333333.333333", plan.Lines[0].Entitlement.StringFixed(6))
}

// pick turns three fuzzed numbers into a claim.
func pick(account string, weight int64, places int32, floor, room int64) Claim {
	c := Claim{Account: account, Weight: decimal.New(weight, places%30), Floor: decimal.NewFromInt(floor)}
	if room >= 0 && floor <= math.MaxInt64-room {
		c.Cap = decimal.NewNullDecimal(decimal.NewFromInt(floor + room))
	}
	return c
}

func FuzzFill(f *testing.F) {
	f.Add(int64(400), int32(0), int64(4), int32(0), int64(40), int64(120), int64(1), int32(-1), int64(0), int64(-1))
	f.Add(int64(10), int32(1), int64(1), int32(0), int64(8), int64(-1), int64(9), int32(0), int64(0), int64(2))
	f.Add(int64(math.MaxInt64), int32(-2), int64(math.MaxInt64), int32(29), int64(1), int64(0), int64(1), int32(-29), int64(5), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, pool int64, exp int32, w1 int64, e1 int32, f1, r1, w2 int64, e2 int32, f2, r2 int64) {
		claims := []Claim{
			pick("A", w1, e1, f1, r1), pick("B", w2, e2, f2, r2), pick("C", w2, e1, f1, r2), pick("D", w1, e2, f2, r1),
		}
		p, unit := decimal.New(pool, max(0, exp%20)), decimal.New(1, -max(0, -exp%20))
		plan, err := Fill(p, claims, &FillOptions{Unit: unit})
		if err != nil {
			return
		}
		requireSound(t, plan, claims)
		requireAgreement(t, p, unit, claims)
	})
}

// FuzzFillHostile feeds numbers with any exponent.
func FuzzFillHostile(f *testing.F) {
	f.Add(int64(1), int32(math.MaxInt32), int64(1), int32(math.MinInt32), int64(1), int32(0), int64(1), int32(-2))
	f.Add(int64(1), int32(4096), int64(1), int32(-4096), int64(0), int32(4096), int64(5), int32(-4096))
	f.Fuzz(func(t *testing.T, p int64, ep int32, w int64, ew int32, fl int64, ef int32, u int64, eu int32) {
		claims := []Claim{
			{Account: "A", Weight: decimal.New(w, ew), Floor: decimal.New(fl, ef)},
			{Account: "B", Weight: decimal.New(w, -ew), Cap: decimal.NewNullDecimal(decimal.New(p, ef))},
		}
		plan, err := Fill(decimal.New(p, ep), claims, &FillOptions{Unit: decimal.New(u, eu)})
		if err == nil {
			requireSound(t, plan, claims)
		}
	})
}

func benchmarkClaims(n int) (decimal.Decimal, []Claim) {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	claims := make([]Claim, n)
	total := int64(0)
	for i := range claims {
		limit := 100 + r.Int64N(20_000)
		floor := limit / (2 + r.Int64N(8)) * r.Int64N(2)
		claims[i] = Claim{
			Account: "account " + strconv.Itoa(i), Weight: decimal.New(1+r.Int64N(1000), -1),
			Floor: decimal.New(floor, -2), Cap: decimal.NewNullDecimal(decimal.New(limit, -2)),
		}
		total += floor + (limit-floor)/3
	}
	return decimal.New(total, -2), claims
}

func BenchmarkFill(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		pool, claims := benchmarkClaims(n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Fill(pool, claims, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	pool, claims := benchmarkClaims(100_000)
	b.Run("level narrow/100000", func(b *testing.B) {
		n, _ := newNarrow(pool, dec("0.01"), claims)
		b.ReportAllocs()
		for b.Loop() {
			_, _ = n.solve()
		}
	})
	b.Run("level wide/100000", func(b *testing.B) {
		w, _ := newWide(pool, dec("0.01"), claims)
		b.ReportAllocs()
		for b.Loop() {
			_, _ = w.solve()
		}
	})
}
