package clv

import "math"

// cubature returns models that stand for the uncertainty of a fit's
// parameters: 2k points, of equal weight, with the mean and the covariance of
// the normal distribution of its k coordinates, at +-sqrt(k) along each column
// of the covariance's root (the spherical-radial rule of degree 3; Arasaratnam
// and Haykin, IEEE Trans. Automatic Control 54 (2009) 1254-1269, eq. 32). An
// average over them takes the uncertainty into account without a random number.
func cubature(fit Fitted) []OrderFlow {
	d := fit.Report()
	k := len(d.Coordinates)
	center := values(d.Coordinates)
	root, ok := rootOf(d.Covariance)
	if !ok {
		return nil
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
	return models
}

// rootOf returns the lower triangular l with l l^T = covariance.
func rootOf(covariance [][]float64) ([][]float64, bool) {
	f, ok := factorOf(covariance)
	for i := range f.l {
		for j := range f.l[i] {
			f.l[i][j] *= f.scale[i]
		}
	}
	return f.l, ok
}
