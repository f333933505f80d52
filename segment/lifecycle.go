package segment

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
	"github.com/keyaccount/keyaccount/internal/label"
)

// LifecycleStage is where an account stands between two periods.
type LifecycleStage string

// The stages. An account is active in a period when its aggregate there is
// positive.
const (
	// StageNew: active now, and never before.
	StageNew LifecycleStage = "new"
	// StageReturned: active now and earlier, but not in the period before.
	StageReturned LifecycleStage = "returned"
	// StageRepeat: active in both periods.
	StageRepeat LifecycleStage = "repeat"
	// StageLapsed: active in the period before, and not now.
	StageLapsed LifecycleStage = "lapsed"
	// StageDormant: active only earlier than in both periods.
	StageDormant LifecycleStage = "dormant"
	// StageNever: not active at all.
	StageNever LifecycleStage = "never"
)

var lifecycleStages = [...]struct {
	stage  LifecycleStage
	en, zh string
}{
	{StageNew, "new", "新客户"},
	{StageReturned, "returned", "回流客户"},
	{StageRepeat, "repeat", "持续客户"},
	{StageLapsed, "lapsed", "流失客户"},
	{StageDormant, "dormant", "沉睡客户"},
	{StageNever, "never active", "从未活跃"},
}

// Label names the stage in Chinese where lang begins with "zh", else in
// English.
func (s LifecycleStage) Label(lang string) string {
	for _, l := range lifecycleStages {
		if l.stage == s {
			return label.Pick(lang, l.en, l.zh)
		}
	}
	return string(s)
}

// LifecycleFacts is one account's aggregate in two periods and before them:
// net amount, orders, units, margin, or what else is positive when there was
// business.
type LifecycleFacts struct {
	ID string `json:"id"`
	// Earlier is the aggregate over all time before the two periods. Without
	// it nobody can be told to have returned.
	Earlier decimal.Decimal `json:"earlier"`
	// Before and Now are the aggregates of the two periods.
	Before decimal.Decimal `json:"before"`
	Now    decimal.Decimal `json:"now"`
}

// LifecycleResult is what [Lifecycle] returns.
type LifecycleResult struct {
	// Before, Now and Change (Now - Before) are totals over all accounts.
	Before decimal.Decimal `json:"before"`
	Now    decimal.Decimal `json:"now"`
	Change decimal.Decimal `json:"change"`
	// Retention is the share of the accounts active before that are active
	// now; 0 where none was.
	Retention float64 `json:"retention"`
	// Stages are all stages, in the order new, returned, repeat, lapsed,
	// dormant, never. Their changes add up to Change.
	Stages []LifecycleTotal `json:"stages"`
	// Accounts are sorted by ID.
	Accounts []LifecycleAccount `json:"accounts"`
}

// LifecycleTotal is one stage as a whole.
type LifecycleTotal struct {
	Stage    LifecycleStage  `json:"stage"`
	Accounts int             `json:"accounts"`
	Before   decimal.Decimal `json:"before"`
	Now      decimal.Decimal `json:"now"`
	// Change is Now - Before, Gained what it is over the accounts that grew,
	// Lost (never positive) over those that shrank.
	Change decimal.Decimal `json:"change"`
	Gained decimal.Decimal `json:"gained"`
	Lost   decimal.Decimal `json:"lost"`
}

// LifecycleAccount is one account's stage.
type LifecycleAccount struct {
	ID     string          `json:"id"`
	Stage  LifecycleStage  `json:"stage"`
	Before decimal.Decimal `json:"before"`
	Now    decimal.Decimal `json:"now"`
	Change decimal.Decimal `json:"change"`
}

// Lifecycle tells for every account whether it is new, returned, repeat,
// lapsed, dormant or was never active, and how the change between the periods
// splits over these. It refuses, as a [*keyaccount.InputError], no accounts at
// all, an ID that is missing or stands twice, and aggregates outside the range
// of money.
func Lifecycle(facts []LifecycleFacts) (*LifecycleResult, error) {
	if len(facts) == 0 {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "facts", Reason: "there is no account to work on"}
	}
	var before, now [len(lifecycleStages)]exact.Sum
	var gained, lost [len(lifecycleStages)]exact.Sum
	var counts [len(lifecycleStages)]int
	out := &LifecycleResult{Accounts: make([]LifecycleAccount, 0, len(facts))}
	seen := make(map[string]struct{}, len(facts))
	for i := range facts {
		f := &facts[i]
		if err := f.check(i+1, seen); err != nil {
			return nil, err
		}
		at := f.stage()
		change := f.Now.Sub(f.Before)
		out.Accounts = append(out.Accounts, LifecycleAccount{
			ID: f.ID, Stage: lifecycleStages[at].stage, Before: f.Before, Now: f.Now, Change: change,
		})
		counts[at]++
		before[at].Add(f.Before)
		now[at].Add(f.Now)
		if change.Sign() > 0 {
			gained[at].Add(change)
		} else {
			lost[at].Add(change)
		}
	}
	slices.SortFunc(out.Accounts, func(a, b LifecycleAccount) int { return strings.Compare(a.ID, b.ID) })

	var allBefore, allNow exact.Sum
	for i := range lifecycleStages {
		t := LifecycleTotal{
			Stage: lifecycleStages[i].stage, Accounts: counts[i],
			Before: before[i].Decimal(), Now: now[i].Decimal(), Gained: gained[i].Decimal(), Lost: lost[i].Decimal(),
		}
		t.Change = t.Now.Sub(t.Before)
		allBefore.Merge(before[i])
		allNow.Merge(now[i])
		out.Stages = append(out.Stages, t)
	}
	out.Before, out.Now = allBefore.Decimal(), allNow.Decimal()
	out.Change = out.Now.Sub(out.Before)
	const repeat, lapsed = 2, 3
	if were := counts[repeat] + counts[lapsed]; were > 0 {
		out.Retention = float64(counts[repeat]) / float64(were)
	}
	return out, nil
}

// stage returns the place in lifecycleStages.
func (f *LifecycleFacts) stage() int {
	earlier, before, now := f.Earlier.Sign() > 0, f.Before.Sign() > 0, f.Now.Sign() > 0
	switch {
	case now && before:
		return 2
	case now && earlier:
		return 1
	case now:
		return 0
	case before:
		return 3
	case earlier:
		return 4
	}
	return 5
}

func (f *LifecycleFacts) check(row int, seen map[string]struct{}) error {
	if f.ID == "" {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "ID", Row: row, Reason: "an account needs an ID"}
	}
	if _, ok := seen[f.ID]; ok {
		return &keyaccount.InputError{Kind: keyaccount.ErrDuplicate, Field: "ID", Row: row, Value: f.ID, Reason: "the account stands twice"}
	}
	seen[f.ID] = struct{}{}
	for _, v := range []struct {
		field string
		value decimal.Decimal
	}{{"Earlier", f.Earlier}, {"Before", f.Before}, {"Now", f.Now}} {
		if !exact.InRange(v.value) {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: v.field, Row: row, Value: exact.Text(v.value),
				Reason: "too many decimal places, or too high a power of ten, to be summed",
			}
		}
	}
	return nil
}

// LifecycleOf joins what three [Summary] values say of the time before, the
// period before and the period now, by ID and sorted by it. The measure is the
// aggregate that counts; nil means Net. An account that a list does not hold
// was not active in it. It refuses, as a [*keyaccount.InputError], an ID that
// is missing or stands twice in a list, and two currencies.
func LifecycleOf(earlier, before, now []Account, measure func(Account) decimal.Decimal) ([]LifecycleFacts, error) {
	if measure == nil {
		measure = func(a Account) decimal.Decimal { return a.Net }
	}
	lists := [...][]Account{earlier, before, now}
	at := make(map[string]int)
	var out []LifecycleFacts
	var currency *string
	for k, list := range lists {
		if len(list) == 0 {
			continue
		}
		if err := checkAccounts(list); err != nil {
			return nil, err
		}
		if currency == nil {
			currency = &list[0].Currency
		} else if list[0].Currency != *currency {
			return nil, mixedCurrency(1, list[0].Currency, *currency)
		}
		for _, a := range list {
			i, ok := at[a.ID]
			if !ok {
				i = len(out)
				at[a.ID] = i
				out = append(out, LifecycleFacts{ID: a.ID})
			}
			*[...]*decimal.Decimal{&out[i].Earlier, &out[i].Before, &out[i].Now}[k] = measure(a)
		}
	}
	slices.SortFunc(out, func(a, b LifecycleFacts) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}
