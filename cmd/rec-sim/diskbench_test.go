package main

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ilenia-live/rec/internal/diskprobe"
	"github.com/ilenia-live/rec/internal/exit"
)

// stopper is where progress is written to by somebody who is interrupted when a text appears.
type stopper struct {
	text string
	stop func()
}

func (s stopper) Write(p []byte) (int, error) {
	if strings.Contains(string(p), s.text) {
		s.stop()
	}
	return len(p), nil
}

func tinyDisk(t *testing.T) *diskOptions {
	return &diskOptions{dir: t.TempDir(), bytes: diskBytesMin, duration: time.Minute, rounds: 1}
}

func TestDiskLeavesNothingWhenInterrupted(t *testing.T) {
	for _, part := range []string{"below", "1/2  1/8", "1/2  3/8", "1/2  6/8", "1/2  8/8", "2/2  2/8"} {
		o := tinyDisk(t)
		o.rounds = 2
		ctx, stop := context.WithCancel(t.Context())
		r, err := benchDisk(ctx, o, stopper{part, stop})
		if r != nil || !errors.Is(err, errStopped) || exit.Code(err) != exit.Env {
			t.Errorf("stopped at %s: %+v, %v", part, r, err)
		}
		if left, err := os.ReadDir(o.dir); err != nil || len(left) > 0 {
			t.Errorf("stopped at %s, left behind: %v, %v", part, left, err)
		}
	}
}

// TestDiskRecordsWhatItWasToldTo: the recorder writes as many bytes as the sequential writer.
func TestDiskRecordsWhatItWasToldTo(t *testing.T) {
	o := tinyDisk(t)
	o.bytes = 4 << 20
	r, err := benchDisk(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if r.Sequential.Bytes != 2*int64(o.bytes) {
		t.Errorf("%d bytes were written sequentially, before and after; want %d", r.Sequential.Bytes, 2*o.bytes)
	}
	for _, g := range r.Recorder {
		if g.MachineCPUSeconds < g.CPUSeconds || g.Busy <= 0 {
			t.Errorf("%+v: a process uses no more than its machine", g)
		}
		if off := math.Abs(float64(g.Bytes) - float64(o.bytes)); off > 1000 {
			t.Errorf("%s: the recorder wrote %d bytes of %d", g.Sync, g.Bytes, o.bytes)
		}
		if g.Channels != 4 || g.BytesPerSecond <= 0 || g.Ratios.Bytes <= 0 || g.Ratios.Finish <= 0 || (g.Ratios.Syncs > 0) != (g.Sync == syncFiles) {
			t.Errorf("%+v", g)
		}
	}
	if r.Verdict != r.Recorder[0].Verdict || r.Recorder[0].Sync != syncFiles {
		t.Errorf("the verdict %+v is not that of the default", r.Verdict)
	}
}

func TestConcludeCompares(t *testing.T) {
	r := &diskReport{
		Cores: 2, Sequential: throughput{BytesPerSecond: 100e6}, MemoryCopy: throughput{BytesPerSecond: 10e9},
		Fdatasync: []appends{{Files: 1, SyncsPerSecond: 500}, {Files: 64, SyncsPerSecond: 2000}}, NewFile: newFiles{Ms: spread{P50: 2}},
	}
	g := diskRecording{Sync: syncFiles, Channels: 100, AudioSeconds: 1000, Seconds: 2, CPUSeconds: 1, MachineCPUSeconds: 1.5}
	g.Finish.Seconds = 0.4
	g.derive()
	volume := g
	volume.Sync = syncVolume
	r.Recorder = []diskRecording{g, volume}
	r.conclude()
	// 96 MB in 2 s; 500 syncs a second; 4 ms a channel; 1 s for 96 MB, in which 10 GB could be copied.
	want := diskRatios{Bytes: 0.48, Syncs: 0.25, Finish: 2, Memory: 10e9 / 96e6}
	if got := r.Recorder[0].Ratios; got != want {
		t.Errorf("ratios %+v, want %+v", got, want)
	}
	// Of 2 cores × 3600 s, and half of that: 5.4 s of the machine for each channel-hour.
	if v := r.Recorder[0].Verdict; math.Abs(v.ByCPU-3600/5.4) > 1e-6 {
		t.Errorf("by the CPU %g, want %g: the machine's", v.ByCPU, 3600/5.4)
	}
	if r.Recorder[1].Ratios.Syncs != 0 {
		t.Error("who syncs the volume has no sync for each channel to compare")
	}
	if got := r.Recorder[0].CPUSecondsPerChannelHour; math.Abs(got-3.6) > 1e-9 {
		t.Errorf("%g CPU s per channel-hour, want 3.6", got)
	}
}

// TestMedianDisk: each figure is the median of its own, whatever round it is from; the verdict is by them.
func TestMedianDisk(t *testing.T) {
	var rounds []*diskReport
	for _, row := range []struct{ disk, cpu, p50, most, bytes float64 }{
		{300e6, 1, 5, 10, 200e6}, {100e6, 3, 1, 90, 100e6}, {200e6, 2, 3, 20, 50e6},
	} {
		r := &diskReport{
			Dir: "d", Cores: 2, Bytes: 7, Sequential: throughput{Bytes: 7, BytesPerSecond: row.disk},
			Fdatasync: []appends{{Files: 1, SyncsPerSecond: row.p50, LatencyMs: spread{P50: row.p50, P99: row.p50, Max: row.most}}},
		}
		g := diskRecording{Sync: syncFiles, Channels: 4, AudioSeconds: 3600, Seconds: 1, BytesPerSecond: row.bytes, CPUSeconds: row.cpu, MachineCPUSeconds: row.cpu, Busy: 0.1}
		g.Ratios.Bytes = row.bytes / row.disk // 0.67, 1, 0.25
		r.Recorder = []diskRecording{g}
		rounds = append(rounds, r)
	}
	r := medianDisk(rounds)
	if r.Rounds != 3 || r.Dir != "d" || r.Bytes != 7 || r.Sequential.BytesPerSecond != 200e6 || r.Fdatasync[0].LatencyMs != (spread{P50: 3, P99: 3, Max: 90}) {
		t.Errorf("%+v", r)
	}
	g := r.Recorder[0]
	if g.CPUSeconds != 2 || g.BytesPerSecond != 100e6 || math.Abs(g.Ratios.Bytes-2./3) > 1e-9 || g.Sync != syncFiles {
		t.Errorf("%+v", g)
	}
	if want := verdictOf(2, 2, 0.1, 100e6, 200e6); r.Verdict != want {
		t.Errorf("verdict %+v, want %+v", r.Verdict, want)
	}
	if got := medianDisk(rounds[:2]).Sequential.BytesPerSecond; got != 200e6 {
		t.Errorf("of two rounds: %g, want their mean", got)
	}
}

func TestDiskAsksForRoom(t *testing.T) {
	b := diskprobe.Bench{Dir: t.TempDir()}
	if err := checkRoom(b, 1); err != nil {
		t.Error(err)
	}
	if err := checkRoom(b, math.MaxInt64/2); exit.Code(err) != exit.Env || !strings.Contains(err.Error(), "no room: ") {
		t.Errorf("%v", err)
	}
}
