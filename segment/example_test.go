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
	fmt.Println(s.R, s.F, s.M, s.Code())
	fmt.Println("scores nobody has:", kept.Frequency.Collapsed)
	// Output:
	// 3 2 3 323
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
