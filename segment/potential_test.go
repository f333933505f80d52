package segment

import (
	"cmp"
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

func sureTrend(slope float64) *Trend {
	return &Trend{Slope: slope, Low: slope, High: slope, Level: 0.95, Coverage: 0.95, Mean: 100}
}

func fourAccounts() PotentialInput {
	return PotentialInput{
		Accounts: []PotentialFacts{
			{ID: "KEY", Key: true, Current: dec("90000")},
			{ID: "KEY2", Key: true, Current: dec("80000")},
			{ID: "A", Current: dec("5000"), Headroom: new(dec("4000")), Trend: sureTrend(10), Propensity: new(0.30)},
			{ID: "B", Current: dec("9000"), Headroom: new(dec("1000")), Trend: sureTrend(-5), Propensity: new(0.10)},
			{ID: "C", Current: dec("2000"), Headroom: new(dec("9000")), Trend: sureTrend(0), Propensity: new(0.10)},
			{ID: "D", Current: dec("3000")},
		},
		Referrals: []Referral{{"KEY", "A"}, {"KEY2", "A"}, {"KEY", "A"}, {"B", "A"}, {"KEY", "KEY2"}, {"KEY", "Z"}},
	}
}

// Among three known figures the best has two below it, of two others: 1, the
// middle one 1/2. The referrals are known of all four.
func TestRankPotentialByHand(t *testing.T) {
	t.Parallel()
	res, err := RankPotential(fourAccounts(), nil)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 4}, []int{res.KeyAccounts, res.UnusedReferrals})
	var got []string
	for _, a := range res.Accounts {
		s := fmt.Sprintf("%d %s %.3f", a.Rank, a.ID, a.Score)
		for _, p := range a.Parts {
			s += fmt.Sprintf(" %.2f*%.1f", p.Scaled, p.Weight)
		}
		got = append(got, s)
	}
	assert.Equal(t, []string{
		"1 A 0.800 0.50*0.4 1.00*0.2 1.00*0.3 1.00*0.1",
		"2 C 0.500 1.00*0.4 0.50*0.2 0.00*0.3 0.00*0.1",
		"3 B 0.000 0.00*0.4 0.00*0.2 0.00*0.3 0.00*0.1",
		"3 D 0.000 0.00*0.4 0.00*0.2 0.00*0.3 0.00*0.1",
	}, got)
	assert.Equal(t, []string{"KEY", "KEY2"}, res.Accounts[0].ReferredBy)
	assert.Equal(t, "A: rank 1, score 0.800; headroom 4000: 0.40 x 0.50 = 0.200; sure growth 10: 0.20 x 1.00 = 0.200; "+
		"propensity 0.3: 0.30 x 1.00 = 0.300; referred by key accounts 2: 0.10 x 1.00 = 0.100; by KEY, KEY2", res.Accounts[0].Explain("en"))
	assert.Contains(t, res.Accounts[3].Explain("zh"), "增长空间 未知")

	b, err := json.Marshal(res.Accounts[0].Parts[1])
	require.NoError(t, err)
	assert.JSONEq(t, `{"criterion":"trend","figure":10,"known":true,"scaled":1,"weight":0.2,"contribution":0.2}`, string(b))
}

func TestRankPotentialOnAFixedScale(t *testing.T) {
	t.Parallel()
	policy := PotentialPolicy{
		Version: "2025-1", RelativeTrend: true, Unknown: 0.5,
		Headroom: PotentialWeight{Weight: 3, High: 8000}, Trend: PotentialWeight{Weight: 1, Low: -0.1, High: 0.1},
	}
	res, err := RankPotential(fourAccounts(), &policy)
	require.NoError(t, err)
	assert.Equal(t, []float64{0.75, 0.25, 0, 0}, []float64{
		res.Policy.Headroom.Weight, res.Policy.Trend.Weight, res.Policy.Propensity.Weight, res.Policy.Referral.Weight,
	})
	assert.Equal(t, "2025-1", res.Policy.Version)
	scores := map[string]float64{}
	for _, a := range res.Accounts {
		scores[a.ID] = a.Score
	}
	assert.Equal(t, map[string]float64{"A": 0.625, "B": 0.15625, "C": 0.875, "D": 0.5}, scores)

	// With fixed scales an account more does not move the others.
	more := fourAccounts()
	more.Accounts = append(more.Accounts, PotentialFacts{ID: "E", Headroom: new(dec("99999")), Trend: sureTrend(50)})
	again, err := RankPotential(more, &policy)
	require.NoError(t, err)
	for _, a := range again.Accounts {
		if a.ID != "E" {
			require.Equal(t, scores[a.ID], a.Score)
		}
	}
}

func TestRankPotentialDegenerate(t *testing.T) {
	t.Parallel()
	one, err := RankPotential(PotentialInput{Accounts: []PotentialFacts{{ID: "A", Headroom: new(dec("5"))}}}, nil)
	require.NoError(t, err)
	assert.Equal(t, []float64{1, 0}, []float64{float64(one.Accounts[0].Rank), one.Accounts[0].Score}, "nobody to be ahead of")
	keys, err := RankPotential(PotentialInput{Accounts: []PotentialFacts{{ID: "A", Key: true}}}, nil)
	require.NoError(t, err)
	assert.Empty(t, keys.Accounts)
	assert.Equal(t, "other", PotentialCriterion("other").Label("en"))
}

func randomPotential(r *rand.Rand) PotentialInput {
	var in PotentialInput
	n := 2 + r.IntN(30)
	for i := range n {
		f := PotentialFacts{ID: strconv.Itoa(i), Key: r.IntN(5) == 0, Current: decimal.NewFromInt(r.Int64N(1000))}
		if r.IntN(4) > 0 {
			f.Headroom = new(decimal.NewFromInt(r.Int64N(20)))
		}
		if r.IntN(4) > 0 {
			f.Trend = sureTrend(float64(r.IntN(9) - 4))
		}
		if r.IntN(4) > 0 {
			f.Propensity = new(float64(r.IntN(8)) / 8)
		}
		in.Accounts = append(in.Accounts, f)
	}
	for range r.IntN(20) {
		if a, b := r.IntN(n), r.IntN(n); a != b {
			in.Referrals = append(in.Referrals, Referral{strconv.Itoa(a), strconv.Itoa(b)})
		}
	}
	return in
}

func TestRankPotentialProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(14, 2))
	for range 300 {
		in := randomPotential(r)
		policy := &PotentialPolicy{
			Headroom: PotentialWeight{Weight: r.Float64() + 0.01}, Trend: PotentialWeight{Weight: r.Float64() + 0.01},
			Propensity: PotentialWeight{Weight: r.Float64() + 0.01, High: 0.5 * float64(r.IntN(2))}, Referral: PotentialWeight{Weight: r.Float64() + 0.01},
		}
		res, err := RankPotential(in, policy)
		require.NoError(t, err)
		for i, a := range res.Accounts {
			sum := 0.0
			for _, p := range a.Parts {
				require.True(t, p.Scaled >= 0 && p.Scaled <= 1)
				require.Equal(t, p.Weight*p.Scaled, p.Contribution)
				sum += p.Contribution
			}
			require.Equal(t, a.Score, sum, "the contributions are the score in every digit")
			require.True(t, a.Score >= 0 && a.Score <= 1+1e-12)
			if i > 0 {
				b := res.Accounts[i-1]
				require.True(t, b.Score > a.Score && a.Rank == i+1 || b.Score == a.Score && a.Rank == b.Rank)
			}
		}

		turned := PotentialInput{Accounts: slices.Clone(in.Accounts), Referrals: slices.Clone(in.Referrals)}
		r.Shuffle(len(turned.Accounts), func(i, j int) { turned.Accounts[i], turned.Accounts[j] = turned.Accounts[j], turned.Accounts[i] })
		r.Shuffle(len(turned.Referrals), func(i, j int) {
			turned.Referrals[i], turned.Referrals[j] = turned.Referrals[j], turned.Referrals[i]
		})
		again, err := RankPotential(turned, policy)
		require.NoError(t, err)
		require.Equal(t, res, again)

		// Money in another unit changes nothing but the figures.
		for i := range turned.Accounts {
			f := &turned.Accounts[i]
			if f.Headroom != nil {
				f.Headroom = new(f.Headroom.Mul(dec("0.0137")))
			}
		}
		scaled, err := RankPotential(turned, policy)
		require.NoError(t, err)
		for i, a := range res.Accounts {
			require.Equal(t, []any{a.ID, a.Rank, a.Score}, []any{scaled.Accounts[i].ID, scaled.Accounts[i].Rank, scaled.Accounts[i].Score})
		}

		// A greater headroom never lowers the own score.
		at := r.IntN(len(in.Accounts))
		if f := &in.Accounts[at]; !f.Key && f.Headroom != nil {
			before := scoreOf(res, f.ID)
			f.Headroom = new(f.Headroom.Add(decimal.NewFromInt(r.Int64N(10))))
			better, err := RankPotential(in, policy)
			require.NoError(t, err)
			require.GreaterOrEqual(t, scoreOf(better, f.ID), before)
		}
	}
}

func scoreOf(res *PotentialResult, id string) float64 {
	at := slices.IndexFunc(res.Accounts, func(a PotentialAccount) bool { return a.ID == id })
	return res.Accounts[at].Score
}

func TestRankPotentialRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spoil func(in *PotentialInput)
		kind  error
		field string
		row   int
	}{
		{func(in *PotentialInput) { in.Accounts = nil }, keyaccount.ErrMissing, "Accounts", 0},
		{func(in *PotentialInput) { in.Accounts[2].ID = "" }, keyaccount.ErrMissing, "Accounts.ID", 3},
		{func(in *PotentialInput) { in.Accounts[2].ID = "KEY" }, keyaccount.ErrDuplicate, "Accounts.ID", 3},
		{func(in *PotentialInput) { in.Accounts[2].Current = dec("1e200") }, keyaccount.ErrOutOfRange, "Accounts.Current", 3},
		{func(in *PotentialInput) { in.Accounts[2].Headroom = new(dec("-1")) }, keyaccount.ErrOutOfRange, "Accounts.Headroom", 3},
		{func(in *PotentialInput) { in.Accounts[2].Trend = sureTrend(math.NaN()) }, keyaccount.ErrOutOfRange, "Accounts.Trend", 3},
		{func(in *PotentialInput) { in.Accounts[2].Trend.Mean = math.Inf(1) }, keyaccount.ErrOutOfRange, "Accounts.Trend", 3},
		{func(in *PotentialInput) { in.Accounts[2].Propensity = new(1.5) }, keyaccount.ErrOutOfRange, "Accounts.Propensity", 3},
		{func(in *PotentialInput) { in.Referrals[1].From = "" }, keyaccount.ErrMissing, "Referrals.From", 2},
		{func(in *PotentialInput) { in.Referrals[1].To = "" }, keyaccount.ErrMissing, "Referrals.To", 2},
		{func(in *PotentialInput) { in.Referrals[1].To = "KEY2" }, keyaccount.ErrMalformed, "Referrals.To", 2},
	} {
		in := fourAccounts()
		c.spoil(&in)
		res, err := RankPotential(in, nil)
		require.Nil(t, res)
		inputError(t, err, c.kind, c.field, c.row)
	}
	for field, p := range map[string]PotentialPolicy{
		"Trend.Weight":    {Trend: PotentialWeight{Weight: -1}},
		"Headroom.Weight": {Headroom: PotentialWeight{Weight: math.NaN()}},
		"Referral.Low":    {Referral: PotentialWeight{Low: math.Inf(-1)}},
		"Propensity.High": {Propensity: PotentialWeight{Low: 2, High: 1}},
		"Unknown":         {Unknown: 1.01},
	} {
		_, err := RankPotential(fourAccounts(), &p)
		inputError(t, err, keyaccount.ErrOutOfRange, field, 0)
	}
}

// With one weight alone the ranking is that of its figure.
func TestRankPotentialByOneFigure(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(15, 2))
	for range 50 {
		in := randomPotential(r)
		for k, p := range []PotentialPolicy{
			{Headroom: PotentialWeight{Weight: 7}},
			{Trend: PotentialWeight{Weight: 7}},
			{Propensity: PotentialWeight{Weight: 7}},
			{Referral: PotentialWeight{Weight: 7}},
		} {
			res, err := RankPotential(in, &p)
			require.NoError(t, err)
			var before *PotentialPart
			for i := range res.Accounts {
				part := &res.Accounts[i].Parts[k]
				require.Equal(t, 1.0, part.Weight)
				require.Equal(t, part.Scaled, res.Accounts[i].Score)
				if part.Known && before != nil {
					require.GreaterOrEqual(t, before.Figure, part.Figure)
				}
				if part.Known {
					before = part
				}
			}
		}
	}
}

// An account that nobody knows anything of stands where Unknown puts it.
func TestRankPotentialUnknown(t *testing.T) {
	t.Parallel()
	in := fourAccounts()
	for _, u := range []float64{0, 0.25, 1} {
		res, err := RankPotential(in, &PotentialPolicy{Headroom: PotentialWeight{Weight: 1}, Trend: PotentialWeight{Weight: 1}, Unknown: u})
		require.NoError(t, err)
		assert.Equal(t, u, scoreOf(res, "D"))
	}
}

func TestPotentialCases(t *testing.T) {
	t.Parallel()
	res, err := RankPotential(fourAccounts(), nil)
	require.NoError(t, err)
	cases := res.Cases([]string{"C", "KEY", "unheard of"})
	assert.Equal(t, []LiftCase{
		{"A", res.Accounts[0].Score, 5000, false}, {"C", res.Accounts[1].Score, 2000, true}, {"B", 0, 9000, false}, {"D", 0, 3000, false},
	}, cases)
	back := backTest(t, cases, 2)
	assert.Equal(t, []float64{1, 0}, []float64{back.At[0].Score.Hits, back.At[0].Size.Hits})
}

// On accounts whose future is made of what the ranking looks at, it finds
// three times as many of the coming key accounts as their size does. Hospitals
// and hotels differ in what they need per bed; a quarter of the accounts buy
// little of it yet, and those that grow go on growing.
func TestBackTestFindsPlantedPotential(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(20, 25))
	var grid WhiteSpaceInput
	trends := map[string]*Trend{}
	type future struct {
		id     string
		amount float64
	}
	var next []future
	for i := range 400 {
		id := fmt.Sprintf("%03d", i)
		a := WhiteSpaceAccount{ID: id, Segment: []string{"hotel", "hospital"}[i%2], Size: 20 + 180*r.Float64()}
		need := a.Size * []float64{50, 120}[i%2] * (0.8 + 0.4*r.Float64())
		bought := need
		if r.IntN(4) == 0 {
			bought = need * 0.3 * r.Float64()
		}
		growth := max(0, 0.02*r.NormFloat64()) * bought
		var months []decimal.Decimal
		for m := range 12 {
			months = append(months, decimal.NewFromFloat(bought*(0.9+0.2*r.Float64())+growth*float64(m-12)).Round(2))
		}
		tr, err := FitTrend(months, nil)
		require.NoError(t, err)
		trends[id] = tr
		grid.Accounts = append(grid.Accounts, a)
		grid.Sales = append(grid.Sales, WhiteSpaceAmount{Account: id, Amount: decimal.NewFromFloat(bought).Round(2)})
		next = append(next, future{id, 0.5*max(0, need-bought) + 12*growth}) // what it adds within the year
	}
	g, err := WhiteSpace(grid, &WhiteSpaceOptions{Quantile: 0.5})
	require.NoError(t, err)
	var in PotentialInput
	for _, a := range g.Accounts {
		in.Accounts = append(in.Accounts, PotentialFacts{ID: a.ID, Current: a.Current, Headroom: &a.Headroom, Trend: trends[a.ID]})
	}
	res, err := RankPotential(in, &PotentialPolicy{
		Headroom: PotentialWeight{Weight: 1, High: 20_000}, Trend: PotentialWeight{Weight: 1, High: 800},
	})
	require.NoError(t, err)
	slices.SortFunc(next, func(a, b future) int { return cmp.Compare(b.amount, a.amount) })
	var became []string
	for _, f := range next[:40] {
		became = append(became, f.id)
	}
	at := backTest(t, res.Cases(became), 40).At[0]
	assert.Greater(t, at.Score.Precision, 0.7)
	assert.Greater(t, at.Score.Hits, 3*at.Size.Hits)
	assert.Less(t, at.PValue, 1e-12)
}

func FuzzRankPotential(f *testing.F) {
	f.Add(int64(5), int32(2), 1.0, 2.0, 3.0, 0.5, 1.0, 0.0, 10.0, 0.5)
	f.Add(int64(1), int32(99), 1e-300, 1e150, 1e-320, 1.0, 1e-6, -1e150, 1e-300, 0.0)
	f.Fuzz(func(t *testing.T, m int64, e int32, low, high, mean, p, weight, scaleLow, scaleHigh, unknown float64) {
		tr := &Trend{Low: low, High: high, Mean: mean}
		res, err := RankPotential(PotentialInput{Accounts: []PotentialFacts{
			{ID: "A", Current: decimal.New(m, e), Headroom: new(decimal.New(m, e)), Trend: tr, Propensity: &p},
			{ID: "B", Headroom: new(decimal.New(m, 0)), Trend: sureTrend(1)},
		}}, &PotentialPolicy{
			Headroom: PotentialWeight{Weight: weight, Low: scaleLow, High: scaleHigh}, Trend: PotentialWeight{Weight: 1, Low: scaleLow, High: scaleHigh},
			RelativeTrend: true, Unknown: unknown,
		})
		if err != nil {
			return
		}
		for _, a := range res.Accounts {
			require.True(t, a.Score >= 0 && a.Score <= 1+1e-12, a.Score)
		}
		_, err = json.Marshal(res)
		require.NoError(t, err)
	})
}
