package segmenttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/segment"
)

var noon = time.Date(2025, 3, 29, 12, 0, 0, 123456000, time.UTC)

func options() segment.SummaryOptions {
	return segment.SummaryOptions{
		Location: time.FixedZone("UTC+8", 8*60*60), Periods: segment.ByMonth, OrderDays: true,
		Categories: new(segment.CategoryOptions),
	}
}

// summaryOf makes a summary that differs for every value, and that holds what
// adapters have lost: trailing zeros, large amounts, odd texts.
func summaryOf(value int) (*segment.Summary, error) {
	s := segment.NewSummary(options())
	for i := range value + 1 {
		for _, tx := range []keyaccount.Transaction{
			{Account: "客户 " + strconv.Itoa(i), Order: "O\x001", Product: "a'b", Amount: decimal.New(100, -2)},
			{Account: "ACME", Order: strconv.Itoa(i), Amount: decimal.New(int64(value), 0)},
			{Account: "ACME", Amount: decimal.RequireFromString("-12345678901234567890.1230")},
		} {
			tx.Time = noon.AddDate(0, i, i)
			if err := s.Add(tx); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

type summaries struct{ store segment.SummaryStore }

func (s summaries) save(ctx context.Context, name string, value int) error {
	sum, err := summaryOf(value)
	if err != nil {
		return err
	}
	return s.store.SaveSummary(ctx, name, sum)
}

func (s summaries) load(ctx context.Context, name string) (int, error) {
	into := segment.NewSummary(options())
	if err := s.store.LoadSummary(ctx, name, into); err != nil {
		return -1, err
	}
	return findSame(func(v int) (bool, error) {
		want, err := summaryOf(v)
		if err != nil {
			return false, err
		}
		return sameSummary(want, into)
	})
}

// findSame returns the value that a loaded one is the same as.
func findSame(same func(value int) (bool, error)) (int, error) {
	for v := range awkward {
		if ok, err := same(v); err != nil || ok {
			return v, err
		}
	}
	return -1, errors.New("what was loaded is nothing that was saved")
}

func sameSummary(want, got *segment.Summary) (bool, error) {
	w, err := want.MarshalBinary()
	if err != nil {
		return false, err
	}
	g, err := got.MarshalBinary()
	return bytes.Equal(w, g), err
}

var summaryChecks = []check[segment.SummaryStore]{
	{"what is saved does not follow its summary", func(store segment.SummaryStore) error {
		ctx := context.Background()
		sum, err := summaryOf(1)
		if err != nil {
			return err
		}
		if err := store.SaveSummary(ctx, "run", sum); err != nil {
			return err
		}
		if err := sum.Add(keyaccount.Transaction{Account: "late", Time: noon, Amount: decimal.New(1, 0)}); err != nil {
			return err
		}
		loaded := segment.NewSummary(options())
		if err := store.LoadSummary(ctx, "run", loaded); err != nil {
			return err
		}
		if err := loaded.Merge(sum); err != nil { // nor one that was loaded
			return err
		}
		if v, err := (summaries{store}).load(ctx, "run"); err != nil || v != 1 {
			return fmt.Errorf("the store gave value %d and error %v, want value 1", v, err)
		}
		return nil
	}},
	{"summary with other options", func(store segment.SummaryStore) error {
		ctx := context.Background()
		if err := (summaries{store}).save(ctx, "run", 1); err != nil {
			return err
		}
		into := new(segment.Summary)
		if err := store.LoadSummary(ctx, "run", into); !errors.Is(err, keyaccount.ErrMismatch) {
			return fmt.Errorf("loading gave error %v, want the one of Summary.UnmarshalBinary", err)
		}
		if into.Len() > 0 {
			return errors.New("after an error the summary has changed")
		}
		return nil
	}},
}

func modelOf(value int) (*segment.Model, error) {
	accounts := make([]segment.Account, 5)
	for i := range accounts {
		net := decimal.New(int64(100*i+value), -3)
		accounts[i] = segment.Account{
			ID: strconv.Itoa(i), AsOf: noon, LastOrder: noon.AddDate(0, 0, -i), DaysSinceLast: i,
			Orders: i + 1, Gross: net, Net: net,
		}
	}
	segment.SetFigure(accounts, "毛利率", func(a segment.Account) (decimal.Decimal, bool) {
		return a.Net.Mul(decimal.New(int64(value+1), -2)), a.Orders > 1
	})
	return segment.FitRFM(accounts, &segment.RFMOptions{Bins: 3, Dimensions: []segment.Dimension{{
		Name: "毛利率", Label: keyaccount.Text{En: "It's a margin"}, LowerBetter: value%2 == 0,
	}}})
}

type models struct{ store segment.ModelStore }

func (m models) save(ctx context.Context, name string, value int) error {
	model, err := modelOf(value)
	if err != nil {
		return err
	}
	return m.store.SaveModel(ctx, name, model)
}

func (m models) load(ctx context.Context, name string) (int, error) {
	got, err := m.store.LoadModel(ctx, name)
	if err != nil {
		return -1, err
	}
	if got == nil {
		return -1, errors.New("neither a model nor an error")
	}
	return findSame(func(v int) (bool, error) {
		want, err := modelOf(v)
		if err != nil {
			return false, err
		}
		w, err := json.Marshal(want)
		if err != nil {
			return false, err
		}
		g, err := json.Marshal(got)
		return bytes.Equal(w, g), err
	})
}

var modelChecks = []check[segment.ModelStore]{
	{"what is saved does not follow its model", func(store segment.ModelStore) error {
		ctx := context.Background()
		model, err := modelOf(1)
		if err != nil {
			return err
		}
		if err := store.SaveModel(ctx, "run", model); err != nil {
			return err
		}
		model.Monetary.Cuts[0].Value = decimal.New(-1, 0)
		loaded, err := store.LoadModel(ctx, "run")
		if err != nil {
			return err
		}
		loaded.Recency.Cuts[0].Value = -1 // nor one that was loaded
		if v, err := (models{store}).load(ctx, "run"); err != nil || v != 1 {
			return fmt.Errorf("the store gave value %d and error %v, want value 1", v, err)
		}
		return nil
	}},
}

// scoresOf yields, out of order, as many scores as the value and one more.
func scoresOf(value int) iter.Seq2[segment.AccountScore, error] {
	return func(yield func(segment.AccountScore, error) bool) {
		for i := value; i >= 0; i-- {
			s := segment.AccountScore{ID: "客户 " + strconv.Itoa(i), Score: segment.Score{
				R: 1, F: i + 1, M: value + 1, Reasons: segment.ScoreReasons(i), Dimensions: segment.DimensionScores{0, int8(i % 2), 5},
				Segment: segment.Segment{Key: "key " + strconv.Itoa(i), Text: keyaccount.Text{En: "It's", Zh: "重要"}},
			}}
			if !yield(s, nil) {
				return
			}
		}
	}
}

type scores struct{ store segment.ScoreStore }

func (s scores) save(ctx context.Context, name string, value int) error {
	return s.store.SaveScores(ctx, name, scoresOf(value))
}

func (s scores) load(ctx context.Context, name string) (int, error) {
	got := map[string]segment.Score{}
	before := ""
	for a, err := range s.store.Scores(ctx, name) {
		if err != nil {
			return -1, err
		}
		if a.ID <= before {
			return -1, fmt.Errorf("%q comes after %q", a.ID, before)
		}
		before = a.ID
		got[a.ID] = a.Score
	}
	return findSame(func(v int) (bool, error) {
		n := 0
		for a, err := range scoresOf(v) {
			n++
			if err != nil || got[a.ID] != a.Score {
				return false, nil
			}
		}
		return n == len(got), nil
	})
}

var scoreChecks = []check[segment.ScoreStore]{
	{"error in the scores", func(store segment.ScoreStore) error {
		ctx := context.Background()
		if err := (scores{store}).save(ctx, "run", 1); err != nil {
			return err
		}
		cause := errors.New("the scoring failed")
		err := store.SaveScores(ctx, "run", func(yield func(segment.AccountScore, error) bool) {
			if yield(segment.AccountScore{ID: "new", Score: segment.Score{R: 1, F: 1, M: 1}}, nil) {
				yield(segment.AccountScore{}, cause)
			}
		})
		if !errors.Is(err, cause) {
			return fmt.Errorf("saving gave error %v, want one that wraps the sequence's own", err)
		}
		if v, err := (scores{store}).load(ctx, "run"); err != nil || v != 1 {
			return fmt.Errorf("value %d and error %v afterwards, want value 1", v, err)
		}
		return nil
	}},
	{"run without scores", func(store segment.ScoreStore) error {
		ctx := context.Background()
		if err := store.SaveScores(ctx, "run", func(func(segment.AccountScore, error) bool) {}); err != nil {
			return err
		}
		for a, err := range store.Scores(ctx, "run") {
			return fmt.Errorf("it yields %v and error %v: an empty run is no missing one", a, err)
		}
		return nil
	}},
	{"early stop and range again", func(store segment.ScoreStore) error {
		ctx := context.Background()
		if err := (scores{store}).save(ctx, "run", 5); err != nil {
			return err
		}
		seq := store.Scores(ctx, "run")
		for n := range 3 {
			for _, err := range seq {
				if err != nil {
					return err
				}
				break // a store that yields on panics here, by the rules of range-over-func
			}
			if v, err := (scores{store}).load(ctx, "run"); err != nil || v != 5 {
				return fmt.Errorf("after %d early stops: value %d, error %v", n+1, v, err)
			}
		}
		return nil
	}},
	{"error comes once and alone", func(store segment.ScoreStore) error {
		n := 0
		for a, err := range store.Scores(context.Background(), "nobody") {
			n++
			if err == nil || a != (segment.AccountScore{}) {
				return fmt.Errorf("a run that was never saved yields %v and error %v", a, err)
			}
		}
		if n != 1 {
			return fmt.Errorf("a run that was never saved yields %d times, want one error", n)
		}
		return nil
	}},
}
