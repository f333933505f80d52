package clv

import (
	"cmp"
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// maxFrequency bounds [History.Frequency]: it fits an int everywhere, and is
// exact as a float64.
const maxFrequency = math.MaxInt32

// History is all that a buy-till-you-die model knows of an account: the
// paper's (x, t_x, T). Times are in the unit of the model that is asked.
type History struct {
	// Frequency is the number of repeat purchases, x: the first does not count.
	Frequency int `json:"frequency"`
	// Recency is the time of the last purchase since the first, t_x: 0 without
	// a repeat purchase, and large for an account that bought lately.
	Recency float64 `json:"recency"`
	// Age is the time since the first purchase, T.
	Age float64 `json:"age"`
}

// Validate reports the first thing that cannot be so, as an
// [*keyaccount.InputError]: a negative, infinite or NaN value, a last purchase
// after the end (Recency > Age), repeat purchases at time 0, or a recency
// without a repeat purchase. An account that first bought today, with all
// three 0, is valid: it can be scored, though a fit learns nothing from it.
func (h History) Validate() error {
	if p := h.problem(); p != nil {
		return p
	}
	return nil
}

func (h History) problem() *keyaccount.InputError {
	if h.Frequency < 0 || h.Frequency > maxFrequency {
		return badHistory("Frequency", strconv.Itoa(h.Frequency), "repeat purchases must be between 0 and 2147483647")
	}
	for _, f := range [...]struct {
		name  string
		value float64
	}{{"Recency", h.Recency}, {"Age", h.Age}} {
		if !(f.value >= 0) || math.IsInf(f.value, 1) {
			return badHistory(f.name, formatFloat(f.value), "a span of time must be finite and not negative")
		}
	}
	switch {
	case h.Recency > h.Age:
		return badHistory("Recency", formatFloat(h.Recency), "the last purchase lies after the end, at age "+formatFloat(h.Age))
	case h.Frequency > 0 && h.Recency == 0:
		return badHistory("Recency", "0", "a repeat purchase comes after the first; merge purchases of one day")
	case h.Frequency == 0 && h.Recency > 0:
		return badHistory("Recency", formatFloat(h.Recency), "without a repeat purchase the last is the first, at 0")
	}
	return nil
}

// usable is Validate without words, for the hot path.
func (h History) usable() bool {
	return h.Recency >= 0 && h.Recency <= h.Age && h.Age <= math.MaxFloat64 &&
		h.Frequency >= 0 && h.Frequency <= maxFrequency && (h.Frequency > 0) == (h.Recency > 0)
}

// compareHistories orders usable histories; without NaN it needs no
// [cmp.Compare], which costs twice as much.
func compareHistories(a, b History) int {
	switch {
	case a.Frequency != b.Frequency:
		return cmp.Compare(a.Frequency, b.Frequency)
	case a.Recency < b.Recency:
		return -1
	case a.Recency > b.Recency:
		return 1
	case a.Age < b.Age:
		return -1
	case a.Age > b.Age:
		return 1
	}
	return 0
}

func badHistory(field, value, reason string) *keyaccount.InputError {
	return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Value: value, Reason: reason}
}

func formatFloat(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
