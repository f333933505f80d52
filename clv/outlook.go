package clv

import (
	"math"
	"math/rand/v2"
)

// activeFlow is the future of an account that is active now.
type activeFlow interface {
	alive(t float64) float64
	orders(t float64) float64
	distribution(t float64, most int) []float64
	discounted(delta float64) float64
	discountedUntil(t, delta float64) float64
	draw(t float64, r *rand.Rand) (orders []float64, active float64)
}

// outlook is what a model expects of one account: with the probability
// standing it is active, else it has left. The zero outlook, of a model or a
// history that is refused, expects nothing.
type outlook[F activeFlow] struct {
	standing float64
	active   F
}

func isSpan(t float64) bool { return t >= 0 && t <= math.MaxFloat64 }

func (o outlook[F]) aliveAfter(t float64) float64 {
	switch {
	case !isSpan(t) || o.standing == 0:
		return 0
	case t == 0:
		return o.standing
	}
	return o.standing * min(o.active.alive(t), 1)
}

func (o outlook[F]) orders(t float64) float64 {
	if !positive(t) || o.standing == 0 {
		return 0
	}
	return o.standing * o.active.orders(t)
}

func (o outlook[F]) distribution(t float64, most int) []float64 {
	if most < 0 || most > MaxOrders {
		return nil
	}
	if !isSpan(t) || o.standing == 0 {
		return make([]float64, most+1)
	}
	if t == 0 {
		p := make([]float64, most+1)
		p[0] = 1
		return p
	}
	p := o.active.distribution(t, most)
	for i := range p {
		p[i] *= o.standing
	}
	p[0] += 1 - o.standing
	return p
}

func (o outlook[F]) discounted(rate Rate, u Unit) float64 {
	delta := rate.PerUnit(u)
	if !positive(delta) || o.standing == 0 {
		return 0
	}
	return o.standing * o.active.discounted(delta)
}

func (o outlook[F]) discountedUntil(t float64, rate Rate, u Unit) float64 {
	delta := rate.PerUnit(u)
	if !positive(t) || math.IsNaN(delta) || o.standing == 0 {
		return 0
	}
	return o.standing * o.active.discountedUntil(t, delta)
}

func (o outlook[F]) future(t float64, r *rand.Rand) (orders []float64, active float64) {
	if !positive(t) || o.standing == 0 || r.Float64() >= o.standing {
		return nil, 0
	}
	return o.active.draw(t, r)
}
