package segment

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// The schema and version that a [Model] carries; no other is read.
const (
	ModelSchema  = "keyaccount/segment.Model"
	ModelVersion = 1
)

// Model is what [FitRFM] found: a plain value that can be kept as JSON and
// asked again later with [Model.Score], so that an account's score changes
// because the account did. It is safe for concurrent use while nobody writes
// to it.
type Model struct {
	// Schema and Version are ModelSchema and ModelVersion.
	Schema  string `json:"schema"`
	Version int    `json:"version"`

	// AsOf and Currency are those of the fitted accounts.
	AsOf     time.Time `json:"as_of"`
	Currency string    `json:"currency,omitempty"`
	// Bins and Rule are the options used.
	Bins int          `json:"bins"`
	Rule QuantileRule `json:"rule"`
	// Scored is how many of the fitted accounts have orders, Unscored how many
	// have none and took no part.
	Scored   int `json:"scored"`
	Unscored int `json:"unscored"`

	// Recency is in calendar days since the last order, Frequency in orders,
	// Monetary in Currency, net of returns.
	Recency   Scale[int]             `json:"recency"`
	Frequency Scale[int]             `json:"frequency"`
	Monetary  Scale[decimal.Decimal] `json:"monetary"`
}

// Scale is one dimension of a [Model].
type Scale[T int | decimal.Decimal] struct {
	// Cuts are the Bins-1 cuts, ascending in the figure (not in the score,
	// which for recency descends).
	Cuts []Cut[T] `json:"cuts"`
	// Counts is how many of the fitted accounts have the score 1, 2, … Bins.
	Counts []int `json:"counts"`
	// Collapsed lists the scores that no fitted account has, because equal
	// values stay together.
	Collapsed []int `json:"collapsed,omitempty"`
}

func (s *Scale[T]) count(values []T, score func(T) int) {
	s.Counts = make([]int, len(s.Cuts)+1)
	for _, v := range values {
		s.Counts[score(v)-1]++
	}
	s.Collapsed = emptyScores(s.Counts)
}

func emptyScores(counts []int) (scores []int) {
	for i, n := range counts {
		if n == 0 {
			scores = append(scores, i+1)
		}
	}
	return scores
}

// UnmarshalJSON reads a Model and refuses one of another schema or version
// ([keyaccount.ErrVersion]) or one that does not [Model.Validate].
func (m *Model) UnmarshalJSON(data []byte) error {
	malformed := func(err error) error {
		return &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: "Model", Reason: err.Error()}
	}
	// The version comes first: the rest of an unknown one may not even parse.
	var head struct {
		Schema  string `json:"schema"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return malformed(err)
	}
	if err := checkModelVersion(head.Schema, head.Version); err != nil {
		return err
	}
	type plain Model
	var in plain
	if err := json.Unmarshal(data, &in); err != nil {
		return malformed(err)
	}
	if err := (*Model)(&in).Validate(); err != nil {
		return err
	}
	*m = Model(in)
	return nil
}

func checkModelVersion(schema string, version int) error {
	if schema != ModelSchema {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrVersion, Field: "Schema", Value: schema, Reason: "this is not " + ModelSchema,
		}
	}
	if version != ModelVersion {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrVersion, Field: "Version", Value: strconv.Itoa(version),
			Reason: "only version " + strconv.Itoa(ModelVersion) + " is known",
		}
	}
	return nil
}

// Validate reports the first thing that makes the Model no result of [FitRFM],
// as a [*keyaccount.InputError]. For one that was put together by hand or
// elsewhere.
func (m *Model) Validate() error {
	if err := checkModelVersion(m.Schema, m.Version); err != nil {
		return err
	}
	switch {
	case m.Bins < 2 || m.Bins > MaxBins:
		return modelFault("Bins", "there can be 2 to "+strconv.Itoa(MaxBins)+" bins")
	case !m.Rule.known():
		return unknownRule(m.Rule)
	case !writable(m.AsOf):
		return modelFault("AsOf", "the year must lie between 1 and 9998")
	case m.Scored < 1 || m.Unscored < 0:
		return modelFault("Scored", "a model comes from at least one account with orders")
	}
	if err := m.Recency.validate("Recency", m, cutOrder); err != nil {
		return err
	}
	if err := m.Frequency.validate("Frequency", m, cutOrder); err != nil {
		return err
	}
	for _, c := range m.Monetary.Cuts {
		if !exact.InRange(c.Value) || c.Over < 0 || c.Over > MaxBins {
			return modelFault("Monetary.Cuts", "a cut is outside the range of money")
		}
	}
	return m.Monetary.validate("Monetary", m, moneyCutOrder)
}

func modelFault(field, reason string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Reason: reason}
}

func (s *Scale[T]) validate(name string, m *Model, order func(a, b Cut[T]) int) error {
	if len(s.Cuts) != m.Bins-1 || len(s.Counts) != m.Bins {
		return modelFault(name, "a scale needs a count for every bin, and a cut between any two")
	}
	if !slices.IsSortedFunc(s.Cuts, order) {
		return modelFault(name+".Cuts", "the cuts must ascend")
	}
	left := m.Scored
	for _, n := range s.Counts {
		if n < 0 || n > left {
			return modelFault(name+".Counts", "the counts must add up to the scored accounts")
		}
		left -= n
	}
	if left != 0 {
		return modelFault(name+".Counts", "the counts must add up to the scored accounts")
	}
	if !slices.Equal(s.Collapsed, emptyScores(s.Counts)) {
		return modelFault(name+".Collapsed", "the collapsed scores are those with a count of zero")
	}
	return nil
}

func cutOrder(a, b Cut[int]) int {
	if c := cmp.Compare(a.Value, b.Value); c != 0 {
		return c
	}
	return closedFirst(a.OrEqual, b.OrEqual)
}

func moneyCutOrder(a, b Cut[decimal.Decimal]) int {
	ours := a.Value.Mul(decimal.NewFromInt(int64(max(b.Over, 1))))
	if c := compareTimes(b.Value, max(a.Over, 1), ours); c != 0 {
		return -c
	}
	return closedFirst(a.OrEqual, b.OrEqual)
}

// closedFirst orders two cuts at the same value: the one that the value itself
// is beyond comes first.
func closedFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
