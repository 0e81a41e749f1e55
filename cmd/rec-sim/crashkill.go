package main

import (
	"context"
	"strconv"
	"time"

	"github.com/ilenia-live/rec/internal/staging"
)

// fastFactor is about how many seconds of audio are recorded in a second at full speed. A wrong guess only moves the kill.
const fastFactor = 4000

// record runs a recording process and kills it at a moment that was aimed at.
func (r *round) record(ctx context.Context) error {
	args := []string{
		"run", "--quiet", "--source", "pattern", "--cues", "--dir", r.dir, "--acks", r.acks(), "--speed", r.speed,
		"--sessions", strconv.Itoa(r.o.sessions), "--channels", strconv.Itoa(r.o.channels),
		"--rate", strconv.Itoa(crashRate), "--frame", crashFrame.String(), "--duration", r.duration.String(),
	}
	switch {
	case r.o.staging != "":
		args = append(args, "--staging", r.o.staging)
	case r.inMemory && r.memory != "":
		args = append(args, "--staging", r.memory)
	default:
		args = append(args, "--staging", staging.Volume)
	}
	p := r.start(ctx, args...)
	var delay time.Duration
	switch r.aim {
	case phaseBeforeFirstAck:
		delay = r.between(0, 25*time.Millisecond)
	case phaseRecording:
		p.until(func() bool { return r.progress() != phaseBeforeFirstAck })
		delay = r.between(0, r.duration)
		if r.speed == speedMax {
			delay = delay * time.Duration(r.ordinals()) / fastFactor
		}
	case phaseDestroying:
		p.until(func() bool { return r.progress() == phaseDestroying })
		delay = r.between(0, 12*time.Millisecond)
	}
	killed, err := p.killAfter(delay)
	switch {
	case err != nil:
		return err
	case killed:
		r.phase = r.progress()
	default:
		r.phase = phaseFinished
		if p.failed() {
			r.problem("run ended by itself: %s", p.complaint())
		}
	}
	return nil
}

// progress says how far the counts of the witness have got. One that can't be read has none.
func (r *round) progress() phase {
	counts, _ := readAcks(r.acks(), r.ordinals())
	some, all := false, true
	for _, n := range counts {
		some = some || n > 0
		all = all && n >= r.total()
	}
	switch {
	case all:
		return phaseDestroying
	case some:
		return phaseRecording
	default:
		return phaseBeforeFirstAck
	}
}

// mustRun runs a command to its end and notes it if that is not a good one.
func (r *round) mustRun(ctx context.Context, args ...string) error {
	p := r.start(ctx, args...)
	if err := p.wait(); err != nil {
		return err
	}
	if p.failed() {
		r.problem("%s: %s", args[0], p.complaint())
	}
	return nil
}
