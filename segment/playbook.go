package segment

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/keyaccount/keyaccount"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

// PlaybookSchema is the schema and version that a [Playbook] carries; no other
// is read.
const PlaybookSchema = "keyaccount/segment.Playbook/1"

// MaxCadence is the longest time between two contacts, in days.
const MaxCadence = 3660

// Playbook says what is done for the accounts of each segment.
type Playbook struct {
	// Schema is PlaybookSchema.
	Schema string `json:"schema"`
	// Version is the host's name of this playbook.
	Version string `json:"version"`
	// Plays has one entry for every segment, in any order.
	Plays []Play `json:"plays"`
}

// Play is what is done for the accounts of one segment.
type Play struct {
	// Segment is the Key of the [Segment].
	Segment string `json:"segment"`
	// Strategy is the aim, Service what the account gets, Owner who answers
	// for it.
	Strategy keyaccount.Text `json:"strategy"`
	Service  keyaccount.Text `json:"service"`
	Owner    keyaccount.Text `json:"owner"`
	// CadenceDays is the longest time between two contacts, in days from 1 to
	// MaxCadence.
	CadenceDays int `json:"cadence_days"`
}

// For returns what is done for a segment, and false where the playbook does
// not know it.
func (p *Playbook) For(s Segment) (Play, bool) {
	for i := range p.Plays {
		if p.Plays[i].Segment == s.Key {
			return p.Plays[i], true
		}
	}
	return Play{}, false
}

// Validate reports, as a [*keyaccount.InputError] each, joined: another schema
// ([keyaccount.ErrVersion]), and by its row every play without a segment or a
// text ([keyaccount.ErrMissing]), for a segment that stands twice
// ([keyaccount.ErrDuplicate]), or with a cadence outside its domain
// ([keyaccount.ErrOutOfRange]).
func (p *Playbook) Validate() error {
	if err := (saved.Form{Schema: PlaybookSchema}).CheckSchema(p.Schema); err != nil {
		return err
	}
	var faults []error
	seen := make(map[string]bool, len(p.Plays))
	for i := range p.Plays {
		play := &p.Plays[i]
		fault := func(kind error, field, value, reason string) {
			faults = append(faults, &keyaccount.InputError{Kind: kind, Field: field, Row: i + 1, Value: value, Reason: reason})
		}
		switch {
		case play.Segment == "":
			fault(keyaccount.ErrMissing, "Segment", "", "a play is for a segment")
		case seen[play.Segment]:
			fault(keyaccount.ErrDuplicate, "Segment", play.Segment, "the segment has a play already")
		}
		seen[play.Segment] = true
		for _, x := range []struct {
			field string
			text  keyaccount.Text
		}{{"Strategy", play.Strategy}, {"Service", play.Service}, {"Owner", play.Owner}} {
			if x.text.En == "" || x.text.Zh == "" {
				fault(keyaccount.ErrMissing, x.field, play.Segment, "a play needs a text in English and in Chinese")
			}
		}
		if play.CadenceDays < 1 || play.CadenceDays > MaxCadence {
			fault(keyaccount.ErrOutOfRange, "CadenceDays", strconv.Itoa(play.CadenceDays),
				"a contact is due every 1 to "+strconv.Itoa(MaxCadence)+" days")
		}
	}
	return errors.Join(faults...)
}

// Check reports what [Playbook.Validate] does and, also as a
// [*keyaccount.InputError] each, segments of the rules that have no play
// ([keyaccount.ErrMissing]) and plays for segments that the rules do not have
// ([keyaccount.ErrMismatch]).
func (p *Playbook) Check(rules *Rules) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if rules == nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "rules", Reason: "there are no segments to have plays for"}
	}
	var faults []error
	known := map[string]bool{}
	for _, s := range rules.Segments() {
		known[s.Key] = true
		if _, ok := p.For(s); !ok {
			faults = append(faults, &keyaccount.InputError{
				Kind: keyaccount.ErrMissing, Field: "Plays", Value: s.Key, Reason: "this segment has no play",
			})
		}
	}
	for i := range p.Plays {
		if key := p.Plays[i].Segment; !known[key] {
			faults = append(faults, &keyaccount.InputError{
				Kind: keyaccount.ErrMismatch, Field: "Segment", Row: i + 1, Value: key, Reason: "the rules have no such segment",
			})
		}
	}
	return errors.Join(faults...)
}

// UnmarshalJSON reads a Playbook and refuses one that does not
// [Playbook.Validate].
func (p *Playbook) UnmarshalJSON(data []byte) error {
	type plain Playbook
	var in plain
	if err := json.Unmarshal(data, &in); err != nil {
		return saved.Fault("Playbook", err.Error())
	}
	if err := (*Playbook)(&in).Validate(); err != nil {
		return err
	}
	*p = Playbook(in)
	return nil
}
