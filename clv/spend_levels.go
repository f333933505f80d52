package clv

import (
	"fmt"
	"math"
)

// levels is a normal distribution in two levels: each account has a mean of its
// own, N(mu, tau^2), around which its values scatter, N(mean, sigma^2).
// [LogNormal] has the logarithms of amounts as values, [NormalSpend] the
// amounts themselves.
type levels struct{ mu, tau, sigma float64 }

// given returns mean and variance of an account's mean after n values with this
// mean.
func (l levels) given(n int, mean float64) (m, v float64) {
	if n == 0 {
		return l.mu, square(l.tau)
	}
	own := 1 / (1 + square(l.sigma/l.tau)/float64(n))
	return (1-own)*l.mu + own*mean, own * (square(l.sigma) / float64(n))
}

// square returns v^2, short of where sums with it overflow.
func square(v float64) float64 { return min(v*v, extreme) }

// levelsTable is a counted table laid out for repeated evaluation: the
// log-likelihood depends on the accounts with k values each only through how
// many they are, and the first two moments of their means.
type levelsTable struct {
	groups []levelsGroup
	within float64 // sum of squares within accounts
	start  levels
	shift  float64 // added to the log-likelihood
}

type levelsGroup struct {
	k, n          float64
	mean, between float64 // of the means of accounts: mean, and sum of squares around it
}

// newLevelsTable lays out rows, of whose accounts value returns mean and sum of
// squares. It refuses what tells nothing of one of the levels.
func newLevelsTable(rows []countedSpend, value func(s SpendHistory) (mean, spread float64, err error)) (*levelsTable, error) {
	t := &levelsTable{}
	for i, row := range rows {
		mean, spread, err := value(row.SpendHistory)
		if err != nil {
			return nil, atRow(err, i+1)
		}
		k, n := float64(row.Orders), float64(row.N)
		if len(t.groups) == 0 || t.groups[len(t.groups)-1].k != k {
			t.groups = append(t.groups, levelsGroup{k: k})
		}
		g := &t.groups[len(t.groups)-1]
		g.n += n
		step := mean - g.mean
		g.mean += step * (n / g.n)
		g.between += n * step * (mean - g.mean)
		t.within += n * spread
	}
	return t, nil
}

// begin sets where to search from, by moments. It refuses values that do not
// differ within accounts.
func (t *levelsTable) begin() error {
	var accounts, mean, free, between float64
	for _, g := range t.groups {
		accounts += g.n
		mean += (g.mean - mean) * (g.n / accounts)
		free += g.n * (g.k - 1)
	}
	for _, g := range t.groups {
		between += g.between + g.n*(g.mean-mean)*(g.mean-mean)
	}
	if t.within == 0 {
		return fmt.Errorf("%w: no account has amounts that differ, sigma goes to 0", ErrNotIdentified)
	}
	sigma := math.Sqrt(t.within / free)
	t.start = levels{mean, max(math.Sqrt(between/accounts), sigma/10), sigma}
	return nil
}

// at evaluates the log-likelihood at e^mu, tau and sigma.
func (t *levelsTable) at(p []float64) derivatives {
	d := t.atLevels(levels{math.Log(p[iMu]), p[iTau], p[iSigma]})
	// From mu to e^mu.
	u := 1 / p[iMu]
	d.h[iMu][iMu] = (d.h[iMu][iMu] - d.g[iMu]) * u * u
	d.g[iMu] *= u
	d.h[iMu][iTau] *= u
	d.h[iMu][iSigma] *= u
	return d
}

// The order of parameters in gradients and Hessians.
const (
	iMu = iota
	iTau
	iSigma
)

// atLevels evaluates the log-likelihood in mu, tau and sigma. The mean of k
// values has the variance w/k, w = sigma^2 + k tau^2.
func (t *levelsTable) atLevels(l levels) derivatives {
	tau, sigma := l.tau, l.sigma
	s2 := sigma * sigma
	d := derivatives{value: t.shift}
	d.value -= t.within / s2 / 2
	d.g[iSigma] += t.within / s2 / sigma
	d.h[iSigma][iSigma] -= 3 * t.within / s2 / s2
	for _, g := range t.groups {
		away := g.mean - l.mu
		w := s2 + g.k*tau*tau
		off := g.k * g.n * away / w
		squares := g.k * (g.between + g.n*away*away) / w
		inW := (squares - g.n) / (2 * w)
		inWW := (g.n/2 - squares) / w / w
		free := g.n * (g.k - 1)
		d.value -= g.n*g.k*math.Log(2*math.Pi)/2 + free*math.Log(sigma) + g.n*math.Log(w)/2 + squares/2
		d.g[iMu] += off
		d.g[iTau] += inW * 2 * g.k * tau
		d.g[iSigma] += inW*2*sigma - free/sigma
		d.h[iMu][iMu] -= g.k * g.n / w
		d.h[iMu][iTau] -= off / w * 2 * g.k * tau
		d.h[iMu][iSigma] -= off / w * 2 * sigma
		d.h[iTau][iTau] += inWW*4*square(g.k*tau) + inW*2*g.k
		d.h[iTau][iSigma] += inWW * 4 * g.k * tau * sigma
		d.h[iSigma][iSigma] += inWW*4*s2 + inW*2 + free/s2
	}
	return d
}

func levelsChart(mean block) chart { return chart{mean, logBlock("tau"), logBlock("sigma")} }
