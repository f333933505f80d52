package keyaccounttest_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/keyaccounttest"
)

type source func(ctx context.Context, in keyaccount.Period) iter.Seq2[keyaccount.Transaction, error]

func (s source) Transactions(ctx context.Context, in keyaccount.Period) iter.Seq2[keyaccount.Transaction, error] {
	return s(ctx, in)
}

func inMemory(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error) {
	return keyaccount.TransactionSlice(facts), nil
}

// broken yields the facts and then the cause.
func broken(facts []keyaccount.Transaction, cause error) (keyaccount.TransactionSource, error) {
	return source(func(ctx context.Context, in keyaccount.Period) iter.Seq2[keyaccount.Transaction, error] {
		return func(yield func(keyaccount.Transaction, error) bool) {
			for tx, err := range keyaccount.TransactionSlice(facts).Transactions(ctx, in) {
				if !yield(tx, err) {
					return
				}
			}
			yield(keyaccount.Transaction{}, cause)
		}
	}), nil
}

func TestSliceSourcePassesTheSuite(t *testing.T) {
	require.NoError(t, keyaccounttest.TestTransactionSource(keyaccounttest.TransactionSuite{
		Open: inMemory, Break: broken,
	}))
}

// hearing opens sources that end with what interrupted returns, which they ask
// before each fact and after the last, with the number yielded so far.
func hearing(interrupted func(ctx context.Context, yielded int) error) func([]keyaccount.Transaction) (keyaccount.TransactionSource, error) {
	return func(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error) {
		return source(func(ctx context.Context, in keyaccount.Period) iter.Seq2[keyaccount.Transaction, error] {
			return func(yield func(keyaccount.Transaction, error) bool) {
				yielded := 0
				for tx, err := range keyaccount.TransactionSlice(facts).Transactions(context.Background(), in) {
					if err == nil {
						err = interrupted(ctx, yielded)
					}
					if err != nil {
						yield(keyaccount.Transaction{}, err)
						return
					}
					if !yield(tx, nil) {
						return
					}
					yielded++
				}
				if err := interrupted(ctx, yielded); err != nil {
					yield(keyaccount.Transaction{}, err)
				}
			}
		}), nil
	}
}

// Each fault is one that a real adapter had; the suite must name it.
func TestSuiteFindsFaults(t *testing.T) {
	filter := func(keep func(keyaccount.Transaction, keyaccount.Period) (keyaccount.Transaction, bool)) func([]keyaccount.Transaction) (keyaccount.TransactionSource, error) {
		return func(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error) {
			return source(func(ctx context.Context, in keyaccount.Period) iter.Seq2[keyaccount.Transaction, error] {
				var kept keyaccount.TransactionSlice
				for _, tx := range facts {
					if tx, ok := keep(tx, in); ok {
						kept = append(kept, tx)
					}
				}
				if in.Validate() != nil {
					return kept.Transactions(ctx, in)
				}
				return kept.Transactions(ctx, keyaccount.Period{})
			}), nil
		}
	}
	for name, c := range map[string]struct {
		open func([]keyaccount.Transaction) (keyaccount.TransactionSource, error)
		want string
	}{
		"closed upper bound": {
			filter(func(tx keyaccount.Transaction, in keyaccount.Period) (keyaccount.Transaction, bool) {
				return tx, in.Contains(tx.Time) || tx.Time.Equal(in.To)
			}), "period is half-open",
		},
		"float money": {
			filter(func(tx keyaccount.Transaction, in keyaccount.Period) (keyaccount.Transaction, bool) {
				f, _ := tx.Amount.Float64()
				tx.Amount = decimal.NewFromFloat(f)
				return tx, in.Contains(tx.Time)
			}), "every fact comes back exactly",
		},
		"lost time zone": {
			filter(func(tx keyaccount.Transaction, in keyaccount.Period) (keyaccount.Transaction, bool) {
				y, m, d := tx.Time.Date()
				h, mi, s := tx.Time.Clock()
				tx.Time = time.Date(y, m, d, h, mi, s, tx.Time.Nanosecond(), time.UTC)
				return tx, in.Contains(tx.Time)
			}), "every fact comes back exactly",
		},
		"duplicates merged": {
			func(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error) {
				seen := map[string]bool{}
				var kept keyaccount.TransactionSlice
				for _, tx := range facts {
					if k := tx.Account + tx.Order + tx.Product + tx.Amount.StringFixed(9); !seen[k] {
						seen[k] = true
						kept = append(kept, tx)
					}
				}
				return kept, nil
			}, "every fact comes back exactly",
		},
		"deaf to the context": {
			func(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error) {
				return source(func(_ context.Context, in keyaccount.Period) iter.Seq2[keyaccount.Transaction, error] {
					return keyaccount.TransactionSlice(facts).Transactions(context.Background(), in)
				}), nil
			}, "cancelled while reading",
		},
		"deaf to a cancellation before the start": {
			func(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error) {
				return source(func(ctx context.Context, in keyaccount.Period) iter.Seq2[keyaccount.Transaction, error] {
					if ctx.Err() != nil {
						ctx = context.Background()
					}
					return keyaccount.TransactionSlice(facts).Transactions(ctx, in)
				}), nil
			}, "cancelled context: error is <nil>",
		},
		"yields before it looks at the context": {
			hearing(func(ctx context.Context, yielded int) error {
				if yielded == 0 {
					return nil
				}
				return ctx.Err()
			}), "cancelled context: yielded 1 facts",
		},
		"another error for a cancellation before the start": {
			hearing(func(ctx context.Context, yielded int) error {
				if ctx.Err() != nil && yielded == 0 {
					return errors.New("interrupted")
				}
				return ctx.Err()
			}), "cancelled context: error is interrupted",
		},
		"another error for a cancellation while reading": {
			hearing(func(ctx context.Context, yielded int) error {
				if ctx.Err() != nil && yielded > 0 {
					return errors.New("interrupted")
				}
				return ctx.Err()
			}), "cancelled while reading: error is interrupted",
		},
		"answers a period that ends before it begins": {
			func(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error) {
				return source(func(ctx context.Context, in keyaccount.Period) iter.Seq2[keyaccount.Transaction, error] {
					if in.Validate() != nil {
						return keyaccount.TransactionSlice(nil).Transactions(ctx, keyaccount.Period{})
					}
					return keyaccount.TransactionSlice(facts).Transactions(ctx, in)
				}), nil
			}, "period that ends before it begins: error is <nil>",
		},
		"goes on after the consumer stopped": {
			func(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error) {
				return source(func(ctx context.Context, in keyaccount.Period) iter.Seq2[keyaccount.Transaction, error] {
					return func(yield func(keyaccount.Transaction, error) bool) {
						for tx, err := range keyaccount.TransactionSlice(facts).Transactions(ctx, in) {
							yield(tx, err)
						}
					}
				}), nil
			}, "early stop: the source goes on after the consumer stopped",
		},
		"goes on after its own error": { // each consumer stops there, also the concurrent ones
			func(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error) {
				return source(func(context.Context, keyaccount.Period) iter.Seq2[keyaccount.Transaction, error] {
					return func(yield func(keyaccount.Transaction, error) bool) {
						for range 2 {
							yield(keyaccount.Transaction{}, errors.New("no connection"))
						}
					}
				}), nil
			}, "concurrent use: the source goes on after the consumer stopped",
		},
		"panics": {
			func([]keyaccount.Transaction) (keyaccount.TransactionSource, error) {
				return source(func(context.Context, keyaccount.Period) iter.Seq2[keyaccount.Transaction, error] {
					panic("no connection")
				}), nil
			}, "concurrent use: the source panics: no connection",
		},
		"reads only once": {
			func(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error) {
				var mu sync.Mutex
				rest := keyaccount.TransactionSlice(facts)
				return source(func(ctx context.Context, in keyaccount.Period) iter.Seq2[keyaccount.Transaction, error] {
					return func(yield func(keyaccount.Transaction, error) bool) {
						mu.Lock()
						now := rest
						rest = nil
						mu.Unlock()
						now.Transactions(ctx, in)(yield)
					}
				}), nil
			}, "range again",
		},
		"fails when it is empty": {
			func(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error) {
				if len(facts) == 0 {
					return nil, errors.New("no rows")
				}
				return keyaccount.TransactionSlice(facts), nil
			}, "empty store: no rows",
		},
		"drops what is older than the fact before it": {
			func(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error) {
				var kept keyaccount.TransactionSlice
				for _, tx := range facts {
					if n := len(kept); n == 0 || !tx.Time.Before(kept[n-1].Time) {
						kept = append(kept, tx)
					}
				}
				return kept, nil
			}, "order of insertion",
		},
		"store that does not open": {
			func([]keyaccount.Transaction) (keyaccount.TransactionSource, error) {
				return nil, errors.New("no such table")
			}, "no such table",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := keyaccounttest.TestTransactionSource(keyaccounttest.TransactionSuite{Open: c.open})
			assert.ErrorContains(t, err, c.want)
		})
	}
	for name, c := range map[string]struct {
		// last yields what comes after the facts.
		last func(yield func(keyaccount.Transaction, error) bool, cause error)
		want string
	}{
		"swallowed error": {
			func(func(keyaccount.Transaction, error) bool, error) {}, "the store's error is swallowed",
		},
		"error without its cause": {
			func(yield func(keyaccount.Transaction, error) bool, cause error) {
				yield(keyaccount.Transaction{}, errors.New("query: "+cause.Error()))
			}, "error is query: the disk is on fire, want one that wraps",
		},
		"a fact with the error": {
			func(yield func(keyaccount.Transaction, error) bool, cause error) {
				yield(keyaccounttest.Facts()[0], cause)
			}, "a transaction comes with the error",
		},
		"facts after the error": {
			func(yield func(keyaccount.Transaction, error) bool, cause error) {
				_ = yield(keyaccount.Transaction{}, cause) && yield(keyaccounttest.Facts()[0], nil)
			}, "the sequence goes on after its error",
		},
		"the error twice": {
			func(yield func(keyaccount.Transaction, error) bool, cause error) {
				_ = yield(keyaccount.Transaction{}, cause) && yield(keyaccount.Transaction{}, cause)
			}, "the sequence goes on after its error",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := keyaccounttest.TestTransactionSource(keyaccounttest.TransactionSuite{
				Open: inMemory,
				Break: func(facts []keyaccount.Transaction, cause error) (keyaccount.TransactionSource, error) {
					return source(func(ctx context.Context, in keyaccount.Period) iter.Seq2[keyaccount.Transaction, error] {
						return func(yield func(keyaccount.Transaction, error) bool) {
							for tx, err := range keyaccount.TransactionSlice(facts).Transactions(ctx, in) {
								if !yield(tx, err) {
									return
								}
							}
							c.last(yield, cause)
						}
					}), nil
				},
			})
			require.ErrorContains(t, err, "error of the store: "+c.want)
			assert.NotContains(t, err.Error(), "\n", "nothing else is wrong")
		})
	}
	t.Run("no store", func(t *testing.T) {
		assert.ErrorContains(t, keyaccounttest.TestTransactionSource(keyaccounttest.TransactionSuite{}), "Open is required")
	})
}
