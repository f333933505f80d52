package segment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
)

// Roster is every account of a [Summary] as it stands at one instant, read
// under one policy. Each list is sorted by ID.
type Roster struct {
	// Policy is the one that was used, with its version.
	Policy   AccountPolicy `json:"policy"`
	AsOf     time.Time     `json:"as_of"`
	Currency string        `json:"currency,omitempty"`

	// Accounts are those to work with.
	Accounts []Account `json:"accounts"`
	// CancelOnly are those without orders, where Policy.CancelOnly separates
	// them.
	CancelOnly []Account `json:"cancel_only,omitempty"`
	// NonPositive are those with orders and no positive Net, where
	// Policy.NonPositive separates them.
	NonPositive []Account `json:"non_positive,omitempty"`
	// DroppedCancelOnly and DroppedNonPositive count those that were left out.
	DroppedCancelOnly  int `json:"dropped_cancel_only,omitempty"`
	DroppedNonPositive int `json:"dropped_non_positive,omitempty"`
}

// Accounts returns the accounts as they stand at asOf, sorted by ID, read
// under the Policy of the options: those of [Summary.Roster] that are neither
// separated nor dropped. Every line that was added counts, also one after
// asOf: which lines to add is the host's decision, and [FitRFM] refuses
// accounts that ordered after asOf.
func (s *Summary) Accounts(asOf time.Time) []Account {
	if s.fault != nil {
		return []Account{} // nothing could be added either
	}
	return s.roster(asOf, &s.policy).Accounts
}

// Roster reads every account as it stands at asOf; a nil policy means that of
// the options. A policy that does not [AccountPolicy.Validate] is refused, and
// one that needs what was not collected too, with [ErrNotCollected].
func (s *Summary) Roster(asOf time.Time, policy *AccountPolicy) (*Roster, error) {
	if s.fault != nil {
		return nil, s.fault
	}
	p := s.policy
	if policy != nil {
		p = *policy
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if p.Returns == MatchToOrder && !s.collect.lines {
		return nil, fmt.Errorf("%w: Returns %q needs SummaryOptions.Lines", ErrNotCollected, p.Returns)
	}
	if p.Orders == OneOrderADay && !s.collect.days {
		return nil, fmt.Errorf("%w: Orders %q needs SummaryOptions.OrderDays", ErrNotCollected, p.Orders)
	}
	return s.roster(asOf, &p), nil
}

func (s *Summary) roster(asOf time.Time, p *AccountPolicy) *Roster {
	zone := s.zone()
	r := rosterReading{policy: p, collect: &s.collect, zone: zone, asOf: asOf.In(zone)}
	r.today = dayNumber(r.asOf)
	out := &Roster{Policy: *p, AsOf: r.asOf, Currency: s.currency, Accounts: make([]Account, 0, len(s.accounts))}
	for _, id := range s.ids() {
		a := r.account(s.accounts[id])
		a.ID, a.Currency, a.AsOf = id, s.currency, r.asOf
		switch {
		case !a.HasOrders():
			place(p.CancelOnly, a, &out.Accounts, &out.CancelOnly, &out.DroppedCancelOnly)
		case a.Net.Sign() <= 0:
			place(p.NonPositive, a, &out.Accounts, &out.NonPositive, &out.DroppedNonPositive)
		default:
			out.Accounts = append(out.Accounts, a)
		}
	}
	return out
}

func place(how AccountTreatment, a Account, kept, separate *[]Account, dropped *int) {
	switch how {
	case DropAccounts:
		*dropped++
	case SeparateAccounts:
		*separate = append(*separate, a)
	default:
		*kept = append(*kept, a)
	}
}

// rosterReading turns states into accounts.
type rosterReading struct {
	policy  *AccountPolicy
	collect *collects
	zone    *time.Location
	asOf    time.Time
	today   int
}

func (r *rosterReading) account(s *state) Account {
	undone := 0
	if r.policy.Returns == MatchToOrder {
		s, undone = s.matched(r.collect, r.zone)
	}
	f := r.figures(&s.totals)
	a := Account{
		Lines: s.lines, Orders: f.Orders, ReturnOrders: f.ReturnOrders, UndoneOrders: undone,
		Gross: f.Gross, Returns: f.Returns, Net: f.Net,
		LastActivity: s.activity.in(r.zone), DaysSinceLast: -1,
	}
	if r.policy.Returns == Exclude {
		a.LastActivity = time.Time{}
	}
	if a.HasOrders() {
		a.FirstOrder, a.LastOrder = s.first.in(r.zone), s.last.in(r.zone)
		a.DaysSinceLast = r.daysSince(a.LastOrder)
		if r.policy.Returns == Exclude {
			a.LastActivity = a.LastOrder
		}
	}
	if r.collect.grain != NoPeriods || r.collect.category != "" || r.collect.days {
		a.Detail = r.detail(s)
	}
	return a
}

func (r *rosterReading) daysSince(last time.Time) int {
	if r.policy.Recency == CalendarDays {
		return r.today - dayNumber(last)
	}
	sec, nsec := r.asOf.Unix()-last.Unix(), r.asOf.Nanosecond()-last.Nanosecond()
	if nsec < 0 {
		sec--
	}
	days := sec / daySeconds
	if sec%daySeconds < 0 {
		days--
	}
	return int(days)
}

func (r *rosterReading) figures(t *totals) PartFigures {
	f := PartFigures{Orders: t.orders(), ReturnOrders: t.returnOrders(), Gross: t.gross.Decimal(), Returns: t.returns.Decimal()}
	if r.policy.Orders == OneOrderADay {
		f.Orders = len(t.days)
	}
	switch r.policy.Returns {
	case Exclude:
		f.ReturnOrders, f.Returns = 0, decimal.Zero
		f.Net = f.Gross
	case Gross:
		f.Net = f.Gross
	default:
		f.Net = sumOf2(t.gross, t.returns)
	}
	return f
}

func sumOf2(a, b exact.Sum) decimal.Decimal {
	a.Merge(b)
	return a.Decimal()
}

func (r *rosterReading) detail(s *state) *AccountDetail {
	d := new(AccountDetail)
	if r.collect.grain != NoPeriods {
		d.Periods = make([]PeriodFigures, 0, len(s.more.periods))
		for _, period := range sortedKeys(s.more.periods) {
			if f := r.figures(s.more.periods[period]); !r.nothing(f) {
				d.Periods = append(d.Periods, PeriodFigures{
					From: startOfDay(r.collect.grain.firstDay(period), r.zone),
					To:   startOfDay(r.collect.grain.firstDay(period+1), r.zone), PartFigures: f,
				})
			}
		}
	}
	if r.collect.category != "" {
		d.Categories = r.categories(s.more.categories)
		d.Breadth = new(int)
		for i := range d.Categories {
			if d.Categories[i].Orders > 0 {
				*d.Breadth++
			}
		}
		if top := r.policy.TopCategories; top > 0 && top < len(d.Categories) {
			d.CategoriesLeft = len(d.Categories) - top
			d.Categories = slices.Clip(d.Categories[:top])
		}
	}
	if r.collect.days {
		d.Gaps = gapsOf(sortedKeys(s.days))
	}
	return d
}

// nothing reports that only returns were in there, and they are left out.
func (r *rosterReading) nothing(f PartFigures) bool {
	return r.policy.Returns == Exclude && f.Orders == 0
}

func (r *rosterReading) categories(m map[string]*totals) []CategoryFigures {
	out := make([]CategoryFigures, 0, len(m))
	for name, t := range m {
		if f := r.figures(t); !r.nothing(f) {
			out = append(out, CategoryFigures{Name: name, PartFigures: f})
		}
	}
	slices.SortFunc(out, func(a, b CategoryFigures) int {
		return cmp.Or(-compareMoney(a.Net, b.Net), strings.Compare(a.Name, b.Name))
	})
	return out
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func gapsOf(days []int32) *OrderGaps {
	g := &OrderGaps{OrderDays: len(days)}
	if len(days) < 2 {
		return g
	}
	g.Days = make([]int, len(days)-1)
	for i := range g.Days {
		g.Days[i] = int(days[i+1] - days[i])
	}
	g.Mean = float64(days[len(days)-1]-days[0]) / float64(len(g.Days))
	sorted := slices.Sorted(slices.Values(g.Days))
	half := len(sorted) / 2
	g.Median = float64(sorted[half])
	if len(sorted)%2 == 0 {
		g.Median = float64(sorted[half-1]+sorted[half]) / 2
	}
	return g
}
