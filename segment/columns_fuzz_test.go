package segment

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// FuzzColumns: whatever the columns hold, they are refused by Add and by
// FoldColumns, or summed by both to the same bytes.
func FuzzColumns(f *testing.F) {
	f.Add([]byte("a mixture of rows that the fuzzer makes up as it goes along"), int32(2), int64(0), true)
	f.Add([]byte("0800000000000"), int32(2), int64(51), true) // a long text, then a short one
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, int32(18), int64(-62135596800), false)
	f.Fuzz(func(t *testing.T, data []byte, places int32, base int64, days bool) {
		const size = 6
		n := min(len(data)/size, 40)
		c := Columns[string]{Account: make([]string, n), Amount: make([]int64, n), Places: places % 19, Order: make([]string, n)}
		c.Places = max(c.Places, -c.Places)
		if days {
			c.Day = make([]int32, n)
		} else {
			c.Unix = make([]int64, n)
		}
		for i := range n {
			b := data[size*i : size*i+size]
			c.Account[i] = strings.Repeat(string(b[:1]), int(b[1]%20))
			c.Order[i] = string(b[2:3])
			c.Amount[i] = int64(int8(b[3])) << (b[4] % 57)
			if days {
				c.Day[i] = int32(base) + int32(b[5])
			} else {
				c.Unix[i] = base + int64(b[5])<<(b[4]%24)
			}
		}
		got, err := FoldColumns(c, &ColumnOptions{Workers: 2})
		want := new(Summary)
		var wantErr error
		for i := range n {
			var at time.Time
			if days {
				at = time.Unix(int64(c.Day[i])*daySeconds, 0)
			} else {
				at = time.Unix(c.Unix[i], 0)
			}
			wantErr = want.Add(keyaccount.Transaction{
				Account: c.Account[i], Order: c.Order[i], Time: at, Amount: decimal.New(c.Amount[i], -c.Places),
			})
			if wantErr != nil {
				break
			}
		}
		if wantErr != nil {
			require.Error(t, err)
			var ours, theirs *keyaccount.InputError
			require.ErrorAs(t, err, &ours)
			require.ErrorAs(t, wantErr, &theirs)
			require.Equal(t, []any{theirs.Kind, theirs.Field, theirs.Row}, []any{ours.Kind, ours.Field, ours.Row})
			return
		}
		require.NoError(t, err)
		require.Equal(t, bytesOf(t, want), bytesOf(t, got.Summary()))
		if n > 0 {
			asOf := day("9998-12-31")
			requireSameScores(t, got, got.Accounts(asOf), asOf)
		}
	})
}
