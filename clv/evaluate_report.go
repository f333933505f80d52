package clv

import (
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// Report is how one model did, as data for a table or a plot.
type Report struct {
	Score
	// Tracking compares orders period by period; nil for a sample that is not
	// Dated.
	Tracking []Tracked `json:"tracking,omitempty"`
	// Calibrated and Heldout count the accounts with 0, 1, 2, ... repeat orders
	// in the calibration and orders in the hold-out. The first asks the model as
	// if nothing were known of them but their age.
	Calibrated []FrequencyBin `json:"calibrated"`
	Heldout    []FrequencyBin `json:"heldout"`
	// Conditional compares the mean orders in the hold-out of accounts with 0,
	// 1, 2, ... repeat orders in the calibration.
	Conditional []ConditionalBin `json:"conditional"`
	// Activity compares the probability of an order in the hold-out, by tenths,
	// with the share of accounts that had one. Tenths without accounts are left
	// out.
	Activity []ActivityBin `json:"activity"`
	// Timing counts the accounts that have placed their next order by then; nil
	// for a sample that is not Dated.
	Timing []TimingPoint `json:"timing,omitempty"`
	// Born are the accounts that first bought in the hold-out: what was expected
	// of new accounts. They are in none of the other figures.
	Born BornOrders `json:"born"`
}

// Tracked is one period (From, To] since the start of the sample, with the
// repeat orders of its accounts. What is expected is known at each account's
// first order, so that it can be drawn over both periods (Fader, Hardie and
// Lee 2005, figures 3 and 4).
type Tracked struct {
	From               float64 `json:"from"`
	To                 float64 `json:"to"`
	Actual             int     `json:"actual"`
	Expected           float64 `json:"expected"`
	CumulativeActual   int     `json:"cumulative_actual"`
	CumulativeExpected float64 `json:"cumulative_expected"`
	// Heldout says that the period lies after the calibration.
	Heldout bool `json:"heldout,omitempty"`
}

// FrequencyBin is a number of accounts.
type FrequencyBin struct {
	// Orders is how many each had; OrMore in the last bin.
	Orders   int     `json:"orders"`
	OrMore   bool    `json:"or_more,omitempty"`
	Actual   int     `json:"actual"`
	Expected float64 `json:"expected"`
}

// ConditionalBin is the accounts with so many repeat orders in the calibration.
type ConditionalBin struct {
	Frequency int  `json:"frequency"`
	OrMore    bool `json:"or_more,omitempty"`
	Accounts  int  `json:"accounts"`
	// Actual and Expected are mean orders in the hold-out, 0 without accounts.
	Actual   float64 `json:"actual"`
	Expected float64 `json:"expected"`
}

// ActivityBin is the accounts whose probability of an order in the hold-out
// lies in [From, To), the last To included.
type ActivityBin struct {
	From     float64 `json:"from"`
	To       float64 `json:"to"`
	Accounts int     `json:"accounts"`
	// Expected is their mean probability, Actual the share that ordered.
	Expected float64 `json:"expected"`
	Actual   float64 `json:"actual"`
}

// TimingPoint is a time since the end of the calibration.
type TimingPoint struct {
	Time     float64 `json:"time"`
	Actual   int     `json:"actual"`
	Expected float64 `json:"expected"`
}

// BornOrders are the repeat orders of accounts that first bought in the
// hold-out.
type BornOrders struct {
	Accounts int     `json:"accounts"`
	Actual   int     `json:"actual"`
	Expected float64 `json:"expected"`
}

const tenths = 10

func (t *trial) report(m OrderFlow, o EvaluateOptions) (*Report, error) {
	ask := asked{OrderFlow: m}
	r := &Report{Conditional: make([]ConditionalBin, o.Frequencies), Heldout: frequencyBins(o.Frequencies)}
	for i := range r.Conditional {
		r.Conditional[i] = ConditionalBin{Frequency: i, OrMore: i == o.Frequencies-1}
	}
	var activity [tenths]ActivityBin
	expected := make([]float64, len(t.rows))
	var n, crps, logScore, brier, brierActive, mean, alive float64
	var p []float64
	for i, row := range t.rows {
		if i == 0 || row.History != t.rows[i-1].History {
			mean, alive = ask.mean(row.History, t.Holdout), ask.alive(row.History)
			most := row.Orders
			for k := i; k < len(t.rows) && t.rows[k].History == row.History; k++ {
				most = t.rows[k].Orders // they rise
			}
			p = ask.spread(row.History, t.Holdout, most)
		}
		if ask.err != nil {
			return nil, ask.err
		}
		expected[i] = mean
		n += row.n
		active := 0.0
		if row.Orders > 0 {
			active = 1
		}
		crps += row.n * rankedScore(p, row.Orders)
		logScore -= row.n * math.Log(max(p[row.Orders], leastProbability))
		brier += row.n * (alive - active) * (alive - active)
		brierActive += row.n * (1 - p[0] - active) * (1 - p[0] - active)

		tenth := &activity[min(int((1-p[0])*tenths), tenths-1)]
		tenth.Accounts += int(row.n)
		tenth.Expected += row.n * (1 - p[0])
		tenth.Actual += row.n * active

		c := &r.Conditional[min(row.Frequency, o.Frequencies-1)]
		c.Accounts += int(row.n)
		c.Actual += row.n * float64(row.Orders)
		c.Expected += row.n * mean
		spreadOver(r.Heldout, p, row.Orders, row.n)
	}
	for i := range r.Conditional {
		if c := &r.Conditional[i]; c.Accounts > 0 {
			c.Actual /= float64(c.Accounts)
			c.Expected /= float64(c.Accounts)
		}
	}
	for i, b := range activity {
		if b.Accounts > 0 {
			r.Activity = append(r.Activity, ActivityBin{
				From: float64(i) / tenths, To: float64(i+1) / tenths, Accounts: b.Accounts,
				Expected: b.Expected / float64(b.Accounts), Actual: b.Actual / float64(b.Accounts),
			})
		}
	}
	r.Score = t.point(m.Name(), expected)
	r.CRPS = crps / n
	logScore, brier, brierActive = logScore/n, brier/n, brierActive/n
	r.LogScore, r.Brier, r.BrierActive = &logScore, &brier, &brierActive
	if f, ok := m.(Fitted); ok && f.Report() != nil && f.Report().Data == t.digest {
		d := *f.Report()
		r.LogLik, r.AIC, r.BIC = &d.LogLik, &d.AIC, &d.BIC
	}
	r.Calibrated = t.calibrated(&ask, o.Frequencies)
	r.Timing = t.timing(&ask, o.Timings)
	r.Born = t.born(&ask)
	var err error
	if r.Tracking, err = t.tracking(&ask, o.Period); err != nil {
		return nil, err
	}
	return r, ask.err
}

// rankedScore is the sum over k of (P(Y <= k) - [y <= k])^2.
func rankedScore(p []float64, y int) (score float64) {
	below := 0.0
	for k, pk := range p {
		below += pk
		e := below
		if y <= k {
			e--
		}
		score += e * e
	}
	return score
}

func frequencyBins(n int) []FrequencyBin {
	bins := make([]FrequencyBin, n)
	for i := range bins {
		bins[i] = FrequencyBin{Orders: i, OrMore: i == n-1}
	}
	return bins
}

// spreadOver adds n accounts, of which each has y orders and was given the
// probabilities p.
func spreadOver(bins []FrequencyBin, p []float64, y int, n float64) {
	last := len(bins) - 1
	bins[min(y, last)].Actual += int(n)
	rest := 1.0
	for k := range min(last, len(p)) {
		bins[k].Expected += n * p[k]
		rest -= p[k]
	}
	bins[last].Expected += n * max(rest, 0)
}

// asked is a model whose answers are looked at: a host's own may be no
// probabilities. After the first that is none, all answers are 0.
type asked struct {
	OrderFlow
	err error
}

func (a *asked) check(ok bool, question string, h History, answer float64) bool {
	if !ok && a.err == nil {
		a.err = &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: question, Value: formatFloat(answer),
			Reason: a.Name() + " cannot answer this of an account with frequency " + strconv.Itoa(h.Frequency) +
				", recency " + formatFloat(h.Recency) + " and age " + formatFloat(h.Age),
		}
	}
	return ok
}

func (a *asked) alive(h History) float64 {
	v := a.ProbAlive(h)
	if !a.check(v >= 0 && v <= 1, "ProbAlive", h, v) {
		return 0
	}
	return v
}

func (a *asked) mean(h History, t float64) float64 {
	v := a.ExpectedOrders(h, t)
	if !a.check(v >= 0 && v <= mostOrders, "ExpectedOrders", h, v) {
		return 0
	}
	return v
}

// distribution returns the probabilities of 0 to most orders, and what is
// missing to 1.
func (a *asked) distribution(h History, t float64, most int) (p []float64, missing float64) {
	p = a.OrderDistribution(h, t, most)
	missing = 1
	ok := len(p) == most+1
	for _, v := range p {
		ok = ok && v >= 0 && v <= 1
		missing -= v
	}
	if !a.check(ok && missing > -1e-6, "OrderDistribution", h, missing) {
		return make([]float64, most+1), 0
	}
	return p, missing
}

// spread is a distribution up to least, and beyond until nearly all is in it.
func (a *asked) spread(h History, t float64, least int) []float64 {
	most := max(least, 15)
	for {
		p, missing := a.distribution(h, t, most)
		if missing < missingTail || most >= longestTail {
			return p
		}
		most = 2*most + 1
	}
}
