package segment

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/label"
)

// The schema and version that a [Propensity] carries.
const (
	PropensitySchema  = "keyaccount/segment.Propensity"
	PropensityVersion = 1
)

// PropensityOptions sets up [FitPropensity].
type PropensityOptions struct {
	// Smoothing is added to every count, from 1e-9 to 1e6. Defaults to 1
	// (Laplace).
	Smoothing float64
	// Prior is the share of winners to expect, between 0 and 1, where the
	// history is not a fair sample. Defaults to 0: the history's own, smoothed.
	Prior float64
	// Low and High clamp the probability that is shown, not the log-odds.
	// Defaults to 0.0001 and 0.9999.
	Low, High float64
}

// Propensity is a naive Bayes model: a plain value that can be kept as JSON,
// and is safe for concurrent use while nobody writes to it. With the counts
// w, l of a value, W, L of all known values of its feature, V values of that
// feature and the smoothing a:
//
//	LogOdds(value) = ln((w + a) / (W + a*V)) - ln((l + a) / (L + a*V))
//	LogOdds        = PriorLogOdds + the sum over the features
//	Probability    = 1 / (1 + exp(-LogOdds)), clamped to [Low, High]
//
// Features count as independent given the outcome. Where they repeat one
// another the probability is too sure of itself; the order of the accounts
// suffers less, and [BackTest] shows what it is worth.
//
// Source: Maron, Automatic Indexing, JACM 8 (1961) 404-417; smoothing after
// Lidstone, Transactions of the Faculty of Actuaries 8 (1920) 182-192.
type Propensity struct {
	Schema  string `json:"schema"`
	Version int    `json:"version"`
	// Smoothing, Low and High are the options used, Won and Lost the accounts
	// counted.
	Smoothing float64 `json:"smoothing"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	Won       int     `json:"won"`
	Lost      int     `json:"lost"`
	// PriorLogOdds is ln(Prior / (1 - Prior)), or ln((Won + a) / (Lost + a)).
	PriorLogOdds float64           `json:"prior_log_odds"`
	Features     []PropensityScale `json:"features"`
}

// PropensityScale is what the values of one feature are worth.
type PropensityScale struct {
	Name string `json:"name"`
	// Values are sorted by Value.
	Values []PropensityWeight `json:"values"`
}

// PropensityWeight is what one value is worth, and the counts it comes from.
type PropensityWeight struct {
	Value   string  `json:"value"`
	Won     int     `json:"won"`
	Lost    int     `json:"lost"`
	LogOdds float64 `json:"log_odds"`
}

// FitPropensity turns counts into a model. A nil opts means the defaults. It
// refuses, as a [*keyaccount.InputError], counts that do not
// [PropensityCounts.Validate], counts of nobody ([keyaccount.ErrMissing]) and
// options outside their domain. Only winners, or none, is an answer: smoothing
// keeps it finite.
func FitPropensity(counts *PropensityCounts, opts *PropensityOptions) (*Propensity, error) {
	o, err := propensityOptions(opts)
	if err != nil {
		return nil, err
	}
	if counts == nil || counts.Won+counts.Lost == 0 {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "counts", Reason: "there is no history to learn from"}
	}
	if err := counts.Validate(); err != nil {
		return nil, err
	}
	a := o.Smoothing
	p := &Propensity{
		Schema: PropensitySchema, Version: PropensityVersion, Smoothing: a, Low: o.Low, High: o.High,
		Won: counts.Won, Lost: counts.Lost, Features: make([]PropensityScale, 0, len(counts.Features)),
		PriorLogOdds: math.Log((float64(counts.Won) + a) / (float64(counts.Lost) + a)),
	}
	if o.Prior > 0 {
		p.PriorLogOdds = math.Log(o.Prior) - math.Log1p(-o.Prior)
	}
	for _, f := range counts.Features {
		won, lost := 0, 0
		for _, v := range f.Values {
			won, lost = won+v.Won, lost+v.Lost
		}
		all := a * float64(len(f.Values))
		scale := PropensityScale{Name: f.Name, Values: make([]PropensityWeight, 0, len(f.Values))}
		for _, v := range f.Values {
			scale.Values = append(scale.Values, PropensityWeight{
				Value: v.Value, Won: v.Won, Lost: v.Lost,
				LogOdds: math.Log((float64(v.Won)+a)/(float64(won)+all)) - math.Log((float64(v.Lost)+a)/(float64(lost)+all)),
			})
		}
		p.Features = append(p.Features, scale)
	}
	return p, nil
}

// PropensityScore is an account's propensity.
type PropensityScore struct {
	LogOdds float64 `json:"log_odds"`
	// Probability lies in [Low, High]; Clamped says that it was brought there.
	Probability float64 `json:"probability"`
	Clamped     bool    `json:"clamped"`
}

// Score scores an account by its values, in the order of the features. A value
// that is empty or was never counted tells nothing: it adds 0. A wrong number
// of values is refused as a [*keyaccount.InputError] ([keyaccount.ErrMismatch]).
// Score does not allocate.
func (p *Propensity) Score(values []string) (PropensityScore, error) {
	if len(values) != len(p.Features) {
		return PropensityScore{}, wrongValues(len(values), len(p.Features))
	}
	sum := p.PriorLogOdds
	for i, value := range values {
		if w := p.Features[i].find(value); w != nil {
			sum += w.LogOdds
		}
	}
	return p.score(sum), nil
}

func (p *Propensity) score(logOdds float64) PropensityScore {
	s := PropensityScore{LogOdds: logOdds, Probability: 1 / (1 + math.Exp(-logOdds))}
	if s.Probability < p.Low {
		s.Probability, s.Clamped = p.Low, true
	} else if s.Probability > p.High {
		s.Probability, s.Clamped = p.High, true
	}
	return s
}

// find is a binary search by hand, since this is the inner loop of Score.
func (s *PropensityScale) find(value string) *PropensityWeight {
	if value == "" {
		return nil
	}
	lo, hi := 0, len(s.Values)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		w := &s.Values[mid]
		switch c := strings.Compare(w.Value, value); {
		case c < 0:
			lo = mid + 1
		case c > 0:
			hi = mid
		default:
			return w
		}
	}
	return nil
}

// PropensityExplanation is a score and what it is made of.
type PropensityExplanation struct {
	PropensityScore
	PriorLogOdds float64 `json:"prior_log_odds"`
	// Terms are one per feature, in the order of the features. PriorLogOdds
	// and then their LogOdds, added in that order, are the score's LogOdds.
	Terms []PropensityTerm `json:"terms"`
}

// PropensityTerm is what one feature contributes.
type PropensityTerm struct {
	Feature string `json:"feature"`
	Value   string `json:"value,omitempty"`
	// LogOdds is above 0 where the value speaks for winning.
	LogOdds float64 `json:"log_odds"`
	// Won and Lost count the accounts with that value; both are 0 for a value
	// that is unknown or was never counted.
	Won  int `json:"won"`
	Lost int `json:"lost"`
}

// Explain is [Propensity.Score] with its terms.
func (p *Propensity) Explain(values []string) (*PropensityExplanation, error) {
	if len(values) != len(p.Features) {
		return nil, wrongValues(len(values), len(p.Features))
	}
	out := &PropensityExplanation{PriorLogOdds: p.PriorLogOdds, Terms: make([]PropensityTerm, 0, len(values))}
	sum := p.PriorLogOdds
	for i, value := range values {
		t := PropensityTerm{Feature: p.Features[i].Name, Value: value}
		if w := p.Features[i].find(value); w != nil {
			t.LogOdds, t.Won, t.Lost = w.LogOdds, w.Won, w.Lost
		}
		sum += t.LogOdds
		out.Terms = append(out.Terms, t)
	}
	out.PropensityScore = p.score(sum)
	return out, nil
}

// Text says the explanation in words, strongest term first, in Chinese where
// lang begins with "zh", else in English.
func (e *PropensityExplanation) Text(lang string) string {
	terms := slices.Clone(e.Terms)
	slices.SortStableFunc(terms, func(a, b PropensityTerm) int {
		switch x, y := math.Abs(a.LogOdds), math.Abs(b.LogOdds); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	var b strings.Builder
	fmt.Fprintf(&b, label.Pick(lang, "probability %.1f %%: start %+.2f", "概率 %.1f%%：起点 %+.2f"), 100*e.Probability, e.PriorLogOdds)
	for _, t := range terms {
		if t.Won+t.Lost > 0 {
			fmt.Fprintf(&b, label.Pick(lang, "; %s %s %+.2f (%d of %d)", "；%s %s %+.2f（%d/%d）"),
				t.Feature, t.Value, t.LogOdds, t.Won, t.Won+t.Lost)
		}
	}
	return b.String()
}

func propensityOptions(opts *PropensityOptions) (PropensityOptions, error) {
	o := PropensityOptions{}
	if opts != nil {
		o = *opts
	}
	if o.Smoothing == 0 {
		o.Smoothing = 1
	}
	if o.Low == 0 {
		o.Low = 0.0001
	}
	if o.High == 0 {
		o.High = 0.9999
	}
	return o, errors.Join(checkSmoothing(o.Smoothing), checkPrior(o.Prior), checkClamp(o.Low, o.High))
}

func checkSmoothing(a float64) error {
	if a >= 1e-9 && a <= 1e6 {
		return nil
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Smoothing", Value: floatText(a), Reason: "smoothing lies between 1e-9 and 1e6",
	}
}

func checkPrior(p float64) error {
	if p >= 0 && p < 1 {
		return nil
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Prior", Value: floatText(p), Reason: "a share of winners lies between 0 and 1",
	}
}

func checkClamp(low, high float64) error {
	if low > 0 && low < high && high < 1 {
		return nil
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Low", Value: floatText(low) + " to " + floatText(high),
		Reason: "the probability is clamped to a range between 0 and 1",
	}
}
