package segment

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestScoreReasons(t *testing.T) {
	t.Parallel()
	m, err := NewModel(Breaks{
		AsOf: uciAsOf, Recency: decs("10", "20", "30", "40"), Frequency: decs("1", "2", "3", "4"), Monetary: decs("10", "20", "30"),
	})
	require.NoError(t, err)
	for _, c := range []struct {
		days, orders int
		net          string
		want         []string
	}{
		{5, 9, "99", []string{"ordered_recently", "orders_often", "high_net"}},
		{25, 3, "15", []string{"low_net"}}, // of five scores the third says nothing; of four there is no middle
		{99, 1, "0", []string{"not_ordered_for_long", "orders_rarely", "low_net", "single_order", "no_net"}},
	} {
		s := m.Score(Account{DaysSinceLast: c.days, Orders: c.orders, Net: dec(c.net)})
		var got []string
		for _, r := range s.Reasons.List() {
			assert.True(t, s.Reasons.Has(r))
			got = append(got, r.String())
		}
		assert.Equal(t, c.want, got)
	}
	s := m.Score(Account{DaysSinceLast: 99, Orders: 1, Net: dec("-3")})
	assert.Equal(t, []string{"has not ordered for long", "orders rarely", "low net amount", "one order so far", "no positive net amount"}, s.Reasons.Labels("en"))
	assert.Equal(t, []string{"久未下单", "下单较少", "净额较低", "仅有一笔订单", "净额不为正"}, s.Reasons.Labels("zh"))
	assert.Equal(t, []string{"unknown", "unknown"}, []string{ScoreReason(8).String(), ScoreReason(8).Label("zh")})
	assert.False(t, s.Reasons.Has(200))
}

func TestScoreJSON(t *testing.T) {
	t.Parallel()
	s := Score{R: 5, F: 4, M: 5, Segment: DefaultRules(Cell{R: 5, F: 5, M: 5}).Of(Cell{R: 5, F: 4, M: 5})}
	s.Reasons.set(HighNet, true)
	text, err := json.Marshal(s)
	require.NoError(t, err)
	assert.JSONEq(t, `{"r":5,"f":4,"m":5,"segment":{"key":"champions","en":"Champions","zh":"核心客户"},"reasons":["high_net"]}`, string(text))
	var back Score
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, s, back)
	text, err = json.Marshal(Score{})
	require.NoError(t, err)
	assert.JSONEq(t, `{"r":0,"f":0,"m":0}`, string(text))

	inputError(t, json.Unmarshal([]byte(`["high_net","low"]`), &back.Reasons), keyaccount.ErrMalformed, "Reasons", 2)
	inputError(t, json.Unmarshal([]byte(`3`), &back.Reasons), keyaccount.ErrMalformed, "Reasons", 0)
	assert.Equal(t, s, back)
	for r := range ScoreReasons(255) {
		text, err := json.Marshal(r)
		require.NoError(t, err)
		var same ScoreReasons
		require.NoError(t, json.Unmarshal(text, &same))
		require.Equal(t, r, same)
	}
}
