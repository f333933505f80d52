package allocation

import (
	"math/big"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// millionths is how finely an entitlement is cut within a unit.
const millionths = 1_000_000

// grid turns decimals into whole numbers and back: amounts into units, weights
// into the smallest power of ten that makes all of them whole.
type grid struct {
	unit   decimal.Decimal
	coef   int64 // of the unit; 0 when it does not fit
	places int32 // of the weights
}

func newGrid(unit decimal.Decimal, claims []Claim) grid {
	g := grid{unit: unit}
	if unit.NumDigits() <= len(pow10)-1 {
		g.coef = unit.CoefficientInt64()
	}
	for i := range claims {
		g.places = max(g.places, -claims[i].Weight.Exponent())
	}
	return g
}

// weight returns the scaled weight, unless it does not fit.
func (g grid) weight(d decimal.Decimal) (int64, bool) {
	return times(d, d.Exponent()+g.places)
}

// units returns how many units d is, unless that does not fit or is not whole.
func (g grid) units(d decimal.Decimal) (int64, bool) {
	if g.coef == 0 {
		return 0, false
	}
	v, ok := times(d, d.Exponent()-g.unit.Exponent())
	if !ok || v%g.coef != 0 {
		return 0, false
	}
	return v / g.coef, true
}

// times returns the coefficient of d times 10^by.
func times(d decimal.Decimal, by int32) (int64, bool) {
	most := int32(len(pow10) - 1)
	if d.NumDigits() > int(most) {
		return 0, false
	}
	c := d.CoefficientInt64()
	switch {
	case c == 0:
		return 0, true
	case by > most || by < -most:
		return 0, false
	case by < 0:
		return c / pow10[-by], c%pow10[-by] == 0
	}
	v := c * pow10[by]
	return v, v/pow10[by] == c
}

// wideWeight and wideUnits are weight and units for any size.
func (g grid) wideWeight(d decimal.Decimal) *big.Int {
	v := d.Coefficient()
	return v.Mul(v, tenTo(d.Exponent()+g.places))
}

func (g grid) wideUnits(d decimal.Decimal, field string, row int) (*big.Int, error) {
	a, b := d.Coefficient(), g.unit.Coefficient()
	if by := d.Exponent() - g.unit.Exponent(); by >= 0 {
		a.Mul(a, tenTo(by))
	} else {
		b.Mul(b, tenTo(-by))
	}
	rest := new(big.Int)
	if a.QuoRem(a, b, rest); rest.Sign() != 0 {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: field, Row: row, Value: exact.Text(d),
			Reason: "it is not a multiple of the unit " + exact.Text(g.unit),
		}
	}
	return a, nil
}

// amount returns (units + m millionths) as a decimal.
func (g grid) amount(units, m int64) decimal.Decimal {
	if g.coef > 0 {
		if m == 0 {
			if v := units * g.coef; v/g.coef == units {
				return decimal.New(v, g.unit.Exponent())
			}
		} else if s := units*millionths + m; s/millionths == units {
			if v := s * g.coef; v/g.coef == s {
				return decimal.New(v, g.unit.Exponent()-6)
			}
		}
	}
	return g.wideAmount(big.NewInt(units), m)
}

func (g grid) wideAmount(units *big.Int, m int64) decimal.Decimal {
	return decimal.NewFromBigInt(units, 0).Add(decimal.New(m, -6)).Mul(g.unit)
}

// level turns units per scaled weight into amount per weight.
func (g grid) level(num, den *big.Int) *big.Rat {
	l := new(big.Rat).SetFrac(num, den)
	l.Mul(l, g.unit.Rat())
	return l.Mul(l, new(big.Rat).SetInt(tenTo(g.places)))
}

func tenTo(n int32) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

var pow10 = [...]int64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}
