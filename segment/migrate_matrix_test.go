package segment

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestMigrateLabels(t *testing.T) {
	t.Parallel()
	order := []string{"bronze", "silver", "gold"}
	before := []Labelled{{"C", "gold"}, {"A", "bronze"}, {"B", "silver"}, {"D", "silver"}}
	after := []Labelled{{"B", "silver"}, {"E", "gold"}, {"A", "gold"}, {"C", "silver"}}
	got, err := MigrateLabels(order, before, after)
	require.NoError(t, err)
	assert.Equal(t, [][]int{{0, 0, 1}, {0, 1, 0}, {0, 1, 0}}, got.Matrix.Counts)
	assert.Equal(t, [][]float64{{0, 0, 1}, {0, 0.5, 0}, {0, 1, 0}}, got.Matrix.Shares)
	assert.Equal(t, []int{0, 1, 0}, got.Matrix.Left)
	assert.Equal(t, []int{0, 0, 1}, got.Matrix.Entered)
	assert.Equal(t, []int{3, 1, 1, 1}, []int{got.Matrix.Stayed, got.Matrix.Same, got.Matrix.Up, got.Matrix.Down})
	assert.Equal(t, []LabelMove{
		{ID: "A", From: "bronze", To: "gold", Steps: 2},
		{ID: "C", From: "gold", To: "silver", Steps: -1},
		{ID: "D", From: "silver"},
		{ID: "E", To: "gold"},
	}, got.Moves)
	assert.Equal(t, order, got.Matrix.Labels)
	assert.Contains(t, got.Matrix.NoPSI, "empty")

	refused := func(order []string, before, after []Labelled) error {
		got, err := MigrateLabels(order, before, after)
		require.Nil(t, got)
		return err
	}
	inputError(t, refused(nil, before, after), keyaccount.ErrMissing, "order", 0)
	inputError(t, refused([]string{"a", ""}, before, after), keyaccount.ErrMissing, "order", 2)
	inputError(t, refused([]string{"a", "b", "a"}, before, after), keyaccount.ErrDuplicate, "order", 3)
	inputError(t, refused(make([]string, 1001), before, after), keyaccount.ErrOutOfRange, "order", 0)
	inputError(t, refused(order, nil, nil), keyaccount.ErrMissing, "before", 0)
	inputError(t, refused(order, before, []Labelled{{"A", "gold"}, {"B", "Gold"}}), keyaccount.ErrOutOfRange, "after.Label", 2)
	inputError(t, refused(order, []Labelled{{"", "gold"}}, after), keyaccount.ErrMissing, "before.ID", 1)
	inputError(t, refused(order, before, []Labelled{{"B", "gold"}, {"A", "gold"}, {"B", "silver"}}), keyaccount.ErrDuplicate, "after.ID", 3)
}

// The scores of a Model, read as labels, give the same matrix.
func TestLabelsAndScoresAgree(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(12, 12))
	before := randomAccounts(r, 80)
	after := later(r, before, uciAsOf)
	model := fitted(t, before, nil)
	want, err := Migrate(model, before, after)
	require.NoError(t, err)
	label := func(accounts []Account) (out []Labelled) {
		for _, a := range accounts {
			if s := model.Score(a); s.M > 0 {
				out = append(out, Labelled{a.ID, strconv.Itoa(s.M)})
			}
		}
		return out
	}
	got, err := MigrateLabels([]string{"1", "2", "3", "4", "5"}, label(before), label(after))
	require.NoError(t, err)
	assert.Equal(t, want.M, got.Matrix)
}
