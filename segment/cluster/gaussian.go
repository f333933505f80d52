package cluster

import (
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// Covariance says what shapes the components of a [Mixture] may have.
type Covariance int

const (
	// Full: any ellipsoid, each component its own.
	Full Covariance = iota
	// Diagonal: the features are independent within a component.
	Diagonal
	// Spherical: besides, every feature has the same variance.
	Spherical
)

var covarianceNames = [...]string{Full: "full", Diagonal: "diagonal", Spherical: "spherical"}

func (c Covariance) known() bool { return c >= 0 && int(c) < len(covarianceNames) }

// String returns "full", "diagonal" or "spherical".
func (c Covariance) String() string {
	if !c.known() {
		return "Covariance(" + strconv.Itoa(int(c)) + ")"
	}
	return covarianceNames[c]
}

// MarshalText implements [encoding.TextMarshaler].
func (c Covariance) MarshalText() ([]byte, error) {
	if !c.known() {
		return nil, unknownCovariance(c)
	}
	return []byte(covarianceNames[c]), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (c *Covariance) UnmarshalText(text []byte) error {
	for i, name := range covarianceNames {
		if string(text) == name {
			*c = Covariance(i)
			return nil
		}
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMalformed, Field: "Covariance", Value: string(text),
		Reason: "the covariances are full, diagonal and spherical",
	}
}

func unknownCovariance(c Covariance) error {
	return outOfRange("Covariance", strconv.Itoa(int(c)), "there is no such covariance")
}

// parameters counts the free parameters of k components in d columns.
func (c Covariance) parameters(k, d int) int {
	free := k - 1 + k*d
	switch c {
	case Diagonal:
		return free + k*d
	case Spherical:
		return free + k
	default:
		return free + k*d*(d+1)/2
	}
}

// gaussian is a component ready to be asked for densities.
type gaussian struct {
	mean []float64
	// white is the inverse of the lower Cholesky factor of the covariance, row
	// after row up to the diagonal; or only its diagonal.
	white    []float64
	diagonal bool
	// offset is ln weight - (d ln 2π + ln det covariance)/2.
	offset float64
}

// newGaussian factors a covariance given as its lower triangle, row after row,
// or, where diagonal is set, as its variances. It returns the smallest squared
// pivot: the least variance that a column has left when those before it are
// known. A pivot that is not above floor ends it with ok false.
func newGaussian(weight float64, mean, cov []float64, diagonal bool, floor float64) (g gaussian, ok bool) {
	d := len(mean)
	g = gaussian{mean: mean, white: make([]float64, len(cov)), diagonal: diagonal}
	logDet := 0.0
	if diagonal {
		for j, v := range cov {
			if !(v > floor) {
				return g, false
			}
			g.white[j] = 1 / math.Sqrt(v)
			logDet += math.Log(v)
		}
	} else {
		l := make([]float64, len(cov))
		for i := range d {
			row := l[i*(i+1)/2:]
			for j := 0; j <= i; j++ {
				other := l[j*(j+1)/2:]
				v := cov[i*(i+1)/2+j]
				for m := range j {
					v -= row[m] * other[m]
				}
				if j < i {
					row[j] = v / other[j]
					continue
				}
				if !(v > floor) {
					return g, false
				}
				row[i] = math.Sqrt(v)
				logDet += math.Log(v)
			}
		}
		invertLower(l, g.white, d)
	}
	g.offset = math.Log(weight) - (float64(d)*math.Log(2*math.Pi)+logDet)/2
	return g, true
}

// invertLower writes the inverse of the packed lower triangle l.
func invertLower(l, inv []float64, d int) {
	for j := range d {
		inv[j*(j+1)/2+j] = 1 / l[j*(j+1)/2+j]
		for i := j + 1; i < d; i++ {
			s := 0.0
			for m := j; m < i; m++ {
				s -= l[i*(i+1)/2+m] * inv[m*(m+1)/2+j]
			}
			inv[i*(i+1)/2+j] = s / l[i*(i+1)/2+i]
		}
	}
}

// log is ln (weight * density) at x. It leaves x - mean in diff.
func (g *gaussian) log(x, diff []float64) float64 {
	diff = diff[:len(x)]
	for j, v := range x {
		diff[j] = v - g.mean[j]
	}
	var q float64
	if g.diagonal {
		for j, v := range diff {
			y := v * g.white[j]
			q += y * y
		}
		return g.offset - q/2
	}
	row := g.white
	for i := range diff {
		y := 0.0
		for j, v := range diff[:i+1] {
			y += row[j] * v
		}
		row = row[i+1:]
		q += y * y
	}
	return g.offset - q/2
}

// posterior turns the logs of weighted densities into responsibilities, in
// place, and returns the log of their sum; false when the row is so far from
// every component that all densities vanish.
func posterior(logs []float64) (logDensity float64, ok bool) {
	most := math.Inf(-1)
	for _, v := range logs {
		most = max(most, v)
	}
	if !finite(most) {
		return 0, false
	}
	total := 0.0
	for c, v := range logs {
		logs[c] = math.Exp(v - most)
		total += logs[c]
	}
	for c := range logs {
		logs[c] /= total
	}
	return most + math.Log(total), true
}

// greatest returns the position of the greatest value, the first of equals.
func greatest(values []float64) int {
	at := 0
	for i, v := range values {
		if v > values[at] {
			at = i
		}
	}
	return at
}
