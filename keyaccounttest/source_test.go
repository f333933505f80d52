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
	t.Run("swallowed error", func(t *testing.T) {
		err := keyaccounttest.TestTransactionSource(keyaccounttest.TransactionSuite{
			Open: inMemory,
			Break: func(facts []keyaccount.Transaction, _ error) (keyaccount.TransactionSource, error) {
				return inMemory(facts)
			},
		})
		assert.ErrorContains(t, err, "swallowed")
	})
	t.Run("no store", func(t *testing.T) {
		assert.ErrorContains(t, keyaccounttest.TestTransactionSource(keyaccounttest.TransactionSuite{}), "Open is required")
	})
}
