package keyaccount_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
)

// A source is ranged over; its error ends the loop.
func ExampleTransactionSource() {
	day := func(d int) time.Time { return time.Date(2026, 3, d, 9, 0, 0, 0, time.UTC) }
	var source keyaccount.TransactionSource = keyaccount.TransactionSlice{
		{Account: "ACME", Order: "1", Time: day(1), Amount: decimal.RequireFromString("120.00")},
		{Account: "ACME", Order: "2", Time: day(9), Amount: decimal.RequireFromString("-20.00")},
		{Account: "Beta", Order: "3", Time: day(31), Amount: decimal.RequireFromString("75.50")},
	}
	march := keyaccount.Period{From: day(1), To: day(31)} // half-open: the 31st is not in it
	for tx, err := range source.Transactions(context.Background(), march) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(tx.Account, tx.Order, tx.Amount.StringFixed(2), tx.IsReturn())
	}
	// Output:
	// ACME 1 120.00 false
	// ACME 2 -20.00 true
}

// An InputError says where, what and why; its kind is for the program.
func ExampleInputError() {
	err := keyaccount.Transaction{Account: "ACME"}.Validate()

	if input, ok := errors.AsType[*keyaccount.InputError](err); ok {
		fmt.Println(input.Field)
	}
	fmt.Println(errors.Is(err, keyaccount.ErrMissing))
	fmt.Println(err)
	// Output:
	// Time
	// true
	// keyaccount: Time: a transaction needs an instant
}
