package segment

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// FuzzScoreUnmarshalJSON: a score that is read can be written and read again,
// and what is refused says why.
func FuzzScoreUnmarshalJSON(f *testing.F) {
	f.Add(`{"r":5,"f":4,"m":5,"segment":{"key":"late","en":"Late","zh":"迟"},"reasons":["orders_often"],"dimensions":[3,0,12]}`)
	f.Add(`{"dimensions":[1,1,1,1,1,1,1,1,1]}`)
	f.Add(`{"dimensions":[-101]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var s Score
		if err := json.Unmarshal([]byte(text), &s.Dimensions); err != nil {
			_, typed := errors.AsType[*keyaccount.InputError](err)
			require.True(t, typed || !json.Valid([]byte(text)))
		}
		if json.Unmarshal([]byte(text), &s) != nil {
			return
		}
		again, err := json.Marshal(s)
		require.NoError(t, err)
		var back Score
		require.NoError(t, json.Unmarshal(again, &back))
		require.Equal(t, s.Code(), back.Code())
		require.Equal(t, s.Dimensions, back.Dimensions)
	})
}
