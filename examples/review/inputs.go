package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/pricing"
	"github.com/keyaccount/keyaccount/segment"
	"github.com/keyaccount/keyaccount/survey"
)

// source is a store of transactions that can say what it left out.
type source interface {
	keyaccount.TransactionSource
	Report() fileReport
}

// inputs is all that a review is made from.
type inputs struct {
	Title        string
	Demo         bool
	Currency     string
	AsOf         time.Time // zero: the midnight after the last transaction
	Location     *time.Location
	Transactions source
	Invoices     []invoice
	InvoicesFile string
	Answers      []survey.Answer
	AnswersFile  string
	AnswerLines  []int // of the file, one for each answer
	Prices       []productPrice
	Capacity     capacity
	Reports      []fileReport // of the inputs other than the transactions
}

// invoice is open from its issue until it is paid in full.
type invoice struct {
	ID       string
	Account  string
	Currency string // empty: that of the transactions
	Issued   time.Time
	Due      time.Time
	Amount   decimal.Decimal
	Paid     time.Time // zero while open
}

var invoiceColumns = []column{
	{"id", []string{"invoice", "invoice id", "invoice no", "id", "number", "发票号"}},
	{"account", []string{"account", "account id", "customer", "customer id", "客户", "客户编号"}},
	{"issued", []string{"issued", "issue date", "invoice date", "date", "开票日期"}},
	{"due", []string{"due", "due date", "到期日"}},
	{"amount", []string{"amount", "total", "金额"}},
	{"currency", []string{"currency", "currency code", "币种"}},
	{"paid", []string{"paid", "paid on", "payment date", "paid date", "付款日期"}},
}

// readInvoices reads a CSV of invoices; a malformed one stops it.
func readInvoices(path string, o tableOptions) ([]invoice, fileReport, error) {
	report := fileReport{Name: path}
	t, err := openTable(path, invoiceColumns, o)
	if err != nil {
		return nil, report, err
	}
	defer t.close()
	report.Columns = t.used(invoiceColumns)
	if err := t.need("account", "issued", "due", "amount"); err != nil {
		return nil, report, err
	}
	var all []invoice
	for r, err := range t.rows() {
		if err != nil {
			return nil, report, err
		}
		report.Rows++
		inv := invoice{ID: r.text("id"), Account: r.text("account"), Currency: r.text("currency")}
		inv.Account, _ = wholeID(inv.Account)
		if inv.Account == "" {
			report.skip(noAccount, "")
			continue
		}
		var errs [4]error
		inv.Issued, errs[0] = r.time("issued")
		inv.Due, errs[1] = r.time("due")
		inv.Amount, errs[2] = r.decimal("amount")
		if r.text("paid") != "" {
			inv.Paid, errs[3] = r.time("paid")
		}
		if err := errors.Join(errs[:]...); err != nil {
			return nil, report, err
		}
		if inv.Due.Before(inv.Issued) {
			return nil, report, r.fail("due", "lies before the invoice was issued")
		}
		all = append(all, inv)
		report.Used++
	}
	return all, report, nil
}

var answerColumns = []column{
	{"account", []string{"account", "account id", "customer", "customer id", "客户", "客户编号"}},
	{"contact", []string{"contact", "contact id", "respondent", "email", "联系人"}},
	{"time", []string{"time", "date", "answered", "submitted", "日期", "时间"}},
	{"score", []string{"score", "rating", "ltr", "nps", "answer", "评分"}},
}

// readAnswers reads a CSV of answers to the recommendation question, 0 to 10;
// an empty score is a refusal.
func readAnswers(path string, o tableOptions) ([]survey.Answer, []int, fileReport, error) {
	report := fileReport{Name: path}
	t, err := openTable(path, answerColumns, o)
	if err != nil {
		return nil, nil, report, err
	}
	defer t.close()
	report.Columns = t.used(answerColumns)
	if err := t.need("account", "score"); err != nil {
		return nil, nil, report, err
	}
	var all []survey.Answer
	var lines []int
	for r, err := range t.rows() {
		if err != nil {
			return nil, nil, report, err
		}
		report.Rows++
		a := survey.Answer{Account: r.text("account"), Contact: r.text("contact")}
		a.Account, _ = wholeID(a.Account)
		if a.Account == "" {
			report.skip(noAccount, "")
			continue
		}
		if r.has("time") {
			if a.Time, err = r.time("time"); err != nil {
				return nil, nil, report, err
			}
		}
		if r.text("score") == "" {
			a.State = survey.Refused
		} else {
			score, err := r.decimal("score")
			if err != nil {
				return nil, nil, report, err
			}
			if !score.IsInteger() || score.IsNegative() || score.GreaterThan(decimal.NewFromInt(10)) {
				return nil, nil, report, r.fail("score", "is not a whole number from 0 to 10")
			}
			a.State, a.Score = survey.Answered, int(score.IntPart())
		}
		all = append(all, a)
		lines = append(lines, t.line)
		report.Used++
	}
	return all, lines, report, nil
}

// productPrice is one line of the price book.
type productPrice struct {
	Product string         `json:"product"`
	Ladder  pricing.Ladder `json:"ladder"`
}

func parsePrices(name string, b []byte) ([]productPrice, error) {
	var book struct {
		Products []productPrice `json:"products"`
	}
	if err := strictJSON(b, &book); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	seen := map[string]bool{}
	for _, p := range book.Products {
		if seen[p.Product] {
			return nil, fmt.Errorf("%s: product %q stands twice", name, p.Product)
		}
		seen[p.Product] = true
		if err := p.Ladder.Validate(); err != nil {
			return nil, fmt.Errorf("%s: product %q: %w", name, p.Product, err)
		}
	}
	return book.Products, nil
}

// capacity is the service policy: how much of a resource there is, and what
// floor and cap each class is promised.
type capacity struct {
	Version  string          `json:"version"`
	Resource keyaccount.Text `json:"resource"`
	Capacity decimal.Decimal `json:"capacity"`
	Unit     decimal.Decimal `json:"unit"`
	Levels   []level         `json:"levels"`
}

type level struct {
	Class segment.ABCClass    `json:"class"`
	Name  keyaccount.Text     `json:"name"`
	Floor decimal.Decimal     `json:"floor"`
	Cap   decimal.NullDecimal `json:"cap"`
}

// defaultCapacity shares out the service time as such, without promises.
func defaultCapacity() capacity {
	return capacity{
		Version:  "default",
		Resource: keyaccount.Text{En: "% of service time", Zh: "服务时间占比（%）"},
		Capacity: decimal.NewFromInt(100),
		Unit:     decimal.New(1, -3),
		Levels: []level{
			{Class: segment.ClassA, Name: keyaccount.Text{En: "gold", Zh: "金牌"}},
			{Class: segment.ClassB, Name: keyaccount.Text{En: "silver", Zh: "银牌"}},
			{Class: segment.ClassC, Name: keyaccount.Text{En: "bronze", Zh: "铜牌"}},
		},
	}
}

func parseCapacity(name string, b []byte) (capacity, error) {
	var c capacity
	if err := strictJSON(b, &c); err != nil {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	if c.Capacity.Sign() < 0 || c.Unit.Sign() <= 0 {
		return c, fmt.Errorf("%s: capacity must not be negative and unit must be positive", name)
	}
	if len(c.Levels) == 0 {
		return c, fmt.Errorf("%s: no levels", name)
	}
	seen := map[segment.ABCClass]bool{}
	for _, l := range c.Levels {
		switch l.Class {
		case segment.ClassA, segment.ClassB, segment.ClassC, segment.ClassNone:
		default:
			return c, fmt.Errorf("%s: there is no class %q; the classes are A, B, C and none", name, l.Class)
		}
		if seen[l.Class] {
			return c, fmt.Errorf("%s: class %s stands twice", name, l.Class)
		}
		seen[l.Class] = true
		for what, amount := range map[string]decimal.Decimal{"floor": l.Floor, "cap": l.Cap.Decimal} {
			if !amount.Mod(c.Unit).IsZero() {
				return c, fmt.Errorf("%s: class %s: the %s of %s is no multiple of the unit %s", name, l.Class, what, places(amount), places(c.Unit))
			}
		}
	}
	if !c.Capacity.Mod(c.Unit).IsZero() {
		return c, fmt.Errorf("%s: the capacity of %s is no multiple of the unit %s", name, places(c.Capacity), places(c.Unit))
	}
	return c, nil
}

// strictJSON refuses unknown fields and anything after the value.
func strictJSON(b []byte, v any) error {
	if len(bytes.TrimSpace(b)) == 0 {
		return errors.New("the file is empty")
	}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, []byte("\uFEFF"))))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is text after the JSON value")
	}
	return nil
}

// readJSON reads a policy file with the parser that knows it.
func readJSON[T any](path string, parse func(string, []byte) (T, error)) (T, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		var zero T
		return zero, err
	}
	return parse(path, b)
}
