package clv

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestModelsAreReadStrictly(t *testing.T) {
	b, err := json.Marshal(published)
	require.NoError(t, err)
	good := string(b)
	assert.Equal(t, `{"schema":"keyaccount/clv.Model","version":1,"model":"BG/NBD","unit":"week","parameters":[`+
		`{"name":"r","value":0.243},{"name":"alpha","value":4.414},{"name":"a","value":0.793},{"name":"b","value":2.426}]}`, good)
	fit, err := FitBGNBD(smallTable(t), nil)
	require.NoError(t, err)
	for _, c := range []struct {
		from, to, field string
		kind            error
	}{
		{"0.243", "-1", "r", keyaccount.ErrOutOfRange},
		{"0.243", `"0.243"`, "", keyaccount.ErrMalformed},
		{"0.243", "1e999", "", keyaccount.ErrMalformed},
		{`"alpha"`, `"beta"`, "Parameters", keyaccount.ErrMismatch},
		{`,{"name":"b","value":2.426}`, "", "Parameters", keyaccount.ErrMissing},
		{`"unit":"week",`, "", "Unit", keyaccount.ErrMissing},
		{"BG/NBD", "MBG/NBD", "Model", keyaccount.ErrMismatch},
		{"clv.Model", "clv.Fit", "Schema", keyaccount.ErrVersion},
		{`"version":1`, `"version":2`, "Version", keyaccount.ErrVersion},
		{`"unit"`, `"foo":3,"unit"`, "", keyaccount.ErrMalformed},
		{good, `[]`, "", keyaccount.ErrMalformed},
		{good, `{}`, "Schema", keyaccount.ErrVersion},
	} {
		text := strings.Replace(good, c.from, c.to, 1)
		m, f := published, *fit
		for _, err := range []error{json.Unmarshal([]byte(text), &m), json.Unmarshal([]byte(text), &f)} {
			require.ErrorIs(t, err, c.kind, text)
			var bad *keyaccount.InputError
			require.ErrorAs(t, err, &bad, text)
			if c.field != "" {
				assert.Equal(t, c.field, bad.Field, text)
			}
		}
		assert.Equal(t, published, m, "unchanged after an error")
		assert.Equal(t, *fit, f, "unchanged after an error")
	}
	var m BGNBD
	assert.ErrorIs(t, m.UnmarshalJSON([]byte(good+"{}")), keyaccount.ErrMalformed)
	var f BGNBDFit
	assert.ErrorIs(t, json.Unmarshal([]byte(good), &f), keyaccount.ErrMissing, "a bare model is no fit that converged")
	require.NoError(t, json.Unmarshal([]byte(good), &m))
	assert.Equal(t, published, m)
}

func TestFitsAreReadStrictly(t *testing.T) {
	fit, err := FitBGNBD(smallTable(t), nil)
	require.NoError(t, err)
	for _, spoil := range []func(d *Diagnostics){
		func(d *Diagnostics) { d.Covariance = d.Covariance[:3] },
		func(d *Diagnostics) { d.Covariance[1] = d.Covariance[1][:3] },
		func(d *Diagnostics) { d.Covariance[1][0]++ },
		func(d *Diagnostics) { d.Covariance[0][0] = -1 },
		func(d *Diagnostics) { d.Covariance[1][0], d.Covariance[0][1] = 9, 9 },
		func(d *Diagnostics) { d.Coordinates = nil },
		func(d *Diagnostics) { d.N = 0 },
	} {
		b, err := json.Marshal(fit)
		require.NoError(t, err)
		var bad BGNBDFit
		require.NoError(t, json.Unmarshal(b, &bad))
		require.Equal(t, *fit, bad)
		spoil(&bad.Diagnostics)
		b, err = json.Marshal(bad)
		require.NoError(t, err)
		assert.ErrorIs(t, json.Unmarshal(b, new(BGNBDFit)), keyaccount.ErrMalformed)
	}
}
