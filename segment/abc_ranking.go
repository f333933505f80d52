package segment

import (
	"math/big"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// ranking is the accounts from the greatest net amount down.
type ranking struct {
	accounts []Account
	units    units
	order    []int // indices of accounts, equal nets by ID
	groups   []rankedGroup
	total    unitSum // of the positive nets
	positive int     // how many accounts have one
	valued   int     // how many of the groups have one
}

// rankedGroup is the accounts of one net amount: the places from to to-1.
type rankedGroup struct {
	from, to int
	// above is the sum of the positive nets that are greater, held that and
	// the group's own, if it is positive.
	above, held unitSum
	valueless   bool // not positive
}

// rankByNet ranks the accounts, which [checkAccounts] has seen.
func rankByNet(accounts []Account) *ranking {
	r := &ranking{
		accounts: accounts, order: make([]int, len(accounts)),
		units: unitsOf(len(accounts), func(i int) decimal.Decimal { return accounts[i].Net }),
	}
	for i := range r.order {
		r.order[i] = i
	}
	slices.SortFunc(r.order, func(i, j int) int {
		if c := r.units.compare(j, i); c != 0 {
			return c
		}
		return strings.Compare(accounts[i].ID, accounts[j].ID)
	})
	for _, to := range runsOf(len(accounts), func(p, q int) bool { return r.units.compare(r.order[p], r.order[q]) == 0 }) {
		g := rankedGroup{to: to, above: r.total}
		if n := len(r.groups); n > 0 {
			g.from = r.groups[n-1].to
		}
		at := r.order[g.from]
		if g.valueless = r.units.sign(at) <= 0; !g.valueless {
			r.total, r.positive, r.valued = r.total.plus(&r.units, at, to-g.from), to, len(r.groups)+1
		}
		g.held = r.total
		r.groups = append(r.groups, g)
	}
	return r
}

// share is that of one account of the group in the total.
func (g *rankedGroup) share(r *ranking) float64 {
	return unitSum{}.plus(&r.units, r.order[g.from], 1).over(r.total)
}

// ceilTimes returns the least whole number of units that is not below s * d:
// a sum reaches the product exactly when it reaches that number.
func (s unitSum) ceilTimes(d decimal.Decimal) unitSum {
	v := new(big.Int).Mul(s.big(), d.Coefficient())
	ten := big.NewInt(int64(max(d.Exponent(), -d.Exponent())))
	ten.Exp(big.NewInt(10), ten, nil)
	if d.Exponent() >= 0 {
		return unitSum{wide: v.Mul(v, ten)}.narrow()
	}
	rest := new(big.Int)
	v.QuoRem(v, ten, rest)
	if rest.Sign() > 0 {
		v.Add(v, big.NewInt(1))
	}
	return unitSum{wide: v}.narrow()
}

func (s unitSum) narrow() unitSum {
	if s.wide != nil && s.wide.IsInt64() {
		return unitSum{small: s.wide.Int64()}
	}
	return s
}
