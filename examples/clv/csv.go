package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/clv"
)

// sheet reads a CSV whose first line names the columns.
type sheet struct {
	in     *csv.Reader
	column map[string]int
	record []string
	row    int // of the record; 1 is the first below the names
}

func openSheet(in io.Reader) (*sheet, error) {
	s := &sheet{in: csv.NewReader(in), column: make(map[string]int)}
	head, err := s.in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the input is empty; see -h for what it should hold")
	}
	if err != nil {
		return nil, err
	}
	for i, name := range head {
		s.column[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	return s, nil
}

func (s *sheet) has(name string) bool {
	_, ok := s.column[name]
	return ok
}

func (s *sheet) need(names ...string) error {
	for _, name := range names {
		if !s.has(name) {
			return fmt.Errorf("the first line does not name the column %q; see -h", name)
		}
	}
	return nil
}

// next goes to the next record; false after the last.
func (s *sheet) next() (bool, error) {
	var err error
	s.record, err = s.in.Read()
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	s.row++
	return true, err
}

// field is empty for a column that is not there.
func (s *sheet) field(name string) string {
	if i, ok := s.column[name]; ok {
		return strings.TrimSpace(s.record[i])
	}
	return ""
}

func (s *sheet) bad(kind error, field, reason string) error {
	return &keyaccount.InputError{Kind: kind, Field: field, Row: s.row, Value: s.field(field), Reason: reason}
}

func (s *sheet) decimal(field string) (decimal.Decimal, error) {
	d, err := decimal.NewFromString(s.field(field))
	if err != nil {
		return d, s.bad(keyaccount.ErrMalformed, field, "not a decimal number")
	}
	return d, nil
}

func (s *sheet) float(field string) (float64, error) {
	f, err := strconv.ParseFloat(s.field(field), 64)
	if err != nil {
		return 0, s.bad(keyaccount.ErrMalformed, field, "not a number")
	}
	return f, nil
}

func (s *sheet) whole(field string) (int, error) {
	n, err := strconv.Atoi(s.field(field))
	if err != nil {
		return 0, s.bad(keyaccount.ErrMalformed, field, "not a whole number")
	}
	return n, nil
}

func (s *sheet) transaction(zone *time.Location) (tx keyaccount.Transaction, err error) {
	tx.Account, tx.Order, tx.Currency = s.field("account"), s.field("order"), s.field("currency")
	if tx.Time, err = parseTime(s.field("time"), zone); err != nil {
		return tx, s.bad(keyaccount.ErrMalformed, "time", "write 2006-01-02 or 2006-01-02T15:04:05+08:00")
	}
	if tx.Amount, err = s.decimal("amount"); err != nil {
		return tx, err
	}
	if s.field("quantity") != "" {
		tx.Quantity, err = s.decimal("quantity")
	}
	return tx, err
}

func parseTime(text string, zone *time.Location) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339, text)
}

// linesAtOnce is how many lines a Calibration is given together, which is
// faster than one by one.
const linesAtOnce = 4096

// readLog folds the lines into a Calibration, and returns when the last was.
func (s settings) readLog(in *sheet) (cal *clv.Calibration, last time.Time, err error) {
	if err := in.need("account", "time", "amount"); err != nil {
		return nil, last, err
	}
	cal = clv.NewCalibration(clv.CalibrationOptions{Unit: s.unit, Location: s.zone})
	lines := make([]keyaccount.Transaction, 0, linesAtOnce)
	for {
		more, err := in.next()
		if err == nil && more {
			var tx keyaccount.Transaction
			if tx, err = in.transaction(s.zone); err == nil {
				lines = append(lines, tx)
				if tx.Time.After(last) {
					last = tx.Time
				}
			}
		}
		if err != nil || !more || len(lines) == linesAtOnce {
			if bad := cal.AddAll(lines); bad != nil { // in an earlier line
				err = bad
			}
			if err != nil || !more {
				return cal, last, err
			}
			lines = lines[:0]
		}
	}
}

// readSummary returns the accounts of a file of histories that end on the day
// of end.
func (s settings) readSummary(in *sheet, end time.Time) (accounts []clv.SampleAccount, currency string, err error) {
	if err := in.need("account", "frequency", "recency", "age"); err != nil {
		return nil, "", err
	}
	seen := make(map[string]bool)
	for {
		more, err := in.next()
		if err != nil || !more {
			return accounts, currency, err
		}
		a, err := in.history()
		switch {
		case err != nil:
			return nil, "", err
		case a.ID == "":
			return nil, "", in.bad(keyaccount.ErrMissing, "account", "a history needs an account")
		case seen[a.ID]:
			return nil, "", in.bad(keyaccount.ErrDuplicate, "account", "the account stands twice")
		case in.row > 1 && in.field("currency") != currency:
			return nil, "", in.bad(keyaccount.ErrMixedCurrency, "currency", "the amounts so far are in "+strconv.Quote(currency))
		}
		seen[a.ID], currency = true, in.field("currency")
		a.First = end.AddDate(0, 0, -int(math.Round(min(a.Age*s.unit.Days(), maxDays))))
		accounts = append(accounts, clv.SampleAccount{AccountHistory: a})
	}
}

// history reads one line of a summary. Without a column of orders, those of the
// mean are the repeat orders, as is the custom.
func (s *sheet) history() (a clv.AccountHistory, err error) {
	a.ID = s.field("account")
	if a.Frequency, err = s.whole("frequency"); err != nil {
		return a, err
	}
	if a.Recency, err = s.float("recency"); err != nil {
		return a, err
	}
	if a.Age, err = s.float("age"); err != nil {
		return a, err
	}
	if s.field("mean") != "" {
		if a.Spend.Mean, err = s.float("mean"); err != nil {
			return a, err
		}
		a.Spend.Orders = a.Frequency
		if s.has("orders") {
			if a.Spend.Orders, err = s.whole("orders"); err != nil {
				return a, err
			}
		}
	}
	err = a.Validate()
	if err == nil {
		err = a.Spend.Validate()
	}
	if in, ok := errors.AsType[*keyaccount.InputError](err); ok {
		in.Row = s.row
	}
	return a, err
}
