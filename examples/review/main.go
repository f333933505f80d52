// Command review prints the key-account review of a company: who its key
// accounts are, what they are worth, what hangs on them, how satisfied they
// are, and who gets which service. Without flags it reviews an invented
// company.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
	_ "time/tzdata" // zones by name on machines that have no zone files
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// settings are the flags.
type settings struct {
	transactions, invoices, answers, prices, capacity string
	asOf, zone, currency, columns, out, lang          string
	encoding, delimiter, timeLayout, title            string
	decimalComma, json, skipMalformed                 bool
}

func flags(s *settings, stderr io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("review", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&s.transactions, "transactions", "", "CSV or CSV.gz `FILE` of order lines, - for standard input; without it an invented company is reviewed")
	f.StringVar(&s.invoices, "invoices", "", "CSV `FILE`: account, issued, due, amount, paid (a date, empty while open)")
	f.StringVar(&s.answers, "answers", "", "CSV `FILE`: account, contact, time, score (0 to 10, empty for no answer)")
	f.StringVar(&s.prices, "prices", "", "JSON `FILE`: the price book, see demo_prices.json")
	f.StringVar(&s.capacity, "capacity", "", "JSON `FILE`: service levels and capacity, see demo_capacity.json")
	f.StringVar(&s.asOf, "asof", "", "review as of the beginning of this `DATE` (2006-01-02): rows on or after it are left out. Default: the day after the last row")
	f.StringVar(&s.zone, "tz", "UTC", "time `ZONE` of days and of times without an offset, such as Asia/Shanghai")
	f.StringVar(&s.currency, "currency", "", "currency `CODE` to review; rows in another are left out")
	f.StringVar(&s.columns, "columns", "", "header names, such as `account=Client,amount=Total`; for other files invoices.account=…, answers.score=…")
	f.StringVar(&s.out, "out", "out", "`DIR` for review.json and review.html; empty for none")
	f.BoolVar(&s.json, "json", false, "print review.json instead of the screen")
	f.StringVar(&s.lang, "lang", "en", "`LANG` of the screen and the page: en or zh")
	f.StringVar(&s.title, "title", "", "`NAME` of the company; default: the name of the file")
	f.StringVar(&s.encoding, "encoding", "", "`NAME` of the text encoding, such as gbk; default UTF-8")
	f.StringVar(&s.delimiter, "delimiter", "", "`CHARACTER` between columns; default: guessed from the header")
	f.StringVar(&s.timeLayout, "time-layout", "", "Go `LAYOUT` of times, such as \"1/2/2006 15:04\"; default: ISO forms")
	f.BoolVar(&s.decimalComma, "decimal-comma", false, "numbers are written 1.234,56")
	f.BoolVar(&s.skipMalformed, "skip-malformed", false, "count malformed rows of -transactions instead of stopping at the first")
	f.Usage = func() {
		fmt.Fprintln(stderr, "usage: review [flags]\n\nPrints the key-account review of a company and writes review.json and review.html.\n\nExample:\n  review -transactions sales.csv -columns account=CustomerID,order=InvoiceNo -currency EUR\n\nAmounts are taken from a column amount, or else quantity times unit price.\n\nFlags:")
		f.PrintDefaults()
	}
	return f
}

// run returns the exit code: 0, 1 for what is wrong with the data, 2 for what
// is wrong with the flags.
func run(ctx context.Context, args []string, stdout io.Writer, stderr *os.File) int {
	var s settings
	f := flags(&s, stderr)
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if f.NArg() > 0 {
		fmt.Fprintf(stderr, "review: unexpected argument %q; files are given with flags, see -h\n", f.Arg(0))
		return 2
	}
	in, err := s.inputs(stderr)
	if err != nil {
		fmt.Fprintln(stderr, "review:", err)
		return 2
	}
	if err := s.review(ctx, in, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "review:", err)
		return 1
	}
	return 0
}

// inputs opens what the flags name; the transactions are read later.
func (s settings) inputs(stderr *os.File) (inputs, error) {
	if s.lang != "en" && s.lang != "zh" {
		return inputs{}, fmt.Errorf("-lang %s: give en or zh", s.lang)
	}
	zone, err := time.LoadLocation(s.zone)
	if err != nil {
		return inputs{}, fmt.Errorf("-tz %s: not a known time zone", s.zone)
	}
	if s.transactions == "" {
		for _, f := range []struct{ name, value string }{
			{"invoices", s.invoices},
			{"answers", s.answers},
			{"prices", s.prices},
			{"capacity", s.capacity},
			{"asof", s.asOf},
			{"currency", s.currency},
			{"title", s.title},
			{"columns", s.columns},
		} {
			if f.value != "" {
				return inputs{}, fmt.Errorf("-%s needs -transactions: the invented company brings its own", f.name)
			}
		}
		return demo(), nil
	}
	in := inputs{Title: s.title, Currency: s.currency, Location: zone}
	switch {
	case in.Title != "":
	case s.transactions == "-":
		in.Title = "standard input"
	default:
		in.Title = filepath.Base(s.transactions)
	}
	if s.asOf != "" {
		day, err := time.Parse(time.DateOnly, s.asOf)
		if err != nil {
			return in, fmt.Errorf("-asof %s: give a date such as 2026-01-31", s.asOf)
		}
		in.AsOf = startOfDay(day.Year(), day.Month(), day.Day(), zone)
	}
	o := tableOptions{
		Encoding: s.encoding, DecimalComma: s.decimalComma, TimeLayout: s.timeLayout,
		Location: zone, Progress: progressOn(stderr),
	}
	if o.Delimiter, err = parseDelimiter(s.delimiter); err != nil {
		return in, err
	}
	columns, err := parseColumns(s.columns)
	if err != nil {
		return in, err
	}
	forFile := func(name string) tableOptions {
		o.Columns, o.Prefix = columns[name], ""
		if name != "" {
			o.Prefix = name + "."
		}
		return o
	}
	in.Transactions = &csvSource{
		path: s.transactions, options: forFile(""), currency: s.currency, lenient: s.skipMalformed,
	}
	err = s.readOthers(&in, forFile)
	return in, err
}

// readOthers reads the small files, which fit in memory.
func (s settings) readOthers(in *inputs, forFile func(string) tableOptions) error {
	var report fileReport
	var err error
	if s.invoices != "" {
		if in.Invoices, report, err = readInvoices(s.invoices, forFile("invoices")); err != nil {
			return err
		}
		in.InvoicesFile, in.Reports = report.Name, append(in.Reports, report)
	}
	if s.answers != "" {
		if in.Answers, in.AnswerLines, report, err = readAnswers(s.answers, forFile("answers")); err != nil {
			return err
		}
		in.AnswersFile = report.Name
		in.Reports = append(in.Reports, report)
	}
	if s.prices != "" {
		if in.Prices, err = readJSON(s.prices, parsePrices); err != nil {
			return err
		}
	}
	if s.capacity != "" {
		if in.Capacity, err = readJSON(s.capacity, parseCapacity); err != nil {
			return err
		}
	}
	return nil
}

// review computes and writes.
func (s settings) review(ctx context.Context, in inputs, stdout io.Writer, stderr *os.File) error {
	rv, err := compute(ctx, in)
	if err != nil {
		return err
	}
	var facts bytes.Buffer
	e := json.NewEncoder(&facts)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	if err := e.Encode(rv); err != nil {
		return err
	}
	say := texts{s.lang}
	if s.json {
		if _, err := stdout.Write(facts.Bytes()); err != nil {
			return err
		}
	} else if err := printScreen(stdout, rv, say); err != nil {
		return err
	}
	if s.out == "" {
		return nil
	}
	var html bytes.Buffer
	if err := writePage(&html, rv, say); err != nil {
		return err
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{"review.json", facts.Bytes()}, {"review.html", html.Bytes()}} {
		if err := os.WriteFile(filepath.Join(s.out, f.name), f.data, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(stderr, "wrote %s and %s\n", filepath.Join(s.out, "review.json"), filepath.Join(s.out, "review.html"))
	return nil
}

func parseDelimiter(s string) (rune, error) {
	if s == "tab" || s == `\t` {
		return '\t', nil
	}
	r := []rune(s)
	if len(r) > 1 {
		return 0, fmt.Errorf("-delimiter %q: give one character, or tab", s)
	}
	if len(r) == 0 {
		return 0, nil
	}
	return r[0], nil
}

// parseColumns reads account=Client,invoices.due=Payable into one map a file.
func parseColumns(s string) (map[string]map[string]string, error) {
	known := map[string][]column{"": transactionColumns, "invoices": invoiceColumns, "answers": answerColumns}
	all := map[string]map[string]string{}
	for _, pair := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) {
		field, header, ok := strings.Cut(pair, "=")
		if !ok || header == "" {
			return nil, fmt.Errorf("-columns %s: write field=Header", pair)
		}
		file, name, dotted := strings.Cut(strings.TrimSpace(field), ".")
		if !dotted {
			file, name = "", file
		}
		if !hasField(known[file], name) {
			return nil, fmt.Errorf("-columns %s: there is no field %q", pair, field)
		}
		if all[file] == nil {
			all[file] = map[string]string{}
		}
		all[file][name] = strings.TrimSpace(header)
	}
	return all, nil
}

func hasField(columns []column, name string) bool {
	for _, c := range columns {
		if c.field == name {
			return true
		}
	}
	return false
}
