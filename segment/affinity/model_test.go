package affinity

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func fitted(t testing.TB, p *Purchases, o *FitOptions) *Model {
	t.Helper()
	m, err := Fit(p, o)
	require.NoError(t, err)
	require.NoError(t, m.Validate())
	return m
}

func saved(t testing.TB, m *Model) []byte {
	t.Helper()
	b, err := json.Marshal(m)
	require.NoError(t, err)
	return b
}

// office is a small business: three accounts of segment A, two of B, one of
// none.
func office(t testing.TB) (*Purchases, map[string]string) {
	p := purchasesOf(t,
		buy("a1", "1", "printer", "2025-01-01"), buy("a1", "1", "ink", "2025-01-01"), buy("a1", "2", "ink", "2025-01-31"), buy("a1", "3", "ink", "2025-03-02"),
		buy("a2", "4", "printer", "2025-01-10"), buy("a2", "4", "ink", "2025-01-10"), buy("a2", "5", "ink", "2025-02-19"), buy("a2", "5", "paper", "2025-02-19"),
		buy("a3", "6", "printer", "2025-02-01"), buy("a3", "6", "paper", "2025-02-01"), buy("a3", "7", "paper", "2025-02-11"), buy("a3", "8", "paper", "2025-03-01"),
		buy("b1", "9", "chair", "2025-01-15"), buy("b1", "9", "desk", "2025-01-15"),
		buy("b2", "10", "chair", "2025-02-15"), buy("b2", "11", "paper", "2025-03-15"),
		buy("c1", "12", "chair", "2025-03-01"),
	)
	return p, map[string]string{"a1": "A", "a2": "A", "a3": "A", "b1": "B", "b2": "B", "gone": "A"}
}

func TestFitCounts(t *testing.T) {
	t.Parallel()
	p, segments := office(t)
	m := fitted(t, p, &FitOptions{Segments: segments})
	type row struct {
		id                                      string
		count, buyers, repeaters, gaps, gapDays int
	}
	var got []row
	for _, x := range m.Products {
		got = append(got, row{x.ID, x.Count, x.Buyers, x.Repeaters, x.Gaps, x.GapDays})
	}
	assert.Equal(t, []row{
		{"chair", 3, 3, 0, 0, 0},
		{"desk", 1, 1, 0, 0, 0},
		{"ink", 2, 2, 2, 3, 100},
		{"paper", 3, 3, 1, 2, 28},
		{"printer", 3, 3, 0, 0, 0},
	}, got)
	assert.Equal(t, []float64{1, 100.0 / 3}, []float64{m.Products[2].RepeatShare(), m.Products[2].MeanGap()})
	assert.Equal(t, []float64{0, 0}, []float64{m.Products[0].RepeatShare(), m.Products[0].MeanGap()})
	assert.Equal(t, []time.Time{day("2025-01-01"), day("2025-03-15")}, []time.Time{m.First, m.Last})
	assert.Equal(t, Segment{Accounts: 6, Products: []Popularity{{0, 3}, {3, 3}, {4, 3}, {2, 2}, {1, 1}}}, m.Everyone)
	assert.Equal(t, []Segment{
		{Name: "A", Accounts: 3, Products: []Popularity{{4, 3}, {2, 2}, {3, 2}}},
		{Name: "B", Accounts: 2, Products: []Popularity{{0, 2}, {1, 1}, {3, 1}}},
	}, m.Segments)
	assert.Equal(t, BasketReport{Baskets: 6, Products: 5, Entries: 12, Pairs: 7, Largest: 3}, m.Report)
	assert.Equal(t, Link{Product: 2, Similarity: 2 / math.Sqrt(6), Together: 2}, m.Products[4].Neighbours[0])
}

func TestModelJSONRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for _, o := range []FitOptions{
		{},
		{Baskets: BasketOptions{By: ByOrder, MaxProducts: 3, Oversize: Cut}, Similarity: SimilarityOptions{Measure: TFIDF, Shrinkage: 1.5, Neighbours: 4}},
		{Similarity: SimilarityOptions{Measure: Lift}, Segments: map[string]string{"A1": "x", "A2": "y", "A3": "x"}},
	} {
		p := purchasesOf(t, randomLines(r, 300)...)
		m := fitted(t, p, &o)
		var back Model
		require.NoError(t, json.Unmarshal(saved(t, m), &back))
		require.Equal(t, *m, back)
		for h := range p.Histories() {
			h.Segment = "x"
			want, err := m.Next(h, nil)
			require.NoError(t, err)
			got, err := back.Next(h, nil)
			require.NoError(t, err)
			require.Equal(t, want, got, "a saved model answers alike")
		}
	}
}

// The same lines give the same bytes, in any order and for any number of
// workers.
func TestModelDependsOnNeitherOrderNorWorkers(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(21, 2))
	txs := randomLines(r, 600)
	segments := map[string]string{"A1": "x", "A2": "y", "A3": "x"}
	for _, m := range []Similarity{Cosine, TFIDF} {
		want := saved(t, fitted(t, purchasesOf(t, txs...), &FitOptions{Segments: segments, Similarity: SimilarityOptions{Measure: m, Workers: 1}}))
		for _, workers := range []int{2, 5, 0} {
			r.Shuffle(len(txs), func(i, j int) { txs[i], txs[j] = txs[j], txs[i] })
			got := fitted(t, purchasesOf(t, txs...), &FitOptions{Segments: segments, Similarity: SimilarityOptions{Measure: m, Workers: workers}})
			require.Equal(t, want, saved(t, got))
		}
	}
}

func TestModelOfOnlineRetailIsTheSameForAnyWorkers(t *testing.T) {
	t.Parallel()
	_, customers := uciPurchases(t)
	one := fitted(t, customers, &FitOptions{Similarity: SimilarityOptions{Workers: 1}})
	three := fitted(t, customers, &FitOptions{Similarity: SimilarityOptions{Workers: 3}})
	assert.True(t, slices.Equal(saved(t, one), saved(t, three)))
	assert.Equal(t, []int{4339, 3665}, []int{one.Everyone.Accounts, len(one.Products)})
}

func TestFitRefuses(t *testing.T) {
	t.Parallel()
	p := purchasesOf(t, buy("A", "1", "ink", "2025-03-01"))
	_, err := Fit(p, &FitOptions{Baskets: BasketOptions{By: "x"}, Similarity: SimilarityOptions{Measure: "y"}})
	require.ErrorContains(t, err, "By")
	require.ErrorContains(t, err, "Measure", "both are reported")
	for _, none := range []*Purchases{nil, {}} {
		_, err = Fit(none, nil)
		inputError(t, err, keyaccount.ErrMissing, "purchases", 0)
	}
}

func TestModelRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	p, segments := office(t)
	text := saved(t, fitted(t, p, &FitOptions{Segments: segments}))
	read := func() *Model {
		m := new(Model)
		require.NoError(t, json.Unmarshal(text, m))
		return m
	}
	kept := read()
	for old, c := range map[string]struct {
		text, field string
		kind        error
	}{
		`"version":1`: {`"version":2,"later":[]`, "Version", keyaccount.ErrVersion},
		ModelSchema:   {"keyaccount/segment.Model", "Schema", keyaccount.ErrVersion},
		`"gaps":3`:    {`"gaps":"many"`, "Model", keyaccount.ErrMalformed},
		`"buyers":3`:  {`"buyers":7`, "Products", keyaccount.ErrOutOfRange},
	} {
		spoiled := strings.Replace(string(text), old, c.text, 1)
		require.NotEqual(t, string(text), spoiled, old)
		err := json.Unmarshal([]byte(spoiled), kept)
		require.ErrorIs(t, err, c.kind, old)
		require.Equal(t, read(), kept, "unchanged")
	}
	require.Error(t, kept.UnmarshalJSON([]byte(`{`)))

	for name, spoil := range map[string]func(*Model){
		"another version":       func(m *Model) { m.Version = 0 },
		"everyone unsorted":     func(m *Model) { slices.Reverse(m.Everyone.Products) },
		"no products":           func(m *Model) { m.Products = nil },
		"unsorted products":     func(m *Model) { m.Products[1].ID = "aaa" },
		"product without ID":    func(m *Model) { m.Products[0].ID = "" },
		"count above baskets":   func(m *Model) { m.Products[0].Count = 99 },
		"no buyer":              func(m *Model) { m.Products[0].Buyers = 0 },
		"repeaters":             func(m *Model) { m.Products[2].Repeaters = 3 },
		"gaps without repeater": func(m *Model) { m.Products[0].Gaps, m.Products[0].GapDays = 1, 1 },
		"gap of no day":         func(m *Model) { m.Products[2].GapDays = 2 },
		"days beyond":           func(m *Model) { m.Products[2].GapDays = maxCount + 1 },
		"neighbour of itself":   func(m *Model) { m.Products[2].Neighbours[0].Product = 2 },
		"neighbour beyond":      func(m *Model) { m.Products[2].Neighbours[0].Product = 5 },
		"neighbour before":      func(m *Model) { m.Products[2].Neighbours[0].Product = -1 },
		"similarity NaN":        func(m *Model) { m.Products[2].Neighbours[0].Similarity = math.NaN() },
		"similarity Inf":        func(m *Model) { m.Products[2].Neighbours[0].Similarity = math.Inf(1) },
		"similarity negative":   func(m *Model) { m.Products[2].Neighbours[1].Similarity = -1 },
		"together too many":     func(m *Model) { m.Products[2].Neighbours[0].Together = 3 },
		"together none":         func(m *Model) { m.Products[2].Neighbours[1].Together = 0 },
		"unsorted neighbours":   func(m *Model) { slices.Reverse(m.Products[2].Neighbours) },
		"neighbour twice": func(m *Model) {
			n := m.Products[2].Neighbours
			n[1] = n[0]
			n[1].Similarity /= 2
		},
		"too many neighbours":   func(m *Model) { m.Similarity.Neighbours = 1 },
		"unknown measure":       func(m *Model) { m.Similarity.Measure = "x" },
		"no measure":            func(m *Model) { m.Similarity.Measure = "" },
		"no basket policy":      func(m *Model) { m.Baskets = BasketOptions{} },
		"negative baskets":      func(m *Model) { m.Report.Baskets = -1 },
		"no first day":          func(m *Model) { m.First = time.Time{} },
		"last before first":     func(m *Model) { m.Last = m.First.AddDate(0, 0, -1) },
		"no accounts":           func(m *Model) { m.Everyone.Accounts = 0 },
		"everyone with a name":  func(m *Model) { m.Everyone.Name = "all" },
		"everyone's products":   func(m *Model) { m.Everyone.Products = m.Everyone.Products[1:] },
		"segment without name":  func(m *Model) { m.Segments[0].Name = "" },
		"unsorted segments":     func(m *Model) { slices.Reverse(m.Segments) },
		"segment too large":     func(m *Model) { m.Segments[0].Accounts = 7 },
		"segment unknown item":  func(m *Model) { m.Segments[0].Products[0].Product = 9 },
		"segment buyers":        func(m *Model) { m.Segments[0].Products[0].Buyers = 4 },
		"segment unsorted":      func(m *Model) { slices.Reverse(m.Segments[1].Products) },
		"segment product twice": func(m *Model) { m.Segments[1].Products[2].Product = m.Segments[1].Products[0].Product },
	} {
		m := read()
		spoil(m)
		require.Error(t, m.Validate(), name)
		var in *keyaccount.InputError
		require.ErrorAs(t, m.Validate(), &in, name)
	}
}

func FuzzModelUnmarshalJSON(f *testing.F) {
	p, segments := office(f)
	f.Add(saved(f, fitted(f, p, &FitOptions{Segments: segments})))
	f.Add(saved(f, fitted(f, purchasesOf(f, randomLines(rand.New(rand.NewPCG(1, 1)), 40)...), &FitOptions{Similarity: SimilarityOptions{Measure: Lift}})))
	f.Add([]byte(`{"schema":"keyaccount/segment/affinity.Model","version":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := new(Model)
		if err := json.Unmarshal(b, m); err != nil {
			return
		}
		again := saved(t, m)
		back := new(Model)
		require.NoError(t, json.Unmarshal(again, back))
		require.Equal(t, again, saved(t, back))
		h := History{Segment: "A", Items: []Holding{
			{Product: "printer"}, {Product: "ink", Days: 2, First: day("2025-01-01"), Last: day("2025-02-01")}, {Product: m.Products[0].ID + "x"},
		}}
		next, err := m.Next(h, nil)
		require.NoError(t, err)
		sound(t, next)
		due, err := m.Due(h, day("2026-01-01"), &DueOptions{From: 1e-9, To: 1e9})
		require.NoError(t, err)
		sound(t, due)
		h.Segment = ""
		gaps, err := m.WhiteSpace(h, nil)
		require.NoError(t, err)
		sound(t, gaps)
	})
}
