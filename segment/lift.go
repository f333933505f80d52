package segment

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// LiftCase is one account of the past: what was said of it then, and what came
// of it.
type LiftCase struct {
	ID string `json:"id"`
	// Score is what the account was ranked by, as it stood then.
	Score float64 `json:"score"`
	// Size is its amount then: the ranking "largest now" that Score has to
	// beat.
	Size float64 `json:"size"`
	// Hit says that it later became what was looked for.
	Hit bool `json:"hit"`
}

// LiftOptions sets up [BackTest].
type LiftOptions struct {
	// At lists the numbers of accounts one could attend to: the k of lift@k.
	// Each lies between 1 and the number of cases. Defaults to 1, 2, 5, 10, 20
	// and 50 % of the cases, rounded up.
	At []int
}

// LiftResult is what [BackTest] returns.
type LiftResult struct {
	// Cases and Hits count what was tested; BaseRate is the one over the other,
	// the precision of a random choice.
	Cases    int     `json:"cases"`
	Hits     int     `json:"hits"`
	BaseRate float64 `json:"base_rate"`
	// ScoreAUC and SizeAUC are the probability that a hit stands above a case
	// that was none (equal ones count half); 0.5 is random.
	ScoreAUC float64 `json:"score_auc"`
	SizeAUC  float64 `json:"size_auc"`
	// At has one element per k, ascending.
	At []LiftAt `json:"at"`
	// Gains is the curve of cumulative gains, from 0 to 100 % of the cases in
	// steps of 10 %.
	Gains []LiftGain `json:"gains"`
}

// LiftAt compares three choices of K accounts.
type LiftAt struct {
	K int `json:"k"`
	// Score takes those with the highest score, Size the largest, and Random
	// is what a random choice can expect.
	Score  LiftFigures `json:"score"`
	Size   LiftFigures `json:"size"`
	Random LiftFigures `json:"random"`
	// PValue is the probability that a random choice of K finds as many hits
	// as Score, or more (hypergeometric; expected hits rounded down).
	PValue float64 `json:"p_value"`
}

// LiftFigures is what a choice of K accounts finds.
type LiftFigures struct {
	// Hits is the number of hits among the K. Where K cuts through equal
	// scores, it is the expected number under a random order of these.
	Hits float64 `json:"hits"`
	// Precision is Hits / K, Recall is Hits over all hits, Lift is Precision
	// over the base rate.
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	Lift      float64 `json:"lift"`
}

// LiftGain is one point of the curve of cumulative gains: the recall of each
// choice of that share of the cases.
type LiftGain struct {
	Share  float64 `json:"share"`
	Score  float64 `json:"score"`
	Size   float64 `json:"size"`
	Random float64 `json:"random"`
}

// BackTest tells what a ranking would have been worth on history: score the
// accounts as of a past day, see which have since become key, and compare with
// a random choice and with simply taking the largest. Equal scores share their
// hits, so that the result does not depend on the order of the cases. A nil
// opts means the defaults.
//
// It refuses, as a [*keyaccount.InputError], no cases, no hits or only hits
// ([keyaccount.ErrMissing]: there is nothing to find, or nothing to miss), an
// ID that is missing or stands twice, figures that are not finite, and a k
// outside its domain.
func BackTest(cases []LiftCase, opts *LiftOptions) (*LiftResult, error) {
	hits, err := checkCases(cases)
	if err != nil {
		return nil, err
	}
	n := len(cases)
	at, err := liftPositions(n, opts)
	if err != nil {
		return nil, err
	}
	score := newRanking(cases, func(c *LiftCase) float64 { return c.Score })
	size := newRanking(cases, func(c *LiftCase) float64 { return c.Size })
	out := &LiftResult{
		Cases: n, Hits: hits, BaseRate: float64(hits) / float64(n),
		ScoreAUC: score.auc(n, hits), SizeAUC: size.auc(n, hits),
	}
	figures := func(k int, found float64) LiftFigures {
		return LiftFigures{
			Hits: found, Precision: found / float64(k), Recall: found / float64(hits),
			Lift: found * float64(n) / (float64(k) * float64(hits)),
		}
	}
	for _, k := range at {
		found := score.hits(float64(k))
		out.At = append(out.At, LiftAt{
			K: k, Score: figures(k, found), Size: figures(k, size.hits(float64(k))),
			Random: figures(k, float64(k)*float64(hits)/float64(n)),
			PValue: hypergeometricTail(n, hits, k, int(found)),
		})
	}
	for i := range 11 {
		share := float64(i) / 10
		k := float64(i) * float64(n) / 10
		out.Gains = append(out.Gains, LiftGain{
			Share: share, Random: share, Score: score.hits(k) / float64(hits), Size: size.hits(k) / float64(hits),
		})
	}
	return out, nil
}

// gainsOrder is the cases by falling figure, equal ones together.
type gainsOrder []rankGroup

type rankGroup struct{ cases, hits int }

func newRanking(cases []LiftCase, figure func(*LiftCase) float64) gainsOrder {
	order := make([]int, len(cases))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(figure(&cases[b]), figure(&cases[a])) })
	var r gainsOrder
	for i, c := range order {
		if i == 0 || figure(&cases[c]) != figure(&cases[order[i-1]]) {
			r = append(r, rankGroup{})
		}
		g := &r[len(r)-1]
		g.cases++
		if cases[c].Hit {
			g.hits++
		}
	}
	return r
}

// hits returns the expected hits among the first k cases; k need not be whole.
func (r gainsOrder) hits(k float64) float64 {
	found := 0.0
	for _, g := range r {
		if k <= 0 {
			break
		}
		if float64(g.cases) > k {
			return found + k*float64(g.hits)/float64(g.cases)
		}
		found += float64(g.hits)
		k -= float64(g.cases)
	}
	return found
}

// auc is the Mann-Whitney statistic over the number of pairs.
func (r gainsOrder) auc(n, hits int) float64 {
	below := float64(n - hits) // cases without a hit that come later
	wins := 0.0
	for _, g := range r {
		misses := float64(g.cases - g.hits)
		below -= misses
		wins += float64(g.hits) * (below + misses/2)
	}
	return wins / (float64(hits) * float64(n-hits))
}

// hypergeometricTail returns P(X >= found) where k of n are drawn and hits of
// them count, summed from the largest term that is needed down.
func hypergeometricTail(n, hits, k, found int) float64 {
	low, high := max(found, k-(n-hits)), min(k, hits)
	if found <= max(0, k-(n-hits)) {
		return 1
	}
	choose := func(n, k int) float64 {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(k + 1))
		c, _ := math.Lgamma(float64(n - k + 1))
		return a - b - c
	}
	p := 0.0
	for x := high; x >= low; x-- {
		p += math.Exp(choose(hits, x) + choose(n-hits, k-x) - choose(n, k))
	}
	return min(1, p)
}

func checkCases(cases []LiftCase) (hits int, err error) {
	if len(cases) == 0 {
		return 0, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "cases", Reason: "there is no case to test on"}
	}
	seen := make(map[string]struct{}, len(cases))
	for i := range cases {
		c := &cases[i]
		fault := func(kind error, field, value, reason string) (int, error) {
			return 0, &keyaccount.InputError{Kind: kind, Field: field, Row: i + 1, Value: value, Reason: reason}
		}
		if c.ID == "" {
			return fault(keyaccount.ErrMissing, "ID", "", "a case needs an ID")
		}
		if _, ok := seen[c.ID]; ok {
			return fault(keyaccount.ErrDuplicate, "ID", c.ID, "the case stands twice")
		}
		seen[c.ID] = struct{}{}
		if !isFinite(c.Score) {
			return fault(keyaccount.ErrOutOfRange, "Score", floatText(c.Score), "a score is a finite number")
		}
		if !isFinite(c.Size) {
			return fault(keyaccount.ErrOutOfRange, "Size", floatText(c.Size), "a size is a finite number")
		}
		if c.Hit {
			hits++
		}
	}
	if hits == 0 || hits == len(cases) {
		return 0, &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Hit", Value: strconv.Itoa(hits) + " hits",
			Reason: "a back-test needs a case that became what is looked for, and one that did not",
		}
	}
	return hits, nil
}

func liftPositions(n int, opts *LiftOptions) ([]int, error) {
	var at []int
	if opts != nil {
		at = slices.Clone(opts.At)
	}
	if len(at) == 0 {
		for _, percent := range []int{1, 2, 5, 10, 20, 50} {
			at = append(at, n/100*percent+(n%100*percent+99)/100)
		}
	}
	var faults []error
	for i, k := range at {
		if k < 1 || k > n {
			faults = append(faults, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: "At", Row: i + 1, Value: strconv.Itoa(k),
				Reason: "one can choose 1 to " + strconv.Itoa(n) + " of the cases",
			})
		}
	}
	slices.Sort(at)
	return slices.Compact(at), errors.Join(faults...)
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
