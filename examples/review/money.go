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

// owe sums what is open and overdue on the as-of day, by account.
func (rv *review) owe(invoices []invoice, asOf time.Time) error {
	if len(invoices) == 0 {
		return nil
	}
	byAccount := map[string]*accountOwes{}
	r := &receivables{}
	for _, inv := range invoices {
		open := inv.Issued.Before(asOf) && (inv.Paid.IsZero() || !inv.Paid.Before(asOf))
		if !open {
			continue
		}
		o := byAccount[inv.Account]
		if o == nil {
			o = &accountOwes{Account: inv.Account}
			byAccount[inv.Account] = o
		}
		r.Invoices++
		o.Outstanding = o.Outstanding.Add(inv.Amount)
		r.Outstanding = r.Outstanding.Add(inv.Amount)
		if days := int(asOf.Sub(inv.Due).Hours() / 24); days > 0 {
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
