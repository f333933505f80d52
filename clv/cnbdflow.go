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
	g := f.common.tame()
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
// but visits no more events than this in all, in no more panels.
const (
	mostVisits = 1 << 24
	mostPanels = 256
)

// discountedUntil integrates the rate of orders, which beats in the rhythm, in
// ever more panels.
func (f rhythmFlow) discountedUntil(t, delta float64) float64 {
	if delta > 0 {
		t = min(t, 60/delta) // e^-60 of what follows is nothing
	}
	kappa, tau := delta*bounded(f.common.alpha), f.tau(t)
	end := f.over(tau)
	r := f.given(f.k).r
	terms := min(r*tau+37*(1+tau)+farLeft*math.Sqrt(r*tau*(1+tau)), mostEvents) * float64(f.k)
	for panels := 1.0; ; panels *= 2 {
		var v paid
		step := math.Log1p(tau) / panels
		for i := range int(panels) {
			p := spread{float64(i) * step, float64(i+1) * step}.discount(kappa, func(y float64) float64 { return f.over(y).rate })
			v.orders += p.orders
			v.value += p.value
		}
		value, ok := v.of(end.orders)
		resolved := math.Abs(kappa)*(1+tau)*step < 4
		if ok && resolved || 2*panels > mostPanels || 4*panels*float64(2*len(legendre))*terms > mostVisits {
			return min(value, math.MaxFloat64)
		}
	}
}

func (f rhythmFlow) draw(t float64, r *rand.Rand) []float64 {
	at := r.Float64()
	phase := 0
	for phase < f.k-1 && at >= f.phase[phase] {
		at -= f.phase[phase]
		phase++
	}
	g := f.given(phase)
	return g.drawEvery(t, f.k, f.k-phase, r)
}
