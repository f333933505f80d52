package clv

import (
	"math"

	"github.com/keyaccount/keyaccount/internal/special"
)

// contractTable is a counted table laid out for repeated evaluation. With
//
//	L(k) = ln S(k) = ln B(a, b+k^c) / B(a, b)
//
// a contract still alive after k renewals counts L(k), and one lost at the next
// L(k) + ln(1 - e^(L(k+1)-L(k))). The sBG has two parameters and c = 1.
type contractTable struct {
	rows []contractRow
	kept float64 // renewals survived
	lost float64
}

type contractRow struct{ k, alive, lost float64 }

func newContractTable(c *ContractCounts) *contractTable {
	t := &contractTable{}
	for h, count := range c.All() {
		k, n := float64(h.Renewals), float64(count)
		if len(t.rows) == 0 || t.rows[len(t.rows)-1].k != k {
			t.rows = append(t.rows, contractRow{k: k})
		}
		row := &t.rows[len(t.rows)-1]
		t.kept += k * n
		if h.Lost {
			row.lost += n
			t.lost += n
		} else {
			row.alive += n
		}
	}
	return t
}

// iC is the last parameter of a BdW; a and b come first.
const iC = 2

// at evaluates the log-likelihood. All sums run in the order of the table.
func (t *contractTable) at(p []float64) derivatives {
	a, b, c := p[0], p[1], 1.0
	if len(p) > iC {
		c = p[iC]
	}
	var d derivatives
	for _, row := range t.rows {
		now := logSurvivalAt(a, b, c, row.k)
		d.add(row.alive+row.lost, now)
		if row.lost > 0 {
			d.add(row.lost, logSurvivalAt(a, b, c, row.k+1).less(now).complement())
		}
	}
	return d
}

// logSurvivalAt returns L(k) with its derivatives in a, b and c.
func logSurvivalAt(a, b, c, k float64) derivatives {
	if k == 0 {
		return derivatives{}
	}
	n, log := math.Pow(k, c), math.Log(k)
	inN := -special.DigammaDelta(b+n, a)
	rise := n * log // of n in c
	var d derivatives
	d.value = special.LogBetaDelta(a, b, n)
	d.g = [maxParameters]float64{-special.DigammaDelta(a+b, n), special.DigammaDelta(b, a) + inN, inN * rise}
	both := -special.TrigammaDelta(a+b, n)
	bend := -special.TrigammaDelta(b+n, a)
	d.h[0][0], d.h[0][1], d.h[0][2] = both, both, -special.Trigamma(a+b+n)*rise
	d.h[1][1], d.h[1][2] = special.TrigammaDelta(b, n)+both, bend*rise
	d.h[2][2] = bend*rise*rise + inN*rise*log
	return d
}

// contractParameters is how many parameters contract models have at most.
const contractParameters = 3

// add adds n times another.
func (d *derivatives) add(n float64, other derivatives) {
	d.value += n * other.value
	for i := range contractParameters {
		d.g[i] += n * other.g[i]
		for j := i; j < contractParameters; j++ {
			d.h[i][j] += n * other.h[i][j]
		}
	}
}

// less subtracts another.
func (d derivatives) less(other derivatives) derivatives {
	d.add(-1, other)
	return d
}

// complement turns ln s into ln(1-s).
func (d derivatives) complement() derivatives {
	odds := 1 / math.Expm1(-d.value) // s/(1-s)
	out := derivatives{value: log1mExp(d.value)}
	for i := range contractParameters {
		out.g[i] = -odds * d.g[i]
		for j := i; j < contractParameters; j++ {
			out.h[i][j] = -odds * (d.h[i][j] + (1+odds)*d.g[i]*d.g[j])
		}
	}
	return out
}

// log1mExp returns ln(1 - e^v) for v < 0.
func log1mExp(v float64) float64 {
	if v > -math.Ln2 {
		return math.Log(-math.Expm1(v))
	}
	return math.Log1p(-math.Exp(v))
}
