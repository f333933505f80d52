package clv

import (
	"math"

	"github.com/keyaccount/keyaccount/internal/special"
)

// gammaGammaTable is a counted table laid out for repeated evaluation. The
// log-likelihood of one account is
//
//	-ln B(p x, q) - ln z + q ln gamma + p x ln(x z) - (p x+q) ln(gamma + x z)
//
// All but the last term depend on the account through x and the sums of one
// x. What is left for each row is one logarithm and one division.
type gammaGammaTable struct {
	groups []gammaGammaGroup
	totals []float64 // x z of the rows
	counts []float64 // accounts in them
	mean   float64   // of all amounts
	differ bool      // whether the means of accounts do
}

// gammaGammaGroup is all rows with one x.
type gammaGammaGroup struct {
	x, n      float64
	logMean   float64 // sum of ln z
	logTotals float64 // sum of ln(x z)
	rows      int
}

// newGammaGammaTable lays out rows in the order of the table. It refuses a row
// whose mean is not positive.
func newGammaGammaTable(rows []countedSpend) (*gammaGammaTable, error) {
	t := &gammaGammaTable{totals: make([]float64, len(rows)), counts: make([]float64, len(rows))}
	var orders float64
	for i, row := range rows {
		if !(row.Mean > 0) {
			err := badHistory("Mean", formatFloat(row.Mean), "Gamma-Gamma spend is positive; NormalSpend takes any")
			err.Row = i + 1
			return nil, err
		}
		x, n := float64(row.Orders), float64(row.N)
		if len(t.groups) == 0 || t.groups[len(t.groups)-1].x != x {
			t.groups = append(t.groups, gammaGammaGroup{x: x})
		}
		g := &t.groups[len(t.groups)-1]
		log := math.Log(row.Mean)
		g.n += n
		g.logMean += n * log
		g.logTotals += n * (log + math.Log(x))
		g.rows++
		t.differ = t.differ || row.Mean != rows[0].Mean
		t.totals[i], t.counts[i] = x*row.Mean, n
		orders += n * x
		t.mean += (row.Mean - t.mean) * (n * x / orders)
	}
	return t, nil
}

// The order of parameters in gradients and Hessians.
const (
	iP = iota
	iQ
	iGamma
)

// at evaluates the log-likelihood. All sums run in the order of the table.
func (t *gammaGammaTable) at(parameters []float64) derivatives {
	p, q, gamma := parameters[iP], parameters[iQ], parameters[iGamma]
	logGamma := math.Log(gamma)
	var d derivatives
	from := 0
	for _, g := range t.groups {
		var logs, inverse, square float64 // of gamma + x z
		until := from + g.rows
		counts := t.counts[from:until]
		for i, total := range t.totals[from:until] {
			n, u := counts[i], 1/(gamma+total)
			logs += n * math.Log(gamma+total)
			inverse += n * u
			square += n * u * u
		}
		from = until

		px := p * g.x
		shape := px + q
		d.value += px*(g.logTotals-logs) + q*(g.n*logGamma-logs) - g.logMean - g.n*special.LogBeta(px, q)
		d.g[iP] += g.x * (g.n*special.DigammaDelta(px, q) + g.logTotals - logs)
		d.g[iQ] += g.n*special.DigammaDelta(q, px) + g.n*logGamma - logs
		d.g[iGamma] += g.n*q/gamma - shape*inverse
		d.h[iP][iP] += g.n * g.x * g.x * special.TrigammaDelta(px, q)
		d.h[iP][iQ] += g.n * g.x * special.Trigamma(shape)
		d.h[iP][iGamma] -= g.x * inverse
		d.h[iQ][iQ] += g.n * special.TrigammaDelta(q, px)
		d.h[iQ][iGamma] += g.n/gamma - inverse
		d.h[iGamma][iGamma] += shape*square - g.n*q/gamma/gamma
	}
	return d
}
