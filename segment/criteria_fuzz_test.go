package segment

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func FuzzRank(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 0.5, 0.5, 0.0, 10.0, true)
	f.Add(-1e100, 1e100, 5e-324, -5e-324, 0.0, math.Inf(1), 1e100, 5e-324, -1e100, 1e100, false)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, w1, w2, lo, hi float64, lenient bool) {
		p := CriteriaPolicy{Criteria: []Criterion{
			{Name: "x", Direction: Benefit, Weight: w1, Lo: lo, Hi: hi}, {Name: "y", Direction: Cost, Weight: w2, Lo: lo, Hi: hi},
		}}
		if lenient {
			p.Missing, p.Outside = MissingMiddle, OutsideClamped
		}
		alternatives := alternativesOf([]float64{a, b}, []float64{c, d}, []float64{e, g})
		for _, m := range allMethods {
			r, err := RankBy(m, p, alternatives)
			if err != nil {
				var in *keyaccount.InputError
				require.ErrorAs(t, err, &in)
				continue
			}
			for _, x := range r.Accounts {
				require.True(t, x.Score >= 0 && x.Score <= 1, "%s %v", m, x)
				sum := 0.0
				for _, c := range x.Points {
					require.True(t, c.Points >= 0 && c.Gap >= 0 && !math.IsInf(c.Points+c.Gap+c.Value, 0))
					sum += c.Points
				}
				require.InDelta(t, x.Score, sum, 1e-12)
			}
			_, err = json.Marshal(r)
			require.NoError(t, err)
			check, err := CheckRemovals(m, p, alternatives)
			require.NoError(t, err)
			require.True(t, check.Invariant() || m == MethodTOPSIS || m == MethodMinMaxSum)
			if m != MethodTOPSIS {
				s, err := TopSensitivity(m, p, alternatives, 1)
				require.NoError(t, err)
				_, err = json.Marshal(s)
				require.NoError(t, err)
			}
		}
	})
}

// Policies and values belong to the caller: nothing writes to them, also where
// values are sorted, clamped or filled in.
func TestNothingIsWrittenTo(t *testing.T) {
	t.Parallel()
	p := keyCriteria()
	p.Missing, p.Outside = MissingMiddle, OutsideClamped
	rows := func() []Alternative {
		return []Alternative{{"C", []float64{900, math.NaN(), 10}}, {"A", []float64{100, 90, 70}}, {"B", []float64{500, 20, 30}}, {"D", []float64{1, 2, 3}}}
	}
	kept, policy := rows(), p
	policy.Criteria = slices.Clone(p.Criteria)
	for _, m := range allMethods {
		_, err := RankBy(m, p, kept)
		require.NoError(t, err)
		_, err = CheckRemovals(m, p, kept)
		require.NoError(t, err)
		if m != MethodTOPSIS {
			_, err = TopSensitivity(m, p, kept, 2)
			require.NoError(t, err)
		}
	}
	_, err := CRITICWeights(p, kept)
	require.NoError(t, err)
	_, err = EntropyWeights(p, kept)
	require.NoError(t, err)
	require.Equal(t, policy, p)
	for i, a := range rows() {
		require.Equal(t, a.ID, kept[i].ID)
		for j, v := range a.Values {
			require.Equal(t, math.Float64bits(v), math.Float64bits(kept[i].Values[j]))
		}
	}
}

// Whatever can be read is valid, and is read again from what is written.
func FuzzPolicyJSON(f *testing.F) {
	f.Add([]byte(savedCriteria))
	b, err := json.Marshal(portfolioPolicy())
	require.NoError(f, err)
	f.Add(b)
	f.Add([]byte(`{"id":"A","values":[1,null,-3e99]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		roundTrip(t, data, func(p *CriteriaPolicy) error { return errors.Join(p.faults()...) })
		roundTrip(t, data, func(p *PortfolioPolicy) error { return p.Validate() })
		roundTrip(t, data, func(a *Alternative) error { return a.Validate() })
	})
}

func roundTrip[T any](t *testing.T, data []byte, valid func(*T) error) {
	t.Helper()
	var read, again T
	if err := json.Unmarshal(data, &read); err != nil {
		return
	}
	require.NoError(t, valid(&read))
	once, err := json.Marshal(read)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(once, &again))
	twice, err := json.Marshal(again)
	require.NoError(t, err)
	require.Equal(t, string(once), string(twice))
}
