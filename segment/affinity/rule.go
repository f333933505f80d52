package affinity

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// DefaultRuleLimit is the default of [RuleOptions] Limit.
const DefaultRuleLimit = 10_000_000

// RuleOptions sets up [Itemsets.Rules].
type RuleOptions struct {
	// MinConfidence is the least confidence of a rule, from 0 to 1. Defaults
	// to 0, for all.
	MinConfidence float64
	// MinLift is the least lift of a rule; 1 keeps those that say more than
	// chance. Defaults to 0, for all.
	MinLift float64
	// MaxConsequent is the largest number of products on the right. Defaults
	// to 0, for no bound.
	MaxConsequent int
	// Limit is how many splits of the sets into left and right may be looked
	// at; above it Rules refuses. A set of n products has 2^n - 2. Defaults to
	// DefaultRuleLimit.
	Limit int
}

// Rule says: baskets that hold the antecedent hold the consequent too.
type Rule struct {
	// Antecedent and Consequent are sorted, and have no product in common.
	Antecedent []string `json:"antecedent"`
	Consequent []string `json:"consequent"`
	// AntecedentCount, ConsequentCount and Together are how many baskets hold
	// the one, the other, and both.
	AntecedentCount int `json:"antecedent_count"`
	ConsequentCount int `json:"consequent_count"`
	Together        int `json:"together"`
	Measures
}

// Rules splits every set into an antecedent and a consequent, in all ways, and
// returns the rules that reach the bounds, sorted by lift, confidence and
// Together, the greatest first, then by antecedent and consequent. A nil opts
// means the defaults.
//
// Rules refuses, as a [*keyaccount.InputError]: options outside their domain
// and more splits than Limit ([keyaccount.ErrOutOfRange]); Itemsets that were
// put together by hand and lack the count of a subset
// ([keyaccount.ErrMissing]), hold a set twice ([keyaccount.ErrDuplicate]), or
// have counts that no baskets can have ([keyaccount.ErrOutOfRange]). Row names
// the set.
func (s *Itemsets) Rules(opts *RuleOptions) ([]Rule, error) {
	o, err := ruleOptions(opts)
	if err != nil {
		return nil, err
	}
	index, err := s.index(o.Limit)
	if err != nil {
		return nil, err
	}
	rules := []Rule{}
	for i := range s.Sets {
		set, members := &s.Sets[i], index.members[i]
		n := len(members)
		for mask := 1; mask < 1<<n-1; mask++ {
			var left, right []int32
			for k, p := range members {
				if mask>>k&1 == 1 {
					left = append(left, p)
				} else {
					right = append(right, p)
				}
			}
			if o.MaxConsequent > 0 && len(right) > o.MaxConsequent {
				continue
			}
			a, okA := index.count[key(left)]
			c, okC := index.count[key(right)]
			if !okA || !okC {
				return nil, &keyaccount.InputError{
					Kind: keyaccount.ErrMissing, Field: "Sets", Row: i + 1, Reason: "the count of a subset of this set is missing",
				}
			}
			m, err := MeasuresOf(s.Baskets, a, c, set.Count)
			if err != nil {
				return nil, atRow(err, i+1)
			}
			if m.Confidence >= o.MinConfidence && m.Lift >= o.MinLift {
				rules = append(rules, Rule{
					Antecedent: index.named(left), Consequent: index.named(right),
					AntecedentCount: a, ConsequentCount: c, Together: set.Count, Measures: m,
				})
			}
		}
	}
	slices.SortFunc(rules, func(x, y Rule) int {
		return cmp.Or(
			cmp.Compare(y.Lift, x.Lift), cmp.Compare(y.Confidence, x.Confidence), cmp.Compare(y.Together, x.Together),
			slices.Compare(x.Antecedent, y.Antecedent), slices.Compare(x.Consequent, y.Consequent))
	})
	return rules, nil
}

func ruleOptions(opts *RuleOptions) (RuleOptions, error) {
	o := RuleOptions{}
	if opts != nil {
		o = *opts
	}
	if o.Limit == 0 {
		o.Limit = DefaultRuleLimit
	}
	var faults []error
	if !(o.MinConfidence >= 0 && o.MinConfidence <= 1) {
		faults = append(faults, outOfRange("MinConfidence", number(o.MinConfidence), "a confidence lies between 0 and 1"))
	}
	if !(o.MinLift >= 0) {
		faults = append(faults, outOfRange("MinLift", number(o.MinLift), "a lift is 0 or more"))
	}
	if o.MaxConsequent < 0 {
		faults = append(faults, outOfRange("MaxConsequent", strconv.Itoa(o.MaxConsequent), "a length cannot be negative"))
	}
	if o.Limit < 0 {
		faults = append(faults, outOfRange("Limit", strconv.Itoa(o.Limit), "a number of splits cannot be negative"))
	}
	return o, errors.Join(faults...)
}

// setIndex finds the count of a set by its members.
type setIndex struct {
	products []string
	members  [][]int32 // of every set, ascending
	count    map[string]int
}

func (s *Itemsets) index(limit int) (*setIndex, error) {
	var known names
	for _, set := range s.Sets {
		for _, id := range set.Products {
			known.intern(id)
		}
	}
	x := &setIndex{members: make([][]int32, len(s.Sets)), count: make(map[string]int, len(s.Sets))}
	var rank []int32
	x.products, rank = ranked(known.ids)
	splits := 0
	for i, set := range s.Sets {
		fault := func(kind error, reason string) error {
			return &keyaccount.InputError{Kind: kind, Field: "Sets", Row: i + 1, Reason: reason}
		}
		members := make([]int32, len(set.Products))
		for k, id := range set.Products {
			members[k] = rank[known.at[id]]
		}
		slices.Sort(members)
		if len(members) == 0 || len(slices.Compact(slices.Clone(members))) < len(members) {
			return nil, fault(keyaccount.ErrOutOfRange, "a set has at least one product, and each once")
		}
		if len(members) < 40 {
			splits += 1<<len(members) - 2
		}
		if len(members) >= 40 || splits > limit {
			return nil, outOfRange("Limit", strconv.Itoa(limit), "the sets have more splits than this; raise it, or find shorter sets")
		}
		k := key(members)
		if _, twice := x.count[k]; twice {
			return nil, fault(keyaccount.ErrDuplicate, "the set stands twice")
		}
		x.members[i], x.count[k] = members, set.Count
	}
	return x, nil
}

func (x *setIndex) named(members []int32) []string {
	out := make([]string, len(members))
	for i, p := range members {
		out[i] = x.products[p]
	}
	return out
}

func key(members []int32) string {
	b := make([]byte, 0, 4*len(members))
	for _, p := range members {
		b = binary.BigEndian.AppendUint32(b, uint32(p))
	}
	return string(b)
}
