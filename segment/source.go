package segment

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/keyaccount/keyaccount"
)

// Fold folds every transaction of the period into a new [Summary]. An error of
// the source ends it and comes back wrapped; a line that [Summary.Add] refuses
// ends it too.
func Fold(ctx context.Context, source keyaccount.TransactionSource, in keyaccount.Period, opts SummaryOptions) (*Summary, error) {
	s := NewSummary(opts)
	if s.fault != nil {
		return nil, s.fault
	}
	for tx, err := range source.Transactions(ctx, in) {
		if err != nil {
			return nil, fmt.Errorf("segment: reading transactions: %w", err)
		}
		if err := s.Add(tx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// SummaryStore keeps summaries, as with [Summary.MarshalBinary], from one run
// to the next.
//
// It keeps the contract of all stores of this package. A name is any text that
// is not empty. Saving under a name that is taken replaces what was there,
// whole or, after an error, not at all. Loading a name that was never saved is
// an error that satisfies errors.Is(err, [keyaccount.ErrMissing]), and so is an
// empty name. A context that has ended is an error that satisfies
// errors.Is(err, ctx.Err()). What was saved does not change with the value it
// was saved from, nor with one that was loaded. A store may be used from
// several goroutines.
//
// The package segmenttest checks an implementation against this contract.
type SummaryStore interface {
	SaveSummary(ctx context.Context, name string, summary *Summary) error
	// LoadSummary replaces the state of into, which has the options of the
	// summary that was saved, see [Summary.UnmarshalBinary]. After an error it
	// is unchanged.
	LoadSummary(ctx context.Context, name string, into *Summary) error
}

// ModelStore keeps models, as with their JSON, by the contract of
// [SummaryStore].
type ModelStore interface {
	SaveModel(ctx context.Context, name string, model *Model) error
	LoadModel(ctx context.Context, name string) (*Model, error)
}

// AccountScore is the [Score] of one account.
type AccountScore struct {
	ID string `json:"id"`
	Score
}

// ScoreStore keeps the scores of whole runs, by the contract of
// [SummaryStore].
type ScoreStore interface {
	// SaveScores keeps the sequence, in which an account stands once. An error
	// in it ends the saving and comes back; the run is then not saved.
	SaveScores(ctx context.Context, run string, scores iter.Seq2[AccountScore, error]) error
	// Scores yields the run's scores sorted by ID, in byte order. An error is
	// yielded at most once, with a zero AccountScore, and ends the sequence. A
	// caller may stop early and range again.
	Scores(ctx context.Context, run string) iter.Seq2[AccountScore, error]
}

// ScoreAll scores the accounts, for [ScoreStore.SaveScores]; those without
// orders are left out. No model, an account in another currency than the
// model's, and one whose last order lies after its as-of end the sequence with
// an [*keyaccount.InputError].
func ScoreAll(model *Model, accounts []Account) iter.Seq2[AccountScore, error] {
	return func(yield func(AccountScore, error) bool) {
		if model == nil {
			yield(AccountScore{}, &keyaccount.InputError{
				Kind: keyaccount.ErrMissing, Field: "model", Reason: "there is no model to score with",
			})
			return
		}
		for i := range accounts {
			a := &accounts[i]
			switch {
			case !a.HasOrders():
				continue
			case a.Currency != model.Currency:
				yield(AccountScore{}, mixedCurrency(i+1, a.Currency, model.Currency))
				return
			case a.DaysSinceLast < 0:
				yield(AccountScore{}, &keyaccount.InputError{
					Kind: keyaccount.ErrOutOfRange, Field: "LastOrder", Row: i + 1,
					Value: a.LastOrder.Format(time.RFC3339), Reason: "it lies after the as-of",
				})
				return
			}
			if !yield(AccountScore{ID: a.ID, Score: model.Score(*a)}, nil) {
				return
			}
		}
	}
}

// MemoryStore is a [SummaryStore], [ModelStore] and [ScoreStore] in memory, for
// tests and examples. The zero value is empty and ready to use.
type MemoryStore struct {
	mu        sync.RWMutex
	summaries map[string][]byte
	models    map[string][]byte
	scores    map[string][]AccountScore
}

// SaveSummary implements [SummaryStore].
func (m *MemoryStore) SaveSummary(ctx context.Context, name string, summary *Summary) error {
	if summary == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "summary", Reason: "there is nothing to save"}
	}
	b, err := summary.MarshalBinary()
	if err != nil {
		return err
	}
	return save(ctx, m, &m.summaries, name, b)
}

// LoadSummary implements [SummaryStore].
func (m *MemoryStore) LoadSummary(ctx context.Context, name string, into *Summary) error {
	b, err := load(ctx, m, &m.summaries, name)
	if err != nil {
		return err
	}
	if into == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "into", Reason: "there is nothing to load into"}
	}
	return into.UnmarshalBinary(b)
}

// SaveModel implements [ModelStore].
func (m *MemoryStore) SaveModel(ctx context.Context, name string, model *Model) error {
	if model == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "model", Reason: "there is nothing to save"}
	}
	if err := model.Validate(); err != nil {
		return err
	}
	b, err := json.Marshal(model)
	if err != nil {
		return err
	}
	return save(ctx, m, &m.models, name, b)
}

// LoadModel implements [ModelStore].
func (m *MemoryStore) LoadModel(ctx context.Context, name string) (*Model, error) {
	b, err := load(ctx, m, &m.models, name)
	if err != nil {
		return nil, err
	}
	model := new(Model)
	return model, json.NewDecoder(bytes.NewReader(b)).Decode(model)
}

// SaveScores implements [ScoreStore].
func (m *MemoryStore) SaveScores(ctx context.Context, run string, scores iter.Seq2[AccountScore, error]) error {
	var all []AccountScore
	for s, err := range scores {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.ID == "" {
			return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "ID", Row: len(all) + 1, Reason: "a score needs an account"}
		}
		s.ID = strings.Clone(s.ID)
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b AccountScore) int { return cmp.Compare(a.ID, b.ID) })
	for i := 1; i < len(all); i++ {
		if all[i].ID == all[i-1].ID {
			return &keyaccount.InputError{Kind: keyaccount.ErrDuplicate, Field: "ID", Value: all[i].ID, Reason: "the account stands twice"}
		}
	}
	return save(ctx, m, &m.scores, run, all)
}

// Scores implements [ScoreStore].
func (m *MemoryStore) Scores(ctx context.Context, run string) iter.Seq2[AccountScore, error] {
	return func(yield func(AccountScore, error) bool) {
		all, err := load(ctx, m, &m.scores, run)
		if err != nil {
			yield(AccountScore{}, err)
			return
		}
		for _, s := range all {
			if err := ctx.Err(); err != nil {
				yield(AccountScore{}, err)
				return
			}
			if !yield(s, nil) {
				return
			}
		}
		// As with a TransactionSlice: an empty answer is never mistaken for a
		// whole one.
		if err := ctx.Err(); err != nil {
			yield(AccountScore{}, err)
		}
	}
}

func save[T any](ctx context.Context, m *MemoryStore, into *map[string]T, name string, v T) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if name == "" {
		return unnamed()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if *into == nil {
		*into = make(map[string]T)
	}
	(*into)[strings.Clone(name)] = v
	return nil
}

func load[T any](ctx context.Context, m *MemoryStore, from *map[string]T, name string) (v T, err error) {
	if err := ctx.Err(); err != nil {
		return v, err
	}
	if name == "" {
		return v, unnamed()
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, ok := (*from)[name]
	if !ok {
		return v, &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "name", Value: name, Reason: "nothing was saved under this name",
		}
	}
	return v, nil
}

func unnamed() error {
	return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "name", Reason: "what is kept needs a name"}
}
