package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ilenia-live/rec/internal/chart"
	"github.com/ilenia-live/rec/internal/exit"
)

// measurementsMost bounds a file of measurements: a week of seconds is a tenth of it.
const measurementsMost = 1 << 30

// readMeasurements reads JSON that run or disk wrote. Keys that it doesn't know are for others.
func readMeasurements(name string, v any) (err error) {
	f, err := os.Open(name)
	if err != nil {
		return exit.Envf("%w", err)
	}
	defer func() { _ = f.Close() }() // only read
	d := json.NewDecoder(io.LimitReader(f, measurementsMost))
	err = d.Decode(v)
	var path *os.PathError
	switch {
	case errors.As(err, &path): // it could be opened, not read
		return exit.Envf("%w", err)
	case err != nil:
		return exit.Usagef("%s: %w", name, err)
	}
	return nil
}

// A namedChart knows what its files are called.
type namedChart struct {
	name string
	chart.Chart
}

// chartsOf returns the charts of which there is something to be seen. disk may be nil.
func chartsOf(r *report, disk *diskReport) (charts []namedChart) {
	for _, c := range []namedChart{
		{"latency", latencyChart(r)}, {"recovery", recoveryChart(r)}, {"throughput", throughputChart(r, disk)}, {"ramp", rampChart(r)},
	} {
		if !c.Empty() {
			charts = append(charts, c)
		}
	}
	return charts
}

// latencyChart draws how write latencies are distributed.
func latencyChart(r *report) chart.Chart {
	return chart.Percentiles("Write latency, from the moment a frame was due"+ofChannels(r), "frames", chart.Distribution{Points: r.WriteLatencyPercentiles})
}

// recoveryChart draws the recovery point, second by second.
func recoveryChart(r *report) chart.Chart {
	var points []chart.Point
	for _, s := range r.Series {
		points = append(points, chart.Point{X: s.T, Y: s.UnsyncedMs})
	}
	c := chart.Chart{
		Title: "Recovery point: how old audio became before it was durable" + ofChannels(r), X: chart.Axis{Label: "time since the first frame (s)"},
		Y: chart.Axis{Label: "oldest audio not yet durable (ms)"}, Lines: []chart.Line{{Points: points}},
	}
	if r.SyncEveryMs > 0 {
		c.Levels = []chart.Level{{Name: fmt.Sprintf("promised: %g ms", r.SyncEveryMs), Y: r.SyncEveryMs}}
	}
	return c
}

const (
	// leastSecond is the shortest second that is drawn: what is left at the end of a run is ending sessions more than recording.
	leastSecond = 0.9
	// farOff is how many times a level may be above a line before a linear axis would press the line to the ground.
	farOff = 8
)

// throughputChart draws bytes a second, below what the disk takes.
func throughputChart(r *report, disk *diskReport) chart.Chart {
	var points []chart.Point
	before, most := 0.0, 0.0
	for _, s := range r.Series {
		if took := s.T - before; took >= leastSecond {
			rate := float64(s.BytesWritten) / took / 1e6
			points, most = append(points, chart.Point{X: s.T, Y: rate}), max(most, rate)
		}
		before = s.T
	}
	c := chart.Chart{
		Title: "Audio written" + ofChannels(r), X: chart.Axis{Label: "time since the first frame (s)"}, Y: chart.Axis{Label: "written (MB/s)"},
		Lines: []chart.Line{{Points: points}},
	}
	if disk != nil {
		limit := disk.Sequential.BytesPerSecond / 1e6
		c.Levels = []chart.Level{{Name: fmt.Sprintf("the disk, written sequentially: %.0f MB/s", limit), Y: limit}}
		c.Y.Log = limit > farOff*most
	}
	return c
}

// rampChart draws what channels cost, and which numbers of them were too many.
func rampChart(r *report) chart.Chart {
	if r.Ramp == nil {
		return chart.Chart{}
	}
	kept, failed := chart.Line{Name: "no frame late, recovery point kept"}, chart.Line{Name: "too many", Loose: true}
	for _, s := range inOrderOfChannels(r.Ramp.Steps) {
		p := chart.Point{X: float64(s.Channels), Y: s.CPUCores}
		switch {
		case s.Kept:
			kept.Points = append(kept.Points, p)
		case s.CPUCores > 0: // a step that could not begin cost nothing
			failed.Points = append(failed.Points, p)
		}
	}
	c := chart.Chart{
		Title: fmt.Sprintf("Processors in use, recording in real time, %s at most", plural(r.Ramp.Channels, "channel")),
		X:     chart.Axis{Label: "channels"}, Y: chart.Axis{Label: "processors in use, simulator included"}, Lines: []chart.Line{kept, failed},
	}
	if n := r.Ramp.Cores; n > 0 {
		c.Levels = []chart.Level{{Name: "there are " + plural(n, "processor"), Y: float64(n)}}
	}
	return c
}

// ofChannels ends a title.
func ofChannels(r *report) string { return ", " + plural(r.Channels, "channel") }
