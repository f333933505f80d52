package keyaccounttest

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
)

var (
	noon     = time.Date(2025, 3, 9, 12, 0, 0, 0, time.UTC)
	shanghai = time.FixedZone("UTC+8", 8*60*60)
	newYork  = time.FixedZone("UTC-5", -5*60*60)
)

// Facts returns the transactions that the suite stores: money that no float64
// holds, instants on either side of a bound, other zones, returns, a free
// delivery, the same line twice, and identifiers that need escaping.
func Facts() []keyaccount.Transaction {
	line := func(account, order, product string, at time.Time, quantity, amount string) keyaccount.Transaction {
		return keyaccount.Transaction{
			Account: account, Order: order, Product: product, Time: at,
			Quantity: decimal.RequireFromString(quantity), Amount: decimal.RequireFromString(amount),
			Currency: "EUR",
		}
	}
	return []keyaccount.Transaction{
		line("A", "A-1", "bolt", noon.Add(-time.Microsecond), "1", "0.1"),
		line("A", "A-1", "nut", noon, "3", "0.30"),
		line("A", "A-2", "bolt", noon.Add(time.Microsecond), "1.5", "9007199254740993.01"),
		line("A", "A-3", "bolt", noon.Add(time.Hour-time.Microsecond), "-1", "-0.1"),
		line("B", "B-1", "nut", noon.Add(time.Hour), "0.001", "0.001"),
		line("B", "B-1", "nut", noon.Add(time.Hour), "0.001", "0.001"),
		line("B", "", "", noon.Add(24*time.Hour).In(shanghai), "1", "0"),
		line("客户 'C'; -- \"quoted\", 100%_\\", "订单\t1", "a,b\nc", noon.Add(-24*time.Hour).In(newYork), "-2", "-19.99"),
	}
}
