package clv

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return v
}

func sale(account string, when time.Time) keyaccount.Transaction {
	return keyaccount.Transaction{Account: account, Time: when, Amount: decimal.New(100, 0)}
}

func TestCalibrationCountsDaysOnce(t *testing.T) {
	cal := NewCalibration(CalibrationOptions{Unit: Day})
	for _, s := range []string{
		"2025-03-10T18:00:00Z", "2025-03-01T09:00:00Z", "2025-03-10T08:00:00Z",
		"2025-03-05T23:59:59Z", "2025-03-01T00:00:00Z",
	} {
		require.NoError(t, cal.Add(sale("A", at(t, s))))
	}
	require.NoError(t, cal.Add(sale("B", at(t, "2025-03-12T01:00:00Z"))))
	require.NoError(t, cal.Add(sale("new", at(t, "2025-03-31T01:00:00Z"))))
	got, err := cal.Accounts(at(t, "2025-03-31T00:00:00Z"))
	require.NoError(t, err)
	date := func(d int) time.Time { return time.Date(2025, 3, d, 0, 0, 0, 0, time.UTC) }
	spent, err := SpendOf(100, 200)
	require.NoError(t, err)
	assert.Equal(t, []AccountHistory{
		{"A", date(1), History{2, 9, 30}, math.Log(4) + math.Log(5), spent},
		{"B", date(12), History{0, 0, 19}, 0, SpendHistory{}},
		{"new", date(31), History{}, 0, SpendHistory{}},
	}, got)
	assert.Equal(t, 3, cal.Len())

	table, err := cal.Counts(at(t, "2025-03-31T00:00:00Z"))
	require.NoError(t, err)
	assert.EqualValues(t, 2, table.N(), "an account of age 0 can be scored, but not fitted")
	gaps, known := table.LogGaps()
	assert.True(t, known)
	assert.InDelta(t, math.Log(20), gaps, 1e-15)
	assert.Equal(t, 1.0, published.ProbAlive(got[2].History))
}

func TestCalibrationUnits(t *testing.T) {
	for unit, days := range map[Unit]float64{Week: 7, Day: 1, Year: 365.25} {
		cal := NewCalibration(CalibrationOptions{Unit: unit})
		require.NoError(t, cal.Add(sale("A", at(t, "2024-02-01T00:00:00Z"))))
		require.NoError(t, cal.Add(sale("A", at(t, "2024-03-01T00:00:00Z"))))
		got, err := cal.Accounts(at(t, "2025-02-01T00:00:00Z"))
		require.NoError(t, err)
		assert.Equal(t, History{1, 29 / days, 366 / days}, got[0].History)
	}
}

// The day is the day in the Location, not in the zone of the instant.
func TestCalibrationCalendar(t *testing.T) {
	for _, c := range []struct {
		zone *time.Location
		want History
	}{
		{nil, History{0, 0, 9}},
		{time.UTC, History{0, 0, 9}},
		{shanghai, History{1, 1, 10}}, // midnight is 16:00 UTC
	} {
		cal := NewCalibration(CalibrationOptions{Unit: Day, Location: c.zone})
		for _, s := range []string{"2025-03-01T15:30:00Z", "2025-03-01T16:30:00Z", "2025-03-02T01:00:00+08:00"} {
			require.NoError(t, cal.Add(sale("A", at(t, s))))
		}
		got, err := cal.Accounts(at(t, "2025-03-10T20:00:00Z"))
		require.NoError(t, err)
		assert.Equal(t, c.want, got[0].History)
	}
}

func TestCalibrationCountsPurchasesOnly(t *testing.T) {
	day := at(t, "2025-03-01T12:00:00Z")
	dec := decimal.RequireFromString
	for _, c := range []struct {
		name             string
		quantity, amount string
		want             bool
	}{
		{"sale", "1", "9.90", true},
		{"sale without a quantity", "0", "9.90", true},
		{"free delivery", "3", "0", true},
		{"nothing", "0", "0", false},
		{"return", "-1", "-9.90", false},
		{"credit", "0", "-5", false},
		{"goods back at no value", "-1", "0", false},
	} {
		cal := new(Calibration)
		require.NoError(t, cal.Add(keyaccount.Transaction{
			Account: "A", Time: day, Quantity: dec(c.quantity), Amount: dec(c.amount),
		}))
		assert.Equal(t, c.want, cal.Len() == 1, c.name)
	}
}

func TestCalibrationRefuses(t *testing.T) {
	cal := NewCalibration(CalibrationOptions{})
	require.NoError(t, cal.Add(sale("A", at(t, "2025-03-01T12:00:00Z"))))
	for i, c := range []struct {
		tx    keyaccount.Transaction
		kind  error
		field string
	}{
		{sale("", at(t, "2025-03-01T12:00:00Z")), keyaccount.ErrMissing, "Account"},
		{sale("A", time.Time{}), keyaccount.ErrMissing, "Time"},
		{sale("A", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)), keyaccount.ErrOutOfRange, "Time"},
		{sale("A", time.Date(-44, 3, 15, 0, 0, 0, 0, time.UTC)), keyaccount.ErrOutOfRange, "Time"},
		{sale("A", time.Unix(1<<62, 0)), keyaccount.ErrOutOfRange, "Time"},
	} {
		err := cal.Add(c.tx)
		var in *keyaccount.InputError
		require.ErrorAs(t, err, &in)
		assert.ErrorIs(t, err, c.kind)
		assert.Equal(t, c.field, in.Field)
		assert.Equal(t, i+2, in.Row)
	}
	assert.Equal(t, 1, cal.Len())

	_, err := cal.Accounts(at(t, "2025-02-28T23:59:59Z"))
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	assert.ErrorContains(t, err, `account "A" has a purchase after it, on 2025-03-01`)
	_, err = cal.Counts(at(t, "2025-02-28T23:59:59Z"))
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	_, err = cal.Accounts(time.Time{})
	assert.ErrorIs(t, err, keyaccount.ErrMissing)
	_, err = cal.Accounts(time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC))
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	_, err = NewCalibration(CalibrationOptions{Unit: 9}).Accounts(at(t, "2025-03-01T12:00:00Z"))
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	_, err = NewCalibration(CalibrationOptions{Unit: 9}).MarshalBinary()
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)

	assert.ErrorIs(t, cal.Merge(nil), keyaccount.ErrMissing)
	assert.ErrorIs(t, cal.Merge(NewCalibration(CalibrationOptions{Unit: Day})), keyaccount.ErrMismatch)
	assert.ErrorIs(t, cal.Merge(NewCalibration(CalibrationOptions{Location: shanghai})), keyaccount.ErrMismatch)

	empty, err := new(Calibration).Accounts(at(t, "2025-03-01T12:00:00Z"))
	require.NoError(t, err)
	assert.Empty(t, empty)
}

// The first and the last day that a state may hold.
func TestCalibrationDayRange(t *testing.T) {
	first, err := dayOf(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.UTC)
	require.Nil(t, err)
	assert.EqualValues(t, firstDay, first)
	last, err := dayOf(time.Date(9998, 12, 31, 23, 0, 0, 0, time.UTC), time.UTC)
	require.Nil(t, err)
	assert.EqualValues(t, lastDay, last)
	assert.Equal(t, "9998-12-31", dateOf(last))
}

func randomLog(r *rand.Rand, n int) []keyaccount.Transaction {
	log := make([]keyaccount.Transaction, n)
	for i := range log {
		log[i] = sale("A"+strconv.Itoa(r.IntN(6)), time.Unix(int64(r.IntN(40*secondsPerDay)), 0))
		log[i].Amount = decimal.New(r.Int64N(12)-2, int32(r.IntN(4)-2))
		if r.IntN(12) == 0 { // beyond millionths in an int64
			log[i].Amount = decimal.New(r.Int64N(1e10)-2e9, int32(r.IntN(20)-12))
		}
	}
	return log
}

func fold(t testing.TB, log []keyaccount.Transaction) *Calibration {
	t.Helper()
	cal := NewCalibration(CalibrationOptions{Location: shanghai})
	for _, tx := range log {
		require.NoError(t, cal.Add(tx))
	}
	return cal
}

func TestCalibrationIsACommutativeMonoid(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for range 300 {
		log := randomLog(r, r.IntN(60))
		whole := bytesOf(t, fold(t, log))
		r.Shuffle(len(log), func(i, j int) { log[i], log[j] = log[j], log[i] })
		i := r.IntN(len(log) + 1)
		j := i + r.IntN(len(log)-i+1)
		a, b, c := fold(t, log[:i]), fold(t, log[i:j]), fold(t, log[j:])

		left, right := fold(t, nil), fold(t, nil) // the identity on either side
		require.NoError(t, left.Merge(a))
		require.NoError(t, left.Merge(b))
		require.NoError(t, left.Merge(c))
		require.NoError(t, c.Merge(b))
		require.NoError(t, c.Merge(a))
		require.NoError(t, c.Merge(right))
		require.Equal(t, whole, bytesOf(t, left))
		require.Equal(t, whole, bytesOf(t, c))

		back := fold(t, nil)
		require.NoError(t, back.UnmarshalBinary(whole))
		require.Equal(t, whole, bytesOf(t, back))

		twice := fold(t, append(log, log...))
		require.NoError(t, c.Merge(c))
		require.Equal(t, bytesOf(t, twice), bytesOf(t, c), "itself")
	}
}

func TestMergedCalibrationsDoNotShareDays(t *testing.T) {
	a, b := new(Calibration), new(Calibration)
	require.NoError(t, b.Add(sale("A", at(t, "2025-03-01T12:00:00Z"))))
	require.NoError(t, a.Merge(b))
	before := bytesOf(t, b)
	for _, s := range []string{"2025-01-01T00:00:00Z", "2025-05-01T00:00:00Z"} {
		require.NoError(t, a.Add(sale("A", at(t, s))))
	}
	assert.Equal(t, before, bytesOf(t, b))
}

func bytesOf(t testing.TB, state interface{ MarshalBinary() ([]byte, error) }) []byte {
	t.Helper()
	b, err := state.MarshalBinary()
	require.NoError(t, err)
	return b
}

func TestCalibrationCodecRefuses(t *testing.T) {
	cal := fold(t, randomLog(rand.New(rand.NewPCG(5, 2)), 40))
	good := bytesOf(t, cal)
	for n := range good {
		err := fold(t, nil).UnmarshalBinary(good[:n])
		require.Error(t, err, "cut after %d bytes", n)
	}
	version := append([]byte{}, good...)
	version[1+len(calibrationForm.Schema)] = 3
	schema := append([]byte{}, good...)
	schema[3] ^= 1
	for _, c := range []struct {
		name string
		b    []byte
		into *Calibration
		want error
	}{
		{"another version", version, fold(t, nil), keyaccount.ErrVersion},
		{"another schema", schema, fold(t, nil), keyaccount.ErrVersion},
		{"trailing bytes", append(append([]byte{}, good...), 0), fold(t, nil), keyaccount.ErrMalformed},
		{"another zone", good, NewCalibration(CalibrationOptions{}), keyaccount.ErrMismatch},
		{"another unit", good, NewCalibration(CalibrationOptions{Unit: Day, Location: shanghai}), keyaccount.ErrMismatch},
	} {
		before := bytesOf(t, c.into)
		assert.ErrorIs(t, c.into.UnmarshalBinary(c.b), c.want, c.name)
		assert.Equal(t, before, bytesOf(t, c.into), "%s: unchanged after an error", c.name)
	}
}

func FuzzCalibrationDecode(f *testing.F) {
	f.Add(bytesOf(f, new(Calibration)))
	cal := new(Calibration)
	for i, s := range []string{"2025-03-01T12:00:00Z", "2025-05-01T12:00:00Z", "0001-01-01T12:00:00Z", "9998-12-31T00:00:00Z"} {
		require.NoError(f, cal.Add(sale("A"+strconv.Itoa(i/2), at(f, s))))
	}
	f.Add(bytesOf(f, cal))
	f.Add([]byte("\x1akeyaccount/clv.Calibration\x01\x04week\x03UTC\x01\x01A\x02\x09\x03")) // version 1
	require.NoError(f, cal.AddAll(randomLog(rand.New(rand.NewPCG(5, 6)), 60)))
	f.Add(bytesOf(f, cal))
	f.Fuzz(func(t *testing.T, b []byte) {
		var cal Calibration
		if cal.UnmarshalBinary(b) != nil {
			require.Zero(t, cal.Len())
			return
		}
		if b[1+len(calibrationForm.Schema)] == calibrationDays { // which is written no more
			b = bytesOf(t, &cal)
			require.NoError(t, cal.UnmarshalBinary(b))
		}
		require.Equal(t, b, bytesOf(t, &cal), "only the canonical form is read")
		accounts, err := cal.Accounts(time.Date(9998, 12, 31, 0, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		for _, a := range accounts {
			require.NoError(t, a.Validate())
		}
	})
}

func TestCalibrationAddDoesNotAllocateOnAKnownDay(t *testing.T) {
	cal := new(Calibration)
	tx := sale("A", time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC))
	require.NoError(t, cal.Add(tx))
	assert.Zero(t, testing.AllocsPerRun(100, func() { _ = cal.Add(tx) }))
}
