package keyaccount

import (
	"strconv"

	"github.com/shopspring/decimal"
)

// Rounding is the named rule by which an amount of money loses decimal places.
// The same seven stand in java.math.RoundingMode and in General Decimal
// Arithmetic (Cowlishaw, 2009).
type Rounding int

const (
	// HalfEven rounds to the nearest and a tie to the even digit, so that many
	// roundings do not add up to a drift: banker's rounding, the default.
	HalfEven Rounding = iota
	// HalfUp rounds to the nearest and a tie away from zero, as taught in
	// schools and asked for by most tax laws.
	HalfUp
	// HalfDown rounds to the nearest and a tie towards zero.
	HalfDown
	// Up rounds away from zero.
	Up
	// Down rounds towards zero: it cuts off.
	Down
	// Ceiling rounds towards plus infinity.
	Ceiling
	// Floor rounds towards minus infinity.
	Floor
)

var roundings = [...]string{
	HalfEven: "half_even", HalfUp: "half_up", HalfDown: "half_down", Up: "up", Down: "down",
	Ceiling: "ceiling", Floor: "floor",
}

// Round returns the multiple of unit that this rule takes for d: a unit of 0.01
// is a cent, 0.05 the smallest Swiss coin, 1000 a thousand. The sign of unit does
// not matter, and a unit of 0 leaves d as it is. A value that is no Rounding
// rounds as HalfEven does.
func (r Rounding) Round(d, unit decimal.Decimal) decimal.Decimal {
	if unit.Sign() == 0 {
		return d
	}
	unit = unit.Abs()
	whole, rest := d.QuoRem(unit, 0) // towards zero
	if rest.Sign() != 0 && r.away(whole, rest, unit) {
		whole = whole.Add(decimal.New(int64(rest.Sign()), 0))
	}
	return whole.Mul(unit)
}

// away says whether what is left over leads one unit further from zero.
func (r Rounding) away(whole, rest, unit decimal.Decimal) bool {
	half := rest.Abs().Mul(decimal.New(2, 0)).Cmp(unit)
	switch r {
	case Up:
		return true
	case Down:
		return false
	case Ceiling:
		return rest.Sign() > 0
	case Floor:
		return rest.Sign() < 0
	case HalfUp:
		return half >= 0
	case HalfDown:
		return half > 0
	case HalfEven:
	}
	return half > 0 || half == 0 && whole.BigInt().Bit(0) == 1
}

func (r Rounding) valid() bool { return r >= 0 && int(r) < len(roundings) }

// Validate refuses a value that is no rule, as an [*InputError].
func (r Rounding) Validate() error {
	if r.valid() {
		return nil
	}
	return &InputError{Kind: ErrOutOfRange, Field: "Rounding", Value: r.String(), Reason: "there is no such rule of rounding"}
}

// String returns the name, such as "half_even".
func (r Rounding) String() string {
	if !r.valid() {
		return "Rounding(" + strconv.Itoa(int(r)) + ")"
	}
	return roundings[r]
}

// MarshalText writes the name.
func (r Rounding) MarshalText() ([]byte, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	return []byte(roundings[r]), nil
}

// UnmarshalText reads the name.
func (r *Rounding) UnmarshalText(text []byte) error {
	for i, name := range roundings {
		if name == string(text) {
			*r = Rounding(i)
			return nil
		}
	}
	return &InputError{Kind: ErrMalformed, Field: "Rounding", Value: string(text), Reason: "there is no such rule of rounding"}
}
