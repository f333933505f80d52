package allocation

import (
	"cmp"
	"errors"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"
)

// wide levels in integers of any size, by walking up the sorted breakpoints of
// the sum of the shares (Helgason, Kennington and Lall 1980).
type wide struct {
	grid
	pool     *big.Int
	rows     []wideRow
	num, den *big.Int // the level in units per weight, once solved
}

type wideRow struct {
	weight, floor *big.Int
	cap           *big.Int // nil is no cap
}

// newWide refuses, all at once, amounts that are no multiple of the unit.
func newWide(pool, unit decimal.Decimal, claims []Claim) (*wide, error) {
	w := &wide{grid: newGrid(unit, claims), rows: make([]wideRow, len(claims))}
	var errs []error
	units := func(d decimal.Decimal, field string, row int) *big.Int {
		v, err := w.wideUnits(d, field, row)
		if err != nil {
			errs = append(errs, err)
		}
		return v
	}
	w.pool = units(pool, "Pool", 0)
	for i, c := range claims {
		w.rows[i] = wideRow{weight: w.wideWeight(c.Weight), floor: units(c.Floor, "Floor", i+1)}
		if c.Cap.Valid {
			w.rows[i].cap = units(c.Cap.Decimal, "Cap", i+1)
		}
	}
	return w, errors.Join(errs...)
}

// breakpoint is a level at which a row leaves its floor or meets its cap.
type breakpoint struct {
	at    *big.Rat
	row   *wideRow
	isCap bool
}

func (w *wide) solve() (*big.Rat, bool) {
	// At a level between two breakpoints the shares add up to
	// settled + weights · level.
	settled, weights := new(big.Int), new(big.Int)
	var points []breakpoint
	for i := range w.rows {
		r := &w.rows[i]
		settled.Add(settled, r.floor)
		if r.weight.Sign() == 0 {
			continue
		}
		points = append(points, breakpoint{new(big.Rat).SetFrac(r.floor, r.weight), r, false})
		if r.cap != nil {
			points = append(points, breakpoint{new(big.Rat).SetFrac(r.cap, r.weight), r, true})
		}
	}
	slices.SortFunc(points, func(a, b breakpoint) int { return a.at.Cmp(b.at) })
	if settled.Cmp(w.pool) == 0 {
		w.num, w.den = new(big.Int), big.NewInt(1)
		return new(big.Rat), true
	}
	pool := new(big.Rat).SetInt(w.pool)
	for _, p := range points {
		sum := new(big.Rat).SetInt(weights)
		sum.Mul(sum, p.at)
		if sum.Add(sum, new(big.Rat).SetInt(settled)).Cmp(pool) >= 0 {
			break
		}
		if p.isCap {
			settled.Add(settled, p.row.cap)
			weights.Sub(weights, p.row.weight)
		} else {
			settled.Sub(settled, p.row.floor)
			weights.Add(weights, p.row.weight)
		}
	}
	w.num, w.den = new(big.Int).Sub(w.pool, settled), weights
	return w.level(w.num, w.den), true
}

func (w *wide) reason(row int) Reason {
	r := w.rows[row]
	if r.weight.Sign() == 0 {
		return NoWeight
	}
	share := new(big.Int).Mul(r.weight, w.num)
	switch {
	case r.cap != nil && share.Cmp(new(big.Int).Mul(r.cap, w.den)) >= 0:
		return AtCap
	case share.Cmp(new(big.Int).Mul(r.floor, w.den)) < 0:
		return AtFloor
	}
	return AtLevel
}

// split returns the exact share of a row AtLevel: whole units, and a remainder
// over den.
func (w *wide) split(row int) (whole, remainder *big.Int) {
	share := new(big.Int).Mul(w.rows[row].weight, w.num)
	return share.QuoRem(share, w.den, new(big.Int))
}

func (w *wide) share(row int) (down, entitled decimal.Decimal, fraction bool) {
	whole, remainder := w.split(row)
	down = w.wideAmount(whole, 0)
	if remainder.Sign() == 0 {
		return down, down, false
	}
	m := remainder.Mul(remainder, big.NewInt(millionths))
	return down, w.wideAmount(whole, m.Quo(m, w.den).Int64()), true
}

func (w *wide) compare(a, b int) int {
	_, ra := w.split(a)
	_, rb := w.split(b)
	return cmp.Or(rb.Cmp(ra), w.rows[b].weight.Cmp(w.rows[a].weight))
}

func (w *wide) left() int {
	left := new(big.Int).Set(w.pool)
	for i, r := range w.rows {
		switch w.reason(i) {
		case AtCap:
			left.Sub(left, r.cap)
		case AtLevel:
			whole, _ := w.split(i)
			left.Sub(left, whole)
		default:
			left.Sub(left, r.floor)
		}
	}
	return int(left.Int64())
}
