package keyaccount_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestIsReturn(t *testing.T) {
	for _, c := range []struct {
		quantity, amount string
		want             bool
	}{
		{"1", "9.99", false},
		{"-1", "-9.99", true},
		{"0", "-5", true},     // a credit without goods
		{"1", "-5", true},     // a rebate booked on a delivery
		{"1", "0", false},     // a free delivery
		{"0", "0", false},     // nothing moved
		{"-1", "0", true},     // goods taken back at no value
		{"-3", "0.01", false}, // money decides before goods
	} {
		tx := keyaccount.Transaction{
			Quantity: decimal.RequireFromString(c.quantity), Amount: decimal.RequireFromString(c.amount),
		}
		assert.Equal(t, c.want, tx.IsReturn(), "quantity %s amount %s", c.quantity, c.amount)
	}
}

func TestTransactionValidateNamesTheField(t *testing.T) {
	at := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	require.NoError(t, keyaccount.Transaction{Account: "A", Time: at}.Validate())

	var input *keyaccount.InputError
	require.ErrorAs(t, keyaccount.Transaction{Time: at}.Validate(), &input)
	assert.Equal(t, "Account", input.Field)
	require.ErrorAs(t, keyaccount.Transaction{Account: "A"}.Validate(), &input)
	assert.Equal(t, "Time", input.Field)
	assert.ErrorIs(t, input, keyaccount.ErrMissing)
}

func TestPeriodIsHalfOpen(t *testing.T) {
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(1, 0, 0)
	p := keyaccount.Period{From: from, To: to}
	assert.True(t, p.Contains(from))
	assert.True(t, p.Contains(to.Add(-1)))
	assert.False(t, p.Contains(to))
	assert.False(t, p.Contains(from.Add(-1)))
	assert.True(t, keyaccount.Period{}.Contains(from))
	assert.True(t, keyaccount.Period{From: from}.Contains(to))
	assert.False(t, keyaccount.Period{From: to, To: to}.Contains(to), "an empty period holds nothing")

	require.NoError(t, p.Validate())
	require.NoError(t, keyaccount.Period{From: to, To: to}.Validate())
	assert.ErrorIs(t, keyaccount.Period{From: to, To: from}.Validate(), keyaccount.ErrOutOfRange)
}

func TestInputErrorReadsAsASentence(t *testing.T) {
	err := error(&keyaccount.InputError{
		Kind: keyaccount.ErrMalformed, Field: "Amount", Row: 7, Value: "1x", Reason: "not a decimal number",
	})
	assert.EqualError(t, err, `keyaccount: row 7: Amount "1x": not a decimal number`)
	assert.True(t, errors.Is(err, keyaccount.ErrMalformed))

	long := &keyaccount.InputError{Field: "Note", Value: strings.Repeat("长", 1000), Reason: "too long"}
	assert.Less(t, len(long.Error()), 200, "a hostile value is not repeated in full")
	assert.NotContains(t, long.Error(), `\x`, "a long value is not cut inside a character")
}

func TestInputErrorJSON(t *testing.T) {
	for code, kind := range map[string]error{
		"missing": keyaccount.ErrMissing, "malformed": keyaccount.ErrMalformed, "out_of_range": keyaccount.ErrOutOfRange,
		"duplicate": keyaccount.ErrDuplicate, "mixed_currency": keyaccount.ErrMixedCurrency,
		"mismatch": keyaccount.ErrMismatch, "version": keyaccount.ErrVersion,
	} {
		in := keyaccount.InputError{Kind: kind, Field: "Amount", Row: 7, Value: "1x", Reason: "not a decimal number"}
		want := `{"kind":"` + code + `","field":"Amount","row":7,"value":"1x","reason":"not a decimal number"}`
		for _, v := range []any{in, &in} {
			b, err := json.Marshal(v)
			require.NoError(t, err)
			assert.Equal(t, want, string(b))
		}
		var back keyaccount.InputError
		require.NoError(t, json.Unmarshal([]byte(want), &back))
		assert.Equal(t, in, back)
		assert.Same(t, kind, back.Kind)
	}

	none := keyaccount.InputError{Field: "Amount"}
	b, err := json.Marshal(none)
	require.NoError(t, err)
	assert.Equal(t, `{"field":"Amount"}`, string(b))
	back := keyaccount.InputError{Kind: keyaccount.ErrMissing, Row: 3}
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, none, back, "nothing of the old error is left")
	assert.NoError(t, back.Unwrap())

	// The kind of a room of its own, and a known kind inside another error.
	other := errors.New("segment: unknown segment")
	b, err = json.Marshal(keyaccount.InputError{Kind: other, Field: "Segment"})
	require.NoError(t, err)
	assert.Equal(t, `{"kind":"segment: unknown segment","field":"Segment"}`, string(b))
	require.NoError(t, json.Unmarshal(b, &back))
	require.EqualError(t, back.Kind, "segment: unknown segment")
	assert.NotErrorIs(t, &back, keyaccount.ErrMissing)
	b, err = json.Marshal(keyaccount.InputError{Kind: fmt.Errorf("row set aside: %w", keyaccount.ErrDuplicate)})
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &back))
	assert.ErrorIs(t, &back, keyaccount.ErrDuplicate)

	before := back
	for _, text := range []string{`{"kind":{}}`, `{"row":"7"}`, `[]`} {
		assert.ErrorIs(t, json.Unmarshal([]byte(text), &back), keyaccount.ErrMalformed, text)
		assert.Equal(t, before, back, "left unchanged")
	}
}

func TestTransactionJSON(t *testing.T) {
	tx := keyaccount.Transaction{
		Account: "A", Order: "O-1", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Quantity: decimal.RequireFromString("2"), Amount: decimal.RequireFromString("19.99"), Currency: "EUR",
	}
	b, err := json.Marshal(tx)
	require.NoError(t, err)
	var back keyaccount.Transaction
	require.NoError(t, json.Unmarshal(b, &back))
	assert.True(t, back.Amount.Equal(tx.Amount))
	assert.True(t, back.Time.Equal(tx.Time))
	back.Amount, back.Quantity = tx.Amount, tx.Quantity
	assert.Equal(t, tx, back)
}
