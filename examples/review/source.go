package main

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
)

var transactionColumns = []column{
	{"account", []string{"account", "account id", "customer", "customer id", "customer no", "client", "client id", "客户", "客户编号", "客户名称"}},
	{"order", []string{"order", "order id", "order no", "invoice", "invoice id", "invoice no", "订单", "订单号", "发票号"}},
	{"product", []string{"product", "product id", "sku", "stock code", "item", "item id", "产品", "商品", "产品编号"}},
	{"time", []string{"time", "date", "datetime", "timestamp", "order date", "invoice date", "日期", "时间", "订单日期"}},
	{"quantity", []string{"quantity", "qty", "units", "数量"}},
	{"amount", []string{"amount", "line total", "total", "revenue", "net amount", "金额"}},
	{"price", []string{"unit price", "price", "单价"}},
	{"currency", []string{"currency", "currency code", "币种"}},
}

// The reasons for which a row is left out of the review, and counted.
const (
	noAccount     = "no account"
	outside       = "outside the period"
	otherCurrency = "other currency"
	malformed     = "malformed"
	// unknownAccount: an invoice or an answer of an account without
	// transactions in the period.
	unknownAccount = "account without transactions"
)

// skipped counts the rows left out for one reason.
type skipped struct {
	Reason string `json:"reason"`
	Rows   int    `json:"rows"`
	// Example is the first such place, where one is worth looking at.
	Example string `json:"example,omitempty"`
}

// fileReport says what became of every row of an input.
type fileReport struct {
	Name    string    `json:"name"`
	Rows    int       `json:"rows"`
	Used    int       `json:"used"`
	Skipped []skipped `json:"skipped,omitempty"`
	// Columns says which column each field was read from.
	Columns []string `json:"columns,omitempty"`
	// FloatIDs counts account ids that a table tool had turned into a
	// fraction (17850.0) and that were read as the whole number.
	FloatIDs int `json:"float_ids,omitempty"`
}

func (f *fileReport) skip(reason, example string) {
	for i := range f.Skipped {
		if f.Skipped[i].Reason == reason {
			f.Skipped[i].Rows++
			return
		}
	}
	f.Skipped = append(f.Skipped, skipped{Reason: reason, Rows: 1, Example: example})
}

// leaveOut counts a row that was read, but is not used after all.
func (f *fileReport) leaveOut(reason string) {
	f.Used--
	f.skip(reason, "")
}

// csvSource is a keyaccount.TransactionSource over a CSV file, which it opens
// anew for each sequence and never holds in memory.
type csvSource struct {
	path    string
	options tableOptions
	// currency, when set, is the one reviewed; rows in another are counted.
	currency string
	// lenient counts malformed rows instead of stopping at the first.
	lenient bool

	mu     sync.Mutex
	report fileReport // of the sequence that ended last
}

// Report returns what became of the rows in the sequence that ended last.
func (s *csvSource) Report() fileReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.report
}

// Transactions implements keyaccount.TransactionSource.
func (s *csvSource) Transactions(ctx context.Context, in keyaccount.Period) iter.Seq2[keyaccount.Transaction, error] {
	return func(yield func(keyaccount.Transaction, error) bool) {
		report := fileReport{Name: s.path}
		defer func() {
			s.mu.Lock()
			s.report = report
			s.mu.Unlock()
		}()
		if err := s.read(ctx, in, &report, yield); err != nil {
			yield(keyaccount.Transaction{}, err)
		}
	}
}

// read yields the usable rows; a consumer that stops early ends it with nil.
func (s *csvSource) read(ctx context.Context, in keyaccount.Period, report *fileReport, yield func(keyaccount.Transaction, error) bool) error {
	if err := errors.Join(in.Validate(), ctx.Err()); err != nil {
		return err
	}
	t, err := openTable(s.path, transactionColumns, s.options)
	if err != nil {
		return err
	}
	defer t.close()
	report.Columns = t.used(transactionColumns)
	currency := s.currency
	if err := t.need("account", "time"); err != nil {
		return err
	}
	if err := t.need("amount"); err != nil && t.need("quantity", "price") != nil {
		return err
	}
	for r, err := range t.rows() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		report.Rows++
		var tx keyaccount.Transaction
		if err == nil {
			tx, err = s.transaction(r, report)
		}
		if err != nil {
			var place *fileError
			if s.lenient && errors.As(err, &place) && r.t != nil {
				report.skip(malformed, place.Error())
				continue
			}
			return err
		}
		switch {
		case tx.Account == "":
			report.skip(noAccount, "")
		case !in.Contains(tx.Time):
			report.skip(outside, "")
		case s.currency != "" && tx.Currency != s.currency:
			report.skip(otherCurrency, tx.Currency)
		case report.Used > 0 && tx.Currency != currency:
			return r.fail("currency", "is not "+currency+" like the rows before; review one currency with -currency "+currency)
		default:
			currency = tx.Currency
			report.Used++
			if !yield(tx, nil) {
				return nil
			}
		}
	}
	return ctx.Err()
}

// transaction reads one row. Its texts are parts of the record's own string,
// which the csv package makes anew for each record.
func (s *csvSource) transaction(r row, report *fileReport) (keyaccount.Transaction, error) {
	tx := keyaccount.Transaction{
		Account: r.text("account"), Order: r.text("order"), Product: r.text("product"),
		Currency: r.text("currency"),
	}
	if tx.Currency == "" {
		tx.Currency = s.currency
	}
	if err := r.checkText("account"); err != nil {
		return tx, err
	}
	if id, was := wholeID(tx.Account); was {
		tx.Account = id
		report.FloatIDs++
	}
	var err error
	if tx.Time, err = r.time("time"); err != nil {
		return tx, err
	}
	if r.text("quantity") != "" || r.has("quantity") && !r.has("amount") {
		if tx.Quantity, err = r.decimal("quantity"); err != nil {
			return tx, err
		}
	}
	if r.has("amount") {
		tx.Amount, err = r.decimal("amount")
		return tx, err
	}
	var price decimal.Decimal
	if price, err = r.decimal("price"); err != nil {
		return tx, err
	}
	tx.Amount = price.Mul(tx.Quantity)
	return tx, nil
}

// wholeID undoes what table tools do to integer keys in a column with gaps:
// 17850.0 is the account 17850.
func wholeID(id string) (string, bool) {
	digits, ok := strings.CutSuffix(id, ".0")
	if !ok || digits == "" || strings.Trim(digits, "0123456789") != "" {
		return id, false
	}
	return digits, true
}
