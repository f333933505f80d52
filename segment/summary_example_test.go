package segment_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/segment"
)

// A return can be deducted where it happens, or from the order it belongs to:
// one state, read under two policies.
func ExampleSummary_Roster() {
	day := func(month, d int) time.Time { return time.Date(2025, time.Month(month), d, 10, 0, 0, 0, time.UTC) }
	sum := segment.NewSummary(segment.SummaryOptions{Periods: segment.ByMonth, Lines: true})
	for _, tx := range []keyaccount.Transaction{
		{Account: "ACME", Order: "1", Time: day(1, 10), Amount: decimal.RequireFromString("900")},
		{Account: "ACME", Order: "2", Time: day(2, 3), Amount: decimal.RequireFromString("500")},
		{Account: "ACME", Order: "2", Time: day(3, 4), Amount: decimal.RequireFromString("-500")},
	} {
		if err := sum.Add(tx); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, policy := range []segment.AccountPolicy{{Returns: segment.Net}, {Returns: segment.MatchToOrder}} {
		roster, err := sum.Roster(day(3, 31), &policy)
		if err != nil {
			fmt.Println(err)
			return
		}
		a := roster.Accounts[0]
		fmt.Println(policy.Returns, "orders", a.Orders, "undone", a.UndoneOrders, "last", a.LastOrder.Format(time.DateOnly))
		for _, p := range a.Detail.Periods {
			fmt.Println(" ", p.From.Format("2006-01"), p.Net.StringFixed(2))
		}
	}
	// Output:
	// net orders 2 undone 0 last 2025-02-03
	//   2025-01 900.00
	//   2025-02 500.00
	//   2025-03 -500.00
	// match_to_order orders 1 undone 1 last 2025-01-10
	//   2025-01 900.00
	//   2025-02 0.00
}

// A line that was booked by mistake is taken back as if it had never come.
func ExampleSummary_Remove() {
	sum := segment.NewSummary(segment.SummaryOptions{Lines: true})
	right := keyaccount.Transaction{
		Account: "ACME", Order: "1", Time: time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC), Amount: decimal.RequireFromString("120.00"),
	}
	wrong := right
	wrong.Order, wrong.Time = "2", wrong.Time.AddDate(0, 1, 0)
	for _, tx := range []keyaccount.Transaction{right, wrong} {
		if err := sum.Add(tx); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(sum.Remove(wrong))
	a := sum.Accounts(right.Time)[0]
	fmt.Println(a.Orders, a.LastOrder.Format(time.DateOnly), a.Net.StringFixed(2))
	fmt.Println(sum.Remove(wrong))
	fmt.Println(errors.Is(new(segment.Summary).Remove(wrong), segment.ErrNotCollected))
	// Output:
	// <nil>
	// 1 2025-03-01 120.00
	// keyaccount: Account "ACME": a line that is to be taken back was not added, or not as often
	// true
}

// Gaps, categories and periods come from one pass.
func ExampleAccountDetail() {
	day := func(d int) time.Time { return time.Date(2025, 5, d, 10, 0, 0, 0, time.UTC) }
	sum := segment.NewSummary(segment.SummaryOptions{OrderDays: true, Categories: new(segment.CategoryOptions)})
	err := sum.AddAll([]keyaccount.Transaction{
		{Account: "ACME", Order: "1", Product: "ink", Time: day(1), Amount: decimal.New(4000, -2)},
		{Account: "ACME", Order: "2", Product: "pen", Time: day(5), Amount: decimal.New(9000, -2)},
		{Account: "ACME", Order: "3", Product: "ink", Time: day(15), Amount: decimal.New(1000, -2)},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	detail := sum.Accounts(day(31))[0].Detail
	fmt.Println("gaps", detail.Gaps.Days, "mean", detail.Gaps.Mean, "breadth", *detail.Breadth)
	for _, c := range detail.Categories {
		fmt.Println(c.Name, c.Orders, c.Net.StringFixed(2))
	}
	// Output:
	// gaps [4 10] mean 7 breadth 2
	// pen 1 90.00
	// ink 2 50.00
}

// Ten million rows fold in well under a second when they come in columns.
func ExampleFoldColumns() {
	totals, err := segment.FoldColumns(segment.Columns[int64]{
		Account: []int64{7, 9, 7, 8, 9},
		Day:     []int32{20100, 20101, 20110, 20050, 20090}, // from 1970-01-01
		Amount:  []int64{1999, 500, 2501, 70000, -500},
		Places:  2, Currency: "EUR",
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	asOf := time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC)
	model, err := totals.FitRFM(asOf, &segment.RFMOptions{Bins: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	scores := totals.Score(model, asOf)
	for i := range totals.Len() {
		fmt.Println(totals.Key(i), totals.Orders(i), totals.Net(i).StringFixed(2), scores.R[i], scores.F[i], scores.M[i])
	}
	// The same, as a Summary to merge, to keep and to go on with.
	fmt.Println(totals.Summary().Len())
	// Output:
	// 7 2 45.00 3 3 2
	// 9 1 0.00 2 1 1
	// 8 1 700.00 1 1 3
	// 3
}

// A store keeps the state, the model and the scores from one run to the next.
func ExampleMemoryStore() {
	ctx := context.Background()
	jan := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	source := keyaccount.TransactionSlice{
		{Account: "ACME", Order: "1", Time: jan.AddDate(0, 0, 3), Amount: decimal.New(120, 0)},
		{Account: "Beta", Order: "2", Time: jan.AddDate(0, 0, 20), Amount: decimal.New(80, 0)},
		{Account: "Beta", Order: "3", Time: jan.AddDate(0, 1, 0), Amount: decimal.New(80, 0)}, // February
	}
	store := new(segment.MemoryStore)
	run := func() error {
		sum, err := segment.Fold(ctx, source, keyaccount.Period{From: jan, To: jan.AddDate(0, 1, 0)}, segment.SummaryOptions{})
		if err != nil {
			return err
		}
		if err := store.SaveSummary(ctx, "2025-01", sum); err != nil {
			return err
		}
		accounts := sum.Accounts(jan.AddDate(0, 1, 0))
		model, err := segment.FitRFM(accounts, &segment.RFMOptions{Bins: 2})
		if err != nil {
			return err
		}
		if err := store.SaveModel(ctx, "2025", model); err != nil {
			return err
		}
		return store.SaveScores(ctx, "2025-01", segment.ScoreAll(model, accounts))
	}
	if err := run(); err != nil {
		fmt.Println(err)
		return
	}
	for s, err := range store.Scores(ctx, "2025-01") {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(s.ID, s.Code())
	}
	_, err := store.LoadModel(ctx, "2024")
	fmt.Println(errors.Is(err, keyaccount.ErrMissing))
	// Output:
	// ACME 112
	// Beta 211
	// true
}
