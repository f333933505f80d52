package clv

import (
	"math"
	"math/rand/v2"
)

// betaFlow is an account that is active now, in the beta-geometric models: it
// orders at a rate lambda ~ Gamma(r, alpha), and after each order leaves with
// probability p ~ Beta(a, b). Every answer about the future of an account is
// its probability of being active times an answer of this: given that it is
// active at T, its future is one more such process with the parameters that
// its history makes of the model's.
type betaFlow struct{ r, alpha, a, b float64 }

// tame bounds parameters by what the sums below can work with: beyond it they
// act as if there.
func (f betaFlow) tame() betaFlow {
	return betaFlow{bounded(f.r), bounded(f.alpha), bounded(f.a), bounded(f.b)}
}

func bounded(v float64) float64 { return min(max(v, 1/extreme), extreme) }

// alive returns the probability that it will not have left by t.
func (f betaFlow) alive(t float64) float64 {
	f = f.tame()
	tau := bounded(t / f.alpha)
	if alive, _, ok := overEvents(f.r, tau, f.a, f.b, 1, 1); ok {
		return alive
	}
	return betaAlive(f.a, f.b, f.r, tau)
}

// orders returns the mean number of orders by t.
func (f betaFlow) orders(t float64) float64 {
	f = f.tame()
	tau := bounded(t / f.alpha)
	if _, orders, ok := overEvents(f.r, tau, f.a, f.b, 1, 1); ok {
		return orders
	}
	return betaMean(f.a, f.b, f.r, tau)
}

// The series over events is as short as this, and starts above this: beyond,
// the integral over p is cheaper, or the only way.
const (
	mostEvents   = 1000
	lnLeastStart = -640
)

// overEvents returns the probability of being active, and the mean number of
// orders, after a time of tau = t/alpha in which events come at a rate
// ~ Gamma(r, 1): every k-th of them is an order, the next after until of them.
// Given n events the account is active with the probability S_j,
//
//	j = number of orders,  S_j = E (1-p)^j = b(b+1)...(b+j-1) / (a+b)(a+b+1)...(a+b+j-1)
//
// and has ordered S_0 + ... + S_{j-1} times on average: two sums of positive
// terms over the negative binomial distribution of n. They say in the open
// what the 2F1 of the papers hides, and have no singularity at a = 1.
//
// It reports false where the sums are long or begin below the smallest number.
func overEvents(r, tau, a, b float64, k, until int) (alive, orders float64, ok bool) {
	lnNone := -r * math.Log1p(tau)
	if lnNone < lnLeastStart || r*tau+37*(1+tau) > mostEvents*float64(k) {
		return 0, 0, false
	}
	ratio := tau / (1 + tau)
	p := math.Exp(lnNone) // of n events
	stay, mean := 1.0, 0.0
	j := 0.0
	for n := 0.0; ; {
		alive += p * stay
		orders += p * mean
		until--
		if until == 0 {
			mean += stay
			stay *= (b + j) / (a + b + j)
			until = k
			j++
		}
		p *= ratio * (r + n) / (n + 1)
		n++
		// What is left is less than a geometric series with this ratio; it is
		// compared with the whole without a division.
		tail := ratio * max(1, (r+n)/(n+1)) * (1 + 1/n)
		if tail < 1 && p*mean <= negligible*(1-tail)*orders && p*stay <= negligible*(1-tail)*alive && mean > 0 {
			return alive, orders, true
		}
	}
}

// distribution returns the probabilities of 0, 1, ..., most orders by t. With N
// the negative binomial number of orders of an account that never leaves, there
// are k of them when k came and it stayed through all, or when k or more came
// and the k-th was its last (Fader, Hardie and Lee 2005, equation 8):
//
//	P(k) = E (1-p)^k P(N=k) + E p(1-p)^(k-1) P(N>=k)
//
// Nothing is subtracted.
func (f betaFlow) distribution(t float64, most int) []float64 {
	f = f.tame()
	n, beyond := negativeBinomial(f.r, bounded(t/f.alpha), most)
	stay := 1.0
	stays := make([]float64, most+1) // E (1-p)^k
	for k := range stays {
		stays[k] = stay
		stay *= (f.b + float64(k)) / (f.a + f.b + float64(k))
	}
	// From the far end back, the tail of N is a sum.
	out := make([]float64, most+1)
	for k := most; k > 0; k-- {
		beyond += n[k]
		out[k] = n[k]*stays[k] + stays[k-1]*(f.a/(f.a+f.b+float64(k-1)))*beyond
	}
	out[0] = n[0]
	return out
}

// draw returns the times of the orders by t.
func (f betaFlow) draw(t float64, r *rand.Rand) []float64 {
	lambda := math.Exp(logGamma(f.r, r) - math.Log(f.alpha))
	leave := drawBeta(f.a, f.b, r)
	var out []float64
	for at := r.ExpFloat64() / lambda; at <= t && len(out) < MaxOrders; at += r.ExpFloat64() / lambda {
		out = append(out, at)
		if r.Float64() < leave {
			break
		}
	}
	return out
}
