package clv

import (
	"math"
	"math/rand/v2"
)

// MaxRhythm is the greatest K of [BGCNBD] and [MBGCNBD].
const MaxRhythm = 12

// rhythmFlow is an account that is active now and orders at every k-th event
// of its process. How many events came since its last order, its phase, is
// hidden; given phase j, the rate of events is ~ Gamma(r+j, alpha), and k-j
// more make the next order. Every answer is the mean over the phases of one
// account: no answer depends on another account's, as those of BTYDplus do.
type rhythmFlow struct {
	k      int
	phase  [MaxRhythm]float64 // probability of each
	common betaFlow
}

// given is the account in phase j.
func (f *rhythmFlow) given(j int) betaFlow {
	g := f.common.bounded()
	g.r += float64(j)
	return g
}

// over is the mean overview at tau.
func (f *rhythmFlow) over(tau float64) (o overview) {
	for j, w := range f.phase[:f.k] {
		if w == 0 {
			continue
		}
		g := f.given(j)
		v := overEvents(g.r, tau, g.a, g.b, f.k, f.k-j)
		o.alive += w * v.alive
		o.orders += w * v.orders
		o.rate += w * v.rate
	}
	return o
}

func (f rhythmFlow) tau(t float64) float64 { return bounded(t / bounded(f.common.alpha)) }

func (f rhythmFlow) alive(t float64) float64 { return f.over(f.tau(t)).alive }

func (f rhythmFlow) orders(t float64) float64 { return f.over(f.tau(t)).orders }

// distribution is that of betaFlow with P(kn-j <= N < k(n+1)-j) for P(N=n).
func (f rhythmFlow) distribution(t float64, most int) []float64 {
	out := make([]float64, most+1)
	for j, w := range f.phase[:f.k] {
		if w == 0 {
			continue
		}
		g := f.given(j)
		events, beyond := negativeBinomial(g.r, f.tau(t), f.k*(most+1)-j-1)
		n := make([]float64, most+1)
		for i, p := range events {
			n[(i+j)/f.k] += p
		}
		for i, p := range g.thinned(n, beyond) {
			out[i] += w * p
		}
	}
	return out
}

// discounted is, with theta = lambda/(lambda+delta), the value at the start of
// a unit of money at the next event,
//
//	DERT = E theta^(k-j) / (1 - (1-p) theta^k)
//
// for phase j: the first order to come is worth theta^(k-j), and each one more
// (1-p) theta^k times the one before.
func (f rhythmFlow) discounted(delta float64) float64 {
	var value float64
	for j, w := range f.phase[:f.k] {
		if w == 0 {
			continue
		}
		g := f.given(j)
		kappa := bounded(delta * g.alpha)
		rise := float64(f.k - j)
		k := kernel{
			near: (g.r + 1 + rise) / kappa, far: 1, step: poleStep,
			depth: 1 + (g.r+1+rise)/kappa,
		}
		var buf, buf2 [nodesKept]node
		rates, leave := gammaRule(buf[:0], g.r+1, 1/kappa, k.depth, rise), betaRule(buf2[:0], g.a, g.b, k)
		var mean float64
		for _, l := range rates {
			lnTheta := -math.Log1p(kappa / l.at)
			again := math.Exp(float64(f.k) * lnTheta)
			first := math.Exp(rise * lnTheta)
			if first > 0 {
				mean += l.weight * first / l.at * poleMean(leave, again, -math.Expm1(float64(f.k)*lnTheta))
			}
		}
		value += w * g.r * mean
	}
	return min(value, math.MaxFloat64)
}

// The integral over time is refined until it finds the mean number of orders,
// but so often at most, and as long as it visits no more events than this.
const (
	mostRefined = 5
	mostVisits  = 1 << 26
)

// discountedUntil integrates the rate of orders, which beats in the rhythm for
// a while, until nobody knows any more when the next order is due.
func (f rhythmFlow) discountedUntil(t, delta float64) float64 {
	if delta*t > 60 {
		return f.discounted(delta) // e^-60 of what follows is nothing
	}
	tau, kappa := f.tau(t), delta*bounded(f.common.alpha)
	orders := f.over(tau).orders
	rate := func(y float64) float64 { return f.over(y).rate }
	var value float64
	for refined := range mostRefined {
		var v paid
		times, ok := f.panels(tau, kappa, refined)
		if !ok && refined > 0 {
			break
		}
		for i, until := range times[1:] {
			p := discount(times[i], until, kappa, rate)
			v.orders += p.orders
			v.value += p.value
		}
		if value, ok = v.of(orders); ok {
			break
		}
	}
	if delta > 0 {
		value = min(value, f.discounted(delta))
	}
	return min(value, math.MaxFloat64)
}

// panels cuts the time to tau into panels: each a fraction of the mean time
// between two orders, until the beat has faded, then ever longer ones, but none
// in which e^(-kappa tau) changes much. It reports false, with a single panel,
// where these would be too much work.
func (f *rhythmFlow) panels(tau, kappa float64, refined int) ([]float64, bool) {
	finer := math.Ldexp(1, -refined)
	step := 1.5 * finer * min(1, float64(f.k)/bounded(f.common.r))
	beats := int(float64(2*f.k+4) / finer)
	longest := 4 / max(math.Abs(kappa), 1/extreme)
	times := []float64{0}
	for at, visits := 0.0, 0.0; at < tau; {
		if len(times) > beats {
			step *= 1 + finer/2
		}
		at += min(step, longest)
		if tau-at < at/64 {
			at = tau
		}
		times = append(times, at)
		events := bounded(f.common.r)*at + 37*(1+at) + 10*math.Sqrt(bounded(f.common.r)*at*(1+at))
		visits += float64(2*len(legendre16)*f.k) * min(events, 2*mostEvents)
		if visits > mostVisits {
			return []float64{0, tau}, false
		}
	}
	return times, true
}

func (f rhythmFlow) draw(t float64, r *rand.Rand) ([]float64, float64) {
	at := r.Float64()
	phase := 0
	for phase < f.k-1 && at >= f.phase[phase] {
		at -= f.phase[phase]
		phase++
	}
	g := f.given(phase)
	return g.drawEvery(t, f.k, f.k-phase, r)
}
