package segment

import (
	"cmp"
	"slices"
	"strings"
)

// joinAccounts visits the accounts of both lists in the order of their IDs,
// with nil where the account does not stand in that list. The IDs of each list
// are unique.
func joinAccounts(before, after []Account, visit func(was, is *Account)) {
	join(newByID(before, accountID), newByID(after, accountID), visit)
}

func accountID(a *Account) string { return a.ID }

// byID reads a list in the order of its IDs, without a copy where it is sorted
// already, as [Summary.Accounts] is.
type byID[T any] struct {
	list  []T
	id    func(*T) string
	order []int // nil for a sorted list
}

func newByID[T any](list []T, id func(*T) string) byID[T] {
	b := byID[T]{list: list, id: id}
	for i := 1; i < len(list); i++ {
		if id(&list[i-1]) < id(&list[i]) {
			continue
		}
		b.order = make([]int, len(list))
		for j := range b.order {
			b.order[j] = j
		}
		slices.SortFunc(b.order, func(i, j int) int {
			return cmp.Or(strings.Compare(id(&list[i]), id(&list[j])), cmp.Compare(i, j))
		})
		break
	}
	return b
}

func (b *byID[T]) row(i int) int {
	if b.order == nil {
		return i
	}
	return b.order[i]
}

func (b *byID[T]) at(i int) *T { return &b.list[b.row(i)] }

// duplicate returns the row, from 0, of the first ID in their order that
// stands twice, and -1 where there is none.
func (b *byID[T]) duplicate() int {
	if b.order == nil {
		return -1
	}
	for i := 1; i < len(b.order); i++ {
		if b.id(b.at(i-1)) == b.id(b.at(i)) {
			return b.row(i)
		}
	}
	return -1
}

func join[A, B any](a byID[A], b byID[B], visit func(*A, *B)) {
	for i, j := 0, 0; i < len(a.list) || j < len(b.list); {
		var order int
		switch {
		case i == len(a.list):
			order = 1
		case j == len(b.list):
			order = -1
		default:
			order = strings.Compare(a.id(a.at(i)), b.id(b.at(j)))
		}
		var left *A
		var right *B
		if order <= 0 {
			left = a.at(i)
			i++
		}
		if order >= 0 {
			right = b.at(j)
			j++
		}
		visit(left, right)
	}
}

// chunks collects what may be a million records without copying them at every
// growth.
type chunks[T any] struct {
	full [][]T
	last []T
}

const chunkSize = 1 << 12

func (c *chunks[T]) add(v T) {
	if len(c.last) == chunkSize {
		c.full, c.last = append(c.full, c.last), make([]T, 0, chunkSize)
	}
	c.last = append(c.last, v)
}

// list returns all that was added, never nil.
func (c *chunks[T]) list() []T {
	out := make([]T, 0, len(c.full)*chunkSize+len(c.last))
	for _, f := range c.full {
		out = append(out, f...)
	}
	return append(out, c.last...)
}
