package clv

import "errors"

// The kinds of failure of a fit, for errors.Is. The text of the error says
// what in the data is the reason.
var (
	// ErrTooFewData: the table is empty, or nobody in it bought twice.
	ErrTooFewData = errors.New("clv: too few data to fit")
	// ErrNotIdentified: the likelihood has no maximum at finite parameters, or
	// is flat around it: these data cannot tell some of the parameters apart.
	ErrNotIdentified = errors.New("clv: parameters not identified")
	// ErrNotConverged: the iteration limit came before the maximum, or the
	// data are so extreme that the search cannot begin.
	ErrNotConverged = errors.New("clv: fit did not converge")
)
