package segment

import (
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

// UCI Online Retail (Chen, Sain and Guo 2012, doi 10.1057/dbm.2012.17, CC BY
// 4.0): 541,909 lines from 2010-12-01 to 2011-12-09.
const uciFile = "data/segment/online_retail_uci.csv.gz"

var uciAsOf = time.Date(2011, 12, 10, 0, 0, 0, 0, time.UTC)

var uci struct {
	once sync.Once
	txs  []keyaccount.Transaction
	sum  *Summary
}

// uciLines returns the lines that name a customer, and their Summary. Both are
// shared by the tests, which only read them.
func uciLines(t testing.TB) ([]keyaccount.Transaction, *Summary) {
	t.Helper()
	oracle.Path(t, uciFile) // skips outside of the Once
	uci.once.Do(func() {
		txs := readUCI(t)
		sum := new(Summary)
		for _, tx := range txs {
			require.NoError(t, sum.Add(tx))
		}
		uci.txs, uci.sum = txs, sum
	})
	require.NotNil(t, uci.sum, "the data could not be read in the test that came first")
	return uci.txs, uci.sum
}

func readUCI(t testing.TB) []keyaccount.Transaction {
	r := csv.NewReader(oracle.Open(t, uciFile))
	head, err := r.Read()
	require.NoError(t, err)
	require.Equal(t, []string{
		"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country",
	}, head)
	var txs []keyaccount.Transaction
	lines := 0
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		lines++
		if rec[6] == "" {
			continue
		}
		at, err := time.Parse(time.DateTime, rec[4])
		require.NoError(t, err)
		quantity, price := decimal.RequireFromString(rec[3]), decimal.RequireFromString(rec[5])
		txs = append(txs, keyaccount.Transaction{
			Account: strings.TrimSuffix(rec[6], ".0"), Order: rec[0], Product: rec[1],
			Time: at, Quantity: quantity, Amount: quantity.Mul(price),
		})
	}
	require.Equal(t, 541909, lines)
	return txs
}

// TestOracleOnlineRetailCustomers compares every column of every row to the
// exact aggregates of the file.
func TestOracleOnlineRetailCustomers(t *testing.T) {
	t.Parallel()
	rows := oracle.CSV(t, "oracles/segment/oracle_online_retail_customers.csv.gz")
	_, sum := uciLines(t)
	accounts := sum.Accounts(uciAsOf)
	require.Len(t, accounts, len(rows))
	require.Equal(t, len(rows), sum.Len())

	byID := make(map[string]Account, len(accounts))
	for _, a := range accounts {
		byID[a.ID] = a
	}
	written := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.Format(time.DateTime)
	}
	for _, row := range rows {
		id := row["customer_id"]
		a, ok := byID[id]
		require.True(t, ok, id)
		days := ""
		if a.HasOrders() {
			days = strconv.FormatFloat(float64(a.DaysSinceLast), 'f', 1, 64)
		} else {
			require.Equal(t, -1, a.DaysSinceLast, id)
		}
		require.Equal(t, row, map[string]string{
			"customer_id":     a.ID,
			"lines":           strconv.Itoa(a.Lines),
			"first_purchase":  written(a.FirstOrder),
			"last_purchase":   written(a.LastOrder),
			"last_any":        written(a.LastActivity),
			"orders":          strconv.Itoa(a.Orders),
			"cancel_invoices": strconv.Itoa(a.ReturnOrders),
			"gross_mills":     a.Gross.Shift(3).StringFixed(0),
			"returns_mills":   a.Returns.Shift(3).StringFixed(0),
			"net_mills":       a.Net.Shift(3).StringFixed(0),
			"recency_days":    days,
		}, id)
		require.LessOrEqual(t, -a.Net.Exponent(), int32(3), "nothing is lost in mills: %s", id)
	}
}

// The totals of the same file: 4,339 buyers, 33 customers who only cancel, 41
// with a negative and 14 with a zero net (float64 sums see 42 negative).
func TestOnlineRetailTotals(t *testing.T) {
	t.Parallel()
	_, sum := uciLines(t)
	var gross, returns, net decimal.Decimal
	buyers, negative, zero, once := 0, 0, 0, 0
	for _, a := range sum.Accounts(uciAsOf) {
		gross, returns, net = gross.Add(a.Gross), returns.Add(a.Returns), net.Add(a.Net)
		if a.HasOrders() {
			buyers++
		}
		if a.Orders == 1 {
			once++
		}
		switch a.Net.Sign() {
		case -1:
			negative++
		case 0:
			zero++
		}
	}
	assert.Equal(t, "8911407.904", gross.StringFixed(3))
	assert.Equal(t, "-611342.090", returns.StringFixed(3))
	assert.Equal(t, "8300065.814", net.StringFixed(3))
	assert.Equal(t, []int{4372, 4339, 41, 14, 1494}, []int{sum.Len(), buyers, negative, zero, once})
}
