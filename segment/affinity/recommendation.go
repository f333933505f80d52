package affinity

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/keyaccount/keyaccount/internal/label"
)

// Reason says why a product is recommended.
type Reason string

const (
	// BoughtTogether: the account bought products that go with it.
	BoughtTogether Reason = "bought_together"
	// DueAgain: going by its rhythm the account is about to need it again.
	DueAgain Reason = "due_again"
	// PeersBuy: accounts of the same segment buy it, this one does not.
	PeersBuy Reason = "peers_buy"
	// PopularInSegment: nothing is known to go with it, but the segment buys
	// it.
	PopularInSegment Reason = "popular_in_segment"
	// PopularOverall: likewise, among all accounts.
	PopularOverall Reason = "popular_overall"
)

// Label names the reason for a reader: in Chinese where lang is a tag of
// Chinese such as "zh" or "zh-CN", else in English.
func (r Reason) Label(lang string) string {
	switch r {
	case BoughtTogether:
		return label.Pick(lang, "bought together", "关联购买")
	case DueAgain:
		return label.Pick(lang, "due for re-purchase", "到期复购")
	case PeersBuy:
		return label.Pick(lang, "peers buy it", "同类客户在买")
	case PopularInSegment:
		return label.Pick(lang, "popular in the segment", "同类客户热销")
	case PopularOverall:
		return label.Pick(lang, "popular", "整体热销")
	}
	return string(r)
}

// Source says where a [Contribution] comes from.
type Source string

const (
	// FromProduct: a product that the account bought.
	FromProduct Source = "product"
	// FromOwnRhythm: the account's own gaps between purchases of the product.
	FromOwnRhythm Source = "own_rhythm"
	// FromProductRhythm: the gaps of all accounts between purchases of it.
	FromProductRhythm Source = "product_rhythm"
	// FromEveryone: the share of all accounts that buy it.
	FromEveryone Source = "everyone"
	// FromSegment: by how much the share of the segment's accounts that buy it
	// differs from that of all accounts. May be negative.
	FromSegment Source = "segment"
)

// Contribution is one part of a score. The contributions of a
// [Recommendation] add up to its score.
type Contribution struct {
	Source Source `json:"source"`
	// Product is what the account bought, where Source is FromProduct.
	Product string `json:"product,omitempty"`
	// Count counts the evidence: the baskets that hold both products (the
	// co-buyers), the gaps between purchases, or the accounts that buy.
	Count int `json:"count"`
	// Of is what Count is a part of: the baskets that hold Product, or all
	// accounts of the group. 0 for gaps.
	Of int `json:"of,omitempty"`
	// MeanDays is the mean gap in days, for rhythms.
	MeanDays float64 `json:"mean_days,omitempty"`
	// Value is what it adds to the score.
	Value float64 `json:"value"`
}

// Recommendation is one product for one account, and why.
type Recommendation struct {
	Product string `json:"product"`
	// Rank counts from 1.
	Rank   int    `json:"rank"`
	Reason Reason `json:"reason"`
	// Score orders recommendations of the same Reason, the greatest first. For
	// BoughtTogether it is the sum of similarities, for DueAgain the number of
	// purchases to be expected since the last, else a share of accounts from 0
	// to 1.
	Score float64 `json:"score"`
	// Because are the parts of the score, the greatest first.
	Because []Contribution `json:"because"`
	// By says what the baskets behind the co-buyers are.
	By By `json:"by"`
	// Segment is the group whose purchases were looked at; empty for all
	// accounts.
	Segment string `json:"segment,omitempty"`
	// Due is set where Reason is DueAgain.
	Due *Due `json:"due,omitempty"`
}

// Due says when an account may need a product again.
type Due struct {
	// DaysSince is how many calendar days ago the account bought it.
	DaysSince int `json:"days_since"`
	// ExpectedGap is the gap to be expected, in days.
	ExpectedGap float64 `json:"expected_gap"`
	// Expected is the day of the next purchase by that gap, rounded to whole
	// days, as midnight UTC; not after 9998-12-31.
	Expected time.Time `json:"expected"`
}

// explained is how many contributions an explanation names.
const explained = 3

// Explain says in one sentence why the product is recommended: in Chinese
// where lang is a tag of Chinese, else in English.
func (r *Recommendation) Explain(lang string) string {
	var parts []string
	for i := range r.Because {
		if i == explained {
			parts = append(parts, fmt.Sprintf(label.Pick(lang, "and %d more", "以及另外 %d 项"), len(r.Because)-explained))
			break
		}
		parts = append(parts, r.Because[i].explain(lang, r))
	}
	if r.Due != nil {
		parts = append(parts, fmt.Sprintf(
			label.Pick(lang, "expected every %s days, last bought %d days ago", "预计每 %s 天一次，距上次购买 %d 天"),
			days(r.Due.ExpectedGap), r.Due.DaysSince))
	}
	return r.Reason.Label(lang) + label.Pick(lang, ": ", "：") + strings.Join(parts, label.Pick(lang, "; ", "；"))
}

func (c *Contribution) explain(lang string, r *Recommendation) string {
	switch c.Source {
	case FromProduct:
		if r.By == ByOrder {
			return fmt.Sprintf(label.Pick(lang, "with %[1]s in %[2]d of its %[3]d orders", "与 %[1]s 同单 %[2]d 次（共 %[3]d 单）"), c.Product, c.Count, c.Of)
		}
		return fmt.Sprintf(label.Pick(lang, "%[4]s with %[1]s, of its %[3]d", "与 %[1]s 有 %[2]d 位共同购买者（共 %[3]d 位）"), c.Product, c.Count, c.Of, plural(c.Count, "co-buyer"))
	case FromOwnRhythm:
		return fmt.Sprintf(label.Pick(lang, "%[3]s of %[2]s days on average", "自身 %[1]d 次间隔，平均 %[2]s 天"), c.Count, days(c.MeanDays), plural(c.Count, "own gap"))
	case FromProductRhythm:
		return fmt.Sprintf(label.Pick(lang, "%[3]s of all buyers, %[2]s days on average", "全体购买者 %[1]d 次间隔，平均 %[2]s 天"), c.Count, days(c.MeanDays), plural(c.Count, "gap"))
	case FromEveryone:
		return fmt.Sprintf(label.Pick(lang, "%d of all %d accounts buy it", "全部 %[2]d 个客户中有 %[1]d 个购买"), c.Count, c.Of)
	case FromSegment:
		return fmt.Sprintf(label.Pick(lang, "%[2]d of %[3]d accounts in segment %[1]s buy it", "细分“%[1]s”的 %[3]d 个客户中有 %[2]d 个购买"), r.Segment, c.Count, c.Of)
	}
	return string(c.Source)
}

// plural writes an English count.
func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

func days(d float64) string { return strconv.FormatFloat(d, 'f', 1, 64) }
