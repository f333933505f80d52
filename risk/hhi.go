package risk

import (
	"math"

	"golang.org/x/exp/constraints"
)

// Amount is a built-in number: revenue as float64, or minor units (cents) as
// int64. A sum of amounts is a float64, exact while it stays below 2^53.
type Amount interface {
	constraints.Integer | constraints.Float
}

// HHI returns the Herfindahl-Hirschman index of the amounts in one pass: the
// sum of the squared shares in their total, between 1/n (all equal) and 1 (one
// account has everything). Use it where [Concentrate], which has to sort, is
// more than is asked.
//
// Amounts, their domain and the errors are those of [Concentrate]. The order
// of the amounts may change the last bit or two, not more.
func HHI[T Amount](amounts []T) (float64, error) {
	var total, squares compensated
	n, hostile := 0, false
	for rest := amounts; len(rest) > 0; {
		if len(rest) >= 4 {
			a, b, c, d := float64(rest[0]), float64(rest[1]), float64(rest[2]), float64(rest[3])
			if a > 0 && b > 0 && c > 0 && d > 0 {
				// Adding four plainly loses two roundings at the most, and
				// the costlier compensated addition is done once.
				n += 4
				total.add((a + b) + (c + d))
				squares.add((a*a + b*b) + (c*c + d*d))
				rest = rest[4:]
				continue
			}
		}
		few := min(4, len(rest))
		for _, v := range rest[:few] {
			x := float64(v)
			if x > 0 {
				n++
				total.add(x)
				squares.add(x * x)
			} else if !isFinite(x) {
				hostile = true
			}
		}
		rest = rest[few:]
	}

	t, sq := total.value(), squares.value()
	// Outside these bounds a square was lost to overflow or underflow, or
	// there is something to report: the careful way divides first.
	const least, most = 0x1p-900, 0x1p1000
	if !hostile && t*t < most && sq > least && sq < most {
		return clamp(sq/(t*t), 1/float64(n), 1), nil
	}
	kept, t, err := positive(amounts)
	if err != nil {
		return 0, err
	}
	return hhiOf(kept, t), nil
}

// hhiOf returns the index of positive amounts and their total.
func hhiOf(kept []float64, total float64) float64 {
	var squares compensated
	for _, x := range kept {
		p := x / total
		squares.add(p * p)
	}
	return clamp(squares.value(), 1/float64(len(kept)), 1)
}

func isFinite(x float64) bool { return math.Abs(x) <= math.MaxFloat64 }

// clamp puts back what rounding pushed over a mathematical bound.
func clamp(x, low, high float64) float64 { return min(max(x, low), high) }
