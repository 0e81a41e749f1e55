package chart

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Width and height of a chart, and the resolution of its PNG.
const (
	width  = 18 * vg.Centimeter
	height = 10 * vg.Centimeter
	dpi    = 144
)

// hues are told apart by nearly all eyes: M. Okabe and K. Ito, Color Universal Design, https://jfly.uni-koeln.de/color/. The first is
// for whoever is alone.
var hues = []color.Color{
	color.RGBA{R: 0, G: 114, B: 178, A: 255},
	color.RGBA{R: 213, G: 94, B: 0, A: 255},
	color.RGBA{R: 0, G: 158, B: 115, A: 255},
	color.RGBA{R: 204, G: 121, B: 167, A: 255},
}

// Beside its hue each line has dashes and marks of its own.
var (
	dashes = [][]vg.Length{nil, {vg.Points(6), vg.Points(3)}, {vg.Points(2), vg.Points(2)}, {vg.Points(8), vg.Points(2), vg.Points(2), vg.Points(2)}}
	marks  = []draw.GlyphDrawer{draw.CircleGlyph{}, crossGlyph{}, draw.SquareGlyph{}, draw.PyramidGlyph{}}
)

// Ink has a contrast of 4.5 : 1 to white, and of 4.2 : 1 to the darkest pages (#0d1117): https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
var (
	ink   = color.Gray{Y: 118}
	faint = color.NRGBA{R: 128, G: 128, B: 128, A: 64}
)

func lineStyle(i int) draw.LineStyle {
	return draw.LineStyle{Color: hues[i%len(hues)], Width: vg.Points(1.5), Dashes: dashes[i%len(dashes)]}
}

func markStyle(i int) draw.GlyphStyle {
	return draw.GlyphStyle{Color: hues[i%len(hues)], Radius: vg.Points(3), Shape: marks[i%len(marks)]}
}

// levelStyle is unlike any line's: nobody measured it.
var levelStyle = draw.LineStyle{Color: ink, Width: vg.Points(1), Dashes: []vg.Length{vg.Points(8), vg.Points(3), vg.Points(1), vg.Points(3)}}

func textStyle(s *text.Style, size float64) {
	s.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
	s.Color = ink
}

// dress gives a plot its looks.
func dress(p *plot.Plot) {
	p.BackgroundColor = nil
	textStyle(&p.Title.TextStyle, 12)
	p.Title.Padding = vg.Points(8)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		textStyle(&a.Label.TextStyle, 10)
		textStyle(&a.Tick.Label, 9)
		a.Label.Padding = vg.Points(4)
		a.Color, a.Tick.Color, a.Tick.LineStyle.Color = ink, ink, ink
		a.Padding = 0
	}
	textStyle(&p.Legend.TextStyle, 9)
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.Padding = vg.Points(3)
	p.Legend.ThumbnailWidth = vg.Points(30)
	p.Legend.XOffs, p.Legend.YOffs = vg.Points(8), vg.Points(-4)
}

// crossGlyph is a cross that is seen in print: that of the library is a hair wide.
type crossGlyph struct{}

func (crossGlyph) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: s.Color, Width: vg.Points(1.5)})
	r := s.Radius
	for _, slope := range []vg.Length{1, -1} {
		var path vg.Path
		path.Move(vg.Point{X: at.X - r, Y: at.Y - slope*r})
		path.Line(vg.Point{X: at.X + r, Y: at.Y + slope*r})
		c.Stroke(path)
	}
}
