package chart

import (
	"fmt"
	"math"

	"github.com/ilenia-live/rec/internal/latency"
)

// A Distribution is how durations are distributed, ending with the largest.
type Distribution struct {
	Name   string
	Points []latency.Percentile
}

// Percentiles draws distributions by the number of nines, so that the rare values have room. of is what took that long.
// A line ends with its maximum; the one that reaches furthest is the one with the most values.
func Percentiles(title string, of string, all ...Distribution) Chart {
	c := Chart{Title: title, X: Axis{Label: of + " that took no longer (%)"}, Y: Axis{Label: "latency (µs)", Log: true}}
	end := 0.0
	for _, d := range all {
		line, last := Line{Name: d.Name}, 0.0
		for _, p := range d.Points {
			x := nines(p.Percentile)
			if p.Percentile >= 100 {
				x = last + 1.0/latency.PointsPerNine // no number of nines is enough
			}
			if !(x >= 0 && x < 20) {
				continue
			}
			last = x
			line.Points = append(line.Points, Point{X: x, Y: p.Us})
		}
		c.Lines = append(c.Lines, line)
		end = max(end, last)
	}
	c.X.Ticks = []Tick{{At: 0, Text: "0"}}
	for _, p := range []float64{50, 90, 99, 99.9, 99.99, 99.999, 99.9999, 99.99999} {
		// Names must not touch each other.
		if at := nines(p); at < end-0.4 {
			c.X.Ticks = append(c.X.Ticks, Tick{At: at, Text: fmt.Sprint(p)})
		}
	}
	c.X.Ticks = append(c.X.Ticks, Tick{At: end, Text: "max"})
	return c
}

func nines(percent float64) float64 { return -math.Log10(1 - percent/100) }
