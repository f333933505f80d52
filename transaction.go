package keyaccount

import (
	"context"
	"iter"
	"time"

	"github.com/shopspring/decimal"
)

// Transaction is one line of business with an account: goods or services
// delivered, or, with a negative amount, a return or credit.
type Transaction struct {
	// Account identifies the customer. Required.
	Account string `json:"account"`
	// Order groups the lines of one order or invoice. A line without one is
	// an order of its own.
	Order string `json:"order,omitempty"`
	// Product identifies what was sold. Optional.
	Product string `json:"product,omitempty"`
	// Time is the instant of the sale or the return. Required.
	Time time.Time `json:"time"`
	// Quantity is in the product's own unit; negative for goods taken back.
	Quantity decimal.Decimal `json:"quantity"`
	// Amount is the value of the whole line (not of one unit) in Currency;
	// negative for a return or credit.
	Amount decimal.Decimal `json:"amount"`
	// Currency is an ISO 4217 code, or empty where the host has only one.
	Currency string `json:"currency,omitempty"`
}

// IsReturn reports whether the line takes something back: a negative amount,
// or goods taken back at no value. A free delivery (amount zero, quantity not
// negative) is not a return.
func (t Transaction) IsReturn() bool {
	if s := t.Amount.Sign(); s != 0 {
		return s < 0
	}
	return t.Quantity.Sign() < 0
}

// Validate reports the first required field that is missing, as an
// [*InputError] of kind [ErrMissing].
func (t Transaction) Validate() error {
	if t.Account == "" {
		return &InputError{Kind: ErrMissing, Field: "Account", Reason: "a transaction needs an account"}
	}
	if t.Time.IsZero() {
		return &InputError{Kind: ErrMissing, Field: "Time", Reason: "a transaction needs an instant"}
	}
	return nil
}

// TransactionSource is the host's store of transactions.
//
// The sequence yields every transaction whose Time lies in the period, once,
// in any order. An error is yielded at most once, with a zero Transaction, and
// ends the sequence; a cancelled context is such an error and satisfies
// errors.Is(err, ctx.Err()). A caller may stop early, range over the sequence
// again, and use the source from several goroutines.
//
// The package keyaccounttest checks an implementation against this contract.
type TransactionSource interface {
	Transactions(ctx context.Context, in Period) iter.Seq2[Transaction, error]
}

// TransactionSlice is a [TransactionSource] in memory, for tests and examples.
// It yields its elements in slice order.
type TransactionSlice []Transaction

// Transactions implements [TransactionSource].
func (s TransactionSlice) Transactions(ctx context.Context, in Period) iter.Seq2[Transaction, error] {
	return func(yield func(Transaction, error) bool) {
		if err := in.Validate(); err != nil {
			yield(Transaction{}, err)
			return
		}
		for _, tx := range s {
			if err := ctx.Err(); err != nil {
				yield(Transaction{}, err)
				return
			}
			if in.Contains(tx.Time) && !yield(tx, nil) {
				return
			}
		}
		// A context that ended while nothing was left to yield is still
		// reported: an empty answer must never be mistaken for a whole one.
		if err := ctx.Err(); err != nil {
			yield(Transaction{}, err)
		}
	}
}
