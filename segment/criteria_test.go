package segment

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func keyCriteria() CriteriaPolicy {
	return CriteriaPolicy{
		Version: "2026-1",
		Criteria: []Criterion{
			{Name: "revenue", Text: keyaccount.Text{En: "Revenue", Zh: "销售额"}, Unit: "EUR a year", Direction: Benefit, Weight: 50, Lo: 0, Hi: 1000},
			{Name: "margin", Direction: Benefit, Weight: 30, Lo: -10, Hi: 40},
			{Name: "cost_to_serve", Direction: Cost, Weight: 20, Lo: 0, Hi: 100},
		},
	}
}

func TestPolicyNamesEveryFault(t *testing.T) {
	t.Parallel()
	p := CriteriaPolicy{
		Missing: "guess", Outside: "wrap",
		Criteria: []Criterion{
			{Name: "", Direction: Benefit, Weight: 1},
			{Name: "a", Weight: 1},
			{Name: "a", Direction: "up", Weight: 1},
			{Name: "b", Direction: Cost, Weight: -1},
			{Name: "c", Direction: Cost, Weight: math.NaN()},
			{Name: "d", Direction: Cost, Weight: math.Inf(1)},
			{Name: "e", Direction: Cost, Lo: 2, Hi: 1},
			{Name: "f", Direction: Cost, Lo: 1, Hi: 1},
			{Name: "g", Direction: Cost, Lo: math.NaN(), Hi: 1},
			{Name: "h", Direction: Cost, Lo: 1, Hi: math.Inf(1)},
		},
	}
	type fault struct {
		kind  error
		field string
		row   int
	}
	want := []fault{
		{keyaccount.ErrOutOfRange, "Missing", 0},
		{keyaccount.ErrOutOfRange, "Outside", 0},
		{keyaccount.ErrMissing, "Name", 1},
		{keyaccount.ErrMissing, "Direction", 2},
		{keyaccount.ErrDuplicate, "Name", 3},
		{keyaccount.ErrOutOfRange, "Direction", 3},
		{keyaccount.ErrOutOfRange, "Weight", 4},
		{keyaccount.ErrOutOfRange, "Weight", 5},
		{keyaccount.ErrOutOfRange, "Weight", 6},
		{keyaccount.ErrOutOfRange, "Hi", 7},
		{keyaccount.ErrOutOfRange, "Hi", 8},
		{keyaccount.ErrOutOfRange, "Lo", 9},
		{keyaccount.ErrOutOfRange, "Hi", 10},
	}
	joined, ok := p.Validate().(interface{ Unwrap() []error })
	require.True(t, ok)
	var got []fault
	for _, err := range joined.Unwrap() {
		var in *keyaccount.InputError
		require.ErrorAs(t, err, &in)
		require.NotEmpty(t, in.Reason)
		got = append(got, fault{in.Kind, in.Field, in.Row})
	}
	assert.Equal(t, want, got)

	inputError(t, CriteriaPolicy{}.Validate(), keyaccount.ErrMissing, "Criteria", 0)
	zero := keyCriteria()
	for i := range zero.Criteria {
		zero.Criteria[i].Weight = 0
	}
	inputError(t, zero.Validate(), keyaccount.ErrOutOfRange, "Weight", 0)
	require.NoError(t, keyCriteria().Validate())
}

// The schema, pinned: what is written today must be read by every later
// version.
const savedCriteria = `{"schema":"keyaccount/segment.CriteriaPolicy/1","version":"2026-1","missing":"worst","outside":"clamped",
	"criteria":[
	{"name":"revenue","en":"Revenue","zh":"销售额","unit":"EUR a year","direction":"benefit","weight":50,"lo":0,"hi":1000},
	{"name":"margin","direction":"benefit","weight":30,"lo":-10,"hi":40},
	{"name":"cost_to_serve","direction":"cost","weight":20,"lo":0,"hi":100}]}`

func TestPolicyJSON(t *testing.T) {
	t.Parallel()
	p := keyCriteria()
	p.Missing, p.Outside = MissingWorst, OutsideClamped
	b, err := json.Marshal(p)
	require.NoError(t, err)
	assert.JSONEq(t, savedCriteria, string(b))
	var back CriteriaPolicy
	require.NoError(t, json.Unmarshal([]byte(savedCriteria), &back))
	assert.Equal(t, p, back)

	refused := func(old, with string) error {
		kept := back
		err := json.Unmarshal([]byte(strings.Replace(savedCriteria, old, with, 1)), &kept)
		assert.Equal(t, back, kept, "after an error the receiver is unchanged")
		return err
	}
	inputError(t, refused("Policy/1", "Policy/2"), keyaccount.ErrVersion, "Schema", 0)
	inputError(t, refused(`"weight":50`, `"wieght":50`), keyaccount.ErrMalformed, "Policy", 0)
	inputError(t, refused(`"weight":50`, `"weight":"50"`), keyaccount.ErrMalformed, "Policy", 0)
	inputError(t, refused(`"weight":50`, `"weight":-50`), keyaccount.ErrOutOfRange, "Weight", 1)
	inputError(t, back.UnmarshalJSON([]byte(`{`)), keyaccount.ErrMalformed, "Policy", 0)
	p.Criteria[0].Weight = math.NaN()
	_, err = json.Marshal(p)
	require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	assert.Equal(t, "Revenue", p.Criteria[0].Label("en"))
	assert.Equal(t, "销售额", p.Criteria[0].Label("zh-CN"))
	assert.Equal(t, "margin", p.Criteria[1].Label("zh"))
}

func TestAlternativeJSONKeepsMissingValues(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(Alternative{ID: "A", Values: []float64{1.5, math.NaN(), -3}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"id":"A","values":[1.5,null,-3]}`, string(b))
	var back Alternative
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, "A", back.ID)
	assert.Equal(t, []float64{1.5, -3}, []float64{back.Values[0], back.Values[2]})
	assert.True(t, math.IsNaN(back.Values[1]))

	_, err = json.Marshal(Alternative{ID: "A", Values: []float64{math.Inf(1)}})
	require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	inputError(t, json.Unmarshal([]byte(`{"id":"A","values":[1e200]}`), &back), keyaccount.ErrOutOfRange, "Values", 0)
	inputError(t, json.Unmarshal([]byte(`{"values":[1]}`), &back), keyaccount.ErrMissing, "ID", 0)
	inputError(t, json.Unmarshal([]byte(`{"id":"A","values":"x"}`), &back), keyaccount.ErrMalformed, "Alternative", 0)
}

func TestRankingRefusesByName(t *testing.T) {
	t.Parallel()
	good := []Alternative{{"A", []float64{500, 20, 30}}, {"B", []float64{900, 10, 60}}}
	refused := func(p CriteriaPolicy, method RankMethod, alternatives ...Alternative) error {
		r, err := RankBy(method, p, alternatives)
		require.Nil(t, r)
		return err
	}
	with := func(id string, values ...float64) []Alternative { return append(good[:2:2], Alternative{id, values}) }
	for _, m := range []RankMethod{MethodSPOTIS, MethodWeightedSum, MethodMinMaxSum, MethodTOPSIS} {
		p := keyCriteria()
		inputError(t, refused(p, m), keyaccount.ErrMissing, "alternatives", 0)
		inputError(t, refused(p, m, with("", 1, 1, 1)...), keyaccount.ErrMissing, "ID", 3)
		inputError(t, refused(p, m, with("B", 1, 1, 1)...), keyaccount.ErrDuplicate, "ID", 3)
		inputError(t, refused(p, m, append(with("0", 1, 1, 1), with("B", 1, 1, 1)[2])...), keyaccount.ErrDuplicate, "ID", 4)
		inputError(t, refused(p, m, with("C", 1, 1)...), keyaccount.ErrMismatch, "Values", 3)
		inputError(t, refused(p, m, with("C", 1, math.NaN(), 1)...), keyaccount.ErrMissing, "Values", 3)
		inputError(t, refused(p, m, with("C", 1, math.Inf(-1), 1)...), keyaccount.ErrOutOfRange, "Values", 3)
		inputError(t, refused(p, m, with("C", 1001, 1, 1)...), keyaccount.ErrOutOfRange, "Values", 3)
		inputError(t, refused(CriteriaPolicy{}, m, good...), keyaccount.ErrMissing, "Criteria", 0)
		for i := range p.Criteria {
			p.Criteria[i].Weight = 0
		}
		inputError(t, refused(p, m, good...), keyaccount.ErrOutOfRange, "Weight", 0)
	}
	inputError(t, refused(keyCriteria(), "borda", good...), keyaccount.ErrOutOfRange, "method", 0)

	loose := keyCriteria()
	loose.Criteria[1].Lo, loose.Criteria[1].Hi = 0, 0
	for _, m := range []RankMethod{MethodSPOTIS, MethodWeightedSum} {
		inputError(t, refused(loose, m, good...), keyaccount.ErrMissing, "Hi", 2)
	}
	loose.Missing = MissingMiddle
	inputError(t, refused(loose, MethodTOPSIS, with("C", 1, math.NaN(), 1)...), keyaccount.ErrMissing, "Values", 3)
	_, err := RankTOPSIS(loose, good)
	require.NoError(t, err)
}

func TestMissingAndOutsideValuesAreMarked(t *testing.T) {
	t.Parallel()
	p := keyCriteria()
	p.Missing, p.Outside = MissingWorst, OutsideClamped
	row := Alternative{"A", []float64{2000, 15, math.NaN()}}
	r, err := RankWeightedSum(p, []Alternative{row})
	require.NoError(t, err)
	a := r.Accounts[0]
	assert.InDelta(t, 0.5*1+0.3*0.5+0.2*0, a.Score, 1e-15)
	assert.Equal(t, CriterionPoints{Criterion: "revenue", Value: 1000, Treatment: TreatedClamped, Points: 0.5}, a.Points[0])
	assert.Empty(t, a.Points[1].Treatment)
	assert.Equal(t, CriterionPoints{Criterion: "cost_to_serve", Value: 100, Treatment: TreatedMissing, Gap: 0.2}, a.Points[2])

	p.Missing = MissingMiddle
	r, err = RankWeightedSum(p, []Alternative{row})
	require.NoError(t, err)
	assert.Equal(t, 50.0, r.Accounts[0].Points[2].Value)
	assert.True(t, math.IsNaN(row.Values[2]), "the caller's values are not written to")
}

// What a person reads when a row cannot be used.
func TestFaultsReadWell(t *testing.T) {
	t.Parallel()
	p := keyCriteria()
	for want, a := range map[string]Alternative{
		`keyaccount: row 1: Values "1200": criterion "revenue": the value is outside the bounds 0 to 1000`: {"A", []float64{1200, 1, 1}},
		`keyaccount: row 1: Values: criterion "margin": the value is missing`:                              {"A", []float64{1, math.NaN(), 1}},
		`keyaccount: row 1: Values "2": an account needs one value for each of the 3 criteria`:             {"A", []float64{1, 1}},
		`keyaccount: row 1: ID: an account needs an ID`:                                                    {"", []float64{1, 1, 1}},
	} {
		_, err := RankSPOTIS(p, []Alternative{a})
		require.EqualError(t, err, want)
	}
	p.Criteria[0].Hi = 0
	_, err := RankSPOTIS(p, []Alternative{{"A", []float64{1, 1, 1}}})
	require.EqualError(t, err, `keyaccount: row 1: Hi: criterion "revenue": scoring over bounds needs bounds`)
}
