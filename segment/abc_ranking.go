package segment

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// ranking is the accounts from the greatest net amount down, in groups of
// equal ones.
type ranking struct {
	accounts []Account
	units    units
	order    []int32   // indices of accounts, equal nets by ID
	ends     []int     // the place after each group
	held     []unitSum // the positive nets of each group and those before it
	total    unitSum   // of the positive nets
	positive int       // how many accounts have one
	valued   int       // how many groups have one
}

// rankByNet ranks the accounts, which [checkAccounts] has seen.
func rankByNet(accounts []Account) *ranking {
	r := &ranking{
		accounts: accounts, order: make([]int32, len(accounts)),
		units: unitsOf(len(accounts), func(i int) decimal.Decimal { return accounts[i].Net }),
	}
	for i := range r.order {
		r.order[i] = int32(i)
	}
	if small := r.units.small; small != nil {
		// Beside its amount an index is sorted much faster than through it.
		type pair struct {
			net int64
			at  int32
		}
		pairs := make([]pair, len(small))
		for i, net := range small {
			pairs[i] = pair{net, int32(i)}
		}
		slices.SortFunc(pairs, func(a, b pair) int {
			if a.net != b.net {
				return cmp.Compare(b.net, a.net)
			}
			return strings.Compare(accounts[a.at].ID, accounts[b.at].ID)
		})
		for p := range pairs {
			r.order[p] = pairs[p].at
		}
	} else {
		slices.SortFunc(r.order, func(i, j int32) int {
			if c := r.units.compare(int(j), int(i)); c != 0 {
				return c
			}
			return strings.Compare(accounts[i].ID, accounts[j].ID)
		})
	}
	r.ends = runsOf(len(accounts), func(p, q int) bool { return r.units.compare(int(r.order[p]), int(r.order[q])) == 0 })
	r.held = make([]unitSum, len(r.ends))
	for i, to := range r.ends {
		if at := r.first(i); r.units.sign(at) > 0 {
			r.total = r.total.plus(&r.units, at, to-r.from(i))
			r.positive, r.valued = to, i+1
		}
		r.held[i] = r.total
	}
	return r
}

// from is the first place of a group; the places go up to ends[group]-1.
func (r *ranking) from(group int) int {
	if group == 0 {
		return 0
	}
	return r.ends[group-1]
}

// first is the index of the first account of a group.
func (r *ranking) first(group int) int { return int(r.order[r.from(group)]) }

// above is the sum of the positive nets greater than the group's.
func (r *ranking) above(group int) unitSum {
	if group == 0 {
		return unitSum{}
	}
	return r.held[group-1]
}

// share is that of one account of the group in the total.
func (r *ranking) share(group int) float64 {
	return unitSum{}.plus(&r.units, r.first(group), 1).over(r.total)
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
