package clv

import (
	"math"

	"github.com/keyaccount/keyaccount"
)

// cubature returns models that stand for the uncertainty of a fit's
// parameters: 2k points, of equal weight, with the mean and the covariance of
// the normal distribution of its k coordinates, at +-sqrt(k) along each column
// of the covariance's root (the spherical-radial rule of degree 3; Arasaratnam
// and Haykin, IEEE Trans. Automatic Control 54 (2009) 1254-1269, eq. 32). An
// average over them takes the uncertainty into account without a random number.
//
// A fit whose covariance is none is refused.
func cubature(fit Fitted) ([]OrderFlow, error) {
	d := fit.Report()
	k := len(d.Coordinates)
	center := values(d.Coordinates)
	root, err := d.root()
	if err != nil {
		return nil, err
	}
	models := make([]OrderFlow, 0, 2*k)
	for j := range k {
		for _, sign := range [...]float64{1, -1} {
			at := append([]float64(nil), center...)
			for i := j; i < k; i++ {
				at[i] += sign * math.Sqrt(float64(k)) * root[i][j]
			}
			models = append(models, fit.at(at))
		}
	}
	return models, nil
}

// root returns the lower triangular l with l l^T = Covariance.
func (d *Diagnostics) root() ([][]float64, error) {
	if len(d.Covariance) == len(d.Coordinates) {
		if f, ok := factorOf(d.Covariance); ok {
			for i := range f.l {
				for j := range f.l[i] {
					f.l[i][j] *= f.scale[i]
				}
			}
			return f.l, nil
		}
	}
	return nil, &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Covariance", Reason: "the covariance of a fit must be positive definite",
	}
}
