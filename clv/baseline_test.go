package clv

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// Gupta and Lehmann (2003): at a retention of 80 % and a discount of 12 % the
// multiple of the margin is r/(1+i-r) = 2.5; their table 1 prints 2.50, and 4.09
// at 90 %.
func TestRetentionMargin(t *testing.T) {
	value := func(r RetentionMargin) float64 {
		v, err := r.Value()
		require.NoError(t, err)
		return v
	}
	assert.InDelta(t, 2.50, value(RetentionMargin{Margin: 1, Retention: .8, Discount: .12}), 1e-12)
	assert.InDelta(t, 4.09, value(RetentionMargin{Margin: 1, Retention: .9, Discount: .12}), .005)
	assert.InDelta(t, 3.50, value(RetentionMargin{Margin: 1, Retention: .8, Discount: .12, First: true}), 1e-12)
	for _, r := range []RetentionMargin{
		{Margin: 100, Retention: .7, Discount: .1, Growth: .05, Periods: 7},
		{Margin: 100, Retention: 1, Discount: .1, Growth: .1, Periods: 7},
		{Margin: -3, Retention: .99, Discount: -.2, Periods: 30, First: true},
		{Margin: 3, Periods: 4},
	} {
		var sum float64
		if r.First {
			sum = r.Margin
		}
		for k := 1; k <= r.Periods; k++ {
			sum += r.Margin * math.Pow(r.Retention, float64(k)) * math.Pow(1+r.Growth, float64(k-1)) / math.Pow(1+r.Discount, float64(k))
		}
		assert.InDelta(t, sum, value(r), 1e-11*(1+math.Abs(sum)), "%+v", r)
	}
	for _, r := range []RetentionMargin{
		{Margin: 1, Retention: 1.1, Discount: .1},
		{Margin: 1, Retention: .9, Discount: -1},
		{Margin: math.NaN(), Retention: .9, Discount: .1},
		{Margin: 1, Retention: .9, Discount: .1, Growth: -1},
		{Margin: 1, Retention: .9, Discount: .1, Periods: -1},
		{Margin: 1, Retention: 1},
		{Margin: 1, Retention: .9, Growth: .2},
		{Margin: math.MaxFloat64, Retention: 1, Periods: 9},
	} {
		_, err := r.Value()
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange, "%+v", r)
	}
}

func TestHistoricValue(t *testing.T) {
	tx := func(day int, amount string) keyaccount.Transaction {
		return keyaccount.Transaction{Account: "A", Currency: "EUR", Time: newYear.AddDate(0, 0, day), Amount: dec(amount)}
	}
	v, err := HistoricValue([]keyaccount.Transaction{tx(0, "0.10"), tx(3, "0.20"), tx(5, "-0.05"), tx(9, "1000")}, dec("0.5"), newYear.AddDate(0, 0, 5))
	require.NoError(t, err)
	assert.Equal(t, "0.125", v.String())
	v, err = HistoricValue(nil, dec("1"), newYear)
	require.NoError(t, err)
	assert.True(t, v.IsZero())
	other, dollars, bad := tx(1, "1"), tx(1, "1"), tx(1, "1")
	other.Account, dollars.Currency, bad.Time = "B", "USD", time.Time{}
	for _, c := range []struct {
		tx   keyaccount.Transaction
		kind error
	}{{other, keyaccount.ErrMismatch}, {dollars, keyaccount.ErrMixedCurrency}, {bad, keyaccount.ErrMissing}} {
		_, err := HistoricValue([]keyaccount.Transaction{tx(0, "1"), c.tx}, dec("1"), newYear)
		var in *keyaccount.InputError
		require.ErrorAs(t, err, &in)
		assert.ErrorIs(t, err, c.kind)
		assert.Equal(t, 2, in.Row)
	}
}

func TestCohortValue(t *testing.T) {
	v, err := CohortValue([]CohortPeriod{{100, dec("5000")}, {100, dec("2200")}, {60, dec("900")}}, .4, .1)
	require.NoError(t, err)
	assert.InDelta(t, .4*(50+22/1.1+15/1.21), v, 1e-12)
	for _, err := range []error{
		second(CohortValue([]CohortPeriod{{0, dec("1")}}, .4, .1)),
		second(CohortValue(nil, 1.4, .1)),
		second(CohortValue(nil, .4, -1)),
	} {
		assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	}
}

func second(_ float64, err error) error { return err }
