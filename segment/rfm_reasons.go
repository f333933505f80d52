package segment

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/label"
)

// ScoreReason is one of the reasons behind a [Score].
type ScoreReason uint8

const (
	// OrderedRecently and NotOrderedForLong: R is above, or below, the middle
	// of its scale.
	OrderedRecently ScoreReason = iota
	NotOrderedForLong
	// OrdersOften and OrdersRarely: likewise F.
	OrdersOften
	OrdersRarely
	// HighNet and LowNet: likewise M.
	HighNet
	LowNet
	// SingleOrder: the account ordered once, whatever F that gives.
	SingleOrder
	// NoNet: the net amount is zero or negative.
	NoNet
	scoreReasons int = iota
)

var reasonTexts = [scoreReasons]struct{ code, en, zh string }{
	OrderedRecently:   {"ordered_recently", "ordered recently", "近期有订单"},
	NotOrderedForLong: {"not_ordered_for_long", "has not ordered for long", "久未下单"},
	OrdersOften:       {"orders_often", "orders often", "下单频繁"},
	OrdersRarely:      {"orders_rarely", "orders rarely", "下单较少"},
	HighNet:           {"high_net", "high net amount", "净额较高"},
	LowNet:            {"low_net", "low net amount", "净额较低"},
	SingleOrder:       {"single_order", "one order so far", "仅有一笔订单"},
	NoNet:             {"no_net", "no positive net amount", "净额不为正"},
}

// String returns the code, such as "orders_often".
func (r ScoreReason) String() string {
	if int(r) >= scoreReasons {
		return "unknown"
	}
	return reasonTexts[r].code
}

// Label returns the reason in words.
func (r ScoreReason) Label(lang string) string {
	if int(r) >= scoreReasons {
		return r.String()
	}
	return label.Pick(lang, reasonTexts[r].en, reasonTexts[r].zh)
}

// Reasons returns the reasons behind a score of this Model in words: those of
// Score.Reasons, and where the figure of each further dimension lies.
func (m *Model) Reasons(s Score, lang string) []string {
	out := s.Reasons.Labels(lang)
	if s.R == 0 {
		return out
	}
	for i := range min(len(m.Dimensions), MaxDimensions) {
		d, score := &m.Dimensions[i], int(s.Dimensions[i])
		name := d.label(lang)
		switch side := cmp.Compare(2*score, d.Bins()+1); {
		case score == 0:
			out = append(out, label.Pick(lang, name+" not known", name+"未知"))
		case side != 0 && side > 0 != d.LowerBetter:
			out = append(out, label.Pick(lang, "high "+name, name+"较高"))
		case side != 0:
			out = append(out, label.Pick(lang, "low "+name, name+"较低"))
		}
	}
	return out
}

// ScoreReasons is a set of reasons, one bit each. In JSON it is a list of
// their codes.
type ScoreReasons uint8

// Has reports whether the reason is in the set.
func (s ScoreReasons) Has(r ScoreReason) bool { return s>>r&1 == 1 }

func (s *ScoreReasons) set(r ScoreReason, holds bool) {
	if holds {
		*s |= 1 << r
	}
}

// List returns the reasons, in the order of their constants.
func (s ScoreReasons) List() []ScoreReason {
	out := make([]ScoreReason, 0, scoreReasons)
	for i := range scoreReasons {
		if r := ScoreReason(i); s.Has(r) {
			out = append(out, r)
		}
	}
	return out
}

// Labels returns the reasons in words.
func (s ScoreReasons) Labels(lang string) []string {
	out := make([]string, 0, scoreReasons)
	for _, r := range s.List() {
		out = append(out, r.Label(lang))
	}
	return out
}

// MarshalJSON writes the list of the codes.
func (s ScoreReasons) MarshalJSON() ([]byte, error) {
	codes := make([]string, 0, scoreReasons)
	for _, r := range s.List() {
		codes = append(codes, r.String())
	}
	return json.Marshal(codes)
}

// UnmarshalJSON reads a list of codes.
func (s *ScoreReasons) UnmarshalJSON(data []byte) error {
	var codes []string
	if err := json.Unmarshal(data, &codes); err != nil {
		return &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: "Reasons", Reason: err.Error()}
	}
	var out ScoreReasons
	for i, code := range codes {
		at := slices.IndexFunc(reasonTexts[:], func(t struct{ code, en, zh string }) bool { return t.code == code })
		if at < 0 {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrMalformed, Field: "Reasons", Row: i + 1, Value: code, Reason: "there is no such reason",
			}
		}
		out.set(ScoreReason(at), true)
	}
	*s = out
	return nil
}
