package chart

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// marksMost is how many points of a joined line are marked: more would hide it.
const marksMost = 15

// A Format is how a picture is stored. It is the end of its file's name, too.
type Format string

// Formats, for documents and for everything else.
const (
	PNG Format = ".png"
	SVG Format = ".svg"
)

// Draw returns the chart as a picture without a background.
func (c Chart) Draw(f Format) ([]byte, error) {
	p, err := c.plot()
	if err != nil {
		return nil, fmt.Errorf("draw %q: %w", c.Title, err)
	}
	var b bytes.Buffer
	if f == PNG {
		canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.Transparent))
		drawOn(canvas, p)
		best := png.Encoder{CompressionLevel: png.BestCompression}
		err = best.Encode(&b, fewColours(canvas.Image()))
	} else {
		canvas := vgsvg.New(width, height)
		drawOn(canvas, p)
		_, err = canvas.WriteTo(&b)
	}
	if err != nil {
		return nil, fmt.Errorf("draw %q: %w", c.Title, err)
	}
	return b.Bytes(), nil
}

func drawOn(canvas vg.CanvasSizer, p *plot.Plot) {
	// Text at the edge is not to be cut off.
	p.Draw(draw.Crop(draw.New(canvas), vg.Points(6), -vg.Points(12), vg.Points(6), -vg.Points(8)))
}

func (c Chart) plot() (*plot.Plot, error) {
	p := plot.New()
	dress(p)
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = c.Title, c.X.Label, c.Y.Label
	p.X.Tick.Marker, p.Y.Tick.Marker = c.X.marker(), c.Y.marker()
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = faint, faint
	p.Add(grid)
	var xs, ys []float64
	for i, l := range c.Lines {
		points := c.visible(l.Points)
		for _, q := range points {
			xs, ys = append(xs, q.X), append(ys, q.Y)
		}
		if err := addLine(p, i, l, points, len(c.Lines) > 1); err != nil {
			return nil, err
		}
	}
	if len(xs) == 0 {
		return nil, fmt.Errorf("there is nothing to draw")
	}
	for _, l := range c.Levels {
		if c.Y.shows(l.Y) {
			ys = append(ys, l.Y)
		}
	}
	// After Add, which has its own idea of where axes end.
	p.X.Min, p.X.Max = c.X.bounds(xs, sideroom)
	p.Y.Min, p.Y.Max = c.Y.bounds(ys, headroom+legendroom*float64(c.named()))
	for _, a := range []struct {
		axis Axis
		of   *plot.Axis
	}{{c.X, &p.X}, {c.Y, &p.Y}} {
		if a.axis.Log {
			a.of.Scale = plot.LogScale{}
		}
	}
	return p, c.addLevels(p)
}

// named counts the lines in the legend, which lies at the top.
func (c Chart) named() (n int) {
	if len(c.Lines) < 2 {
		return 0
	}
	for _, l := range c.Lines {
		if len(c.visible(l.Points)) > 0 {
			n++
		}
	}
	return n
}

// addLine draws one line, and marks some of its points.
func addLine(p *plot.Plot, i int, l Line, points []Point, named bool) error {
	if len(points) == 0 {
		return nil
	}
	var thumbs []plot.Thumbnailer
	if !l.Loose {
		line, err := plotter.NewLine(xys(points, 1))
		if err != nil {
			return err
		}
		line.LineStyle = lineStyle(i)
		p.Add(line)
		thumbs = append(thumbs, line)
	}
	every := 1
	if !l.Loose {
		every = (len(points) + marksMost - 1) / marksMost
	}
	scatter, err := plotter.NewScatter(xys(points, every))
	if err != nil {
		return err
	}
	scatter.GlyphStyle = markStyle(i)
	p.Add(scatter)
	if named {
		p.Legend.Add(l.Name, append(thumbs, scatter)...)
	}
	return nil
}

func xys(points []Point, every int) (out plotter.XYs) {
	for i := 0; i < len(points); i += every {
		out = append(out, plotter.XY(points[i]))
	}
	if last := len(points) - 1; last%every != 0 {
		out = append(out, plotter.XY(points[last])) // an end is worth a mark
	}
	return out
}

// addLevels draws the levels from side to side, and their names on them.
func (c Chart) addLevels(p *plot.Plot) error {
	for _, l := range c.Levels {
		if !c.Y.shows(l.Y) {
			continue
		}
		line, err := plotter.NewLine(plotter.XYs{{X: p.X.Min, Y: l.Y}, {X: p.X.Max, Y: l.Y}})
		if err != nil {
			return err
		}
		line.LineStyle = levelStyle
		name, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: p.X.Max, Y: l.Y}}, Labels: []string{l.Name}})
		if err != nil {
			return err
		}
		textStyle(&name.TextStyle[0], 9)
		name.TextStyle[0].XAlign, name.TextStyle[0].YAlign = draw.XRight, draw.YBottom
		name.Offset = vg.Point{X: vg.Points(-4), Y: vg.Points(3)}
		p.Add(line, name)
	}
	return nil
}
