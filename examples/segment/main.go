// Command segment reads transactions as CSV and prints, as JSON, what every
// account has done, its RFM score and its ABC class.
package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/segment"
)

const usage = `usage: segment [flags] [file.csv | -]

Reads transactions from the file, or from standard input. The first line names
the columns, in any order:

  account   customer, required
  time      2006-01-02 or 2006-01-02T15:04:05+08:00, required
  amount    value of the line; negative for a return or credit, required
  order     order or invoice; a line without one is an order of its own
  product   what was sold
  quantity  in the product's unit; negative for goods taken back
  currency  ISO 4217; one currency in all

For example:

  account,order,product,time,quantity,amount,currency
  ACME,1001,WIDGET,2025-03-01,10,1250.00,EUR
  ACME,1001,WIDGET,2025-03-09,-1,-125.00,EUR
  BOLT,1002,GADGET,2025-02-11,2,80.00,EUR

Flags:
`

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("segment", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	asOf := flags.String("asof", "", "day from which recency looks back, 2006-01-02 (default the day after the last line)")
	tz := flags.String("tz", "UTC", "time zone whose calendar days are counted, such as Asia/Shanghai")
	bins := flags.Int("bins", 5, "scores of each RFM dimension")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() > 1 {
		fmt.Fprintln(stderr, "segment: give one file, or none for standard input; see -h")
		return 2
	}
	zone, err := time.LoadLocation(*tz)
	if err != nil {
		fmt.Fprintf(stderr, "segment: -tz: %v\n", err)
		return 2
	}
	var day time.Time
	if *asOf != "" {
		if day, err = time.ParseInLocation(time.DateOnly, *asOf, zone); err != nil {
			fmt.Fprintf(stderr, "segment: -asof: %v\n", err)
			return 2
		}
	}

	in := stdin
	if name := flags.Arg(0); name != "" && name != "-" {
		f, err := os.Open(name)
		if err != nil {
			fmt.Fprintf(stderr, "segment: %v\n", err)
			return 1
		}
		defer f.Close()
		in = f
	}
	out, err := analyse(in, zone, day, *bins)
	if err == nil {
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(out)
	}
	if err != nil {
		fmt.Fprintf(stderr, "segment: %v\n", err)
		return 1
	}
	return 0
}

type report struct {
	Model    *segment.Model     `json:"model"`
	Classes  []segment.ABCTotal `json:"abc"`
	Accounts []accountReport    `json:"accounts"`
}

type accountReport struct {
	segment.Account
	Score segment.Score    `json:"score"`
	Code  string           `json:"code"`
	Class segment.ABCClass `json:"class"`
	Share float64          `json:"share"`
}

// analyse is the whole job: fold, fit, score, classify. A zero asOf stands for
// the day after the last line.
func analyse(in io.Reader, zone *time.Location, asOf time.Time, bins int) (*report, error) {
	sum := segment.NewSummary(segment.SummaryOptions{Location: zone})
	var last time.Time
	err := readCSV(in, zone, func(tx keyaccount.Transaction) error {
		if tx.Time.After(last) {
			last = tx.Time
		}
		return sum.Add(tx)
	})
	if err != nil {
		return nil, err
	}
	if asOf.IsZero() {
		y, m, d := last.In(zone).Date()
		asOf = time.Date(y, m, d+1, 0, 0, 0, 0, zone)
	}

	accounts := sum.Accounts(asOf)
	model, err := segment.FitRFM(accounts, &segment.RFMOptions{Bins: bins})
	if err != nil {
		return nil, err
	}
	abc, err := segment.ABC(accounts, nil)
	if err != nil {
		return nil, err
	}
	places := make(map[string]segment.ABCAccount, len(abc.Accounts))
	for _, a := range abc.Accounts {
		places[a.ID] = a
	}
	out := &report{Model: model, Classes: abc.Classes}
	for _, a := range accounts {
		score, place := model.Score(a), places[a.ID]
		out.Accounts = append(out.Accounts, accountReport{
			Account: a, Score: score, Code: score.Code(), Class: place.Class, Share: place.Share,
		})
	}
	return out, nil
}

// readCSV hands every record to add. Row 1 of an error is the first record
// below the names of the columns.
func readCSV(in io.Reader, zone *time.Location, add func(keyaccount.Transaction) error) error {
	r := csv.NewReader(in)
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the input is empty; see -h for what it should hold")
	}
	if err != nil {
		return err
	}
	column := make(map[string]int, len(head))
	for i, name := range head {
		column[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	for _, name := range []string{"account", "time", "amount"} {
		if _, ok := column[name]; !ok {
			return fmt.Errorf("the first line does not name the column %q; see -h", name)
		}
	}
	for row := 1; ; row++ {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		field := func(name string) string {
			if i, ok := column[name]; ok {
				return strings.TrimSpace(rec[i])
			}
			return ""
		}
		tx := keyaccount.Transaction{
			Account: field("account"), Order: field("order"), Product: field("product"), Currency: field("currency"),
		}
		if tx.Time, err = parseTime(field("time"), zone); err != nil {
			return malformed(row, "time", field("time"), "write 2006-01-02 or 2006-01-02T15:04:05+08:00")
		}
		if tx.Amount, err = decimal.NewFromString(field("amount")); err != nil {
			return malformed(row, "amount", field("amount"), "not a decimal number")
		}
		if q := field("quantity"); q != "" {
			if tx.Quantity, err = decimal.NewFromString(q); err != nil {
				return malformed(row, "quantity", q, "not a decimal number")
			}
		}
		if err := add(tx); err != nil {
			return err
		}
	}
}

func parseTime(s string, zone *time.Location) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339, s)
}

func malformed(row int, field, value, reason string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: field, Row: row, Value: value, Reason: reason}
}
