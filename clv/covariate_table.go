package clv

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/state"
)

// CovariateTable is a [Counts] for each distinct vector of covariates: what is
// known of an account beside its orders and does not change, such as its
// industry as zeros and ones, or the logarithm of its size. It is a commutative
// monoid, as Counts is.
type CovariateTable struct {
	unit   Unit
	names  []string
	groups map[string]*accountGroup // by the bits of the values
	n      int64
	calls  int // of Add, to name the row of a bad history
}

// accountGroup is all accounts with the same covariates.
type accountGroup struct {
	values []float64
	table  *Counts
}

// NewCovariateTable returns an empty table of histories in the unit, with
// covariates of these names. It refuses what is no unit, and a name that is
// empty or there twice.
func NewCovariateTable(u Unit, names ...string) (*CovariateTable, error) {
	if err := errors.Join(u.Validate(), checkCovariateNames(names)); err != nil {
		return nil, err
	}
	return &CovariateTable{unit: u, names: slices.Clone(names)}, nil
}

func checkCovariateNames(names []string) error {
	for i, name := range names {
		switch {
		case name == "":
			return badCovariate(keyaccount.ErrMissing, name, "a covariate needs a name")
		case slices.Contains(names[:i], name):
			return badCovariate(keyaccount.ErrDuplicate, name, "two covariates have this name")
		}
	}
	return nil
}

func badCovariate(kind error, value, reason string) *keyaccount.InputError {
	return &keyaccount.InputError{Kind: kind, Field: "Covariates", Value: value, Reason: reason}
}

// Unit returns the unit of all times in the table.
func (t *CovariateTable) Unit() Unit {
	if t == nil {
		return Week
	}
	return t.unit
}

// Covariates returns the names, in the order in which Add takes the values.
func (t *CovariateTable) Covariates() []string {
	if t == nil {
		return nil
	}
	return slices.Clone(t.names)
}

// N returns the number of accounts.
func (t *CovariateTable) N() int64 {
	if t == nil {
		return 0
	}
	return t.n
}

// Len returns the number of distinct vectors of covariates.
func (t *CovariateTable) Len() int {
	if t == nil {
		return 0
	}
	return len(t.groups)
}

// Add counts n accounts with the history h and the covariates, in the order of
// the names. It refuses what [Counts.Add] does, a wrong number of values and
// one that is not finite, as an [*keyaccount.InputError] whose Row is the number
// of the call, and leaves the table unchanged.
func (t *CovariateTable) Add(h History, n int64, covariates ...float64) error {
	t.calls++
	err := t.add(h, n, covariates)
	if err == nil {
		return nil
	}
	err.Row = t.calls
	return err
}

func (t *CovariateTable) add(h History, n int64, covariates []float64) *keyaccount.InputError {
	values, err := checkValues(t.names, covariates)
	if err != nil {
		return err
	}
	if n > math.MaxInt64-t.n {
		return badHistory("n", strconv.FormatInt(n, 10), "the number of accounts is beyond the range of an int64")
	}
	key := string(appendValues(nil, values))
	g, known := t.groups[key]
	if !known {
		g = &accountGroup{values, NewCounts(t.unit)}
	}
	if err := g.table.add(h, n); err != nil {
		return err
	}
	if t.groups == nil {
		t.groups = make(map[string]*accountGroup)
	}
	t.groups[key] = g
	t.n += n
	return nil
}

// checkValues returns a copy of the values of covariates with these names.
func checkValues(names []string, values []float64) ([]float64, *keyaccount.InputError) {
	if len(values) != len(names) {
		return nil, badCovariate(keyaccount.ErrMismatch, strconv.Itoa(len(values)),
			"there must be one value for each of: "+strings.Join(names, ", "))
	}
	out := make([]float64, len(values))
	for i, v := range values {
		if !isFinite(v) {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: names[i], Value: formatFloat(v), Reason: "a covariate must be finite",
			}
		}
		out[i] = v + 0 // a negative zero becomes a plain one
	}
	return out, nil
}

func appendValues(b []byte, values []float64) []byte {
	for _, v := range values {
		b = state.AppendFloat(b, v)
	}
	return b
}

// Merge adds the other table, which is left unchanged. It fails, and changes
// nothing, when there is none ([keyaccount.ErrMissing]), when its unit or its
// covariates are others ([keyaccount.ErrMismatch]), or when the number of
// accounts is beyond the range of an int64.
func (t *CovariateTable) Merge(other *CovariateTable) error {
	switch {
	case other == nil:
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "other", Reason: "there is no table to merge"}
	case other.unit != t.unit:
		return unitMismatch(other.unit, t.unit)
	case !slices.Equal(other.names, t.names):
		return badCovariate(keyaccount.ErrMismatch, strings.Join(other.names, ", "), "here they are: "+strings.Join(t.names, ", "))
	case other.n > math.MaxInt64-t.n:
		return badHistory("n", strconv.FormatInt(other.n, 10), "the number of accounts is beyond the range of an int64")
	}
	n := other.n // read first: other may be t itself
	for _, theirs := range other.sorted() {
		key := string(appendValues(nil, theirs.values))
		g, known := t.groups[key]
		if !known {
			g = &accountGroup{theirs.values, NewCounts(t.unit)}
			if t.groups == nil {
				t.groups = make(map[string]*accountGroup)
			}
			t.groups[key] = g
		}
		if err := g.table.Merge(theirs.table); err != nil {
			return err
		}
	}
	t.n += n
	return nil
}

// Counts returns the histories of all accounts without their covariates.
func (t *CovariateTable) Counts() *Counts {
	all := NewCounts(t.Unit())
	for _, g := range t.sorted() {
		// The same unit, and no more accounts than the whole.
		_ = all.Merge(g.table)
	}
	return all
}

// sorted returns the groups in the order of their values.
func (t *CovariateTable) sorted() []*accountGroup {
	if t == nil {
		return nil
	}
	groups := make([]*accountGroup, 0, len(t.groups))
	for _, g := range t.groups {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *accountGroup) int { return slices.Compare(a.values, b.values) })
	return groups
}
