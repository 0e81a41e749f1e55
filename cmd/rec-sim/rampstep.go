package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/ilenia-live/rec/internal/diskprobe"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/latency"
)

// runRamp is run with --ramp, from the first directory to the last line of the report.
func runRamp(ctx context.Context, o *runOptions, p *plan, human, live, stdout io.Writer) error {
	if err := os.MkdirAll(o.dir, durable.DirMode); err != nil {
		return exit.Envf("--dir: %w", err)
	}
	r := &ramp{first: rampFirst, most: o.rampMost(), say: human}
	if o.sessionsGiven {
		r.first = o.sessions
	}
	r.measure = func(ctx context.Context, sessions int) (rampStep, error) {
		return measureStep(ctx, o, p, sessions, live)
	}
	fmt.Fprintf(human, "Sessions of %s, %s a step, until a frame is late or refused or the recovery point of %s is missed, twice.\n",
		plural(len(p.channels), "channel"), o.duration, o.sync)
	if err := r.run(ctx); err != nil {
		return err
	}
	r.report.show(human)
	var err error
	if o.json != "" {
		r.best.Ramp = &r.report
		err = writeJSON(&r.best, o.json, stdout)
	}
	return errors.Join(err, r.report.verdict())
}

// rampMost is the largest number of sessions to try.
func (o *runOptions) rampMost() int { return o.rampMax / o.channels }

// measureStep records so many sessions in real time, into a directory that it removes.
func measureStep(ctx context.Context, o *runOptions, p *plan, sessions int, live io.Writer) (step rampStep, err error) {
	step = rampStep{Sessions: sessions, Channels: sessions * len(p.channels)}
	one := *o
	one.sessions = sessions
	if one.dir, err = os.MkdirTemp(o.dir, "rec-sim-ramp-"); err != nil {
		return step, exit.Envf("--dir: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(one.dir)) }()
	b := diskprobe.Bench{Dir: one.dir}
	bytes := p.total * p.align * int64(step.Channels)
	if err := checkRoom(b, bytes); err != nil {
		return step, err
	}
	// What earlier steps left to the disk, the memory and the collector is not this one's.
	_, warming := diskprobe.Warm(bytes)
	if err := errors.Join(b.Settle(), warming); err != nil {
		return step, err
	}
	runtime.GC()
	s := &simulation{o: &one, plan: p, synced: latency.NewShared(), series: &series{}}
	if err := s.simulate(ctx, live); err != nil {
		return step, err
	}
	if s.live == nil || s.interrupted {
		return step, errRampStopped
	}
	step.fill(s)
	return step, nil
}

// fill takes over what a run measured, and judges it.
func (step *rampStep) fill(s *simulation) {
	f := s.fed
	r := s.report
	r.PeakRSSBytes = max(s.series.peakRSS(), f.rss)
	step.FramesAccepted, step.FramesRefused, step.LateFrames = r.FramesAccepted, r.FramesRefused, r.LateFrames
	step.SyncsMissed, step.WriteLatencyUs, step.UnsyncedMs = f.missed, r.WriteLatencyUs, f.unsynced
	step.CPUCores, step.RSSBytes = f.cpu.Seconds()/f.wall.Seconds(), r.PeakRSSBytes
	step.Why = step.judge(s.o.sync)
	if step.Why == "" {
		if err := s.verdict(); err != nil {
			step.Why, _, _ = strings.Cut(err.Error(), "\n")
		}
	}
	step.Kept, step.whole = step.Why == "", r
}

// judge says what a step did wrong; nothing if it is kept.
func (step *rampStep) judge(every time.Duration) string {
	all := step.FramesAccepted + step.FramesRefused
	switch {
	case step.FramesRefused > 0:
		return fmt.Sprintf("%d of %d frames were refused", step.FramesRefused, all)
	case step.LateFrames > 0:
		return fmt.Sprintf("%d of %d frames were late, by %.0f ms at most", step.LateFrames, all, step.WriteLatencyUs.Max/1000)
	case step.SyncsMissed > 0 || step.UnsyncedMs.Max > milliseconds(every):
		return fmt.Sprintf("the recovery point was missed: audio was not durable for %.0f ms, %d ms were promised", step.UnsyncedMs.Max, every.Milliseconds())
	}
	return ""
}
