package exact

import (
	"strconv"

	"github.com/shopspring/decimal"
)

// InRange reports whether d can be computed with in bounded time: its power of
// ten is within [MaxPlaces]. 1e999999999 is a short text, but comparing it
// with 1 would write out a billion digits.
func InRange(d decimal.Decimal) bool {
	e := d.Exponent()
	return -MaxPlaces <= e && e <= MaxPlaces
}

// Text writes d with all the places it has, whatever decimal's package globals
// say, and a number that is not [InRange] with its power of ten.
func Text(d decimal.Decimal) string {
	e := d.Exponent()
	if !InRange(d) {
		return d.Coefficient().String() + "e" + strconv.Itoa(int(e))
	}
	return d.StringFixed(max(0, -e))
}
