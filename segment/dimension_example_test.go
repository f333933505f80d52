package segment_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/segment"
)

// What the host knows besides the orders: margins, and days of payment delay.
var (
	margins = map[string]string{"Adler": "0.31", "Birke": "0.12", "Cedar": "0.27", "Dorn": "0.22", "Eiche": "0.18"}
	delays  = map[string]string{"Adler": "12", "Birke": "4", "Cedar": "38", "Dorn": "20"}
)

func known(figures map[string]string) func(segment.Account) (decimal.Decimal, bool) {
	return func(a segment.Account) (decimal.Decimal, bool) {
		text, ok := figures[a.ID]
		if !ok {
			return decimal.Decimal{}, false
		}
		return decimal.RequireFromString(text), true
	}
}

// LRFM with a margin and a payment delay, and a rule that asks for the delay:
// who buys much and pays late is nobody's champion. What is not known of an
// account has no score, and a rule may ask for that too.
func ExampleDimension() {
	asOf := time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	sum := segment.NewSummary(segment.SummaryOptions{})
	for _, tx := range []keyaccount.Transaction{
		sale("Adler", "1", "2025-01-14", "1200.00"), sale("Adler", "2", "2025-06-20", "880.00"),
		sale("Birke", "3", "2025-02-03", "410.00"), sale("Birke", "4", "2025-04-22", "95.50"),
		sale("Cedar", "5", "2025-03-11", "2400.00"), sale("Cedar", "6", "2025-06-11", "640.00"),
		sale("Dorn", "7", "2025-05-05", "75.00"), sale("Eiche", "8", "2025-06-02", "3100.00"),
	} {
		if err := sum.Add(tx); err != nil {
			fmt.Println(err)
			return
		}
	}
	accounts := sum.Accounts(asOf)
	segment.SetFigure(accounts, "length", segment.Length)
	segment.SetFigure(accounts, "margin", known(margins))
	segment.SetFigure(accounts, "payment_delay", known(delays))

	named := func(key, en, zh string) segment.Segment {
		return segment.Segment{Key: key, Text: keyaccount.Text{En: en, Zh: zh}}
	}
	rules, err := segment.NewRules("late payers", segment.Cell{R: 3, F: 3, M: 3, Dimensions: segment.DimensionScores{3}},
		[]string{"payment_delay"},
		segment.Rule{Segment: named("late", "Large, pays late", "大额但付款拖延"), M: segment.Span{2, 3}, Dimensions: map[string]segment.Levels{"payment_delay": {1, 1}}},
		segment.Rule{Segment: named("check", "Large, terms unknown", "大额待核实"), M: segment.Span{2, 3}, Dimensions: map[string]segment.Levels{"payment_delay": {0, 0}}},
		segment.Rule{Segment: named("key", "Key", "大客户"), M: segment.Span{2, 3}},
		segment.Rule{Segment: named("other", "Other", "其他客户")},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := segment.FitRFM(accounts, &segment.RFMOptions{Bins: 3, Rules: rules, Dimensions: []segment.Dimension{
		{Name: "length"},
		{Name: "margin"},
		{Name: "payment_delay", Label: keyaccount.Text{En: "payment delay", Zh: "付款延迟"}, LowerBetter: true},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range accounts {
		s := model.Score(a)
		fmt.Println(a.ID, s.Code(), s.Segment.Label("en"), s.Segment.Label("zh"))
	}
	for _, reason := range model.Reasons(model.Score(accounts[2]), "en") {
		fmt.Println("-", reason)
	}
	// Output:
	// Adler 322/333 Key 大客户
	// Birke 121/213 Other 其他客户
	// Cedar 323/331 Large, pays late 大额但付款拖延
	// Dorn 111/122 Other 其他客户
	// Eiche 213/11 Large, terms unknown 大额待核实
	// - ordered recently
	// - high net amount
	// - high length
	// - high margin
	// - high payment delay
}

// An account that pays later moves, and the explanation says by what.
func ExampleExplanation_Sentences() {
	pays := func(asOf time.Time, delay int64) []segment.Account {
		accounts := append([]segment.Account(nil), inJanuary...)
		for i := range accounts {
			accounts[i].AsOf = asOf
		}
		segment.SetFigure(accounts, "payment_delay", func(a segment.Account) (decimal.Decimal, bool) {
			if a.ID == "Adler" {
				return decimal.NewFromInt(delay), true
			}
			return decimal.NewFromInt(int64(5 * a.Orders)), true
		})
		return accounts
	}
	before, after := pays(january, 12), pays(july, 41)
	model, err := segment.FitRFM(before, &segment.RFMOptions{Bins: 3, Dimensions: []segment.Dimension{{
		Name: "payment_delay", LowerBetter: true, Step: decimal.NewFromInt(1),
		Label: keyaccount.Text{En: "payment delay", Zh: "付款延迟"}, Unit: keyaccount.Text{En: "days", Zh: "天"},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	moves, err := segment.Migrate(model, before, after)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range moves.Moves {
		why, err := segment.ExplainMove(model, moves, m, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(m.ID, m.From.Code(), m.To.Code())
		fmt.Println(why.Sentences("en")[3])
		fmt.Println(why.Sentences("zh")[3])
	}
	// Output:
	// Adler 333/2 333/1
	// payment delay rose 12->41 days: score fell 2->1; next cut needs 23 less
	// 付款延迟 升 12->41 天：评分 降 2->1；再减 23 升至 2
}
