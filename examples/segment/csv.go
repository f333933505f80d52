package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
)

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
