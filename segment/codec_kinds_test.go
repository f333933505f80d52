package segment

import (
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

// Bytes of every kind that end too early, or go on too long, are refused and
// leave the receiver alone.
func TestEveryKindOfBytesCutShort(t *testing.T) {
	t.Parallel()
	lines := randomLines(rand.New(rand.NewPCG(13, 13)), 8)
	for _, o := range everyOptions(t) {
		whole := bytesOf(t, summaryWith(t, o, lines))
		kept := summaryWith(t, o, lines[:2])
		before := bytesOf(t, kept)
		for n := range whole {
			require.ErrorIs(t, kept.UnmarshalBinary(whole[:n]), keyaccount.ErrMalformed, "%s at %d", optionsName(o), n)
		}
		require.ErrorIs(t, kept.UnmarshalBinary(append(slices.Clip(whole), 0)), keyaccount.ErrMalformed)
		require.Equal(t, before, bytesOf(t, kept))
	}
}

// Any single byte changed is refused, or read as another state that is as
// sound and has those bytes.
func TestEveryKindOfBytesSpoiled(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(14, 14))
	for _, o := range everyOptions(t) {
		whole := bytesOf(t, summaryWith(t, o, randomLines(r, 5)))
		for range 60 {
			spoiled := append([]byte(nil), whole...)
			spoiled[r.IntN(len(spoiled))] ^= 1 << r.IntN(8)
			s := NewSummary(o)
			if err := s.UnmarshalBinary(spoiled); err != nil {
				var in *keyaccount.InputError
				require.ErrorAs(t, err, &in)
				require.Equal(t, bytesOf(t, NewSummary(o)), bytesOf(t, s))
				continue
			}
			back := NewSummary(o)
			require.NoError(t, back.UnmarshalBinary(bytesOf(t, s)))
			require.Equal(t, bytesOf(t, s), bytesOf(t, back))
		}
	}
}

func TestUnknownKindsAreRefused(t *testing.T) {
	t.Parallel()
	head := func(grain, flags uint64) []byte {
		b := binary.AppendUvarint(saved.AppendText(nil, summarySchema), summaryVersion)
		b = saved.AppendText(saved.AppendText(b, "UTC"), "")
		return binary.AppendUvarint(saved.AppendText(binary.AppendUvarint(binary.AppendUvarint(b, grain), flags), ""), 0)
	}
	require.NoError(t, new(Summary).UnmarshalBinary(head(0, 0)))
	inputError(t, new(Summary).UnmarshalBinary(head(uint64(len(grainNames)), 0)), keyaccount.ErrMalformed, "Summary", 0)
	inputError(t, new(Summary).UnmarshalBinary(head(0, collectsEnd)), keyaccount.ErrMalformed, "Summary", 0)
	version0 := binary.AppendUvarint(saved.AppendText(nil, summarySchema), 0)
	inputError(t, new(Summary).UnmarshalBinary(version0), keyaccount.ErrVersion, "Version", 0)
}

// Lines that differ in one thing only are kept apart, in an order that does
// not depend on which came first.
func TestLinesThatDifferInOneThing(t *testing.T) {
	t.Parallel()
	one := ofProduct(line("A", "1", "2025-01-01", "1", "0"), "pen")
	differ := []func(*keyaccount.Transaction){
		func(*keyaccount.Transaction) {},
		func(tx *keyaccount.Transaction) { tx.Quantity = dec("-1") }, // a return
		func(tx *keyaccount.Transaction) { tx.Amount = dec("0.0") },
		func(tx *keyaccount.Transaction) { tx.Amount = dec("0.5") },
		func(tx *keyaccount.Transaction) { tx.Amount = dec("5e1") },
		func(tx *keyaccount.Transaction) { tx.Amount = dec("12345678901234567890123") },
		func(tx *keyaccount.Transaction) { tx.Amount = dec("1234567890123456789") },
		func(tx *keyaccount.Transaction) { tx.Product = "ink" },
		func(tx *keyaccount.Transaction) { tx.Order = "2" },
		func(tx *keyaccount.Transaction) { tx.Time = tx.Time.Add(1) },
	}
	o := SummaryOptions{Lines: true, Categories: new(CategoryOptions)}
	var txs []keyaccount.Transaction
	for _, change := range differ {
		tx := one
		change(&tx)
		txs = append(txs, tx)
	}
	s := summaryWith(t, o, txs)
	require.Len(t, s.State().Accounts[0].Lines, len(txs))
	want := bytesOf(t, s)
	r := rand.New(rand.NewPCG(15, 15))
	for range 20 {
		r.Shuffle(len(txs), func(i, j int) { txs[i], txs[j] = txs[j], txs[i] })
		require.Equal(t, want, bytesOf(t, summaryWith(t, o, txs)))
	}
	text, err := json.Marshal(s)
	require.NoError(t, err)
	back := NewSummary(o)
	require.NoError(t, json.Unmarshal(text, back))
	require.Equal(t, want, bytesOf(t, back))
	for _, tx := range txs {
		require.NoError(t, back.Remove(tx))
	}
	assert.Zero(t, back.Len())

	// Written as 1000 or as 1e3, it is one line.
	power, plain := one, one
	power.Amount, plain.Amount = dec("1e3"), dec("1000")
	s = summaryWith(t, o, []keyaccount.Transaction{power})
	require.NoError(t, s.Remove(plain))
}

func TestHostileJSONIsNotRepeatedInFull(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("长", 5000)
	err := new(Summary).UnmarshalJSON([]byte(`{"schema":"keyaccount/segment.Summary","version":2,"location":"UTC","periods":"none",
		"accounts":[{"id":"` + long + `","totals":{"lines":-1}}]}`))
	inputError(t, err, keyaccount.ErrMalformed, "Summary", 0)
	for _, amount := range []string{strings.Repeat("9", 100_000), "1e99999", "NaN", "Inf", "", "0x1", "1e-5000"} {
		_, ok := sumOfText(amount)
		assert.False(t, ok, amount[:min(8, len(amount))])
	}
}
