package pricing

import (
	"encoding/json"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func bound(s string) decimal.NullDecimal { return decimal.NewNullDecimal(dec(s)) }

func upTo(quantity string, unit decimal.Decimal) Tier { return Tier{UpTo: bound(quantity), Unit: unit} }

// fonts is Stripe's example: 7, 6.50 and 6 for up to 5, up to 10, and more.
func fonts(m Mode) Ladder {
	return Ladder{Mode: m, Tiers: []Tier{upTo("5", dec("7.00")), upTo("10", dec("6.50")), {Unit: dec("6.00")}}}
}

func TestValidateAcceptsWhatHasAPrice(t *testing.T) {
	for _, l := range []Ladder{
		fonts(Graduated),
		fonts(Volume),
		{Mode: Volume, Tiers: []Tier{{}}}, // free
		{Mode: Package, PackageSize: dec("0.5"), Tiers: []Tier{upTo("2.5", dec("1")), {Unit: dec("2")}}},
		{Mode: Graduated, Tiers: []Tier{upTo("5", dec("0")), {Unit: dec("2")}}}, // a free allowance
	} {
		assert.NoError(t, l.Validate(), "%+v", l)
	}
}

func TestValidateNamesTierAndField(t *testing.T) {
	huge := decimal.New(1, 999_999_999)
	for _, c := range []struct {
		name   string
		ladder Ladder
		kind   error
		row    int
		field  string
	}{
		{"no mode", Ladder{Tiers: []Tier{{}}}, keyaccount.ErrMissing, 0, "Mode"},
		{"unknown mode", Ladder{Mode: "slab", Tiers: []Tier{{}}}, keyaccount.ErrMalformed, 0, "Mode"},
		{"no tiers", Ladder{Mode: Volume}, keyaccount.ErrMissing, 0, "Tiers"},
		{"no package size", Ladder{Mode: Package, Tiers: []Tier{{}}}, keyaccount.ErrMissing, 0, "PackageSize"},
		{"negative package size", Ladder{Mode: Package, PackageSize: dec("-1"), Tiers: []Tier{{}}}, keyaccount.ErrOutOfRange, 0, "PackageSize"},
		{"huge package size", Ladder{Mode: Package, PackageSize: huge, Tiers: []Tier{{}}}, keyaccount.ErrOutOfRange, 0, "PackageSize"},
		{"package size of no use", Ladder{Mode: Volume, PackageSize: dec("10"), Tiers: []Tier{{}}}, keyaccount.ErrOutOfRange, 0, "PackageSize"},
		{"last tier bounded", Ladder{Mode: Volume, Tiers: []Tier{upTo("5", dec("1"))}}, keyaccount.ErrOutOfRange, 1, "UpTo"},
		{"unbounded in the middle", Ladder{Mode: Volume, Tiers: []Tier{{}, {}}}, keyaccount.ErrMissing, 1, "UpTo"},
		{"falling bounds", Ladder{Mode: Volume, Tiers: []Tier{upTo("5", dec("1")), upTo("4", dec("1")), {}}}, keyaccount.ErrOutOfRange, 2, "UpTo"},
		{"same bound twice", Ladder{Mode: Volume, Tiers: []Tier{upTo("5", dec("1")), upTo("5.0", dec("1")), {}}}, keyaccount.ErrDuplicate, 2, "UpTo"},
		{"zero bound", Ladder{Mode: Volume, Tiers: []Tier{upTo("0", dec("1")), {}}}, keyaccount.ErrOutOfRange, 1, "UpTo"},
		{"negative bound", Ladder{Mode: Volume, Tiers: []Tier{upTo("-5", dec("1")), {}}}, keyaccount.ErrOutOfRange, 1, "UpTo"},
		{"huge bound", Ladder{Mode: Volume, Tiers: []Tier{{UpTo: decimal.NewNullDecimal(huge)}, {}}}, keyaccount.ErrOutOfRange, 1, "UpTo"},
		{"negative unit", Ladder{Mode: Volume, Tiers: []Tier{{Unit: dec("-0.01")}}}, keyaccount.ErrOutOfRange, 1, "Unit"},
		{"negative flat", Ladder{Mode: Volume, Tiers: []Tier{{Flat: dec("-0.01")}}}, keyaccount.ErrOutOfRange, 1, "Flat"},
		{"huge unit", Ladder{Mode: Volume, NoRise: true, Tiers: []Tier{{Unit: huge}}}, keyaccount.ErrOutOfRange, 1, "Unit"},
		{"tiny flat", Ladder{Mode: Volume, Tiers: []Tier{{Flat: decimal.New(1, -999_999_999)}}}, keyaccount.ErrOutOfRange, 1, "Flat"},
		{"dearer break", Ladder{Mode: Volume, NoRise: true, Tiers: []Tier{upTo("99", dec("39.99")), {Unit: dec("440.00")}}}, keyaccount.ErrOutOfRange, 2, "Unit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.ladder.Validate()
			require.ErrorIs(t, err, c.kind)
			var bad *keyaccount.InputError
			require.ErrorAs(t, err, &bad)
			assert.Equal(t, c.row, bad.Row)
			assert.Equal(t, c.field, bad.Field)
			assert.NotEmpty(t, bad.Reason)

			_, err = c.ladder.Price(dec("3"))
			require.ErrorIs(t, err, c.kind, "a ladder that does not validate has no price")
			_, err = c.ladder.Inversions(dec("1"))
			require.ErrorIs(t, err, c.kind)
		})
	}
}

func TestValidateReportsAllAtOnce(t *testing.T) {
	err := Ladder{Mode: "slab", Tiers: []Tier{
		{UpTo: bound("5"), Unit: dec("-1"), Flat: dec("-2")}, upTo("3", dec("1")), upTo("9", dec("1")),
	}}.Validate()
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	assert.Len(t, joined.Unwrap(), 5, "%v", err)
}

func TestJSONRoundTrip(t *testing.T) {
	for _, text := range []string{
		`{"mode":"graduated","tiers":[{"up_to":"5","unit":"7","flat":"0"},{"up_to":null,"unit":"6.5","flat":"2"}]}`,
		`{"mode":"volume","charge_flat_at_zero":true,"no_rise":true,"tiers":[{"up_to":null,"unit":"1","flat":"0"}]}`,
		`{"mode":"package","package_size":"10","tiers":[{"up_to":null,"unit":"100","flat":"0"}]}`,
	} {
		var l Ladder
		require.NoError(t, json.Unmarshal([]byte(text), &l))
		b, err := json.Marshal(l)
		require.NoError(t, err)
		assert.JSONEq(t, text, string(b))
		var back Ladder
		require.NoError(t, json.Unmarshal(b, &back))
		assert.Equal(t, l, back)
	}
}

func TestJSONNumbersKeepTheirDigits(t *testing.T) {
	var l Ladder
	require.NoError(t, json.Unmarshal([]byte(`{"mode":"volume","tiers":[{"up_to":100,"unit":0.10000000000000000001},{"unit":1e-3}]}`), &l))
	assert.Equal(t, "0.10000000000000000001", l.Tiers[0].Unit.String())
	assert.Equal(t, "0.001", l.Tiers[1].Unit.String())
	assert.False(t, l.Tiers[1].UpTo.Valid)
	assert.True(t, l.Tiers[1].Flat.IsZero())
}

func TestJSONRefusesHostileNumbers(t *testing.T) {
	for _, c := range []struct {
		text, field string
		row         int
	}{
		{`{"mode":"volume","tiers":[{"unit":"1"},{"up_to":"1e999999999"}]}`, "UpTo", 2},
		{`{"mode":"volume","tiers":[{"unit":1e999999999}]}`, "Unit", 1},
		{`{"mode":"volume","tiers":[{"flat":"1e-9999"}]}`, "Flat", 1},
		{`{"mode":"volume","tiers":[{"flat":"two"}]}`, "Flat", 1},
		{`{"mode":"volume","tiers":[{"unit":""}]}`, "Unit", 1},
		{`{"mode":"volume","tiers":[{"unit":true}]}`, "Unit", 1},
		{`{"mode":"package","package_size":"1e5000"}`, "PackageSize", 0},
	} {
		l := fonts(Volume)
		err := json.Unmarshal([]byte(c.text), &l)
		require.ErrorIs(t, err, keyaccount.ErrMalformed, c.text)
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad)
		assert.Equal(t, c.field, bad.Field)
		assert.Equal(t, c.row, bad.Row)
		assert.Equal(t, fonts(Volume), l, "left unchanged")
	}
}

// A misspelt field would be read as a price of 0.
func TestJSONIsReadStrictly(t *testing.T) {
	for _, c := range []struct {
		text         string
		kind         error
		field, value string
		row          int
	}{
		{`{"mode":"volume","tiers":[{"up_to":"5","unit":"7"},{"unitt":"6.50"}]}`, keyaccount.ErrMalformed, "Tier", "unitt", 2},
		{`{"mode":"volume","tiers":[{"unitt":"6.50","flat":"1"}]}`, keyaccount.ErrMalformed, "Tier", "unitt", 1},
		{`{"mode":"volume","tiers":[{"Unit":"6.50","flat":"1"}]}`, keyaccount.ErrMalformed, "Tier", "Unit", 1},
		{`{"mode":"volume","tiers":[{"unit":"6.50","unit":"0"}]}`, keyaccount.ErrMalformed, "Tier", "unit", 1},
		{`{"mode":"volume","tier":[{"unit":"6.50"}]}`, keyaccount.ErrMalformed, "Ladder", "tier", 0},
		{`{"mode":"volume","mode":"graduated","tiers":[{"unit":"6.50"}]}`, keyaccount.ErrMalformed, "Ladder", "mode", 0},
		{`{"mode":"volume","tiers":[null]}`, keyaccount.ErrMalformed, "Tier", "null", 1},
		{`{"mode":"volume","tiers":[6.50]}`, keyaccount.ErrMalformed, "Tier", "6.50", 1},
		{`{"mode":"volume","tiers":{"unit":"6.50"}}`, keyaccount.ErrMalformed, "Tiers", `{"unit":"6.50"}`, 0},
		{`{"mode":3}`, keyaccount.ErrMalformed, "Mode", "3", 0},
		{`{"no_rise":"yes"}`, keyaccount.ErrMalformed, "NoRise", `"yes"`, 0},
		{`{"charge_flat_at_zero":1}`, keyaccount.ErrMalformed, "ChargeFlatAtZero", "1", 0},
		{`[]`, keyaccount.ErrMalformed, "Ladder", "[]", 0},
		{`{"mode":"volume","tiers":[{"up_to":"5","unit":"7"},{}]}`, keyaccount.ErrMissing, "Unit", "", 2},
		{`{"mode":"volume","tiers":[{"up_to":"5"},{"unit":"7"}]}`, keyaccount.ErrMissing, "Unit", "", 1},
		{`{"mode":"volume","tiers":[{"unit":null,"flat":null}]}`, keyaccount.ErrMissing, "Unit", "", 1},
	} {
		l := fonts(Volume)
		err := json.Unmarshal([]byte(c.text), &l)
		require.ErrorIs(t, err, c.kind, c.text)
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad, c.text)
		assert.Equal(t, c.field, bad.Field, c.text)
		assert.Equal(t, c.value, bad.Value, c.text)
		assert.Equal(t, c.row, bad.Row, c.text)
		assert.NotEmpty(t, bad.Reason)
		assert.Equal(t, fonts(Volume), l, "left unchanged")
	}

	// Called without encoding/json in front, which checks the syntax itself.
	for _, text := range []string{
		``, `{`, `{"mode"`, `{"mode":`, `{"mode":"volume"`, `{"mode":"volume",}`, `{"mode":"volume"}]`,
		`{"mode":"volume","tiers":[{"unit":"1"}]} {}`, `{"package_size":"`,
	} {
		l := fonts(Volume)
		require.ErrorIs(t, l.UnmarshalJSON([]byte(text)), keyaccount.ErrMalformed, text)
		assert.Equal(t, fonts(Volume), l, "left unchanged")
	}

	var l Ladder
	require.NoError(t, json.Unmarshal([]byte(`{"mode":"volume","tiers":[{"up_to":"5","unit":"0"},{"flat":2}]}`), &l))
	require.NoError(t, l.Validate(), "free on purpose, and a fee alone")
	before := l
	require.NoError(t, json.Unmarshal([]byte(`null`), &l))
	assert.Equal(t, before, l, "null changes nothing")
}

// FuzzLadderJSON: whatever parses is refused or priced, and comes back equal.
func FuzzLadderJSON(f *testing.F) {
	f.Add([]byte(`{"mode":"graduated","tiers":[{"up_to":"5","unit":"7"},{"unit":6.5,"flat":"2"}]}`), "7")
	f.Add([]byte(`{"mode":"package","package_size":"1e-4000","tiers":[{"unit":"1e4000"}]}`), "1e4000")
	f.Add([]byte(`{"mode":"volume","tiers":[{"up_to":1e999999999,"unit":"x"}]}`), "0")
	f.Fuzz(func(t *testing.T, b []byte, quantity string) {
		var l Ladder
		if json.Unmarshal(b, &l) != nil {
			return
		}
		q, err := decimal.NewFromString(quantity)
		if err != nil {
			return
		}
		price, err := l.Price(q)
		if err != nil {
			var bad *keyaccount.InputError
			require.ErrorAs(t, err, &bad)
			return
		}
		checkSum(t, price)
		_ = price.Explain("zh")
		_, err = l.Inversions(decimal.New(1, 0))
		require.NoError(t, err)
		again, err := json.Marshal(l)
		require.NoError(t, err)
		var back Ladder
		require.NoError(t, json.Unmarshal(again, &back))
		same, err := back.Price(q)
		require.NoError(t, err)
		require.True(t, same.Total.Equal(price.Total))
	})
}
