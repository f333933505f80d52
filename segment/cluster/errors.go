package cluster

import (
	"errors"
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// ErrDegenerate is the kind of error where a component of a Gaussian mixture has shrunk
// to too few rows or to no spread, so that its likelihood means nothing.
var ErrDegenerate = errors.New("cluster: degenerate component")

// Status says how an iteration ended.
type Status string

// The ways to end.
const (
	// Converged: a further iteration would change nothing, or no more than the
	// tolerance.
	Converged Status = "converged"
	// IterationLimit: MaxIterations came first; the result is usable but not
	// final.
	IterationLimit Status = "iteration_limit"
)

func missing(field, reason string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: field, Reason: reason}
}

func outOfRange(field, value, reason string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Value: value, Reason: reason}
}

func mismatch(field, value, reason string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrMismatch, Field: field, Value: value, Reason: reason}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func finite(v float64) bool { return math.Abs(v) <= math.MaxFloat64 }
