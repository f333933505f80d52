package clv

import (
	"math"

	"github.com/keyaccount/keyaccount"
)

// ForecastOptions tunes a forecast. The zero value and nil are the defaults.
type ForecastOptions struct {
	// Level is the probability that the interval covers. Defaults to 0.9.
	Level float64
}

func (o *ForecastOptions) level() (float64, error) {
	if o == nil || o.Level == 0 {
		return 0.9, nil
	}
	if o.Level > 0 && o.Level < 1 {
		return o.Level, nil
	}
	return 0, &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Level", Value: formatFloat(o.Level),
		Reason: "a level lies between 0 and 1",
	}
}

// Forecast is the number of orders of one account in a span to come.
type Forecast struct {
	// Mean is [OrderFlow.ExpectedOrders] of the fitted model.
	Mean float64 `json:"mean"`
	// StdErr is the standard error of Mean that comes from the parameters.
	StdErr float64 `json:"std_err"`
	// Low and High bound the orders to be seen: each tail beyond them has at
	// most (1-Level)/2. They take in both the uncertainty of the parameters and
	// the chance in what one account does.
	Low  int `json:"low"`
	High int `json:"high"`
	// Level is the probability that Low to High covers, at least.
	Level float64 `json:"level"`
	// None is the probability of no order at all.
	None float64 `json:"none"`
}

// ForecastOrders says how many orders an account will place in (T, T+t], and
// how sure that is. The distribution of the orders is the model's own, averaged
// over its parameters by a fixed rule of 2k points, so that the answer takes
// microseconds and is the same each time.
//
// It refuses a history or a fit that its Validate refuses, a span that is not
// finite and positive, and a level outside (0, 1), as an
// [*keyaccount.InputError]; and an interval that would end beyond [MaxOrders].
func ForecastOrders(fit Fitted, h History, t float64, opts *ForecastOptions) (Forecast, error) {
	level, err := opts.level()
	if err != nil {
		return Forecast{}, err
	}
	if err := askable(fit, h, t); err != nil {
		return Forecast{}, err
	}
	models, err := cubature(fit)
	if err != nil {
		return Forecast{}, err
	}
	f := Forecast{Mean: fit.ExpectedOrders(h, t), Level: level}
	var sum, squares float64
	for _, m := range models {
		mean := m.ExpectedOrders(h, t)
		sum += mean
		squares += (mean - f.Mean) * (mean - f.Mean)
	}
	k := float64(len(models))
	f.StdErr = math.Sqrt(max(squares/k-(sum/k-f.Mean)*(sum/k-f.Mean), 0))
	tail := (1 - level) / 2
	most := int(min(2+math.Ceil(f.Mean+2*f.StdErr+2*math.Sqrt(f.Mean)), MaxOrders))
	for {
		p := mixture(models, h, t, most)
		low, high, ok := quantiles(p, tail)
		if ok {
			f.Low, f.High, f.None = low, high, p[0]
			return f, nil
		}
		if most == MaxOrders {
			return Forecast{}, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: "High", Value: formatFloat(f.Mean),
				Reason: "too many orders may come to be listed; ask for a shorter span",
			}
		}
		most = min(3*most, MaxOrders)
	}
}

// askable is what every question needs.
func askable(m OrderFlow, h History, t float64) error {
	if absent(m) {
		return missing("Fit", "there is no model to ask")
	}
	if err := m.Validate(); err != nil {
		return err
	}
	if err := h.Validate(); err != nil {
		return err
	}
	if !positive(t) {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "t", Value: formatFloat(t), Reason: "a span must be finite and positive",
		}
	}
	return nil
}

// mixture returns the mean of the models' distributions.
func mixture(models []OrderFlow, h History, t float64, most int) []float64 {
	p := make([]float64, most+1)
	for _, m := range models {
		for i, v := range m.OrderDistribution(h, t, most) {
			p[i] += v / float64(len(models))
		}
	}
	return p
}

// quantiles returns the largest low with P(Y < low) <= tail and the smallest
// high with P(Y > high) <= tail, and false where p is too short to tell.
func quantiles(p []float64, tail float64) (low, high int, ok bool) {
	var below float64
	for i, v := range p {
		if below <= tail {
			low = i
		}
		below += v
		if 1-below <= tail {
			return low, i, true
		}
	}
	return 0, 0, false
}
