package cluster

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// One component is the sample's own mean and covariance (divisor n), and its
// likelihood is -n/2 (d ln 2π + ln det S + d). By hand: the rows (±1, 0) and
// (0, ±2) have the covariance diag(1/2, 2), of determinant 1, so that the
// log-likelihood is -4 (ln 2π + 1).
func TestMixtureOfOneByHand(t *testing.T) {
	t.Parallel()
	x := matrix(t, []float64{1, 0}, []float64{-1, 0}, []float64{0, 2}, []float64{0, -2})
	for _, c := range []struct {
		covariance Covariance
		variances  [2]float64
		parameters int
	}{{Full, [2]float64{0.5, 2}, 5}, {Diagonal, [2]float64{0.5, 2}, 4}, {Spherical, [2]float64{1.25, 1.25}, 3}} {
		f, err := FitMixture(x, 1, &MixtureOptions{Source: source(1), Covariance: c.covariance, Regularisation: 1e-12})
		require.NoError(t, err)
		comp := f.Components[0]
		assert.Equal(t, 1.0, comp.Weight)
		assert.InDeltaSlice(t, []float64{0, 0}, comp.Mean, 1e-15)
		assert.InDeltaSlice(t, []float64{c.variances[0], 0}, comp.Covariance[0], 1e-11)
		assert.InDeltaSlice(t, []float64{0, c.variances[1]}, comp.Covariance[1], 1e-11)
		want := -4 * (math.Log(2*math.Pi) + math.Log(c.variances[0]*c.variances[1])/2 + 1)
		assert.InDelta(t, want, f.LogLikelihood, 1e-9)
		assert.Equal(t, c.parameters, f.Parameters)
		assert.InDelta(t, float64(c.parameters)*math.Log(4)-2*want, f.BIC, 1e-9)
		assert.InDelta(t, 2*float64(c.parameters)-2*want, f.AIC, 1e-9)
		m, err := f.Assign([]float64{0, 0})
		require.NoError(t, err)
		assert.InDelta(t, -math.Log(2*math.Pi)-math.Log(c.variances[0]*c.variances[1])/2, m.LogDensity, 1e-9)
		assert.Equal(t, []float64{1}, m.Responsibilities)
	}
}

// The regularisation is a share of the column's variance, whatever its unit.
func TestRegularisationByHand(t *testing.T) {
	t.Parallel()
	x := matrix(t, []float64{1, 0}, []float64{-1, 0}, []float64{0, 2e6}, []float64{0, -2e6})
	for covariance, want := range map[Covariance][2]float64{
		Full: {0.5 * 1.25, 2e12 * 1.25}, Diagonal: {0.5 * 1.25, 2e12 * 1.25},
		Spherical: {(0.5 + 2e12) / 2 * 1.25, (0.5 + 2e12) / 2 * 1.25},
	} {
		f, err := FitMixture(x, 1, &MixtureOptions{Source: source(1), Covariance: covariance, Regularisation: 0.25})
		require.NoError(t, err)
		for j, v := range want {
			require.InEpsilon(t, v, f.Components[0].Covariance[j][j], 1e-12, covariance)
		}
	}
}

// moments are the textbook's M step, from responsibilities r[i][c].
func moments(x Matrix, r [][]float64, covariance Covariance) (out []Component) {
	d := x.Cols
	for c := range r[0] {
		comp := Component{Mean: make([]float64, d), Covariance: make([][]float64, d)}
		rows := 0.0
		for i := range r {
			rows += r[i][c]
			for j, v := range x.Row(i) {
				comp.Mean[j] += r[i][c] * v
			}
		}
		for j := range d {
			comp.Mean[j] /= rows
			comp.Covariance[j] = make([]float64, d)
		}
		trace := 0.0
		for i := range r {
			for a, va := range x.Row(i) {
				for b, vb := range x.Row(i) {
					v := r[i][c] * (va - comp.Mean[a]) * (vb - comp.Mean[b]) / rows
					if a == b {
						trace += v / float64(d)
					}
					if a == b || covariance == Full {
						comp.Covariance[a][b] += v
					}
				}
			}
		}
		if covariance == Spherical {
			for j := range d {
				comp.Covariance[j][j] = trace
			}
		}
		comp.Weight = rows / float64(x.Rows)
		out = append(out, comp)
	}
	return out
}

// One E step between two M steps, against the textbook: sums about the means
// of the step before must come to the same.
func TestOneStepOfEM(t *testing.T) {
	t.Parallel()
	x := drawMixture(400, 6)
	start := [][]float64{{0, 0}, {3, 1}}
	for covariance := range Covariance(3) {
		o, err := mixtureOptions(&MixtureOptions{Start: start, Covariance: covariance}, 2, 2)
		require.NoError(t, err)
		s, err := newSpace(x, nil)
		require.NoError(t, err)
		z, err := s.scaled(&o)
		require.NoError(t, err)
		r := make([][]float64, x.Rows)
		for i := range r {
			near, far := 0.0, 0.0
			for j, v := range x.Row(i) {
				a, b := (v-start[0][j])/z.scale[j], (v-start[1][j])/z.scale[j]
				near += a * a
				far += b * b
			}
			r[i] = []float64{0, 1}
			if near < far {
				r[i] = []float64{1, 0}
			}
		}
		m := Mixture{Schema: MixtureSchema, Version: MixtureVersion, Covariance: covariance, Components: moments(x, r, covariance)}
		for i := range r {
			a, err := m.Assign(x.Row(i))
			require.NoError(t, err)
			r[i] = a.Responsibilities
		}
		want := moments(x, r, covariance)
		f, err := FitMixture(x, 2, &MixtureOptions{Start: start, Covariance: covariance, MaxIterations: 1, Regularisation: 1e-12})
		require.NoError(t, err)
		require.Equal(t, IterationLimit, f.Status)
		for c, w := range want {
			require.InDelta(t, w.Weight, f.Components[c].Weight, 1e-9)
			require.InDeltaSlice(t, w.Mean, f.Components[c].Mean, 1e-9)
			for j := range w.Covariance {
				require.InDeltaSlice(t, w.Covariance[j], f.Components[c].Covariance[j], 1e-9)
			}
		}
	}
}

// drawMixture simulates 70 % around (0, 0) and 30 % around (4, 3), the latter
// with a correlation of 0.8.
func drawMixture(n int, seed uint64) Matrix {
	r := rand.New(rand.NewPCG(seed, 9))
	x := Matrix{Rows: n, Cols: 2}
	for range n {
		a, b := r.NormFloat64(), r.NormFloat64()
		if r.Float64() < 0.7 {
			x.Data = append(x.Data, a, 0.5*b)
		} else {
			x.Data = append(x.Data, 4+a, 3+0.8*a+0.6*b)
		}
	}
	return x
}

func TestMixtureRecoversItsParameters(t *testing.T) {
	t.Parallel()
	f, err := FitMixture(drawMixture(20_000, 1), 2, &MixtureOptions{Source: source(1), Restarts: 1})
	require.NoError(t, err)
	require.Equal(t, Converged, f.Status)
	big, small := f.Components[0], f.Components[1]
	assert.InDelta(t, 0.7, big.Weight, 0.01)
	assert.InDeltaSlice(t, []float64{0, 0}, big.Mean, 0.03)
	assert.InDeltaSlice(t, []float64{1, 0}, big.Covariance[0], 0.03)
	assert.InDeltaSlice(t, []float64{0, 0.25}, big.Covariance[1], 0.03)
	assert.InDeltaSlice(t, []float64{4, 3}, small.Mean, 0.05)
	assert.InDeltaSlice(t, []float64{1, 0.8}, small.Covariance[0], 0.05)
	assert.InDeltaSlice(t, []float64{0.8, 1}, small.Covariance[1], 0.05)

	c, err := ChooseMixture(drawMixture(2000, 2), &ChooseMixtureOptions{Mixture: MixtureOptions{Source: source(1), Restarts: 1}, KMax: 3})
	require.NoError(t, err)
	assert.Equal(t, 2, c.K)
	assert.Len(t, c.Mixture.Components, 2)
	assert.Equal(t, *c.Table[1].BIC, c.Mixture.BIC)
}

func TestLikelihoodRises(t *testing.T) {
	t.Parallel()
	x := blobs(1500, 3, 6, 5)
	for _, covariance := range []Covariance{Full, Diagonal, Spherical} {
		last := math.Inf(-1)
		for limit := 1; limit <= 30; limit++ {
			f, err := FitMixture(x, 4, &MixtureOptions{Start: firstRows(x, 4), Covariance: covariance, MaxIterations: limit})
			require.NoError(t, err)
			// The regularisation is outside the likelihood that EM makes rise.
			require.GreaterOrEqual(t, f.LogLikelihood, last-1e-2)
			last = f.LogLikelihood
		}
	}
}

// Units do not matter: likelihoods differ by the logarithm of the factors,
// responsibilities not at all.
func TestMixtureScale(t *testing.T) {
	t.Parallel()
	x := drawMixture(1000, 3)
	y := Matrix{Rows: x.Rows, Cols: 2, Data: slices.Clone(x.Data)}
	for i := range y.Data {
		if i%2 == 0 {
			y.Data[i] = 1e6*y.Data[i] + 5e7
		} else {
			y.Data[i] *= 1e-5
		}
	}
	for _, covariance := range []Covariance{Full, Diagonal} {
		a, err := FitMixture(x, 2, &MixtureOptions{Source: source(1), Restarts: 1, Covariance: covariance})
		require.NoError(t, err)
		b, err := FitMixture(y, 2, &MixtureOptions{Source: source(1), Restarts: 1, Covariance: covariance})
		require.NoError(t, err)
		require.Equal(t, a.Labels, b.Labels)
		require.InDelta(t, a.LogLikelihood, b.LogLikelihood+1000*math.Log(10), 1e-5)
		ma, err := a.Assign([]float64{1.5, 1})
		require.NoError(t, err)
		mb, err := b.Assign([]float64{1.5e6 + 5e7, 1e-5})
		require.NoError(t, err)
		require.InDeltaSlice(t, ma.Responsibilities, mb.Responsibilities, 1e-6)
	}
}

func TestMembershipsAddUp(t *testing.T) {
	t.Parallel()
	x := blobs(600, 3, 5, 1)
	for _, covariance := range []Covariance{Full, Diagonal, Spherical} {
		f, err := FitMixture(x, 4, &MixtureOptions{Source: source(1), Restarts: 1, Covariance: covariance})
		require.NoError(t, err)
		require.NoError(t, f.Validate())
		total, sizes := 0.0, make([]int, 4)
		for i := range x.Rows {
			m, err := f.Assign(x.Row(i))
			require.NoError(t, err)
			require.InDelta(t, 1, sum(m.Responsibilities), 1e-12)
			require.Equal(t, f.Labels[i], m.Cluster)
			require.Equal(t, slices.Max(m.Responsibilities), m.Responsibilities[m.Cluster])
			total += m.LogDensity
			sizes[m.Cluster]++
		}
		require.InEpsilon(t, f.LogLikelihood, total, 1e-12)
		require.Equal(t, f.Sizes, sizes)
		all, err := f.AssignAll(x, 2)
		require.NoError(t, err)
		require.Equal(t, f.Labels, all)
	}
}

// A start given from outside keeps its order, and is scaled with the rows.
func TestMixtureStartKeepsItsOrder(t *testing.T) {
	t.Parallel()
	x := drawMixture(2000, 4)
	f, err := FitMixture(x, 2, &MixtureOptions{Start: [][]float64{{4, 3}, {0, 0}}})
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{4, 3}, f.Components[0].Mean, 0.2)
	assert.Less(t, f.Components[0].Weight, f.Components[1].Weight)
	g, err := FitMixture(x, 2, &MixtureOptions{Start: [][]float64{{0, 0}, {4, 3}}})
	require.NoError(t, err)
	assert.InDelta(t, f.LogLikelihood, g.LogLikelihood, 1e-5)
}

// A component without spread is an error with its reason, not a spike of
// unlimited likelihood.
func TestDegenerateComponents(t *testing.T) {
	t.Parallel()
	var equal, few, plane [][]float64
	r := rand.New(rand.NewPCG(8, 8))
	for i := range 60 {
		a := r.NormFloat64()
		plane = append(plane, []float64{a, 2 * a})
		if i < 20 {
			equal = append(equal, []float64{50, 50})
		} else {
			equal = append(equal, []float64{a, r.NormFloat64()})
		}
		few = append(few, []float64{a, r.NormFloat64()})
	}
	few = append(few, []float64{100, 100}, []float64{101, 100})
	for _, c := range []struct {
		rows   [][]float64
		k      int
		reason string
	}{
		{equal, 2, "no spread left"},
		{plane, 1, "a column depends on the others"},
		{few, 2, "has shrunk to 2.0 rows, and its covariance needs 3"},
	} {
		_, err := FitMixture(matrix(t, c.rows...), c.k, &MixtureOptions{Source: source(1)})
		inputError(t, err, ErrDegenerate, "k", 0)
		require.ErrorContains(t, err, c.reason)
	}
	_, err := FitMixture(matrix(t, few...), 2, &MixtureOptions{Start: [][]float64{{0, 0}, {-1e9, 1e9}}})
	require.ErrorContains(t, err, "shrunk to 0.0 rows")
	// The table says it of the k that it is true of.
	choice, err := ChooseMixture(matrix(t, few...), &ChooseMixtureOptions{Mixture: MixtureOptions{Source: source(1)}, KMax: 2})
	require.NoError(t, err)
	assert.Equal(t, 1, choice.K)
	assert.Nil(t, choice.Table[1].BIC)
	assert.Contains(t, choice.Table[1].Failure, "component 2")
	_, err = ChooseMixture(matrix(t, plane...), &ChooseMixtureOptions{Mixture: MixtureOptions{Source: source(1)}, KMax: 2})
	require.ErrorIs(t, err, ErrDegenerate)
}

// Rows that differ by less than the precision of a column are equal once it is
// scaled: an error, not a search for a third start without end. Found by
// fuzzing.
func TestRowsThatScalingMakesEqual(t *testing.T) {
	t.Parallel()
	x := line(t, 1e100, 1e-90, 2e-90)
	_, err := FitKMeans(x, 3, &KMeansOptions{Source: source(1)})
	require.NoError(t, err)
	_, err = FitMixture(x, 3, &MixtureOptions{Source: source(1)})
	inputError(t, err, keyaccount.ErrOutOfRange, "k", 0)
	require.ErrorContains(t, err, "only 2 distinct rows")
	_, err = ChooseMixture(x, &ChooseMixtureOptions{Mixture: MixtureOptions{Source: source(1)}, KMax: 3})
	inputError(t, err, keyaccount.ErrOutOfRange, "k", 0)
}

func TestMixtureRefuses(t *testing.T) {
	t.Parallel()
	x := blobs(50, 2, 2, 1)
	with := func(o MixtureOptions) *MixtureOptions { o.Source = source(1); return &o }
	for _, c := range []struct {
		x     Matrix
		k     int
		o     *MixtureOptions
		kind  error
		field string
	}{
		{Matrix{}, 1, with(MixtureOptions{}), keyaccount.ErrMissing, "Rows"},
		{x, 0, with(MixtureOptions{}), keyaccount.ErrOutOfRange, "k"},
		{x, 51, with(MixtureOptions{}), keyaccount.ErrOutOfRange, "k"},
		{x, 1, nil, keyaccount.ErrMissing, "Source"},
		{x, 1, with(MixtureOptions{Covariance: 3}), keyaccount.ErrOutOfRange, "Covariance"},
		{x, 1, with(MixtureOptions{Regularisation: -1}), keyaccount.ErrOutOfRange, "Regularisation"},
		{x, 1, with(MixtureOptions{Regularisation: math.NaN()}), keyaccount.ErrOutOfRange, "Regularisation"},
		{x, 1, with(MixtureOptions{Tolerance: -1}), keyaccount.ErrOutOfRange, "Tolerance"},
		{line(t, 1, 1, 1), 1, with(MixtureOptions{}), keyaccount.ErrOutOfRange, "Data"},
		{line(t, 1), 1, with(MixtureOptions{}), keyaccount.ErrOutOfRange, "Data"},
	} {
		_, err := FitMixture(c.x, c.k, c.o)
		inputError(t, err, c.kind, c.field, 0)
	}
	f, err := FitMixture(x, 1, with(MixtureOptions{}))
	require.NoError(t, err)
	_, err = f.Assign([]float64{1})
	inputError(t, err, keyaccount.ErrMismatch, "row", 0)
	_, err = f.Assign([]float64{1, math.NaN()})
	inputError(t, err, keyaccount.ErrOutOfRange, "Data", 1)
	_, err = f.AssignAll(line(t, 1), 0)
	inputError(t, err, keyaccount.ErrMismatch, "Cols", 0)
	_, err = f.AssignAll(Matrix{Cols: 2}, 0)
	inputError(t, err, keyaccount.ErrMissing, "Rows", 0)
	_, err = f.AssignAll(x, -1)
	inputError(t, err, keyaccount.ErrOutOfRange, "Workers", 0)
	_, err = new(Mixture).Assign([]float64{1})
	inputError(t, err, keyaccount.ErrMissing, "Components", 0)
	_, err = new(Mixture).AssignAll(x, 0)
	inputError(t, err, keyaccount.ErrVersion, "Schema", 0)
	narrow, err := FitMixture(line(t, 0, 1e-90, 2e-90, 3e-90), 1, with(MixtureOptions{}))
	require.NoError(t, err)
	_, err = narrow.Assign([]float64{1e100})
	inputError(t, err, keyaccount.ErrOutOfRange, "Data", 0)
	_, err = narrow.AssignAll(line(t, 0, 1e100), 0)
	inputError(t, err, keyaccount.ErrOutOfRange, "Data", 2)
}

const savedMixture = `{"schema":"keyaccount/segment/cluster.Mixture","version":1,"features":[{"name":"a"},{"name":"b"}],` +
	`"covariance":"full","components":[{"weight":0.75,"mean":[0,0],"covariance":[[1,0],[0,1]]},` +
	`{"weight":0.25,"mean":[3,0],"covariance":[[2,1],[1,2]]}]}`

func TestSavedMixture(t *testing.T) {
	t.Parallel()
	var m Mixture
	require.NoError(t, json.Unmarshal([]byte(savedMixture), &m))
	assert.JSONEq(t, savedMixture, asJSON(t, m))
	// At (3, 0): 0.75 e^-4.5 / 2π against 0.25 / (2π √3).
	a, b := 0.75*math.Exp(-4.5), 0.25/math.Sqrt(3)
	got, err := m.Assign([]float64{3, 0})
	require.NoError(t, err)
	assert.Equal(t, 1, got.Cluster)
	assert.InDeltaSlice(t, []float64{a / (a + b), b / (a + b)}, got.Responsibilities, 1e-14)
	assert.InDelta(t, math.Log((a+b)/(2*math.Pi)), got.LogDensity, 1e-14)

	for _, c := range []struct {
		old, with string
		kind      error
		field     string
		row       int
	}{
		{`"version":1`, `"version":3`, keyaccount.ErrVersion, "Version", 0},
		{`"full"`, `"tied"`, keyaccount.ErrMalformed, "Covariance", 0},
		{`"full"`, `"diagonal"`, keyaccount.ErrOutOfRange, "Covariance", 2},
		{`[[2,1],[1,2]]`, `[[2,1],[0,2]]`, keyaccount.ErrOutOfRange, "Covariance", 2},
		{`[[2,1],[1,2]]`, `[[1,2],[2,1]]`, keyaccount.ErrOutOfRange, "Covariance", 2},
		{`[[2,1],[1,2]]`, `[[0,0],[0,2]]`, keyaccount.ErrOutOfRange, "Covariance", 2},
		{`[[2,1],[1,2]]`, `[[2,1],[1]]`, keyaccount.ErrOutOfRange, "Covariance", 2},
		{`[[2,1],[1,2]]`, `[[2,1]]`, keyaccount.ErrOutOfRange, "Components", 2},
		{`[3,0]`, `[3,1e300]`, keyaccount.ErrOutOfRange, "Mean", 2},
		{`[3,0]`, `[3]`, keyaccount.ErrOutOfRange, "Components", 2},
		{`0.75`, `0`, keyaccount.ErrOutOfRange, "Weight", 1},
		{`0.75`, `0.7`, keyaccount.ErrOutOfRange, "Weight", 0},
		{`"name":"b"`, `"name":"a"`, keyaccount.ErrDuplicate, "Features", 2},
		{`"covariance":"full"`, `"covariance":"full","names":[{"en":"x"}]`, keyaccount.ErrMismatch, "Names", 0},
		{`"covariance":"full"`, `"covariance":"full","transform":{"schema":"x"}`, keyaccount.ErrVersion, "Schema", 0},
	} {
		m := Mixture{Version: 77}
		data := strings.Replace(savedMixture, c.old, c.with, 1)
		require.NotEqual(t, savedMixture, data)
		inputError(t, json.Unmarshal([]byte(data), &m), c.kind, c.field, c.row)
		require.Equal(t, Mixture{Version: 77}, m)
	}
	m.Covariance = 9
	inputError(t, m.Validate(), keyaccount.ErrOutOfRange, "Covariance", 0)
	_, err = json.Marshal(m)
	require.Error(t, err)
	assert.Equal(t, "Covariance(9)", m.Covariance.String())
	assert.Equal(t, "spherical", Spherical.String())
}
