package segment

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func day(s string) time.Time {
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return at
}

func line(account, order, at, quantity, amount string) keyaccount.Transaction {
	return keyaccount.Transaction{
		Account: account, Order: order, Time: day(at), Quantity: dec(quantity), Amount: dec(amount), Currency: "EUR",
	}
}

func summaryOf(t testing.TB, txs ...keyaccount.Transaction) *Summary {
	t.Helper()
	s := new(Summary)
	for _, tx := range txs {
		require.NoError(t, s.Add(tx))
	}
	return s
}

func bytesOf(t testing.TB, s *Summary) []byte {
	t.Helper()
	b, err := s.MarshalBinary()
	require.NoError(t, err)
	return b
}

func inputError(t testing.TB, err error, kind error, field string, row int) {
	t.Helper()
	var in *keyaccount.InputError
	require.ErrorAs(t, err, &in)
	require.ErrorIs(t, err, kind)
	require.Equal(t, field, in.Field)
	require.Equal(t, row, in.Row)
	require.NotEmpty(t, in.Reason)
	require.Less(t, len(err.Error()), 400)
}

func TestAccountCountsOrdersReturnsAndMoney(t *testing.T) {
	t.Parallel()
	s := summaryOf(t,
		line("ACME", "1", "2025-03-01", "2", "20.50"),
		line("ACME", "1", "2025-03-01", "1", "4.5"),    // same order
		line("ACME", "2", "2025-01-10", "1", "0"),      // free delivery: an order, no return
		line("ACME", "1", "2025-03-09", "-1", "-4.50"), // return on the same order id
		line("ACME", "C7", "2025-04-02", "-1", "0"),    // taken back at no value
		line("ACME", "", "2025-02-01", "1", "1"),       // an order of its own
		line("ACME", "", "2025-02-01", "1", "1"),       // and another one
		line("ACME", "", "2025-02-02", "-1", "-1"),
	)
	got := s.Accounts(day("2025-04-10"))
	require.Len(t, got, 1)
	a := got[0]
	assert.Equal(t, []int{8, 4, 3}, []int{a.Lines, a.Orders, a.ReturnOrders})
	assert.Equal(t, []string{"27.00", "-5.50", "21.50"}, []string{a.Gross.StringFixed(2), a.Returns.StringFixed(2), a.Net.StringFixed(2)})
	assert.Equal(t, []time.Time{day("2025-01-10"), day("2025-03-01"), day("2025-04-02")}, []time.Time{a.FirstOrder, a.LastOrder, a.LastActivity})
	assert.Equal(t, 40, a.DaysSinceLast, "the returns of March and April are no orders")
	assert.Equal(t, "EUR", a.Currency)
	assert.Equal(t, "EUR", s.Currency())
}

func TestAccountWithoutOrders(t *testing.T) {
	t.Parallel()
	s := summaryOf(t, line("ACME", "C1", "2025-03-01", "-1", "-9.99"))
	a := s.Accounts(day("2025-04-10"))[0]
	assert.False(t, a.HasOrders())
	assert.True(t, a.FirstOrder.IsZero() && a.LastOrder.IsZero())
	assert.Equal(t, -1, a.DaysSinceLast)
	assert.Equal(t, 1, a.ReturnOrders)

	b, err := json.Marshal(a)
	require.NoError(t, err)
	assert.JSONEq(t, `{"id":"ACME","currency":"EUR","as_of":"2025-04-10T00:00:00Z","last_activity":"2025-03-01T00:00:00Z",
		"days_since_last":-1,"lines":1,"orders":0,"return_orders":1,"gross":"0","returns":"-9.99","net":"-9.99"}`, string(b))
}

func TestOrdersAtTheEpochAreNotMistakenForNone(t *testing.T) {
	t.Parallel()
	s := summaryOf(t, line("A", "1", "1970-01-01", "1", "1"), line("A", "2", "1969-12-31", "1", "1"), line("A", "3", "1970-01-02", "1", "1"))
	a := s.Accounts(day("1970-01-03"))[0]
	assert.Equal(t, day("1969-12-31"), a.FirstOrder)
	assert.Equal(t, 1, a.DaysSinceLast)
	assert.Equal(t, 3, summaryOf(t, line("A", "1", "1969-12-31", "1", "1")).Accounts(day("1970-01-03"))[0].DaysSinceLast)
}

// Days are calendar days of the Location: dividing a duration by 24 hours is
// off by one over a change of the clocks (mautic #7967) and across midnight.
func TestDaysSinceLastCountsCalendarDays(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	for _, c := range []struct {
		zone        *time.Location
		order, asOf string
		want        int
	}{
		{nil, "2025-03-29T23:59:59Z", "2025-03-30T00:00:00Z", 1},
		{berlin, "2025-03-30T00:30:00+01:00", "2025-03-31T00:00:00+02:00", 1}, // 22.5 hours
		{berlin, "2025-10-26T00:30:00+02:00", "2025-10-26T23:45:00+01:00", 0}, // 24.25 hours
		{shanghai, "2025-03-29T15:59:59Z", "2025-03-29T16:00:00Z", 1},
		{nil, "2025-03-29T15:59:59Z", "2025-03-29T16:00:00Z", 0},
		{nil, "2025-03-29T00:00:00Z", "2025-03-27T00:00:00Z", -2},
	} {
		at, err := time.Parse(time.RFC3339, c.order)
		require.NoError(t, err)
		asOf, err := time.Parse(time.RFC3339, c.asOf)
		require.NoError(t, err)
		s := NewSummary(SummaryOptions{Location: c.zone})
		require.NoError(t, s.Add(keyaccount.Transaction{Account: "A", Time: at, Amount: dec("1")}))
		a := s.Accounts(asOf)[0]
		assert.Equal(t, c.want, a.DaysSinceLast, "%v", c)
		assert.True(t, a.LastOrder.Equal(at) && a.AsOf.Equal(asOf))
	}
}

func TestAddRefusesAndStaysUnchanged(t *testing.T) {
	t.Parallel()
	good := line("ACME", "1", "2025-03-01", "1", "10")
	for _, c := range []struct {
		name  string
		spoil func(tx *keyaccount.Transaction)
		kind  error
		field string
	}{
		{"no account", func(tx *keyaccount.Transaction) { tx.Account = "" }, keyaccount.ErrMissing, "Account"},
		{"no time", func(tx *keyaccount.Transaction) { tx.Time = time.Time{} }, keyaccount.ErrMissing, "Time"},
		{"far future", func(tx *keyaccount.Transaction) { tx.Time = time.Unix(1<<60, 0) }, keyaccount.ErrOutOfRange, "Time"},
		{"far past", func(tx *keyaccount.Transaction) { tx.Time = time.Unix(-1<<60, 0) }, keyaccount.ErrOutOfRange, "Time"},
		{"currency", func(tx *keyaccount.Transaction) { tx.Currency = "USD" }, keyaccount.ErrMixedCurrency, "Currency"},
		{"no currency", func(tx *keyaccount.Transaction) { tx.Currency = "" }, keyaccount.ErrMixedCurrency, "Currency"},
		{"huge", func(tx *keyaccount.Transaction) { tx.Amount = decimal.New(1, 999999999) }, keyaccount.ErrOutOfRange, "Amount"},
		{"huge return", func(tx *keyaccount.Transaction) { tx.Amount = decimal.New(-1, 999999999) }, keyaccount.ErrOutOfRange, "Amount"},
		{"tiny of a new account", func(tx *keyaccount.Transaction) {
			tx.Account, tx.Amount = "NEW", decimal.New(1, -999999999)
		}, keyaccount.ErrOutOfRange, "Amount"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := summaryOf(t, good)
			before := bytesOf(t, s)
			bad := good
			c.spoil(&bad)
			inputError(t, s.Add(bad), c.kind, c.field, 2)
			inputError(t, s.Add(bad), c.kind, c.field, 3)
			assert.Equal(t, before, bytesOf(t, s))
			assert.NoError(t, s.Add(good))
		})
	}
}

func TestFirstLineRefusedLeavesTheCurrencyOpen(t *testing.T) {
	t.Parallel()
	s := new(Summary)
	bad := line("A", "1", "2025-03-01", "1", "1")
	bad.Amount = decimal.New(1, 999999999)
	require.Error(t, s.Add(bad))
	assert.Zero(t, s.Len())
	ok := line("A", "1", "2025-03-01", "1", "1")
	ok.Currency = "USD"
	require.NoError(t, s.Add(ok))
	assert.Equal(t, "USD", s.Currency())
}

func TestMergeRefuses(t *testing.T) {
	t.Parallel()
	a := summaryOf(t, line("ACME", "1", "2025-03-01", "1", "10"))
	usd := line("ACME", "1", "2025-03-01", "1", "10")
	usd.Currency = "USD"
	before := bytesOf(t, a)
	inputError(t, a.Merge(summaryOf(t, usd)), keyaccount.ErrMixedCurrency, "Currency", 0)
	inputError(t, a.Merge(nil), keyaccount.ErrMissing, "other", 0)
	other := NewSummary(SummaryOptions{Location: time.FixedZone("X", 3600)})
	inputError(t, a.Merge(other), keyaccount.ErrMismatch, "Location", 0)
	inputError(t, other.Merge(a), keyaccount.ErrMismatch, "Location", 0)
	assert.Equal(t, before, bytesOf(t, a))
	require.NoError(t, a.Merge(NewSummary(SummaryOptions{Location: time.UTC})), "nil and UTC are the same calendar")
}

// randomLines makes accounts with few and with many orders, shared order ids,
// free and loose lines, returns, odd instants and money of every size.
func randomLines(r *rand.Rand, n int) []keyaccount.Transaction {
	txs := make([]keyaccount.Transaction, n)
	for i := range txs {
		amount := decimal.New(r.Int64N(20000)-5000, -int32(r.IntN(4)))
		switch r.IntN(12) {
		case 0:
			amount = decimal.Zero
		case 1:
			amount = decimal.NewFromBigInt(new(big.Int).Mul(big.NewInt(r.Int64()), big.NewInt(r.Int64()-1<<62)), -int32(r.IntN(9)))
		}
		order := strconv.Itoa(r.IntN(60))
		if r.IntN(6) == 0 {
			order = ""
		}
		txs[i] = keyaccount.Transaction{
			Account: "A" + strconv.Itoa(r.IntN(4)), Order: order, Product: "P" + strconv.Itoa(r.IntN(5)), Currency: "CNY",
			Time:     time.Unix(r.Int64N(2_000_000_000)-500_000_000, r.Int64N(3)),
			Quantity: decimal.NewFromInt(r.Int64N(9) - 3), Amount: amount,
		}
	}
	return txs
}

func TestSummaryIsACommutativeMonoid(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 1))
	asOf := day("2035-01-01")
	merged := func(parts ...*Summary) *Summary {
		out := new(Summary)
		for _, p := range parts {
			require.NoError(t, out.Merge(p))
		}
		return out
	}
	for range 60 {
		txs := randomLines(r, r.IntN(400))
		whole := summaryOf(t, txs...)
		want, accounts := bytesOf(t, whole), whole.Accounts(asOf)

		r.Shuffle(len(txs), func(i, j int) { txs[i], txs[j] = txs[j], txs[i] })
		i := r.IntN(len(txs) + 1)
		j := i + r.IntN(len(txs)-i+1)
		a, b, c := summaryOf(t, txs[:i]...), summaryOf(t, txs[i:j]...), summaryOf(t, txs[j:]...)
		before := [][]byte{bytesOf(t, a), bytesOf(t, b), bytesOf(t, c)}

		for name, got := range map[string]*Summary{
			"any order":             summaryOf(t, txs...),
			"split":                 merged(a, b, c),
			"associative":           merged(a, merged(b, c)),
			"commutative":           merged(c, b, a),
			"identity on the left":  merged(new(Summary), whole),
			"identity on the right": merged(whole, new(Summary)),
		} {
			require.Equal(t, want, bytesOf(t, got), name)
			require.Equal(t, accounts, got.Accounts(asOf), name)
		}
		require.Equal(t, before, [][]byte{bytesOf(t, a), bytesOf(t, b), bytesOf(t, c)}, "merging leaves the other side alone")
	}
}

// The engine must not be clever about orders: a naive recount agrees.
func TestAccountsAgreeWithANaiveRecount(t *testing.T) {
	t.Parallel()
	txs := randomLines(rand.New(rand.NewPCG(5, 5)), 3000)
	for _, a := range summaryOf(t, txs...).Accounts(day("2035-01-01")) {
		sold, back := map[string]bool{}, map[string]bool{}
		var gross, returns decimal.Decimal
		lines := 0
		for i, tx := range txs {
			if tx.Account != a.ID {
				continue
			}
			lines++
			key := tx.Order
			if key == "" {
				key = "line " + strconv.Itoa(i)
			}
			if tx.IsReturn() {
				back[key], returns = true, returns.Add(tx.Amount)
			} else {
				sold[key], gross = true, gross.Add(tx.Amount)
			}
		}
		require.Equal(t, []int{lines, len(sold), len(back)}, []int{a.Lines, a.Orders, a.ReturnOrders})
		require.True(t, a.Gross.Equal(gross) && a.Returns.Equal(returns) && a.Net.Equal(gross.Add(returns)))
	}
}

func TestMergeWithItselfCountsLinesTwiceAndOrdersOnce(t *testing.T) {
	t.Parallel()
	txs := []keyaccount.Transaction{line("A", "1", "2025-03-01", "1", "10"), line("A", "2", "2025-03-02", "-1", "-3")}
	s := summaryOf(t, txs...)
	require.NoError(t, s.Merge(s))
	assert.Equal(t, bytesOf(t, summaryOf(t, append(txs, txs...)...)), bytesOf(t, s))
}

func TestAddToAKnownOrderDoesNotAllocate(t *testing.T) {
	tx := line("ACME", "1", "2025-03-01", "1", "10.50")
	s := summaryOf(t, tx)
	assert.Zero(t, testing.AllocsPerRun(1000, func() { _ = s.Add(tx) }))
}

// FuzzSummaryAdd: whatever a line holds, it is refused or summed exactly.
func FuzzSummaryAdd(f *testing.F) {
	f.Add("A", "1", "EUR", int64(1e9), int64(1050), int32(-2), int64(1))
	f.Add("", "", "", int64(-1<<62), int64(-1), int32(1<<30), int64(-1))
	f.Fuzz(func(t *testing.T, account, order, currency string, at, coef int64, exp int32, quantity int64) {
		tx := keyaccount.Transaction{
			Account: account, Order: order, Currency: currency, Time: time.Unix(at, 0),
			Quantity: decimal.NewFromInt(quantity), Amount: decimal.New(coef, exp),
		}
		s := new(Summary)
		if err := s.Add(tx); err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			require.Zero(t, s.Len())
			return
		}
		a := s.Accounts(time.Unix(at, 0))[0]
		require.True(t, a.Net.Equal(tx.Amount))
		require.Equal(t, 1, a.Orders+a.ReturnOrders)
		_, err := json.Marshal(a)
		require.NoError(t, err)
		require.Equal(t, bytesOf(t, s), bytesOf(t, decoded(t, bytesOf(t, s))))
	})
}
