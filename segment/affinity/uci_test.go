package affinity

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

// UCI Online Retail (Chen, Sain and Guo 2012, doi 10.1057/dbm.2012.17, CC BY
// 4.0): 541,909 lines from 2010-12-01 to 2011-12-09.
const uciFile = "data/segment/online_retail_uci.csv.gz"

var uci struct {
	once      sync.Once
	all       *Purchases // also those without a customer; without bad debt
	charged   *Purchases // of these, the lines with a price
	customers *Purchases
}

// uciPurchases returns all purchases, and those of known customers. They are
// shared by the tests, which only read them.
func uciPurchases(t testing.TB) (all, customers *Purchases) {
	t.Helper()
	oracle.Path(t, uciFile) // skips outside of the Once
	uci.once.Do(func() {
		all, charged, customers := new(Purchases), new(Purchases), new(Purchases)
		r := csv.NewReader(oracle.Open(t, uciFile))
		r.ReuseRecord = true
		_, err := r.Read()
		require.NoError(t, err)
		for {
			rec, err := r.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			if strings.HasPrefix(rec[0], "A") {
				continue // three lines that adjust bad debt
			}
			at, err := time.Parse(time.DateTime, rec[4])
			require.NoError(t, err)
			tx := keyaccount.Transaction{
				Account: strings.TrimSuffix(rec[6], ".0"), Order: rec[0], Product: rec[1],
				Time: at, Quantity: decimal.RequireFromString(rec[3]),
			}
			if tx.Account != "" {
				require.NoError(t, customers.Add(tx))
			} else {
				tx.Account = "unknown"
			}
			require.NoError(t, all.Add(tx))
			if decimal.RequireFromString(rec[5]).Sign() > 0 {
				require.NoError(t, charged.Add(tx))
			}
		}
		uci.all, uci.charged, uci.customers = all, charged, customers
	})
	require.NotNil(t, uci.customers, "the data could not be read in the test that came first")
	return uci.all, uci.customers
}

func uciBaskets(t testing.TB, by By) *Baskets {
	t.Helper()
	all, customers := uciPurchases(t)
	p := customers
	if by == ByOrder {
		p = all
	}
	b, err := p.Baskets(&BasketOptions{By: by})
	require.NoError(t, err)
	return b
}

// TestOracleOnlineRetailItemsets: the purchases of the file make 20,725
// baskets of 3,940 products; mlxtend's fpgrowth at 1 % finds 1,840 sets in
// them.
func TestOracleOnlineRetailItemsets(t *testing.T) {
	t.Parallel()
	b := uciBaskets(t, ByOrder)
	r := b.Report()
	require.Equal(t, 20725, r.Baskets)
	require.Equal(t, 3940, r.Products)
	require.Zero(t, r.LeftOut+r.WereCut)

	sets, err := FrequentItemsets(b, 0.01, nil)
	require.NoError(t, err)
	require.Equal(t, []int{790, 817, 215, 18}, sets.ByLength)
	require.Len(t, sets.Sets, 1840)

	rules, err := sets.Rules(nil)
	require.NoError(t, err)
	top := rules[0]
	require.InDelta(t, 80.524350, top.Lift, 5e-7)
	require.Equal(t, []string{"22916"}, top.Antecedent)
	require.Equal(t, []string{"22917"}, top.Consequent)
}
