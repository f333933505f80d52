package keyaccount

import (
	"encoding/json"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The table of java.math.RoundingMode, for rounding to whole numbers.
func TestRoundingTable(t *testing.T) {
	inputs := []string{"5.5", "2.5", "1.6", "1.1", "1.0", "-1.0", "-1.1", "-1.6", "-2.5", "-5.5"}
	for r, want := range map[Rounding][]int64{
		Up:       {6, 3, 2, 2, 1, -1, -2, -2, -3, -6},
		Down:     {5, 2, 1, 1, 1, -1, -1, -1, -2, -5},
		Ceiling:  {6, 3, 2, 2, 1, -1, -1, -1, -2, -5},
		Floor:    {5, 2, 1, 1, 1, -1, -2, -2, -3, -6},
		HalfUp:   {6, 3, 2, 1, 1, -1, -1, -2, -3, -6},
		HalfDown: {5, 2, 2, 1, 1, -1, -1, -2, -2, -5},
		HalfEven: {6, 2, 2, 1, 1, -1, -1, -2, -2, -6},
	} {
		for i, in := range inputs {
			d, whole := decimal.RequireFromString(in), decimal.New(want[i], 0)
			for _, unit := range []string{"1", "0.01", "0.05", "1000", "0.3"} {
				u := decimal.RequireFromString(unit)
				assert.True(t, whole.Mul(u).Equal(r.Round(d.Mul(u), u)), "%v of %s units of %s", r, in, unit)
				assert.True(t, whole.Mul(u).Equal(r.Round(d.Mul(u), u.Neg())), "%v of %s units of -%s", r, in, unit)
			}
		}
	}
	d := decimal.RequireFromString
	assert.Equal(t, "0.13", HalfDown.Round(d("0.1250000000000000000000000001"), d("0.01")).String())
	assert.Equal(t, "2", Rounding(99).Round(d("2.5"), d("1")).String())
	assert.Equal(t, "2.567", HalfEven.Round(d("2.567"), d("0")).String())
	assert.Equal(t, "-7.35", HalfUp.Round(d("-7.325"), d("0.05")).String())
	assert.Equal(t, "-7.3", HalfEven.Round(d("-7.325"), d("0.1")).String())
}

func TestRoundingByName(t *testing.T) {
	for r := HalfEven; r <= Floor; r++ {
		text, err := json.Marshal(r)
		require.NoError(t, err)
		var back Rounding
		require.NoError(t, json.Unmarshal(text, &back))
		assert.Equal(t, r, back)
		require.NoError(t, r.Validate())
	}
	assert.Equal(t, "half_even", Rounding(0).String())
	assert.ErrorIs(t, Rounding(7).Validate(), ErrOutOfRange)
	_, err := json.Marshal(Rounding(-1))
	assert.ErrorIs(t, err, ErrOutOfRange)
	assert.Equal(t, "Rounding(-1)", Rounding(-1).String())
	var r Rounding
	assert.ErrorIs(t, json.Unmarshal([]byte(`"bankers"`), &r), ErrMalformed)
}
