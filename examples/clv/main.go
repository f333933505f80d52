// Command clv reads a transaction log as CSV, fits the BG/NBD model to it, and
// prints, as JSON, the parameters and for every account the probability that
// it is still a customer and the orders to expect.
package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/clv"
)

const usage = `usage: clv [flags] [file.csv | -]

Reads transactions from the file, or from standard input. The first line names
the columns, in any order; others are ignored:

  account   customer
  time      2006-01-02 or 2006-01-02T15:04:05+08:00
  amount    value; negative for a return or credit, which is no purchase
  quantity  optional; makes a purchase of a free delivery

For example:

  account,time,amount
  ACME,2025-03-01,1250.00
  ACME,2025-03-09,-125.00
  BOLT,2025-02-11T08:30:00Z,80.00

A fit needs some hundred accounts; with too few, or with data that cannot tell
the parameters apart, it says so. Lines after -asof are left out.

Flags:
`

// report is the printed document.
type report struct {
	AsOf     string          `json:"as_of"`
	Unit     clv.Unit        `json:"unit"`
	Horizon  float64         `json:"horizon"`
	Model    *clv.BGNBDFit   `json:"model"`
	Accounts []accountReport `json:"accounts"`
}

type accountReport struct {
	clv.AccountHistory
	ProbAlive      float64 `json:"prob_alive"`
	ExpectedOrders float64 `json:"expected_orders"`
}

// maxHorizon is 2700 years even in days: a larger number is a slip.
const maxHorizon = 1e6

type settings struct {
	asOf    time.Time
	unit    clv.Unit
	horizon float64
}

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var set settings
	flags := flag.NewFlagSet("clv", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage); flags.PrintDefaults() }
	flags.Func("asof", "last `day` of the calibration, itself included, 2006-01-02 (default the day of the last line)", func(s string) (err error) {
		set.asOf, err = time.Parse(time.DateOnly, s)
		return err
	})
	flags.TextVar(&set.unit, "unit", clv.Week, "`unit` of time of the model and the horizon: day, week or year")
	flags.Float64Var(&set.horizon, "horizon", 52, "`units` of time in which orders are expected, up to 1000000")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() > 1 {
		fmt.Fprintln(stderr, "clv: give at most one file; -h explains")
		return 2
	}
	if !(set.horizon > 0 && set.horizon <= maxHorizon) {
		fmt.Fprintf(stderr, "clv: -horizon %g: give a number of %ss above 0, and 1000000 at most; -h explains\n", set.horizon, set.unit)
		return 2
	}
	if err := value(flags.Arg(0), set, stdin, stdout); err != nil {
		fmt.Fprintln(stderr, "clv:", strings.TrimPrefix(err.Error(), "clv: "))
		return 1
	}
	return 0
}

func value(file string, set settings, stdin io.Reader, stdout io.Writer) error {
	if file != "" && file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		stdin = f
	}
	log, err := readCSV(stdin)
	if err != nil {
		return err
	}
	out, err := analyse(log, set)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// analyse is the whole job: summarise, fit, score.
func analyse(log []keyaccount.Transaction, set settings) (*report, error) {
	if set.asOf.IsZero() {
		for _, tx := range log {
			if tx.Time.After(set.asOf) {
				set.asOf = tx.Time
			}
		}
	}
	year, month, day := set.asOf.UTC().Date()
	calibration := keyaccount.Period{To: time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC)}

	cal := clv.NewCalibration(clv.CalibrationOptions{Unit: set.unit})
	for _, tx := range log {
		if !calibration.Contains(tx.Time) {
			continue
		}
		if err := cal.Add(tx); err != nil {
			return nil, err
		}
	}
	table, err := cal.Counts(set.asOf)
	if err != nil {
		return nil, err
	}
	fit, err := clv.FitBGNBD(table, nil)
	if err != nil {
		return nil, err
	}
	accounts, err := cal.Accounts(set.asOf)
	if err != nil {
		return nil, err
	}
	out := &report{AsOf: set.asOf.UTC().Format(time.DateOnly), Unit: set.unit, Horizon: set.horizon, Model: fit}
	for _, a := range accounts {
		out.Accounts = append(out.Accounts, accountReport{
			AccountHistory: a,
			ProbAlive:      fit.ProbAlive(a.History),
			ExpectedOrders: fit.ExpectedOrders(a.History, set.horizon),
		})
	}
	return out, nil
}

func readCSV(r io.Reader) ([]keyaccount.Transaction, error) {
	in := csv.NewReader(skipBOM(r))
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the input is empty; -h says what it should hold")
	} else if err != nil {
		return nil, err
	}
	for _, name := range []string{"account", "time", "amount"} {
		if !slices.Contains(header, name) {
			return nil, fmt.Errorf("the first line does not name the column %q; -h explains", name)
		}
	}
	var log []keyaccount.Transaction
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			if len(log) == 0 {
				return nil, errors.New("there is no transaction below the names of the columns")
			}
			return log, nil
		} else if err != nil {
			return nil, err
		}
		tx, err := parse(func(name string) string {
			if i := slices.Index(header, name); i >= 0 {
				return strings.TrimSpace(rec[i])
			}
			return ""
		})
		if err != nil {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		log = append(log, tx)
	}
}

func parse(field func(string) string) (tx keyaccount.Transaction, err error) {
	tx.Account = field("account")
	if tx.Time, err = time.Parse(time.DateOnly, field("time")); err != nil {
		if tx.Time, err = time.Parse(time.RFC3339, field("time")); err != nil {
			return tx, fmt.Errorf("time %q: write 2006-01-02 or 2006-01-02T15:04:05+08:00", field("time"))
		}
	}
	if tx.Amount, err = decimal.NewFromString(field("amount")); err != nil {
		return tx, fmt.Errorf("amount %q is not a decimal number", field("amount"))
	}
	if q := field("quantity"); q != "" {
		if tx.Quantity, err = decimal.NewFromString(q); err != nil {
			return tx, fmt.Errorf("quantity %q is not a decimal number", q)
		}
	}
	return tx, tx.Validate()
}

// skipBOM drops the mark with which Excel begins a UTF-8 file.
func skipBOM(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if head, _ := b.Peek(3); string(head) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	return b
}
