package keyaccount

import (
	"encoding/json"
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

// kinds pairs each kind with its code in JSON, which never changes.
var kinds = [...]struct {
	code string
	kind error
}{
	{"missing", ErrMissing},
	{"malformed", ErrMalformed},
	{"out_of_range", ErrOutOfRange},
	{"duplicate", ErrDuplicate},
	{"mixed_currency", ErrMixedCurrency},
	{"mismatch", ErrMismatch},
	{"version", ErrVersion},
}

type inputErrorJSON struct {
	Kind   string `json:"kind,omitempty"`
	Field  string `json:"field"`
	Row    int    `json:"row,omitempty"`
	Value  string `json:"value,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// MarshalJSON writes the kind as a code: missing, malformed, out_of_range,
// duplicate, mixed_currency, mismatch or version; another kind as its text,
// and none not at all. Bytes of Value that are no UTF-8 become U+FFFD.
func (e InputError) MarshalJSON() ([]byte, error) {
	out := inputErrorJSON{Field: e.Field, Row: e.Row, Value: e.Value, Reason: e.Reason}
	if e.Kind != nil {
		out.Kind = e.Kind.Error()
		for _, k := range kinds {
			if errors.Is(e.Kind, k.kind) {
				out.Kind = k.code
				break
			}
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what [InputError.MarshalJSON] wrote, so that errors.Is
// finds this package's kinds again. A kind that is none of the codes is read
// as an error with that text, and is identical to no other.
func (e *InputError) UnmarshalJSON(data []byte) error {
	var in inputErrorJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return &InputError{Kind: ErrMalformed, Field: "InputError", Reason: err.Error()}
	}
	out := InputError{Field: in.Field, Row: in.Row, Value: in.Value, Reason: in.Reason}
	if in.Kind != "" {
		out.Kind = errors.New(in.Kind)
		for _, k := range kinds {
			if in.Kind == k.code {
				out.Kind = k.kind
				break
			}
		}
	}
	*e = out
	return nil
}

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
