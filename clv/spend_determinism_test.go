package clv

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// However a table came about, fits of it are the same to the bit.
func TestSpendAndContractFitsAreDeterministic(t *testing.T) {
	fits := func(means, amounts, months *SpendCounts, contracts *ContractCounts) (all []any) {
		gg, err := FitGammaGamma(means, nil)
		require.NoError(t, err)
		log, err := FitLogNormal(amounts, nil)
		require.NoError(t, err)
		normal, err := FitNormalSpend(months, nil)
		require.NoError(t, err)
		bdw, err := FitBdW(contracts, nil)
		require.NoError(t, err)
		c, err := CorrelateSpend(means, nil)
		require.NoError(t, err)
		return []any{*gg, *log, *normal, *bdw, *c}
	}
	first := fits(meanSpends(t), orderValues(t), margins(t), survivors(t, highEnd))
	r := rand.New(rand.NewPCG(7, 8))
	again := func(table *SpendCounts) *SpendCounts {
		rows := table.sorted()
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		parts := [2]SpendCounts{}
		for _, row := range rows {
			for range row.N {
				require.NoError(t, parts[r.IntN(2)].Add(row.SpendHistory, 1))
			}
		}
		require.NoError(t, parts[0].Merge(&parts[1]))
		return &parts[0]
	}
	for range 10 {
		contracts := NewContractCounts(12)
		for h, n := range survivors(t, highEnd).All() {
			for range n {
				require.NoError(t, contracts.Add(h, 1))
			}
		}
		require.Equal(t, first, fits(again(meanSpends(t)), again(orderValues(t)), again(margins(t)), contracts))
	}
}
