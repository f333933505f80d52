package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/pricing"
	"github.com/keyaccount/keyaccount/risk"
)

// owe sums what is open and overdue when the as-of day begins, by account. An
// invoice that is due on a day is overdue from the next day on.
func (rv *review) owe(in inputs, asOf time.Time) error {
	if len(in.Invoices) == 0 {
		return nil
	}
	at, report := rv.positions(), rv.input(in.InvoicesFile)
	byAccount := map[string]*accountOwes{}
	r := &receivables{}
	for _, inv := range in.Invoices {
		switch _, known := at[inv.Account]; {
		case inv.Currency != "" && inv.Currency != rv.Currency:
			report.leaveOut(otherCurrency)
			continue
		case !known:
			report.leaveOut(unknownAccount)
			continue
		case !inv.Issued.Before(asOf):
			report.leaveOut(outside)
			continue
		}
		if !inv.Paid.IsZero() && inv.Paid.Before(asOf) {
			continue // settled
		}
		o := byAccount[inv.Account]
		if o == nil {
			o = &accountOwes{Account: inv.Account}
			byAccount[inv.Account] = o
		}
		r.Invoices++
		o.Outstanding = o.Outstanding.Add(inv.Amount)
		r.Outstanding = r.Outstanding.Add(inv.Amount)
		if days := daysBetween(inv.Due, asOf.Add(-1)); days > 0 {
			o.Overdue = o.Overdue.Add(inv.Amount)
			o.OldestDays = max(o.OldestDays, days)
			r.Overdue = r.Overdue.Add(inv.Amount)
		}
	}
	shares := make([]float64, 0, len(byAccount))
	for _, o := range byAccount {
		r.Accounts = append(r.Accounts, *o)
	}
	slices.SortFunc(r.Accounts, func(a, b accountOwes) int {
		return cmp.Or(b.Outstanding.Cmp(a.Outstanding), strings.Compare(a.Account, b.Account))
	})
	for _, o := range r.Accounts {
		shares = append(shares, o.Outstanding.InexactFloat64())
	}
	if r.Outstanding.Sign() > 0 {
		c, err := risk.Concentrate(shares)
		if err != nil {
			return err
		}
		r.Concentration = &c
	}
	rv.Receivables = r
	return nil
}

// daysBetween counts calendar days in the zone of to, whatever their length.
func daysBetween(from, to time.Time) int {
	day := func(t time.Time) time.Time {
		y, m, d := t.In(to.Location()).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(day(to).Sub(day(from)) / (24 * time.Hour))
}

// priceCheck compares each delivered line with the price book.
type priceCheck struct {
	ladders  map[string]pricing.Ladder
	accounts map[string]*accountPrice
	largest  decimal.Decimal
	example  *pricing.Breakdown
	product  string
}

func newPriceCheck(book []productPrice) *priceCheck {
	c := &priceCheck{ladders: map[string]pricing.Ladder{}, accounts: map[string]*accountPrice{}}
	for _, p := range book {
		c.ladders[p.Product] = p.Ladder
	}
	return c
}

// add prices the line by the book. Returns, free goods and products that are
// not in the book are left out.
func (c *priceCheck) add(tx keyaccount.Transaction) error {
	ladder, ok := c.ladders[tx.Product]
	if !ok || tx.Quantity.Sign() <= 0 || tx.Amount.Sign() <= 0 {
		return nil
	}
	b, err := ladder.Price(tx.Quantity)
	if err != nil {
		return err
	}
	a := c.accounts[tx.Account]
	if a == nil {
		a = &accountPrice{Account: tx.Account}
		c.accounts[tx.Account] = a
	}
	a.Book = a.Book.Add(b.Total)
	a.Paid = a.Paid.Add(tx.Amount)
	if b.Total.GreaterThan(c.largest) && len(b.Lines) > 1 {
		c.largest, c.example, c.product = b.Total, &b, tx.Product
	}
	return nil
}

func (c *priceCheck) result() *prices {
	if len(c.accounts) == 0 {
		return nil
	}
	p := &prices{Example: c.example, Product: c.product}
	for _, a := range c.accounts {
		a.Discount = discount(a.Book, a.Paid)
		p.Accounts = append(p.Accounts, *a)
	}
	slices.SortFunc(p.Accounts, func(a, b accountPrice) int {
		return cmp.Or(b.Paid.Cmp(a.Paid), strings.Compare(a.Account, b.Account))
	})
	for _, a := range p.Accounts {
		p.Book, p.Paid = p.Book.Add(a.Book), p.Paid.Add(a.Paid)
	}
	p.Discount = discount(p.Book, p.Paid)
	return p
}

// discount is the part of the book price that was not paid.
func discount(book, paid decimal.Decimal) float64 {
	if book.Sign() == 0 {
		return 0
	}
	return 1 - paid.InexactFloat64()/book.InexactFloat64()
}
