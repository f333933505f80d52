package clv

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checkDerivatives compares gradient and Hessian, in the coordinates of the
// chart, with central differences of the value and of the gradient.
func checkDerivatives(t *testing.T, c chart, data likelihood, parameters []float64) {
	t.Helper()
	eval := func(at []float64) evaluation {
		p := c.parameters(at)
		return c.pull(at, p, data.at(p))
	}
	at := c.from(parameters)
	e := eval(at)
	for i := range at {
		const h = 1e-5
		up, down := append([]float64{}, at...), append([]float64{}, at...)
		up[i] += h
		down[i] -= h
		a, b := eval(up), eval(down)
		assert.InDelta(t, (a.value-b.value)/(2*h), e.gradient[i], 1e-5*(1+math.Abs(e.value)), "gradient %d at %v", i, parameters)
		for j := range at {
			assert.InDelta(t, (a.gradient[j]-b.gradient[j])/(2*h), e.hessian[i][j],
				1e-6*(1+math.Abs(e.hessian[i][i])), "Hessian %d %d at %v", i, j, parameters)
		}
	}
	for i, p := range c.parameters(at) {
		assert.InEpsilon(t, parameters[i], p, 1e-12, "there and back")
	}
}

// timesOf draws the orders alone.
func timesOf(m OrderFlow, h History, t float64, r *rand.Rand) []float64 {
	times, _ := m.Future(h, t, r)
	return times
}

// flow is a plain model, for test doubles to embed; fitFlow is a fit of it.
type flow struct{ BGNBD }

type fittedFlow struct {
	flow
	Diagnostics
}

func fitFlow(table *Counts) (*fittedFlow, error) {
	fit, err := FitBGNBD(table, nil)
	if err != nil {
		return nil, err
	}
	return &fittedFlow{flow{fit.BGNBD}, fit.Diagnostics}, nil
}

func mustSpend(t testing.TB, amounts ...float64) SpendHistory {
	t.Helper()
	s, err := SpendOf(amounts...)
	require.NoError(t, err)
	return s
}
