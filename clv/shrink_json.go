package clv

import (
	"encoding/json"
	"math"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/state"
)

var segmentsForm = state.Form{Schema: "keyaccount/clv.SegmentFits", Version: 1}

// segmentsJSON is the fits of segments in JSON.
type segmentsJSON[F any] struct {
	Schema  string `json:"schema"`
	Version int    `json:"version"`
	plainSegments[F]
}

// plainSegments has the fields but not the methods.
type plainSegments[F any] SegmentFits[F]

// MarshalJSON writes all fits, the typical segment and the spread.
func (s SegmentFits[F]) MarshalJSON() ([]byte, error) {
	return json.Marshal(segmentsJSON[F]{segmentsForm.Schema, segmentsForm.Version, plainSegments[F](s)})
}

// UnmarshalJSON reads what [SegmentFits.MarshalJSON] wrote, with fits of the
// same model. It refuses another schema or version ([keyaccount.ErrVersion]), an
// unknown field or numbers that no fit has ([keyaccount.ErrMalformed]), and what
// the fits themselves refuse. After an error the receiver is unchanged.
func (s *SegmentFits[F]) UnmarshalJSON(data []byte) error {
	var in segmentsJSON[json.RawMessage]
	if err := segmentsForm.ReadJSONStrictly(data, "SegmentFits", &in); err != nil {
		return err
	}
	if !in.sound() {
		return &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: "SegmentFits", Reason: "these numbers are no fits of segments"}
	}
	read := SegmentFits[F]{Typical: in.Typical, Spread: in.Spread, LogMarginal: in.LogMarginal, Iterations: in.Iterations}
	if err := readFit(in.Pooled, &read.Pooled); err != nil {
		return err
	}
	for _, segment := range in.Segments {
		one := SegmentFit[F]{Name: segment.Name, Coordinates: segment.Coordinates}
		if err := readFit(segment.Fit, &one.Fit); err != nil {
			return err
		}
		read.Segments = append(read.Segments, one)
	}
	*s = read
	return nil
}

func readFit(data json.RawMessage, into any) error {
	if len(data) == 0 || string(data) == "null" {
		return &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "Fit", Reason: "a segment without its fit"}
	}
	return state.ReadJSONStrictly(data, "Fit", into)
}

// sound tells whether the numbers can be those of a fit.
func (s plainSegments[F]) sound() bool {
	if len(s.Spread) != len(s.Typical) {
		return false
	}
	for j, c := range s.Typical {
		if s.Spread[j].Name != c.Name || !positive(c.StdErr) || !positive(s.Spread[j].Value) ||
			!positive(math.Hypot(c.StdErr, s.Spread[j].Value)) {
			return false
		}
	}
	for _, segment := range s.Segments {
		if len(segment.Coordinates) != len(s.Typical) {
			return false
		}
		for j, c := range segment.Coordinates {
			if c.Name != s.Typical[j].Name || !(c.Shrinkage >= 0 && c.Shrinkage <= 1) || !(c.Factor >= 0) {
				return false
			}
		}
	}
	return len(s.Segments) > 0
}
