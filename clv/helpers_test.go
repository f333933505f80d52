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

// checkFlow compares at a relative 1e-9, of max(1, |LL|) for a
// log-likelihood. What is below the smallest float64 must be 0.
func checkFlow(t *testing.T, m OrderFlow, h History, quantity string, want float64) {
	t.Helper()
	var got float64
	unit := math.Abs(want)
	switch quantity {
	case "ll":
		var table Counts
		require.NoError(t, table.Add(h, 1))
		var err error
		got, err = m.LogLikelihood(&table)
		require.NoError(t, err)
		unit = max(1, unit)
	case "palive":
		got = m.ProbAlive(h)
	case "cet39":
		got = m.ExpectedOrders(h, 39)
	case "dert.0027":
		got = m.Discounted(h, customary())
	case "dect52_.0027":
		got = m.DiscountedUntil(h, 52, customary())
	default:
		t.Fatalf("unknown quantity %q", quantity)
	}
	assert.LessOrEqual(t, math.Abs(got-want), 1e-9*unit, "%s %+v %+v: want %v, got %v", quantity, m, h, want, got)
}

// inDays returns a table of weeks in days, and its repeat orders.
func inDays(t testing.TB, weeks *Counts) (days *Counts, orders float64) {
	t.Helper()
	days = NewCounts(Day)
	for h, n := range weeks.All() {
		orders += float64(h.Frequency) * float64(n)
		require.NoError(t, days.Add(History{h.Frequency, 7 * h.Recency, 7 * h.Age}, n))
	}
	return days, orders
}
