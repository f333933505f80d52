package main

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/allocation"
	"github.com/keyaccount/keyaccount/clv"
	"github.com/keyaccount/keyaccount/pricing"
	"github.com/keyaccount/keyaccount/risk"
	"github.com/keyaccount/keyaccount/segment"
	"github.com/keyaccount/keyaccount/survey"
)

const reviewSchema = "keyaccount.review/1"

// review is everything the page, the screen and review.json say. The same
// inputs give the same bytes.
type review struct {
	Schema   string    `json:"schema"`
	Title    string    `json:"title"`
	Demo     bool      `json:"demo,omitempty"`
	AsOf     time.Time `json:"as_of"`
	TimeZone string    `json:"time_zone"`
	Currency string    `json:"currency,omitempty"`

	Inputs      []fileReport `json:"inputs"`
	Portfolio   portfolio    `json:"portfolio"`
	Findings    []finding    `json:"findings"`
	Classes     []classLine  `json:"classes"`
	RFM         rfmMap       `json:"rfm"`
	Value       value        `json:"value"`
	Dependency  dependency   `json:"dependency"`
	Receivables *receivables `json:"receivables,omitempty"`
	Prices      *prices      `json:"prices,omitempty"`
	Health      *health      `json:"health,omitempty"`
	Plan        plan         `json:"plan"`
	Accounts    []account    `json:"accounts"`
}

// portfolio is the company in one line.
type portfolio struct {
	Accounts   int             `json:"accounts"`
	Buyers     int             `json:"buyers"`
	ReturnOnly int             `json:"return_only"`
	Orders     int             `json:"orders"`
	Lines      int             `json:"lines"`
	FirstDay   string          `json:"first_day"`
	LastDay    string          `json:"last_day"`
	Gross      decimal.Decimal `json:"gross"`
	Returns    decimal.Decimal `json:"returns"`
	Net        decimal.Decimal `json:"net"`
}

// classLine is one ABC class.
type classLine struct {
	Class    segment.ABCClass `json:"class"`
	Accounts int              `json:"accounts"`
	Net      decimal.Decimal  `json:"net"`
	Share    float64          `json:"share"`
}

// rfmMap counts the buyers by recency and frequency score, and by the segment
// that the scores name.
type rfmMap struct {
	Model    *segment.Model  `json:"model,omitempty"`
	Cells    []rfmCell       `json:"cells,omitempty"`
	Segments []segmentLine   `json:"segments,omitempty"`
	Note     keyaccount.Text `json:"note,omitzero"`
}

// segmentLine is one named segment, and what to do for it.
type segmentLine struct {
	segment.Segment
	Accounts int             `json:"accounts"`
	Net      decimal.Decimal `json:"net"`
	Strategy keyaccount.Text `json:"strategy,omitzero"`
}

type rfmCell struct {
	R        int             `json:"r"`
	F        int             `json:"f"`
	Accounts int             `json:"accounts"`
	Net      decimal.Decimal `json:"net"`
}

// value is what the accounts are expected to buy until the horizon. Note says
// why there is no estimate, where there is none.
type value struct {
	Fit             *clv.BGNBDFit   `json:"fit,omitempty"`
	HorizonWeeks    int             `json:"horizon_weeks"`
	ExpectedOrders  float64         `json:"expected_orders"`
	ExpectedRevenue float64         `json:"expected_revenue"`
	Note            keyaccount.Text `json:"note,omitzero"`
}

// dependency is how much hangs on how few.
type dependency struct {
	Concentration *risk.Concentration `json:"concentration,omitempty"`
	Losses        []risk.Loss         `json:"losses,omitempty"`
	Note          keyaccount.Text     `json:"note,omitzero"`
}

// receivables is what customers owe on the as-of day.
type receivables struct {
	Outstanding   decimal.Decimal     `json:"outstanding"`
	Overdue       decimal.Decimal     `json:"overdue"`
	Invoices      int                 `json:"open_invoices"`
	Concentration *risk.Concentration `json:"concentration,omitempty"`
	Accounts      []accountOwes       `json:"accounts"`
}

type accountOwes struct {
	Account     string          `json:"account"`
	Outstanding decimal.Decimal `json:"outstanding"`
	Overdue     decimal.Decimal `json:"overdue"`
	OldestDays  int             `json:"oldest_days_overdue"`
}

// prices compares what was paid with the price book, line by line.
type prices struct {
	Book     decimal.Decimal    `json:"book"`
	Paid     decimal.Decimal    `json:"paid"`
	Discount float64            `json:"discount"`
	Accounts []accountPrice     `json:"accounts"`
	Example  *pricing.Breakdown `json:"example,omitempty"`
	Product  string             `json:"example_product,omitempty"`
}

type accountPrice struct {
	Account  string          `json:"account"`
	Book     decimal.Decimal `json:"book"`
	Paid     decimal.Decimal `json:"paid"`
	Discount float64         `json:"discount"`
}

// health is what the contacts said.
type health struct {
	survey.NPSReport
	// AtStake is the net revenue of the accounts with more detractors than
	// promoters.
	AtStake decimal.Decimal `json:"at_stake"`
}

// plan is who gets which service level and how much of the scarce resource.
type plan struct {
	Policy  capacity         `json:"policy"`
	Default bool             `json:"default_policy,omitempty"`
	Fill    *allocation.Plan `json:"fill,omitempty"`
	Levels  []levelLine      `json:"levels,omitempty"`
	// Note says in words why there is no plan, where there is none.
	Note keyaccount.Text `json:"note,omitzero"`
}

type levelLine struct {
	Class    segment.ABCClass `json:"class"`
	Name     keyaccount.Text  `json:"name"`
	Accounts int              `json:"accounts"`
	Amount   decimal.Decimal  `json:"amount"`
}

// account is one line of the account list, largest net revenue first.
type account struct {
	segment.Account
	Class           segment.ABCClass `json:"class"`
	Share           float64          `json:"share"`
	Cumulative      float64          `json:"cumulative_share"`
	Score           segment.Score    `json:"-"`
	RFM             string           `json:"rfm,omitempty"`
	Segment         keyaccount.Text  `json:"segment,omitzero"`
	ProbAlive       *float64         `json:"prob_alive,omitempty"`
	ExpectedOrders  *float64         `json:"expected_orders,omitempty"`
	ExpectedRevenue *float64         `json:"expected_revenue,omitempty"`
	NPS             *survey.Estimate `json:"nps,omitempty"`
	Level           keyaccount.Text  `json:"level,omitzero"`
	Service         *decimal.Decimal `json:"service,omitempty"`
	Reason          string           `json:"reason,omitempty"`
}

// finding is one thing that a key-account manager should look at.
type finding struct {
	Code     string          `json:"code"`
	Text     keyaccount.Text `json:"text"`
	Accounts []string        `json:"accounts,omitempty"`
}
