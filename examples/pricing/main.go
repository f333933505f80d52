// Command pricing prices quantities on a tier ladder and explains each price.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/pricing"
)

const usage = `usage: pricing [-lang en|zh] [file.json | -]

Prices each quantity on a ladder. Reads the file, or standard input:

  {
    "ladder": {
      "mode": "volume",
      "tiers": [
        {"up_to": "10", "unit": "6.50", "flat": "2.00"},
        {"up_to": null, "unit": "6.00"}
      ]
    },
    "quantities": ["7", "12.5"]
  }

mode is graduated, volume or package (which needs "package_size"); up_to is
inclusive; decimals are strings or numbers. Prints the prices line by line, and
where buying one more unit costs less.

`

type request struct {
	Ladder     pricing.Ladder    `json:"ladder"`
	Quantities []decimal.Decimal `json:"quantities"`
}

type response struct {
	Prices     []price             `json:"prices"`
	Inversions []pricing.Inversion `json:"inversions,omitempty"`
}

type price struct {
	pricing.Breakdown
	Explain string `json:"explain"`
}

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("pricing", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	lang := flags.String("lang", "en", "language of the explanation")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() > 1 {
		flags.Usage()
		return 2
	}
	in := stdin
	if name := flags.Arg(0); name != "" && name != "-" {
		f, err := os.Open(name)
		if err != nil {
			fmt.Fprintln(stderr, "pricing:", err)
			return 1
		}
		defer f.Close()
		in = f
	}
	if err := quote(in, stdout, *lang); err != nil {
		fmt.Fprintln(stderr, "pricing:", err)
		return 1
	}
	return 0
}

func quote(in io.Reader, out io.Writer, lang string) error {
	var req request
	dec := json.NewDecoder(skipBOM(in))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&req); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("the input is empty; -h shows what is wanted")
		}
		return fmt.Errorf("reading the input: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("reading the input: there is text after the JSON")
	}
	if err := req.Ladder.Validate(); err != nil {
		return err
	}
	if len(req.Quantities) == 0 {
		return errors.New("no quantities; -h shows what is wanted")
	}
	resp := response{Prices: make([]price, 0, len(req.Quantities))}
	for i, q := range req.Quantities {
		b, err := req.Ladder.Price(q)
		if err != nil {
			return fmt.Errorf("quantity %d: %w", i+1, err)
		}
		resp.Prices = append(resp.Prices, price{b, b.Explain(lang)})
	}
	var err error
	if resp.Inversions, err = req.Ladder.Inversions(decimal.NewFromInt(1)); err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(resp)
}

// skipBOM drops the mark with which Excel begins a UTF-8 file.
func skipBOM(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if head, _ := b.Peek(3); string(head) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	return b
}
