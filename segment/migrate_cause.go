package segment

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/label"
)

// CauseModels are the models by which [SplitCauses] tells causes apart.
type CauseModels struct {
	// Before is the model that was in force on the earlier date. Required.
	Before *Model
	// Refit is Before's policy fitted to later accounts, those of After: the
	// cuts moved, nothing else. The policy is what was decided, not found: bins
	// and rule of each scale, the cuts where they are given, whether scales are
	// nested, and Model.Policy. Defaults to After, to Before where that is nil.
	Refit *Model
	// After is the model in force on the later date. Where its policy differs
	// from Before's, Refit is needed to tell new cuts from new policy; under
	// given cuts alone, which no accounts can move, it can be Before itself.
	// Defaults to Refit.
	After *Model
}

// CauseParts is a change of a score, or of many in sum, and what it is made of.
// With S(model, facts) for the score, the facts and models named by date:
//
//	Behaviour   = S(before, after)  − S(before, before)     the account changed
//	Cuts        = S(refit, before)  − S(before, before)     the others did, and the cuts with them
//	Policy      = S(after, before)  − S(refit, before)      another policy came into force
//	Interaction = Change − Behaviour − Cuts − Policy        what only happens when they meet
//	Change      = S(after, after)   − S(before, before)
//
// The four add up to Change.
type CauseParts struct {
	Change      int `json:"change"`
	Behaviour   int `json:"behaviour"`
	Cuts        int `json:"cuts"`
	Policy      int `json:"policy"`
	Interaction int `json:"interaction"`
}

func causeParts(base, behaviour, cuts, policy, final int) CauseParts {
	p := CauseParts{Change: final - base, Behaviour: behaviour - base, Cuts: cuts - base, Policy: policy - cuts}
	p.Interaction = p.Change - p.Behaviour - p.Cuts - p.Policy
	return p
}

// Text names the parts for people, as in "-2 = behaviour -1, cuts moved -1";
// in Chinese where lang is "zh" or a tag of it, else in English.
func (p CauseParts) Text(lang string) string {
	var b strings.Builder
	b.WriteString(signed(p.Change))
	sep := " = "
	for _, part := range []struct {
		by     int
		en, zh string
	}{
		{p.Behaviour, "behaviour", "行为变化"},
		{p.Cuts, "cuts moved", "分界移动"},
		{p.Policy, "policy changed", "规则变更"},
		{p.Interaction, "interaction", "交互作用"},
	} {
		if part.by != 0 {
			b.WriteString(sep + label.Pick(lang, part.en, part.zh) + " " + signed(part.by))
			sep = label.Pick(lang, ", ", "，")
		}
	}
	return b.String()
}

func signed(n int) string {
	if n > 0 {
		return "+" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// CauseSplit is the outcome of [SplitCauses].
type CauseSplit struct {
	// Before and After are the as-ofs of the accounts.
	Before time.Time `json:"before"`
	After  time.Time `json:"after"`
	// Scored is how many accounts have orders on both dates; only they can
	// change a score. Unscored is how many of all others there are.
	Scored   int `json:"scored"`
	Unscored int `json:"unscored"`
	// Idle is how many of the scored have the same number of orders, the same
	// net amount and the same figures of further dimensions on both dates.
	Idle int `json:"idle"`
	// R, F and M are the totals of the scales. Days that pass without an order
	// are behaviour.
	R CauseTotal `json:"r"`
	F CauseTotal `json:"f"`
	M CauseTotal `json:"m"`
	// Dimensions are the totals of the further ones, in the models' order.
	Dimensions []DimensionCauses `json:"dimensions,omitempty"`
	// Changes are the accounts with a part that is not 0, sorted by ID.
	Changes []CauseChange `json:"changes"`
}

// DimensionCauses are the totals of one further dimension.
type DimensionCauses struct {
	Name string `json:"name"`
	// Known is how many of CauseSplit.Scored have the figure on both dates;
	// only they can change a score here. To learn a figure is no change.
	Known int `json:"known"`
	CauseTotal
}

// CauseTotal sums the parts of all accounts on one scale.
type CauseTotal struct {
	// Net is the sum of the parts: what goes up offsets what goes down.
	Net CauseParts `json:"net"`
	// Accounts is how many accounts have a part that is not 0.
	Accounts CauseParts `json:"accounts"`
	// Idle is how many of CauseSplit.Idle changed their score nevertheless.
	Idle int `json:"idle"`
}

func (t *CauseTotal) add(p CauseParts, idle bool) {
	for _, f := range []struct {
		by            int
		net, accounts *int
	}{
		{p.Change, &t.Net.Change, &t.Accounts.Change},
		{p.Behaviour, &t.Net.Behaviour, &t.Accounts.Behaviour},
		{p.Cuts, &t.Net.Cuts, &t.Accounts.Cuts},
		{p.Policy, &t.Net.Policy, &t.Accounts.Policy},
		{p.Interaction, &t.Net.Interaction, &t.Accounts.Interaction},
	} {
		if f.by != 0 {
			*f.net += f.by
			*f.accounts++
		}
	}
	if idle && p.Change != 0 {
		t.Idle++
	}
}

// CauseChange is one account's change and its causes.
type CauseChange struct {
	ID string `json:"id"`
	// From is the score by Before's model of the earlier facts, To that by
	// After's model of the later ones.
	From Score `json:"from"`
	To   Score `json:"to"`
	// Idle says that neither the orders nor the net amount nor a figure of a
	// further dimension changed.
	Idle bool       `json:"idle,omitempty"`
	R    CauseParts `json:"r"`
	F    CauseParts `json:"f"`
	M    CauseParts `json:"m"`
	// Dimensions are in the models' order.
	Dimensions []CauseParts `json:"dimensions,omitempty"`
}

// moved reports whether a part is not 0.
func (c *CauseChange) moved() bool {
	none := CauseParts{}
	return c.R != none || c.F != none || c.M != none ||
		slices.ContainsFunc(c.Dimensions, func(p CauseParts) bool { return p != none })
}

// SplitCauses tells how much of every account's change of score between two
// dates is its own doing, how much comes from cuts that were fitted again, and
// how much from a new policy. The parts add up to the change, of each account
// and in total. A figure of a further dimension that changed is behaviour.
//
// Given cuts that moved are a new policy, never cuts fitted again. Rules that
// name segments change no score and count for nothing.
//
// It refuses what [Migrate] refuses, and models of which the scores cannot be
// compared: another number of bins on any scale, other further dimensions or
// the same in another order, a Refit under another policy than Before's ([keyaccount.ErrMismatch]), another currency
// ([keyaccount.ErrMixedCurrency]). An After under another policy needs a Refit
// ([keyaccount.ErrMissing]). Both lists need accounts.
func SplitCauses(models CauseModels, before, after []Account) (*CauseSplit, error) {
	models, err := models.resolve()
	if err != nil {
		return nil, err
	}
	for _, side := range []struct {
		name string
		list []Account
	}{{"before", before}, {"after", after}} {
		if len(side.list) == 0 {
			return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: side.name, Reason: "there is no account on this date"}
		}
	}
	if err := checkDates(before, after, models.Before); err != nil {
		return nil, err
	}
	out := &CauseSplit{Before: before[0].AsOf, After: after[0].AsOf}
	for i := range models.Before.Dimensions {
		out.Dimensions = append(out.Dimensions, DimensionCauses{Name: models.Before.Dimensions[i].Name})
	}
	var changes chunks[CauseChange]
	joinAccounts(before, after, func(was, is *Account) {
		if was == nil || is == nil || !was.HasOrders() || !is.HasOrders() {
			out.Unscored++
			return
		}
		out.Scored++
		s := models.scores(was, is)
		c := s.split(len(out.Dimensions))
		c.ID, c.Idle = was.ID, models.Before.idle(was, is)
		if c.Idle {
			out.Idle++
		}
		out.R.add(c.R, c.Idle)
		out.F.add(c.F, c.Idle)
		out.M.add(c.M, c.Idle)
		for i := range out.Dimensions {
			if s.known(i) {
				out.Dimensions[i].Known++
			}
			out.Dimensions[i].add(c.Dimensions[i], c.Idle)
		}
		if c.moved() {
			changes.add(c)
		}
	})
	out.Changes = changes.list()
	return out, nil
}

// resolve fills in the defaults and refuses models that cannot be compared.
func (m CauseModels) resolve() (CauseModels, error) {
	if err := checkModel("models.Before", m.Before); err != nil {
		return m, err
	}
	for _, other := range []struct {
		field string
		model *Model
	}{{"models.Refit", m.Refit}, {"models.After", m.After}} {
		if other.model == nil {
			continue
		}
		if err := checkModel(other.field, other.model); err != nil {
			return m, err
		}
		if err := m.Before.checkComparable(other.field, other.model); err != nil {
			return m, err
		}
	}
	switch {
	case m.Refit != nil:
		if changes := m.Before.policyChanges(m.Refit); len(changes) > 0 {
			return m, &keyaccount.InputError{
				Kind: keyaccount.ErrMismatch, Field: "models.Refit." + changes[0].field, Value: changes[0].is,
				Reason: "a refit keeps the policy, but this one changes " + changesText(changes) + "; give the new one as After",
			}
		}
	case m.After == nil:
		m.Refit = m.Before
	default:
		if changes := m.Before.policyChanges(m.After); len(changes) > 0 {
			return m, &keyaccount.InputError{
				Kind: keyaccount.ErrMissing, Field: "models.Refit",
				Reason: "the policy changed: " + changesText(changes) + "; a refit under the old one tells new cuts from new policy",
			}
		}
		m.Refit = m.After
	}
	if m.After == nil {
		m.After = m.Refit
	}
	return m, nil
}
