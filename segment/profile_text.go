package segment

import (
	"fmt"
	"math"
	"strings"

	"github.com/keyaccount/keyaccount/internal/exact"
	"github.com/keyaccount/keyaccount/internal/label"
)

// ProfileReasonCode names something remarkable about an account.
type ProfileReasonCode string

// The codes, and what their figure and limit are.
const (
	// ReasonNoOrders: it never ordered. No figure.
	ReasonNoOrders ProfileReasonCode = "no_orders"
	// ReasonNetNegative: more came back than went out. The net amount; 0.
	ReasonNetNegative ProfileReasonCode = "net_negative"
	// ReasonGrowing, ReasonShrinking: the trend is sure. The sure slope as a
	// share of the mean month; 0.
	ReasonGrowing   ProfileReasonCode = "growing"
	ReasonShrinking ProfileReasonCode = "shrinking"
	// ReasonOverdue: the next order is late. Days since the last in median
	// gaps; ProfileOptions.Overdue.
	ReasonOverdue ProfileReasonCode = "overdue"
	// ReasonSeasonal: the quarters differ. The strength; none.
	ReasonSeasonal ProfileReasonCode = "seasonal"
	// ReasonReturnsHigh: the returns rate; ProfileOptions.ReturnsHigh.
	ReasonReturnsHigh ProfileReasonCode = "returns_high"
	// ReasonConcentrated: it buys little else than one category. Its share;
	// ProfileOptions.Concentrated.
	ReasonConcentrated ProfileReasonCode = "concentrated"
)

// ProfileReason is something remarkable, and the figure that says so.
type ProfileReason struct {
	Code   ProfileReasonCode `json:"code"`
	Figure float64           `json:"figure"`
	// Limit is what the figure reached or passed; 0 where there is none.
	Limit float64 `json:"limit"`
}

func (p *Profile) remark(o ProfileOptions) []ProfileReason {
	out := []ProfileReason{}
	add := func(given bool, code ProfileReasonCode, figure, limit float64) {
		if given {
			out = append(out, ProfileReason{Code: code, Figure: figure, Limit: limit})
		}
	}
	add(p.Size.Orders == 0, ReasonNoOrders, 0, 0)
	if p.Size.Net.Sign() < 0 {
		add(true, ReasonNetNegative, max(nearestFloat(p.Size.Net), -math.MaxFloat64), 0)
	}
	if p.Trend != nil {
		growth := p.Trend.Relative()
		add(growth > 0, ReasonGrowing, growth, 0)
		add(growth < 0, ReasonShrinking, growth, 0)
	}
	if c := p.Cadence; c != nil {
		add(c.GapsSinceLast >= o.Overdue, ReasonOverdue, c.GapsSinceLast, o.Overdue)
	}
	if s := p.Seasonality; s != nil {
		add(s.Significant, ReasonSeasonal, s.Strength, 0)
	}
	add(p.Returns.Rate >= o.ReturnsHigh, ReasonReturnsHigh, p.Returns.Rate, o.ReturnsHigh)
	if b := p.Breadth; b != nil {
		add(b.Main[0].Share >= o.Concentrated, ReasonConcentrated, b.Main[0].Share, o.Concentrated)
	}
	return out
}

// Label says the reason in words, in Chinese where lang begins with "zh", else
// in English.
func (r ProfileReason) Label(lang string) string {
	percent := 100 * r.Figure
	switch r.Code {
	case ReasonNoOrders:
		return label.Pick(lang, "never ordered", "从未下单")
	case ReasonNetNegative:
		return label.Pick(lang, "more came back than was bought", "退货多于采购")
	case ReasonGrowing:
		return fmt.Sprintf(label.Pick(lang, "growing by at least %.1f %% of a mean month every month", "增长：每月至少增加月均额的 %.1f%%"), percent)
	case ReasonShrinking:
		return fmt.Sprintf(label.Pick(lang, "shrinking by at least %.1f %% of a mean month every month", "萎缩：每月至少减少月均额的 %.1f%%"), -percent)
	case ReasonOverdue:
		return fmt.Sprintf(label.Pick(lang, "overdue: the last order is %.1f usual gaps ago", "逾期未下单：距上次订单已 %.1f 个常规间隔"), r.Figure)
	case ReasonSeasonal:
		return fmt.Sprintf(label.Pick(lang, "seasonal (strength %.2f)", "有季节性（强度 %.2f）"), r.Figure)
	case ReasonReturnsHigh:
		return fmt.Sprintf(label.Pick(lang, "returns %.1f %% of what it buys", "退货率 %.1f%%"), percent)
	case ReasonConcentrated:
		return fmt.Sprintf(label.Pick(lang, "buys %.0f %% in one category", "单一品类占 %.0f%%"), percent)
	}
	return string(r.Code)
}

// Text reads the profile out, a line for each part that is known, in Chinese
// where lang begins with "zh", else in English.
func (p *Profile) Text(lang string) string {
	var b strings.Builder
	write := func(en, zh string, args ...any) {
		fmt.Fprintf(&b, label.Pick(lang, en, zh), args...)
		b.WriteByte('\n')
	}
	money := p.Currency
	if money != "" {
		money = " " + money
	}
	write("Profile of %s as of %s", "客户画像：%s（截至 %s）", p.ID, p.AsOf.Format("2006-01-02"))
	if p.Tier != "" || p.Segment != "" {
		write("Tier %s, segment %s", "等级 %s，客群 %s", orDash(p.Tier), orDash(p.Segment))
	}
	write("Size: net %s%s, %d orders of %s on average", "规模：净额 %s%s，%d 单，平均每单 %s",
		exact.Text(p.Size.Net), money, p.Size.Orders, exact.Text(p.Size.OrderValue))
	if c := p.Cadence; c != nil {
		switch {
		case c.OrderDays > 2:
			write("Cadence: every %.4g days, regularity %.2f, last %d days ago", "频率：每 %.4g 天一单，规律性 %.2f，距上次 %d 天",
				c.MedianGap, c.Regularity, c.DaysSinceLast)
		case c.OrderDays == 2:
			write("Cadence: twice, %.4g days apart, last %d days ago", "频率：两次下单相隔 %.4g 天，距上次 %d 天", c.MedianGap, c.DaysSinceLast)
		default:
			write("Cadence: once, %d days ago", "频率：仅一次，距今 %d 天", c.DaysSinceLast)
		}
	}
	if t := p.Trend; t != nil {
		write("Trend: %+.6g a month (%+.6g to %+.6g)", "趋势：每月 %+.6g（%+.6g 至 %+.6g）", t.Slope, t.Low, t.High)
	}
	if s := p.Seasonality; s != nil && 0 < s.Peak && s.Peak <= len(s.Quarters) {
		write("Season: peak in Q%d with %.0f %%, strength %.2f, p = %.3f", "季节：旺季第 %d 季度占 %.0f%%，强度 %.2f，p = %.3f",
			s.Peak, 100*s.Quarters[s.Peak-1].Share, s.Strength, s.PValue)
	}
	if g := p.Breadth; g != nil {
		names := make([]string, 0, len(g.Main))
		for _, m := range g.Main {
			names = append(names, fmt.Sprintf("%s %.0f%%", m.Category, 100*m.Share))
		}
		write("Buys: %s; %d categories", "品类：%s；共 %d 类", strings.Join(names, label.Pick(lang, ", ", "、")), g.Categories)
	}
	write("Returns: %.1f %%", "退货率：%.1f%%", 100*p.Returns.Rate)
	for _, r := range p.Reasons {
		write("- %s", "· %s", r.Label(lang))
	}
	for _, n := range p.Notes {
		write("- %s", "· %s", n)
	}
	return b.String()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
