package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/keyaccounttest"
)

// A CSV file is a store like any other: it passes the suite.
func TestCSVSourcePassesTheSuite(t *testing.T) {
	require.NoError(t, keyaccounttest.TestTransactionSource(keyaccounttest.TransactionSuite{
		Open: func(facts []keyaccount.Transaction) (keyaccount.TransactionSource, error) {
			path := filepath.Join(t.TempDir(), "facts.csv")
			return &csvSource{path: path}, write(path, facts)
		},
	}))
}

func write(path string, facts []keyaccount.Transaction) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	_ = w.Write([]string{"account", "order", "product", "time", "quantity", "amount", "currency"})
	for _, tx := range facts {
		_ = w.Write([]string{
			tx.Account, tx.Order, tx.Product, tx.Time.Format(time.RFC3339Nano),
			tx.Quantity.StringFixed(6), tx.Amount.StringFixed(6), tx.Currency,
		})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return err
	}
	return f.Close()
}
