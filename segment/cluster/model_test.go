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

// The schema, pinned: what is written today must be read by every later
// version.
const savedModel = `{"schema":"keyaccount/segment/cluster.Model","version":1,` +
	`"features":[{"name":"revenue","label":{"en":"revenue","zh":"收入"}},{"name":"orders","high":{"en":"frequent orders"}}],` +
	`"transform":` + savedTransform + `,` +
	`"centres":[[0,0],[0.25,10]],"names":[{"en":"rest","zh":"其他"},{"en":"busy","zh":"忙"}]}`

func TestSavedModel(t *testing.T) {
	t.Parallel()
	var m Model
	require.NoError(t, json.Unmarshal([]byte(savedModel), &m))
	assert.JSONEq(t, savedModel, asJSON(t, m))
	a, err := m.Assign([]float64{100, 6}) // becomes 0.25, 6
	require.NoError(t, err)
	assert.Equal(t, Assignment{Cluster: 1, Distance: 4, Next: 0, NextDistance: math.Sqrt(36.0625)}, a)
	assert.Equal(t, "忙", m.Names[a.Cluster].In("zh-CN"))

	for _, c := range []struct {
		old, with string
		kind      error
		field     string
		row       int
	}{
		{`"version":1,"features"`, `"version":2,"features"`, keyaccount.ErrVersion, "Version", 0},
		{`cluster.Model`, `cluster.Mixture`, keyaccount.ErrVersion, "Schema", 0},
		{`[[0,0],[0.25,10]]`, `[]`, keyaccount.ErrMissing, "Centres", 0},
		{`[[0,0],[0.25,10]]`, `[[0,0],[0.25]]`, keyaccount.ErrMismatch, "Centres", 2},
		{`[[0,0],[0.25,10]]`, `[[0,0],[0.25,1e200]]`, keyaccount.ErrOutOfRange, "Data", 2},
		{`[[0,0],[0.25,10]]`, `[[0,0,0],[0.25,10,1]]`, keyaccount.ErrMismatch, "Features", 0},
		{`[[0,0],[0.25,10]]`, `[[0,0]]`, keyaccount.ErrMismatch, "Names", 0},
		{`"name":"orders"`, `"name":"revenue"`, keyaccount.ErrDuplicate, "Features", 2},
		{`"cols":2`, `"cols":3`, keyaccount.ErrMismatch, "Transform", 0},
		{`"scale":4`, `"scale":-4`, keyaccount.ErrOutOfRange, "Scale", 2},
		{`"centres":[`, `"centres":{`, keyaccount.ErrMalformed, "Model", 0},
		{`[[0,0],[0.25,10]]`, `"none"`, keyaccount.ErrMalformed, "Model", 0},
	} {
		m := Model{Version: 77}
		data := strings.Replace(savedModel, c.old, c.with, 1)
		require.NotEqual(t, savedModel, data)
		err := json.Unmarshal([]byte(data), &m)
		if err != nil && strings.Contains(err.Error(), "invalid character") {
			continue // encoding/json refuses it before we see it
		}
		inputError(t, err, c.kind, c.field, c.row)
		require.Equal(t, Model{Version: 77}, m, "a refused model leaves the receiver alone")
	}
}

func TestAssignRefuses(t *testing.T) {
	t.Parallel()
	var m Model
	require.NoError(t, json.Unmarshal([]byte(savedModel), &m))
	_, err := m.Assign([]float64{1})
	inputError(t, err, keyaccount.ErrMismatch, "row", 0)
	_, err = m.Assign([]float64{1, math.NaN()})
	inputError(t, err, keyaccount.ErrOutOfRange, "Data", 0)
	_, err = new(Model).Assign([]float64{1})
	inputError(t, err, keyaccount.ErrMissing, "Centres", 0)
	m.Transform = nil
	_, err = m.Assign([]float64{1, math.Inf(1)})
	inputError(t, err, keyaccount.ErrOutOfRange, "Data", 0)
	_, err = m.AssignAll(line(t, 1), 0)
	inputError(t, err, keyaccount.ErrMismatch, "Cols", 0)
	_, err = m.AssignAll(Matrix{Cols: 2}, 0)
	inputError(t, err, keyaccount.ErrMissing, "Rows", 0)
	_, err = m.AssignAll(Matrix{}, -1)
	require.Error(t, err)
	_, err = new(Model).AssignAll(line(t, 1), 0)
	inputError(t, err, keyaccount.ErrVersion, "Schema", 0)
	_, err = m.Explain([]float64{1})
	inputError(t, err, keyaccount.ErrMismatch, "row", 0)
}

// The features' contributions add up to the lead over the next cluster.
func TestExplanationAddsUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		x := randomMatrix(r, 3+r.IntN(50), 1+r.IntN(5))
		s, err := newSpace(x, nil)
		require.NoError(t, err)
		k := s.distinct(1 + r.IntN(5))
		f, err := FitKMeans(x, k, &KMeansOptions{Source: source(r.Uint64()), Restarts: 1})
		require.NoError(t, err)
		e, err := f.Explain(x.Row(0))
		require.NoError(t, err)
		a, err := f.Assign(x.Row(0))
		require.NoError(t, err)
		require.Equal(t, a, e.Assignment)
		if k == 1 {
			require.Equal(t, -1, e.Next)
			require.Empty(t, e.Contributions)
			continue
		}
		total := 0.0
		for _, c := range e.Contributions {
			total += c.Value
		}
		require.Equal(t, total, e.Lead)
		far, near := e.NextDistance*e.NextDistance, e.Distance*e.Distance
		require.InDelta(t, far-near, e.Lead, 1e-12*(far+near))
		require.NotEqual(t, e.Cluster, e.Next)
		require.LessOrEqual(t, e.Distance, e.NextDistance)
	}
}

// A row between two centres goes to the same one, however they are numbered.
func TestTiesDoNotDependOnNumbers(t *testing.T) {
	t.Parallel()
	m := newModel([]float64{1, -1, 3}, 1, nil, nil)
	a, err := m.Assign([]float64{0})
	require.NoError(t, err)
	assert.Equal(t, Assignment{Cluster: 1, Distance: 1, Next: 0, NextDistance: 1}, a)
	m = newModel([]float64{-1, 1, 3}, 1, nil, nil)
	a, err = m.Assign([]float64{0})
	require.NoError(t, err)
	assert.Equal(t, Assignment{Cluster: 0, Distance: 1, Next: 1, NextDistance: 1}, a)
	m = newModel([]float64{7, 7}, 1, nil, nil)
	a, err = m.Assign([]float64{7})
	require.NoError(t, err)
	assert.Equal(t, Assignment{Cluster: 0, Next: 1}, a)
}

func TestAssignDoesNotAllocate(t *testing.T) {
	var m Model
	require.NoError(t, json.Unmarshal([]byte(savedModel), &m))
	row := []float64{3, 4}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := m.Assign(row); err != nil {
			t.Error(err)
		}
	}))
	wide := newModel(make([]float64, 200), 100, nil, nil)
	_, err := wide.Assign(make([]float64, 100))
	require.NoError(t, err, "a wider row allocates and works")
}

func TestRenumber(t *testing.T) {
	t.Parallel()
	m := newModel([]float64{1, 2, 3}, 1, nil, nil)
	m.Names = []keyaccount.Text{{En: "a"}, {En: "b"}, {En: "c"}}
	out, err := m.Renumber(&Matching{To: []int{2, 0, 1}})
	require.NoError(t, err)
	assert.Equal(t, [][]float64{{2}, {3}, {1}}, out.Centres)
	assert.Equal(t, []keyaccount.Text{{En: "b"}, {En: "c"}, {En: "a"}}, out.Names)
	assert.Equal(t, [][]float64{{1}, {2}, {3}}, m.Centres)
	m.Names = nil
	out, err = m.Renumber(&Matching{To: []int{2, 0, 1}})
	require.NoError(t, err)
	require.NoError(t, out.Validate())
	for _, to := range [][]int{nil, {0, 1}, {0, 1, 1}, {0, 1, 3}, {0, 1, -1}, {0, 1, 2, 3}} {
		_, err = m.Renumber(&Matching{To: to})
		inputError(t, err, keyaccount.ErrMismatch, "match", 0)
	}
	_, err = m.Renumber(nil)
	inputError(t, err, keyaccount.ErrMissing, "match", 0)
	_, err = new(Model).Renumber(&Matching{})
	require.ErrorIs(t, err, keyaccount.ErrVersion)
}

func TestLabels(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "收入", keyaccount.Text{En: "revenue", Zh: "收入"}.In("zh"))
	assert.Equal(t, "revenue", keyaccount.Text{En: "revenue", Zh: "收入"}.In("de"))
	assert.Equal(t, "revenue", keyaccount.Text{En: "revenue"}.In("zh"))
	assert.Equal(t, "收入", keyaccount.Text{Zh: "收入"}.In("en"))
}
