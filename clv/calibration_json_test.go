package clv

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

const calibrationText = `{"schema":"keyaccount/clv.Calibration","version":2,"unit":"week","location":"Asia/Shanghai",` +
	`"accounts":[{"id":"A","orders":[{"day":"2025-03-01","value":"100"},{"day":"2025-03-10","value":"100"}]},` +
	`{"id":"客户 \u003c1\u003e","orders":[{"day":"0001-01-01","value":"100"},{"day":"9998-12-31","value":"100"}]}]}`

const calibrationTextOfDays = `{"schema":"keyaccount/clv.Calibration","version":1,"unit":"week","location":"Asia/Shanghai",` +
	`"accounts":[{"id":"A","days":["2025-03-01","2025-03-10"]},{"id":"客户 \u003c1\u003e","days":["0001-01-01","9998-12-31"]}]}`

func calibrationOfText(t testing.TB) *Calibration {
	t.Helper()
	cal := fold(t, nil)
	for _, tx := range []keyaccount.Transaction{
		sale("客户 <1>", time.Date(9998, 12, 31, 23, 0, 0, 0, shanghai)),
		sale("A", at(t, "2025-03-10T01:00:00Z")),
		sale("客户 <1>", time.Date(1, 1, 1, 0, 0, 0, 0, shanghai)),
		sale("A", at(t, "2025-02-28T16:00:00Z")), // the next day in Shanghai
	} {
		require.NoError(t, cal.Add(tx))
	}
	return cal
}

func TestCalibrationJSON(t *testing.T) {
	cal := calibrationOfText(t)
	for _, v := range []any{cal, *cal} {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		assert.Equal(t, calibrationText, string(b))
	}
	back := fold(t, nil)
	require.NoError(t, json.Unmarshal([]byte(calibrationText), back))
	assert.Equal(t, bytesOf(t, cal), bytesOf(t, back))
	require.NoError(t, back.Add(sale("A", at(t, "2025-03-11T01:00:00Z"))), "it goes on")
	assert.Equal(t, 2, back.Len())

	b, err := json.Marshal(new(Calibration))
	require.NoError(t, err)
	assert.Equal(t, `{"schema":"keyaccount/clv.Calibration","version":2,"unit":"week","location":"UTC","accounts":[]}`, string(b))
	full := NewCalibration(CalibrationOptions{})
	require.NoError(t, full.Add(sale("A", at(t, "2025-03-11T01:00:00Z"))))
	require.NoError(t, json.Unmarshal(b, full))
	assert.Zero(t, full.Len(), "reading replaces")
}

func TestCalibrationJSONIsCanonical(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	for range 200 {
		log := randomLog(r, r.IntN(60))
		whole, err := json.Marshal(fold(t, log))
		require.NoError(t, err)
		r.Shuffle(len(log), func(i, j int) { log[i], log[j] = log[j], log[i] })
		cut := r.IntN(len(log) + 1)
		a, b := fold(t, log[:cut]), fold(t, log[cut:])
		require.NoError(t, b.Merge(a))
		again, err := json.Marshal(b)
		require.NoError(t, err)
		require.Equal(t, string(whole), string(again))

		back := fold(t, nil)
		require.NoError(t, json.Unmarshal(whole, back))
		require.Equal(t, bytesOf(t, b), bytesOf(t, back), "the two forms hold the same")
	}
}

func TestCalibrationJSONRefuses(t *testing.T) {
	swap := func(old, with string) string { // in version 1, which is still read
		require.Equal(t, 1, strings.Count(calibrationTextOfDays, old), old)
		return strings.Replace(calibrationTextOfDays, old, with, 1)
	}
	swap2 := func(old, with string) string {
		require.GreaterOrEqual(t, strings.Count(calibrationText, old), 1, old)
		return strings.Replace(calibrationText, old, with, 1)
	}
	for _, c := range []struct {
		name, text string
		kind       error
		field      string
		row        int
	}{
		{"another schema", swap("clv.Calibration", "clv.Counts"), keyaccount.ErrVersion, "Schema", 0},
		{"no schema", `{}`, keyaccount.ErrVersion, "Schema", 0},
		{"null", `null`, keyaccount.ErrVersion, "Schema", 0},
		{"another version", swap(`"version":1`, `"version":3,"news":[]`), keyaccount.ErrVersion, "Version", 0},
		{"unknown field", swap(`"version":1`, `"version":1,"news":[]`), keyaccount.ErrMalformed, "Calibration", 0},
		{"unknown field of an account", swap(`"id":"A"`, `"id":"A","name":"Acme"`), keyaccount.ErrMalformed, "Calibration", 0},
		{"no object", `[]`, keyaccount.ErrMalformed, "Calibration", 0},
		{"no unit", swap(`"unit":"week",`, ``), keyaccount.ErrMalformed, "Unit", 0},
		{"another unit", swap(`"week"`, `"day"`), keyaccount.ErrMismatch, "Unit", 0},
		{"no location", swap(`"location":"Asia/Shanghai",`, ``), keyaccount.ErrMismatch, "Location", 0},
		{"another location", swap(`Asia/Shanghai`, `UTC`), keyaccount.ErrMismatch, "Location", 0},
		{"no accounts", calibrationTextOfDays[:strings.Index(calibrationTextOfDays, `,"accounts"`)] + "}", keyaccount.ErrMissing, "Accounts", 0},
		{"no id", swap(`"id":"A",`, ``), keyaccount.ErrMalformed, "ID", 1},
		{"ids not in order", swap(`"id":"A"`, `"id":"龙"`), keyaccount.ErrMalformed, "ID", 2},
		{"an id twice", swap(`客户 \u003c1\u003e`, `A`), keyaccount.ErrMalformed, "ID", 2},
		{"no days", swap(`["2025-03-01","2025-03-10"]`, `[]`), keyaccount.ErrMissing, "Days", 1},
		{"a day twice", swap(`2025-03-10`, `2025-03-01`), keyaccount.ErrMalformed, "Days", 1},
		{"days not in order", swap(`2025-03-10`, `2025-02-28`), keyaccount.ErrMalformed, "Days", 1},
		{"no such day", swap(`2025-03-10`, `2025-02-30`), keyaccount.ErrMalformed, "Days", 1},
		{"a negative order", swap2(`"100"`, `"-100"`), keyaccount.ErrMalformed, "Value", 1},
		{"a positive return", swap2(`"orders"`, `"returns"`), keyaccount.ErrMalformed, "Value", 1},
		{"no number", swap2(`"100"`, `"1.0.0"`), keyaccount.ErrMalformed, "Value", 1},
		{"a number without end", swap2(`"100"`, `"1e999999"`), keyaccount.ErrMalformed, "Value", 1},
		{"no value", swap2(`,"value":"100"`, ``), keyaccount.ErrMalformed, "Value", 0},
		{"orders in version 1", swap2(`"version":2`, `"version":1`), keyaccount.ErrMalformed, "Orders", 1},
		{"days in version 2", swap(`"version":1`, `"version":2`), keyaccount.ErrMalformed, "Days", 1},
		{"version 1 marked", swap(`"accounts"`, `"unpriced":true,"accounts"`), keyaccount.ErrMalformed, "Unpriced", 0},
		{"a currency of nothing", swap(`"accounts"`, `"currency":"EUR","accounts"`), keyaccount.ErrMalformed, "Currency", 0},
		{"an instant", swap(`2025-03-10`, `2025-03-10T00:00:00Z`), keyaccount.ErrMalformed, "Days", 1},
		{"year 0", swap(`0001-01-01`, `0000-12-31`), keyaccount.ErrOutOfRange, "Days", 2},
		{"year 9999", swap(`9998-12-31`, `9999-01-01`), keyaccount.ErrOutOfRange, "Days", 2},
	} {
		into := fold(t, randomLog(rand.New(rand.NewPCG(5, 4)), 20))
		before := bytesOf(t, into)
		err := json.Unmarshal([]byte(c.text), into)
		require.ErrorIs(t, err, c.kind, c.name)
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad, c.name)
		assert.Equal(t, c.field, bad.Field, c.name)
		assert.Equal(t, c.row, bad.Row, c.name)
		assert.NotEmpty(t, bad.Reason, c.name)
		assert.Equal(t, before, bytesOf(t, into), "%s: unchanged after an error", c.name)
	}
	for n := range calibrationText {
		require.ErrorIs(t, fold(t, nil).UnmarshalJSON([]byte(calibrationText[:n])), keyaccount.ErrMalformed, "cut after %d bytes", n)
	}
	require.ErrorIs(t, fold(t, nil).UnmarshalJSON([]byte(calibrationText+"{}")), keyaccount.ErrMalformed)

	binary := new(Calibration)
	require.NoError(t, binary.Add(sale("\xff", at(t, "2025-03-11T01:00:00Z"))))
	_, err := json.Marshal(binary)
	require.ErrorIs(t, err, keyaccount.ErrMalformed, "two such ids would be one")
	_, err = json.Marshal(NewCalibration(CalibrationOptions{Unit: 9}))
	require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
}

// FuzzCalibrationJSON: what is read is a valid state with one form.
func FuzzCalibrationJSON(f *testing.F) {
	f.Add([]byte(calibrationText))
	f.Add([]byte(calibrationTextOfDays))
	f.Add([]byte(strings.Replace(calibrationText, "9998-12-31", "0001-01-02", 1)))
	f.Add([]byte(strings.Replace(calibrationText, `"100"`, `"9e12"`, 1)))
	f.Add([]byte(strings.Replace(calibrationText, `"100"}]`, `"1e-7"}],"returns":[{"day":"2025-03-02","value":"-0.5"}]`, 1)))
	f.Add([]byte(`{"schema":"keyaccount/clv.Calibration","version":1,"unit":"week","location":"Asia/Shanghai","accounts":[]}`))
	f.Add([]byte(`{"schema":"keyaccount/clv.Calibration","version":1e0,"unit":null,"accounts":[{"id":"\ud800","days":[""]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		cal := fold(t, nil)
		if err := cal.UnmarshalJSON(b); err != nil {
			var bad *keyaccount.InputError
			require.ErrorAs(t, err, &bad)
			require.Zero(t, cal.Len())
			return
		}
		text, err := json.Marshal(cal)
		require.NoError(t, err)
		fromText, fromBinary := fold(t, nil), fold(t, nil)
		require.NoError(t, json.Unmarshal(text, fromText))
		require.NoError(t, fromBinary.UnmarshalBinary(bytesOf(t, cal)))
		require.Equal(t, bytesOf(t, cal), bytesOf(t, fromText))
		require.Equal(t, bytesOf(t, cal), bytesOf(t, fromBinary))
		accounts, err := cal.Accounts(time.Date(9998, 12, 31, 0, 0, 0, 0, shanghai))
		require.NoError(t, err)
		for _, a := range accounts {
			require.NoError(t, a.Validate())
		}
	})
}
