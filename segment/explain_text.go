package segment

import (
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
	"github.com/keyaccount/keyaccount/internal/label"
)

// Sentences returns one sentence each for R, F and M, as in
//
//	F fell 5->3: orders 9->6; next cut needs 2 more orders; falls to 2 with 1 order fewer
//
// and for every further dimension, as in
//
//	payment delay rose 12->41 days: score fell 4->2; next cut needs 11 less; falls to 1 with 20 more
//
// in Chinese where lang is "zh" or a tag of it, else in English. They say what
// the fields of the Explanation say, no more.
func (e *Explanation) Sentences(lang string) []string {
	w, r, f, m := english, daysInEnglish, ordersInEnglish, netInEnglish
	if label.Chinese(lang) {
		w, r, f, m = chinese, daysInChinese, ordersInChinese, netInChinese
	}
	m.one, m.many = e.Currency, e.Currency
	out := make([]string, 0, 3+len(e.Dimensions))
	out = append(out,
		sentence(&e.R, &w, &r, strconv.Itoa),
		sentence(&e.F, &w, &f, strconv.Itoa),
		sentence(&e.M, &w, &m, exact.Text))
	for i := range e.Dimensions {
		out = append(out, e.Dimensions[i].sentence(&w, lang, e.Score.R > 0))
	}
	return out
}

// words join the parts of a sentence; {from} and {to} are scores.
type words struct {
	is, rose, fell, stays, begins, ends, none string
	noOrders, colon, semicolon                string
	better, farBetter                         string // after what it takes

	// Of a further dimension.
	score, noScore, notKnown           string
	upMore, upLess, downMore, downLess string
}

// scaleWords are how one scale is spoken of; {n} is a distance, {u} its unit,
// {score} where it leads.
type scaleWords struct {
	name, figure, one, many string
	up, down                string
}

var (
	english = words{
		is: " is {to}", rose: " rose {from}->{to}", fell: " fell {from}->{to}", stays: " stays {to}",
		begins: " begins at {to}", ends: " ends, it was {from}", none: " has no score",
		noOrders: "no orders", colon: ": ", semicolon: "; ",
		farBetter: " and gives {score}",
		score:     "score", noScore: "no score", notKnown: " is not known",
		upMore: "next cut needs {n} more", upLess: "next cut needs {n} less",
		downMore: "falls to {score} with {n} more", downLess: "falls to {score} with {n} less",
	}
	daysInEnglish = scaleWords{
		name: "R", figure: "days since the last order", one: "day", many: "days",
		up: "next cut needs {n} {u} fewer since the last order", down: "falls to {score} after {n} more {u} without one",
	}
	ordersInEnglish = scaleWords{
		name: "F", figure: "orders", one: "order", many: "orders", up: "next cut needs {n} more {u}", down: "falls to {score} with {n} {u} fewer",
	}
	netInEnglish = scaleWords{name: "M", figure: "net", up: "next cut needs {n} {u} more", down: "falls to {score} with {n} {u} less"}

	chinese = words{
		is: " 为 {to}", rose: " 升 {from}->{to}", fell: " 降 {from}->{to}", stays: " 保持 {to}",
		begins: " 新评为 {to}", ends: " 不再评分，原为 {from}", none: " 无评分",
		noOrders: "没有订单", colon: "：", semicolon: "；",
		better: "升至 {score}", farBetter: "升至 {score}",
		score: "评分", noScore: "无评分", notKnown: " 未知",
		upMore: "再增 {n} ", upLess: "再减 {n} ", downMore: "增加 {n} 降至 {score}", downLess: "减少 {n} 降至 {score}",
	}
	daysInChinese = scaleWords{
		name: "R", figure: "距上次下单天数", one: "天", many: "天", up: "距上次下单缩短 {n} {u}", down: "再过 {n} {u}不下单降至 {score}",
	}
	ordersInChinese = scaleWords{name: "F", figure: "订单数", one: "单", many: "单", up: "再增 {n} {u}", down: "减少 {n} {u}降至 {score}"}
	netInChinese    = scaleWords{name: "M", figure: "净额", up: "再增 {n} {u} ", down: "减少 {n} {u} 降至 {score}"}
)

func sentence[T int | decimal.Decimal](x *Explained[T], w *words, s *scaleWords, text func(T) string) string {
	from := 0
	if x.Was != nil {
		from = x.Was.Score
	}
	var b strings.Builder
	b.WriteString(s.name)
	b.WriteString(w.verdict(x.Was != nil, from, x.Score))
	b.WriteString(w.colon)
	switch {
	case x.Score == 0:
		b.WriteString(w.noOrders)
	case from == 0:
		b.WriteString(s.figure + " " + text(x.Figure))
	default:
		b.WriteString(s.figure + " " + text(x.Was.Figure) + "->" + text(x.Figure))
	}
	distances(&b, x, w, s, text)
	return b.String()
}

// distances says what the next scores take.
func distances[T int | decimal.Decimal](b *strings.Builder, x *Explained[T], w *words, s *scaleWords, text func(T) string) {
	step := func(d *CutDistance[T], takes, gives string) {
		n, unit := text(d.By), s.many
		if n == "1" {
			unit = s.one
		}
		said := strings.NewReplacer("{n}", n, "{u}", unit, "{score}", strconv.Itoa(d.Score)).Replace(takes + gives)
		// Without a currency its place stays blank.
		b.WriteString(w.semicolon + strings.Join(strings.Fields(said), " "))
	}
	if x.Up != nil {
		gives := w.better
		if x.Up.Score != x.Score+1 {
			gives = w.farBetter
		}
		step(x.Up, s.up, gives)
	}
	if x.Down != nil {
		step(x.Down, s.down, "")
	}
}

// fill puts in what was and what is.
func fill(text, from, to string) string {
	return strings.NewReplacer("{from}", from, "{to}", to).Replace(text)
}

func (w *words) verdict(compared bool, from, to int) string {
	return fill(w.verdictText(compared, from, to), strconv.Itoa(from), strconv.Itoa(to))
}

func (w *words) verdictText(compared bool, from, to int) string {
	switch {
	case to == 0 && from == 0:
		return w.none
	case !compared:
		return w.is
	case from == 0:
		return w.begins
	case to == 0:
		return w.ends
	case to > from:
		return w.rose
	case to < from:
		return w.fell
	}
	return w.stays
}
