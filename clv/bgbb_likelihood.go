package clv

import (
	"math"

	"github.com/keyaccount/keyaccount/internal/special"
)

// bgbbTable is a counted table. The likelihood of one account (Fader, Hardie
// and Shang 2010) is
//
//	L = Q (alpha)_x (beta)_(t_x-x) / (alpha+beta)_t_x  (delta)_t_x / (gamma+delta)_t_x
//	Q = a_n + Sum_{k=t_x}^{n-1} a_k gamma/(gamma+delta+k)
//	a_k = Prod_{j=t_x}^{k-1} (beta+j-x)/(alpha+beta+j) (delta+j)/(gamma+delta+j)
//
// with (z)_n the rising factorial: nothing is subtracted, and no term
// overflows. The work is O(n - t_x) for each distinct history.
type bgbbTable []countedDiscrete

// The order of parameters in gradients and Hessians.
const (
	kAlpha = iota
	kBeta
	kGamma
	kDelta
)

// at evaluates the log-likelihood. All sums run in the order of the table.
func (t bgbbTable) at(p []float64) derivatives {
	m := bgbbOf(p)
	var d derivatives
	for _, row := range t {
		n := float64(row.N)
		one := m.history(row.DiscreteHistory)
		d.value += n * one.value
		for i := range p {
			d.g[i] += n * one.g[i]
			for j := i; j < len(p); j++ {
				d.h[i][j] += n * one.h[i][j]
			}
		}
	}
	return d
}

// history evaluates the log-likelihood of one account.
func (m BGBB) history(h DiscreteHistory) (d derivatives) {
	x, last := float64(h.Frequency), float64(h.Recency)
	d.addRising(kAlpha, kAlpha, m.Alpha, x, 1)
	d.addRising(kBeta, kBeta, m.Beta, last-x, 1)
	d.addRising(kAlpha, kBeta, m.Alpha+m.Beta, last, -1)
	d.addRising(kDelta, kDelta, m.Delta, last, 1)
	d.addRising(kGamma, kDelta, m.Gamma+m.Delta, last, -1)

	a := derivatives{value: 1} // a_k, and the derivatives of its log
	var q derivatives          // those of Q
	for i := h.Recency; i < h.Opportunities; i++ {
		k := float64(i)
		left := a
		left.times(kGamma, kGamma, m.Gamma, 1)
		left.times(kGamma, kDelta, m.Gamma+m.Delta+k, -1)
		q.addExp(&left)
		a.times(kBeta, kBeta, m.Beta+(k-x), 1)
		a.times(kAlpha, kBeta, m.Alpha+m.Beta+k, -1)
		a.times(kDelta, kDelta, m.Delta+k, 1)
		a.times(kGamma, kDelta, m.Gamma+m.Delta+k, -1)
	}
	q.addExp(&a)
	d.value += math.Log(q.value)
	for i := range q.g {
		gi := q.g[i] / q.value
		d.g[i] += gi
		for j := i; j < len(q.g); j++ {
			d.h[i][j] += q.h[i][j]/q.value - gi*(q.g[j]/q.value)
		}
	}
	return d
}

// addRising adds sign ln (z)_n, where z is the sum of the parameters i to j, two
// in a row or one.
func (d *derivatives) addRising(i, j int, z, n, sign float64) {
	d.value += sign * special.LogRising(z, n)
	d.addSlopes(i, j, sign*special.DigammaDelta(z, n), sign*special.TrigammaDelta(z, n))
}

// times multiplies a value whose log has the derivatives d by z, for sign 1, or
// divides it by z, for -1; z depends on the parameters i to j.
func (d *derivatives) times(i, j int, z, sign float64) {
	u := 1 / z
	if sign > 0 {
		d.value *= z
	} else {
		d.value *= u
	}
	d.addSlopes(i, j, sign*u, -sign*u*u)
}

// addSlopes adds a first and a second derivative in the sum of the parameters i
// to j.
func (d *derivatives) addSlopes(i, j int, first, second float64) {
	for k := i; k <= j; k++ {
		d.g[k] += first
		for l := k; l <= j; l++ {
			d.h[k][l] += second
		}
	}
}

// addExp adds the value of l, with derivatives that are of its log, to q, with
// derivatives that are of the value.
func (d *derivatives) addExp(l *derivatives) {
	d.value += l.value
	for i, gi := range l.g {
		d.g[i] += l.value * gi
		for j := i; j < len(l.g); j++ {
			d.h[i][j] += l.value * (l.h[i][j] + gi*l.g[j])
		}
	}
}
