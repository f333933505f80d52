package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// printScreen writes the portfolio in one screen.
func printScreen(w io.Writer, rv *review, say texts) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s — %s %s %s (%s) %s\n", calm(rv.Title), say.get("key-account review"), say.get("as of"),
		rv.AsOf.Format(time.DateOnly), rv.TimeZone, strings.TrimSpace(" "+rv.Currency))
	if rv.Demo {
		fmt.Fprintln(&b, say.get("An invented company, to show the review. Yours: -transactions FILE"))
	}
	p := rv.Portfolio
	fmt.Fprintf(&b, "\n%s … %s   %s %s (%s %s, %s %s)   %s %s\n", p.FirstDay, p.LastDay,
		say.get("accounts"), grouped(p.Accounts), say.get("buyers"), grouped(p.Buyers),
		say.get("return-only"), grouped(p.ReturnOnly), say.get("orders"), grouped(p.Orders))
	fmt.Fprintf(&b, "%s %s   %s %s   %s %s\n", say.get("gross"), whole(p.Gross), say.get("returns"), whole(p.Returns),
		say.get("net"), whole(p.Net))

	fmt.Fprintf(&b, "\n%s\n", say.get("What to look at"))
	for _, f := range rv.Findings {
		fmt.Fprintln(&b, "  • "+strings.ReplaceAll(wrap(calm(f.Text.In(say.lang)), 108), "\n", "\n    "))
	}
	if len(rv.Findings) == 0 {
		fmt.Fprintln(&b, "  "+say.get("Nothing stands out."))
	}
	fmt.Fprintf(&b, "\n%s\n%s\n", say.get("Largest accounts"), largest(rv, say, 12))
	fmt.Fprintf(&b, "\n%s\n%s\n", say.get("Service plan")+" — "+rv.Plan.Policy.Resource.In(say.lang), levels(rv, say))
	if c := rv.Dependency.Concentration; c != nil {
		fmt.Fprintf(&b, "\n%s   HHI %.4f   %s %.1f   %s %s   %s %s   Gini %.3f\n", say.get("Dependency"), c.HHI,
			say.get("effective number of accounts"), c.Effective, say.get("largest account"), percent(c.CR(1)),
			say.get("top 5"), percent(c.CR(5)), c.Gini)
	}
	if rv.Value.Fit != nil {
		fmt.Fprintf(&b, "%s   "+say.get("expected revenue in the next %d weeks")+" %s\n", say.get("Value per account"),
			rv.Value.HorizonWeeks, wholeFloat(rv.Value.ExpectedRevenue))
	} else {
		fmt.Fprintf(&b, "%s   %s: %s\n", say.get("Value per account"), say.get("no estimate"), rv.Value.Note.In(say.lang))
	}
	if h := rv.Health; h != nil && h.Portfolio.Empty() {
		fmt.Fprintf(&b, "%s   %s\n", say.get("Health"), say.get("nobody gave a score"))
	} else if h != nil {
		fmt.Fprintf(&b, "%s   NPS %+.0f (%+.0f … %+.0f), n %d\n", say.get("Health"),
			100*h.Portfolio.Value, 100*h.Portfolio.Low, 100*h.Portfolio.High, h.Portfolio.N)
	}
	if r := rv.Receivables; r != nil {
		fmt.Fprintf(&b, "%s   %s %s   %s %s\n", say.get("Receivables"), say.get("outstanding"), whole(r.Outstanding),
			say.get("overdue"), whole(r.Overdue))
	}
	for _, in := range rv.Inputs {
		printInput(&b, in, say)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// printInput says what became of a file's rows when not all were used.
func printInput(w io.Writer, in fileReport, say texts) {
	if len(in.Skipped) == 0 && in.FloatIDs == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s: %s %s, %s %s\n", in.Name, say.get("rows"), grouped(in.Rows), say.get("used"), grouped(in.Used))
	for _, s := range in.Skipped {
		fmt.Fprintf(w, "  %s: %s %s", say.get("left out"), grouped(s.Rows), say.get(s.Reason))
		if s.Example != "" {
			fmt.Fprintf(w, " (%s)", calm(s.Example))
		}
		fmt.Fprintln(w)
	}
	if in.FloatIDs > 0 {
		fmt.Fprintf(w, "  %s %s\n", grouped(in.FloatIDs), say.get("ids written like 17850.0 were read as 17850"))
	}
}

func largest(rv *review, say texts, n int) string {
	t := newTable()
	t.AppendHeader(table.Row{
		say.get("account"), say.get("class"), say.get("net"), say.get("share"), "RFM",
		say.get("P(alive)"), say.get("expected"), "NPS", say.get("level"), say.get("service"),
	})
	for _, a := range rv.Accounts[:min(n, len(rv.Accounts))] {
		c := cells(a, say)
		t.AppendRow(table.Row{short(a.ID, 24), say.get(string(a.Class)), whole(a.Net), percent(a.Share), a.RFM, c.Alive, c.Expected, c.NPS, c.Level, c.Service})
	}
	alignRight(t, 3, 4, 6, 7, 8, 10)
	return t.Render()
}

// accountCells are the parts of an account's line that may be missing.
type accountCells struct{ Alive, Expected, NPS, Level, Service string }

func cells(a account, say texts) accountCells {
	c := accountCells{"–", "–", "–", "–", "–"}
	if a.ProbAlive != nil {
		c.Alive = likely(*a.ProbAlive)
	}
	if a.ExpectedRevenue != nil {
		c.Expected = wholeFloat(*a.ExpectedRevenue)
	}
	if a.NPS != nil && !a.NPS.Empty() {
		c.NPS = fmt.Sprintf("%+.0f", 100*a.NPS.Value)
	}
	if a.Service != nil {
		c.Level, c.Service = a.Level.In(say.lang), places(*a.Service)
	}
	return c
}

func levels(rv *review, say texts) string {
	t := newTable()
	t.AppendHeader(table.Row{say.get("class"), say.get("level"), say.get("accounts"), say.get("granted")})
	for _, l := range rv.Plan.Levels {
		t.AppendRow(table.Row{l.Class, l.Name.In(say.lang), l.Accounts, places(l.Amount)})
	}
	alignRight(t, 3, 4)
	return t.Render()
}

// wrap breaks a text into lines that fit the screen.
func wrap(s string, width int) string {
	lines := strings.Split(text.WrapSoft(s, width), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

func newTable() table.Writer {
	t := table.NewWriter()
	s := table.StyleLight
	s.Options.DrawBorder = false
	s.Options.SeparateColumns = false
	s.Format.Header = text.FormatDefault
	s.Box.PaddingLeft, s.Box.PaddingRight = "  ", ""
	t.SetStyle(s)
	return t
}

func alignRight(t table.Writer, columns ...int) {
	configs := make([]table.ColumnConfig, len(columns))
	for i, c := range columns {
		configs[i] = table.ColumnConfig{Number: c, Align: text.AlignRight, AlignHeader: text.AlignRight}
	}
	t.SetColumnConfigs(configs)
}
