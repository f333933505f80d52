package segment

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// forty accounts, of 1 to 7 orders and 0 to 390 in money.
func fortyAccounts() []Account {
	r := rand.New(rand.NewPCG(40, 40))
	out := randomAccounts(r, 40)
	for i := range out {
		a := &out[i]
		a.Orders, a.DaysSinceLast, a.LastOrder = 1+i%7, i, a.AsOf.AddDate(0, 0, -i)
		a.Net = decimal.New(int64(i*10), 0)
	}
	return out
}

func breaksOf(orEqual bool, values ...string) ScaleOptions {
	o := ScaleOptions{OrEqual: orEqual}
	for _, v := range values {
		o.Breaks = append(o.Breaks, dec(v))
	}
	return o
}

// Whatever part of a policy changes, without a Refit it is asked for, as Refit
// it is refused, and as After it is booked as policy and not as moved cuts.
func TestEveryChangeOfPolicyIsPolicy(t *testing.T) {
	t.Parallel()
	list := fortyAccounts()
	given := RFMOptions{Frequency: breaksOf(false, "1", "3", "5", "6"), Monetary: breaksOf(false, "50", "100", "200", "300")}
	nested := RFMOptions{Nested: true}
	for name, c := range map[string]struct {
		was, is RFMOptions
		field   string
		moves   bool // the score of an account
	}{
		"rule of all":       {RFMOptions{}, RFMOptions{Rule: MidRank}, "Recency.Rule", true},
		"rule of R":         {RFMOptions{}, RFMOptions{Recency: ScaleOptions{Rule: NaturalBreaks}}, "Recency.Rule", false},
		"rule of F":         {RFMOptions{}, RFMOptions{Frequency: ScaleOptions{Rule: MidRank}}, "Frequency.Rule", true},
		"rule of M":         {RFMOptions{}, RFMOptions{Monetary: ScaleOptions{Rule: RPlusOne}}, "Monetary.Rule", false},
		"given F":           {RFMOptions{}, RFMOptions{Frequency: given.Frequency}, "Frequency.Rule", true},
		"F given no longer": {RFMOptions{Frequency: given.Frequency}, RFMOptions{}, "Frequency.Rule", true},
		"given F moved":     {given, RFMOptions{Frequency: breaksOf(false, "1", "2", "5", "6"), Monetary: given.Monetary}, "Frequency.Cuts", true},
		"given M moved":     {given, RFMOptions{Frequency: given.Frequency, Monetary: breaksOf(false, "50", "100", "200", "350")}, "Monetary.Cuts", true},
		"given F closed":    {given, RFMOptions{Frequency: breaksOf(true, "1", "3", "5", "6"), Monetary: given.Monetary}, "Frequency.Cuts", true},
		"given M closed":    {given, RFMOptions{Frequency: given.Frequency, Monetary: breaksOf(true, "50", "100", "200", "300")}, "Monetary.Cuts", true},
		"given R moved": {
			RFMOptions{Recency: breaksOf(false, "5", "10", "20", "30")}, RFMOptions{Recency: breaksOf(false, "5", "10", "20", "35")}, "Recency.Cuts", true,
		},
		"nested":      {RFMOptions{}, nested, "Nested", true},
		"not nested":  {nested, RFMOptions{}, "Nested", true},
		"policy name": {RFMOptions{Policy: "net"}, RFMOptions{Policy: "gross"}, "Policy", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			was, is := fitted(t, list, &c.was), fitted(t, list, &c.is)
			_, err := SplitCauses(CauseModels{Before: was, After: is}, list, list)
			inputError(t, err, keyaccount.ErrMissing, "models.Refit", 0)
			require.ErrorContains(t, err, c.field+" from ")
			_, err = SplitCauses(CauseModels{Before: was, Refit: is}, list, list)
			inputError(t, err, keyaccount.ErrMismatch, "models.Refit."+c.field, 0)

			got, err := SplitCauses(CauseModels{Before: was, Refit: was, After: is}, list, list)
			require.NoError(t, err)
			policies := 0
			for _, total := range []CauseTotal{got.R, got.F, got.M} {
				require.Zero(t, total.Accounts.Cuts+total.Accounts.Behaviour+total.Accounts.Interaction)
				require.Equal(t, total.Net.Change, total.Net.Policy)
				policies += total.Accounts.Policy
			}
			if c.moves {
				require.Positive(t, policies)
			}
			for _, a := range got.Changes {
				for _, p := range []CauseParts{a.R, a.F, a.M} {
					require.Equal(t, p.Change, p.Behaviour+p.Cuts+p.Policy+p.Interaction)
				}
			}
		})
	}
}

// A scale of other scores cannot be compared, even where the most are equal.
func TestCausesRefuseOtherBinsOfAnyScale(t *testing.T) {
	t.Parallel()
	list := fortyAccounts()
	was := fitted(t, list, nil)
	for field, o := range map[string]RFMOptions{
		"Recency":   {Recency: ScaleOptions{Bins: 3}},
		"Frequency": {Frequency: ScaleOptions{Bins: 3}},
		"Monetary":  {Monetary: breaksOf(false, "100", "200")},
	} {
		is := fitted(t, list, &o)
		require.Equal(t, was.Bins, is.Bins)
		_, err := SplitCauses(CauseModels{Before: was, After: is}, list, list)
		inputError(t, err, keyaccount.ErrMismatch, "models.After."+field+".Bins", 0)
		_, err = SplitCauses(CauseModels{Before: was, Refit: is}, list, list)
		inputError(t, err, keyaccount.ErrMismatch, "models.Refit."+field+".Bins", 0)
		_, err = SplitCauses(CauseModels{Before: was, Refit: was, After: is}, list, list)
		inputError(t, err, keyaccount.ErrMismatch, "models.After."+field+".Bins", 0)
	}
}

// The same policy, told in other words or fitted to other accounts, is no new
// one.
func TestTheSamePolicyIsFoundAgain(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(12, 12))
	cuts := 0
	for range 50 {
		before := randomAccounts(r, 20+r.IntN(60))
		after := later(r, before, uciAsOf.AddDate(0, 6, 0))
		for _, o := range []RFMOptions{
			{},
			{Nested: true},
			{Frequency: ScaleOptions{Rule: MidRank}, Policy: "net"},
			{Nested: true, Frequency: breaksOf(true, "1", "2.5", "3"), Monetary: ScaleOptions{Rule: RPlusOne}},
		} {
			got, err := SplitCauses(CauseModels{Before: fitted(t, before, &o), After: fitted(t, after, &o)}, before, after)
			require.NoError(t, err)
			for _, total := range []CauseTotal{got.R, got.F, got.M} {
				require.Zero(t, total.Accounts.Policy)
				cuts += total.Accounts.Cuts
			}
		}
	}
	require.Positive(t, cuts, "the property was exercised")

	// The rule of a model says nothing where each scale has its own, the zero
	// rule is Type7, 2.50 is 2.5, and no count tells 2.5 from 2.
	list := fortyAccounts()
	given := RFMOptions{
		Recency: breaksOf(false, "5", "10", "20"), Frequency: breaksOf(false, "1", "2.5", "3"), Monetary: breaksOf(false, "2.5", "100", "200"),
	}
	byOptions := fitted(t, list, &given)
	byBreaks, err := NewModel(Breaks{
		AsOf: list[0].AsOf, Currency: list[0].Currency,
		Recency: given.Recency.Breaks, Frequency: breaksOf(false, "1", "2", "3").Breaks, Monetary: breaksOf(false, "2.50", "100", "200").Breaks,
	})
	require.NoError(t, err)
	require.NotEqual(t, byOptions.Rule, byBreaks.Rule)
	assert.Empty(t, byOptions.policyChanges(byBreaks))
	unnamed := fitted(t, list, nil)
	unnamed.Recency.Rule = 0
	assert.Empty(t, unnamed.policyChanges(fitted(t, list, nil)))
}

// Scales within the scores can have a rule of their own in a model made by
// hand. A message names all that changed, and stays short.
func TestPolicyChangesAreNamed(t *testing.T) {
	t.Parallel()
	list := fortyAccounts()
	was, is := fitted(t, list, &RFMOptions{Nested: true}), fitted(t, list, &RFMOptions{Nested: true})
	is.Nested.Frequency[1].Rule, is.Nested.Frequency[2].Rule = MidRank, MidRank
	at := 0
	for len(is.Nested.Monetary[at].Cuts) == 0 {
		at++
	}
	is.Nested.Monetary[at].Rule = MidRank
	changes := was.policyChanges(is)
	require.Len(t, changes, 2)
	assert.Equal(t, "Nested.Frequency[1].Rule from type7 to midrank", changes[0].text())
	assert.Equal(t, "Nested.Monetary[0].Rule from type7 to midrank", changes[1].text())
	_, err := SplitCauses(CauseModels{Before: was, Refit: is}, list, list)
	inputError(t, err, keyaccount.ErrMismatch, "models.Refit.Nested.Frequency[1].Rule", 0)

	open, closed := breaksOf(false, "50", "100"), breaksOf(true, "50", "100")
	was = fitted(t, list, &RFMOptions{Bins: 3, Monetary: open, Policy: strings.Repeat("净", 5000)})
	is = fitted(t, list, &RFMOptions{Bins: 3, Monetary: closed, Rule: MidRank, Policy: "gross"})
	_, err = SplitCauses(CauseModels{Before: was, After: is}, list, list)
	inputError(t, err, keyaccount.ErrMissing, "models.Refit", 0)
	require.ErrorContains(t, err, "Recency.Rule from type7 to midrank, Frequency.Rule from type7 to midrank, "+
		"Monetary.Cuts from more than 50 to at least 50, Policy from ")
}
