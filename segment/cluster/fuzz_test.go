package cluster

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// floats reads up to 60 values; every second one is turned into a small whole
// number, so that ties and duplicates are common among the monsters.
func floats(data []byte) (values []float64) {
	for i := 0; len(data) >= 8 && i < 60; i++ {
		bits := binary.LittleEndian.Uint64(data)
		v := math.Float64frombits(bits)
		if i%2 == 1 {
			v = float64(bits % 5)
		}
		values = append(values, v)
		data = data[8:]
	}
	return values
}

func bytesOf(values ...float64) (data []byte) {
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
	}
	return data
}

func allFinite(t *testing.T, values ...float64) {
	t.Helper()
	for _, v := range values {
		require.True(t, finite(v), values)
	}
}

// Whatever the rows are: a result without NaN that its own Assign agrees
// with, or an error.
func FuzzFits(f *testing.F) {
	f.Add(bytesOf(1, 2, 3, 4, 5, 6, 7, 8), 2, 2, uint64(1))
	f.Add(bytesOf(1e100, -1e100, 1e-300, 0, 1e-100, 3, math.Pi, 4), 1, 3, uint64(2))
	f.Add(bytesOf(math.NaN(), 2), 1, 1, uint64(3))
	f.Add(bytesOf(0.1, 0.1, 0.1, 0.1, 0.1, 0.1), 2, 1, uint64(4))
	f.Add(bytesOf(1e99, 1, 1e99, 2, 1e99+1e84, 3, 5, 4), 2, 3, uint64(5))
	f.Fuzz(func(t *testing.T, data []byte, cols, k int, seed uint64) {
		values := floats(data)
		cols = 1 + int(uint(cols)%4)
		x := Matrix{Rows: len(values) / cols, Cols: cols, Data: values[:len(values)/cols*cols]}
		k %= 64

		if fit, err := FitKMeans(x, k, &KMeansOptions{Source: source(seed), Restarts: 2}); err == nil {
			allFinite(t, fit.Inertia)
			again, err := fit.AssignAll(x, 1)
			require.NoError(t, err)
			require.Equal(t, again, fit.Labels)
			var back KMeansFit
			require.NoError(t, json.Unmarshal([]byte(asJSON(t, fit)), &back))
			p, err := Describe(x, fit.Labels, nil)
			require.NoError(t, err)
			for _, c := range p.Clusters {
				allFinite(t, c.Distinctness)
			}
			if s, err := Silhouette(x, fit.Labels, 1); err == nil {
				allFinite(t, s.Values...)
			}
			if s, err := SimplifiedSilhouette(x, fit.Labels, 1); err == nil {
				allFinite(t, s.Values...)
			}
			if v, err := CalinskiHarabasz(x, fit.Labels); err == nil {
				allFinite(t, v)
			}
			if v, err := DaviesBouldin(x, fit.Labels); err == nil {
				allFinite(t, v)
			}
		}
		for covariance := range Covariance(3) {
			fit, err := FitMixture(x, k, &MixtureOptions{Source: source(seed), Restarts: 1, MaxIterations: 30, Covariance: covariance})
			if err != nil {
				continue
			}
			allFinite(t, fit.LogLikelihood, fit.BIC, fit.AIC)
			require.NoError(t, fit.Validate())
			m, err := fit.Assign(x.Row(0))
			require.NoError(t, err)
			require.Equal(t, fit.Labels[0], m.Cluster)
		}
		if d, err := Distances(x, Manhattan); err == nil {
			if fit, err := FitPAM(d, k, nil); err == nil {
				allFinite(t, fit.Within...)
			}
		}
		for _, kind := range []StepKind{Standardise, Log1p, SignedLog, Winsorise} {
			if tr, err := FitTransform(x, Step{Kind: kind}, Step{Kind: Standardise}); err == nil {
				z, err := tr.Apply(x)
				require.NoError(t, err)
				allFinite(t, z.Data...)
			}
		}
		choice, err := ChooseKMeans(x, &ChooseOptions{
			KMeans: KMeansOptions{Source: source(seed), Restarts: 1}, KMax: min(3, max(1, k)), References: 2,
		})
		if err == nil {
			asJSON(t, choice) // refuses NaN and Inf
		}
	})
}

// What a decoder accepts can be asked, saved and read again.
func FuzzUnmarshal(f *testing.F) {
	f.Add(savedModel, 1.0, 2.0)
	f.Add(savedMixture, 1e100, -1e100)
	f.Add(savedTransform, math.NaN(), 0.0)
	f.Fuzz(func(t *testing.T, text string, a, b float64) {
		row := []float64{a, b}
		var m Model
		if json.Unmarshal([]byte(text), &m) == nil {
			var back Model
			require.NoError(t, json.Unmarshal([]byte(asJSON(t, m)), &back))
			if at, err := m.Assign(row); err == nil {
				allFinite(t, at.Distance, at.NextDistance)
				again, err := back.Assign(row)
				require.NoError(t, err)
				require.Equal(t, at, again)
				e, err := m.Explain(row)
				require.NoError(t, err)
				allFinite(t, e.Lead)
			}
		}
		var g Mixture
		if json.Unmarshal([]byte(text), &g) == nil {
			require.NoError(t, json.Unmarshal([]byte(asJSON(t, g)), new(Mixture)))
			if at, err := g.Assign(row); err == nil {
				allFinite(t, at.LogDensity)
				allFinite(t, at.Responsibilities...)
			}
		}
		var tr Transform
		if json.Unmarshal([]byte(text), &tr) == nil {
			require.NoError(t, json.Unmarshal([]byte(asJSON(t, tr)), new(Transform)))
			dst := make([]float64, 2)
			if tr.ApplyRow(dst, row) == nil {
				allFinite(t, dst...)
			}
		}
	})
}

func FuzzLabels(f *testing.F) {
	f.Add([]byte{0, 1, 2, 2}, []byte{1, 1, 0, 2})
	f.Add([]byte{255}, []byte{0})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		labels := func(data []byte) (out []int) {
			for _, v := range data {
				out = append(out, int(int8(v)))
			}
			return out
		}
		la, lb := labels(a), labels(b)
		if v, err := AdjustedRand(la, lb); err == nil {
			require.True(t, v >= -1 && v <= 1+1e-12, v)
		}
		m, err := MatchLabels(la, lb)
		if err != nil {
			return
		}
		out, err := m.Relabel(lb)
		require.NoError(t, err)
		same := 0
		for i := range out {
			if out[i] == la[i] {
				same++
			}
		}
		require.InDelta(t, m.Agreement, float64(same)/float64(len(la)), 1e-15)
		rand, err := AdjustedRand(lb, out)
		require.NoError(t, err)
		require.InDelta(t, 1, rand, 1e-12, "renumbering moves nobody")
	})
}
