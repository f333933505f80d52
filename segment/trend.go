package segment

import (
	"math"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// MaxTrendPeriods is how many periods a [Trend] can look at.
const MaxTrendPeriods = 1000

// TrendOptions sets up [FitTrend].
type TrendOptions struct {
	// Level is the confidence level of the interval, between 0 and 1. Defaults
	// to 0.95.
	Level float64
	// Season is how many periods make a season cycle: 12 for months, 4 for
	// quarters. Only periods of the same season are then compared with one
	// another. Defaults to 1, no season.
	Season int
}

// The ways in which the interval of a [Trend] is found.
const (
	// TrendExact: the exact distribution of Kendall's S, where no amounts are
	// equal and there are at most 50 periods.
	TrendExact = "exact"
	// TrendNormal: its normal approximation, with the variance that equal
	// amounts leave and a correction for continuity.
	TrendNormal = "normal"
)

// Trend is the slope of an account's amounts over equal periods, after Theil
// and Sen: the median of the slopes between any two periods. A single large
// order does not move it.
type Trend struct {
	// Slope is in currency per period.
	Slope float64 `json:"slope"`
	// Low and High are Sen's confidence interval of Slope.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Level is the level that was asked for, Coverage the probability with
	// which the interval covers: at least Level, since S is discrete, except
	// where there are too few periods, when it is that of the widest interval
	// there is.
	Level    float64 `json:"level"`
	Coverage float64 `json:"coverage"`
	// Method is TrendExact or TrendNormal.
	Method string `json:"method"`
	// S is Kendall's score: the pairs that rise less those that fall. PValue
	// is two-sided, for no trend.
	S      int     `json:"s"`
	PValue float64 `json:"p_value"`
	// Mean is the mean of the absolute amounts, to see Slope in proportion.
	Mean float64 `json:"mean"`
	// Periods, Season and Pairs say how much was looked at.
	Periods int `json:"periods"`
	Season  int `json:"season"`
	Pairs   int `json:"pairs"`
}

// FitTrend estimates the trend of the amounts of equally long periods, the
// oldest first. A period without business is an amount of 0, not a gap. A nil
// opts means the defaults.
//
// The interval takes periods for independent: where a good month is followed
// by a bad one because stock was built up, use longer periods; where months
// differ by the season, set Season.
//
// FitTrend refuses, as a [*keyaccount.InputError], fewer than two periods of
// the same season, more than [MaxTrendPeriods], amounts beyond 1e100, and
// options outside their domain.
//
// Sources: Theil, Indagationes Mathematicae 12 (1950); Sen, JASA 63 (1968)
// 1379-1389; the exact interval as in Hollander and Wolfe, Nonparametric
// Statistical Methods (1999), section 9.3; seasons after Hirsch, Slack and
// Smith, Water Resources Research 18 (1982) 107-121.
func FitTrend(amounts []decimal.Decimal, opts *TrendOptions) (*Trend, error) {
	o := TrendOptions{}
	if opts != nil {
		o = *opts
	}
	if o.Level == 0 {
		o.Level = 0.95
	}
	if o.Season == 0 {
		o.Season = 1
	}
	if !(o.Level > 0 && o.Level < 1) {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Level", Value: floatText(o.Level), Reason: "a confidence level lies between 0 and 1",
		}
	}
	if o.Season < 1 || o.Season > MaxTrendPeriods {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Season", Value: strconv.Itoa(o.Season),
			Reason: "a cycle has 1 to " + strconv.Itoa(MaxTrendPeriods) + " periods",
		}
	}
	if len(amounts) <= o.Season {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "amounts", Reason: "a trend needs two periods of the same season",
		}
	}
	if len(amounts) > MaxTrendPeriods {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "amounts", Value: strconv.Itoa(len(amounts)) + " periods",
			Reason: "there can be " + strconv.Itoa(MaxTrendPeriods) + "; take longer ones",
		}
	}
	ys := make([]float64, len(amounts))
	for i, a := range amounts {
		y, ok := amountFloat(a)
		if !ok {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: "amounts", Row: i + 1, Value: exact.Text(a), Reason: "the amount is too large for statistics",
			}
		}
		ys[i] = y
	}
	return theilSen(ys, o), nil
}

func theilSen(ys []float64, o TrendOptions) *Trend {
	t := &Trend{Level: o.Level, Periods: len(ys), Season: o.Season, Method: TrendExact}
	slopes := make([]float64, 0, len(ys)*(len(ys)-1)/(2*o.Season)+1)
	tied := false
	for i, y := range ys {
		t.Mean += math.Abs(y)
		for j := i + o.Season; j < len(ys); j += o.Season {
			rise := ys[j] - y
			slopes = append(slopes, rise/float64(j-i))
			switch {
			case rise > 0:
				t.S++
			case rise < 0:
				t.S--
			default:
				tied = true
			}
		}
	}
	t.Mean /= float64(len(ys))
	slices.Sort(slopes)
	n := len(slopes)
	t.Pairs = n
	t.Slope = middle(slopes)

	law := kendallLaw{pairs: n}
	if tied || len(ys) > maxExactTrend {
		t.Method = TrendNormal
		law.sigma = math.Sqrt(kendallVariance(ys, o.Season))
	} else {
		law.cumulative = kendallExact(len(ys), o.Season, n)
	}
	t.PValue = law.pValue(t.S)
	// The interval reaches from the m-th slope to the m-th from the end, with
	// the greatest m that still covers.
	m := 1
	for m < (n+1)/2 && law.coverage(m+1) >= o.Level {
		m++
	}
	t.Coverage = law.coverage(m)
	t.Low, t.High = slopes[m-1], slopes[n-m]
	return t
}

// Sure returns the slope that is left after doubt: the end of the interval
// that is nearer to 0, and 0 where the interval holds it or there are too few
// periods for Level.
func (t *Trend) Sure() float64 {
	switch {
	case t.Coverage < t.Level:
		return 0
	case t.Low > 0:
		return t.Low
	case t.High < 0:
		return t.High
	}
	return 0
}

// Relative returns [Trend.Sure] as a share of the mean amount per period; 0
// where all amounts are 0.
func (t *Trend) Relative() float64 {
	if t.Mean == 0 {
		return 0
	}
	return t.Sure() / t.Mean
}

// middle returns the median of sorted values, which are not empty.
func middle(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return sorted[n/2-1]/2 + sorted[n/2]/2
}

// amountFloat returns the float64 nearest to an amount, and false beyond
// 1e100, where sums and products of statistics could become infinite.
func amountFloat(d decimal.Decimal) (float64, bool) {
	if !exact.InRange(d) || d.Sign() != 0 && d.NumDigits()+int(d.Exponent()) > 100 {
		return 0, false
	}
	return nearestFloat(d), true
}

// nearestFloat is for amounts whose range has been looked at.
func nearestFloat(d decimal.Decimal) float64 {
	if exp := d.Exponent(); d.NumDigits() <= 15 && exp >= -22 && exp <= 0 {
		// Both are exact, so that the quotient is the nearest.
		return float64(d.CoefficientInt64()) / math.Pow10(int(-exp))
	}
	return d.InexactFloat64()
}

func floatText(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
