package clv

import (
	"math"
	"math/rand/v2"

	"github.com/keyaccount/keyaccount/internal/special"
)

// discreteFlow is an account that is active now, orders at each opportunity
// with the same probability p, and before each leaves for good with the same
// probability theta:
//
//	p ~ Beta(alpha, beta),  theta ~ Beta(gamma, delta)
//
// An account that is known to be active after x orders at n opportunities is
// the same with (alpha+x, beta+n-x, gamma, delta+n).
type discreteFlow struct{ alpha, beta, gamma, delta float64 }

// after is the flow of an account that is still active at the end of h.
func (f discreteFlow) after(h DiscreteHistory) discreteFlow {
	x, n := float64(h.Frequency), float64(h.Opportunities)
	return discreteFlow{f.alpha + x, f.beta + (n - x), f.gamma, f.delta + n}
}

// alive is the probability that an account with this history is still active
// (Fader, Hardie and Shang 2010, equation A10, at the end of the history). Each
// term of the likelihood is a product with one factor more than the one before:
//
//	L ~ Sum_{k=t_x}^{n-1} a_k gamma/(gamma+delta+k) + a_n
//	a_k = B(alpha+x, beta+k-x) B(gamma, delta+k), relative to a_{t_x}
func (f discreteFlow) alive(h DiscreteHistory) float64 {
	x := float64(h.Frequency)
	a, left := 1.0, 0.0
	for i := h.Recency; i < h.Opportunities; i++ {
		k := float64(i)
		left += a * (f.gamma / (f.gamma + f.delta + k))
		a *= (f.beta + (k - x)) / (f.alpha + f.beta + k) * ((f.delta + k) / (f.gamma + f.delta + k))
	}
	return a / (left + a)
}

// survival is the probability to be still active after n more opportunities.
func (f discreteFlow) survival(n int) float64 {
	s := 1.0
	for k := range n {
		s *= f.stay(k)
	}
	return s
}

// stay is the probability that who is active after k opportunities is so after
// one more.
func (f discreteFlow) stay(k int) float64 {
	return (f.delta + float64(k)) / (f.gamma + f.delta + float64(k))
}

// buys is the mean of p.
func (f discreteFlow) buys() float64 { return f.alpha / (f.alpha + f.beta) }

// discounted is the present value of one for each order at the next n
// opportunities, where one opportunity ahead is worth v.
func (f discreteFlow) discounted(n int, v float64) float64 {
	var sum float64
	s := 1.0
	for k := range n {
		s *= f.stay(k) * v
		sum += s
	}
	return withinFloat(f.buys() * sum)
}

// discountedForever is discounted without an end, for v = 1/(1+d) and d > 0:
// the mean of (1-theta)/(theta+d), times that of p (Fader, Hardie and Shang
// 2010, equation 14, before the integral over theta is written as a 2F1).
//
// With y = theta/(1-theta) and b = d/(1+d) it is
//
//	Int y^gamma (1+y)^-(gamma+delta) / (y+b) d ln y / ((1+d) B(gamma, delta))
func (f discreteFlow) discountedForever(d float64) float64 {
	d = within(d, farthest)
	b := d / (1 + d)
	peak := positiveRoot(f.delta+1, f.gamma-1-f.delta*b, math.Sqrt(f.gamma)*math.Sqrt(b))
	i := powers{k: f.gamma, shape: f.gamma + f.delta, leave: 1, alpha: 1, beta: b, from: peak}
	sum := i.integrate(math.Inf(-1), nil) + i.integrate(math.Inf(1), nil)
	log := f.gamma*math.Log(peak) - (f.gamma+f.delta)*math.Log1p(peak) - special.LogBeta(f.gamma, f.delta)
	return withinFloat(f.buys() * math.Exp(log) * sum / (peak + b) / (1 + d))
}

// orders returns the probabilities of 0, 1, ..., n orders at the next n
// opportunities: beta-binomial in the number of those at which it is active.
func (f discreteFlow) orders(n int) []float64 {
	active := make([]float64, n+1) // the probability of being so at exactly i
	s := 1.0
	for i := range n {
		active[i] = s * (f.gamma / (f.gamma + f.delta + float64(i)))
		s *= f.stay(i)
	}
	active[n] = s
	p := make([]float64, n+1)
	var log float64 // of the probability of x orders at x opportunities
	for i := range p {
		p[i] = min(1, f.mixed(i, log, active))
		x := float64(i)
		log -= math.Log1p(f.beta / (f.alpha + x))
	}
	return p
}

// mixed sums active[i] times the probability of x orders at i opportunities,
// over i from x, where its log is first.
func (f discreteFlow) mixed(x int, first float64, active []float64) float64 {
	const large = 1e200
	var sum float64
	term := 1.0 // relative to e^first
	for i := x; i < len(active); i++ {
		sum += active[i] * term
		misses := float64(i - x)
		term *= float64(i+1) / (misses + 1) * ((f.beta + misses) / (f.alpha + f.beta + float64(i)))
		if term > large {
			first += math.Log(large)
			term /= large
			sum /= large
		}
	}
	return math.Exp(first) * sum
}

// future draws at which of the next n opportunities there is an order.
func (f discreteFlow) future(n int, r *rand.Rand) []int {
	buys, leaves := drawBeta(f.alpha, f.beta, r), drawBeta(f.gamma, f.delta, r)
	var at []int
	for k := 1; k <= n && r.Float64() >= leaves; k++ {
		if r.Float64() < buys {
			at = append(at, k)
		}
	}
	return at
}
