package main

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"image/color"
	"regexp"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// picture is one chart with the words that replace it for who cannot see it.
type picture struct {
	plot          *plot.Plot
	width, height vg.Length
	title, alt    string
}

var (
	ink    = color.RGBA{0x1f, 0x29, 0x33, 0xff}
	faint  = color.RGBA{0xd5, 0xdb, 0xe1, 0xff}
	accent = color.RGBA{0x0b, 0x72, 0x85, 0xff}
	warm   = color.RGBA{0xd9, 0x7b, 0x06, 0xff}
)

// newPlot returns an empty chart in the page's own plain style.
func newPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.TextHandler = wideText{text.Plain{Fonts: font.DefaultCache}}
	p.BackgroundColor = color.Transparent
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Tick.Color = faint, faint
		inherit(&a.Label.TextStyle, 11)
		inherit(&a.Tick.Label, 10)
		a.Tick.Length = vg.Points(4)
		a.Padding = vg.Points(4)
		a.Label.Padding = vg.Points(4)
	}
	return p
}

// inherit gives a text the page's colour and font, and leaves its alignment.
func inherit(s *text.Style, size float64) {
	plain := style(size)
	s.Color, s.Font, s.Handler = plain.Color, plain.Font, plain.Handler
}

func style(size float64) text.Style {
	return text.Style{
		Color:   ink,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)},
		Handler: wideText{text.Plain{Fonts: font.DefaultCache}},
	}
}

// grid draws faint horizontal lines behind the data.
func grid() *plotter.Grid {
	g := plotter.NewGrid()
	g.Vertical.Color = nil
	g.Horizontal.Color = faint
	g.Horizontal.Width = vg.Points(0.5)
	return g
}

// labels writes a text at each point.
func labels(at plotter.XYs, texts []string, size float64, c color.Color, x text.XAlignment, y text.YAlignment) *plotter.Labels {
	l := &plotter.Labels{XYs: at, Labels: texts, TextStyle: make([]text.Style, len(texts))}
	for i := range l.TextStyle {
		l.TextStyle[i] = style(size)
		l.TextStyle[i].Color = c
		l.TextStyle[i].XAlign, l.TextStyle[i].YAlign = x, y
	}
	return l
}

// svgSize matches the fixed size that would keep the picture from scaling
// with the page, and the prologue that does not belong inside HTML.
var svgSize = regexp.MustCompile(`(?s)^.*?<svg width="[^"]*" height="[^"]*"`)

// inline renders the picture as an SVG element for the page.
func (p picture) inline() (template.HTML, error) {
	c := vgsvg.NewWith(vgsvg.UseWH(p.width, p.height))
	// The margin keeps the last tick's label and a label on the last bar whole.
	p.plot.Draw(draw.Crop(draw.New(c), 0, -vg.Points(14), 0, -vg.Points(6)))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return "", fmt.Errorf("drawing %q: %w", p.title, err)
	}
	head := fmt.Sprintf(`<svg role="img" aria-label="%s" style="max-width:%.0fpx"`,
		html.EscapeString(p.title+". "+p.alt), p.width.Points()*1.35)
	svg := svgSize.ReplaceAllLiteralString(b.String(), head)
	return template.HTML(svg), nil //nolint:gosec // drawn by us; gonum/plot escapes the texts
}

// wideText measures Chinese, Japanese and Korean characters as the full em
// that a browser gives them; the fonts of gonum/plot do not have them.
type wideText struct{ text.Plain }

func (h wideText) Box(s string, f font.Font) (width, height, depth vg.Length) {
	width, height, depth = h.Plain.Box(s, f)
	return width + h.excess(s, f), height, depth
}

func (h wideText) Draw(c vg.Canvas, s string, sty text.Style, at vg.Point) {
	if extra := h.excess(s, sty.Font); extra != 0 {
		plain, _, _ := h.Plain.Box(s, sty.Font)
		sty.XAlign *= text.XAlignment((plain + extra) / plain)
	}
	h.Plain.Draw(c, s, sty, at)
}

// excess is how much wider s is than the fonts say.
func (h wideText) excess(s string, f font.Font) vg.Length {
	var extra vg.Length
	for _, r := range s {
		if r >= 0x2e80 {
			w, _, _ := h.Plain.Box(string(r), f)
			extra += f.Size - w
		}
	}
	return extra
}
