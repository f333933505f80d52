package segment

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestDefaultPlaybookIsComplete(t *testing.T) {
	t.Parallel()
	p, rules := DefaultPlaybook(), DefaultRules(Cell{R: 5, F: 5, M: 5})
	require.NoError(t, p.Check(rules))
	for _, c := range grid(rules.Bins) {
		play, ok := p.For(rules.Of(c))
		require.True(t, ok, "%v", c)
		require.NotEmpty(t, play.Strategy.In("zh"))
	}
	play, ok := p.For(rules.Of(Cell{R: 1, F: 5, M: 5}))
	require.True(t, ok)
	assert.Equal(t, []any{CannotLose, 7, "Key account manager", "大客户经理"},
		[]any{play.Segment, play.CadenceDays, play.Owner.In("en"), play.Owner.In("zh")})
	_, ok = p.For(Segment{})
	assert.False(t, ok, "there is no play for an account without a score")
}

func TestPlaybookRefuses(t *testing.T) {
	t.Parallel()
	rules := DefaultRules(Cell{R: 5, F: 5, M: 5})
	for _, c := range []struct {
		name  string
		spoil func(p *Playbook)
		kind  error
		field string
		row   int
	}{
		{"schema", func(p *Playbook) { p.Schema = "" }, keyaccount.ErrVersion, "Schema", 0},
		{"a segment left out", func(p *Playbook) { p.Plays = p.Plays[1:] }, keyaccount.ErrMissing, "Plays", 0},
		{"an unknown segment", func(p *Playbook) {
			p.Plays = append(p.Plays, p.Plays[0])
			p.Plays[11].Segment = "champion"
		}, keyaccount.ErrMismatch, "Segment", 12},
		{"twice", func(p *Playbook) { p.Plays = append(p.Plays, p.Plays[2]) }, keyaccount.ErrDuplicate, "Segment", 12},
		{"no segment", func(p *Playbook) { p.Plays[3].Segment = "" }, keyaccount.ErrMissing, "Segment", 4},
		{"no text", func(p *Playbook) { p.Plays[3].Strategy.Zh = "" }, keyaccount.ErrMissing, "Strategy", 4},
		{"no owner", func(p *Playbook) { p.Plays[3].Owner = keyaccount.Text{} }, keyaccount.ErrMissing, "Owner", 4},
		{"no service", func(p *Playbook) { p.Plays[3].Service.En = "" }, keyaccount.ErrMissing, "Service", 4},
		{"never", func(p *Playbook) { p.Plays[3].CadenceDays = 0 }, keyaccount.ErrOutOfRange, "CadenceDays", 4},
		{"hardly ever", func(p *Playbook) { p.Plays[3].CadenceDays = MaxCadence + 1 }, keyaccount.ErrOutOfRange, "CadenceDays", 4},
	} {
		p := DefaultPlaybook()
		c.spoil(p)
		err := p.Check(rules)
		require.ErrorIs(t, err, c.kind, c.name)
		inputError(t, err, c.kind, c.field, c.row)
	}
	inputError(t, DefaultPlaybook().Check(nil), keyaccount.ErrMissing, "rules", 0)
	require.ErrorContains(t, DefaultPlaybook().Check(EightRules(Cell{R: 5, F: 5, M: 5})), "key_value")
}

func TestPlaybookJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(DefaultPlaybook())
	require.NoError(t, err)
	var back Playbook
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, *DefaultPlaybook(), back)
	inputError(t, json.Unmarshal([]byte(`{"schema":"x"}`), &back), keyaccount.ErrVersion, "Schema", 0)
	inputError(t, json.Unmarshal([]byte(`{"plays":3}`), &back), keyaccount.ErrMalformed, "Playbook", 0)
	assert.Equal(t, *DefaultPlaybook(), back, "a refused playbook leaves the receiver alone")
}

func FuzzPlaybookUnmarshalJSON(f *testing.F) {
	text, err := json.Marshal(DefaultPlaybook())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Fuzz(func(t *testing.T, text string) {
		var p Playbook
		if json.Unmarshal([]byte(text), &p) == nil {
			require.NoError(t, p.Validate())
		}
	})
}
