package clv

import (
	"math"
	"slices"
)

// tenure is how long an income lasts, in years from AsOf: P(still there at s).
// It is constant between the steps.
type tenure struct {
	after func(s float64) float64
	steps []float64 // where a contract may end; nil for orders
}

// serviceTime returns the expected present value of one unit of money a year,
// paid continuously while any of the incomes lasts. Each lasts from now on
// without a gap, so that the longest one decides, and they are independent:
// P(any at s) = 1 - product of (1 - P(at s)).
func (t *terms) serviceTime(incomes []tenure) float64 {
	end := t.farthest()
	bounds := []float64{0, end}
	for _, in := range incomes {
		for _, s := range in.steps {
			if s > 0 && s < end {
				bounds = append(bounds, s)
			}
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	rate := func(s float64) float64 {
		none := 1.0
		for _, in := range incomes {
			none *= 1 - in.after(s)
		}
		return t.discount(s) * (1 - none)
	}
	var sum float64
	for i := range len(bounds) - 1 {
		sum += integrate(rate, bounds[i], bounds[i+1])
	}
	return sum
}

// The integral is found in u = ln(1 + s/week), in which what falls as a power
// of s is smooth: in panels of one unit of u, each halved until the halves agree
// with the whole, to a share of the integral.
const (
	week       = 7 / 365.25
	panelWidth = 1.0
	agreement  = 1e-11
	mostHalves = 12
)

func integrate(f func(s float64) float64, from, to float64) (sum float64) {
	g := func(u float64) float64 {
		s := week * math.Expm1(u)
		return f(min(max(s, from), to)) * (week + s)
	}
	a, b := math.Log1p(from/week), math.Log1p(to/week)
	panels := math.Ceil((b - a) / panelWidth)
	bound := func(k int) float64 { return a + (b-a)*float64(k)/panels }
	whole := make([]float64, int(panels))
	for k := range whole {
		whole[k] = gauss(g, bound(k), bound(k+1))
		sum += whole[k]
	}
	slack := agreement * sum
	sum = 0
	for k, w := range whole {
		sum += halved(g, bound(k), bound(k+1), w, slack, mostHalves)
	}
	return sum
}

func halved(g func(u float64) float64, a, b, whole, slack float64, depth int) float64 {
	mid := (a + b) / 2
	left, right := gauss(g, a, mid), gauss(g, mid, b)
	if depth == 0 || math.Abs(left+right-whole) <= slack {
		return left + right
	}
	return halved(g, a, mid, left, slack, depth-1) + halved(g, mid, b, right, slack, depth-1)
}

func gauss(g func(u float64) float64, a, b float64) (sum float64) {
	mid, half := (a+b)/2, (b-a)/2
	for _, n := range legendre16 {
		sum += n.weight * half * (g(mid-half*n.at) + g(mid+half*n.at))
	}
	return sum
}
