package clv

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
)

// Valuation is what an account, or a portfolio, is worth on a day.
type Valuation struct {
	// Mean is the expected present value, rounded as the [Economics] say. The
	// parts of Explain add up to it exactly.
	Mean decimal.Decimal `json:"mean"`
	// Low and High bound the value that will turn out with probability Level.
	Low   decimal.Decimal `json:"low"`
	High  decimal.Decimal `json:"high"`
	Level float64         `json:"level"`
	// Explain is what the value consists of, costs being negative.
	Explain []Part `json:"explain"`
	// Draws is the number of simulated futures behind Low and High.
	Draws int `json:"draws"`
	// ParametersKnown says that a model took part that brings no uncertainty of
	// its parameters along, so that the interval is that of chance only.
	ParametersKnown bool `json:"parameters_known,omitempty"`
}

// Part is one part of a value.
type Part struct {
	// Code names the part: "revenue", "cost_of_goods", "order_cost",
	// "service_cost" or "retention_cost".
	Code   string          `json:"code"`
	Label  keyaccount.Text `json:"label"`
	Amount decimal.Decimal `json:"amount"`
}

// The parts of a value, in the order in which they are told.
const (
	revenue = iota
	costOfGoods
	orderCost
	serviceCost
	retentionCost
	partCount
)

// parts is an expected present value by part.
type parts [partCount]float64

func (p *parts) add(q parts) {
	for i, v := range q {
		p[i] += v
	}
}

func (p *parts) total() (sum float64) {
	for _, v := range p {
		sum += v
	}
	return sum
}

func partNames() [partCount]Part {
	return [partCount]Part{
		revenue:       {Code: "revenue", Label: keyaccount.Text{En: "revenue", Zh: "收入"}},
		costOfGoods:   {Code: "cost_of_goods", Label: keyaccount.Text{En: "cost of goods", Zh: "销售成本"}},
		orderCost:     {Code: "order_cost", Label: keyaccount.Text{En: "cost of orders", Zh: "订单处理成本"}},
		serviceCost:   {Code: "service_cost", Label: keyaccount.Text{En: "cost to serve", Zh: "服务成本"}},
		retentionCost: {Code: "retention_cost", Label: keyaccount.Text{En: "cost of retention", Zh: "客户维系成本"}},
	}
}

// valuation rounds a value. The amounts come from float64 here, by their
// shortest decimal.
func (e *Economics) valuation(p parts, totals []float64, known bool) (*Valuation, error) {
	v := &Valuation{Level: e.level(), Draws: len(totals), ParametersKnown: known}
	slices.Sort(totals)
	tail := (1 - v.Level) / 2
	low, high := orderStatistic(totals, tail), orderStatistic(totals, 1-tail)
	for _, x := range []float64{p.total(), low, high} {
		if !isFinite(x) {
			return nil, badHistory("Value", formatFloat(x), "the value is beyond the range of a float64")
		}
	}
	v.Low, v.High = e.money(decimal.NewFromFloat(low)), e.money(decimal.NewFromFloat(high))
	v.Mean, v.Explain = e.explain(p)
	return v, nil
}

// explain rounds the sum of the parts, and the parts so that they add up to it,
// each within one unit: all are rounded down, and those that lost most get a
// unit back (largest remainder).
func (e *Economics) explain(p parts) (mean decimal.Decimal, explained []Part) {
	unit, names := e.unit(), partNames()
	var lost [partCount]decimal.Decimal
	var sum, floors decimal.Decimal
	order := make([]int, partCount)
	for i := range names {
		amount := decimal.NewFromFloat(p[i])
		names[i].Amount = keyaccount.Floor.Round(amount, unit)
		lost[i], order[i] = amount.Sub(names[i].Amount), i
		sum, floors = sum.Add(amount), floors.Add(names[i].Amount)
	}
	mean = e.money(sum)
	rest := mean.Sub(floors) // from 0 to a unit for each part
	slices.SortStableFunc(order, func(a, b int) int { return lost[b].Cmp(lost[a]) })
	for k := 0; rest.Sign() > 0; k = (k + 1) % partCount {
		at := &names[order[k]].Amount
		*at, rest = at.Add(unit), rest.Sub(unit)
	}
	return mean, names[:]
}

func (e *Economics) unit() decimal.Decimal {
	if e.RoundTo.Sign() == 0 {
		return decimal.New(1, -2)
	}
	return e.RoundTo
}

func (e *Economics) money(d decimal.Decimal) decimal.Decimal { return e.Rounding.Round(d, e.unit()) }

// orderStatistic returns the quantile of sorted values, between two of them by
// their distance (Hyndman and Fan 1996, type 7).
func orderStatistic(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
