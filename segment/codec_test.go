package segment

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func decoded(t testing.TB, b []byte) *Summary {
	t.Helper()
	s := new(Summary)
	require.NoError(t, s.UnmarshalBinary(b))
	return s
}

func TestSummaryBinaryRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 9))
	asOf := day("2035-01-01")
	for _, n := range []int{0, 1, 2, 30, 1000} {
		txs := randomLines(r, n)
		s := summaryOf(t, txs...)
		back := decoded(t, bytesOf(t, s))
		require.Equal(t, bytesOf(t, s), bytesOf(t, back))
		require.Equal(t, s.Accounts(asOf), back.Accounts(asOf))
		require.Equal(t, s.Currency(), back.Currency())

		more := randomLines(r, 50)
		for _, tx := range more {
			require.NoError(t, s.Add(tx))
			require.NoError(t, back.Add(tx), "a read summary goes on")
		}
		require.Equal(t, bytesOf(t, s), bytesOf(t, back))
	}
}

func TestUnmarshalBinaryRefuses(t *testing.T) {
	t.Parallel()
	good := bytesOf(t, summaryOf(t,
		line("A", "1", "2025-03-01", "1", "10"), line("A", "2", "2025-03-02", "-1", "-3"), line("B", "", "2025-03-02", "1", "3")))
	at := len(appendText(nil, summarySchema))
	newer := append([]byte(nil), good...)
	newer[at] = summaryVersion + 1

	s := summaryOf(t, line("KEPT", "1", "2025-03-01", "1", "10"))
	before := bytesOf(t, s)
	inputError(t, s.UnmarshalBinary(newer), keyaccount.ErrVersion, "Version", 0)
	inputError(t, s.UnmarshalBinary(appendText(nil, "keyaccount/clv.Counts")), keyaccount.ErrVersion, "Schema", 0)
	inputError(t, s.UnmarshalBinary(append(slices.Clip(good), 0)), keyaccount.ErrMalformed, "Summary", 0)
	for n := range good {
		inputError(t, s.UnmarshalBinary(good[:n]), keyaccount.ErrMalformed, "Summary", 0)
	}
	elsewhere := NewSummary(SummaryOptions{Location: time.FixedZone("X", 3600)})
	inputError(t, elsewhere.UnmarshalBinary(good), keyaccount.ErrMismatch, "Location", 0)
	assert.Equal(t, before, bytesOf(t, s), "a refused state leaves the receiver alone")
}

// Bytes that no lines add up to are refused, whoever wrote them.
func TestUnmarshalBinaryRefusesImpossibleStates(t *testing.T) {
	t.Parallel()
	build := func(st *state, ids ...string) []byte {
		s := &Summary{currency: "EUR"}
		for _, id := range ids {
			s.insert(id, st)
		}
		return bytesOf(t, s)
	}
	possible := func() *state {
		st := new(state)
		tx := line("A", "1", "2025-03-01", "1", "10")
		at, _ := instantOf(tx.Time)
		require.True(t, st.add(&tx, at))
		return st
	}
	require.NoError(t, new(Summary).UnmarshalBinary(build(possible(), "A", "B")))
	for name, spoil := range map[string]func(*state){
		"fewer lines than orders": func(s *state) { s.looseOrders = 5 },
		"no orders at all":        func(s *state) { s.named = orderSet{} },
		"money without an order":  func(s *state) { s.returns.Add(dec("-1")) },
		"negative gross":          func(s *state) { s.gross.Add(dec("-11")) },
		"positive returns":        func(s *state) { s.looseReturns, s.lines = 1, 2; s.returns.Add(dec("1")) },
		"first after last":        func(s *state) { s.first.sec++ },
		"last after activity":     func(s *state) { s.activity.sec-- },
		"unknown mark":            func(s *state) { s.named.list[0].on = 4 },
		"order without an id":     func(s *state) { s.named.list[0].id = "" },
		"nanoseconds":             func(s *state) { s.activity.nsec = 1e9 },
		"year 9999":               func(s *state) { s.activity.sec = endSecond },
		"count":                   func(s *state) { s.lines = maxCount + 1 },
	} {
		st := possible()
		spoil(st)
		require.ErrorIs(t, new(Summary).UnmarshalBinary(build(st, "A")), keyaccount.ErrMalformed, name)
	}
	require.ErrorIs(t, new(Summary).UnmarshalBinary(build(possible(), "")), keyaccount.ErrMalformed, "account without an id")
	noAccounts := bytesOf(t, &Summary{currency: "EUR"})
	require.ErrorIs(t, new(Summary).UnmarshalBinary(noAccounts), keyaccount.ErrMalformed)
}

func FuzzSummaryUnmarshalBinary(f *testing.F) {
	f.Add(bytesOf(f, new(Summary)))
	f.Add(bytesOf(f, summaryOf(f, line("A", "1", "2025-03-01", "1", "10.25"), line("A", "2", "2025-03-02", "-1", "-3"))))
	f.Add(bytesOf(f, summaryOf(f, randomLines(rand.New(rand.NewPCG(1, 1)), 100)...)))
	f.Add(binary.AppendUvarint(appendText(nil, summarySchema), 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := new(Summary)
		if err := s.UnmarshalBinary(b); err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		again := bytesOf(t, s)
		require.LessOrEqual(t, len(again), len(b), "what is read comes from the bytes")
		require.Equal(t, again, bytesOf(t, decoded(t, again)))
		double := decoded(t, again)
		require.NoError(t, double.Merge(s))
		require.NoError(t, decoded(t, again).Merge(double))
		for _, a := range double.Accounts(day("2025-01-01")) {
			require.True(t, a.Net.Equal(a.Gross.Add(a.Returns)))
		}
	})
}
