// Package segmenttest checks a host's [segment.SummaryStore],
// [segment.ModelStore] and [segment.ScoreStore] against their contract, in the
// manner of testing/fstest: standard library only, one call, one error that
// names everything that is wrong.
//
//	func TestStore(t *testing.T) {
//		if err := segmenttest.TestStores(segmenttest.Suite{
//			Summaries: func() (segment.SummaryStore, error) { return newStore(t) },
//			Models:    func() (segment.ModelStore, error) { return newStore(t) },
//			Scores:    func() (segment.ScoreStore, error) { return newStore(t) },
//		}); err != nil {
//			t.Fatal(err)
//		}
//	}
package segmenttest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/segment"
)

// Suite tells how to open the host's stores. Each is called once for each
// check and returns an empty store.
type Suite struct {
	// Summaries opens a store of summaries. Defaults to no check of one.
	Summaries func() (segment.SummaryStore, error)
	// Models opens a store of models. Defaults to no check of one.
	Models func() (segment.ModelStore, error)
	// Scores opens a store of scores. Defaults to no check of one.
	Scores func() (segment.ScoreStore, error)
}

// TestStores runs every check of the stores that are given and returns nil, or
// one error that joins all failures.
func TestStores(s Suite) error {
	if s.Summaries == nil && s.Models == nil && s.Scores == nil {
		return errors.New("segmenttest: the Suite opens no store")
	}
	var failed []error
	if s.Summaries != nil {
		failed = append(failed, run("summaries", func() (kept, error) {
			store, err := s.Summaries()
			return summaries{store}, err
		}, keptChecks)...)
		failed = append(failed, run("summaries", s.Summaries, summaryChecks)...)
	}
	if s.Models != nil {
		failed = append(failed, run("models", func() (kept, error) {
			store, err := s.Models()
			return models{store}, err
		}, keptChecks)...)
		failed = append(failed, run("models", s.Models, modelChecks)...)
	}
	if s.Scores != nil {
		failed = append(failed, run("scores", func() (kept, error) {
			store, err := s.Scores()
			return scores{store}, err
		}, keptChecks)...)
		failed = append(failed, run("scores", s.Scores, scoreChecks)...)
	}
	return errors.Join(failed...)
}

type check[S any] struct {
	name string
	run  func(S) error
}

func run[S any](kind string, open func() (S, error), checks []check[S]) (failed []error) {
	for _, c := range checks {
		store, err := open()
		if err == nil {
			err = c.run(store)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("segmenttest: %s: %s: %w", kind, c.name, err))
		}
	}
	return failed
}

// kept is a store of either kind, with values that are numbered: equal numbers
// are equal values.
type kept interface {
	save(ctx context.Context, name string, value int) error
	load(ctx context.Context, name string) (value int, err error)
}

var keptChecks = []check[kept]{
	{"name that was never saved", neverSaved},
	{"empty name", emptyName},
	{"names are kept apart", namesApart},
	{"saving again replaces", replaces},
	{"cancelled context", cancelled},
	{"cancelled save leaves what was there", cancelledSave},
	{"concurrent use", concurrent},
}

func neverSaved(k kept) error {
	ctx := context.Background()
	for range 2 { // before and after something else was saved
		if v, err := k.load(ctx, "nobody"); !errors.Is(err, keyaccount.ErrMissing) {
			return fmt.Errorf("loading gave value %d and error %v, want one that is keyaccount.ErrMissing", v, err)
		}
		if err := k.save(ctx, "somebody", 1); err != nil {
			return err
		}
	}
	return nil
}

func emptyName(k kept) error {
	ctx := context.Background()
	if err := k.save(ctx, "", 1); !errors.Is(err, keyaccount.ErrMissing) {
		return fmt.Errorf("saving gave error %v, want one that is keyaccount.ErrMissing", err)
	}
	if _, err := k.load(ctx, ""); !errors.Is(err, keyaccount.ErrMissing) {
		return fmt.Errorf("loading gave error %v, want one that is keyaccount.ErrMissing", err)
	}
	return nil
}

// Names that adapters have folded together, cut off or run as SQL.
var awkward = []string{
	"2025", "2025 ", " 2025", "Acme", "acme", "ACME", "客户/2025", "a/b", "a\\b", "..", "it's; DROP TABLE --",
	"%", "_", "é", "e\u0301", "\t", "0", "00", "null",
}

func namesApart(k kept) error {
	ctx := context.Background()
	for i, name := range awkward {
		if err := k.save(ctx, name, i); err != nil {
			return fmt.Errorf("saving as %q: %w", name, err)
		}
	}
	var failed []error
	for i, name := range awkward {
		if v, err := k.load(ctx, name); err != nil || v != i {
			failed = append(failed, fmt.Errorf("%q gave value %d and error %v, want value %d", name, v, err, i))
		}
	}
	return errors.Join(failed...)
}

func replaces(k kept) error {
	ctx := context.Background()
	for _, v := range []int{7, 2, 7, 0} { // longer and shorter ones
		if err := k.save(ctx, "run", v); err != nil {
			return err
		}
		if got, err := k.load(ctx, "run"); err != nil || got != v {
			return fmt.Errorf("after saving %d: value %d, error %v", v, got, err)
		}
	}
	return nil
}

func cancelled(k kept) error {
	if err := k.save(context.Background(), "run", 1); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := k.save(ctx, "run", 2); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("saving gave error %v, want one that is context.Canceled", err)
	}
	if _, err := k.load(ctx, "run"); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("loading gave error %v, want one that is context.Canceled", err)
	}
	return nil
}

func cancelledSave(k kept) error {
	if err := k.save(context.Background(), "run", 1); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := k.save(ctx, "run", 2); err == nil {
		return errors.New("saving under a cancelled context gave no error")
	}
	if got, err := k.load(context.Background(), "run"); err != nil || got != 1 {
		return fmt.Errorf("value %d and error %v afterwards, want value 1", got, err)
	}
	return nil
}

func concurrent(k kept) error {
	const users = 8
	ctx := context.Background()
	errs := make([]error, users)
	var wg sync.WaitGroup
	for u := range users {
		wg.Go(func() {
			name := fmt.Sprintf("run %d", u)
			for v := range 5 {
				if err := k.save(ctx, name, v); err != nil {
					errs[u] = err
					return
				}
				if err := k.save(ctx, "shared", v); err != nil {
					errs[u] = err
					return
				}
				if got, err := k.load(ctx, name); err != nil || got != v {
					errs[u] = fmt.Errorf("%q gave value %d and error %v, want value %d", name, got, err, v)
					return
				}
				if got, err := k.load(ctx, "shared"); err != nil || got < 0 || got >= 5 {
					errs[u] = fmt.Errorf("a name that all save gave value %d and error %v, want one of those saved", got, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
