package segment

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func lifeFacts(rows ...string) []LifecycleFacts {
	var out []LifecycleFacts
	for i := 0; i < len(rows); i += 4 {
		out = append(out, LifecycleFacts{ID: rows[i], Earlier: dec(rows[i+1]), Before: dec(rows[i+2]), Now: dec(rows[i+3])})
	}
	return out
}

func TestLifecycleStages(t *testing.T) {
	t.Parallel()
	res, err := Lifecycle(lifeFacts(
		"new", "0", "0", "5",
		"new after a return", "-3", "0", "5",
		"returned", "1", "0", "5",
		"returned from a return", "1", "-2", "5",
		"repeat", "0", "4", "5",
		"old repeat", "9", "8", "5",
		"lapsed", "0", "4", "0",
		"lapsed with a return", "9", "4", "-1",
		"dormant", "9", "0", "0",
		"never", "0", "0", "0",
		"only returns", "0", "0", "-2",
	))
	require.NoError(t, err)
	got := map[string]LifecycleStage{}
	for _, a := range res.Accounts {
		got[a.ID] = a.Stage
	}
	assert.Equal(t, map[string]LifecycleStage{
		"new": StageNew, "new after a return": StageNew, "returned": StageReturned, "returned from a return": StageReturned,
		"repeat": StageRepeat, "old repeat": StageRepeat, "lapsed": StageLapsed, "lapsed with a return": StageLapsed,
		"dormant": StageDormant, "never": StageNever, "only returns": StageNever,
	}, got)
	assert.Equal(t, 0.5, res.Retention)
	assert.Equal(t, []string{"18", "27", "9"}, []string{res.Before.StringFixed(0), res.Now.StringFixed(0), res.Change.StringFixed(0)})

	b, err := json.Marshal(res.Stages[2])
	require.NoError(t, err)
	assert.JSONEq(t, `{"stage":"repeat","accounts":2,"before":"12","now":"10","change":"-2","gained":"1","lost":"-3"}`, string(b))
	for _, s := range lifecycleStages {
		assert.NotEqual(t, s.stage.Label("en"), s.stage.Label("zh-CN"))
	}
	assert.Equal(t, "other", LifecycleStage("other").Label("en"))
}

func TestLifecycleProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	for range 100 {
		var facts []LifecycleFacts
		amount := func() decimal.Decimal { return decimal.New(max(0, r.Int64N(200)-100)-r.Int64N(30), -int32(r.IntN(3))) }
		for i := range 1 + r.IntN(50) {
			facts = append(facts, LifecycleFacts{ID: strconv.Itoa(i), Earlier: amount(), Before: amount(), Now: amount()})
		}
		res, err := Lifecycle(facts)
		require.NoError(t, err)
		n := 0
		var change decimal.Decimal
		for _, s := range res.Stages {
			n, change = n+s.Accounts, change.Add(s.Change)
			require.True(t, s.Change.Equal(s.Gained.Add(s.Lost)), "gains and losses are all of it")
			require.True(t, s.Change.Equal(s.Now.Sub(s.Before)))
		}
		require.Equal(t, len(facts), n)
		require.True(t, change.Equal(res.Change), "the stages' changes add up")

		r.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
		again, err := Lifecycle(facts)
		require.NoError(t, err)
		require.Equal(t, res, again)
	}
}

func TestLifecycleOfSummaries(t *testing.T) {
	t.Parallel()
	asOf := day("2025-12-31")
	earlier := summaryOf(t, line("B", "1", "2023-02-01", "1", "5")).Accounts(asOf)
	before := summaryOf(t, line("A", "1", "2024-02-01", "1", "5"), line("C", "2", "2024-02-01", "1", "7")).Accounts(asOf)
	now := summaryOf(t, line("C", "3", "2025-02-01", "1", "9"), line("B", "4", "2025-02-01", "1", "2")).Accounts(asOf)
	facts, err := LifecycleOf(earlier, before, now, nil)
	require.NoError(t, err)
	assert.Equal(t, lifeFacts("A", "0", "5", "0", "B", "5", "0", "2", "C", "0", "7", "9"), normalised(facts))

	orders, err := LifecycleOf(nil, before, now, func(a Account) decimal.Decimal { return decimal.NewFromInt(int64(a.Orders)) })
	require.NoError(t, err)
	assert.Equal(t, lifeFacts("A", "0", "1", "0", "B", "0", "0", "1", "C", "0", "1", "1"), normalised(orders))

	_, err = LifecycleOf(nil, append(before, before[0]), now, nil)
	inputError(t, err, keyaccount.ErrDuplicate, "ID", 3)
	now[0].Currency, now[1].Currency = "USD", "USD"
	_, err = LifecycleOf(earlier, before, now, nil)
	inputError(t, err, keyaccount.ErrMixedCurrency, "Currency", 1)
	none, err := LifecycleOf(nil, nil, nil, nil)
	require.NoError(t, err)
	assert.Empty(t, none)
}

func normalised(facts []LifecycleFacts) []LifecycleFacts {
	for i := range facts {
		f := &facts[i]
		for _, d := range []*decimal.Decimal{&f.Earlier, &f.Before, &f.Now} {
			*d = dec(d.StringFixed(0))
		}
	}
	return facts
}

func TestLifecycleRefuses(t *testing.T) {
	t.Parallel()
	refused := func(facts []LifecycleFacts) error {
		res, err := Lifecycle(facts)
		require.Nil(t, res)
		return err
	}
	inputError(t, refused(nil), keyaccount.ErrMissing, "facts", 0)
	inputError(t, refused(lifeFacts("A", "0", "0", "1", "", "0", "0", "1")), keyaccount.ErrMissing, "ID", 2)
	inputError(t, refused(lifeFacts("A", "0", "0", "1", "A", "0", "0", "1")), keyaccount.ErrDuplicate, "ID", 2)
	huge := lifeFacts("A", "0", "0", "1")
	huge[0].Before = decimal.New(1, 1<<30)
	inputError(t, refused(huge), keyaccount.ErrOutOfRange, "Before", 1)
}

// The stages of UCI Online Retail over two quarters, against sets that are
// built from the lines without a Summary.
func TestLifecycleOnlineRetail(t *testing.T) {
	t.Parallel()
	txs, _ := uciLines(t)
	cuts := []string{"2010-01-01", "2011-06-01", "2011-09-01", "2011-12-01"}
	var lists [3][]Account
	var bought [3]map[string]bool
	for k := range lists {
		lists[k] = uciHalf(t, cuts[k], cuts[k+1])
		bought[k] = map[string]bool{}
		for _, tx := range txs {
			if !tx.IsReturn() && !tx.Time.Before(day(cuts[k])) && tx.Time.Before(day(cuts[k+1])) {
				bought[k][tx.Account] = true
			}
		}
	}
	orders := func(a Account) decimal.Decimal { return decimal.NewFromInt(int64(a.Orders)) }
	facts, err := LifecycleOf(lists[0], lists[1], lists[2], orders)
	require.NoError(t, err)
	res, err := Lifecycle(facts)
	require.NoError(t, err)
	want := map[LifecycleStage]int{}
	for _, f := range facts {
		earlier, before, now := bought[0][f.ID], bought[1][f.ID], bought[2][f.ID]
		switch {
		case now && !before && !earlier:
			want[StageNew]++
		case now && !before:
			want[StageReturned]++
		case now:
			want[StageRepeat]++
		case before:
			want[StageLapsed]++
		case earlier:
			want[StageDormant]++
		default:
			want[StageNever]++
		}
	}
	for _, s := range res.Stages {
		assert.Equal(t, want[s.Stage], s.Accounts, s.Stage)
	}
	assert.Equal(t, float64(want[StageRepeat])/float64(want[StageRepeat]+want[StageLapsed]), res.Retention)
}

func FuzzLifecycle(f *testing.F) {
	f.Add("A", int64(1), int32(0), int64(-1), int32(3), int64(5), int32(-4096))
	f.Fuzz(func(t *testing.T, id string, a int64, e1 int32, b int64, e2 int32, c int64, e3 int32) {
		res, err := Lifecycle([]LifecycleFacts{
			{ID: id, Earlier: decimal.New(a, e1), Before: decimal.New(b, e2), Now: decimal.New(c, e3)}, {ID: "other", Now: decimal.New(a, e2)},
		})
		if err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		require.True(t, res.Change.Equal(res.Now.Sub(res.Before)))
	})
}
