package pricing

import (
	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// Breakdown is a price with the terms it is made of.
type Breakdown struct {
	Mode     Mode            `json:"mode"`
	Quantity decimal.Decimal `json:"quantity"`
	// Total is the exact sum of the amounts of Lines, not rounded.
	Total decimal.Decimal `json:"total"`
	// Lines stand in tier order. There are none where nothing is charged.
	Lines []BreakdownLine `json:"lines"`
}

// BreakdownLine is what one tier charges: Quantity x Unit + Flat = Amount.
type BreakdownLine struct {
	// Tier is the tier's number, counted from 1.
	Tier int `json:"tier"`
	// From and UpTo are the bounds of the tier in units: above From, to UpTo
	// inclusive; a null UpTo is no bound.
	From decimal.Decimal     `json:"from"`
	UpTo decimal.NullDecimal `json:"up_to"`
	// Quantity is what Unit is the price of: units, or started packages where
	// PackageSize is not 0.
	Quantity    decimal.Decimal `json:"quantity"`
	PackageSize decimal.Decimal `json:"package_size,omitzero"`
	Unit        decimal.Decimal `json:"unit"`
	Flat        decimal.Decimal `json:"flat"`
	// Amount has as many places as it takes to be exact.
	Amount decimal.Decimal `json:"amount"`
}

// Price returns what the quantity costs. It refuses a ladder that does not
// validate, and a negative quantity with an [*keyaccount.InputError] of kind
// [keyaccount.ErrOutOfRange]: what goods taken back are worth depends on what
// was paid for them, not on the ladder.
func (l Ladder) Price(quantity decimal.Decimal) (Breakdown, error) {
	if err := l.Validate(); err != nil {
		return Breakdown{}, err
	}
	if err := checkQuantity(quantity); err != nil {
		return Breakdown{}, err
	}
	b := Breakdown{Mode: l.Mode, Quantity: quantity, Lines: make([]BreakdownLine, 0, len(l.Tiers))}
	switch {
	case quantity.IsZero():
		if l.ChargeFlatAtZero && !l.Tiers[0].Flat.IsZero() {
			b.add(l.line(0, quantity))
		}
	case l.Mode == Graduated:
		for i, t := range l.Tiers {
			if !t.reaches(quantity) {
				b.add(l.line(i, t.UpTo.Decimal.Sub(l.from(i))))
				continue
			}
			b.add(l.line(i, quantity.Sub(l.from(i))))
			break
		}
	default:
		b.add(l.line(l.tierOf(quantity), quantity))
	}
	return b, nil
}

func checkQuantity(q decimal.Decimal) error {
	refuse := func(reason string) error {
		return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: "quantity", Value: exact.Text(q), Reason: reason}
	}
	if q.IsNegative() {
		return refuse("a ladder prices what is bought, from 0 up")
	}
	if !exact.InRange(q) {
		return refuse(tooWide)
	}
	return nil
}

// reaches reports whether the tier's upper bound holds the quantity.
func (t Tier) reaches(quantity decimal.Decimal) bool {
	return !t.UpTo.Valid || quantity.LessThanOrEqual(t.UpTo.Decimal)
}

// tierOf returns the index of the tier the quantity ends in; the last tier of
// a valid ladder holds every quantity.
func (l Ladder) tierOf(quantity decimal.Decimal) int {
	for i, t := range l.Tiers {
		if t.reaches(quantity) {
			return i
		}
	}
	return len(l.Tiers) - 1
}

// from returns the exclusive lower bound of tier i.
func (l Ladder) from(i int) decimal.Decimal {
	if i == 0 {
		return decimal.Decimal{}
	}
	return l.Tiers[i-1].UpTo.Decimal
}

// line prices a number of units in tier i.
func (l Ladder) line(i int, units decimal.Decimal) BreakdownLine {
	t := l.Tiers[i]
	n := BreakdownLine{Tier: i + 1, From: l.from(i), UpTo: t.UpTo, Quantity: units, Unit: t.Unit, Flat: t.Flat}
	if l.Mode == Package {
		n.Quantity, n.PackageSize = startedPackages(units, l.PackageSize), l.PackageSize
	}
	n.Amount = n.Quantity.Mul(t.Unit).Add(t.Flat)
	return n
}

// startedPackages returns ceil(units / size), exactly.
func startedPackages(units, size decimal.Decimal) decimal.Decimal {
	n, rest := units.QuoRem(size, 0)
	if rest.IsPositive() {
		n = n.Add(one)
	}
	return n
}

func (b *Breakdown) add(n BreakdownLine) {
	b.Lines = append(b.Lines, n)
	b.Total = b.Total.Add(n.Amount)
}
