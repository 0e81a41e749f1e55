package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/ilenia-live/rec/benchmarks/peer"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/median"
)

// A report is all that a run measured. Its JSON is for programs.
type report struct {
	Machine    machine  `json:"machine"`
	Command    string   `json:"command"`
	Channels   int      `json:"channels"`
	Seconds    int      `json:"secondsPerChannel"`
	Rounds     int      `json:"rounds"`
	Entries    []*entry `json:"contestants"`
	Sequential ceiling  `json:"sequential"`
	Ratios     []quoted `json:"ratios"`
}

// An entry is a contestant and how it did, round by round.
type entry struct {
	Name    string        `json:"name"`
	Label   string        `json:"label"`
	Sync    string        `json:"sync"`
	Stores  string        `json:"stores"`
	Kill    string        `json:"afterKill"`
	Power   string        `json:"afterLossOfPower"`
	LeftOut string        `json:"leftOut,omitempty"` // why
	Median  *medians      `json:"median,omitempty"`
	Rounds  []measurement `json:"rounds"`

	contestant peer.Contestant
}

type medians struct {
	CPUPerHour  float64  `json:"cpuSecondsPerChannelHour"`
	Machine     float64  `json:"machineCpuSecondsPerChannelHour"`
	Times       *float64 `json:"timesTheRecorder,omitempty"` // CPUPerHour, compared round by round
	UserPerHour float64  `json:"userSecondsPerChannelHour"`
	SysPerHour  float64  `json:"sysSecondsPerChannelHour"`
	EndsCPU     float64  `json:"openAndCloseCpuSecondsPerChannel"`
	Wall        float64  `json:"wallSeconds"`
	CPU         float64  `json:"cpuSeconds"`
	Rate        float64  `json:"bytesPerSecond"`
	RSS         float64  `json:"peakRssBytesPerChannel"`
	Allocs      float64  `json:"allocationsPerFrame"`
	Touch       float64  `json:"freshMemoryBytesPerSecond"`
}

// A ceiling is what the file system takes from a single writer, in bytes a second.
type ceiling struct {
	Size int64     `json:"bytes"`
	Go   []float64 `json:"goBytesPerSecond"`
	Fio  []float64 `json:"fioBytesPerSecond"` // empty if it isn't installed
}

func newEntry(c peer.Contestant) *entry {
	return &entry{
		Name: c.Name, Label: c.Label, Sync: c.Sync, Stores: c.Stores, Kill: c.Kill, Power: c.Power, Rounds: []measurement{}, contestant: c,
	}
}

// of returns a figure of all rounds of a contestant; nothing if it wasn't there.
func (r *report) of(name string, figure func(measurement) float64) []float64 {
	for _, e := range r.Entries {
		if e.Name == name {
			return median.Each(e.Rounds, figure)
		}
	}
	return nil
}

// conclude computes what is derived from the rounds.
func (r *report) conclude() {
	ours := r.of(peer.RecorderName, measurement.cpuPerHour)
	for _, e := range r.Entries {
		if len(e.Rounds) == 0 {
			continue
		}
		mid := func(of func(measurement) float64) float64 { return median.OfEach(e.Rounds, of) }
		e.Median = &medians{
			CPUPerHour: mid(measurement.cpuPerHour), Machine: mid(measurement.machinePerHour), UserPerHour: mid(measurement.userPerHour), SysPerHour: mid(measurement.sysPerHour),
			EndsCPU: mid(measurement.endsCPU), Rate: mid(measurement.rate), RSS: mid(measurement.rss), Allocs: mid(measurement.allocs),
			Touch: mid(func(m measurement) float64 { return m.Touch }),
			Wall:  mid(func(m measurement) float64 { return m.Write.Wall }), CPU: mid(func(m measurement) float64 { return m.Write.CPU }),
		}
		if times := ratio(median.Each(e.Rounds, measurement.cpuPerHour), ours); !math.IsNaN(times) {
			e.Median.Times = &times
		}
	}
	r.Ratios = r.quotes()
}

// command is how to measure the same elsewhere.
func command(o *options, channels int) string {
	s := fmt.Sprintf("cd benchmarks && go run . --dir DIR --channels %d --seconds %d --rounds %d", channels, o.seconds, o.rounds)
	s += fmt.Sprintf(" --processes %d --session-channels %d --syncers %d", o.processes, o.sessionChannels, o.syncers)
	if o.only != "" {
		s += fmt.Sprintf(" --only '%s'", o.only)
	}
	return s
}

func (r *report) writeJSON(w io.Writer) error { return writeJSON(w, r) }

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// to gives a file, or standard output for "-", to write.
func to(name string, stdout io.Writer, write func(io.Writer) error) error {
	if name == "-" {
		return write(stdout)
	}
	f, err := os.Create(name)
	if err != nil {
		return exit.Envf("%w", err)
	}
	if err := write(f); err != nil {
		_ = f.Close() // the first error says it
		return err
	}
	return f.Close()
}
