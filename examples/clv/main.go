// Command clv tells what accounts are worth that order without a contract: it
// reads a CSV of transactions or of summarised histories, fits a model of their
// orders and one of what an order is worth, lets the models predict what they
// have not seen, and values every account and all together.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/clv"
)

const usage = `usage: clv [flags] [file.csv | -]

Reads a log of transactions, or a summary of histories, from the file or from
standard input. The first line names the columns, in any order; others are
ignored. A log has

  account   customer, required
  time      2006-01-02 or 2006-01-02T15:04:05+08:00, required
  amount    value of the line; negative for a return or credit, required
  quantity  makes an order of a delivery without value
  currency  ISO 4217; one currency in all

for example:

  account,time,amount,currency
  ACME,2025-03-01,1250.00,EUR
  ACME,2025-03-09,-125.00,EUR
  BOLT,2025-02-11T08:30:00Z,80.00,EUR

A summary, which is known by its column frequency, has one line an account:

  account    customer, required
  frequency  orders after the first, those of one day being one, required
  recency    time from the first order to the last, in units, required
  age        time from the first order to -calibration-end, in units, required
  mean       mean value of an order; without it there are no values
  orders     how many orders the mean is of (default frequency)
  currency   as above

A first run lets all models predict what came after a day, and keeps the best;
a later one scores and values with it, up to the last line:

  clv -model auto -calibration-end 2025-06-30 -save model.json sales.csv
  clv -load model.json -horizon 2028-12-31 -rate 0.08 -margin 0.3 sales.csv

A fit needs some hundred accounts; -prior weak needs only a few.

Flags:
`

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// settings are the flags, read.
type settings struct {
	model, spend, prior        string
	unit                       clv.Unit
	zone                       *time.Location
	calibrationEnd, holdoutEnd time.Time // zero where not given
	horizon                    horizon
	economics                  clv.Economics // without its days
	returns                    clv.ReturnsPolicy
	first                      clv.FirstOrder
	save, load, format         string
}

// horizon is a day, or so many units from the end of the histories, or a year.
type horizon struct {
	text  string
	day   time.Time
	units float64
}

// run returns the exit code: 0, 1 for what is wrong with the data, 2 for what
// is wrong with the flags.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s, file, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "clv:", err)
		return 2
	}
	if err := s.do(file, stdin, stdout); err != nil {
		fmt.Fprintln(stderr, "clv:", plain(err))
		return 1
	}
	return 0
}

// plain is what an error says, without the package that says it.
func plain(err error) string {
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "clv: "), "keyaccount: ")
}

func parse(args []string, stderr io.Writer) (s settings, file string, err error) {
	flags := flag.NewFlagSet("clv", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&s.model, "model", "mbg", "`model` of orders: mbg, bg, pareto, nbd, with the rhythm that fits best mbgcnbd or bgcnbd, or auto: the best of them by CRPS in the hold-out, without one by BIC")
	flags.StringVar(&s.spend, "spend", "gamma", "`model` of the value of an order: gamma, lognormal, normal (may be negative) or none")
	flags.StringVar(&s.prior, "prior", "none", "what is `believed` before the data are seen: none, or weak for few accounts")
	flags.TextVar(&s.unit, "unit", clv.Week, "`unit` of time of the models, of a summary and of the horizon: day, week or year")
	zone := flags.String("tz", "UTC", "time `zone` whose calendar days are counted, such as Asia/Shanghai")
	calibration := flags.String("calibration-end", "", "last `day` that the models see, 2006-01-02; lines after it are the hold-out (default the day of the last line, and no hold-out)")
	holdout := flags.String("holdout-end", "", "last `day` of the hold-out; no order may come after it (default the day of the last line)")
	flags.StringVar(&s.horizon.text, "horizon", "", "last `day` of the future that is valued, or a number of units (default a year)")
	flags.Float64Var(&s.economics.Rate.Annual, "rate", 0, "annual `rate` at which the future is discounted, such as 0.08")
	flags.Float64Var(&s.economics.Margin, "margin", 1, "`share` of revenue that is left after the cost of what is sold")
	flags.TextVar(&s.economics.ServiceCost, "service-cost", decimal.Zero, "`amount` that serving an active account costs a year")
	flags.TextVar(&s.economics.OrderCost, "order-cost", decimal.Zero, "`amount` that handling an order costs")
	flags.TextVar(&s.economics.RetentionCost, "retention-cost", decimal.Zero, "`amount` spent once a year on an active account")
	flags.IntVar(&s.economics.PaymentDelay, "payment-delay", 0, "`days` from an order to its payment")
	flags.TextVar(&s.returns, "returns", clv.NetReturns, "value of orders after returns, `net`, or before them, gross")
	flags.TextVar(&s.first, "first-order", clv.WithoutFirst, "whether the value of the first order counts: `without_first`, or with_first for accounts with few others")
	flags.StringVar(&s.save, "save", "", "keep the fitted models in this `file`")
	flags.StringVar(&s.load, "load", "", "take the models kept in this `file` instead of fitting them")
	flags.StringVar(&s.format, "format", "json", "`form` of the output: json or table")
	if err := flags.Parse(args); err != nil {
		return s, "", err
	}
	if flags.NArg() > 1 {
		return s, "", errors.New("give one file, or none for standard input; see -h")
	}
	if s.load != "" {
		var odd []string
		flags.Visit(func(f *flag.Flag) {
			switch f.Name {
			case "model", "spend", "prior", "unit", "returns", "first-order", "save":
				odd = append(odd, "-"+f.Name)
			}
		})
		if odd != nil {
			return s, "", fmt.Errorf("-load takes models as they were kept: leave out %s", strings.Join(odd, ", "))
		}
	}
	if s.zone, err = time.LoadLocation(*zone); err != nil {
		return s, "", fmt.Errorf("-tz: %w", err)
	}
	if err := s.days(*calibration, *holdout); err != nil {
		return s, "", err
	}
	return s, flags.Arg(0), errors.Join(s.checkNames(), s.checkEconomics())
}

// days reads the flags that are dates.
func (s *settings) days(calibration, holdout string) (err error) {
	for _, d := range []struct {
		name, text string
		to         *time.Time
	}{{"calibration-end", calibration, &s.calibrationEnd}, {"holdout-end", holdout, &s.holdoutEnd}} {
		if d.text == "" {
			continue
		}
		if *d.to, err = time.ParseInLocation(time.DateOnly, d.text, s.zone); err != nil {
			return fmt.Errorf("-%s %s: write a day as 2006-01-02", d.name, d.text)
		}
	}
	if holdout != "" && !s.calibrationEnd.Before(s.holdoutEnd) {
		return fmt.Errorf("-holdout-end %s must lie after -calibration-end", holdout)
	}
	if holdout != "" && calibration == "" {
		return errors.New("-holdout-end needs a -calibration-end")
	}
	if s.horizon.text == "" {
		return nil
	}
	if s.horizon.day, err = time.ParseInLocation(time.DateOnly, s.horizon.text, s.zone); err == nil {
		return nil
	}
	s.horizon.day = time.Time{}
	if s.horizon.units, err = strconv.ParseFloat(s.horizon.text, 64); err != nil || !(s.horizon.units > 0) {
		return fmt.Errorf("-horizon %s: write a day as 2006-01-02, or a number of units above 0", s.horizon.text)
	}
	return nil
}

func (s *settings) checkNames() error {
	for _, f := range []struct{ name, value, known string }{
		{"model", s.model, "mbg bg pareto nbd mbgcnbd bgcnbd auto"},
		{"spend", s.spend, "gamma lognormal normal none"},
		{"prior", s.prior, "none weak"},
		{"format", s.format, "json table"},
	} {
		known := strings.Fields(f.known)
		if !slices.Contains(known, f.value) {
			return fmt.Errorf("-%s %s: choose one of %s", f.name, f.value, strings.Join(known, ", "))
		}
	}
	return nil
}

// checkEconomics has the package look at the flags before the data are read, and
// says what it finds in their names.
func (s *settings) checkEconomics() error {
	if s.economics.Margin == 0 {
		return errors.New("-margin 0: nothing would be left of any order; give a share other than 0")
	}
	e := s.economics
	e.AsOf = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	e.Horizon = e.AsOf.AddDate(1, 0, 0)
	bad, ok := errors.AsType[*keyaccount.InputError](e.Validate())
	if !ok {
		return nil
	}
	name := map[string]string{
		"Annual": "rate", "Margin": "margin", "ServiceCost": "service-cost", "OrderCost": "order-cost",
		"RetentionCost": "retention-cost", "PaymentDelay": "payment-delay",
	}[bad.Field]
	return fmt.Errorf("-%s %s: %s", name, bad.Value, bad.Reason)
}

// do reads, analyses, keeps the models and prints.
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
	var known *models
	if s.load != "" {
		var err error
		if known, err = load(s.load); err != nil {
			return err
		}
	}
	out, fitted, err := s.analyse(in, known)
	if err != nil {
		return err
	}
	if s.save != "" {
		if err := fitted.save(s.save); err != nil {
			return err
		}
	}
	if s.format == "table" {
		return out.table(stdout)
	}
	enc := json.NewEncoder(stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}
