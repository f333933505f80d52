// Command risk says how much a seller depends on how few accounts: it reads
// revenue by account as CSV and prints the concentration, and what would be
// left if the largest accounts left.
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

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/risk"
)

const usage = `usage: risk [-k 3] [file.csv]

Reads CSV with a header from the file, or from standard input when there is
none or it is "-". Columns, in any order; others are ignored:

  account   identifier, unique
  revenue   decimal number in one currency; zero or negative where returns
            exceed sales

Prints JSON: the concentration of the revenue, and the loss if the largest
1, 2, … k accounts leave.

  account,revenue
  Acme,500000.50
  Globex,300000.00
  Initech,-120.00

`

// report is the printed document.
type report struct {
	Concentration risk.Concentration `json:"concentration"`
	WhatIf        []whatIf           `json:"what_if"`
}

type whatIf struct {
	Label string `json:"label"`
	risk.Loss
}

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("risk", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage); flags.PrintDefaults() }
	k := flags.Int("k", 3, "let the largest 1, 2, … `k` accounts leave")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil || flags.NArg() > 1 || *k < 0 {
		fmt.Fprintln(stderr, "risk: at most one file, and -k not negative; -h explains")
		return 2
	}
	if err := assess(flags.Arg(0), *k, stdin, stdout); err != nil {
		fmt.Fprintln(stderr, "risk:", err)
		return 1
	}
	return 0
}

func assess(file string, k int, stdin io.Reader, stdout io.Writer) error {
	if file != "" && file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		stdin = f
	}
	accounts, err := readAccounts(stdin)
	if err != nil {
		return err
	}

	revenue := make([]float64, len(accounts))
	for i, a := range accounts {
		revenue[i] = a.Revenue.InexactFloat64()
	}
	var out report
	if out.Concentration, err = risk.Concentrate(revenue); err != nil {
		return err
	}
	var scenarios []risk.Scenario
	for n := 1; n <= min(k, out.Concentration.N); n++ {
		scenarios = append(scenarios, risk.LargestFail(n))
	}
	losses, err := risk.Stress(accounts, scenarios...)
	if err != nil {
		return err
	}
	out.WhatIf = make([]whatIf, len(losses))
	for i, l := range losses {
		out.WhatIf[i] = whatIf{Label: l.Scenario.Label("en"), Loss: l}
	}
	out.Concentration.Cumulative = nil // as long as the input; the losses show its start

	enc := json.NewEncoder(stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func readAccounts(r io.Reader) ([]risk.AccountRevenue, error) {
	in := csv.NewReader(skipBOM(r))
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the input is empty; expected a header with account,revenue")
	} else if err != nil {
		return nil, err
	}
	account, revenue := slices.Index(header, "account"), slices.Index(header, "revenue")
	if account < 0 || revenue < 0 {
		return nil, fmt.Errorf("the header needs the columns account and revenue, found %s", strings.Join(header, ","))
	}
	var accounts []risk.AccountRevenue
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			return accounts, nil
		} else if err != nil {
			return nil, err
		}
		amount, err := decimal.NewFromString(strings.TrimSpace(rec[revenue]))
		if err != nil {
			line, _ := in.FieldPos(revenue)
			return nil, fmt.Errorf("line %d: revenue %q is not a decimal number", line, rec[revenue])
		}
		accounts = append(accounts, risk.AccountRevenue{Account: strings.TrimSpace(rec[account]), Revenue: amount})
	}
}

// skipBOM drops the mark with which Excel begins a UTF-8 file.
func skipBOM(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if head, _ := b.Peek(3); string(head) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	return b
}
