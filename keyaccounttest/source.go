// Package keyaccounttest checks a host's [keyaccount.TransactionSource]
// against the contract, in the manner of testing/fstest: standard library
// only, one call, one error that names everything that is wrong.
//
//	func TestStore(t *testing.T) {
//		err := keyaccounttest.TestTransactionSource(keyaccounttest.TransactionSuite{
//			Open: func(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error) {
//				return newStoreWith(t, facts)
//			},
//		})
//		if err != nil {
//			t.Fatal(err)
//		}
//	}
package keyaccounttest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
)

// TransactionSuite tells the suite how to fill the host's store.
type TransactionSuite struct {
	// Open returns a source that holds exactly the facts. It is called once
	// for each check, with instants of whole microseconds in several zones.
	// Required.
	Open func(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error)
	// Break returns a source that holds the facts and fails with cause after
	// it has yielded some of them (or at once). Defaults to no check of how
	// the store's own errors come through.
	Break func(facts []keyaccount.Transaction, cause error) (keyaccount.TransactionSource, error)
}

// TestTransactionSource runs every check and returns nil, or one error that
// joins all failures. A source that panics, or goes on after the consumer
// stopped (yield returned false), fails the checks in which it does.
func TestTransactionSource(s TransactionSuite) error {
	if s.Open == nil {
		return errors.New("keyaccounttest: TransactionSuite.Open is required")
	}
	var failed []error
	for _, c := range checks {
		if err := guard(func() error { return c.run(s) }); err != nil {
			failed = append(failed, fmt.Errorf("keyaccounttest: %s: %w", c.name, err))
		}
	}
	return errors.Join(failed...)
}

var checks = []struct {
	name string
	run  func(TransactionSuite) error
}{
	{"empty store", emptyStore},
	{"every fact comes back exactly", wholeStore},
	{"period is half-open", periodBounds},
	{"period that ends before it begins", invertedPeriod},
	{"order of insertion", insertionOrder},
	{"range again", rangeAgain},
	{"early stop", earlyStop},
	{"cancelled context", cancelled},
	{"cancelled while reading", cancelledMidway},
	{"concurrent use", concurrent},
	{"error of the store", storeError},
}

// guard makes an error of a panic in check, which must be on the goroutine
// that it guards.
func guard(check func() error) (err error) {
	defer func() {
		switch p := recover(); {
		case p == nil:
		case wentOn(p):
			err = fmt.Errorf("the source goes on after the consumer stopped: %v", p)
		default:
			err = fmt.Errorf("the source panics: %v", p)
		}
	}()
	return check()
}

// wentOn reports whether the panic is that of range-over-func, for which the
// runtime has no type of its own.
func wentOn(p any) bool {
	err, ok := p.(runtime.Error)
	return ok && strings.Contains(err.Error(), "range function continued iteration")
}

func emptyStore(s TransactionSuite) error {
	return expect(s, nil, keyaccount.Period{}, nil)
}

func wholeStore(s TransactionSuite) error {
	return expect(s, Facts(), keyaccount.Period{}, Facts())
}

func periodBounds(s TransactionSuite) error {
	facts := Facts()
	var failed []error
	for _, p := range []keyaccount.Period{
		{From: noon, To: noon.Add(time.Hour)},
		{From: noon.Add(time.Microsecond)},
		{From: noon},
		{To: noon},
		{To: noon.Add(time.Microsecond)},
		{From: noon, To: noon},
		{From: noon.In(shanghai), To: noon.Add(24 * time.Hour).In(newYork)},
	} {
		var want []keyaccount.Transaction
		for _, f := range facts {
			if p.Contains(f.Time) {
				want = append(want, f)
			}
		}
		if err := expect(s, facts, p, want); err != nil {
			failed = append(failed, fmt.Errorf("[%s, %s): %w", bound(p.From), bound(p.To), err))
		}
	}
	return errors.Join(failed...)
}

func invertedPeriod(s TransactionSuite) error {
	src, err := s.Open(Facts())
	if err != nil {
		return err
	}
	got, err := collect(context.Background(), src, keyaccount.Period{From: noon, To: noon.Add(-time.Hour)})
	if len(got) > 0 {
		return fmt.Errorf("yielded %d facts", len(got))
	}
	if !errors.Is(err, keyaccount.ErrOutOfRange) {
		return fmt.Errorf("error is %v, want one that is keyaccount.ErrOutOfRange (call Period.Validate)", err)
	}
	return nil
}

func insertionOrder(s TransactionSuite) error {
	facts := Facts()
	slices.Reverse(facts)
	return expect(s, facts, keyaccount.Period{}, Facts())
}

func rangeAgain(s TransactionSuite) error {
	src, err := s.Open(Facts())
	if err != nil {
		return err
	}
	seq := src.Transactions(context.Background(), keyaccount.Period{})
	for range 2 {
		var got []keyaccount.Transaction
		for tx, err := range seq {
			if err != nil {
				return err
			}
			got = append(got, tx)
		}
		if err := same(Facts(), got); err != nil {
			return err
		}
	}
	return nil
}

func earlyStop(s TransactionSuite) error {
	src, err := s.Open(Facts())
	if err != nil {
		return err
	}
	for _, err := range src.Transactions(context.Background(), keyaccount.Period{}) {
		if err != nil {
			return err
		}
		break // a source that yields on panics here, for guard to report
	}
	got, err := collect(context.Background(), src, keyaccount.Period{})
	if err != nil {
		return fmt.Errorf("after an early stop: %w", err)
	}
	return same(Facts(), got)
}

func cancelled(s TransactionSuite) error {
	src, err := s.Open(Facts())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got, err := collect(ctx, src, keyaccount.Period{})
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("error is %v, want one that is context.Canceled", err)
	}
	if len(got) > 0 {
		return fmt.Errorf("yielded %d facts", len(got))
	}
	return nil
}

// cancelledMidway holds enough facts that no buffer hides the cancellation.
func cancelledMidway(s TransactionSuite) error {
	const many = 20_000
	facts := make([]keyaccount.Transaction, many)
	for i := range facts {
		facts[i] = keyaccount.Transaction{
			Account: "A", Order: fmt.Sprintf("O%05d", i), Time: noon.Add(time.Duration(i) * time.Second),
			Quantity: decimal.New(1, 0), Amount: decimal.New(100, -2), Currency: "EUR",
		}
	}
	src, err := s.Open(facts)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	for _, err := range src.Transactions(ctx, keyaccount.Period{}) {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				return fmt.Errorf("error is %v, want one that is context.Canceled", err)
			}
			return nil
		}
		n++
		if n == 1 {
			cancel()
		}
	}
	return fmt.Errorf("read all %d facts after the cancellation and reported no error", n)
}

func concurrent(s TransactionSuite) error {
	src, err := s.Open(Facts())
	if err != nil {
		return err
	}
	const readers = 8
	errs := make([]error, readers)
	var wg sync.WaitGroup
	for i := range readers {
		wg.Go(func() {
			errs[i] = guard(func() error {
				got, err := collect(context.Background(), src, keyaccount.Period{})
				if err != nil {
					return err
				}
				return same(Facts(), got)
			})
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func storeError(s TransactionSuite) error {
	if s.Break == nil {
		return nil
	}
	cause := errors.New("the disk is on fire")
	src, err := s.Break(Facts(), cause)
	if err != nil {
		return err
	}
	seen := 0
	for tx, err := range src.Transactions(context.Background(), keyaccount.Period{}) {
		if seen > 0 {
			return errors.New("the sequence goes on after its error")
		}
		if err == nil {
			continue
		}
		seen++
		if !errors.Is(err, cause) {
			return fmt.Errorf("error is %w, want one that wraps the store's own", err)
		}
		if tx != (keyaccount.Transaction{}) {
			return errors.New("a transaction comes with the error")
		}
	}
	if seen == 0 {
		return errors.New("the store's error is swallowed")
	}
	return nil
}

// expect opens a store with the facts and compares what the period yields.
func expect(s TransactionSuite, facts []keyaccount.Transaction, p keyaccount.Period, want []keyaccount.Transaction) error {
	src, err := s.Open(facts)
	if err != nil {
		return err
	}
	got, err := collect(context.Background(), src, p)
	if err != nil {
		return err
	}
	return same(want, got)
}

func collect(ctx context.Context, src keyaccount.TransactionSource, p keyaccount.Period) ([]keyaccount.Transaction, error) {
	var got []keyaccount.Transaction
	for tx, err := range src.Transactions(ctx, p) {
		if err != nil {
			return got, err
		}
		got = append(got, tx)
	}
	return got, nil
}

// same compares two bags of transactions by value and instant.
func same(want, got []keyaccount.Transaction) error {
	count := map[string]int{}
	for _, tx := range want {
		count[key(tx)]++
	}
	for _, tx := range got {
		count[key(tx)]--
	}
	var missing, extra []string
	for k, n := range count {
		switch {
		case n > 0:
			missing = append(missing, k)
		case n < 0:
			extra = append(extra, k)
		}
	}
	if len(missing)+len(extra) == 0 {
		return nil
	}
	slices.Sort(missing)
	slices.Sort(extra)
	return fmt.Errorf("%d facts expected, %d yielded\n\tmissing: %s\n\tunexpected: %s",
		len(want), len(got), list(missing), list(extra))
}

func key(tx keyaccount.Transaction) string {
	return fmt.Sprintf("%q %q %q %s quantity %s amount %s %q", tx.Account, tx.Order, tx.Product,
		tx.Time.UTC().Format(time.RFC3339Nano), plain(tx.Quantity), plain(tx.Amount), tx.Currency)
}

// plain writes equal decimals alike: 1.50 and 1.5 are the same money.
func plain(d decimal.Decimal) string {
	d = d.Normalize()
	return d.StringFixed(max(0, -d.Exponent()))
}

func list(s []string) string {
	const shown = 5
	if len(s) == 0 {
		return "none"
	}
	if len(s) > shown {
		return strings.Join(s[:shown], "; ") + fmt.Sprintf("; and %d more", len(s)-shown)
	}
	return strings.Join(s, "; ")
}

func bound(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.RFC3339Nano)
}
