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

// bounded has parameters that the sums below can work with: beyond these they
// act as if there.
func (f betaFlow) bounded() betaFlow {
	return betaFlow{bounded(f.r), bounded(f.alpha), bounded(f.a), bounded(f.b)}
}

// alive returns the probability that it will not have left by t.
func (f betaFlow) alive(t float64) float64 {
	f = f.bounded()
	tau := bounded(t / f.alpha)
	if fewEvents(f.r, tau) {
		return overEvents(f.r, tau, f.a, f.b, 1, 1).alive
	}
	return betaAlive(f.a, f.b, f.r, tau)
}

// orders returns the mean number of orders by t.
func (f betaFlow) orders(t float64) float64 {
	f = f.bounded()
	tau := bounded(t / f.alpha)
	if fewEvents(f.r, tau) {
		return overEvents(f.r, tau, f.a, f.b, 1, 1).orders
	}
	return betaMean(f.a, f.b, f.r, tau)
}

// fewEvents reports whether the sum over events takes less time than the
// integral over p.
func fewEvents(r, tau float64) bool { return r*tau+37*(1+tau) < 1000 }

// overview is what became of an account after a span of time.
type overview struct {
	alive  float64 // the probability that it has not left
	orders float64 // the mean number of orders
	rate   float64 // the rate of orders at the end, per unit of tau
}

// The sum over events has at most this many terms, later events being left
// out; it begins with the first number of events that is not this unlikely.
const (
	mostEvents = 1 << 17
	lnUnlikely = -640
)

// likelyFrom returns the first number of events with a probability above
// e^lnUnlikely.
func likelyFrom(r, tau float64) float64 {
	if -r*math.Log1p(tau) >= lnUnlikely {
		return 0
	}
	none, some := 0.0, math.Floor(min(r*tau, mostEvents))
	for some-none > 1 {
		mid := math.Floor((none + some) / 2)
		if lnNegativeBinomial(r, tau, mid) < lnUnlikely {
			none = mid
		} else {
			some = mid
		}
	}
	return some
}

// overEvents sums up what happens in a time of tau = t/alpha in which events
// come at a rate ~ Gamma(r, 1), and every k-th is an order, the next after
// until of them. Given n events with j orders among them the account is
// active with the probability
//
//	S_j = E (1-p)^j = b(b+1)...(b+j-1) / (a+b)(a+b+1)...(a+b+j-1)
//
// and has ordered S_0 + ... + S_{j-1} times on average: sums of positive terms
// over the negative binomial distribution of n. They say in the open what the
// 2F1 of the papers hides, and have no singularity at a = 1.
func overEvents(r, tau, a, b float64, k, until int) (o overview) {
	first := likelyFrom(r, tau)
	stay, mean, j := 1.0, 0.0, 0.0
	order := func() {
		mean += stay
		stay *= (b + j) / (a + b + j)
		until = k
		j++
	}
	n := 0.0
	for n+float64(until) <= first {
		n += float64(until)
		order()
	}
	until -= int(first - n)
	n = first

	p := math.Exp(lnNegativeBinomial(r, tau, n)) // of n events
	ratio := tau / (1 + tau)
	var all float64
	for {
		all += p
		o.alive += p * stay
		o.orders += p * mean
		until--
		if until == 0 {
			o.rate += p * stay * (r + n)
			order()
		}
		p *= ratio * ((r + n) / (n + 1))
		n++
		// What is left is less than a geometric series with this ratio; it is
		// compared with the whole without a division.
		more := ratio * max(1, (r+n)/(n+1)) * (1 + 1/n)
		enough := negligible * (1 - more)
		if more < 1 && p*mean <= enough*o.orders && p*stay <= enough*o.alive && mean > 0 {
			break
		}
		if n-first > mostEvents {
			o.alive += max(0, 1-all) * stay
			o.orders += max(0, 1-all) * mean
			break
		}
	}
	o.rate /= 1 + tau
	return o
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
	f = f.bounded()
	return f.thinned(negativeBinomial(f.r, bounded(t/f.alpha), most))
}

// thinned turns the distribution of the orders of an account that never leaves
// into that of one that may.
func (f betaFlow) thinned(n []float64, beyond float64) []float64 {
	stays := make([]float64, len(n)) // E (1-p)^k
	stay := 1.0
	for k := range stays {
		stays[k] = stay
		stay *= (f.b + float64(k)) / (f.a + f.b + float64(k))
	}
	// From the far end back, the tail of N is a sum.
	out := make([]float64, len(n))
	for k := len(n) - 1; k > 0; k-- {
		beyond += n[k]
		out[k] = n[k]*stays[k] + stays[k-1]*(f.a/(f.a+f.b+float64(k-1)))*beyond
	}
	out[0] = n[0]
	return out
}

// draw returns the times of the orders by t, and how much of t it is active.
func (f betaFlow) draw(t float64, r *rand.Rand) ([]float64, float64) { return f.drawEvery(t, 1, 1, r) }

// drawEvery is draw where every k-th event is an order, the first after until.
func (f betaFlow) drawEvery(t float64, k, until int, r *rand.Rand) (out []float64, active float64) {
	lambda := math.Exp(logGamma(f.r, r) - math.Log(f.alpha))
	leave := drawBeta(f.a, f.b, r)
	at := 0.0
	for len(out) < MaxOrders {
		for range until {
			at += r.ExpFloat64() / lambda
		}
		if !(at <= t) {
			break
		}
		out = append(out, at)
		if r.Float64() < leave {
			return out, at
		}
		until = k
	}
	return out, t
}
