package clv

import (
	"math"
	"math/bits"

	"github.com/keyaccount/keyaccount"
)

// logGaps is a sum of logs of times between orders. As a float64 it would
// depend on the order of its addends, and a table that was merged otherwise
// would not be the same; so it is held in units of 2^-64: whole + fraction/2^64.
type logGaps struct {
	accounts int64 // with a repeat purchase, whose times are in the sum
	whole    int64
	fraction uint64
}

func (g logGaps) with(h History, sum float64) (logGaps, *keyaccount.InputError) {
	if h.Frequency == 0 {
		return g, nil
	}
	whole := math.Floor(sum)
	rest := sum - whole
	if rest >= 1 { // rounded up, just below a whole number
		whole, rest = whole+1, 0
	}
	out, ok := g.plus(logGaps{accounts: 1, whole: int64(whole), fraction: uint64(rest * (1 << 64))})
	if !ok {
		return g, badLogGaps(sum, "the sum over all accounts is out of range")
	}
	return out, nil
}

// plus adds, and reports whether the result is in range.
func (g logGaps) plus(o logGaps) (logGaps, bool) {
	fraction, carry := bits.Add64(g.fraction, o.fraction, 0)
	whole := g.whole + o.whole
	fits := (whole > g.whole) == (o.whole > 0) || o.whole == 0
	if whole == math.MaxInt64 && carry > 0 {
		fits = false
	}
	return logGaps{g.accounts + o.accounts, whole + int64(carry), fraction}, fits
}

func (g logGaps) float() float64 { return float64(g.whole) + float64(g.fraction)/(1<<64) }

// checkLogGaps refuses a sum that a history cannot have. The largest is that
// of equal times: the mean of the logs is at most the log of the mean.
func checkLogGaps(h History, sum float64) *keyaccount.InputError {
	if !h.usable() {
		return h.problem()
	}
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return badLogGaps(sum, "a sum of logs must be finite")
	}
	if h.Frequency == 0 {
		if sum != 0 {
			return badLogGaps(sum, "without a repeat purchase there is no time between orders")
		}
		return nil
	}
	x := float64(h.Frequency)
	most := x * math.Log(h.Recency/x)
	least := x * math.Log(math.SmallestNonzeroFloat64)
	slack := 1e-9 * (x + math.Abs(most))
	switch {
	case sum > most+slack:
		return badLogGaps(sum, "the times between the orders add up to the recency, so it is at most "+formatFloat(most))
	case sum < least:
		return badLogGaps(sum, "no times between orders are that short")
	}
	return nil
}

func badLogGaps(sum float64, reason string) *keyaccount.InputError {
	return badHistory("LogGaps", formatFloat(sum), reason)
}
