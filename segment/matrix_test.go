package segment

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func portfolioPolicy() PortfolioPolicy {
	return PortfolioPolicy{
		Version: "2026",
		Attractiveness: CriteriaPolicy{Version: "a1", Criteria: []Criterion{
			{Name: "potential", Text: keyaccount.Text{En: "potential", Zh: "潜力"}, Direction: Benefit, Weight: 3, Hi: 10},
			{Name: "cost", Text: keyaccount.Text{En: "cost to serve", Zh: "服务成本"}, Direction: Cost, Weight: 1, Hi: 10},
		}},
		Strength:    CriteriaPolicy{Version: "s1", Criteria: []Criterion{{Name: "share", Direction: Benefit, Weight: 1, Hi: 1}}},
		StrengthCut: 0.4,
	}
}

func TestPortfolioByHand(t *testing.T) {
	t.Parallel()
	worth := []Alternative{{"A", []float64{10, 5}}, {"B", []float64{8, 0}}, {"C", []float64{2, 9}}, {"D", []float64{0, 0}}, {"E", []float64{4, 2}}}
	stand := []Alternative{{"E", []float64{.4}}, {"D", []float64{0}}, {"C", []float64{1}}, {"B", []float64{.3}}, {"A", []float64{.8}}}
	p, err := PlacePortfolio(portfolioPolicy(), worth, stand)
	require.NoError(t, err)
	type row struct {
		id        string
		q         Quadrant
		x, y      float64
		in, out   string
		high, top bool
	}
	var got []row
	for _, a := range p.Accounts {
		got = append(got, row{a.ID, a.Quadrant, rankKey(a.Attractiveness.Score) / 1e12, a.Strength.Score, a.Attractiveness.Carries, a.Attractiveness.Lacks, a.Attractiveness.High, a.Strength.High})
	}
	assert.Equal(t, []row{
		{"A", QuadrantKey, .875, .8, "potential", "cost", true, true},
		{"E", QuadrantKey, .5, .4, "potential", "potential", true, true}, // on both lines
		{"B", QuadrantKeyDevelopment, .85, .3, "potential", "potential", true, false},
		{"C", QuadrantMaintenance, .175, 1, "potential", "potential", false, true},
		{"D", QuadrantOpportunistic, .25, 0, "cost", "potential", false, false},
	}, got)
	assert.Equal(t, []QuadrantTotal{{QuadrantKey, 2}, {QuadrantKeyDevelopment, 1}, {QuadrantMaintenance, 1}, {QuadrantOpportunistic, 1}}, p.Quadrants)
	assert.Equal(t, []any{"2026", .5, .4}, []any{p.Version, p.AttractivenessCut, p.StrengthCut})
	assert.Empty(t, p.Accounts[4].Strength.Carries)
	assert.Empty(t, p.Accounts[3].Strength.Lacks)
	assert.InDelta(t, -.1, p.Accounts[2].Strength.Margin, 1e-15)

	assert.Equal(t, "B: key development account; attractiveness 0.85 (high, cut-off 0.50), carried by potential, lacking most in potential; strength 0.30 (low, cut-off 0.40), carried by share, lacking most in share",
		portfolioPolicy().Explain(p.Accounts[2], "en"))
	assert.Equal(t, "A：关键客户；吸引力 0.88（高，分界 0.50），主要来自潜力，差距最大在服务成本；我方实力 0.80（高，分界 0.40），主要来自share，差距最大在share",
		portfolioPolicy().Explain(p.Accounts[0], "zh-CN"))
}

func TestQuadrantLabels(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, q := range quadrants {
		for _, lang := range []string{"en", "zh"} {
			require.NotEmpty(t, q.Label(lang))
			require.False(t, seen[q.Label(lang)])
			seen[q.Label(lang)] = true
		}
	}
	assert.Empty(t, Quadrant("star").Label("en"))
}

// An account's place depends on its own values and the policy only, and not on
// the order of the lists.
func TestPortfolioPlacesAreIndependent(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(51, 1))
	for range 50 {
		worthPolicy, worth := randomCriteria(r, 12, 4)
		standPolicy, stand := randomCriteria(r, 12, 3)
		policy := PortfolioPolicy{Attractiveness: worthPolicy, Strength: standPolicy}
		all, err := PlacePortfolio(policy, worth, stand)
		require.NoError(t, err)
		n := 1 + r.IntN(11)
		part := slices.Clone(stand[:n])
		slices.Reverse(part)
		some, err := PlacePortfolio(policy, worth[:n], part)
		require.NoError(t, err)
		for _, a := range some.Accounts {
			require.Contains(t, all.Accounts, a)
		}
		total := 0
		for _, q := range all.Quadrants {
			total += q.Accounts
		}
		require.Equal(t, 12, total)
	}
}

func TestPortfolioPolicyJSON(t *testing.T) {
	t.Parallel()
	p := portfolioPolicy()
	b, err := json.Marshal(p)
	require.NoError(t, err)
	var back PortfolioPolicy
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, p, back)
	assert.Contains(t, string(b), `"schema":"keyaccount/segment.PortfolioPolicy/1"`)
	refused := func(old, with string) error {
		kept := back
		err := json.Unmarshal([]byte(strings.Replace(string(b), old, with, 1)), &kept)
		assert.Equal(t, back, kept)
		return err
	}
	inputError(t, refused("Policy/1", "Policy/9"), keyaccount.ErrVersion, "Schema", 0)
	inputError(t, refused("CriteriaPolicy/1", "CriteriaPolicy/9"), keyaccount.ErrVersion, "Schema", 0)
	inputError(t, refused(`"strength_cut":0.4`, `"strength_cut":4`), keyaccount.ErrOutOfRange, "StrengthCut", 0)
	inputError(t, refused(`"strength_cut"`, `"cut"`), keyaccount.ErrMalformed, "Policy", 0)
	p.AttractivenessCut = math.NaN()
	_, err = json.Marshal(p)
	require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
}

func TestPortfolioRefuses(t *testing.T) {
	t.Parallel()
	worth, stand := []Alternative{{"A", []float64{1, 1}}, {"B", []float64{1, 1}}}, []Alternative{{"B", []float64{1}}, {"A", []float64{1}}}
	refused := func(change func(*PortfolioPolicy), worth, stand []Alternative) error {
		p := portfolioPolicy()
		if change != nil {
			change(&p)
		}
		out, err := PlacePortfolio(p, worth, stand)
		require.Nil(t, out)
		return err
	}
	_, err := PlacePortfolio(portfolioPolicy(), worth, stand)
	require.NoError(t, err)
	several, ok := PortfolioPolicy{AttractivenessCut: 2}.Validate().(interface{ Unwrap() []error })
	require.True(t, ok)
	require.Len(t, several.Unwrap(), 3, "both sets of criteria and the cut-off")
	inputError(t, refused(nil, worth, stand[:1]), keyaccount.ErrMismatch, "attractiveness", 1)
	inputError(t, refused(nil, worth[:1], stand), keyaccount.ErrMismatch, "strength", 1)
	inputError(t, refused(nil, nil, stand), keyaccount.ErrMissing, "Attractiveness.alternatives", 0)
	inputError(t, refused(nil, worth, []Alternative{{"B", []float64{1}}, {"A", []float64{2}}}), keyaccount.ErrOutOfRange, "Strength.Values", 2)
	inputError(t, refused(func(p *PortfolioPolicy) { p.StrengthCut = -.1 }, worth, stand), keyaccount.ErrOutOfRange, "StrengthCut", 0)
	inputError(t, refused(func(p *PortfolioPolicy) { p.AttractivenessCut = 1.1 }, worth, stand), keyaccount.ErrOutOfRange, "AttractivenessCut", 0)
	inputError(t, refused(func(p *PortfolioPolicy) { p.Strength.Criteria = nil }, worth, stand), keyaccount.ErrMissing, "Strength.Criteria", 0)
	inputError(t, refused(func(p *PortfolioPolicy) { p.Strength.Criteria[0].Hi = 0 }, worth, stand), keyaccount.ErrMissing, "Strength.Hi", 1)
}

func BenchmarkPlacePortfolio(b *testing.B) {
	r := rand.New(rand.NewPCG(9, 9))
	worthPolicy, worth := randomCriteria(r, 10_000, 5)
	standPolicy, stand := randomCriteria(r, 10_000, 4)
	policy := PortfolioPolicy{Attractiveness: worthPolicy, Strength: standPolicy}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := PlacePortfolio(policy, worth, stand); err != nil {
			b.Fatal(err)
		}
	}
}
