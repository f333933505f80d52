package clv

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

var newYear = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func decOf(v float64) decimal.Decimal {
	if !isFinite(v) {
		return decimal.Decimal{}
	}
	return decimal.NewFromFloat(v)
}

func total(v *Valuation) (sum decimal.Decimal) {
	for _, p := range v.Explain {
		sum = sum.Add(p.Amount)
	}
	return sum
}

var cdnowSpend = GammaGamma{P: 6.25, Q: 3.74, Gamma: 15.44}

// fullCosts has every cost that there is.
var fullCosts = Economics{
	AsOf: newYear, Horizon: newYear.AddDate(3, 0, 0), Rate: Rate{Annual: .08}, Margin: .32, ServiceCost: dec("12"),
	OrderCost: dec("0.8"), RetentionCost: dec("5"), PaymentDelay: 45,
}

// The parts of the mean from the models' own answers, and by hand for the
// costs of an account that never leaves.
func TestValueByHand(t *testing.T) {
	h, spent := History{Frequency: 7, Recency: 30.4, Age: 38.9}, spendOf(t, 40, 50, 30, 40, 45, 35, 40)
	m := NBD{R: .5, Alpha: 6}
	v, err := ValueAccount(Account{ID: "ACME", Orders: &OrderIncome{Flow: m, Spend: cdnowSpend, History: h, Spent: spent}}, fullCosts)
	require.NoError(t, err)
	weeks := 1095.0 / 7
	orders, each := m.DiscountedUntil(h, weeks, Rate{.08}), cdnowSpend.ExpectedSpend(spent)
	delta := math.Log(1.08) / 365.25
	want := []float64{
		orders * each * math.Exp(-45*delta),
		-orders * each * .68,
		-orders * .8,
		-12 / 365.25 * (1 - math.Exp(-1095*delta)) / delta,
		-5 * (math.Exp(-365.25*delta) + math.Exp(-730.5*delta)), // the third year ends after the horizon
	}
	var sum float64
	for i, p := range v.Explain {
		assert.InDelta(t, want[i], p.Amount.InexactFloat64(), .01, p.Code)
		sum += want[i]
	}
	assert.InDelta(t, sum, v.Mean.InexactFloat64(), .005+1e-9)
	assert.True(t, v.Mean.Equal(total(v)), "the parts add up")
	assert.True(t, v.Low.LessThan(v.Mean) && v.Mean.LessThan(v.High))
	assert.True(t, v.ParametersKnown)
	assert.Equal(t, 400, v.Draws)
	assert.Equal(t, .9, v.Level)
}

// The mean is computed and the interval simulated, by other code: they must
// agree.
func TestSimulatedFuturesHaveTheExpectedValue(t *testing.T) {
	endless := fullCosts
	endless.Horizon, endless.Rate = time.Time{}, Rate{Annual: .5}
	h, spent := History{Frequency: 4, Recency: 30, Age: 33}, spendOf(t, 40, 50, 30, 40)
	contract := ContractIncome{
		Model: SBG{A: .67, B: 3.8}, Contract: Contract{Start: newYear.AddDate(-2, 3, 0)}, Payment: dec("100"),
	}
	arrears, noticed := contract, contract
	arrears.Arrears = true
	noticed.Contract.End = newYear.AddDate(2, 1, 0)
	for _, e := range []Economics{fullCosts, endless} {
		e.Draws = 8000
		for _, a := range []Account{
			{Orders: &OrderIncome{published, cdnowSpend, h, spent}},
			{Orders: &OrderIncome{MBGNBD{R: .525, Alpha: 6.183, A: .891, B: 1.614}, LogNormal{Median: 30, Tau: .4, Sigma: .5}, h, spent}},
			{Orders: &OrderIncome{ParetoNBD{R: .553, Alpha: 10.58, S: .606, Beta: 11.67}, cdnowSpend, h, spent}},
			{Contracts: []ContractIncome{contract, arrears}},
			{Orders: &OrderIncome{published, cdnowSpend, h, spent}, Contracts: []ContractIncome{contract, noticed}},
		} {
			require.NoError(t, a.validate(&e))
			f := newFutures(&e)
			require.NoError(t, f.add(&a))
			p, totals, err := a.value(&e, f)
			require.NoError(t, err)
			var mean, squares float64
			for _, v := range totals {
				mean += v / float64(len(totals))
			}
			for _, v := range totals {
				squares += (v - mean) * (v - mean)
			}
			stdErr := math.Sqrt(squares) / float64(len(totals))
			assert.InDelta(t, p.total(), mean, 4*stdErr, "%+v", a)
		}
	}
}

// A year of an account that may leave within days, against a fine sum.
func TestServiceTimeOfShortLives(t *testing.T) {
	m := ParetoNBD{R: 1.08, Alpha: .277, S: 10.9, Beta: .73}
	o := &OrderIncome{Flow: m, Spend: cdnowSpend, History: History{8, 1.85, 1.87}}
	e := Economics{AsOf: newYear, Horizon: newYear.AddDate(3, 0, 0), Rate: Rate{.1}}
	years := e.terms(Year)
	alive := o.tenure().after
	const n = 400_000
	var fine float64
	for i := range n {
		s := (float64(i) + .5) / n * .5
		fine += .5 / n * years.discount(s) * alive(s)
	}
	assert.InEpsilon(t, fine, years.serviceTime([]tenure{o.tenure()}), 1e-6)
}

// Costs stay costs at negative rates, and money later is then worth more.
func TestNegativeRates(t *testing.T) {
	e := fullCosts
	a := Account{ID: "x", Orders: &OrderIncome{NBD{R: .5, Alpha: 6}, cdnowSpend, History{2, 10, 20}, spendOf(t, 30, 35)}}
	e.Rate = Rate{}
	zero, err := ValueAccount(a, e)
	require.NoError(t, err)
	e.Rate = Rate{-.001}
	below, err := ValueAccount(a, e)
	require.NoError(t, err)
	for i := range zero.Explain {
		assert.True(t, below.Explain[i].Amount.Abs().GreaterThan(zero.Explain[i].Amount.Abs()), below.Explain[i].Code)
	}
	contract := Account{ID: "x", Contracts: []ContractIncome{{
		Model: SBG{A: .7, B: 3.8}, Contract: Contract{Start: newYear.AddDate(-1, -6, 0)}, Payment: dec("1000"),
	}}}
	v, err := ValueAccount(contract, e)
	require.NoError(t, err)
	assert.True(t, v.Explain[revenue].Amount.GreaterThan(dec("2000")))
}

// What simulation cannot hold is refused, not cut.
func TestBusyAccountsAreRefused(t *testing.T) {
	e := Economics{AsOf: newYear, Horizon: newYear.AddDate(10, 0, 0)}
	busy := Account{Orders: &OrderIncome{Flow: NBD{R: 500, Alpha: .5}, Spend: cdnowSpend}}
	_, err := ValueAccount(busy, e)
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	_, err = ValuePortfolio([]Account{busy}, e)
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
}

// A history in days for a model of weeks is seen by its dates.
func TestValueSeesWhereAHistoryEnds(t *testing.T) {
	a := AccountHistory{ID: "x", First: newYear.AddDate(0, 0, -70), History: History{Frequency: 2, Recency: 5, Age: 10}}
	e := Economics{AsOf: newYear, Horizon: newYear.AddDate(1, 0, 0)}
	_, err := Value(published, cdnowSpend, a, e)
	require.NoError(t, err)
	a.History = History{Frequency: 2, Recency: 35, Age: 70}
	_, err = Value(published, cdnowSpend, a, e)
	assert.ErrorIs(t, err, keyaccount.ErrMismatch)
	_, err = Value(nil, cdnowSpend, a, e)
	assert.ErrorIs(t, err, keyaccount.ErrMissing)
	_, err = Value((*BGNBDFit)(nil), cdnowSpend, a, e)
	assert.ErrorIs(t, err, keyaccount.ErrMissing)
	_, err = ForecastOrders((*BGNBDFit)(nil), a.History, 5, nil)
	assert.ErrorIs(t, err, keyaccount.ErrMissing)
}

func fittedPortfolio(t testing.TB) []Account {
	t.Helper()
	flow, err := FitBGNBD(smallTable(t), nil)
	require.NoError(t, err)
	spends := NewSpendCounts("EUR")
	r := rand.New(rand.NewPCG(4, 4))
	var accounts []Account
	for i := range 150 {
		h := Simulate(flow.BGNBD, 30, r)
		amounts := cdnowSpend.DrawAmounts(SpendHistory{}, h.Frequency, r)
		spent := spendOf(t, amounts...)
		if spent.Orders > 0 {
			require.NoError(t, spends.Add(spent, 1))
		}
		accounts = append(accounts, Account{ID: strconv.Itoa(i), Orders: &OrderIncome{Flow: flow, History: h, Spent: spent}})
	}
	spend, err := FitGammaGamma(spends, nil)
	require.NoError(t, err)
	for i := range accounts {
		accounts[i].Orders.Spend = spend
	}
	return accounts
}

// One account's value does not depend on who else is valued, nor on the number
// of cores.
func TestPortfolio(t *testing.T) {
	accounts := fittedPortfolio(t)
	all, err := ValuePortfolio(accounts, fullCosts)
	require.NoError(t, err)
	for _, procs := range []int{1, 3} {
		before := runtime.GOMAXPROCS(procs)
		again, err := ValuePortfolio(accounts, fullCosts)
		runtime.GOMAXPROCS(before)
		require.NoError(t, err)
		require.Equal(t, all, again)
	}
	var mean, spread decimal.Decimal
	for i, a := range all.Accounts {
		alone, err := ValueAccount(accounts[i], fullCosts)
		require.NoError(t, err)
		require.Equal(t, *alone, a.Valuation)
		require.Equal(t, accounts[i].ID, a.ID)
		mean, spread = mean.Add(a.Mean), spread.Add(a.High.Sub(a.Low))
		assert.False(t, a.ParametersKnown)
	}
	assert.InDelta(t, mean.InexactFloat64(), all.Total.Mean.InexactFloat64(), .005*151)
	assert.True(t, all.Total.Mean.Equal(total(all.Total)))
	assert.True(t, all.Total.High.Sub(all.Total.Low).LessThan(spread), "chance evens out over accounts")

	// Parameters are common to the accounts, so they do not even out.
	certain := make([]Account, len(accounts))
	for i, a := range accounts {
		o := *a.Orders
		o.Flow, o.Spend = o.Flow.(*BGNBDFit).BGNBD, o.Spend.(*GammaGammaFit).GammaGamma
		certain[i] = Account{ID: a.ID, Orders: &o}
	}
	known, err := ValuePortfolio(certain, fullCosts)
	require.NoError(t, err)
	assert.True(t, known.Total.ParametersKnown)
	assert.True(t, known.Total.Mean.Equal(all.Total.Mean))
	assert.True(t, known.Total.High.Sub(known.Total.Low).LessThan(all.Total.High.Sub(all.Total.Low)))

	f, sums := newFutures(&fullCosts), make([]float64, 400)
	for i := range certain {
		_, totals, err := certain[i].value(&fullCosts, f)
		require.NoError(t, err)
		for k, v := range totals {
			sums[k] += v
		}
	}
	slices.Sort(sums)
	assert.InDelta(t, orderStatistic(sums, .05), known.Total.Low.InexactFloat64(), .0051, "of the sums of each future")
	assert.InDelta(t, orderStatistic(sums, .95), known.Total.High.InexactFloat64(), .0051)

	none, err := ValuePortfolio(nil, fullCosts)
	require.NoError(t, err)
	assert.True(t, none.Total.Mean.IsZero())
	_, err = ValuePortfolio(append(accounts, accounts[0]), fullCosts)
	assert.ErrorIs(t, err, keyaccount.ErrDuplicate)
	accounts[3].Orders = &OrderIncome{Flow: published}
	_, err = ValuePortfolio(accounts, fullCosts)
	assert.ErrorContains(t, err, `account 4 ("3")`)
	assert.ErrorIs(t, err, keyaccount.ErrMissing)
}

// The interval holds what it says: accounts whose futures are drawn from the
// model fall into it as often as its level.
func TestValueIntervalsCover(t *testing.T) {
	e := Economics{AsOf: newYear, Horizon: newYear.AddDate(2, 0, 0), Level: .8, Draws: 300}
	r := rand.New(rand.NewPCG(6, 6))
	inside, n := 0, 600
	for i := range n {
		h := Simulate(published, 40, r)
		spent := spendOf(t, cdnowSpend.DrawAmounts(SpendHistory{}, h.Frequency, r)...)
		v, err := ValueAccount(Account{ID: strconv.Itoa(i), Orders: &OrderIncome{published, cdnowSpend, h, spent}}, e)
		require.NoError(t, err)
		orders, _ := published.Future(h, 730.0/7, r)
		var got float64
		for _, x := range cdnowSpend.DrawAmounts(spent, len(orders), r) {
			got += x
		}
		if v.Low.InexactFloat64() <= got+.005 && got-.005 <= v.High.InexactFloat64() {
			inside++
		}
	}
	// Many intervals begin at 0, which is more than a tail: they cover more.
	assert.GreaterOrEqual(t, float64(inside)/float64(n), .8-3*math.Sqrt(.8*.2/float64(n)))
}

func TestRoundingOfValues(t *testing.T) {
	e := fullCosts
	e.RoundTo, e.Rounding = dec("0.05"), keyaccount.Up
	a := Account{ID: "x", Orders: &OrderIncome{published, cdnowSpend, History{Frequency: 2, Recency: 10, Age: 20}, spendOf(t, 30, 35)}}
	v, err := ValueAccount(a, e)
	require.NoError(t, err)
	assert.True(t, v.Mean.Equal(total(v)))
	for _, d := range []decimal.Decimal{v.Mean, v.Low, v.High, v.Explain[0].Amount} {
		assert.True(t, d.Mod(dec("0.05")).IsZero(), d.String())
	}
}

// A time.Duration ends after 292 years, a century's lease does not.
func TestHorizonsMayBeFar(t *testing.T) {
	e := Economics{AsOf: newYear, Horizon: newYear.AddDate(4000, 0, 0)}
	terms := e.terms(Day)
	assert.Equal(t, 4000*365.2425, terms.span)
}

func TestEconomicsRefuses(t *testing.T) {
	for field, spoil := range map[string]func(e *Economics){
		"AsOf":          func(e *Economics) { e.AsOf = time.Time{} },
		"Horizon":       func(e *Economics) { e.Horizon = e.AsOf.AddDate(0, 0, -1) },
		"Annual":        func(e *Economics) { e.Rate.Annual = -1 },
		"Margin":        func(e *Economics) { e.Margin = 1.2 },
		"ServiceCost":   func(e *Economics) { e.ServiceCost = dec("-1") },
		"OrderCost":     func(e *Economics) { e.OrderCost = dec("1e400") },
		"RetentionCost": func(e *Economics) { e.RetentionCost = dec("-0.01") },
		"PaymentDelay":  func(e *Economics) { e.PaymentDelay = -1 },
		"Rounding":      func(e *Economics) { e.Rounding = 7 },
		"RoundTo":       func(e *Economics) { e.RoundTo = dec("-0.01") },
		"Level":         func(e *Economics) { e.Level = 1 },
		"Draws":         func(e *Economics) { e.Draws = maxDraws + 1 },
		"Horizon ":      func(e *Economics) { e.Horizon = e.AsOf.Add(time.Hour) },
		"Draws ":        func(e *Economics) { e.Draws = 20 },
	} {
		e := fullCosts
		spoil(&e)
		var bad *keyaccount.InputError
		require.ErrorAs(t, e.Validate(), &bad, field)
		assert.Equal(t, strings.TrimSpace(field), bad.Field)
		_, err := ValueAccount(Account{}, e)
		assert.ErrorAs(t, err, &bad)
		_, err = ValuePortfolio(nil, e)
		assert.ErrorAs(t, err, &bad)
	}
	e := fullCosts
	e.Horizon, e.Rate = time.Time{}, Rate{}
	assert.ErrorIs(t, e.Validate(), keyaccount.ErrMissing, "an infinite horizon needs a rate")
	assert.NoError(t, fullCosts.Validate())
}

func TestValueRefuses(t *testing.T) {
	good := OrderIncome{published, cdnowSpend, History{Frequency: 2, Recency: 10, Age: 20}, SpendHistory{}}
	contract := ContractIncome{Model: SBG{A: 1, B: 2}, Contract: Contract{Start: newYear.AddDate(-1, 0, 0)}, Payment: dec("5")}
	for name, a := range map[string]Account{
		"nothing":              {},
		"no flow":              {Orders: &OrderIncome{Spend: cdnowSpend}},
		"no spend":             {Orders: &OrderIncome{Flow: published}},
		"bad flow":             {Orders: &OrderIncome{Flow: BGNBD{}, Spend: cdnowSpend}},
		"spend without a mean": {Orders: &OrderIncome{Flow: published, Spend: GammaGamma{P: 6, Q: .9, Gamma: 15}}},
		"bad history":          {Orders: &OrderIncome{published, cdnowSpend, History{Recency: 3}, SpendHistory{}}},
		"an order returned":    {Orders: &OrderIncome{published, LogNormal{30, .4, .5}, good.History, spendOf(t, 30, 0)}},
		"all returned":         {Orders: &OrderIncome{published, cdnowSpend, good.History, spendOf(t, 30, -40)}},
		"bad spend":            {Orders: &OrderIncome{published, cdnowSpend, good.History, SpendHistory{Orders: -1}}},
		"no renewals":          {Contracts: []ContractIncome{{Contract: contract.Contract}}},
		"negative payment":     {Contracts: []ContractIncome{{contract.Model, contract.Contract, dec("-1"), false}}},
		"other interval":       {Contracts: []ContractIncome{{contract.Model, Contract{Start: newYear, Months: 3}, dec("1"), false}}},
		"not yet started":      {Contracts: []ContractIncome{{contract.Model, Contract{Start: newYear.AddDate(0, 1, 0)}, dec("1"), false}}},
		"a huge payment":       {Contracts: []ContractIncome{{contract.Model, contract.Contract, dec("1e308"), false}, {contract.Model, contract.Contract, dec("1e308"), false}, {contract.Model, contract.Contract, dec("1e308"), false}}},
	} {
		_, err := ValueAccount(a, fullCosts)
		var bad *keyaccount.InputError
		assert.ErrorAs(t, err, &bad, name)
	}
	fit, err := FitBGNBD(smallTable(t), nil)
	require.NoError(t, err)
	fit.Covariance[0][0] = 0
	_, err = ValueAccount(Account{Orders: &OrderIncome{fit, cdnowSpend, good.History, SpendHistory{}}}, fullCosts)
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	_, err = ForecastOrders(fit, good.History, 52, nil)
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
}
