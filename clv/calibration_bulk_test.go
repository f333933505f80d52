package clv

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// requireSameCalibration compares two states by what is seen of them.
func requireSameCalibration(t testing.TB, want, got *Calibration) {
	t.Helper()
	require.Equal(t, bytesOf(t, want), bytesOf(t, got))
	require.Equal(t, want.Len(), got.Len())
	require.Equal(t, want.Currency(), got.Currency())
	for _, asOf := range []string{"2025-01-20", "2030-01-01"} { // in the midst of the lines, and after
		a, errA := want.Counts(date(asOf))
		b, errB := got.Counts(date(asOf))
		require.Equal(t, errA, errB)
		if errA == nil {
			require.Equal(t, bytesOf(t, a), bytesOf(t, b))
		}
		c, errC := want.Accounts(date(asOf))
		d, errD := got.Accounts(date(asOf))
		require.Equal(t, errC, errD)
		require.Equal(t, errA == nil, errC == nil)
		require.Equal(t, c, d)
	}
}

// hardLines have ids of all lengths, some of them the beginning or the padded
// form of another, amounts in and beyond millionths, returns and free lines.
func hardLines(r *rand.Rand, n, accounts int) []keyaccount.Transaction {
	lines := make([]keyaccount.Transaction, n)
	for i := range lines {
		k := r.IntN(accounts)
		id := strings.Repeat("x", k%20) + strings.Repeat("\x00", k/20%3) + strconv.Itoa(k/60+1)
		tx := line(id, "2025-01-01", r.Int64N(10_000)-1_000)
		tx.Time = tx.Time.Add(time.Duration(r.IntN(90*24)) * time.Hour)
		switch r.IntN(20) {
		case 0:
			tx.Amount = decimal.New(r.Int64N(2e9)-1e9, -9)
		case 1:
			tx.Amount = decimal.New(r.Int64N(1e9), 8)
		case 2:
			tx.Amount = decimal.New(math.MaxInt64/1_000_000-r.Int64N(9), 0) // two are no int64 any more
		case 3:
			tx.Amount, tx.Quantity = decimal.Decimal{}, decimal.NewFromInt(r.Int64N(3)-1)
		}
		lines[i] = tx
	}
	return lines
}

// Line by line is what AddAll has to do, whatever it finds in the state, and
// also where a line is refused.
func TestAddAllIsAdd(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 31))
	for trial := range 16 {
		want, got := new(Calibration), new(Calibration)
		for range 1 + r.IntN(3) {
			n := minBulk * (1 + r.IntN(3)) / (1 + r.IntN(3))
			lines := hardLines(r, n, 1+r.IntN(1+r.IntN(2*n)))
			if r.IntN(3) == 0 {
				bad := &lines[r.IntN(n)]
				switch r.IntN(4) {
				case 0:
					bad.Account = ""
				case 1:
					bad.Time = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
				case 2:
					bad.Currency, bad.Amount = "XXX", decimal.New(1, 0)
				case 3:
					bad.Amount = decimal.New(1, 18)
				}
			}
			requireSameError(t, addEach(want, lines), got.AddAll(lines))
		}
		requireSameCalibration(t, want, got)
		// And the state goes on as any other.
		more := hardLines(r, 300, 1000)
		requireSameError(t, addEach(want, more), addEach(got, more))
		require.Equal(t, bytesOf(t, want), bytesOf(t, got), "trial %d", trial)
	}
}

func addEach(c *Calibration, lines []keyaccount.Transaction) error {
	for _, tx := range lines {
		if err := c.Add(tx); err != nil {
			return err
		}
	}
	return nil
}

func requireSameError(t testing.TB, want, got error) {
	t.Helper()
	a, isInput := errors.AsType[*keyaccount.InputError](want)
	b, alsoInput := errors.AsType[*keyaccount.InputError](got)
	require.Equal(t, isInput, alsoInput)
	require.Equal(t, a, b)
	require.Equal(t, want == nil, got == nil)
}

// A state that grew by many lines takes others in by its index, which a bulk
// does not make.
func TestBulkThenMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 32))
	a, b := hardLines(r, 2*minBulk, 3000), hardLines(r, 2*minBulk, 3000)
	one, two, whole := new(Calibration), new(Calibration), new(Calibration)
	require.NoError(t, one.AddAll(a))
	require.NoError(t, two.AddAll(b))
	before := bytesOf(t, two)
	require.NoError(t, one.Merge(two))
	require.NoError(t, addEach(whole, a))
	require.NoError(t, addEach(whole, b))
	assert.Equal(t, bytesOf(t, whole), bytesOf(t, one))
	assert.Equal(t, before, bytesOf(t, two))
}

// A bulk keeps none of the memory that the lines' ids are parts of.
func TestBulkCopiesIDs(t *testing.T) {
	text := "short" + strings.Repeat("long", 9)
	lines := make([]keyaccount.Transaction, minBulk)
	for i := range lines {
		lines[i] = line([]string{text[:5], text[5:]}[i%2], "2025-01-01", 100)
	}
	cal := new(Calibration)
	require.NoError(t, cal.AddAll(lines))
	require.ElementsMatch(t, []string{text[:5], text[5:]}, cal.ledger.names.ids)
	for _, id := range cal.ledger.names.ids {
		at := uintptr(unsafe.Pointer(unsafe.StringData(id))) - uintptr(unsafe.Pointer(unsafe.StringData(text)))
		assert.GreaterOrEqual(t, at, uintptr(len(text)), "%q lies in the text", id)
	}
}

// Two ids may have one hash, and are two accounts.
func TestBulkTellsEqualHashesApart(t *testing.T) {
	long := []string{strings.Repeat("A", 40), strings.Repeat("B", 40)}
	b := newBulk([]keyaccount.Transaction{line(long[0], "2025-01-01", 1), line(long[1], "2025-01-02", 2), line(long[0], "2025-01-03", 3)})
	for i := range b.lines {
		b.deal(i, int32(20_000+i))
	}
	for i := range b.boxes[0] {
		b.boxes[0][i].id.head = 7
	}
	l := b.ledger()
	assert.Equal(t, long, l.names.ids)
	assert.Len(t, l.rows, 3)
	assert.Equal(t, []uint32{0, 2, 3}, l.starts())
}

// FuzzCalibrationBulk: hostile lines, folded at once, are what they are one by
// one.
func FuzzCalibrationBulk(f *testing.F) {
	f.Add("A", "B", int64(1735689600), int64(1738368000), int64(1999), int32(-2), int64(-99), int32(-7), "EUR", uint64(1))
	f.Add(strings.Repeat("x", 15), strings.Repeat("x", 16), int64(-62135596800), int64(253370764799), int64(math.MaxInt64), int32(-6), int64(1), int32(17), "", uint64(2))
	f.Fuzz(func(t *testing.T, idA, idB string, atA, atB, amountA int64, expA int32, amountB int64, expB int32, currency string, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		ids := []string{idA, idB, idA + "\x00", idB + idA}
		times := []time.Time{time.Unix(atA, 0), time.Unix(atB, 0), time.Unix(atA, 0).AddDate(0, 0, 1)}
		amounts := []decimal.Decimal{decimal.New(amountA, expA), decimal.New(amountB, expB), decimal.New(amountA, -2)}
		lines := make([]keyaccount.Transaction, r.IntN(60))
		for i := range lines {
			lines[i] = keyaccount.Transaction{
				Account: ids[r.IntN(len(ids))], Time: times[r.IntN(len(times))], Amount: amounts[r.IntN(len(amounts))],
			}
			if r.IntN(9) > 0 {
				lines[i].Currency = currency
			}
		}
		want, got := new(Calibration), new(Calibration)
		cut := r.IntN(len(lines) + 1)
		errWant, errGot := addEach(want, lines[:cut]), got.addBulk(lines[:cut])
		requireSameError(t, errWant, errGot)
		requireSameError(t, addEach(want, lines[cut:]), got.addBulk(lines[cut:]))
		requireSameCalibration(t, want, got)
	})
}
