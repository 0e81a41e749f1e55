package main

import (
	"fmt"
	"io"
	"math"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/internal/chart"
	"github.com/ilenia-live/rec/internal/median"
)

// Names of the pictures, and of their files.
const (
	pictureLatency        = "latency"
	pictureRecovery       = "recovery"
	pictureThroughput     = "throughput"
	pictureGrowthCPU      = "growth-cpu"
	pictureGrowthChannels = "growth-channels"
	pictureGrowthLengths  = "growth-lengths"
)

// draw draws all that there is something to be seen of, in place of what was drawn before.
func (p *page) draw(dir string) error {
	p.drawn = map[string]bool{}
	for name, c := range map[string]chart.Chart{
		pictureLatency: p.results.latencyChart(), pictureRecovery: p.results.recoveryChart(), pictureThroughput: p.results.throughputChart(),
		pictureGrowthCPU:      p.results.growthCPUChart(),
		pictureGrowthChannels: p.results.growthChart(true), pictureGrowthLengths: p.results.growthChart(false),
	} {
		if c.Empty() {
			continue
		}
		picture, err := c.Draw(chart.PNG)
		if err != nil {
			return err
		}
		err = to(picturePath(dir, name), nil, func(w io.Writer) error {
			_, err := w.Write(picture)
			return err
		})
		if err != nil {
			return err
		}
		p.drawn[name] = true
	}
	return nil
}

// latencyChart compares how writes are distributed: of several rounds the one in the middle.
func (r *results) latencyChart() chart.Chart {
	var all []chart.Distribution
	for _, one := range []struct {
		name   string
		rounds []live.Result
	}{
		{"in real time", those(r.RealTime, files)}, {"in real time, syncfs", those(r.RealTime, volume)}, {"at full speed", those(r.Latency, files)},
		{"the loop without a recorder", those(r.RealTime, bare)},
	} {
		if mid, ok := middle(one.rounds, p999); ok {
			all = append(all, chart.Distribution{Name: one.name, Points: mid.Write.Points})
		}
	}
	return chart.Percentiles("A call of WritePCMAt"+ofChannels(those(r.RealTime, files)), "calls", all...)
}

// middle is the round that is nearest to the median of a figure.
func middle(rounds []live.Result, figure func(live.Result) float64) (mid live.Result, ok bool) {
	want := median.OfEach(rounds, figure)
	for _, r := range rounds {
		if !ok || math.Abs(figure(r)-want) < math.Abs(figure(mid)-want) {
			mid, ok = r, true
		}
	}
	return mid, ok
}

func ofChannels(rounds []live.Result) string {
	if len(rounds) == 0 {
		return ""
	}
	return fmt.Sprintf(", %d channels", rounds[0].Task.Channels)
}

// inSeconds makes lines of what happened second by second.
func (r *results) inSeconds(value func(before, now live.Second) float64) (lines []chart.Line) {
	for _, part := range []*stored[[]live.Result]{r.Scale, r.ScaleMost} {
		for _, one := range those(part, anybody) {
			line := chart.Line{Name: fmt.Sprintf("%d channels", one.Task.Channels)}
			if one.Task.Volume {
				line.Name += ", syncfs"
			}
			before := live.Second{}
			for _, s := range one.Series {
				line.Points = append(line.Points, chart.Point{X: s.T, Y: value(before, s)})
				before = s
			}
			lines = append(lines, line)
		}
	}
	return lines
}

const secondsLabel = "time since the first frame (s)"

func (r *results) recoveryChart() chart.Chart {
	return chart.Chart{
		Title: "Recovery point in real time", X: chart.Axis{Label: secondsLabel}, Y: chart.Axis{Label: "oldest audio not yet durable (ms)"},
		Lines:  r.inSeconds(func(_, s live.Second) float64 { return s.RecoveryMs }),
		Levels: []chart.Level{{Name: fmt.Sprintf("promised: %d ms", live.Every.Milliseconds()), Y: float64(live.Every.Milliseconds())}},
	}
}

func (r *results) throughputChart() chart.Chart {
	c := chart.Chart{
		Title: "Audio written in real time", X: chart.Axis{Label: secondsLabel}, Y: chart.Axis{Label: "reached files (MB/s)"},
		Lines: r.inSeconds(func(before, s live.Second) float64 { return float64(s.Bytes) / 1e6 / (s.T - before.T) }),
	}
	if r.Peers != nil {
		if fio := r.Peers.Result.Sequential.Fio; len(fio) > 0 {
			rate := median.Of(fio) / 1e6
			c.Levels = append(c.Levels, chart.Level{Name: fmt.Sprintf("fio, written sequentially: %.0f MB/s", rate), Y: rate})
		}
	}
	return c
}

func (r *results) growthCPUChart() chart.Chart {
	if r.Growth == nil {
		return chart.Chart{}
	}
	process, machine := chart.Line{Name: "the process"}, chart.Line{Name: "the machine: all processes, and the kernel's threads"}
	for _, one := range r.Growth.Result.Channels {
		x := float64(one.Task.Channels)
		process.Points = append(process.Points, chart.Point{X: x, Y: one.median(cpuOf)})
		machine.Points = append(machine.Points, chart.Point{X: x, Y: one.median(machineOf)})
	}
	return chart.Chart{
		Title: "Processor time of a channel, at full speed",
		X:     chart.Axis{Label: "channels", Log: true}, Y: chart.Axis{Label: "CPU s for an hour of one channel"},
		Lines: []chart.Line{process, machine},
	}
}

// growthChart draws each cost against that of the middle size, by the number of channels or by their length.
func (r *results) growthChart(byChannels bool) chart.Chart {
	if r.Growth == nil {
		return chart.Chart{}
	}
	c := chart.Chart{
		Title: "What a channel costs, by how many there are",
		X:     chart.Axis{Label: "channels", Log: true}, Y: chart.Axis{Label: "× the cost at the middle size"},
	}
	points := r.Growth.Result.Channels
	if !byChannels {
		c.Title, c.X.Label, points = "What a channel costs, by how long it is", "audio on each channel", r.Growth.Result.Lengths
		for _, one := range points {
			c.X.Ticks = append(c.X.Ticks, chart.Tick{At: float64(one.Task.Seconds), Text: inWords(one.Task.Seconds)})
		}
	}
	for _, figure := range []struct {
		name string
		of   func(growthCost) float64
	}{{"CPU for an hour of it", cpuOf}, {"memory", memoryOf}, {"time to finish it", finishOf}} {
		line, mid := chart.Line{Name: figure.name}, points[len(points)/2].median(figure.of)
		for _, one := range points {
			x := float64(one.Task.Channels)
			if !byChannels {
				x = float64(one.Task.Seconds)
			}
			line.Points = append(line.Points, chart.Point{X: x, Y: one.median(figure.of) / mid})
		}
		c.Lines = append(c.Lines, line)
	}
	return c
}
