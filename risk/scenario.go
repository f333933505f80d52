package risk

import (
	"fmt"

	"github.com/keyaccount/keyaccount/internal/label"
)

// ScenarioKind names what happens in a [Scenario].
type ScenarioKind string

// LargestAccountsFail is the kind that [LargestFail] makes.
const LargestAccountsFail ScenarioKind = "largest_fail"

// Scenario is one thing that could go wrong, as data: it compares with ==,
// goes through JSON unchanged, and comes from a constructor such as
// [LargestFail].
type Scenario struct {
	Kind ScenarioKind `json:"kind"`
	// K is the number of accounts concerned.
	K int `json:"k"`
}

// LargestFail is the scenario in which the k accounts with the largest revenue
// leave at once. With k above the number of accounts that bring revenue all of
// them leave; k = 0 is the book as it stands.
func LargestFail(k int) Scenario { return Scenario{Kind: LargestAccountsFail, K: k} }

// Label says in Chinese (lang "zh", "zh-CN", …) or English (any other) what
// happens.
func (s Scenario) Label(lang string) string {
	zh := label.Chinese(lang)
	switch {
	case s.Kind != LargestAccountsFail:
		return string(s.Kind)
	case zh:
		return fmt.Sprintf("最大的 %d 家客户流失", s.K)
	case s.K == 1:
		return "the largest account leaves"
	}
	return fmt.Sprintf("the %d largest accounts leave", s.K)
}
