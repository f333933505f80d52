package segment

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

func decoded(t testing.TB, b []byte) *Summary {
	t.Helper()
	s := new(Summary)
	require.NoError(t, s.UnmarshalBinary(b))
	return s
}

func TestSummaryBinaryRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 9))
	asOf := day("2035-01-01")
	for _, n := range []int{0, 1, 2, 30, 1000} {
		txs := randomLines(r, n)
		s := summaryOf(t, txs...)
		back := decoded(t, bytesOf(t, s))
		require.Equal(t, bytesOf(t, s), bytesOf(t, back))
		require.Equal(t, s.Accounts(asOf), back.Accounts(asOf))
		require.Equal(t, s.Currency(), back.Currency())

		more := randomLines(r, 50)
		for _, tx := range more {
			require.NoError(t, s.Add(tx))
			require.NoError(t, back.Add(tx), "a read summary goes on")
		}
		require.Equal(t, bytesOf(t, s), bytesOf(t, back))
	}
}

func TestUnmarshalBinaryRefuses(t *testing.T) {
	t.Parallel()
	good := bytesOf(t, summaryOf(t,
		line("A", "1", "2025-03-01", "1", "10"), line("A", "2", "2025-03-02", "-1", "-3"), line("B", "", "2025-03-02", "1", "3")))
	at := len(saved.AppendText(nil, summarySchema))
	newer := append([]byte(nil), good...)
	newer[at] = summaryVersion + 1

	s := summaryOf(t, line("KEPT", "1", "2025-03-01", "1", "10"))
	before := bytesOf(t, s)
	inputError(t, s.UnmarshalBinary(newer), keyaccount.ErrVersion, "Version", 0)
	inputError(t, s.UnmarshalBinary(saved.AppendText(nil, "keyaccount/clv.Counts")), keyaccount.ErrVersion, "Schema", 0)
	inputError(t, s.UnmarshalBinary(append(slices.Clip(good), 0)), keyaccount.ErrMalformed, "Summary", 0)
	for n := range good {
		inputError(t, s.UnmarshalBinary(good[:n]), keyaccount.ErrMalformed, "Summary", 0)
	}
	elsewhere := NewSummary(SummaryOptions{Location: time.FixedZone("X", 3600)})
	inputError(t, elsewhere.UnmarshalBinary(good), keyaccount.ErrMismatch, "Location", 0)
	assert.Equal(t, before, bytesOf(t, s), "a refused state leaves the receiver alone")
}

// Bytes that no lines add up to are refused, whoever wrote them.
func TestUnmarshalBinaryRefusesImpossibleStates(t *testing.T) {
	t.Parallel()
	build := func(st *state, ids ...string) []byte {
		s := &Summary{currency: "EUR"}
		for _, id := range ids {
			s.insert(id, st)
		}
		return bytesOf(t, s)
	}
	possible := func() *state {
		st := new(state)
		tx := line("A", "1", "2025-03-01", "1", "10")
		at, _ := instantOf(tx.Time)
		require.True(t, st.add(&tx, at))
		return st
	}
	require.NoError(t, new(Summary).UnmarshalBinary(build(possible(), "A", "B")))
	for name, spoil := range map[string]func(*state){
		"fewer lines than orders": func(s *state) { s.looseOrders = 5 },
		"no orders at all":        func(s *state) { s.named = orderSet{} },
		"money without an order":  func(s *state) { s.returns.Add(dec("-1")) },
		"negative gross":          func(s *state) { s.gross.Add(dec("-11")) },
		"positive returns":        func(s *state) { s.looseReturns, s.lines = 1, 2; s.returns.Add(dec("1")) },
		"first after last":        func(s *state) { s.first.sec++ },
		"last after activity":     func(s *state) { s.activity.sec-- },
		"unknown mark":            func(s *state) { s.named.list[0].on = 4 },
		"order without an id":     func(s *state) { s.named.list[0].id = "" },
		"nanoseconds":             func(s *state) { s.activity.nsec = 1e9 },
		"year 9999":               func(s *state) { s.activity.sec = endSecond },
		"count":                   func(s *state) { s.lines = maxCount + 1 },
	} {
		st := possible()
		spoil(st)
		require.ErrorIs(t, new(Summary).UnmarshalBinary(build(st, "A")), keyaccount.ErrMalformed, name)
	}
	require.ErrorIs(t, new(Summary).UnmarshalBinary(build(possible(), "")), keyaccount.ErrMalformed, "account without an id")
	noAccounts := bytesOf(t, &Summary{currency: "EUR"})
	require.ErrorIs(t, new(Summary).UnmarshalBinary(noAccounts), keyaccount.ErrMalformed)
}

// Where more is collected, the parts must agree with the whole and with the
// calendar.
func TestUnmarshalRefusesPartsThatDoNotAgree(t *testing.T) {
	t.Parallel()
	o := SummaryOptions{Periods: ByMonth, OrderDays: true, Categories: new(CategoryOptions)}
	january := ByMonth.period(int32(dayNumber(day("2025-01-10"))))
	build := func(spoil func(*state)) *Summary {
		s := summaryWith(t, o, []keyaccount.Transaction{
			ofProduct(line("A", "1", "2025-01-10", "1", "10"), "pen"),
			ofProduct(line("A", "2", "2025-03-11", "1", "5"), "ink"),
			ofProduct(line("A", "2", "2025-04-11", "-1", "-2"), "ink"),
		})
		spoil(s.accounts["A"])
		return s
	}
	for name, spoil := range map[string]func(*state){
		"none":                   func(*state) {},
		"money of a period":      func(s *state) { s.more.periods[january].gross.Add(dec("1")) },
		"money of a category":    func(s *state) { s.more.categories["pen"].gross.Add(dec("1")) },
		"a period is missing":    func(s *state) { delete(s.more.periods, january) },
		"no periods":             func(s *state) { clear(s.more.periods) },
		"no categories":          func(s *state) { clear(s.more.categories) },
		"a period has moved":     func(s *state) { s.more.periods[january-1] = s.more.periods[january]; delete(s.more.periods, january) },
		"an order is elsewhere":  func(s *state) { s.more.categories["pen"].named.mark("3", onSale, owned) },
		"a day too many":         func(s *state) { s.ordered(20_000) },
		"a day in all":           func(s *state) { s.ordered(1); s.more.periods[january].ordered(1); s.more.categories["pen"].ordered(1) },
		"a day of another month": func(s *state) { shift(s, january, 20_140) },
		"no days": func(s *state) {
			clear(s.days)
			clear(s.more.periods[january].days)
			clear(s.more.categories["pen"].days)
		},
		"first order":         func(s *state) { s.first.sec -= daySeconds },
		"last order":          func(s *state) { s.last.sec += daySeconds },
		"last activity":       func(s *state) { s.activity.sec += 40 * daySeconds },
		"lines of a category": func(s *state) { s.more.categories["pen"].lines++ },
		"hostile lines":       func(s *state) { s.more.categories["pen"].lines = maxCount },
	} {
		s := build(spoil)
		binary := NewSummary(o).UnmarshalBinary(bytesOf(t, s))
		text, err := s.MarshalJSON()
		require.NoError(t, err)
		open := NewSummary(o).UnmarshalJSON(text)
		if name == "none" {
			require.NoError(t, binary)
			require.NoError(t, open)
			continue
		}
		require.ErrorIs(t, binary, keyaccount.ErrMalformed, name)
		require.ErrorIs(t, open, keyaccount.ErrMalformed, name)
	}
}

// Without days to compare, the months tell.
func TestUnmarshalRefusesInstantsOutsideTheirPeriods(t *testing.T) {
	t.Parallel()
	o := SummaryOptions{Periods: ByMonth}
	for name, spoil := range map[string]func(*state){
		"none":     func(*state) {},
		"first":    func(s *state) { s.first.sec -= 31 * daySeconds },
		"last":     func(s *state) { s.last.sec += 31 * daySeconds },
		"activity": func(s *state) { s.activity.sec += 31 * daySeconds },
	} {
		s := summaryWith(t, o, []keyaccount.Transaction{
			line("A", "1", "2025-01-10", "1", "10"), line("A", "2", "2025-03-11", "1", "5"), line("A", "2", "2025-08-11", "-1", "-2"),
		})
		spoil(s.accounts["A"])
		err := NewSummary(o).UnmarshalBinary(bytesOf(t, s))
		if name == "none" {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, keyaccount.ErrMalformed, name)
		}
	}
}

// A year of returns alone has no order whose instant bounds it.
func TestUnmarshalRefusesPeriodsBeforeTheCalendar(t *testing.T) {
	t.Parallel()
	o := SummaryOptions{Periods: ByYear}
	for name, year := range map[string]int32{"none": 1, "before year 0": -1, "far before": -40_000} {
		s := summaryWith(t, o, []keyaccount.Transaction{
			line("A", "2", "0001-03-11", "-1", "-2"), line("A", "1", "2025-01-10", "1", "10"),
		})
		parts := s.accounts["A"].more.periods
		first := slices.Min(sortedKeys(parts))
		returns := parts[first]
		delete(parts, first)
		parts[ByYear.period(int32(dayNumber(day("0001-01-01"))))+year-1] = returns
		err := NewSummary(o).UnmarshalBinary(bytesOf(t, s))
		if name == "none" {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, keyaccount.ErrMalformed, name)
		}
	}
}

// shift moves the day of January's order to another one, everywhere.
func shift(s *state, january, to int32) {
	from := int32(dayNumber(day("2025-01-10")))
	for _, days := range []map[int32]struct{}{s.days, s.more.periods[january].days, s.more.categories["pen"].days} {
		delete(days, from)
		days[to] = struct{}{}
	}
}

func TestUnmarshalRefusesImpossibleLines(t *testing.T) {
	t.Parallel()
	o := SummaryOptions{Lines: true}
	good := entry{order: "1", product: "pen", amount: dec("1.50"), at: instant{sec: 1}}
	for name, c := range map[string]struct {
		spoil func(*entry)
		n     int
	}{
		"none":             {func(*entry) {}, 1},
		"no lines":         {func(*entry) {}, 0},
		"too many":         {func(*entry) {}, maxCount + 1},
		"return of money":  {func(e *entry) { e.isReturn = true }, 1},
		"negative sale":    {func(e *entry) { e.amount = dec("-1") }, 1},
		"category":         {func(e *entry) { e.category = "writing" }, 1},
		"year 9999":        {func(e *entry) { e.at.sec = endSecond }, 1},
		"no instant":       {func(e *entry) { e.at.sec = minSecond }, 1},
		"many nanoseconds": {func(e *entry) { e.at.nsec = 1e9 }, 1},
	} {
		e := good
		c.spoil(&e)
		s := NewSummary(o)
		s.insert("A", &state{more: &detail{ledger: map[lineKey]int{e.key(): c.n}}})
		binary := NewSummary(o).UnmarshalBinary(bytesOf(t, s))
		text, err := s.MarshalJSON()
		require.NoError(t, err)
		open := NewSummary(o).UnmarshalJSON(text)
		if name == "none" {
			require.NoError(t, binary)
			require.NoError(t, open)
			continue
		}
		require.ErrorIs(t, binary, keyaccount.ErrMalformed, name)
		if name != "many nanoseconds" { // which carry over into a second
			require.ErrorIs(t, open, keyaccount.ErrMalformed, name)
		}
	}
}

func TestSummaryJSON(t *testing.T) {
	t.Parallel()
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	o := SummaryOptions{Location: shanghai, Periods: ByMonth, OrderDays: true}
	s := NewSummary(o)
	for _, tx := range []keyaccount.Transaction{
		line("ACME", "1", "2025-03-31", "1", "1.50"), line("ACME", "1", "2025-03-31", "-1", "-0.500"), line("ACME", "", "2025-04-30", "1", "2"),
	} {
		tx.Time = tx.Time.Add(17 * time.Hour) // the next morning in Shanghai
		require.NoError(t, s.Add(tx))
	}
	text, err := json.Marshal(s)
	require.NoError(t, err)
	assert.JSONEq(t, `{"schema":"keyaccount/segment.Summary","version":2,"location":"Asia/Shanghai","currency":"EUR",
		"periods":"month","order_days":true,"accounts":[{"id":"ACME",
			"totals":{"lines":3,"loose_orders":1,"orders":[{"id":"1","sale":true,"return":true}],
				"gross":"3.50","returns":"-0.500","order_days":["2025-04-01","2025-05-01"]},
			"first_order":"2025-03-31T17:00:00Z","last_order":"2025-04-30T17:00:00Z","last_activity":"2025-04-30T17:00:00Z",
			"periods":[
				{"name":"2025-04-01","totals":{"lines":2,"orders":[{"id":"1","sale":true,"return":true}],
					"gross":"1.50","returns":"-0.500","order_days":["2025-04-01"]}},
				{"name":"2025-05-01","totals":{"lines":1,"loose_orders":1,"gross":"2","returns":"0","order_days":["2025-05-01"]}}
			]}]}`, string(text))

	kept := summaryWith(t, o, nil)
	require.NoError(t, kept.UnmarshalJSON(text))
	before := bytesOf(t, kept)
	for name, c := range map[string]struct {
		old, to string
		kind    error
		field   string
	}{
		"schema":      {"segment.Summary", "clv.Counts", keyaccount.ErrVersion, "Schema"},
		"version":     {`"version":2`, `"version":3`, keyaccount.ErrVersion, "Version"},
		"version 1":   {`"version":2`, `"version":1`, keyaccount.ErrVersion, "Version"},
		"location":    {"Asia/Shanghai", "UTC", keyaccount.ErrMismatch, "Location"},
		"grain":       {`"periods":"month"`, `"periods":"year"`, keyaccount.ErrMismatch, "Periods"},
		"no grain":    {`"periods":"month"`, `"periods":"months"`, keyaccount.ErrMalformed, "Summary"},
		"broken":      {`"accounts":[`, `"accounts":`, keyaccount.ErrMalformed, "Summary"},
		"money":       {`"3.50"`, `"3,50"`, keyaccount.ErrMalformed, "Summary"},
		"huge money":  {`"3.50"`, `"1e999999999"`, keyaccount.ErrMalformed, "Summary"},
		"places":      {`"3.50"`, `"3.5"`, keyaccount.ErrMalformed, "Summary"},
		"negative":    {`"lines":3`, `"lines":-3`, keyaccount.ErrMalformed, "Summary"},
		"too many":    {`"lines":3`, `"lines":9007199254740993`, keyaccount.ErrMalformed, "Summary"},
		"day":         {`"2025-04-01","2025-05-01"`, `"2025-05-01","2025-04-01"`, keyaccount.ErrMalformed, "Summary"},
		"no day":      {`"2025-04-01","2025-05-01"`, `"2025-04-31","2025-05-01"`, keyaccount.ErrMalformed, "Summary"},
		"period":      {`"name":"2025-04-01"`, `"name":"2025-04-02"`, keyaccount.ErrMalformed, "Summary"},
		"no kind":     {`{"id":"1","sale":true,"return":true}`, `{"id":"1"}`, keyaccount.ErrMalformed, "Summary"},
		"no order id": {`"id":"1"`, `"id":""`, keyaccount.ErrMalformed, "Summary"},
		"no account":  {`"ACME"`, `""`, keyaccount.ErrMalformed, "Summary"},
		"instant":     {`"first_order":"2025-03-31T17:00:00Z",`, ``, keyaccount.ErrMalformed, "Summary"},
		"categories":  {`"periods":[`, `"categories":[{"name":"x","totals":{}}],"periods":[`, keyaccount.ErrMalformed, "Summary"},
		"lines":       {`"periods":[`, `"lines":[{"amount":"1","count":1}],"periods":[`, keyaccount.ErrMalformed, "Summary"},
		"no totals":   {`"id":"ACME","totals"`, `"id":"ACME","whole"`, keyaccount.ErrMalformed, "Summary"},
	} {
		require.Contains(t, string(text), c.old, name)
		spoiled := strings.ReplaceAll(string(text), c.old, c.to)
		inputError(t, kept.UnmarshalJSON([]byte(spoiled)), c.kind, c.field, 0)
		require.Equal(t, before, bytesOf(t, kept), name)
	}
	noAccounts := `{"schema":"keyaccount/segment.Summary","version":2,"location":"UTC","currency":"EUR","periods":"none","accounts":[]}`
	inputError(t, new(Summary).UnmarshalJSON([]byte(noAccounts)), keyaccount.ErrMalformed, "Summary", 0)

	odd := summaryOf(t, line("\xff", "1", "2025-03-01", "1", "1"))
	_, err = odd.MarshalJSON()
	inputError(t, err, keyaccount.ErrMalformed, "Summary", 0)
	assert.Equal(t, 1, decoded(t, bytesOf(t, odd)).Len(), "the binary form holds every text")
}

// fuzzOptions are the options that the first byte of a fuzzed input stands
// for.
func fuzzOptions(b byte) SummaryOptions {
	o := SummaryOptions{Periods: Grain(b % 6), OrderDays: b&8 != 0, Lines: b&16 != 0}
	if b&32 != 0 {
		o.Categories = new(CategoryOptions)
	}
	return o
}

func requireSound(t testing.TB, o SummaryOptions, s *Summary) {
	t.Helper()
	again := bytesOf(t, s)
	back := NewSummary(o)
	require.NoError(t, back.UnmarshalBinary(again))
	require.Equal(t, again, bytesOf(t, back))
	double := NewSummary(o)
	require.NoError(t, double.UnmarshalBinary(again))
	require.NoError(t, double.Merge(s))
	require.NoError(t, back.Merge(double))
	for _, p := range allPolicies() {
		r, err := double.Roster(day("2025-01-01"), &p)
		if err != nil {
			require.ErrorIs(t, err, ErrNotCollected)
			continue
		}
		for _, a := range r.Accounts {
			if p.Returns == Net || p.Returns == MatchToOrder {
				require.True(t, a.Net.Equal(a.Gross.Add(a.Returns)))
			}
		}
		_, err = json.Marshal(r)
		require.NoError(t, err)
	}
	if o.Lines {
		require.NoError(t, double.Subtract(s))
		require.Equal(t, again, bytesOf(t, double))
	}
}

func FuzzSummaryUnmarshalBinary(f *testing.F) {
	lines := randomLines(rand.New(rand.NewPCG(1, 1)), 12)
	for b := range byte(64) {
		f.Add(b, bytesOf(f, summaryWith(f, fuzzOptions(b), lines[:1+int(b)%12])))
	}
	v1, err := base64.StdEncoding.DecodeString(summaryV1)
	require.NoError(f, err)
	f.Add(byte(0), []byte(strings.Replace(string(v1), "\x0dAsia/Shanghai", "\x03UTC", 1)))
	f.Add(byte(0), bytesOf(f, new(Summary)))
	f.Fuzz(func(t *testing.T, options byte, b []byte) {
		o := fuzzOptions(options)
		s := NewSummary(o)
		if err := s.UnmarshalBinary(b); err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		require.LessOrEqual(t, len(bytesOf(t, s)), len(b)+4, "what is read comes from the bytes")
		requireSound(t, o, s)
	})
}

func FuzzSummaryUnmarshalJSON(f *testing.F) {
	lines := randomLines(rand.New(rand.NewPCG(1, 1)), 12)
	for b := range byte(64) {
		text, err := json.Marshal(summaryWith(f, fuzzOptions(b), lines[:1+int(b)%12]))
		require.NoError(f, err)
		f.Add(b, text)
	}
	f.Fuzz(func(t *testing.T, options byte, text []byte) {
		o := fuzzOptions(options)
		s := NewSummary(o)
		if err := s.UnmarshalJSON(text); err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		again, err := json.Marshal(s)
		require.NoError(t, err)
		back := NewSummary(o)
		require.NoError(t, back.UnmarshalJSON(again))
		require.Equal(t, bytesOf(t, s), bytesOf(t, back))
		requireSound(t, o, s)
	})
}
