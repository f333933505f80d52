package clv

import (
	"fmt"
	"math"

	"github.com/keyaccount/keyaccount"
)

// Verdict is what a [Drift] comes to.
type Verdict int

const (
	// Stable: the difference can be chance, and what is expected is much the
	// same.
	Stable Verdict = iota
	// Slight: there is a difference, but what is expected has hardly changed.
	Slight
	// Uncertain: what is expected has changed by more than the tolerance, but
	// the data are too few to tell that from chance.
	Uncertain
	// Drifted: there is a difference, and it matters.
	Drifted
)

var verdictNames = []string{Stable: "stable", Slight: "slight", Uncertain: "uncertain", Drifted: "drifted"}

func (d *Drift) verdict() Verdict {
	differs := d.P < d.Level
	matters := math.Abs(d.Orders[d.Largest].Change) > d.Tolerance
	switch {
	case differs && matters:
		return Drifted
	case differs:
		return Slight
	case matters:
		return Uncertain
	}
	return Stable
}

// String returns "stable", "slight", "uncertain" or "drifted".
func (v Verdict) String() string { return policyName("Verdict", verdictNames, int(v)) }

// MarshalText writes what [Verdict.String] returns.
func (v Verdict) MarshalText() ([]byte, error) { return policyText("Verdict", verdictNames, int(v)) }

// UnmarshalText reads what [Verdict.MarshalText] wrote.
func (v *Verdict) UnmarshalText(text []byte) error {
	return readPolicy("Verdict", verdictNames, text, (*int)(v))
}

// Label says what the verdict means for whoever uses the model.
func (v Verdict) Label() keyaccount.Text {
	switch v {
	case Stable:
		return keyaccount.Text{En: "no sign of drift: keep the model", Zh: "没有漂移迹象:可继续使用原模型"}
	case Slight:
		return keyaccount.Text{En: "a difference that hardly changes what is expected: keep the model and watch it", Zh: "存在差异,但对预期影响很小:可继续使用原模型并保持观察"}
	case Uncertain:
		return keyaccount.Text{En: "what is expected has changed, but it may be chance: wait for more data", Zh: "预期已变化,但可能出于偶然:等待更多数据"}
	case Drifted:
		return keyaccount.Text{En: "accounts behave otherwise now: use the new fit", Zh: "客户行为已经改变:应改用新拟合的模型"}
	}
	return keyaccount.Text{En: v.String(), Zh: v.String()}
}

// Text is the verdict with its figures, in English and in Chinese.
func (d *Drift) Text() keyaccount.Text {
	label := d.Verdict.Label()
	if len(d.Orders) == 0 || d.Largest < 0 || d.Largest >= len(d.Orders) {
		return label
	}
	o := d.Orders[d.Largest]
	return keyaccount.Text{
		En: fmt.Sprintf("%s (chi-square %.2f, %d df, p %.3g; expected orders %.3g to %.3g, %+.1f%%)",
			label.En, d.ChiSquare, d.DF, d.P, o.Before, o.After, 100*o.Change),
		Zh: fmt.Sprintf("%s(卡方 %.2f,自由度 %d,p 值 %.3g;预期订单数由 %.3g 变为 %.3g,%+.1f%%)",
			label.Zh, d.ChiSquare, d.DF, d.P, o.Before, o.After, 100*o.Change),
	}
}
