package clv

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestBGNBDJSONIsReadStrictly(t *testing.T) {
	const good = `{"r":0.243,"alpha":4.414,"a":0.793,"b":2.426}`
	for _, c := range []struct {
		text, field string
		kind        error
	}{
		{`{"r":-1,"alpha":4.414,"a":0.793,"b":2.426}`, "R", keyaccount.ErrOutOfRange},
		{`{"r":0.243,"alpha":4.414,"a":0.793}`, "B", keyaccount.ErrOutOfRange},
		{`{"r":-1,"foo":3}`, "", keyaccount.ErrMalformed},
		{strings.Replace(good, `"b"`, `"foo":3,"b"`, 1), "", keyaccount.ErrMalformed},
		{strings.Replace(good, `4.414`, `"4.414"`, 1), "", keyaccount.ErrMalformed},
		{strings.Replace(good, `4.414`, `1e999`, 1), "", keyaccount.ErrMalformed},
		{`[]`, "", keyaccount.ErrMalformed},
		{`{}`, "R", keyaccount.ErrOutOfRange},
	} {
		for _, into := range []any{&BGNBD{R: 7}, &BGNBDFit{BGNBD: BGNBD{R: 7}, N: 3}} {
			before := reflect.ValueOf(into).Elem().Interface()
			err := json.Unmarshal([]byte(c.text), into)
			require.ErrorIs(t, err, c.kind, c.text)
			var bad *keyaccount.InputError
			require.ErrorAs(t, err, &bad, c.text)
			if c.field != "" {
				assert.Equal(t, c.field, bad.Field, c.text)
			}
			assert.Equal(t, before, reflect.ValueOf(into).Elem().Interface(), "unchanged after an error")
		}
	}
	var m BGNBD
	assert.ErrorIs(t, m.UnmarshalJSON([]byte(good+"{}")), keyaccount.ErrMalformed)
	var f BGNBDFit
	assert.ErrorIs(t, f.UnmarshalJSON([]byte(good+"{}")), keyaccount.ErrMalformed)
	assert.ErrorIs(t, json.Unmarshal([]byte(good), &f), keyaccount.ErrMissing, "a bare model is no fit that converged")
	assert.ErrorIs(t, json.Unmarshal([]byte(strings.Replace(good, `"b"`, `"status":"fine","b"`, 1)), &m), keyaccount.ErrMalformed)
	require.NoError(t, json.Unmarshal([]byte(good), &m))
	assert.Equal(t, published, m)
}

// A field that is added to the fit and forgotten here would not be read.
func TestEveryFieldOfAFitIsRead(t *testing.T) {
	in := BGNBDFit{
		BGNBD: published, StdErr: BGNBDStdErr{R: 1, Alpha: 2, A: 3, B: 4},
		LogLikelihood: -5, AIC: 6, BIC: 7, N: 8, Iterations: 9, GradNorm: 10, Status: Weak,
	}
	v := reflect.ValueOf(in)
	for i := range v.NumField() {
		require.False(t, v.Field(i).IsZero(), v.Type().Field(i).Name)
	}
	b, err := json.Marshal(in)
	require.NoError(t, err)
	var back BGNBDFit
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, in, back)
}
