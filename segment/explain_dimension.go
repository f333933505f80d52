package segment

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// ExplainedDimension is a further dimension of an [Explanation]. Its distances
// are multiples of the dimension's Step.
type ExplainedDimension struct {
	// Name, Label, Unit and LowerBetter are those of the [Dimension].
	Name        string          `json:"name"`
	Label       keyaccount.Text `json:"label,omitzero"`
	Unit        keyaccount.Text `json:"unit,omitzero"`
	LowerBetter bool            `json:"lower_better,omitempty"`
	Explained[decimal.Decimal]
}

// explainDimensions is explain for the further dimensions.
func (m *Model) explainDimensions(a *Account, s Score) (out []ExplainedDimension) {
	for i := range m.Dimensions {
		d := &m.Dimensions[i]
		x := ExplainedDimension{Name: d.Name, Label: d.Label, Unit: d.Unit, LowerBetter: d.LowerBetter}
		if v, known := a.figure(d.Name); known {
			x.Score, x.Figure = int(s.Dimensions[i]), v
			x.Down, x.Up = around(d.Cuts, v, d.step(), d.Score)
			if d.LowerBetter {
				x.Down, x.Up = x.Up, x.Down
			}
		}
		out = append(out, x)
	}
	return out
}

// sentence speaks of a further dimension. The figure comes first, since a lower
// one may be better.
func (d *ExplainedDimension) sentence(w *words, lang string, ordered bool) string {
	var b strings.Builder
	b.WriteString(labelOr(d.Label, lang, d.Name))
	from := 0
	if d.Was != nil {
		from = d.Was.Score
	}
	if d.Score == 0 {
		if ordered {
			b.WriteString(w.notKnown)
		}
		b.WriteString(w.colon)
		switch {
		case from > 0:
			b.WriteString(w.score + w.verdict(true, from, 0))
		case ordered:
			b.WriteString(w.noScore)
		default:
			b.WriteString(w.noOrders)
		}
		return b.String()
	}
	was, now := "", exact.Text(d.Figure)
	how := w.is
	if from > 0 {
		was = exact.Text(d.Was.Figure)
		how = [...]string{w.fell, w.stays, w.rose}[1+compareMoney(d.Figure, d.Was.Figure)]
	}
	b.WriteString(fill(how, was, now))
	if unit := d.Unit.In(lang); unit != "" {
		b.WriteString(" " + unit)
	}
	b.WriteString(w.colon + w.score + w.verdict(d.Was != nil, from, d.Score))
	s := scaleWords{up: w.upLess, down: w.downMore}
	if !d.LowerBetter {
		s.up, s.down = w.upMore, w.downLess
	}
	distances(&b, &d.Explained, w, &s, exact.Text)
	return b.String()
}
