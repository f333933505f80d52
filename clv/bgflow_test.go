package clv

import (
	"math"
	"math/rand/v2"
)

// flow is a BG/NBD as an [OrderFlow], written down from Fader, Hardie and Lee
// (2005), equation 8, for tests: slow, and right for moderate numbers only.
type flow struct{ BGNBD }

func (f flow) after(h History) BGNBD {
	return BGNBD{R: f.R + float64(h.Frequency), Alpha: f.Alpha + h.Age, A: f.A, B: f.B + float64(h.Frequency), Unit: f.Unit}
}

func (f flow) OrderDistribution(h History, t float64, most int) []float64 {
	if most < 0 || most > MaxOrders {
		return nil
	}
	alive, m := f.ProbAlive(h), f.after(h)
	lbeta := func(a, b float64) float64 {
		x, _ := math.Lgamma(a)
		y, _ := math.Lgamma(b)
		z, _ := math.Lgamma(a + b)
		return x + y - z
	}
	q, none := t/(m.Alpha+t), math.Pow(m.Alpha/(m.Alpha+t), m.R)
	p := make([]float64, most+1)
	term, below := none, 0.0
	for k := range p {
		x := float64(k)
		p[k] = math.Exp(lbeta(m.A, m.B+x)-lbeta(m.A, m.B)) * term
		if k > 0 {
			p[k] += math.Exp(lbeta(m.A+1, m.B+x-1)-lbeta(m.A, m.B)) * max(0, 1-below)
		}
		p[k] *= alive
		below += term
		term *= (m.R + x) / (x + 1) * q
	}
	p[0] += 1 - alive
	return p
}

func (f flow) ProbAliveAfter(h History, t float64) float64 {
	// An account leaves only upon an order: alive after k of them with
	// probability (b)_k/(a+b)_k, averaged over how many there would be.
	m := f.after(h)
	q := t / (m.Alpha + t)
	stays, term, sum := 1.0, math.Pow(m.Alpha/(m.Alpha+t), m.R), 0.0
	for k := range 2000 {
		x := float64(k)
		sum += stays * term
		stays *= (m.B + x) / (m.A + m.B + x)
		term *= (m.R + x) / (x + 1) * q
	}
	return f.ProbAlive(h) * sum
}

func (f flow) Discounted(h History, rate Rate) float64 { return f.DiscountedUntil(h, 2000, rate) }

func (f flow) DiscountedUntil(h History, t float64, rate Rate) (sum float64) {
	const steps = 4000
	delta, before := rate.PerUnit(f.Unit), 0.0
	for i := range steps {
		upTo := f.ExpectedOrders(h, t*float64(i+1)/steps)
		sum += (upTo - before) * math.Exp(-delta*t*(float64(i)+.5)/steps)
		before = upTo
	}
	return sum
}

func (f flow) Future(h History, t float64, r *rand.Rand) (times []float64) {
	if r.Float64() > f.ProbAlive(h) {
		return nil
	}
	m := f.after(h)
	rate := gammaDraw(r, m.R) / m.Alpha
	x, y := gammaDraw(r, m.A), gammaDraw(r, m.B)
	for at := r.ExpFloat64() / rate; at <= t && len(times) < MaxOrders; at += r.ExpFloat64() / rate {
		times = append(times, at)
		if r.Float64() < x/(x+y) {
			break
		}
	}
	return times
}

// gammaDraw is Marsaglia and Tsang (2000), with their boost for small shapes.
func gammaDraw(r *rand.Rand, shape float64) float64 {
	boost := 1.0
	if shape < 1 {
		boost = math.Pow(r.Float64(), 1/shape)
		shape++
	}
	d := shape - 1.0/3
	for {
		z := r.NormFloat64()
		v := 1 + z/math.Sqrt(9*d)
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-r.Float64()) < z*z/2+d-d*v+d*math.Log(v) {
			return boost * d * v
		}
	}
}

// fittedFlow is a fit of it.
type fittedFlow struct {
	flow
	Diagnostics
}

func (f *fittedFlow) at(coordinates []float64) OrderFlow {
	return flow{bgnbdOf(bgnbdChart().parameters(coordinates), f.Unit)}
}

func fitFlow(table *Counts) (*fittedFlow, error) {
	fit, err := FitBGNBD(table, nil)
	if err != nil {
		return nil, err
	}
	return &fittedFlow{flow{fit.BGNBD}, fit.Diagnostics}, nil
}
