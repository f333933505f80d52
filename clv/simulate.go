package clv

import (
	"hash/fnv"
	"io"
	"math/rand/v2"
)

// Simulate draws the history of an account of this age, in the model's unit of
// time, as the model has accounts behave from their first order on.
func Simulate(m OrderFlow, age float64, r *rand.Rand) History {
	orders, _ := m.Future(History{}, age, r)
	h := History{Age: age}
	if n := len(orders); n > 0 {
		h.Frequency, h.Recency = n, orders[n-1]
	}
	return h
}

// stream returns the generator for one purpose under a seed. Each account has
// its own, by its id, so that its interval does not depend on who else is
// valued; parameters have one for each fit, so that all accounts of a portfolio
// live through the same draws of them.
func stream(seed uint64, purpose, key string) *rand.Rand {
	h := fnv.New64a()
	_, _ = io.WriteString(h, purpose+"\x00"+key) // never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// draws returns n draws of the coordinates of a fit from the normal
// distribution around them, in antithetic pairs.
func (d *Diagnostics) draws(n int, r *rand.Rand) ([][]float64, error) {
	root, err := d.root()
	if err != nil {
		return nil, err
	}
	out := make([][]float64, 0, n)
	z := make([]float64, len(d.Coordinates))
	for len(out) < n {
		if len(out)%2 == 0 {
			for i := range z {
				z[i] = r.NormFloat64()
			}
		} else {
			for i := range z {
				z[i] = -z[i]
			}
		}
		at := make([]float64, len(z))
		for i := range at {
			at[i] = d.Coordinates[i].Value + dot(root[i], z[:i+1])
		}
		out = append(out, at)
	}
	return out, nil
}
