package risk

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

func concentrate(t *testing.T, amounts ...float64) Concentration {
	t.Helper()
	c, err := Concentrate(amounts)
	require.NoError(t, err)
	return c
}

// The incomes x of the help pages of the R package ineq, with the figures it
// gives for them.
var ineqX = []float64{541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261}

func TestConcentrateAgreesWithIneq(t *testing.T) {
	c := concentrate(t, ineqX...)
	assert.InDelta(t, 0.18408123091548528, c.HHI, 1e-15)
	assert.InDelta(t, 0.46209113026762383, c.Gini, 1e-15)
	assert.InDelta(t, 0.362341242343895, c.TheilT, 1e-14)
	assert.InDelta(t, 0.433594649520446, c.TheilL, 1e-14)
}

func TestConcentrateAgreesWithTheOracle(t *testing.T) {
	var o struct {
		Ineq struct {
			X      []float64
			HHI    float64
			Norm   float64 `json:"hhi_norm"`
			N      float64 `json:"effective_n"`
			Gini   float64
			TheilT float64 `json:"theil"`
			TheilL float64 `json:"theil_L"`
			Ent    float64 `json:"entropy"`
			CR1    float64
			CR4    float64
			HTI    float64 `json:"hall_tideman"`
		} `json:"concentration_ineq"`
		DOJ struct {
			Shares []float64 `json:"shares_pct"`
			HHI    float64
		} `json:"hhi_doj"`
	}
	oracle.JSON(t, "oracles/risk/risk_oracles.json", &o)
	c := concentrate(t, o.Ineq.X...)
	for name, pair := range map[string][2]float64{
		"hhi": {o.Ineq.HHI, c.HHI}, "hhi_norm": {o.Ineq.Norm, c.NormalisedHHI},
		"effective_n": {o.Ineq.N, c.Effective}, "gini": {o.Ineq.Gini, c.Gini},
		"theil": {o.Ineq.TheilT, c.TheilT}, "theil_L": {o.Ineq.TheilL, c.TheilL},
		"entropy": {o.Ineq.Ent, c.Entropy}, "hall_tideman": {o.Ineq.HTI, c.HallTideman},
		"cr1": {o.Ineq.CR1, c.CR(1)}, "cr4": {o.Ineq.CR4, c.CR(4)},
	} {
		assert.InEpsilon(t, pair[0], pair[1], 2e-15, name)
	}
	assert.InDelta(t, o.DOJ.HHI, 10_000*concentrate(t, o.DOJ.Shares...).HHI, 1e-11)
}

// The example by which the US Department of Justice explains the index: four
// firms with 30, 30, 20 and 20 percent have an HHI of 2600.
func TestHHIOfTheMergerGuidelines(t *testing.T) {
	h, err := HHI([]float64{30, 30, 20, 20})
	require.NoError(t, err)
	assert.InDelta(t, 0.26, h, 1e-16)
}

// R's REAT::theil documents 0.2326302 for these as "the Theil index"; that is
// Theil-L. A reader who compares with Theil-T needs 0.2502012.
func TestREATPublishesTheilLAsTheil(t *testing.T) {
	c := concentrate(t, 10, 10, 10, 20, 50)
	assert.InDelta(t, 0.2326302, c.TheilL, 5e-8)
	assert.InDelta(t, 0.2502012117690939, c.TheilT, 1e-15)
}

// concentrationMetrics: hhi([x]) is NaN for a single customer, because it
// normalises by default.
func TestConcentrationMetricsOneCustomerIsNaN(t *testing.T) {
	for _, x := range []float64{1, 0.1, 77183.6, 5e-324, math.MaxFloat64} {
		assert.Equal(t, Concentration{
			N: 1, Total: x, Largest: 1, HHI: 1, NormalisedHHI: 1, Effective: 1,
			HallTideman: 1, Cumulative: []float64{1},
		}, concentrate(t, x))
		h, err := HHI([]float64{x})
		require.NoError(t, err)
		assert.Equal(t, 1.0, h)
	}
}

// UCI Online Retail, gross revenue of the buyers in mills.
func TestConcentrateUCIOnlineRetail(t *testing.T) {
	rows := oracle.CSV(t, "oracles/segment/oracle_online_retail_customers.csv.gz")
	gross := make([]float64, 0, len(rows))
	for _, r := range rows {
		v, err := strconv.ParseFloat(r["gross_mills"], 64)
		require.NoError(t, err)
		gross = append(gross, v)
	}
	c := concentrate(t, gross...)
	assert.Equal(t, 4339-1, c.N, "4,339 buyers, one of whom only got goods for nothing")
	assert.InDelta(t, 0.71514, c.Gini, 5e-6)
	assert.InDelta(t, 0.0046436, c.HHI, 5e-8)
}

func TestEqualAmountsAreNotConcentrated(t *testing.T) {
	for _, n := range []int{2, 3, 7, 10, 49, 1000} {
		c := concentrate(t, slices.Repeat([]float64{0.1}, n)...)
		assert.InEpsilon(t, 1/float64(n), c.HHI, 1e-15)
		assert.InEpsilon(t, float64(n), c.Effective, 1e-15)
		for name, zero := range map[string]float64{
			"normalised": c.NormalisedHHI, "gini": c.Gini, "theil T": c.TheilT, "theil L": c.TheilL,
		} {
			assert.InDelta(t, 0, zero, 1e-15, "%s of %d", name, n)
		}
		assert.InEpsilon(t, math.Log(float64(n)), c.Entropy, 1e-15)
		assert.InEpsilon(t, 1/float64(n), c.HallTideman, 1e-14)
	}
}

func TestConcentrationRatio(t *testing.T) {
	c := concentrate(t, 20, 50, 30)
	for k, want := range map[int]float64{-1: 0, 0: 0, 1: 0.5, 2: 0.8, 3: 1, 4: 1, math.MaxInt: 1} {
		assert.Equal(t, want, c.CR(k), "CR(%d)", k)
	}
	assert.Zero(t, Concentration{}.CR(1))
}

func TestConcentrateLeavesOutWhatCarriesNoDependency(t *testing.T) {
	with := concentrate(t, 20, -5, 50, 0, 30, math.Copysign(0, -1))
	assert.Equal(t, 3, with.NonPositive)
	with.NonPositive = 0
	assert.Equal(t, concentrate(t, 20, 50, 30), with)
}

func TestConcentrateRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		amounts []float64
		kind    error
		row     int
	}{
		{"nothing", nil, keyaccount.ErrMissing, 0},
		{"nothing positive", []float64{0, -1}, keyaccount.ErrMissing, 0},
		{"NaN", []float64{1, math.NaN()}, keyaccount.ErrMalformed, 2},
		{"infinity", []float64{1, 2, 3, 4, math.Inf(1)}, keyaccount.ErrMalformed, 5},
		{"infinity in a block", []float64{1, math.Inf(1), 3, 4}, keyaccount.ErrMalformed, 2},
		{"minus infinity", []float64{math.Inf(-1), 1, 1, 1}, keyaccount.ErrMalformed, 1},
		{"total overflows", []float64{math.MaxFloat64, math.MaxFloat64}, keyaccount.ErrOutOfRange, 0},
	} {
		_, err := Concentrate(c.amounts)
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad, c.name)
		assert.ErrorIs(t, err, c.kind, c.name)
		assert.Equal(t, c.row, bad.Row, c.name)
		_, again := HHI(c.amounts)
		assert.Equal(t, err, again, c.name)
	}
}

func TestConcentrateDoesNotTouchItsInput(t *testing.T) {
	in := []float64{3, 1, 2}
	concentrate(t, in...)
	assert.Equal(t, []float64{3, 1, 2}, in)
}

func TestConcentrationPermutationAndScale(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 200 {
		amounts := make([]float64, 1+r.IntN(40))
		for i := range amounts {
			amounts[i] = math.Exp(6 * r.NormFloat64())
		}
		c := concentrate(t, amounts...)
		quickHHI, err := HHI(amounts)
		require.NoError(t, err)
		assert.InEpsilon(t, c.HHI, quickHHI, 1e-15, "one pass and two agree")

		r.Shuffle(len(amounts), func(i, j int) { amounts[i], amounts[j] = amounts[j], amounts[i] })
		assert.Equal(t, c, concentrate(t, amounts...), "same bits in any order")

		for i := range amounts {
			amounts[i] *= 1024
		}
		scaled := concentrate(t, amounts...)
		assert.InDelta(t, c.TheilL, scaled.TheilL, 1e-13)
		assert.Equal(t, c.HHI, scaled.HHI)
		assert.Equal(t, c.Gini, scaled.Gini)
	}
}

// A million addends: a plain running sum is off in the eleventh digit.
func TestHHIDoesNotDriftWithOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 2))
	amounts := make([]float64, 1_000_000)
	for i := range amounts {
		amounts[i] = math.Exp(2 * r.NormFloat64())
	}
	h, err := HHI(amounts)
	require.NoError(t, err)
	slices.Sort(amounts)
	up, err := HHI(amounts)
	require.NoError(t, err)
	assert.InEpsilon(t, h, up, 1e-15)
	assert.InEpsilon(t, h, concentrate(t, amounts...).HHI, 1e-15)
}

// The share of the smaller account is 5e-632, far below any float64.
func TestConcentrationWhereASmallShareUnderflows(t *testing.T) {
	c := concentrate(t, 0x1p-1074, 0x1p1023)
	assert.InEpsilon(t, (1074+1023)*math.Ln2/2-math.Ln2, c.TheilL, 1e-15)
	assert.InDelta(t, math.Ln2, c.TheilT, 1e-15)
	assert.Zero(t, c.Entropy)
}

// A transfer from a richer to a poorer account (without swapping their ranks)
// makes the book less concentrated by every index: Pigou and Dalton.
func TestConcentrationFallsWithATransfer(t *testing.T) {
	law := func(seed uint64) bool {
		r := rand.New(rand.NewPCG(seed, 3))
		amounts := make([]float64, 2+r.IntN(8))
		for i := range amounts {
			amounts[i] = 1 + 9*r.Float64()
		}
		slices.Sort(amounts)
		before := concentrate(t, amounts...)
		last := len(amounts) - 1
		gap := amounts[last] - amounts[0]
		amounts[0] += gap / 4
		amounts[last] -= gap / 4
		after := concentrate(t, amounts...)
		return after.HHI < before.HHI && after.Gini < before.Gini && after.TheilT < before.TheilT &&
			after.TheilL < before.TheilL && after.Entropy > before.Entropy
	}
	require.NoError(t, quick.Check(law, &quick.Config{MaxCount: 300}))
}

func TestConcentrationJSONRoundTrip(t *testing.T) {
	c := concentrate(t, ineqX...)
	b, err := json.Marshal(c)
	require.NoError(t, err)
	var back Concentration
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, c, back)
}

func FuzzConcentrate(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 0.0, -1.0)
	f.Add(5e-324, 1e308, 1e-300, 1e300, 1.0)
	f.Add(5e-324, 5e-324, 1e-323, 0.0, 0.0)
	f.Add(1e-160, 1e-161, 1e-162, 1e-163, 1e-164)
	f.Add(1e160, 1e161, 1e162, 1e163, 1e164)
	f.Fuzz(func(t *testing.T, a, b, c, d, e float64) {
		amounts := []float64{a, b, c, d, e}
		got, err := Concentrate(amounts)
		h, errHHI := HHI(amounts)
		require.Equal(t, err, errHHI)
		if err != nil {
			var bad *keyaccount.InputError
			require.True(t, errors.As(err, &bad))
			return
		}
		n := float64(got.N)
		require.InEpsilon(t, got.HHI, h, 1e-14)
		for name, bounds := range map[string][3]float64{
			"Total":         {0, got.Total, math.MaxFloat64},
			"Largest":       {1 / n * (1 - 1e-15), got.Largest, 1},
			"HHI":           {1 / n, got.HHI, 1},
			"NormalisedHHI": {0, got.NormalisedHHI, 1},
			"Effective":     {1, got.Effective, n},
			"Gini":          {0, got.Gini, 1 - 1/n},
			"TheilT":        {0, got.TheilT, math.Log(n)},
			"TheilL":        {0, got.TheilL, 2000},
			"Entropy":       {0, got.Entropy, math.Log(n)},
			"HallTideman":   {1 / n, got.HallTideman, 1},
		} {
			require.True(t, bounds[0] <= bounds[1] && bounds[1] <= bounds[2], "%s %v of %v", name, bounds, amounts)
		}
		require.True(t, slices.IsSorted(got.Cumulative))
		require.InDelta(t, math.Log(n), got.TheilT+got.Entropy, 1e-13)
	})
}

func BenchmarkConcentration(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 4))
	amounts := make([]float64, 1_000_000)
	for i := range amounts {
		amounts[i] = math.Exp(2 * r.NormFloat64())
	}
	b.Run("HHI/1M", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = HHI(amounts)
		}
	})
	b.Run("Concentrate/1M", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = Concentrate(amounts)
		}
	})
}
