package clv

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/keyaccount/keyaccount/internal/special"
)

// U(1, 2-s, z) by mpmath 1.3.0 with 40 digits: also at s = 1, where it is an
// exponential integral, and at a tiny z.
func TestGammaFlowDiscountedIsTricomi(t *testing.T) {
	for _, c := range []struct{ s, z, want float64 }{
		{0.6, 0.12, 3.1149175323968684},
		{1, 0.3, 1.22253560508058558},
		{2, 0.001, 0.993662125929674512},
		{64.3, 20, 0.0119700869248501153},
		{0.05, 1e-8, 41062895.5220231873},
		{3.7, 5, 0.120116668964093164},
		{0.001, 0.5, 1.99815535953350015},
		{1, 1e-12, 27.0538054510550692},
	} {
		for _, beta := range []float64{1, 50, 1e-3} {
			f := gammaFlow{r: 1, alpha: 1, s: c.s, beta: beta}
			assert.InEpsilon(t, beta*c.want, f.discounted(math.Inf(1), c.z/beta), 1e-12, "%+v beta %v", c, beta)
		}
	}
}

// The series and the panels agree where both are, also next to the whole s at
// which terms of the series have poles.
func TestTricomiSeriesIsTheIntegral(t *testing.T) {
	for _, z := range []float64{1e-9, 1e-3, .05, .3, 1} {
		for whole := range 12 {
			for _, d := range []float64{0, 1e-12, 1e-7, .9e-3, 1.1e-3, .1, .4999, .5, .5001, .9} {
				for _, s := range []float64{float64(whole) + d, float64(whole) - d} {
					if s <= 1e-9 {
						continue
					}
					i := powers{k: 1, leave: s, z: z, alpha: 1, beta: 1, shift: 1}
					assert.InEpsilon(t, i.integrate(math.Inf(1), nil), tricomi1Series(s, z), 1e-12, "s=%v z=%v", s, z)
				}
			}
		}
	}
}

// Over all of time y^k (1+y)^-shape is a beta function.
func TestPowersOverAllOfTimeAreBetaFunctions(t *testing.T) {
	for _, c := range []struct{ k, shape float64 }{{1, 2.5}, {.01, 3}, {2000, 4000.5}, {30, 31}, {7.5, 1e5}, {1e-6, 1}} {
		peak := c.k / (c.shape - c.k)
		f := powers{k: c.k, shape: c.shape, alpha: 1, beta: 1, from: peak}
		sum := f.integrate(math.Inf(-1), nil) + f.integrate(math.Inf(1), nil)
		log := math.Log(sum) + c.k*math.Log(peak) - c.shape*math.Log1p(peak)
		want := special.LogBeta(c.k, c.shape-c.k)
		assert.InDelta(t, want, log, 2e-12*max(1, math.Abs(want)), "%+v", c)
	}
}

// The panels are as good as ones an order of magnitude finer.
func TestPowersPanelsAreFineEnough(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	between := func(low, high float64) float64 { return low * math.Pow(high/low, r.Float64()) }
	for i := range 1500 {
		alpha, beta := between(1e-3, 1e4), between(1e-3, 1e4)
		f := powers{k: 1, shape: between(.1, 3000), leave: 1 + between(.05, 100), alpha: alpha, beta: beta}
		to := between(.01, 10)
		switch i % 3 {
		case 0: // the odds of having left
			f.shift, f.from = min(alpha, beta), float64(i%2)*between(.1, 200)
			to = math.Log1p(between(.1, 200) / (f.shift + f.from))
		case 1: // a discounted flow
			f.shape, f.z, f.alpha, f.shift = 0, between(1e-4, .1), beta, beta
			to = math.Log1p(50 / f.z / beta)
		case 2: // n orders
			n := math.Floor(between(1, 5000))
			f.from = gammaFlow{f.shape, alpha, f.leave - 1, beta}.peak(n)
			f.k, f.shape = n+1, f.shape+n
			if i%2 == 0 {
				to = -60
			}
		}
		assert.InEpsilon(t, integrateFinely(f, to), f.integrate(to, nil), 2e-12, "%+v to %v", f, to)
	}
}

// integrateFinely lays panels of at most 0.3 and one unit of the logarithm.
func integrateFinely(f powers, to float64) (sum float64) {
	direction := math.Copysign(1, to)
	for at := 0.0; at != to; {
		width := min(.3, math.Abs(to-at))
		for width*max(math.Abs(f.slope(at)), math.Abs(f.slope(at+direction*width))) > 1 {
			width /= 2
		}
		sum += f.addPanel(at, direction*width, 3/width, 3/width, nil)
		if at += direction * width; math.Abs(to-at) < 1e-15 {
			break
		}
		if steep := direction * f.slope(at); steep < 0 && math.Exp(f.log(at))/min(-steep, 1) < 1e-20*sum {
			break
		}
	}
	return sum
}

// A flow that nobody ever leaves is a negative binomial.
func TestGammaFlowOrdersWithoutLeaving(t *testing.T) {
	f := gammaFlow{r: 3, alpha: 10, s: 1e-90, beta: 1e90}
	q := 52.0 / 62
	want := (1 - q) * (1 - q) * (1 - q)
	for n, p := range f.orders(52, 200) {
		assert.InEpsilon(t, want, p, 1e-11, "n=%d", n)
		want *= (3 + float64(n)) / float64(n+1) * q
	}
}

func TestDrawGammaAndBeta(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 4))
	const draws = 40000
	for _, shape := range []float64{.05, .6, 1, 7.5, 300} {
		var sum, squares float64
		for range draws {
			x := math.Exp(logGamma(shape, r))
			sum += x
			squares += x * x
		}
		mean := sum / draws
		assert.InDelta(t, shape, mean, 4*math.Sqrt(shape/draws))
		assert.InEpsilon(t, shape, squares/draws-mean*mean, .15)
	}
	for _, c := range [][2]float64{{.7, 2.8}, {5, 5}, {1e-9, 3e-9}} {
		var sum float64
		for range draws {
			sum += drawBeta(c[0], c[1], r)
		}
		assert.InDelta(t, c[0]/(c[0]+c[1]), sum/draws, .01)
	}
}
