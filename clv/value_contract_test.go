package clv

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A yearly contract of which 3 renewals may come before the horizon.
func TestContractValueByHand(t *testing.T) {
	m := SBG{A: .668, B: 3.806}
	c := ContractIncome{Model: m, Contract: Contract{Start: newYear.AddDate(-1, -9, 0)}, Payment: dec("1000")}
	e := Economics{AsOf: newYear, Horizon: newYear.AddDate(3, 0, 0), Rate: Rate{Annual: .1}}
	value := func(c ContractIncome, e Economics) float64 {
		v, err := ValueAccount(Account{ID: "x", Contracts: []ContractIncome{c}}, e)
		require.NoError(t, err)
		assert.True(t, v.Mean.Equal(total(v)))
		return v.Mean.InexactFloat64()
	}
	h := ContractHistory{Renewals: 1} // of April 2024
	var inAdvance, inArrears float64
	for k, day := range []int{90, 455, 820} { // 1 April of 2025, 2026 and 2027
		at := math.Pow(1.1, -float64(day)/365.25)
		inAdvance += 1000 * m.Survival(h, k+1) * at
		inArrears += 1000 * m.Survival(h, k) * at
	}
	assert.InDelta(t, inAdvance, value(c, e), .005)
	c.Arrears = true
	assert.InDelta(t, inArrears, value(c, e), .005)

	e.RetentionCost = dec("10")
	assert.InDelta(t, inArrears*.99, value(c, e), .01, "a campaign where a payment is due")
	c.Contract.End = newYear.AddDate(0, -1, 0)
	assert.Zero(t, value(c, e), "a lost contract brings and costs nothing")

	// Without an end, and just before a renewal: DERL (Fader and Hardie 2010), on
	// years of 365 and 366 days instead of equal ones.
	c.Contract, c.Arrears = Contract{Start: newYear.AddDate(-2, 0, 1)}, false
	e.Horizon, e.RetentionCost = time.Time{}, decimal.Decimal{}
	assert.InEpsilon(t, 1000*m.DERL(h, Rate{.1}), value(c, e), 1e-3)
}

func TestBothKindsAddUp(t *testing.T) {
	orders := &OrderIncome{published, cdnowSpend, History{Frequency: 2, Recency: 10, Age: 20}, spendOf(t, 30, 35)}
	contracts := []ContractIncome{{
		Model: BdW{A: .26, B: 1.2, C: 1.7, Months: 1}, Contract: Contract{Start: newYear.AddDate(0, -5, 0), Months: 1}, Payment: dec("80"),
	}}
	e := fullCosts
	e.ServiceCost = decimal.Decimal{}
	value := func(a Account) *Valuation {
		v, err := ValueAccount(a, e)
		require.NoError(t, err)
		return v
	}
	both := value(Account{ID: "x", Orders: orders, Contracts: contracts})
	a, b := value(Account{ID: "x", Orders: orders}), value(Account{ID: "x", Contracts: contracts})
	assert.InDelta(t, a.Mean.Add(b.Mean).InexactFloat64(), both.Mean.InexactFloat64(), .011)
	assert.True(t, both.Mean.Equal(total(both)))

	// An account is served once, however many incomes it has.
	e.ServiceCost = dec("100")
	served := func(a Account) float64 { return -value(a).Explain[serviceCost].Amount.InexactFloat64() }
	x, y, z := served(Account{Orders: orders}), served(Account{Contracts: contracts}), served(Account{Orders: orders, Contracts: contracts})
	years := e.terms(Year)
	assert.True(t, max(x, y) < z && z < x+y && z < 100*years.annuity(years.span), "%v %v %v", x, y, z)
	twice := served(Account{Contracts: append(contracts, contracts...)})
	assert.True(t, y < twice && twice < 2*y)
}

// Contracts bring the uncertainty of their parameters too, and it is not that of
// the orders.
func TestContractParametersAreUncertain(t *testing.T) {
	table, err := ContractsFromSurvivors(12, []int64{20, 16, 13, 11})
	require.NoError(t, err)
	fit, err := FitSBG(table, nil)
	require.NoError(t, err)
	spread := func(m ContractModel, n int) float64 {
		var accounts []Account
		for i := range n {
			accounts = append(accounts, Account{ID: strconv.Itoa(i), Contracts: []ContractIncome{{
				Model: m, Contract: Contract{Start: newYear.AddDate(-1, -6, 0)}, Payment: dec("1000"),
			}}})
		}
		all, err := ValuePortfolio(accounts, Economics{AsOf: newYear, Rate: Rate{.05}})
		require.NoError(t, err)
		assert.Equal(t, m == ContractModel(fit.SBG), all.Total.ParametersKnown)
		return all.Total.High.Sub(all.Total.Low).InexactFloat64()
	}
	assert.Greater(t, spread(fit, 400), 3*spread(fit.SBG, 400), "chance evens out, parameters do not")
}

// A contract of which notice is given ends for certain.
func TestNoticeIsTaken(t *testing.T) {
	e := Economics{AsOf: newYear, Rate: Rate{.05}, ServiceCost: dec("100")}
	c := ContractIncome{
		Model: SBG{A: .7, B: 3.8}, Payment: dec("1000"),
		Contract: Contract{Start: newYear.AddDate(-1, -6, 0), End: newYear.AddDate(0, 9, 0)},
	}
	v, err := ValueAccount(Account{Contracts: []ContractIncome{c}}, e)
	require.NoError(t, err)
	h := ContractHistory{Renewals: 1}
	renewed := c.Model.Survival(h, 1) // on 1 July; notice is given for 1 October
	assert.InDelta(t, 1000*renewed*math.Pow(1.05, -181/365.25), v.Explain[revenue].Amount.InexactFloat64(), .01)
	years := e.terms(Year)
	toJuly, toOctober := years.annuity(181/365.25), years.annuity(273/365.25)
	assert.InDelta(t, -100*(toJuly+renewed*(toOctober-toJuly)), v.Explain[serviceCost].Amount.InexactFloat64(), .01)
}
