package clv

import (
	"cmp"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// MaxOpportunities bounds the opportunities to order in a [DiscreteHistory] and
// in a look ahead: 27 years of days.
const MaxOpportunities = 10_000

// DiscreteHistory is all that a [BGBB] knows of an account which could order at
// each of a number of opportunities, such as the monthly calls of a delivery
// tour or the yearly appeals of a charity: the paper's (x, t_x, n).
// Opportunities are numbered from 1, the first after the account was won.
type DiscreteHistory struct {
	// Frequency is the number of opportunities at which it ordered, x.
	Frequency int `json:"frequency"`
	// Recency is the last opportunity at which it ordered, t_x: 0 for one that
	// never did.
	Recency int `json:"recency"`
	// Opportunities is how many it has had, n.
	Opportunities int `json:"opportunities"`
}

// Validate reports the first thing that cannot be so, as an
// [*keyaccount.InputError]: a number of opportunities outside 0 to
// [MaxOpportunities], a last order after the end or without an order, or more
// orders than opportunities up to the last. An account that was just won, with
// all three 0, is valid.
func (h DiscreteHistory) Validate() error {
	if p := h.problem(); p != nil {
		return p
	}
	return nil
}

func (h DiscreteHistory) problem() *keyaccount.InputError {
	switch {
	case h.Opportunities < 0 || h.Opportunities > MaxOpportunities:
		return badDiscrete("Opportunities", int64(h.Opportunities), "opportunities must be between 0 and "+strconv.Itoa(MaxOpportunities))
	case h.Recency < 0 || h.Recency > h.Opportunities:
		return badDiscrete("Recency", int64(h.Recency), "the last order must be at one of the "+strconv.Itoa(h.Opportunities)+" opportunities, or 0")
	case h.Frequency < 0 || h.Frequency > h.Recency:
		return badDiscrete("Frequency", int64(h.Frequency), "orders must be between 0 and the opportunities up to the last")
	case h.Frequency == 0 && h.Recency > 0:
		return badDiscrete("Recency", int64(h.Recency), "without an order there is no last, which is written as 0")
	}
	return nil
}

func compareDiscrete(a, b DiscreteHistory) int {
	return cmp.Or(cmp.Compare(a.Frequency, b.Frequency), cmp.Compare(a.Recency, b.Recency),
		cmp.Compare(a.Opportunities, b.Opportunities))
}
