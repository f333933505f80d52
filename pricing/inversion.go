package pricing

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// Inversion is a run of quantities inside one tier at which buying more costs
// less.
type Inversion struct {
	// Tier is the number of the tier, counted from 1.
	Tier int `json:"tier"`
	// From and To are the first and the last such quantity, multiples of the
	// step. Every multiple of the step between them is inverted too.
	From decimal.Decimal `json:"from"`
	To   decimal.Decimal `json:"to"`
	// Buy is the quantity above To that costs least, the smaller one on a
	// tie, and Pays what it costs.
	Buy  decimal.Decimal `json:"buy"`
	Pays decimal.Decimal `json:"pays"`
	// Saving is what buying Buy in place of To saves: the largest of the run.
	Saving decimal.Decimal `json:"saving"`
}

// Inversions returns all quantities above 0 at which some larger quantity costs
// less, in rising order, at most one run for each tier. Only multiples of step
// (the smallest amount that can be bought, such as 1 or 0.001) are looked at,
// which makes the answer exact and complete. A graduated ladder has none.
//
// Quantity 0 is left out, although under ChargeFlatAtZero a larger one may cost
// less than nothing at all does: who buys nothing is not to be told to buy.
//
// The method: within a tier the price never falls with the quantity. So the
// cheapest way to buy more is the first quantity of some later tier, and the
// inverted quantities of a tier are those above one threshold.
func (l Ladder) Inversions(step decimal.Decimal) ([]Inversion, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	if !step.IsPositive() || !exact.InRange(step) {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "step", Value: exact.Text(step),
			Reason: "want the smallest quantity that can be bought, above 0",
		}
	}
	if l.Mode == Graduated {
		return nil, nil
	}
	var found []Inversion
	var buy, pays decimal.Decimal // the cheapest start of a later tier
	known := false
	for i, t := range slices.Backward(l.Tiers) {
		first := floorDiv(l.from(i), step).Add(one) // in steps
		start := first.Mul(step)
		if t.UpTo.Valid {
			last := floorDiv(t.UpTo.Decimal, step)
			if last.LessThan(first) {
				continue // no quantity that can be bought lies in the tier
			}
			to := last.Mul(step)
			if price := l.line(i, to).Amount; known && price.GreaterThan(pays) {
				found = append(found, Inversion{
					Tier: i + 1,
					From: decimal.Max(first, l.firstAbove(i, pays, step)).Mul(step), To: to,
					Buy: buy, Pays: pays, Saving: price.Sub(pays),
				})
			}
		}
		if price := l.line(i, start).Amount; !known || price.LessThanOrEqual(pays) {
			buy, pays, known = start, price, true
		}
	}
	slices.Reverse(found)
	return found, nil
}

// firstAbove returns the smallest number of steps that costs more than limit
// at the prices of tier i, wherever the tier begins. It must exist.
func (l Ladder) firstAbove(i int, limit, step decimal.Decimal) decimal.Decimal {
	t := l.Tiers[i]
	room := limit.Sub(t.Flat)
	if room.IsNegative() || t.Unit.IsZero() {
		return decimal.Decimal{} // the flat fee alone is above the limit
	}
	if l.Mode == Package {
		full := floorDiv(room, t.Unit) // packages that cost no more than limit
		return floorDiv(full.Mul(l.PackageSize), step).Add(one)
	}
	return floorDiv(room, t.Unit.Mul(step)).Add(one)
}

var one = decimal.New(1, 0)

// floorDiv returns floor(a / b) for a >= 0 and b > 0, exactly.
func floorDiv(a, b decimal.Decimal) decimal.Decimal {
	q, _ := a.QuoRem(b, 0)
	return q
}
