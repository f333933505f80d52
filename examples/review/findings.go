package main

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/allocation"
	"github.com/keyaccount/keyaccount/segment"
)

// The lines beyond which the review speaks up.
const (
	dependencyLine = 0.10 // share of revenue from one account
	silentLine     = 0.50 // probability that a key account still buys
	overdueLine    = 0.25 // share of receivables that is overdue
	discountLine   = 0.005
)

// findings lists what a key-account manager should look at, gravest first.
func findings(rv *review) []finding {
	var all []finding
	for _, f := range []func(*review) (finding, bool){dependsOnFew, goneSilent, unhappy, owesMuch, paysLeast, noPlan} {
		if found, ok := f(rv); ok {
			all = append(all, found)
		}
	}
	return all
}

func dependsOnFew(rv *review) (finding, bool) {
	var over []string
	for _, a := range rv.Accounts {
		if a.Share > dependencyLine {
			over = append(over, a.ID)
		}
	}
	if len(over) == 0 {
		return finding{}, false
	}
	top := rv.Accounts[0]
	return finding{
		Code: "dependency", Accounts: over,
		Text: keyaccount.Text{
			En: fmt.Sprintf("%s alone makes %s of all positive net revenue; %s above the %.0f %% line.", top.ID, percent(top.Share), count(len(over), "account is", "accounts are"), 100*dependencyLine),
			Zh: fmt.Sprintf("%s 一家占正净销售额的 %s；%d 家客户超过 %.0f%% 警戒线。", top.ID, percent(top.Share), len(over), 100*dependencyLine),
		},
	}, true
}

func goneSilent(rv *review) (finding, bool) {
	var who []string
	revenue := decimal.Zero
	for _, a := range rv.Accounts {
		gone := a.Score.R == 1 || a.ProbAlive != nil && *a.ProbAlive < silentLine
		if a.Class == segment.ClassA && gone {
			who = append(who, a.ID)
			revenue = revenue.Add(a.Net)
		}
	}
	if len(who) == 0 {
		return finding{}, false
	}
	return finding{
		Code: "silent", Accounts: who,
		Text: keyaccount.Text{
			En: fmt.Sprintf("%s gone quiet (recency score 1, or P(alive) below %.0f %%): %s. Net revenue so far: %s.", count(len(who), "class A account has", "class A accounts have"), 100*silentLine, some(who, ", "), whole(revenue)),
			Zh: fmt.Sprintf("%d 家 A 类客户已久未采购（近度得分 1，或活跃概率低于 %.0f%%）：%s。累计净销售额 %s。", len(who), 100*silentLine, some(who, "、"), whole(revenue)),
		},
	}, true
}

func unhappy(rv *review) (finding, bool) {
	if rv.Health == nil {
		return finding{}, false
	}
	var who []string
	for _, a := range rv.Health.Accounts {
		if !a.Empty() && a.Value < 0 {
			who = append(who, a.Account)
		}
	}
	if len(who) == 0 {
		return finding{}, false
	}
	return finding{
		Code: "unhappy", Accounts: who,
		Text: keyaccount.Text{
			En: fmt.Sprintf("%s more detractors than promoters: %s. Revenue at stake: %s.", count(len(who), "account has", "accounts have"), some(who, ", "), whole(rv.Health.AtStake)),
			Zh: fmt.Sprintf("%d 家客户的贬损者多于推荐者：%s。涉及销售额：%s。", len(who), some(who, "、"), whole(rv.Health.AtStake)),
		},
	}, true
}

func owesMuch(rv *review) (finding, bool) {
	r := rv.Receivables
	if r == nil || r.Outstanding.Sign() <= 0 {
		return finding{}, false
	}
	share := r.Overdue.InexactFloat64() / r.Outstanding.InexactFloat64()
	if share < overdueLine {
		return finding{}, false
	}
	worst := r.Accounts[0]
	for _, a := range r.Accounts {
		if a.Overdue.GreaterThan(worst.Overdue) {
			worst = a
		}
	}
	return finding{
		Code: "overdue", Accounts: []string{worst.Account},
		Text: keyaccount.Text{
			En: fmt.Sprintf("%s of the receivables are overdue; most of it, %s, is owed by %s, the oldest for %s.", percent(share), whole(worst.Overdue), worst.Account, count(worst.OldestDays, "day", "days")),
			Zh: fmt.Sprintf("应收账款中 %s 已逾期；最多的是 %s，欠 %s，最长逾期 %d 天。", percent(share), worst.Account, whole(worst.Overdue), worst.OldestDays),
		},
	}, true
}

// paysLeast finds the account whose discount goes furthest beyond that of every
// larger account.
func paysLeast(rv *review) (finding, bool) {
	if rv.Prices == nil {
		return finding{}, false
	}
	found, beyond, atMost := -1, discountLine, 0.0
	deepest := 1.0                         // of the accounts so far; the first has no larger one
	for i, a := range rv.Prices.Accounts { // largest first
		if d := a.Discount - deepest; d > beyond {
			found, beyond, atMost = i, d, deepest
		}
		if i == 0 || a.Discount > deepest {
			deepest = a.Discount
		}
	}
	if found < 0 {
		return finding{}, false
	}
	a := rv.Prices.Accounts[found]
	return finding{
		Code: "price", Accounts: []string{a.Account},
		Text: keyaccount.Text{
			En: fmt.Sprintf("%s has %s off the price book, more than any larger account (at most %s).", a.Account, percent(a.Discount), percent(atMost)),
			Zh: fmt.Sprintf("%s 享有价目表 %s 的折扣，超过任何更大的客户（最多 %s）。", a.Account, percent(a.Discount), percent(atMost)),
		},
	}, true
}

// noPlan says that the promises cannot be kept, or whom the caps hold back.
func noPlan(rv *review) (finding, bool) {
	if rv.Plan.Note != (keyaccount.Text{}) {
		return finding{Code: "plan", Text: rv.Plan.Note}, true
	}
	var capped []string
	for _, a := range rv.Accounts {
		if a.Reason == string(allocation.AtCap) {
			capped = append(capped, a.ID)
		}
	}
	if len(capped) == 0 {
		return finding{}, false
	}
	return finding{
		Code: "capped", Accounts: capped,
		Text: keyaccount.Text{
			En: fmt.Sprintf("%s get more service by value, but are held at the cap of their level: %s.", count(len(capped), "account would", "accounts would"), some(capped, ", ")),
			Zh: fmt.Sprintf("%d 家客户按价值应得更多服务，但已达其级别上限：%s。", len(capped), some(capped, "、")),
		},
	}, true
}

// some names the first few and counts the others.
func some(who []string, comma string) string {
	const shown = 4
	if len(who) <= shown {
		return strings.Join(who, comma)
	}
	return strings.Join(who[:shown], comma) + comma + fmt.Sprintf("… (+%d)", len(who)-shown)
}
