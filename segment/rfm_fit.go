package segment

import (
	"math/big"
	"slices"
	"sort"

	"github.com/shopspring/decimal"
)

// fitScales finds the three scales among the figures of accounts, which stand
// at the same index. It sorts them, each by itself.
func (m *Model) fitScales(days, orders []int, nets units, o *RFMOptions) (err error) {
	if m.Recency, err = fitCounts(days, o.Recency, true); err != nil {
		return err
	}
	if m.Frequency, err = fitCounts(orders, o.Frequency, false); err != nil {
		return err
	}
	m.Monetary, err = fitUnits(nets, o.Monetary, false)
	return err
}

// fitCounts finds the cuts among counts, in any order and not empty. It sorts
// them.
func fitCounts(sorted []int, o ScaleOptions, lowerBetter bool) (Scale[int], error) {
	slices.Sort(sorted)
	s := Scale[int]{Rule: o.Rule}
	if o.Rule == GivenBreaks {
		s.Cuts = o.countCuts()
	} else {
		spots, err := o.spots(len(sorted),
			func(i, j int) bool { return sorted[i] == sorted[j] },
			func() *units {
				u := units{small: make([]int64, len(sorted))}
				for i, v := range sorted {
					u.small[i] = int64(v)
				}
				return &u
			})
		if err != nil {
			return s, err
		}
		for _, at := range spots {
			s.Cuts = append(s.Cuts, cutCount(sorted[at.at], sorted[min(at.at+1, len(sorted)-1)], at, o.Rule == RPlusOne))
		}
	}
	s.count(binCounts(len(sorted), s.Cuts, func(i int, c *Cut[int]) int { return compareCount(sorted[i], c) }), lowerBetter)
	return s, nil
}

// fitMoney finds the cuts among amounts, in any order, not empty, and in the
// range of money.
func fitMoney(values []decimal.Decimal, o ScaleOptions, lowerBetter bool) (Scale[decimal.Decimal], error) {
	return fitUnits(unitsOf(len(values), func(i int) decimal.Decimal { return values[i] }), o, lowerBetter)
}

// fitUnits is fitMoney for amounts in units, which it sorts.
func fitUnits(u units, o ScaleOptions, lowerBetter bool) (Scale[decimal.Decimal], error) {
	slices.Sort(u.small)
	slices.SortFunc(u.wide, (*big.Int).Cmp)
	value := func(i int) decimal.Decimal {
		if u.wide != nil {
			return decimal.NewFromBigInt(u.wide[i], -u.places)
		}
		return decimal.New(u.small[i], -u.places)
	}
	s := Scale[decimal.Decimal]{Rule: o.Rule}
	if o.Rule == GivenBreaks {
		s.Cuts = o.moneyCuts()
	} else {
		spots, err := o.spots(u.len(), func(i, j int) bool { return u.compare(i, j) == 0 }, func() *units { return &u })
		if err != nil {
			return s, err
		}
		for _, at := range spots {
			s.Cuts = append(s.Cuts, cutMoney(value(at.at), value(min(at.at+1, u.len()-1)), at, o.Rule == RPlusOne))
		}
	}
	s.count(binCounts(u.len(), s.Cuts, func(i int, c *Cut[decimal.Decimal]) int { return compareNet(value(i), c) }), lowerBetter)
	return s, nil
}

// spots says where the cuts lie among n ascending values.
func (o *ScaleOptions) spots(n int, same func(i, j int) bool, asUnits func() *units) ([]spot, error) {
	switch o.Rule {
	case MidRank:
		return midRankSpots(n, o.Bins, same), nil
	case NaturalBreaks:
		return naturalSpots(asUnits(), o.Bins)
	default:
		return quantileSpots(o.Rule, n, o.Bins), nil
	}
}

// binCounts counts the n ascending values between the ascending cuts.
func binCounts[T int | decimal.Decimal](n int, cuts []Cut[T], compare func(i int, c *Cut[T]) int) []int {
	counts := make([]int, 0, len(cuts)+1)
	below := 0
	for k := range cuts {
		c := &cuts[k]
		upTo := sort.Search(n, func(i int) bool {
			order := compare(i, c)
			return order > 0 || order == 0 && c.OrEqual
		})
		counts = append(counts, upTo-below)
		below = upTo
	}
	return append(counts, n-below)
}
