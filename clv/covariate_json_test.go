package clv

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func textOf(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func TestCovariateTableIsACommutativeMonoid(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	empty := func() *CovariateTable {
		table, err := NewCovariateTable(Week, "a", "b")
		require.NoError(t, err)
		return table
	}
	for range 100 {
		rows := randomRows(r, r.IntN(40))
		whole, left, right := empty(), empty(), empty()
		all := NewCounts(Week)
		for _, row := range rows {
			z := []float64{float64(r.IntN(3)), math.Copysign(float64(r.IntN(2)), -1)}
			require.NoError(t, whole.Add(row.History, row.N, z...))
			require.NoError(t, all.Add(row.History, row.N))
			part := left
			if r.IntN(2) == 0 {
				part = right
			}
			require.NoError(t, part.Add(row.History, row.N, z...))
		}
		want := textOf(t, whole)
		lr, rl := empty(), empty()
		for _, part := range []*CovariateTable{left, right, empty()} {
			require.NoError(t, lr.Merge(part))
		}
		for _, part := range []*CovariateTable{right, left} {
			require.NoError(t, rl.Merge(part))
		}
		require.Equal(t, want, textOf(t, lr))
		require.Equal(t, want, textOf(t, rl))
		require.Equal(t, bytesOf(t, all), bytesOf(t, whole.Counts()))
		require.Equal(t, all.N(), whole.N())
		require.LessOrEqual(t, whole.Len(), 6, "a negative zero is a zero")

		var back CovariateTable
		require.NoError(t, json.Unmarshal([]byte(want), &back))
		require.Equal(t, want, textOf(t, &back))
		require.NoError(t, back.Merge(&back))
		require.Equal(t, 2*whole.N(), back.N())
	}
}

func TestCovariateTableRefuses(t *testing.T) {
	for _, names := range [][]string{{""}, {"a", "a"}} {
		_, err := NewCovariateTable(Week, names...)
		assert.Error(t, err)
	}
	_, err := NewCovariateTable(9)
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	table, err := NewCovariateTable(Week, "a", "b")
	require.NoError(t, err)
	require.NoError(t, table.Add(History{1, 2, 3}, 1, 4, 5))
	before := textOf(t, table)
	row := 1
	for _, c := range []struct {
		h      History
		n      int64
		values []float64
		field  string
	}{
		{History{1, 2, 3}, 1, nil, "Covariates"},
		{History{1, 2, 3}, 1, []float64{1}, "Covariates"},
		{History{1, 2, 3}, 1, []float64{1, math.NaN()}, "b"},
		{History{1, 2, 3}, 1, []float64{math.Inf(-1), 1}, "a"},
		{History{1, 4, 3}, 1, []float64{1, 1}, "Recency"},
		{History{1, 2, 3}, 0, []float64{1, 1}, "n"},
		{History{1, 2, 3}, math.MaxInt64, []float64{1, 1}, "n"},
	} {
		row++
		err := table.Add(c.h, c.n, c.values...)
		var bad *keyaccount.InputError
		require.ErrorAs(t, err, &bad)
		assert.Equal(t, c.field, bad.Field)
		assert.Equal(t, row, bad.Row)
	}
	other, err := NewCovariateTable(Week, "b", "a")
	require.NoError(t, err)
	assert.ErrorIs(t, table.Merge(other), keyaccount.ErrMismatch)
	days, err := NewCovariateTable(Day, "a", "b")
	require.NoError(t, err)
	assert.ErrorIs(t, table.Merge(days), keyaccount.ErrMismatch)
	assert.ErrorIs(t, table.Merge(nil), keyaccount.ErrMissing)
	full, err := NewCovariateTable(Week, "a", "b")
	require.NoError(t, err)
	require.NoError(t, full.Add(History{1, 2, 3}, math.MaxInt64, 0, 0))
	assert.ErrorIs(t, table.Merge(full), keyaccount.ErrOutOfRange)

	for from, to := range map[string]string{
		`"version":1`: `"version":2`, "CovariateTable": "Counts", `"unit":"week",`: "", `"values":[4,5]`: `"values":[4]`,
		`["a","b"]`: `["a","a"]`, `"groups"`: `"rows"`, `"age":3`: `"age":1`,
	} {
		text := strings.Replace(before, from, to, 1)
		require.NotEqual(t, before, text)
		assert.Error(t, table.UnmarshalJSON([]byte(text)), text)
	}
	assert.Equal(t, before, textOf(t, table), "unchanged by any of these")
}

func TestCovariateFitJSONRoundTrip(t *testing.T) {
	table := branches(t, branched, 100, 2)
	for _, opts := range []*CovariateOptions{nil, {Rate: []string{}, Prior: Prior{"ln(r)": {0, 1}}}, {Dropout: []string{"size"}}} {
		fit, err := FitCovariates[BGNBD](table, opts)
		require.NoError(t, err)
		var back CovariateFit[BGNBD]
		require.NoError(t, json.Unmarshal([]byte(textOf(t, fit)), &back))
		require.Equal(t, *fit, back)
	}
	fit, err := FitCovariates[BGNBD](table, nil)
	require.NoError(t, err)
	good := textOf(t, fit)
	back := *fit
	for _, c := range []struct {
		from, to string
		kind     error
	}{
		{"CovariateFit", "Model", keyaccount.ErrVersion},
		{`"version":1`, `"version":2`, keyaccount.ErrVersion},
		{"BG/NBD", "MBG/NBD", keyaccount.ErrMismatch},
		{`"unit":"week",`, "", keyaccount.ErrMissing},
		{`"covariates":["industry","size"]`, `"covariates":["industry"]`, keyaccount.ErrMismatch},
		{`"covariates":["industry","size"]`, `"covariates":["size","size"]`, keyaccount.ErrDuplicate},
		{`"rate":["industry","size"],`, "", keyaccount.ErrMissing},
		{`{"name":"alpha"`, `{"name":"beta"`, keyaccount.ErrMismatch},
		{`{"name":"alpha","value":`, `{"name":"alpha","value":-`, keyaccount.ErrOutOfRange},
		{`"statistic":`, `"statistic":-`, keyaccount.ErrMalformed},
		{`"degrees_of_freedom":4`, `"degrees_of_freedom":3`, keyaccount.ErrMalformed},
		{`"covariance":[[`, `"covariance":[[-`, keyaccount.ErrMalformed},
		{`"model"`, `"modell"`, keyaccount.ErrMalformed},
	} {
		text := strings.Replace(good, c.from, c.to, 1)
		require.NotEqual(t, good, text, c.from)
		assert.ErrorIs(t, json.Unmarshal([]byte(text), &back), c.kind, "%s to %s", c.from, c.to)
		assert.Equal(t, *fit, back, "unchanged after an error")
	}
	assert.ErrorIs(t, json.Unmarshal([]byte(good[:strings.Index(good, `,"fit"`)]+"}"), &back), keyaccount.ErrMissing)
}

func FuzzCovariateTableJSON(f *testing.F) {
	f.Add([]byte(textOf(f, branches(f, branched, 5, 2))))
	f.Fuzz(func(t *testing.T, text []byte) {
		var table CovariateTable
		if table.UnmarshalJSON(text) != nil {
			require.Zero(t, table.N())
			return
		}
		var back CovariateTable
		require.NoError(t, json.Unmarshal([]byte(textOf(t, &table)), &back))
		require.Equal(t, textOf(t, &table), textOf(t, &back))
	})
}

func FuzzCovariateFitJSON(f *testing.F) {
	fit, err := FitCovariates[BGNBD](branches(f, branched, 100, 2), nil)
	require.NoError(f, err)
	f.Add([]byte(textOf(f, fit)), 1.0, 2.0)
	f.Fuzz(func(t *testing.T, text []byte, u, v float64) {
		var fit CovariateFit[BGNBD]
		if fit.UnmarshalJSON(text) != nil {
			require.Empty(t, fit.Covariates)
			return
		}
		require.NoError(t, fit.Base.Validate())
		if m, err := fit.With(u, v); err == nil {
			require.NoError(t, m.Validate())
		}
		var back CovariateFit[BGNBD]
		require.NoError(t, json.Unmarshal([]byte(textOf(t, fit)), &back))
	})
}
