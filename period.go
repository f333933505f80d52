package keyaccount

import "time"

// Period is the half-open span of time [From, To). A zero From or To leaves
// that side unbounded, so the zero Period is all of time.
type Period struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

// Contains reports whether t lies in [From, To).
func (p Period) Contains(t time.Time) bool {
	return (p.From.IsZero() || !t.Before(p.From)) && (p.To.IsZero() || t.Before(p.To))
}

// Validate refuses a period that ends before it begins, as an [*InputError] of
// kind [ErrOutOfRange]. An empty period (From equal to To) is allowed.
func (p Period) Validate() error {
	if !p.From.IsZero() && !p.To.IsZero() && p.To.Before(p.From) {
		return &InputError{
			Kind: ErrOutOfRange, Field: "To", Value: p.To.Format(time.RFC3339Nano),
			Reason: "the period ends before it begins at " + p.From.Format(time.RFC3339Nano),
		}
	}
	return nil
}
