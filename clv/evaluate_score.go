package clv

import (
	"cmp"
	"math"
)

// Score is how one model, or one baseline, did. Figures that it cannot have are
// nil: a baseline knows no probabilities.
type Score struct {
	Name     string `json:"name"`
	Baseline bool   `json:"baseline,omitempty"`
	// Expected is the number of orders expected of all accounts in the hold-out.
	Expected float64 `json:"expected"`
	// Bias is the mean, over accounts, of expected less actual orders.
	Bias float64 `json:"bias"`
	// MAE is the mean absolute error, RMSE the root of the mean squared one.
	MAE  float64 `json:"mae"`
	RMSE float64 `json:"rmse"`
	// CRPS is the mean continuous ranked probability score of the distribution
	// of orders; for a baseline, which gives a number alone, it is the MAE
	// (Gneiting and Raftery 2007, section 4.2).
	CRPS float64 `json:"crps"`
	// LogScore is the mean of -ln P(the number of orders that came), where a
	// probability below 1e-300 counts as that.
	LogScore *float64 `json:"log_score,omitempty"`
	// Brier is the mean squared difference between P(alive) and having ordered
	// in the hold-out. It blames a model for accounts that are alive and order
	// later; BrierActive takes the probability of an order in the hold-out.
	Brier       *float64 `json:"brier,omitempty"`
	BrierActive *float64 `json:"brier_active,omitempty"`
	// Line is that of actual on expected orders; nil where all expected are
	// alike, of less than three accounts, or where it is beyond the range of a
	// float64.
	Line *Line `json:"line,omitempty"`
	// LogLik, AIC and BIC are those of a fit to the calibration of this sample;
	// nil for one to other data, as they cannot be compared.
	LogLik *float64 `json:"log_likelihood,omitempty"`
	AIC    *float64 `json:"aic,omitempty"`
	BIC    *float64 `json:"bic,omitempty"`
}

// Line is the least-squares line actual = Intercept + Slope expected: 0 and 1
// where expectations are right, a slope below 1 where they are spread too far.
// The standard errors allow for a variance that grows with the expectation
// (HC1; MacKinnon and White 1985).
type Line struct {
	Intercept       float64 `json:"intercept"`
	InterceptStdErr float64 `json:"intercept_std_err"`
	Slope           float64 `json:"slope"`
	SlopeStdErr     float64 `json:"slope_std_err"`
}

// point scores what is expected of each row.
func (t *trial) point(name string, expected []float64) Score {
	s := Score{Name: name}
	var n, squares float64
	for i, row := range t.rows {
		e := expected[i] - float64(row.Orders)
		n += row.n
		s.Expected += row.n * expected[i]
		s.Bias += row.n * e
		s.MAE += row.n * math.Abs(e)
		squares += row.n * e * e
	}
	s.Bias /= n
	s.MAE /= n
	s.RMSE = math.Sqrt(squares / n)
	s.CRPS = s.MAE
	s.Line = t.line(expected, n)
	return s
}

func (t *trial) line(expected []float64, n float64) *Line {
	var x0, y0, sxx, sxy float64
	for i, row := range t.rows {
		x0 += row.n * expected[i] / n
		y0 += row.n * float64(row.Orders) / n
	}
	for i, row := range t.rows {
		sxx += row.n * (expected[i] - x0) * (expected[i] - x0)
		sxy += row.n * (expected[i] - x0) * (float64(row.Orders) - y0)
	}
	if n < 3 || !(sxx > 1e-20*n*x0*x0) {
		return nil
	}
	l := Line{Slope: sxy / sxx}
	l.Intercept = y0 - l.Slope*x0
	var slope, intercept float64
	for i, row := range t.rows {
		e := float64(row.Orders) - l.Intercept - l.Slope*expected[i]
		byIntercept := 1/n - x0*(expected[i]-x0)/sxx
		bySlope := (expected[i] - x0) / sxx
		slope += row.n * bySlope * bySlope * e * e
		intercept += row.n * byIntercept * byIntercept * e * e
	}
	l.SlopeStdErr = math.Sqrt(slope * n / (n - 2))
	l.InterceptStdErr = math.Sqrt(intercept * n / (n - 2))
	if !(math.Abs(l.Slope)+math.Abs(l.Intercept)+l.SlopeStdErr+l.InterceptStdErr <= math.MaxFloat64) {
		return nil
	}
	return &l
}

// atRate is how many orders come in a time t when so many came in a span; 0
// where none came, or the span is none.
func atRate(orders, span, t float64) float64 {
	if orders == 0 || span == 0 {
		return 0
	}
	return min(orders*(t/span), mostOrders)
}

// The baselines: each account at the mean rate of its own life (0 at age 0),
// as many orders as in the stretch before, and the mean rate of all.
func (t *trial) baselines() []Score {
	var orders, ages float64
	for _, row := range t.rows {
		orders += row.n * float64(row.Frequency)
		ages += row.n * row.Age
	}
	own, before, all := make([]float64, len(t.rows)), make([]float64, len(t.rows)), make([]float64, len(t.rows))
	for i, row := range t.rows {
		own[i], all[i] = atRate(float64(row.Frequency), row.Age, t.Holdout), atRate(orders, ages, t.Holdout)
		before[i] = float64(row.Before)
	}
	scores := []Score{t.point("own rate", own)}
	if t.Dated {
		scores = append(scores, t.point("as before", before))
	}
	scores = append(scores, t.point("population rate", all))
	for i := range scores {
		scores[i].Baseline = true
	}
	return scores
}

// criteria are what the best is sought by: the smallest wins.
var criteria = [...]struct {
	name string
	of   func(s *Score) *float64
}{
	{"aic", func(s *Score) *float64 { return s.AIC }},
	{"bic", func(s *Score) *float64 { return s.BIC }},
	{"log_score", func(s *Score) *float64 { return s.LogScore }},
	{"crps", func(s *Score) *float64 { return &s.CRPS }},
	{"mae", func(s *Score) *float64 { return &s.MAE }},
	{"rmse", func(s *Score) *float64 { return &s.RMSE }},
	{"bias", func(s *Score) *float64 { return &s.Bias }},
	{"brier", func(s *Score) *float64 { return s.Brier }},
	{"brier_active", func(s *Score) *float64 { return s.BrierActive }},
}

func bestOf(table []Score) []Best {
	var out []Best
	for _, c := range criteria {
		var best Best
		n := 0
		for i := range table {
			v := c.of(&table[i])
			if v == nil {
				continue
			}
			distance := *v
			if c.name == "bias" {
				distance = math.Abs(distance)
			}
			if n++; n == 1 || cmp.Less(distance, best.Value) {
				best = Best{Criterion: c.name, Name: table[i].Name, Value: distance}
			}
		}
		if n > 1 {
			out = append(out, best)
		}
	}
	return out
}
