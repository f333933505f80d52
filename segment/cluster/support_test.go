package cluster

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// matrix is NewMatrix for rows that are right.
func matrix(t testing.TB, rows ...[]float64) Matrix {
	t.Helper()
	x, err := NewMatrix(rows)
	require.NoError(t, err)
	return x
}

// line is a matrix of one column.
func line(t testing.TB, values ...float64) Matrix {
	t.Helper()
	return Matrix{Rows: len(values), Cols: 1, Data: values}
}

// randomMatrix has duplicates, ties and columns of all sizes.
func randomMatrix(r *rand.Rand, n, d int) Matrix {
	x := Matrix{Rows: n, Cols: d, Data: make([]float64, n*d)}
	grid := r.IntN(2) == 0 // many equal distances
	scale := math.Pow(10, float64(r.IntN(7)-3))
	for i := range x.Data {
		if grid {
			x.Data[i] = float64(r.IntN(5)) * scale
		} else {
			x.Data[i] = r.NormFloat64() * scale
		}
	}
	return x
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func inputError(t testing.TB, err, kind error, field string, row int) {
	t.Helper()
	require.ErrorIs(t, err, kind)
	in, ok := errors.AsType[*keyaccount.InputError](err)
	require.True(t, ok, err)
	require.Equal(t, field, in.Field, err)
	require.Equal(t, row, in.Row, err)
	require.NotEmpty(t, in.Reason)
}

func source(seed uint64) rand.Source { return rand.NewPCG(seed, 1) }
