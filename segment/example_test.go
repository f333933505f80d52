package segment_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/segment"
)

func sale(account, order, date, amount string) keyaccount.Transaction {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return keyaccount.Transaction{
		Account: account, Order: order, Time: at, Amount: decimal.RequireFromString(amount), Currency: "EUR",
	}
}

var sales = []keyaccount.Transaction{
	sale("Adler", "1001", "2025-01-14", "1200.00"),
	sale("Adler", "1001", "2025-01-14", "349.90"),
	sale("Adler", "1019", "2025-06-20", "880.00"),
	sale("Adler", "1019", "2025-06-27", "-80.00"),
	sale("Birke", "1002", "2025-02-03", "410.00"),
	sale("Birke", "1011", "2025-04-22", "95.50"),
	sale("Cedar", "1003", "2025-02-11", "59.00"),
	sale("Dorn", "0977", "2025-01-09", "-19.90"),
}

func Example() {
	asOf := time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	sum := segment.NewSummary(segment.SummaryOptions{})
	for _, tx := range sales {
		if err := sum.Add(tx); err != nil {
			fmt.Println(err)
			return
		}
	}
	accounts := sum.Accounts(asOf)
	model, err := segment.FitRFM(accounts, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range accounts {
		fmt.Println(a.ID, a.Orders, a.DaysSinceLast, a.Net.StringFixed(2), model.Score(a).Code())
	}
	// Output:
	// Adler 2 11 2349.90 535
	// Birke 2 70 505.50 333
	// Cedar 1 140 59.00 111
	// Dorn 0 -1 -19.90 000
}

// A line that cannot be used names its row, its field and what is wrong, and
// is left out; the others still count.
func ExampleSummary_Add() {
	sum := new(segment.Summary)
	for _, tx := range []keyaccount.Transaction{
		sale("Adler", "1001", "2025-01-14", "1200.00"),
		sale("", "1002", "2025-01-15", "15.00"),
	} {
		err := sum.Add(tx)
		if in, ok := errors.AsType[*keyaccount.InputError](err); ok {
			fmt.Println(in.Row, in.Field, errors.Is(err, keyaccount.ErrMissing))
			fmt.Println(err)
		}
	}
	fmt.Println(sum.Len(), sum.Currency())
	// Output:
	// 2 Account true
	// keyaccount: row 2: Account: a transaction needs an account
	// 1 EUR
}

// What two machines have seen, each of a part of the lines, even of one order,
// is the same as what one would have seen.
func ExampleSummary_Merge() {
	north, south := new(segment.Summary), new(segment.Summary)
	for i, tx := range sales {
		part := north
		if i%2 == 1 {
			part = south
		}
		if err := part.Add(tx); err != nil {
			fmt.Println(err)
			return
		}
	}
	sent, err := south.MarshalBinary()
	if err != nil {
		fmt.Println(err)
		return
	}
	received := new(segment.Summary)
	if err := received.UnmarshalBinary(sent); err != nil {
		fmt.Println(err)
		return
	}
	if err := north.Merge(received); err != nil {
		fmt.Println(err)
		return
	}
	a := north.Accounts(time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC))[0]
	fmt.Println(a.ID, a.Orders, a.ReturnOrders, a.Gross.StringFixed(2), a.Returns.StringFixed(2), a.Net.StringFixed(2))
	// Output: Adler 2 1 2429.90 -80.00 2349.90
}

// A kept model scores later accounts on the same cuts: nobody moves because
// others did.
func ExampleModel_Score() {
	asOf := time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	account := func(id string, days, orders int, net string) segment.Account {
		return segment.Account{
			ID: id, Currency: "EUR", AsOf: asOf, DaysSinceLast: days, Orders: orders, Net: decimal.RequireFromString(net),
		}
	}
	model, err := segment.FitRFM([]segment.Account{
		account("Adler", 11, 2, "2349.90"), account("Birke", 70, 2, "505.50"), account("Cedar", 140, 1, "59.00"),
	}, &segment.RFMOptions{Bins: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	saved, err := json.Marshal(model)
	if err != nil {
		fmt.Println(err)
		return
	}
	var kept segment.Model
	if err := json.Unmarshal(saved, &kept); err != nil {
		fmt.Println(err)
		return
	}
	s := kept.Score(account("Cedar", 3, 2, "1130.00"))
	fmt.Println(s.R, s.F, s.M, s.Code(), s.Segment.Label("en"))
	fmt.Println("scores nobody has:", kept.Frequency.Collapsed)
	// Output:
	// 3 2 3 323 Loyal
	// scores nobody has: [3]
}

func ExampleABC() {
	sum := new(segment.Summary)
	for _, tx := range sales {
		if err := sum.Add(tx); err != nil {
			fmt.Println(err)
			return
		}
	}
	result, err := segment.ABC(sum.Accounts(time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range result.Accounts {
		fmt.Printf("%d. %s %s %.1f%% %.1f%%\n", a.Rank, a.ID, a.Class, 100*a.Share, 100*a.CumulativeShare)
	}
	for _, c := range result.Classes {
		fmt.Println(c.Class, c.Accounts, c.Net.StringFixed(2))
	}
	// Output:
	// 1. Adler A 80.6% 80.6%
	// 2. Birke B 17.3% 98.0%
	// 3. Cedar C 2.0% 100.0%
	// 4. Dorn none 0.0% 100.0%
	// A 1 2349.90
	// B 1 505.50
	// C 1 59.00
	// none 1 -19.90
}

// What a sales team reads: the segment, why, and what to do.
func ExampleScore() {
	asOf := time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	model, err := segment.NewModel(segment.Breaks{
		AsOf: asOf, Currency: "EUR",
		Recency: decimals("14", "30", "60", "120"), Frequency: decimals("1", "3", "6", "12"), Monetary: decimals("100", "500", "1000", "5000"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	s := model.Score(segment.Account{
		ID: "Adler", Currency: "EUR", AsOf: asOf, DaysSinceLast: 95, Orders: 14, Net: decimal.RequireFromString("23499.90"),
	})
	fmt.Println(s)
	fmt.Println(s.Segment.Label("en"), s.Segment.Label("zh"))
	for _, reason := range s.Reasons.Labels("en") {
		fmt.Println("-", reason)
	}
	if play, ok := segment.DefaultPlaybook().For(s.Segment); ok {
		fmt.Println(play.Owner.In("en"), "within", play.CadenceDays, "days:", play.Strategy.In("en"))
	}
	// Output:
	// 255 cannot_lose
	// Can't lose 不容流失客户
	// - has not ordered for long
	// - orders often
	// - high net amount
	// Key account manager within 7 days: Win them back in person: management calls, recovery plan with dates
}

func decimals(texts ...string) (out []decimal.Decimal) {
	for _, text := range texts {
		out = append(out, decimal.RequireFromString(text))
	}
	return out
}

// Own rules are refused while they have a hole, and the report says where.
func ExampleNewRules() {
	key := segment.Segment{Key: "key", Text: keyaccount.Text{En: "Key", Zh: "大客户"}}
	other := segment.Segment{Key: "other", Text: keyaccount.Text{En: "Other", Zh: "其他客户"}}
	rules := []segment.Rule{
		{Segment: key, F: segment.Span{2, 3}, M: segment.Span{3, 3}},
		{Segment: other, M: segment.Span{1, 2}},
	}
	bins := segment.Cell{R: 3, F: 3, M: 3}
	_, err := segment.NewRules("2025", bins, nil, rules...)
	fmt.Println(err)

	rules = append(rules, segment.Rule{Segment: other}) // whatever is left
	own, err := segment.NewRules("2025", bins, nil, rules...)
	if err != nil {
		fmt.Println(err)
		return
	}
	coverage, err := own.Coverage()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(own.Of(segment.Cell{R: 1, F: 3, M: 3}).Label("zh"), coverage.Decided)
	// Output:
	// keyaccount: Rules: 3 of 27 combinations of scores have no segment: 113 213 313
	// 大客户 [6 18 3]
}

// Cuts of one's own for one scale, and the length of the relation beside the
// three.
func ExampleFitRFM() {
	sum := new(segment.Summary)
	for _, tx := range sales {
		if err := sum.Add(tx); err != nil {
			fmt.Println(err)
			return
		}
	}
	accounts := sum.Accounts(time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC))
	segment.SetFigure(accounts, "length", segment.Length)
	model, err := segment.FitRFM(accounts, &segment.RFMOptions{
		Bins:       3,
		Frequency:  segment.ScaleOptions{Breaks: decimals("1")},
		Monetary:   segment.ScaleOptions{Rule: segment.NaturalBreaks},
		Dimensions: []segment.Dimension{{Name: "length"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range accounts {
		if s := model.Score(a); a.HasOrders() {
			fmt.Println(a.ID, s, "length", s.Dimensions[0])
		}
	}
	// Output:
	// Adler 323/3 champions length 3
	// Birke 222/2 loyal length 2
	// Cedar 111/1 lost length 1
}

func ExampleTiers() {
	var accounts []segment.Account
	for i, net := range decimals("9000", "4000", "4000", "700", "650", "500", "90", "60", "40", "20", "0") {
		accounts = append(accounts, segment.Account{ID: fmt.Sprint("A", i), Net: net})
	}
	result, err := segment.Tiers(accounts, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range result.Tiers {
		fmt.Printf("%s %s: %d from %s, %.1f%%\n", t.In("en"), t.In("zh"), t.Accounts, t.Least, 100*t.NetShare)
	}
	// Output:
	// Diamond 钻石: 1 from 9000, 47.2%
	// Gold 黄金: 2 from 4000, 42.0%
	// Silver 白银: 2 from 650, 7.1%
	// Bronze 青铜: 5 from 20, 3.7%
	// No value 无贡献: 1 from 0, 0.0%
}

func ExampleLorenz() {
	curve, err := segment.Lorenz(decimals("9000", "4000", "4000", "700", "650", "500", "90", "60", "40", "20"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("Gini %.3f, the top 20 %% hold %.1f %%\n", curve.Gini, 100*curve.TopShare(0.2))
	// Output: Gini 0.683, the top 20 % hold 68.2 %
}
