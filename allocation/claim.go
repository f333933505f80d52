package allocation

import (
	"errors"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// Claim is what one account brings to an allocation. Floor, Cap and the pool
// are in the same unit of the resource.
type Claim struct {
	// Account identifies the customer. Required, unique.
	Account string `json:"account"`
	// Weight is the account's say in what the floors leave over, not
	// negative; only the ratios of the weights matter. With weight 0 the
	// account gets its floor and never more.
	Weight decimal.Decimal `json:"weight"`
	// Floor is the least it must get, not negative: what it was promised.
	Floor decimal.Decimal `json:"floor"`
	// Cap is the most it can use, at least Floor; null is no cap.
	Cap decimal.NullDecimal `json:"cap"`
}

// validate checks everything that does not depend on how the numbers relate to
// the unit, and joins what it finds.
func validate(pool, unit decimal.Decimal, claims []Claim) error {
	var errs []error
	bad := func(kind error, field string, row int, value, reason string) {
		errs = append(errs, &keyaccount.InputError{Kind: kind, Field: field, Row: row, Value: value, Reason: reason})
	}
	// check refuses what is negative, or so large or fine that merely writing
	// it out would take for ever.
	check := func(d decimal.Decimal, field string, row int) (ok bool) {
		if !exact.InRange(d) {
			bad(keyaccount.ErrOutOfRange, field, row, exact.Text(d), "the power of ten is out of range")
			return false
		}
		if d.Sign() < 0 {
			bad(keyaccount.ErrOutOfRange, field, row, exact.Text(d), "it must not be negative")
			return false
		}
		return true
	}
	check(pool, "Pool", 0)
	check(unit, "Unit", 0)
	seen := make(map[string]int, len(claims))
	for i := range claims {
		c, row := &claims[i], i+1
		if first := seen[c.Account]; c.Account == "" {
			bad(keyaccount.ErrMissing, "Account", row, "", "a claim needs an account")
		} else if first > 0 {
			bad(keyaccount.ErrDuplicate, "Account", row, c.Account, "it stands in row "+strconv.Itoa(first)+" already")
		} else {
			seen[c.Account] = row
		}
		check(c.Weight, "Weight", row)
		ok := check(c.Floor, "Floor", row)
		if c.Cap.Valid && check(c.Cap.Decimal, "Cap", row) && ok && c.Cap.Decimal.Cmp(c.Floor) < 0 {
			bad(keyaccount.ErrOutOfRange, "Cap", row, exact.Text(c.Cap.Decimal), "it is below the floor of "+exact.Text(c.Floor))
		}
	}
	return errors.Join(errs...)
}
