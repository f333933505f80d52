package clv

import (
	"fmt"
	"math"
)

// FitOptions tunes a fit. The zero value and nil are the defaults.
type FitOptions struct {
	// MaxIterations bounds the Newton steps tried. Defaults to 100.
	MaxIterations int
}

func (o *FitOptions) maxIterations() int {
	if o == nil || o.MaxIterations <= 0 {
		return 100
	}
	return o.MaxIterations
}

// BGNBDFit is a maximum-likelihood fit: the model, and how well it is known.
type BGNBDFit struct {
	BGNBD
	// StdErr has the standard errors of the parameters, from the observed
	// information (the inverse of the negative Hessian at the maximum).
	StdErr BGNBDStdErr `json:"std_err"`
	// LogLikelihood is what [BGNBD.LogLikelihood] returns for the table.
	LogLikelihood float64 `json:"log_likelihood"`
	// AIC and BIC are the Akaike and Bayes information criteria; smaller is
	// better. BIC counts accounts.
	AIC float64 `json:"aic"`
	BIC float64 `json:"bic"`
	// N is the number of accounts.
	N int64 `json:"n"`
	// Iterations is the number of Newton steps tried.
	Iterations int `json:"iterations"`
	// GradNorm is the largest absolute derivative of the log-likelihood in the
	// log of a parameter, at the maximum.
	GradNorm float64 `json:"grad_norm"`
	// Status says whether the parameters can be relied on.
	Status Status `json:"status"`
}

// BGNBDStdErr holds one standard error for each parameter of a [BGNBD], in the
// parameter's own unit.
type BGNBDStdErr struct {
	R     float64 `json:"r"`
	Alpha float64 `json:"alpha"`
	A     float64 `json:"a"`
	B     float64 `json:"b"`
}

var bgnbdNames = []string{"R", "Alpha", "A", "B"}

// FitBGNBD finds the parameters under which the table is most likely. The
// search is a damped Newton method in the logs of the parameters, with the
// exact gradient and Hessian, from a start that follows the data's scale: the
// same table gives the same bits.
//
// It fails with [ErrTooFewData] when nobody bought twice, with
// [ErrNotIdentified] when there is no maximum at finite parameters (all orders
// come at the same rate, or nobody ever leaves) or the likelihood is flat
// around it, and with [ErrNotConverged] at the iteration limit.
func FitBGNBD(table *Counts, opts *FitOptions) (*BGNBDFit, error) {
	t := newBGNBDTable(table)
	switch {
	case t.n == 0:
		return nil, fmt.Errorf("%w: the table is empty", ErrTooFewData)
	case t.x == 0:
		return nil, fmt.Errorf("%w: none of %d accounts has a repeat purchase", ErrTooFewData, table.N())
	}
	objective := func(at []float64) evaluation {
		m := bgnbdFromLogs(at)
		return t.at(m).inLogs(m)
	}
	start := []float64{0, math.Log(t.age / t.x), math.Log(0.5), math.Log(2)}
	best, err := newton(objective, start, bgnbdNames, opts.maxIterations())
	if err != nil {
		return nil, err
	}
	m := bgnbdFromLogs(best.at)
	const k = bgnbdParameters
	return &BGNBDFit{
		BGNBD: m,
		StdErr: BGNBDStdErr{
			R: m.R * best.stdErr[iR], Alpha: m.Alpha * best.stdErr[iAlpha],
			A: m.A * best.stdErr[iA], B: m.B * best.stdErr[iB],
		},
		LogLikelihood: best.value,
		AIC:           2*k - 2*best.value,
		BIC:           k*math.Log(t.n) - 2*best.value,
		N:             table.N(),
		Iterations:    best.iterations,
		GradNorm:      norm(best.gradient),
		Status:        statusOf(best.stdErr),
	}, nil
}

func bgnbdFromLogs(at []float64) BGNBD {
	return BGNBD{
		R: math.Exp(at[iR]), Alpha: math.Exp(at[iAlpha]),
		A: math.Exp(at[iA]), B: math.Exp(at[iB]),
	}
}
