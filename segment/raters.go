package segment

import (
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// CombineRule names how the scores of several raters become one value.
type CombineRule string

const (
	// CombineMean is the arithmetic mean.
	CombineMean CombineRule = "mean"
	// CombineMedian is the median, which one rater cannot pull away; the middle
	// of the middle two for an even number of raters.
	CombineMedian CombineRule = "median"
	// CombineWeighted is the mean weighted by [Rater.Weight].
	CombineWeighted CombineRule = "weighted"
)

// Rater is someone who scored every account in one criterion independently of
// the others: sales, engineering, finance.
type Rater struct {
	Name string `json:"name"`
	// Weight is read under CombineWeighted only: 0 or more, in any unit.
	Weight float64 `json:"weight,omitempty"`
	// Scores are in the order of the accounts, in the unit of the criterion.
	Scores []float64 `json:"scores"`
}

// RatersOptions sets up [CombineRaters].
type RatersOptions struct {
	// Rule says how scores become one value. Defaults to CombineMean.
	Rule CombineRule
}

// Panel is what several raters say together.
type Panel struct {
	Rule CombineRule `json:"rule"`
	// Accounts are in the order given.
	Accounts []RatedAccount `json:"accounts"`
	// Agreement is nil where there is none to speak of: one rater, one account,
	// or nobody who tells any two accounts apart.
	Agreement *Concordance `json:"agreement,omitempty"`
	// Raters are in the order given.
	Raters []RaterFit `json:"raters"`
	// Outlier is the rater who agrees least with the rest: the one with the
	// lowest Correlation, if there are three raters or more, nobody else has
	// the same, and the others agree better among themselves than all do.
	// Empty where there is no such rater.
	Outlier string `json:"outlier,omitempty"`
}

// RatedAccount is one account's combined value.
type RatedAccount struct {
	ID string `json:"id"`
	// Value is the combined score.
	Value float64 `json:"value"`
	// Low and High are the lowest and the highest score given.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// MeanRank is the mean of the ranks the raters gave, 1 for the lowest
	// score; equal scores share the mean of their ranks.
	MeanRank float64 `json:"mean_rank"`
}

// RaterFit is how one rater stands to the others.
type RaterFit struct {
	Rater string `json:"rater"`
	// Correlation is Spearman's rank correlation with the rank sums of all
	// others, from -1 to 1; 0 where either tells no accounts apart.
	Correlation float64 `json:"correlation"`
	// MeanCorrelationWithout is [Concordance.MeanCorrelation] of the others
	// alone; 0 where there are fewer than two or they have none.
	MeanCorrelationWithout float64 `json:"mean_correlation_without"`
}

// CombineRaters makes one value per account out of the scores of several
// raters, measures how far they agree, and names the one who does not. Ids are
// the accounts, in the order of each rater's scores. A nil opts means the
// defaults.
//
// Refused are, as a [*keyaccount.InputError]: no accounts, no raters, IDs or
// names missing or standing twice, scores that are too few or too many
// ([keyaccount.ErrMismatch]), missing ([keyaccount.ErrMissing]) or beyond
// [MaxFigure], an unknown rule, and, under CombineWeighted, weights that are
// negative or add up to zero.
func CombineRaters(ids []string, raters []Rater, opts *RatersOptions) (*Panel, error) {
	rule := CombineMean
	if opts != nil && opts.Rule != "" {
		rule = opts.Rule
	}
	if err := checkRaters(ids, raters, rule); err != nil {
		return nil, err
	}
	var weights []float64
	if rule == CombineWeighted {
		weights = make([]float64, len(raters))
		for k := range raters {
			weights[k] = raters[k].Weight
		}
		weights = shareOut(weights)
	}

	p := &Panel{Rule: rule, Accounts: make([]RatedAccount, len(ids)), Raters: make([]RaterFit, len(raters))}
	given := rankAll(raters)
	total := given.sums(-1)
	scores := make([]float64, len(raters))
	for i := range ids {
		for k := range raters {
			scores[k] = raters[k].Scores[i]
		}
		a := &p.Accounts[i]
		a.ID, a.Low, a.High = ids[i], slices.Min(scores), slices.Max(scores)
		a.MeanRank = total[i] / float64(len(raters))
		// Rounding must not carry a mean beyond what anyone said.
		a.Value = min(max(combine(rule, scores, weights), a.Low), a.High)
	}
	p.Agreement = given.concordance(-1)
	for k := range raters {
		p.Raters[k] = RaterFit{Rater: raters[k].Name, Correlation: spearman(given.ranks[k], given.sums(k))}
		if without := given.concordance(k); without != nil {
			p.Raters[k].MeanCorrelationWithout = without.MeanCorrelation
		}
	}
	p.Outlier = p.outlier()
	return p, nil
}

// combine may reorder the scores.
func combine(rule CombineRule, scores, weights []float64) float64 {
	switch rule {
	case CombineMedian:
		slices.Sort(scores)
		mid := len(scores) / 2
		if len(scores)%2 == 1 {
			return scores[mid]
		}
		return scores[mid-1] + (scores[mid]-scores[mid-1])/2
	case CombineWeighted:
		for k := range scores {
			scores[k] *= weights[k]
		}
		return orderFreeSum(scores)
	default:
		return orderFreeSum(scores) / float64(len(scores))
	}
}

func (p *Panel) outlier() string {
	if len(p.Raters) < 3 || p.Agreement == nil {
		return ""
	}
	const same = 1e-12
	least, next := 0, math.Inf(1)
	for k := 1; k < len(p.Raters); k++ {
		if c := p.Raters[k].Correlation; c < p.Raters[least].Correlation {
			least, next = k, p.Raters[least].Correlation
		} else {
			next = min(next, c)
		}
	}
	r := &p.Raters[least]
	if next-r.Correlation <= same || r.MeanCorrelationWithout-p.Agreement.MeanCorrelation <= same {
		return ""
	}
	return r.Rater
}

func checkRaters(ids []string, raters []Rater, rule CombineRule) error {
	fault := criteriaFault
	switch rule {
	case CombineMean, CombineMedian, CombineWeighted:
	default:
		return fault(keyaccount.ErrOutOfRange, "Rule", 0, string(rule), "the rules are mean, median and weighted")
	}
	if len(ids) == 0 {
		return fault(keyaccount.ErrMissing, "ids", 0, "", "there is no account that could be scored")
	}
	if len(raters) == 0 {
		return fault(keyaccount.ErrMissing, "raters", 0, "", "there is nobody who scored")
	}
	if err := distinctTexts(ids, "ids", "an account needs an ID", "the account stands twice"); err != nil {
		return err
	}
	names := make([]string, len(raters))
	for k := range raters {
		names[k] = raters[k].Name
	}
	if err := distinctTexts(names, "Name", "a rater needs a name", "the rater stands twice"); err != nil {
		return err
	}
	var faults []error
	heaviest := 0.0
	for k := range raters {
		r := &raters[k]
		if rule == CombineWeighted && (!usable(r.Weight) || r.Weight < 0) {
			faults = append(faults, fault(keyaccount.ErrOutOfRange, "Weight", k+1, figure(r.Weight), "a weight is a number from 0 to 1e100"))
		}
		heaviest = max(heaviest, r.Weight)
		if len(r.Scores) != len(ids) {
			faults = append(faults, fault(keyaccount.ErrMismatch, "Scores", k+1, strconv.Itoa(len(r.Scores)),
				"a rater scores each of the "+strconv.Itoa(len(ids))+" accounts"))
			continue
		}
		for i, v := range r.Scores {
			switch {
			case math.IsNaN(v):
				faults = append(faults, fault(keyaccount.ErrMissing, "Scores", k+1, "", "the score of account "+strconv.Quote(ids[i])+" is missing"))
			case !usable(v):
				faults = append(faults, fault(keyaccount.ErrOutOfRange, "Scores", k+1, figure(v), "a score is a number from -1e100 to 1e100"))
			default:
				continue
			}
			break // one fault a rater says enough
		}
	}
	if len(faults) == 0 && rule == CombineWeighted && heaviest == 0 {
		faults = append(faults, fault(keyaccount.ErrOutOfRange, "Weight", 0, "0", "the weights add up to zero"))
	}
	return errors.Join(faults...)
}

func distinctTexts(texts []string, field, missing, twice string) error {
	seen := make(map[string]struct{}, len(texts))
	for i, s := range texts {
		if s == "" {
			return criteriaFault(keyaccount.ErrMissing, field, i+1, "", missing)
		}
		if _, ok := seen[s]; ok {
			return criteriaFault(keyaccount.ErrDuplicate, field, i+1, s, twice)
		}
		seen[s] = struct{}{}
	}
	return nil
}
