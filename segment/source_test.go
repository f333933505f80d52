package segment

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

type brokenSource struct {
	keyaccount.TransactionSlice
	cause error
}

func (b brokenSource) Transactions(ctx context.Context, in keyaccount.Period) iter.Seq2[keyaccount.Transaction, error] {
	return func(yield func(keyaccount.Transaction, error) bool) {
		for tx, err := range b.TransactionSlice.Transactions(ctx, in) {
			if !yield(tx, err) {
				return
			}
		}
		yield(keyaccount.Transaction{}, b.cause)
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	source := keyaccount.TransactionSlice{
		line("A", "1", "2025-01-01", "1", "1"), line("A", "2", "2025-02-01", "1", "2"), line("B", "3", "2025-01-31", "1", "4"),
	}
	january := keyaccount.Period{From: day("2025-01-01"), To: day("2025-02-01")}
	o := SummaryOptions{Periods: ByMonth}
	s, err := Fold(ctx, source, january, o)
	require.NoError(t, err)
	assert.Equal(t, bytesOf(t, summaryWith(t, o, []keyaccount.Transaction{source[0], source[2]})), bytesOf(t, s))

	cause := errors.New("the disk is on fire")
	s, err = Fold(ctx, brokenSource{source, cause}, keyaccount.Period{}, o)
	require.ErrorIs(t, err, cause)
	assert.Nil(t, s, "half of the lines are no answer")

	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = Fold(ended, source, january, o)
	require.ErrorIs(t, err, context.Canceled)
	_, err = Fold(ctx, source, keyaccount.Period{From: january.To, To: january.From}, o)
	require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	_, err = Fold(ctx, source, january, SummaryOptions{Periods: 99})
	inputError(t, err, keyaccount.ErrOutOfRange, "Periods", 0)
	usd := line("A", "9", "2025-01-05", "1", "1")
	usd.Currency = "USD"
	_, err = Fold(ctx, append(source, usd), keyaccount.Period{}, o)
	inputError(t, err, keyaccount.ErrMixedCurrency, "Currency", 4)
}

func TestMemoryStoreRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	store := new(MemoryStore)
	inputError(t, store.SaveSummary(ctx, "x", nil), keyaccount.ErrMissing, "summary", 0)
	inputError(t, store.SaveModel(ctx, "x", nil), keyaccount.ErrMissing, "model", 0)
	require.ErrorIs(t, store.SaveModel(ctx, "x", new(Model)), keyaccount.ErrVersion)
	require.NoError(t, store.SaveSummary(ctx, "x", new(Summary)))
	inputError(t, store.LoadSummary(ctx, "x", nil), keyaccount.ErrMissing, "into", 0)

	scores := func(ids ...string) iter.Seq2[AccountScore, error] {
		return func(yield func(AccountScore, error) bool) {
			for _, id := range ids {
				if !yield(AccountScore{ID: id, Score: Score{R: 1, F: 1, M: 1}}, nil) {
					return
				}
			}
		}
	}
	inputError(t, store.SaveScores(ctx, "x", scores("B", "A", "B")), keyaccount.ErrDuplicate, "ID", 0)
	inputError(t, store.SaveScores(ctx, "x", scores("B", "")), keyaccount.ErrMissing, "ID", 2)
	for _, err := range store.Scores(ctx, "x") {
		inputError(t, err, keyaccount.ErrMissing, "name", 0)
	}
}

func TestScoreAllLeavesOutWhatIsNotScored(t *testing.T) {
	t.Parallel()
	s := summaryOf(t, line("A", "1", "2025-01-01", "1", "1"), line("B", "2", "2025-01-02", "-1", "-1"), line("C", "3", "2025-01-03", "1", "1"))
	accounts := s.Accounts(day("2025-02-01"))
	m, err := FitRFM(accounts, &RFMOptions{Bins: 2})
	require.NoError(t, err)
	var ids []string
	for a, err := range ScoreAll(m, accounts) {
		require.NoError(t, err)
		ids = append(ids, a.ID)
	}
	assert.Equal(t, []string{"A", "C"}, ids)
	for range ScoreAll(m, accounts) {
		break // early stop
	}
}

func TestScoreAllRefusesWhatItCannotScore(t *testing.T) {
	t.Parallel()
	s := summaryOf(t, line("A", "1", "2025-01-01", "1", "1"), line("C", "3", "2025-01-03", "1", "1"))
	accounts := s.Accounts(day("2025-02-01"))
	m, err := FitRFM(accounts, &RFMOptions{Bins: 2})
	require.NoError(t, err)
	failure := func(m *Model, accounts []Account) (scored int, last error) {
		for _, err := range ScoreAll(m, accounts) {
			require.NoError(t, last, "an error ends the sequence")
			if last = err; err == nil {
				scored++
			}
		}
		return scored, last
	}
	foreign := s.Accounts(day("2025-02-01"))
	foreign[1].Currency = "USD"
	n, err := failure(m, foreign)
	assert.Equal(t, 1, n)
	inputError(t, err, keyaccount.ErrMixedCurrency, "Currency", 2)
	n, err = failure(m, s.Accounts(day("2025-01-02")))
	assert.Equal(t, 1, n)
	inputError(t, err, keyaccount.ErrOutOfRange, "LastOrder", 2)
	assert.Zero(t, m.Score(s.Accounts(day("2025-01-02"))[1]), "nobody ordered in the future")
	_, err = failure(nil, accounts)
	inputError(t, err, keyaccount.ErrMissing, "model", 0)
}
