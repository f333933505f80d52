package segment

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

// CriteriaSchema is the schema, and behind the slash its version, that a saved
// [CriteriaPolicy] carries; no other is read.
const CriteriaSchema = "keyaccount/segment.CriteriaPolicy/1"

// MaxFigure bounds the values, bounds and weights of criteria, so that their
// squares and sums stay finite.
const MaxFigure = 1e100

// Direction says which end of a criterion is the better one.
type Direction string

// The directions. There is no default: a forgotten one would rank backwards.
const (
	// Benefit: more is better, such as margin.
	Benefit Direction = "benefit"
	// Cost: less is better, such as cost to serve.
	Cost Direction = "cost"
)

// Criterion is one thing that makes an account key.
type Criterion struct {
	// Name identifies the criterion in results and errors.
	Name string `json:"name"`
	// Text is what people read. Defaults to Name.
	keyaccount.Text
	// Unit is that of the values and bounds, such as "EUR a year".
	Unit string `json:"unit,omitempty"`
	// Direction is Benefit or Cost.
	Direction Direction `json:"direction"`
	// Weight is the importance, 0 or more, in any unit: only the proportions
	// between the weights of a policy count.
	Weight float64 `json:"weight"`
	// Lo and Hi bound the values. Both 0 mean that there are no bounds, which
	// only [RankTOPSIS] and [RankMinMaxSum] can do without.
	Lo float64 `json:"lo"`
	Hi float64 `json:"hi"`
}

// Bounded reports whether the criterion has bounds.
func (c Criterion) Bounded() bool { return c.Lo < c.Hi }

// Label returns the name that people read, in Chinese for "zh" and its
// variants, else in English.
func (c Criterion) Label(lang string) string {
	if s := c.In(lang); s != "" {
		return s
	}
	return c.Name
}

// ends returns the better and the worse of two ends of the scale.
func (c *Criterion) ends(lo, hi float64) (best, worst float64) {
	if c.Direction == Cost {
		return lo, hi
	}
	return hi, lo
}

// MissingRule says what a missing value is worth.
type MissingRule string

const (
	// MissingRefused makes a missing value an error.
	MissingRefused MissingRule = "refused"
	// MissingWorst puts the worse bound in its place.
	MissingWorst MissingRule = "worst"
	// MissingMiddle puts the middle between the bounds in its place.
	MissingMiddle MissingRule = "middle"
)

// OutsideRule says what becomes of a value outside the bounds of its criterion.
type OutsideRule string

const (
	// OutsideRefused makes it an error.
	OutsideRefused OutsideRule = "refused"
	// OutsideClamped puts the nearer bound in its place.
	OutsideClamped OutsideRule = "clamped"
)

// CriteriaPolicy is the law by which accounts are compared: plain data that
// can be kept as JSON and is only read here.
type CriteriaPolicy struct {
	// Version is the host's own name of this state of the policy. Every result
	// echoes it.
	Version string `json:"version,omitempty"`
	// Missing says what a missing value is worth. Defaults to MissingRefused.
	Missing MissingRule `json:"missing,omitempty"`
	// Outside says what becomes of a value outside the bounds. Defaults to
	// OutsideRefused.
	Outside OutsideRule `json:"outside,omitempty"`
	// Criteria are the criteria, in the order of [Alternative.Values].
	Criteria []Criterion `json:"criteria"`
}

// Validate names every fault of the policy.
func (p CriteriaPolicy) Validate() error {
	faults := p.faults()
	if len(faults) == 0 {
		sum := 0.0
		for i := range p.Criteria {
			sum += p.Criteria[i].Weight
		}
		if sum == 0 {
			faults = append(faults, criteriaFault(keyaccount.ErrOutOfRange, "Weight", 0, "0", "the weights add up to zero"))
		}
	}
	return errors.Join(faults...)
}

// faults lists what is wrong, except weights that add up to zero: a policy
// whose weights are still to be found has those.
func (p *CriteriaPolicy) faults() (faults []error) {
	add := func(kind error, field string, row int, value, reason string) {
		faults = append(faults, criteriaFault(kind, field, row, value, reason))
	}
	switch p.Missing {
	case "", MissingRefused, MissingWorst, MissingMiddle:
	default:
		add(keyaccount.ErrOutOfRange, "Missing", 0, string(p.Missing), "the rules are refused, worst and middle")
	}
	switch p.Outside {
	case "", OutsideRefused, OutsideClamped:
	default:
		add(keyaccount.ErrOutOfRange, "Outside", 0, string(p.Outside), "the rules are refused and clamped")
	}
	if len(p.Criteria) == 0 {
		add(keyaccount.ErrMissing, "Criteria", 0, "", "there is no criterion to compare by")
	}
	seen := make(map[string]bool, len(p.Criteria))
	for i := range p.Criteria {
		c, row := &p.Criteria[i], i+1
		switch {
		case c.Name == "":
			add(keyaccount.ErrMissing, "Name", row, "", "a criterion needs a name")
		case seen[c.Name]:
			add(keyaccount.ErrDuplicate, "Name", row, c.Name, "the criterion stands twice")
		}
		seen[c.Name] = true
		switch c.Direction {
		case Benefit, Cost:
		case "":
			add(keyaccount.ErrMissing, "Direction", row, "", "a criterion is a benefit or a cost")
		default:
			add(keyaccount.ErrOutOfRange, "Direction", row, string(c.Direction), "a criterion is a benefit or a cost")
		}
		if !usable(c.Weight) || c.Weight < 0 {
			add(keyaccount.ErrOutOfRange, "Weight", row, figure(c.Weight), "a weight is a number from 0 to 1e100")
		}
		switch {
		case !usable(c.Lo):
			add(keyaccount.ErrOutOfRange, "Lo", row, figure(c.Lo), "a bound is a number from -1e100 to 1e100")
		case !usable(c.Hi):
			add(keyaccount.ErrOutOfRange, "Hi", row, figure(c.Hi), "a bound is a number from -1e100 to 1e100")
		case c.Lo > c.Hi, c.Lo == c.Hi && c.Lo != 0:
			add(keyaccount.ErrOutOfRange, "Hi", row, figure(c.Hi), "the upper bound must lie above the lower one, "+figure(c.Lo))
		}
	}
	return faults
}

// MarshalJSON writes the policy with its schema.
func (p CriteriaPolicy) MarshalJSON() ([]byte, error) {
	if err := errors.Join(p.faults()...); err != nil {
		return nil, err
	}
	type plain CriteriaPolicy
	return json.Marshal(struct {
		Schema string `json:"schema"`
		plain
	}{CriteriaSchema, plain(p)})
}

// UnmarshalJSON reads a policy. It refuses another schema
// ([keyaccount.ErrVersion]), a field it does not know, since a misspelt one
// would otherwise be a default ([keyaccount.ErrMalformed]), and whatever
// [CriteriaPolicy.Validate] does, weights that add up to zero excepted.
func (p *CriteriaPolicy) UnmarshalJSON(data []byte) error {
	type plain CriteriaPolicy
	var in struct {
		Schema string `json:"schema"`
		plain
	}
	if err := (saved.Form{Schema: CriteriaSchema}).ReadJSONStrictly(data, "Policy", &in); err != nil {
		return err
	}
	read := CriteriaPolicy(in.plain)
	if err := errors.Join(read.faults()...); err != nil {
		return err
	}
	*p = read
	return nil
}

// Alternative is one account with its value in every criterion.
type Alternative struct {
	// ID is the account.
	ID string `json:"id"`
	// Values are in the order of the policy's criteria and in their units. NaN,
	// in JSON null, stands for a value that is missing.
	Values []float64 `json:"values"`
}

// Validate names the first value that is infinite or beyond [MaxFigure], or
// the missing ID.
func (a Alternative) Validate() error { return a.validate(0) }

func (a *Alternative) validate(row int) error {
	if a.ID == "" {
		return criteriaFault(keyaccount.ErrMissing, "ID", row, "", "an account needs an ID")
	}
	for j, v := range a.Values {
		if !usable(v) && !math.IsNaN(v) {
			return criteriaFault(keyaccount.ErrOutOfRange, "Values", row, figure(v),
				"value "+strconv.Itoa(j+1)+" is not a number from -1e100 to 1e100")
		}
	}
	return nil
}

// MarshalJSON writes missing values as null.
func (a Alternative) MarshalJSON() ([]byte, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	out := struct {
		ID     string     `json:"id"`
		Values []*float64 `json:"values"`
	}{a.ID, make([]*float64, len(a.Values))}
	for j := range a.Values {
		if !math.IsNaN(a.Values[j]) {
			out.Values[j] = &a.Values[j]
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads null as a missing value.
func (a *Alternative) UnmarshalJSON(data []byte) error {
	var in struct {
		ID     string     `json:"id"`
		Values []*float64 `json:"values"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return criteriaFault(keyaccount.ErrMalformed, "Alternative", 0, "", err.Error())
	}
	read := Alternative{ID: in.ID, Values: make([]float64, len(in.Values))}
	for j, v := range in.Values {
		read.Values[j] = math.NaN()
		if v != nil {
			read.Values[j] = *v
		}
	}
	if err := read.Validate(); err != nil {
		return err
	}
	*a = read
	return nil
}

func criteriaFault(kind error, field string, row int, value, reason string) error {
	return &keyaccount.InputError{Kind: kind, Field: field, Row: row, Value: value, Reason: reason}
}

// usable reports whether v can be computed with; NaN cannot.
func usable(v float64) bool { return math.Abs(v) <= MaxFigure }

func figure(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func inCriterion(c *Criterion, format string, args ...any) string {
	return "criterion " + strconv.Quote(c.Name) + ": " + fmt.Sprintf(format, args...)
}
