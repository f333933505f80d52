package segment

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	saved "github.com/keyaccount/keyaccount/internal/state"
)

// The schema and version that a [Model] carries. Version 1, which had one rule
// for all scales and no segments, is read as well.
const (
	ModelSchema  = "keyaccount/segment.Model"
	ModelVersion = 2
)

// Model is what [FitRFM] found, or [NewModel] was told: a plain value that can
// be kept as JSON and asked again later with [Model.Score], so that an
// account's score changes because the account did. To fit again is a separate
// act. It is safe for concurrent use while nobody writes to it.
type Model struct {
	// Schema and Version are ModelSchema and ModelVersion.
	Schema  string `json:"schema"`
	Version int    `json:"version"`

	// Policy is the host's name of how the accounts were summarised: which
	// returns count, which accounts take part. Only carried.
	Policy string `json:"policy,omitempty"`
	// AsOf and Currency are those of the fitted accounts, Location the name of
	// the calendar in which their days were counted.
	AsOf     time.Time `json:"as_of"`
	Location string    `json:"location,omitempty"`
	Currency string    `json:"currency,omitempty"`
	// Bins is the greatest number of scores among the three scales, and Rule
	// the option used. A scale may have its own.
	Bins int          `json:"bins"`
	Rule QuantileRule `json:"rule"`
	// Scored is how many of the fitted accounts have orders, Unscored how many
	// have none and took no part. Both are 0 where no accounts were seen.
	Scored   int `json:"scored"`
	Unscored int `json:"unscored"`

	// Recency is in calendar days since the last order, Frequency in orders,
	// Monetary in Currency, net of returns.
	Recency   Scale[int]             `json:"recency"`
	Frequency Scale[int]             `json:"frequency"`
	Monetary  Scale[decimal.Decimal] `json:"monetary"`
	// Nested, where it is set, replaces Frequency and Monetary wherever it has
	// cuts.
	Nested *NestedScales `json:"nested,omitempty"`
	// Dimensions are the further ones, at most MaxDimensions, in the order in
	// which they were given.
	Dimensions []DimensionScale `json:"dimensions,omitempty"`
	// Rules name the segments. Where there are none, neither are segments.
	Rules *Rules `json:"rules,omitempty"`
}

// Scale is one dimension of a [Model].
type Scale[T int | decimal.Decimal] struct {
	// Rule says how the cuts were found.
	Rule QuantileRule `json:"rule"`
	// Cuts are the cuts, one fewer than scores, ascending in the figure (not
	// in the score, which for recency descends).
	Cuts []Cut[T] `json:"cuts"`
	// Counts is how many of the fitted accounts have the score 1, 2, …; empty
	// where no accounts were seen.
	Counts []int `json:"counts,omitempty"`
	// Collapsed lists the scores that no fitted account has, because equal
	// values stay together.
	Collapsed []int `json:"collapsed,omitempty"`
}

// Bins returns the number of scores.
func (s *Scale[T]) Bins() int { return len(s.Cuts) + 1 }

// count fills Counts and Collapsed from the ascending fitted values.
func (s *Scale[T]) count(sorted []int, lowerBetter bool) {
	s.Counts = sorted
	if lowerBetter {
		slices.Reverse(s.Counts)
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
// ([keyaccount.ErrVersion]) or one that does not [Model.Validate]. A Model of
// version 1 becomes one of the present version.
func (m *Model) UnmarshalJSON(data []byte) error {
	type plain Model
	var in plain
	form := saved.Form{Schema: ModelSchema, Version: ModelVersion, Oldest: 1}
	if err := form.ReadJSON(data, "Model", &in); err != nil {
		return err
	}
	if in.Version == 1 {
		in.Version = ModelVersion
		in.Recency.Rule, in.Frequency.Rule, in.Monetary.Rule = in.Rule, in.Rule, in.Rule
	}
	if err := (*Model)(&in).Validate(); err != nil {
		return err
	}
	*m = Model(in)
	return nil
}
