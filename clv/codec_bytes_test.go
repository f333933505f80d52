package clv

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// pricedCalibration touches what the binary form can hold: returns, an order
// of nothing, ids that are no UTF-8, and money of any width.
func pricedCalibration(t testing.TB) *Calibration {
	t.Helper()
	cal := calibrationOf(t,
		line("A", "2025-01-01", 1000), line("A", "2025-01-03", -100), line("A", "2025-01-03", 250),
		line("\xff", "0001-01-02", 7), line("客户", "9998-12-31", 0))
	for _, amount := range []string{"1e17", "-123456789012345678.5678901", "0.00000001"} {
		tx := line("wide", "2025-06-30", 0)
		tx.Time = tx.Time.Add(time.Duration(len(amount)) * 24 * time.Hour)
		tx.Amount = decimal.RequireFromString(amount)
		require.NoError(t, cal.Add(tx))
	}
	return cal
}

func smallDiscrete(t testing.TB) *DiscreteCounts {
	t.Helper()
	var table DiscreteCounts
	for _, row := range []countedDiscrete{
		{DiscreteHistory{0, 0, 6}, 70_000},
		{DiscreteHistory{1, 3, 6}, 11},
		{DiscreteHistory{2, 4, 6}, 5},
		{DiscreteHistory{4, 6, 6}, 9},
		{DiscreteHistory{300, 400, 500}, 1},
	} {
		require.NoError(t, table.Add(row.DiscreteHistory, row.N))
	}
	return &table
}

func smallSpends(t testing.TB) *SpendCounts {
	t.Helper()
	table := NewSpendCounts("EUR")
	for _, row := range []countedSpend{
		{SpendHistory{Orders: 1, Mean: 20}, 7},
		{SpendHistory{Orders: 1, Mean: -2.5}, 1},
		{SpendHistory{Orders: 2, Mean: 25, Spread: 50, LogMean: 3.2, LogSpread: .08, Detail: WithLogs}, 200},
		{SpendHistory{Orders: 3, Mean: 44.5, Spread: 2300, Detail: WithSpread}, 3},
		{SpendHistory{Orders: 300, Mean: 1.0 / 3}, 70_000},
	} {
		require.NoError(t, table.Add(row.SpendHistory, row.N))
	}
	return table
}

// States are stored and compared as bytes: what is written of one state stays
// the same from release to release, or its version changes.
func TestSavedBytesStayAsTheyAre(t *testing.T) {
	counts := smallTable(t)
	require.NoError(t, counts.AddRhythm(History{3, 9 - 1.0/3, 9}, math.Ln2))
	ofDays := fold(t, nil)
	require.NoError(t, ofDays.UnmarshalJSON([]byte(calibrationTextOfDays)))
	for name, c := range map[string]struct {
		state interface{ MarshalBinary() ([]byte, error) }
		want  string
	}{
		"Counts":                     {counts, "7a88f72b0dcadff55226a81255da9aa114661f8f368b91e48f6277eb236fa350"},
		"Calibration":                {pricedCalibration(t), "b142e2cef1b7f192e8e1021381a6568b12b1605574939b79f6cd53303c35db15"},
		"Calibration without values": {ofDays, "5f1d79bbf747e080af0c81f488c323e993853a82b026ca274b95b35e626b268e"},
		"SpendCounts":                {smallSpends(t), "0d338c451ccb849ef91a76efe520389886c625523d6143197cc4b410b6cd6a64"},
		"ContractCounts":             {survivors(t, highEnd), "a59602574f591b5d748722f9430a4bd986d3c3e9f78b69285b0a0f67d68d6242"},
		"DiscreteCounts":             {smallDiscrete(t), "c63615c83260164f4fd4b2b182a4625b21335107affa77191a7db7618b81c1e9"},
	} {
		assert.Equal(t, c.want, hashOf(bytesOf(t, c.state)), name)
	}
	table := tableOf(t, []CountedHistory{{History{300, 2.5, 9}, 3}, {History{0, 0, 1.0 / 3}, 40_000}})
	assert.Equal(t, "156b65796163636f756e742f636c762e436f756e747303047765656b020000000000000000003fd5555555555555c0b802ac0240040000000000004022000000000000030000000000000000000000000000000000", hex.EncodeToString(bytesOf(t, table)), "byte by byte")
}

// Of a form that a later version wrote, the version is what is wrong, and not
// the fields that it added.
func TestJSONLooksAtTheVersionFirst(t *testing.T) {
	for schema, read := range map[string][]json.Unmarshaler{
		"Counts":         {new(Counts)},
		"Calibration":    {new(Calibration)},
		"SpendCounts":    {new(SpendCounts)},
		"ContractCounts": {new(ContractCounts)},
		"DiscreteCounts": {new(DiscreteCounts)},
		"CovariateTable": {new(CovariateTable)},
		"CovariateFit":   {new(CovariateFit[BGNBD])},
		"SegmentFits":    {new(SegmentFits[*BGNBDFit])},
		"Model": {
			new(BGNBD), new(ParetoNBDFit), new(BGCNBD), new(BGBB), new(GammaGammaFit), new(SBG), new(BdWCovariatesFit),
		},
	} {
		for _, into := range read {
			for text, field := range map[string]string{
				`{"schema":"keyaccount/clv.` + schema + `","version":9,"news":[],"rows":{}}`: "Version",
				`{"schema":"keyaccount/clv.Other","version":1,"news":[],"rows":{}}`:          "Schema",
			} {
				err := into.UnmarshalJSON([]byte(text))
				require.ErrorIs(t, err, keyaccount.ErrVersion, "%T", into)
				var bad *keyaccount.InputError
				require.ErrorAs(t, err, &bad)
				assert.Equal(t, field, bad.Field, "%T", into)
			}
		}
	}
}

// A fit names the table it was made of; stored fits are told by that name.
func TestNamesOfDataStayAsTheyAre(t *testing.T) {
	branched, err := NewCovariateTable(Day, "size", "branch")
	require.NoError(t, err)
	require.NoError(t, branched.Add(History{0, 0, 9}, 3, 1.5, -2))
	require.NoError(t, branched.Add(History{2, 4, 9}, 1, 0, 1))
	_, contracts, err := layOut([]string{"high_end"}, highEndAndRegular(t))
	require.NoError(t, err)
	rhythmic := tableOf(t, nil)
	require.NoError(t, rhythmic.AddRhythm(History{3, 8, 9}, 2))
	plain := tableOf(t, []CountedHistory{{History{3, 8, 9}, 1}})
	assert.Equal(t, plain.digest(), rhythmic.digest(), "the times between orders do not rename a table")
	for name, c := range map[string]struct{ got, want string }{
		"Counts":                    {dataOf(FitBGNBD(smallTable(t), nil))(t), "54c70df636941f4dda6f5d25e775aa9c"},
		"CovariateTable":            {branched.digest(), "c910b1893474d47a592ff7c749cf1fab"},
		"SpendCounts":               {digest(smallSpends(t).bytes(smallSpends(t).sorted())), "0d338c451ccb849ef91a76efe5203898"},
		"ContractCounts":            {dataOf(FitSBG(survivors(t, highEnd), nil))(t), "a59602574f591b5d748722f9430a4bd9"},
		"contracts with covariates": {contracts.digest, "19b1aac0cf05c4905d3d32725577fd44"},
		"DiscreteCounts":            {smallDiscrete(t).digest(), "c63615c83260164f4fd4b2b182a4625b"},
	} {
		assert.Equal(t, c.want, c.got, name)
	}
}

func dataOf[F interface{ Report() *Diagnostics }](fit F, err error) func(testing.TB) string {
	return func(t testing.TB) string {
		t.Helper()
		require.NoError(t, err)
		return fit.Report().Data
	}
}
