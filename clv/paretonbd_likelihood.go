package clv

import (
	"math"
	"slices"

	"github.com/keyaccount/keyaccount/internal/special"
)

// paretoNBDTable is a counted table laid out for repeated evaluation. The
// likelihood of one account is
//
//	L = (r)_x alpha^-x (A(T) + Int_{t_x}^T f(y) dy)
//	A(T) = (1+T/alpha)^-(r+x) (1+T/beta)^-s                  it is still active
//	f(y) = (1+y/alpha)^-(r+x) (1+y/beta)^-(s+1) s/beta       it left at y
//
// with (r)_x the rising factorial: the paper's likelihood before the integral
// is written as a difference of two 2F1.
//
// The derivatives of L need the integral of f times the products of two of
//
//	1, ln(1+y/alpha), 1/alpha - 1/(alpha+y), ln(1+y/beta), 1/beta - 1/(beta+y)
//
// which are all positive. For all rows with one x they are integrated once from
// each distinct time to the next and summed from the last backwards; that of
// one row is a difference of two such sums. As Int_T^oo f <= A(T), nothing is
// lost in it that would show in L.
type paretoNBDTable struct {
	groups []paretoNBDGroup
	n, x   float64 // accounts, and their repeat purchases
	age    float64 // all ages
}

// paretoNBDGroup is all rows with one x, in table order.
type paretoNBDGroup struct {
	x, n  float64
	times []float64 // distinct, rising
	rows  []paretoNBDRow
}

type paretoNBDRow struct {
	n            float64
	recency, age int32 // index into times
}

func newParetoNBDTable(c *Counts) *paretoNBDTable {
	t := new(paretoNBDTable)
	rows := c.sorted()
	for len(rows) > 0 {
		x := rows[0].Frequency
		end := slices.IndexFunc(rows, func(row CountedHistory) bool { return row.Frequency != x })
		if end < 0 {
			end = len(rows)
		}
		t.add(rows[:end])
		rows = rows[end:]
	}
	return t
}

// add adds the group of these rows, which have one x.
func (t *paretoNBDTable) add(rows []CountedHistory) {
	g := paretoNBDGroup{x: float64(rows[0].Frequency), rows: make([]paretoNBDRow, len(rows))}
	for _, row := range rows {
		g.times = append(g.times, row.Recency, row.Age)
	}
	slices.Sort(g.times)
	g.times = slices.Clip(slices.Compact(g.times))
	for i, row := range rows {
		last, _ := slices.BinarySearch(g.times, row.Recency)
		end, _ := slices.BinarySearch(g.times, row.Age)
		n := float64(row.N)
		g.rows[i] = paretoNBDRow{n, int32(last), int32(end)}
		g.n += n
		t.n += n
		t.x += n * g.x
		t.age += n * row.Age
	}
	t.groups = append(t.groups, g)
}

// The order of parameters in gradients and Hessians.
const (
	jR = iota
	jAlpha
	jS
	jBeta
)

// at evaluates the log-likelihood. All sums run in the order of the table.
func (t *paretoNBDTable) at(p []float64) derivatives {
	m := paretoNBDOf(p, Week)
	var d derivatives
	var sums []paretoNBDPoint
	for _, g := range t.groups {
		d.value += g.n * (special.LogRising(m.R, g.x) - g.x*math.Log(m.Alpha))
		d.g[jR] += g.n * special.DigammaDelta(m.R, g.x)
		d.h[jR][jR] += g.n * special.TrigammaDelta(m.R, g.x)
		d.g[jAlpha] -= g.n * g.x / m.Alpha
		d.h[jAlpha][jAlpha] += g.n * g.x / m.Alpha / m.Alpha
		sums = g.integrate(m, sums)
		g.addTo(&d, m, sums)
	}
	return d
}

// features are what the derivatives of ln f and ln A are made of, at one time:
// 1, ln(1+y/alpha), 1/alpha - 1/(alpha+y), ln(1+y/beta), 1/beta - 1/(beta+y).
type features [5]float64

func (m ParetoNBD) featuresAt(y, logAlpha, logBeta float64) features {
	return features{1, logAlpha, y / m.Alpha / (m.Alpha + y), logBeta, y / m.Beta / (m.Beta + y)}
}

// featureMoments are the integrals of the products of two features, the upper
// triangle row by row. Those with the first feature are the plain integrals.
type featureMoments [15]float64

func (m *featureMoments) add(weight float64, v *features) {
	m[0] += weight
	for j := 1; j < 5; j++ {
		m[j] += weight * v[j]
	}
	k := 5
	for i := 1; i < 5; i++ {
		w := weight * v[i]
		for j := i; j < 5; j++ {
			m[k] += w * v[j]
			k++
		}
	}
}

func (m *featureMoments) addScaled(scale float64, other *featureMoments) {
	for k := range m {
		m[k] += scale * other[k]
	}
}

// paretoNBDPoint is one distinct time of a group: its features, ln f, and the
// featureMoments of the integral from it to the group's last time, relative to f here.
type paretoNBDPoint struct {
	features
	log  float64
	rest featureMoments
}

// integrate computes the points of the group, in the given space if it is large
// enough.
func (g *paretoNBDGroup) integrate(m ParetoNBD, space []paretoNBDPoint) []paretoNBDPoint {
	points := slices.Grow(space[:0], len(g.times))[:len(g.times)]
	shape := m.R + g.x
	shift := min(m.Alpha, m.Beta)
	for i := len(g.times) - 1; i >= 0; i-- {
		y, p := g.times[i], &points[i]
		p.features = m.featuresAt(y, math.Log1p(y/m.Alpha), math.Log1p(y/m.Beta))
		p.log = -shape*p.features[1] - (m.S+1)*p.features[3]
		p.rest = featureMoments{}
		if i+1 == len(g.times) {
			continue
		}
		next := &points[i+1]
		p.rest.addScaled(math.Exp(next.log-p.log), &next.rest)
		f := powers{k: 1, shape: shape, leave: m.S + 1, alpha: m.Alpha, beta: m.Beta, shift: shift, from: y}
		f.integrate(math.Log1p((g.times[i+1]-y)/(shift+y)), func(share float64) {
			at := m.featuresAt(y+f.rise, p.features[1]+f.logAlpha, p.features[3]+f.logBeta)
			p.rest.add(share*(shift+y), &at)
		})
	}
	return points
}

// addTo adds ln(A + Int f) over the rows of the group.
func (g *paretoNBDGroup) addTo(d *derivatives, m ParetoNBD, points []paretoNBDPoint) {
	shape := m.R + g.x
	var left, active featureMoments // sums over rows of both parts' share in L
	for _, row := range g.rows {
		last, end := &points[row.recency], &points[row.age]
		// Relative to f(t_x):
		then := math.Exp(end.log - last.log)
		gone := last.rest
		gone.addScaled(-then, &end.rest)
		stay := then * ((m.Beta + g.times[row.age]) / m.S)
		all := gone[0] + stay
		d.value += row.n * (last.log + math.Log(all*(m.S/m.Beta)))

		stay /= all
		left.addScaled(row.n/all, &gone)
		active.add(row.n*stay, &end.features)
		v := [...]float64{
			jR:     -gone[1]/all - stay*end.features[1],
			jAlpha: shape * (gone[2]/all + stay*end.features[2]),
			jS:     (gone[0]/m.S-gone[3])/all - stay*end.features[3],
			jBeta:  ((m.S+1)*gone[4]-gone[0]/m.Beta)/all + stay*m.S*end.features[4],
		}
		for i, vi := range v {
			w := row.n * vi
			d.g[i] += w
			for j := i; j < len(v); j++ {
				d.h[i][j] -= w * v[j]
			}
		}
	}
	// The second derivatives of L over L: for either part, of its logarithm, and
	// the products of its first ones.
	left.addHessian(d, m, shape, m.S+1, 1)
	active.addHessian(d, m, shape, m.S, 0)
}

// addHessian adds the integral of the Hessian of exp(l) over exp(l), where
//
//	l = -shape ln(1+y/alpha) - leave ln(1+y/beta) + density ln(s/beta)
func (m *featureMoments) addHessian(d *derivatives, p ParetoNBD, shape, leave, density float64) {
	const a, u, b, v, aa, au, ab, av, uu, ub, uv, bb, bv, vv = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14
	ds, db := density/p.S, density/p.Beta
	d.h[jR][jR] += m[aa]
	d.h[jR][jAlpha] += m[u] - shape*m[au]
	d.h[jR][jS] += m[ab] - ds*m[a]
	d.h[jR][jBeta] += db*m[a] - leave*m[av]
	d.h[jAlpha][jAlpha] += shape * ((shape+1)*m[uu] - 2*m[u]/p.Alpha)
	d.h[jAlpha][jS] += shape * (ds*m[u] - m[ub])
	d.h[jAlpha][jBeta] += shape * (leave*m[uv] - db*m[u])
	d.h[jS][jS] += m[bb] - 2*ds*m[b]
	d.h[jS][jBeta] += m[v] + leave*(ds*m[v]-m[bv]) - db*(ds*m[0]-m[b])
	d.h[jBeta][jBeta] += leave*((leave+1)*m[vv]-2*m[v]/p.Beta-2*db*m[v]) + 2*db*db*m[0]
}
