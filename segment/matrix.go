package segment

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/label"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

// PortfolioSchema is the schema, and behind the slash its version, that a saved
// [PortfolioPolicy] carries; no other is read.
const PortfolioSchema = "keyaccount/segment.PortfolioPolicy/1"

// Quadrant is a field of the key-account portfolio matrix. The names are those
// of Cheverton's matrix.
type Quadrant string

// The quadrants, in the order of results.
const (
	// QuadrantKey: attractive, and we are strong there.
	QuadrantKey Quadrant = "key"
	// QuadrantKeyDevelopment: attractive, but we are not strong yet.
	QuadrantKeyDevelopment Quadrant = "key_development"
	// QuadrantMaintenance: we are strong, but it is less attractive.
	QuadrantMaintenance Quadrant = "maintenance"
	// QuadrantOpportunistic: neither.
	QuadrantOpportunistic Quadrant = "opportunistic"
)

var quadrants = [...]Quadrant{QuadrantKey, QuadrantKeyDevelopment, QuadrantMaintenance, QuadrantOpportunistic}

// Label returns the name that people read, in Chinese for "zh" and its
// variants, else in English. It is empty for an unknown quadrant.
func (q Quadrant) Label(lang string) string {
	switch q {
	case QuadrantKey:
		return label.Pick(lang, "key account", "关键客户")
	case QuadrantKeyDevelopment:
		return label.Pick(lang, "key development account", "重点发展客户")
	case QuadrantMaintenance:
		return label.Pick(lang, "maintenance account", "维持型客户")
	case QuadrantOpportunistic:
		return label.Pick(lang, "opportunistic account", "机会型客户")
	}
	return ""
}

// PortfolioPolicy is the law of a portfolio matrix: two sets of criteria, both
// with bounds, and where their scores are cut into high and low.
type PortfolioPolicy struct {
	// Version is the host's own name of this state of the policy. Every result
	// echoes it.
	Version string `json:"version,omitempty"`
	// Attractiveness says what the account is worth to us: revenue, margin,
	// potential, fit.
	Attractiveness CriteriaPolicy `json:"attractiveness"`
	// Strength says how we stand with the account, against competitors: share
	// of wallet, relation, satisfaction.
	Strength CriteriaPolicy `json:"strength"`
	// AttractivenessCut is the score, above 0 and at most 1, from which on an
	// account is attractive. Defaults to 0.5.
	AttractivenessCut float64 `json:"attractiveness_cut,omitempty"`
	// StrengthCut is the score, above 0 and at most 1, from which on our
	// position is strong. Defaults to 0.5.
	StrengthCut float64 `json:"strength_cut,omitempty"`
}

// Validate names every fault of both sets of criteria and the cut-offs.
func (p PortfolioPolicy) Validate() error {
	return errors.Join(
		withinSet("Attractiveness", p.Attractiveness.Validate()), withinSet("Strength", p.Strength.Validate()), p.checkCuts())
}

// withinSet says of which set of criteria the faults are.
func withinSet(set string, err error) error {
	var several interface{ Unwrap() []error }
	if errors.As(err, &several) {
		faults := several.Unwrap()
		named := make([]error, len(faults))
		for i, e := range faults {
			named[i] = withinSet(set, e)
		}
		return errors.Join(named...)
	}
	in, ok := errors.AsType[*keyaccount.InputError](err)
	if !ok {
		return err
	}
	fault := *in
	fault.Field = set + "." + in.Field
	return &fault
}

func (p *PortfolioPolicy) checkCuts() error {
	check := func(field string, cut float64) error {
		if cut >= 0 && cut <= 1 {
			return nil
		}
		return criteriaFault(keyaccount.ErrOutOfRange, field, 0, figure(cut), "a cut-off lies above 0 and at most at 1")
	}
	return errors.Join(check("AttractivenessCut", p.AttractivenessCut), check("StrengthCut", p.StrengthCut))
}

// MarshalJSON writes the policy with its schema.
func (p PortfolioPolicy) MarshalJSON() ([]byte, error) {
	if err := p.checkCuts(); err != nil {
		return nil, err
	}
	type plain PortfolioPolicy
	return json.Marshal(struct {
		Schema string `json:"schema"`
		plain
	}{PortfolioSchema, plain(p)})
}

// UnmarshalJSON reads a policy as strictly as [CriteriaPolicy.UnmarshalJSON].
func (p *PortfolioPolicy) UnmarshalJSON(data []byte) error {
	type plain PortfolioPolicy
	var in struct {
		Schema string `json:"schema"`
		plain
	}
	if err := (saved.Form{Schema: PortfolioSchema}).ReadJSONStrictly(data, "Policy", &in); err != nil {
		return err
	}
	read := PortfolioPolicy(in.plain)
	if err := read.Validate(); err != nil {
		return err
	}
	*p = read
	return nil
}

// Portfolio is every account's place in the matrix.
type Portfolio struct {
	// Version is that of the policy.
	Version string `json:"version,omitempty"`
	// AttractivenessCut and StrengthCut are those used.
	AttractivenessCut float64 `json:"attractiveness_cut"`
	StrengthCut       float64 `json:"strength_cut"`
	// Quadrants are all four, in the order of the constants.
	Quadrants []QuadrantTotal `json:"quadrants"`
	// Accounts are sorted by quadrant, then by attractiveness and strength,
	// the highest first, then by ID.
	Accounts []PortfolioAccount `json:"accounts"`
}

// QuadrantTotal counts the accounts of a quadrant.
type QuadrantTotal struct {
	Quadrant Quadrant `json:"quadrant"`
	Accounts int      `json:"accounts"`
}

// PortfolioAccount is one account's place.
type PortfolioAccount struct {
	ID             string       `json:"id"`
	Quadrant       Quadrant     `json:"quadrant"`
	Attractiveness AxisPosition `json:"attractiveness"`
	Strength       AxisPosition `json:"strength"`
}

// AxisPosition is an account's place on one axis, and why.
type AxisPosition struct {
	// Score is that of [RankWeightedSum], from 0 to 1.
	Score float64 `json:"score"`
	// High tells that Score has reached the cut-off; scores that agree with it
	// to 12 decimals have. Margin is Score less the cut-off.
	High   bool    `json:"high"`
	Margin float64 `json:"margin"`
	// Carries is the criterion with the most points, Lacks the one with the
	// widest gap; the first in the policy of several, and empty where there are
	// no points or no gaps.
	Carries string `json:"carries,omitempty"`
	Lacks   string `json:"lacks,omitempty"`
	// Points add up to Score, in the order of the criteria.
	Points []CriterionPoints `json:"points"`
}

// PlacePortfolio puts accounts into the key-account portfolio matrix of
// attractiveness by strength. Both scores are weighted sums between fixed
// bounds, so that an account's place depends on its own values and the policy
// only. The two lists hold the same accounts, in whatever order
// ([keyaccount.ErrMismatch]); otherwise it refuses what the policy's Validate
// and [RankWeightedSum] refuse, with the set of criteria before the field, as in
// "Strength.Values"; Row counts within either list.
//
// Sources: Fiocca, Account portfolio analysis for strategy development,
// Industrial Marketing Management 11 (1982) 53-62, for the two scored axes;
// Millman and Wilson, From key account selling to key account management,
// Journal of Marketing Practice 1 (1995) 9-21; Cheverton, Key Account
// Management (Kogan Page, 1999), for the names of the quadrants.
func PlacePortfolio(policy PortfolioPolicy, attractiveness, strength []Alternative) (*Portfolio, error) {
	if err := policy.Validate(); err != nil {
		return nil, err
	}
	worth, err := RankWeightedSum(policy.Attractiveness, attractiveness)
	if err != nil {
		return nil, withinSet("Attractiveness", err)
	}
	stand, err := RankWeightedSum(policy.Strength, strength)
	if err != nil {
		return nil, withinSet("Strength", err)
	}
	standing := make(map[string]*RankedAccount, len(stand.Accounts))
	for i := range stand.Accounts {
		standing[stand.Accounts[i].ID] = &stand.Accounts[i]
	}
	out := &Portfolio{
		Version: policy.Version, AttractivenessCut: cmp.Or(policy.AttractivenessCut, 0.5), StrengthCut: cmp.Or(policy.StrengthCut, 0.5),
		Accounts: make([]PortfolioAccount, 0, len(worth.Accounts)),
	}
	for i := range attractiveness {
		if id := attractiveness[i].ID; standing[id] == nil {
			return nil, criteriaFault(keyaccount.ErrMismatch, "attractiveness", i+1, id, "the account has no values in strength")
		}
	}
	for i := range worth.Accounts {
		w := &worth.Accounts[i]
		a := PortfolioAccount{
			ID:             w.ID,
			Attractiveness: axisPosition(w, out.AttractivenessCut),
			Strength:       axisPosition(standing[w.ID], out.StrengthCut),
		}
		a.Quadrant = quadrantOf(a.Attractiveness.High, a.Strength.High)
		out.Accounts = append(out.Accounts, a)
		delete(standing, w.ID)
	}
	for i := range strength {
		if id := strength[i].ID; standing[id] != nil {
			return nil, criteriaFault(keyaccount.ErrMismatch, "strength", i+1, id, "the account has no values in attractiveness")
		}
	}
	out.order()
	return out, nil
}

func quadrantOf(attractive, strong bool) Quadrant {
	switch {
	case attractive && strong:
		return QuadrantKey
	case attractive:
		return QuadrantKeyDevelopment
	case strong:
		return QuadrantMaintenance
	}
	return QuadrantOpportunistic
}

func axisPosition(a *RankedAccount, cut float64) AxisPosition {
	p := AxisPosition{Score: a.Score, High: rankKey(a.Score) >= rankKey(cut), Margin: a.Score - cut, Points: a.Points}
	most, widest := 0.0, 0.0
	for j := range a.Points {
		c := &a.Points[j]
		if c.Points > most {
			p.Carries, most = c.Criterion, c.Points
		}
		if c.Gap > widest {
			p.Lacks, widest = c.Criterion, c.Gap
		}
	}
	return p
}

func (p *Portfolio) order() {
	for _, q := range quadrants {
		p.Quadrants = append(p.Quadrants, QuadrantTotal{Quadrant: q})
	}
	for i := range p.Accounts {
		p.Quadrants[slices.Index(quadrants[:], p.Accounts[i].Quadrant)].Accounts++
	}
	slices.SortFunc(p.Accounts, func(a, b PortfolioAccount) int {
		return cmp.Or(
			cmp.Compare(slices.Index(quadrants[:], a.Quadrant), slices.Index(quadrants[:], b.Quadrant)),
			cmp.Compare(rankKey(b.Attractiveness.Score), rankKey(a.Attractiveness.Score)),
			cmp.Compare(rankKey(b.Strength.Score), rankKey(a.Strength.Score)),
			strings.Compare(a.ID, b.ID),
		)
	})
}

// Explain says in a sentence why an account stands where it does, in Chinese
// for "zh" and its variants, else in English. The account must come from this
// policy.
func (p PortfolioPolicy) Explain(a PortfolioAccount, lang string) string {
	zh := label.Chinese(lang)
	axis := func(name string, set CriteriaPolicy, cut float64, at AxisPosition) string {
		find := func(criterion string) string {
			for _, c := range set.Criteria {
				if c.Name == criterion {
					return c.Label(lang)
				}
			}
			return criterion
		}
		var b strings.Builder
		b.WriteString(name + " " + strconv.FormatFloat(at.Score, 'f', 2, 64))
		level, lowLevel := " (high, cut-off ", " (low, cut-off "
		if zh {
			level, lowLevel = "（高，分界 ", "（低，分界 "
		}
		if !at.High {
			level = lowLevel
		}
		b.WriteString(level + strconv.FormatFloat(cmp.Or(cut, 0.5), 'f', 2, 64) + label.Pick(lang, ")", "）"))
		if at.Carries != "" {
			b.WriteString(label.Pick(lang, ", carried by ", "，主要来自") + find(at.Carries))
		}
		if at.Lacks != "" {
			b.WriteString(label.Pick(lang, ", lacking most in ", "，差距最大在") + find(at.Lacks))
		}
		return b.String()
	}
	return a.ID + label.Pick(lang, ": ", "：") + a.Quadrant.Label(lang) + label.Pick(lang, "; ", "；") +
		axis(label.Pick(lang, "attractiveness", "吸引力"), p.Attractiveness, p.AttractivenessCut, a.Attractiveness) + label.Pick(lang, "; ", "；") +
		axis(label.Pick(lang, "strength", "我方实力"), p.Strength, p.StrengthCut, a.Strength)
}
