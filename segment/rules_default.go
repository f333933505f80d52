package segment

import (
	"slices"

	"github.com/keyaccount/keyaccount"
)

// The segments of [DefaultRules].
const (
	Champions         = "champions"
	Loyal             = "loyal"
	PotentialLoyalist = "potential_loyalist"
	NewAccounts       = "new"
	Promising         = "promising"
	NeedAttention     = "need_attention"
	AboutToSleep      = "about_to_sleep"
	AtRisk            = "at_risk"
	CannotLose        = "cannot_lose"
	Hibernating       = "hibernating"
	Lost              = "lost"
)

// DefaultRulesVersion and EightRulesVersion are the versions of [DefaultRules]
// and [EightRules].
const (
	DefaultRulesVersion = "eleven/1"
	EightRulesVersion   = "eight/1"
)

// DefaultRules returns the usual eleven segments for scales with so many
// scores each, from 2 to MaxBins. They are written for five scores:
//
//	segment             R    F    M
//	champions           4-5  4-5  4-5
//	loyal               3-5  4-5
//	                    3-5  3    3-5
//	new                 4-5  1
//	promising           3    1
//	potential loyalist  4-5
//	need attention      3
//	can't lose          1-2  4-5  4-5
//	at risk             1-2  3-5
//	about to sleep      2
//	hibernating         1         3-5
//	lost                1
//
// The first match decides. Where a scale has n scores, the score s counts as
// the one of five in which the middle of its bin lies, the ceil(5(s-1/2)/n)-th;
// a segment that then has no scores of its own is left out. Where a number is outside its domain, it is taken as the nearest one
// inside.
func DefaultRules(bins Cell) *Rules {
	all := Span{1, 5}
	rules := []Rule{
		ruleOf(Champions, "Champions", "核心客户", Span{4, 5}, Span{4, 5}, Span{4, 5}),
		ruleOf(Loyal, "Loyal", "忠诚客户", Span{3, 5}, Span{4, 5}, all),
		ruleOf(Loyal, "Loyal", "忠诚客户", Span{3, 5}, Span{3, 3}, Span{3, 5}),
		ruleOf(NewAccounts, "New", "新客户", Span{4, 5}, Span{1, 1}, all),
		ruleOf(Promising, "Promising", "有望客户", Span{3, 3}, Span{1, 1}, all),
		ruleOf(PotentialLoyalist, "Potential loyalist", "潜在忠诚客户", Span{4, 5}, all, all),
		ruleOf(NeedAttention, "Needs attention", "需关注客户", Span{3, 3}, all, all),
		ruleOf(CannotLose, "Can't lose", "不容流失客户", Span{1, 2}, Span{4, 5}, Span{4, 5}),
		ruleOf(AtRisk, "At risk", "流失风险客户", Span{1, 2}, Span{3, 5}, all),
		ruleOf(AboutToSleep, "About to sleep", "即将沉睡客户", Span{2, 2}, all, all),
		ruleOf(Hibernating, "Hibernating", "沉睡客户", Span{1, 1}, all, Span{3, 5}),
		ruleOf(Lost, "Lost", "已流失客户", Span{1, 1}, all, all),
	}
	bins = withinBins(bins)
	out := &Rules{Schema: RulesSchema, Version: DefaultRulesVersion, Bins: bins}
	for _, rule := range rules {
		rule.R, rule.F, rule.M = stretch(rule.R, bins.R), stretch(rule.F, bins.F), stretch(rule.M, bins.M)
		out.Rules = append(out.Rules, rule)
	}
	out.prune()
	return out
}

// EightRules returns the eight segments by high and low that are usual in
// China (重要价值, 重要发展, …), for scales with so many scores each: a score
// is high when it lies above the middle of its scale. Where a number is
// outside its domain, it is taken as the nearest one inside.
func EightRules(bins Cell) *Rules {
	bins = withinBins(bins)
	half := func(n int) (low, high Span) {
		at := (n + 1) / 2
		return Span{1, at}, Span{at + 1, n}
	}
	lowR, highR := half(bins.R)
	lowF, highF := half(bins.F)
	lowM, highM := half(bins.M)
	return &Rules{Schema: RulesSchema, Version: EightRulesVersion, Bins: bins, Rules: []Rule{
		ruleOf("key_value", "Key: valued", "重要价值客户", highR, highF, highM),
		ruleOf("key_develop", "Key: to develop", "重要发展客户", highR, lowF, highM),
		ruleOf("key_keep", "Key: to keep", "重要保持客户", lowR, highF, highM),
		ruleOf("key_retain", "Key: to win back", "重要挽留客户", lowR, lowF, highM),
		ruleOf("general_value", "General: valued", "一般价值客户", highR, highF, lowM),
		ruleOf("general_develop", "General: to develop", "一般发展客户", highR, lowF, lowM),
		ruleOf("general_keep", "General: to keep", "一般保持客户", lowR, highF, lowM),
		ruleOf("general_retain", "General: to win back", "一般挽留客户", lowR, lowF, lowM),
	}}
}

func segmentOf(key, en, zh string) Segment {
	return Segment{Key: key, Text: keyaccount.Text{En: en, Zh: zh}}
}

func ruleOf(key, en, zh string, r, f, m Span) Rule {
	return Rule{Segment: segmentOf(key, en, zh), R: r, F: f, M: m}
}

func withinBins(c Cell) Cell {
	inside := func(n int) int { return min(max(n, 2), MaxBins) }
	return Cell{R: inside(c.R), F: inside(c.F), M: inside(c.M)}
}

// stretch turns a span of five scores into one of n: those s for which
// ceil(5(s-1/2)/n) is in it. Where there is none, it returns a span that goes
// down.
func stretch(s Span, n int) Span { return Span{(2*n*(s[0]-1)+5)/10 + 1, (2*n*s[1] + 5) / 10} }

// prune takes out the rules that have nothing to decide.
func (r *Rules) prune() {
	kept := r.Rules[:0]
	for i := range r.Rules {
		if b := r.box(&r.Rules[i]); b.cells() > 0 {
			kept = append(kept, r.Rules[i])
		}
	}
	r.Rules = kept
	c, err := r.Coverage()
	if err != nil {
		return
	}
	for _, at := range slices.Backward(c.Shadowed) {
		r.Rules = slices.Delete(r.Rules, at, at+1)
	}
}
