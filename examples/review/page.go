package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/keyaccount/keyaccount"
)

//go:embed page.html
var pageText string

// pageAccounts bounds the account table; review.json has every account.
const pageAccounts = 100

// page is what the template sees.
type page struct {
	*review
	Lang     string
	Pictures map[string]template.HTML
	Top      []account
	say      texts
}

// writePage writes the whole review as one self-contained HTML file.
func writePage(w io.Writer, rv *review, say texts) error {
	lang := say.lang
	if lang == "zh" {
		lang = "zh-CN"
	}
	p := page{review: rv, Lang: lang, say: say, Pictures: map[string]template.HTML{}, Top: rv.Accounts[:min(pageAccounts, len(rv.Accounts))]}
	for _, d := range []struct {
		name string
		draw func(*review, texts) (picture, error)
		when bool
	}{
		{"pareto", paretoPicture, rv.Portfolio.Net.Sign() > 0},
		{"rfm", rfmPicture, rv.RFM.Model != nil},
		{"value", valuePicture, len(topByValue(rv, 1)) > 0},
		{"loss", lossPicture, len(rv.Dependency.Losses) > 0},
		{"health", healthPicture, rv.Health != nil && len(rv.heard(1)) > 0},
	} {
		if !d.when {
			continue
		}
		pic, err := d.draw(rv, say)
		if err != nil {
			return fmt.Errorf("drawing %s: %w", d.name, err)
		}
		if p.Pictures[d.name], err = pic.inline(); err != nil {
			return err
		}
	}
	t, err := template.New("page").Funcs(template.FuncMap{
		"say":     say.get,
		"in":      func(t keyaccount.Text) string { return t.In(say.lang) },
		"percent": percent,
		"whole":   whole,
		"money":   places,
		"float":   wholeFloat,
		"hundred": func(f float64) string { return fmt.Sprintf("%+.0f", 100*f) },
		"day":     func(t time.Time) string { return t.Format(time.DateOnly) },
		"cells":   func(a account) accountCells { return cells(a, say) },
		"group":   grouped,
		"sayf":    func(en string, args ...any) string { return fmt.Sprintf(say.get(en), args...) },
	}).Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, p)
}

// Explained is the example line of the price book in the page's language.
func (p page) Explained() string { return p.Prices.Example.Explain(p.say.lang) }

// Debtors are the accounts that owe most.
func (p page) Debtors() []accountOwes {
	return p.Receivables.Accounts[:min(10, len(p.Receivables.Accounts))]
}

// Buyers are the accounts that paid most for products of the price book.
func (p page) Buyers() []accountPrice { return p.Prices.Accounts[:min(10, len(p.Prices.Accounts))] }
