package clv

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// doubling is a host's model that embeds one of ours and answers otherwise.
type doubling struct{ BGNBD }

func (m doubling) ProbAlive(h History) float64 { return m.BGNBD.ProbAlive(h) / 2 }

func (m doubling) ExpectedOrders(h History, t float64) float64 {
	return 2 * m.BGNBD.ExpectedOrders(h, t)
}

func (m doubling) Discounted(h History, rate Rate) float64 {
	return m.BGNBD.Discounted(h, rate) + h.Recency
}

// scoredModels are all kinds of models, their parameters on all scales.
func scoredModels(r *rand.Rand) []OrderFlow {
	p := func() float64 { return math.Exp(2 * r.NormFloat64()) }
	u := []Unit{Week, Day, Year}[r.IntN(3)]
	b, m := BGNBD{p(), p(), p(), p(), u}, MBGNBD{p(), p(), p(), p(), u}
	g, n := ParetoNBD{p(), p(), p(), p(), u}, NBD{p(), p(), u}
	small := BGNBD{1.2, 8, .8, 2.5, u} // the rhythm models take long with others
	return []OrderFlow{
		b, &b,
		BGNBDFit{BGNBD: b},
		&BGNBDFit{BGNBD: b},
		doubling{b},
		&doubling{b},
		m, &m,
		MBGNBDFit{MBGNBD: m},
		&MBGNBDFit{MBGNBD: m},
		g, &g,
		ParetoNBDFit{ParetoNBD: g},
		&ParetoNBDFit{ParetoNBD: g},
		n, &n,
		NBDFit{NBD: n},
		&NBDFit{NBD: n},
		BGCNBD{R: small.R, Alpha: small.Alpha, A: small.A, B: small.B, K: 2, Unit: u},
		MBGCNBD{R: small.R, Alpha: small.Alpha, A: small.A, B: small.B, K: 3, Unit: u},
	}
}

func randomHistories(r *rand.Rand, n int) []History {
	histories := make([]History, n)
	for i := range histories {
		h := History{Frequency: r.IntN(4), Age: float64(r.IntN(6)) * math.Exp(float64(r.IntN(4)))}
		if h.Age == 0 || h.Frequency == 0 {
			h.Frequency = 0
		} else {
			h.Recency = h.Age * float64(1+r.IntN(4)) / 4
		}
		if r.IntN(20) == 0 && h.Frequency == 0 {
			h.Recency = math.Copysign(0, -1)
		}
		histories[i] = h
	}
	return histories
}

// Each score is the same bits as the answers of the model, for any options and
// any number of workers.
func TestScoreAllIsTheModel(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	for trial := range 8 {
		histories := randomHistories(r, 1+r.IntN(40))
		o := ScoreOptions{Span: []float64{0, 4, 52, 1e4}[r.IntN(4)], Rate: Rate{Annual: []float64{0, .1, 3, -.5, 5e-324}[r.IntN(5)]}}
		if trial == 0 {
			o = ScoreOptions{Span: 13, Rate: Rate{Annual: .1}}
		}
		for _, m := range scoredModels(r) {
			want := make([]Scored, len(histories))
			for i, h := range histories {
				want[i].ProbAlive = m.ProbAlive(h)
				if o.Span > 0 {
					want[i].ExpectedOrders = m.ExpectedOrders(h, o.Span)
				}
				if o.Rate.Annual > 0 {
					want[i].Discounted = m.Discounted(h, o.Rate)
				}
			}
			for _, o.Workers = range []int{1, 2, 7} {
				got, err := ScoreAll(m, histories, &o)
				require.NoError(t, err)
				require.Equal(t, want, got, "%T %+v %+v", m, m, o)
			}
		}
	}
}

// What is said of an active account is shared only where the model is ours to
// the last method.
func TestOnlyOurModelsShare(t *testing.T) {
	for _, m := range scoredModels(rand.New(rand.NewPCG(7, 2))) {
		_, ok := asSharing(m)
		switch m.(type) {
		case doubling, *doubling, BGCNBD, MBGCNBD:
			assert.False(t, ok, "%T", m)
		default:
			assert.True(t, ok, "%T", m)
		}
	}
}

func TestScoreAllOfNothing(t *testing.T) {
	for _, m := range scoredModels(rand.New(rand.NewPCG(7, 3))) {
		for _, opts := range []*ScoreOptions{nil, {}, {Span: 52, Rate: Rate{Annual: .1}, Workers: 3}} {
			got, err := ScoreAll(m, nil, opts)
			require.NoError(t, err)
			assert.Empty(t, got)
		}
		got, err := ScoreAll(m, []History{{}, {1, 2, 3}}, nil)
		require.NoError(t, err)
		assert.Equal(t, []Scored{{ProbAlive: m.ProbAlive(History{})}, {ProbAlive: m.ProbAlive(History{1, 2, 3})}}, got)
	}
}

func TestScoreAllRefuses(t *testing.T) {
	good := []History{{}, {2, 3, 4}, {2, 3, 4}, {}}
	inputError := func(err error, kind error, field string, row int) {
		t.Helper()
		var in *keyaccount.InputError
		require.ErrorAs(t, err, &in)
		assert.ErrorIs(t, err, kind)
		assert.Equal(t, field, in.Field)
		assert.Equal(t, row, in.Row)
	}
	for _, m := range []OrderFlow{published, doubling{published}, ParetoNBD{1, 2, 3, 4, Week}} {
		for _, bad := range []struct {
			history History
			field   string
		}{
			{History{-1, 0, 1}, "Frequency"},
			{History{1, 0, 1}, "Recency"},
			{History{0, 1, 2}, "Recency"},
			{History{1, 3, 2}, "Recency"},
			{History{1, math.NaN(), 2}, "Recency"},
			{History{1, 1, math.Inf(1)}, "Age"},
		} {
			got, err := ScoreAll(m, append(append([]History{}, good...), bad.history, History{-7, 0, 0}), nil)
			assert.Nil(t, got)
			inputError(err, bad.history.problem().Kind, bad.field, len(good)+1)
		}
		for _, span := range []float64{-1, math.NaN(), math.Inf(1)} {
			_, err := ScoreAll(m, good, &ScoreOptions{Span: span})
			inputError(err, keyaccount.ErrOutOfRange, "Span", 0)
		}
		for _, rate := range []float64{-1, math.NaN(), math.Inf(1)} {
			_, err := ScoreAll(m, good, &ScoreOptions{Rate: Rate{Annual: rate}})
			inputError(err, keyaccount.ErrOutOfRange, "Annual", 0)
		}
	}
	_, err := ScoreAll(nil, good, nil)
	inputError(err, keyaccount.ErrMissing, "m", 0)
	_, err = ScoreAll(BGNBD{R: 1}, good, nil)
	inputError(err, keyaccount.ErrOutOfRange, "alpha", 0)
}

// A million accounts, from their histories to the score of each, on all cores.
func BenchmarkScoreAllMillion(b *testing.B) {
	histories := millionHistories(b)
	for _, m := range []OrderFlow{
		BGNBD{.8, 11, .3, 1.2, Week},
		MBGNBD{1.187, 11.35, .569, .544, Week},
		ParetoNBD{.55709586, 10.92573284, .59989755, 11.8542581, Week},
	} {
		b.Run(m.Name(), func(b *testing.B) {
			b.ReportAllocs()
			before := cpuTime()
			for b.Loop() {
				if _, err := ScoreAll(m, histories, &ScoreOptions{Span: 52, Rate: Rate{Annual: .1}}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpuTime()-before)/float64(b.N)/1e6, "cpu-ms/op")
		})
	}
}
