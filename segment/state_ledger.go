package segment

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
)

// lineKey is a line by value: two lines with equal keys cannot be told apart.
// A power of ten is written out, so that 1e3 and 1000 are one key and 1.0 and
// 1.00, which are summed with different places, are two.
type lineKey struct {
	order, product, category string

	at       instant
	places   int32
	isReturn bool
	coef     int64
	wide     string // the coefficient in base 62, when it does not fit an int64
}

const wideBase = 62

func (e *entry) key() lineKey {
	k := lineKey{order: e.order, product: e.product, category: e.category, at: e.at, isReturn: e.isReturn}
	amount := e.amount
	if amount.Exponent() > 0 {
		var s exact.Sum
		s.Add(amount)
		amount = s.Decimal()
	}
	k.places = -amount.Exponent()
	if amount.NumDigits() <= 18 {
		k.coef = amount.CoefficientInt64()
		return k
	}
	if c := amount.Coefficient(); c.IsInt64() {
		k.coef = c.Int64()
	} else {
		k.wide = c.Text(wideBase)
	}
	return k
}

func (k *lineKey) amount() decimal.Decimal {
	if k.wide == "" {
		return decimal.New(k.coef, -k.places)
	}
	c, _ := new(big.Int).SetString(k.wide, wideBase)
	return decimal.NewFromBigInt(c, -k.places)
}

func (k *lineKey) entry() entry {
	return entry{
		order: k.order, product: k.product, category: k.category,
		amount: k.amount(), at: k.at, dated: k.at, isReturn: k.isReturn,
	}
}

// rebuilt folds the ledger's lines again: what is left after some were taken
// out is what would have been there without them, to the last place.
func (s *state) rebuilt(c *collects, zone *time.Location) *state {
	fresh := newState(c)
	for k, n := range s.more.ledger {
		fresh.book(k.entry(), n, c, zone)
	}
	return fresh
}

func (d *detail) sortedLines() []lineKey {
	keys := make([]lineKey, 0, len(d.ledger))
	for k := range d.ledger {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareLines)
	return keys
}

func compareLines(a, b lineKey) int {
	if c := a.at.compare(b.at); c != 0 {
		return c
	}
	if c := cmp.Or(
		strings.Compare(a.order, b.order),
		strings.Compare(a.product, b.product),
		strings.Compare(a.category, b.category),
	); c != 0 {
		return c
	}
	return cmp.Or(
		compareMoney(a.amount(), b.amount()),
		cmp.Compare(a.places, b.places),
		compareBool(a.isReturn, b.isReturn),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
