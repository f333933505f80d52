package cluster

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// In two dimensions the density can be written out:
// q = (x²/a - 2ρxy/√(ab) + y²/b) / (1 - ρ²).
func TestGaussianDensityOfTwo(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		a, b, rho := 0.1+r.Float64(), 0.1+3*r.Float64(), 1.9*r.Float64()-0.95
		c := rho * math.Sqrt(a*b)
		mean := []float64{r.NormFloat64(), r.NormFloat64()}
		g, ok := newGaussian(0.3, mean, []float64{a, c, b}, false, 0)
		require.True(t, ok)
		row := []float64{r.NormFloat64(), r.NormFloat64()}
		x, y := row[0]-mean[0], row[1]-mean[1]
		q := (x*x/a - 2*rho*x*y/math.Sqrt(a*b) + y*y/b) / (1 - rho*rho)
		want := math.Log(0.3) - math.Log(2*math.Pi) - math.Log(a*b*(1-rho*rho))/2 - q/2
		diff := make([]float64, 2)
		require.InDelta(t, want, g.log(row, diff), 1e-10*(1+math.Abs(want)))
		require.Equal(t, []float64{x, y}, diff)
	}
}

// The rows of the inverse factor turn the covariance into the identity.
func TestWhitening(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for range 100 {
		d := 1 + r.IntN(6)
		root := make([]float64, d*d)
		for i := range root {
			root[i] = r.NormFloat64()
		}
		at := func(i, j int) (v float64) { // root rootᵀ, and a little more
			for m := range d {
				v += root[i*d+m] * root[j*d+m]
			}
			if i == j {
				v += 0.1
			}
			return v
		}
		var packed []float64
		for i := range d {
			for j := 0; j <= i; j++ {
				packed = append(packed, at(i, j))
			}
		}
		g, ok := newGaussian(1, make([]float64, d), packed, false, 0)
		require.True(t, ok)
		w := func(i, j int) float64 {
			if j > i {
				return 0
			}
			return g.white[i*(i+1)/2+j]
		}
		for i := range d {
			for j := range d {
				v := 0.0
				for m := range d {
					for n := range d {
						v += w(i, m) * at(m, n) * w(j, n)
					}
				}
				want := 0.0
				if i == j {
					want = 1
				}
				require.InDelta(t, want, v, 1e-9)
			}
		}
	}
}

// The full and the diagonal way agree where both apply.
func TestDiagonalIsFullWithoutCorrelation(t *testing.T) {
	t.Parallel()
	mean := []float64{1, -2, 3}
	full, ok := newGaussian(0.5, mean, []float64{2, 0, 3, 0, 0, 0.25}, false, 0)
	require.True(t, ok)
	diagonal, ok := newGaussian(0.5, mean, []float64{2, 3, 0.25}, true, 0)
	require.True(t, ok)
	diff := make([]float64, 3)
	for _, row := range [][]float64{{0, 0, 0}, {1, -2, 3}, {5, 5, -5}} {
		assert.InDelta(t, full.log(row, diff), diagonal.log(row, diff), 1e-12)
	}
}

func TestGaussianNeedsSpread(t *testing.T) {
	t.Parallel()
	mean := []float64{0, 0}
	for _, cov := range [][]float64{
		{1, 1, 1},      // a line
		{1, 2, 1},      // not a covariance
		{0, 0, 1},      // a constant
		{-1, 0, 1},     // nonsense
		{1, 1, 1.0005}, // almost a line
		{math.NaN(), 0, 1},
	} {
		_, ok := newGaussian(1, mean, cov, false, 0.001)
		assert.False(t, ok, cov)
	}
	_, ok := newGaussian(1, mean, []float64{1, 0.001}, true, 0.001)
	assert.False(t, ok)
	_, ok = newGaussian(1, mean, []float64{1, 0.0011}, true, 0.001)
	assert.True(t, ok)
}

// Densities too small for a float64 still have a ratio.
func TestPosteriorFarOut(t *testing.T) {
	t.Parallel()
	logs := []float64{-5000, -5001, math.Inf(-1)}
	l, ok := posterior(logs)
	require.True(t, ok)
	e := math.Exp(-1)
	assert.InDelta(t, -5000+math.Log1p(e), l, 1e-12)
	assert.InDeltaSlice(t, []float64{1 / (1 + e), e / (1 + e), 0}, logs, 1e-15)
	_, ok = posterior([]float64{math.Inf(-1), math.Inf(-1)})
	assert.False(t, ok)
	assert.Equal(t, 1, greatest([]float64{1, 3, 3, 2}))
}

// Free parameters in 4 columns with 3 components, as mclust's nMclustParams
// counts them: VVV 44, VVI 26, VII 17.
func TestParameterCounts(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 44, Full.parameters(3, 4))
	assert.Equal(t, 26, Diagonal.parameters(3, 4))
	assert.Equal(t, 17, Spherical.parameters(3, 4))
}
