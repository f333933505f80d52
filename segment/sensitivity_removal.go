package segment

import (
	"math"

	"github.com/keyaccount/keyaccount"
)

// RemovalCheck tells whether the order of accounts depends on who else is
// there.
type RemovalCheck struct {
	Method RankMethod `json:"method"`
	// Version is that of the policy.
	Version string `json:"version,omitempty"`
	// Removed is how many accounts were left out, one at a time: all of them.
	Removed int `json:"removed"`
	// Reversals are the removals that reorder others, in the order of the
	// ranking; empty where the order is invariant.
	Reversals []RankReversal `json:"reversals,omitempty"`
}

// RankReversal is one removal that reorders others.
type RankReversal struct {
	// Removed is the account that was left out.
	Removed string `json:"removed"`
	// Rises was behind Falls and is ahead of it without Removed: the first
	// such pair from the top.
	Rises string `json:"rises"`
	Falls string `json:"falls"`
	// Accounts is how many rise above at least one that was ahead of them.
	Accounts int `json:"accounts"`
}

// Invariant reports whether no removal reorders the others.
func (c *RemovalCheck) Invariant() bool { return len(c.Reversals) == 0 }

// CheckRemovals leaves out each account in turn, ranks the others afresh, and
// reports where two of them change places. The scores of MethodSPOTIS and
// MethodWeightedSum depend on the account alone and pass by construction;
// those of MethodTOPSIS and MethodMinMaxSum depend on who is there. Scores that
// differ by less than 1e-12 are level, and level accounts have no order to
// reverse. The effort grows with the square of the number of accounts.
//
// It refuses what [RankBy] refuses, and fewer than three accounts, of which no
// order is left ([keyaccount.ErrMissing]).
func CheckRemovals(method RankMethod, policy CriteriaPolicy, alternatives []Alternative) (*RemovalCheck, error) {
	t, err := tableFor(method, &policy, alternatives)
	if err != nil {
		return nil, err
	}
	if len(alternatives) < 3 {
		return nil, criteriaFault(keyaccount.ErrMissing, "alternatives", 0, "", "to leave out one and compare the others needs three accounts or more")
	}
	var r *Ranking
	if method == MethodTOPSIS {
		r = t.rankTOPSIS()
	} else {
		r = t.rankSum(method)
	}
	row := make(map[string]int, len(t.rows))
	for i := range t.rows {
		row[t.rows[i].ID] = i
	}
	order := make([]int, len(r.Accounts)) // rows of the table, best first
	before := make([]float64, len(r.Accounts))
	for k := range r.Accounts {
		order[k] = row[r.Accounts[k].ID]
		before[order[k]] = r.Accounts[k].Score
		if r.LowerIsBetter {
			before[order[k]] *= -1
		}
	}

	out := &RemovalCheck{Method: method, Version: policy.Version, Removed: len(order)}
	after := newRescorer(t, method)
	for _, skip := range order {
		after.without(skip)
		if v, found := reversal(order, before, after.scores, skip); found {
			out.Reversals = append(out.Reversals, RankReversal{
				Removed: t.rows[skip].ID, Rises: t.rows[v.rises].ID, Falls: t.rows[v.falls].ID, Accounts: v.accounts,
			})
		}
	}
	return out, nil
}

// rescorer scores without explaining; higher is better.
type rescorer struct {
	t       *criteriaTable
	method  RankMethod
	columns topsisColumns
	point   topsisPoint
	terms   []float64
	scores  []float64 // by row of the table
}

func newRescorer(t *criteriaTable, method RankMethod) *rescorer {
	s := &rescorer{t: t, method: method, scores: make([]float64, len(t.rows)), terms: make([]float64, t.cols)}
	if method == MethodTOPSIS {
		s.columns, s.point = t.topsisColumns(), newTopsisPoint(t.cols)
	}
	return s
}

// without scores all rows but one, whose score is meaningless afterwards.
func (s *rescorer) without(skip int) {
	if s.method == MethodTOPSIS {
		scales := s.columns.scales(s.t, skip)
		for i := range s.scores {
			s.point.measure(scales, s.t.row(i))
			s.scores[i] = s.point.closeness()
		}
		return
	}
	scales := s.t.scales(s.method, skip)
	for i := range s.scores {
		for j, x := range s.t.row(i) {
			from, to := scales[j].position(x)
			if s.method == MethodSPOTIS {
				from = to
			}
			s.terms[j] = s.t.weights[j] * from
		}
		s.scores[i] = min(sumOfTerms(s.terms), 1)
		if s.method == MethodSPOTIS {
			s.scores[i] *= -1
		}
	}
}

type reversedPair struct{ rises, falls, accounts int }

// reversal goes down the old order and keeps the least new score of those who
// were clearly ahead.
func reversal(order []int, before, after []float64, skip int) (v reversedPair, found bool) {
	const level = 1e-12
	least, at, ahead := math.Inf(1), -1, 0
	for _, i := range order {
		if i == skip {
			continue
		}
		for ; before[order[ahead]] > before[i]+level; ahead++ {
			if j := order[ahead]; j != skip && after[j] < least {
				least, at = after[j], j
			}
		}
		if at >= 0 && after[i] > least+level {
			if v.accounts++; !found {
				v.rises, v.falls, found = i, at, true
			}
		}
	}
	return v, found
}
