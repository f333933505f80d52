package segment

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

// The schema and version that a [HysteresisState] carries. Version 1, which had
// no further dimensions, is read as well.
const (
	HysteresisSchema  = "keyaccount/segment.HysteresisState"
	HysteresisVersion = 2
)

// HysteresisState is one account's scores in force, to be kept until the next
// period. The zero value is that of an account that was never looked at.
type HysteresisState struct {
	// Schema and Version are HysteresisSchema and HysteresisVersion.
	Schema  string `json:"schema"`
	Version int    `json:"version"`
	// Policy is HysteresisPolicy.Version.
	Policy string    `json:"policy,omitempty"`
	ID     string    `json:"id"`
	AsOf   time.Time `json:"as_of"`
	// Bins is that of the model.
	Bins int       `json:"bins"`
	R    HeldLevel `json:"r"`
	F    HeldLevel `json:"f"`
	M    HeldLevel `json:"m"`
	// Dimensions are the model's further ones, in its order.
	Dimensions []HeldDimension `json:"dimensions,omitempty"`
}

// Score returns the scores in force; [Model.Segment] names them.
func (s *HysteresisState) Score() Score {
	out := Score{R: s.R.Level, F: s.F.Level, M: s.M.Level}
	for i := range min(len(s.Dimensions), MaxDimensions) {
		out.Dimensions[i] = int8(s.Dimensions[i].Level)
	}
	return out
}

// UnmarshalJSON reads a state and refuses one of another schema or version
// ([keyaccount.ErrVersion]) or one that no Step can have left.
func (s *HysteresisState) UnmarshalJSON(data []byte) error {
	type plain HysteresisState
	var in plain
	if err := json.Unmarshal(data, &in); err != nil {
		return saved.Fault("HysteresisState", err.Error())
	}
	if in.Version == 1 {
		in.Version = HysteresisVersion
	}
	if err := (*HysteresisState)(&in).Validate(); err != nil {
		return err
	}
	*s = HysteresisState(in)
	return nil
}

// Validate reports the first thing that no [Hysteresis.Step] can have left.
func (s *HysteresisState) Validate() error {
	if err := (saved.Form{Schema: HysteresisSchema, Version: HysteresisVersion}).Check(s.Schema, s.Version); err != nil {
		return err
	}
	if s.ID == "" {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "ID", Reason: "a state needs the ID of its account"}
	}
	if s.Bins < 2 || s.Bins > MaxBins {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Bins", Value: strconv.Itoa(s.Bins), Reason: "there can be 2 to " + strconv.Itoa(MaxBins) + " bins",
		}
	}
	if !writable(s.AsOf) {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "AsOf", Value: stamp(s.AsOf), Reason: "the year must lie between 1 and 9998",
		}
	}
	if err := s.R.validate("R", s.Bins); err != nil {
		return err
	}
	if err := s.F.validate("F", s.Bins); err != nil {
		return err
	}
	if err := s.M.validate("M", s.Bins); err != nil {
		return err
	}
	return s.validateDimensions()
}

// Hysteresis is a [Model] together with a [HysteresisPolicy]. It does not
// change and is safe for concurrent use.
type Hysteresis struct {
	model  Model
	policy HysteresisPolicy

	recencyUp, recencyDown     []Cut[int]
	frequencyUp, frequencyDown []Cut[int]
	monetaryUp, monetaryDown   []Cut[decimal.Decimal]
	dimensions                 []bandedDimension
}

// NewHysteresis works out the cuts beyond which the policy promotes and
// demotes. It refuses a model or a policy that does not validate, a band for a
// dimension that the model has not ([keyaccount.ErrMismatch]), and a nested
// model, whose cuts of one scale depend on the scores of another.
func NewHysteresis(model *Model, policy HysteresisPolicy) (*Hysteresis, error) {
	if err := errors.Join(checkModel("model", model), policy.Validate()); err != nil {
		return nil, err
	}
	if model.Nested != nil {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "model.Nested",
			Reason: "a band lies around one row of cuts, and in a nested model the cuts of one scale depend on the scores of another",
		}
	}
	for _, name := range slices.Sorted(maps.Keys(policy.Dimensions)) {
		if _, ok := model.Dimension(name); !ok {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrMismatch, Field: "Dimensions", Value: name, Reason: "the model has no such dimension",
			}
		}
	}
	m := *model
	h := &Hysteresis{
		model: m, policy: policy,
		// Fewer days are better.
		recencyUp: shiftInts(m.Recency.Cuts, &policy.R.Promote, -1), recencyDown: shiftInts(m.Recency.Cuts, &policy.R.Demote, +1),
		frequencyUp: shiftInts(m.Frequency.Cuts, &policy.F.Promote, +1), frequencyDown: shiftInts(m.Frequency.Cuts, &policy.F.Demote, -1),
		monetaryUp: shiftMoney(m.Monetary.Cuts, &policy.M.Promote, +1), monetaryDown: shiftMoney(m.Monetary.Cuts, &policy.M.Demote, -1),
	}
	for i := range m.Dimensions {
		h.dimensions = append(h.dimensions, newBandedDimension(&m.Dimensions[i], policy.Dimensions[m.Dimensions[i].Name]))
	}
	return h, nil
}

// Step returns the state after a period at the end of which the account stands
// as given; call it once a period. The state before stays as it is, and the
// zero state begins with the plain score.
//
// An account without orders deserves no score: it loses the one in force when
// as many periods as demotion takes have passed without one (at once where
// Either lets a margin be enough), and begins afresh with its next order. So it
// is on a further dimension while the figure is not known. A state of another
// policy version keeps its levels and begins to count anew; one of a model with
// other dimensions loses those that are gone and begins the new ones.
//
// Step refuses an account that [FitRFM] refuses, one in another currency, or
// another one than the state's; a state of a model with another number of bins
// ([keyaccount.ErrMismatch]); and an as-of that is not after the state's
// ([keyaccount.ErrOutOfRange]), so that no period counts twice.
func (h *Hysteresis) Step(state HysteresisState, a Account) (HysteresisState, error) {
	one := [1]Account{a}
	if err := checkDate("account", one[:], &h.model); err != nil {
		return HysteresisState{}, atRow(err, 0)
	}
	if !state.unseen() {
		if err := h.checkState(&state, &a); err != nil {
			return HysteresisState{}, err
		}
	}
	return h.step(&state, &a), nil
}

// unseen reports whether the state is that of an account not yet looked at.
func (s *HysteresisState) unseen() bool {
	return s.Schema == "" && s.Version == 0 && s.ID == "" && s.Bins == 0 && s.Score() == Score{}
}

// step is Step for a state and an account that belong together.
func (h *Hysteresis) step(state *HysteresisState, a *Account) HysteresisState {
	counted := func(l HeldLevel) HeldLevel {
		if state.Policy != h.policy.Version {
			l.Recent = nil
		}
		return l
	}
	var days, orders, net reading
	if a.HasOrders() {
		bins, plain := h.model.Recency.Bins(), h.model.Score(*a)
		days = reading{
			up:    bins - beyond(a.DaysSinceLast, h.recencyUp, compareCount),
			plain: plain.R,
			down:  bins - beyond(a.DaysSinceLast, h.recencyDown, compareCount),
		}
		orders = reading{1 + beyond(a.Orders, h.frequencyUp, compareCount), plain.F, 1 + beyond(a.Orders, h.frequencyDown, compareCount)}
		net = reading{1 + beyond(a.Net, h.monetaryUp, compareNet), plain.M, 1 + beyond(a.Net, h.monetaryDown, compareNet)}
	}
	out := HysteresisState{
		Schema: HysteresisSchema, Version: HysteresisVersion, Policy: h.policy.Version,
		ID: a.ID, AsOf: a.AsOf, Bins: h.model.Bins,
		R: h.policy.R.next(counted(state.R), days),
		F: h.policy.F.next(counted(state.F), orders),
		M: h.policy.M.next(counted(state.M), net),
	}
	if len(h.dimensions) > 0 {
		out.Dimensions = make([]HeldDimension, len(h.dimensions))
	}
	for i := range h.dimensions {
		d := &h.dimensions[i]
		var held HeldLevel
		if was := state.dimension(d.Name); was != nil {
			held = counted(was.HeldLevel)
		}
		out.Dimensions[i] = d.next(held, a)
	}
	return out
}

func (h *Hysteresis) checkState(state *HysteresisState, a *Account) error {
	if err := state.Validate(); err != nil {
		return within("state", err)
	}
	fault := func(kind error, field, value, reason string) error {
		return &keyaccount.InputError{Kind: kind, Field: "state." + field, Value: value, Reason: reason}
	}
	switch {
	case state.ID != a.ID:
		return fault(keyaccount.ErrMismatch, "ID", state.ID, "this is not the state of the account "+strconv.Quote(a.ID))
	case state.Bins != h.model.Bins:
		return fault(keyaccount.ErrMismatch, "Bins", strconv.Itoa(state.Bins),
			"the model's scores go up to "+strconv.Itoa(h.model.Bins))
	case !a.AsOf.After(state.AsOf):
		return fault(keyaccount.ErrOutOfRange, "AsOf", stamp(state.AsOf),
			"the account stands as of "+stamp(a.AsOf)+", which is no later period")
	}
	for i := range h.dimensions {
		d := &h.dimensions[i]
		if was := state.dimension(d.Name); was != nil && was.Bins != d.Bins() {
			return fault(keyaccount.ErrMismatch, "Dimensions", d.Name, "the model's scores go up to "+strconv.Itoa(d.Bins()))
		}
	}
	return nil
}

// StepAll steps every account of a period, each list in any order, and returns
// the states sorted by ID. An account without a state begins with its plain
// score; a state without an account is stepped as an account without orders,
// and dropped when nothing is in force any more. A fault names the row in the
// list, and the field with "accounts." or "state." before it.
func (h *Hysteresis) StepAll(states []HysteresisState, accounts []Account) ([]HysteresisState, error) {
	if len(accounts) == 0 {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "accounts", Reason: "a period needs accounts"}
	}
	if err := checkDate("accounts", accounts, &h.model); err != nil {
		return nil, err
	}
	kept := newByID(states, func(s *HysteresisState) string { return s.ID })
	if i := kept.duplicate(); i >= 0 {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrDuplicate, Field: "state.ID", Row: i + 1, Value: states[i].ID, Reason: "the state stands twice",
		}
	}
	asOf := accounts[0].AsOf
	for i := range states {
		if err := h.checkState(&states[i], &Account{ID: states[i].ID, AsOf: asOf}); err != nil {
			return nil, atRow(err, i+1)
		}
	}
	out := make([]HysteresisState, 0, max(len(states), len(accounts)))
	join(kept, newByID(accounts, accountID), func(s *HysteresisState, a *Account) {
		if s == nil {
			s = new(HysteresisState)
		}
		listed := a != nil
		if !listed {
			a = &Account{ID: s.ID, AsOf: asOf, DaysSinceLast: -1}
		}
		if next := h.step(s, a); listed || next.Score() != (Score{}) {
			out = append(out, next)
		}
	})
	return out, nil
}

// shiftMoney moves every cut up (sign +1) or down (-1) by the margin.
func shiftMoney(cuts []Cut[decimal.Decimal], rule *HysteresisRule, sign int64) []Cut[decimal.Decimal] {
	if !rule.hasMargin() {
		return cuts
	}
	out := make([]Cut[decimal.Decimal], len(cuts))
	for i, c := range cuts {
		// Value and margin are both Over times what they stand for.
		margin := rule.Margin.Mul(decimal.New(int64(max(c.Over, 1)), 0))
		if share := rule.Share.Mul(c.Value.Abs()); compareMoney(share, margin) > 0 {
			margin = share
		}
		out[i] = Cut[decimal.Decimal]{Value: c.Value.Add(margin.Mul(decimal.New(sign, 0))), Over: c.Over, OrEqual: c.OrEqual}
	}
	return out
}

// shiftInts does so for whole numbers, which are beyond a broken cut exactly
// when they are beyond the whole number below it.
func shiftInts(cuts []Cut[int], rule *HysteresisRule, sign int64) []Cut[int] {
	if !rule.hasMargin() {
		return cuts
	}
	out := make([]Cut[int], len(cuts))
	for i, c := range cuts {
		at := shiftMoney([]Cut[decimal.Decimal]{{Value: decimal.New(int64(c.Value), 0)}}, rule, sign)[0].Value
		whole := at.Floor()
		v, orEqual := whole.BigInt(), c.OrEqual && compareMoney(whole, at) == 0
		switch {
		case v.IsInt64():
			out[i] = Cut[int]{Value: int(v.Int64()), OrEqual: orEqual}
		case v.Cmp(new(big.Int)) > 0:
			out[i] = Cut[int]{Value: math.MaxInt}
		default:
			out[i] = Cut[int]{Value: math.MinInt, OrEqual: true}
		}
	}
	return out
}
