package segment

import (
	"strconv"
	"strings"

	"github.com/keyaccount/keyaccount"
)

// QuantileRule says where the cuts between the bins of a scale lie. Under
// every rule equal values fall into the same bin. NTILE, which deals accounts
// out in order and separates equal ones by their place in the input, is no
// rule of a [Model]: see [NtileScores].
//
// The zero QuantileRule means [Type7].
type QuantileRule int

const (
	// Type1 to Type9 cut at the sample quantiles p = k/Bins of the nine types
	// of Hyndman and Fan (1996), as R's quantile numbers them: 1 to 3 at a
	// value or, in type 2, midway between two; 4 to 9 interpolated linearly at
	// the position h, counted from 1. A value on a cut belongs to the bin
	// below it.
	Type1 QuantileRule = iota + 1
	// Type2 averages where the empirical distribution is flat.
	Type2
	// Type3 takes the nearest value, at a tie the one of even position.
	Type3
	// Type4 has h = np.
	Type4
	// Type5 has h = np + 1/2.
	Type5
	// Type6 has h = (n+1)p.
	Type6
	// Type7 has h = 1 + (n-1)p, and is the default of R's quantile, numpy,
	// pandas and of percentile_cont in SQL.
	Type7
	// Type8 has h = (n+1/3)p + 1/3.
	Type8
	// Type9 has h = (n+1/4)p + 3/8.
	Type9
	// MidRank puts a value into the bin ceil(Bins * p), where p is the share
	// of values below it plus half the share of values equal to it (the
	// mid-distribution function, Parzen 2004). A large group of equal values
	// thereby lands where its middle stands, and may leave bins empty.
	MidRank
	// NaturalBreaks are those of Jenks: the bins whose values differ least
	// from their mean, by the sum of squares (Fisher 1958). The cut is the
	// greatest value of the bin below. Where there are fewer distinct values
	// than bins, the bins of the greatest figures stay empty.
	NaturalBreaks
	// RPlusOne is the rule of R's package rfm 0.3.0, to reproduce its scores:
	// type 7, plus 1 on every cut, and a value on a cut belongs to the bin
	// above it. The 1 has the unit of the figure, so that amounts in thousands
	// get other scores than the same amounts in units. Not for new work.
	RPlusOne
	// GivenBreaks were not found in the accounts but set by the caller.
	GivenBreaks
)

const ruleNames = "type1 type2 type3 type4 type5 type6 type7 type8 type9 midrank natural_breaks r_plus_one given"

func (r QuantileRule) known() bool { return r >= 0 && r <= GivenBreaks }

// named resolves the zero rule.
func (r QuantileRule) named() QuantileRule {
	if r == 0 {
		return Type7
	}
	return r
}

// String returns "type1" to "type9", "midrank", "natural_breaks",
// "r_plus_one" or "given".
func (r QuantileRule) String() string {
	if !r.known() {
		return "QuantileRule(" + strconv.Itoa(int(r)) + ")"
	}
	return strings.Fields(ruleNames)[r.named()-1]
}

// MarshalText implements [encoding.TextMarshaler].
func (r QuantileRule) MarshalText() ([]byte, error) {
	if !r.known() {
		return nil, unknownRule(r)
	}
	return []byte(r.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *QuantileRule) UnmarshalText(text []byte) error {
	for i, name := range strings.Fields(ruleNames) {
		if string(text) == name {
			*r = QuantileRule(i + 1)
			return nil
		}
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMalformed, Field: "Rule", Value: string(text), Reason: "the rules are " + ruleNames,
	}
}

func unknownRule(r QuantileRule) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Rule", Value: strconv.Itoa(int(r)), Reason: "there is no such quantile rule",
	}
}

// spot is where a cut lies among ascending values: the fraction num/den of the
// way from the value at index at to the one after it.
type spot struct {
	at, num, den int
	orEqual      bool // a value on the cut is beyond it
}

// quantileSpots returns the bins-1 cuts among n values under a rule that looks
// at positions only. All is in whole numbers: h is top/den.
func quantileSpots(rule QuantileRule, n, bins int) []spot {
	spots := make([]spot, 0, bins-1)
	for k := 1; k < bins; k++ {
		var top, den int
		switch rule {
		case Type1, Type2, Type3:
			spots = append(spots, stepSpot(rule, n, k, bins))
			continue
		case Type4:
			top, den = n*k, bins
		case Type5:
			top, den = 2*n*k+bins, 2*bins
		case Type6:
			top, den = (n+1)*k, bins
		case Type8:
			top, den = (3*n+1)*k+bins, 3*bins
		case Type9:
			top, den = (8*n+2)*k+3*bins, 8*bins
		default:
			top, den = (n-1)*k+bins, bins
		}
		s := spot{at: top/den - 1, num: top % den, den: den}
		if s.at < 0 || s.at >= n-1 {
			s = spot{at: min(max(s.at, 0), n-1), den: 1}
		}
		spots = append(spots, s)
	}
	return spots
}

// stepSpot is a quantile of the discontinuous types 1 to 3.
func stepSpot(rule QuantileRule, n, k, bins int) spot {
	j, exact := n*k/bins, n*k%bins == 0 // the j-th value, or the next
	switch {
	case rule == Type3:
		// The whole number nearest to nk/bins, and the even one at a tie.
		half := 2 * n * k % (2 * bins)
		if half > bins || half == bins && j%2 == 1 {
			j++
		}
		return spot{at: max(j-1, 0), den: 1}
	case !exact:
		return spot{at: j, den: 1}
	case rule == Type2:
		return spot{at: j - 1, num: 1, den: 2}
	}
	return spot{at: j - 1, den: 1}
}

// midRankSpots finds, for every k, where bins * p first exceeds k: at a value,
// or only in the gap above it. The function same compares the values at two
// indices.
func midRankSpots(n, bins int, same func(i, j int) bool) []spot {
	spots := make([]spot, 0, bins-1)
	for below := 0; below < n; {
		upTo := below + 1
		for upTo < n && same(below, upTo) {
			upTo++
		}
		for len(spots) < bins-1 && (below+upTo)*bins > 2*n*(len(spots)+1) {
			spots = append(spots, spot{at: below, den: 1, orEqual: true})
		}
		for len(spots) < bins-1 && upTo*bins > n*(len(spots)+1) {
			spots = append(spots, spot{at: below, den: 1})
		}
		below = upTo
	}
	return spots
}
