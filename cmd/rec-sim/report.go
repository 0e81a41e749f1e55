package main

import (
	"encoding/json"
	"io"
	"os"
	"time"

	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/latency"
	"github.com/ilenia-live/rec/internal/usage"
)

// A report is what run measured. Its JSON is a contract with scripts. All numbers are sums over all sessions.
type report struct {
	Sessions                 int     `json:"sessions"`
	Channels                 int     `json:"channels"`
	AudioSeconds             float64 `json:"audioSeconds"` // of all channels together
	WallSeconds              float64 `json:"wallSeconds"`  // from the first frame to the last finished recording
	CPUSeconds               float64 `json:"cpuSeconds"`   // in that time, simulator included
	CPUSecondsPerChannelHour float64 `json:"cpuSecondsPerChannelHour"`
	PeakRSSBytes             int64   `json:"peakRssBytes"`
	FramesAccepted           int64   `json:"framesAccepted"`
	FramesRefused            int64   `json:"framesRefused"`
	WriteLatencyUs           tail    `json:"writeLatencyUs"`
	UnsyncedMs               spread  `json:"unsyncedMs"`
	FinalizeMs               spread  `json:"finalizeMs"`
	BytesWritten             int64   `json:"bytesWritten"`
	Gaps                     int     `json:"gaps"`
	LateFrames               int64   `json:"lateFrames"`

	Network *networkReport `json:"network,omitempty"` // with --transport rtp or webrtc

	Ramp *rampReport `json:"ramp,omitempty"` // with --ramp

	// Of runs of a second or more, for plots.
	SyncEveryMs             float64              `json:"syncEveryMs,omitempty"` // the recovery point that was promised
	WriteLatencyPercentiles []latency.Percentile `json:"writeLatencyPercentiles,omitempty"`
	Series                  []second             `json:"series,omitempty"`
}

// A tail is a spread of what happens so often that one in a thousand matters.
type tail struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

type spread struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func spreadOf(l *latency.Histogram, unit time.Duration) spread {
	return spread{P50: l.Quantile(0.5, unit), P99: l.Quantile(0.99, unit), Max: l.Max(unit)}
}

func (r *report) setWriteLatency(l *latency.Histogram) {
	r.WriteLatencyUs.P50 = l.Quantile(0.5, time.Microsecond)
	r.WriteLatencyUs.P99 = l.Quantile(0.99, time.Microsecond)
	r.WriteLatencyUs.P999 = l.Quantile(0.999, time.Microsecond)
	r.WriteLatencyUs.Max = l.Max(time.Microsecond)
}

// setSeries adds what plots are drawn from. A run without a second has none, so that its JSON stays as short as itself.
func (r *report) setSeries(s *series, l *latency.Histogram, every time.Duration) {
	if s == nil || len(s.seconds) == 0 {
		return
	}
	r.SyncEveryMs, r.Series, r.WriteLatencyPercentiles = milliseconds(every), s.seconds, l.Percentiles()
}

// setCost computes what is derived from audio, wall and processor time.
func (r *report) setCost(wall, cpu time.Duration) {
	r.WallSeconds, r.CPUSeconds = wall.Seconds(), cpu.Seconds()
	if r.AudioSeconds > 0 {
		r.CPUSecondsPerChannelHour = r.CPUSeconds / (r.AudioSeconds / 3600)
	}
}

// memory is what this process has of it; where there is no /proc a run is none the worse for it.
func memory() usage.Memory {
	m, _ := usage.MemoryOf("self")
	return m
}

// writeJSON writes v to a file, or to stdout for "-".
func writeJSON(v any, name string, stdout io.Writer) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if name == "-" {
		_, err = stdout.Write(text)
	} else {
		err = os.WriteFile(name, text, 0o640)
	}
	if err != nil {
		return exit.Envf("--json: %w", err)
	}
	return nil
}
