package clv

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// FuzzCalibrationSplit: hostile lines and cuts give an error, or a sample that
// is finite, keeps every purchase and is the same from its saved form.
func FuzzCalibrationSplit(f *testing.F) {
	f.Add("A", int64(1735689600), int64(1999), int32(-2), "A", int64(1738368000), int64(-99), int32(-2), int64(1736000000), int64(1740000000), uint8(0))
	f.Add("", int64(-62135596800), int64(1<<62), int32(-300), "\x00", int64(253370764799), int64(1), int32(17), int64(-1), int64(253370764799), uint8(255))
	f.Fuzz(func(t *testing.T, idA string, atA, amountA int64, expA int32, idB string, atB, amountB int64, expB int32, end, holdout int64, policy uint8) {
		lines := []keyaccount.Transaction{
			{Account: idA, Time: time.Unix(atA, 0), Amount: decimal.New(amountA, expA)},
			{Account: idB, Time: time.Unix(atB, 0), Amount: decimal.New(amountB, expB)},
			{Account: idA, Time: time.Unix(atB, 0), Amount: decimal.New(amountB, expA)},
			{Account: idB, Time: time.Unix(atA, 0), Amount: decimal.New(amountA, expB)},
		}
		cal := new(Calibration)
		added := 0
		for _, tx := range lines {
			if cal.Add(tx) == nil {
				added++
			}
		}
		back := new(Calibration)
		require.NoError(t, back.UnmarshalBinary(bytesOf(t, cal)))
		require.Equal(t, bytesOf(t, cal), bytesOf(t, back))
		sample, err := back.Split(Split{
			End: time.Unix(end, 0), HoldoutEnd: time.Unix(holdout, 0),
			Earlier: Earlier(policy & 1), FirstOrder: FirstOrder(policy >> 1 & 1), Returns: ReturnsPolicy(policy >> 2 & 1),
		})
		if err != nil {
			return
		}
		_, err = json.Marshal(sample) // refuses NaN and infinities
		require.NoError(t, err)
		require.Equal(t, cal.Len(), len(sample.Accounts)+len(sample.Born))
		orders := 0
		for _, a := range sample.Accounts {
			require.NoError(t, a.Validate())
			orders += 1 + a.Frequency + a.Later.Orders
		}
		for _, a := range sample.Born {
			require.NoError(t, a.Validate())
			orders += 1 + a.Frequency
		}
		require.LessOrEqual(t, orders, added)
		_, err = sample.Counts()
		require.NoError(t, err)
	})
}
