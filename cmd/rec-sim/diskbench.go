package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/ilenia-live/rec/internal/diskprobe"
	"github.com/ilenia-live/rec/internal/exit"
)

// How much of each is measured, if the time allows it. Thousands make a p99 of more than a few values.
const (
	appendsAlone    = 1000
	appendsTogether = 50
	filesTogether   = 64
	filesMade       = 500
	copiedTimes     = 4 // of --bytes
)

// errStopped ends measurements that somebody stopped. A part of them says nothing of a disk.
var errStopped = exit.Envf("disk: interrupted; what was written is removed")

// benchDisk makes all measurements, round after round, in a directory that is gone when it returns. What the machine does beside meets
// all of them alike.
func benchDisk(ctx context.Context, o *diskOptions, progress io.Writer) (r *diskReport, err error) {
	dir, err := os.MkdirTemp(o.dir, "rec-sim-disk-")
	if err != nil {
		return nil, exit.Envf("--dir: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := diskprobe.Bench{Dir: dir, Most: o.duration}
	if err := checkRoom(b, int64(o.bytes)); err != nil {
		return nil, err
	}
	fmt.Fprintf(progress, "writing %s at a time below %s\n", &o.bytes, dir)
	var rounds []*diskReport
	for n := range o.rounds {
		one := &diskReport{Dir: o.dir, Cores: runtime.GOMAXPROCS(0), Bytes: int64(o.bytes)}
		say := func(part string) { fmt.Fprintf(progress, "round %d/%d  %s\n", n+1, o.rounds, part) }
		if err := one.measure(ctx, o, b, say, progress); err != nil {
			return nil, err
		}
		one.conclude()
		rounds = append(rounds, one)
	}
	return medianDisk(rounds), nil
}

// measure is one round.
func (r *diskReport) measure(ctx context.Context, o *diskOptions, b diskprobe.Bench, say func(part string), progress io.Writer) error {
	parts := []struct {
		name string
		do   func() error
	}{
		{"sequential writing", func() error { return r.measureSequential(ctx, b) }},
		{"syncs of one file", func() error { return r.measureAppends(ctx, b, 1, appendsAlone) }},
		{fmt.Sprintf("syncs of %d files at once", filesTogether), func() error {
			return r.measureAppends(ctx, b, filesTogether, appendsTogether)
		}},
		{"new files", func() error {
			made, err := b.Files(ctx, filesMade)
			r.NewFile = newFiles{Files: made.Files, Ms: diskSpread(made.Each)}
			return err
		}},
		{"copying memory", func() error {
			r.MemoryCopy = throughputOf(b.Copy(ctx, copiedTimes*int64(o.bytes)))
			return nil
		}},
		{"the recorder, syncing each file", func() error { return r.measureRecorder(ctx, o, b, false, progress) }},
		{"the recorder, syncing the volume", func() error { return r.measureRecorder(ctx, o, b, true, progress) }},
		// Again, as a disk may tire: what it had to give before and after is what the recorder is held against.
		{"sequential writing", func() error { return r.measureSequential(ctx, b) }},
	}
	for i, part := range parts {
		say(fmt.Sprintf("%d/%d  %s", i+1, len(parts), part.name))
		err := b.Settle()
		if err == nil {
			err = part.do()
		}
		if ctx.Err() != nil {
			return errStopped // whatever else it led to
		}
		if err != nil {
			return fmt.Errorf("disk: %s: %w", part.name, err)
		}
	}
	return nil
}

// checkRoom asks for an eighth more than is written at once: headers, transcripts, and the file system's own.
func checkRoom(b diskprobe.Bench, bytes int64) error {
	room, err := b.Room()
	if err != nil {
		return exit.Envf("--dir: %w", err)
	}
	if need := bytes + bytes/8; room < need {
		return exit.Envf("no room: %d MB are needed, the volume has %d MB", need/1e6, room/1e6)
	}
	return nil
}

func (r *diskReport) measureSequential(ctx context.Context, b diskprobe.Bench) error {
	if _, err := diskprobe.Warm(r.Bytes); err != nil {
		return err
	}
	w, err := b.Sequential(ctx, r.Bytes)
	if err != nil {
		return err
	}
	w.Bytes += r.sequential.Bytes
	w.Took += r.sequential.Took
	r.sequential, r.Sequential = w, throughputOf(w)
	return nil
}

func (r *diskReport) measureAppends(ctx context.Context, b diskprobe.Bench, files, times int) error {
	s, err := b.Append(ctx, files, times)
	if err != nil {
		return err
	}
	r.Fdatasync = append(r.Fdatasync, appends{Files: s.Files, Syncs: s.Syncs, SyncsPerSecond: s.Rate(), LatencyMs: diskSpread(s.Latency)})
	return nil
}

// measureRecorder adds what the recorder gets with one way of syncing.
func (r *diskReport) measureRecorder(ctx context.Context, o *diskOptions, b diskprobe.Bench, volume bool, progress io.Writer) error {
	got, err := recordOnDisk(ctx, o, b, volume, progress)
	if err == nil {
		r.Recorder = append(r.Recorder, got)
	}
	return err
}
