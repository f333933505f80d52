package survey

import (
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// NPSOptions is how a Net Promoter Score is estimated.
type NPSOptions struct {
	// Level is the confidence level of the interval, in (0, 1). Defaults to
	// 0.95.
	Level float64 `json:"level,omitempty"`
	// Method finds the interval. Defaults to Score.
	Method Method `json:"method"`
}

// NPSEstimate is a Net Promoter Score in [-1, 1] with the counts behind it.
//
// N = Detractors + Passives + Promoters, and N + Missing + Superseded is the
// number of answers that were given in.
type NPSEstimate struct {
	Estimate
	Detractors int `json:"detractors"` // scores 0 to 6
	Passives   int `json:"passives"`   // scores 7 and 8
	Promoters  int `json:"promoters"`  // scores 9 and 10
	// Superseded is the number of answers that a later one by the same
	// contact replaced.
	Superseded int `json:"superseded"`
}

// NPS estimates the Net Promoter Score of the answers. Of several answers by
// one contact the latest counts; one in another State than Answered does not
// replace a score.
//
// The interval treats the answers as independent. Where accounts are given and
// one of several gave more than one answer, that is a warning; [NPSByAccount]
// does better. No answer at all is an empty estimate, not an error.
//
// A score outside 0 to 10, a score without State Answered, and two different
// scores by one contact at one instant are an [*keyaccount.InputError] with
// the row counted from 1.
func NPS(answers []Answer, opts *NPSOptions) (NPSEstimate, error) {
	o, err := opts.resolve()
	if err != nil {
		return NPSEstimate{}, err
	}
	byAccount, err := tally(answers)
	if err != nil {
		return NPSEstimate{}, err
	}
	all, heard, repeated := pool(byAccount)
	e := o.estimate(all)
	if heard > 1 && repeated {
		e.Warnings = append(e.Warnings, WarnAccountsIgnored)
	}
	return e, nil
}

// NPSFromCounts is [NPS] of answers that are counted already. A negative count
// is an [*keyaccount.InputError].
func NPSFromCounts(detractors, passives, promoters int, opts *NPSOptions) (NPSEstimate, error) {
	o, err := opts.resolve()
	if err != nil {
		return NPSEstimate{}, err
	}
	for _, c := range [...]struct {
		field string
		count int
	}{{"detractors", detractors}, {"passives", passives}, {"promoters", promoters}} {
		if c.count < 0 || c.count > math.MaxInt/3 {
			return NPSEstimate{}, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: c.field, Value: strconv.Itoa(c.count),
				Reason: "want a number of answers, from 0 up",
			}
		}
	}
	return o.estimate(counts{detractors: detractors, passives: passives, promoters: promoters}), nil
}

// resolve puts the defaults in.
func (o *NPSOptions) resolve() (NPSOptions, error) {
	var r NPSOptions
	if o != nil {
		r = *o
	}
	if r.Level == 0 {
		r.Level = 0.95
	}
	// Half the remainder must not vanish: the quantile would be infinite.
	if !(r.Level > 0 && 0.5+r.Level/2 < 1) {
		return r, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Level", Value: strconv.FormatFloat(r.Level, 'g', -1, 64),
			Reason: "a confidence level lies between 0 and 1, such as 0.95",
		}
	}
	if int(r.Method) >= len(methodNames) {
		return r, errMethod(r.Method.String())
	}
	return r, nil
}

// estimate treats all answers as independent.
func (o NPSOptions) estimate(c counts) NPSEstimate {
	e := o.start(c)
	if e.Empty() {
		return e
	}
	s := c.shares()
	e.SE = math.Sqrt(s.variance() / s.n())
	e.bound(s, normalQuantile(o.Level))
	return e
}

// start fills in all but the uncertainty, which stays at "nothing is known".
func (o NPSOptions) start(c counts) NPSEstimate {
	e := NPSEstimate{
		Estimate: Estimate{
			Low: -1, High: 1, Level: o.Level, Method: o.Method,
			N: c.n(), NEff: float64(c.n()), Missing: c.missing,
		},
		Detractors: c.detractors, Passives: c.passives, Promoters: c.promoters,
		Superseded: c.superseded,
	}
	if e.Empty() {
		e.Warnings = append(e.Warnings, WarnNoAnswers)
		return e
	}
	e.Value = c.shares().nps()
	return e
}

// leastWald is the number of answers below which Wald is not to be trusted.
const leastWald = 30

// bound sets the interval: that of NEff answers with the given shares.
func (e *NPSEstimate) bound(s shares, z float64) {
	e.Low, e.High = s.scale(e.NEff/s.n()).interval(e.Method, z)
	if e.Method == Wald && e.NEff < leastWald {
		e.Warnings = append(e.Warnings, WarnWald)
	}
}
