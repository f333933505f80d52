package risk

import "math"

// compensated is a float64 sum that also carries what each addition lost
// (Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher
// Summen, ZAMM 54, 1974). Its error does not grow with the number of addends.
type compensated struct{ sum, lost float64 }

func (c *compensated) add(x float64) {
	t := c.sum + x
	if math.Abs(c.sum) >= math.Abs(x) {
		c.lost += (c.sum - t) + x
	} else {
		c.lost += (x - t) + c.sum
	}
	c.sum = t
}

// value returns the sum, ±Inf once it left the range of a float64.
func (c compensated) value() float64 {
	if math.IsInf(c.sum, 0) {
		return c.sum // lost is NaN by then
	}
	return c.sum + c.lost
}
