package segment

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// Refitting the cuts moves customers who did nothing: of 830 with neither an
// order nor an amount more, 242 (29 %) get another M score and 205 another F.
func TestRefitMovesIdleAccountsAndTheSplitSaysSo(t *testing.T) {
	t.Parallel()
	before, after := uciDates(t)
	was, refit := fitted(t, before, nil), fitted(t, after, nil)
	got, err := SplitCauses(CauseModels{Before: was, After: refit}, before, after)
	require.NoError(t, err)
	assert.Equal(t, []int{2800, 1572, 830}, []int{got.Scored, got.Unscored, got.Idle})
	assert.Equal(t, 242, got.M.Idle)
	assert.Equal(t, 205, got.F.Idle)
	for _, c := range got.Changes {
		if c.Idle {
			require.Equal(t, CauseParts{Change: c.M.Cuts, Cuts: c.M.Cuts}, c.M, c.ID)
			require.Equal(t, CauseParts{Change: c.F.Cuts, Cuts: c.F.Cuts}, c.F, c.ID)
		}
	}
	assert.Zero(t, got.M.Net.Policy)

	// On the frozen model the same customers stay where they are.
	frozen, err := SplitCauses(CauseModels{Before: was}, before, after)
	require.NoError(t, err)
	assert.Equal(t, 830, frozen.Idle)
	assert.Equal(t, []int{0, 0}, []int{frozen.M.Idle, frozen.F.Idle})
	assert.Equal(t, frozen.M.Net.Behaviour, frozen.M.Net.Change)
	assert.Equal(t, got.M.Net.Behaviour, frozen.M.Net.Change, "what the customers did does not depend on the refit")
}

func TestCausesAddUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 8))
	policies := 0
	for range 200 {
		before := randomAccounts(r, 2+r.IntN(60))
		after := later(r, before, uciAsOf.AddDate(0, 6, 0))
		models := CauseModels{
			Before: fitted(t, before, nil), Refit: fitted(t, after, nil), After: fitted(t, after, &RFMOptions{Rule: MidRank}),
		}
		got, err := SplitCauses(models, before, after)
		require.NoError(t, err)
		old := map[string]Account{}
		for _, a := range before {
			old[a.ID] = a
		}
		var total CauseTotal
		changed := 0
		for _, a := range after {
			b := old[a.ID]
			if !a.HasOrders() || !b.HasOrders() {
				continue
			}
			i := slices.IndexFunc(got.Changes, func(c CauseChange) bool { return c.ID == a.ID })
			if i < 0 {
				require.Equal(t, models.Before.Score(b), models.After.Score(a))
				continue
			}
			c := got.Changes[i]
			changed++
			require.Equal(t, models.After.Score(a).M-models.Before.Score(b).M, c.M.Change)
			require.Equal(t, models.Before.Score(a).M-models.Before.Score(b).M, c.M.Behaviour)
			require.Equal(t, models.Refit.Score(b).M-models.Before.Score(b).M, c.M.Cuts)
			require.Equal(t, models.After.Score(b).M-models.Refit.Score(b).M, c.M.Policy)
			for _, p := range []CauseParts{c.R, c.F, c.M} {
				require.Equal(t, p.Change, p.Behaviour+p.Cuts+p.Policy+p.Interaction)
			}
			total.add(c.M, c.Idle)
			if c.M.Policy != 0 {
				policies++
			}
		}
		require.Equal(t, changed, len(got.Changes))
		require.Equal(t, got.M, total)
		for _, n := range []CauseParts{got.R.Net, got.F.Net, got.M.Net} {
			require.Equal(t, n.Change, n.Behaviour+n.Cuts+n.Policy+n.Interaction)
		}

		// One model: all of it is behaviour. The same facts: none of it.
		frozen, err := SplitCauses(CauseModels{Before: models.Before}, before, after)
		require.NoError(t, err)
		require.Equal(t, frozen.F.Net.Change, frozen.F.Net.Behaviour)
		require.Zero(t, frozen.F.Net.Cuts+frozen.F.Net.Policy+frozen.F.Net.Interaction)
		still, err := SplitCauses(models, before, before)
		require.NoError(t, err)
		for _, c := range still.Changes {
			require.Zero(t, c.R.Behaviour+c.F.Behaviour+c.M.Behaviour)
			require.Zero(t, c.M.Interaction)
		}
		require.Equal(t, still.Scored, still.Idle)
	}
	require.Positive(t, policies, "the property was exercised")
}

func TestCauseModelsAreChecked(t *testing.T) {
	t.Parallel()
	before := randomAccounts(rand.New(rand.NewPCG(3, 3)), 20)
	five, seven := fitted(t, before, nil), fitted(t, before, &RFMOptions{Bins: 7})
	mid := fitted(t, before, &RFMOptions{Rule: MidRank})
	dollars := fitted(t, before, nil)
	dollars.Currency = "USD"
	split := func(m CauseModels) error {
		got, err := SplitCauses(m, before, before)
		require.Nil(t, got)
		return err
	}
	inputError(t, split(CauseModels{}), keyaccount.ErrMissing, "models.Before", 0)
	inputError(t, split(CauseModels{Before: five, After: seven}), keyaccount.ErrMismatch, "models.After.Recency.Bins", 0)
	inputError(t, split(CauseModels{Before: five, Refit: five, After: seven}), keyaccount.ErrMismatch, "models.After.Recency.Bins", 0)
	inputError(t, split(CauseModels{Before: five, Refit: mid}), keyaccount.ErrMismatch, "models.Refit.Recency.Rule", 0)
	inputError(t, split(CauseModels{Before: five, After: mid}), keyaccount.ErrMissing, "models.Refit", 0)
	inputError(t, split(CauseModels{Before: five, Refit: dollars}), keyaccount.ErrMixedCurrency, "models.Refit.Currency", 0)
	inputError(t, split(CauseModels{Before: five, Refit: five, After: &Model{}}), keyaccount.ErrVersion, "models.After.Schema", 0)
	_, err := SplitCauses(CauseModels{Before: five}, before, nil)
	inputError(t, err, keyaccount.ErrMissing, "after", 0)
	_, err = SplitCauses(CauseModels{Before: five}, nil, before)
	inputError(t, err, keyaccount.ErrMissing, "before", 0)

	assert.Equal(t, "-2 = behaviour +1, cuts moved -2, policy changed -1", CauseParts{-2, 1, -2, -1, 0}.Text("en"))
	assert.Equal(t, "+1 = 行为变化 +2，交互作用 -1", CauseParts{1, 2, 0, 0, -1}.Text("zh-CN"))
	assert.Equal(t, "0", CauseParts{}.Text("en"))
}

func BenchmarkSplitCausesMillion(b *testing.B) {
	before, after, model := benchmarkDates(1_000_000)
	refit, err := FitRFM(after, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := SplitCauses(CauseModels{Before: model, After: refit}, before, after); err != nil {
			b.Fatal(err)
		}
	}
}
