package segment

import "strings"

// On which kinds of line an order id stands.
const (
	onSale uint8 = 1 << iota
	onReturn
)

type orderMark struct {
	id string
	on uint8
}

// orderSet is the set of an account's order ids. Most accounts have few, which
// a scan finds faster than a map; the index comes when there are many.
type orderSet struct {
	list           []orderMark
	index          map[string]int
	latest         int // position found last: lines of one order come together
	sales, returns int // how many ids carry each mark
}

const scanUpTo = 16

// ownership says whether a text may be kept as it is. A reader's field often
// pins its whole buffer, so that one must be copied.
type ownership bool

const (
	borrowed ownership = false
	owned    ownership = true
)

func (o *orderSet) mark(id string, on uint8, from ownership) {
	i := o.position(id)
	if i < 0 {
		if from == borrowed {
			id = strings.Clone(id)
		}
		i = o.append(id)
	}
	o.set(i, on)
}

// own returns the set's own copy of an id, or a new one.
func (o *orderSet) own(id string) string {
	if i := o.position(id); i >= 0 {
		return o.list[i].id
	}
	return strings.Clone(id)
}

func (o *orderSet) set(i int, on uint8) {
	o.latest = i
	m := &o.list[i]
	added := on &^ m.on
	m.on |= on
	if added&onSale != 0 {
		o.sales++
	}
	if added&onReturn != 0 {
		o.returns++
	}
}

func (o *orderSet) position(id string) int {
	if o.latest < len(o.list) && o.list[o.latest].id == id {
		return o.latest
	}
	if o.index != nil {
		if i, ok := o.index[id]; ok {
			return i
		}
		return -1
	}
	for i := range o.list {
		if o.list[i].id == id {
			return i
		}
	}
	return -1
}

func (o *orderSet) append(id string) int {
	i := len(o.list)
	o.list = append(o.list, orderMark{id: id})
	if o.index != nil {
		o.index[id] = i
	} else if i >= scanUpTo {
		o.index = make(map[string]int, 2*len(o.list))
		for j, m := range o.list {
			o.index[m.id] = j
		}
	}
	return i
}
