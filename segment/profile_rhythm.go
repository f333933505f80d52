package segment

import (
	"math"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
)

// ProfileCadence is how often an account orders.
type ProfileCadence struct {
	// OrderDays counts the calendar days with an order.
	OrderDays int `json:"order_days"`
	// MedianGap is the median number of days from one to the next; 0 for a
	// single day.
	MedianGap float64 `json:"median_gap"`
	// Regularity is mean / (mean + standard deviation) of the gaps: 1 for a
	// clock, 0.5 for orders at random times, near 0 for bursts. It is 1/2 - B/2
	// with the burstiness B of Goh and Barabási (Europhysics Letters 81, 2008,
	// 48002); 0 for fewer than three days.
	Regularity float64 `json:"regularity"`
	// DaysSinceLast is from the last of them to the as-of, and GapsSinceLast
	// the same in median gaps; 0 for a single day.
	DaysSinceLast int     `json:"days_since_last"`
	GapsSinceLast float64 `json:"gaps_since_last"`
}

// cadenceOf looks at the days of the as-of's zone.
func cadenceOf(orders []time.Time, asOf time.Time) *ProfileCadence {
	if len(orders) == 0 {
		return nil
	}
	days := make([]int, 0, len(orders))
	for _, at := range orders {
		days = append(days, dayNumber(at.In(asOf.Location())))
	}
	slices.Sort(days)
	days = slices.Compact(days)
	c := &ProfileCadence{OrderDays: len(days), DaysSinceLast: dayNumber(asOf) - days[len(days)-1]}
	if len(days) < 2 {
		return c
	}
	gaps := make([]float64, 0, len(days)-1)
	for i := 1; i < len(days); i++ {
		gaps = append(gaps, float64(days[i]-days[i-1]))
	}
	slices.Sort(gaps)
	c.MedianGap = middle(gaps)
	c.GapsSinceLast = float64(c.DaysSinceLast) / c.MedianGap // a gap is a day or more
	if len(gaps) < 2 {
		return c
	}
	n := float64(len(gaps))
	mean, squares := float64(days[len(days)-1]-days[0])/n, 0.0
	for _, g := range gaps {
		squares += (g - mean) * (g - mean)
	}
	c.Regularity = mean / (mean + math.Sqrt(squares/n))
	return c
}

// The ways in which the p-value of a [ProfileSeasonality] is found.
const (
	// SeasonExact: all orders of the quarters within the years, for up to four
	// years.
	SeasonExact = "exact"
	// SeasonChiSquare: the chi-square distribution with 3 degrees of freedom.
	SeasonChiSquare = "chi_square"
)

// ProfileSeasonality is how an account's year is shaped. The years are blocks
// of four quarters and need not begin in January.
//
// Whether the quarters differ is asked by Friedman's test (JASA 32 (1937)
// 675-701) with the years as blocks, after the Sen slope between equal
// quarters of different years was taken off: growth is no season.
type ProfileSeasonality struct {
	Years int `json:"years"`
	// Quarters are the four quarters of the calendar, with their amounts over
	// these years.
	Quarters []ProfileQuarter `json:"quarters"`
	// Peak is the quarter, 1 to 4, with the largest amount, the earlier of
	// equal ones.
	Peak int `json:"peak"`
	// Strength is Kendall's W, how far the years agree on the order of the
	// quarters: 0 not at all, 1 wholly.
	Strength float64 `json:"strength"`
	// PValue is the probability of a Strength like that, or more, without
	// seasons. Two years can give 1/24 at best.
	PValue      float64 `json:"p_value"`
	Method      string  `json:"method"`
	Significant bool    `json:"significant"`
}

// ProfileQuarter is one quarter of the calendar over all years.
type ProfileQuarter struct {
	Quarter int             `json:"quarter"`
	Amount  decimal.Decimal `json:"amount"`
	// Share is of the amount of all quarters; 0 where that is not positive.
	Share float64 `json:"share"`
}

// seasonalityOf uses the latest whole years of whole quarters; first is the
// month of months[0], all of which are within the range of [amountFloat].
func seasonalityOf(months []decimal.Decimal, first time.Month, level float64) *ProfileSeasonality {
	lead := (3 - (int(first)-1)%3) % 3 // months before the first whole quarter
	if len(months) <= lead {
		return nil
	}
	months = months[lead:]
	quarter := (int(first) - 1 + lead) / 3 % 4
	var amounts []decimal.Decimal
	for i := 0; i+3 <= len(months); i += 3 {
		var sum exact.Sum
		for _, m := range months[i : i+3] {
			sum.Add(m)
		}
		amounts = append(amounts, sum.Decimal())
	}
	s := &ProfileSeasonality{Years: len(amounts) / 4}
	if s.Years < 2 {
		return nil
	}
	left := len(amounts) - 4*s.Years
	amounts, quarter = amounts[left:], (quarter+left)%4

	s.shares(amounts, quarter)
	ys := make([]float64, len(amounts))
	largest := 0.0
	for i, a := range amounts {
		ys[i] = nearestFloat(a)
		largest = max(largest, math.Abs(ys[i]))
	}
	slope := theilSen(ys, TrendOptions{Level: level, Season: 4}).Slope
	for i := range ys {
		ys[i] -= slope * float64(i)
	}
	// What differs by less than the rounding of the line above is equal.
	s.friedman(ys, largest*1e-9)
	s.Significant = s.PValue <= 1-level
	return s
}

func (s *ProfileSeasonality) shares(amounts []decimal.Decimal, quarter int) {
	var sums [4]exact.Sum
	var total exact.Sum
	for i, a := range amounts {
		sums[(quarter+i)%4].Add(a)
		total.Add(a)
	}
	s.Peak = 1
	for i := range sums {
		q := ProfileQuarter{Quarter: i + 1, Amount: sums[i].Decimal()}
		if total.Sign() > 0 {
			q.Share = finiteRatio(q.Amount, total.Decimal())
		}
		s.Quarters = append(s.Quarters, q)
		if compareMoney(q.Amount, s.Quarters[s.Peak-1].Amount) > 0 {
			s.Peak = i + 1
		}
	}
}
