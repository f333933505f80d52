package clv

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

var impossible = []struct {
	name  string
	field string
	History
}{
	{"negative frequency", "Frequency", History{-1, 0, 5}},
	{"absurd frequency", "Frequency", History{next(maxFrequency), 1, 5}},
	{"NaN recency", "Recency", History{1, math.NaN(), 5}},
	{"negative recency", "Recency", History{1, -1, 5}},
	{"NaN age", "Age", History{0, 0, math.NaN()}},
	{"infinite age", "Age", History{0, 0, math.Inf(1)}},
	{"negative age", "Age", History{0, 0, -1}},
	{"last purchase after the end", "Recency", History{2, 6, 5}},
	{"repeat purchases at time 0", "Recency", History{2, 0, 5}},
	{"recency without a repeat purchase", "Recency", History{0, 3, 5}},
	{"repeat purchase at age 0", "Recency", History{1, 0, 0}},
}

// next is negative where an int has 32 bits.
func next(n int) int { return n + 1 }

func TestHistoryValidate(t *testing.T) {
	for _, c := range impossible {
		err := c.Validate()
		var in *keyaccount.InputError
		require.ErrorAs(t, err, &in, c.name)
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange, c.name)
		assert.Equal(t, c.field, in.Field, c.name)
		assert.NotEmpty(t, in.Value, c.name)
		assert.NotEmpty(t, in.Reason, c.name)
		assert.False(t, c.usable(), c.name)
	}
	for _, h := range []History{{}, {0, 0, 1e-9}, {0, math.Copysign(0, -1), 3}, {1, 5, 5}, {maxFrequency, 1, math.MaxFloat64}} {
		assert.NoError(t, h.Validate())
		assert.True(t, h.usable())
	}
}

func TestHistoryJSON(t *testing.T) {
	b, err := json.Marshal(AccountHistory{ID: "ACME", History: History{7, 30.5, 38.875}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"id":"ACME","frequency":7,"recency":30.5,"age":38.875}`, string(b))
}

func TestUnitAndStatusText(t *testing.T) {
	for u, days := range map[Unit]float64{Week: 7, Day: 1, Year: 365.25} {
		text, err := u.MarshalText()
		require.NoError(t, err)
		assert.Equal(t, u.String(), string(text))
		var back Unit
		require.NoError(t, back.UnmarshalText(text))
		assert.Equal(t, u, back)
		assert.Equal(t, days, u.Days())
	}
	for _, s := range []Status{Converged, Weak} {
		text, err := s.MarshalText()
		require.NoError(t, err)
		var back Status
		require.NoError(t, back.UnmarshalText(text))
		assert.Equal(t, s, back)
		assert.Equal(t, s.String(), string(text))
	}
	for _, bad := range []int{-1, 3} {
		_, err := Unit(bad).MarshalText()
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
		assert.Zero(t, Unit(bad).Days())
		_, err = Status(bad).MarshalText()
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
	var u Unit
	assert.ErrorIs(t, u.UnmarshalText([]byte("fortnight")), keyaccount.ErrMalformed)
	var s Status
	assert.ErrorIs(t, s.UnmarshalText(nil), keyaccount.ErrMalformed)
	assert.Equal(t, "Unit(9) Status(-2)", Unit(9).String()+" "+Status(-2).String())
}
