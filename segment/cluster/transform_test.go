package cluster

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

func TestTransformByHand(t *testing.T) {
	t.Parallel()
	x := matrix(t, []float64{0, 5}, []float64{2, 5}, []float64{4, 5})
	tr, err := FitTransform(x, Step{Kind: Standardise})
	require.NoError(t, err)
	z, err := tr.Apply(x)
	require.NoError(t, err)
	// Mean 2, population variance 8/3; a constant column is 0.
	s := math.Sqrt(8. / 3)
	assert.InDeltaSlice(t, []float64{-2 / s, 0, 0, 0, 2 / s, 0}, z.Data, 1e-15)
	assert.Equal(t, FittedColumn{Column: 1, Mean: 5, Scale: 1}, tr.Steps[0].Columns[1])

	tr, err = FitTransform(x, Step{Kind: Winsorise, Columns: []int{0}, Low: 0.25, High: 0.75})
	require.NoError(t, err)
	// R: quantile(c(0, 2, 4), c(.25, .75)) is 1 and 3.
	assert.Equal(t, []FittedColumn{{Column: 0, Lower: 1, Upper: 3}}, tr.Steps[0].Columns)
	row := make([]float64, 2)
	require.NoError(t, tr.ApplyRow(row, []float64{100, 7}))
	assert.Equal(t, []float64{3, 7}, row)

	tr, err = FitTransform(x, Step{Kind: Log1p}, Step{Kind: SignedLog, Columns: []int{1}})
	require.NoError(t, err)
	require.NoError(t, tr.ApplyRow(row, []float64{math.E - 1, 0}))
	assert.InDeltaSlice(t, []float64{1, 0}, row, 1e-15)
	signed, err := FitTransform(line(t, -3, 3), Step{Kind: SignedLog})
	require.NoError(t, err)
	z, err = signed.Apply(line(t, 1-math.E, math.E-1))
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{-1, 1}, z.Data, 1e-15)
}

// Each step is learnt from what the steps before it left.
func TestStepsFollowOneAnother(t *testing.T) {
	t.Parallel()
	x := line(t, 0, 0, 0, 0, 1000)
	tr, err := FitTransform(x, Step{Kind: Winsorise, Low: 0, High: 0.75}, Step{Kind: Standardise})
	require.NoError(t, err)
	assert.Equal(t, FittedColumn{Mean: 0, Scale: 1}, tr.Steps[1].Columns[0], "the giant was pulled in first")
	same, err := FitTransform(x)
	require.NoError(t, err)
	z, err := same.Apply(x)
	require.NoError(t, err)
	assert.Equal(t, x, z)
}

// A new row and a fitted one go the same way, before and after JSON.
func TestTransformIsOneCodePath(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	kinds := []StepKind{Standardise, SignedLog, Winsorise}
	for range 100 {
		x := randomMatrix(r, 1+r.IntN(40), 1+r.IntN(4))
		var steps []Step
		for range r.IntN(4) {
			steps = append(steps, Step{Kind: kinds[r.IntN(3)]})
		}
		tr, err := FitTransform(x, steps...)
		require.NoError(t, err)
		z, err := tr.Apply(x)
		require.NoError(t, err)
		var back Transform
		require.NoError(t, json.Unmarshal([]byte(asJSON(t, tr)), &back))
		require.Equal(t, tr, &back)
		row := make([]float64, x.Cols)
		for i := range x.Rows {
			require.NoError(t, back.ApplyRow(row, x.Row(i)))
			require.Equal(t, z.Row(i), row)
		}
	}
}

func TestTransformRefuses(t *testing.T) {
	t.Parallel()
	x := matrix(t, []float64{0, 5}, []float64{-1, 5})
	for _, c := range []struct {
		name  string
		step  Step
		kind  error
		field string
		row   int
	}{
		{"kind", Step{Kind: "boxcox"}, keyaccount.ErrOutOfRange, "Kind", 1},
		{"zero step", Step{}, keyaccount.ErrOutOfRange, "Kind", 1},
		{"column", Step{Kind: Standardise, Columns: []int{2}}, keyaccount.ErrOutOfRange, "Columns", 1},
		{"twice", Step{Kind: Standardise, Columns: []int{1, 1}}, keyaccount.ErrOutOfRange, "Columns", 1},
		{"quantiles", Step{Kind: Winsorise, Low: 0.5, High: 0.5}, keyaccount.ErrOutOfRange, "Low", 1},
		{"NaN quantile", Step{Kind: Winsorise, Low: math.NaN(), High: 0.5}, keyaccount.ErrOutOfRange, "Low", 1},
		{"log of nothing", Step{Kind: Log1p}, keyaccount.ErrOutOfRange, "Data", 2},
	} {
		_, err := FitTransform(x, c.step)
		require.Error(t, err, c.name)
		inputError(t, err, c.kind, c.field, c.row)
	}
	tr, err := FitTransform(matrix(t, []float64{0}, []float64{1e-90}), Step{Kind: Standardise})
	require.NoError(t, err)
	_, err = tr.Apply(line(t, 0, 1e90))
	inputError(t, err, keyaccount.ErrOutOfRange, "Data", 2)
	require.ErrorContains(t, err, "too far out")
	_, err = tr.Apply(x)
	inputError(t, err, keyaccount.ErrMismatch, "row", 0)
	inputError(t, tr.ApplyRow(nil, []float64{1}), keyaccount.ErrMismatch, "dst", 0)
	inputError(t, tr.ApplyRow(make([]float64, 1), []float64{math.Inf(1)}), keyaccount.ErrOutOfRange, "Data", 0)
	_, err = new(Transform).Apply(x)
	inputError(t, err, keyaccount.ErrVersion, "Schema", 0)
	_, err = tr.Apply(Matrix{})
	inputError(t, err, keyaccount.ErrMissing, "Rows", 0)
	_, err = FitTransform(Matrix{})
	inputError(t, err, keyaccount.ErrMissing, "Rows", 0)
}

const savedTransform = `{"schema":"keyaccount/segment/cluster.Transform","version":1,"cols":2,"steps":[` +
	`{"kind":"winsorise","columns":[{"column":0,"lower":1,"upper":3}]},` +
	`{"kind":"standardise","columns":[{"column":0,"mean":2,"scale":4},{"column":1,"scale":1}]}]}`

func TestSavedTransform(t *testing.T) {
	t.Parallel()
	var tr Transform
	require.NoError(t, json.Unmarshal([]byte(savedTransform), &tr))
	assert.JSONEq(t, savedTransform, asJSON(t, tr))
	row := make([]float64, 2)
	require.NoError(t, tr.ApplyRow(row, []float64{9, 9}))
	assert.Equal(t, []float64{0.25, 9}, row)
	for _, c := range []struct {
		old, with string
		kind      error
		field     string
		row       int
	}{
		{`"version":1`, `"version":2`, keyaccount.ErrVersion, "Version", 0},
		{`cluster.Transform`, `cluster.Model`, keyaccount.ErrVersion, "Schema", 0},
		{`"cols":2`, `"cols":"2"`, keyaccount.ErrMalformed, "Transform", 0},
		{`"version":1`, `"version":{}`, keyaccount.ErrMalformed, "Transform", 0},
		{`"cols":2`, `"cols":0`, keyaccount.ErrOutOfRange, "Cols", 0},
		{`"cols":2`, `"cols":1`, keyaccount.ErrOutOfRange, "Column", 2},
		{`winsorise`, `trim`, keyaccount.ErrOutOfRange, "Kind", 1},
		{`"lower":1`, `"lower":4`, keyaccount.ErrOutOfRange, "Lower", 1},
		{`"scale":4`, `"scale":0`, keyaccount.ErrOutOfRange, "Scale", 2},
	} {
		tr := Transform{Cols: 77}
		err := json.Unmarshal([]byte(strings.Replace(savedTransform, c.old, c.with, 1)), &tr)
		inputError(t, err, c.kind, c.field, c.row)
		require.Equal(t, Transform{Cols: 77}, tr)
	}
}
