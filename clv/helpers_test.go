package clv

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
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

// flow is a plain model under a name of its own, for test doubles to embed.
type flow struct{ BGNBD }
