package clv

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

func TestContractsFromSurvivors(t *testing.T) {
	table := survivors(t, []int64{10, 7, 7, 4})
	want := []countedContract{
		{ContractHistory{Renewals: 0, Lost: true}, 3},
		{ContractHistory{Renewals: 2, Lost: true}, 3},
		{ContractHistory{Renewals: 3}, 4},
	}
	assert.Equal(t, want, table.sorted())
	assert.EqualValues(t, 10, table.N())
	assert.Equal(t, 3, table.Len())
	table = survivors(t, []int64{10, 0})
	assert.Equal(t, []countedContract{{ContractHistory{Lost: true}, 10}}, table.sorted())
	for _, c := range []struct {
		n      []int64
		months int
		row    int
		want   error
	}{
		{nil, 12, 0, keyaccount.ErrMissing},
		{[]int64{0, 0}, 12, 1, keyaccount.ErrOutOfRange},
		{[]int64{5, 6}, 12, 2, keyaccount.ErrOutOfRange},
		{[]int64{5, 4, -1}, 12, 3, keyaccount.ErrOutOfRange},
		{[]int64{5, 4}, -1, 2, keyaccount.ErrOutOfRange},
	} {
		_, err := ContractsFromSurvivors(c.months, c.n)
		require.ErrorIs(t, err, c.want)
		var in *keyaccount.InputError
		require.ErrorAs(t, err, &in)
		assert.Equal(t, c.row, in.Row)
	}
}

func TestContractCountsIsACommutativeMonoid(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	of := func(rows []countedContract) *ContractCounts {
		table := NewContractCounts(3)
		for _, row := range rows {
			require.NoError(t, table.Add(row.ContractHistory, row.N))
		}
		return table
	}
	for range 200 {
		rows := make([]countedContract, r.IntN(40))
		for i := range rows {
			rows[i] = countedContract{ContractHistory{1 + r.IntN(5), r.IntN(2) == 0}, 1 + r.Int64N(9)}
		}
		whole := bytesOf(t, of(rows))
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		i := r.IntN(len(rows) + 1)
		a, b := of(rows[:i]), of(rows[i:])
		require.NoError(t, b.Merge(a))
		require.Equal(t, whole, bytesOf(t, b))

		fromBytes, fromJSON := new(ContractCounts), new(ContractCounts)
		require.NoError(t, fromBytes.UnmarshalBinary(whole))
		require.Equal(t, whole, bytesOf(t, fromBytes))
		text, err := json.Marshal(b)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, fromJSON))
		require.Equal(t, whole, bytesOf(t, fromJSON))
	}
}

func TestContractCountsRefuses(t *testing.T) {
	table := survivors(t, highEnd)
	for _, c := range []struct {
		h     ContractHistory
		n     int64
		field string
	}{
		{ContractHistory{}, 1, "Renewals"},
		{ContractHistory{Renewals: -1}, 1, "Renewals"},
		{ContractHistory{Renewals: maxFrequency + 1}, 1, "Renewals"},
		{ContractHistory{Renewals: 1}, 0, "n"},
		{ContractHistory{Renewals: 1}, math.MaxInt64, "n"},
	} {
		err := table.Add(c.h, c.n)
		var in *keyaccount.InputError
		require.ErrorAs(t, err, &in)
		assert.Equal(t, c.field, in.Field)
	}
	assert.ErrorIs(t, table.Merge(nil), keyaccount.ErrMissing)
	assert.ErrorIs(t, table.Merge(NewContractCounts(1)), keyaccount.ErrMismatch)
	assert.NoError(t, table.Merge(new(ContractCounts)), "years, as the zero value")
	assert.EqualValues(t, 1000, table.N())
	require.NoError(t, table.Merge(table))
	assert.EqualValues(t, 2000, table.N())
	assert.ErrorIs(t, NewContractCounts(-1).Add(ContractHistory{Renewals: 1}, 1), keyaccount.ErrOutOfRange)
	_, err := NewContractCounts(-1).MarshalBinary()
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	_, err = json.Marshal(NewContractCounts(-1))
	assert.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	for range table.All() {
		break // stopping early is allowed
	}

	good := bytesOf(t, table)
	for n := range good {
		require.Error(t, new(ContractCounts).UnmarshalBinary(good[:n]), "cut after %d bytes", n)
	}
	version := slices.Clone(good)
	version[1+len(contractForm.Schema)] = 9
	assert.ErrorIs(t, new(ContractCounts).UnmarshalBinary(version), keyaccount.ErrVersion)
	assert.ErrorIs(t, new(ContractCounts).UnmarshalBinary(append(good, 0)), keyaccount.ErrMalformed)
	text := `{"schema":"keyaccount/clv.ContractCounts","version":1,"months":12,"rows":[{"renewals":2,"lost":true,"n":3}]}`
	require.NoError(t, json.Unmarshal([]byte(text), table))
	back, err := json.Marshal(table)
	require.NoError(t, err)
	assert.Equal(t, text, string(back))
	for from, c := range map[string]struct {
		to   string
		want error
	}{
		`"months":12,`:   {"", keyaccount.ErrMissing},
		`"months":12`:    {`"months":-2`, keyaccount.ErrOutOfRange},
		`"version":1`:    {`"version":2`, keyaccount.ErrVersion},
		`ContractCounts`: {`Counts`, keyaccount.ErrVersion},
		`"lost":true`:    {`"left":true`, keyaccount.ErrMalformed},
		`"n":3`:          {`"n":0`, keyaccount.ErrOutOfRange},
	} {
		assert.ErrorIs(t, table.UnmarshalJSON([]byte(strings.Replace(text, from, c.to, 1))), c.want, from)
	}
}

func FuzzContractCountsDecode(f *testing.F) {
	f.Add(bytesOf(f, new(ContractCounts)))
	f.Add(bytesOf(f, survivors(f, highEnd)))
	f.Fuzz(func(t *testing.T, b []byte) {
		var table ContractCounts
		if table.UnmarshalBinary(b) != nil {
			require.Zero(t, table.Len())
			return
		}
		require.Equal(t, b, bytesOf(t, &table), "only the canonical form is read")
		text, err := json.Marshal(&table)
		require.NoError(t, err)
		var back ContractCounts
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, b, bytesOf(t, &back))
	})
}
