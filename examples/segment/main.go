// Command segment grades the accounts of a CSV of transactions, keeps the model
// it found, scores with a kept one, tells who moved between two dates, and
// recommends what each account may buy next.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/keyaccount/keyaccount/segment"
)

const usage = `usage: segment [flags] [file.csv | -]

Reads transactions from the file, or from standard input. The first line names
the columns, in any order:

  account   customer, required
  time      2006-01-02 or 2006-01-02T15:04:05+08:00, required
  amount    value of the line; negative for a return or credit, required
  order     order or invoice; a line without one is an order of its own
  product   what was sold; needed for recommendations
  quantity  in the product's unit; negative for goods taken back
  currency  ISO 4217; one currency in all

For example:

  account,order,product,time,quantity,amount,currency
  ACME,1001,WIDGET,2025-03-01,10,1250.00,EUR
  ACME,1001,WIDGET,2025-03-09,-1,-125.00,EUR
  BOLT,1002,GADGET,2025-02-11,2,80.00,EUR

A first run fits a model and keeps it, a later one scores with it and says who
moved since the first:

  segment -asof 2025-07-01 -save model.json sales.csv
  segment -model model.json -before 2025-07-01 -recommend 3 sales.csv

Flags:
`

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// settings are the flags, read.
type settings struct {
	zone         *time.Location
	asOf, before time.Time // zero where not given
	bins         int
	model, save  string
	recommend    int
	lang         string
}

// run returns the exit code: 0, 1 for what is wrong with the data, 2 for what
// is wrong with the flags.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s, file, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "segment:", err)
		return 2
	}
	if err := s.do(file, stdin, stdout); err != nil {
		fmt.Fprintln(stderr, "segment:", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (settings, string, error) {
	flags := flag.NewFlagSet("segment", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	var s settings
	asOf := flags.String("asof", "", "`day` from which recency looks back, 2006-01-02; later lines are left out (default the day after the last line)")
	before := flags.String("before", "", "earlier `day`: who moved between it and -asof, and why")
	tz := flags.String("tz", "UTC", "time `zone` whose calendar days are counted, such as Asia/Shanghai")
	flags.IntVar(&s.bins, "bins", 5, "scores of each RFM dimension")
	flags.StringVar(&s.model, "model", "", "score with the model kept in this `file` instead of fitting one")
	flags.StringVar(&s.save, "save", "", "keep the model in this `file`")
	flags.IntVar(&s.recommend, "recommend", 0, "recommend so many products to each account")
	flags.StringVar(&s.lang, "lang", "en", "language of the sentences, en or zh")
	if err := flags.Parse(args); err != nil {
		return s, "", err
	}
	if flags.NArg() > 1 {
		return s, "", errors.New("give one file, or none for standard input; see -h")
	}
	if s.recommend < 0 {
		return s, "", errors.New("-recommend: a number from 0 up")
	}
	var err error
	if s.zone, err = time.LoadLocation(*tz); err != nil {
		return s, "", fmt.Errorf("-tz: %w", err)
	}
	for _, d := range []struct {
		name, text string
		to         *time.Time
	}{{"asof", *asOf, &s.asOf}, {"before", *before, &s.before}} {
		if d.text == "" {
			continue
		}
		if *d.to, err = time.ParseInLocation(time.DateOnly, d.text, s.zone); err != nil {
			return s, "", fmt.Errorf("-%s: %w", d.name, err)
		}
	}
	if !s.asOf.IsZero() && !s.before.IsZero() && !s.before.Before(s.asOf) {
		return s, "", errors.New("-before must lie before -asof")
	}
	return s, flags.Arg(0), nil
}

// do reads, analyses, keeps the model and prints.
func (s settings) do(file string, stdin io.Reader, stdout io.Writer) error {
	in := stdin
	if file != "" && file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	var kept *segment.Model
	if s.model != "" {
		b, err := os.ReadFile(s.model)
		if err != nil {
			return err
		}
		kept = new(segment.Model)
		if err := json.Unmarshal(b, kept); err != nil {
			return fmt.Errorf("%s: %w", s.model, err)
		}
	}
	out, err := s.analyse(in, kept)
	if err != nil {
		return err
	}
	if s.save != "" {
		b, err := json.MarshalIndent(out.Model, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(s.save, append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	enc := json.NewEncoder(stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}
