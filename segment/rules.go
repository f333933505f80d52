package segment

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/label"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

// RulesSchema is the schema and version that [Rules] carry. Version 1, which
// had no further dimensions, is read as well.
const (
	RulesSchema   = "keyaccount/segment.Rules/2"
	rulesSchemaV1 = "keyaccount/segment.Rules/1"
)

// MaxRules is the largest number of rules in [Rules], and MaxCells that of
// combinations of scores that they can be proven for.
const (
	MaxRules = 100
	MaxCells = 1 << 20
)

// Segment is a named group of accounts. The zero Segment is that of an account
// without a score.
type Segment struct {
	// Key names the segment in data and code, such as "champions".
	Key string `json:"key"`
	keyaccount.Text
}

// Label returns the name in the language; for the zero Segment it says that
// there is no score.
func (s Segment) Label(lang string) string {
	if s == (Segment{}) {
		return label.Pick(lang, "Not scored", "未评分")
	}
	return s.In(lang)
}

// Cell is a combination of scores, or the number of scores on each scale.
type Cell struct {
	R int `json:"r"`
	F int `json:"f"`
	M int `json:"m"`
	// Dimensions are those on the further dimensions of the [Rules], in their
	// order.
	Dimensions DimensionScores `json:"dimensions,omitzero"`
}

// String writes the cell as [Score.Code] does.
func (c Cell) String() string { return c.code(c.Dimensions.used()) }

// code writes as many further dimensions as said.
func (c Cell) code(dims int) string {
	sep := ""
	if max(c.R, c.F, c.M) > 9 || slices.Max(c.Dimensions[:]) > 9 {
		sep = "-"
	}
	text := strconv.Itoa(c.R) + sep + strconv.Itoa(c.F) + sep + strconv.Itoa(c.M)
	if dims == 0 {
		return text
	}
	levels := make([]string, dims)
	for i := range levels {
		levels[i] = strconv.Itoa(int(c.Dimensions[i]))
	}
	return text + "/" + strings.Join(levels, sep)
}

// Span is the lowest and the highest of a range of scores, both included. The
// zero Span is every score.
type Span [2]int

func (s Span) has(score int) bool { return s[0] <= score && score <= s[1] || s == Span{} }

// bounds resolves the zero Span.
func (s Span) bounds(bins int) (low, high int) {
	if s == (Span{}) {
		return 1, bins
	}
	return s[0], s[1]
}

// Levels are the lowest and the highest of a range of levels on a further
// dimension, both included: its scores, and 0 for a figure that is not known.
// Thus {0, 0} is where the figure is not known, and {1, 5} where it is.
type Levels [2]int

// Rule puts the accounts whose scores lie in all three spans, and in the levels
// of further dimensions, into a segment.
type Rule struct {
	Segment Segment `json:"segment"`
	R       Span    `json:"r"`
	F       Span    `json:"f"`
	M       Span    `json:"m"`
	// Dimensions are the levels asked for, by the names of the dimensions. One
	// that is left out does not matter.
	Dimensions map[string]Levels `json:"dimensions,omitempty"`
}

// has reports whether the levels of the further dimensions named are among
// those that the rule asks for.
func (r *Rule) has(names []string, levels *DimensionScores) bool {
	for i, name := range names[:min(len(names), MaxDimensions)] {
		if l, asks := r.Dimensions[name]; asks && (int(levels[i]) < l[0] || int(levels[i]) > l[1]) {
			return false
		}
	}
	return true
}

// Rules name the segments of a [Model]: an account belongs to the segment of
// the first rule that its scores satisfy. [Rules.Validate] proves that every
// combination of scores, on the further dimensions too and where their figures
// are not known, has a segment and that every rule has one to give; since the
// first match decides, no combination has two.
//
// Rules are data: change a copy of [DefaultRules], or write your own, and give
// them to [FitRFM]. They are safe for concurrent use while nobody writes to
// them.
type Rules struct {
	// Schema is RulesSchema.
	Schema string `json:"schema"`
	// Version is the host's name of this set.
	Version string `json:"version"`
	// Bins is how many scores each scale has.
	Bins Cell `json:"bins"`
	// Dimensions are the names of the further ones that rules ask for, at most
	// MaxDimensions. The Model has to have them; it can have others.
	Dimensions []string `json:"dimensions,omitempty"`
	// Rules are asked in order. A segment may have several.
	Rules []Rule `json:"rules"`
}

// NewRules returns the rules, or an error that names what [Rules.Validate]
// refuses. The further dimensions, of which Bins has the numbers of scores, are
// nil where rules ask for R, F and M alone.
func NewRules(version string, bins Cell, dimensions []string, rules ...Rule) (*Rules, error) {
	r := &Rules{Schema: RulesSchema, Version: version, Bins: bins, Dimensions: dimensions, Rules: rules}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	return r, nil
}

// Of returns the segment of a combination of scores, by the first rule that it
// satisfies, and the zero Segment where there is none. For scores of a Model,
// whose dimensions may be others or in another order, ask [Model.Segment].
func (r *Rules) Of(c Cell) Segment { return r.of(&c) }

func (r *Rules) of(c *Cell) Segment {
	for i := range r.Rules {
		rule := &r.Rules[i]
		if rule.R.has(c.R) && rule.F.has(c.F) && rule.M.has(c.M) && (len(rule.Dimensions) == 0 || rule.has(r.Dimensions, &c.Dimensions)) {
			return rule.Segment
		}
	}
	return Segment{}
}

// clone returns rules that do not follow a change of these.
func (r *Rules) clone() *Rules {
	own := *r
	own.Dimensions = slices.Clone(r.Dimensions)
	own.Rules = slices.Clone(r.Rules)
	for i := range own.Rules {
		own.Rules[i].Dimensions = maps.Clone(own.Rules[i].Dimensions)
	}
	return &own
}

// Segments returns the segments, each once, in the order of their first rules.
func (r *Rules) Segments() []Segment {
	var out []Segment
	seen := make(map[string]bool, len(r.Rules))
	for i := range r.Rules {
		if s := r.Rules[i].Segment; !seen[s.Key] {
			seen[s.Key] = true
			out = append(out, s)
		}
	}
	return out
}

// Validate reports, as a [*keyaccount.InputError] each, joined: another schema
// ([keyaccount.ErrVersion]); numbers of bins outside 2 to MaxBins; no rules or
// more than MaxRules; dimensions without a name or that stand twice; more than
// MaxCells combinations of scores; and by its row, every rule whose segment has
// no key or label, or other labels than in a rule before, or whose span is none
// of scores that exist, or that asks for a dimension that is not named. Where
// all that is sound it reports combinations of scores that no rule covers
// ([keyaccount.ErrMissing]) and rules that never decide because those before
// them do ([keyaccount.ErrOutOfRange]). [Rules.Coverage] lists them in full.
func (r *Rules) Validate() error {
	if err := (saved.Form{Schema: RulesSchema}).CheckSchema(r.Schema); err != nil {
		return err
	}
	c, err := r.Coverage()
	if err != nil {
		return err
	}
	var faults []error
	if len(c.Gaps) > 0 {
		faults = append(faults, &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Rules",
			Reason: strconv.Itoa(len(c.Gaps)) + " of " + strconv.Itoa(c.Cells) + " combinations of scores have no segment: " + cellList(c.Gaps, len(r.Dimensions)),
		})
	}
	for _, i := range c.Shadowed {
		faults = append(faults, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Rules", Row: i + 1, Value: r.Rules[i].Segment.Key,
			Reason: "the rules before it decide everything it covers",
		})
	}
	return errors.Join(faults...)
}

// cellList names a few of the cells.
func cellList(cells []Cell, dims int) string {
	const shown = 12
	text := ""
	for i, c := range cells {
		if i == shown {
			return text + " …"
		}
		if i > 0 {
			text += " "
		}
		text += c.code(dims)
	}
	return text
}

// UnmarshalJSON reads Rules and refuses those that do not [Rules.Validate].
func (r *Rules) UnmarshalJSON(data []byte) error {
	type plain Rules
	var in plain
	if err := json.Unmarshal(data, &in); err != nil {
		return saved.Fault("Rules", err.Error())
	}
	if in.Schema == rulesSchemaV1 {
		in.Schema = RulesSchema
	}
	if err := (*Rules)(&in).Validate(); err != nil {
		return err
	}
	*r = Rules(in)
	return nil
}
