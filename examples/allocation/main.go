// Command allocation shares a scarce resource among accounts: it reads the
// pool and the claims as JSON or CSV and prints the plan.
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

	"github.com/keyaccount/keyaccount/allocation"
)

const usage = `usage: allocation [file.json]
       allocation -pool 400 [-unit 0.25] [file.csv]

Reads from the file, or from standard input when there is none or it is "-".
Prints the plan as JSON: for every account the amount, the exact entitlement
and what decided it, then the common level and what nobody could use.

Without -pool the input is JSON; unit is optional and 0.01, a cap of null or
none at all is no cap:

  {"pool": 400, "unit": 0.25, "claims": [
    {"account": "Acme", "weight": 4, "floor": 40, "cap": 90},
    {"account": "Globex", "weight": 2.5, "floor": 0, "cap": null}]}

With -pool it is CSV with a header. Columns, in any order: account, weight,
and, if need be, floor and cap; an empty floor is 0, an empty cap is no cap:

  account,weight,floor,cap
  Acme,4,40,90
  Globex,2.5,,

`

// request is the JSON input.
type request struct {
	Pool   decimal.NullDecimal `json:"pool"`
	Unit   decimal.Decimal     `json:"unit"`
	Claims []allocation.Claim  `json:"claims"`
}

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("allocation", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage); flags.PrintDefaults() }
	var req request
	flags.Func("pool", "how much there is to share; the input is CSV then", func(s string) (err error) {
		req.Pool.Valid = true
		req.Pool.Decimal, err = decimal.NewFromString(s)
		return err
	})
	flags.Func("unit", "smallest amount handed out, with -pool (default 0.01)", func(s string) (err error) {
		req.Unit, err = decimal.NewFromString(s)
		return err
	})
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil || flags.NArg() > 1 || !req.Unit.IsZero() && !req.Pool.Valid {
		fmt.Fprintln(stderr, "allocation: at most one file, and -unit only with -pool; -h explains")
		return 2
	}
	if err := allocate(flags.Arg(0), req, stdin, stdout); err != nil {
		fmt.Fprintln(stderr, "allocation:", err)
		return 1
	}
	return 0
}

func allocate(file string, req request, stdin io.Reader, stdout io.Writer) (err error) {
	if file != "" && file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		stdin = f
	}
	if req.Pool.Valid {
		req.Claims, err = readCSV(stdin)
	} else {
		req, err = readJSON(stdin)
	}
	if err != nil {
		return err
	}
	plan, err := allocation.Fill(req.Pool.Decimal, req.Claims, &allocation.FillOptions{Unit: req.Unit})
	if err != nil {
		return err
	}
	enc := json.NewEncoder(stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(plan)
}

func readJSON(r io.Reader) (req request, err error) {
	dec := json.NewDecoder(skipBOM(r))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&req); errors.Is(err, io.EOF) {
		return req, errors.New("the input is empty; expected JSON with pool and claims, or -pool and CSV")
	} else if err != nil {
		return req, fmt.Errorf("the input is not the JSON that -h shows: %w", err)
	}
	if !req.Pool.Valid {
		return req, errors.New("the JSON has no pool")
	}
	return req, nil
}

func readCSV(r io.Reader) ([]allocation.Claim, error) {
	in := csv.NewReader(skipBOM(r))
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the input is empty; expected a header with account,weight,floor,cap")
	} else if err != nil {
		return nil, err
	}
	if !slices.Contains(header, "account") || !slices.Contains(header, "weight") {
		return nil, fmt.Errorf("the header needs the columns account and weight, found %s", strings.Join(header, ","))
	}
	var claims []allocation.Claim
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			return claims, nil
		} else if err != nil {
			return nil, err
		}
		c, err := claimOf(header, rec)
		if err != nil {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		claims = append(claims, c)
	}
}

func claimOf(header, rec []string) (c allocation.Claim, err error) {
	for i, column := range header {
		value := strings.TrimSpace(rec[i])
		switch {
		case column == "account":
			c.Account = value
		case column == "weight":
			c.Weight, err = decimal.NewFromString(value)
		case column == "floor" && value != "":
			c.Floor, err = decimal.NewFromString(value)
		case column == "cap" && value != "":
			c.Cap.Valid = true
			c.Cap.Decimal, err = decimal.NewFromString(value)
		}
		if err != nil {
			return c, fmt.Errorf("%s %q is not a decimal number", column, value)
		}
	}
	return c, nil
}

// skipBOM drops the mark with which Excel begins a UTF-8 file.
func skipBOM(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if head, _ := b.Peek(3); string(head) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	return b
}
