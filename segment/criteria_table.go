package segment

import (
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// Treatment says that a value was not taken as it came.
type Treatment string

const (
	// TreatedMissing: the value was missing, its [MissingRule] was applied.
	TreatedMissing Treatment = "missing"
	// TreatedClamped: the value was outside the bounds and moved to the nearer.
	TreatedClamped Treatment = "clamped"
)

// criteriaTable is what the methods compute with: checked, complete and within
// bounds. Rows are accounts, columns criteria.
type criteriaTable struct {
	policy  *CriteriaPolicy
	rows    []Alternative
	cols    int
	weights []float64   // add up to 1
	values  []float64   // row by row
	treated []Treatment // as values; nil where every value was taken as it came
}

// newCriteriaTable reports all faults of the policy, else the first one of the
// alternatives.
func newCriteriaTable(p *CriteriaPolicy, alternatives []Alternative, bounds bool) (*criteriaTable, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return fillCriteriaTable(p, alternatives, bounds)
}

// fillCriteriaTable does not ask for weights; where there are none, all
// weights of the table are zero.
func fillCriteriaTable(p *CriteriaPolicy, alternatives []Alternative, bounds bool) (*criteriaTable, error) {
	var faults []error
	for j := range p.Criteria {
		if c := &p.Criteria[j]; bounds && !c.Bounded() {
			faults = append(faults, criteriaFault(keyaccount.ErrMissing, "Hi", j+1, "",
				inCriterion(c, "scoring over bounds needs bounds")))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if len(alternatives) == 0 {
		return nil, criteriaFault(keyaccount.ErrMissing, "alternatives", 0, "", "there is no account to compare")
	}
	t := &criteriaTable{
		policy: p, rows: alternatives, cols: len(p.Criteria), weights: shareOfWeights(p.Criteria),
		values: make([]float64, 0, len(alternatives)*len(p.Criteria)),
	}
	for i := range alternatives {
		if err := t.add(&alternatives[i], i+1); err != nil {
			return nil, err
		}
	}
	if err := distinctAlternatives(alternatives); err != nil {
		return nil, err
	}
	return t, nil
}

func distinctAlternatives(alternatives []Alternative) error {
	var seen map[string]struct{} // only where they are not sorted
	for i := range alternatives {
		id := alternatives[i].ID
		if seen == nil && i > 0 && id <= alternatives[i-1].ID {
			seen = make(map[string]struct{}, len(alternatives))
			for j := range i {
				seen[alternatives[j].ID] = struct{}{}
			}
		}
		if seen == nil {
			continue
		}
		if _, ok := seen[id]; ok {
			return criteriaFault(keyaccount.ErrDuplicate, "ID", i+1, id, "the account stands twice")
		}
		seen[id] = struct{}{}
	}
	return nil
}

func (t *criteriaTable) add(a *Alternative, row int) error {
	if err := a.validate(row); err != nil {
		return err
	}
	if len(a.Values) != t.cols {
		return criteriaFault(keyaccount.ErrMismatch, "Values", row, strconv.Itoa(len(a.Values)),
			"an account needs one value for each of the "+strconv.Itoa(t.cols)+" criteria")
	}
	for j, v := range a.Values {
		c := &t.policy.Criteria[j]
		switch {
		case math.IsNaN(v):
			if t.policy.Missing == "" || t.policy.Missing == MissingRefused {
				return criteriaFault(keyaccount.ErrMissing, "Values", row, "", inCriterion(c, "the value is missing"))
			}
			if !c.Bounded() {
				return criteriaFault(keyaccount.ErrMissing, "Values", row, "",
					inCriterion(c, "the value is missing, and without bounds there is none to put in its place"))
			}
			_, v = c.ends(c.Lo, c.Hi)
			if t.policy.Missing == MissingMiddle {
				v = c.Lo + (c.Hi-c.Lo)/2
			}
			t.treat(TreatedMissing)
		case c.Bounded() && (v < c.Lo || v > c.Hi):
			if t.policy.Outside != OutsideClamped {
				return criteriaFault(keyaccount.ErrOutOfRange, "Values", row, figure(v),
					inCriterion(c, "the value is outside the bounds %s to %s", figure(c.Lo), figure(c.Hi)))
			}
			v = min(max(v, c.Lo), c.Hi)
			t.treat(TreatedClamped)
		}
		t.values = append(t.values, v)
	}
	return nil
}

// treat marks the value that is about to be appended.
func (t *criteriaTable) treat(how Treatment) {
	if t.treated == nil {
		t.treated = make([]Treatment, cap(t.values))
	}
	t.treated[len(t.values)] = how
}

func (t *criteriaTable) row(i int) []float64 { return t.values[i*t.cols : (i+1)*t.cols] }

func (t *criteriaTable) column(j int) []float64 {
	out := make([]float64, len(t.rows))
	for i := range out {
		out[i] = t.values[i*t.cols+j]
	}
	return out
}

// shareOfWeights divides the weights by their sum.
func shareOfWeights(criteria []Criterion) []float64 {
	w := make([]float64, len(criteria))
	for j := range criteria {
		w[j] = criteria[j].Weight
	}
	return shareOut(w)
}

// shareOut returns the parts of the whole, and zeros for a whole of zero.
// The largest part is scaled to 1 first, so that subnormal weights keep their
// proportions.
func shareOut(parts []float64) []float64 {
	out := make([]float64, len(parts))
	top := slices.Max(parts)
	if top == 0 {
		return out
	}
	for j, v := range parts {
		out[j] = v / top
	}
	sum := orderFreeSum(slices.Clone(out))
	for j := range out {
		out[j] /= sum
	}
	return out
}

// orderFreeSum sorts xs and adds them up with Neumaier's compensation, so that
// the order they came in changes no bit of the result.
func orderFreeSum(xs []float64) float64 {
	slices.Sort(xs)
	sum, lost := 0.0, 0.0
	for _, x := range xs {
		next := sum + x
		if math.Abs(sum) >= math.Abs(x) {
			lost += (sum - next) + x
		} else {
			lost += (x - next) + sum
		}
		sum = next
	}
	return sum + lost
}
