package cluster

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// By hand: 0, 1, 2 and 10, 12 from starts 0 and 2. First {0, 1 (a tie, to the
// lesser centre)} and {2, 10, 12}: centres 0.5 and 8. Then {0, 1, 2} and
// {10, 12}: centres 1 and 11, inertia 2 + 2. Then nothing changes.
func TestKMeansByHand(t *testing.T) {
	t.Parallel()
	f, err := FitKMeans(line(t, 0, 1, 2, 10, 12), 2, &KMeansOptions{Start: [][]float64{{0}, {2}}})
	require.NoError(t, err)
	assert.Equal(t, [][]float64{{1}, {11}}, f.Centres)
	assert.Equal(t, []int{0, 0, 0, 1, 1}, f.Labels)
	assert.Equal(t, []int{3, 2}, f.Sizes)
	assert.Equal(t, []float64{2, 2}, f.Within)
	assert.Equal(t, 4.0, f.Inertia)
	assert.Equal(t, 3, f.Iterations)
	assert.Equal(t, Converged, f.Status)

	f, err = FitKMeans(line(t, 0, 1, 2, 10, 12), 2, &KMeansOptions{Start: [][]float64{{0}, {2}}, MaxIterations: 1})
	require.NoError(t, err)
	assert.Equal(t, IterationLimit, f.Status)
	assert.Equal(t, []int{0, 0, 1, 1, 1}, f.Labels)
	assert.Equal(t, [][]float64{{0}, {2}}, f.Centres, "what the labels were measured with")

	f, err = FitKMeans(line(t, 0, 1, 2, 10, 12), 2, &KMeansOptions{Start: [][]float64{{0}, {2}}, Tolerance: 100})
	require.NoError(t, err)
	assert.Equal(t, Converged, f.Status)
	assert.Equal(t, 2, f.Iterations)
}

// naiveRun is Lloyd's algorithm without bounds. It shares the summation, so
// that the comparison can be exact, and nothing else.
func naiveRun(l *lloyd, start []float64, limit int) (iterations int) {
	l.centres = slices.Clone(start)
	for iterations = 1; ; iterations++ {
		moved := iterations == 1
		clear(l.sizes)
		for i := range l.n {
			at, best := 0, math.Inf(1)
			for c := range l.k {
				centre := l.centres[c*l.d : (c+1)*l.d]
				d2 := sqDist(l.row(i), centre)
				if d2 < best || d2 == best && slices.Compare(centre, l.centres[at*l.d:(at+1)*l.d]) < 0 {
					at, best = c, d2
				}
			}
			moved = moved || l.labels[i] != int32(at)
			l.labels[i] = int32(at)
			l.sizes[at]++
		}
		if !moved || iterations == limit {
			return iterations
		}
		l.chunks(1, l.size, l.sumChunk)
		l.fillEmpty()
		l.update()
	}
}

// The bounds leave out distances, not results: labels, centres and iterations
// are those of the plain algorithm to the last bit, with ties, duplicates,
// empty clusters and figures of any size.
func TestBoundsChangeNothing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	saved := int64(0)
	for range 400 {
		n, d := 1+r.IntN(900), 1+r.IntN(5)
		x := randomMatrix(r, n, d)
		scale := math.Pow(10, float64(r.IntN(181)-90))
		for i := range x.Data {
			x.Data[i] *= scale
		}
		s, err := newSpace(x, nil)
		require.NoError(t, err)
		k := s.distinct(1 + r.IntN(12))
		start := make([]float64, 0, k*d)
		for range k {
			start = append(start, s.row(r.IntN(n))...) // often the same row twice
		}
		fast, plain := newLloyd(s, k, 1, 300), newLloyd(s, k, 1, 300)
		iterations, _ := fast.run(start, 300, 0)
		require.Equal(t, naiveRun(plain, start, 300), iterations)
		require.Equal(t, plain.labels, fast.labels)
		require.Equal(t, plain.centres, fast.centres)
		require.Equal(t, plain.sizes, fast.sizes)
		for _, scans := range fast.scans {
			saved -= scans
		}
		saved += int64(n * iterations)
	}
	assert.Positive(t, saved)
}

// A label is what Assign says of the row, also of a row between two centres.
func TestLabelsAreAssignments(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 6))
	for range 150 {
		x := randomMatrix(r, 2+r.IntN(300), 1+r.IntN(4))
		s, err := newSpace(x, nil)
		require.NoError(t, err)
		k := s.distinct(1 + r.IntN(9))
		f, err := FitKMeans(x, k, &KMeansOptions{Source: source(r.Uint64()), Restarts: 2, MaxIterations: 1 + r.IntN(20)})
		require.NoError(t, err)
		again, err := f.AssignAll(x, 1+r.IntN(4))
		require.NoError(t, err)
		require.Equal(t, f.Labels, again)
		sizes, total := make([]int, k), 0.0
		for i, c := range f.Labels {
			a, err := f.Assign(x.Row(i))
			require.NoError(t, err)
			require.Equal(t, c, a.Cluster)
			sizes[c]++
			total += a.Distance * a.Distance
		}
		require.Equal(t, f.Sizes, sizes)
		require.InDelta(t, total, f.Inertia, 1e-9*(1+total))
		require.Equal(t, sum(f.Within), f.Inertia)
	}
}

// Every centre is the mean of its rows, every cluster has rows, and the
// clusters stand by size.
func TestConvergedIsAFixedPoint(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	for range 100 {
		x := randomMatrix(r, 20+r.IntN(400), 1+r.IntN(4))
		s, err := newSpace(x, nil)
		require.NoError(t, err)
		k := s.distinct(1 + r.IntN(9))
		f, err := FitKMeans(x, k, &KMeansOptions{Source: source(r.Uint64()), Restarts: 1, MaxIterations: 10_000})
		require.NoError(t, err)
		require.Equal(t, Converged, f.Status)
		require.True(t, slices.IsSortedFunc(f.Sizes, func(a, b int) int { return b - a }))
		require.Positive(t, slices.Min(f.Sizes))
		for j := range x.Cols {
			sums := make([]float64, k)
			for i, c := range f.Labels {
				sums[c] += x.Row(i)[j]
			}
			for c := range k {
				require.InDelta(t, sums[c]/float64(f.Sizes[c]), f.Centres[c][j], 1e-9*(1+math.Abs(sums[c])))
			}
		}
	}
}

// More iterations never make the inertia greater.
func TestInertiaFalls(t *testing.T) {
	t.Parallel()
	x := blobs(2000, 3, 9, 3)
	last := math.Inf(1)
	for limit := 1; limit <= 40; limit++ {
		f, err := FitKMeans(x, 7, &KMeansOptions{Start: firstRows(x, 7), MaxIterations: limit})
		require.NoError(t, err)
		require.LessOrEqual(t, f.Inertia, last*(1+1e-14))
		last = f.Inertia
	}
}

// In another unit (by a power of two, so that no digit is lost) clusters are
// the same and the inertia goes with its square.
func TestKMeansScale(t *testing.T) {
	t.Parallel()
	x := blobs(1500, 2, 5, 4)
	big := Matrix{Rows: x.Rows, Cols: x.Cols, Data: slices.Clone(x.Data)}
	for i := range big.Data {
		big.Data[i] *= 1024
	}
	a, err := FitKMeans(x, 5, &KMeansOptions{Source: source(1)})
	require.NoError(t, err)
	b, err := FitKMeans(big, 5, &KMeansOptions{Source: source(1)})
	require.NoError(t, err)
	assert.Equal(t, a.Labels, b.Labels)
	assert.Equal(t, a.Inertia*1024*1024, b.Inertia)
}

// The order of the rows does not matter where the start is given.
func TestKMeansRowOrder(t *testing.T) {
	t.Parallel()
	x := blobs(3000, 3, 6, 8)
	order := rand.New(rand.NewPCG(1, 1)).Perm(x.Rows)
	shuffled := Matrix{Rows: x.Rows, Cols: x.Cols}
	for _, i := range order {
		shuffled.Data = append(shuffled.Data, x.Row(i)...)
	}
	o := &KMeansOptions{Start: firstRows(x, 6)}
	a, err := FitKMeans(x, 6, o)
	require.NoError(t, err)
	b, err := FitKMeans(shuffled, 6, o)
	require.NoError(t, err)
	for to, i := range order {
		require.Equal(t, a.Labels[i], b.Labels[to])
	}
	assert.InEpsilon(t, a.Inertia, b.Inertia, 1e-12)
}

// Two seeds that find the same clusters give them the same numbers.
func TestNumbersDoNotDependOnTheSeed(t *testing.T) {
	t.Parallel()
	x := line(t, 0, 1, 2, 3, 100, 101, 102, 200, 201, 300)
	var first *KMeansFit
	for seed := range uint64(20) {
		f, err := FitKMeans(x, 4, &KMeansOptions{Source: source(seed)})
		require.NoError(t, err)
		if first == nil {
			first = f
		}
		require.Equal(t, first.Labels, f.Labels)
	}
	assert.Equal(t, []int{0, 0, 0, 0, 1, 1, 1, 2, 2, 3}, first.Labels)
}

// With Start, clusters keep the order given, so that yesterday's model can be
// refitted without renaming anything.
func TestStartKeepsItsOrder(t *testing.T) {
	t.Parallel()
	x := line(t, 0, 1, 2, 3, 100, 101, 200)
	f, err := FitKMeans(x, 3, &KMeansOptions{Start: [][]float64{{190}, {90}, {1e-300}}})
	require.NoError(t, err)
	assert.Equal(t, []int{1, 2, 4}, f.Sizes)
	assert.Equal(t, [][]float64{{200}, {100.5}, {1.5}}, f.Centres)
}

// An empty cluster takes over the row that is farthest from its centre.
func TestEmptyClusterRule(t *testing.T) {
	t.Parallel()
	f, err := FitKMeans(line(t, 0, 1, 2, 50, 90), 3, &KMeansOptions{Start: [][]float64{{0}, {1e9}, {2e9}}, MaxIterations: 2})
	require.NoError(t, err)
	assert.Equal(t, [][]float64{{1}, {90}, {50}}, f.Centres, "90 is farthest from 0, then 50")
	assert.Equal(t, []int{3, 1, 1}, f.Sizes)
}

// A row that was taken over is measured anew: its bound belongs to another
// cluster.
func TestRowsTakenOverAreMeasuredAgain(t *testing.T) {
	t.Parallel()
	s, err := newSpace(line(t, 0, 1, 9), nil)
	require.NoError(t, err)
	l := newLloyd(s, 2, 1, 10)
	copy(l.centres, []float64{0, 100})
	l.assign()
	l.chunks(1, l.size, l.sumChunk)
	l.sizes = []int{3, 0}
	l.fillEmpty()
	assert.Equal(t, []int32{0, 0, 1}, l.labels)
	assert.Equal(t, []int{2, 1}, l.sizes)
	assert.Equal(t, math.Inf(-1), l.margin[2])
}

func TestSeedsAreDistinctRowsInProportion(t *testing.T) {
	t.Parallel()
	x := line(t, 5, 5, 5, 5, 5, 5, 7, 7, 1)
	s, err := newSpace(x, nil)
	require.NoError(t, err)
	for seed := range uint64(200) {
		c := s.plusPlus(source(seed), 3, 1)
		slices.Sort(c)
		require.Equal(t, []float64{1, 5, 7}, c)
	}
	// pick follows its weights: 1 : 0 : 3.
	src, counts := source(1), [3]int{}
	for range 4000 {
		counts[pick(src, []float64{1, 0, 3}, []float64{4})]++
	}
	assert.Zero(t, counts[1])
	assert.InDelta(t, 1000, counts[0], 100)
}

// A source whose draws are as large as they can be, so that rounding uses up
// all weights.
type highest struct{}

func (highest) Uint64() uint64 { return math.MaxUint64 }

func TestPickAtTheEnd(t *testing.T) {
	t.Parallel()
	near := make([]float64, 600)
	weight := make([]float64, 3)
	for i := range 520 {
		near[i] = 0.1
		weight[i/minChunk] += 0.1
	}
	got := pick(highest{}, near, weight)
	assert.True(t, near[got] > 0 && got >= 512, got)
	weight[2] *= 1 + 1e-9 // the sum says more than the rows have
	assert.Equal(t, 519, pick(highest{}, near, weight))
	weight[2], near[512] = 0, 0
	for i := 512; i < 520; i++ {
		near[i] = 0
	}
	weight[1] *= 1 + 1e-9
	assert.Equal(t, 511, pick(highest{}, near, weight))
}

func TestKMeansRefuses(t *testing.T) {
	t.Parallel()
	good := [][]float64{{1, 2}, {3, 4}, {5, 6}, {5, 6}}
	x := matrix(t, good...)
	src := &KMeansOptions{Source: source(1)}
	with := func(o KMeansOptions) *KMeansOptions { o.Source = source(1); return &o }
	for _, c := range []struct {
		name  string
		x     Matrix
		k     int
		opts  *KMeansOptions
		kind  error
		field string
		row   int
	}{
		{"empty", Matrix{}, 2, src, keyaccount.ErrMissing, "Rows", 0},
		{"no columns", Matrix{Rows: 2}, 2, src, keyaccount.ErrMissing, "Cols", 0},
		{"shape", Matrix{Rows: 2, Cols: 2, Data: make([]float64, 3)}, 2, src, keyaccount.ErrMismatch, "Data", 0},
		{"huge shape", Matrix{Rows: 1 << 30, Cols: 1 << 40}, 2, src, keyaccount.ErrMismatch, "Data", 0},
		{"too many rows", Matrix{Rows: 1 << 40, Cols: 1}, 2, src, keyaccount.ErrOutOfRange, "Rows", 0},
		{"NaN", line(t, 1, math.NaN(), 3), 2, src, keyaccount.ErrOutOfRange, "Data", 2},
		{"Inf", line(t, 1, 2, math.Inf(-1)), 2, src, keyaccount.ErrOutOfRange, "Data", 3},
		{"huge", line(t, 1, 2, 1.1e100), 2, src, keyaccount.ErrOutOfRange, "Data", 3},
		{"k=0", x, 0, src, keyaccount.ErrOutOfRange, "k", 0},
		{"k<0", x, -3, src, keyaccount.ErrOutOfRange, "k", 0},
		{"k>n", x, 5, src, keyaccount.ErrOutOfRange, "k", 0},
		{"k>distinct", x, 4, src, keyaccount.ErrOutOfRange, "k", 0},
		{"no source", x, 2, nil, keyaccount.ErrMissing, "Source", 0},
		{"start of another k", x, 2, &KMeansOptions{Start: good}, keyaccount.ErrMismatch, "Start", 0},
		{"start of another shape", x, 1, &KMeansOptions{Start: [][]float64{{1}}}, keyaccount.ErrMismatch, "Start", 1},
		{"NaN start", x, 1, &KMeansOptions{Start: [][]float64{{1, math.NaN()}}}, keyaccount.ErrOutOfRange, "Start", 1},
		{"restarts", x, 1, with(KMeansOptions{Restarts: -1}), keyaccount.ErrOutOfRange, "Restarts", 0},
		{"iterations", x, 1, with(KMeansOptions{MaxIterations: 1 << 40}), keyaccount.ErrOutOfRange, "MaxIterations", 0},
		{"tolerance", x, 1, with(KMeansOptions{Tolerance: math.NaN()}), keyaccount.ErrOutOfRange, "Tolerance", 0},
		{"workers", x, 1, with(KMeansOptions{Workers: -1}), keyaccount.ErrOutOfRange, "Workers", 0},
		{"features", x, 1, with(KMeansOptions{Features: Features("a")}), keyaccount.ErrMismatch, "Features", 0},
		{"feature without name", x, 1, with(KMeansOptions{Features: Features("a", "")}), keyaccount.ErrMissing, "Features", 2},
		{"same feature", x, 1, with(KMeansOptions{Features: Features("a", "a")}), keyaccount.ErrDuplicate, "Features", 2},
		{"transform", x, 1, with(KMeansOptions{Transform: &Transform{}}), keyaccount.ErrVersion, "Schema", 0},
	} {
		_, err := FitKMeans(c.x, c.k, c.opts)
		require.Error(t, err, c.name)
		inputError(t, err, c.kind, c.field, c.row)
	}
	_, err := FitKMeans(x, 1, &KMeansOptions{Restarts: -1, Workers: -1})
	require.ErrorContains(t, err, "Source")
	require.ErrorContains(t, err, "Restarts")
	require.ErrorContains(t, err, "Workers")
	_, err = NewMatrix(nil)
	inputError(t, err, keyaccount.ErrMissing, "rows", 0)
	_, err = NewMatrix([][]float64{{1, 2}, {3}})
	inputError(t, err, keyaccount.ErrMismatch, "rows", 2)
	_, err = NewMatrix([][]float64{{}, {}})
	inputError(t, err, keyaccount.ErrMissing, "Cols", 0)
	_, err = NewMatrix([][]float64{{1, 2}, {3, math.NaN()}})
	inputError(t, err, keyaccount.ErrOutOfRange, "Data", 2)
	require.ErrorContains(t, err, "column 2")
}

// What is degenerate but not wrong has an answer.
func TestKMeansDegenerate(t *testing.T) {
	t.Parallel()
	o := &KMeansOptions{Source: source(1)}
	one, err := FitKMeans(matrix(t, []float64{3, 4}), 1, o)
	require.NoError(t, err)
	assert.Equal(t, [][]float64{{3, 4}}, one.Centres)
	assert.Zero(t, one.Inertia)

	// The mean of three times 0.1 rounds to another number; the centre does not.
	equal, err := FitKMeans(line(t, 0.1, 0.1, 0.1), 1, o)
	require.NoError(t, err)
	assert.Equal(t, [][]float64{{0.1}}, equal.Centres)
	assert.Zero(t, equal.Inertia)

	constant, err := FitKMeans(matrix(t, []float64{7, 1}, []float64{7, 2}, []float64{7, 9}), 2, o)
	require.NoError(t, err)
	assert.Equal(t, []int{0, 0, 1}, constant.Labels)

	all, err := FitKMeans(line(t, 4, 1, 3), 3, o)
	require.NoError(t, err)
	assert.Zero(t, all.Inertia)
	assert.Equal(t, [][]float64{{1}, {3}, {4}}, all.Centres)

	edges, err := FitKMeans(line(t, 1e100, -1e100, 1e-300, -1e-300, 0), 3, o)
	require.NoError(t, err, "what is closer to zero than 1e-100 is zero")
	assert.Equal(t, []int{3, 1, 1}, edges.Sizes)
	_, err = FitKMeans(line(t, 1e-300, -1e-300, 0), 2, o)
	inputError(t, err, keyaccount.ErrOutOfRange, "k", 0)
}

func TestFitJSONRoundTrip(t *testing.T) {
	t.Parallel()
	x := blobs(200, 2, 3, 1)
	tr, err := FitTransform(x, Step{Kind: Standardise})
	require.NoError(t, err)
	f, err := FitKMeans(x, 3, &KMeansOptions{Source: source(1), Transform: tr, Features: Features("a", "b")})
	require.NoError(t, err)
	var back KMeansFit
	require.NoError(t, json.Unmarshal([]byte(asJSON(t, f)), &back))
	require.Equal(t, f, &back)

	m, err := FitMixture(x, 2, &MixtureOptions{Source: source(1), Transform: tr})
	require.NoError(t, err)
	var mback MixtureFit
	require.NoError(t, json.Unmarshal([]byte(asJSON(t, m)), &mback))
	require.Equal(t, m, &mback)
	for i := range x.Rows {
		a, err := m.Assign(x.Row(i))
		require.NoError(t, err)
		b, err := mback.Assign(x.Row(i))
		require.NoError(t, err)
		require.Equal(t, a, b)
	}
	require.Error(t, json.Unmarshal([]byte(`{"schema":"x"}`), &back))
	require.Error(t, json.Unmarshal([]byte(`{"schema":"x"}`), &mback))
}
