package clv

import (
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// Earlier says what becomes of purchases before the start of a [Split]. The age
// of an account that bought before the data begin is not known: its first
// purchase is another than the first one seen.
type Earlier int

const (
	// RefuseEarlier makes a purchase before the start an error.
	RefuseEarlier Earlier = iota
	// DropEarlier leaves out every account with a purchase before the start.
	DropEarlier
	// FirstSeen leaves out the purchases before the start, and takes the first
	// one after it for the first.
	FirstSeen
)

var earlierNames = []string{RefuseEarlier: "refuse", DropEarlier: "drop", FirstSeen: "first_seen"}

// String returns "refuse", "drop" or "first_seen".
func (e Earlier) String() string { return policyName("Earlier", earlierNames, int(e)) }

// MarshalText writes what [Earlier.String] returns.
func (e Earlier) MarshalText() ([]byte, error) { return policyText("Earlier", earlierNames, int(e)) }

// UnmarshalText reads what [Earlier.MarshalText] wrote.
func (e *Earlier) UnmarshalText(text []byte) error {
	return readPolicy("Earlier", earlierNames, text, (*int)(e))
}

// FirstOrder says whether the first order counts in what orders are worth.
type FirstOrder int

const (
	// WithoutFirst leaves the first order out: x orders, as is the custom since
	// Fader and Hardie's CDNOW. It is often unlike those that follow, and an
	// account without a repeat order then has no mean.
	WithoutFirst FirstOrder = iota
	// WithFirst counts it: x+1 orders.
	WithFirst
)

var firstOrderNames = []string{WithoutFirst: "without_first", WithFirst: "with_first"}

// String returns "without_first" or "with_first".
func (f FirstOrder) String() string { return policyName("FirstOrder", firstOrderNames, int(f)) }

// MarshalText writes what [FirstOrder.String] returns.
func (f FirstOrder) MarshalText() ([]byte, error) {
	return policyText("FirstOrder", firstOrderNames, int(f))
}

// UnmarshalText reads what [FirstOrder.MarshalText] wrote.
func (f *FirstOrder) UnmarshalText(text []byte) error {
	return readPolicy("FirstOrder", firstOrderNames, text, (*int)(f))
}

// ReturnsPolicy says what returns take from the value of orders. None of them
// undoes an order.
type ReturnsPolicy int

const (
	// NetReturns deducts a return from the last order on its day or before, so
	// that an order's value may be 0 or negative. A return before the first
	// order that counts, or by an account without one, is left out. In the
	// hold-out, returns are deducted from the value of the whole.
	NetReturns ReturnsPolicy = iota
	// GrossReturns deducts nothing.
	GrossReturns
)

var returnsNames = []string{NetReturns: "net", GrossReturns: "gross"}

// String returns "net" or "gross".
func (p ReturnsPolicy) String() string { return policyName("Returns", returnsNames, int(p)) }

// MarshalText writes what [ReturnsPolicy.String] returns.
func (p ReturnsPolicy) MarshalText() ([]byte, error) {
	return policyText("Returns", returnsNames, int(p))
}

// UnmarshalText reads what [ReturnsPolicy.MarshalText] wrote.
func (p *ReturnsPolicy) UnmarshalText(text []byte) error {
	return readPolicy("Returns", returnsNames, text, (*int)(p))
}

func policyName(field string, names []string, v int) string {
	if v < 0 || v >= len(names) {
		return field + "(" + strconv.Itoa(v) + ")"
	}
	return names[v]
}

func checkPolicy(field string, names []string, v int) error {
	if v >= 0 && v < len(names) {
		return nil
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: field, Value: strconv.Itoa(v), Reason: "there is no such policy",
	}
}

func policyText(field string, names []string, v int) ([]byte, error) {
	if err := checkPolicy(field, names, v); err != nil {
		return nil, err
	}
	return []byte(names[v]), nil
}

func readPolicy(field string, names []string, text []byte, v *int) error {
	i := slices.Index(names, string(text))
	if i < 0 {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMalformed, Field: field, Value: string(text), Reason: "there is no such policy",
		}
	}
	*v = i
	return nil
}
