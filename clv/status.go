package clv

import (
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// Status says how far the parameters of a fit can be relied on. A fit that did
// not reach a maximum is an error, not a status.
type Status int

const (
	// Converged: a maximum, and every standard error below its parameter.
	Converged Status = iota
	// Weak: a maximum, but the standard error of some parameter is as large as
	// the parameter. Predictions can still be good, as parameters may be
	// uncertain along a line on which they agree.
	Weak
)

var statusNames = [...]string{Converged: "converged", Weak: "weak"}

// statusOf looks at standard errors relative to their parameters.
func statusOf(relative []float64) Status {
	if norm(relative) >= 1 {
		return Weak
	}
	return Converged
}

// String returns "converged" or "weak".
func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return "Status(" + strconv.Itoa(int(s)) + ")"
	}
	return statusNames[s]
}

// MarshalText writes what [Status.String] returns.
func (s Status) MarshalText() ([]byte, error) {
	if s < 0 || int(s) >= len(statusNames) {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Status", Value: s.String(),
			Reason: "a status is converged or weak",
		}
	}
	return []byte(statusNames[s]), nil
}

// UnmarshalText reads what [Status.MarshalText] wrote.
func (s *Status) UnmarshalText(text []byte) error {
	for i, name := range statusNames {
		if name == string(text) {
			*s = Status(i)
			return nil
		}
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMalformed, Field: "Status", Value: string(text),
		Reason: "a status is converged or weak",
	}
}
