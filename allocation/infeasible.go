package allocation

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
	"github.com/keyaccount/keyaccount/internal/label"
)

// ErrInfeasible is the kind of [InfeasibleError], for errors.Is.
var ErrInfeasible = errors.New("allocation: infeasible")

// InfeasibleError says that more was promised than there is.
type InfeasibleError struct {
	Pool decimal.Decimal `json:"pool"`
	// Floors is the sum of the floors, Short by how much it exceeds the pool.
	Floors decimal.Decimal `json:"floors"`
	Short  decimal.Decimal `json:"short"`
	// Accounts are those with a floor above zero, in the order of the claims.
	Accounts []string `json:"accounts"`
}

// Error is the English explanation.
func (e *InfeasibleError) Error() string { return ErrInfeasible.Error() + ": " + e.Explain("en") }

// Unwrap returns [ErrInfeasible].
func (e *InfeasibleError) Unwrap() error { return ErrInfeasible }

// Explain says in Chinese (lang "zh", "zh-CN", …) or English (any other) whose
// floors need how much, and how much is short. It names at most five accounts.
func (e *InfeasibleError) Explain(lang string) string {
	const most = 5
	names := e.Accounts[:min(most, len(e.Accounts))]
	more := len(e.Accounts) - len(names)
	floors, pool, short := exact.Text(e.Floors), exact.Text(e.Pool), exact.Text(e.Short)
	if label.Chinese(lang) {
		who := strings.Join(names, "、")
		if more > 0 {
			who += fmt.Sprintf(" 等 %d 家", len(e.Accounts))
		}
		return fmt.Sprintf("%s 的下限合计 %s，资源只有 %s，缺 %s", who, floors, pool, short)
	}
	who := strings.Join(names, ", ")
	if more > 0 {
		who += fmt.Sprintf(" and %d more", more)
	} else if last := len(names) - 1; last > 0 {
		who = strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return fmt.Sprintf("the floors of %s need %s, the pool holds %s: %s short", who, floors, pool, short)
}
