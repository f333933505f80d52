package segment

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/label"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

// RulesSchema is the schema and version that [Rules] carry; no other is read.
const RulesSchema = "keyaccount/segment.Rules/1"

// MaxRules is the largest number of rules in [Rules].
const MaxRules = 100

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
}

// String writes the cell as [Score.Code] does.
func (c Cell) String() string { return Score{R: c.R, F: c.F, M: c.M}.Code() }

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

// Rule puts the accounts whose scores lie in all three spans into a segment.
type Rule struct {
	Segment Segment `json:"segment"`
	R       Span    `json:"r"`
	F       Span    `json:"f"`
	M       Span    `json:"m"`
}

// Rules name the segments of a [Model]: an account belongs to the segment of
// the first rule that its scores satisfy. [Rules.Validate] proves that every
// combination of scores has a segment and that every rule has one to give;
// since the first match decides, no combination has two.
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
	// Rules are asked in order. A segment may have several.
	Rules []Rule `json:"rules"`
}

// NewRules returns the rules, or an error that names what [Rules.Validate]
// refuses.
func NewRules(version string, bins Cell, rules ...Rule) (*Rules, error) {
	r := &Rules{Schema: RulesSchema, Version: version, Bins: bins, Rules: rules}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	return r, nil
}

// Of returns the segment of a combination of scores, by the first rule that it
// satisfies, and the zero Segment where there is none.
func (r *Rules) Of(c Cell) Segment {
	for i := range r.Rules {
		if rule := &r.Rules[i]; rule.R.has(c.R) && rule.F.has(c.F) && rule.M.has(c.M) {
			return rule.Segment
		}
	}
	return Segment{}
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
// more than MaxRules; and by its row, every rule whose segment has no key or
// label, or other labels than in a rule before, or whose span is none of
// scores that exist. Where all that is sound it reports combinations of scores
// that no rule covers ([keyaccount.ErrMissing]) and rules that never decide
// because those before them do ([keyaccount.ErrOutOfRange]). [Rules.Coverage]
// lists them in full.
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
			Reason: strconv.Itoa(len(c.Gaps)) + " of " + strconv.Itoa(c.Cells) + " combinations of scores have no segment: " + cellList(c.Gaps),
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
func cellList(cells []Cell) string {
	const shown = 12
	text := ""
	for i, c := range cells {
		if i == shown {
			return text + " …"
		}
		if i > 0 {
			text += " "
		}
		text += c.String()
	}
	return text
}

// shape reports what makes the rules unreadable, before coverage is a question.
func (r *Rules) shape() error {
	var faults []error
	fault := func(kind error, field string, row int, value, reason string) {
		faults = append(faults, &keyaccount.InputError{Kind: kind, Field: field, Row: row, Value: value, Reason: reason})
	}
	if lo, hi := min(r.Bins.R, r.Bins.F, r.Bins.M), max(r.Bins.R, r.Bins.F, r.Bins.M); lo < 2 || hi > MaxBins {
		fault(keyaccount.ErrOutOfRange, "Bins", 0, r.Bins.String(), binsRange())
	}
	switch {
	case len(r.Rules) == 0:
		fault(keyaccount.ErrMissing, "Rules", 0, "", "there is no rule")
	case len(r.Rules) > MaxRules:
		fault(keyaccount.ErrOutOfRange, "Rules", 0, strconv.Itoa(len(r.Rules)), "there can be at most "+strconv.Itoa(MaxRules)+" rules")
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	named := make(map[string]Segment, len(r.Rules))
	for i := range r.Rules {
		rule := &r.Rules[i]
		s := rule.Segment
		before, known := named[s.Key]
		switch {
		case s.Key == "" || s.En == "" || s.Zh == "":
			fault(keyaccount.ErrMissing, "Segment", i+1, s.Key, "a segment needs a key, and a label in English and in Chinese")
		case known && before != s:
			fault(keyaccount.ErrMismatch, "Segment", i+1, s.Key, "a rule before gives this segment other labels")
		}
		named[s.Key] = s
		for _, x := range []struct {
			field string
			span  Span
			bins  int
		}{{"R", rule.R, r.Bins.R}, {"F", rule.F, r.Bins.F}, {"M", rule.M, r.Bins.M}} {
			if low, high := x.span.bounds(x.bins); low < 1 || low > high || high > x.bins {
				fault(keyaccount.ErrOutOfRange, x.field, i+1, strconv.Itoa(low)+" to "+strconv.Itoa(high),
					"a span goes up, within the scores 1 to "+strconv.Itoa(x.bins))
			}
		}
	}
	return errors.Join(faults...)
}

// UnmarshalJSON reads Rules and refuses those that do not [Rules.Validate].
func (r *Rules) UnmarshalJSON(data []byte) error {
	type plain Rules
	var in plain
	if err := json.Unmarshal(data, &in); err != nil {
		return saved.Fault("Rules", err.Error())
	}
	if err := (*Rules)(&in).Validate(); err != nil {
		return err
	}
	*r = Rules(in)
	return nil
}
