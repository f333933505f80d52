package segment

import (
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
)

// QuantileRule says where the cuts between the bins of a scale lie. Under
// every rule offered here equal values fall into the same bin. NTILE, which
// deals accounts out in order and separates equal ones by their place in the
// input, is not offered.
type QuantileRule int

const (
	// Type7 cuts at the sample quantiles k/Bins of Hyndman and Fan (1996),
	// type 7: the value at position 1 + (n-1)k/Bins, interpolated linearly. It
	// is the default of R's quantile, numpy and pandas. A value on a cut
	// belongs to the bin below it.
	Type7 QuantileRule = iota
	// MidRank puts a value into the bin ceil(Bins * p), where p is the share
	// of values below it plus half the share of values equal to it (the
	// mid-distribution function, Parzen 2004). A large group of equal values
	// thereby lands where its middle stands, and may leave bins empty.
	MidRank
)

var ruleNames = [...]string{Type7: "type7", MidRank: "midrank"}

func (r QuantileRule) known() bool { return r >= 0 && int(r) < len(ruleNames) }

// String returns "type7" or "midrank".
func (r QuantileRule) String() string {
	if !r.known() {
		return "QuantileRule(" + strconv.Itoa(int(r)) + ")"
	}
	return ruleNames[r]
}

// MarshalText implements [encoding.TextMarshaler].
func (r QuantileRule) MarshalText() ([]byte, error) {
	if !r.known() {
		return nil, unknownRule(r)
	}
	return []byte(ruleNames[r]), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *QuantileRule) UnmarshalText(text []byte) error {
	for i, name := range ruleNames {
		if string(text) == name {
			*r = QuantileRule(i)
			return nil
		}
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMalformed, Field: "Rule", Value: string(text), Reason: "the rules are type7 and midrank",
	}
}

func unknownRule(r QuantileRule) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Rule", Value: strconv.Itoa(int(r)), Reason: "there is no such quantile rule",
	}
}

// Cut separates two neighbouring bins: a value is beyond it when it is greater
// than Value, or equal to it where OrEqual is set.
type Cut[T int | decimal.Decimal] struct {
	Value T `json:"value"`
	// Over, when it is greater than 1, divides Value: the cut is the fraction
	// Value/Over, which has no finite decimals. Only on cuts of money.
	Over int `json:"over,omitempty"`
	// OrEqual puts a value equal to the cut beyond it.
	OrEqual bool `json:"or_equal,omitempty"`
}

// blend returns the fraction num/den of the way from lo to hi, as a cut.
type blend[T int | decimal.Decimal] func(lo, hi T, num, den int) Cut[T]

// cutsAt returns the bins-1 cuts of the ascending values, which are not empty.
func cutsAt[T int | decimal.Decimal](sorted []T, bins int, rule QuantileRule, compare func(a, b T) int, between blend[T]) []Cut[T] {
	if rule == MidRank {
		return midRankCuts(sorted, bins, compare)
	}
	cuts := make([]Cut[T], 0, bins-1)
	for k := 1; k < bins; k++ {
		h := (len(sorted) - 1) * k
		i, part := h/bins, h%bins
		if part == 0 {
			cuts = append(cuts, Cut[T]{Value: sorted[i]})
			continue
		}
		cuts = append(cuts, between(sorted[i], sorted[i+1], part, bins))
	}
	return cuts
}

// midRankCuts finds, for every k, where bins * p first exceeds k: at a value,
// or only in the gap above it.
func midRankCuts[T int | decimal.Decimal](sorted []T, bins int, compare func(a, b T) int) []Cut[T] {
	n := len(sorted)
	cuts := make([]Cut[T], 0, bins-1)
	for below := 0; below < n; {
		v, upTo := sorted[below], below+1
		for upTo < n && compare(v, sorted[upTo]) == 0 {
			upTo++
		}
		for len(cuts) < bins-1 && (below+upTo)*bins > 2*n*(len(cuts)+1) {
			cuts = append(cuts, Cut[T]{Value: v, OrEqual: true})
		}
		for len(cuts) < bins-1 && upTo*bins > n*(len(cuts)+1) {
			cuts = append(cuts, Cut[T]{Value: v})
		}
		below = upTo
	}
	return cuts
}

// betweenInts rounds down, which changes no comparison of whole numbers: x
// exceeds 14.2 exactly when it exceeds 14. Neither product can overflow.
func betweenInts(lo, hi, num, den int) Cut[int] {
	d := hi - lo
	return Cut[int]{Value: lo + d/den*num + d%den*num/den}
}

// betweenMoney is exact: a finite decimal where there is one, else a fraction.
func betweenMoney(lo, hi decimal.Decimal, num, den int) Cut[decimal.Decimal] {
	step := hi.Sub(lo)
	if step.Sign() == 0 {
		return Cut[decimal.Decimal]{Value: lo}
	}
	g := gcd(num, den)
	num, den = num/g, den/g
	// den divides a power of ten exactly when it has no prime factor but 2
	// and 5; it is at most MaxBins, so the sixth power is enough.
	for places, ten := int32(0), 1; places <= 6; places, ten = places+1, ten*10 {
		if ten%den == 0 {
			return Cut[decimal.Decimal]{Value: lo.Add(step.Mul(decimal.New(int64(num*(ten/den)), -places)))}
		}
	}
	return Cut[decimal.Decimal]{
		Value: lo.Mul(decimal.NewFromInt(int64(den))).Add(step.Mul(decimal.NewFromInt(int64(num)))), Over: den,
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// beyond counts the cuts that x is beyond; the cuts ascend.
func beyond[T int | decimal.Decimal](x T, cuts []Cut[T], compare func(x T, c *Cut[T]) int) int {
	for i := range cuts {
		if c := compare(x, &cuts[i]); c < 0 || c == 0 && !cuts[i].OrEqual {
			return i
		}
	}
	return len(cuts)
}
