package main

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"github.com/ilenia-live/rec/benchmarks/live"
)

// Names of the parts, and of their files.
const (
	partPeers     = "peers"
	partLatency   = "latency"
	partRealTime  = "realtime"
	partScale     = "scale"
	partScaleMost = "scale-most"
	partGrowth    = "growth"
	partEnds      = "ends"
	partOrphans   = "orphans"
	partDisk      = "disk"
	partRamp      = "ramp"
	partGo        = "go"
)

func parts() []part {
	return []part{
		{partPeers, "the recorder beside its peers and fio, 5 rounds", false, (*suite).peers},
		{partLatency, "each write at full speed, 2,000 channels × 10 s, 3 rounds", false, (*suite).latency},
		{partRealTime, "2,000 channels in real time for 60 s, and the loop without a recorder", false, (*suite).realTime},
		{partScale, "5,000 channels in real time for 60 s", false, (*suite).scale},
		{partScaleMost, "10,000 channels in real time for 30 s", true, (*suite).scaleMost},
		{partGrowth, "what a channel costs, by how many and how long they are, 3 rounds", false, (*suite).growth},
		{partEnds, "300 sessions that end, 1,000 that go on", false, (*suite).ends},
		{partOrphans, "10,000 sessions of processes that were killed", false, (*suite).orphans},
		{partDisk, "rec-sim disk: this volume, and how many channels it makes", false, (*suite).disk},
		{partGo, "go test -bench: a write, a finish, packets, leaves", false, (*suite).goBenchmarks},
		{partRamp, "rec-sim run --ramp: the most channels in real time", true, (*suite).ramp},
	}
}

const (
	latencyRounds = 3
	growthRounds  = 3
	// smallBuffer is a quarter of the default.
	smallBuffer = 500 * time.Millisecond
)

// in makes sizes small for trying, but not nothing.
func (s *suite) in(n int) int { return max(n/s.less, 1) }

func (s *suite) peers(ctx context.Context) (any, error) {
	o := &options{}
	o.flags(pflag.NewFlagSet("", pflag.ContinueOnError)) // sets the defaults
	o.dir = s.o.dir
	if s.o.try {
		o.channels, o.seconds, o.rounds, o.processes = 2, 1, 1, 1
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	b, err := comparePeers(ctx, o, s.say)
	if err != nil {
		return nil, err
	}
	return &b.report, nil
}

// lives measures tasks, one after the other.
func (s *suite) lives(ctx context.Context, tasks ...live.Task) (out []live.Result, err error) {
	for _, t := range tasks {
		r, err := s.place.live(ctx, t, true)
		if err != nil {
			return nil, err
		}
		showLive(s.say, r)
		out = append(out, r)
	}
	return out, nil
}

// task is one of 48 kHz, in sessions of a floor and an interpreter.
func (s *suite) task(channels, seconds int) live.Task {
	return live.Task{Channels: s.in(channels), SessionChannels: 2, Rate: 48000, Seconds: s.in(seconds)}
}

func withSyncfs(t live.Task) live.Task {
	t.Volume = true
	return t
}

func (s *suite) latency(ctx context.Context) (any, error) {
	var out []live.Result
	for range s.in(latencyRounds) {
		t := s.task(2000, 10)
		more, err := s.lives(ctx, t, withSyncfs(t))
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func (s *suite) realTime(ctx context.Context) (any, error) {
	t := s.task(2000, 60)
	t.RealTime = true
	bare, small := t, t
	bare.Nothing = true
	small.Buffer, small.Seconds = smallBuffer, s.in(20)
	return s.lives(ctx, t, withSyncfs(t), bare, small)
}

func (s *suite) scale(ctx context.Context) (any, error) {
	t := s.task(5000, 60)
	t.RealTime = true
	return s.lives(ctx, t, withSyncfs(t))
}

func (s *suite) scaleMost(ctx context.Context) (any, error) {
	t := s.task(10000, 30)
	t.RealTime, t.SessionChannels = true, growthSessionChannels
	return s.lives(ctx, t, withSyncfs(t))
}

func (s *suite) growth(ctx context.Context) (any, error) {
	g := newGrowth(s.less)
	for range s.in(growthRounds) {
		if err := g.measure(ctx, s.place, s.say); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (s *suite) ends(ctx context.Context) (any, error) {
	t := s.task(2600, 20)
	t.RealTime, t.Ending = true, 300
	if s.o.try {
		t.Channels, t.Seconds, t.Ending = 6, 4, 1
	}
	return s.lives(ctx, t)
}

func (s *suite) orphans(ctx context.Context) (any, error) {
	o := &orphansOptions{sessions: s.in(10000), channels: 1, seconds: s.in(2)}
	r, err := s.place.orphans(ctx, o.task())
	if err != nil {
		return nil, err
	}
	showOrphans(s.say, r)
	return r, nil
}
