// Command survey computes the Net Promoter Score of each account and of all
// together from a CSV of answers.
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
	"strconv"
	"time"

	"github.com/keyaccount/keyaccount/survey"
)

const usage = `usage: survey [-level 0.95] [file.csv | -]

Net Promoter Score with its interval, by account and in all. Reads the file, or
standard input; columns in any order, of which account and score are required:

  account,contact,time,score,state
  ACME,li.wei,2026-03-02,9,answered
  ACME,wang.fang,2026-03-02T10:15:00+08:00,6,
  Binhai,chen.jie,,,refused

score is 0 to 10. state is answered, not_applicable, refused or not_reached;
left empty it is answered where there is a score, else not_reached. time is a
date or RFC 3339; of several answers by one contact the latest counts.

`

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("survey", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	level := flags.Float64("level", 0.95, "confidence level of the intervals")
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
			fmt.Fprintln(stderr, "survey:", err)
			return 1
		}
		defer f.Close()
		in = f
	}
	if err := report(in, stdout, *level); err != nil {
		fmt.Fprintln(stderr, "survey:", err)
		return 1
	}
	return 0
}

func report(in io.Reader, out io.Writer, level float64) error {
	answers, err := readAnswers(in)
	if err != nil {
		return err
	}
	nps, err := survey.NPSByAccount(answers, &survey.NPSOptions{Level: level})
	if err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(nps)
}

func readAnswers(in io.Reader) ([]survey.Answer, error) {
	r := csv.NewReader(skipBOM(in))
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the input is empty; -h shows what is wanted")
	}
	if err != nil {
		return nil, err
	}
	for _, need := range []string{"account", "score"} {
		if !slices.Contains(header, need) {
			return nil, fmt.Errorf("the header has no column %q; -h shows what is wanted", need)
		}
	}
	var answers []survey.Answer
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return answers, nil
		}
		if err != nil {
			return nil, err
		}
		var a survey.Answer
		state, scored := "", false
		for i, value := range record {
			switch header[i] {
			case "account":
				a.Account = value
			case "contact":
				a.Contact = value
			case "state":
				state = value
			case "score":
				if scored = value != ""; scored {
					a.State = survey.Answered
					if a.Score, err = strconv.Atoi(value); err != nil {
						err = errors.New("not a whole number from 0 to 10")
					}
				}
			case "time":
				a.Time, err = readTime(value)
			}
			if err != nil {
				return nil, fmt.Errorf("row %d, column %s: %q is %w", len(answers)+1, header[i], value, err)
			}
		}
		if state != "" {
			if err := a.State.UnmarshalText([]byte(state)); err != nil {
				return nil, fmt.Errorf("row %d: %w", len(answers)+1, err)
			}
		}
		if a.State == survey.Answered && !scored {
			return nil, fmt.Errorf("row %d: answered, but there is no score", len(answers)+1)
		}
		answers = append(answers, a)
	}
}

func readTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, errors.New("neither a date such as 2026-03-02 nor an instant such as 2026-03-02T10:15:00+08:00")
	}
	return t, nil
}

// skipBOM drops the mark with which Excel begins a UTF-8 file.
func skipBOM(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if head, _ := b.Peek(3); string(head) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	return b
}
