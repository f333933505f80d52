package segment

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// asLines writes columns as the lines they stand for.
func asLines[K ColumnKey](c Columns[K], zone *time.Location) []keyaccount.Transaction {
	if zone == nil {
		zone = time.UTC
	}
	t := &ColumnTotals[K]{columns: c, location: zone}
	txs := make([]keyaccount.Transaction, len(c.Account))
	for i := range txs {
		txs[i] = keyaccount.Transaction{
			Account: t.id(i), Time: t.timeOf(t.unit(i)), Amount: decimal.New(c.Amount[i], -c.Places), Currency: c.Currency,
		}
		if c.Quantity != nil {
			txs[i].Quantity = decimal.NewFromInt(c.Quantity[i])
		}
		if c.Order != nil {
			txs[i].Order = c.Order[i]
		}
		if c.OrderNumber != nil {
			txs[i].Order = strconv.FormatInt(c.OrderNumber[i], 10)
		}
	}
	return txs
}

func requireSameAsAdd[K ColumnKey](t testing.TB, c Columns[K], zone *time.Location) {
	t.Helper()
	want := NewSummary(SummaryOptions{Location: zone})
	for _, tx := range asLines(c, zone) {
		require.NoError(t, want.Add(tx))
	}
	bytes := bytesOf(t, want)
	asOf := day("2035-01-01")
	accounts := want.Accounts(asOf)
	var first *ColumnTotals[K]
	for _, workers := range []int{1, 2, 7} {
		got, err := FoldColumns(c, &ColumnOptions{Location: zone, Workers: workers})
		require.NoError(t, err)
		require.Equal(t, want.Len(), got.Len())
		require.Equal(t, bytes, bytesOf(t, got.Summary()), "workers %d", workers)
		require.Equal(t, accounts, got.Accounts(asOf))
		if first == nil {
			first = got
			requireSameScores(t, got, accounts, asOf)
		}
		require.Equal(t, first.totals, got.totals, "the numbers of the accounts do not depend on the workers")
	}
}

// requireSameScores compares the models and the scores with those of FitRFM,
// for every kind of scale; which of them, the number of accounts decides.
func requireSameScores[K ColumnKey](t testing.TB, c *ColumnTotals[K], accounts []Account, asOf time.Time) {
	t.Helper()
	byID := make(map[string]*Account, len(accounts))
	for i := range accounts {
		byID[accounts[i].ID] = &accounts[i]
	}
	options := []RFMOptions{
		{Nested: true},
		{Bins: 1},
		{Bins: MaxBins},
		{Rule: -1},
		{Policy: "net", Recency: ScaleOptions{Bins: 3}, Frequency: ScaleOptions{Rule: MidRank}, Monetary: ScaleOptions{Bins: 9, Rule: Type2}},
		{Rules: &Rules{}},
		{Recency: ScaleOptions{Breaks: decs("30", "90")}, Monetary: ScaleOptions{Breaks: decs("-1", "0.5", "1000000000000000000000"), OrEqual: true}},
		{Frequency: ScaleOptions{Breaks: decs("2", "1")}},
		{Dimensions: []Dimension{{Name: "lines"}}},
	}
	for rule := QuantileRule(0); rule.known(); rule++ {
		for _, bins := range []int{0, 3, 12} {
			options = append(options, RFMOptions{Bins: bins, Rule: rule})
		}
	}
	for i, o := range options {
		if (i+c.Len())%6 != 0 {
			continue
		}
		want, wantErr := FitRFM(accounts, &o)
		got, err := c.FitRFM(asOf, &o)
		require.Equal(t, wantErr, err)
		if err != nil {
			continue
		}
		require.Equal(t, want, got, "%v %d", o.Rule, o.Bins)
		scores := c.Score(want, asOf)
		for i := range c.Len() {
			a := byID[c.id(int(c.totals[i].row))]
			s := want.Score(*a)
			require.Equal(t, Cell{R: s.R, F: s.F, M: s.M}, scores.cell(i), a.ID)
			require.Equal(t, a.Orders, c.Orders(i))
			require.True(t, a.Net.Equal(c.Net(i)))
		}
	}
}

func (s *ColumnScores) cell(i int) Cell { return Cell{R: int(s.R[i]), F: int(s.F[i]), M: int(s.M[i])} }

// randomColumns makes few accounts with many lines, and many with few.
func randomColumns[K ColumnKey](r *rand.Rand, n int, account func(uint64) K) Columns[K] {
	c := Columns[K]{
		Account: make([]K, n), Day: make([]int32, n), Amount: make([]int64, n),
		Places: r.Int32N(4), Currency: "CNY",
	}
	for i := range n {
		c.Account[i] = account(r.Uint64N(1 + uint64(r.IntN(1+n))))
		c.Day[i] = 14_000 + r.Int32N(4000)
		c.Amount[i] = r.Int64N(100_000) - 20_000
		if r.IntN(9) == 0 {
			c.Amount[i] = 0
		}
	}
	switch r.IntN(3) {
	case 0:
		c.Order = make([]string, n)
		for i := range n {
			if r.IntN(5) > 0 {
				c.Order[i] = strconv.Itoa(r.IntN(20))
			}
		}
	case 1:
		c.OrderNumber = make([]int64, n)
		for i := range n {
			c.OrderNumber[i] = r.Int64N(20) - 3
		}
	}
	if r.IntN(2) == 0 {
		c.Quantity = make([]int64, n)
		for i := range n {
			c.Quantity[i] = r.Int64N(9) - 4
		}
	}
	if r.IntN(2) == 0 {
		c.Unix = make([]int64, n)
		for i, d := range c.Day {
			c.Unix[i] = int64(d)*daySeconds + r.Int64N(daySeconds)
		}
		c.Day = nil
	}
	return c
}

func TestColumnsAreTheLinesTheyStandFor(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	samoa, err := time.LoadLocation("Pacific/Apia")
	require.NoError(t, err)
	for _, n := range []int{1, 2, 9, 10, 11, 12, 13, 14, 300} {
		for range 2 {
			requireSameAsAdd(t, randomColumns(r, n, func(v uint64) int32 { return int32(v) - 5 }), nil)
			requireSameAsAdd(t, randomColumns(r, n, func(v uint64) int64 { return int64(v*math.MaxInt32) - 5 }), samoa)
			requireSameAsAdd(t, randomColumns(r, n, func(v uint64) uint32 { return uint32(v) }), samoa)
			requireSameAsAdd(t, randomColumns(r, n, func(v uint64) uint64 { return v * math.MaxUint32 }), nil)
			requireSameAsAdd(t, randomColumns(r, n, textID), samoa)
		}
	}
}

// textID makes texts of every length around those that fit two words, many of
// them the beginning or the padded form of another.
func textID(v uint64) string {
	return strings.Repeat("x", int(v%19)) + strings.Repeat("\x00", int(v/19%3)) + strconv.FormatUint(v/57, 10)
}

// Many rows use all partitions and several blocks.
func TestManyColumns(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a million rows")
	}
	r := rand.New(rand.NewPCG(8, 8))
	n := foldBlock + 12_345
	c := Columns[string]{Account: make([]string, n), Day: make([]int32, n), Amount: make([]int64, n), Places: 2}
	for i := range n {
		c.Account[i] = textID(r.Uint64N(30_000))
		c.Day[i], c.Amount[i] = 19_000+r.Int32N(1000), r.Int64N(9_000)-1000
	}
	one, err := FoldColumns(c, &ColumnOptions{Workers: 1})
	require.NoError(t, err)
	many, err := FoldColumns(c, &ColumnOptions{Workers: 5})
	require.NoError(t, err)
	require.Greater(t, one.Len(), 29_000)
	require.Equal(t, one.totals, many.totals)

	txs := asLines(c, time.UTC)
	all := new(Summary)
	require.NoError(t, all.AddAll(txs, &AddOptions{Workers: 3}))
	slow := new(Summary)
	for _, tx := range txs {
		require.NoError(t, slow.Add(tx))
	}
	want := bytesOf(t, slow)
	require.Equal(t, want, bytesOf(t, all))
	require.Equal(t, want, bytesOf(t, many.Summary()))
}

func TestPackedTextsAreDistinct(t *testing.T) {
	t.Parallel()
	seen := map[[2]uint64]string{}
	for _, alphabet := range []string{"ab", "\x00\x01", "\xffa"} {
		var walk func(s string)
		walk = func(s string) {
			head, tail := pack(s)
			other, ok := seen[[2]uint64{head, tail}]
			require.False(t, ok && other != s, "%q and %q", s, other)
			require.NotEqual(t, uint64(longText), tail)
			seen[[2]uint64{head, tail}] = s
			if len(s) < 15 {
				walk(s + alphabet[:1])
				if len(s) < 9 || len(s) > 13 {
					walk(s + alphabet[1:])
				}
			}
		}
		walk("")
	}
	assert.Greater(t, len(seen), 5_000)
}

// A text too long to pack may be all that a partition has seen.
func TestLongTextsBeforeShortOnes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long", 9)
	requireSameAsAdd(t, Columns[string]{
		Account: []string{long, "short", long}, Day: []int32{1, 2, 3}, Amount: []int64{1, -2, 3},
	}, nil)
}

// Two texts may have one hash, and are two accounts.
func TestEqualHashesAreNotEqualAccounts(t *testing.T) {
	t.Parallel()
	f := newFold[uint64](2, 1, 0)
	head, tail := pack("12345678A")
	_, other := pack("12345678B")
	twin := head ^ mix(tail^f.salt) ^ mix(other^f.salt)
	texts := []string{"12345678A", string(binary.LittleEndian.AppendUint64(nil, twin)) + "B"}
	for i, s := range texts {
		_, h, x, ok := f.text(s)
		require.True(t, ok)
		f.parts[0].add([]foldRow[uint64]{{h: h, x: x, amount: int64(i), row: uint32(i)}}, 0)
	}
	p := &f.parts[0]
	require.Equal(t, 2, p.n)
	require.Equal(t, p.entry(0).h, p.entry(1).h, "that is what this is about")
	require.Equal(t, []int64{0, 1}, []int64{p.entry(0).gross, p.entry(1).gross})
}

// What an int64 cannot hold is summed all the same.
func TestColumnsBeyondAnInt64(t *testing.T) {
	t.Parallel()
	c := Columns[uint32]{
		Account: []uint32{1, 1, 1, 2, 2, 2, 3},
		Day:     []int32{1, 2, 3, 1, 2, 3, 1},
		Amount: []int64{
			math.MaxInt64, math.MaxInt64, math.MaxInt64,
			math.MinInt64, math.MinInt64, 7, 5,
		},
		Places: 2,
	}
	requireSameAsAdd(t, c, nil)
	got, err := FoldColumns(c, nil)
	require.NoError(t, err)
	assert.Equal(t, "276701161105643274.21", got.Net(0).StringFixed(2))
	assert.Equal(t, "-184467440737095516.09", got.Net(1).StringFixed(2))
	assert.Equal(t, uint32(3), got.Key(2))
}

func TestColumnsAtTheEndsOfTheirRanges(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Pacific/Apia", "America/New_York", "UTC"} {
		zone, err := time.LoadLocation(name)
		require.NoError(t, err)
		for _, d := range []int32{int32(dayNumber(day("0002-01-01"))), int32(dayNumber(day("9998-12-30"))), 0, -1} {
			requireSameAsAdd(t, Columns[int32]{
				Account: []int32{math.MinInt32, math.MaxInt32}, Day: []int32{d, d}, Amount: []int64{1, -1}, Places: 18,
			}, zone)
		}
	}
	requireSameAsAdd(t, Columns[int64]{
		Account: []int64{math.MinInt64, math.MaxInt64}, Unix: []int64{minSecond + 1, minSecond + 1 + math.MaxUint32}, Amount: []int64{1, 1},
	}, nil)
}

func TestFoldColumnsRefuses(t *testing.T) {
	t.Parallel()
	good := func() Columns[string] {
		return Columns[string]{Account: []string{"A", "B"}, Day: []int32{1, 2}, Amount: []int64{1, 2}}
	}
	_, err := FoldColumns(good(), nil)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		spoil func(*Columns[string])
		kind  error
		field string
		row   int
	}{
		"neither day nor unix": {func(c *Columns[string]) { c.Day = nil }, keyaccount.ErrMissing, "Day", 0},
		"both":                 {func(c *Columns[string]) { c.Unix = []int64{1, 2} }, keyaccount.ErrMissing, "Day", 0},
		"no amounts":           {func(c *Columns[string]) { c.Amount = nil }, keyaccount.ErrMalformed, "Amount", 0},
		"fewer days":           {func(c *Columns[string]) { c.Day = c.Day[:1] }, keyaccount.ErrMalformed, "Day", 0},
		"more quantities":      {func(c *Columns[string]) { c.Quantity = make([]int64, 3) }, keyaccount.ErrMalformed, "Quantity", 0},
		"no orders":            {func(c *Columns[string]) { c.Order = []string{} }, keyaccount.ErrMalformed, "Order", 0},
		"two kinds of orders": {func(c *Columns[string]) {
			c.Order, c.OrderNumber = make([]string, 2), make([]int64, 2)
		}, keyaccount.ErrMalformed, "OrderNumber", 0},
		"places":          {func(c *Columns[string]) { c.Places = 19 }, keyaccount.ErrOutOfRange, "Places", 0},
		"negative places": {func(c *Columns[string]) { c.Places = -1 }, keyaccount.ErrOutOfRange, "Places", 0},
		"no account":      {func(c *Columns[string]) { c.Account[1] = "" }, keyaccount.ErrMissing, "Account", 2},
		"far past":        {func(c *Columns[string]) { c.Day[1] = math.MinInt32 }, keyaccount.ErrOutOfRange, "Time", 2},
		"far future":      {func(c *Columns[string]) { c.Day[0] = math.MaxInt32 }, keyaccount.ErrOutOfRange, "Time", 1},
		"first fault first": {func(c *Columns[string]) {
			c.Day[0], c.Account[1] = math.MaxInt32, ""
		}, keyaccount.ErrOutOfRange, "Time", 1},
		"unix far past": {func(c *Columns[string]) {
			c.Day, c.Unix = nil, []int64{0, math.MinInt64}
		}, keyaccount.ErrOutOfRange, "Time", 2},
		"unix zero time": {func(c *Columns[string]) {
			c.Day, c.Unix = nil, []int64{minSecond, 0}
		}, keyaccount.ErrMissing, "Time", 1},
		"unix span": {func(c *Columns[string]) {
			c.Day, c.Unix = nil, []int64{0, 1 << 32}
		}, keyaccount.ErrOutOfRange, "Unix", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			columns := good()
			c.spoil(&columns)
			_, err := FoldColumns(columns, nil)
			inputError(t, err, c.kind, c.field, c.row)
		})
	}
	empty, err := FoldColumns(Columns[int32]{}, nil)
	require.NoError(t, err)
	assert.Zero(t, empty.Len())
	assert.Equal(t, bytesOf(t, new(Summary)), bytesOf(t, empty.Summary()))
	_, err = empty.FitRFM(day("2025-01-01"), nil)
	inputError(t, err, keyaccount.ErrMissing, "accounts", 0)
}

func TestColumnScoresRefuseWhatFitRFMRefuses(t *testing.T) {
	t.Parallel()
	c := Columns[string]{Account: []string{"B", "A"}, Day: []int32{20_000, 19_000}, Amount: []int64{1, 2}, Currency: "EUR"}
	totals, err := FoldColumns(c, nil)
	require.NoError(t, err)
	for name, asOf := range map[string]time.Time{
		"before the last order": day("2022-06-01"),
		"no instant":            {},
		"year 10000":            day("2025-01-01").AddDate(9000, 0, 0),
	} {
		_, want := FitRFM(totals.Accounts(asOf), nil)
		_, got := totals.FitRFM(asOf, nil)
		require.Error(t, want, name)
		require.Equal(t, want, got, name)
	}
	for _, o := range []RFMOptions{{Bins: 1}, {Bins: MaxBins + 1}, {Rule: -1}} {
		_, err := totals.FitRFM(day("2026-01-01"), &o)
		require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
	back, err := FoldColumns(Columns[string]{Account: []string{"A"}, Day: []int32{1}, Amount: []int64{-1}}, nil)
	require.NoError(t, err)
	_, err = back.FitRFM(day("2026-01-01"), nil)
	inputError(t, err, keyaccount.ErrMissing, "accounts", 0)

	m, err := totals.FitRFM(day("2026-01-01"), nil)
	require.NoError(t, err)
	assert.Equal(t, &ColumnScores{R: []uint8{0}, F: []uint8{0}, M: []uint8{0}}, back.Score(m, day("2026-01-01")), "another currency")
	m.Currency = ""
	assert.Equal(t, []uint8{0}, back.Score(m, day("2026-01-01")).R, "no orders")
}

// A model may come from other accounts, with cuts where these have none.
func TestColumnsAreScoredByAnyModel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	asOf := day("2035-01-01")
	for range 30 {
		from, err := FoldColumns(randomColumns(r, 60, textID), nil)
		require.NoError(t, err)
		to, err := FoldColumns(randomColumns(r, 60, textID), nil)
		require.NoError(t, err)
		m, err := from.FitRFM(asOf, &RFMOptions{Bins: 2 + r.IntN(9), Rule: []QuantileRule{Type7, MidRank}[r.IntN(2)]})
		require.NoError(t, err)
		if r.IntN(2) == 0 { // far outside of an int64
			m.Monetary.Cuts[len(m.Monetary.Cuts)-1].Value = decimal.New(1, 40)
			m.Monetary.Cuts[0].Value = decimal.New(-1, 40)
		}
		accounts := to.Accounts(asOf)
		// Also as of the middle of the data, when some had not ordered yet.
		for _, at := range []time.Time{asOf, accounts[len(accounts)/2].LastActivity} {
			scores := to.Score(m, at)
			byID := map[string]Cell{}
			for _, a := range to.Accounts(at) {
				s := m.Score(a)
				byID[a.ID] = Cell{R: s.R, F: s.F, M: s.M}
			}
			for i := range to.Len() {
				require.Equal(t, byID[to.Key(i)], scores.cell(i), at)
			}
		}
	}
}

func TestSortNumbers(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(10, 10))
	for _, span := range []int64{1, 2, 1 << 11, 1 << 12, 1 << 33, math.MaxInt64} {
		v := make([]int64, 5000)
		for i := range v {
			v[i] = r.Int64N(span) - span/2
		}
		v[0], v[1] = math.MinInt64, math.MaxInt64
		if span < 1<<40 {
			v[0], v[1] = 0, 0
		}
		want := slices.Sorted(slices.Values(v))
		sortNumbers(v)
		require.Equal(t, want, v)
	}
}
