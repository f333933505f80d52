package clv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

var (
	_ Fitted = (*BGNBDFit)(nil)
	_ Fitted = (*MBGNBDFit)(nil)
	_ Fitted = (*ParetoNBDFit)(nil)
	_ Fitted = (*NBDFit)(nil)
	_ Fitted = (*BGCNBDFit)(nil)
	_ Fitted = (*MBGCNBDFit)(nil)
)

func TestReadOrderFlow(t *testing.T) {
	table := smallTable(t)
	fits := []Fitted{}
	add := func(fit Fitted, err error) {
		require.NoError(t, err)
		fits = append(fits, fit)
	}
	add(FitBGNBD(table, nil))
	add(FitMBGNBD(table, nil))
	add(FitParetoNBD(table, nil))
	add(FitNBD(table, nil))
	add(FitBGCNBD(table, 2, nil))
	add(FitMBGCNBD(table, 12, nil))
	for _, fit := range fits {
		text, err := json.Marshal(fit)
		require.NoError(t, err)
		assert.Less(t, len(text), 2048, "a page, not a pickle")
		back, err := ReadOrderFlow(text)
		require.NoError(t, err)
		assert.Equal(t, fit, back)

		bare, err := json.Marshal(fit.at(values(fit.Report().Coordinates)))
		require.NoError(t, err)
		model, err := ReadOrderFlow(bare)
		require.NoError(t, err)
		_, isFit := model.(Fitted)
		assert.False(t, isFit)
		h := History{Frequency: 2, Recency: 31, Age: 52}
		assert.InEpsilon(t, fit.ExpectedOrders(h, 26), model.ExpectedOrders(h, 26), 1e-9)

		_, err = ReadOrderFlow([]byte(strings.Replace(string(text), `"version":1`, `"version":9`, 1)))
		assert.ErrorIs(t, err, keyaccount.ErrVersion)
		_, err = ReadOrderFlow([]byte(strings.Replace(string(bare), `"value":`, `"value":-`, 1)))
		assert.Error(t, err)
	}
	_, err := ReadOrderFlow([]byte(`{"schema":"keyaccount/clv.Model","version":1,"model":"Gamma-Gamma"}`))
	assert.ErrorIs(t, err, keyaccount.ErrMismatch)
	_, err = ReadOrderFlow([]byte(`{`))
	assert.ErrorIs(t, err, keyaccount.ErrMalformed)
}

func TestReadSpendAndContracts(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	spends := NewSpendCounts("EUR")
	for range 300 {
		require.NoError(t, spends.Add(spendOf(t, cdnowSpend.DrawAmounts(SpendHistory{}, 1+r.IntN(4), r)...), 1))
	}
	contracts, err := ContractsFromSurvivors(12, []int64{1000, 869, 743, 653, 593, 551, 517, 491})
	require.NoError(t, err)
	gamma, err := FitGammaGamma(spends, nil)
	require.NoError(t, err)
	log, err := FitLogNormal(spends, nil)
	require.NoError(t, err)
	normal, err := FitNormalSpend(spends, nil)
	require.NoError(t, err)
	sbg, err := FitSBG(contracts, nil)
	require.NoError(t, err)
	bdw, err := FitBdW(contracts, nil)
	require.NoError(t, err)
	text := func(v any) []byte {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		return b
	}
	for _, m := range []SpendModel{gamma, log, normal, gamma.GammaGamma, log.LogNormal, normal.NormalSpend} {
		back, err := ReadSpend(text(m))
		require.NoError(t, err)
		assert.Equal(t, m, back)
	}
	for _, m := range []ContractModel{sbg, bdw, sbg.SBG, bdw.BdW} {
		back, err := ReadContractModel(text(m))
		require.NoError(t, err)
		assert.Equal(t, m, back)
	}
	_, err = ReadSpend(text(sbg))
	assert.ErrorIs(t, err, keyaccount.ErrMismatch)
	_, err = ReadContractModel(text(gamma))
	assert.ErrorIs(t, err, keyaccount.ErrMismatch)
	_, err = ReadSpend([]byte(`{}`))
	assert.ErrorIs(t, err, keyaccount.ErrVersion)
	_, err = ReadContractModel(nil)
	assert.ErrorIs(t, err, keyaccount.ErrMalformed)
}

// Some accounts no model of positive amounts takes: they are left out by name,
// not in silence.
func TestSampleSpendCounts(t *testing.T) {
	account := func(amounts ...float64) SampleAccount {
		return SampleAccount{AccountHistory: AccountHistory{Spend: spendOf(t, amounts...)}}
	}
	s := &Sample{Accounts: []SampleAccount{account(10, 20), account(), account(5, -30), account(7)}}
	table, left, err := s.SpendCounts("EUR", nil)
	require.NoError(t, err)
	assert.EqualValues(t, 3, table.N())
	assert.Zero(t, left)
	table, left, err = s.SpendCounts("EUR", func(h SpendHistory) bool { return h.Mean > 0 })
	require.NoError(t, err)
	assert.EqualValues(t, 2, table.N())
	assert.Equal(t, 1, left)
	assert.Equal(t, "EUR", table.Currency())
	s.Accounts[3].Spend.Mean = math.NaN()
	_, _, err = s.SpendCounts("EUR", nil)
	var bad *keyaccount.InputError
	require.ErrorAs(t, err, &bad)
	assert.Equal(t, 4, bad.Row)
}

// Whatever is asked: a finite value whose parts add up, or a typed error.
func FuzzValue(f *testing.F) {
	f.Add(.5, 10.0, .6, 11.0, 3, 20.0, 30.0, 40.0, .08, .32, 1000, 12.0, 5.0, 30, .9)
	f.Add(1e-9, 1e9, 5.0, 1e-3, 300, 1e-5, 1e9, 1e300, -.9, -4.0, 1, 1e15, .0, 36525, .01)
	f.Fuzz(func(t *testing.T, r, alpha, a, b float64, x int, tx, age, z, rate, margin float64, days int, cost, retention float64, delay int, level float64) {
		e := Economics{AsOf: newYear, Rate: Rate{rate}, Margin: margin, PaymentDelay: delay, Level: level, Draws: 200}
		if days%20000 != 0 {
			e.Horizon = newYear.AddDate(0, 0, days%20000)
		}
		if isFinite(cost) && isFinite(retention) {
			e.ServiceCost, e.RetentionCost = decOf(cost), decOf(retention)
		}
		h := History{Frequency: x % 500, Recency: tx, Age: age}
		spent := SpendHistory{Orders: 1, Mean: z}
		for _, m := range []OrderFlow{BGNBD{r, alpha, a, b, Day}, MBGNBD{r, alpha, a, b, Week}, ParetoNBD{r, alpha, a, b, Year}} {
			v, err := ValueAccount(Account{ID: "x", Orders: &OrderIncome{m, cdnowSpend, h, spent}}, e)
			if err != nil {
				continue
			}
			if !v.Mean.Equal(total(v)) || v.High.LessThan(v.Low) {
				t.Fatalf("%+v", v)
			}
		}
		c := ContractIncome{Model: SBG{A: a, B: b}, Contract: Contract{Start: newYear.AddDate(0, 0, -(x & 0xffff))}, Payment: decOf(math.Abs(z))}
		if v, err := ValueAccount(Account{ID: "x", Contracts: []ContractIncome{c}}, e); err == nil && !v.Mean.Equal(total(v)) {
			t.Fatalf("%+v", v)
		}
	})
}
