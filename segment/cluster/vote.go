package cluster

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/keyaccount/keyaccount"
)

// chooser gathers votes.
type chooser struct {
	Choice

	reasons map[Rule]keyaccount.Text
}

func (c *chooser) vote(rule Rule, k int, reason keyaccount.Text) {
	if c.reasons == nil {
		c.reasons = map[Rule]keyaccount.Text{}
	}
	c.reasons[rule] = reason
	c.Votes = append(c.Votes, Vote{Rule: rule, K: k})
}

// extreme votes for the first k whose figure is best; better is above 0 where
// the greatest is. NaN stands for no figure.
func (c *chooser) extreme(rule Rule, better float64, figure func(*Candidate) float64) {
	at, best := -1, math.Inf(-1)
	for i := range c.Table {
		if v := figure(&c.Table[i]) * better; v > best {
			at, best = i, v
		}
	}
	if at < 0 {
		return
	}
	k := c.Table[at].K
	if math.IsInf(best, 1) {
		c.vote(rule, k, noSpread(k))
		return
	}
	word, zh := "greatest", "最大"
	if better < 0 {
		word, zh = "smallest", "最小"
	}
	c.vote(rule, k, keyaccount.Text{
		En: fmt.Sprintf("k = %d has the %s figure, %.4g", k, word, best*better),
		Zh: fmt.Sprintf("k = %d 的指标%s，为 %.4g", k, zh, best*better),
	})
}

func noSpread(k int) keyaccount.Text {
	return keyaccount.Text{
		En: fmt.Sprintf("with k = %d the rows of a cluster are equal, and no spread is left", k),
		Zh: fmt.Sprintf("k = %d 时各类内部完全相同，没有剩余差异", k),
	}
}

func figure(p *float64) float64 {
	if p == nil {
		return math.NaN()
	}
	return *p
}

func (c *chooser) kmeans(kmin int, inertias []float64, n int) {
	c.extreme(BySilhouette, 1, func(t *Candidate) float64 {
		if t.Silhouette != nil {
			return *t.Silhouette
		}
		return figure(t.SimplifiedSilhouette)
	})
	c.extreme(ByCalinskiHarabasz, 1, func(t *Candidate) float64 {
		if t.K > 1 && t.K < n && inertias[t.K-kmin] == 0 {
			return math.Inf(1)
		}
		return figure(t.CalinskiHarabasz)
	})
	c.extreme(ByDaviesBouldin, -1, func(t *Candidate) float64 { return figure(t.DaviesBouldin) })
}

// gap applies the rule to the gaps themselves. Where there is no spread left
// the gap is infinite, and a further k cannot be better.
func (c *chooser) gap(gaps []gapStatistic, inertias []float64) {
	for i := range gaps {
		if gaps[i].ok {
			c.Table[i].Gap, c.Table[i].GapSE = &gaps[i].gap, &gaps[i].se
		}
	}
	for i, g := range gaps {
		k := c.Table[i].K
		if inertias[i] == 0 {
			c.vote(ByGap, k, noSpread(k))
			return
		}
		if !g.ok {
			continue
		}
		if i+1 < len(gaps) && inertias[i+1] == 0 {
			continue
		}
		if i+1 == len(gaps) || !gaps[i+1].ok {
			c.vote(ByGap, k, keyaccount.Text{
				En: fmt.Sprintf("the gap still grows at k = %d, the last one", k),
				Zh: fmt.Sprintf("到最后的 k = %d，间隙仍在增大", k),
			})
			return
		}
		if next := gaps[i+1]; g.gap >= next.gap-next.se {
			c.vote(ByGap, k, keyaccount.Text{
				En: fmt.Sprintf("the gap %.4f of k = %d is at least that of k = %d less its standard error, %.4f - %.4f", g.gap, k, k+1, next.gap, next.se),
				Zh: fmt.Sprintf("k = %d 的间隙 %.4f 不小于 k = %d 的间隙减其标准误 %.4f - %.4f", k, g.gap, k+1, next.gap, next.se),
			})
			return
		}
	}
}

// pick follows the rule.
func (c *chooser) pick() {
	c.K = c.Table[0].K
	c.Reason = keyaccount.Text{En: "no k has a figure", Zh: "没有可用的指标"}
	for _, v := range c.Votes {
		if v.Rule == c.Rule {
			c.K, c.Reason = v.K, c.reasons[v.Rule]
		}
	}
	c.AtLimit = len(c.Table) > 1 && c.K == c.Table[len(c.Table)-1].K
	c.compare()
}

// compare tells whether the other rules agree, and adds to the reason what they
// favour where they do not: the smallest k first.
func (c *chooser) compare() {
	names := map[int]*struct{ en, zh []string }{}
	for _, v := range c.Votes {
		if v.K == c.K {
			continue
		}
		if names[v.K] == nil {
			names[v.K] = &struct{ en, zh []string }{}
		}
		name := v.Rule.name()
		names[v.K].en = append(names[v.K].en, name.En)
		names[v.K].zh = append(names[v.K].zh, name.Zh)
	}
	c.Agreed = len(c.Votes) > 0 && len(names) == 0
	if len(names) == 0 {
		return
	}
	var en, zh []string
	for _, k := range slices.Sorted(maps.Keys(names)) {
		en = append(en, fmt.Sprintf("k = %d (%s)", k, strings.Join(names[k].en, ", ")))
		zh = append(zh, fmt.Sprintf("k = %d（%s）", k, strings.Join(names[k].zh, "、")))
	}
	who, whoZh := "other rules favour ", "其他规则倾向于 "
	if c.K == 1 {
		who, whoZh = "other rules, which cannot name 1, favour ", "其他规则无法给出 1，倾向于 "
	}
	c.Reason.En += "; " + who + strings.Join(en, " and ")
	c.Reason.Zh += "；" + whoZh + strings.Join(zh, "、")
}

// name is what people call the rule.
func (r Rule) name() keyaccount.Text {
	switch r {
	case ByGap:
		return keyaccount.Text{En: "gap", Zh: "间隙统计量"}
	case BySilhouette:
		return keyaccount.Text{En: "silhouette", Zh: "轮廓系数"}
	case ByCalinskiHarabasz:
		return keyaccount.Text{En: "Calinski-Harabasz", Zh: "CH 指数"}
	case ByDaviesBouldin:
		return keyaccount.Text{En: "Davies-Bouldin", Zh: "DB 指数"}
	default:
		return keyaccount.Text{En: string(r), Zh: string(r)}
	}
}
