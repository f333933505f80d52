package clv

import (
	"math"
	"time"
)

// SilentSince returns the age from which on, without another order, the
// probability of being alive lies under the bound: the account is then silent
// for longer than the model can explain. It looks back as well as ahead, from
// the last order on, so it may be less than h.Age. The relative error of the
// age is below 1e-12, where the model answers to as much.
//
// ok is false where there is no such age: the model never loses faith, as
// [BGNBD] does not in an account without a repeat order; the bound lies outside
// (0, 1); or the model or the history is one that its Validate refuses.
func SilentSince(m OrderFlow, h History, bound float64) (age float64, ok bool) {
	if !(bound > 0 && bound < 1) || !h.usable() || m == nil || m.Validate() != nil {
		return 0, false
	}
	under := func(age float64) bool {
		h.Age = age
		return m.ProbAlive(h) < bound
	}
	lo, hi := h.Recency, max(1, h.Recency)
	if under(lo) {
		return lo, true
	}
	for !under(hi) {
		if hi > math.MaxFloat64/4 {
			return 0, false
		}
		lo, hi = hi, 4*hi
	}
	// From now on it is over the bound at lo and under it at hi. Far out the
	// ages differ by orders of magnitude, so halve their ratio first.
	for hi-lo > 1e-13*hi {
		mid := lo + (hi-lo)/2
		if lo > 0 && hi/lo > 4 {
			mid = math.Sqrt(lo) * math.Sqrt(hi)
		}
		if mid <= lo || mid >= hi {
			break
		}
		if under(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi, true
}

// SilentSince returns the day on which, without another order, the probability
// of being alive falls under the bound, as [SilentSince] has it: the first at
// whose end it does. The Unit of the model must be that of the history. ok is
// also false for a day beyond the year 9998, and for an account whose First is
// not known.
func (a AccountHistory) SilentSince(m OrderFlow, bound float64) (day time.Time, ok bool) {
	age, ok := SilentSince(m, a.History, bound)
	if !ok || a.First.IsZero() {
		return time.Time{}, false
	}
	perDay := m.TimeUnit().Days()
	days := math.Ceil(age * perDay)
	if days > lastDay-firstDay {
		return time.Time{}, false
	}
	// The age is a hair above the time at which the bound is reached.
	if yesterday := (days - 1) / perDay; yesterday >= a.Recency {
		h := a.History
		h.Age = yesterday
		if m.ProbAlive(h) < bound {
			days--
		}
	}
	first, bad := dayOf(a.First, a.First.Location())
	if bad != nil || int(first)+int(days) > lastDay {
		return time.Time{}, false
	}
	return startOfDay(first+int32(days), a.First.Location()), true
}
