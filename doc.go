// Package keyaccount holds the nouns that every room of the library shares: a
// [Transaction], the [Period] it falls in, the [TransactionSource] a host plugs
// in, and the [InputError] that names a fact which cannot be used.
//
// The arithmetic of key-account management lives in the rooms below it, which
// never import each other:
//
//   - segment: who are our accounts, and which of them are key
//   - clv: what an account is worth
//   - risk: what could go wrong with it
//   - pricing: what to charge, and why
//   - survey: how satisfied it is, and how sure we are
//   - allocation: who gets the scarce resources
//
// The rooms do no I/O, read no clock and keep no global state: the instant of
// evaluation, the random source and the calendar are arguments. Money is
// [github.com/shopspring/decimal], statistics are float64.
package keyaccount
