package clv

import "math"

// After returns the history as it stands t units of time later when nothing
// happens. A t that is negative, infinite or NaN gives a history that Validate
// refuses.
func (h History) After(t float64) History {
	if !(t >= 0) {
		t = math.NaN()
	}
	h.Age += t
	return h
}

// Order returns the history as it stands t units of time later when the
// account orders then, for the first time since: one addition, and no look at
// the orders before. An order at the very time of the last one, such as another
// on the day of the first, is the same purchase and changes nothing. As for
// [History.After], t must be finite and not negative.
func (h History) Order(t float64) History {
	h = h.After(t)
	if h.Recency < h.Age && h.Frequency < math.MaxInt {
		h.Frequency++
		h.Recency = h.Age
	}
	return h
}
