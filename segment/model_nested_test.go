package segment

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// Nested bins (rfm issue #81): the accounts of each recency score are binned by
// frequency, and those of each pair by amount. Done here the long way round.
func TestNestedBinsAreFitsOfTheGroups(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 1))
	for range 60 {
		accounts := randomAccounts(r, 1+r.IntN(80))
		opts := RFMOptions{Bins: 2 + r.IntN(3), Rule: anyRule(r)}
		flat, err := FitRFM(accounts, &opts)
		require.NoError(t, err)
		opts.Nested = true
		m, err := FitRFM(accounts, &opts)
		require.NoError(t, err)
		require.NoError(t, m.Validate())
		opts.Nested = false

		byR := map[int][]Account{}
		for _, a := range accounts {
			if s := m.Score(a); a.HasOrders() {
				require.Equal(t, flat.Score(a).R, s.R, "recency comes first and stays as it is")
				byR[s.R] = append(byR[s.R], a)
			}
		}
		for _, group := range byR {
			within, err := FitRFM(group, &opts)
			require.NoError(t, err)
			byF := map[int][]Account{}
			for _, a := range group {
				f := m.Score(a).F
				require.Equal(t, within.Score(a).F, f)
				byF[f] = append(byF[f], a)
			}
			for _, cell := range byF {
				within, err := FitRFM(cell, &opts)
				require.NoError(t, err)
				for _, a := range cell {
					require.Equal(t, within.Score(a).M, m.Score(a).M)
				}
			}
		}
		// Where nobody was fitted, the scales of all accounts count.
		probe := Account{Orders: 3, DaysSinceLast: 7, Net: dec("77"), Currency: "EUR"}
		if s := m.Score(probe); len(byR[s.R]) == 0 {
			require.Equal(t, flat.Score(probe).Code(), s.Code())
		}
	}
}

// With one order each everywhere, F says nothing; with the bins nested, M still
// tells the recent accounts apart as well as the old ones.
func TestNestedBinsCompareLikeWithLike(t *testing.T) {
	t.Parallel()
	var accounts []Account
	for i, net := range []string{"1", "2", "100", "200"} {
		accounts = append(accounts, Account{ID: net, AsOf: uciAsOf, Orders: 1, DaysSinceLast: 10 + i/2*50, Net: dec(net)})
	}
	m, err := FitRFM(accounts, &RFMOptions{Bins: 2, Nested: true})
	require.NoError(t, err)
	assert.Equal(t, []string{"211", "212", "111", "112"}, codes(m, accounts))
	flat, err := FitRFM(accounts, &RFMOptions{Bins: 2})
	require.NoError(t, err)
	assert.Equal(t, []string{"211", "211", "112", "112"}, codes(flat, accounts))
}

func TestNestedModelRefusesWhatDoesNotAddUp(t *testing.T) {
	t.Parallel()
	m, err := FitRFM([]Account{
		{ID: "A", AsOf: uciAsOf, Orders: 1, DaysSinceLast: 1, Net: dec("1")},
		{ID: "B", AsOf: uciAsOf, Orders: 3, DaysSinceLast: 9, Net: dec("5")},
	}, &RFMOptions{Bins: 2, Nested: true})
	require.NoError(t, err)
	text := modelJSON(t, m)
	for _, c := range []struct{ old, with, field string }{
		{`"nested":{"frequency":[`, `"nested":{"frequency":[{"rule":"type7","cuts":null},`, "Nested"},
		{`"cuts":[{"value":3}],"counts":[1,0]`, `"cuts":[{"value":3}],"counts":[2,0]`, "Nested.Frequency[0].Counts"},
		{`"cuts":[{"value":3}],"counts":[1,0]`, `"cuts":[{"value":3},{"value":4}],"counts":[1,0,0]`, "Nested.Frequency[0].Cuts"},
		{`"cuts":[{"value":"5"}],"counts":[1,0]`, `"cuts":[{"value":"5"},{"value":"6"}],"counts":[1,0,0]`, "Nested.Monetary[0].Cuts"},
		{`"cuts":null`, `"cuts":[{"value":"5"}]`, "Nested.Monetary[1]"},
	} {
		require.Contains(t, text, c.old)
		inputError(t, json.Unmarshal([]byte(strings.Replace(text, c.old, c.with, 1)), new(Model)), keyaccount.ErrOutOfRange, c.field, 0)
	}
}
