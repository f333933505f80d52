package keyaccount

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The kinds of [InputError], for errors.Is.
var (
	// ErrMissing: a required value is absent, or there is nothing to work on.
	ErrMissing = errors.New("keyaccount: missing value")
	// ErrMalformed: a value cannot be read as what it should be.
	ErrMalformed = errors.New("keyaccount: malformed value")
	// ErrOutOfRange: a value is readable but outside its domain.
	ErrOutOfRange = errors.New("keyaccount: value out of range")
	// ErrDuplicate: an identifier that must be unique stands twice.
	ErrDuplicate = errors.New("keyaccount: duplicate identifier")
	// ErrMixedCurrency: amounts of two currencies meet in one sum.
	ErrMixedCurrency = errors.New("keyaccount: mixed currency")
	// ErrMismatch: two states or models that were set up differently meet.
	ErrMismatch = errors.New("keyaccount: different configuration")
	// ErrVersion: saved bytes carry a schema or version that is not known.
	ErrVersion = errors.New("keyaccount: unknown schema or version")
)

// InputError names a fact that cannot be used: where it stands, what it is,
// and why. Find it with errors.As, and its kind with errors.Is.
type InputError struct {
	// Kind is one of this package's Err values.
	Kind error
	// Field is the Go name of the struct field or argument.
	Field string
	// Row is the position in the input counted from 1; 0 when the fact does
	// not stand in a list.
	Row int
	// Value is the offending value as text; empty when it is missing.
	Value string
	// Reason says in words what is wrong.
	Reason string
}

// maxShown bounds how much of a hostile value an error message repeats.
const maxShown = 80

// Error reads like: keyaccount: row 7: Amount "1x": not a decimal number.
func (e *InputError) Error() string {
	var b strings.Builder
	b.WriteString("keyaccount: ")
	if e.Row > 0 {
		b.WriteString("row ")
		b.WriteString(strconv.Itoa(e.Row))
		b.WriteString(": ")
	}
	b.WriteString(e.Field)
	if e.Value != "" {
		b.WriteByte(' ')
		b.WriteString(quoteShort(e.Value))
	}
	if e.Reason != "" {
		b.WriteString(": ")
		b.WriteString(e.Reason)
	}
	return b.String()
}

// Unwrap returns the kind.
func (e *InputError) Unwrap() error { return e.Kind }

func quoteShort(s string) string {
	if len(s) <= maxShown {
		return strconv.Quote(s)
	}
	end := maxShown
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return strconv.Quote(s[:end]) + "…"
}
