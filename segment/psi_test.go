package segment

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

func TestOraclePSI(t *testing.T) {
	t.Parallel()
	var file struct {
		PSI []struct {
			Expected []float64 `json:"expected"`
			Actual   []float64 `json:"actual"`
			PSI      float64   `json:"psi"`
		} `json:"psi"`
	}
	oracle.JSON(t, "oracles/segment/oracle_mcdm_psi.json", &file)
	compared := 0
	for _, c := range file.PSI {
		if c.Expected == nil {
			continue
		}
		compared++
		got, err := PSIShares(c.Expected, c.Actual, nil)
		require.NoError(t, err)
		assert.InEpsilon(t, c.PSI, got.PSI, 1e-13)
		assert.Nil(t, got.Test, "shares have no sample size")
	}
	require.Equal(t, 2, compared)
}

// Five equal bins, of which one falls to a half and one rises by a half:
// 0.1 ln 2 + 0.1 ln 1.5 = 0.1 ln 3 = 0.1098612289.
func TestPSIByHand(t *testing.T) {
	t.Parallel()
	got, err := PSI([]int{20, 20, 20, 20, 20}, []int{100, 200, 300, 200, 200}, nil)
	require.NoError(t, err)
	assert.InDelta(t, 0.1098612289, got.PSI, 5e-11)
	assert.InDelta(t, 0.1*math.Log(3), got.PSI, 1e-16)
	require.Len(t, got.Bins, 5)
	assert.InDelta(t, 0.1*math.Ln2, got.Bins[0].Contribution, 1e-16)
	assert.Zero(t, got.Bins[1].Contribution)
	assert.Equal(t, RefuseEmpty, got.Empty)
}

// probatus #115 lets one side's empty bin become infinite and the other's
// vanish; toad gives 0 where a bin disappears. Here the bin is refused by name,
// and under a stated policy both directions give the same.
func TestEmptyBinIsNeverSilentAndNeverOneSided(t *testing.T) {
	t.Parallel()
	full, gap := []int{25, 25, 25, 25}, []int{50, 0, 25, 25}
	_, err := PSI(full, gap, nil)
	inputError(t, err, keyaccount.ErrOutOfRange, "after", 2)
	_, err = PSI(gap, full, nil)
	inputError(t, err, keyaccount.ErrOutOfRange, "before", 2)

	floor := &PSIOptions{Empty: FloorEmpty, Floor: 0.001}
	there, err := PSI(full, gap, floor)
	require.NoError(t, err)
	back, err := PSI(gap, full, floor)
	require.NoError(t, err)
	want := 0.25*math.Ln2 + (0.001-0.25)*math.Log(0.001/0.25)
	assert.InEpsilon(t, want, there.PSI, 1e-14)
	assert.Equal(t, math.Float64bits(there.PSI), math.Float64bits(back.PSI))
	assert.Equal(t, 0.001, there.Floor)
	assert.Equal(t, []bool{false, true, false, false}, []bool{
		there.Bins[0].Floored, there.Bins[1].Floored, there.Bins[2].Floored, there.Bins[3].Floored,
	})

	merge := &PSIOptions{Empty: MergeEmpty}
	there, err = PSI(full, gap, merge)
	require.NoError(t, err)
	assert.InEpsilon(t, 0.5*math.Ln2, there.PSI, 1e-14, "a quarter doubles, a half halves, once the second bin joins the third")
	assert.Equal(t, []PSIBin{
		{First: 1, Last: 1, Before: 0.25, After: 0.5, Contribution: there.Bins[0].Contribution},
		{First: 2, Last: 3, Before: 0.5, After: 0.25, Contribution: there.Bins[1].Contribution},
		{First: 4, Last: 4, Before: 0.25, After: 0.25},
	}, there.Bins)
	assert.Equal(t, 2, there.Test.DF)
}

func TestMergingDoesNotHideAnEmptiedEnd(t *testing.T) {
	t.Parallel()
	merge := &PSIOptions{Empty: MergeEmpty}
	got, err := PSI([]int{10, 10, 10}, []int{10, 20, 0}, merge)
	require.NoError(t, err)
	assert.Equal(t, 3, got.Bins[1].Last, "what remains at the end joins the bin before")
	assert.Equal(t, 2, got.Bins[1].First)

	_, err = PSI([]int{10, 0, 0}, []int{0, 0, 10}, merge)
	inputError(t, err, keyaccount.ErrOutOfRange, "after", 0)
	require.ErrorContains(t, err, "every change disappears")

	// Nobody ever was in another bin: nothing to hide.
	got, err = PSI([]int{0, 10, 0}, []int{0, 20, 0}, merge)
	require.NoError(t, err)
	assert.Zero(t, got.PSI)
	assert.Equal(t, PSITest{Before: 10, After: 20, Level: 0.05, PValue: 1}, *got.Test)
}

// A bin that nobody can be in, such as one between two equal cuts, is no
// evidence of anything and costs no degree of freedom.
func TestABinEmptyOnBothSidesAddsNothing(t *testing.T) {
	t.Parallel()
	without, err := PSI([]int{30, 50, 20}, []int{20, 60, 20}, nil)
	require.NoError(t, err)
	for _, o := range []PSIOptions{{}, {Empty: FloorEmpty}, {Empty: MergeEmpty}} {
		with, err := PSI([]int{30, 0, 50, 20, 0}, []int{20, 0, 60, 20, 0}, &o)
		require.NoError(t, err)
		assert.Equal(t, without.PSI, with.PSI)
		assert.Equal(t, without.Test, with.Test)
	}
}

func TestPSICriticalValuesAgainstGonum(t *testing.T) {
	t.Parallel()
	for _, df := range []int{1, 2, 3, 4, 5, 9, 10, 19, 100, 499, 999} {
		law := distuv.ChiSquared{K: float64(df)}
		for _, level := range []float64{0.5, 0.1, 0.05, 0.01, 1e-6} {
			assert.InEpsilon(t, law.Quantile(1-level), psiQuantile(df, level), 1e-9, "%d %g", df, level)
		}
		for _, x := range []float64{0.001, 0.5, 1, 7.3, 40, 900, 1100} {
			assert.InDelta(t, law.Survival(x), chiSquareTail(x, df), 1e-12, "%d %g", df, x)
		}
	}
	assert.Equal(t, 1.0, chiSquareTail(0, 4))
	assert.Zero(t, chiSquareTail(1e300, 4))
}

// Tables give 16.919 for the 95 % point of χ² with 9 degrees of freedom, and
// 1.645 for that of the normal law: with two samples of 1,000 in ten bins the
// critical values are 0.002 · 16.919 and 0.002 · (9 + 1.645 √18).
func TestPSICriticalValuesByTable(t *testing.T) {
	t.Parallel()
	counts := slices.Repeat([]int{100}, 10)
	moved := []int{80, 90, 100, 100, 110, 100, 120, 100, 100, 100}
	got, err := PSI(counts, moved, nil)
	require.NoError(t, err)
	assert.InDelta(t, 0.0101160091167848, got.PSI, 1e-16)
	assert.InDelta(t, 0.033838, got.Test.ChiSquare, 1e-6)
	assert.InDelta(t, 0.031958, got.Test.Normal, 1e-6)
	assert.Equal(t, []int{1000, 1000, 9}, []int{got.Test.Before, got.Test.After, got.Test.DF})
	assert.False(t, got.Test.Significant, "0.0101 would be 'stable' of 10 accounts as of 10 million; here chance gives as much")

	large := func(c []int) []int {
		out := slices.Clone(c)
		for i := range out {
			out[i] *= 100
		}
		return out
	}
	got, err = PSI(large(counts), large(moved), nil)
	require.NoError(t, err)
	assert.True(t, got.Test.Significant)
	assert.Less(t, got.Test.PValue, 1e-100)
}

// Where nothing changed, the index is beyond the critical value about as often
// as its level says.
func TestPSILevelHoldsUnderNoChange(t *testing.T) {
	t.Parallel()
	src := rand.NewPCG(11, 3)
	r := rand.New(src)
	const n, m, runs = 2000, 3000, 3000
	draw := func(size int) []int {
		counts := make([]int, 5)
		for range size {
			counts[r.IntN(5)]++
		}
		return counts
	}
	beyondIt := 0
	for range runs {
		got, err := PSI(draw(n), draw(m), nil)
		require.NoError(t, err)
		if got.Test.Significant {
			require.Less(t, got.Test.PValue, 0.05)
			beyondIt++
		}
	}
	// Four binomial standard deviations of 0.004.
	assert.InDelta(t, 0.05, float64(beyondIt)/runs, 0.016)
}

func TestPSIProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	for range 2000 {
		n := 2 + r.IntN(12)
		p, q := make([]int, n), make([]int, n)
		for i := range n {
			p[i], q[i] = 1+r.IntN(1000), 1+r.IntN(1000)
		}
		o := PSIOptions{Empty: EmptyBins(r.IntN(3)), Floor: 1e-4 + r.Float64()/50}
		got, err := PSI(p, q, &o)
		require.NoError(t, err)
		require.GreaterOrEqual(t, got.PSI, 0.0)

		sum := 0.0
		for _, b := range got.Bins {
			sum += b.Contribution
			require.GreaterOrEqual(t, b.Contribution, 0.0)
		}
		require.Equal(t, got.PSI, sum, "the contributions add up")

		back, err := PSI(q, p, &o)
		require.NoError(t, err)
		require.Equal(t, math.Float64bits(got.PSI), math.Float64bits(back.PSI), "symmetric to the last bit")
		require.Equal(t, got.Test.PValue, back.Test.PValue)

		same, err := PSI(p, p, &o)
		require.NoError(t, err)
		require.Zero(t, same.PSI)
		require.Equal(t, 1.0, same.Test.PValue)

		turned := r.Perm(n)
		tp, tq, scaled := make([]int, n), make([]int, n), make([]int, n)
		for i, j := range turned {
			tp[i], tq[i] = p[j], q[j]
			scaled[i] = q[i] * 7
		}
		other, err := PSI(tp, tq, &o)
		require.NoError(t, err)
		require.InDelta(t, got.PSI, other.PSI, 1e-12)
		other, err = PSI(p, scaled, &o)
		require.NoError(t, err)
		require.InDelta(t, got.PSI, other.PSI, 1e-12, "only the shares count")

		// Two bins made one never show more (data processing inequality).
		joinedP := append([]int{p[0] + p[1]}, p[2:]...)
		joinedQ := append([]int{q[0] + q[1]}, q[2:]...)
		plain, err := PSI(p, q, nil)
		require.NoError(t, err)
		joined, err := PSI(joinedP, joinedQ, nil)
		require.NoError(t, err)
		require.LessOrEqual(t, joined.PSI, plain.PSI+1e-15)
	}
}

func TestPSIOfNearlyEqualSharesKeepsItsDigits(t *testing.T) {
	t.Parallel()
	// One account of 2^40 moves: Σ (q-p) ln(q/p) = 2 d² / p up to the order d⁴.
	const half = 1 << 39
	got, err := PSI([]int{half, half}, []int{half - 1, half + 1}, nil)
	require.NoError(t, err)
	d := 1.0 / (2 * half)
	assert.InEpsilon(t, 2*d*d/0.5, got.PSI, 1e-12)
}

func TestPSIRefuses(t *testing.T) {
	t.Parallel()
	refused := func(p, q []int, o *PSIOptions) error {
		got, err := PSI(p, q, o)
		require.Nil(t, got)
		return err
	}
	inputError(t, refused(nil, nil, nil), keyaccount.ErrMissing, "before", 0)
	inputError(t, refused([]int{1}, []int{1, 2}, nil), keyaccount.ErrMismatch, "after", 0)
	inputError(t, refused([]int{0, 0}, []int{1, 2}, nil), keyaccount.ErrMissing, "before", 0)
	inputError(t, refused([]int{1, 2}, []int{0, 0}, nil), keyaccount.ErrMissing, "after", 0)
	inputError(t, refused([]int{1, 2}, []int{2, -1}, nil), keyaccount.ErrOutOfRange, "after", 2)
	inputError(t, refused([]int{1 << 53, 1}, []int{2, 1}, nil), keyaccount.ErrOutOfRange, "before", 2)
	inputError(t, refused(make([]int, 1001), make([]int, 1001), nil), keyaccount.ErrOutOfRange, "before", 0)
	inputError(t, refused([]int{1, 2}, []int{2, 1}, &PSIOptions{Empty: 7}), keyaccount.ErrOutOfRange, "Empty", 0)
	for _, floor := range []float64{-1, 0.51, math.NaN(), math.Inf(1)} {
		inputError(t, refused([]int{1, 2}, []int{2, 1}, &PSIOptions{Empty: FloorEmpty, Floor: floor}), keyaccount.ErrOutOfRange, "Floor", 0)
	}
	for _, level := range []float64{-1, 0.6, math.NaN()} {
		inputError(t, refused([]int{1, 2}, []int{2, 1}, &PSIOptions{Level: level}), keyaccount.ErrOutOfRange, "Level", 0)
	}
	_, err := PSIShares([]float64{0.5, 0.4}, []float64{0.5, 0.5}, nil)
	inputError(t, err, keyaccount.ErrOutOfRange, "before", 0)
	_, err = PSIShares([]float64{0.5, 0.5}, []float64{math.NaN(), 0.5}, nil)
	inputError(t, err, keyaccount.ErrOutOfRange, "after", 1)
	_, err = PSIShares([]float64{1, 0}, []float64{0.5, 0.5}, nil)
	inputError(t, err, keyaccount.ErrOutOfRange, "before", 2)
}

func TestEmptyBinsAsText(t *testing.T) {
	t.Parallel()
	for _, e := range []EmptyBins{RefuseEmpty, FloorEmpty, MergeEmpty} {
		text, err := json.Marshal(e)
		require.NoError(t, err)
		var back EmptyBins
		require.NoError(t, json.Unmarshal(text, &back))
		assert.Equal(t, e, back)
	}
	var e EmptyBins
	inputError(t, e.UnmarshalText([]byte("ignore")), keyaccount.ErrMalformed, "Empty", 0)
	_, err := EmptyBins(9).MarshalText()
	inputError(t, err, keyaccount.ErrOutOfRange, "Empty", 0)
	assert.Equal(t, "EmptyBins(9)", EmptyBins(9).String())
}

// FuzzPSI: whatever the counts and options, an answer is finite, symmetric and
// not negative, or an error is typed.
func FuzzPSI(f *testing.F) {
	f.Add(1, 2, 3, 4, 5, 6, 0, 0.0, 0.0)
	f.Add(0, 2, 3, 4, 0, 6, 1, 0.3, 0.5)
	f.Add(0, 1<<53, 3, 4, 0, 1<<62, 2, 1e-300, 1e-300)
	f.Fuzz(func(t *testing.T, p1, p2, p3, q1, q2, q3, empty int, floor, level float64) {
		p, q := []int{p1, p2, p3}, []int{q1, q2, q3}
		o := &PSIOptions{Empty: EmptyBins(empty), Floor: floor, Level: level}
		got, err := PSI(p, q, o)
		back, errBack := PSI(q, p, o)
		require.Equal(t, err == nil, errBack == nil)
		if err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		require.Equal(t, math.Float64bits(got.PSI), math.Float64bits(back.PSI))
		for _, x := range []float64{got.PSI, got.Test.PValue, got.Test.ChiSquare, got.Test.Normal} {
			require.False(t, math.IsNaN(x) || math.IsInf(x, 0) || x < 0, "%v", got.Test)
		}
		require.LessOrEqual(t, got.Test.PValue, 1.0)
	})
}

func BenchmarkPSI(b *testing.B) {
	p, q := []int{560, 560, 560, 560, 560}, []int{705, 621, 787, 902, 1324}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := PSI(p, q, nil); err != nil {
			b.Fatal(err)
		}
	}
}
