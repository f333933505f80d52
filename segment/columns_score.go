package segment

import (
	"math"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// ColumnScores are the scores of all accounts of a [ColumnTotals], by their
// numbers; 0 where the account is not scored. MaxBins fits a byte.
type ColumnScores struct {
	R, F, M []uint8
}

// FitRFM finds the [Model] that [FitRFM] finds among
// [ColumnTotals.Accounts], in most cases without making them: nested scales
// take the long way. So does an error, whose row is that of the account sorted
// by ID. Columns hold no further figures: RFMOptions.Dimensions are refused as
// those that no account has. For them give the Accounts theirs by [SetFigure].
func (t *ColumnTotals[K]) FitRFM(asOf time.Time, opts *RFMOptions) (*Model, error) {
	o := RFMOptions{}
	if opts != nil {
		o = *opts
	}
	today, ok := t.scorable(asOf)
	if !ok || o.Nested || len(o.Dimensions) > 0 || o.resolve() != nil {
		return FitRFM(t.Accounts(asOf), opts)
	}
	days, orders, nets := t.scoreColumns(today)
	if len(days) == 0 {
		return FitRFM(t.Accounts(asOf), opts)
	}
	inParallel(workerCount(t.workers), 3, func(i int) {
		switch i {
		case 0:
			sortNumbers(nets)
		case 1:
			sortNumbers(days)
		default:
			sortNumbers(orders)
		}
	})
	if nets[0] <= -mostUnits || nets[len(nets)-1] >= mostUnits {
		return FitRFM(t.Accounts(asOf), opts)
	}
	m := &Model{
		Schema: ModelSchema, Version: ModelVersion, Policy: o.Policy,
		AsOf: asOf.In(t.location), Location: t.location.String(), Currency: t.columns.Currency,
		Rule: o.Rule, Scored: len(days), Unscored: len(t.totals) - len(days),
	}
	if err := m.fitScales(days, orders, units{places: t.columns.Places, small: nets}, &o); err != nil {
		return nil, err
	}
	if err := m.name(o.Rules); err != nil {
		return nil, err
	}
	return m, nil
}

// mostUnits is what amounts in units stay below.
const mostUnits = 1e18

// Score places every account on the scales of the Model, as [Model.Score] does
// with [ColumnTotals.Accounts]. The segment of three scores is
// m.Segment(Score{R: r, F: f, M: m}).
func (t *ColumnTotals[K]) Score(m *Model, asOf time.Time) *ColumnScores {
	n := len(t.totals)
	out := &ColumnScores{R: make([]uint8, n), F: make([]uint8, n), M: make([]uint8, n)}
	if n == 0 || m.Currency != t.columns.Currency {
		return out
	}
	today := dayNumber(asOf.In(t.location))
	if len(t.wide) > 0 || m.Nested != nil {
		inParallel(workerCount(t.workers), foldChunks, func(c int) {
			for i := n * c / foldChunks; i < n*(c+1)/foldChunks; i++ {
				t.scoreOne(m, i, today, out)
			}
		})
		return out
	}
	// The Model is asked once for every value of R and F and once for every
	// limit of M; the accounts then look it up.
	day := t.dayOffsets(today)
	r := scoreTable(day.newest, day.oldest, func(days int) int {
		return m.Score(Account{Orders: 1, DaysSinceLast: days, Currency: m.Currency}).R
	})
	f := scoreTable(1, t.mostOrders(), func(orders int) int {
		return m.Score(Account{Orders: orders, Currency: m.Currency}).F
	})
	limits := moneyLimits(m, t.columns.Places)
	inParallel(workerCount(t.workers), foldChunks, func(c int) {
		for i := n * c / foldChunks; i < n*(c+1)/foldChunks; i++ {
			e := &t.totals[i]
			if e.sales == 0 {
				continue
			}
			recency := r.at(day.of(e.last))
			if recency == 0 {
				continue // the last order lies after asOf
			}
			out.R[i], out.F[i] = recency, f.at(t.Orders(i))
			score, net := uint8(1), e.gross+e.returns
			for _, limit := range limits {
				if net < limit {
					break
				}
				score++
			}
			out.M[i] = score
		}
	})
	return out
}

// foldChunks is into how many pieces the accounts are cut for the workers.
const foldChunks = 64

func (t *ColumnTotals[K]) scoreOne(m *Model, i, today int, out *ColumnScores) {
	if t.totals[i].sales == 0 {
		return
	}
	last := t.instant(t.totals[i].last).in(t.location)
	s := m.Score(Account{
		Orders: t.Orders(i), DaysSinceLast: today - dayNumber(last), Net: t.Net(i), Currency: m.Currency,
	})
	out.R[i], out.F[i], out.M[i] = uint8(s.R), uint8(s.F), uint8(s.M)
}

// scorable returns the day of asOf, and false where the long way round has to
// say what is wrong, or to sum what an int64 cannot hold.
func (t *ColumnTotals[K]) scorable(asOf time.Time) (today int, ok bool) {
	if len(t.wide) > 0 || asOf.IsZero() || !writable(asOf) {
		return 0, false
	}
	newest := uint32(0)
	for i := range t.totals {
		if t.totals[i].sales > 0 {
			newest = max(newest, t.totals[i].last)
		}
	}
	return dayNumber(asOf.In(t.location)), len(t.totals) > 0 && !t.instant(newest).in(t.location).After(asOf)
}

// scoreColumns returns the figures of the accounts with orders, in columns.
func (t *ColumnTotals[K]) scoreColumns(today int) (days, orders []int, nets []int64) {
	n := len(t.totals)
	from := make([]int, foldChunks+1)
	inParallel(workerCount(t.workers), foldChunks, func(c int) {
		for i := n * c / foldChunks; i < n*(c+1)/foldChunks; i++ {
			if t.totals[i].sales > 0 {
				from[c+1]++
			}
		}
	})
	for c := range foldChunks {
		from[c+1] += from[c]
	}
	scored := from[foldChunks]
	days, orders, nets = make([]int, scored), make([]int, scored), make([]int64, scored)
	day := t.dayOffsets(today)
	inParallel(workerCount(t.workers), foldChunks, func(c int) {
		at := from[c]
		for i := n * c / foldChunks; i < n*(c+1)/foldChunks; i++ {
			e := &t.totals[i]
			if e.sales == 0 {
				continue
			}
			days[at], orders[at], nets[at] = day.of(e.last), t.Orders(i), e.gross+e.returns
			at++
		}
	})
	return days, orders, nets
}

func (t *ColumnTotals[K]) mostOrders() int {
	most := 0
	for i := range t.totals {
		if t.totals[i].sales > 0 {
			most = max(most, t.Orders(i))
		}
	}
	return most
}

// dayOffsets turn the instants of last orders into days before today.
type dayOffsets struct {
	newest, oldest int // the range of days
	direct         bool
	today          int // where direct, that of the base
	days           []int
	slow           func(at uint32) int
}

// longestDayTable is how many days are looked up in a table: 1,400 years.
const longestDayTable = 1 << 19

func (t *ColumnTotals[K]) dayOffsets(today int) *dayOffsets {
	lo, hi := uint32(math.MaxUint32), uint32(0)
	for i := range t.totals {
		if e := &t.totals[i]; e.sales > 0 {
			lo, hi = min(lo, e.last), max(hi, e.last)
		}
	}
	d := &dayOffsets{slow: func(at uint32) int { return today - dayNumber(t.instant(at).in(t.location)) }}
	if lo > hi { // no account has orders
		return d
	}
	d.newest, d.oldest = d.slow(hi), d.slow(lo)
	switch {
	case t.columns.Day == nil:
	case t.location == time.UTC:
		d.direct, d.today = true, today-int(t.base)
	case hi < longestDayTable:
		// A zone may have skipped a day, see startOfDay.
		d.days = make([]int, hi+1)
		for at := lo; at <= hi; at++ {
			d.days[at] = d.slow(at)
		}
	}
	return d
}

func (d *dayOffsets) of(at uint32) int {
	switch {
	case d.direct:
		return d.today - int(at)
	case d.days != nil:
		return d.days[at]
	default:
		return d.slow(at)
	}
}

// table holds the score of every value from lo on; beyond it, ask.
type table struct {
	lo     int
	scores []uint8
	ask    func(v int) int
}

func scoreTable(lo, hi int, ask func(v int) int) *table {
	const longest = 1 << 16
	t := &table{lo: lo, ask: ask}
	for v := lo; v <= hi && v-lo < longest; v++ {
		t.scores = append(t.scores, uint8(ask(v)))
	}
	return t
}

func (t *table) at(v int) uint8 {
	if i := v - t.lo; i >= 0 && i < len(t.scores) {
		return t.scores[i]
	}
	return uint8(t.ask(v))
}

// moneyLimits returns, for every score from 2 on, the lowest amount in units of
// 10^-places that has it or a better one, as far as an int64 reaches.
func moneyLimits(m *Model, places int32) (limits []int64) {
	score := func(net int64) int {
		return m.Score(Account{Orders: 1, Net: decimal.New(net, -places), Currency: m.Currency}).M
	}
	for s := 2; s <= m.Monetary.Bins() && score(math.MaxInt64) >= s; s++ {
		lo, hi := int64(math.MinInt64), int64(math.MaxInt64) // hi has the score
		for lo < hi {
			mid := lo + int64(uint64(hi-lo)/2)
			if score(mid) >= s {
				hi = mid
			} else {
				lo = mid + 1
			}
		}
		limits = append(limits, hi)
	}
	return limits
}

// sortNumbers sorts by digits of 11 bits, as many as the values differ in.
func sortNumbers[N int | int64](v []N) {
	const digit, size = 11, 1 << 11
	if len(v) < size {
		slices.Sort(v)
		return
	}
	lo, hi := slices.Min(v), slices.Max(v)
	from, to := v, make([]N, len(v))
	span := uint64(hi) - uint64(lo)
	for shift := 0; shift < 64 && span>>shift > 0; shift += digit {
		var at [size]int
		for _, x := range from {
			at[(uint64(x)-uint64(lo))>>shift&(size-1)]++
		}
		sum := 0
		for i, n := range at {
			at[i], sum = sum, sum+n
		}
		for _, x := range from {
			d := (uint64(x) - uint64(lo)) >> shift & (size - 1)
			to[at[d]] = x
			at[d]++
		}
		from, to = to, from
	}
	copy(v, from)
}
