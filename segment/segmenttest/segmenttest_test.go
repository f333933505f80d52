package segmenttest_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount/segment"
	"github.com/keyaccount/keyaccount/segment/segmenttest"
)

func TestMemoryStorePassesTheSuite(t *testing.T) {
	require.NoError(t, segmenttest.TestStores(segmenttest.Suite{
		Summaries: func() (segment.SummaryStore, error) { return new(segment.MemoryStore), nil },
		Models:    func() (segment.ModelStore, error) { return new(segment.MemoryStore), nil },
		Scores:    func() (segment.ScoreStore, error) { return new(segment.MemoryStore), nil },
	}))
}

func TestSuiteWithoutAStore(t *testing.T) {
	assert.ErrorContains(t, segmenttest.TestStores(segmenttest.Suite{}), "opens no store")
}

// Each fault is one that an adapter can have; the suite must name it.
type faulty struct {
	segment.MemoryStore
	name      func(string) string
	ctx       func(context.Context) context.Context
	kept      map[string]*segment.Summary
	models    map[string]*segment.Model
	scores    func([]segment.AccountScore) []segment.AccountScore
	swallow   bool
	forgiving bool
}

func (f *faulty) key(s string) string {
	if f.name != nil {
		return f.name(s)
	}
	return s
}

func (f *faulty) with(ctx context.Context) context.Context {
	if f.ctx != nil {
		return f.ctx(ctx)
	}
	return ctx
}

func (f *faulty) SaveSummary(ctx context.Context, name string, s *segment.Summary) error {
	if f.kept != nil {
		f.kept[name] = s
	}
	return f.MemoryStore.SaveSummary(f.with(ctx), f.key(name), s)
}

func (f *faulty) LoadSummary(ctx context.Context, name string, into *segment.Summary) error {
	if s := f.kept[name]; s != nil && ctx.Err() == nil {
		b, err := s.MarshalBinary()
		if err != nil {
			return err
		}
		return into.UnmarshalBinary(b)
	}
	return f.MemoryStore.LoadSummary(f.with(ctx), f.key(name), into)
}

func (f *faulty) SaveModel(ctx context.Context, name string, m *segment.Model) error {
	if f.models != nil {
		f.models[name] = m
	}
	return f.MemoryStore.SaveModel(f.with(ctx), f.key(name), m)
}

func (f *faulty) LoadModel(ctx context.Context, name string) (*segment.Model, error) {
	if m := f.models[name]; m != nil && ctx.Err() == nil {
		return m, nil
	}
	m, err := f.MemoryStore.LoadModel(f.with(ctx), f.key(name))
	if f.forgiving && err != nil && ctx.Err() == nil {
		return nil, nil //nolint:nilnil // the fault
	}
	return m, err
}

func (f *faulty) SaveScores(ctx context.Context, run string, scores iter.Seq2[segment.AccountScore, error]) error {
	if f.swallow {
		return f.MemoryStore.SaveScores(f.with(ctx), f.key(run), func(yield func(segment.AccountScore, error) bool) {
			for s, err := range scores {
				if err != nil || !yield(s, nil) {
					return
				}
			}
		})
	}
	return f.MemoryStore.SaveScores(f.with(ctx), f.key(run), scores)
}

func (f *faulty) Scores(ctx context.Context, run string) iter.Seq2[segment.AccountScore, error] {
	return func(yield func(segment.AccountScore, error) bool) {
		var all []segment.AccountScore
		for s, err := range f.MemoryStore.Scores(f.with(ctx), f.key(run)) {
			if err != nil {
				if !f.forgiving || ctx.Err() != nil {
					yield(s, err)
				}
				return
			}
			all = append(all, s)
		}
		if f.scores != nil {
			all = f.scores(all)
		}
		for _, s := range all {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func TestSuiteFindsFaults(t *testing.T) {
	deaf := func(context.Context) context.Context { return context.Background() }
	for name, c := range map[string]struct {
		open func() *faulty
		want []string
	}{
		"names without case": {
			func() *faulty { return &faulty{name: strings.ToLower} },
			[]string{"segmenttest: summaries: names are kept apart", "segmenttest: models: names are kept apart", "segmenttest: scores: names are kept apart"},
		},
		"deaf to the context": {
			func() *faulty { return &faulty{ctx: deaf} },
			[]string{"cancelled context", "cancelled save leaves what was there"},
		},
		"keeps the summary itself": {
			func() *faulty { return &faulty{kept: map[string]*segment.Summary{}} },
			[]string{"what is saved does not follow its summary"},
		},
		"keeps the model itself": {
			func() *faulty { return &faulty{models: map[string]*segment.Model{}} },
			[]string{"what is saved does not follow its model"},
		},
		"scores in no order": {
			func() *faulty {
				return &faulty{scores: func(all []segment.AccountScore) []segment.AccountScore {
					slices.Reverse(all)
					return all
				}}
			},
			[]string{"comes after"},
		},
		"loses a score": {
			func() *faulty {
				return &faulty{scores: func(all []segment.AccountScore) []segment.AccountScore { return all[:max(0, len(all)-1)] }}
			},
			[]string{"saving again replaces"},
		},
		"swallows an error": {
			func() *faulty { return &faulty{swallow: true} },
			[]string{"error in the scores"},
		},
		"nothing for a missing name": {
			func() *faulty { return &faulty{forgiving: true} },
			[]string{"name that was never saved", "error comes once and alone"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var opened *faulty
			open := func() *faulty {
				opened = c.open()
				return opened
			}
			if c.open().kept != nil || c.open().models != nil {
				// These keep maps that are not for several goroutines.
				err := segmenttest.TestStores(segmenttest.Suite{
					Summaries: func() (segment.SummaryStore, error) { return &locked{faulty: open()}, nil },
					Models:    func() (segment.ModelStore, error) { return &locked{faulty: open()}, nil },
				})
				for _, want := range c.want {
					assert.ErrorContains(t, err, want)
				}
				return
			}
			err := segmenttest.TestStores(segmenttest.Suite{
				Summaries: func() (segment.SummaryStore, error) { return open(), nil },
				Models:    func() (segment.ModelStore, error) { return open(), nil },
				Scores:    func() (segment.ScoreStore, error) { return open(), nil },
			})
			for _, want := range c.want {
				assert.ErrorContains(t, err, want)
			}
		})
	}
	t.Run("store that does not open", func(t *testing.T) {
		err := segmenttest.TestStores(segmenttest.Suite{
			Models: func() (segment.ModelStore, error) { return nil, errors.New("no such table") },
		})
		assert.ErrorContains(t, err, "no such table")
	})
}

// locked makes a faulty store safe for several goroutines, so that only its
// fault is found.
type locked struct {
	faulty *faulty
	mu     sync.Mutex
}

func (l *locked) SaveSummary(ctx context.Context, name string, s *segment.Summary) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faulty.SaveSummary(ctx, name, s)
}

func (l *locked) LoadSummary(ctx context.Context, name string, into *segment.Summary) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faulty.LoadSummary(ctx, name, into)
}

func (l *locked) SaveModel(ctx context.Context, name string, m *segment.Model) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faulty.SaveModel(ctx, name, m)
}

func (l *locked) LoadModel(ctx context.Context, name string) (*segment.Model, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faulty.LoadModel(ctx, name)
}
