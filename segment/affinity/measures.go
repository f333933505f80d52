package affinity

import (
	"math"
	"strconv"
)

// Measures says how strong the rule A -> C is. With n baskets of which a hold
// A, c hold C and b hold both, s(X) = count/n and conf = b/a. The definitions
// are those of mlxtend's association_rules.
type Measures struct {
	// AntecedentSupport is s(A), ConsequentSupport s(C), Support s(A and C);
	// each from 0 to 1.
	AntecedentSupport float64 `json:"antecedent_support"`
	ConsequentSupport float64 `json:"consequent_support"`
	Support           float64 `json:"support"`
	// Confidence is b/a: the share of the baskets with A that hold C. From 0
	// to 1.
	Confidence float64 `json:"confidence"`
	// Lift is conf/s(C): how many times as often A and C meet as by chance. 1
	// is chance; from 0 to n.
	Lift float64 `json:"lift"`
	// Leverage is s(A and C) - s(A)s(C); from -1/4 to 1/4.
	Leverage float64 `json:"leverage"`
	// Conviction is (1-s(C)) / (1-conf).
	Conviction Conviction `json:"conviction"`
	// Zhang is leverage / max(s(A and C)(1-s(A)), s(A)(s(C)-s(A and C))): the
	// association from -1 (never together) over 0 (chance) to 1; 0 where the
	// denominator is 0.
	Zhang float64 `json:"zhang"`
	// Jaccard is b/(a+c-b): from 0 to 1.
	Jaccard float64 `json:"jaccard"`
	// Certainty is (conf-s(C)) / (1-s(C)), at most 1; 0 where every basket
	// holds C.
	Certainty float64 `json:"certainty"`
	// Kulczynski is the mean of b/a and b/c: from 0 to 1.
	Kulczynski float64 `json:"kulczynski"`
}

// Conviction is how many times as often A would be seen without C if they were
// independent. A rule without exception has no finite one: then Infinite is
// set, and Value is 0.
type Conviction struct {
	Value    float64 `json:"value"`
	Infinite bool    `json:"infinite,omitempty"`
}

// String writes the value, or "inf".
func (c Conviction) String() string {
	if c.Infinite {
		return "inf"
	}
	return number(c.Value)
}

// maxBaskets is the largest n for which n*n fits in an int64; a smaller one
// where an int has 32 bits.
const maxBaskets = 3_037_000_499 & math.MaxInt

// MeasuresOf computes the measures from counts, which may come from anywhere:
// from how many baskets there are, and how many of them hold the antecedent,
// the consequent, and both. Differences are taken between integers, so that
// what is exactly chance has a leverage of exactly 0.
//
// It refuses counts that no baskets can have: no antecedent or no consequent,
// more of both than of one, more than there are baskets, or more than
// 3,037,000,499 baskets ([keyaccount.ErrOutOfRange]).
func MeasuresOf(baskets, antecedent, consequent, together int) (Measures, error) {
	switch {
	case baskets < 1 || baskets > maxBaskets:
		return Measures{}, outOfRange("baskets", strconv.Itoa(baskets), "there can be 1 to "+strconv.Itoa(maxBaskets))
	case antecedent < 1 || antecedent > baskets:
		return Measures{}, outOfRange("antecedent", strconv.Itoa(antecedent), "this count lies between 1 and that of the baskets")
	case consequent < 1 || consequent > baskets:
		return Measures{}, outOfRange("consequent", strconv.Itoa(consequent), "this count lies between 1 and that of the baskets")
	case together < max(0, antecedent+consequent-baskets) || together > min(antecedent, consequent):
		return Measures{}, outOfRange("together", strconv.Itoa(together), "so many baskets cannot hold both")
	}
	n, a, c, b := int64(baskets), int64(antecedent), int64(consequent), int64(together)
	excess := b*n - a*c // n² times the leverage
	m := Measures{
		AntecedentSupport: ratio(a, n), ConsequentSupport: ratio(c, n), Support: ratio(b, n),
		Confidence: ratio(b, a), Lift: ratio(b*n, a*c), Leverage: ratio(excess, n*n),
		Zhang: ratio(excess, max(b*(n-a), a*(c-b))), Jaccard: ratio(b, a+c-b),
		Certainty: ratio(excess, a*(n-c)), Kulczynski: (ratio(b, a) + ratio(b, c)) / 2,
	}
	if a == b {
		m.Conviction.Infinite = true
	} else {
		m.Conviction.Value = ratio(a*(n-c), n*(a-b))
	}
	return m, nil
}

// ratio is 0 where the denominator is.
func ratio(num, den int64) float64 {
	if den == 0 {
		return 0
	}
	return float64(num) / float64(den)
}
