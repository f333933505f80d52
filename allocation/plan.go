package allocation

import (
	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/label"
)

// LevelPlaces is the number of decimal places to which [Plan.Level] is cut.
const LevelPlaces = 18

// Plan is who gets what. Allocated + Slack = Pool, and the amounts of the
// lines add up to Allocated, exactly.
type Plan struct {
	Pool decimal.Decimal `json:"pool"`
	// Unit is the smallest amount handed out.
	Unit decimal.Decimal `json:"unit"`
	// Lines are in the order of the claims.
	Lines []Line `json:"lines"`
	// Level is the common amount per weight, cut after LevelPlaces places: an
	// account between floor and cap is entitled to Weight · Level. Where a
	// range of levels gives the same shares, it is the lowest. It is null when
	// no weight is left to take more: every account with a weight stands at
	// its cap.
	Level decimal.NullDecimal `json:"level"`
	// Allocated is the sum of the amounts: the pool, or less when there is
	// Slack.
	Allocated decimal.Decimal `json:"allocated"`
	// Slack is what nobody can use, because of caps and missing weights.
	Slack decimal.Decimal `json:"slack"`
}

// Line is what one account gets, and why.
type Line struct {
	Account string              `json:"account"`
	Weight  decimal.Decimal     `json:"weight"`
	Floor   decimal.Decimal     `json:"floor"`
	Cap     decimal.NullDecimal `json:"cap"`
	// Entitlement is the exact share clip(Weight · Level, Floor, Cap), cut
	// after a millionth of the unit.
	Entitlement decimal.Decimal `json:"entitlement"`
	// Amount is the entitlement in whole units, rounded down or up.
	Amount decimal.Decimal `json:"amount"`
	Reason Reason          `json:"reason"`
}

// Reason says what decided an amount.
type Reason string

const (
	// AtLevel: weight times the common level, between floor and cap.
	AtLevel Reason = "at_level"
	// AtFloor: the floor is more than the weight alone would bring.
	AtFloor Reason = "at_floor"
	// AtCap: the weight would bring as much as the cap or more.
	AtCap Reason = "at_cap"
	// NoWeight: the weight is 0, so the account gets its floor and no more.
	NoWeight Reason = "no_weight"
)

// Label says the reason in Chinese (lang "zh", "zh-CN", …) or English (any
// other).
func (r Reason) Label(lang string) string {
	en, zh := string(r), string(r)
	switch r {
	case AtLevel:
		en, zh = "by weight, at the common level", "按权重，位于公共水位"
	case AtFloor:
		en, zh = "raised to the floor", "提高到下限"
	case AtCap:
		en, zh = "held at the cap", "限制在上限"
	case NoWeight:
		en, zh = "no weight, the floor only", "无权重，仅得下限"
	}
	return label.Pick(lang, en, zh)
}
