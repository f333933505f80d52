package segment

import (
	"errors"
	"fmt"
	"strings"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
	"github.com/keyaccount/keyaccount/internal/label"
)

// Validate reports everything that is wrong with the policy: a weight that is
// negative or above 1e6, bounds that are not finite or do not ascend, an
// Unknown outside 0 to 1.
func (p PotentialPolicy) Validate() error {
	var faults []error
	fault := func(field string, value float64, reason string) {
		faults = append(faults, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: field, Value: floatText(value), Reason: reason,
		})
	}
	for _, c := range []struct {
		field string
		w     PotentialWeight
	}{{"Headroom", p.Headroom}, {"Trend", p.Trend}, {"Propensity", p.Propensity}, {"Referral", p.Referral}} {
		if !(c.w.Weight >= 0 && c.w.Weight <= 1e6) || c.w.Weight > 0 && c.w.Weight < 1e-6 {
			fault(c.field+".Weight", c.w.Weight, "a weight is 0, or lies between 1e-6 and 1e6")
		}
		if !bounded(c.w.Low) || !bounded(c.w.High) {
			fault(c.field+".Low", c.w.Low, "bounds lie between -1e150 and 1e150")
		} else if (c.w.Low != 0 || c.w.High != 0) && !(c.w.Low < c.w.High) {
			fault(c.field+".High", c.w.High, "the upper bound must be above the lower one")
		}
	}
	if !(p.Unknown >= 0 && p.Unknown <= 1) {
		fault("Unknown", p.Unknown, "a scaled figure lies between 0 and 1")
	}
	return errors.Join(faults...)
}

func bounded(x float64) bool { return x >= -1e150 && x <= 1e150 }

// normalise puts the default weights in and makes them add up to 1.
func (p *PotentialPolicy) normalise() {
	sum := p.Headroom.Weight + p.Trend.Weight + p.Propensity.Weight + p.Referral.Weight
	if sum == 0 {
		p.Headroom.Weight, p.Trend.Weight, p.Propensity.Weight, p.Referral.Weight = 0.4, 0.2, 0.3, 0.1
		return
	}
	for _, w := range []*PotentialWeight{&p.Headroom, &p.Trend, &p.Propensity, &p.Referral} {
		w.Weight /= sum
	}
}

func (in *PotentialInput) check() error {
	if len(in.Accounts) == 0 {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "Accounts", Reason: "there is no account to work on"}
	}
	seen := make(map[string]struct{}, len(in.Accounts))
	for i := range in.Accounts {
		f := &in.Accounts[i]
		fault := func(kind error, field, value, reason string) error {
			return &keyaccount.InputError{Kind: kind, Field: "Accounts." + field, Row: i + 1, Value: value, Reason: reason}
		}
		if f.ID == "" {
			return fault(keyaccount.ErrMissing, "ID", "", "an account needs an ID")
		}
		if _, ok := seen[f.ID]; ok {
			return fault(keyaccount.ErrDuplicate, "ID", f.ID, "the account stands twice")
		}
		seen[f.ID] = struct{}{}
		if _, ok := amountFloat(f.Current); !ok {
			return fault(keyaccount.ErrOutOfRange, "Current", exact.Text(f.Current), "the amount is too large for statistics")
		}
		if h := f.Headroom; h != nil {
			if _, ok := amountFloat(*h); !ok || h.Sign() < 0 {
				return fault(keyaccount.ErrOutOfRange, "Headroom", exact.Text(*h), "a headroom is not negative, and below 1e100")
			}
		}
		if t := f.Trend; t != nil && !(bounded(t.Low) && bounded(t.High) && bounded(t.Mean) && isFinite(t.Relative())) {
			return fault(keyaccount.ErrOutOfRange, "Trend", floatText(t.Low)+" to "+floatText(t.High), "a trend has finite bounds")
		}
		if p := f.Propensity; p != nil && !(*p >= 0 && *p <= 1) {
			return fault(keyaccount.ErrOutOfRange, "Propensity", floatText(*p), "a probability lies between 0 and 1")
		}
	}
	for i, r := range in.Referrals {
		fault := func(kind error, field, value, reason string) error {
			return &keyaccount.InputError{Kind: kind, Field: "Referrals." + field, Row: i + 1, Value: value, Reason: reason}
		}
		switch {
		case r.From == "":
			return fault(keyaccount.ErrMissing, "From", "", "a referral comes from an account")
		case r.To == "":
			return fault(keyaccount.ErrMissing, "To", "", "a referral leads to an account")
		case r.From == r.To:
			return fault(keyaccount.ErrMalformed, "To", r.To, "an account cannot refer itself")
		}
	}
	return nil
}

// Label names the criterion in Chinese where lang begins with "zh", else in
// English.
func (c PotentialCriterion) Label(lang string) string {
	switch c {
	case ByHeadroom:
		return label.Pick(lang, "headroom", "增长空间")
	case ByTrend:
		return label.Pick(lang, "sure growth", "确定增速")
	case ByPropensity:
		return label.Pick(lang, "propensity", "成为大客户的概率")
	case ByReferral:
		return label.Pick(lang, "referred by key accounts", "大客户推荐数")
	}
	return string(c)
}

// Explain says in words what the score is made of, in Chinese where lang
// begins with "zh", else in English.
func (a PotentialAccount) Explain(lang string) string {
	var b strings.Builder
	fmt.Fprintf(&b, label.Pick(lang, "%s: rank %d, score %.3f", "%s：第 %d 名，得分 %.3f"), a.ID, a.Rank, a.Score)
	for _, p := range a.Parts {
		figure := label.Pick(lang, "unknown", "未知")
		if p.Known {
			figure = fmt.Sprintf("%.6g", p.Figure)
		}
		fmt.Fprintf(&b, label.Pick(lang, "; %s %s: %.2f x %.2f = %.3f", "；%s %s：%.2f x %.2f = %.3f"),
			p.Criterion.Label(lang), figure, p.Weight, p.Scaled, p.Contribution)
	}
	if len(a.ReferredBy) > 0 {
		b.WriteString(label.Pick(lang, "; by ", "；推荐者："))
		b.WriteString(strings.Join(a.ReferredBy, label.Pick(lang, ", ", "、")))
	}
	return b.String()
}
