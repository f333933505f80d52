package clv

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// SpendHistory is all that a spend model knows of an account: how many amounts
// were seen, and their moments. All are of one currency.
//
// Whether the first order counts is the host's policy, and must be the same
// for every account. The papers leave it out and count repeat orders only, as
// first orders are often unlike those that follow; then Orders is
// [History.Frequency], and an account without a repeat order is a newcomer.
//
// Make one of the amounts with [SpendOf]. A host that knows only number and
// mean sets those: [GammaGamma] needs no more.
type SpendHistory struct {
	// Orders is the number of amounts, x. With 0, all else is 0.
	Orders int `json:"orders"`
	// Mean is their mean, z.
	Mean float64 `json:"mean"`
	// Detail says which of the fields below are known.
	Detail SpendDetail `json:"detail"`
	// Spread is the sum of squared deviations of the amounts from Mean.
	Spread float64 `json:"spread,omitempty"`
	// LogMean is the mean of the logarithms of the amounts.
	LogMean float64 `json:"log_mean,omitempty"`
	// LogSpread is the sum of their squared deviations from LogMean.
	LogSpread float64 `json:"log_spread,omitempty"`
}

// SpendDetail says how much of a [SpendHistory] is known. Of one order the mean
// says it all: there it may be left out.
type SpendDetail int

const (
	// MeanOnly: Orders and Mean are known.
	MeanOnly SpendDetail = iota
	// WithSpread: Spread too. Some amount may be 0 or negative.
	WithSpread
	// WithLogs: Spread, LogMean and LogSpread too. All amounts are positive.
	WithLogs
)

var detailNames = [...]string{MeanOnly: "mean", WithSpread: "spread", WithLogs: "logs"}

// String returns "mean", "spread" or "logs".
func (d SpendDetail) String() string {
	if d < 0 || int(d) >= len(detailNames) {
		return "SpendDetail(" + strconv.Itoa(int(d)) + ")"
	}
	return detailNames[d]
}

// MarshalText writes what [SpendDetail.String] returns.
func (d SpendDetail) MarshalText() ([]byte, error) {
	if d < 0 || int(d) >= len(detailNames) {
		return nil, badHistory("Detail", d.String(), "the detail of a spend is mean, spread or logs")
	}
	return []byte(detailNames[d]), nil
}

// UnmarshalText reads what [SpendDetail.MarshalText] wrote.
func (d *SpendDetail) UnmarshalText(text []byte) error {
	for i, name := range detailNames {
		if name == string(text) {
			*d = SpendDetail(i)
			return nil
		}
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMalformed, Field: "Detail", Value: string(text),
		Reason: "the detail of a spend is mean, spread or logs",
	}
}

// SpendOf returns the history of an account with these amounts; the same bits
// in whatever order they come. Logs are known where all are positive. It
// refuses an amount that is not finite, and sums beyond a float64.
func SpendOf(amounts ...float64) (SpendHistory, error) {
	sorted := slices.Sorted(slices.Values(amounts))
	for i, z := range amounts {
		if !isFinite(z) {
			err := badHistory("Amount", formatFloat(z), "an amount must be finite")
			err.Row = i + 1
			return SpendHistory{}, err
		}
	}
	if len(sorted) == 0 {
		return SpendHistory{}, nil
	}
	s := SpendHistory{Orders: len(sorted), Detail: WithSpread}
	s.Mean, s.Spread = spendMoments(sorted)
	if sorted[0] > 0 {
		for i, z := range sorted {
			sorted[i] = math.Log(z)
		}
		s.Detail = WithLogs
		s.LogMean, s.LogSpread = spendMoments(sorted)
	}
	if err := s.Validate(); err != nil {
		return SpendHistory{}, err
	}
	return s, nil
}

// spendMoments returns the mean of a list and the sum of squared deviations from it.
func spendMoments(v []float64) (mean, spread float64) {
	n := float64(len(v))
	for _, x := range v {
		mean += x
	}
	mean /= n
	var rest float64 // what rounding left of the mean
	for _, x := range v {
		spread += (x - mean) * (x - mean)
		rest += x - mean
	}
	return mean + rest/n, max(spread-rest*rest/n, 0)
}

// With returns the history after one more order, in constant time. It equals
// [SpendOf] of all amounts up to rounding. An amount that is not finite, or a
// history that Validate refuses, is refused.
func (s SpendHistory) With(amount float64) (SpendHistory, error) {
	if err := s.Validate(); err != nil {
		return s, err
	}
	one, err := SpendOf(amount)
	if err != nil || s.Orders == 0 {
		return one, err
	}
	// Welford's update, of amounts and of logs.
	s = s.explicit()
	n := float64(s.Orders + 1)
	next := SpendHistory{Orders: s.Orders + 1, Detail: min(s.Detail, one.Detail)}
	step := one.Mean - s.Mean
	next.Mean = s.Mean + step/n
	if next.Detail >= WithSpread {
		next.Spread = s.Spread + step*(one.Mean-next.Mean)
	}
	if next.Detail == WithLogs {
		step = one.LogMean - s.LogMean
		next.LogMean = s.LogMean + step/n
		next.LogSpread = s.LogSpread + step*(one.LogMean-next.LogMean)
	}
	if err := next.Validate(); err != nil {
		return s, err
	}
	return next, nil
}

// Validate reports the first thing that cannot be so, as an
// [*keyaccount.InputError]: a negative count or sum of squares, a value that is
// not finite, one that Detail says is not known, a spread within one order,
// logs of a mean that is not positive, or above the logarithm of the mean.
func (s SpendHistory) Validate() error {
	if p := s.problem(); p != nil {
		return p
	}
	return nil
}

func (s SpendHistory) problem() *keyaccount.InputError {
	if s.Orders < 0 || s.Orders > maxFrequency {
		return badHistory("Orders", strconv.Itoa(s.Orders), "orders must be between 0 and 2147483647")
	}
	if s.Detail < MeanOnly || s.Detail > WithLogs {
		return badHistory("Detail", s.Detail.String(), "the detail of a spend is mean, spread or logs")
	}
	for _, f := range [...]struct {
		name   string
		value  float64
		known  SpendDetail
		orders int  // from which it can differ from 0
		square bool // never negative
	}{
		{"Mean", s.Mean, MeanOnly, 1, false},
		{"Spread", s.Spread, WithSpread, 2, true},
		{"LogMean", s.LogMean, WithLogs, 1, false},
		{"LogSpread", s.LogSpread, WithLogs, 2, true},
	} {
		switch {
		case !isFinite(f.value):
			return badHistory(f.name, formatFloat(f.value), "it must be finite")
		case f.square && f.value < 0:
			return badHistory(f.name, formatFloat(f.value), "a sum of squares is not negative")
		case f.value != 0 && s.Detail < f.known:
			return badHistory(f.name, formatFloat(f.value), "Detail says that it is not known")
		case f.value != 0 && s.Orders < f.orders:
			return badHistory(f.name, formatFloat(f.value), "with "+strconv.Itoa(s.Orders)+" orders it is 0")
		}
	}
	if s.Detail == WithLogs && s.Orders > 0 {
		switch limit := math.Log(s.Mean); {
		case !(s.Mean > 0):
			return badHistory("Mean", formatFloat(s.Mean), "amounts with logarithms are positive")
		case s.LogMean > limit+1e-9*(1+math.Abs(limit)):
			return badHistory("LogMean", formatFloat(s.LogMean), "a mean of logarithms is not above the logarithm of the mean")
		}
	}
	return nil
}

// explicit writes out what the mean of a single order implies.
func (s SpendHistory) explicit() SpendHistory {
	s.Mean, s.LogMean = s.Mean+0, s.LogMean+0 // a negative zero becomes a plain one
	switch {
	case s.Orders == 0:
		return SpendHistory{}
	case s.Orders > 1:
	case s.Mean > 0:
		s.Detail, s.LogMean = WithLogs, math.Log(s.Mean)
	default:
		s.Detail = WithSpread
	}
	return s
}

func compareSpends(a, b SpendHistory) int {
	if a.Orders != b.Orders {
		return cmp.Compare(a.Orders, b.Orders)
	}
	if a.Mean != b.Mean {
		return cmp.Compare(a.Mean, b.Mean)
	}
	return cmp.Or(
		cmp.Compare(a.Detail, b.Detail), cmp.Compare(a.Spread, b.Spread),
		cmp.Compare(a.LogMean, b.LogMean), cmp.Compare(a.LogSpread, b.LogSpread),
	)
}

// atRow names the row of what is wrong with a history.
func atRow(err error, row int) error {
	if in, ok := errors.AsType[*keyaccount.InputError](err); ok {
		in.Row = row
	}
	return err
}
