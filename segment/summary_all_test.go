package segment

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestAddAllIsAllOrNothing(t *testing.T) {
	t.Parallel()
	good := line("A", "", "2025-01-01", "1", "1.00")
	for _, start := range [][]keyaccount.Transaction{nil, {good}} {
		s := summaryOf(t, start...)
		before := bytesOf(t, s)
		for name, c := range map[string]struct {
			spoil func(*keyaccount.Transaction)
			kind  error
			field string
		}{
			"account":  {func(tx *keyaccount.Transaction) { tx.Account = "" }, keyaccount.ErrMissing, "Account"},
			"time":     {func(tx *keyaccount.Transaction) { tx.Time = time.Time{} }, keyaccount.ErrMissing, "Time"},
			"year":     {func(tx *keyaccount.Transaction) { tx.Time = time.Unix(1<<60, 0) }, keyaccount.ErrOutOfRange, "Time"},
			"amount":   {func(tx *keyaccount.Transaction) { tx.Amount = decimal.New(1, 1<<30) }, keyaccount.ErrOutOfRange, "Amount"},
			"currency": {func(tx *keyaccount.Transaction) { tx.Currency = "USD" }, keyaccount.ErrMixedCurrency, "Currency"},
		} {
			for _, workers := range []int{1, 2, 3} {
				txs := make([]keyaccount.Transaction, 100)
				for i := range txs {
					txs[i] = good
				}
				c.spoil(&txs[70])
				c.spoil(&txs[41])
				inputError(t, s.AddAll(txs, &AddOptions{Workers: workers}), c.kind, c.field, 42)
				require.Equal(t, before, bytesOf(t, s), name)
			}
		}
		require.NoError(t, s.AddAll(nil, nil))
		require.Equal(t, before, bytesOf(t, s))
	}
	s := summaryOf(t, good)
	usd := good
	usd.Currency = "USD"
	inputError(t, s.AddAll([]keyaccount.Transaction{usd}, nil), keyaccount.ErrMixedCurrency, "Currency", 1)
}

// Lines that a row of the fold cannot hold: nanoseconds, other places, amounts
// of many digits, instants far apart, long texts.
func TestAddAllOfHardLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("客户", 20)
	txs := []keyaccount.Transaction{
		line("A", "", "2025-01-01", "1", "1.00"),
		line("A", "", "1700-01-01", "1", "2.00"),
		line("A", "", "2400-01-01", "-1", "-2.00"),
		line("A", "", "2025-01-01", "1", "3.000"),
		line("A", "", "2025-01-01", "-1", "0.00"),
		line("A", "7", "2025-01-01", "1", "1"),
		line(long, "", "2025-01-01", "1", "1e3"),
		line(long, "", "2025-01-01", "1", "4.00"),
		line(long, "7", "2025-01-01", "-1", "-12345678901234567890123456789.00"),
		line("only hard", "7", "2025-01-01", "1", "1"),
		line(long+"!", "7", "2025-01-01", "1", "1"),
	}
	txs[3].Time = txs[3].Time.Add(5)
	want := bytesOf(t, summaryOf(t, txs...))
	for i := range txs {
		txs[0], txs[i] = txs[i], txs[0] // any line may come first and set the places
		s := new(Summary)
		require.NoError(t, s.AddAll(txs, nil))
		require.Equal(t, want, bytesOf(t, s), i)
	}
}

// The Summary does not keep the caller's texts.
func TestAddAllCopiesTexts(t *testing.T) {
	t.Parallel()
	buffer := []byte("ACME;7;pen;EUR")
	txs := make([]keyaccount.Transaction, 1)
	txs[0] = line("x", "x", "2025-01-01", "1", "1")
	shared := string(buffer)
	txs[0].Account, txs[0].Order, txs[0].Product, txs[0].Currency = shared[:4], shared[5:6], shared[7:10], shared[11:]
	for _, o := range everyOptions(t) {
		s := NewSummary(o)
		require.NoError(t, s.AddAll(txs, nil))
		require.Equal(t, bytesOf(t, summaryWith(t, o, txs)), bytesOf(t, s))
	}
}

// FuzzAddAll: whatever the lines hold, AddAll refuses them as Add does, or sums
// them to the same bytes, in every kind of Summary.
func FuzzAddAll(f *testing.F) {
	r := rand.New(rand.NewPCG(6, 6))
	for b := range byte(8) {
		data := make([]byte, 60)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		f.Add(8*b, data, int32(-2), int64(1e9))
	}
	f.Add(byte(0), []byte("0123456789abcdef"), int32(1<<30), int64(-62135596800))
	f.Fuzz(func(t *testing.T, options byte, data []byte, exp int32, base int64) {
		const size = 7
		txs := make([]keyaccount.Transaction, min(len(data)/size, 30))
		for i := range txs {
			b := data[size*i : size*i+size]
			txs[i] = keyaccount.Transaction{
				Account: strings.Repeat(string(b[:1]), int(b[1]%20)), Order: string(b[2:3])[:b[6]%2], Product: string(b[3:4]),
				Time:   time.Unix(base+int64(b[4])<<(b[5]%40), int64(b[6]%3)),
				Amount: decimal.New(int64(int8(b[5]))<<(b[4]%57), exp+int32(b[6]%4)), Quantity: decimal.New(int64(int8(b[6])), 0),
			}
		}
		o := fuzzOptions(options)
		one, all := NewSummary(o), NewSummary(o)
		var want error
		for i := 0; i < len(txs) && want == nil; i++ {
			want = one.Add(txs[i])
		}
		require.Equal(t, want, all.AddAll(txs, &AddOptions{Workers: 2}))
		if want == nil {
			require.Equal(t, bytesOf(t, one), bytesOf(t, all))
		}
	})
}
