package survey

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// shares is a sample of answers by band. The numbers need not be whole: a
// clustered sample is scaled down to its effective size.
type shares struct{ detractors, passives, promoters float64 }

func (s shares) n() float64   { return s.detractors + s.passives + s.promoters }
func (s shares) nps() float64 { return (s.promoters - s.detractors) / s.n() }

// variance is that of a single answer, taking -1, 0 or 1.
func (s shares) variance() float64 {
	d := s.nps()
	return max(0, (s.promoters+s.detractors)/s.n()-d*d)
}

func (s shares) scale(by float64) shares {
	return shares{s.detractors * by, s.passives * by, s.promoters * by}
}

// interval returns the limits by the method, inside [-1, 1], z standard errors
// or their like to either side. It needs at least part of an answer.
func (s shares) interval(m Method, z float64) (low, high float64) {
	switch m {
	case AdjustedWald:
		low, high = s.adjusted().wald(z)
	case Wald:
		low, high = s.wald(z)
	default:
		return s.scoreLow(z), -s.mirror().scoreLow(z)
	}
	return max(-1, low), min(1, high)
}

// wald returns NPS ± z * SE, which may leave [-1, 1].
func (s shares) wald(z float64) (low, high float64) {
	half := z * math.Sqrt(s.variance()/s.n())
	return s.nps() - half, s.nps() + half
}

// adjusted adds three answers (Rocks 2016).
func (s shares) adjusted() shares {
	return shares{s.detractors + 0.75, s.passives + 1.5, s.promoters + 0.75}
}

func (s shares) mirror() shares { return shares{s.promoters, s.passives, s.detractors} }

// scoreLow solves n (NPS - d)^2 = z^2 V(d) for the root d below NPS.
//
// At d = -1 the left side is not smaller, as V is 0 there; just below NPS it
// is not larger. Halving that bracket reaches the last bit of a value near 1
// in 60 steps, and unlike Newton's method cannot land on the root d = NPS that
// exists when all answers agree.
func (s shares) scoreLow(z float64) float64 {
	low, high := -1.0, s.nps()
	rootN := math.Sqrt(s.n())
	for range 60 {
		d := low + (high-low)/2
		if rootN*(s.nps()-d) > z*math.Sqrt(s.varianceAt(d)) {
			low = d
		} else {
			high = d
		}
	}
	return low + (high-low)/2
}

// varianceAt returns the variance of one answer under the likeliest shares
// that have p(promoter) - p(detractor) = d, for d in [-1, 1].
//
// With q for p(detractor), the log-likelihood D ln q + M ln(1-2q-d) +
// P ln(q+d) is stationary where
//
//	2n q^2 - (D + P - d (2n + D - P)) q - D d (1-d) = 0
//
// For d >= 0 the larger root is the one with all three shares in [0, 1]; the
// case d < 0 is the mirror image. The variance is 2q + d - d^2.
func (s shares) varianceAt(d float64) float64 {
	if d < 0 {
		s, d = s.mirror(), -d
	}
	n := s.n()
	b := s.detractors + s.promoters - d*(2*n+s.detractors-s.promoters)
	c := s.detractors * d * (1 - d)
	root := math.Sqrt(b*b + 8*n*c)
	var q float64
	if b >= 0 {
		q = (b + root) / (4 * n)
	} else { // the same root without subtracting like from like
		q = 2 * c / (root - b)
	}
	return max(0, 2*q+d*(1-d))
}

// normalQuantile returns z with P(|Z| < z) = level for a standard normal Z.
func normalQuantile(level float64) float64 {
	return distuv.UnitNormal.Quantile(0.5 + level/2)
}

// tQuantile is the same for Student's t.
func tQuantile(level, degrees float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: degrees}.Quantile(0.5 + level/2)
}
