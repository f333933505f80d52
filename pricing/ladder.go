package pricing

import (
	"errors"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// Mode says how a quantity meets the tiers of a [Ladder].
type Mode string

const (
	// Graduated prices each part of the quantity in the tier it falls in.
	Graduated Mode = "graduated"
	// Volume prices the whole quantity in the tier that it reaches.
	Volume Mode = "volume"
	// Package prices every started package of the whole quantity in the tier
	// that the quantity reaches. Bounds count units, not packages.
	Package Mode = "package"
)

// Ladder is a price list of one item by quantity. It is a plain value: it may
// be shared by goroutines as long as nobody writes its tiers.
type Ladder struct {
	// Mode is required: a ladder without one has no price.
	Mode Mode `json:"mode"`
	// PackageSize is the number of units in a package, above 0. Required in
	// mode Package, and refused in the others.
	PackageSize decimal.Decimal `json:"package_size,omitzero"`
	// ChargeFlatAtZero charges the first tier's flat fee at quantity 0.
	// Defaults to false: quantity 0 costs nothing.
	ChargeFlatAtZero bool `json:"charge_flat_at_zero,omitempty"`
	// NoRise makes Validate refuse a tier whose unit price is above that of
	// the tier below it, a likely slip in a discount ladder (spree#14665).
	// Defaults to false: a free allowance followed by a price is a ladder too.
	NoRise bool `json:"no_rise,omitempty"`
	// Tiers stand in rising order of UpTo; only the last has no bound.
	Tiers []Tier `json:"tiers"`
}

// Tier is one step of a [Ladder].
type Tier struct {
	// UpTo is the largest quantity of the tier, inclusive and in units; null
	// means no upper bound. The tier begins just above the UpTo before it.
	UpTo decimal.NullDecimal `json:"up_to"`
	// Unit is the price of one unit, or of one package in mode Package.
	Unit decimal.Decimal `json:"unit"`
	// Flat is charged once when the tier is used.
	Flat decimal.Decimal `json:"flat"`
}

// Validate reports all that keeps the ladder from having one price for every
// quantity, joined by errors.Join. Each is an [*keyaccount.InputError]; where
// it concerns a tier, Row is the tier's number counted from 1.
func (l Ladder) Validate() error {
	var p problems
	l.checkMode(&p)
	if len(l.Tiers) == 0 {
		p.add(keyaccount.ErrMissing, 0, "Tiers", "", "a ladder needs at least one tier")
	}
	l.checkBounds(&p)
	for i, t := range l.Tiers {
		checkPrice(&p, i+1, "Unit", t.Unit)
		checkPrice(&p, i+1, "Flat", t.Flat)
	}
	if l.NoRise {
		l.checkNoRise(&p)
	}
	return errors.Join(p...)
}

type problems []error

func (p *problems) add(kind error, row int, field, value, reason string) {
	*p = append(*p, &keyaccount.InputError{Kind: kind, Field: field, Row: row, Value: value, Reason: reason})
}

func (l Ladder) checkMode(p *problems) {
	size := l.PackageSize
	switch l.Mode {
	case Package:
		switch {
		case size.IsZero():
			p.add(keyaccount.ErrMissing, 0, "PackageSize", "", "package mode needs the number of units in a package")
		case size.IsNegative():
			p.add(keyaccount.ErrOutOfRange, 0, "PackageSize", exact.Text(size), "a package holds more than 0 units")
		case !exact.InRange(size):
			p.add(keyaccount.ErrOutOfRange, 0, "PackageSize", exact.Text(size), tooWide)
		}
	case Graduated, Volume:
		if !size.IsZero() {
			p.add(keyaccount.ErrOutOfRange, 0, "PackageSize", exact.Text(size), "only package mode counts packages")
		}
	case "":
		p.add(keyaccount.ErrMissing, 0, "Mode", "", "want graduated, volume or package")
	default:
		p.add(keyaccount.ErrMalformed, 0, "Mode", string(l.Mode), "want graduated, volume or package")
	}
}

func (l Ladder) checkBounds(p *problems) {
	var below decimal.Decimal // the highest bound so far; 0 at first
	for i, t := range l.Tiers {
		row, last, bound := i+1, i == len(l.Tiers)-1, t.UpTo.Decimal
		switch {
		case !t.UpTo.Valid && !last:
			p.add(keyaccount.ErrMissing, row, "UpTo", "", "only the last tier may go without an upper bound")
		case !t.UpTo.Valid:
		case last:
			p.add(keyaccount.ErrOutOfRange, row, "UpTo", exact.Text(bound), "the last tier must have no upper bound, or larger quantities have no price")
		case !exact.InRange(bound):
			p.add(keyaccount.ErrOutOfRange, row, "UpTo", exact.Text(bound), tooWide)
		case bound.Sign() <= 0:
			p.add(keyaccount.ErrOutOfRange, row, "UpTo", exact.Text(bound), "an upper bound is above 0")
		case bound.Equal(below):
			p.add(keyaccount.ErrDuplicate, row, "UpTo", exact.Text(bound), "the same upper bound as the tier before it")
		case bound.LessThan(below):
			p.add(keyaccount.ErrOutOfRange, row, "UpTo", exact.Text(bound), "below the upper bound "+exact.Text(below)+" of a tier before it")
		default:
			below = bound
		}
	}
}

func checkPrice(p *problems, row int, field string, price decimal.Decimal) {
	switch {
	case price.IsNegative():
		p.add(keyaccount.ErrOutOfRange, row, field, exact.Text(price), "a price is not negative")
	case !exact.InRange(price):
		p.add(keyaccount.ErrOutOfRange, row, field, exact.Text(price), tooWide)
	}
}

func (l Ladder) checkNoRise(p *problems) {
	for i := 1; i < len(l.Tiers); i++ {
		below, unit := l.Tiers[i-1].Unit, l.Tiers[i].Unit
		if exact.InRange(below) && exact.InRange(unit) && unit.GreaterThan(below) {
			p.add(keyaccount.ErrOutOfRange, i+1, "Unit", exact.Text(unit), "dearer than "+exact.Text(below)+" in the tier below, which NoRise forbids")
		}
	}
}

const tooWide = "more digits before or after the point than a price can need"
