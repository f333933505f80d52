package affinity

import (
	"errors"
	"slices"
	"strconv"
)

// AlreadyBought says whether a product that the account has bought may be
// recommended.
type AlreadyBought string

const (
	// ExcludeBought never shows a product of the history.
	ExcludeBought AlreadyBought = "exclude"
	// IncludeBought treats all products alike.
	IncludeBought AlreadyBought = "include"
	// OnlyConsumables shows a product of the history only if it is one that
	// buyers come back for: ink may come again, the printer not.
	OnlyConsumables AlreadyBought = "only_consumables"
)

// NextOptions sets up [Model.Next].
type NextOptions struct {
	// N is how many products are wanted. Defaults to 10.
	N int
	// AlreadyBought says whether products of the history may be shown.
	// Defaults to ExcludeBought.
	AlreadyBought AlreadyBought
	// ConsumableShare is the share of buyers that come back for a product on
	// another day, above 0 and at most 1, from which OnlyConsumables takes it
	// for a consumable. Defaults to 0.3.
	ConsumableShare float64
	// Exclude lists products that must not be shown, such as those out of
	// stock or not for sale. Defaults to none.
	Exclude []string
	// NoFallback leaves out what is only popular, so that there may be fewer
	// than N. Defaults to false.
	NoFallback bool
}

func (o *NextOptions) resolve() (NextOptions, error) {
	out := NextOptions{}
	if o != nil {
		out = *o
	}
	if out.AlreadyBought == "" {
		out.AlreadyBought = ExcludeBought
	}
	if out.ConsumableShare == 0 {
		out.ConsumableShare = 0.3
	}
	var faults []error
	switch out.AlreadyBought {
	case ExcludeBought, IncludeBought, OnlyConsumables:
	default:
		faults = append(faults, outOfRange("AlreadyBought", string(out.AlreadyBought),
			"the policies are exclude, include and only_consumables"))
	}
	if !(out.ConsumableShare > 0 && out.ConsumableShare <= 1) {
		faults = append(faults, outOfRange("ConsumableShare", number(out.ConsumableShare), "this share lies above 0 and at most at 1"))
	}
	return out, errors.Join(append(faults, wanted(&out.N))...)
}

// wanted resolves an option N.
func wanted(n *int) error {
	if *n == 0 {
		*n = 10
	}
	if *n < 0 {
		return outOfRange("N", strconv.Itoa(*n), "there can be no fewer than none")
	}
	return nil
}

// eligible decides which products may be shown to an account.
type eligible struct {
	owned   []int        // places of the history's products that the model knows, ascending
	blocked map[int]bool // places
	exclude []string     // sorted
}

func (m *Model) eligible(h *History, o *NextOptions) *eligible {
	e := &eligible{
		owned: make([]int, 0, len(h.Items)), blocked: make(map[int]bool, len(h.Items)+len(o.Exclude)), exclude: sortedCopy(o.Exclude),
	}
	for i := range h.Items {
		at := m.place(h.Items[i].Product)
		if at < 0 {
			continue
		}
		e.owned = append(e.owned, at)
		switch o.AlreadyBought {
		case IncludeBought:
		case OnlyConsumables:
			e.blocked[at] = m.Products[at].RepeatShare() < o.ConsumableShare
		default:
			e.blocked[at] = true
		}
	}
	slices.Sort(e.owned)
	for _, id := range e.exclude {
		if at := m.place(id); at >= 0 {
			e.blocked[at] = true
		}
	}
	return e
}

func (e *eligible) allows(product int) bool { return !e.blocked[product] }

func sortedCopy(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return ids
}

func has(sorted []string, id string) bool {
	_, ok := slices.BinarySearch(sorted, id)
	return ok
}
