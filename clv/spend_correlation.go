package clv

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/keyaccount/keyaccount"
)

// CorrelationOptions tunes [CorrelateSpend]. The zero value and nil are the
// defaults.
type CorrelationOptions struct {
	// Level is that of the intervals, between 0 and 1. Defaults to 0.95.
	Level float64
	// Negligible is the size of a correlation that does not matter, between 0
	// and 1. Defaults to 0.1, which Cohen (1988) calls small.
	Negligible float64
}

// Correlation is a coefficient with its interval.
type Correlation struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// PValue is the probability, were there no correlation, of a coefficient at
	// least this far from 0: by Student's t with N-2 degrees of freedom.
	PValue float64 `json:"p_value"`
}

// SpendCorrelation says whether accounts that order often spend more, or less,
// on an order. Every model of value here multiplies orders by spend as if they
// were independent; where they are not, it misjudges the accounts that matter.
type SpendCorrelation struct {
	// Ranks is Spearman's coefficient of number of orders and spend, with ties at
	// their mean rank and the interval of Bonett and Wright (2000).
	Ranks Correlation `json:"ranks"`
	// Logs is Pearson's coefficient of their logarithms, with Fisher's interval.
	// Nil where some mean is not positive.
	Logs *Correlation `json:"logs,omitempty"`
	// Geometric says that spend is the mean of the logarithms of the amounts,
	// which every row knew. Else it is their mean: where amounts are skewed, the
	// typical mean rises by itself with the number of orders in it, and a part of
	// a positive correlation is only that.
	Geometric bool `json:"geometric"`
	// N is the number of accounts.
	N int64 `json:"n"`
	// Level is that of the intervals.
	Level float64 `json:"level"`
	// Negligible is the size that does not matter.
	Negligible float64 `json:"negligible"`
	// Verdict compares the interval of Ranks with Negligible.
	Verdict CorrelationVerdict `json:"verdict"`
}

// CorrelationVerdict says what an interval shows of a correlation. It asks for
// size, not significance: of many accounts any trace of one is significant, of
// few none is.
type CorrelationVerdict int

const (
	// CorrelationUnclear: the interval holds values that matter and values that
	// do not.
	CorrelationUnclear CorrelationVerdict = iota
	// CorrelationNegligible: the whole interval is too small to matter.
	CorrelationNegligible
	// CorrelationPresent: the whole interval matters.
	CorrelationPresent
)

var correlationVerdictNames = [...]string{
	CorrelationUnclear: "unclear", CorrelationNegligible: "negligible", CorrelationPresent: "present",
}

// String returns "unclear", "negligible" or "present".
func (v CorrelationVerdict) String() string {
	if v < 0 || int(v) >= len(correlationVerdictNames) {
		return "CorrelationVerdict(" + strconv.Itoa(int(v)) + ")"
	}
	return correlationVerdictNames[v]
}

// MarshalText writes what [CorrelationVerdict.String] returns.
func (v CorrelationVerdict) MarshalText() ([]byte, error) {
	if v < 0 || int(v) >= len(correlationVerdictNames) {
		return nil, badHistory("Verdict", v.String(), "a verdict is unclear, negligible or present")
	}
	return []byte(correlationVerdictNames[v]), nil
}

// UnmarshalText reads what [CorrelationVerdict.MarshalText] wrote.
func (v *CorrelationVerdict) UnmarshalText(text []byte) error {
	for i, name := range correlationVerdictNames {
		if name == string(text) {
			*v = CorrelationVerdict(i)
			return nil
		}
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMalformed, Field: "Verdict", Value: string(text),
		Reason: "a verdict is unclear, negligible or present",
	}
}

// CorrelateSpend correlates the number of orders with the mean spend over the
// accounts of the table.
//
// It fails with [ErrTooFewData] for fewer than 4 accounts, or where all have the
// same number of orders or the same mean spend, and with an
// [*keyaccount.InputError] for an option out of range.
func CorrelateSpend(table *SpendCounts, opts *CorrelationOptions) (*SpendCorrelation, error) {
	out := SpendCorrelation{N: table.N(), Level: 0.95, Negligible: 0.1}
	if opts != nil {
		out.Level, out.Negligible = cmp.Or(opts.Level, out.Level), cmp.Or(opts.Negligible, out.Negligible)
	}
	for _, o := range []Parameter{{Name: "Level", Value: out.Level}, {Name: "Negligible", Value: out.Negligible}} {
		if !(o.Value > 0 && o.Value < 1) {
			return nil, badHistory(o.Name, formatFloat(o.Value), "it must lie between 0 and 1")
		}
	}
	if out.N < 4 {
		return nil, fmt.Errorf("%w: a correlation of %d accounts", ErrTooFewData, out.N)
	}
	rows := table.sorted()
	out.Geometric = !slices.ContainsFunc(rows, func(row countedSpend) bool { return row.Detail != WithLogs })
	pairs := make([]pair, len(rows))
	positive := true
	for i, row := range rows {
		pairs[i] = pair{float64(row.Orders), row.Mean, float64(row.N)}
		if out.Geometric {
			pairs[i].y = row.LogMean
		}
		positive = positive && row.Mean > 0
	}
	ranked := slices.Clone(pairs)
	rank(ranked, func(p *pair) *float64 { return &p.x })
	rank(ranked, func(p *pair) *float64 { return &p.y })
	r, ok := pearson(ranked)
	if !ok {
		return nil, fmt.Errorf("%w: all accounts have the same number of orders, or the same mean spend", ErrTooFewData)
	}
	n := float64(out.N)
	out.Ranks = fisher(r, n, math.Sqrt((1+r*r/2)/(n-3)), out.Level)
	if positive {
		for i, p := range pairs {
			pairs[i].x = math.Log(p.x)
			if !out.Geometric {
				pairs[i].y = math.Log(p.y)
			}
		}
		if r, ok := pearson(pairs); ok {
			c := fisher(r, n, 1/math.Sqrt(n-3), out.Level)
			out.Logs = &c
		}
	}
	switch low, high := out.Ranks.Low, out.Ranks.High; {
	case -out.Negligible < low && high < out.Negligible:
		out.Verdict = CorrelationNegligible
	case low > out.Negligible || high < -out.Negligible:
		out.Verdict = CorrelationPresent
	}
	return &out, nil
}

// pair is the orders and the spend of n accounts.
type pair struct{ x, y, n float64 }

// rank replaces one side of the pairs by its rank, ties by their mean rank.
func rank(pairs []pair, side func(*pair) *float64) {
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(*side(&a), *side(&b)) })
	before := 0.0 // accounts with smaller values
	for from := 0; from < len(pairs); {
		until, tied := from, 0.0
		for value := *side(&pairs[from]); until < len(pairs) && *side(&pairs[until]) == value; until++ {
			tied += pairs[until].n
		}
		for i := from; i < until; i++ {
			*side(&pairs[i]) = before + (tied+1)/2
		}
		before += tied
		from = until
	}
}

// pearson returns the correlation of the pairs; false where a side is constant.
func pearson(pairs []pair) (r float64, ok bool) {
	var n, x, y float64
	for _, p := range pairs {
		n += p.n
		x += (p.x - x) * (p.n / n)
		y += (p.y - y) * (p.n / n)
	}
	var xx, yy, xy float64
	for _, p := range pairs {
		dx, dy := p.x-x, p.y-y
		xx += p.n / n * dx * dx
		yy += p.n / n * dy * dy
		xy += p.n / n * dx * dy
	}
	r = xy / math.Sqrt(xx) / math.Sqrt(yy)
	// A constant side leaves rounding errors, below 1e-12 of its size.
	if !isFinite(r) || xx <= 1e-24*x*x || yy <= 1e-24*y*y {
		return 0, false
	}
	return min(max(r, -1), 1), true
}

// fisher is the interval of a correlation of n accounts by its standard error
// on Fisher's scale, which needs 4 of them.
func fisher(r, n, se, level float64) Correlation {
	z := distuv.UnitNormal.Quantile((1+level)/2) * se
	c := Correlation{Value: r, Low: math.Tanh(math.Atanh(r) - z), High: math.Tanh(math.Atanh(r) + z)}
	if math.Abs(r) < 1 {
		t := math.Abs(r) * math.Sqrt((n-2)/((1-r)*(1+r)))
		c.PValue = min(2*distuv.StudentsT{Sigma: 1, Nu: n - 2}.CDF(-t), 1)
	}
	return c
}

// Text says it to a person.
func (c SpendCorrelation) Text() keyaccount.Text {
	level, limit := strconv.FormatFloat(100*c.Level, 'g', 4, 64), strconv.FormatFloat(c.Negligible, 'g', 4, 64)
	en := fmt.Sprintf("Rank correlation of number of orders and mean spend: %.3f (%s %% interval %.3f to %.3f, %d accounts). ",
		c.Ranks.Value, level, c.Ranks.Low, c.Ranks.High, c.N)
	zh := fmt.Sprintf("订单次数与平均订单金额的秩相关系数：%.3f（%s%% 区间 %.3f 至 %.3f，%d 个客户）。",
		c.Ranks.Value, level, c.Ranks.Low, c.Ranks.High, c.N)
	switch {
	case c.Verdict == CorrelationNegligible:
		en += "It is below " + limit + ": orders may be multiplied by spend as if they were independent."
		zh += "小于 " + limit + "：可以把订单次数与金额视为相互独立，直接相乘。"
	case c.Verdict == CorrelationPresent && c.Ranks.Value > 0:
		en += "It is above " + limit + ": accounts that order often also spend more on an order, and their value is understated unless their own history is long."
		zh += "大于 " + limit + "：下单频繁的客户每单金额也更高；除非其历史足够长，否则其价值会被低估。"
		if !c.Geometric {
			en += " Only means are known; if amounts are skewed, a part of it comes from averaging."
			zh += "由于只有平均值，若金额分布偏斜，其中一部分来自取平均本身。"
		}
	case c.Verdict == CorrelationPresent:
		en += "It is below -" + limit + ": accounts that order often spend less on an order, and their value is overstated unless their own history is long."
		zh += "小于 -" + limit + "：下单频繁的客户每单金额更低；除非其历史足够长，否则其价值会被高估。"
	default:
		en += "These accounts cannot tell whether it exceeds " + limit + ": independence is an assumption, not a finding."
		zh += "现有客户不足以判断其是否超过 " + limit + "：相互独立只是假设，并非结论。"
	}
	return keyaccount.Text{En: en, Zh: zh}
}
