package allocation

import (
	"math/big"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
)

// FillOptions tune [Fill].
type FillOptions struct {
	// Unit is the smallest amount handed out: 0.25 for quarters of an hour, 1
	// for whole visits. The pool, the floors and the caps must be multiples of
	// it. Defaults to 0.01.
	Unit decimal.Decimal `json:"unit"`
}

// Fill shares the pool among the claims: weighted max-min fair, no account
// below its floor or above its cap, and to the unit no more and no less than
// the pool, or than the accounts can use.
//
// Amounts come from the exact entitlements by largest remainder: each account
// gets its entitlement rounded down or up to a unit; equal remainders go by
// larger weight, then by identifier. So neither the order of the claims nor
// their number format matters, equal weights differ by a unit at the most
// (floors and caps aside), and more weight never brings less. Entitlements
// never fall when the pool grows; amounts may, by one unit, which is the
// Alabama paradox and the price of staying within a unit of the entitlement.
//
// The level costs a few passes over the claims while units and weights, each
// added up, fit 64 bits; beyond that, a sort in integers of any size.
//
// No claims is an empty plan with all of the pool as slack. A pool smaller
// than the floors is an [*InfeasibleError]. Whatever else is wrong is reported
// at once, as joined [*keyaccount.InputError]: a missing or repeated account
// (ErrMissing, ErrDuplicate); a negative number, a cap below its floor, or a
// pool, floor or cap that is no multiple of the unit (ErrOutOfRange).
func Fill(pool decimal.Decimal, claims []Claim, opts *FillOptions) (*Plan, error) {
	unit := decimal.New(1, -2)
	if opts != nil && !opts.Unit.IsZero() {
		unit = opts.Unit
	}
	if err := validate(pool, unit, claims); err != nil {
		return nil, err
	}
	by, err := prepare(pool, unit, claims)
	if err != nil {
		return nil, err
	}
	usable, unlimited, err := bounds(pool, claims)
	if err != nil {
		return nil, err
	}

	plan := &Plan{Pool: pool, Unit: unit, Lines: make([]Line, len(claims)), Allocated: pool}
	for i, c := range claims {
		plan.Lines[i] = Line{Account: c.Account, Weight: c.Weight, Floor: c.Floor, Cap: c.Cap}
	}
	if !unlimited && usable.Cmp(pool) <= 0 {
		plan.Allocated = usable
		plan.Slack = pool.Sub(usable)
		for i := range plan.Lines {
			plan.Lines[i].settle(allCapped(claims[i]))
		}
		return plan, nil
	}
	by, level, err := solve(by, pool, unit, claims)
	if err != nil {
		return nil, err
	}
	plan.Level = decimal.NewNullDecimal(cut(level, LevelPlaces))
	handOut(plan, by)
	return plan, nil
}

// leveller finds the exact level and says what follows from it for each row.
// There are two: narrow, in machine words, and wide, for any size.
type leveller interface {
	// solve finds the level, the lowest where there is a range, and returns it
	// in the claims' own terms. It wants floors within the pool, and more
	// than the pool in the caps. It reports false when it gives up.
	solve() (*big.Rat, bool)
	reason(row int) Reason
	// share returns the exact share of a row that is AtLevel, rounded down to
	// a unit and to a millionth of it, and whether the former lost anything.
	share(row int) (down, entitled decimal.Decimal, fraction bool)
	// compare orders rows by remainder, then weight, the larger first.
	compare(a, b int) int
	// left returns how many units rounding down has left.
	left() int
}

// prepare returns the leveller that fits the numbers.
func prepare(pool, unit decimal.Decimal, claims []Claim) (leveller, error) {
	if n, ok := newNarrow(pool, unit, claims); ok {
		return n, nil
	}
	return newWide(pool, unit, claims)
}

// solve finds the level by the leveller, or by the wide one where that gives
// up, and returns the one that found it.
func solve(by leveller, pool, unit decimal.Decimal, claims []Claim) (leveller, *big.Rat, error) {
	if level, ok := by.solve(); ok {
		return by, level, nil
	}
	w, err := newWide(pool, unit, claims)
	if err != nil {
		return nil, nil, err
	}
	level, _ := w.solve()
	return w, level, nil
}

// bounds refuses floors above the pool, and returns how much the accounts can
// use, unless one with a weight has no cap.
func bounds(pool decimal.Decimal, claims []Claim) (usable decimal.Decimal, unlimited bool, err error) {
	var floors, most exact.Sum
	for i := range claims {
		c := &claims[i]
		floors.Add(c.Floor)
		switch {
		case c.Weight.Sign() == 0:
			most.Add(c.Floor)
		case c.Cap.Valid:
			most.Add(c.Cap.Decimal)
		default:
			unlimited = true
		}
	}
	sum := floors.Decimal()
	if sum.Cmp(pool) <= 0 {
		return most.Decimal(), unlimited, nil
	}
	bad := &InfeasibleError{Pool: pool, Floors: sum, Short: sum.Sub(pool)}
	for _, c := range claims {
		if c.Floor.Sign() > 0 {
			bad.Accounts = append(bad.Accounts, c.Account)
		}
	}
	return decimal.Decimal{}, false, bad
}

func allCapped(c Claim) Reason {
	if c.Weight.Sign() == 0 {
		return NoWeight
	}
	return AtCap
}

// settle gives the line the bound that the reason names.
func (l *Line) settle(r Reason) {
	l.Reason = r
	l.Amount = l.Floor
	if r == AtCap {
		l.Amount = l.Cap.Decimal
	}
	l.Entitlement = l.Amount
}

// handOut fills in the lines of a solved plan and gives the units that
// rounding down leaves to the largest remainders. A unit more cannot break a
// cap: a share with a remainder lies below its cap, which is whole.
func handOut(plan *Plan, from leveller) {
	var rounded []int
	for i := range plan.Lines {
		l := &plan.Lines[i]
		l.Reason = from.reason(i)
		if l.Reason != AtLevel {
			l.settle(l.Reason)
			continue
		}
		var fraction bool
		if l.Amount, l.Entitlement, fraction = from.share(i); fraction {
			rounded = append(rounded, i)
		}
	}
	left := from.left()
	if left == 0 {
		return
	}
	slices.SortFunc(rounded, func(a, b int) int {
		if c := from.compare(a, b); c != 0 {
			return c
		}
		return strings.Compare(plan.Lines[a].Account, plan.Lines[b].Account)
	})
	for _, i := range rounded[:left] {
		plan.Lines[i].Amount = plan.Lines[i].Amount.Add(plan.Unit)
	}
}

// cut writes a non-negative fraction as a decimal, rounded down.
func cut(r *big.Rat, places int32) decimal.Decimal {
	scaled := new(big.Int).Mul(r.Num(), tenTo(places))
	return decimal.NewFromBigInt(scaled.Quo(scaled, r.Denom()), -places)
}
