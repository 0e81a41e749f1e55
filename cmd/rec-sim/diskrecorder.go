package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/ilenia-live/rec/internal/diskprobe"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/latency"
	"github.com/ilenia-live/rec/internal/usage"
)

// What the recorder writes is shaped as its days are: many channels, of which each grows by a second of audio at a time.
const (
	diskRate        = 48000
	channelBytes    = diskRate * 2 // in a second, mono
	diskAudio       = 10           // seconds for each channel, as long as there are no more channels than diskChannels
	diskChannels    = 2000
	sessionChannels = 2 // a floor and an interpreter
)

// shapeOf divides bytes among channels.
func shapeOf(bytes int64) (sessions, channels int, audio time.Duration) {
	n := min(max(bytes/(channelBytes*diskAudio), 1), diskChannels)
	sessions, channels = 1, 1
	if n > 1 {
		sessions, channels = int(n/sessionChannels), sessionChannels
	}
	return sessions, channels, time.Duration(float64(bytes) / float64(channelBytes*sessions*channels) * float64(time.Second))
}

// recordOnDisk records as many bytes as fast as the recorder takes them, into a directory that it removes.
func recordOnDisk(ctx context.Context, o *diskOptions, b diskprobe.Bench, volume bool, progress io.Writer) (got diskRecording, err error) {
	run := &runOptions{
		dir: filepath.Join(b.Dir, "recordings"), frame: 20 * time.Millisecond, rate: diskRate, speed: speedMax, source: sourcePattern,
		sync: time.Second, volume: volume, staging: o.staging, transport: transportDirect,
	}
	run.sessions, run.channels, run.duration = shapeOf(int64(o.bytes))
	p, err := makePlan(run)
	if err != nil {
		return got, err
	}
	p.soundAlike()
	if _, err := diskprobe.Warm(int64(o.bytes)); err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(run.dir)) }()
	s := &simulation{o: run, plan: p, synced: latency.NewShared()}
	if s.recorder, err = openRecorder(ctx, run, s.onSynced); err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, s.recorder.Close(context.WithoutCancel(ctx))) }()
	if s.live, err = createSessions(ctx, s.recorder, p, run.sessions, nil); err != nil {
		return got, err
	}
	got, err = s.recordBounded(ctx, b.Most, progress)
	got.Sync = syncFiles
	if volume {
		got.Sync = syncVolume
	}
	return got, err
}

// soundAlike gives all channels the same second of the pattern, from memory: making samples costs a third of what recording
// them does, and is none of the recorder's cost.
func (p *plan) soundAlike() {
	l := &loop{align: p.align, samples: make([]byte, int64(p.rate)*p.align)}
	pattern(0).pcm(l.samples, 0, int64(p.rate))
	p.ordinals = false
	for i := range p.channels {
		p.channels[i].source = l
	}
}

// recordBounded feeds the sessions until all is written, or for so long, makes it durable, and ends them. Writing is what a
// recorder does all day, so it is apart from beginning and ending sessions, which with audio this short would outweigh it.
func (s *simulation) recordBounded(ctx context.Context, most time.Duration, progress io.Writer) (got diskRecording, err error) {
	var fed []*fedSession
	for _, l := range s.live {
		fed = append(fed, l.fed)
	}
	s.feeding = newFeeding(s.plan, s.o, fed)
	bounded, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	stop := s.showProgress(progress)

	ticks, cpu, begun := usage.ReadTicks(), usage.Self().Total(), time.Now()
	err = s.feeding.run(bounded)
	if ctx.Err() == nil {
		err = errors.Join(err, inParallel(len(s.live), func(i int) error { return s.live[i].session.Sync(ctx) }))
	}
	got.Seconds, got.CPUSeconds = time.Since(begun).Seconds(), (usage.Self().Total() - cpu).Seconds()
	got.MachineCPUSeconds = got.CPUSeconds
	// Where this process may use some of the processors only, what others do on theirs is none of its business.
	if now := usage.ReadTicks(); now.Processors == runtime.GOMAXPROCS(0) {
		got.MachineCPUSeconds = max(got.CPUSeconds, now.Used(ticks).Seconds())
	}

	cpu, begun = usage.Self().Total(), time.Now()
	destroySessions(s.live, "disk measured")
	got.Finish.Seconds, got.Finish.CPUSeconds = time.Since(begun).Seconds(), (usage.Self().Total() - cpu).Seconds()
	stop()

	got.Channels = len(s.live) * len(s.plan.channels)
	for _, l := range fed {
		for _, lane := range l.lanes {
			got.AudioSeconds += float64(lane.accepted) / float64(s.plan.rate)
		}
	}
	for _, l := range s.live {
		err = errors.Join(err, l.err)
	}
	if _, refused, _, failed := s.feeding.total(); err == nil && refused > 0 {
		// As fast as it can means as fast as there is room, so none of them should have been.
		err = exit.Wrongf("%d frames were refused", refused)
		if failed != nil {
			err = fmt.Errorf("write: %w", failed)
		}
	}
	got.derive()
	return got, err
}
