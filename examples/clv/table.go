package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/keyaccount/keyaccount/clv"
)

// grid is a table of text: names to the left, numbers to the right. It is not
// text/tabwriter, which takes every rune to be one column wide, as a Chinese
// one is not.
type grid [][]string

func (g *grid) add(cells ...string) { *g = append(*g, cells) }

func (g grid) write(out *strings.Builder) {
	var wide []int
	for _, row := range g {
		for i, cell := range row {
			if i == len(wide) {
				wide = append(wide, 0)
			}
			wide[i] = max(wide[i], width(cell))
		}
	}
	for _, row := range g {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", wide[i]-width(cell))
			if i == 0 {
				line.WriteString(cell + pad)
			} else {
				line.WriteString("  " + pad + cell)
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	out.WriteString("\n")
}

// width is how many columns of a terminal the text takes: two for each Chinese,
// Japanese or Korean character and full-width form, none for a mark on top of
// another.
func width(s string) (n int) {
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul),
			r >= 0x3000 && r <= 0x303e, r >= 0xff01 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6:
			n += 2
		default:
			n++
		}
	}
	return n
}

// printed is a name as one cell: one that would break the table is quoted.
func printed(name string) string {
	if strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
		return strconv.Quote(name)
	}
	return name
}

func number(v float64, places int) string { return strconv.FormatFloat(v, 'f', places, 64) }

func optional(v *float64, places int) string {
	if v == nil {
		return "-"
	}
	return number(*v, places)
}

// table prints what a person reads; the rest is in the JSON.
func (r *report) table(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "As of %s; the future up to %s, %s %ss.", r.AsOf, r.Horizon, strconv.FormatFloat(r.Span, 'g', 6, 64), r.Unit)
	if r.Currency != "" {
		fmt.Fprintf(&out, " Amounts in %s.", printed(r.Currency))
	}
	out.WriteString("\n\n")
	for _, text := range r.Warnings {
		fmt.Fprintf(&out, "Warning: %s\n\n", text)
	}
	parameters(&out, "Orders: "+r.Model.Name(), r.Model.Report())
	if r.Spend != nil {
		parameters(&out, "Value of an order: "+r.Spend.Name(), r.Spend.Report())
	}
	r.compared(&out)
	r.accounts(&out)
	_, err := io.WriteString(w, out.String())
	return err
}

func parameters(out *strings.Builder, title string, d *clv.Diagnostics) {
	g := grid{{title, "value", "std. error"}}
	for _, p := range d.Estimates {
		g.add("  "+p.Name, strconv.FormatFloat(p.Value, 'g', 6, 64), strconv.FormatFloat(p.StdErr, 'g', 3, 64))
	}
	g.write(out)
	fmt.Fprintf(out, "  %d accounts, %d steps, condition %.3g: %s\n\n", d.N, d.Iterations, d.Condition, d.Status)
}

func (r *report) compared(out *strings.Builder) {
	head := []string{"Model", "log-likelihood", "AIC", "BIC"}
	if h := r.Holdout; h != nil {
		fmt.Fprintf(out, "Hold-out up to %s: %d accounts, %d orders.\n\n", h.End, h.Accounts, h.Orders)
		head = append(head, "expected", "CRPS", "log score", "MAE", "RMSE")
	}
	g := grid{head}
	var problems []string
	for _, c := range r.Comparison {
		name := "  " + c.Name
		if c.Chosen {
			name = "* " + c.Name
		}
		if c.Problem != "" {
			problems = append(problems, fmt.Sprintf("  %s: %s\n", c.Name, c.Problem))
			continue
		}
		row := []string{name, optional(c.LogLik, 3), optional(c.AIC, 2), optional(c.BIC, 2)}
		if h := c.Holdout; h != nil {
			row = append(row, number(h.Expected, 1), number(h.CRPS, 4), optional(h.LogScore, 4), number(h.MAE, 4), number(h.RMSE, 4))
		}
		g.add(row...)
	}
	g.write(out)
	if problems != nil {
		out.WriteString(strings.Join(problems, "") + "\n")
	}
}

func (r *report) accounts(out *strings.Builder) {
	head := []string{"Account", "repeats", "alive", "orders", "low", "high", "silent since"}
	if r.Total.Value != nil {
		head = append(head, "value", "low", "high")
	}
	parts := r.parts()
	for _, i := range parts {
		head = append(head, r.Total.Value.Explain[i].Label.En)
	}
	g := grid{head}
	for _, a := range r.Accounts {
		since := a.SilentSince
		if since == "" {
			since = "-"
		}
		g.add(append([]string{
			printed(a.ID), strconv.Itoa(a.Frequency), number(a.ProbAlive, 3),
			number(a.Orders.Mean, 2), strconv.Itoa(a.Orders.Low), strconv.Itoa(a.Orders.High), since,
		}, valued(a.Value, parts)...)...)
	}
	t := r.Total
	g.add(append([]string{
		fmt.Sprintf("Total of %d", t.Accounts), "", number(t.ProbAlive, 1), number(t.Orders, 1), "", "", "",
	}, valued(t.Value, parts)...)...)
	g.write(out)
}

// parts are those of a value that are worth a column: none where value is
// revenue.
func (r *report) parts() (shown []int) {
	if r.Total.Value == nil {
		return nil
	}
	for i, p := range r.Total.Value.Explain {
		if !p.Amount.IsZero() {
			shown = append(shown, i)
		}
	}
	if len(shown) < 2 {
		return nil
	}
	return shown
}

func valued(v *clv.Valuation, parts []int) []string {
	if v == nil {
		return nil
	}
	cells := []string{v.Mean.StringFixed(2), v.Low.StringFixed(2), v.High.StringFixed(2)}
	for _, i := range parts {
		cells = append(cells, v.Explain[i].Amount.StringFixed(2))
	}
	return cells
}
