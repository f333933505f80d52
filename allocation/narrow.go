package allocation

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"
)

// narrow levels in 64-bit integers with 128-bit products: nothing is rounded
// and nothing allocated for a row. Amounts are in units, weights in a common
// power of ten.
type narrow struct {
	grid
	pool     int64
	rows     []narrowRow
	rounds   int   // after which solve gives up
	num, den int64 // the level in units per weight, once solved
}

type narrowRow struct{ weight, floor, cap int64 }

const (
	noCap    = math.MaxInt64
	mostPool = math.MaxInt64 / 2
	// mostRounds bounds the search for the level. A handful of rounds is
	// usual; where these do not do, sorting is the surer way.
	mostRounds = 100
)

// newNarrow reports false where a number does not fit or is no multiple of the
// unit: whatever is unusual is left to newWide.
func newNarrow(pool, unit decimal.Decimal, claims []Claim) (*narrow, bool) {
	n := &narrow{grid: newGrid(unit, claims), rows: make([]narrowRow, len(claims)), rounds: mostRounds}
	var ok bool
	if n.pool, ok = n.units(pool); !ok || n.pool > mostPool {
		return nil, false
	}
	var weights int64
	for i := range claims {
		c, r := &claims[i], &n.rows[i]
		if r.weight, ok = n.weight(c.Weight); !ok || r.weight > math.MaxInt64-weights {
			return nil, false
		}
		weights += r.weight
		if r.floor, ok = n.units(c.Floor); !ok {
			return nil, false
		}
		r.cap = noCap
		if c.Cap.Valid {
			if r.cap, ok = n.units(c.Cap.Decimal); !ok {
				return nil, false
			}
		}
	}
	return n, true
}

// solve settles accounts at their bounds until the level that shares the rest
// of the pool among the open ones, rest/weights, is right for all of them
// together (Bitran and Hax 1981). Clipping at that level hands out too much if
// the raised floors outweigh the held caps: then the true level is lower, and
// whoever is at the floor stays there. Else it is higher, and the caps stay.
//
// No sum leaves an int64: floors are within the pool, and a cap counts only
// where it is below a share in it.
func (n *narrow) solve() (*big.Rat, bool) {
	open := make([]int32, 0, len(n.rows))
	rest, weights := n.pool, int64(0)
	for i, r := range n.rows {
		if r.weight == 0 || r.floor == r.cap {
			rest -= r.floor
			continue
		}
		open = append(open, int32(i))
		weights += r.weight
	}
	for range n.rounds {
		n.num, n.den = rest, weights
		var raised, held, raisedWeight, heldWeight int64
		for _, i := range open {
			switch r := n.rows[i]; n.side(r) {
			case -1:
				raised += r.floor
				raisedWeight += r.weight
			case +1:
				held += r.cap
				heldWeight += r.weight
			}
		}
		over := compareProducts(raised+held, n.den, raisedWeight+heldWeight, n.num)
		if over == 0 {
			n.lowest()
			return n.level(big.NewInt(n.num), big.NewInt(n.den)), true
		}
		still := open[:0]
		for _, i := range open {
			if n.side(n.rows[i]) != -over {
				still = append(still, i)
			}
		}
		open = still
		if over > 0 {
			rest, weights = rest-raised, weights-raisedWeight
		} else {
			rest, weights = rest-held, weights-heldWeight
		}
	}
	return nil, false
}

// side returns -1 where the level brings less than the floor, +1 where it
// brings more than the cap, else 0.
func (n *narrow) side(r narrowRow) int {
	hi, lo := bits.Mul64(uint64(r.weight), uint64(n.num))
	if h, l := bits.Mul64(uint64(r.floor), uint64(n.den)); hi < h || hi == h && lo < l {
		return -1
	}
	if h, l := bits.Mul64(uint64(r.cap), uint64(n.den)); hi > h || hi == h && lo > l {
		return +1
	}
	return 0
}

// lowest moves the level down to where the shares begin to change. There is
// room only if every account stands at its floor or beyond its cap.
func (n *narrow) lowest() {
	num, den := int64(0), int64(1)
	for _, r := range n.rows {
		if r.weight == 0 || r.floor == r.cap {
			continue
		}
		aboveFloor := compareProducts(r.weight, n.num, r.floor, n.den) > 0
		if aboveFloor && n.side(r) == 0 {
			return
		}
		if aboveFloor && compareProducts(r.cap, den, num, r.weight) > 0 {
			num, den = r.cap, r.weight
		}
	}
	n.num, n.den = num, den
}

func (n *narrow) reason(row int) Reason {
	r := n.rows[row]
	switch {
	case r.weight == 0:
		return NoWeight
	case compareProducts(r.weight, n.num, r.cap, n.den) >= 0:
		return AtCap
	case n.side(r) < 0:
		return AtFloor
	}
	return AtLevel
}

// split returns the exact share of a row AtLevel: whole units, and a remainder
// over den. The share is below noCap, so the quotient fits.
func (n *narrow) split(row int) (whole, remainder int64) {
	hi, lo := bits.Mul64(uint64(n.rows[row].weight), uint64(n.num))
	q, r := bits.Div64(hi, lo, uint64(n.den))
	return int64(q), int64(r)
}

func (n *narrow) share(row int) (down, entitled decimal.Decimal, fraction bool) {
	whole, remainder := n.split(row)
	down = n.amount(whole, 0)
	if remainder == 0 {
		return down, down, false
	}
	hi, lo := bits.Mul64(uint64(remainder), millionths)
	m, _ := bits.Div64(hi, lo, uint64(n.den))
	return down, n.amount(whole, int64(m)), true
}

func (n *narrow) compare(a, b int) int {
	_, ra := n.split(a)
	_, rb := n.split(b)
	return cmp.Or(cmp.Compare(rb, ra), cmp.Compare(n.rows[b].weight, n.rows[a].weight))
}

func (n *narrow) left() int {
	left := n.pool
	for i, r := range n.rows {
		switch n.reason(i) {
		case AtCap:
			left -= r.cap
		case AtLevel:
			whole, _ := n.split(i)
			left -= whole
		default:
			left -= r.floor
		}
	}
	return int(left)
}

// compareProducts compares a·b with c·d; none is negative.
func compareProducts(a, b, c, d int64) int {
	h1, l1 := bits.Mul64(uint64(a), uint64(b))
	h2, l2 := bits.Mul64(uint64(c), uint64(d))
	return cmp.Or(cmp.Compare(h1, h2), cmp.Compare(l1, l2))
}
