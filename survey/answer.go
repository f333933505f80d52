package survey

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/keyaccount/keyaccount"
)

// Answer is what one person gave to one question on a scale of 0 to 10, or why
// there is nothing.
type Answer struct {
	// Account is the customer the person speaks for. Required by
	// [NPSByAccount], optional elsewhere.
	Account string `json:"account,omitempty"`
	// Contact is the person, unique within the account. Of several answers by
	// one contact the latest counts. Empty: an answer that stands for itself.
	Contact string `json:"contact,omitempty"`
	// Time is the instant of the answer. It matters only where a contact
	// answered more than once.
	Time time.Time `json:"time,omitzero"`
	// State says whether Score is an answer. The zero State is NotReached, so
	// that an answer nobody filled in is never taken for a score of 0.
	State State `json:"state"`
	// Score is 0 to 10 where State is Answered, else 0.
	Score int `json:"score"`
}

// UnmarshalJSON refuses an answered question without a score, which would
// otherwise be read as a score of 0.
func (a *Answer) UnmarshalJSON(b []byte) error {
	type plain Answer // without this method
	in := struct {
		*plain
		Score *int `json:"score"`
	}{plain: new(plain)}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	if in.Score != nil {
		in.plain.Score = *in.Score
	} else if in.State == Answered {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Score", Reason: "the state is answered, but there is no score",
		}
	}
	*a = Answer(*in.plain)
	return nil
}

// State is what became of the question. Only Answered enters a score; the
// others are counted as missing.
type State uint8

const (
	// NotReached: the question was not put, or not seen.
	NotReached State = iota
	// Answered: there is a score.
	Answered
	// NotApplicable: the person said that the question does not concern them.
	NotApplicable
	// Refused: the person saw the question and dismissed it.
	Refused
)

var stateNames = [...]string{"not_reached", "answered", "not_applicable", "refused"}

// String returns the state's name in JSON, such as "answered".
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// MarshalText implements [encoding.TextMarshaler].
func (s State) MarshalText() ([]byte, error) {
	if int(s) >= len(stateNames) {
		return nil, errState(s.String())
	}
	return []byte(stateNames[s]), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *State) UnmarshalText(b []byte) error {
	for i, name := range stateNames {
		if string(b) == name {
			*s = State(i)
			return nil
		}
	}
	return errState(string(b))
}

func errState(value string) *keyaccount.InputError {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMalformed, Field: "State", Value: value,
		Reason: "want answered, not_applicable, refused or not_reached",
	}
}

// check refuses what would be a wrong number if it were counted.
func (a Answer) check() *keyaccount.InputError {
	switch {
	case int(a.State) >= len(stateNames):
		return errState(a.State.String())
	case a.Score < 0 || a.Score > maxScore:
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Score", Value: strconv.Itoa(a.Score),
			Reason: "the scale is 0 to 10; codes such as 99 or 999 for no answer belong in State",
		}
	case a.State != Answered && a.Score != 0:
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Score", Value: strconv.Itoa(a.Score),
			Reason: "a score although the state is " + a.State.String() + ", not answered",
		}
	}
	return nil
}

const (
	maxScore     = 10
	leastPassive = 7
	leastPromote = 9
)
