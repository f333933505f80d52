package clv

import (
	"encoding/json"
	"maps"
	"math"
	"strconv"
	"strings"

	"github.com/keyaccount/keyaccount"
)

func checkRhythm(k int) error {
	if k >= 1 && k <= MaxRhythm {
		return nil
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "K", Value: strconv.Itoa(k),
		Reason: "a rhythm is a whole number from 1 to " + strconv.Itoa(MaxRhythm),
	}
}

// rhythm is the posterior with k events an order, for an account that stayed so
// often, and may have left right after its last order or not. Behind x orders
// there are kx events; and an account that is alive may have seen 0 to k-1 since
// the last of them, with weights (s)_j/j! u^j, s = r+kx, u = (T-t_x)/(alpha+T).
func rhythm(k int, prior betaFlow, stayed float64, mayHaveLeft bool, h History) (o outlook[rhythmFlow]) {
	shape := min(prior.r+float64(k)*float64(h.Frequency), mostShape)
	u := (h.Age - h.Recency) / (prior.alpha + h.Age)
	lnOpen := phaseSum(k, shape, u, 0).value
	o.standing = 1
	if mayHaveLeft {
		o.standing = 1 / (1 + leftOdds(shape, prior.alpha, prior.a, prior.b+(stayed-1), lnOpen, h))
	}
	o.active.k = k
	o.active.common = betaFlow{shape, prior.alpha + h.Age, prior.a, prior.b + stayed}
	term := -lnOpen // ln of the weight, over their sum
	for j := range k {
		o.active.phase[j] = math.Exp(term)
		term += math.Log((shape + float64(j)) / float64(j+1) * u)
	}
	return o
}

// mostShape keeps the terms of a phaseSum within a float64.
const mostShape = 1e150

// fitRhythm is the fit of both models with a rhythm.
func fitRhythm(t *bgnbdTable, table *Counts, opts *FitOptions) (p []float64, d Diagnostics, err error) {
	if err := opts.enough(table, t.x); err != nil {
		return nil, d, err
	}
	return search{
		parameters: bgnbdNames(), chart: bgnbdChart(), start: []float64{1, t.age / t.x / t.k, 0.5, 2},
		data: t, n: table.N(), digest: table.digest(),
	}.run(opts)
}

// RhythmTrial is one rhythm that was tried.
type RhythmTrial struct {
	K int
	// LogLik is that of the fit, with the times between orders; 0 where Err is
	// set.
	LogLik float64
	// Err says why there is no fit with this K.
	Err error
}

// paced returns the options for a rhythm k: the prior on the rate is that of
// orders, and the model's rate is that of events, k to an order.
func (o *FitOptions) paced(k int) *FitOptions {
	name := bgnbdChart().names()[0]
	rate, ok := o.prior()[name]
	if !ok {
		return o
	}
	paced := *o
	paced.Prior = maps.Clone(o.Prior)
	rate.Mean += math.Log(float64(k))
	paced.Prior[name] = rate
	return &paced
}

func chooseRhythm[F Fitted](table *Counts, fit func(k int) (F, error)) (best F, trials []RhythmTrial, err error) {
	if _, known := table.LogGaps(); !known {
		return best, nil, missing("LogGaps", "rhythms are told apart by the times between orders; count them with AddRhythm")
	}
	found := math.Inf(-1)
	for k := 1; k <= MaxRhythm; k++ {
		f, err := fit(k)
		trial := RhythmTrial{K: k, Err: err}
		if err == nil {
			trial.LogLik = f.Report().LogLik
			if trial.LogLik > found {
				best, found = f, trial.LogLik
			}
		}
		trials = append(trials, trial)
	}
	if math.IsInf(found, -1) {
		return best, trials, trials[0].Err
	}
	return best, trials, nil
}

// savedRhythm reads the K in the name of a saved model, and that name. Without
// one it returns a name that no model has, so that the reader says what is
// wrong.
func savedRhythm(data []byte, prefix string) (k int, name string) {
	var in struct {
		Model string `json:"model"`
	}
	if json.Unmarshal(data, &in) == nil {
		digits, ok := strings.CutPrefix(in.Model, prefix)
		k, err := strconv.Atoi(digits)
		if ok && err == nil && prefix+strconv.Itoa(k) == in.Model {
			return k, in.Model
		}
	}
	return 0, prefix + "k"
}
