package affinity

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"
	"unsafe"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/state"
)

func inputError(t testing.TB, err, kind error, field string, row int) {
	t.Helper()
	var in *keyaccount.InputError
	require.ErrorAs(t, err, &in)
	require.ErrorIs(t, err, kind)
	assert.Equal(t, field, in.Field)
	assert.Equal(t, row, in.Row)
	assert.NotEmpty(t, in.Reason)
}

func day(s string) time.Time {
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return at
}

// buy is a purchase line.
func buy(account, order, product, date string) keyaccount.Transaction {
	return keyaccount.Transaction{
		Account: account, Order: order, Product: product, Time: day(date), Quantity: decimal.New(1, 0), Amount: decimal.New(10, 0),
	}
}

func purchasesOf(t testing.TB, txs ...keyaccount.Transaction) *Purchases {
	t.Helper()
	p := new(Purchases)
	for _, tx := range txs {
		require.NoError(t, p.Add(tx))
	}
	return p
}

func bytesOf(t testing.TB, p *Purchases) []byte {
	t.Helper()
	b, err := p.MarshalBinary()
	require.NoError(t, err)
	return b
}

// randomLines are purchases and some returns of a few accounts and products,
// with repeated lines and lines without an order.
func randomLines(r *rand.Rand, n int) []keyaccount.Transaction {
	txs := make([]keyaccount.Transaction, n)
	for i := range txs {
		tx := keyaccount.Transaction{
			Account: "A" + strconv.Itoa(r.IntN(8)), Product: "P" + strconv.Itoa(r.IntN(12)),
			Time: day("2025-01-01").Add(time.Duration(r.IntN(100*24)) * time.Hour), Quantity: decimal.New(1, 0),
		}
		if r.IntN(5) > 0 {
			tx.Order = strconv.Itoa(r.IntN(20))
		}
		if r.IntN(9) == 0 {
			tx.Quantity = decimal.New(-1, 0)
		}
		txs[i] = tx
	}
	return txs
}

func historiesOf(p *Purchases) []History { return slices.Collect(p.Histories()) }

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	p := purchasesOf(t, buy("A", "1", "ink", "2025-03-01"))
	before := bytesOf(t, p)
	for i, c := range []struct {
		tx    keyaccount.Transaction
		kind  error
		field string
	}{
		{buy("", "1", "ink", "2025-03-01"), keyaccount.ErrMissing, "Account"},
		{buy("A", "1", "", "2025-03-01"), keyaccount.ErrMissing, "Product"},
		{keyaccount.Transaction{Account: "A", Product: "ink"}, keyaccount.ErrMissing, "Time"},
		{keyaccount.Transaction{Account: "A", Product: "ink", Time: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, keyaccount.ErrOutOfRange, "Time"},
		{keyaccount.Transaction{Account: "A", Product: "ink", Time: time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)}, keyaccount.ErrOutOfRange, "Time"},
	} {
		inputError(t, p.Add(c.tx), c.kind, c.field, i+2)
	}
	assert.Equal(t, before, bytesOf(t, p), "a refused line leaves no trace")
	inputError(t, p.Merge(nil), keyaccount.ErrMissing, "other", 0)
	inputError(t, p.Merge(NewPurchases(PurchasesOptions{Location: time.FixedZone("X", 3600)})), keyaccount.ErrMismatch, "Location", 0)
	assert.Equal(t, before, bytesOf(t, p))
}

func TestReturnsMakeNoPurchase(t *testing.T) {
	t.Parallel()
	back := buy("B", "C2", "toner", "2025-03-02")
	back.Quantity, back.Amount = back.Quantity.Neg(), back.Amount.Neg()
	p := purchasesOf(t, buy("A", "1", "ink", "2025-03-01"), back)
	assert.Equal(t, []int{1, 1, 1}, []int{p.Accounts(), p.Products(), p.Returns()})
	b, err := p.Baskets(&BasketOptions{By: ByOrder})
	require.NoError(t, err)
	assert.Equal(t, 1, b.Report().Baskets, "an account that only gave back has no basket")
	assert.Zero(t, b.Count("toner"))
	assert.Len(t, historiesOf(p), 1)
}

// The same lines, in any order, split over any machines, merged in any order:
// the same bytes.
func TestPurchasesAreACommutativeMonoid(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		txs := randomLines(r, r.IntN(200))
		one := purchasesOf(t, txs...)
		r.Shuffle(len(txs), func(i, j int) { txs[i], txs[j] = txs[j], txs[i] })
		cut := r.IntN(len(txs) + 1)
		left, right := purchasesOf(t, txs[:cut]...), purchasesOf(t, txs[cut:]...)
		ab, ba := new(Purchases), new(Purchases)
		for _, m := range []struct{ into, from *Purchases }{{ab, left}, {ab, right}, {ba, right}, {ba, left}, {ab, new(Purchases)}} {
			require.NoError(t, m.into.Merge(m.from))
		}
		want := bytesOf(t, one)
		require.Equal(t, want, bytesOf(t, ab))
		require.Equal(t, want, bytesOf(t, ba))
		require.Equal(t, historiesOf(one), historiesOf(ab))
	}
}

func TestPurchasesBinaryRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, 2, 30, 500} {
		p := purchasesOf(t, randomLines(r, n)...)
		back := new(Purchases)
		require.NoError(t, back.UnmarshalBinary(bytesOf(t, p)))
		require.Equal(t, bytesOf(t, p), bytesOf(t, back))
		require.Equal(t, historiesOf(p), historiesOf(back))
		require.Equal(t, p.Returns(), back.Returns())
		for _, tx := range randomLines(r, 40) {
			require.NoError(t, p.Add(tx))
			require.NoError(t, back.Add(tx), "what was read goes on")
		}
		require.Equal(t, bytesOf(t, p), bytesOf(t, back))
	}
}

func TestUnmarshalBinaryRefuses(t *testing.T) {
	t.Parallel()
	good := bytesOf(t, purchasesOf(t, buy("A", "1", "ink", "2025-03-01"), buy("A", "1", "pen", "2025-03-01"),
		buy("A", "", "pen", "2025-03-01"), buy("B", "2", "ink", "2025-03-02")))
	p := purchasesOf(t, buy("KEPT", "1", "ink", "2025-03-01"))
	before := bytesOf(t, p)
	newer := slices.Clone(good)
	newer[len(state.AppendText(nil, purchasesSchema))] = purchasesVersion + 1
	inputError(t, p.UnmarshalBinary(newer), keyaccount.ErrVersion, "Version", 0)
	inputError(t, p.UnmarshalBinary(state.AppendText(nil, "keyaccount/segment.Summary")), keyaccount.ErrVersion, "Schema", 0)
	inputError(t, p.UnmarshalBinary(append(slices.Clip(good), 0)), keyaccount.ErrMalformed, "Purchases", 0)
	for n := range good {
		inputError(t, p.UnmarshalBinary(good[:n]), keyaccount.ErrMalformed, "Purchases", 0)
	}
	elsewhere := NewPurchases(PurchasesOptions{Location: time.FixedZone("X", 3600)})
	inputError(t, elsewhere.UnmarshalBinary(good), keyaccount.ErrMismatch, "Location", 0)
	assert.Equal(t, before, bytesOf(t, p), "refused bytes leave the receiver alone")
}

// Bytes that no lines add up to are refused, whoever wrote them.
func TestUnmarshalBinaryRefusesWhatIsNotCanonical(t *testing.T) {
	t.Parallel()
	type row struct {
		step    uint64
		mark    uint64
		id      string
		product uint64
		second  int64
	}
	build := func(accounts, products []string, rows ...row) []byte {
		b := state.AppendText(nil, purchasesSchema)
		b = binary.AppendUvarint(b, purchasesVersion)
		b = append(state.AppendText(b, "UTC"), 0)
		b = appendTexts(appendTexts(b, accounts), products)
		b = binary.AppendUvarint(b, uint64(len(rows)))
		for _, r := range rows {
			b = append(binary.AppendUvarint(binary.AppendUvarint(b, r.step), r.mark), r.id...)
			b = binary.AppendVarint(binary.AppendUvarint(b, r.product), r.second)
		}
		return b
	}
	one, two := []string{"a"}, []string{"a", "b"}
	require.NoError(t, new(Purchases).UnmarshalBinary(build(two, two,
		row{0, 2, "x", 0, -5}, row{0, 0, "", 1, 5}, row{0, 1, "", 0, 5}, row{0, 1, "", 0, 5}, row{1, 2, "x", 1, 5})))
	for name, b := range map[string][]byte{
		"accounts twice":          build([]string{"a", "a"}, one, row{0, 1, "", 0, 5}, row{1, 1, "", 0, 5}),
		"account without an ID":   build([]string{""}, one, row{0, 1, "", 0, 5}),
		"products not in order":   build(one, []string{"b", "a"}, row{0, 1, "", 0, 5}, row{0, 1, "", 1, 5}),
		"account without a line":  build(two, one, row{0, 1, "", 0, 5}),
		"first account skipped":   build(two, one, row{1, 1, "", 0, 5}),
		"account skipped":         build([]string{"a", "b", "c"}, one, row{0, 1, "", 0, 5}, row{2, 1, "", 0, 5}),
		"product without a line":  build(one, two, row{0, 1, "", 0, 5}),
		"unknown account":         build(one, one, row{0, 1, "", 0, 5}, row{1, 1, "", 0, 5}),
		"unknown product":         build(one, one, row{0, 1, "", 1, 5}),
		"no order before":         build(one, one, row{0, 0, "", 0, 5}),
		"order of other account":  build(two, one, row{0, 2, "x", 0, 5}, row{1, 0, "", 0, 5}),
		"goes on without order":   build(one, two, row{0, 1, "", 0, 5}, row{0, 0, "", 1, 5}),
		"orders not ascending":    build(one, one, row{0, 2, "y", 0, 5}, row{0, 2, "x", 0, 5}),
		"order stands twice":      build(one, two, row{0, 2, "x", 0, 5}, row{0, 2, "x", 1, 5}),
		"order after the loose":   build(one, one, row{0, 1, "", 0, 5}, row{0, 2, "x", 0, 5}),
		"product twice in order":  build(one, one, row{0, 2, "x", 0, 5}, row{0, 0, "", 0, 6}),
		"loose not in time order": build(one, one, row{0, 1, "", 0, 5}, row{0, 1, "", 0, 4}),
		"loose not in order":      build(one, two, row{0, 1, "", 1, 5}, row{0, 1, "", 0, 5}),
		"year 9999":               build(one, one, row{0, 1, "", 0, endSecond}),
		"year 0":                  build(one, one, row{0, 1, "", 0, minSecond - 1}),
	} {
		require.ErrorIs(t, new(Purchases).UnmarshalBinary(b), keyaccount.ErrMalformed, name)
	}
}

// Days are calendar days of the Location: two purchases an hour apart may lie
// on two days, and a day of 23 hours is one day.
func TestHistoriesCountCalendarDays(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	at := func(s string) time.Time {
		when, err := time.ParseInLocation(time.DateTime, s, berlin)
		require.NoError(t, err)
		return when
	}
	p := NewPurchases(PurchasesOptions{Location: berlin})
	for _, c := range []struct{ order, at string }{
		{"1", "2025-03-29 23:30:00"}, {"2", "2025-03-30 00:30:00"}, {"3", "2025-03-30 23:30:00"}, {"4", "2025-03-31 00:15:00"},
	} {
		tx := buy("A", c.order, "ink", "2025-01-01")
		tx.Time = at(c.at).UTC()
		require.NoError(t, p.Add(tx))
	}
	assert.Equal(t, []History{{Account: "A", Items: []Holding{
		{Product: "ink", Orders: 4, Days: 3, First: day("2025-03-29"), Last: day("2025-03-31")},
	}}}, historiesOf(p))
}

// A product counts once in an order, at its earliest line, however often and
// in whatever order the lines come.
func TestDuplicatedLinesCountOnce(t *testing.T) {
	t.Parallel()
	p := purchasesOf(t, buy("A", "1", "ink", "2025-03-05"), buy("A", "1", "ink", "2025-03-02"), buy("A", "1", "ink", "2025-03-05"))
	assert.Equal(t, []Holding{{Product: "ink", Orders: 1, Days: 1, First: day("2025-03-02"), Last: day("2025-03-02")}}, historiesOf(p)[0].Items)
	b, err := p.Baskets(&BasketOptions{By: ByOrder})
	require.NoError(t, err)
	assert.Equal(t, BasketReport{Baskets: 1, Products: 1, Entries: 1, Largest: 1}, b.Report())
}

func TestHistoryOfOneAccount(t *testing.T) {
	t.Parallel()
	p := purchasesOf(t, randomLines(rand.New(rand.NewPCG(5, 6)), 300)...)
	for _, h := range historiesOf(p) {
		require.Equal(t, h, p.History(h.Account))
	}
	assert.Equal(t, History{Account: "nobody", Items: []Holding{}}, p.History("nobody"))
	assert.Equal(t, History{Account: "nobody", Items: []Holding{}}, new(Purchases).History("nobody"))
	stopped := 0
	for range p.Histories() {
		stopped++
		break
	}
	assert.Equal(t, 1, stopped)
}

// A reader's fields may be parts of a buffer that is used again.
func TestAddKeepsNoReferenceToTheCaller(t *testing.T) {
	t.Parallel()
	p := new(Purchases)
	buffer := []byte("A1ink")
	text := unsafe.String(&buffer[0], len(buffer))
	require.NoError(t, p.Add(buy(text[:1], text[1:2], text[2:], "2025-03-01")))
	want := bytesOf(t, p)
	copy(buffer, "-----")
	assert.Equal(t, want, bytesOf(t, p))
	assert.Equal(t, "ink", p.History("A").Items[0].Product)
}

func FuzzPurchasesUnmarshalBinary(f *testing.F) {
	f.Add(bytesOf(f, new(Purchases)))
	f.Add(bytesOf(f, purchasesOf(f, buy("A", "1", "ink", "2025-03-01"), buy("A", "", "pen", "2025-03-01"), buy("B", "2", "ink", "2025-03-02"))))
	f.Add(bytesOf(f, purchasesOf(f, randomLines(rand.New(rand.NewPCG(1, 1)), 60)...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := new(Purchases)
		if err := p.UnmarshalBinary(b); err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		require.Equal(t, b, bytesOf(t, p), "only the canonical form is read")
		if p.Accounts() == 0 {
			return
		}
		m, err := Fit(p, nil)
		require.NoError(t, err)
		require.NoError(t, m.Validate())
		for h := range p.Histories() {
			_, err := m.Next(h, nil)
			require.NoError(t, err)
		}
	})
}
