package clv

import (
	"math"

	"github.com/keyaccount/keyaccount/internal/special"
)

// bgnbdTable is a counted table laid out for repeated evaluation. The
// log-likelihood of one account, in logs of what the paper prints, is
//
//	ln (r)_x + ln B(a,b+x)/B(a,b) + r ln alpha - (r+x) ln(alpha+T) + [x>0] ln(1 + odds)
//	ln odds = ln a - ln(b+x-1) + (r+x) ln((alpha+T)/(alpha+t_x))
//
// with (r)_x the rising factorial. The first two terms depend on x only and
// are sums over x = 0, 1, ...; the next two need one logarithm for each
// distinct time. What is left for each row is one exp and one log1p.
//
// The modified model, with its one more chance to stay, is that with b+1 for
// b and odds also at x = 0, times P(stayed after the first order) = b/(a+b).
// With a rhythm of k events an order there are k x of them behind x orders; see
// addRhythm.
type bgnbdTable struct {
	k        float64 // events that make an order
	modified bool

	groups []bgnbdGroup
	rows   []bgnbdRow
	times  []bgnbdTime
	n      float64
	x      float64 // all repeat purchases
	age    float64 // all ages
	gaps   float64 // (k-1) times the sum of the logs of the times between orders
}

// bgnbdGroup is all rows with one x, in table order.
type bgnbdGroup struct {
	x, n float64
	rows int // of bgnbdTable.rows; none where nobody can have left
}

type bgnbdRow struct {
	n             float64
	recency, ages int32 // index into times
}

// bgnbdTime is one distinct time, be it an age or a recency.
type bgnbdTime struct {
	t    float64
	n, x float64 // accounts and repeat purchases at this age
}

func newBGNBDTable(c *Counts) *bgnbdTable { return layBGNBD(c, 1, false) }

func newMBGNBDTable(c *Counts) *bgnbdTable { return layBGNBD(c, 1, true) }

func layBGNBD(c *Counts, k int, modified bool) *bgnbdTable {
	t := &bgnbdTable{k: float64(k), modified: modified, rows: make([]bgnbdRow, 0, c.Len()), n: float64(c.N())}
	if k > 1 {
		gaps, _ := c.LogGaps()
		t.gaps = float64(k-1) * gaps
	}
	index := make(map[float64]int32)
	at := func(time float64) int32 {
		i, known := index[time]
		if !known {
			i = int32(len(t.times))
			index[time] = i
			t.times = append(t.times, bgnbdTime{t: time})
		}
		return i
	}
	for h, count := range c.All() {
		x, n := float64(h.Frequency), float64(count)
		if len(t.groups) == 0 || t.groups[len(t.groups)-1].x != x {
			t.groups = append(t.groups, bgnbdGroup{x: x})
		}
		g := &t.groups[len(t.groups)-1]
		g.n += n
		age := at(h.Age)
		t.times[age].n += n
		t.times[age].x += n * x
		t.x += n * x
		t.age += n * h.Age
		if x > 0 || modified || k > 1 {
			g.rows++
			t.rows = append(t.rows, bgnbdRow{n: n, recency: at(h.Recency), ages: age})
		}
	}
	return t
}

// The order of parameters in gradients and Hessians.
const (
	iR = iota
	iAlpha
	iA
	iB
)

// at evaluates the log-likelihood. All sums run in the order of the table.
func (t *bgnbdTable) at(p []float64) derivatives {
	m := bgnbdOf(p, Week)
	d := derivatives{value: t.gaps}
	if t.modified {
		ub, us := 1/m.B, 1/(m.A+m.B)
		d.value -= t.n * math.Log1p(m.A*ub)
		d.g[iA] -= t.n * us
		d.g[iB] += t.n * m.A * ub * us
		d.h[iA][iA] += t.n * us * us
		d.h[iA][iB] += t.n * us * us
		d.h[iB][iB] += t.n * (us*us - ub*ub)
		m.B++
	}
	d.value -= t.x * special.LogRising(1, t.k-1) // 1/(k-1)! in each time between orders
	t.addEvents(m.R, &d)
	t.addStays(m.A, m.B, &d)
	logs := t.addTimes(m.R, m.Alpha, &d)
	rows := t.rows
	for _, g := range t.groups {
		if t.k == 1 {
			t.addOdds(m, g, rows[:g.rows], logs, &d)
		} else {
			t.addRhythm(m, g, rows[:g.rows], logs, &d)
		}
		rows = rows[g.rows:]
	}
	return d
}

// direct is up to which distance to the next x the sums below are added up
// term by term.
const direct = 64

// addEvents adds ln (r)_kx, extending the sums over j = 0..kx-1 from each x to
// the next.
func (t *bgnbdTable) addEvents(r float64, d *derivatives) {
	var log, r1, r2 float64 // ln (r)_x and its derivatives, the second negated
	from := 0.0
	for _, g := range t.groups {
		if n := g.x*t.k - from; n > direct {
			log += special.LogRising(r+from, n)
			r1 += special.DigammaDelta(r+from, n)
			r2 -= special.TrigammaDelta(r+from, n)
			from += n
		}
		for ; from < g.x*t.k; from++ {
			u := 1 / (r + from)
			log += math.Log(r + from)
			r1, r2 = r1+u, r2+u*u
		}
		d.value += g.n * log
		d.g[iR] += g.n * r1
		d.h[iR][iR] -= g.n * r2
	}
}

// addStays adds ln B(a,b+x)/B(a,b) in the same way.
func (t *bgnbdTable) addStays(a, b float64, d *derivatives) {
	var beta float64   // ln B(a,b+x)/B(a,b)
	var b1, b2 float64 // sums of 1/(b+j) and 1/(b+j)^2
	var s1, s2 float64 // sums of 1/(a+b+j) and 1/(a+b+j)^2
	s := a + b
	from := 0.0
	for _, g := range t.groups {
		if n := g.x - from; n > direct {
			beta -= logRisingRatio(b+from, a, n)
			b1 += special.DigammaDelta(b+from, n)
			b2 -= special.TrigammaDelta(b+from, n)
			s1 += special.DigammaDelta(s+from, n)
			s2 -= special.TrigammaDelta(s+from, n)
			from = g.x
		}
		for ; from < g.x; from++ {
			ub, us := 1/(b+from), 1/(s+from)
			beta -= math.Log1p(a * ub)
			b1, b2 = b1+ub, b2+ub*ub
			s1, s2 = s1+us, s2+us*us
		}
		d.value += g.n * beta
		d.g[iA] -= g.n * s1
		d.h[iA][iA] += g.n * s2
		d.g[iB] += g.n * (b1 - s1)
		d.h[iA][iB] += g.n * s2
		d.h[iB][iB] += g.n * (s2 - b2)
	}
}

// logRisingRatio returns ln (b+a)_n / (b)_n.
func logRisingRatio(b, a, n float64) float64 {
	return special.LogRising(b+a, n) - special.LogRising(b, n)
}

// timeLog is ln(alpha+t) and 1/(alpha+t).
type timeLog struct{ log, inverse float64 }

// addTimes adds r ln alpha - (r+k x) ln(alpha+T).
func (t *bgnbdTable) addTimes(r, alpha float64, d *derivatives) []timeLog {
	logs := make([]timeLog, len(t.times))
	logAlpha := math.Log(alpha)
	for i, time := range t.times {
		l := timeLog{math.Log(alpha + time.t), 1 / (alpha + time.t)}
		logs[i] = l
		if time.n == 0 {
			continue
		}
		events := t.k * time.x
		all := r*time.n + events
		d.value -= r*time.n*(l.log-logAlpha) + events*l.log
		d.g[iR] -= time.n * (l.log - logAlpha)
		d.g[iAlpha] += r*time.n/alpha - all*l.inverse
		d.h[iR][iAlpha] += time.n * (1/alpha - l.inverse)
		d.h[iAlpha][iAlpha] += all*l.inverse*l.inverse - r*time.n/alpha/alpha
	}
	return logs
}

// addOdds adds ln(1 + odds of having left) over the rows of one x.
func (t *bgnbdTable) addOdds(m BGNBD, g bgnbdGroup, rows []bgnbdRow, logs []timeLog, d *derivatives) {
	if len(rows) == 0 {
		return
	}
	// Per row: left is the probability of having left, spread its derivative
	// in ln odds; the derivatives of ln odds are
	//	in r      l = ln((alpha+T)/(alpha+t_x))
	//	in alpha  (r+x) e,  e = 1/(alpha+T) - 1/(alpha+t_x)
	//	in a, b   1/a, -1/(b+x-1), the same for all rows
	var value, left, leftE, leftL, leftE2 float64
	var spread, spreadL, spreadE, spreadLL, spreadLE, spreadEE float64
	shape := m.R + g.x
	stay := m.B + (g.x - 1)
	logStart := math.Log(m.A) - math.Log(stay)
	for _, row := range rows {
		last, end := logs[row.recency], logs[row.ages]
		l, e := end.log-last.log, end.inverse-last.inverse
		logOdds := logStart + shape*l
		tail := math.Exp(-math.Abs(logOdds))
		over := 1 / (1 + tail)
		p, v := over, tail*over*over
		if logOdds < 0 {
			p = tail * over
		}
		value += row.n * (max(logOdds, 0) + math.Log1p(tail))
		p, v = p*row.n, v*row.n
		left += p
		leftL += p * l
		leftE += p * e
		leftE2 += p * e * (end.inverse + last.inverse)
		spread += v
		spreadL += v * l
		spreadE += v * e
		spreadLL += v * l * l
		spreadLE += v * l * e
		spreadEE += v * e * e
	}
	ua, ub := 1/m.A, -1/stay
	d.value += value
	d.g[iR] += leftL
	d.g[iAlpha] += shape * leftE
	d.g[iA] += left * ua
	d.g[iB] += left * ub
	d.h[iR][iR] += spreadLL
	d.h[iR][iAlpha] += leftE + shape*spreadLE
	d.h[iAlpha][iAlpha] += shape * (shape*spreadEE - leftE2)
	d.h[iR][iA] += spreadL * ua
	d.h[iR][iB] += spreadL * ub
	d.h[iAlpha][iA] += shape * spreadE * ua
	d.h[iAlpha][iB] += shape * spreadE * ub
	d.h[iA][iA] += (spread - left) * ua * ua
	d.h[iA][iB] += spread * ua * ub
	d.h[iB][iB] += (spread + left) * ub * ub
}
