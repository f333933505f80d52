package clv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/state"
)

// line is a sale, or with a negative amount a return, in hundredths.
func line(account, at string, cents int64) keyaccount.Transaction {
	when, err := time.Parse("2006-01-02T15", at)
	if err != nil {
		when, _ = time.Parse(time.DateOnly, at)
	}
	return keyaccount.Transaction{Account: account, Time: when, Amount: decimal.New(cents, -2), Currency: "EUR"}
}

func calibrationOf(t testing.TB, lines ...keyaccount.Transaction) *Calibration {
	t.Helper()
	cal := NewCalibration(CalibrationOptions{Unit: Day})
	require.NoError(t, cal.AddAll(lines))
	return cal
}

func date(s string) time.Time {
	at, _ := time.Parse(time.DateOnly, s)
	return at
}

// The classic trap: a cut inside a day puts its orders on both sides, or on
// none.
func TestSplitNeverCutsADay(t *testing.T) {
	cal := calibrationOf(t, line("A", "2025-01-01T08", 100),
		line("A", "2025-02-01T08", 200), line("A", "2025-02-01T22", 300), line("A", "2025-02-02T00", 400))
	for _, hour := range []int{0, 8, 12, 23} {
		end := date("2025-02-01").Add(time.Duration(hour) * time.Hour)
		s, err := cal.Split(Split{End: end, HoldoutEnd: end.AddDate(0, 0, 28)})
		require.NoError(t, err)
		a := s.Accounts[0]
		assert.Equal(t, History{1, 31, 31}, a.History)
		assert.Equal(t, spendOf(t, 5), a.Spend, "both orders of the day are one, before the cut")
		assert.Equal(t, Outcome{Orders: 1, Next: 1, Value: 4, Before: 1}, a.Later)
		assert.Equal(t, 28.0, s.Holdout)
		assert.Equal(t, 31.0, s.Calibration)
		assert.Equal(t, []OrdersAt{{31, 1}, {32, 1}}, s.Repeats)
	}
}

func TestSpendPolicies(t *testing.T) {
	cal := calibrationOf(t,
		line("A", "2025-01-01", 1000), line("A", "2025-01-03", -100),
		line("A", "2025-01-10", 500), line("A", "2025-01-10", -120), line("A", "2025-01-12", -30),
		line("A", "2025-01-20", 800),
		line("A", "2025-02-03", -90), line("A", "2025-02-05", 700), line("A", "2025-02-06", -50),
		line("B", "2025-01-02", -500), line("B", "2025-01-05", 250),
		line("C", "2025-01-05", -250), // never bought
	)
	assert.Equal(t, 2, cal.Len())
	assert.Equal(t, "EUR", cal.Currency())
	squares := func(values ...float64) SpendHistory { return spendOf(t, values...) }
	for _, c := range []struct {
		first   FirstOrder
		returns ReturnsPolicy
		want    SpendHistory
		later   float64
	}{
		{WithoutFirst, NetReturns, squares(3.5, 8), 5.6}, // the return of 3 February is the hold-out's
		{WithoutFirst, GrossReturns, squares(5, 8), 7},
		{WithFirst, NetReturns, squares(9, 3.5, 8), 5.6},
		{WithFirst, GrossReturns, squares(10, 5, 8), 7},
	} {
		s, err := cal.Split(Split{End: date("2025-01-31"), HoldoutEnd: date("2025-02-28"), FirstOrder: c.first, Returns: c.returns})
		require.NoError(t, err)
		require.Len(t, s.Accounts, 2)
		assert.Equal(t, c.want, s.Accounts[0].Spend, "%v %v", c.first, c.returns)
		assert.Equal(t, c.later, s.Accounts[0].Later.Value)
		if c.first == WithFirst {
			assert.Equal(t, squares(2.5), s.Accounts[1].Spend, "a return before any order is left out")
		} else {
			assert.Equal(t, SpendHistory{}, s.Accounts[1].Spend)
		}
	}
}

// Money is added up exactly, however large and however fine: sums of float64
// give 0.30000000000000004 and 0.
func TestSpendIsExact(t *testing.T) {
	for _, c := range []struct {
		amounts []string
		want    float64
	}{
		{[]string{"0.1", "0.2"}, .3},
		{[]string{"1e17", "0.5", "-1e17"}, .5},
		{[]string{"9000000000000", "9000000000000", "-17999999999999.99"}, .01},
		{[]string{"0.0000001", "0.0000002"}, 3e-7},
		{[]string{"0.12345678901234567890123", "0.00000000000000000000077"}, .123456789012345678902},
	} {
		lines := []keyaccount.Transaction{sale("A", date("2025-01-01"))}
		for _, a := range c.amounts {
			tx := sale("A", date("2025-01-02"))
			tx.Amount = decimal.RequireFromString(a)
			lines = append(lines, tx)
		}
		got, err := calibrationOf(t, lines...).Accounts(date("2025-01-03"))
		require.NoError(t, err)
		assert.Equal(t, c.want, got[0].Spend.Mean, "%v", c.amounts)
		assert.Zero(t, got[0].Spend.Spread)
	}
}

func TestSplitLeftTruncation(t *testing.T) {
	cal := calibrationOf(t,
		line("old", "2024-11-01", 100), line("old", "2025-01-10", 200), line("old", "2025-01-20", 300),
		line("gone", "2024-11-01", 100),
		line("jan", "2025-01-05", 100), line("feb", "2025-02-05", 100))
	split := Split{Start: date("2025-01-01"), End: date("2025-02-28")}
	_, err := cal.Split(split)
	var bad *keyaccount.InputError
	require.ErrorAs(t, err, &bad)
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	assert.Equal(t, "Start", bad.Field)
	assert.Contains(t, bad.Reason, `"gone" has a purchase before it, on 2024-11-01`)
	ids := func(split Split) (out []string) {
		s, err := cal.Split(split)
		require.NoError(t, err)
		for _, a := range s.Accounts {
			out = append(out, a.ID)
		}
		return out
	}
	split.Earlier = DropEarlier
	assert.Equal(t, []string{"feb", "jan"}, ids(split))
	split.Earlier = FirstSeen
	assert.Equal(t, []string{"feb", "jan", "old"}, ids(split))
	s, err := cal.Split(split)
	require.NoError(t, err)
	assert.Equal(t, History{1, 10, 49}, s.Accounts[2].History, "from the first one seen")
	assert.Equal(t, 58.0, s.Calibration, "from the start given")

	cohort := keyaccount.Period{From: date("2025-01-05"), To: date("2025-02-05")}
	split.Cohort = cohort
	assert.Equal(t, []string{"jan", "old"}, ids(split))
	assert.Equal(t, []string{"jan"}, ids(Split{End: date("2025-02-28"), Cohort: cohort}))
	cohort.To = date("2025-02-05").Add(time.Hour)
	assert.Equal(t, []string{"feb", "jan"}, ids(Split{End: date("2025-02-28"), Cohort: cohort}))
}

func TestSplitRefuses(t *testing.T) {
	cal := calibrationOf(t, line("A", "2025-01-05", 100), line("A", "2025-03-05", 100))
	for _, c := range []struct {
		split Split
		kind  error
		field string
	}{
		{Split{}, keyaccount.ErrMissing, "End"},
		{Split{End: date("2025-02-01")}, keyaccount.ErrOutOfRange, "End"},
		{Split{End: date("2025-02-01"), HoldoutEnd: date("2025-03-04")}, keyaccount.ErrOutOfRange, "HoldoutEnd"},
		{Split{End: date("2025-02-01"), HoldoutEnd: date("2025-01-31")}, keyaccount.ErrOutOfRange, "HoldoutEnd"},
		{Split{End: date("2025-04-01"), Start: date("2025-04-02")}, keyaccount.ErrOutOfRange, "End"},
		{Split{End: date("2025-04-01"), Start: date("2025-01-06")}, keyaccount.ErrOutOfRange, "Start"},
		{Split{End: date("2025-04-01"), Cohort: keyaccount.Period{From: date("2025-04-01"), To: date("2025-01-01")}}, keyaccount.ErrOutOfRange, "To"},
		{Split{End: date("2025-04-01"), Earlier: 7}, keyaccount.ErrOutOfRange, "Earlier"},
		{Split{End: date("2025-04-01"), Returns: -1}, keyaccount.ErrOutOfRange, "Returns"},
		{Split{End: date("2025-04-01"), FirstOrder: 2}, keyaccount.ErrOutOfRange, "FirstOrder"},
		{Split{End: date("2025-04-01"), HoldoutEnd: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, keyaccount.ErrOutOfRange, "HoldoutEnd"},
	} {
		_, err := cal.Split(c.split)
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad, "%+v", c.split)
		assert.ErrorIs(t, err, c.kind, "%+v", c.split)
		assert.Equal(t, c.field, bad.Field, "%+v", c.split)
	}
}

func TestSplitJSON(t *testing.T) {
	split := Split{End: date("2025-02-28"), Earlier: FirstSeen, FirstOrder: WithFirst, Returns: GrossReturns}
	text, err := json.Marshal(split)
	require.NoError(t, err)
	assert.Equal(t, `{"earlier":"first_seen","end":"2025-02-28T00:00:00Z","first_order":"with_first","returns":"gross"}`, string(text))
	var back Split
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, split, back)
	for _, bad := range []string{`{"earlier":"x"}`, `{"first_order":"x"}`, `{"returns":""}`} {
		assert.ErrorIs(t, json.Unmarshal([]byte(bad), &back), keyaccount.ErrMalformed, bad)
	}
	_, err = json.Marshal(Split{Earlier: 9})
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
}

func TestCalibrationMoneyRefuses(t *testing.T) {
	cal := calibrationOf(t, line("A", "2025-01-05", 100))
	before := bytesOf(t, cal)
	usd, huge, fine, none := line("A", "2025-01-06", 1), line("A", "2025-01-06", 1), line("A", "2025-01-06", 1), line("A", "2025-01-06", 1)
	usd.Currency, none.Currency = "USD", ""
	huge.Amount, fine.Amount = decimal.New(1, 18), decimal.New(1, -5000)
	for i, c := range []struct {
		tx    keyaccount.Transaction
		kind  error
		field string
	}{
		{usd, keyaccount.ErrMixedCurrency, "Currency"},
		{none, keyaccount.ErrMixedCurrency, "Currency"},
		{huge, keyaccount.ErrOutOfRange, "Amount"},
		{fine, keyaccount.ErrOutOfRange, "Amount"},
	} {
		err := cal.AddAll([]keyaccount.Transaction{c.tx, line("A", "2025-01-07", 1)})
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad)
		assert.ErrorIs(t, err, c.kind)
		assert.Equal(t, c.field, bad.Field)
		assert.Equal(t, i+2, bad.Row)
		assert.Equal(t, before, bytesOf(t, cal))
	}
	other := NewCalibration(CalibrationOptions{Unit: Day})
	require.NoError(t, other.Add(usd))
	assert.ErrorIs(t, cal.Merge(other), keyaccount.ErrMixedCurrency)
	assert.Equal(t, before, bytesOf(t, cal))
	empty := NewCalibration(CalibrationOptions{Unit: Day})
	require.NoError(t, empty.Merge(cal))
	assert.Equal(t, before, bytesOf(t, empty), "an empty state has no currency yet")
}

// States that version 1 wrote have no values, and say so rather than count
// orders of 0.
func TestCalibrationReadsVersion1(t *testing.T) {
	old := state.Form{Schema: calibrationForm.Schema, Version: 1}.AppendHeader(nil)
	old = append(state.AppendText(state.AppendText(old, "day"), "UTC"), 1)
	old = append(state.AppendText(old, "A"), 2)
	first, err := dayOf(date("2025-01-01"), time.UTC)
	require.Nil(t, err)
	v := uint64(first - firstDay + 1)
	for v >= 0x80 {
		old = append(old, byte(v)|0x80)
		v >>= 7
	}
	old = append(old, byte(v), 9)
	cal := NewCalibration(CalibrationOptions{Unit: Day})
	require.NoError(t, cal.UnmarshalBinary(old))
	got, e := cal.Accounts(date("2025-01-31"))
	require.NoError(t, e)
	assert.Equal(t, []AccountHistory{{ID: "A", First: date("2025-01-01"), History: History{1, 9, 30}, LogGaps: math.Log(9)}}, got)

	// With what is known of later days the histories go on, the values do not.
	require.NoError(t, cal.Merge(calibrationOf(t, line("A", "2025-01-20", 100))))
	got, e = cal.Accounts(date("2025-01-31"))
	require.NoError(t, e)
	assert.Equal(t, History{2, 19, 30}, got[0].History)
	assert.Zero(t, got[0].Spend)
	text, e := json.Marshal(cal)
	require.NoError(t, e)
	back, fromBytes := NewCalibration(CalibrationOptions{Unit: Day}), NewCalibration(CalibrationOptions{Unit: Day})
	require.NoError(t, json.Unmarshal(text, back))
	require.NoError(t, fromBytes.UnmarshalBinary(bytesOf(t, cal)))
	assert.Equal(t, bytesOf(t, cal), bytesOf(t, back))
	assert.Equal(t, bytesOf(t, cal), bytesOf(t, fromBytes))
}

// Many accounts and lines, so that lines wait, are put in order, grow the index
// and fill the chunks of ids; against a plain map.
func TestCalibrationAgainstAMap(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 11))
	lines := make([]keyaccount.Transaction, 200_000)
	type key struct {
		id  string
		day int
	}
	want := map[key]int64{}
	ids := map[string]bool{}
	for i := range lines {
		id := string([]byte{'A' + byte(r.IntN(20)), 0, 'a' + byte(r.IntN(26))}) + time.Duration(r.IntN(40)).String()
		if r.IntN(50) == 0 {
			id += string(make([]byte, 2000))
		}
		day := r.IntN(300)
		cents := 1 + r.Int64N(10000)
		lines[i] = line(id, "2025-01-01", cents)
		lines[i].Time = lines[i].Time.AddDate(0, 0, day)
		want[key{id, day}] += cents
		ids[id] = true
	}
	a, b := new(Calibration), new(Calibration)
	require.NoError(t, a.AddAll(lines))
	for _, tx := range lines {
		require.NoError(t, b.Add(tx))
	}
	assert.Equal(t, bytesOf(t, a), bytesOf(t, b))
	s, err := a.Split(Split{End: date("2026-01-01"), FirstOrder: WithFirst})
	require.NoError(t, err)
	assert.Len(t, s.Accounts, len(ids))
	orders, sum := 0, 0.0
	for i, acc := range s.Accounts {
		require.True(t, i == 0 || s.Accounts[i-1].ID < acc.ID)
		orders += acc.Spend.Orders
		sum += acc.Spend.Mean * float64(acc.Spend.Orders)
	}
	total := int64(0)
	for _, v := range want {
		total += v
	}
	assert.Equal(t, len(want), orders)
	assert.InDelta(t, float64(total)/100, sum, 1e-4)
	counted, err := a.Counts(date("2026-01-01"))
	require.NoError(t, err)
	viaSample, err := s.Counts()
	require.NoError(t, err)
	assert.Equal(t, bytesOf(t, counted), bytesOf(t, viaSample))
}
