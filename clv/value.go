package clv

import (
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
