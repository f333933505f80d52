package clv

import (
	"math"
	"math/rand/v2"

	"github.com/keyaccount/keyaccount/internal/special"
)

// gammaFlow is an account that is active now, orders at a constant rate lambda
// and leaves at a constant rate mu, independent of each other:
//
//	lambda ~ Gamma(r, alpha),  mu ~ Gamma(s, beta)
//
// An account that is known to be active at age T after x repeat orders is the
// same with (r+x, alpha+T, s, beta+T) (Schmittlein, Morrison and Colombo 1987):
// what is computed here once answers for any history.
type gammaFlow struct{ r, alpha, s, beta float64 }

// farthest bounds what is computed with: parameters and times beyond
// 1/farthest..farthest act as if there, so that no product of them overflows.
const farthest = 1e100

// after is the flow of an account that is still active at the end of h.
func (f gammaFlow) after(h History) gammaFlow {
	age := min(h.Age, farthest)
	return gammaFlow{f.r + float64(h.Frequency), f.alpha + age, f.s, f.beta + age}
}

// logOddsLeft returns the log of the odds that an account with this history
// has left: minus infinity at age 0. They are the chance to have left at y, in
// (t_x, T], and not to have ordered since, against that of neither:
//
//	odds = Int_{t_x}^T ((alpha+T)/(alpha+y))^(r+x) ((beta+T)/(beta+y))^s s/(beta+y) dy
func (f gammaFlow) logOddsLeft(h History) float64 {
	shape := f.r + float64(h.Frequency)
	last, age := min(h.Recency, farthest), min(h.Age, farthest)
	silent := age - last
	shift := min(f.alpha, f.beta)
	i := powers{k: 1, shape: shape, leave: f.s + 1, alpha: f.alpha, beta: f.beta, shift: shift, from: last}
	return math.Log(i.integrate(math.Log1p(silent/(shift+last)), nil)) +
		math.Log(f.s*((shift+last)/(f.beta+last))) +
		shape*math.Log1p(silent/(f.alpha+last)) + f.s*math.Log1p(silent/(f.beta+last))
}

// survival is the probability to be still active after a time t.
func (f gammaFlow) survival(t float64) float64 {
	return math.Exp(-f.s * math.Log1p(t/f.beta))
}

// expected is the mean number of orders in a time t,
// r/alpha beta (1 - (beta/(beta+t))^(s-1)) / (s-1), also where s = 1.
func (f gammaFlow) expected(t float64) float64 {
	l := math.Log1p(min(t, farthest) / f.beta)
	mean := 1.0
	if z := (1 - f.s) * l; z != 0 {
		mean = math.Expm1(z) / z
	}
	return withinFloat(f.r / f.alpha * f.beta * l * mean)
}

// discounted is the present value of one for each order in a time t, which may
// be infinite for delta > 0, at the force of interest delta:
// r/alpha Int_0^t (beta/(beta+y))^s e^(-delta y) dy. The infinite one is
// r/alpha beta U(1, 2-s, delta beta) (Fader, Hardie and Lee, RFM and CLV, 2005;
// DLMF 13.2.40 and 13.4.4).
func (f gammaFlow) discounted(t, delta float64) float64 {
	if delta == 0 {
		return f.expected(t)
	}
	if math.IsInf(t, 1) {
		return withinFloat(f.r / f.alpha * f.beta * tricomi1(f.s, within(delta*f.beta, farthest)))
	}
	i := powers{k: 1, leave: f.s, z: delta, alpha: f.beta, beta: f.beta, shift: f.beta}
	return withinFloat(f.r / f.alpha * f.beta * i.integrate(math.Log1p(min(t, farthest)/f.beta), nil))
}

// orders returns the probabilities of 0, 1, ..., most orders in a time t. For
// n of them the account either stays and orders n times, or orders n times and
// leaves at a y within t:
//
//	P(n) = C q(t)^n (1-q(t))^r (beta/(beta+t))^s + C Int_0^t q(y)^n (1-q(y))^r (beta/(beta+y))^s s/(beta+y) dy
//	q(y) = y/(alpha+y),  C = Gamma(r+n)/(Gamma(r) n!)
//
// Both terms are positive, so that nothing cancels, for any n.
func (f gammaFlow) orders(t float64, most int) []float64 {
	t = within(t, farthest)
	p := make([]float64, most+1)
	stay := -f.r*math.Log1p(t/f.alpha) - f.s*math.Log1p(t/f.beta)
	for i := range p {
		n := float64(i)
		ways := special.LogRising(f.r, n) - special.LogRising(1, n)
		p[i] = min(1, math.Exp(ways+stay-n*math.Log1p(f.alpha/t))+math.Exp(ways+f.logLeaving(n, t)))
	}
	return p
}

// logLeaving is the log of the integral in the second term of orders. It is
// summed from its peak, or from t where that comes first, to both sides.
func (f gammaFlow) logLeaving(n, t float64) float64 {
	i := powers{k: n + 1, shape: f.r + n, leave: f.s + 1, alpha: f.alpha, beta: f.beta}
	var sum float64
	if n == 0 {
		i.shift = min(f.alpha, f.beta)
		sum = i.integrate(math.Log1p(t/i.shift), nil)
	} else {
		i.from = min(t, f.peak(n))
		sum = i.integrate(math.Log(t/i.from), nil) + i.integrate(math.Inf(-1), nil)
	}
	y := i.from
	log := math.Log(sum) + math.Log(f.s*((i.shift+y)/(f.beta+y))) - f.r*math.Log1p(y/f.alpha) - f.s*math.Log1p(y/f.beta)
	if n > 0 {
		log -= n * math.Log1p(f.alpha/y)
	}
	return log
}

// peak returns the y at which the integrand of logLeaving, for n > 0 and in
// ln y, is largest: the positive root of
// (r+s) y^2 - ((n-s) alpha + (1-r) beta) y - (n+1) alpha beta.
func (f gammaFlow) peak(n float64) float64 {
	return positiveRoot(f.r+f.s, (n-f.s)*f.alpha+(1-f.r)*f.beta, math.Sqrt(n+1)*math.Sqrt(f.alpha)*math.Sqrt(f.beta))
}

// positiveRoot returns the positive root of a y^2 - b y - c^2, for a, c > 0.
func positiveRoot(a, b, c float64) float64 {
	root := math.Hypot(b, 2*math.Sqrt(a)*c)
	if b < 0 {
		return within(2*c*(c/(root-b)), farthest)
	}
	return within((b+root)/(2*a), farthest)
}

// future draws the times of the orders in a time t, at most MaxOrders, and how
// much of t the account stays.
func (f gammaFlow) future(t float64, r *rand.Rand) (times []float64, active float64) {
	lambda, mu := math.Exp(logGamma(f.r, r))/f.alpha, math.Exp(logGamma(f.s, r))/f.beta
	active = min(t, r.ExpFloat64()/mu)
	for at := r.ExpFloat64() / lambda; at <= active && len(times) < MaxOrders; at += r.ExpFloat64() / lambda {
		times = append(times, at)
	}
	return times, active
}
