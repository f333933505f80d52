package segment

import (
	"cmp"

	"github.com/shopspring/decimal"
)

// Score is an account's place on the scales of a [Model]: 1 is the worst and
// the number of bins the best, also for recency. The zero Score stands for an
// account that is not scored. Scores can be compared with ==.
type Score struct {
	R int `json:"r"`
	F int `json:"f"`
	M int `json:"m"`
	// Segment is that of the Model's rules; the zero Segment where it has none.
	Segment Segment `json:"segment,omitzero"`
	// Reasons are facts about the account that made R, F and M.
	// [Model.Reasons] adds those of further dimensions, which the Model names.
	Reasons ScoreReasons `json:"reasons,omitzero"`
	// Dimensions are the scores on the further ones, in the order of
	// Model.Dimensions; 0 where the account has no such figure.
	Dimensions DimensionScores `json:"dimensions,omitzero"`
}

// Code writes the scores as in "545", or as in "5-10-5" where one has two
// digits. Those on further dimensions follow as in "545/42", up to the last
// that is known.
func (s Score) Code() string { return s.cell().String() }

// cell returns the scores alone.
func (s Score) cell() Cell { return Cell{R: s.R, F: s.F, M: s.M, Dimensions: s.Dimensions} }

// String returns the code and the key of the segment, as in "545 champions".
func (s Score) String() string {
	if s.Segment.Key == "" {
		return s.Code()
	}
	return s.Code() + " " + s.Segment.Key
}

// Score places an account on the scales, whether it was among the fitted ones
// or not, and as of whatever day it stands. Equal figures get equal scores; a
// later last order, more orders, a higher net or a better figure never get a
// lower one. (Where
// the Model is Nested, that holds among accounts whose scores before are the
// same.) An account without orders, in another currency than the Model's, or
// whose last order lies after its as-of, gets the zero Score. Score does not
// allocate while the figures and the cuts have at most 16 digits.
func (m *Model) Score(a Account) Score {
	if !a.HasOrders() || a.Currency != m.Currency || a.DaysSinceLast < 0 {
		return Score{}
	}
	s := Score{R: m.r(a.DaysSinceLast)}
	s.F = m.f(a.Orders, s.R)
	s.M = m.m(a.Net, s.R, s.F)
	for i := range min(len(m.Dimensions), MaxDimensions) {
		d := &m.Dimensions[i]
		if v, known := a.Figures[d.Name]; known {
			s.Dimensions[i] = int8(d.Score(v))
		}
	}
	if m.Rules != nil {
		c := Cell{R: s.R, F: s.F, M: s.M}
		if len(m.Rules.Dimensions) > 0 {
			c.Dimensions = m.asked(&s.Dimensions)
		}
		s.Segment = m.Rules.of(&c)
	}
	s.reason(OrderedRecently, NotOrderedForLong, s.R, m.Recency.Bins())
	s.reason(OrdersOften, OrdersRarely, s.F, m.Frequency.Bins())
	s.reason(HighNet, LowNet, s.M, m.Monetary.Bins())
	s.Reasons.set(SingleOrder, a.Orders == 1)
	s.Reasons.set(NoNet, a.Net.Sign() <= 0)
	return s
}

// Segment returns the segment of the scores by the Model's rules: of those of
// [ColumnTotals.Score], or of those in force under a [Hysteresis]. It is the
// zero Segment for the zero Score and where there are no rules.
func (m *Model) Segment(s Score) Segment {
	if m.Rules == nil || s.R == 0 {
		return Segment{}
	}
	return m.Rules.Of(Cell{R: s.R, F: s.F, M: s.M, Dimensions: m.asked(&s.Dimensions)})
}

// asked returns the scores on the dimensions that the rules name, in their
// order.
func (m *Model) asked(scores *DimensionScores) (out DimensionScores) {
	for i := range min(len(m.Rules.Dimensions), MaxDimensions) {
		if at := m.dimension(m.Rules.Dimensions[i]); at >= 0 && at < MaxDimensions {
			out[i] = scores[at]
		}
	}
	return out
}

// reason says on which side of the middle of its scale a score lies.
func (s *Score) reason(above, below ScoreReason, score, bins int) {
	s.Reasons.set(above, 2*score > bins+1)
	s.Reasons.set(below, 2*score < bins+1)
}

// Fewer days are better: the cuts ascend in days, the score descends.
func (m *Model) r(days int) int {
	return m.Recency.Bins() - beyond(days, m.Recency.Cuts, compareCount)
}

func (m *Model) f(orders, r int) int {
	return 1 + beyond(orders, m.frequency(r), compareCount)
}

func (m *Model) m(net decimal.Decimal, r, f int) int {
	return 1 + beyond(net, m.monetary(r, f), compareNet)
}

func compareCount(x int, c *Cut[int]) int { return cmp.Compare(x, c.Value) }

func compareNet(x decimal.Decimal, c *Cut[decimal.Decimal]) int {
	return compareTimes(x, max(c.Over, 1), c.Value)
}
