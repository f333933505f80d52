package segment

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

// The schema and version that a [Profile] carries.
const (
	ProfileSchema  = "keyaccount/segment.Profile"
	ProfileVersion = 1
)

// ProfileFacts is what [NewProfile] works on. Only Account is required: order
// days, months and categories that are left out are taken from its Detail,
// where the [Summary] collected them ([SummaryOptions] OrderDays, Periods by
// month, Categories).
type ProfileFacts struct {
	// Account is the account's summary; ID and AsOf are required.
	Account Account `json:"account"`
	// OrderDays are the instants of its orders, in any order, none after
	// Account.AsOf. Several on one day count once.
	OrderDays []time.Time `json:"order_days,omitempty"`
	// Months are its net amounts per calendar month, without gaps, the oldest
	// first and begun with the month of From. Leave out a month that is not
	// over.
	Months []decimal.Decimal `json:"months,omitempty"`
	From   time.Time         `json:"from,omitzero"`
	// Categories are its net amounts per product category.
	Categories []CategoryAmount `json:"categories,omitempty"`
	// Tier, Segment and Notes are the host's, and pass through: the class of
	// [ABC] or a grade, a named segment, reasons in words.
	Tier    string   `json:"tier,omitempty"`
	Segment string   `json:"segment,omitempty"`
	Notes   []string `json:"notes,omitempty"`
}

// CategoryAmount is what an account buys of one category.
type CategoryAmount struct {
	Category string          `json:"category"`
	Amount   decimal.Decimal `json:"amount"`
}

// ProfileOptions sets up [NewProfile].
type ProfileOptions struct {
	// Location is the calendar of the order days and of From. Defaults to UTC.
	Location *time.Location
	// Top is how many categories are listed. Defaults to 3.
	Top int
	// Level is the confidence level of the trend; a season is significant
	// where its p-value is at most 1 - Level. Defaults to 0.95.
	Level float64
	// Overdue, ReturnsHigh and Concentrated are the limits from which the
	// reasons of these names are given: days since the last order in median
	// gaps, returns over gross, the share of the first category. Default to 2,
	// 0.1 and 0.8.
	Overdue      float64
	ReturnsHigh  float64
	Concentrated float64
}

// Profile is the portrait of one account (客户画像): what it is in figures, and
// what is remarkable about it. What its facts do not tell is nil. It has a
// stable JSON form; [Profile.Text] reads it out.
type Profile struct {
	Schema  string `json:"schema"`
	Version int    `json:"version"`

	ID       string    `json:"id"`
	Currency string    `json:"currency,omitempty"`
	AsOf     time.Time `json:"as_of"`
	Tier     string    `json:"tier,omitempty"`
	Segment  string    `json:"segment,omitempty"`

	Size ProfileSize `json:"size"`
	// Cadence is nil without order days.
	Cadence *ProfileCadence `json:"cadence,omitempty"`
	// Trend is that of the months, of the same month of the year from 24 on;
	// nil for fewer than three.
	Trend *Trend `json:"trend,omitempty"`
	// Seasonality is nil for fewer than eight whole quarters.
	Seasonality *ProfileSeasonality `json:"seasonality,omitempty"`
	// Breadth is nil without categories of a positive amount.
	Breadth *ProfileBreadth `json:"breadth,omitempty"`
	Returns ProfileReturns  `json:"returns"`

	// Reasons are in the order of the constants, Notes as given.
	Reasons []ProfileReason `json:"reasons"`
	Notes   []string        `json:"notes,omitempty"`
}

// ProfileSize is how big an account is.
type ProfileSize struct {
	Net    decimal.Decimal `json:"net"`
	Gross  decimal.Decimal `json:"gross"`
	Orders int             `json:"orders"`
	// OrderValue is Gross over Orders, rounded to cents half away from zero; 0
	// without orders.
	OrderValue decimal.Decimal `json:"order_value"`
}

// ProfileReturns is what came back.
type ProfileReturns struct {
	// Amount is not positive; Rate is what it is of Gross, 0 without any.
	Amount decimal.Decimal `json:"amount"`
	Rate   float64         `json:"rate"`
	Orders int             `json:"orders"`
}

// ProfileBreadth is what an account buys.
type ProfileBreadth struct {
	// Categories counts those of a positive amount, Effective is the number of
	// equal ones that would be as concentrated: 1 over the sum of the squared
	// shares.
	Categories int     `json:"categories"`
	Effective  float64 `json:"effective"`
	// Main lists the largest, by amount and then by name.
	Main []ProfileCategory `json:"main"`
}

// ProfileCategory is one of the main categories.
type ProfileCategory struct {
	Category string          `json:"category"`
	Amount   decimal.Decimal `json:"amount"`
	// Share is of the sum of all positive amounts.
	Share float64 `json:"share"`
}

// NewProfile draws the portrait of an account from its facts. A nil opts means
// the defaults. It refuses, as a [*keyaccount.InputError] that names field and
// row: a missing ID or AsOf; counts that are negative; order days that are
// missing or after AsOf; months without a From, more than [MaxTrendPeriods] of
// them, or beyond 1e100; a category that stands twice; money outside the range
// of a [Summary]; options outside their domain.
func NewProfile(facts ProfileFacts, opts *ProfileOptions) (*Profile, error) {
	o, err := profileOptions(opts)
	if err != nil {
		return nil, err
	}
	facts.collected(o.Location)
	if err := facts.check(o.Location); err != nil {
		return nil, err
	}
	a := &facts.Account
	p := &Profile{
		Schema: ProfileSchema, Version: ProfileVersion, ID: a.ID, Currency: a.Currency, AsOf: a.AsOf.In(o.Location),
		Tier: facts.Tier, Segment: facts.Segment, Notes: slices.Clone(facts.Notes),
		Size:    ProfileSize{Net: a.Net, Gross: a.Gross, Orders: a.Orders},
		Returns: ProfileReturns{Amount: a.Returns, Orders: a.ReturnOrders, Rate: max(0, finiteRatio(a.Returns.Neg(), a.Gross))},
	}
	if a.Orders > 0 {
		p.Size.OrderValue = a.Gross.DivRound(decimal.NewFromInt(int64(a.Orders)), 2)
	}
	p.Cadence = cadenceOf(facts.OrderDays, p.AsOf)
	p.Breadth = breadthOf(facts.Categories, o.Top)
	if n := len(facts.Months); n >= 3 {
		season := 1
		if n >= 24 {
			season = 12
		}
		if p.Trend, err = FitTrend(facts.Months, &TrendOptions{Level: o.Level, Season: season}); err != nil {
			return nil, namedFault(err, "Months")
		}
	}
	p.Seasonality = seasonalityOf(facts.Months, facts.From.In(o.Location).Month(), o.Level)
	p.Reasons = p.remark(o)
	return p, nil
}

// UnmarshalJSON reads a Profile and refuses one of another schema or version
// ([keyaccount.ErrVersion]).
func (p *Profile) UnmarshalJSON(data []byte) error {
	type plain Profile
	var in plain
	form := saved.Form{Schema: ProfileSchema, Version: ProfileVersion}
	if err := form.ReadJSON(data, "Profile", &in); err != nil {
		return err
	}
	*p = Profile(in)
	return nil
}

func breadthOf(categories []CategoryAmount, top int) *ProfileBreadth {
	var main []ProfileCategory
	for _, c := range categories {
		if c.Amount.Sign() > 0 {
			main = append(main, ProfileCategory{Category: c.Category, Amount: c.Amount})
		}
	}
	if len(main) == 0 {
		return nil
	}
	slices.SortFunc(main, compareCategories)
	total := totalOf(main)
	squares := 0.0
	for i := range main {
		main[i].Share = finiteRatio(main[i].Amount, total)
		squares += main[i].Share * main[i].Share
	}
	return &ProfileBreadth{Categories: len(main), Effective: 1 / squares, Main: slices.Clip(main[:min(top, len(main))])}
}

// checkProfileMoney refuses what cannot be summed in bounded time.
func checkProfileMoney(field string, row int, d decimal.Decimal) error {
	if exact.InRange(d) {
		return nil
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: field, Row: row, Value: exact.Text(d),
		Reason: "too many decimal places, or too high a power of ten, to be money",
	}
}
