package clv

import (
	"math"
	"slices"
)

// The present value of an active account's orders is, over lambda ~
// Gamma(r, alpha) and p ~ Beta(a, b),
//
//	DERT       = E lambda / (lambda p + delta)
//	DECT until t = E lambda (1 - e^-(lambda p + delta) t) / (lambda p + delta)
//
// with delta the force of interest: orders come at the rate
// lambda e^(-lambda p s) at time s from now. Both are means of functions
// without a singularity, also at a = 1 and at delta = 0. Written with
// lambda = l/alpha and the factor lambda taken into the density they are
// r times a mean over l ~ Gamma(r+1, 1).

// discounted returns the present value of all orders to come, for delta > 0.
func (f betaFlow) discounted(delta float64) float64 {
	f = f.bounded()
	kappa := bounded(delta * f.alpha)
	k := kernel{
		near: (f.r + 1) / kappa, far: 1, step: poleStep,
		depth: 1 + (f.r+1)/kappa, // E 1/(X+kappa) >= 1/(E X + kappa)
	}
	var buf, buf2 [nodesKept]node
	rates, leave := gammaRule(buf[:0], f.r+1, 1/kappa, k.depth, 0), betaRule(buf2[:0], f.a, f.b, k)
	var mean float64
	for _, l := range rates {
		mean += l.weight * poleMean(leave, l.at, kappa)
	}
	return min(f.r*mean, math.MaxFloat64)
}

// poleMean returns the mean of 1/(scale at + shift). A division takes as long
// as four products, so four terms are brought over one denominator where that
// cannot overflow.
func poleMean(nodes []node, scale, shift float64) float64 {
	var mean float64
	if scale+shift < 1e70 && shift > 1e-70 {
		for ; len(nodes) >= 4; nodes = nodes[4:] {
			a, b := scale*nodes[0].at+shift, scale*nodes[1].at+shift
			c, d := scale*nodes[2].at+shift, scale*nodes[3].at+shift
			ab, cd := a*b, c*d
			mean += ((nodes[0].weight*b+nodes[1].weight*a)*cd + (nodes[2].weight*d+nodes[3].weight*c)*ab) / (ab * cd)
		}
	}
	for _, n := range nodes {
		mean += n.weight / (scale*n.at + shift)
	}
	return mean
}

// discountedUntil returns the present value of the orders by t.
func (f betaFlow) discountedUntil(t, delta float64) float64 {
	f = f.bounded()
	tau := bounded(t / f.alpha)
	if v, ok := f.overTime(tau, delta*f.alpha); ok {
		return v
	}
	return f.overRates(tau, delta*t)
}

// overTime adds up the rate of orders at 16 moments, those of Legendre in
// ln(1+tau), in one span of time or several. It knows by itself whether they are
// enough: without discount they must give the mean number of orders, which has
// a sum of its own.
func (f betaFlow) overTime(tau, kappa float64) (float64, bool) {
	if !fewEvents(f.r, tau) || math.Abs(kappa)*tau > 4 {
		return 0, false
	}
	orders := overEvents(f.r, tau, f.a, f.b, 1, 1).orders
	rate := func(y float64) float64 { return overEvents(f.r, y, f.a, f.b, 1, 1).rate }
	for spans := 1.0; spans <= 4; spans *= 2 {
		var v paid
		growth := math.Log1p(tau) / spans
		for i := range int(spans) {
			p := discount(math.Expm1(float64(i)*growth), math.Expm1(float64(i+1)*growth), kappa, rate)
			v.orders += p.orders
			v.value += p.value
		}
		if value, ok := v.of(orders); ok {
			return value, true
		}
	}
	return 0, false
}

// paid is a number of orders, and what they are worth.
type paid struct{ orders, value float64 }

// discount integrates a rate of orders between two times.
func discount(from, until, kappa float64, rate func(tau float64) float64) (v paid) {
	half, mid := math.Log1p((until-from)/(1+from))/2, math.Log1p(from)
	mid += half
	for _, n := range slices.Backward(legendre16[:]) {
		for _, x := range [...]float64{mid - half*n.at, mid + half*n.at} {
			y := math.Expm1(x)
			orders := half * n.weight * rate(y) * (1 + y)
			v.orders += orders
			v.value += orders * math.Exp(-kappa*y)
		}
	}
	return v
}

// of returns the value of so many orders, and whether the integral found them.
func (v paid) of(orders float64) (float64, bool) {
	if v.orders == 0 {
		return 0, orders == 0
	}
	return v.value / v.orders * orders, math.Abs(v.orders-orders) <= 2e-12*orders
}

// overRates is the mean over lambda and p.
func (f betaFlow) overRates(tau, deltaT float64) float64 {
	shape := f.r + 1
	bend := tau
	if deltaT > 0 {
		bend = min(bend, tau/deltaT*4)
	}
	value := func(x float64) float64 { return fallingShare(x*tau + deltaT) }
	k := kernel{
		near: shape * bend, far: max(1, shape*bend), step: maxStep,
		depth: max(1, value(0)/value(shape)),
	}
	var buf, buf2 [nodesKept]node
	rates, leave := gammaRule(buf[:0], shape, bend, k.depth, 0), betaRule(buf2[:0], f.a, f.b, k)
	var mean float64
	for _, l := range rates {
		var row float64
		for _, p := range leave {
			row += p.weight * value(l.at*p.at)
		}
		mean += l.weight * row
	}
	return min(f.r*tau*mean, math.MaxFloat64)
}

// fallingShare returns (1 - e^-x) / x, the mean of e^-xs over 0 < s < 1. For
// x < 0 it grows, and is held within a float64.
func fallingShare(x float64) float64 {
	if x == 0 {
		return 1
	}
	x = max(x, -lnExtreme)
	return -math.Expm1(-x) / x
}
