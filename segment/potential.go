package segment

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/shopspring/decimal"
)

// PotentialCriterion is one of the four figures that make a potential key
// account.
type PotentialCriterion string

// The criteria, in the order of [PotentialAccount.Parts].
const (
	// ByHeadroom: how much more it could buy; see [WhiteSpace].
	ByHeadroom PotentialCriterion = "headroom"
	// ByTrend: how fast it surely grows; see [Trend.Sure].
	ByTrend PotentialCriterion = "trend"
	// ByPropensity: how probably it becomes key; see [Propensity].
	ByPropensity PotentialCriterion = "propensity"
	// ByReferral: how many key accounts referred it.
	ByReferral PotentialCriterion = "referral"
)

// PotentialFacts is what is known of one account.
type PotentialFacts struct {
	ID string `json:"id"`
	// Key says that it is a key account already: it is not ranked, but its
	// referrals count.
	Key bool `json:"key"`
	// Current is its amount now, for the comparison with "largest now".
	Current decimal.Decimal `json:"current"`
	// Headroom, not negative, is potential less current; nil where unknown.
	Headroom *decimal.Decimal `json:"headroom,omitempty"`
	// Trend is of equal periods for all accounts; nil where unknown.
	Trend *Trend `json:"trend,omitempty"`
	// Propensity is a probability; nil where unknown.
	Propensity *float64 `json:"propensity,omitempty"`
}

// Referral says that one account brought another, or speaks for it.
type Referral struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// PotentialInput is what [RankPotential] works on.
type PotentialInput struct {
	Accounts  []PotentialFacts `json:"accounts"`
	Referrals []Referral       `json:"referrals,omitempty"`
}

// PotentialWeight is the weight of a criterion and the scale it is read on.
type PotentialWeight struct {
	// Weight is not negative; only the proportions matter. Where all four are
	// 0 they are 0.4 for headroom, 0.2 for trend, 0.3 for propensity and 0.1
	// for referral.
	Weight float64 `json:"weight"`
	// Low and High fix the scale: a figure of Low or less counts 0, of High or
	// more 1. Where both are 0 the scale is the share of the other accounts of
	// known figure that have less, so that equal figures count the same, the
	// unit does not matter, and an account more can move the others. With a
	// fixed scale it cannot. Defaults to 0 and 0.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// PotentialPolicy sets up [RankPotential].
type PotentialPolicy struct {
	// Version is echoed by the result. Defaults to "", no name.
	Version string `json:"version"`
	// The four criteria. Defaults to the weights named at PotentialWeight.
	Headroom   PotentialWeight `json:"headroom"`
	Trend      PotentialWeight `json:"trend"`
	Propensity PotentialWeight `json:"propensity"`
	Referral   PotentialWeight `json:"referral"`
	// RelativeTrend reads the trend as a share of the mean amount per period,
	// instead of in currency. Defaults to false.
	RelativeTrend bool `json:"relative_trend"`
	// Unknown is what a figure that is not known counts on the scale from 0 to
	// 1. Defaults to 0: what is not known earns nothing.
	Unknown float64 `json:"unknown"`
}

// PotentialResult is what [RankPotential] returns.
type PotentialResult struct {
	// Policy is the one used, its weights adding up to 1.
	Policy PotentialPolicy `json:"policy"`
	// KeyAccounts is how many accounts were not ranked because they are key.
	KeyAccounts int `json:"key_accounts"`
	// UnusedReferrals is how many referrals had no effect: they do not lead
	// from a key account to a ranked one, or stand twice.
	UnusedReferrals int `json:"unused_referrals"`
	// Accounts are sorted by Score, the highest first, then by ID.
	Accounts []PotentialAccount `json:"accounts"`
}

// PotentialAccount is one account's place in the ranking.
type PotentialAccount struct {
	ID string `json:"id"`
	// Rank is one more than the number of accounts with a higher Score.
	Rank int `json:"rank"`
	// Score lies between 0 and 1: the sum of the contributions, in the order
	// of Parts.
	Score   float64         `json:"score"`
	Current decimal.Decimal `json:"current"`
	// Parts are headroom, trend, propensity and referral, in this order.
	Parts []PotentialPart `json:"parts"`
	// ReferredBy lists the key accounts that referred it, in order.
	ReferredBy []string `json:"referred_by,omitempty"`
}

// PotentialPart is what one criterion contributes.
type PotentialPart struct {
	Criterion PotentialCriterion `json:"criterion"`
	// Figure is the headroom, the sure slope, the probability or the number of
	// key accounts; 0 where it is not Known.
	Figure float64 `json:"figure"`
	Known  bool    `json:"known"`
	// Scaled is the figure between 0 and 1; Contribution is Weight * Scaled.
	Scaled       float64 `json:"scaled"`
	Weight       float64 `json:"weight"`
	Contribution float64 `json:"contribution"`
}

// RankPotential ranks the accounts that are not key yet by a weighted sum of
// four figures on a scale from 0 to 1, and tells what each contributes. A nil
// policy means the defaults.
//
// The ranking does not depend on the order of accounts and referrals. A better
// figure never lowers the own score. RankPotential refuses, as a
// [*keyaccount.InputError] that names list, row and field: no accounts at all;
// an ID that is missing or stands twice; a headroom that is negative or beyond
// 1e100; a trend that is not finite; a propensity outside 0 to 1; a referral
// without both ends, or of an account by itself; and what [PotentialPolicy]
// excludes.
func RankPotential(in PotentialInput, policy *PotentialPolicy) (*PotentialResult, error) {
	p := PotentialPolicy{}
	if policy != nil {
		p = *policy
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	p.normalise()
	out := &PotentialResult{Policy: p, Accounts: []PotentialAccount{}}
	referrers, used := in.referrers()
	out.UnusedReferrals = len(in.Referrals) - used

	weights := [...]*PotentialWeight{&p.Headroom, &p.Trend, &p.Propensity, &p.Referral}
	for i := range in.Accounts {
		f := &in.Accounts[i]
		if f.Key {
			out.KeyAccounts++
			continue
		}
		a := PotentialAccount{ID: f.ID, Current: f.Current, ReferredBy: referrers[f.ID], Parts: f.parts(p.RelativeTrend)}
		a.Parts[3].Figure = float64(len(a.ReferredBy))
		for k, w := range weights {
			a.Parts[k].Weight = w.Weight
		}
		out.Accounts = append(out.Accounts, a)
	}
	for k, w := range weights {
		scaleParts(out.Accounts, k, *w, p.Unknown)
	}
	for i := range out.Accounts {
		a := &out.Accounts[i]
		for k := range a.Parts {
			part := &a.Parts[k]
			part.Contribution = part.Weight * part.Scaled
			a.Score += part.Contribution
		}
	}
	slices.SortFunc(out.Accounts, func(a, b PotentialAccount) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.ID, b.ID))
	})
	for i := range out.Accounts {
		a := &out.Accounts[i]
		a.Rank = i + 1
		if i > 0 && a.Score == out.Accounts[i-1].Score {
			a.Rank = out.Accounts[i-1].Rank
		}
	}
	return out, nil
}

// parts returns the figures; that of the referrals is filled in by the caller.
func (f *PotentialFacts) parts(relative bool) []PotentialPart {
	parts := []PotentialPart{{Criterion: ByHeadroom}, {Criterion: ByTrend}, {Criterion: ByPropensity}, {Criterion: ByReferral, Known: true}}
	if f.Headroom != nil {
		parts[0].Figure, parts[0].Known = nearestFloat(*f.Headroom), true
	}
	if f.Trend != nil {
		parts[1].Figure, parts[1].Known = f.Trend.Sure(), true
		if relative {
			parts[1].Figure = f.Trend.Relative()
		}
	}
	if f.Propensity != nil {
		parts[2].Figure, parts[2].Known = *f.Propensity, true
	}
	return parts
}

// scaleParts brings the k-th figure of all accounts to the scale from 0 to 1.
func scaleParts(accounts []PotentialAccount, k int, w PotentialWeight, unknown float64) {
	fixed := w.Low != 0 || w.High != 0
	var known []float64
	for i := range accounts {
		if p := &accounts[i].Parts[k]; p.Known && !fixed {
			known = append(known, p.Figure)
		}
	}
	slices.Sort(known)
	for i := range accounts {
		p := &accounts[i].Parts[k]
		switch {
		case !p.Known:
			p.Scaled = unknown
		case fixed:
			p.Scaled = min(1, max(0, (p.Figure-w.Low)/(w.High-w.Low)))
		case len(known) > 1:
			p.Scaled = float64(sort.SearchFloat64s(known, p.Figure)) / float64(len(known)-1)
		}
	}
}

// referrers returns, for each account that is not key, the key accounts that
// referred it, and how many referrals that used.
func (in *PotentialInput) referrers() (map[string][]string, int) {
	key := make(map[string]bool, len(in.Accounts))
	for i := range in.Accounts {
		key[in.Accounts[i].ID] = in.Accounts[i].Key
	}
	by := make(map[string][]string)
	for _, r := range in.Referrals {
		if isKey, listed := key[r.To]; listed && !isKey && key[r.From] {
			by[r.To] = append(by[r.To], r.From)
		}
	}
	used := 0
	for to, from := range by {
		slices.Sort(from)
		by[to] = slices.Compact(from)
		used += len(by[to])
	}
	return by, used
}

// Cases pairs the ranking with what came of it, for [BackTest]: became lists
// the accounts that have since become key. One that was not ranked does not
// count.
func (r *PotentialResult) Cases(became []string) []LiftCase {
	hit := make(map[string]bool, len(became))
	for _, id := range became {
		hit[id] = true
	}
	out := make([]LiftCase, 0, len(r.Accounts))
	for i := range r.Accounts {
		a := &r.Accounts[i]
		out = append(out, LiftCase{ID: a.ID, Score: a.Score, Size: nearestFloat(a.Current), Hit: hit[a.ID]})
	}
	return out
}
