// Package chart draws measurements as lines, into PNG for documents and SVG for everything else.
//
// A chart must be readable in print and by whoever doesn't tell colours apart: lines differ in dashes and in the shape of
// their marks, levels are named where they are, and axes have units. It must be readable on a light page and on a dark one: it has
// no background, and ink that is as far from white as from black. It is the only package that knows gonum/plot.
package chart

import "math"

// A Chart is what is drawn.
type Chart struct {
	Title  string
	X, Y   Axis
	Lines  []Line
	Levels []Level
}

// An Axis is how values of one kind are laid out. A linear one begins at zero.
type Axis struct {
	Label string // with its unit
	Log   bool
	Ticks []Tick // instead of round numbers
}

// A Tick names a place on an axis.
type Tick struct {
	At   float64
	Text string
}

// A Line is a row of points, in the order of their X.
type Line struct {
	Name   string // in the legend, if there is more than one line
	Points []Point
	Loose  bool // marks only, not joined
}

// A Point is one measurement. What is not finite, or not positive on a logarithmic axis, is left out.
type Point struct{ X, Y float64 }

// A Level is a horizontal line that others are held against.
type Level struct {
	Name string
	Y    float64
}

// Empty reports whether there is nothing to be seen.
func (c Chart) Empty() bool {
	for _, l := range c.Lines {
		if len(c.visible(l.Points)) > 0 {
			return false
		}
	}
	return true
}

// huge is more than any measurement, and less than what makes a scale overflow; tiny is as far from zero.
const (
	huge = 1e18
	tiny = 1e-9
)

func (a Axis) shows(v float64) bool {
	return !math.IsNaN(v) && v < huge && (v > tiny || !a.Log && v > -huge)
}

// visible returns the points that the axes can show.
func (c Chart) visible(points []Point) (out []Point) {
	for _, p := range points {
		if c.X.shows(p.X) && c.Y.shows(p.Y) {
			out = append(out, p)
		}
	}
	return out
}
