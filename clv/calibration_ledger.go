package clv

import (
	"maps"
	"math"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
)

// ledger is the sum of all lines of each account, day and side (purchase or
// return). Lines are appended, and put in order and added up when there are
// many: an account's days need no list of their own, and a million lines are
// sorted faster than they are looked up.
type ledger struct {
	names  names
	bought []bool // by account: whether it has a purchase
	buyers int    // how many have
	rows   []entry
	sorted int // rows[:sorted] are in order, each key once
	wide   map[uint64]exact.Sum
}

// entry is what one account bought, or brought back, on one day. The value is
// in millionths; what an int64 of these cannot hold stands in wide.
type entry struct {
	key   uint64 // account number, then day, then side
	value int64
}

const (
	sideBits = 1
	dayBits  = 22 // lastDay - firstDay needs as many

	moneyPlaces     = 6
	maxAmountDigits = 18 // before the point, of a line
	maxSumDigits    = 40 // of a day: more lines than there can be

	// How many lines wait to be put in order, at least and by what is in order.
	minWaiting   = 1 << 16
	waitingShare = 2
)

func keyOf(account uint32, day int32, back bool) uint64 {
	key := uint64(account)<<(dayBits+sideBits) | uint64(day-firstDay)<<sideBits
	if back {
		key |= 1
	}
	return key
}

func (e entry) account() uint32 { return uint32(e.key >> (dayBits + sideBits)) }
func (e entry) day() int32      { return int32(e.key>>sideBits&(1<<dayBits-1)) + firstDay }
func (e entry) back() bool      { return e.key&1 != 0 }

func (l *ledger) add(id string, day int32, back bool, amount decimal.Decimal) {
	account := l.account(id)
	l.buys(account, back)
	value, ok := millionths(amount)
	if !ok {
		l.addWide(keyOf(account, day, back), amount)
	}
	l.append(entry{keyOf(account, day, back), value})
}

func (l *ledger) account(id string) uint32 {
	n := l.names.number(id)
	if int(n) == len(l.bought) {
		l.bought = append(l.bought, false)
	}
	return n
}

func (l *ledger) buys(account uint32, back bool) {
	if !back && !l.bought[account] {
		l.bought[account] = true
		l.buyers++
	}
}

func (l *ledger) append(e entry) {
	if n := len(l.rows); n > 0 && l.rows[n-1].key == e.key { // the lines of one order come one after the other
		if sum, ok := addValues(l.rows[n-1].value, e.value); ok {
			l.rows[n-1].value = sum
			return
		}
	}
	if len(l.rows) == cap(l.rows) {
		l.rows = slices.Grow(l.rows, max(smallestIndex, len(l.rows)))
	}
	l.rows = append(l.rows, e)
	if len(l.rows)-l.sorted > max(minWaiting, waitingShare*l.sorted) {
		l.settle()
	}
}

func (l *ledger) addWide(key uint64, amount decimal.Decimal) {
	if l.wide == nil {
		l.wide = make(map[uint64]exact.Sum)
	}
	sum := l.wide[key]
	sum.Add(amount)
	l.wide[key] = sum
}

// settle puts all rows in order and adds up those with one key.
func (l *ledger) settle() {
	if l.sorted == len(l.rows) {
		return
	}
	early, late := l.rows[:l.sorted], l.rows[l.sorted:]
	buffer := make([]entry, len(l.rows))
	sortByKey(late, buffer[:len(late)])
	l.rows = buffer[:0]
	for len(early) > 0 || len(late) > 0 {
		if len(late) == 0 || len(early) > 0 && early[0].key <= late[0].key {
			l.book(early[0])
			early = early[1:]
		} else {
			l.book(late[0])
			late = late[1:]
		}
	}
	l.sorted = len(l.rows)
}

// book appends the next row of a ledger in order, or adds it to the last one.
func (l *ledger) book(e entry) {
	n := len(l.rows)
	if n == 0 || l.rows[n-1].key != e.key {
		l.rows = append(l.rows, e)
		return
	}
	sum, ok := addValues(l.rows[n-1].value, e.value)
	if !ok {
		l.addWide(e.key, decimal.New(l.rows[n-1].value, -moneyPlaces))
		sum = e.value
	}
	l.rows[n-1].value = sum
}

// settled returns the ledger in order, for reading only: itself, or a copy.
func (l *ledger) settled() *ledger {
	if l.sorted == len(l.rows) {
		return l
	}
	view := *l
	view.rows, view.wide = slices.Clone(l.rows), maps.Clone(l.wide)
	view.settle()
	return &view
}

func (l *ledger) merge(other *ledger) {
	rows := slices.Clip(other.rows) // read first: other may be l itself
	wide := maps.Clone(other.wide)
	number := make([]uint32, len(other.names.ids))
	for i, id := range other.names.ids {
		number[i] = l.account(id)
		l.buys(number[i], !other.bought[i])
	}
	const rest = 1<<(dayBits+sideBits) - 1
	renumber := func(key uint64) uint64 { return uint64(number[key>>(dayBits+sideBits)])<<(dayBits+sideBits) | key&rest }
	for key, sum := range wide {
		l.addWide(renumber(key), sum.Decimal())
	}
	for _, e := range rows {
		l.rows = append(l.rows, entry{renumber(e.key), e.value})
	}
	l.settle()
}

// sum returns the value of a row exactly.
func (l *ledger) sum(e entry) exact.Sum {
	sum := l.wide[e.key] // no row is without a plain value, be it 0
	if e.value != 0 {
		sum.Add(decimal.New(e.value, -moneyPlaces))
	}
	return sum
}

// starts returns where the rows of each account begin in a settled ledger, and
// where the last end.
func (l *ledger) starts() []uint32 {
	from := make([]uint32, len(l.names.ids)+1)
	for _, e := range l.rows {
		from[e.account()+1]++
	}
	for i := range l.names.ids {
		from[i+1] += from[i]
	}
	return from
}

// fitsMoney reports whether a value has no more digits before the point, and
// no more places than can be computed with.
func fitsMoney(d decimal.Decimal, digits int) bool {
	return exact.InRange(d) && d.NumDigits()+int(d.Exponent()) <= digits
}

var powersOfTen = [...]int64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

// millionths returns an amount in millionths, if it is a whole number of them
// that fits an int64.
func millionths(d decimal.Decimal) (int64, bool) {
	digits, shift := d.NumDigits(), int(d.Exponent())+moneyPlaces
	if digits > 18 {
		return 0, false
	}
	v := d.CoefficientInt64()
	switch {
	case v == 0:
		return 0, true
	case shift >= 0 && digits+shift <= 18:
		return v * powersOfTen[shift], true
	}
	for ; shift > 0; shift-- {
		if v > math.MaxInt64/10 || v < math.MinInt64/10 {
			return 0, false
		}
		v *= 10
	}
	for ; shift < 0; shift++ {
		if v%10 != 0 {
			return 0, false
		}
		v /= 10
	}
	return v, true
}

func addValues(a, b int64) (int64, bool) {
	c := a + b
	return c, (c > a) == (b > 0) || b == 0
}
