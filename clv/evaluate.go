package clv

import (
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// EvaluateOptions tunes [Evaluate]. The zero value and nil are the defaults.
type EvaluateOptions struct {
	// Period is the length of the periods of Tracking. Defaults to one unit of
	// time.
	Period float64
	// Frequencies is how many numbers of orders the figures of frequency tell
	// apart; all from there on are one. Defaults to 8: 0 to 6, and 7 or more.
	Frequencies int
	// Timings is into how many equal spans Timing cuts the hold-out. Defaults
	// to 10.
	Timings int
}

func (o *EvaluateOptions) withDefaults() (out EvaluateOptions, err error) {
	if o != nil {
		out = *o
	}
	if out.Period == 0 {
		out.Period = 1
	}
	if out.Frequencies == 0 {
		out.Frequencies = 8
	}
	if out.Timings == 0 {
		out.Timings = 10
	}
	bad := func(field, value, reason string) error {
		return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Value: value, Reason: reason}
	}
	return out, errors.Join(
		unless(positive(out.Period), bad("Period", formatFloat(out.Period), "a period must be finite and positive")),
		unless(out.Frequencies > 0 && out.Frequencies <= maxBins,
			bad("Frequencies", strconv.Itoa(out.Frequencies), "there can be 1 to 10000")),
		unless(out.Timings > 0 && out.Timings <= maxBins,
			bad("Timings", strconv.Itoa(out.Timings), "there can be 1 to 10000")),
	)
}

func unless(ok bool, err error) error {
	if ok {
		return nil
	}
	return err
}

const (
	maxBins = 10_000
	// Distributions are taken so far that what is missing is below missingTail,
	// as long as they need not be longer than longestTail.
	missingTail = 1e-8
	longestTail = 1 << 14
	// A probability below it counts as it, so that a log score is finite.
	leastProbability = 1e-300
	// Whoever expects more orders of an account is wrong, and their squares would
	// overflow.
	mostOrders = 1e100
)

// Evaluation is how models did on a hold-out that they had not seen.
type Evaluation struct {
	Unit Unit `json:"unit"`
	// Holdout is its length.
	Holdout float64 `json:"holdout"`
	// Accounts are those judged, Orders theirs in the hold-out.
	Accounts int `json:"accounts"`
	Orders   int `json:"orders"`
	// Table compares the models, in the order given, and then the baselines.
	Table []Score `json:"table"`
	// Best names the best of the Table by each criterion that two of them or
	// more have; of equals, the first.
	Best []Best `json:"best"`
	// Reports are those of the models, in the order given.
	Reports []Report `json:"reports"`
}

// Best is the winner by one criterion.
type Best struct {
	// Criterion is the name of the field of [Score] in JSON.
	Criterion string  `json:"criterion"`
	Name      string  `json:"name"`
	Value     float64 `json:"value"`
}

// Evaluate judges models by what accounts did in the hold-out, against
// baselines that need no model. The same accounts in any order give the same
// bits.
//
// Of several models of one name the second is called "BG/NBD (2)", and so on.
//
// The hold-out must be longer than 0 and have an account
// ([keyaccount.ErrMissing]), its numbers be such as a [Calibration] finds
// ([keyaccount.ErrOutOfRange], naming the row), the models valid and in the
// unit of the sample ([keyaccount.ErrMismatch]). A model whose answers are no
// probabilities or numbers is refused with [keyaccount.ErrOutOfRange].
func Evaluate(sample *Sample, models []OrderFlow, opts *EvaluateOptions) (*Evaluation, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	data, err := newTrial(sample)
	if err != nil {
		return nil, err
	}
	out := &Evaluation{Unit: sample.Unit, Holdout: sample.Holdout, Accounts: len(sample.Accounts), Orders: data.orders}
	seen := map[string]int{}
	for i, m := range models {
		if err := checkModel(m, sample.Unit, i+1); err != nil {
			return nil, err
		}
		report, err := data.report(m, o)
		if err != nil {
			return nil, err
		}
		if seen[m.Name()]++; seen[m.Name()] > 1 {
			report.Name += " (" + strconv.Itoa(seen[m.Name()]) + ")"
		}
		out.Reports = append(out.Reports, *report)
		out.Table = append(out.Table, report.Score)
	}
	out.Table = append(out.Table, data.baselines()...)
	out.Best = bestOf(out.Table)
	return out, nil
}

func checkModel(m OrderFlow, u Unit, row int) error {
	if m == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "models", Row: row, Reason: "there is no model"}
	}
	if err := m.Validate(); err != nil {
		return err
	}
	if m.TimeUnit() != u {
		return unitMismatch(m.TimeUnit(), u)
	}
	return nil
}

// trial is a sample laid out to be asked of many models: accounts that are
// alike are one, in an order of their own.
type trial struct {
	*Sample
	digest string
	rows   []trialRow
	orders int
	timed  bool // Next is known
}

type trialRow struct {
	History
	Outcome
	n float64
}

func newTrial(s *Sample) (*trial, error) {
	if s == nil || len(s.Accounts) == 0 {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "sample", Reason: "there is no account to judge by"}
	}
	if err := s.Unit.Validate(); err != nil {
		return nil, err
	}
	if !positive(s.Holdout) {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Holdout", Value: formatFloat(s.Holdout),
			Reason: "a hold-out must be finite and longer than 0",
		}
	}
	t := &trial{Sample: s, timed: s.Dated}
	for i, a := range s.Accounts {
		if bad := a.Later.problem(a.History, s); bad != nil {
			bad.Row = i + 1
			return nil, bad
		}
		row := trialRow{a.History, a.Later, 1}
		row.Value = 0 // orders are judged here, not what they were worth
		if !s.Dated {
			row.Next, row.Before = 0, 0
		}
		t.rows = append(t.rows, row)
		t.orders += a.Later.Orders
	}
	slices.SortFunc(t.rows, compareRows)
	out := t.rows[:1]
	for _, row := range t.rows[1:] {
		if last := &out[len(out)-1]; compareRows(*last, row) == 0 {
			last.n++
		} else {
			out = append(out, row)
		}
	}
	t.rows = out
	table, err := s.Counts()
	if err != nil {
		return nil, err
	}
	t.digest = table.digest()
	return t, s.checkDates()
}

func compareRows(a, b trialRow) int {
	if c := compareHistories(a.History, b.History); c != 0 {
		return c
	}
	if c := a.Orders - b.Orders; c != 0 {
		return c
	}
	if a.Next != b.Next {
		if a.Next < b.Next {
			return -1
		}
		return 1
	}
	return a.Before - b.Before
}

func (o Outcome) problem(h History, s *Sample) *keyaccount.InputError {
	if bad := h.problem(); bad != nil {
		return bad
	}
	switch {
	case o.Orders < 0 || o.Orders > MaxOrders:
		return badHistory("Orders", strconv.Itoa(o.Orders), "there can be 0 to 100000 orders in a hold-out")
	case o.Before < 0 || o.Before > maxFrequency:
		return badHistory("Before", strconv.Itoa(o.Before), "a number of orders cannot be negative")
	case s.Dated && !(o.Next >= 0 && o.Next <= s.Holdout) || s.Dated && (o.Next > 0) != (o.Orders > 0):
		return badHistory("Next", formatFloat(o.Next), "the next order lies in the hold-out where there is one, else it is 0")
	}
	return nil
}

// checkDates looks at what is dated beside the accounts.
func (s *Sample) checkDates() error {
	if !(s.Calibration >= 0 && s.Calibration <= math.MaxFloat64) {
		return badHistory("Calibration", formatFloat(s.Calibration), "the length of a period must be finite and not negative")
	}
	const rounding = 1 + 1e-9 // times are added up
	longest := 0.0
	for i, a := range s.Accounts {
		longest = max(longest, a.Age)
		if s.Dated && a.Age > s.Calibration*rounding {
			bad := badHistory("Age", formatFloat(a.Age), "it is older than the calibration is long")
			bad.Row = i + 1
			return bad
		}
	}
	for i, r := range s.Repeats {
		if !(r.Time > 0) || r.Time > (s.Calibration+s.Holdout)*rounding || r.Orders < 0 || i > 0 && r.Time <= s.Repeats[i-1].Time {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: "Repeats", Row: i + 1, Value: formatFloat(r.Time),
				Reason: "days with repeat orders must lie between the start and the end, and rise",
			}
		}
	}
	for i, a := range s.Born {
		if bad := a.problem(); bad != nil {
			bad.Row = i + 1
			return bad
		}
		if a.Age > s.Holdout {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: "Born", Row: i + 1, Value: formatFloat(a.Age),
				Reason: "it is older than the hold-out is long",
			}
		}
	}
	if math.IsInf(longest+s.Holdout, 1) {
		return badHistory("Age", formatFloat(longest), "an age plus the hold-out must be finite")
	}
	return nil
}
