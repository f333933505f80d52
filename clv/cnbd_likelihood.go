package clv

import "math"

// addRhythm adds, over the rows of one x, what is left of the log-likelihood
// when every k-th event is an order. The account is alive if fewer than k
// events came since its last order; relative to the case that none came,
// these have the weight
//
//	G = sum over j < k of (s)_j/j! u^j,  s = r+kx,  u = (T-t_x)/(alpha+T)
//
// and the term is ln(G + odds0) with the odds0 of addOdds, which are those of
// having left against no event (Reutterer, Platzer and Schroeder 2021). At k = 1, G is 1.
// It is split as ln G + ln(1 + odds), ln odds = ln odds0 - ln G: the first is
// smooth, the second is the one of addOdds.
func (t *bgnbdTable) addRhythm(m BGNBD, g bgnbdGroup, rows []bgnbdRow, logs []timeLog, d *derivatives) {
	shape := m.R + t.k*g.x
	stay := m.B + (g.x - 1)
	leaves := g.x > 0 || t.modified
	ua, ub := 1/m.A, -1/stay
	logStart := math.Log(m.A) - math.Log(stay)
	for _, row := range rows {
		last, end := logs[row.recency], logs[row.ages]
		u := (t.times[row.ages].t - t.times[row.recency].t) * end.inverse
		q := phaseSum(int(t.k), shape, u, end.inverse)
		d.value += row.n * q.value
		if !leaves {
			d.g[iR] += row.n * q.r
			d.g[iAlpha] += row.n * q.alpha
			d.h[iR][iR] += row.n * q.rr
			d.h[iR][iAlpha] += row.n * q.ra
			d.h[iAlpha][iAlpha] += row.n * q.aa
			continue
		}
		l, e := end.log-last.log, end.inverse-last.inverse
		logOdds := logStart + shape*l - q.value
		tail := math.Exp(-math.Abs(logOdds))
		over := 1 / (1 + tail)
		p, v := over, tail*over*over // of having left, and its derivative
		if logOdds < 0 {
			p = tail * over
		}
		d.value += row.n * (max(logOdds, 0) + math.Log1p(tail))
		// Gradient and Hessian of ln odds0, then those of the whole:
		// (1-p) those of ln G + p those of ln odds0, and v times the square of
		// the gradient of ln odds.
		zr, za := l, shape*e
		zra, zaa := e, -shape*e*(end.inverse+last.inverse)
		or, oa := zr-q.r, za-q.alpha
		in, out := row.n*(1-p), row.n*p
		if logOdds > 0 {
			in = row.n * tail * over
		}
		nv := row.n * v
		d.g[iR] += in*q.r + out*zr
		d.g[iAlpha] += in*q.alpha + out*za
		d.g[iA] += out * ua
		d.g[iB] += out * ub
		d.h[iR][iR] += in*q.rr + nv*or*or
		d.h[iR][iAlpha] += in*q.ra + out*zra + nv*or*oa
		d.h[iAlpha][iAlpha] += in*q.aa + out*zaa + nv*oa*oa
		d.h[iR][iA] += nv * or * ua
		d.h[iR][iB] += nv * or * ub
		d.h[iAlpha][iA] += nv * oa * ua
		d.h[iAlpha][iB] += nv * oa * ub
		d.h[iA][iA] += (nv - out) * ua * ua
		d.h[iA][iB] += nv * ua * ub
		d.h[iB][iB] += (nv + out) * ub * ub
	}
}

// phases is ln G with its derivatives in r and alpha.
type phases struct{ value, r, alpha, rr, ra, aa float64 }

// phaseSum sums up G. Terms are scaled by the largest as they come, so that
// they do not overflow; inverse is 1/(alpha+T).
func phaseSum(k int, shape, u, inverse float64) phases {
	// With w_j the terms and h_j = sum of 1/(s+i) over i < j:
	//	d ln w_j = h_j dr - j inverse dalpha
	//	d^2      = -(sum of 1/(s+i)^2) dr^2 + j inverse^2 dalpha^2
	var sum, r, j1, rr, rj, jj float64
	term, h, h2 := 1.0, 0.0, 0.0
	scale := 0.0
	for j := range k {
		n := float64(j)
		sum += term
		r += term * h
		j1 += term * n
		rr += term * (h*h - h2)
		rj += term * h * n
		jj += term * n * n
		at := shape + n
		term *= at * u / (n + 1)
		h += 1 / at
		h2 += 1 / (at * at)
		if term > 1e100 {
			scale += math.Log(term)
			f := 1 / term
			sum, r, j1, rr, rj, jj, term = sum*f, r*f, j1*f, rr*f, rj*f, jj*f, 1
		}
	}
	f := 1 / sum
	r, j1, rr, rj, jj = r*f, j1*f, rr*f, rj*f, jj*f
	return phases{
		value: scale + math.Log(sum),
		r:     r, alpha: -j1 * inverse,
		rr: rr - r*r, ra: -(rj - r*j1) * inverse, aa: (j1 + jj - j1*j1) * inverse * inverse,
	}
}
