package main

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/keyaccount/keyaccount/segment"
	"github.com/keyaccount/keyaccount/survey"
)

// paretoPicture is the cumulative share of net revenue over the accounts,
// with the class borders.
func paretoPicture(rv *review, say texts) (picture, error) {
	p := newPlot(say.get("accounts, largest first"), say.get("share of positive net revenue, %"))
	p.Y.Min, p.Y.Max = 0, 100
	p.X.Min = 0
	curve := plotter.XYs{{X: 0, Y: 0}}
	for _, a := range rv.Accounts {
		if a.Class != segment.ClassNone {
			curve = append(curve, plotter.XY{X: float64(len(curve)), Y: 100 * a.Cumulative})
		}
	}
	curve = thin(curve, 1000)
	area, err := plotter.NewPolygon(append(slices.Clone(curve), plotter.XY{X: curve[len(curve)-1].X}))
	if err != nil {
		return picture{}, err
	}
	area.Color = color.RGBA{0xdc, 0xee, 0xf1, 0xff}
	area.Width = 0
	line, err := plotter.NewLine(curve)
	if err != nil {
		return picture{}, err
	}
	line.Color, line.Width = accent, vg.Points(2)
	p.Add(area, grid(), line)
	p.X.Max = max(curve[len(curve)-1].X, 1)
	var alt []string
	from := 0
	for _, c := range rv.Classes {
		if c.Class == segment.ClassNone || c.Accounts == 0 {
			continue
		}
		to := from + c.Accounts
		border, err := plotter.NewLine(plotter.XYs{{X: float64(to), Y: 0}, {X: float64(to), Y: 100}})
		if err != nil {
			return picture{}, err
		}
		border.Color, border.Width = warm, vg.Points(1)
		border.Dashes = []vg.Length{vg.Points(3), vg.Points(3)}
		p.Add(border, labels(plotter.XYs{{X: (float64(from) + float64(to)) / 2, Y: 4}},
			[]string{fmt.Sprintf("%s  %d", c.Class, c.Accounts)}, 11, ink, text.XCenter, text.YBottom))
		alt = append(alt, fmt.Sprintf("%s: %d %s, %s", c.Class, c.Accounts, say.get("accounts"), percent(c.Share)))
		from = to
	}
	return picture{p, vg.Points(440), vg.Points(280), say.get("Pareto curve"), strings.Join(alt, "; ")}, nil
}

// thin keeps at most about n points of a curve, its ends among them: no eye
// sees more, and a page with every account would be megabytes.
func thin(curve plotter.XYs, n int) plotter.XYs {
	step := len(curve)/n + 1
	if step == 1 {
		return curve
	}
	var kept plotter.XYs
	for i := 0; i < len(curve)-1; i += step {
		kept = append(kept, curve[i])
	}
	return append(kept, curve[len(curve)-1])
}

// rfmPicture is the map of buyers by recency and frequency score.
func rfmPicture(rv *review, say texts) (picture, error) {
	p := newPlot(say.get("recency score (5 = bought lately)"), say.get("frequency score (5 = often)"))
	bins := rv.RFM.Model.Bins
	most := 1
	for _, c := range rv.RFM.Cells {
		most = max(most, c.Accounts)
	}
	var alt []string
	for _, c := range rv.RFM.Cells {
		x, y := float64(c.R), float64(c.F)
		tile, err := plotter.NewPolygon(plotter.XYs{
			{X: x - .47, Y: y - .47}, {X: x + .47, Y: y - .47}, {X: x + .47, Y: y + .47}, {X: x - .47, Y: y + .47},
		})
		if err != nil {
			return picture{}, err
		}
		// Square root, so that small cells are told from empty ones.
		depth := math.Sqrt(float64(c.Accounts) / float64(most))
		tile.Color = mix(color.RGBA{0xf1, 0xf5, 0xf7, 0xff}, accent, depth)
		tile.Width = 0
		p.Add(tile)
		if c.Accounts > 0 {
			words := color.Color(ink)
			if depth > 0.55 {
				words = color.White
			}
			p.Add(labels(plotter.XYs{{X: x, Y: y}}, []string{strconv.Itoa(c.Accounts)}, 12, words, text.XCenter, text.YCenter))
			alt = append(alt, fmt.Sprintf("R%d F%d: %d", c.R, c.F, c.Accounts))
		}
	}
	ticks := make([]plot.Tick, bins)
	for i := range ticks {
		ticks[i] = plot.Tick{Value: float64(i + 1), Label: strconv.Itoa(i + 1)}
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.ConstantTicks(ticks), plot.ConstantTicks(ticks)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0.5, float64(bins)+.5, 0.5, float64(bins)+.5
	return picture{p, vg.Points(440), vg.Points(280), say.get("accounts by recency and frequency"), strings.Join(alt, "; ")}, nil
}

// valuePicture is the expected revenue of the accounts worth most.
func valuePicture(rv *review, say texts) (picture, error) {
	top := topByValue(rv, 12)
	p := newPlot(say.money(rv.Currency), "")
	names := make([]string, len(top))
	bars := make(plotter.Values, len(top))
	alt := make([]string, 0, len(top))
	for i, a := range top {
		k := len(top) - 1 - i // the largest on top
		names[k], bars[k] = short(a.ID, 22), *a.ExpectedRevenue
		alt = append(alt, fmt.Sprintf("%s: %s", a.ID, thousands(*a.ExpectedRevenue)))
	}
	if err := addBars(p, bars, names, true); err != nil {
		return picture{}, err
	}
	title := fmt.Sprintf(say.get("expected revenue in the next %d weeks"), rv.Value.HorizonWeeks)
	return picture{p, vg.Points(440), vg.Points(40 + 20*float64(len(top))), title, strings.Join(alt, "; ")}, nil
}

// lossPicture is the revenue that is lost when the largest k accounts leave.
func lossPicture(rv *review, say texts) (picture, error) {
	p := newPlot(say.get("largest accounts that leave"), say.get("share of positive net revenue lost, %"))
	bars := make(plotter.Values, len(rv.Dependency.Losses))
	names := make([]string, len(bars))
	over := make([]string, len(bars))
	at := make(plotter.XYs, len(bars))
	alt := make([]string, 0, len(bars))
	for i, l := range rv.Dependency.Losses {
		bars[i] = 100 * l.Share
		names[i] = strconv.Itoa(len(l.Accounts))
		over[i] = percent(l.Share)
		at[i] = plotter.XY{X: float64(i), Y: bars[i] + 1.5}
		alt = append(alt, fmt.Sprintf("%d: %s", len(l.Accounts), over[i]))
	}
	if err := addBars(p, bars, names, false); err != nil {
		return picture{}, err
	}
	p.Add(labels(at, over, 10, ink, text.XCenter, text.YBottom))
	p.Y.Min, p.Y.Max = 0, math.Min(105, slices.Max(bars)*1.15+3)
	return picture{p, vg.Points(440), vg.Points(260), say.get("what if the largest accounts leave"), strings.Join(alt, "; ")}, nil
}

// healthPicture is the NPS of each account with its interval.
func healthPicture(rv *review, say texts) (picture, error) {
	p := newPlot(say.get("NPS with its 95 % interval"), "")
	list := rv.heard(20)
	names := make([]string, len(list))
	points := make(plotter.XYs, len(list))
	var alt []string
	for i, a := range list {
		k := len(list) - 1 - i
		names[k] = fmt.Sprintf("%s (%d)", short(a.Account, 20), a.N)
		points[k] = plotter.XY{X: 100 * a.Value, Y: float64(k)}
		whisker, err := plotter.NewLine(plotter.XYs{{X: 100 * a.Low, Y: float64(k)}, {X: 100 * a.High, Y: float64(k)}})
		if err != nil {
			return picture{}, err
		}
		whisker.Color, whisker.Width = accent, vg.Points(2)
		p.Add(whisker)
		alt = append(alt, fmt.Sprintf("%s: %+.0f (%+.0f … %+.0f), n %d", a.Account, 100*a.Value, 100*a.Low, 100*a.High, a.N))
	}
	dots, err := plotter.NewScatter(points)
	if err != nil {
		return picture{}, err
	}
	dots.GlyphStyle = draw.GlyphStyle{Color: warm, Radius: vg.Points(3.5), Shape: draw.CircleGlyph{}}
	p.Add(dots)
	p.NominalY(names...)
	p.Y.Tick.Label.XAlign = text.XRight
	p.X.Min, p.X.Max = -106, 106
	p.Y.Min, p.Y.Max = -0.7, float64(len(list))-0.3
	return picture{p, vg.Points(440), vg.Points(50 + 18*float64(len(list))), say.get("NPS per account"), strings.Join(alt, "; ")}, nil
}

// heard returns the scores of at most n surveyed accounts, the largest first.
func (rv *review) heard(n int) []survey.AccountNPS {
	at := rv.positions()
	list := slices.DeleteFunc(slices.Clone(rv.Health.Accounts), func(a survey.AccountNPS) bool {
		_, known := at[a.Account]
		return !known
	})
	slices.SortFunc(list, func(a, b survey.AccountNPS) int { return cmp.Compare(at[a.Account], at[b.Account]) })
	return list[:min(n, len(list))]
}

// addBars draws bars with their names on the axis.
func addBars(p *plot.Plot, values plotter.Values, names []string, lying bool) error {
	bars, err := plotter.NewBarChart(values, vg.Points(13))
	if err != nil {
		return err
	}
	bars.Color, bars.LineStyle.Width, bars.Horizontal = accent, 0, lying
	if !lying {
		bars.Width = vg.Points(30)
		p.Add(grid())
	}
	p.Add(bars)
	if lying {
		p.NominalY(names...)
		p.Y.Tick.Label.XAlign = text.XRight
		p.X.Min = 0
		p.X.Tick.Marker = thousandTicks{}
	} else {
		p.NominalX(names...)
	}
	return nil
}

// thousandTicks writes 250k instead of 250000.
type thousandTicks struct{}

func (thousandTicks) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i, t := range ticks {
		if t.Label != "" {
			ticks[i].Label = thousands(t.Value)
		}
	}
	return ticks
}

func mix(a, b color.RGBA, t float64) color.Color {
	f := func(x, y uint8) uint8 { return uint8(float64(x) + t*(float64(y)-float64(x)) + 0.5) }
	return color.RGBA{f(a.R, b.R), f(a.G, b.G), f(a.B, b.B), 0xff}
}
